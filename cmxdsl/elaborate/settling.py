"""Model expressions to values, as far as finished parts can tell while a component is built."""

from __future__ import annotations

from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Ask, Census, Const, Expr, Op, Value, Var
from cmxdsl.model.expr import apply
from cmxdsl.model.functions import FunctionFault, answer, pure
from cmxdsl.schema import FUNCTIONS
from cmxdsl.source import Span
from cmxdsl.units import TooLarge, UnitFault


def settle(expr: Expr, span: Span, scope: Scope) -> Value | None:
    """The value of a model expression as far as finished parts can tell."""
    findings = scope.findings
    match expr:
        case Const(value):
            return value
        case Var(name):
            findings.add(rules.UNBOUND.at(span, f"the index `{name}` has no range here"))
            return None
        case Op("if", (then, asked, otherwise)):
            condition = settle(asked, span, scope)
            if isinstance(condition, bool):
                return settle(then if condition else otherwise, span, scope)
            values = [settle(then, span, scope), condition, settle(otherwise, span, scope)]
            if any(v is None for v in values):
                return None
            return applied("if", tuple(v for v in values if v is not None), expr.span or span, findings)
        case Op(operator, operands):
            values = [settle(o, span, scope) for o in operands]
            if any(v is None for v in values):
                return None
            return applied(operator, tuple(v for v in values if v is not None), expr.span or span, findings)
        case Ask():
            return _ask_now(expr, expr.span or span, scope)
    raise AssertionError(expr)


def _ask_now(ask: Ask, span: Span, scope: Scope) -> Value | None:
    findings = scope.findings
    spec = FUNCTIONS[ask.function]
    if not spec.asks:
        return _pure_now(ask, span, scope)
    subject = (ask.of, 1) if ask.of is not None else scope.names.below(ask.part) if ask.part else None
    if subject is None or not spec.early:
        fix = "name a finished part with `in = PART`" if spec.early else "use it in `require`, `prefer` or `expect`"
        findings.add(rules.TOO_EARLY.at(span, f"`{ask.function}` asks about a component that is not complete yet", fix))
        return None
    arguments = [settle(a, span, scope) for a in ask.arguments]
    if any(a is None for a in arguments):
        return None
    component, many = subject
    try:
        return answer(Census(), ask.function, [a for a in arguments if a is not None], component, many)
    except (UnitFault, FunctionFault) as error:
        findings.add(rules.OPERANDS.at(span, str(error), getattr(error, "fix", "")))
    except TooLarge as error:
        findings.add(rules.TOO_LARGE.at(span, str(error)))
    return None


def _pure_now(ask: Ask, span: Span, scope: Scope) -> Value | None:
    arguments = [settle(a, span, scope) for a in ask.arguments]
    if any(a is None for a in arguments):
        return None
    try:
        return pure(ask.function, [a for a in arguments if a is not None])
    except (UnitFault, FunctionFault) as error:
        scope.findings.add(rules.OPERANDS.at(span, str(error), getattr(error, "fix", "")))
    return None


def applied(operator: str, values: tuple[Value, ...], span: Span, findings: Findings) -> Value | None:
    try:
        return apply(operator, values)
    except UnitFault as error:
        findings.add(rules.OPERANDS.at(span, str(error), error.fix))
    except TooLarge as error:
        findings.add(rules.TOO_LARGE.at(span, str(error), "check the number"))
    return None
