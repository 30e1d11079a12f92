"""What the grammar's rules of expressions make; `build` has those of statements."""

from __future__ import annotations

import re
from typing import Any

from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import rules
from cmxdsl.syntax.build import MAKERS, Builder, Maker, rule
from cmxdsl.syntax.lexer import Token

__all__ = ["MAKERS"]

_SIZE = re.compile(r"(.*?)[ \t]+[x×][ \t]+([0-9].*)")


@rule("number")
def _number(b: Builder, span: Span, token: Token) -> n.Number:
    return b.number(token.text, span)


@rule("size")
def _size(b: Builder, span: Span, token: Token) -> n.Size:
    match = _SIZE.fullmatch(token.text)
    assert match is not None
    return n.Size(span, b.number(match[1], span), b.number(match[2], span))


@rule("text")
def _text(b: Builder, span: Span, token: Token) -> n.Text:
    return n.Text(span, b.text(token))


@rule("true")
def _true(b: Builder, span: Span) -> n.Flag:
    return n.Flag(span, True)


@rule("false")
def _false(b: Builder, span: Span) -> n.Flag:
    return n.Flag(span, False)


@rule("unknown")
def _unknown(b: Builder, span: Span) -> n.Unknown:
    return n.Unknown(span)


@rule("list")
def _list(b: Builder, span: Span, *items: Any) -> n.ListOf:
    return n.ListOf(span, items if items and items[0] is not None else ())


@rule("call")
def _call(b: Builder, span: Span, path: n.Path, arguments: tuple[n.Argument, ...]) -> n.Call:
    *before, function = path.segments
    if len(before) > 1 or any(segment.indices for segment in path.segments):
        help = "it is one name, or `FILE.NAME` with the name that `use … as FILE` gives a file"
        b.found.append(rules.UNEXPECTED.at(path.span, "this is not the name of a function or a definition", help))
    return n.Call(span, before[0].name if before else None, function.name, arguments)


@rule("path")
def _path(b: Builder, span: Span, *segments: n.Segment) -> n.Path:
    return n.Path(span, segments)


@rule("segment")
def _segment(b: Builder, span: Span, name: Token, index: Any) -> n.Segment:
    if index is None:  # the name fills the segment: one span for both
        return n.Segment(span, n.Name(span, name.text), ())
    return n.Segment(span, b.name(name), index)


@rule("compare", "binary")
def _infix(b: Builder, span: Span, left: Any, operator: Token, right: Any) -> n.Operation:
    return n.Operation(span, operator.text, (left, right))


def _fixed(operator: str) -> Maker:
    def make(b: Builder, span: Span, *operands: Any) -> n.Operation:
        return n.Operation(span, operator, operands)

    return make


MAKERS.update(
    {"or_": _fixed("or"), "and_": _fixed("and"), "not_": _fixed("not"), "power": _fixed("^"), "choice": _fixed("if")}
)


@rule("negative")
def _negative(b: Builder, span: Span, minus: Token, operand: Any) -> n.Operation:
    return n.Operation(span, "-", (operand,))
