"""`port name[n]: Protocol`: ports of the component itself."""

from __future__ import annotations

from cmxdsl.elaborate.attributes import port_attributes
from cmxdsl.elaborate.expressions import array_shape
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Claim, Port
from cmxdsl.syntax import nodes as n


def elaborate_port(scope: Scope, node: n.Port, reads: list[Claim]) -> Port | None:
    """A group of ports; None after an error. `reads` collects the claims that its attributes are computed from."""
    shape = array_shape(node.dims, scope)
    protocol = scope.maker.component(node.protocol, scope, "protocol", ())
    if shape is None or protocol is None:
        return None
    attributes = port_attributes(node.overrides, scope, reads)
    return Port(node.name.text, shape, protocol, attributes, node.name.span, None, node.doc)
