"""The cable schedule: every cable with its ends, as a stream. Names are made from index arithmetic done in bulk.

A run's cables come as objects one by one, or as the columns of numbers that fill the templates of their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, repeat
from typing import Any, NamedTuple

from cmxdsl.analysis.base.carriers import pieces_of
from cmxdsl.analysis.base.injection import plane_of
from cmxdsl.analysis.physical.cables import CableRun, cable_runs, stocked
from cmxdsl.analysis.physical.floor import Stand, floor_of
from cmxdsl.analysis.physical.routes import UNKNOWN, route
from cmxdsl.model import Component, End, Expr, Step, Subject, index
from cmxdsl.model.arithmetic import constant
from cmxdsl.records import frozen
from cmxdsl.units import Quantity

BLOCK = 4096  # links whose numbers are worked out at once: so few that outer indices often stay the same


@frozen
class CableEnd:
    """One end of a cable: rack, unit (0 where it has none), device, its port or ports, host or switch; `joined` are the
    full names of the ports where it takes several."""

    rack: str
    unit: int
    device: str
    port: str
    switch: bool
    joined: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The full names of its ports."""
        return self.joined or (".".join(word for word in (self.rack, self.device, self.port) if word),)

    @property
    def node(self) -> str:
        """The device by a name that no other has."""
        return f"{self.rack}.{self.device}" if self.rack and self.device else self.rack or self.device

    @property
    def label(self) -> str:
        """What stands on the cable's end."""
        unit = f"U{self.unit}" if self.unit else ""
        return " ".join([word for word in (self.rack, unit, self.device, self.port) if word])


@frozen
class Cable:
    """One cable: its number, what it is, its route and its stocked length, its ends; how many links it carries."""

    number: int
    medium: Component
    carrier: Component | None
    plane: str
    metres: Fraction | None
    stock: Quantity | None
    links: int
    a: CableEnd
    b: CableEnd

    @property
    def name(self) -> str:
        return f"C{self.number:06d}"


@frozen
class Names:
    """How an end is named: templates (`spine[%d]`) to fill with index values, and the expressions that give them;
    `cuts` are how many of those belong to the rack, and to rack and device."""

    rack: str
    device: str
    port: str
    cuts: tuple[int, int]
    indices: tuple[Expr, ...]
    unit: Expr | None
    switch: bool

    def places(self, columns: Sequence[Any], units: Any) -> Iterator[CableEnd]:
        first, second = self.cuts
        rows: Iterator[tuple[int, ...]] = zip(*(c.tolist() for c in columns), strict=True)
        for row, unit in zip(rows if columns else repeat(()), units.tolist(), strict=bool(columns)):
            yield CableEnd(
                self.rack % row[:first], unit, self.device % row[first:second], self.port % row[second:], self.switch
            )


def _names(run: CableRun, end: End, at: Stand | None) -> Names:
    """Rack, then the device that is placed in it (or the first step below it), then the port with the rest."""
    inside = len(at.path) if at is not None else 0
    placed = 1
    if at is not None:
        for placement in at.rack.placements:
            names = [s.name for s in placement.path]
            if "U" in placement.coordinates and names == [s.name for s in end.steps[inside : inside + len(names)]]:
                placed = len(names)
    middle = min(inside + placed, len(end.steps))
    parts = (end.steps[:inside], end.steps[inside:middle], (*end.steps[middle:], end.port))
    counts = [sum(len(s.indices) for s in part) for part in parts]
    switch = _device_kind(run, end, middle) == "switch"
    return Names(
        _template(parts[0]),
        _template(parts[1]),
        _template(parts[2]),
        (counts[0], counts[0] + counts[1]),
        tuple(e for part in parts for s in part for e in s.indices),
        at.unit if at is not None else None,
        switch,
    )


def _device_kind(run: CableRun, end: End, middle: int) -> str:
    """`switch` for a switch, or for a device in which the port is a switch's."""
    inner, _ = run.owner.resolve(run.link.a if end is run.a else run.link.b)
    return inner.kind


def _template(steps: tuple[Step, ...]) -> str:
    words = (
        s.name.replace("%", "%%") + (f"[{', '.join(['%d'] * len(s.indices))}]" if s.indices else "") for s in steps
    )
    return ".".join(words)


