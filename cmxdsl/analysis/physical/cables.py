"""Cables: which racks they join, how long each is, what is bought and cut. By pattern and rack pair, never one by one.

A cable runs between devices: a link inside a board or a chassis is part of what is bought with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction

from cmxdsl.analysis.base.bundling import Tuples, tally
from cmxdsl.analysis.base.carriers import carrier_of, is_laid, laid, pieces_of
from cmxdsl.analysis.base.ports import Names, numbered, paths, steps_of
from cmxdsl.analysis.physical.floor import Stand, floor_of, outer, stand
from cmxdsl.analysis.physical.routes import UNKNOWN, one_rack, route
from cmxdsl.model import Component, End, Expr, Link, Step, Subject, index, parts_of, remembered
from cmxdsl.model.arithmetic import constant, mixed, plus
from cmxdsl.records import define, field, frozen
from cmxdsl.units import Quantity


@frozen
class CableRun:
    """A link pattern at one place, its ends as seen from the top. `domain`: the outer arrays' indices, then its own."""

    owner: Component
    link: Link
    domain: index.Domain
    a: End
    b: End
    at_a: Stand | None
    at_b: Stand | None

    @property
    def pattern(self) -> Tuples:
        outer = len(self.domain) - len(self.link.domain)
        return Tuples(self.domain[:outer], self.link.domain, self.link.where)

    @property
    def instances(self) -> int:
        """In how many instances of its owner the pattern is."""
        return index.size(self.pattern.outer)

    @property
    def count(self) -> int:
        """How many links."""
        return self.link.count * self.instances

    @property
    def carrier(self) -> Component | None:
        """What is laid: the cable, or the fiber that its optic plugs into."""
        return carrier_of(self.link)

    @property
    def between_racks(self) -> bool:
        """Whether any of its links may go from rack to rack."""
        ends = self.at_a, self.at_b
        return ends[0] is not None and ends[1] is not None and one_rack(ends[0], ends[1]) != constant(1)


def count(subject: Subject) -> int:
    """How many cables and fibers there are."""
    return sum(many * laid(owner, link)[1] for owner, many in subject.counts.items() for link in owner.links)


@remembered()
def cable_runs(subject: Subject) -> list[CableRun]:
    """Every pattern of cables, at every place where it is. Raises ports.TooManyPaths."""
    top = subject.top
    found = []
    for names, component, many in paths(top):
        for link in component.links:
            if not many or not link.count or not is_laid(component, link):
                continue
            steps, dims = outer(top, names)
            a, b = (End((*steps, *end.steps), end.port) for end in (link.a, link.b))
            found.append(CableRun(component, link, dims + link.domain, a, b, stand(top, a.steps), stand(top, b.steps)))
    return found


# --- racks by number --------------------------------------------------------------------------------------


@define
class Racks:
    """Every rack below a component by number: an array's racks stand one after the other."""

    top: Component
    _paths: list[Names] = field(factory=list)
    _starts: list[int] = field(factory=list)
    _shapes: dict[Names, list[tuple[int, ...]]] = field(factory=dict)
    count: int = 0

    def __attrs_post_init__(self) -> None:
        for names, component, many in paths(self.top):
            if component.kind == "rack":
                self._paths.append(names)
                self._starts.append(self.count)
                self._shapes[names] = steps_of(self.top, names)
                self.count += many

    def number(self, steps: tuple[Step, ...]) -> Expr:
        """A rack's number, from its path."""
        names = tuple(s.name for s in steps)
        digits = (e for step in steps for e in step.indices)
        sizes = (size for shape in self._shapes[names] for size in shape)
        return plus(mixed(digits, sizes), self._starts[self._paths.index(names)])

    def numbers(self) -> dict[str, int]:
        """Each rack's number by its label."""
        return {self.label(number): number for number in range(self.count)}

    def label(self, number: int) -> str:
        """`pod[2].compute[3]`."""
        if number < 0:
            return "no rack"
        position = bisect_right(self._starts, number) - 1
        names = self._paths[position]
        return numbered(names, self._shapes[names], number - self._starts[position]) or self.top.name


# --- in bulk ----------------------------------------------------------------------------------------------


@frozen
class Laid:
    """The cables of one run over the same length; None where that is not known."""

    run: CableRun
    metres: Fraction | None
    bundles: int
    links: int

    @property
    def cables(self) -> int:
        """How many are laid: one for each bundle, or as many as it takes pieces."""
        return self.bundles * pieces_of(self.run.carrier)

    @property
    def stock(self) -> Quantity | None:
        """The shortest length in stock that is long enough."""
        return stocked(self.run.carrier, self.metres)


@frozen
class CableGroup(Laid):
    """Those between the same two racks."""

    a: int
    b: int


