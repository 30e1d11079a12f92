"""`expect`: what was published about a design."""

from __future__ import annotations

from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import constant, resolve
from cmxdsl.elaborate.scope import Scope
from cmxdsl.elaborate.sources import cited
from cmxdsl.model import Expectation
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, number


def elaborate_expectation(scope: Scope, node: n.Expect) -> Expectation | None:
    """`expect EXPRESSION = FIGURE within TOLERANCE from SOURCE "place" differs "why"`."""
    reads, mark = scope.names.reads, len(scope.names.reads)
    expression = resolve(node.expression, scope)
    rests = tuple(sorted({claim.kind for claim in reads[mark:]}))
    del reads[mark:]
    published = constant(node.published, scope)
    within = constant(node.within, scope) if node.within is not None else None
    if expression is None or published is None or (node.within is not None and within is None):
        return None
    if isinstance(published, bool):
        published = number(int(published))
    if not isinstance(published, Quantity):
        scope.findings.add(rules.WRONG_TYPE.at(node.published.span, "a published figure is a number"))
        return None
    if within is not None and not isinstance(within, Quantity):
        scope.findings.add(rules.WRONG_TYPE.at(node.span, "a tolerance is a number, such as `1%`"))
        return None
    if within is not None and within.dimension.powers and within.dimension != published.dimension:
        scope.findings.add(
            rules.DIMENSION.at(
                node.within.span if node.within else node.span,
                "a tolerance is a share, such as `1%`, or of the figure's own dimension",
            )
        )
        return None
    source, found = cited(scope, node.cited, "this figure")
    unit = node.published.unit if isinstance(node.published, n.Number) else ""
    text = scope.maker.text_of(node.expression.span)
    return Expectation(expression, text, published, unit, within, source, node.span, found, rests, node.differs)
