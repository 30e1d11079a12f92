"""What a design rests on: the sources that its numbers and its published figures cite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmxdsl.model import Attribute, Claim, Component, descendants
from cmxdsl.records import frozen
from cmxdsl.schema.kinds import SOURCES


@frozen
class CitedSource:
    """A source and how often it is cited: by numbers of parts, and by published figures. A text that stands for one has
    no `kind`."""

    title: str
    publisher: str = ""
    date: str = ""
    kind: str = ""
    url: str = ""
    numbers: int = 0
    figures: int = 0


@frozen
class Sources:
    """Every source, the most cited first, and the numbers that nobody published."""

    cited: tuple[CitedSource, ...]
    guesses: int

    @property
    def citations(self) -> int:
        return sum(c.numbers + c.figures for c in self.cited)

    @property
    def primary(self) -> int:
        """Citations of primary sources."""
        return sum(c.numbers + c.figures for c in self.cited if c.kind == "primary")


def sources(tops: Iterable[Component]) -> Sources:
    """What components and all below them cite; each number and figure once."""
    parts = dict.fromkeys(part for top in tops for part in _named(top))
    claims = {(part.name, a.span, k): c for part in parts for a in part.attributes.values() for k, c in _claims(a)}
    figures = {(e.span, e.source): e for part in parts for e in part.expectations}
    found: dict[str, list[int]] = {}
    whole: dict[str, CitedSource] = {}
    for claim in claims.values():
        if claim.kind == "published":
            _count(found, whole, claim.source, claim.note, 0)
    for figure in figures.values():
        _count(found, whole, figure.cited, figure.source, 1)
    every = [
        CitedSource(c.title, c.publisher, c.date, c.kind, c.url, numbers=found[name][0], figures=found[name][1])
        for name, c in whole.items()
    ]
    order = (*SOURCES, "")
    every.sort(key=lambda c: (order.index(c.kind), -c.numbers - c.figures, c.publisher, c.title))
    return Sources(tuple(every), sum(c.guessed for c in claims.values()))


def _named(top: Component) -> Iterator[Component]:
    """Parts, protocols and media, all of which carry numbers."""
    for part in descendants(top):
        yield part
        yield from (port.protocol for port in part.ports.values())
        yield from (medium for link in part.links for medium in link.media)
        yield from (link.adapter for link in part.links if link.adapter is not None)


def _claims(attribute: Attribute) -> Iterator[tuple[int, Claim]]:
    yield from enumerate((attribute.claim, *attribute.also))


def _count(
    found: dict[str, list[int]], whole: dict[str, CitedSource], source: Component | None, note: str, column: int
) -> None:
    text = note.partition(": ")[0].strip()
    name = source.name if source is not None else f'"{text}"'
    if source is None:
        whole.setdefault(name, CitedSource(text))
    else:
        words = {word: source.text(word) for word in ("title", "publisher", "date", "kind", "url")}
        whole.setdefault(name, CitedSource(**words))  # type: ignore[arg-type]
    found.setdefault(name, [0, 0])[column] += 1
