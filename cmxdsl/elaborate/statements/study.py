"""`study NAME { … }`: a design asked for many values of its parameters."""

from __future__ import annotations

from math import floor

from cmxdsl.diagnostics import listing, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import constant, resolve
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Const, Goal, Study, Unknown, Value, Vary
from cmxdsl.model.component import GOALS
from cmxdsl.model.functions import FunctionFault, as_text
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, UnitFault, number

MAX_VALUES = 100_000  # values of one parameter


def elaborate_study(scope: Scope, node: n.Study) -> Study | None:
    """A study with each line checked; None after an error."""
    varies: list[Vary | None] = []
    goals: list[Goal | None] = []
    for task in node.tasks:
        if isinstance(task, n.Vary):
            varies.append(_vary(scope, task))
        elif isinstance(task, n.Goal):
            goals += _goals(scope, task)
        else:
            goals.append(None)  # it could not be read
    seen: set[str] = set()
    for task in node.tasks:
        if isinstance(task, n.Vary):
            if task.name.text in seen:
                message = f"`{task.name.text}` is varied twice"
                scope.findings.add(rules.DUPLICATE.at(task.name.span, message, "keep one of the lines"))
                varies.append(None)
            seen.add(task.name.text)
    if not any(isinstance(task, n.Vary | n.Broken) for task in node.tasks):
        message = f"`{node.name.text}` varies nothing, so there is nothing to compare"
        scope.findings.add(
            rules.UNKNOWN_TASK.at(node.name.span, message, "add a line such as `vary racks in 4..16 step 4`")
        )
        return None
    if None in varies or None in goals:
        return None
    return Study(
        node.name.text,
        tuple(v for v in varies if v is not None),
        tuple(g for g in goals if g is not None),
        node.span,
        node.doc,
    )


def _vary(scope: Scope, node: n.Vary) -> Vary | None:
    """A parameter of the component and its values; None after an error."""
    findings, name = scope.findings, node.name.text
    if node.word.text != "vary":
        message = f"a study has no line `{node.word.text} … in …`"
        findings.add(rules.UNKNOWN_TASK.at(node.word.span, message, f"write `vary {name} in …`"))
        return None
    if name not in scope.parameters:
        known = list(scope.parameters)
        fix = nearest(name, known).text or (f"its parameters are {listing(known)}" if known else "it has no parameters")
        message = f"`{scope.names.name}` has no parameter `{name}`"
        findings.add(rules.ARGUMENT.at(node.name.span, message, fix))
        return None
    if node.step_word is not None and node.step_word.text != "step":
        findings.add(rules.UNKNOWN_TASK.at(node.step_word.span, f"unexpected `{node.step_word.text}`", "write `step`"))
        return None
    low = constant(node.low, scope)
    if low is None:
        return None
    if node.high is None:
        values = list(low) if isinstance(low, tuple) else [low]
        if not values:
            findings.add(rules.WRONG_TYPE.at(node.low.span, f"`{name}` is given no values", "such as `[1, 2]`"))
            return None
    else:
        found = _steps(scope, node, low)
        if found is None:
            return None
        values = found
    try:
        texts = tuple(dict.fromkeys(_text(v) for v in values))
    except FunctionFault:
        message = f"`{name}` is given a value that no parameter can have"
        findings.add(rules.WRONG_TYPE.at(node.low.span, message, "give numbers, texts, flags or definitions"))
        return None
    return Vary(name, texts, node.span)


def _text(value: Value) -> str:
    """A value as `--set` takes it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(value, str) else as_text(value)


def _steps(scope: Scope, node: n.Vary, low: Value) -> list[Value] | None:
    """The values of `low..high step step`, both ends included; None after an error."""
    assert node.high is not None
    findings, name = scope.findings, node.name.text
    high = constant(node.high, scope)
    step = constant(node.step, scope) if node.step is not None else number(1)
    if high is None or step is None:
        return None
    numbers = [v for v in (low, high, step) if isinstance(v, Quantity)]
    if len(numbers) != 3:
        findings.add(
            rules.WRONG_TYPE.at(node.span, "a range has numbers at its ends", "give a list of values in brackets")
        )
        return None
    first, last, by = numbers
    at = node.step.span if node.step is not None else node.span
    if by.value <= 0:
        findings.add(rules.WRONG_TYPE.at(at, f"the step of `{name}` is not above zero", "such as `step 4`"))
        return None
    try:
        if last.compare(first) < 0:
            findings.add(rules.WRONG_TYPE.at(node.high.span, "the range ends below its start", "swap its ends"))
            return None
        many = (last - first) / by
    except UnitFault as error:
        findings.add(rules.OPERANDS.at(node.span, str(error), error.fix))
        return None
    if not many.dimension.is_none:
        fix = "give the step a unit, such as `step 10 m`"
        findings.add(rules.OPERANDS.at(at, f"the step of `{name}` has another dimension than its ends", fix))
        return None
    if many.value >= MAX_VALUES:
        message = f"`{name}` would take {floor(many.value) + 1:,} values (limit {MAX_VALUES:,})"
        findings.add(rules.EXPANSION.at(node.span, message, "take larger steps"))
        return None
    return [first + by * number(k) for k in range(floor(many.value) + 1)]


def _goals(scope: Scope, node: n.Goal) -> list[Goal | None]:
    """What a line asks; None for what is in error."""
    findings, word = scope.findings, node.word.text
    if word not in GOALS:
        fix = nearest(word, (*GOALS, "vary")) or f"a study has {listing(('vary', *GOALS))}"
        findings.add(rules.UNKNOWN_TASK.at(node.word.span, f"a study has no line `{word}`", fix))
        return [None]
    return [_goal(scope, word, answer) for answer in node.answers]


def _goal(scope: Scope, word: str, answer: n.Argument) -> Goal | None:
    expr = resolve(answer.value, scope)
    if expr is None:
        return None
    if word == "keep" and isinstance(expr, Const) and not isinstance(expr.value, (bool, Unknown)):
        scope.findings.add(rules.WRONG_TYPE.at(answer.value.span, "what a study keeps to is true or false"))
        return None
    text = scope.maker.text_of(answer.value.span)
    return Goal(word, answer.name.text if answer.name is not None else text, expr, text, answer.span)
