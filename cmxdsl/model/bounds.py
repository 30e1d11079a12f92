"""What is known of an unknown quantity: that it is at least something, or at most something."""

from __future__ import annotations

from cmxdsl.model.expr import UNKNOWN, Unknown, Value, apply
from cmxdsl.records import frozen
from cmxdsl.units import Quantity


@frozen
class Bounds:
    """A quantity that is at least `least` and at most `most`, where they are not None."""

    least: Quantity | None
    most: Quantity | None


OPEN = Bounds(None, None)


def bounds_of(value: Value, bounds: Bounds) -> Bounds:
    """A known quantity is its own bounds."""
    return Bounds(value, value) if isinstance(value, Quantity) else bounds


def bounded(operator: str, operands: tuple[Bounds, ...]) -> tuple[Value, Bounds]:
    """What an operator on quantities that are not all known comes to all the same, and else the bounds of its result.

    Interval arithmetic: only what holds for every value within the bounds. Raises UnitFault, TooLarge.
    """
    if len(operands) == 1:
        (a,) = operands
        return (UNKNOWN, Bounds(_applied("-", a.most), _applied("-", a.least))) if operator == "-" else (UNKNOWN, OPEN)
    a, b = operands
    match operator:
        case "<":
            return _less(a, b), OPEN
        case ">":
            return _less(b, a), OPEN
        case "<=":
            return _opposite(_less(b, a)), OPEN
        case ">=":
            return _opposite(_less(a, b)), OPEN
        case "==" | "!=":
            apart = _less(a, b) is True or _less(b, a) is True
            return (operator == "!=" if apart else UNKNOWN), OPEN
        case "+":
            return UNKNOWN, Bounds(_applied("+", a.least, b.least), _applied("+", a.most, b.most))
        case "-":
            return UNKNOWN, Bounds(_applied("-", a.least, b.most), _applied("-", a.most, b.least))
        case "*" if a.least is not None and a.least == a.most:
            return UNKNOWN, _scaled("*", b, a.least)
        case "*" | "/" if b.least is not None and b.least == b.most:
            return UNKNOWN, _scaled(operator, a, b.least)
    return UNKNOWN, OPEN


def spanning(a: Bounds, b: Bounds) -> Bounds:
    """The bounds of what is one of two quantities. Raises UnitFault."""
    least = None if a.least is None or b.least is None else a.least if a.least.compare(b.least) <= 0 else b.least
    most = None if a.most is None or b.most is None else a.most if a.most.compare(b.most) >= 0 else b.most
    return Bounds(least, most)


def _less(a: Bounds, b: Bounds) -> bool | Unknown:
    """Whether a < b for all values within the bounds, or for none."""
    if a.most is not None and b.least is not None and a.most.compare(b.least) < 0:
        return True
    if a.least is not None and b.most is not None and a.least.compare(b.most) >= 0:
        return False
    return UNKNOWN


def _opposite(truth: bool | Unknown) -> bool | Unknown:
    return truth if isinstance(truth, Unknown) else not truth


def _applied(operator: str, *operands: Quantity | None) -> Quantity | None:
    known = tuple(o for o in operands if o is not None)
    result = apply(operator, known) if len(known) == len(operands) else None
    return result if isinstance(result, Quantity) else None


def _scaled(operator: str, bounds: Bounds, factor: Quantity) -> Bounds:
    """The bounds times or over a known factor: a negative one turns them round."""
    least, most = (_applied(operator, q, factor) for q in (bounds.least, bounds.most))
    return Bounds(most, least) if factor.value < 0 else Bounds(least, most)
