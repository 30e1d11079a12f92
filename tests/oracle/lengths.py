"""Where things stand, and how long each cable is: the pieces of `docs/physical.md`, added up link by link."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from .counts import carriers
from .expand import Joint, Machine, Path, Thing
from .parts import Part, evaluate, every, tuples

UNIT = Fraction(4445, 100_000)
SIDE, LOOP, ENTRY = Fraction(2413, 10_000), Fraction(3, 10), Fraction(3, 10)  # what a rack has that states none
LAID = ("rack", "system", "site")  # what holds cables; a link inside a board comes with the board


@dataclass
class Places:
    """By path: the coordinates on a floor that a place gives, and the unit in a rack."""

    floor: dict[Path, dict[str, Fraction]]
    units: dict[Path, int]


def places(machine: Machine) -> Places:
    found = Places({}, {})
    for thing in machine.things.values():
        for place in thing.part.places:
            for at in tuples(place.ranges, place.where):
                path = (
                    *thing.path,
                    *((name, tuple(int(evaluate(e, at)) for e in indices)) for name, indices in place.path),
                )
                values = {
                    axis: evaluate(e, at) for axis, e in place.at.items() if axis in ("U", "row", "col", "x", "y")
                }
                if "U" in values:
                    found.units[path] = int(values["U"])
                elif values:
                    found.floor[path] = {axis: Fraction(v) for axis, v in values.items()}
    return found


def corner(machine: Machine, rack: Path, where: Places) -> tuple[Fraction, Fraction] | None:
    """Where a rack's tile starts: what places it and what holds it, added up."""
    total: Counter[str] = Counter()
    held = [rack[:k] for k in range(len(rack) + 1) if rack[:k] in where.floor]
    if rack not in held:
        return None
    for path in held:
        for axis, value in where.floor[path].items():
            total[axis] += value  # type: ignore[assignment]
    top = machine.things[()].part
    (width, depth), (x0, y0) = (top.attributes.get(f"floor.{n}", [Fraction(0)] * 2) for n in ("pitch", "origin"))
    cold = top.number("floor.aisle") or Fraction(0)
    hot = top.number("floor.hot_aisle")
    hot = cold if hot is None else hot
    row = int(total["row"])
    x = total["col"] * width + Fraction(total["x"], 10**6)
    y = row * depth + sum(cold if r % 2 == 0 else hot for r in range(row)) + Fraction(total["y"], 10**6)
    return (x, y) if total["x"] or total["y"] else (x + x0, y + y0)


def _loose(machine: Machine, rack: Path, where: Places) -> Path:
    """Down to the last array on the way that nothing places, where it has several elements."""
    for k in range(len(rack) - 1, 0, -1):
        name, _ = rack[k - 1]
        many = len(list(every(machine.things[rack[: k - 1]].part.instances[name][0])))
        if rack[:k] not in where.floor and many > 1:
            return rack[:k]
    return ()


def _unit(thing: Thing, where: Places) -> int | None:
    """The unit of a device, or of what holds it in the rack."""
    here: Thing | None = thing
    while here is not None and here.path != thing.rack:
        if here.path in where.units:
            return where.units[here.path]
        here = here.holder
    return None


def metres(machine: Machine, joint: Joint, where: Places) -> Fraction | None:
    """The length of one link, None where its ends have no place."""
    one, other = machine.things[joint.a[0]], machine.things[joint.b[0]]
    if one.rack is None or other.rack is None:
        return None
    racks = [machine.things[rack].part for rack in (one.rack, other.rack)]
    units = [_unit(thing, where) for thing in (one, other)]
    top = machine.things[()].part
    way = sum((_measure(rack, "side", SIDE) for rack in racks), Fraction(0))
    if one.rack == other.rack:
        if units[0] is None or units[1] is None:
            return None
        way += abs(units[0] - units[1]) * (racks[0].number("unit") or UNIT)
    else:
        corners = [corner(machine, thing.rack, where) for thing in (one, other) if thing.rack is not None]
        if "floor.pitch" not in top.attributes or corners[0] is None or corners[1] is None:
            return None
        if _loose(machine, one.rack, where) != _loose(machine, other.rack, where):
            return None
        tray = top.number("floor.tray") or Fraction(0)
        for rack, unit in zip(racks, units, strict=True):
            height = (rack.number("height") or Fraction(0)) if unit is None else unit * (rack.number("unit") or UNIT)
            way += max(Fraction(0), tray - height) + _measure(rack, "entry", ENTRY)
        way += _along(top, corners[0], corners[1])
    way *= 1 + (top.number("floor.slack") or Fraction(0))
    return way + sum(_measure(rack, "loop", LOOP) for rack in racks)


def _measure(rack: Part, name: str, otherwise: Fraction) -> Fraction:
    stated = rack.number(f"cabling.{name}")
    return otherwise if stated is None else stated


def _along(top: Part, a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> Fraction:
    """In the trays: along each row, and between rows at the cross tray that makes it shortest."""
    (xa, ya), (xb, yb) = a, b
    cross = int(top.number("floor.cross") or 0)
    if not cross or ya == yb:
        return abs(xa - xb) + abs(ya - yb)
    step = cross * top.attributes["floor.pitch"][0]
    x0 = top.attributes.get("floor.origin", [Fraction(0)] * 2)[0]
    first, last = (int((f(xa, xb) - x0) // step) for f in (min, max))
    ways = (abs(xa - x0 - k * step) + abs(xb - x0 - k * step) for k in range(first - 1, last + 2))
    return min(ways) + abs(ya - yb)


@dataclass
class Cable:
    """One cable or fiber that is laid: what it is, between which racks, how long, how many links it carries."""

    part: Part
    racks: tuple[Path | None, Path | None]
    metres: Fraction | None
    links: int

    @property
    def stock(self) -> Fraction | None:
        """The shortest length that it comes in and that is long enough."""
        listed = self.part.attributes.get("lengths")
        one = self.part.number("length")
        comes = sorted(listed) if isinstance(listed, list) else [one] if one is not None else []
        return None if self.metres is None else next((c for c in comes if c >= self.metres), None)


def cables(machine: Machine) -> list[Cable]:
    """Every cable that is laid, each piece of it; a bundle is as long as its longest link."""
    where = places(machine)
    found = []
    for joints in carriers(machine):
        medium = joints[0].pattern.medium
        laid = medium.inner("fiber") if medium is not None and medium.kind == "optic" else medium
        if laid is None or machine.things[joints[0].owner].part.kind not in LAID:
            continue
        lengths = [metres(machine, j, where) for j in joints]
        known = [m for m in lengths if m is not None]
        racks = (machine.things[joints[0].a[0]].rack, machine.things[joints[0].b[0]].rack)
        cable = Cable(laid, racks, max(known) if len(known) == len(lengths) else None, len(joints))
        found += [cable] * int(laid.number("pieces") or 1)
    return found
