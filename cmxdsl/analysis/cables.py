"""Cables: which racks they join, how long each is, what is bought and cut. By pattern and rack pair, never one by one.

A cable runs between devices: a link inside a board or a chassis is part of what is bought with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import Any

from attrs import define, evolve, field, frozen

from cmxdsl.analysis.floors import Stand, floor_of, stand
from cmxdsl.analysis.ports import Names, numbered, paths, steps_of
from cmxdsl.analysis.routes import route, slack
from cmxdsl.model import Component, Dim, End, Expr, Link, Step, Var, index, parts_of
from cmxdsl.model.arithmetic import plus, times
from cmxdsl.schema import KINDS
from cmxdsl.units import Quantity

RACK_LEVEL = KINDS["rack"].level


@frozen
class Run:
    """A link pattern at one place, its ends as seen from the top. `domain`: the outer arrays' indices, then its own."""

    owner: Component
    link: Link
    domain: index.Domain
    a: End
    b: End
    at_a: Stand | None
    at_b: Stand | None

    @property
    def count(self) -> int:
        """How many links."""
        outer = len(self.domain) - len(self.link.domain)
        return self.link.count * prod(d.size for d in self.domain[:outer])

    @property
    def carrier(self) -> Component | None:
        """What is laid: the cable, or the fiber that its optic plugs into."""
        return carrier_of(self.link)

    @property
    def between_racks(self) -> bool:
        return self.at_a is not None and self.at_b is not None and self.at_a.path != self.at_b.path


def carrier_of(link: Link) -> Component | None:
    """The cable or fiber that a pattern is laid with."""
    medium = link.medium
    if medium is None or medium.kind != "optic":
        return medium
    fiber = medium.get("fiber")
    return fiber if isinstance(fiber, Component) else None


def runs(top: Component) -> list[Run]:
    """Every pattern of cables, at every place where it is. Raises ports.TooManyPaths."""
    found = []
    for names, component, many in paths(top):
        if not many or KINDS[component.kind].level < RACK_LEVEL:
            continue
        for link in component.links:
            if not link.media or not link.count:
                continue
            steps, dims = _outer(top, names)
            a, b = (End((*steps, *end.steps), end.port) for end in (link.a, link.b))
            found.append(Run(component, link, dims + link.domain, a, b, stand(top, a.steps), stand(top, b.steps)))
    return found


def _outer(top: Component, names: Names) -> tuple[tuple[Step, ...], index.Domain]:
    """The steps down to a component, an index variable for each array on the way."""
    steps: list[Step] = []
    dims: list[Dim] = []
    here = top
    for name in names:
        instance = here.instances[name]
        own = [Dim(f"#{len(dims) + k}", 0, size) for k, size in enumerate(instance.shape)]
        steps.append(Step(name, tuple(Var(d.name) for d in own)))
        dims += own
        here = instance.component
    return tuple(steps), tuple(dims)


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
        key: Expr = plus(0, 0)
        for step, shape in zip(steps, self._shapes[names], strict=True):
            for expr, size in zip(step.indices, shape, strict=True):
                key = plus(times(key, size), expr)
        return plus(key, self._starts[self._paths.index(names)])

    def numbers(self) -> dict[str, int]:
        """Each rack's number by its label."""
        return {self.label(number): number for number in range(self.count)}

    def label(self, number: int) -> str:
        """`pod[2].compute[3]`."""
        position = bisect_right(self._starts, number) - 1
        names = self._paths[position]
        return numbered(names, self._shapes[names], number - self._starts[position]) or self.top.name


# --- in bulk ----------------------------------------------------------------------------------------------


