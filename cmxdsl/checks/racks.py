"""CMX06xx: racks and floors."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cmxdsl.analysis.physical.attribution import heaviest
from cmxdsl.analysis.physical.floor import Spot, floor_of, spots
from cmxdsl.analysis.physical.rack_units import Slot, slots, units_in
from cmxdsl.checks.registry import UNCOUNTED, Context, Per, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Related, Rule, Severity
from cmxdsl.fixes import Fix
from cmxdsl.model import Component, Expr, Placement, index
from cmxdsl.model import index_image as images
from cmxdsl.model.arithmetic import minus
from cmxdsl.model.index_image import Image
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import around, stated
from cmxdsl.units import show

_TRAY = "board T { height = 2 U }\n"

MAX_UNITS = 1_000  # that one device fills

OVERLAP = Rule(
    "CMX0601",
    "Two devices fill the same rack unit",
    "A device placed at U n with height h fills the units n to n + h - 1. Two devices may share units when both are "
    "`half_width` and one is on the left, the other on the right, or when one is at the front and one at the rear.",
    _TRAY + "rack R {\n    height = 42 U\n    t[3]: T\n    place t[i] at U 1 + i\n}\n",
    fix="place one of them elsewhere",
)
OVERFLOW = Rule(
    "CMX0602",
    "A device does not fit into its rack",
    "Units count from 1 at the bottom to the rack's height at the top.",
    _TRAY + "rack R {\n    height = 4 U\n    t[3]: T\n    place t[i] at U 1 + 2*i\n}\n",
    fix="place it lower, or make the rack higher",
)
OVERWEIGHT = Rule(
    "CMX0603",
    "A rack is loaded above its mass limit",
    "The masses of what is inside, with half of each cable that leads there, add up to more than the rack's "
    "`max_mass`.",
    "board T { height = 2 U; mass = 80 kg }\nrack R {\n    height = 42 U\n    max_mass = 200 kg\n    t[3]: T\n"
    "    place t[i] at U 1 + 2*i\n}\n",
    fix="move devices to another rack, or choose a stronger one",
)
NO_HEIGHT = Rule(
    "CMX0604",
    "A device placed in a rack has no height",
    "Without a `height` it is not known which units the device fills, and overlaps cannot be found.",
    "board T { }\nrack R {\n    height = 42 U\n    t: T\n    place t at U 1\n}\n",
)
SAME_TILE = Rule(
    "CMX0605",
    "Two racks have the same place",
    "Each rack has a row and a column of its own on the floor.",
    "rack R { height = 42 U }\nsystem S {\n    r[4]: R\n    place r[i] at row 0, col i div 2\n}\n",
    fix="give each rack a row and a column of its own",
)
PLACED_TWICE = Rule(
    "CMX0606",
    "A device is placed twice",
    "Each instance has one place.",
    _TRAY + "rack R {\n    height = 42 U\n    t[2]: T\n    place t[i] at U 1 + 2*i\n    place t[0] at U 11\n}\n",
    fix="keep one of the places",
)
WRONG_AXIS = Rule(
    "CMX0607",
    "A coordinate that does not fit the place",
    "`U` places devices in a rack; `row` and `col`, or `x` and `y`, place racks and systems on a floor.",
    "rack R { height = 42 U }\nsystem S {\n    r: R\n    place r at U 1\n}\n",
    fix="`U` is for racks, `row` and `col` are for floors",
)
UNPLACED = Rule(
    "CMX0608",
    "Some of an array are placed and others not",
    "The placement leaves elements of the array without a place.",
    _TRAY + "rack R {\n    height = 42 U\n    t[4]: T\n    place t[i] at U 1 + 2*i for i in 0..2\n}\n",
    Severity.WARNING,
    fix="place the others, or make the array smaller",
)


def _one_unit(component: Component, context: Context) -> tuple[Fix, ...]:
    """The usual height, where the component is defined."""
    file = context.file_of(component.span)
    definition = around(file.node, component.span, n.Definition) if file is not None else None
    return (stated(file.source, definition, "height = 1 U"),) if file is not None and definition is not None else ()


@check(Per.COMPONENT, OVERLAP, OVERFLOW, NO_HEIGHT)
def in_rack(rack: Component, context: Context) -> Iterator[Diagnostic]:
    height = rack.quantity("height")
    if rack.kind != "rack" or height is None:
        return
    units = units_in(rack)
    try:
        devices = slots(rack)
    except index.TooMany as error:
        yield not_decided(rack.span, f"whether the devices of `{rack.name}` fit into it", error)
        return
    taken: dict[tuple[int, str, str], Slot] = {}
    reported: set[tuple[int, int]] = set()
    for slot in devices:
        if slot.zero_u:
            continue
        if slot.height == 0:
            if "height" not in slot.component.attributes:
                message = f"`{slot.component.name}` is placed in a rack and has no height"
                help = f"give `{slot.component.name}` a height, such as `height = 1 U`"
                yield NO_HEIGHT.at(slot.placement.span, message, help, fixes=_one_unit(slot.component, context))
            continue
        if slot.unit < 1 or slot.unit + slot.height - 1 > units:
            top = slot.unit + slot.height - 1
            where = f"fills U{slot.unit}" + (f" to U{top}" if top > slot.unit else "")
            message = f"`{slot.label}` {where}, and `{rack.name}` has U1 to U{units}"
            yield OVERFLOW.at(slot.placement.span, message)
        other = next((o for key in _cells(slot) if (o := taken.get(key)) is not None), None)
        if other is not None and (id(other.placement), id(slot.placement)) not in reported:
            reported.add((id(other.placement), id(slot.placement)))
            common = max(slot.unit, other.unit)
            message = f"`{slot.label}` and `{other.label}` both fill U{common} of `{rack.name}`"
            related = (
                []
                if other.placement is slot.placement
                else [Related(other.placement.span, f"`{other.label}` is placed here")]
            )
            fix = f"`{slot.component.name}` is {slot.height} U high" if other.placement is slot.placement else ""
            yield OVERLAP.at(slot.placement.span, message, fix, related)
        for key in _cells(slot):
            taken[key] = slot


def _cells(slot: Slot) -> list[tuple[int, str, str]]:
    """The cells a device fills: each unit, by half and by face where it says so."""
    sides = [slot.side] if slot.half else ["left", "right"]
    faces = [slot.face] if slot.face else ["front", "rear"]
    if slot.height > MAX_UNITS:
        raise index.TooMany(slot.height, MAX_UNITS)
    return [(unit, side, face) for unit in slot.units for side in sides for face in faces]


@check(Per.COMPONENT, OVERWEIGHT)
def overweight(rack: Component, context: Context) -> Iterator[Diagnostic]:
    limit, own = rack.quantity("max_mass"), rack.quantity("mass")
    if rack.kind != "rack" or limit is None:
        return
    span = rack.attributes["max_mass"].span or rack.span
    held = context.held(rack)
    worst = heaviest(held, "mass")
    total = worst.total("mass").value if worst is not None else None
    load = total - own if total is not None and own is not None else total
    if worst is not None and load is not None and load.value > limit.value:
        who = rack.name if len(held) == 1 else worst.example
        yield OVERWEIGHT.at(span, f"`{who}` carries {show(load)}, and its limit is {show(limit)}")
    elif any(one.unsure for one in held):
        yield not_decided(span, f"whether `{rack.name}` carries more than it can", UNCOUNTED)


@check(Per.COMPONENT, WRONG_AXIS)
def axes(component: Component, context: Context) -> Iterator[Diagnostic]:
    for placement in component.placements:
        given = set(placement.coordinates)
        in_units = "U" in given
        if in_units != (component.kind == "rack") and (in_units or given & {"row", "col", "x", "y"}):
            where = "in a rack" if component.kind == "rack" else "on a floor"
            right = "`U`" if component.kind == "rack" else "`row` and `col`"
            yield WRONG_AXIS.at(placement.span, f"a place {where} is given by {right}")


@check(Per.COMPONENT, PLACED_TWICE, UNPLACED)
def placements(component: Component, context: Context) -> Iterator[Diagnostic]:
    by_path: dict[tuple[str, ...], list[Placement]] = {}
    for placement in component.placements:
        by_path.setdefault(tuple(s.name for s in placement.path), []).append(placement)
    for names, places in by_path.items():
        shape = component.shape_at(names)
        path = ".".join(names)
        found = [Image(tuple(e for s in p.path for e in s.indices), p.domain, p.where) for p in places]
        try:
            twice = {k for k, image in enumerate(found) if images.repeated(image, shape) is not None}
            twice |= {second for _, second, _, _ in images.clashes(found, shape)}
        except index.TooMany as error:
            yield not_decided(places[0].span, f"whether each `{path}` is placed once", error)
            continue
        for k in sorted(twice):
            yield PLACED_TWICE.at(places[k].span, f"`{path}` is placed twice")
        every = prod(shape)
        if len(places) == 1 and places[0].count < every:
            left = every - places[0].count
            yield UNPLACED.at(places[0].span, f"{left:,} of {every:,} `{path}` have no place")


@check(Per.DESIGN, SAME_TILE)
def tiles(top: Component, context: Context) -> Iterator[Diagnostic]:
    """Racks on tiles by row and column, others by x and y; on a floor CMX0613 looks after these."""
    found = spots(top)
    by_tile = [s for s in found if s.position.by_tile]
    yield from _same_place(by_tile, [(s.position.row, s.position.col) for s in by_tile], "row {}, column {}")
    if floor_of(top) is None:
        loose = [s for s in found if not s.position.by_tile]
        yield from _same_place(loose, [(s.position.x, s.position.y) for s in loose], "x {} µm, y {} µm")


def _same_place(found: list[Spot], places: list[tuple[Expr, Expr]], where: str) -> Iterator[Diagnostic]:
    if not found:
        return
    low, high = _bounds(found, places)
    shape = tuple(h - n + 1 for n, h in zip(low, high, strict=True))
    within = [
        Image(tuple(minus(e, n) for e, n in zip(p, low, strict=True)), s.domain, s.where)
        for s, p in zip(found, places, strict=True)
    ]

    def same(number: int, at: dict[str, int], other: int) -> Diagnostic:
        spot, first = found[number], found[other]
        both = number == other
        who = f"two of `{spot.label}` are" if both else f"`{spot.label}` and `{first.label}` both are"
        place = where.format(*(int(index.evaluate(e, at)) for e in places[number]))
        related = [Related(first.span, f"`{first.label}` is placed here")] if first.span != spot.span else []
        return SAME_TILE.at(spot.span, f"{who} at {place}", "", related)

    repeated: set[int] = set()
    for number, image in enumerate(within):
        try:
            pair = images.repeated(image, shape)
        except index.TooMany as error:
            yield not_decided(found[number].span, f"whether each `{found[number].label}` has a place of its own", error)
            continue
        if pair is not None:
            repeated.add(number)
            yield same(number, pair[1], number)
    try:
        for first, second, _, at in images.clashes(within, shape):
            if second not in repeated:
                yield same(second, at, first)
    except index.TooMany as error:
        yield not_decided(found[0].span, "whether two racks have the same place", error)


def _bounds(found: list[Spot], places: list[tuple[Expr, Expr]]) -> tuple[list[int], list[int]]:
    """The least and the greatest of each coordinate."""
    ranges = [[index.interval(e, s.domain) for e in p] for s, p in zip(found, places, strict=True)]
    return [min(r[k][0] for r in ranges) for k in (0, 1)], [max(r[k][1] for r in ranges) for k in (0, 1)]
