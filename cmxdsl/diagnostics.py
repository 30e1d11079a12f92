"""Findings: what is wrong, where, why, and how to fix it; and the rules they are instances of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise

from cmxdsl.fixes import Fix, Help
from cmxdsl.records import define, field, frozen
from cmxdsl.source import Source, Span


class Severity(Enum):
    """How bad a finding is. An error makes `cmx check` fail; a warning does with `--fail-on warning`."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@frozen
class Rule:
    """A kind of mistake. The code is stable for ever; the example is a file that has just this mistake.

    `fix` is the help that a finding gets when nothing more exact is known where it is found.
    """

    code: str
    title: str
    why: str
    example: str
    severity: Severity = Severity.ERROR
    fix: str = ""

    def at(
        self,
        span: Span,
        message: str,
        help: str | Help = "",
        related: Iterable[Related] = (),
        fixes: Iterable[Fix] = (),
    ) -> Diagnostic:
        """A finding of this rule at `span`; the fixes of `help` come first."""
        told = help if isinstance(help, Help) else Help(help)
        every = (*told.at(span), *fixes)
        return Diagnostic(self.code, self.severity, span, message, told.text or self.fix, tuple(related), every)


@frozen
class Related:
    """Another place that a finding is about."""

    span: Span
    message: str


@frozen
class Diagnostic:
    """One finding."""

    code: str
    severity: Severity
    span: Span
    message: str
    help: str = ""
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()

    @property
    def sort_key(self) -> tuple[str, int, int, int, str, str]:
        s = self.span
        return (s.file, s.line, s.column, self.severity.rank, self.code, self.message)


@define
class Findings:
    """Collects diagnostics while a pass goes on; the same finding at the same place is kept once."""

    items: list[Diagnostic] = field(factory=list)
    _seen: set[tuple[str, Span, str]] = field(factory=set)

    def add(self, diagnostic: Diagnostic) -> None:
        key = (diagnostic.code, diagnostic.span, diagnostic.message)
        if key not in self._seen:
            self._seen.add(key)
            self.items.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def sorted(self) -> tuple[Diagnostic, ...]:
        return tuple(sorted(self.items, key=lambda d: d.sort_key))


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate closest to `word`: the same in other letters, or much like it; None when none is close."""
    from difflib import get_close_matches  # only where something was mistyped

    names = frozenset(candidates)
    if len(names) > SHORT_LIST:
        index = _pairs_index(names)
        close = index.folded.get(word.casefold()) or get_close_matches(word, index.likely(word), n=1, cutoff=0.6)
    else:
        by_case = sorted(name for name in names if name.casefold() == word.casefold())
        close = by_case or get_close_matches(word, sorted(names), n=1, cutoff=0.6)
    return close[0] if close else None


def nearest(word: str, candidates: Iterable[str]) -> Help:
    """`did you mean …?` for the candidate closest to `word`, or nothing when none is close."""
    return meant(closest(word, candidates))


def meant(word: str | None) -> Help:
    """`did you mean …?`, with the word to write instead."""
    return Help(f"did you mean `{word}`?", instead=word) if word else Help()


SHORT_LIST = 24  # names that a word is compared with letter by letter


@frozen(eq=False)
class _Index:
    """Many names by the pairs of letters in them, so that a word is not compared with each."""

    folded: Mapping[str, list[str]]
    pairs: Mapping[str, list[str]]

    def likely(self, word: str) -> list[str]:
        """The names that share most pairs of letters with a word, for their length."""
        shared: dict[str, int] = {}
        for pair in _pairs(word):
            for name in self.pairs.get(pair, ()):
                shared[name] = shared.get(name, 0) + 1
        return nlargest(SHORT_LIST, sorted(shared), key=lambda name: shared[name] / (len(word) + len(name)))


def _pairs(word: str) -> set[str]:
    word = f" {word[:MAX_WORD]} "
    return {a + b for a, b in pairwise(word)}


MAX_WORD = 200  # letters of a name that are compared


@lru_cache(maxsize=4)
def _pairs_index(names: frozenset[str]) -> _Index:
    folded: dict[str, list[str]] = {}
    pairs: dict[str, list[str]] = {}
    for name in sorted(names):
        folded.setdefault(name.casefold(), []).append(name)
        for pair in _pairs(name):
            pairs.setdefault(pair, []).append(name)
    return _Index(folded, pairs)


def sentence(text: str) -> str:
    """The text with a capital in front; the rest stays, as names in it are what they are."""
    return text[:1].upper() + text[1:]


def article(word: str) -> str:
    """`an optic`, `a rack`."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def listing(words: Iterable[str], limit: int = 8) -> str:
    """`a, b, c, …`: the words in order, cut short after `limit`."""
    names = list(words)
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")


def quoted(words: Iterable[str]) -> str:
    """The words as a listing of names."""
    return listing(f"`{word}`" for word in words)


def _excerpt(span: Span, source: Source | None, gutter: int, mark: str, label: str = "") -> list[str]:
    pad = " " * gutter
    if source is None:
        return []
    text = source.line(span.line)
    shown = text.expandtabs(1)
    start = min(span.column, len(shown) + 1) - 1
    if span.end_line == span.line:
        width = max(1, min(span.end_column, len(shown) + 1) - 1 - start)
    else:
        width = max(1, len(shown.rstrip()) - start)
    if len(shown) > 160:  # a very long line is shown around the place only
        cut = max(0, start - 60)
        head = "…" if cut else ""
        shown = head + shown[cut : cut + 140] + ("…" if cut + 140 < len(shown) else "")
        start = start - cut + len(head)
        width = min(width, max(1, len(shown) - start))
    marks = " " * start + mark * width + (f" {label}" if label else "")
    return [f"{pad} |", f"{span.line:>{gutter}} | {shown}", f"{pad} | {marks}"]


def render(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """The finding as plain text: code, place, excerpt with carets, related places, fix."""
    spans = [diagnostic.span, *(r.span for r in diagnostic.related)]
    gutter = max(len(str(span.line)) for span in spans)
    pad = " " * gutter
    lines = [
        f"{diagnostic.severity.value}[{diagnostic.code}]: {diagnostic.message}",
        f"{pad}--> {diagnostic.span}",
    ]
    lines += _excerpt(diagnostic.span, sources.get(diagnostic.span.file), gutter, "^")
    for related in diagnostic.related:
        if related.span.file != diagnostic.span.file:
            lines.append(f"{pad}--> {related.span}")
        lines += _excerpt(related.span, sources.get(related.span.file), gutter, "-", related.message)
    if diagnostic.help:
        lines.append(f"{pad} = help: {diagnostic.help}")
    return "\n".join(lines)


def tally(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    counts = dict.fromkeys(Severity, 0)
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    parts = [f"{n} {s.value}{'s' if n > 1 else ''}" for s, n in counts.items() if n]
    return ", ".join(parts) or "no findings"
