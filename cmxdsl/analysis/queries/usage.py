"""Questions about how much of the power that enters reaches the machine."""

from __future__ import annotations

from cmxdsl.analysis.power import feeds
from cmxdsl.analysis.power.usage import tree_effectiveness
from cmxdsl.analysis.queries.answers import Answer, Question
from cmxdsl.model import UNKNOWN
from cmxdsl.units import number


def _pue(question: Question) -> Answer:
    if not feeds.has_power(question.about):
        return Answer(UNKNOWN, ("links on the power plane",))
    found = tree_effectiveness(question.about, question.word)
    if found is None:
        return Answer(UNKNOWN, ("parts that no link on the power plane feeds",))
    return Answer(number(found))


ANSWERS = {"pue": _pue}
