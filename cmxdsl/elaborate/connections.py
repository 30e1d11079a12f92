"""Links, exposed ports and placements: statements in index notation, elaborated to patterns."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from cmxdsl.diagnostics import nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import Env, whole_number
from cmxdsl.elaborate.patterns import Pattern
from cmxdsl.model import (
    Component,
    Const,
    Dim,
    Exposure,
    Expr,
    Link,
    Op,
    Placement,
    Port,
    Var,
    index,
)
from cmxdsl.model.expr import apply
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, UnitFault, number
from cmxdsl.units.dimension import LENGTH

if TYPE_CHECKING:
    from cmxdsl.elaborate.body import Body

AXES = {
    "U": "count",
    "row": "count",
    "col": "count",
    "x": "length",
    "y": "length",
    "side": "symbol",
    "face": "symbol",
    "faces": "symbol",
}
SYMBOLS = {
    "side": ("left", "right"),
    "face": ("front", "rear"),
    "faces": ("north", "east", "south", "west"),
}
MICROMETRE = Fraction(1, 1_000_000)  # positions are whole micrometres inside, so that index arithmetic is exact


def elaborate_link(body: Body, node: n.Link, env: Env) -> Link | None:
    """`link A -- B over MEDIUM [via ADAPTER] [bundle k] [where …] [for …]`."""
    pattern = Pattern(body, env)
    pattern.bind_ranges(node.ranges)
    walked_a, walked_b = pattern.walk(node.a, to_port=True), pattern.walk(node.b, to_port=True)
    media = _media(body, node.over, env)
    adapter = body.elaborator.component(node.via, env, "component", ()) if node.via is not None else None
    bundle = whole_number(node.bundle, env, "a bundle", low=1) if node.bundle is not None else 1
    a, b = pattern.end(walked_a), pattern.end(walked_b)
    if a is None or b is None or media is None or bundle is None or (node.via is not None and adapter is None):
        return None
    finished = pattern.finish(node.where, node.span)
    if finished is None:
        return None
    where, many = finished
    text = f"{body.elaborator.text_of(node.a.span)} -- {body.elaborator.text_of(node.b.span)}"
    return Link(a, b, pattern.domain, where, media, adapter, bundle, many, text, node.span)


def _media(body: Body, node: n.TypeRef | None, env: Env) -> tuple[Component, ...] | None:
    """The medium, or with `auto(A, B)` the media to choose from."""
    if node is None:
        return ()
    if node.name.text != "auto":
        medium = body.elaborator.component(node, env, "medium", ())
        return None if medium is None else (medium,)
    media = []
    for argument in node.arguments:
        value = argument.value
        if not isinstance(value, n.Path) or value.bare is None or argument.name is not None:
            body.findings.add(rules.NOT_A.at(argument.span, "`auto` takes media by name", "`auto(DAC400, AOC400)`"))
            return None
        found = body.elaborator.component(n.TypeRef(value.span, value.segments[0].name, ()), env, "medium", ())
        if found is None:
            return None
        media.append(found)
    if not media:
        body.findings.add(rules.ARGUMENT.at(node.span, "`auto` needs media to choose from", "`auto(DAC400, AOC400)`"))
        return None
    return tuple(media)


def elaborate_expose(body: Body, node: n.Expose, env: Env) -> Port | None:
    """`port up[p, s] = l1[p].up[s]`: the shape comes from the right side."""
    pattern = Pattern(body, env)
    pattern.bind_ranges(node.ranges)
    walked = pattern.walk(node.target, to_port=True)
    names: list[str] = []
    for expr in node.indices:
        name = expr.bare if isinstance(expr, n.Path) else None
        if name is None or name in names:
            message = "each index on the left is a variable of its own"
            body.findings.add(rules.EXPOSE_INDICES.at(expr.span, message, "compute with it on the right"))
            return None
        names.append(name)
    target = pattern.end(walked)
    if target is None or walked is None or walked.port is None:
        return None
    bound = {d.name: d for d in pattern.domain}
    for name, expr in zip(names, node.indices, strict=True):
        if name not in bound:
            mend = f"use it on the right, or add `for {name} in 0..n`"
            body.findings.add(rules.UNBOUND.at(expr.span, f"the index `{name}` has no range", mend))
            return None
    extra = [name for name in bound if name not in names]
    if extra or any(d.start for d in bound.values()):
        message = f"`{extra[0]}` stands on the right only" if extra else "an exposed port's indices count from 0"
        mend = f"write `{node.name.text}[{', '.join([*names, *extra])}]`" if extra else ""
        body.findings.add(rules.EXPOSE_INDICES.at(node.span, message, mend))
        return None
    if pattern.finish(None, node.span) is None:
        return None
    domain = tuple(Dim(name, 0, bound[name].stop) for name in names)
    inner = walked.port
    shape = tuple(d.size for d in domain)
    exposure = Exposure(domain, target)
    return Port(node.name.text, shape, inner.protocol, inner.attributes, node.name.span, exposure, node.doc)


def elaborate_place(body: Body, node: n.Place, env: Env) -> Placement | None:
    """`place PATH at AXIS EXPR, …`."""
    pattern = Pattern(body, env)
    pattern.bind_ranges(node.ranges)
    walked = pattern.walk(node.path, to_port=False)
    steps = pattern.close(walked)
    if steps is None:
        return None
    coordinates: dict[str, Expr] = {}
    for coordinate in node.coordinates:
        axis = coordinate.axis.text
        if axis not in AXES:
            mend = nearest(axis, AXES) or f"the coordinates are {', '.join(AXES)}"
            body.findings.add(rules.UNKNOWN_AXIS.at(coordinate.axis.span, f"there is no coordinate `{axis}`", mend))
            return None
        if axis in coordinates:
            body.findings.add(rules.DUPLICATE.at(coordinate.span, f"`{axis}` is given twice"))
            return None
        expr = _coordinate(body, pattern, axis, coordinate.value)
        if expr is None:
            return None
        coordinates[axis] = expr
    finished = pattern.finish(node.where, node.span)
    if finished is None:
        return None
    where, many = finished
    return Placement(tuple(steps), pattern.domain, where, coordinates, many, node.span)


def _coordinate(body: Body, pattern: Pattern, axis: str, node: n.Expr) -> Expr | None:
    if axis in SYMBOLS:
        word = node.bare if isinstance(node, n.Path) else None
        if word in SYMBOLS[axis]:
            return Const(word)
        body.findings.add(rules.WRONG_TYPE.at(node.span, f"`{axis}` is {' or '.join(SYMBOLS[axis])}"))
        return None
    expr = pattern.resolve(node)
    if expr is None:
        return None
    try:
        if AXES[axis] == "length":
            expr = in_micrometres(expr, {d.name: d.start for d in pattern.domain})
        if index.size(pattern.domain):
            index.interval(expr, pattern.domain)
    except (index.BadIndex, UnitFault) as error:
        body.findings.add(rules.BAD_INDEX.at(node.span, str(error).replace("an index", f"`{axis}`")))
        return None
    return expr


def in_micrometres(expr: Expr, sample: dict[str, int]) -> Expr:
    """A length expression over indices as whole micrometres; raises UnitFault when it is no length."""

    def value(e: Expr) -> Quantity:
        if isinstance(e, Var):
            return number(sample[e.name])
        if isinstance(e, Op):
            result = apply(e.operator, tuple(value(o) for o in e.operands))
        else:
            result = e.value if isinstance(e, Const) else None  # type: ignore[assignment]
        if not isinstance(result, Quantity):
            raise UnitFault("a position is a length")
        return result

    if value(expr).dimension != LENGTH:
        raise UnitFault("a position in x or y is a length, such as `0.6 m * c`")

    def scaled(e: Expr) -> Expr:
        if isinstance(e, Const) and isinstance(e.value, Quantity) and e.value.dimension == LENGTH:
            return Const(number(e.value.value / MICROMETRE))
        if isinstance(e, Op):
            return Op(e.operator, tuple(scaled(o) for o in e.operands), e.span)
        return e

    return scaled(expr)
