"""Parsing again what changed only: a file is cut where definitions start, and each piece is parsed once.

A piece is known by its text and the line it starts at. Typing inside one definition parses that definition; a new line
moves the pieces below it, which are then parsed again.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from attrs import define, field

from cmxdsl.diagnostics import Diagnostic, Findings
from cmxdsl.source import Source, Span
from cmxdsl.syntax.nodes import File
from cmxdsl.syntax.parser import parse

_MARKS = re.compile(r'"(?:\\.|[^"\\\n])*"?|//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)|[{}]')
_START = re.compile(r"^(?=[A-Za-z])", re.M)
MAX_PIECES = 20_000  # remembered; the oldest are forgotten first


@define
class PieceParser:
    """Parses files and remembers their pieces."""

    _known: dict[tuple[str, int, str], tuple[File, tuple[Diagnostic, ...]]] = field(factory=dict)

    def __call__(self, source: Source, kinds: Collection[str], findings: Findings) -> File:
        """As `parse`."""
        parts = []
        for line, text in pieces(source.text):
            key = (source.file, line, text)
            if key not in self._known:
                own = Findings()
                moved = Source(source.file, "\n" * (line - 1) + text)
                self._known[key] = (parse(moved, kinds, own), tuple(own.items))
                if len(self._known) > MAX_PIECES:
                    del self._known[next(iter(self._known))]
            node, found = self._known[key]
            parts.append(node)
            findings.extend(found)
        items = tuple(item for part in parts for item in part.items)
        doc = "\n".join(part.doc for part in parts if part.doc)
        comments = tuple(comment for part in parts for comment in part.comments)
        lines = source.lines
        span = Span(source.file, 1, 1, len(lines), len(lines[-1]) + 1)
        return File(span, items, doc, comments)


def pieces(text: str) -> list[tuple[int, str]]:
    """The text in pieces, each with the line it starts at. A cut lies where a line starts with a word outside of all
    braces, texts and comments, before the comments that lead up to it; an open brace keeps the rest in one piece."""
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
        elif depth == 0 and mark[0].startswith(("/*", '"')):
            closed += [mark.start(), mark.end()]
    if len(closed) % 2:
        closed.append(len(text))
    cuts = [0]
    for start, end in zip(closed[2::2], closed[3::2], strict=True):
        newline = text.find("\n", start, end)
        if newline >= 0 and depth == 0 and _START.search(text, newline + 1, end + 1):
            cuts.append(newline + 1)
    found, line = [], 1
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        found.append((line, text[start:end]))
        line += text.count("\n", start, end)
    return found
