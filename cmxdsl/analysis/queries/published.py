"""Published figures against derived values: the fidelity table of a design."""

from __future__ import annotations

from collections.abc import Container, Iterable
from fractions import Fraction

from cmxdsl.analysis.queries.answers import Answer
from cmxdsl.analysis.queries.basis import DERIVED, basis
from cmxdsl.analysis.queries.evaluate import evaluate
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Expectation, Subject, descendants
from cmxdsl.model.functions import FunctionFault
from cmxdsl.records import evolve, frozen
from cmxdsl.source import Span
from cmxdsl.units import Quantity, TooLarge, UnitFault, UnknownUnit, show
from cmxdsl.units.text import symbol

WORDS = {True: "holds", False: "OFF", None: "unknown"}


@frozen
class Verdict:
    """One published figure. `holds` is None when the derived value is not known; `basis` is one of `BASES`.

    `deviation` is (derived - published) / published, or the difference itself where zero was published.
    """

    component: str
    expectation: Expectation
    derived: Quantity | None
    deviation: Fraction | None
    holds: bool | None
    basis: str = DERIVED

    @property
    def word(self) -> str:
        """The verdict: a figure that is known not to hold `differs`, and the design says why."""
        if self.holds is False and self.expectation.differs:
            return "differs"
        return WORDS[self.holds]

    @property
    def published_text(self) -> str:
        return _figure(self.expectation.published, self.expectation.unit)

    @property
    def derived_text(self) -> str:
        if self.derived is None:
            return "unknown"
        if self.derived.dimension.is_none and self.derived.value.denominator == 1 and not self.expectation.unit:
            return f"{self.derived.value.numerator:,}"
        return show(self.derived, _base_of(self.expectation.unit))

    @property
    def deviation_text(self) -> str:
        if self.deviation is None:
            return ""
        if self.deviation == 0:
            return "0%"
        share = float(self.deviation * 100)
        return f"{share:+.2g}%" if abs(share) < 0.1 else f"{share:+.1f}%"

    @property
    def tolerance_text(self) -> str:
        within = self.expectation.within
        if within is None:
            return "exact"
        return show(within, "%") if within.dimension.is_none else show(within)


def _figure(published: Quantity, unit: str) -> str:
    return show(published, _base_of(unit))


def _base_of(unit: str) -> str | None:
    """The unit without its prefix, so that printing can choose its own."""
    head, slash, tail = unit.partition("/")
    try:
        return symbol(head)[0].symbol + slash + tail if head else None
    except UnknownUnit:
        return None


def judge(expectation: Expectation, answer: Answer) -> Verdict:
    """The verdict on a figure. Raises UnitFault when the dimensions differ."""
    value = answer.value
    published = expectation.published
    if isinstance(value, bool):
        value = Quantity(Fraction(int(value)))
    if not isinstance(value, Quantity):
        return Verdict("", expectation, None, None, None)
    difference = value - published
    within = expectation.within
    relative = difference.value / published.value if published.value else None
    if within is None:
        holds = difference.value == 0
    elif within.dimension.is_none and relative is not None:
        holds = abs(relative) <= within.value
    else:
        holds = abs(difference.value) <= within.value
    return Verdict("", expectation, value, relative if relative is not None else difference.value, holds)


def verdicts(*subjects: Subject) -> list[Verdict]:
    """The verdict on every figure of subjects and their parts, a subject's own first; each once, however often it
    applies."""
    found: dict[tuple[Span, str, Quantity | None], Verdict] = {}
    parts = {part: subject for subject in reversed(subjects) for part in descendants(subject.top)}
    for component in dict.fromkeys(part for subject in subjects for part in descendants(subject.top)):
        for expectation in component.expectations:
            about = parts[component].of(component)
            try:
                verdict = judge(expectation, evaluate(expectation.expression, about))
            except (UnitFault, FunctionFault, TooLarge, LimitExceeded):
                verdict = Verdict("", expectation, None, None, None)
            key = (expectation.span, component.name, verdict.derived)
            if key not in found:
                found[key] = evolve(verdict, component=component.name, basis=basis(expectation, about))
    return list(found.values())


def of_file(found: Iterable[Verdict], file: str, files: Container[str]) -> list[Verdict]:
    """A file's figures without those of the other `files`, which it may use: where all are judged, each counts once."""
    places = ((v, v.expectation.span.file) for v in found)
    return [v for v, place in places if place == file or place not in files]


def publication(expectation: Expectation) -> str:
    """What was published, and when: the source, or a text without the remark behind its colon."""
    if expectation.cited is not None:
        return expectation.cited.name
    return expectation.source.partition(": ")[0].strip()


def is_primary(expectation: Expectation) -> bool:
    """Whether a figure is cited from who made or measured what it is about."""
    return expectation.cited is not None and expectation.cited.text("kind") == "primary"
