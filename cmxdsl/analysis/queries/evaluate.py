"""The value of an expression about a finished design: what `require`, `prefer` and `expect` ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import ceil, floor

from cmxdsl.analysis.base import planes as p
from cmxdsl.analysis.base.injection import injection, port_rate
from cmxdsl.analysis.network.metrics import bits
from cmxdsl.analysis.physical.optical_budget import worst_margin
from cmxdsl.analysis.queries import owning
from cmxdsl.analysis.queries.answers import Answer
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import UNKNOWN, Ask, Const, Expr, Op, Subject, Unknown, Value
from cmxdsl.model import functions as f
from cmxdsl.model.bounds import OPEN, Bounds, bounded, bounds_of, spanning
from cmxdsl.model.expr import apply
from cmxdsl.records import define, evolve, field
from cmxdsl.schema import FUNCTIONS
from cmxdsl.units import Quantity, number, show
from cmxdsl.units.dimension import DATA, OPERATION, RATE, TIME


def evaluate(expr: Expr, subject: Subject) -> Answer:
    """The expression's value for a subject. Raises UnitFault, TooLarge, FunctionFault or LimitExceeded."""
    return _Evaluation(subject).of(expr)


@define
class _Evaluation:
    """One expression about one subject. A part that stands in several places is evaluated once, and of a choice only
    the side that is chosen; the depth of expressions is limited where they are made."""

    subject: Subject
    _known: dict[int, Answer] = field(factory=dict)  # by the id of a part, which the expression keeps

    def of(self, part: Expr) -> Answer:
        if id(part) not in self._known:
            self._known[id(part)] = self._of(part)
        return self._known[id(part)]

    def _of(self, part: Expr) -> Answer:
        match part:
            case Const(value):
                return Answer(value)
            case Op("if", (then, asked, otherwise)):
                return self._choice(then, self.of(asked), otherwise)
            case Op(operator, operands):
                return _applied(operator, [self.of(o) for o in operands])
            case Ask(_, arguments):
                return _ask(part, [self.of(a) for a in arguments], self.subject)
        raise AssertionError(part)

    def _choice(self, then: Expr, condition: Answer, otherwise: Expr) -> Answer:
        """`then if condition else otherwise`; where the condition is unknown, what both sides have in common."""
        if isinstance(condition.value, bool):
            side = self.of(then if condition.value else otherwise)
            return evolve(side, coverage=_least_covered((side, condition)))
        sides = (self.of(then), self.of(otherwise))
        value = apply("if", (sides[0].value, condition.value, sides[1].value))
        covered = _least_covered((*sides, condition))
        if not isinstance(value, Unknown):
            return Answer(value, (), OPEN, covered)
        lacking = tuple(dict.fromkeys(name for a in (condition, *sides) for name in a.lacking))
        return Answer(value, lacking, spanning(*(bounds_of(a.value, a.bounds) for a in sides)), covered)


def _applied(operator: str, answers: list[Answer]) -> Answer:
    value, bounds = apply(operator, tuple(a.value for a in answers)), OPEN
    if isinstance(value, Unknown):
        value, bounds = bounded(operator, tuple(bounds_of(a.value, a.bounds) for a in answers))
    lacking = tuple(dict.fromkeys(name for a in answers for name in a.lacking))
    return Answer(value, lacking if isinstance(value, Unknown) else (), bounds, _least_covered(answers))


def _least_covered(answers: Iterable[Answer]) -> Fraction | None:
    return min((a.coverage for a in answers if a.coverage is not None), default=None)


def _ask(ask: Ask, arguments: list[Answer], subject: Subject) -> Answer:
    where, many = (ask.of, 1) if ask.of is not None else subject.top.at(ask.part)
    about = subject.of(where)
    first = arguments[0].value if arguments else UNKNOWN
    match ask.function:
        case "coverage":
            coverage = about.total(str(first)).coverage
            return Answer(UNKNOWN if coverage is None else number(coverage), (f"parts that should state {first}",))
        case "injection" | "port_rate":
            return _rate(ask, subject, str(first))
        case "links" | "ports":
            found = p.planes(about).get(str(first))
            counted = 0 if found is None else found.links if ask.function == "links" else found.ports
            return Answer(number(counted * many))
        case "margin":
            margin, lacking = worst_margin(about, str(first))
            return Answer(margin if margin is not None else UNKNOWN, lacking)
        case "diameter" | "hops" | "oversubscription" | "taper" | "bisection":
            return _of_plane(_network, about, ask, str(first))
        case "throughput" | "permutation" | "edge_disjoint" | "node_disjoint" | "rails" | "latency":
            return _of_plane(_traffic, about, ask, str(first))
        case "isolated" | "islands" | "kept":
            return _of_plane(_failures, about, ask, str(first))
        case "throughput_left" | "bisection_left":
            return _of_plane(_left, about, ask, str(first))
        case "pue":
            return _pue(about, str(first))
        case "parameters" | "active_parameters" | "forward_flops" | "training_flops" | "kv_cache":
            return _of_model(about, ask.function, [a.value for a in arguments])
        case _ if ask.function in owning.QUESTIONS:
            return owning.answer(ask.function, [a.value for a in arguments], about, many)
        case "collective" | "bus_bandwidth" | "collective_bound":
            return _of_collective(about, ask, str(first), arguments[1].value)
        case "components":
            return Answer(number(p.connected_components(about, str(first))))
    value = f.answer(about, ask.function, [a.value for a in arguments], many)
    if not isinstance(first, str) or not FUNCTIONS[ask.function].asks:
        return Answer(value, tuple(name for a in arguments for name in a.lacking), OPEN, _least_covered(arguments))
    if ask.function == "count":
        return Answer(value)
    total = about.total(first)
    lacking = total.lacking or (f"any part with {first}",)
    return Answer(value, lacking, _extreme(ask.function, value, about, first), total.coverage)