@frozen
class Group:
    """The cables of one run between the same two racks over the same length; None where that is not known."""

    run: Run
    a: int
    b: int
    metres: Fraction | None
    links: int

    @property
    def cables(self) -> int:
        """How many are laid: `bundle` links share one, and one link may take several pieces."""
        return -(-self.links // self.run.link.bundle) * pieces(self.run.carrier)

    @property
    def stock(self) -> Quantity | None:
        """The shortest length in stock that is long enough."""
        return stocked(self.run.carrier, self.metres)


def pieces(carrier: Component | None) -> int:
    """How many of a cable one link takes."""
    found = carrier.quantity("pieces") if carrier is not None else None
    return int(found.value) if found is not None else 1


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


def groups(top: Component, racks: Racks | None = None, measured: bool = True) -> list[Group]:
    """All cables, by run, rack pair and length (or only by run and pair, where lengths are not `measured`).

    Raises index.TooMany.
    """
    racks, floor = racks or Racks(top), floor_of(top)
    found = []
    for run in runs(top):
        a, b = run.at_a, run.at_b
        way = route(a, b, floor) if measured and a is not None and b is not None else None
        keys = [
            racks.number(a.path) if a is not None else plus(-1, 0),
            racks.number(b.path) if b is not None else plus(-1, 0),
            way if way is not None else plus(-1, 0),
        ]
        factor = slack(a, b, floor) if a is not None and b is not None else Fraction(1)
        for (first, second, length), links in _counted(keys, run):
            metres = Fraction(length, 1_000_000) * factor if way is not None else None
            found.append(Group(run, first, second, metres, links))
    return found


def _counted(keys: list[Expr], run: Run) -> Iterator[tuple[tuple[int, ...], int]]:
    """How often each tuple of values comes, in order. Variables that no value depends on only multiply."""
    where = run.link.where
    used = set().union(*(index.variables(e) for e in keys), index.variables(where) if where is not None else set())
    domain = tuple(d for d in run.domain if d.name in used)
    factor = prod(d.size for d in run.domain if d.name not in used)
    if index.size(domain) <= index.SMALL // 25:
        counts: dict[tuple[int, ...], int] = {}
        numbers = [index.compiled(e, [d.name for d in domain]) for e in keys]
        for at in index.each(domain, where):
            key = tuple(int(number(*at.values())) for number in numbers)
            counts[key] = counts.get(key, 0) + factor
        yield from sorted(counts.items())
        return
    import numpy as np

    env = index.tuples(domain, where)
    size = len(next(iter(env.values())))
    columns = np.stack([np.broadcast_to(np.asarray(index.evaluate(e, env), dtype=np.int64), (size,)) for e in keys])
    values, many = np.unique(columns, axis=1, return_counts=True)
    for key, number in zip(values.T.tolist(), many.tolist(), strict=True):
        yield tuple(key), number * factor


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


def purchases(found: list[Group]) -> list[Bought]:
    """What to buy: cables and fibers by stocked length, transceivers and adapters."""
    counts: dict[tuple[str, str, Fraction], tuple[Component, Quantity | None, int]] = {}

    def add(part: Component | None, length: Quantity | None, quantity: int) -> None:
        if part is not None and quantity:
            key = (part.kind, part.id, length.value if length is not None else Fraction(-1))
            before = counts.get(key, (part, length, 0))[2]
            counts[key] = (part, length, before + quantity)

    for group in found:
        link = group.run.link
        add(group.run.carrier, group.stock, group.cables)
        for part, many in parts_of(evolve(link, count=group.links)):
            if part is not group.run.carrier:
                add(part, None, many)
    return [Bought(*counts[key]) for key in sorted(counts)]


@frozen
class Bundle:
    """All cables between two racks, or inside one (`a` == `b`)."""

    a: int
    b: int
    cables: int
    links: int
    longest: Fraction | None
    section: Fraction  # m², of the cables whose diameter is known


def bundles(found: list[Group]) -> list[Bundle]:
    """The cables by pair of racks, those with an end outside of racks left out."""
    pairs: dict[tuple[int, int], Bundle] = {}
    for group in found:
        if group.a < 0 or group.b < 0:
            continue
        key = (min(group.a, group.b), max(group.a, group.b))
        old = pairs.get(key, Bundle(*key, 0, 0, None, Fraction(0)))
        known = [m for m in (old.longest, group.metres) if m is not None]
        pairs[key] = Bundle(
            *key, old.cables + group.cables, old.links + group.links, max(known, default=None),
            old.section + section(group.run.carrier) * group.cables,
        )  # fmt: skip
    return [pairs[key] for key in sorted(pairs)]


_PI = Fraction(355, 113)  # Zu Chongzhi's ratio, right to seven digits


def section(carrier: Component | None) -> Fraction:
    """The cross-section of a cable in m², 0 where its diameter is not known."""
    diameter = carrier.quantity("diameter") if carrier is not None else None
    return _PI * diameter.value**2 / 4 if diameter is not None else Fraction(0)


def total_length(found: list[Group]) -> tuple[Fraction, int]:
    """Metres of cable as routed, and how many cables' lengths are not known."""
    known = sum((g.metres * g.cables for g in found if g.metres is not None), Fraction(0))
    return known, sum(g.cables for g in found if g.metres is None)


def values(expr: Expr, env: dict[str, Any], size: int) -> list[int]:
    """The values of an expression over whole arrays, as plain integers."""
    import numpy as np

    found: list[int] = np.broadcast_to(np.asarray(index.evaluate(expr, env)), (size,)).tolist()
    return found