def schedule(subject: Subject) -> Iterator[Cable]:
    """Every cable, pattern by pattern in the order of the design. Raises index.TooMany."""
    for run in scheduled_runs(subject):
        yield from run.cables()


def scheduled_runs(subject: Subject) -> Iterator[ScheduledRun]:
    """The runs of the schedule, in order."""
    floor = floor_of(subject.top)
    number = 1
    for run in cable_runs(subject):
        way = route(run.at_a, run.at_b, floor)
        length = way.length if way is not None else constant(UNKNOWN)
        names = (_names(run, run.a, run.at_a), _names(run, run.b, run.at_b))
        found = ScheduledRun(run, plane_of(run.owner, run.link), number, names, length)
        yield found
        number += found.count


Measure = tuple[Fraction | None, Quantity | None]


class Block(NamedTuple):
    """Some links of a run as arrays of integers: of each end its indices and its rack unit (0: none); the lengths in
    micrometres."""

    indices: tuple[list[Any], list[Any]]
    units: tuple[Any, Any]
    lengths: Any


@frozen(eq=False)
class ScheduledRun:
    """The cables of one run, numbered from `first`."""

    run: CableRun
    plane: str
    first: int
    names: tuple[Names, Names]
    length: Expr

    @property
    def pieces(self) -> int:
        """How many cables a bundle takes."""
        return pieces_of(self.run.carrier)

    @property
    def count(self) -> int:
        """How many cables: bundles start anew in each instance of what has the links."""
        return -(-self.run.link.count // self.run.link.bundle) * self.run.instances * self.pieces

    def blocks(self) -> Iterator[Block]:
        """Its links, some at a time. Raises index.TooMany."""
        import numpy as np

        def column(expr: Expr | None, env: dict[str, Any], size: int) -> Any:
            value = index.evaluate(expr, env) if expr is not None else 0
            return np.broadcast_to(np.asarray(value, dtype=np.int64), (size,))

        for env in index.chunks(self.run.domain, self.run.link.where):
            total = len(next(iter(env.values()))) if env else 1
            for start in range(0, total, BLOCK):
                part = {name: found[start : start + BLOCK] for name, found in env.items()}
                size = min(BLOCK, total - start)
                a, b = ([column(e, part, size) for e in names.indices] for names in self.names)
                units = (column(self.names[0].unit, part, size), column(self.names[1].unit, part, size))
                yield Block((a, b), units, column(self.length, part, size))

    def cables(self) -> Iterator[Cable]:
        """Its cables, one by one."""
        assert self.run.link.medium is not None
        number = self.first
        measures: dict[int, Measure] = {}
        for together in self._bundled():
            longest = max(micrometres for _, _, micrometres in together)
            if longest not in measures:
                measures[longest] = self.measure(longest)
            metres, stock = measures[longest]
            a, b = together[0][0], together[0][1]
            if len(together) > 1:
                a, b = _joined([ends[0] for ends in together]), _joined([ends[1] for ends in together])
            for _ in range(self.pieces):
                run, many = self.run, len(together)
                yield Cable(number, self.run.link.medium, run.carrier, self.plane, metres, stock, many, a, b)
                number += 1

    def measure(self, micrometres: int) -> Measure:
        """The route in metres, and the stocked length that is long enough for it."""
        metres = Fraction(micrometres, 1_000_000) if micrometres != UNKNOWN else None
        return metres, stocked(self.run.carrier, metres)

    def _bundled(self) -> Iterator[list[tuple[CableEnd, CableEnd, int]]]:
        """The ends of links that share a cable."""
        waiting: list[tuple[CableEnd, CableEnd, int]] = []
        every = (
            zip(*map(Names.places, self.names, b.indices, b.units), b.lengths.tolist(), strict=True)
            for b in self.blocks()
        )
        for position, ends in enumerate(chain.from_iterable(every)):
            if waiting and position % self.run.link.count % self.run.link.bundle == 0:
                yield waiting
                waiting = []
            waiting.append(ends)
        if waiting:
            yield waiting


def _joined(places: list[CableEnd]) -> CableEnd:
    """The place of an end that takes several ports."""
    first = places[0]
    words = ([p.device for p in places], [p.port for p in places])
    devices, ports = (" + ".join(dict.fromkeys(found)) for found in words)
    full = tuple(name for p in places for name in p.paths)
    return CableEnd(first.rack, first.unit, devices, ports, first.switch, full)
