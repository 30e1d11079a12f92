"""CMX0609 and on: rooms, floors, trays and air."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cmxdsl.analysis.base.ports import TooManyPaths
from cmxdsl.analysis.physical.attribution import heaviest
from cmxdsl.analysis.physical.cables import Racks, bundles, groups
from cmxdsl.analysis.physical.floor import Floor, Site, floor_of, sites
from cmxdsl.analysis.physical.rack_units import Slot, slots
from cmxdsl.analysis.physical.trays import stretches, tray_section
from cmxdsl.checks.registry import UNCOUNTED, Context, Scope, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Related, Rule, Severity
from cmxdsl.model import Component, Pair, index
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import AREA, MASS

_RACKS = "protocol P { plane = scale_out; rate = 400 Gb/s }\nchip A { port p[8]: P }\nrack R { height = 42 U; a: A }\n"
_CABLE = "cable C { rate = 400 Gb/s; diameter = 11 mm; bend_radius = 55 mm }\n"

TRAY_FULL = Rule(
    "CMX0609",
    "A cable tray is over-full",
    "The cables' sections, from the `diameter` of each, add up to more than `floor.tray_fill` of the tray's section. "
    "Cables lie in the tray above their row, and cross to the other row where a cross tray is.",
    _RACKS + _CABLE + "system S {\n    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m }\n"
    "    floor { tray_size = 50 mm x 20 mm; tray_fill = 40% }\n    r[2]: R\n"
    "    link r[0].a.p[k] -- r[1].a.p[k] over C\n    place r[i] at row 0, col i\n}\n",
    mend="make the trays larger, choose thinner cables, or place the racks so that fewer pass there",
)
FLOOR_LOAD = Rule(
    "CMX0610",
    "A rack is too heavy for the floor",
    "The rack's mass with all that is in it and its half of cables, over its tile, is above `floor.max_load`.",
    "rack R { height = 42 U; mass = 1_400 kg }\nsystem S {\n"
    "    floor { pitch = 600 mm x 1200 mm; max_load = 1_200 kg/m^2 }\n    r: R\n    place r at row 0, col 0\n}\n",
    mend="spread the load over wider tiles, or move devices to another rack",
)
AIRFLOW = Rule(
    "CMX0611",
    "Devices of one rack blow against each other",
    "Air passes through a device as its `airflow` says, the other way round when it sits at the rear face. In one "
    "rack all should blow the same way, or some breathe the hot air of others.",
    "board A { height = 1 U; airflow = front_to_rear }\nboard B { height = 1 U; airflow = rear_to_front }\n"
    "rack R {\n    height = 42 U\n    a: A\n    b: B\n    place a at U 1\n    place b at U 2\n}\n",
    Severity.WARNING,
    mend="turn one of them (`face rear`), or order it with the other airflow",
)
NO_PLACE = Rule(
    "CMX0612",
    "A rack with cables has no place",
    "Other racks stand on the floor, so the lengths of this one's cables should follow from where it stands.",
    _RACKS + _CABLE + "system S {\n    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m }\n"
    "    r: R\n    q: R\n    link r.a.p[k] -- q.a.p[k] over C\n    place r at row 0, col 0\n}\n",
    Severity.WARNING,
    mend="place it: `place r at row 0, col 3`",
)
ROOM = Rule(
    "CMX0613",
    "Something stands where it cannot",
    "Racks and fixtures stand inside the room of `floor.size`, and not on each other.",
    "rack R { height = 42 U }\nfixture Pillar { size = 500 mm x 500 mm }\nsystem S {\n"
    "    floor { pitch = 600 mm x 1200 mm }\n    r: R\n    pillar: Pillar\n    place r at row 0, col 0\n"
    "    place pillar at x 0.2 m, y 0.4 m\n}\n",
    mend="place one of them elsewhere; `floor.origin` moves all rows and columns",
)
BEND = Rule(
    "CMX0614",
    "A cable cannot take the bends of the trays",
    "The cable's `bend_radius` is larger than the radius of the trays' corners, `floor.tray_bend`.",
    _RACKS + _CABLE + "system S {\n    floor { pitch = 600 mm x 1200 mm; tray = 2.7 m; tray_bend = 30 mm }\n"
    "    r[2]: R\n    link r[0].a.p[k] -- r[1].a.p[k] over C\n    place r[i] at row 0, col i\n}\n",
    mend="choose trays with wider corners, or a cable that bends more",
)


@check(Scope.DESIGN, TRAY_FULL, NO_PLACE, BEND)
def trays(top: Component, context: Context) -> Iterator[Diagnostic]:
    floor = floor_of(top)
    if floor is None:
        return
    limit, corner = tray_section(top), top.quantity("floor.tray_bend")
    try:
        placed = sites(top, floor)
        if not placed:
            return
        racks = Racks(top)
        found = groups(top, racks, measured=False)
        numbers = racks.numbers()
    except (index.TooMany, TooManyPaths):
        return  # too large to look at each rack; `cmx cables` says so
    by_number = {numbers[site.label]: site for site in placed if site.label in numbers}
    between = [g for g in found if g.a >= 0 and g.b >= 0 and g.a != g.b]
    reported: set[object] = set()
    for group in between:
        link, carrier = group.run.link, group.run.carrier
        least = carrier.quantity("bend_radius") if carrier is not None else None
        if corner is not None and least is not None and least.value > corner.value and carrier not in reported:
            reported.add(carrier)
            assert carrier is not None
            bends = f"`{carrier.name}` bends to {show(least, 'm')} at least"
            message = f"{bends}, and the trays' corners have {show(corner, 'm')}"
            yield BEND.at(link.span, message)
        lost = next((n for n in (group.a, group.b) if n not in by_number), None)
        if lost is not None and link.span not in reported:
            reported.add(link.span)
            yield NO_PLACE.at(link.span, f"`{racks.label(lost)}` has these cables and no place on the floor")
    if limit is None:
        return
    full = [s for s in stretches(floor, bundles(between), by_number) if s.section > limit]
    if full:
        worst = max(full, key=lambda s: (s.section, -s.x1, -s.y1))
        near = _near(placed, floor, worst.x1, worst.y1)
        share = float(worst.section / limit * 100)
        more = f", and {len(full) - 1} more stretches" if len(full) > 1 else ""
        span = top.attributes["floor.tray_size"].span or top.span
        message = f"the tray at `{near}` holds {worst.cables:,} cables, {share:,.0f}% of what it may take{more}"
        yield TRAY_FULL.at(span, message)


def _near(placed: list[Site], floor: Floor, x: int, y: int) -> str:
    """The rack closest to a place."""
    half_x, half_y = floor.width // 2, floor.depth // 2
    return min(placed, key=lambda s: (abs(s.x + half_x - x) + abs(s.y + half_y - y), s.label)).label


@check(Scope.DESIGN, FLOOR_LOAD, ROOM)
def floors(top: Component, context: Context) -> Iterator[Diagnostic]:
    floor = floor_of(top)
    if floor is None:
        return
    try:
        racks, fixtures = sites(top, floor), sites(top, floor, "fixture")
    except index.TooMany:
        return
    yield from _loads(top, floor, racks, context)
    yield from _standing(top, floor, racks, fixtures)


def _loads(top: Component, floor: Floor, racks: list[Site], context: Context) -> Iterator[Diagnostic]:
    limit = top.quantity("floor.max_load")
    tile = Fraction(floor.width * floor.depth, 10**12)
    if limit is None or not tile:
        return
    for rack in dict.fromkeys(site.what for site in racks):
        held = context.held(rack)
        worst = heaviest(held, "mass")
        mass = worst.total("mass").value if worst is not None else None
        if mass is not None and mass.value / tile > limit.value:
            load = show(Quantity(mass.value / tile, MASS / AREA), "kg/m^2", places=4)
            yield FLOOR_LOAD.at(rack.span, f"`{rack.name}` loads the floor with {load}, and it carries {show(limit)}")
        elif any(one.unsure for one in held):
            yield not_decided(rack.span, f"whether `{rack.name}` is too heavy for the floor", UNCOUNTED)


Box = tuple[int, int, int, int]


def _standing(top: Component, floor: Floor, racks: list[Site], fixtures: list[Site]) -> Iterator[Diagnostic]:
    """Out of the room, or on one another. Racks on tiles cannot meet: CMX0605 looks after them."""
    boxes = [(site, _box(site, floor)) for site in (*racks, *fixtures)]
    size = top.get("floor.size")
    reported: set[object] = set()
    if isinstance(size, Pair):
        width, depth = (round(q.value * 10**6) for q in (size.width, size.depth))
        for site, (x1, y1, x2, y2) in boxes:
            if (x1 < 0 or y1 < 0 or x2 > width or y2 > depth) and site.span not in reported:
                reported.add(site.span)
                yield ROOM.at(site.span, f"`{site.label}` stands outside of the room, which is {_text(size)}")
    loose = [(site, box) for site, box in boxes if site.row is None or site.what.kind == "fixture"]
    cell = max(floor.width, floor.depth, 1)
    grid: dict[tuple[int, int], list[tuple[Site, Box]]] = {}
    for site, box in boxes:
        for key in _cells(box, cell):
            grid.setdefault(key, []).append((site, box))
    for site, box in loose:
        near = (pair for key in _cells(box, cell) for pair in grid[key])
        other = next((o for o, b in near if o is not site and _meet(box, b)), None)
        pair = frozenset((site.span, other.span)) if other is not None else None
        if other is not None and pair not in reported:
            reported.add(pair)
            related = [Related(other.span, f"`{other.label}` is placed here")] if other.span != site.span else []
            yield ROOM.at(site.span, f"`{site.label}` and `{other.label}` stand on the same floor", "", related)


def _text(size: Pair) -> str:
    return f"{show(size.width, 'm')} x {show(size.depth, 'm')}"


def _box(site: Site, floor: Floor) -> Box:
    size = site.what.get("size")
    width, depth = floor.width, floor.depth
    if isinstance(size, Pair):
        width, depth = (round(q.value * 10**6) for q in (size.width, size.depth))
    return site.x, site.y, site.x + width, site.y + depth


def _cells(box: Box, cell: int) -> Iterator[tuple[int, int]]:
    x1, y1, x2, y2 = box
    for x in range(x1 // cell, min(x2 // cell, x1 // cell + 200) + 1):
        for y in range(y1 // cell, min(y2 // cell, y1 // cell + 200) + 1):
            yield x, y


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


_OPPOSITE = {"front_to_rear": "rear_to_front", "rear_to_front": "front_to_rear"}


@check(Scope.COMPONENT, AIRFLOW)
def airflow(rack: Component, context: Context) -> Iterator[Diagnostic]:
    if rack.kind != "rack":
        return
    try:
        devices = slots(rack)
    except index.TooMany:
        return
    ways: dict[str, Slot] = {}
    for slot in devices:
        way = slot.component.text("airflow")
        if way in _OPPOSITE:
            way = _OPPOSITE[way] if slot.face == "rear" else way
            other = ways.get(_OPPOSITE[way])
            if other is not None:
                related = [Related(other.placement.span, f"`{other.label}` blows {_words(_OPPOSITE[way])}")]
                message = f"`{slot.label}` blows {_words(way)}, and `{other.label}` the other way"
                yield AIRFLOW.at(slot.placement.span, message, "", related)
                return
            ways.setdefault(way, slot)


def _words(way: str) -> str:
    return way.replace("_", " ")
