"""CMX06xx: racks and floors."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cmxdsl.analysis.physical.attribution import heaviest
from cmxdsl.analysis.physical.floor import spots
from cmxdsl.analysis.physical.rack_units import Slot, slots, units_in
from cmxdsl.checks.registry import UNCOUNTED, Context, Scope, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Related, Rule, Severity
from cmxdsl.model import Component, Const, Op, index
from cmxdsl.model import index_image as images
from cmxdsl.model.index_image import Image
from cmxdsl.source import Span
from cmxdsl.units import number, show

_TRAY = "board T { height = 2 U }\n"

OVERLAP = Rule(
    "CMX0601",
    "Two devices fill the same rack unit",
    "A device placed at U n with height h fills the units n to n + h - 1. Two devices may share units when both are "
    "`half_width` and one is on the left, the other on the right, or when one is at the front and one at the rear.",
    _TRAY + "rack R {\n    height = 42 U\n    t[3]: T\n    place t[i] at U 1 + i\n}\n",
    mend="place one of them elsewhere",
)
OVERFLOW = Rule(
    "CMX0602",
    "A device stands out of its rack",
    "Units count from 1 at the bottom to the rack's height at the top.",
    _TRAY + "rack R {\n    height = 4 U\n    t[3]: T\n    place t[i] at U 1 + 2*i\n}\n",
    mend="place it lower, or make the rack higher",
)
OVERWEIGHT = Rule(
    "CMX0603",
    "A rack carries more than it can",
    "The masses of what is inside, with half of each cable that leads there, add up to more than the rack's "
    "`max_mass`.",
    "board T { height = 2 U; mass = 80 kg }\nrack R {\n    height = 42 U\n    max_mass = 200 kg\n    t[3]: T\n"
    "    place t[i] at U 1 + 2*i\n}\n",
    mend="move devices to another rack, or choose a stronger one",
)
NO_HEIGHT = Rule(
    "CMX0604",
    "A device placed in a rack has no height",
    "Without a `height` it is not known which units the device fills, and overlaps cannot be found.",
    "board T { }\nrack R {\n    height = 42 U\n    t: T\n    place t at U 1\n}\n",
)
SAME_TILE = Rule(
    "CMX0605",
    "Two racks stand on the same place",
    "Each rack has a row and a column of its own on the floor.",
    "rack R { height = 42 U }\nsystem S {\n    r[4]: R\n    place r[i] at row 0, col i div 2\n}\n",
    mend="give each rack a row and a column of its own",
)
PLACED_TWICE = Rule(
    "CMX0606",
    "A device is placed twice",
    "Each instance stands in one place.",
    _TRAY + "rack R {\n    height = 42 U\n    t[2]: T\n    place t[i] at U 1 + 2*i\n    place t[0] at U 11\n}\n",
    mend="keep one of the places",
)
WRONG_AXIS = Rule(
    "CMX0607",
    "A coordinate that does not fit the place",
    "`U` places devices in a rack; `row` and `col`, or `x` and `y`, place racks and systems on a floor.",
    "rack R { height = 42 U }\nsystem S {\n    r: R\n    place r at U 1\n}\n",
    mend="`U` is for racks, `row` and `col` are for floors",
)
UNPLACED = Rule(
    "CMX0608",
    "Some of an array are placed and others not",
    "The placement leaves elements of the array without a place.",
    _TRAY + "rack R {\n    height = 42 U\n    t[4]: T\n    place t[i] at U 1 + 2*i for i in 0..2\n}\n",
    Severity.WARNING,
    mend="place the others, or make the array smaller",
)


@check(Scope.COMPONENT, OVERLAP, OVERFLOW, NO_HEIGHT)
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
                yield NO_HEIGHT.at(
                    slot.placement.span,
                    message,
                    f"give `{slot.component.name}` a height, such as `height = 1 U`",
                )
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
            mend = f"`{slot.component.name}` is {slot.height} U high" if other.placement is slot.placement else ""
            yield OVERLAP.at(slot.placement.span, message, mend, related)
        for key in _cells(slot):
            taken[key] = slot


def _cells(slot: Slot) -> list[tuple[int, str, str]]:
    """The cells a device fills: each unit, by half and by face where it says so."""
    sides = [slot.side] if slot.half else ["left", "right"]
    faces = [slot.face] if slot.face else ["front", "rear"]
    span = range(slot.unit, slot.unit + min(slot.height, 1000))
    return [(unit, side, face) for unit in span for side in sides for face in faces]


@check(Scope.COMPONENT, OVERWEIGHT)
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
        yield OVERWEIGHT.at(span, f"`{who}` holds {show(load)} and can carry {show(limit)}")
    elif any(one.unsure for one in held):
        yield not_decided(span, f"whether `{rack.name}` carries more than it can", UNCOUNTED)


@check(Scope.COMPONENT, PLACED_TWICE, WRONG_AXIS, UNPLACED)
def placements(component: Component, context: Context) -> Iterator[Diagnostic]:
    by_path: dict[tuple[str, ...], list[Image]] = {}
    for placement in component.placements:
        axes = set(placement.coordinates)
        in_units = "U" in axes
        if in_units != (component.kind == "rack") and (in_units or axes & {"row", "col", "x", "y"}):
            where = "in a rack" if component.kind == "rack" else "on a floor"
            right = "`U`" if component.kind == "rack" else "`row` and `col`"
            yield WRONG_AXIS.at(placement.span, f"a place {where} is given by {right}")
        names = tuple(s.name for s in placement.path)
        image = Image(tuple(e for s in placement.path for e in s.indices), placement.domain, placement.where)
        shape = component.shape_at(names)
        earlier = by_path.setdefault(names, [])
        try:
            twice = images.injective(image) is False or (
                images.injective(image) is None and images.duplicate(image, shape) is not None
            )
            clash = any(
                not images.disjoint(image, other) and images.collision(image, other, shape) for other in earlier
            )
        except index.TooMany:
            continue
        if twice or clash:
            yield PLACED_TWICE.at(placement.span, f"`{'.'.join(names)}` is placed twice")
        earlier.append(image)
        every = prod(shape)
        if (
            len([p for p in component.placements if tuple(s.name for s in p.path) == names]) == 1
            and placement.count < every
        ):
            left = every - placement.count
            yield UNPLACED.at(placement.span, f"{left:,} of {every:,} `{'.'.join(names)}` have no place")


@check(Scope.DESIGN, SAME_TILE)
def tiles(top: Component, context: Context) -> Iterator[Diagnostic]:
    found = spots(top)
    for position, spot in enumerate(found):
        try:
            pair = None
            if not images.injective(spot.image):
                pair = images.duplicate(_from_zero(spot.image), _box(spot.image))
            if pair is not None:
                yield _same_tile(spot.label, spot.label, spot.image, pair[0], spot.span, [])
                continue
            for other in found[:position]:
                if images.disjoint(other.image, spot.image):
                    continue
                hit = images.collision(*_aligned(other.image, spot.image))
                if hit is not None:
                    related = (
                        [Related(other.span, f"`{other.label}` is placed here")] if other.span != spot.span else []
                    )
                    yield _same_tile(spot.label, other.label, spot.image, hit[1], spot.span, related)
                    break
        except index.TooMany as error:
            yield not_decided(spot.span, f"whether `{spot.label}` stands on a place of its own", error)


def _same_tile(
    label: str, other: str, image: Image, at: dict[str, int], span: Span, related: list[Related]
) -> Diagnostic:
    row, col = (int(index.evaluate(e, at)) for e in image.indices)
    who = f"two of `{label}` stand" if label == other else f"`{label}` and `{other}` both stand"
    return SAME_TILE.at(span, f"{who} at row {row}, column {col}", "", related)


def _box(*images: Image) -> tuple[int, int]:
    """Sizes that hold all rows and columns of the images, counted from their least."""
    low, high = _bounds(*images)
    return high[0] - low[0] + 1, high[1] - low[1] + 1


def _bounds(*images: Image) -> tuple[list[int], list[int]]:
    ranges = [[index.interval(e, image.domain) for e in image.indices] for image in images]
    return [min(r[k][0] for r in ranges) for k in (0, 1)], [max(r[k][1] for r in ranges) for k in (0, 1)]


def _from_zero(image: Image, low: list[int] | None = None) -> Image:
    least = low or _bounds(image)[0]
    shifted = tuple(Op("-", (e, Const(number(n)))) for e, n in zip(image.indices, least, strict=True))
    return Image(shifted, image.domain, image.where)


def _aligned(a: Image, b: Image) -> tuple[Image, Image, tuple[int, int]]:
    low, _ = _bounds(a, b)
    return _from_zero(a, low), _from_zero(b, low), _box(a, b)
