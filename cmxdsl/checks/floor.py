"""CMX0609 and on: rooms, floors, trays and air."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from cmxdsl.analysis.physical.attribution import heaviest
from cmxdsl.analysis.physical.cables import CableRun, Racks, bundles, cable_groups, cable_runs
from cmxdsl.analysis.physical.farthest import farthest
from cmxdsl.analysis.physical.floor import Floor, Site, Spot, element, floor_of, micrometres, sites, spots
from cmxdsl.analysis.physical.rack_units import Slot, slots
from cmxdsl.analysis.physical.trays import stretches, tray_section
from cmxdsl.checks.registry import UNCOUNTED, Context, Per, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Related, Rule, Severity
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Pair
from cmxdsl.model.arithmetic import minus, plus
from cmxdsl.model.index import TooMany
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import AREA, MASS

_RACKS = "protocol P { plane = scale_out; rate = 400 Gb/s }\nchip A { port p[8]: P }\nrack R { height = 42 U; a: A }\n"
_CABLE = "cable C { rate = 400 Gb/s; diameter = 11 mm; bend_radius = 55 mm }\n"

MAX_CELLS = 1_000_000  # tiles that one fixture may cover

TRAY_FULL = Rule(
    "CMX0609",
    "A cable tray is over-full",
    "The cables' sections, from the `diameter` of each, add up to more than `floor.tray_fill` of the tray's section. "
    "Cables lie in the tray above their row, and cross to the other row where a cross tray is.",
    _RACKS + _CABLE + "system S {\n    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m }\n"
    "    floor { tray_size = 50 mm x 20 mm; tray_fill = 40% }\n    r[2]: R\n"
    "    link r[0].a.p[k] -- r[1].a.p[k] over C\n    place r[i] at row 0, col i\n}\n",
    fix="make the trays larger, choose thinner cables, or place the racks so that fewer pass there",
)
FLOOR_LOAD = Rule(
    "CMX0610",
    "A rack is too heavy for the floor",
    "The rack's mass with all that is in it and its half of cables, over its tile, is above `floor.max_load`.",
    "rack R { height = 42 U; mass = 1_400 kg }\nsystem S {\n"
    "    floor { pitch = 600 mm x 1200 mm; max_load = 1_200 kg/m^2 }\n    r: R\n    place r at row 0, col 0\n}\n",
    fix="spread the load over wider tiles, or move devices to another rack",
)
AIRFLOW = Rule(
    "CMX0611",
    "Conflicting airflow in a rack",
    "Air passes through a device as its `airflow` says, the other way round when it sits at the rear face. In one "
    "rack all should move air the same way, or some take in the exhaust of others.",
    "board A { height = 1 U; airflow = front_to_rear }\nboard B { height = 1 U; airflow = rear_to_front }\n"
    "rack R {\n    height = 42 U\n    a: A\n    b: B\n    place a at U 1\n    place b at U 2\n}\n",
    Severity.WARNING,
    fix="mount one of them at the rear (`face rear`), or order it with the other airflow",
)
NO_PLACE = Rule(
    "CMX0612",
    "A rack with cables has no place",
    "Other racks have places on the floor, so the lengths of this one's cables should follow from its place.",
    _RACKS + _CABLE + "system S {\n    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m }\n"
    "    r: R\n    q: R\n    link r.a.p[k] -- q.a.p[k] over C\n    place r at row 0, col 0\n}\n",
    Severity.WARNING,
    fix="place it: `place r at row 0, col 3`",
)
ROOM = Rule(
    "CMX0613",
    "A place is outside the room or taken",
    "Racks and fixtures are placed inside the room of `floor.size`, and do not overlap.",
    "rack R { height = 42 U }\nfixture Pillar { size = 500 mm x 500 mm }\nsystem S {\n"
    "    floor { pitch = 600 mm x 1200 mm }\n    r: R\n    pillar: Pillar\n    place r at row 0, col 0\n"
    "    place pillar at x 0.2 m, y 0.4 m\n}\n",
    fix="place one of them elsewhere; `floor.origin` moves all rows and columns",
)
BEND = Rule(
    "CMX0614",
    "A cable's bend radius is larger than the trays' corners",
    "The cable's `bend_radius` is larger than the radius of the trays' corners, `floor.tray_bend`.",
    _RACKS + _CABLE + "system S {\n    floor { pitch = 600 mm x 1200 mm; tray = 2.7 m; tray_bend = 30 mm }\n"
    "    r[2]: R\n    link r[0].a.p[k] -- r[1].a.p[k] over C\n    place r[i] at row 0, col i\n}\n",
    fix="choose trays with wider corners, or a cable that bends more",
)


@check(Per.DESIGN, TRAY_FULL, NO_PLACE, BEND)
def trays(top: Component, context: Context) -> Iterator[Diagnostic]:
    floor = floor_of(top)
    if floor is None:
        return
    limit, corner = tray_section(top), top.quantity("floor.tray_bend")
    if not spots(top):
        return
    between = [run for run in cable_runs(context.of(top)) if run.between_racks]
    yield from _bends(between, corner)
    ends = [end for run in between for end in (run.at_a, run.at_b)]
    if limit is None and all(end is not None and end.position is not None for end in ends):
        return
    placed = sites(top, floor)
    racks = Racks(top)
    found = [g for g in cable_groups(context.of(top), racks, measured=False) if g.a >= 0 and g.b >= 0 and g.a != g.b]
    numbers = racks.numbers()
    by_number = {numbers[site.label]: site for site in placed if site.label in numbers}
    reported: set[object] = set()
    for group in found:
        lost = next((n for n in (group.a, group.b) if n not in by_number), None)
        span = group.run.link.span
        if lost is not None and span not in reported:
            reported.add(span)
            yield NO_PLACE.at(span, f"`{racks.label(lost)}` has these cables and no place on the floor")
    if limit is None:
        return
    full = [s for s in stretches(floor, bundles(found), by_number) if s.section > limit]
    if full:
        worst = max(full, key=lambda s: (s.section, -s.x1, -s.y1))
        near = _near(placed, floor, worst.x1, worst.y1)
        share = float(worst.section / limit * 100)
        more = f", and {len(full) - 1} more stretches" if len(full) > 1 else ""
        span = top.attributes["floor.tray_size"].span or top.span
        message = f"the tray at `{near}` has {worst.cables:,} cables, {share:,.0f}% of what it may take{more}"
        yield TRAY_FULL.at(span, message)


def _bends(between: list[CableRun], corner: Quantity | None) -> Iterator[Diagnostic]:
    """Each cable that bends less than the corners of the trays do."""
    for carrier, run in {run.carrier: run for run in reversed(between)}.items():
        least = carrier.quantity("bend_radius") if carrier is not None else None
        if corner is not None and carrier is not None and least is not None and least.value > corner.value:
            bends = f"`{carrier.name}` has a bend radius of {show(least, 'm')}"
            yield BEND.at(run.link.span, f"{bends}, and the trays' corners have {show(corner, 'm')}")


def _near(placed: list[Site], floor: Floor, x: int, y: int) -> str:
    """The rack closest to a place."""
    half_x, half_y = floor.width // 2, floor.depth // 2
    return min(placed, key=lambda s: (abs(s.x + half_x - x) + abs(s.y + half_y - y), s.label)).label


@check(Per.DESIGN, FLOOR_LOAD, ROOM)
def floors(top: Component, context: Context) -> Iterator[Diagnostic]:
    floor = floor_of(top)
    if floor is None:
        return
    racks, fixtures = spots(top), spots(top, "fixture")
    yield from _loads(top, floor, racks, context)
    yield from _outside(top, floor, [*racks, *fixtures])
    if fixtures or any(not spot.position.by_tile for spot in racks):
        yield from _standing(top, floor)


def _loads(top: Component, floor: Floor, racks: list[Spot], context: Context) -> Iterator[Diagnostic]:
    limit = top.quantity("floor.max_load")
    tile = Fraction(floor.width * floor.depth, 10**12)
    if limit is None or not tile:
        return
    for rack in dict.fromkeys(spot.what for spot in racks):
        held = context.held(rack)
        worst = heaviest(held, "mass")
        mass = worst.total("mass").value if worst is not None else None
        if mass is not None and mass.value / tile > limit.value:
            load = show(Quantity(mass.value / tile, MASS / AREA), "kg/m^2", places=4)
            yield FLOOR_LOAD.at(rack.span, f"`{rack.name}` loads the floor with {load}, and it carries {show(limit)}")
        elif any(one.unsure for one in held):
            yield not_decided(rack.span, f"whether `{rack.name}` is too heavy for the floor", UNCOUNTED)


Box = tuple[int, int, int, int]


def _outside(top: Component, floor: Floor, found: list[Spot]) -> Iterator[Diagnostic]:
    """What stands out of the room, found at the greatest and least coordinates of each placement."""
    room = top.get("floor.size")
    if not isinstance(room, Pair):
        return
    for spot in found:
        width, depth = _measures(spot.what, floor)
        x, y = spot.position.on(floor)
        walls = (
            minus(0, x),
            plus(x, width - micrometres(room.width.value)),
            minus(0, y),
            plus(y, depth - micrometres(room.depth.value)),
        )
        try:
            beyond = [farthest(wall, spot.domain, spot.where) for wall in walls]
        except LimitExceeded as error:
            yield not_decided(spot.span, f"whether each `{spot.label}` is inside the room", error)
            continue
        at = next((hit[1] for hit in beyond if hit is not None and hit[0] > 0), None)
        if at is not None:
            label = ".".join(element(s, {d.name: d.start for d in spot.domain} | at) for s in spot.path)
            yield ROOM.at(spot.span, f"`{label}` is outside the room, which is {_text(room)}")


def _standing(top: Component, floor: Floor) -> Iterator[Diagnostic]:
    """What stands on one another. Racks on tiles cannot meet: CMX0605 looks after them."""
    boxes = [(site, _box(site, floor)) for kind in ("rack", "fixture") for site in sites(top, floor, kind)]
    reported: set[object] = set()
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
            yield ROOM.at(site.span, f"`{site.label}` and `{other.label}` overlap on the floor", "", related)


def _text(size: Pair) -> str:
    return f"{show(size.width, 'm')} x {show(size.depth, 'm')}"


def _measures(what: Component, floor: Floor) -> tuple[int, int]:
    """The floor that something takes: its own size, or a tile."""
    size = what.get("size")
    if isinstance(size, Pair):
        return micrometres(size.width.value), micrometres(size.depth.value)
    return floor.width, floor.depth


def _box(site: Site, floor: Floor) -> Box:
    width, depth = _measures(site.what, floor)
    return site.x, site.y, site.x + width, site.y + depth


def _cells(box: Box, cell: int) -> Iterator[tuple[int, int]]:
    """The cells of a grid that a box touches. Raises TooMany."""
    x1, x2, y1, y2 = (v // cell for v in (box[0], box[2], box[1], box[3]))
    many = (x2 - x1 + 1) * (y2 - y1 + 1)
    if many > MAX_CELLS:
        raise TooMany(many, MAX_CELLS)
    yield from product(range(x1, x2 + 1), range(y1, y2 + 1))


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


_OPPOSITE = {"front_to_rear": "rear_to_front", "rear_to_front": "front_to_rear"}


@check(Per.COMPONENT, AIRFLOW)
def airflow(rack: Component, context: Context) -> Iterator[Diagnostic]:
    if rack.kind != "rack":
        return
    devices = slots(rack)
    ways: dict[str, Slot] = {}
    for slot in devices:
        way = slot.component.text("airflow")
        if way in _OPPOSITE:
            way = _OPPOSITE[way] if slot.face == "rear" else way
            other = ways.get(_OPPOSITE[way])
            if other is not None:
                related = [Related(other.placement.span, f"`{other.label}` moves air {_words(_OPPOSITE[way])}")]
                message = f"conflicting airflow: `{slot.label}` moves air {_words(way)}, `{other.label}` the other way"
                yield AIRFLOW.at(slot.placement.span, message, "", related)
                return
            ways.setdefault(way, slot)


def _words(way: str) -> str:
    return way.replace("_", " ")
