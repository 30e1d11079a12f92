"""Values over a whole design: counts and sums by multiplicity, as fast for a million chips as for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from cmxdsl.model.component import Component, Link, descendants
from cmxdsl.records import frozen
from cmxdsl.schema import STANDARD
from cmxdsl.units import Dimension, Quantity


def far_end(optic: Component) -> Component | None:
    """The optic at the other end of a breakout, where it is not the same."""
    far = optic.get("far")
    return far if isinstance(far, Component) else None


@frozen
class Share:
    """A part of a link pattern: how many belong to its first and to its second end. Of what `by` links share, the
    first says where it stands."""

    part: Component
    near: Fraction
    far: Fraction
    by: int = 1


def shares(link: Link) -> Iterator[Share]:
    """What a link pattern takes.

    A cable or a fiber is one part for each bundle, or as many as its `pieces` says, half of it at each end; an optic
    is one at each end and its fiber between, and where it names another for its `far` end, one of that for each link;
    an adapter is one for each link, or for as many links as it `serves`, half of it at each end.
    """
    medium, bundle, carriers = link.medium, link.bundle, link.carriers
    if medium is not None and medium.kind == "optic":
        far, fiber = far_end(medium), medium.get("fiber")
        yield Share(medium, Fraction(carriers), Fraction(carriers if far is None else 0), bundle)
        if far is not None:
            yield Share(far, Fraction(0), Fraction(link.count))
        if isinstance(fiber, Component):
            yield _halved(fiber, carriers * pieces(fiber), bundle)
    elif medium is not None:
        yield _halved(medium, carriers * pieces(medium), bundle)
    if link.adapter is not None:
        serves = link.adapter.quantity("serves")
        many = -(-link.count // max(1, int(serves.value))) if serves is not None else link.count
        yield _halved(link.adapter, many)


def pieces(carrier: Component) -> int:
    """How many of a cable or a fiber one bundle takes."""
    found = carrier.quantity("pieces")
    return int(found.value) if found is not None else 1


def _halved(part: Component, many: int, by: int = 1) -> Share:
    return Share(part, Fraction(many, 2), Fraction(many, 2), by)


def parts_of(link: Link) -> Iterator[tuple[Component, int]]:
    """What a link pattern puts on the bill of materials, and how many of each."""
    for share in shares(link):
        yield share.part, int(share.near + share.far)


@frozen
class Total:
    """The sum of an attribute over a subtree.

    `sums` has one entry for each dimension met (prices in two currencies do not add up). `known` parts state
    the attribute, `missing` parts owe it but do not; `shares` splits the sum's parts by kind of claim. Parts are not
    whole where half a cable counts.
    """

    sums: dict[Dimension, Fraction]
    known: int | Fraction
    missing: int | Fraction
    shares: Mapping[str, int | Fraction]
    lacking: tuple[str, ...]

    @property
    def coverage(self) -> Fraction | None:
        """Known parts over those that should be known; None when no part has the attribute or owes it."""
        owed = self.known + self.missing
        return Fraction(self.known, owed) if owed else None

    @property
    def complete(self) -> bool:
        return self.known > 0 and self.missing == 0

    @property
    def value(self) -> Quantity | None:
        """The sum over the known parts, or None when none is known or they do not add up."""
        if len(self.sums) != 1:
            return None
        ((dimension, value),) = self.sums.items()
        return Quantity(value, dimension)


def total_of(
    counts: Mapping[Component, int] | Mapping[Component, int | Fraction],
    attribute: str,
    unsure: Iterable[Component] = (),
) -> Total:
    """The sum of an attribute over parts, each so many times; those `unsure` may be there too."""
    words = next((part.vocabulary for part in (*counts, *unsure)), STANDARD)
    spec = words.attributes.get(attribute)
    owed, apart = (spec.owed, spec.apart) if spec is not None else ((), False)
    sums: dict[Dimension, Fraction] = {}
    shares: dict[str, int | Fraction] = {}
    lacking: list[str] = []
    known: int | Fraction = 0
    missing: int | Fraction = 0
    for part in unsure:
        if attribute in part.attributes or part.kind in owed:
            missing += 1
            lacking.append(part.name)
    for part, number in counts.items():
        if number == 0:
            continue
        found = part.attributes.get(attribute)
        if found is None:
            if part.kind in owed and (apart or not _answered_below(part, attribute)):
                missing += number
                lacking.append(part.name)
        elif isinstance(found.value, Quantity):
            known += number
            sums[found.value.dimension] = sums.get(found.value.dimension, Fraction(0)) + found.value.value * number
            shares[found.claim.kind] = shares.get(found.claim.kind, 0) + number
        elif not found.known:
            missing += number
            lacking.append(part.name)
    return Total(sums, known, missing, shares, tuple(dict.fromkeys(lacking)))


def _answered_below(part: Component, attribute: str) -> bool:
    """Whether the parts inside state the attribute, so that the whole need not (a package and its dies)."""
    return any(attribute in inner.attributes for inner in descendants(part) if inner is not part)
