"""`place`: where instances stand, in a rack or on a floor."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.diagnostics import nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.index_notation.indexing import Indexing
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Const, Expr, Op, Placement, Value, Var, index
from cmxdsl.model.expr import apply
from cmxdsl.schema import AXES
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, UnitFault, number
from cmxdsl.units.dimension import LENGTH, Dimension

MICROMETRE = Fraction(1, 1_000_000)  # positions are whole micrometres inside, so that index arithmetic is exact
FARTHEST = 10**12  # micrometres
LENGTHS = "give lengths, such as `0.6 m * c`"
MOST_ROWS = 10**6  # rows, columns, units


def elaborate_place(scope: Scope, node: n.Place) -> Placement | None:
    """`place PATH at AXIS EXPR, …`."""
    indexing = Indexing(scope, node)
    indexing.bind_ranges(node.ranges)
    walked = indexing.walk(node.path, to_port=False)
    steps = indexing.close(walked)
    if steps is None:
        return None
    coordinates: dict[str, Expr] = {}
    for coordinate in node.coordinates:
        axis = coordinate.axis.text
        if axis not in AXES:
            fix = nearest(axis, AXES) or f"the coordinates are {', '.join(AXES)}"
            scope.findings.add(rules.UNKNOWN_AXIS.at(coordinate.axis.span, f"unknown coordinate `{axis}`", fix))
            return None
        if axis in coordinates:
            scope.findings.add(rules.DUPLICATE.at(coordinate.span, f"`{axis}` is given twice"))
            return None
        expr = _coordinate(scope, indexing, axis, coordinate.value)
        if expr is None:
            return None
        coordinates[axis] = expr
    finished = indexing.finish(node.where, node.span)
    if finished is None:
        return None
    where, many = finished
    return Placement(tuple(steps), indexing.domain, where, coordinates, many, node.span)


def _coordinate(scope: Scope, indexing: Indexing, axis: str, node: n.Expr) -> Expr | None:
    spec = AXES[axis]
    if spec.symbols:
        word = node.bare if isinstance(node, n.Path) else None
        if word in spec.symbols:
            return Const(word)
        scope.findings.add(rules.WRONG_TYPE.at(node.span, f"`{axis}` is {' or '.join(spec.symbols)}"))
        return None
    expr = indexing.resolve(node)
    if expr is None:
        return None
    try:
        if spec.takes == "length":
            expr = in_micrometres(expr, {d.name: d.start for d in indexing.domain})
        most = FARTHEST if spec.takes == "length" else MOST_ROWS
        if index.size(indexing.domain) and max(map(abs, index.interval(expr, indexing.domain))) > most:
            limit = f"{FARTHEST // 10**9:,} km" if spec.takes == "length" else f"{MOST_ROWS:,}"
            scope.findings.add(rules.IMPOSSIBLE.at(node.span, f"`{axis}` is past the limit of {limit}"))
            return None
    except (index.BadIndex, UnitFault) as error:
        message, fix = str(error).replace("an index", f"`{axis}`"), error.fix if isinstance(error, UnitFault) else ""
        scope.findings.add(rules.BAD_INDEX.at(node.span, message, fix))
        return None
    return expr


def in_micrometres(expr: Expr, sample: dict[str, int]) -> Expr:
    """A length expression over indices as whole micrometres; raises UnitFault when it is no length."""

    def value(e: Expr) -> Value:
        if isinstance(e, Var):
            return number(sample[e.name])
        if isinstance(e, Op):
            values = tuple(value(o) for o in e.operands)
            if e.operator == "if" and dimension(values[0]) != dimension(values[2]):
                raise UnitFault("both sides of `if` give a position of the same kind", LENGTHS)
            return apply(e.operator, values)
        if not isinstance(e, Const):
            raise UnitFault("a position is a length", LENGTHS)
        return e.value

    def dimension(result: Value) -> Dimension:
        if not isinstance(result, Quantity):
            raise UnitFault("a position is a length", LENGTHS)
        return result.dimension

    if dimension(value(expr)) != LENGTH:
        raise UnitFault("a position in x or y is a length", LENGTHS)

    def scaled(e: Expr) -> Expr:
        if isinstance(e, Const) and isinstance(e.value, Quantity) and e.value.dimension == LENGTH:
            return Const(number(e.value.value / MICROMETRE))
        if isinstance(e, Op):
            return Op(e.operator, tuple(scaled(o) for o in e.operands), e.span)
        return e

    return scaled(expr)
