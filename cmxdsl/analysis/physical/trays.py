"""Cable trays: how many cables lie in each stretch, and how full it is."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from cmxdsl.analysis.physical.cables import Bundle
from cmxdsl.analysis.physical.floor import Floor, Site
from cmxdsl.model import Component, Pair
from cmxdsl.records import frozen


@frozen
class Stretch:
    """A stretch of tray between two places in micrometres: the cables in it and the section they take in m²."""

    x1: int
    y1: int
    x2: int
    y2: int
    cables: int
    section: Fraction


def tray_section(component: Component) -> Fraction | None:
    """What cables may take of a tray, in m²: its inside times the fill that is allowed; None when not stated."""
    size, fill = component.get("floor.tray_size"), component.quantity("floor.tray_fill")
    if not isinstance(size, Pair) or fill is None:
        return None
    return size.width.value * size.depth.value * fill.value


def crossing(floor: Floor, xa: int, xb: int) -> int:
    """Where a route between two rows changes from one to the other: at the cross tray that makes it shortest, or where
    it ends when rows are joined anywhere."""
    if not floor.cross:
        return xb
    low, high = sorted((xa - floor.x0, xb - floor.x0))
    below, above = low // floor.cross * floor.cross, -(-low // floor.cross) * floor.cross
    nearer = above if above - high < low - below else below
    return nearer + floor.x0


def stretches(floor: Floor, found: Iterable[Bundle], sites: dict[int, Site]) -> list[Stretch]:
    """Every stretch of tray with cables in it; `sites` are the racks by number. Trays lie above the middle of a row."""
    rows: dict[int, dict[int, list[Fraction]]] = {}
    columns: dict[int, dict[int, list[Fraction]]] = {}

    def lay(lines: dict[int, dict[int, list[Fraction]]], line: int, start: int, end: int, bundle: Bundle) -> None:
        if start == end:
            return
        events = lines.setdefault(line, {})
        for place, sign in ((min(start, end), 1), (max(start, end), -1)):
            change = events.setdefault(place, [Fraction(0), Fraction(0)])
            change[0] += sign * bundle.cables
            change[1] += sign * bundle.section

    half_x, half_y = floor.width // 2, floor.depth // 2
    for bundle in found:
        a, b = sites.get(bundle.a), sites.get(bundle.b)
        if a is None or b is None or bundle.a == bundle.b:
            continue
        if a.y == b.y:
            lay(rows, a.y, a.x, b.x, bundle)
            continue
        across = crossing(floor, a.x, b.x)
        lay(rows, a.y, a.x, across, bundle)
        lay(columns, across, a.y, b.y, bundle)
        lay(rows, b.y, across, b.x, bundle)
    result = []
    for lines, turned in ((rows, False), (columns, True)):
        for line, events in sorted(lines.items()):
            cables = section = Fraction(0)
            places = sorted(events)
            for start, end in pairwise(places):
                cables, section = cables + events[start][0], section + events[start][1]
                if not cables:
                    continue
                ends = (line, start, line, end) if turned else (start, line, end, line)
                x1, y1, x2, y2 = ends
                result.append(Stretch(x1 + half_x, y1 + half_y, x2 + half_x, y2 + half_y, int(cables), section))
    return result
