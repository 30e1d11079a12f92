"""`name[n]: Type`: instances of other components."""

from __future__ import annotations

from cmxdsl.elaborate.expressions import array_shape
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Instance
from cmxdsl.syntax import nodes as n


def elaborate_instance(scope: Scope, node: n.Instance) -> Instance | None:
    """An array of instances; None after an error."""
    shape = array_shape(node.dims, scope)
    component = scope.maker.component(node.type, scope, "component", node.overrides)
    if shape is None or component is None:
        return None
    return Instance(node.name.text, shape, component, node.name.span, node.doc)
