"""Floor plans to scale: rows and aisles, racks with their fronts, fixtures, and what each tile draws or weighs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil

from cmxdsl.analysis.physical.attribution import Alike, attribution
from cmxdsl.analysis.physical.floor import Floor, Site, each_row, floor_of, sites
from cmxdsl.model import Component, Pair, Subject, index
from cmxdsl.outputs.kit.palette import SHADES
from cmxdsl.outputs.kit.svg import INK, MUTED, Drawing, text_width
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.records import frozen
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import POWER

COLD, HOT, AISLE = "#e4f1fb", "#fdebe4", "#f1f2f4"
FRONT = "#2f6fb3"
_WIDEST, _HIGHEST, _LARGEST = 1500.0, 4000.0, 30_000.0  # pixels of a plan
_LEAST, _MOST = 10.0, 110.0  # pixels to a metre


Measure = Callable[[Alike, Floor], "Quantity | None"]


@frozen
class FloorPlan:
    """A floor as it is drawn: what stands on it, and how metres become pixels."""

    floor: Floor
    racks: list[Site]
    fixtures: list[Site]
    room: tuple[int, int] | None
    left: int
    top: int
    scale: float
    x0: float
    y0: float

    def x(self, micrometres: float) -> float:
        return self.x0 + (micrometres - self.left) / 1_000_000 * self.scale

    def y(self, micrometres: float) -> float:
        return self.y0 + (micrometres - self.top) / 1_000_000 * self.scale

    def px(self, micrometres: float) -> float:
        return micrometres / 1_000_000 * self.scale

    def center(self, site: Site) -> tuple[float, float]:
        return self.x(site.x + self.floor.width / 2), self.y(site.y + self.floor.depth / 2)


def plan_of(top: Component, y0: float) -> FloorPlan:
    """The floor of a design. Raises ViewFault where there is none."""
    floor = floor_of(top)
    if floor is None:
        raise ViewFault(f"`{top.name}` states no floor: give it `floor {{ pitch = 600 mm x 1200 mm; … }}`")
    try:
        racks, fixtures = sites(top, floor), sites(top, floor, "fixture")
    except index.TooMany as error:
        raise ViewFault(f"{error.size:,} racks are too many for one plan: choose a part with `--top`") from None
    if not racks:
        raise ViewFault(f"`{top.name}` places no rack on its floor: `place rack[r] at row 0, col r`")
    size = top.get("floor.size")
    room = None
    if isinstance(size, Pair):
        room = (round(size.width.value * 10**6), round(size.depth.value * 10**6))
    around = max(floor.aisle, floor.hot_aisle)
    boxes = [(s.x, s.y, s.x + floor.width, s.y + floor.depth) for s in racks]
    boxes += [(s.x, s.y, s.x + _size(s)[0], s.y + _size(s)[1]) for s in fixtures]
    left, up = min(b[0] for b in boxes), min(b[1] for b in boxes) - around
    right, down = max(b[2] for b in boxes), max(b[3] for b in boxes) + around
    if room is not None:
        left, up, right, down = min(0, left), min(0, up), max(room[0], right), max(room[1], down)
    wide, high = (right - left) / 1_000_000, (down - up) / 1_000_000
    fitting = min(_WIDEST / wide, _HIGHEST / high)
    scale = min(_MOST, _LARGEST / max(wide, high), max(_LEAST, fitting))
    return FloorPlan(floor, racks, fixtures, room, left, up, scale, 64.0, y0)


def _size(site: Site) -> tuple[int, int]:
    size = site.what.get("size")
    if not isinstance(size, Pair):
        return 0, 0
    return round(size.width.value * 10**6), round(size.depth.value * 10**6)


def floor(subject: Subject, options: Options) -> tuple[Drawing, list[str]]:
    """The floor plan; `options.heat` says what the racks' colours show."""
    top = subject.top
    drawing = Drawing(f"{top.name}: floor plan")
    drawing.text(16, 30, f"{top.name}: floor plan", 16, bold=True)
    plan = plan_of(top, 84.0 if options.heat != "none" else 56.0)
    measure = MEASURES.get(options.heat)
    ground(drawing, plan)
    values = _values(subject, plan, measure) if measure is not None else {}
    known = [v.value for v in values.values() if v is not None]
    most = max(known, default=Fraction(0))
    for site in plan.racks:
        value = values.get(site.label)
        shade = SHADES[0] if not most or value is None else SHADES[ceil(value.value / most * len(SHADES)) - 1 or 0]
        rack(drawing, plan, site, shade if value is not None else "#eef1f5", show(value) if value is not None else "")
    if most:
        example = next(v for v in values.values() if v is not None)
        _legend(drawing, options.heat, Quantity(most, example.dimension))
    frame(drawing, plan)
    return drawing, []


