"""What a published figure is held against: something derived, a part's own number again, or what was fitted to it."""

from __future__ import annotations

from collections.abc import Iterable

from cmxdsl.analysis.work.answers import QUESTIONS, claims
from cmxdsl.model import Ask, Component, Const, Expectation, Subject
from cmxdsl.model.expr import inside_out

DERIVED, RESTATED, CALIBRATED = "derived", "restated", "calibrated"
BASES = {
    DERIVED: "follows from what the design is made of and how it is linked",
    RESTATED: "a part's own number, times a count",
    CALIBRATED: "rests on an estimate that was fitted, as its `calibrated to` says",
}
_SUMS = ("total", "mean", "max", "min")  # of an attribute over the parts


def basis(expectation: Expectation, subject: Subject) -> str:
    """One of `BASES`, from the expression and the parts that it is about, not from its value.

    A figure is calibrated where a claim that it reads is. It is derived where it asks about structure, adds up an
    attribute over parts of more than one kind, or only counts. Otherwise it is one part's number, and restated.
    """
    asks = {part: None for part in inside_out(expectation.expression) if isinstance(part, Ask)}
    stated = {ask: _stating(ask, subject) for ask in asks}
    kinds = {claim for parts in stated.values() for _, claim in parts} | set(expectation.rests)
    kinds |= {claim for ask in asks if ask.function in QUESTIONS for claim in _measured(ask, subject)}
    if CALIBRATED in kinds:
        return CALIBRATED
    structural = any(ask.function not in (*_SUMS, "count", "coverage") for ask in asks)
    if structural or any(len(parts) > 1 for parts in stated.values()):
        return DERIVED
    only_counts = bool(asks) and not expectation.rests and not any(stated.values())
    return DERIVED if only_counts else RESTATED


def _measured(ask: Ask, subject: Subject) -> tuple[str, ...]:
    """The kinds of the claims about its chip that a question about a run reads."""
    return claims(_about(ask, subject), ask.function, str(_word(ask)))


def _about(ask: Ask, subject: Subject) -> Subject:
    return subject.of(ask.of if isinstance(ask.of, Component) else subject.top.at(ask.part)[0])


def _word(ask: Ask) -> object:
    return ask.arguments[0].value if ask.arguments and isinstance(ask.arguments[0], Const) else None


def _stating(ask: Ask, subject: Subject) -> list[tuple[Component, str]]:
    """The parts whose attribute a question adds up, and the kinds of their claims; zeros add nothing."""
    word = _word(ask)
    if not isinstance(word, str) or ask.function not in (*_SUMS, "pue"):
        return []
    return list(_claims(_about(ask, subject).counts, word))


def _claims(parts: Iterable[Component], attribute: str) -> Iterable[tuple[Component, str]]:
    for part in parts:
        value = part.quantity(attribute)
        if value is not None and value.value:
            yield part, part.attributes[attribute].claim.kind
