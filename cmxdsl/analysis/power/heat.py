"""Heat: how much of each rack's power goes to air and how much to liquid, and what flow carries it away.

Flow = heat / (density × heat capacity × temperature rise); water at 25 °C: 997 kg/m³ and 4,180 J/(kg K); air: 1.2 kg/m³
and 1,005 J/(kg K) (Incropera, Fundamentals of Heat and Mass Transfer, tables A.4 and A.6).
"""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.base.cooling import UNSAID, Way, cooled, cooled_along
from cmxdsl.analysis.base.ports import Names
from cmxdsl.analysis.physical.attribution import Alike, attribution
from cmxdsl.model import Component, Subject, parts_of
from cmxdsl.records import frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import TIME, VOLUME

WATER, AIR = 997 * 4180, Fraction(12, 10) * 1005  # J/(m³ K)


@frozen
class Heat:
    """Watts to air, to liquid, and of parts that no one has said how they are cooled."""

    air: Fraction = Fraction(0)
    liquid: Fraction = Fraction(0)
    unknown: Fraction = Fraction(0)

    def plus(self, other: Heat, many: int = 1) -> Heat:
        return Heat(self.air + other.air * many, self.liquid + other.liquid * many, self.unknown + other.unknown * many)

    @property
    def total(self) -> Fraction:
        return self.air + self.liquid + self.unknown


def heat(component: Component, attribute: str, inherited: Way = UNSAID) -> Heat:
    """The heat of a component and all in it: each part is cooled as it says, or as what holds it says."""
    return _heat(component, attribute, inherited, {})


def heat_of(one: Alike, attribute: str, inherited: Way = UNSAID) -> Heat:
    """The heat of a rack with its share of its links' parts, which are cooled as the devices that they are at."""
    total = heat(one.component, attribute, inherited)
    for (part, way), many in one.at_ends.items():
        draw = part.quantity(attribute)
        if draw is not None:
            total = total.plus(_split(draw.value * many, cooled(part, way if way != UNSAID else inherited)))
    return total


def _heat(component: Component, attribute: str, inherited: Way, known: dict[tuple[Component, Way], Heat]) -> Heat:
    here = cooled(component, inherited)
    key = (component, here)
    if key not in known:
        value = component.quantity(attribute)
        total = _split(value.value if value is not None else Fraction(0), here)
        for instance in component.instances.values():
            if instance.count:
                total = total.plus(_heat(instance.component, attribute, here, known), instance.count)
        for link in component.links:
            for part, many in parts_of(link):
                draw = part.quantity(attribute)
                if draw is not None:
                    total = total.plus(_split(draw.value, cooled(part, here)), many)
        known[key] = total
    return known[key]


def _split(power: Fraction, way: Way) -> Heat:
    match way:
        case ("air", _):
            return Heat(air=power)
        case ("liquid", _):
            return Heat(liquid=power)
        case ("hybrid", Fraction() as share):
            return Heat(air=power * (1 - share), liquid=power * share)
    return Heat(unknown=power)


@frozen
class RackHeat:
    """Racks that give the same heat: how many, which one, the heat of one, the flow that carries the liquid's away or
    the rise it makes."""

    rack: Component
    count: int
    example: str
    heat: Heat
    flow: Quantity | None
    rise: Fraction | None
    loop: str
    air_flow: Quantity | None


def racks(subject: Subject, attribute: str) -> list[RackHeat]:
    """The heat of each kind of rack, those with more on their links' ends apart."""
    found: dict[tuple[Component, Heat], tuple[str, int]] = {}
    for array in attribution(subject).arrays:
        for one in array.classes:
            key = (one.component, heat_of(one, attribute, _above(subject.top, array.names)))
            example, count = found.get(key, (one.example, 0))
            found[key] = (example, count + one.count)
    ordered = sorted(found.items(), key=lambda item: item[0][0].id)
    return [_rack_heat(rack, count, example, given) for (rack, given), (example, count) in ordered]


def _above(top: Component, names: Names) -> Way:
    """How what is around a rack is cooled; only the whole's way is known where its path is not."""
    try:
        return cooled_along(top, names[:-1]) if names else UNSAID
    except KeyError:
        return cooled(top)


def _rack_heat(rack: Component, count: int, example: str, found: Heat) -> RackHeat:
    flow, rise, air = rack.quantity("coolant.flow"), rack.quantity("coolant.rise"), rack.quantity("air.rise")
    warm = rise.value if rise is not None else None
    if flow is None and rise is not None and rise.value > 0 and found.liquid:
        flow = _volume(found.liquid / (WATER * rise.value))
    elif flow is not None and flow.value > 0:
        warm = found.liquid / (WATER * flow.value)
    through = _volume(found.air / (AIR * air.value)) if air is not None and air.value > 0 and found.air else None
    return RackHeat(rack, count, example, found, flow, warm, rack.text("coolant.loop"), through)


def _volume(value: Fraction) -> Quantity:
    return Quantity(value, VOLUME / TIME)


@frozen
class Loop:
    """A cooling loop: the heat it takes from its racks, and what its cooling units can carry."""

    name: str
    heat: Fraction
    capacity: Fraction | None


def loops(subject: Subject, attribute: str) -> list[Loop]:
    """The liquid loops that racks name."""
    taken: dict[str, Fraction] = {}
    for one in racks(subject, attribute):
        if one.loop:
            taken[one.loop] = taken.get(one.loop, Fraction(0)) + one.heat.liquid * one.count
    capacity: dict[str, Fraction] = {}
    for part, many in subject.counts.items():
        most, name = part.quantity("cooling_capacity"), part.text("coolant.loop")
        if most is not None and name:
            capacity[name] = capacity.get(name, Fraction(0)) + most.value * many
    return [Loop(name, taken[name], capacity.get(name)) for name in sorted(taken)]