def _values(subject: Subject, plan: FloorPlan, measure: Measure) -> dict[str, Quantity | None]:
    """Of each rack by its name, with its share of its links' parts."""
    found = attribution(subject)
    held = {site.label: found.at(site.label) for site in plan.racks}
    known = {one.example: measure(one, plan.floor) for one in held.values() if one is not None}
    return {label: known[one.example] if one is not None else None for label, one in held.items()}


def _power(rack: Alike, floor: Floor) -> Quantity | None:
    return rack.total("power.peak").value


def _density(rack: Alike, floor: Floor) -> Quantity | None:
    power = _power(rack, floor)
    tile = Fraction(floor.width * floor.depth, 10**12)
    return Quantity(power.value / tile, POWER) if power is not None and tile else None


def _mass(rack: Alike, floor: Floor) -> Quantity | None:
    return rack.total("mass").value


MEASURES: dict[str, Measure] = {
    "power": _power,
    "density": _density,
    "mass": _mass,
}
_TITLES = {"power": "peak power of a rack", "density": "peak power to a square metre of tile", "mass": "mass of a rack"}


def _legend(drawing: Drawing, heat: str, most: Quantity) -> None:
    start = 64 + text_width(_TITLES[heat], 9) + 26
    drawing.text(64, 58, _TITLES[heat], 9, MUTED)
    for k, shade in enumerate(SHADES):
        drawing.rect(start + 34 * k, 48, 34, 12, shade, "#c9b8a5")
    drawing.text(start - 5, 58, "0", 9, MUTED, anchor="end")
    drawing.text(start + 34 * len(SHADES) + 6, 58, show(most, places=3), 9, MUTED)


def ground(drawing: Drawing, plan: FloorPlan) -> None:
    """Room, aisles and fixtures: what lies under the racks."""
    if plan.room is not None:
        w, h = plan.room
        drawing.rect(plan.x(0), plan.y(0), plan.px(w), plan.px(h), "#fbfbfc", INK, weight=2)
    rows = list(each_row(plan.racks))
    for k, (y, row) in enumerate(rows):
        left, right = min(s.x for s in row), max(s.x for s in row) + plan.floor.width
        bottom = y + plan.floor.depth
        before = rows[k - 1] if k else None
        if before is None:
            _aisle(drawing, plan, left, right, y - _reach(plan, row, "north"), y, row[0].faces == "north", False)
        below = rows[k + 1] if k + 1 < len(rows) else None
        if below is None:
            _aisle(
                drawing, plan, left, right, bottom, bottom + _reach(plan, row, "south"), row[0].faces == "south", False
            )
        elif below[0] > bottom:
            looks = (row[0].faces == "south", below[1][0].faces == "north")
            wide = min(left, min(s.x for s in below[1])), max(right, max(s.x for s in below[1]) + plan.floor.width)
            _aisle(drawing, plan, *wide, bottom, below[0], all(looks), any(looks) and not all(looks))
    for site in plan.fixtures:
        w, h = _size(site)
        drawing.rect(
            plan.x(site.x),
            plan.y(site.y),
            plan.px(w),
            plan.px(h),
            "#e4e0d8",
            "#7d7466",
            radius=1,
            hint=f"{site.label}: {site.what.name}",
        )
        drawing.text(
            plan.x(site.x) + plan.px(w) / 2,
            plan.y(site.y) + plan.px(h) / 2 + 3,
            site.label,
            8,
            INK,
            anchor="middle",
            width=plan.px(w) - 2,
        )