def _of_collective(subject: Subject, ask: Ask, kind: str, size: Value) -> Answer:
    """A collective among all accelerators of a subject, or those of `among`."""
    from cmxdsl.analysis.collectives import NoPath, machine, over, prepared

    if isinstance(size, Unknown):
        return Answer(UNKNOWN, ("its size",))
    if not isinstance(size, Quantity) or size.dimension != DATA or size.value < 0:
        raise f.FunctionFault(f"`{ask.function}` takes a size, such as `1 GB`")
    try:
        whole = machine(subject)
        timed = prepared(whole, *over(whole, ask.among)).time(kind, float(size.value / 8))
    except NoPath as error:
        raise f.FunctionFault(str(error)) from None
    if ask.function == "bus_bandwidth":
        return Answer(Quantity(Fraction(timed.bus_bandwidth * 8).limit_denominator(10**3), RATE))
    seconds = timed.bound if ask.function == "collective_bound" else timed.seconds
    return Answer(Quantity(Fraction(seconds).limit_denominator(10**15), TIME))


def _extreme(function: str, value: Value, subject: Subject, attribute: str) -> Bounds:
    """What the parts that state an attribute say about an unknown greatest or least value of it."""
    if function not in ("max", "min") or not isinstance(value, Unknown):
        return OPEN
    known = f.known_spread(function, subject, attribute)
    if not isinstance(known, Quantity):
        return OPEN
    return Bounds(known, None) if function == "max" else Bounds(None, known)


def _rate(ask: Ask, subject: Subject, plane: str) -> Answer:
    """The rate of the linked ports, or of all ports, of endpoints; unknown where there are no such ports."""
    where, part = (ask.of, ()) if ask.of is not None else (subject.top, ask.part)
    about = subject.of(where)
    ports = port_rate(about, plane, part)
    if not ports.ports:
        return Answer(UNKNOWN, (f"endpoints with ports on {plane}",))
    found = ports if ask.function == "port_rate" else injection(about, plane, part)
    if found.value is not None:
        return Answer(found.value, (), OPEN, found.coverage)
    return Answer(UNKNOWN, found.lacking, Bounds(found.known, None), found.coverage)


def _pue(subject: Subject, attribute: str) -> Answer:
    from cmxdsl.analysis.power import feeds
    from cmxdsl.analysis.power.usage import tree_effectiveness

    if not feeds.has_power(subject):
        return Answer(UNKNOWN, ("links on the power plane",))
    found = tree_effectiveness(subject, attribute)
    if found is None:
        return Answer(UNKNOWN, ("parts that no link on the power plane feeds",))
    return Answer(number(found))


def _of_model(subject: Subject, question: str, arguments: list[Value]) -> Answer:
    from cmxdsl.analysis.work.models import Incomplete, network

    model = subject.top
    if model.kind != "model":
        raise f.FunctionFault(f"`{question}` asks about a model, and `{model.name}` is a {model.kind}")
    try:
        found = network(model)
    except Incomplete as error:
        return Answer(UNKNOWN, error.lacking)
    if question in ("parameters", "active_parameters"):
        return Answer(number(found.parameters if question == "parameters" else found.active_parameters))
    if question == "kv_cache":
        return Answer(Quantity(8 * found.cache(str(arguments[0])), DATA))
    length, mask = arguments
    assert isinstance(length, Quantity)
    count = found.forward if question == "forward_flops" else found.training
    return Answer(Quantity(count(int(length.value), mask == "causal"), OPERATION))


def _of_plane(answer: Callable[[Subject, Ask, str], Answer], subject: Subject, ask: Ask, plane: str) -> Answer:
    from cmxdsl.analysis.network.ends import NoEndpoint

    try:
        return answer(subject, ask, plane)
    except NoEndpoint as error:
        raise f.FunctionFault(str(error)) from None


