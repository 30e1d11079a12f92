"""Source texts and places in them: what every later floor points at."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from cmxdsl.records import define, field

_ROOT_MARKS = (".git", "cmx.toml", "pyproject.toml")


class Span(NamedTuple):
    """A stretch of one file. Lines and columns count from 1, columns in code points; the end is exclusive.

    A tuple, since every node of a text has one: it is made in a third of the time of any other object.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class NotText(Exception):
    """These bytes are not text in UTF-8; the message says where or what they look like."""


def decoded(data: bytes) -> str:
    """The text of a file's bytes. Raises NotText."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:2]:
        raise NotText("it looks like UTF-16")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotText(f"byte {error.start} in line {line}") from None


@define
class Source:
    """One file's text under the name that messages show for it."""

    file: str
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line end; empty past the last line."""
        if 1 <= number <= len(self.lines):
            return self.lines[number - 1].rstrip("\r")
        return ""

    def between(self, span: Span) -> str:
        """The text of a span, on one line."""
        lines = self.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return " ".join(" ".join(lines).split())

    def start(self) -> Span:
        """The very first place in the file, for findings about the file as a whole."""
        return Span(self.file, 1, 1, 1, 1)


def project_root(file: Path) -> Path:
    """The folder that a design may read in: the nearest one above `file` that looks like a project's root."""
    start = file.resolve().parent
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            return folder
    return start
