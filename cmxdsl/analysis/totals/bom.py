"""The bill of materials: every part with its quantity, derived from instances and links, nothing typed twice."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from cmxdsl.analysis.base.holders import Parts, holdings
from cmxdsl.model import Attribute, Component, Subject, Total, descendants, parts_of
from cmxdsl.records import frozen
from cmxdsl.schema import KINDS
from cmxdsl.units import Quantity

_ORDER = ("rack", "fixture", "chassis", "board", "module", "chip", "switch", "optic", "cable", "fiber")


@frozen
class BomLine:
    """One part. Unit figures are the part's own, without what is inside it; None where not known.

    The quantity is not whole where half of a cable counts for a section.
    """

    part: str
    kind: str
    component: Component
    quantity: int | Fraction
    used_in: tuple[tuple[str, int], ...]

    def unit(self, attribute: str) -> Quantity | None:
        return self.component.quantity(attribute)

    def extended(self, attribute: str) -> Quantity | None:
        """Unit figure times quantity."""
        unit = self.unit(attribute)
        return unit * Quantity(Fraction(self.quantity)) if unit is not None else None

    def claim(self, attribute: str) -> Attribute | None:
        return self.component.attributes.get(attribute)


@frozen
class Section:
    """Lines of one subassembly, or of everything (`title` empty); `quantity` of it there are."""

    title: str
    quantity: int
    lines: tuple[BomLine, ...]


@frozen
class Bom:
    """The bill of materials of a design, with the totals of its priced, weighed and powered parts."""

    design: str
    sections: tuple[Section, ...]
    totals: dict[str, Total]

    @property
    def lines(self) -> tuple[BomLine, ...]:
        """All lines, section after section."""
        return tuple(line for section in self.sections for line in section.lines)


def bom(subject: Subject, by: str | None = None) -> Bom:
    """The bill of materials; `by` a kind of component breaks it down by subassembly.

    Sections partition the whole: what is inside of several of the kind counts for the outermost of them below `top`,
    and the parts of links for where their ends are.
    """
    top = subject.top
    counts = subject.counts
    owners = _owners(subject)
    own = [row.name for row in top.vocabulary.own.values() if row.total]
    totals = {name: subject.total(name) for name in ("price", "power.typical", "power.peak", "mass", *own)}
    if by is None:
        return Bom(top.name, (Section("", 1, _lines(counts, owners)),), totals)
    itself = top.kind == by == "rack"  # a rack is not split up
    found = holdings(subject, lambda c: c.kind == by and (c is not top or itself))
    sections = [Section(h.component.id, h.count, _lines(h.parts, owners)) for h in found.holders]
    outside = _lines(found.outside, owners)
    if outside:
        other = "other " if top.kind == by else ""
        sections.append(Section(f"outside of any {other}{by}", 1, outside))
    return Bom(top.name, tuple(sections), totals)


def _owners(subject: Subject) -> dict[Component, dict[str, int]]:
    """For each part, the components that hold it directly or whose links take it, and how many there."""
    counts = subject.counts
    owners: dict[Component, dict[str, int]] = {}
    for component in descendants(subject.top):
        many = counts.get(component, 0)
        held = [(i.component, i.count) for i in component.instances.values()]
        held += [part for link in component.links for part in parts_of(link)]
        for part, each in held:
            if each * many:
                entry = owners.setdefault(part, {})
                entry[component.name] = entry.get(component.name, 0) + each * many
    return owners


def _lines(counts: Parts, owners: dict[Component, dict[str, int]]) -> tuple[BomLine, ...]:
    parts: Iterable[Component] = (p for p, n in counts.items() if n and KINDS[p.kind].part)
    ordered = sorted(parts, key=lambda p: (_ORDER.index(p.kind), p.name, p.id))
    return tuple(
        BomLine(p.name, p.kind, p, _whole(counts[p]), tuple(sorted(owners.get(p, {}).items()))) for p in ordered
    )


def _whole(many: int | Fraction) -> int | Fraction:
    return int(many) if many == int(many) else many
