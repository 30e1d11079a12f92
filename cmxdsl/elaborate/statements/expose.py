"""`port NAME[…] = PATH[…]`: inner ports as ports of the component."""

from __future__ import annotations

from cmxdsl.elaborate import rules
from cmxdsl.elaborate.index_notation.indexing import Indexing
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Dim, Exposure, Port
from cmxdsl.syntax import nodes as n


def elaborate_expose(scope: Scope, node: n.Expose) -> Port | None:
    """`port up[p, s] = l1[p].up[s]`: the shape comes from the right side."""
    indexing = Indexing(scope, node)
    indexing.bind_ranges(node.ranges)
    walked = indexing.walk(node.target, to_port=True)
    names: list[str] = []
    for expr in node.indices:
        name = expr.bare if isinstance(expr, n.Path) else None
        if name is None or name in names:
            message = "each index on the left is a variable of its own"
            scope.findings.add(rules.EXPOSE_INDICES.at(expr.span, message, "compute with it on the right"))
            return None
        names.append(name)
    target = indexing.end(walked)
    if target is None or walked is None or walked.port is None:
        return None
    bound = {d.name: d for d in indexing.domain}
    for name, expr in zip(names, node.indices, strict=True):
        if name not in bound:
            help = f"use it on the right, or add `for {name} in 0..n`"
            scope.findings.add(rules.UNBOUND.at(expr.span, f"unbound index variable `{name}`", help))
            return None
    extra = [name for name in bound if name not in names]
    if extra or any(d.start for d in bound.values()):
        message = f"`{extra[0]}` is used on the right only" if extra else "an exposed port's indices count from 0"
        fix = f"write `{node.name.text}[{', '.join([*names, *extra])}]`" if extra else ""
        scope.findings.add(rules.EXPOSE_INDICES.at(node.span, message, fix))
        return None
    if indexing.finish(None, node.span) is None:
        return None
    domain = tuple(Dim(name, 0, bound[name].stop) for name in names)
    inner = walked.port
    shape = tuple(d.size for d in domain)
    exposure = Exposure(domain, target)
    return Port(node.name.text, shape, inner.protocol, inner.attributes, node.name.span, exposure, node.doc)
