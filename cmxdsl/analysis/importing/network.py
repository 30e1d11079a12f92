"""A dump as arrays of devices and patterns of links."""

from __future__ import annotations

from collections import defaultdict

from cmxdsl.analysis.importing.arrays import Arrays, Index, arrays
from cmxdsl.analysis.importing.progressions import Progression, Row, cover
from cmxdsl.readers import Built
from cmxdsl.records import field, frozen


@frozen
class Side:
    """An array of ports of an array of devices."""

    device: int
    port: int


@frozen
class Pattern:
    """Links between two sides. The columns of the rows are the indices of the device and of the port on the first side,
    then those on the second."""

    sides: tuple[Side, Side]
    rows: Progression


@frozen(eq=False)
class Found:
    """What an import makes of a dump. `slow` are cables that run slower than both of their ports do elsewhere."""

    built: Built = field(repr=False)
    arrays: Arrays = field(repr=False)
    patterns: tuple[Pattern, ...] = field(repr=False)
    slow: tuple[int, ...]

    @property
    def alone(self) -> int:
        """Links that fit no pattern."""
        return sum(not p.rows.steps for p in self.patterns)


def found(built: Built) -> Found:
    """Arrays and link patterns that are exactly the devices and cables of a dump."""
    placed = arrays(built)
    links: dict[tuple[Side, Side], list[Row]] = defaultdict(list)
    slow = []
    for number, cable in enumerate(built.cables):
        ends = sorted(
            (_end(placed, cable.a, cable.a_port), _end(placed, cable.b, cable.b_port)), key=lambda e: _order(placed, e)
        )
        (one, a), (other, b) = ends
        links[one, other].append((*a, *b))
        rates = [placed.devices[s.device].ports[s.port].rate for s in (one, other)]
        if cable.rate is not None and cable.rate < min(r for r in rates if r is not None):
            slow.append(number)
    patterns = []
    for sides in sorted(links, key=lambda s: tuple((x.device, x.port) for x in s)):
        widths = tuple(_widths(placed, side) for side in sides)
        (devices, ports), width = widths[0], sum(widths[0])
        tried = [links[sides]]
        if sides[0] == sides[1]:  # between equal ports the greater device may come first: a mesh that skips its own
            same = slice(devices, devices + ports), slice(width + devices, None)
            tried.append([(*r[width:], *r[:width]) if r[same[0]] == r[same[1]] else r for r in links[sides]])
        columns = orders(devices, ports, *widths[1])
        patterns += [Pattern(sides, rows) for rows in min((cover(rows, columns) for rows in tried), key=len)]
    return Found(built, placed, tuple(patterns), tuple(slow))


def _end(placed: Arrays, device: int, text: str) -> tuple[Side, Index]:
    here, port = placed.device[device], placed.port[device, text]
    return Side(here.array, port.array), (*here.at, *port.at)


def _order(placed: Arrays, end: tuple[Side, Index]) -> tuple[object, ...]:
    """Which end is written first: endpoints before switches, then by array; between ports of one array the lower port,
    so that all steps round a ring go the same way."""
    side, index = end
    devices = len(placed.devices[side.device].shape)
    return placed.devices[side.device].kind == "switch", side.device, side.port, index[devices:], index[:devices]


def _widths(placed: Arrays, side: Side) -> tuple[int, int]:
    devices = placed.devices[side.device]
    return len(devices.shape), len(devices.ports[side.port].shape)


def orders(a: int, p: int, b: int, q: int) -> list[Row]:
    """Orders of columns in which patterns are looked for: by either end's device or port first."""
    parts = {}
    start = 0
    for name, width in (("a", a), ("p", p), ("b", b), ("q", q)):
        parts[name] = tuple(range(start, start + width))
        start += width
    every = ("apbq", "bqap", "paqb", "qbpa", "abpq", "bapq")
    return list(dict.fromkeys(tuple(c for name in order for c in parts[name]) for order in every))
