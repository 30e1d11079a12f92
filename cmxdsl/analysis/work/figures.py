"""What runs come to, as figures that two machines, or two versions of one, are compared by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from cmxdsl.analysis.work.answers import energy, held, served, tokens_a_second, trained
from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import of_run, run_names
from cmxdsl.model import Component, Run, Subject
from cmxdsl.records import frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import DATA, ENERGY, NONE, TIME, Dimension


@frozen
class WorkFigure:
    """A figure of a run; None where something that it needs is not stated. `better` is `more` or `less`, or empty for
    what a larger machine does better by being larger."""

    name: str
    unit: str
    value: Quantity | None
    better: str = ""


def work_figures(subject: Subject, name: str) -> Iterator[WorkFigure]:
    """The figures of a run: times, rates, utilisation, memory, energy. Raises LimitExceeded, KeyError."""
    run = of_run(subject, name)
    if run.work.kind == "training":
        yield _made("time of a step", "s", lambda: trained(subject, name).seconds, TIME)
        yield _made("MFU", "%", lambda: trained(subject, name).mfu, NONE, "more")
    else:
        yield _made("time of a token", "s", lambda: served(subject, name).tpot, TIME)
        yield _made("time to the first token", "s", lambda: served(subject, name).ttft, TIME)
    rate = TIME**-1
    yield _made("tokens a second", "token/s", lambda: tokens_a_second(subject, name), rate)
    yield _made("tokens a second and chip", "token/s", lambda: tokens_a_second(subject, name) / run.ranks, rate, "more")
    yield _made("energy of a token", "J", lambda: energy(subject, name), ENERGY, "less")
    yield _made("memory of a rank", "B", lambda: held(subject, name).total * 8, DATA)


def _made(name: str, unit: str, ask: Callable[[], float | None], dimension: Dimension, better: str = "") -> WorkFigure:
    try:
        value = ask()
    except Lacking:
        value = None
    known = None if value is None else Quantity(Fraction(value).limit_denominator(10**12), dimension)
    return WorkFigure(name, unit, known, better)


def same_work(subjects: list[Subject]) -> list[str]:
    """Runs that at least two machines have under one name, of one kind and one model, in the order of their texts."""
    names = dict.fromkeys(name for subject in subjects for name in run_names(subject))
    found = []
    for name in names:
        runs = [of_run(subject, name) for subject in subjects if name in run_names(subject)]
        if len(runs) > 1 and len({_what(run) for run in runs}) == 1:
            found.append(name)
    return found


def _what(run: Run) -> tuple[str, str]:
    model = run.work.get("model")
    return run.work.kind, model.name if isinstance(model, Component) else ""
