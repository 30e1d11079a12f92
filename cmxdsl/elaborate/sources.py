"""What `from` cites: a `source` by its name and a place in it, or a text."""

from __future__ import annotations

from cmxdsl.elaborate import rules
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Component
from cmxdsl.syntax import nodes as n


def cited(scope: Scope, node: n.Cited, what: str) -> tuple[str, Component | None]:
    """A citation in words, and the source where it has a name. `what` is about what it is, for messages."""
    if node.source is None:
        if not node.place.strip():
            scope.findings.add(rules.NO_SOURCE.at(node.span, f"{what} has an empty source"))
        return node.place, None
    source = scope.maker.component(node.source, scope, "source", ())
    if source is None:
        return node.place, None
    return words(source, node.place), source


def words(source: Component, place: str = "") -> str:
    """`NVIDIA, A100 data sheet, 2021: page 2`."""
    title = ", ".join(text for name in ("publisher", "title", "date") if (text := source.text(name)))
    return f"{title}: {place}" if place else title
