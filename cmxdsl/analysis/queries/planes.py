"""Questions about a plane: its links and rates, and what its network can do."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from cmxdsl.analysis.base.injection import injection, port_rate
from cmxdsl.analysis.base.planes import connected_components, planes
from cmxdsl.analysis.network.failures import failures
from cmxdsl.analysis.network.latency import latency
from cmxdsl.analysis.network.left import least, remains
from cmxdsl.analysis.network.metrics import Network, bits, network
from cmxdsl.analysis.network.rails import rails
from cmxdsl.analysis.network.traffic import disjoint, traffic
from cmxdsl.analysis.physical.optical_budget import worst_margin
from cmxdsl.analysis.queries.answers import Answer, Question, ratio, shared
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import UNKNOWN, Const
from cmxdsl.model.bounds import Bounds
from cmxdsl.units import Quantity, number, show
from cmxdsl.units.dimension import RATE, TIME

_RATES = "the rate of every link"
_REACH = "endpoints that reach one another"


def _counted(question: Question) -> Answer:
    found = planes(question.about).get(question.word)
    counted = 0 if found is None else found.links if question.function == "links" else found.ports
    return Answer(number(counted * question.many))


def _rate(question: Question) -> Answer:
    """The rate of the linked ports, or of all ports, of endpoints; unknown where there are no such ports."""
    ask, plane = question.ask, question.word
    about, part = (question.about, ()) if ask.of is not None else (question.whole, ask.part)
    ports = port_rate(about, plane, part)
    if not ports.ports:
        return Answer(UNKNOWN, (f"endpoints with ports on {plane}",))
    found = ports if question.function == "port_rate" else injection(about, plane, part)
    if found.value is not None:
        return Answer(found.value, coverage=found.coverage)
    return Answer(UNKNOWN, found.lacking, Bounds(found.known, None), found.coverage)


def _margin(question: Question) -> Answer:
    margin, lacking = worst_margin(question.about, question.word)
    return Answer(margin if margin is not None else UNKNOWN, lacking)


def _components(question: Question) -> Answer:
    return Answer(number(connected_components(question.about, question.word)))


# --- distances, tiers, halves -----------------------------------------------------------------------------


def _network(question: Question) -> Network:
    return network(question.about, question.word, question.among)


def _hops(question: Question) -> Answer:
    found = _network(question)
    reach = found.distances
    if found.too_many:
        raise LimitExceeded(found.too_many)
    if reach is None or reach.unreached or not reach.pairs:
        return Answer(UNKNOWN, (_REACH,))
    exact = Fraction(sum(d * n for d, n in reach.histogram.items()), reach.pairs)
    return Answer(number(reach.diameter if question.function == "diameter" else exact))


def _oversubscription(question: Question) -> Answer:
    found = _network(question)
    lacking = _RATES if found.injection is None else "switches with links upward"
    return shared(found.oversubscription, (f"links upward of `{found.stuck}`" if found.stuck else lacking,))


def _taper(question: Question) -> Answer:
    whole = _network(question).taper
    return shared(whole.ratio if whole else None, (f"{_RATES}, and switches with links upward",))


def _bisection(question: Question) -> Answer:
    halves = _network(question).bisection
    if halves is None:
        return Answer(UNKNOWN, (_RATES,))
    if halves.exact:
        return Answer(bits(halves.high))
    between = f"{show(bits(halves.low), 'b/s')} to {show(bits(halves.high), 'b/s')}"
    bounds = Bounds(Quantity(Fraction(floor(halves.low)), RATE), Quantity(Fraction(ceil(halves.high)), RATE))
    return Answer(UNKNOWN, (f"an exact bisection: it is from {between}",), bounds)


# --- traffic ----------------------------------------------------------------------------------------------


def _latency(question: Question) -> Answer:
    time = latency(question.about, question.word, question.among)
    return Answer(Quantity(time.greatest, TIME) if time.known else UNKNOWN, time.lacking or (_REACH,))


def _disjoint(question: Question) -> Answer:
    paths = disjoint(question.about, question.word, question.among)
    fewest = paths.by_link if question.function == "edge_disjoint" else paths.by_device
    return Answer(number(fewest) if fewest is not None else UNKNOWN, ("a plane small enough to count paths on",))


def _rails(question: Question) -> Answer:
    found = rails(question.about, question.word, question.among)
    return Answer(number(found.count) if found is not None else UNKNOWN, ("switches that endpoints are linked to",))


def _throughput(question: Question) -> Answer:
    whole = traffic(question.about, question.word, question.among)
    if whole.too_hard:
        raise LimitExceeded(whole.too_hard)
    return shared(whole.share, (f"{_RATES}, and {_REACH}",))


def _permutation(question: Question) -> Answer:
    whole = traffic(question.about, question.word, question.among)
    worst = whole.permutation
    if worst is None or worst.exact:
        return shared(worst.high if worst is not None else None, (_RATES,))
    if whole.too_hard:
        raise LimitExceeded(whole.too_hard)
    bounds = Bounds(number(Fraction(worst.low)), number(Fraction(worst.high)))
    return Answer(UNKNOWN, (f"an exact answer: it is from {worst.low:.1%} to {worst.high:.1%}",), bounds)


# --- failures ---------------------------------------------------------------------------------------------


def _failing(question: Question) -> tuple[str, Answer]:
    """What fails, and the answer where nothing of the kind can."""
    given = question.ask.arguments[1]
    kind = str(given.value) if isinstance(given, Const) else ""
    return kind, Answer(UNKNOWN, (f"{_RATES}, and one {kind} that can fail",))


def _failures(question: Question) -> Answer:
    kind, none = _failing(question)
    found = [f for f in failures(question.about, question.word, 1, question.among) if f.kind == kind]
    for one in found:
        if not one.decided:
            raise LimitExceeded(f"{one.tried:,} of {one.count:,} failures of `{one.label}` ({kind}) were tried")
    if not found:
        return none
    if question.function == "kept":
        return Answer(ratio(min(f.kept for f in found)))
    return Answer(number(max(f.isolated if question.function == "isolated" else f.islands for f in found)))


def _left(question: Question) -> Answer:
    kind, none = _failing(question)
    found = remains(question.about, question.word, 1, question.among)
    every = [one for (of, _), one in found.items() if of == kind]
    if not every:
        return none
    one = least(f.throughput if question.function == "throughput_left" else f.bisection for f in every)
    if one.share is None:
        raise LimitExceeded(one.why)
    return Answer(ratio(one.share))


ANSWERS = {
    "links": _counted,
    "ports": _counted,
    "injection": _rate,
    "port_rate": _rate,
    "margin": _margin,
    "components": _components,
    "diameter": _hops,
    "hops": _hops,
    "oversubscription": _oversubscription,
    "taper": _taper,
    "bisection": _bisection,
    "latency": _latency,
    "edge_disjoint": _disjoint,
    "node_disjoint": _disjoint,
    "rails": _rails,
    "throughput": _throughput,
    "permutation": _permutation,
    "isolated": _failures,
    "islands": _failures,
    "kept": _failures,
    "throughput_left": _left,
    "bisection_left": _left,
}