def lengths(carrier: Component) -> list[Quantity]:
    """The lengths that a cable or a fiber comes in, from the shortest."""
    listed = carrier.get("lengths")
    one = carrier.quantity("length")
    found = list(listed) if isinstance(listed, tuple) else [one] if one is not None else []
    return sorted((q for q in found if isinstance(q, Quantity)), key=lambda q: q.value)


def stocked(carrier: Component | None, metres: Fraction | None) -> Quantity | None:
    if carrier is None or metres is None:
        return None
    return next((q for q in lengths(carrier) if q.value >= metres), None)


@remembered()
def by_length(subject: Subject) -> list[Laid]:
    """All cables, by run and length: few, however many racks there are. Raises index.TooMany."""
    floor = floor_of(subject.top)
    found = []
    for run in cable_runs(subject):
        way = route(run.at_a, run.at_b, floor)
        length = way.length if way is not None else constant(UNKNOWN)
        for one in tally(run.pattern, [length], run.link.bundle, longest=True):
            found.append(Laid(run, _metres(one.key[0]), one.bundles, one.links))
    return found


def _metres(micrometres: int) -> Fraction | None:
    return Fraction(micrometres, 1_000_000) if micrometres != UNKNOWN else None


def cable_groups(subject: Subject, racks: Racks | None = None, measured: bool = True) -> list[CableGroup]:
    """All cables, by run, rack pair and length (or only by run and pair, where lengths are not `measured`).

    Raises index.TooMany.
    """
    top = subject.top
    racks, floor = racks or Racks(top), floor_of(top)
    found = []
    for run in cable_runs(subject):
        a, b = run.at_a, run.at_b
        way = route(a, b, floor) if measured else None
        keys = [
            racks.number(a.path) if a is not None else plus(-1, 0),
            racks.number(b.path) if b is not None else plus(-1, 0),
            way.length if way is not None else constant(UNKNOWN),
        ]
        for one in tally(run.pattern, keys, run.link.bundle, longest=True):
            first, second, length = one.key
            found.append(CableGroup(run, _metres(length), one.bundles, one.links, first, second))
    return found


# --- lists ------------------------------------------------------------------------------------------------


@frozen
class Bought:
    """One line of the purchase list: a part in one length (None where it has none, or where that is not known)."""

    part: Component
    length: Quantity | None
    quantity: int

    @property
    def price(self) -> Quantity | None:
        return self.part.quantity("price")


def purchases(found: Sequence[Laid]) -> list[Bought]:
    """What to buy: cables and fibers by stocked length, transceivers and adapters.

    The last are counted by pattern, since what serves many links may serve those of several pairs of racks.
    """
    counts: dict[tuple[str, str, Fraction], tuple[Component, Quantity | None, int]] = {}

    def add(part: Component | None, length: Quantity | None, quantity: int) -> None:
        if part is not None and quantity:
            key = (part.kind, part.id, length.value if length is not None else Fraction(-1))
            before = counts.get(key, (part, length, 0))[2]
            counts[key] = (part, length, before + quantity)

    for group in found:
        add(group.run.carrier, group.stock, group.cables)
    for run in {id(group.run): group.run for group in found}.values():
        for part, many in parts_of(run.link):
            if part is not run.carrier:
                add(part, None, many * run.instances)
    return [Bought(*counts[key]) for key in sorted(counts)]


@frozen
class Bundle:
    """All cables between two racks, or inside one (`a` == `b`); -1 stands for what is in no rack."""

    a: int
    b: int
    cables: int
    links: int
    longest: Fraction | None
    section: Fraction  # m², of the cables whose diameter is known


def bundles(found: list[CableGroup]) -> list[Bundle]:
    """The cables by pair of racks."""
    pairs: dict[tuple[int, int], Bundle] = {}
    for group in found:
        key = (min(group.a, group.b), max(group.a, group.b))
        old = pairs.get(key, Bundle(*key, 0, 0, None, Fraction(0)))
        known = [m for m in (old.longest, group.metres) if m is not None]
        pairs[key] = Bundle(
            *key,
            old.cables + group.cables,
            old.links + group.links,
            max(known, default=None),
            old.section + section(group.run.carrier) * group.cables,
        )
    return [pairs[key] for key in sorted(pairs)]


_PI = Fraction(355, 113)  # Zu Chongzhi's ratio, right to seven digits


def section(carrier: Component | None) -> Fraction:
    """The cross-section of a cable in m², 0 where its diameter is not known."""
    diameter = carrier.quantity("diameter") if carrier is not None else None
    return _PI * diameter.value**2 / 4 if diameter is not None else Fraction(0)


def total_length(found: Sequence[Laid]) -> tuple[Fraction, int]:
    """Metres of cable as routed, and how many cables' lengths are not known."""
    known = sum((g.metres * g.cables for g in found if g.metres is not None), Fraction(0))
    return known, sum(g.cables for g in found if g.metres is None)
