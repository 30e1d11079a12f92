"""The value of an expression about a finished design: what `require`, `prefer` and `expect` ask."""

from __future__ import annotations

from fractions import Fraction

from attrs import frozen

from cmxdsl.analysis import planes as p
from cmxdsl.analysis.network import bits
from cmxdsl.analysis.optics import worst_margin
from cmxdsl.model import UNKNOWN, Ask, Census, Component, Const, Expr, Op, Unknown, Value
from cmxdsl.model import functions as f
from cmxdsl.model.expr import apply
from cmxdsl.units import Quantity, number, show


@frozen
class Answer:
    """A value, and the names of the parts that kept it from being known."""

    value: Value
    lacking: tuple[str, ...] = ()


def evaluate(expr: Expr, component: Component, census: Census) -> Answer:
    """The expression's value for `component`. Raises UnitFault, TooLarge, FunctionFault or index.TooMany."""
    match expr:
        case Const(value):
            return Answer(value)
        case Op(operator, operands):
            answers = [evaluate(o, component, census) for o in operands]
            value = apply(operator, tuple(a.value for a in answers))
            lacking = tuple(dict.fromkeys(name for a in answers for name in a.lacking))
            return Answer(value, lacking if isinstance(value, Unknown) else ())
        case Ask():
            return _ask(expr, component, census)
    raise AssertionError(expr)


def _ask(ask: Ask, component: Component, census: Census) -> Answer:
    arguments = [evaluate(a, component, census) for a in ask.arguments]
    where, many = (ask.of, 1) if ask.of is not None else component.at(ask.part)
    first = arguments[0].value
    match ask.function:
        case "coverage":
            coverage = census.total(where, str(first)).coverage
            return Answer(UNKNOWN if coverage is None else number(coverage))
        case "links" | "ports" | "injection":
            found = p.planes(where, census).get(str(first))
            if ask.function == "injection":
                rate = found.injection if found is not None else None
                return Answer(rate * number(many) if isinstance(rate, Quantity) else UNKNOWN)
            counted = 0 if found is None else found.links if ask.function == "links" else found.ports
            return Answer(number(counted * many))
        case "margin":
            margin, lacking = worst_margin(where, str(first))
            return Answer(margin if margin is not None else UNKNOWN, lacking)
        case "diameter" | "hops" | "oversubscription" | "bisection":
            return _network(where, ask.function, str(first))
        case "pue":
            return _pue(where, census, str(first))
        case "components":
            return Answer(number(p.connected_components(where, str(first))))
    value = f.answer(census, ask.function, [a.value for a in arguments], where, many)
    if not isinstance(first, str):
        return Answer(value, tuple(name for a in arguments for name in a.lacking))
    lacking = census.total(where, first).lacking if ask.function == "total" else ()
    return Answer(value, lacking or (f"any part with {first}",))


def _pue(component: Component, census: Census, attribute: str) -> Answer:
    from cmxdsl.analysis import feeds, power

    if not feeds.has_power(component):
        return Answer(UNKNOWN, ("links on the power plane",))
    try:
        plane = feeds.net(component)
    except feeds.PowerLoop as error:
        raise f.FunctionFault(f"`{error}` feeds itself: its power plane has a loop") from None
    found = power.flow(plane, feeds.demands(plane, component, attribute))
    whole = power.facility(component, census, plane, found, attribute)
    if whole.pue is None:
        return Answer(UNKNOWN, ("parts that no link on the power plane feeds",))
    return Answer(Quantity(Fraction(whole.pue).limit_denominator(10**6)))


def _network(component: Component, question: str, plane: str) -> Answer:
    from cmxdsl.analysis.fabric import TooLarge as TooLargeAPlane
    from cmxdsl.analysis.network import known_network

    try:
        found = known_network(component, plane)
    except TooLargeAPlane as error:
        raise f.FunctionFault(str(error)) from None
    reach = found.distances
    if question in ("diameter", "hops"):
        if reach is None or reach.unreached or not reach.pairs:
            return Answer(UNKNOWN, (found.too_many or "endpoints that reach one another",))
        exact = Fraction(sum(d * n for d, n in reach.histogram.items()), reach.pairs)
        return Answer(number(reach.diameter if question == "diameter" else exact))
    if question == "oversubscription":
        ratio = found.oversubscription
        lacking = ("the rate of every link",) if found.injection is None else ("switches with links upward",)
        return Answer(number(Fraction(ratio).limit_denominator(10**6)) if ratio is not None else UNKNOWN, lacking)
    halves = found.bisection
    if halves is None or not halves.exact:
        between = f"{show(bits(halves.low), 'b/s')} to {show(bits(halves.high), 'b/s')}" if halves is not None else ""
        return Answer(UNKNOWN, (f"an exact bisection: it is from {between}" if between else "the rate of every link",))
    return Answer(bits(halves.high))