def _reach(plan: FloorPlan, row: list[Site], side: str) -> int:
    return plan.floor.aisle if row[0].faces == side else plan.floor.hot_aisle


def _aisle(
    drawing: Drawing, plan: FloorPlan, left: int, right: int, top: int, bottom: int, cold: bool, mixed: bool
) -> None:
    """A strip between two rows, or before the first and behind the last."""
    if bottom <= top:
        return
    x, y, w, h = plan.x(left), plan.y(top), plan.px(right - left), plan.px(bottom - top)
    drawing.rect(x, y, w, h, AISLE if mixed else COLD if cold else HOT)
    name = "aisle" if mixed else "cold aisle" if cold else "hot aisle"
    if h >= 12:
        text = f"{name}, {show(_metres(bottom - top))}"
        drawing.text(x + 8, y + h / 2 + 3.5, text, 9, MUTED, width=w - 8)


def _metres(micrometres: int) -> Quantity:
    from cmxdsl.units.dimension import LENGTH

    return Quantity(Fraction(micrometres, 10**6), LENGTH)


def rack(drawing: Drawing, plan: FloorPlan, site: Site, fill: str, value: str) -> None:
    """One rack on its tile, its front marked."""
    x, y, w, h = plan.x(site.x), plan.y(site.y), plan.px(plan.floor.width), plan.px(plan.floor.depth)
    place = f"row {site.row}, column {site.col}" if site.row is not None else "placed by metres"
    drawing.rect(
        x + 0.5,
        y + 0.5,
        w - 1,
        h - 1,
        fill,
        "#6b7787",
        radius=1.5 if w > 20 else 0,
        hint=f"{site.label}: {site.what.name}, {place}" + (f", {value}" if value else ""),
    )
    edge = max(1.5, min(4.0, h / 20))
    sides = {
        "north": (x + 1, y + 1, w - 2, edge),
        "south": (x + 1, y + h - 1 - edge, w - 2, edge),
        "west": (x + 1, y + 1, edge, h - 2),
        "east": (x + w - 1 - edge, y + 1, edge, h - 2),
    }
    drawing.rect(*sides[site.faces], FRONT)
    if h < 34 or w < 14:
        return
    room = h - 18
    middle = x + w / 2
    drawing.text(
        middle + (-1.5 if value and w >= 26 else 3.2), y + h - 9, site.label, 9, INK, bold=True, width=room, turned=True
    )
    if value and w >= 26:
        drawing.text(middle + 9.5, y + h - 9, value, 8, MUTED, width=room, turned=True)


def frame(drawing: Drawing, plan: FloorPlan) -> None:
    """Names of the rows, the meaning of the marks, and a scale."""
    for y, row in each_row(plan.racks):
        if row[0].row is not None and plan.px(plan.floor.depth) > 10:
            middle = plan.y(y + plan.floor.depth / 2) + 3
            drawing.text(plan.x(min(s.x for s in row)) - 6, middle, f"row {row[0].row}", 9, MUTED, anchor="end")
    bottom = drawing.height + 22
    metre = round_length(60 / plan.scale)
    drawing.line(64, bottom, 64 + metre * plan.scale, bottom, INK, 1.5)
    for x in (64, 64 + metre * plan.scale):
        drawing.line(x, bottom - 4, x, bottom + 4, INK, 1.5)
    drawing.text(64 + metre * plan.scale + 8, bottom + 3.5, f"{metre} m", 9)
    start = 64 + metre * plan.scale + 70
    drawing.rect(start, bottom - 5, 14, 4, FRONT)
    count = len(plan.racks)
    drawing.text(start + 20, bottom + 3.5, "front of a rack", 9, MUTED)
    text = f"{count:,} rack{'s' * (count != 1)} on tiles of {_tile(plan.floor)}"
    drawing.text(start + 130, bottom + 3.5, text, 9, MUTED)


def round_length(least: float) -> int:
    """The least of 1, 2, 5, 10, 20 … metres that is no less than `least`."""
    power = 1
    while 5 * power < least:
        power *= 10
    return next(m * power for m in (1, 2, 5) if m * power >= least)


def _tile(floor: Floor) -> str:
    return f"{floor.width // 1000:,} × {floor.depth // 1000:,} mm"
