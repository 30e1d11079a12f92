"""The elaborated, symbolic design."""

from cmxdsl.model.component import (
    Attribute,
    Claim,
    Component,
    End,
    Expectation,
    Exposure,
    Instance,
    Link,
    Placement,
    Port,
    Requirement,
    Step,
    View,
    descendants,
)
from cmxdsl.model.expr import UNKNOWN, Ask, Const, Expr, Op, Pair, Unknown, Value, Var
from cmxdsl.model.index import Dim, Domain
from cmxdsl.model.totals import Census, Total, far_end, parts_of

__all__ = [
    "UNKNOWN",
    "Ask",
    "Attribute",
    "Census",
    "Claim",
    "Component",
    "Const",
    "Dim",
    "Domain",
    "End",
    "Expectation",
    "Exposure",
    "Expr",
    "Instance",
    "Link",
    "Op",
    "Pair",
    "Placement",
    "Port",
    "Requirement",
    "Step",
    "Total",
    "Unknown",
    "Value",
    "Var",
    "View",
    "descendants",
    "far_end",
    "parts_of",
]
