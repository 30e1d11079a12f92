"""Edits of a text that need to know how it is laid out: statements taken out, added, found."""

from __future__ import annotations

import re
from typing import TypeVar

from cmxdsl.fixes import Confidence, Edit, Fix, Help, after, before, change
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n

N = TypeVar("N", bound=n.Node)


def nodes_at(root: n.Node, line: int, column: int) -> list[n.Node]:
    """The nodes below `root` around a place (from 1, code points), outermost first."""
    found: list[n.Node] = []
    here: n.Node | None = root
    while here is not None:
        inner = None
        for child in n.children(here):
            if _holds(child.span, line, column):
                inner = child
        if inner is not None:
            found.append(inner)
        here = inner
    return found


def _holds(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def around(root: n.Node, span: Span, kind: type[N]) -> N | None:
    """The innermost node of a kind around a span."""
    nodes = nodes_at(root, span.line, span.column)
    return next((x for x in reversed(nodes) if isinstance(x, kind)), None)


def removal(source: Source, span: Span) -> Edit:
    """Takes out a statement, and what would be left of its lines without it."""
    ahead = source.line(span.line)[: span.column - 1]
    behind = source.line(span.end_line)[span.end_column - 1 :]
    rest = re.match(r"[ \t]*;?[ \t]*", behind)
    assert rest is not None
    if ahead.strip() or behind[rest.end() :].strip():
        return Edit(Span(span.file, span.line, span.column, span.end_line, span.end_column + rest.end()), "")
    if span.end_line < len(source.lines):
        return Edit(Span(span.file, span.line, 1, span.end_line + 1, 1), "")
    return Edit(Span(span.file, span.line, 1, span.end_line, len(source.lines[-1]) + 1), "")


def without(source: Source, statement: n.Node, confidence: Confidence = Confidence.LIKELY) -> Fix:
    """Take a statement out."""
    return Fix("Remove this statement", (removal(source, statement.span),), confidence)


def without_definition(source: Source, definition: n.Definition) -> Fix:
    """Take a definition out, with the doc comment above it."""
    edit = removal(source, definition.span)
    first = definition.span.line
    while first > 1 and source.line(first - 1).startswith("///"):
        first -= 1
    if edit.span.column == 1:
        edit = Edit(Span(edit.span.file, first, 1, edit.span.end_line, edit.span.end_column), "")
    return Fix(f"Remove `{definition.name.text}`", (edit,))


def stated(source: Source, definition: n.Definition, statement: str) -> Fix:
    """A statement at the start of a definition's body, which it gets if it has none."""
    title = f"Add `{statement}`"
    head = (definition.base or (definition.parameters or (definition.name,))[-1]).span
    line, column = head.end_line, head.end_column - 1
    while line <= definition.span.end_line:
        text = source.line(line)
        if "{" in text[column:]:
            brace = text.index("{", column) + 1
            rest = text[brace:].strip()
            new = f"\n    {statement}" if not rest else f" {statement}" + (";" if rest != "}" else "")
            return Fix(title, (Edit(Span(head.file, line, brace + 1, line, brace + 1), new),))
        line, column = line + 1, 0
    return Fix(title, (Edit(after(definition.span), f" {{ {statement} }}"),))


def used(source: Source, file: n.File, module: str, confidence: Confidence = Confidence.LIKELY) -> Fix:
    """`use module` before the other `use`s, or behind what the file says about itself."""
    line = 1
    if file.uses:
        line = file.uses[0].span.line
    else:
        while source.line(line).startswith("//!"):
            line += 1
    return Fix(f"Add `use {module}`", (Edit(Span(source.file, line, 1, line, 1), f"use {module}\n"),), confidence)


def ranged(statement: n.Link | n.Place | n.Expose | n.Run, words: str) -> Fix:
    """A range more for an index variable: `i in 0..3`."""
    text = f", {words}" if statement.ranges else f" for {words}"
    return Fix(f"Add `for {words}`", (Edit(after(statement.span), text),))


def wrapped(span: Span, function: str) -> Fix:
    """A function around an expression."""
    return Fix(f"Use `{function}`", (Edit(before(span), f"{function}("), Edit(after(span), ")")))


def unit_added(node: n.Expr, unit: str) -> tuple[Fix, ...]:
    """A unit behind a plain number; nothing for another expression."""
    if not isinstance(node, n.Number) or node.unit:
        return ()
    space = "" if unit == "%" else " "
    return (Fix(f"Write `{node.text}{space}{unit}`", (Edit(after(node.span), space + unit),)),)


def whole_division(source: Source, node: n.Expr) -> tuple[Fix, ...]:
    """`div` for every `/` in an index."""
    edits = []
    for operation in n.walk(node):
        if isinstance(operation, n.Operation) and operation.operator == "/":
            one, other = (operand.span for operand in operation.operands)
            between = source.line(one.end_line)[one.end_column - 1 : other.column - 1]
            if one.end_line != other.line or between.count("/") != 1:
                return ()
            spaces = re.search(r"\s*/\s*", between)
            assert spaces is not None
            start, end = (one.end_column + k for k in spaces.span())
            edits.append(Edit(Span(one.file, one.end_line, start, one.end_line, end), " div "))
    return (Fix("Divide with `div`", tuple(edits)),) if edits else ()


def product_help(node: n.Expr) -> Help:
    """`2 x 3` of plain numbers: a size to the language, a product or two dimensions to its author."""
    if not isinstance(node, n.Size) or node.width.unit or node.depth.unit:
        return Help()
    product, sizes = f"{node.width.text} * {node.depth.text}", f"{node.width.text}, {node.depth.text}"
    return Help(
        f"a product is written `{product}`, an array of two dimensions `[{sizes}]`", (change(node.span, product),)
    )
