"""Questions about a model of machine learning: what it holds, and what it computes."""

from __future__ import annotations

from cmxdsl.analysis.queries.answers import Answer, Question
from cmxdsl.analysis.work.models import Incomplete, network
from cmxdsl.model import UNKNOWN
from cmxdsl.model.functions import FunctionFault
from cmxdsl.units import Quantity, number
from cmxdsl.units.dimension import DATA, OPERATION


def _model(question: Question) -> Answer:
    model, function = question.about.top, question.function
    if model.kind != "model":
        raise FunctionFault(f"`{function}` asks about a model, and `{model.name}` is a {model.kind}", "name a `model`")
    try:
        found = network(model)
    except Incomplete as error:
        return Answer(UNKNOWN, error.lacking)
    if function in ("parameters", "active_parameters"):
        return Answer(number(found.parameters if function == "parameters" else found.active_parameters))
    if function == "kv_cache":
        return Answer(Quantity(8 * found.cache(question.word), DATA))
    length, mask = question.values
    assert isinstance(length, Quantity)
    count = found.forward if function == "forward_flops" else found.training
    return Answer(Quantity(count(int(length.value), mask == "causal"), OPERATION))


ANSWERS = dict.fromkeys(("parameters", "active_parameters", "forward_flops", "training_flops", "kv_cache"), _model)
