"""Model expressions to values, as far as finished parts can tell while a component is built."""

from __future__ import annotations

from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Ask, Component, Const, Expr, Op, Subject, Value, Var
from cmxdsl.model.expr import apply, operands
from cmxdsl.model.functions import FunctionFault, answer, pure
from cmxdsl.schema import FUNCTIONS
from cmxdsl.source import Span
from cmxdsl.units import TooLarge, UnitFault


def evaluated(expr: Expr, span: Span, scope: Scope) -> Value | None:
    """The value of a model expression as far as finished parts can tell.

    A part that stands in several places is evaluated once, and of a choice only the side that is chosen.
    """
    known: dict[int, Value | None] = {}  # by the id of a part, which `expr` keeps

    def value(part: Expr) -> Value | None:
        if id(part) not in known:
            known[id(part)] = fresh(part)
        return known[id(part)]

    def fresh(part: Expr) -> Value | None:
        match part:
            case Const(constant):
                return constant
            case Var(name):
                scope.findings.add(rules.UNBOUND.at(span, f"the index `{name}` has no range here"))
                return None
            case Op("if", (then, asked, otherwise)) if isinstance(condition := value(asked), bool):
                return value(then if condition else otherwise)
        values = [v for o in operands(part) if (v := value(o)) is not None]
        if len(values) < len(operands(part)):
            return None
        if isinstance(part, Op):
            return applied(part.operator, tuple(values), part.span or span, scope.findings)
        return _ask_now(part, values, part.span or span, scope)

    return value(expr)


def _ask_now(ask: Ask, arguments: list[Value], span: Span, scope: Scope) -> Value | None:
    findings = scope.findings
    spec = FUNCTIONS[ask.function]
    if not spec.asks:
        return _pure_now(ask, arguments, span, scope)
    about = (ask.of, 1) if isinstance(ask.of, Component) else scope.names.below(ask.part) if ask.part else None
    if about is None or not spec.early:
        fix = "name a finished part with `in = PART`" if spec.early else "use it in `require`, `prefer` or `expect`"
        findings.add(rules.TOO_EARLY.at(span, f"`{ask.function}` asks about a component that is not complete yet", fix))
        return None
    component, many = about
    try:
        return answer(Subject(component), ask.function, arguments, many)
    except (UnitFault, FunctionFault) as error:
        findings.add(rules.OPERANDS.at(span, str(error), error.fix))
    except TooLarge as error:
        findings.add(rules.TOO_LARGE.at(span, str(error)))
    return None


def _pure_now(ask: Ask, arguments: list[Value], span: Span, scope: Scope) -> Value | None:
    try:
        return pure(ask.function, arguments)
    except (UnitFault, FunctionFault) as error:
        scope.findings.add(rules.OPERANDS.at(span, str(error), error.fix))
    return None


def applied(operator: str, values: tuple[Value, ...], span: Span, findings: Findings) -> Value | None:
    try:
        return apply(operator, values)
    except UnitFault as error:
        findings.add(rules.OPERANDS.at(span, str(error), error.fix))
    except TooLarge as error:
        findings.add(rules.TOO_LARGE.at(span, str(error), "check the number"))
    return None