def _traffic(subject: Subject, ask: Ask, plane: str) -> Answer:
    from cmxdsl.analysis.network import traffic

    question = ask.function
    if question == "latency":
        from cmxdsl.analysis.network.latency import latency

        time = latency(subject, plane, ask.among)
        return Answer(
            Quantity(time.greatest, TIME) if time.known else UNKNOWN,
            time.lacking or ("endpoints that reach one another",),
        )
    if question in ("edge_disjoint", "node_disjoint"):
        paths = traffic.disjoint(subject, plane, ask.among)
        fewest = paths.by_link if question == "edge_disjoint" else paths.by_device
        return Answer(number(fewest) if fewest is not None else UNKNOWN, ("a plane small enough to count paths on",))
    if question == "rails":
        from cmxdsl.analysis.network.rails import rails

        found = rails(subject, plane, ask.among)
        return Answer(number(found.count) if found is not None else UNKNOWN, ("switches that endpoints are linked to",))
    whole = traffic.traffic(subject, plane, ask.among)
    worst = whole.permutation
    if question == "throughput":
        share, lacking, bounds = whole.share, "the rate of every link, and endpoints that reach one another", OPEN
    elif worst is None or worst.exact:
        share, lacking, bounds = worst.high if worst is not None else None, "the rate of every link", OPEN
    else:
        share, lacking = None, f"an exact answer: it is from {worst.low:.1%} to {worst.high:.1%}"
        bounds = Bounds(number(Fraction(worst.low)), number(Fraction(worst.high)))
    if whole.too_hard and (question == "throughput" or (worst is not None and not worst.exact)):
        raise LimitExceeded(whole.too_hard)
    return Answer(
        number(Fraction(share).limit_denominator(10**6)) if share is not None else UNKNOWN, (lacking,), bounds
    )


def _kind_of(ask: Ask) -> str:
    """What fails."""
    return str(ask.arguments[1].value) if isinstance(ask.arguments[1], Const) else ""


def _failures(subject: Subject, ask: Ask, plane: str) -> Answer:
    from cmxdsl.analysis.network.failures import failures

    question, kind = ask.function, _kind_of(ask)
    found = [f for f in failures(subject, plane, 1, ask.among) if f.kind == kind]
    if not found:
        return Answer(UNKNOWN, (f"the rate of every link, and one {kind} that can fail",))
    for one in found:
        if not one.decided:
            raise LimitExceeded(f"{one.tried:,} of {one.count:,} failures of `{one.label}` ({kind}) were tried")
    if question == "kept":
        return Answer(number(Fraction(min(f.kept for f in found)).limit_denominator(10**6)))
    return Answer(number(max(f.isolated if question == "isolated" else f.islands for f in found)))


def _left(subject: Subject, ask: Ask, plane: str) -> Answer:
    from cmxdsl.analysis.network.left import least, remains

    kind = _kind_of(ask)
    every = [found for (of, _), found in remains(subject, plane, 1, ask.among).items() if of == kind]
    if not every:
        return Answer(UNKNOWN, (f"the rate of every link, and one {kind} that can fail",))
    one = least(f.throughput if ask.function == "throughput_left" else f.bisection for f in every)
    if one.share is None:
        raise LimitExceeded(one.why)
    return Answer(number(Fraction(one.share).limit_denominator(10**6)))


def _network(subject: Subject, ask: Ask, plane: str) -> Answer:
    from cmxdsl.analysis.network.metrics import network

    question = ask.function
    found = network(subject, plane, ask.among)
    reach = found.distances
    if question in ("diameter", "hops"):
        if found.too_many:
            raise LimitExceeded(found.too_many)
        if reach is None or reach.unreached or not reach.pairs:
            return Answer(UNKNOWN, ("endpoints that reach one another",))
        exact = Fraction(sum(d * n for d, n in reach.histogram.items()), reach.pairs)
        return Answer(number(reach.diameter if question == "diameter" else exact))
    if question == "oversubscription":
        ratio = found.oversubscription
        lacking = ("the rate of every link",) if found.injection is None else ("switches with links upward",)
        if found.stuck:
            lacking = (f"links upward of `{found.stuck}`",)
        return Answer(number(Fraction(ratio).limit_denominator(10**6)) if ratio is not None else UNKNOWN, lacking)
    if question == "taper":
        whole = found.taper
        lacking = ("the rate of every link, and switches with links upward",)
        return Answer(number(Fraction(whole.ratio).limit_denominator(10**6)) if whole else UNKNOWN, lacking)
    halves = found.bisection
    if halves is None:
        return Answer(UNKNOWN, ("the rate of every link",))
    if halves.exact:
        return Answer(bits(halves.high))
    between = f"{show(bits(halves.low), 'b/s')} to {show(bits(halves.high), 'b/s')}"
    bounds = Bounds(Quantity(Fraction(floor(halves.low)), RATE), Quantity(Fraction(ceil(halves.high)), RATE))
    return Answer(UNKNOWN, (f"an exact bisection: it is from {between}",), bounds)
