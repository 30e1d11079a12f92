"""`require` and `prefer`: what a design is held to."""

from __future__ import annotations

from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import resolve
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Const, Requirement, Unknown
from cmxdsl.syntax import nodes as n


def elaborate_requirement(scope: Scope, node: n.Require) -> Requirement | None:
    """`require CONDITION, "why"` and `prefer`."""
    condition = resolve(node.condition, scope)
    if condition is None:
        return None
    if isinstance(condition, Const) and not isinstance(condition.value, (bool, Unknown)):
        scope.findings.add(rules.WRONG_TYPE.at(node.condition.span, "a requirement is true or false"))
        return None
    text = scope.maker.text_of(node.condition.span)
    return Requirement(condition, text, node.reason, node.soft, node.span)
