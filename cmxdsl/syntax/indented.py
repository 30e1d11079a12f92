"""Blocks written as Python has them, by a colon and indentation: each told once, and then read as if in braces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cmxdsl.diagnostics import Diagnostic
from cmxdsl.fixes import Edit, Fix, Help, applied
from cmxdsl.records import define, field
from cmxdsl.source import Source, Span
from cmxdsl.syntax import rules
from cmxdsl.syntax.lexer import Token, lex

_HINT = re.compile(r":[ \t]*(?:/|\r?$)", re.M)  # without it there is nothing to find, and no need to lex
_OPEN, _CLOSE = ("LBRACE", "LPAR", "LSQB"), ("RBRACE", "RPAR", "RSQB")


@define
class Block:
    """An outermost block and what would put it, and the blocks in it, in braces: one edit a colon, and a `}` for each
    behind the last token of its last line."""

    opener: Token
    colon: Token
    edits: list[Edit] = field(factory=list)


def blocks(source: Source) -> list[Block]:
    """The outermost blocks that a colon at the end of a line and deeper lines below it make."""
    found: list[Block] = []
    if _HINT.search(source.text) is None:
        return found
    open_: list[tuple[int, int]] = []  # of each open block: the column of its first line, and the brackets around it
    depth = 0
    for line, below in _pairs(source):
        last = line[-1]
        before = depth
        depth += sum(t.type in _OPEN for t in line) - sum(t.type in _CLOSE for t in line)
        first = line[0]
        if last.type == "COLON" and depth == before and below is not None and below.column > first.column:
            if not open_:
                found.append(Block(first, last))
            gap = source.line(last.line)[last.column - 2] == " "
            found[-1].edits.append(Edit(last.span(source.file), "{" if gap else " {"))
            open_.append((first.column, depth))
            continue
        ended = 0
        while open_ and depth <= open_[-1][1] and (below is None or below.column <= open_[-1][0]):
            open_.pop()
            ended += 1
        if ended:
            at = Span(source.file, last.end_line, last.end_column, last.end_line, last.end_column)
            found[-1].edits.append(Edit(at, " }" * ended))
    return found


def _pairs(source: Source) -> Iterator[tuple[list[Token], Token | None]]:
    """The lines that hold something, each with the first token of the next."""
    line: list[Token] = []
    for token in lex(source.text):
        if token.type in ("COMMENT", "_NL"):
            continue
        if line and token.line > line[-1].end_line:
            yield line, token
            line = []
        line.append(token)
    if line:
        yield line, None


def braced(source: Source, found: list[Block]) -> Source:
    """The text with the blocks in braces; all else stays at its line and column, where it is before a block's end."""
    return Source(source.file, applied(source.text, [edit for block in found for edit in block.edits]))


def told(source: Source, block: Block) -> Diagnostic:
    """The finding of a block."""
    start = source.line(block.opener.line)[block.opener.column - 1 : block.colon.column - 1].rstrip()
    help = Help(f"write `{start} {{ … }}`", (Fix("Put the block in braces", tuple(block.edits)),))
    return rules.UNEXPECTED.at(block.colon.span(source.file), "a block stands in braces, not behind `:`", help)
