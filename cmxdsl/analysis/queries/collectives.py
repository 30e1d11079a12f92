"""Questions about a collective among all accelerators of a subject, or those that are named."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.collectives import NoPath, machine, over, prepared
from cmxdsl.analysis.queries.answers import Answer, Question
from cmxdsl.model import UNKNOWN, Unknown
from cmxdsl.model.functions import FunctionFault
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import DATA, RATE, TIME


def _collective(question: Question) -> Answer:
    size = question.values[1]
    if isinstance(size, Unknown):
        return Answer(UNKNOWN, ("its size",))
    if not isinstance(size, Quantity) or size.dimension != DATA or size.value < 0:
        raise FunctionFault(f"`{question.function}` takes a size", "the bytes of the buffer, such as `1 GB`")
    try:
        whole = machine(question.about)
        timed = prepared(whole, *over(whole, question.among)).time(question.word, float(size.value / 8))
    except NoPath as error:
        raise FunctionFault(str(error), "name chips that links join with `in` or `among`") from None
    if question.function == "bus_bandwidth":
        return Answer(Quantity(Fraction(timed.bus_bandwidth * 8).limit_denominator(10**3), RATE))
    seconds = timed.bound if question.function == "collective_bound" else timed.seconds
    return Answer(Quantity(Fraction(seconds).limit_denominator(10**15), TIME))


ANSWERS = dict.fromkeys(("collective", "bus_bandwidth", "collective_bound"), _collective)
