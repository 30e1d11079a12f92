"""Routes: how long the links are, from the places of their ends and the trays above the racks."""

from __future__ import annotations

from fractions import Fraction

from attrs import frozen

from cmxdsl.analysis.physical.floor import Floor, Stand, micrometres, stand
from cmxdsl.analysis.physical.rack_units import unit_of
from cmxdsl.model import Component, Expr, Link, index
from cmxdsl.model.arithmetic import absolute, compared, constant, is_zero, lesser, minus, over, plus, times


@frozen
class Length:
    """The length that the longest link of a pattern needs, and the indices at which it is."""

    metres: Fraction
    at: dict[str, int]
    between_racks: bool


def longest(component: Component, link: Link, floor: Floor | None) -> Length | None:
    """The longest link of a pattern, or None when positions are not known. Raises index.TooMany.

    Between racks: up from each end to the tray, along it, down again, plus slack. Inside one rack: the distance of
    the two units, a lower bound.
    """
    if link.count == 0:
        return None
    a, b = stand(component, link.a.steps), stand(component, link.b.steps)
    if a is None or b is None:
        return None
    measure = route(a, b, floor)
    far = _farthest(link, measure) if measure is not None else None
    if far is None:
        return None
    best, at = far
    between = a.path != b.path
    return Length(Fraction(best, 1_000_000) * slack(a, b, floor), at, between)


def slack(a: Stand, b: Stand, floor: Floor | None) -> Fraction:
    """What a route is multiplied with: slack is for routes from rack to rack."""
    return 1 + floor.slack if floor is not None and a.path != b.path else Fraction(1)


def route(a: Stand, b: Stand, floor: Floor | None) -> Expr | None:
    """The route's length in micrometres, slack not counted, over the index variables; None when not known."""
    if a.path == b.path:
        if a.unit is None or b.unit is None:
            return None
        return times(absolute(minus(a.unit, b.unit)), micrometres(unit_of(a.rack)))
    if floor is None or a.position is None or b.position is None:
        return None
    way = along(floor, a.position.on(floor), b.position.on(floor))
    return plus(way, plus(drop(a, floor), drop(b, floor)))


def along(floor: Floor, a: tuple[Expr, Expr], b: tuple[Expr, Expr]) -> Expr:
    """From one place on the trays to another: along the rows, and across where a cross tray is.

    Every row has a tray; cross trays stand every `floor.cross`, or anywhere.
    """
    (xa, ya), (xb, yb) = a, b
    straight = plus(absolute(minus(xa, xb)), absolute(minus(ya, yb)))
    if not floor.cross or is_zero(minus(ya, yb)):
        return straight
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


def _farthest(link: Link, measure: Expr) -> tuple[int, dict[str, int]] | None:
    """The greatest distance over a pattern; only the variables that positions depend on count."""
    used = index.variables(measure) | (index.variables(link.where) if link.where is not None else set())
    domain = tuple(d for d in link.domain if d.name in used)
    if index.size(domain) <= index.SMALL // 25:
        value = index.compiled(measure, [d.name for d in domain])
        found = [(int(value(*at.values())), at) for at in index.each(domain, link.where)]
        return max(found, key=lambda pair: pair[0], default=None)
    import numpy as np

    env = index.tuples(domain, link.where)
    far = np.broadcast_to(index.evaluate(measure, env), len(next(iter(env.values()))))
    if not len(far):
        return None
    position = int(np.argmax(far))
    return int(far[position]), {name: int(values[position]) for name, values in env.items()}
