"""Routes: how long the links are, from the places of their ends, the managers in the racks and the trays above them."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.physical.floor import Floor, Stand, micrometres
from cmxdsl.analysis.physical.rack_units import unit_of
from cmxdsl.model import Const, Expr, index
from cmxdsl.model.arithmetic import (
    absolute,
    both,
    compared,
    constant,
    is_zero,
    lesser,
    minus,
    negated,
    over,
    plus,
    times,
)
from cmxdsl.records import frozen
from cmxdsl.schema import BY_NAME

UNKNOWN = 2**50  # the length of a link whose ends are not placed: above all others, so that the longest of some is too


@frozen
class Route:
    """The lengths of a pattern's links in micrometres, over its index variables: route, slack and service loops.

    `unknown` is the condition under which a link's length is not known, and `length` is `UNKNOWN` there. `inside` is
    the condition under which both ends are in one rack.
    """

    length: Expr
    unknown: Expr | None
    inside: Expr


def route(a: Stand | None, b: Stand | None, floor: Floor | None) -> Route | None:
    """The route between two ends, decided for each link on its own; None when no length is known.

    In one rack: sideways to the vertical manager, along it, and sideways again. From rack to rack: to the manager and
    up, into the tray, along it, and down again. Both: slack on the route, and a service loop at each end.
    """
    if a is None or b is None:
        return None
    inside = one_rack(a, b)
    here = _in_rack(a, b) if not is_zero(inside) else None
    there = _from_rack_to_rack(a, b, floor) if not is_zero(minus(inside, 1)) else None
    if here is None and there is None:
        return None
    outside = negated(inside)
    way = plus(*(times(where, w) if w is not None else 0 for where, w in ((inside, here), (outside, there))))
    length = plus(_with_slack(way, floor), constant(_measure(a, "loop") + _measure(b, "loop")))
    if isinstance(inside, Const) or (here is not None and there is not None):
        return Route(length, None, inside)
    unknown = inside if here is None else outside
    return Route(plus(times(negated(unknown), minus(length, UNKNOWN)), UNKNOWN), unknown, inside)


def one_rack(a: Stand, b: Stand) -> Expr:
    """Whether two ends are in the same rack: 0, 1, or a condition on the indices of the racks."""
    if [s.name for s in a.path] != [s.name for s in b.path]:
        return constant(0)
    open_: list[Expr] = []
    for mine, theirs in zip(a.path, b.path, strict=True):
        for x, y in zip(mine.indices, theirs.indices, strict=True):
            form = index.affine(minus(x, y))
            if x == y or (form is not None and not form.coefficients and form.constant == 0):
                continue
            if form is not None and not form.coefficients:
                return constant(0)
            open_.append(compared("==", x, y))
    return both(*open_) or constant(1)


def _in_rack(a: Stand, b: Stand) -> Expr | None:
    if a.unit is None or b.unit is None:
        return None
    height = times(absolute(minus(a.unit, b.unit)), micrometres(unit_of(a.rack)))
    return plus(height, plus(_measure(a, "side"), _measure(b, "side")))


def _from_rack_to_rack(a: Stand, b: Stand, floor: Floor | None) -> Expr | None:
    if floor is None or a.position is None or b.position is None or a.loose != b.loose:
        return None
    way = along(floor, a.position.on(floor), b.position.on(floor))
    for end in (a, b):
        way = plus(way, plus(drop(end, floor), plus(_measure(end, "side"), _measure(end, "entry"))))
    return way


def _measure(end: Stand, name: str) -> int:
    """What the rack of an end states of its cabling, in micrometres, or the default."""
    stated = end.rack.quantity(f"cabling.{name}")
    default = BY_NAME[f"cabling.{name}"].default
    return max(0, micrometres(stated.value if stated is not None else default))


def _with_slack(way: Expr, floor: Floor | None) -> Expr:
    """A route and its slack, in whole micrometres rounded up."""
    factor = 1 + (floor.slack if floor is not None else 0)
    if factor == 1:
        return way
    return over(plus(times(way, factor.numerator), factor.denominator - 1), factor.denominator)


def along(floor: Floor, a: tuple[Expr, Expr], b: tuple[Expr, Expr]) -> Expr:
    """From one place on the trays to another: along the rows, and across where a cross tray is.

    Every row has a tray; cross trays stand every `floor.cross` from column 0, or anywhere.
    """
    (xa, ya), (xb, yb) = a, b
    straight = plus(absolute(minus(xa, xb)), absolute(minus(ya, yb)))
    if not floor.cross or is_zero(minus(ya, yb)):
        return straight
    xa, xb = minus(xa, floor.x0), minus(xb, floor.x0)
    low = lesser(xa, xb)
    high = minus(plus(xa, xb), low)
    below = times(over(low, floor.cross), floor.cross)
    last = times(over(high, floor.cross), floor.cross)  # the last cross tray before the farther end
    none_between = compared("<", last, low)
    detour = times(lesser(minus(low, below), minus(plus(below, floor.cross), high)), 2)
    return plus(straight, times(times(compared("!=", ya, yb), none_between), detour))


def drop(end: Stand, floor: Floor) -> Expr:
    """From an end up to the tray; from the top of its rack where its unit is not known."""
    if end.unit is None:
        height = end.rack.quantity("height")
        return constant(max(0, floor.tray - micrometres(height.value if height is not None else Fraction(0))))
    rise = minus(floor.tray, times(end.unit, micrometres(unit_of(end.rack))))
    return over(plus(rise, absolute(rise)), 2)
