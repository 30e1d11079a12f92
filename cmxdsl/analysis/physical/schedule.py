"""The cable schedule: every cable with its ends, as a stream. Names are made from index arithmetic done in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

from cmxdsl.analysis.base.carriers import pieces_of
from cmxdsl.analysis.base.injection import plane_of
from cmxdsl.analysis.physical.cables import CableRun, cable_runs, stocked, values
from cmxdsl.analysis.physical.floor import Stand, floor_of
from cmxdsl.analysis.physical.routes import UNKNOWN, route
from cmxdsl.model import Component, End, Expr, Step, Subject, index
from cmxdsl.model.arithmetic import constant
from cmxdsl.records import frozen
from cmxdsl.units import Quantity

BLOCK = 200_000  # cables whose names are made at once


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
class _Names:
    """How an end is named: templates to fill with index values, and the expressions that give them."""

    rack: str
    device: str
    port: str
    cuts: tuple[int, int]
    indices: tuple[Expr, ...]
    unit: Expr | None
    switch: bool

    def places(self, columns: list[list[int]], units: list[int]) -> Iterator[CableEnd]:
        first, second = self.cuts
        rows: Iterator[tuple[int, ...]] = zip(*columns, strict=True) if columns else iter(() for _ in units)
        for row, unit in zip(rows, units, strict=True):
            yield CableEnd(
                self.rack % row[:first], unit, self.device % row[first:second], self.port % row[second:], self.switch
            )


def _names(run: CableRun, end: End, at: Stand | None) -> _Names:
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
    return _Names(
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
    floor = floor_of(subject.top)
    number = 0
    for run in cable_runs(subject):
        assert run.link.medium is not None
        a, b = run.at_a, run.at_b
        way = route(a, b, floor)
        length = way.length if way is not None else constant(UNKNOWN)
        plane = plane_of(run.owner, run.link)
        names = (_names(run, run.a, a), _names(run, run.b, b))
        lengths: dict[int, tuple[Fraction, Quantity | None]] = {}
        for together in _bundled(run, names, length):
            longest = max(micrometres for _, _, micrometres in together)
            for _ in range(pieces_of(run.carrier)):
                number += 1
                yield _cable(run, number, plane, longest, lengths, [(a, b) for a, b, _ in together])


_Ends = tuple[CableEnd, CableEnd, int]


def _bundled(run: CableRun, names: tuple[_Names, _Names], length: Expr) -> Iterator[list[_Ends]]:
    """The ends of links that share a cable: bundles start anew in each instance of what has the links."""
    waiting: list[_Ends] = []
    for position, ends in enumerate(chain.from_iterable(zip(*b, strict=True) for b in _blocks(run, names, length))):
        if waiting and position % run.link.count % run.link.bundle == 0:
            yield waiting
            waiting = []
        waiting.append(ends)
    if waiting:
        yield waiting


def _cable(
    run: CableRun,
    number: int,
    plane: str,
    micrometres: int,
    lengths: dict[int, tuple[Fraction, Quantity | None]],
    ends: list[tuple[CableEnd, CableEnd]],
) -> Cable:
    """One cable; `lengths` remembers what was worked out for a route of the same length."""
    metres: Fraction | None = None
    stock: Quantity | None = None
    if micrometres != UNKNOWN:
        if micrometres not in lengths:
            exact = Fraction(micrometres, 1_000_000)
            lengths[micrometres] = (exact, stocked(run.carrier, exact))
        metres, stock = lengths[micrometres]
    a, b = ends[0]
    if len(ends) > 1:
        a, b = (_joined([pair[side] for pair in ends]) for side in (0, 1))
    assert run.link.medium is not None
    return Cable(number, run.link.medium, run.carrier, plane, metres, stock, len(ends), a, b)


def _joined(places: list[CableEnd]) -> CableEnd:
    """The place of an end that takes several ports."""
    first = places[0]
    words = ([p.device for p in places], [p.port for p in places])
    devices, ports = (" + ".join(dict.fromkeys(found)) for found in words)
    full = tuple(name for p in places for name in p.paths)
    return CableEnd(first.rack, first.unit, devices, ports, first.switch, full)


def _blocks(
    run: CableRun, names: tuple[_Names, _Names], length: Expr
) -> Iterator[tuple[Iterator[CableEnd], Iterator[CableEnd], list[int]]]:
    env = index.tuples(run.domain, run.link.where)
    total = len(next(iter(env.values()))) if env else 1
    for start in range(0, total, BLOCK):
        part = {name: found[start : start + BLOCK] for name, found in env.items()}
        size = min(BLOCK, total - start)
        ends = []
        for end in names:
            columns = [values(e, part, size) for e in end.indices]
            ends.append(end.places(columns, values(end.unit, part, size) if end.unit is not None else [0] * size))
        yield ends[0], ends[1], values(length, part, size)
