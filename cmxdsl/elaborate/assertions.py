"""What a design requires and what was published about it, elaborated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import Env, constant, resolve
from cmxdsl.model import Const, Expectation, Requirement, Unknown
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, number

if TYPE_CHECKING:
    from cmxdsl.elaborate.body import Body


def elaborate_requirement(body: Body, node: n.Require, env: Env) -> Requirement | None:
    """`require CONDITION, "why"` and `prefer`."""
    condition = resolve(node.condition, env)
    if condition is None:
        return None
    if isinstance(condition, Const) and not isinstance(condition.value, (bool, Unknown)):
        body.findings.add(rules.WRONG_TYPE.at(node.condition.span, "a requirement is true or false"))
        return None
    text = body.elaborator.text_of(node.condition.span)
    return Requirement(condition, text, node.reason, node.soft, node.span)


def elaborate_expectation(body: Body, node: n.Expect, env: Env) -> Expectation | None:
    """`expect EXPRESSION = FIGURE within TOLERANCE from "source"`."""
    expression = resolve(node.expression, env)
    published = constant(node.published, env)
    within = constant(node.within, env) if node.within is not None else None
    if expression is None or published is None or (node.within is not None and within is None):
        return None
    if isinstance(published, bool):
        published = number(int(published))
    if not isinstance(published, Quantity):
        body.findings.add(rules.WRONG_TYPE.at(node.published.span, "a published figure is a number"))
        return None
    if within is not None and not isinstance(within, Quantity):
        body.findings.add(rules.WRONG_TYPE.at(node.span, "a tolerance is a number, such as `1%`"))
        return None
    if within is not None and within.dimension.powers and within.dimension != published.dimension:
        body.findings.add(rules.DIMENSION.at(node.within.span if node.within else node.span,
                          "a tolerance is a share, such as `1%`, or of the figure's own dimension"))  # fmt: skip
        return None
    if not node.source.strip():
        body.findings.add(rules.NO_SOURCE.at(node.span, "this figure has a source that says nothing"))
    unit = node.published.unit if isinstance(node.published, n.Number) else ""
    text = body.elaborator.text_of(node.expression.span)
    return Expectation(expression, text, published, unit, within, node.source, node.span)
