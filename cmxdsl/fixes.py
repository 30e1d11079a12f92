"""Fixes: the edits that make a finding go away, as data, made where the finding is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from cmxdsl.records import frozen
from cmxdsl.source import Source, Span


class Confidence(Enum):
    """How sure a fix is. A safe one keeps what the design means, or writes the only thing that the text can mean."""

    SAFE = "safe"
    LIKELY = "likely"


@frozen
class Edit:
    """The text that takes the place of a span; an empty span takes an insertion."""

    span: Span
    text: str


@frozen
class Fix:
    """What to do, in words, and the edits that do it, all or none of them. No two of them touch."""

    title: str
    edits: tuple[Edit, ...]
    confidence: Confidence = Confidence.LIKELY

    @property
    def safe(self) -> bool:
        return self.confidence is Confidence.SAFE


@frozen
class Help:
    """What to do about a finding: in words, and as fixes. False when there is nothing to say.

    `instead` is what should stand in the place of the finding, where that is all there is to change.
    """

    text: str = ""
    fixes: tuple[Fix, ...] = ()
    instead: str = ""
    confidence: Confidence = Confidence.LIKELY

    def __bool__(self) -> bool:
        return bool(self.text)

    def on(self, span: Span) -> Help:
        """The same where what is to change is another place than the finding's."""
        return Help(self.text, self.at(span))

    def at(self, span: Span) -> tuple[Fix, ...]:
        """The fixes for a finding at `span`."""
        return (*([change(span, self.instead, self.confidence)] if self.instead else []), *self.fixes)


def change(span: Span, text: str, confidence: Confidence = Confidence.LIKELY) -> Fix:
    """Write `text` in the place of a span."""
    return Fix(f"Change to `{text}`", (Edit(span, text),), confidence)


def before(span: Span) -> Span:
    """The place in front of a span."""
    return Span(span.file, span.line, span.column, span.line, span.column)


def after(span: Span) -> Span:
    """The place behind a span."""
    return Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)


def in_source(source: Source, span: Span) -> str:
    """The text of a span."""
    if span.line == span.end_line:
        return source.line(span.line)[span.column - 1 : span.end_column - 1]
    first, last = source.lines[span.line - 1][span.column - 1 :], source.lines[span.end_line - 1][: span.end_column - 1]
    return "\n".join([first, *source.lines[span.line : span.end_line - 1], last])


# --- applying ---------------------------------------------------------------------------------------------


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text of a file after edits of it that do not touch each other."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offsets(span: Span) -> tuple[int, int]:
        return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1

    for (start, end), new in sorted(((offsets(e.span), e.text) for e in edits), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def compatible(fixes: Iterable[Fix]) -> Iterator[Fix]:
    """The fixes that can be applied together, the first of those that touch: no edit meets one of another fix."""
    taken: dict[str, list[tuple[tuple[int, int], tuple[int, int]]]] = {}
    for fix in fixes:
        wanted = [(e.span.file, (e.span.line, e.span.column), (e.span.end_line, e.span.end_column)) for e in fix.edits]
        if any(start <= last and first <= end for f, start, end in wanted for first, last in taken.get(f, [])):
            continue
        for file, start, end in wanted:
            taken.setdefault(file, []).append((start, end))
        yield fix
