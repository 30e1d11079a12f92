"""Questions about owning a machine: what it costs, how often a job on it is interrupted, what to keep in stock."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.ownership.amounts import Amount
from cmxdsl.analysis.ownership.cost import cost
from cmxdsl.analysis.queries.answers import Answer, Question
from cmxdsl.analysis.reliability.domains import Domains
from cmxdsl.analysis.reliability.failing import failing
from cmxdsl.analysis.reliability.jobs import Checkpoints, Interruptions, checkpoint_write, checkpoints, interruptions
from cmxdsl.analysis.reliability.spares import lead_time, spares
from cmxdsl.analysis.reliability.usable import usable
from cmxdsl.analysis.work.answers import tokens_a_second
from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import run_names
from cmxdsl.model import UNKNOWN, Component, Subject, Value
from cmxdsl.model.bounds import OPEN, Bounds
from cmxdsl.model.functions import FunctionFault
from cmxdsl.units import Quantity, number
from cmxdsl.units.dimension import TIME


def answer(question: Question) -> Answer:
    """Raises FunctionFault on values that it cannot take, LimitExceeded."""
    function, values, subject, many = question.function, question.values, question.about, question.many
    match function:
        case "tco":
            return _amount(cost(subject).over(_time(function, values[0])), many)
        case "cost_per_hour":
            return _amount(cost(subject).each(subject.count(str(values[0]))), 1)
        case "price_per_token":
            return _token(subject, str(values[0]))
        case "spares":
            return _spares(str(values[0]), _share(function, values[1]), subject, many)
    found = failing(subject)
    size, accelerators = _count(function, values[0]), Domains(subject).all
    if size > accelerators:
        raise FunctionFault(
            f"`{function}` of {size:,}, but there are {accelerators:,} accelerators", "a job takes at most all of them"
        )
    if function == "availability":
        spread = usable(found, accelerators, subject.top.quantity("repair_time"))
        at_least = number(Fraction(float(spread.at_least[size])).limit_denominator(10**9))
        if spread.lacking:
            return Answer(UNKNOWN, spread.lacking, Bounds(None, at_least))
        if spread.bound:
            return Answer(UNKNOWN, ("domains that lie inside of one another",), Bounds(at_least, None))
        return Answer(at_least)
    between = interruptions(found, size, accelerators)
    return _mtbf(between) if function == "mtbf" else _goodput(between, subject.top)


def _amount(found: Amount, many: int) -> Answer:
    if found.value is None:
        return Answer(UNKNOWN, found.lacking)
    value = found.value * number(many)
    return Answer(UNKNOWN, found.lacking, Bounds(value, None)) if found.lacking else Answer(value)


def _token(subject: Subject, run: str) -> Answer:
    if run not in run_names(subject):
        return Answer(UNKNOWN, (f"run {run}",))  # it has a finding of its own
    try:
        rate = tokens_a_second(subject, run)
    except Lacking as error:
        return Answer(UNKNOWN, error.names)
    return _amount(cost(subject).token(rate), 1)


def _mtbf(found: Interruptions) -> Answer:
    """With something lacking it is no longer than what the known parts allow."""
    if found.lacking or found.between is None:
        return Answer(UNKNOWN, found.lacking or ("failure rates",), Bounds(None, found.between))
    return Answer(found.between)


def _goodput(found: Interruptions, where: Component) -> Answer:
    fares, lacking = job(found, where)
    if fares is None:
        return Answer(UNKNOWN, lacking)
    share = number(Fraction(fares.goodput).limit_denominator(10**9))
    return Answer(UNKNOWN, lacking, Bounds(None, share)) if lacking else Answer(share)


def job(found: Interruptions, where: Component) -> tuple[Checkpoints | None, tuple[str, ...]]:
    """How a job fares with the design's checkpoints, and what is lacking: then it fares no better than that."""
    write, restart = checkpoint_write(where), where.quantity("checkpoint.restart")
    lacking = [*found.lacking, *["`checkpoint.write`, or its size and rate"] * (write is None)]
    lacking += ["`checkpoint.restart`"] * (restart is None) + ["failure rates"] * (found.between is None)
    if write is None or restart is None or found.between is None:
        return None, tuple(lacking)
    times = (float(q.value) for q in (found.between, write, restart))
    return checkpoints(*times), tuple(lacking)


def _spares(name: str, level: float, subject: Subject, many: int) -> Answer:
    """Enough of each part that is `name`: parts of one name with rates of their own are added."""
    parts = [(part, count) for part, count in subject.counts.items() if count and part.is_a(name)]
    failures, lacking = 0.0, []
    for part, count in parts:
        rate, time = part.quantity("failure_rate"), lead_time(part, subject.top)
        lacking += [f"failure_rate of {part.name}"] * (rate is None) + [f"lead_time of {part.name}"] * (time is None)
        if rate is not None and time is not None:
            failures += float(rate.value * time.value) * count * many
    enough = number(spares(failures, level))
    if lacking or not parts:
        known = Bounds(enough, None) if failures else OPEN
        return Answer(UNKNOWN, tuple(lacking) or (f"any part that is {name}",), known)
    return Answer(enough)


def _time(function: str, value: Value) -> Quantity:
    if not isinstance(value, Quantity) or value.dimension != TIME or value.value < 0:
        raise FunctionFault(f"`{function}` takes a time", "such as `4 year`")
    return value


def _count(function: str, value: Value) -> int:
    if not isinstance(value, Quantity) or not value.is_integer or value.value < 1:
        raise FunctionFault(f"`{function}` takes a number of accelerators", "a whole number from 1 up")
    return int(value.value)


def _share(function: str, value: Value) -> float:
    if not isinstance(value, Quantity) or not value.dimension.is_none or not 0 <= value.value < 1:
        raise FunctionFault(f"`{function}` takes a probability below 1", "such as `99%`")
    return float(value.value)


ANSWERS = dict.fromkeys(
    ("tco", "cost_per_hour", "price_per_token", "mtbf", "goodput", "availability", "spares"), answer
)
