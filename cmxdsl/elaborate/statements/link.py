"""`link`: which ports are joined, and over what."""

from __future__ import annotations

from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import whole_number
from cmxdsl.elaborate.index_notation.indexing import Indexing
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Component, Link
from cmxdsl.syntax import nodes as n


def elaborate_link(scope: Scope, node: n.Link) -> Link | None:
    """`link A -- B over MEDIUM [via ADAPTER] [bundle k] [where …] [for …]`."""
    indexing = Indexing(scope, node)
    indexing.bind_ranges(node.ranges)
    walked_a, walked_b = indexing.walk(node.a, to_port=True), indexing.walk(node.b, to_port=True)
    media = _media(scope, node.over)
    adapter = scope.maker.component(node.via, scope, "component", ()) if node.via is not None else None
    bundle = whole_number(node.bundle, scope, "a bundle", low=1) if node.bundle is not None else 1
    a, b = indexing.end(walked_a), indexing.end(walked_b)
    if a is None or b is None or media is None or bundle is None or (node.via is not None and adapter is None):
        return None
    finished = indexing.finish(node.where, node.span)
    if finished is None:
        return None
    where, many = finished
    text = f"{scope.maker.text_of(node.a.span)} -- {scope.maker.text_of(node.b.span)}"
    return Link(a, b, indexing.domain, where, media, adapter, bundle, many, text, node.span)


def _media(scope: Scope, node: n.TypeRef | None) -> tuple[Component, ...] | None:
    """The medium, or with `auto(A, B)` the media to choose from."""
    if node is None:
        return ()
    if node.name.text != "auto":
        medium = scope.maker.component(node, scope, "medium", ())
        return None if medium is None else (medium,)
    media = []
    for argument in node.arguments:
        value = argument.value
        type_ = _type(value) if argument.name is None else None
        if type_ is None:
            scope.findings.add(rules.NOT_A.at(argument.span, "`auto` takes media by name", "`auto(DAC400, AOC400)`"))
            return None
        found = scope.maker.component(type_, scope, "medium", ())
        if found is None:
            return None
        media.append(found)
    if not media:
        scope.findings.add(rules.ARGUMENT.at(node.span, "`auto` needs media to choose from", "`auto(DAC400, AOC400)`"))
        return None
    return tuple(media)


def _type(value: n.Expr) -> n.TypeRef | None:
    """A path as the name of a definition: `DAC400`, `optics.DAC400`."""
    if not isinstance(value, n.Path) or len(value.segments) > 2 or any(s.indices for s in value.segments):
        return None
    *before, name = (s.name for s in value.segments)
    return n.TypeRef(value.span, before[0] if before else None, name, ())
