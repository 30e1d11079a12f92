"""Semantic tokens: what each name is, which colours by words cannot tell."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.lsp.documents import Analysis
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n

TYPES = ("class", "parameter", "variable", "property", "interface", "function", "enumMember", "type")
_OF = {
    n.Definition: "class",
    n.Parameter: "parameter",
    n.Instance: "variable",
    n.Port: "interface",
    n.Expose: "interface",
    n.Let: "variable",
}


def semantic_tokens(analysis: Analysis) -> list[tuple[Span, str]]:
    """Each name with its type, in the order of the text."""
    titles = {test.title.span for test in analysis.main.node.tests}  # texts, which have their colour
    found = {name.span: type_ for name, type_ in _names(analysis.main.node) if name.span not in titles}
    return [(span, found[span]) for span in sorted(found) if span.line == span.end_line]


def _names(root: n.Node) -> Iterator[tuple[n.Name, str]]:
    for node in n.walk(root):
        kind = _OF.get(type(node))
        if kind is not None:
            function = isinstance(node, n.Let) and node.parameters is not None
            yield node.name, "function" if function else kind  # type: ignore[attr-defined]
        if isinstance(node, n.Attribute):
            yield from ((key, "property") for key in node.key)
        elif isinstance(node, n.Group):
            yield node.name, "property"
        elif isinstance(node, n.TypeRef):
            yield node.name, "class"
        elif isinstance(node, n.Call):
            yield node.function, "function"
        elif isinstance(node, n.Parameter):
            yield node.type, "type"
        elif isinstance(node, n.Range):
            yield node.name, "parameter"
        if isinstance(node, (n.Link, n.Expose)):
            paths = (node.a, node.b) if isinstance(node, n.Link) else (node.target,)
            for path in paths:
                *steps, port = path.segments
                yield from ((step.name, "variable") for step in steps)
                yield port.name, "interface"


def encoded(analysis: Analysis, tokens: list[tuple[Span, str]]) -> list[int]:
    """The protocol's numbers: line and column differences, length, type, no modifiers; columns in UTF-16."""
    data: list[int] = []
    line = column = 0
    for span, type_ in tokens:
        text = analysis.source.line(span.line)
        start = len(text[: span.column - 1].encode("utf-16-le")) // 2
        length = len(text[span.column - 1 : span.end_column - 1].encode("utf-16-le")) // 2
        here = span.line - 1
        data += [here - line, start - column if here == line else start, length, TYPES.index(type_), 0]
        line, column = here, start
    return data
