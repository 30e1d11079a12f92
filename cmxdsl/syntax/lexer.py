"""Characters to tokens: one expression for all terminals, so that no text is refused here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cmxdsl.source import Span
from cmxdsl.syntax.tables import tables


class Token(NamedTuple):
    """A stretch of the text, and which terminal of the grammar it is. Lines and columns as in a `Span`."""

    type: str
    text: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1

    def __str__(self) -> str:
        return self.text

    def like(self, type: str, text: str) -> Token:
        """Another token in this one's place."""
        return Token(type, text, self.line, self.column, self.end_line, self.end_column)

    def span(self, file: str) -> Span:
        return Span(file, self.line, self.column, self.end_line, self.end_column)


def keywords() -> frozenset[str]:
    """The reserved words, read from the grammar."""
    return frozenset(word for words in tables().words.values() for word in words if word.isalpha())


def lex(text: str) -> Iterator[Token]:
    """Every token of a text, comments and newlines too."""
    known = tables()
    ignored, lined, words = known.ignored, known.lined, known.words
    new = tuple.__new__
    line, line_start = 1, 0
    for match in known.pattern.finditer(text):
        kind, group = match.lastgroup, match.lastindex
        if kind is None or group is None:
            return
        start, end = match.span(group)
        value = text[start:end]
        column = start - line_start + 1
        if kind in words:
            yield new(Token, (words[kind].get(value, kind), value, line, column, line, end - line_start + 1))
        elif kind in lined and (newlines := value.count("\n")):
            line_start = start + value.rindex("\n") + 1
            yield new(Token, (kind, value, line, column, line + newlines, end - line_start + 1))
            line += newlines
        elif kind not in ignored:
            yield new(Token, (kind, value, line, column, line, end - line_start + 1))
