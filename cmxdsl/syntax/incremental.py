"""Parsing again what changed only: a file is cut where definitions start, and each piece is parsed once.

A piece is known by its text. Typing inside one definition parses that definition; a new line moves the pieces below it,
which keep their nodes, each with its spans moved.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from cmxdsl.diagnostics import Diagnostic, Findings, Related
from cmxdsl.fixes import Edit, Fix
from cmxdsl.records import define, field, fields_of, frozen
from cmxdsl.source import Source, Span
from cmxdsl.syntax.nodes import File, Node
from cmxdsl.syntax.parser import parse, starting

_MARKS = re.compile(r'"(?:\\.|[^"\\\n])*"?|(?://|#)[^\n]*|\'[^\'\n]*\'|“[^”\n]*”|/\*[\s\S]*?(?:\*/|\Z)|[{}]')
_TEXT = re.compile(r"^(?=[ \t]*[^\s/#])", re.M)  # a line that is neither empty nor a comment
SPARE = 64  # pieces of earlier texts of a file that are remembered, for what is undone or typed again


@frozen
class Piece:
    """A parsed piece: the line it starts at, its nodes, and what was found in it."""

    line: int
    node: File
    found: tuple[Diagnostic, ...]

    def moved(self, line: int) -> Piece:
        """The same piece starting at another line."""
        by = line - self.line
        return Piece(line, _moved(self.node, by), _moved(self.found, by)) if by else self


_FIELDS: dict[type, tuple[str, ...]] = {}


def _moved(value: Any, by: int) -> Any:
    """Nodes and findings with every span `by` lines further down."""
    kind = type(value)
    if kind is Span:
        file, line, column, end_line, end_column = value
        return tuple.__new__(Span, (file, line + by, column, end_line + by, end_column))
    if kind is tuple:
        return tuple([_moved(item, by) for item in value]) if value else value
    names = _FIELDS.get(kind)
    if names is None:
        names = _FIELDS[kind] = _names(kind)
    if not names:
        return value
    return kind(*[_moved(getattr(value, name), by) for name in names])


def _names(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node, finding or fix; none for what has no place in it."""
    if issubclass(kind, Node):
        return kind.fields
    return tuple(f.name for f in fields_of(kind)) if kind in (Diagnostic, Related, Fix, Edit) else ()


@define
class PieceParser:
    """Parses files and remembers their pieces."""

    _known: dict[str, dict[str, Piece]] = field(factory=dict)  # by file and text, the newest last

    def __call__(self, source: Source, kinds: Collection[str], findings: Findings) -> File:
        """As `parse`."""
        parts = []
        remembered = self._known.setdefault(source.file, {})
        for line, text in pieces(source.text, kinds):
            known = remembered.pop(text, None)
            if known is None:
                own = Findings()
                node = parse(Source(source.file, "\n" * (line - 1) + text), kinds, own)
                known = Piece(line, node, tuple(own.items))
            remembered[text] = piece = known.moved(line)
            parts.append(piece.node)
            findings.extend(piece.found)
        while len(remembered) > len(parts) + SPARE:
            del remembered[next(iter(remembered))]
        items = tuple(item for part in parts for item in part.items)
        doc = "\n".join(part.doc for part in parts if part.doc)
        comments = tuple(comment for part in parts for comment in part.comments)
        lines = source.lines
        span = Span(source.file, 1, 1, len(lines), len(lines[-1]) + 1)
        return File(span, items, doc, comments)


@lru_cache
def _start(kinds: frozenset[str]) -> re.Pattern[str]:
    """Where a line starts a definition: with a word of those that stand at the top, and a name or a text behind it."""
    words = [word for word in starting()[0] if word != "KIND"] + list(kinds)
    return re.compile(rf'^(?=(?:{"|".join(sorted(words))})[ \t]+[A-Za-z_"“])', re.M)


def pieces(text: str, kinds: Collection[str]) -> list[tuple[int, str]]:
    """The text in pieces, each with the line it starts at. A cut lies where a line starts a definition outside of all
    braces, texts and comments, before the comments that lead up to it; an open brace keeps the rest in one piece."""
    start_of = _start(frozenset(kinds))
    closed = [0]  # stretches outside of everything: start, end, start, end, …
    depth = 0
    for mark in _MARKS.finditer(text):
        if mark[0] == "{":
            if depth == 0:
                closed.append(mark.start())
            depth += 1
        elif mark[0] == "}":
            depth -= 1
            if depth == 0:
                closed.append(mark.end())
            depth = max(0, depth)
        elif depth == 0 and mark[0].startswith(("/*", '"', "'", "“")):
            closed += [mark.start(), mark.end()]
    if len(closed) % 2:
        closed.append(len(text))
    cuts = [0]
    for start, end in zip(closed[2::2], closed[3::2], strict=True):
        newline = text.find("\n", start, end)
        if newline < 0 or depth:
            continue
        first, word = start_of.search(text, newline + 1, end + 1), _TEXT.search(text, newline + 1, end + 1)
        if first and word:  # a line that goes on with what is before stays with it
            cuts.append(newline + 1 if word.start() == first.start() else first.start())
    found, line = [], 1
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        found.append((line, text[start:end]))
        line += text.count("\n", start, end)
    return found
