"""Questions about a run: its time, what it reaches, what it holds."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.queries.answers import Answer, Question
from cmxdsl.analysis.work.answers import QUESTIONS, Misplaced, answer
from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import run_names
from cmxdsl.model import UNKNOWN
from cmxdsl.model.functions import FunctionFault
from cmxdsl.units import Quantity


def _run(question: Question) -> Answer:
    name = str(question.values[0])
    if name not in run_names(question.about):
        return Answer(UNKNOWN, (f"run {name}",))  # it has a finding of its own
    try:
        value, dimension = answer(question.about, question.function, *(str(v) for v in question.values))
    except Lacking as error:
        return Answer(UNKNOWN, error.names)
    except Misplaced as error:
        raise FunctionFault(str(error), "name a run of that kind") from None
    return Answer(Quantity(Fraction(value).limit_denominator(10**15), dimension))


ANSWERS = dict.fromkeys(QUESTIONS, _run)
