"""Heat: how much of each rack's power goes to air and how much to liquid, and what flow carries it away.

Flow = heat / (density × heat capacity × temperature rise); water at 25 °C: 997 kg/m³ and 4,180 J/(kg K); air: 1.2 kg/m³
and 1,005 J/(kg K) (Incropera, Fundamentals of Heat and Mass Transfer, tables A.4 and A.6).
"""

from __future__ import annotations

from fractions import Fraction

from attrs import frozen

from cmxdsl.model import Census, Component, parts_of
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


def heat(component: Component, attribute: str, inherited: tuple[str, Fraction | None] = ("", None)) -> Heat:
    """The heat of a component and all in it: each part is cooled as it says, or as what holds it says."""
    return _heat(component, attribute, inherited, {})


_Key = tuple[Component, tuple[str, Fraction | None]]


def _heat(
    component: Component, attribute: str, inherited: tuple[str, Fraction | None], known: dict[_Key, Heat]
) -> Heat:  # fmt: skip
    share = component.quantity("liquid_share")
    way = component.text("cooling")
    here = (way, share.value if share is not None else None) if way else inherited
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
                    total = total.plus(_split(draw.value, here), many)
        known[key] = total
    return known[key]


def _split(power: Fraction, way: tuple[str, Fraction | None]) -> Heat:
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
    """One kind of rack: how many, the heat of one, the flow that carries the liquid's away or the rise it makes."""

    rack: Component
    count: int
    heat: Heat
    flow: Quantity | None
    rise: Fraction | None
    loop: str
    air_flow: Quantity | None


def racks(top: Component, census: Census, attribute: str) -> list[RackHeat]:
    """The heat of each kind of rack."""
    share = top.quantity("liquid_share")
    above = (top.text("cooling"), share.value if share is not None else None)
    result = []
    for rack, many in sorted(census.counts(top).items(), key=lambda item: item[0].id):
        if rack.kind != "rack" or not many:
            continue
        found = heat(rack, attribute, above)
        flow, rise = rack.quantity("coolant.flow"), rack.quantity("coolant.rise")
        air = rack.quantity("air.rise")
        warm = rise.value if rise is not None else None
        if flow is None and rise is not None and rise.value > 0 and found.liquid:
            flow = _volume(found.liquid / (WATER * rise.value))
        elif flow is not None and flow.value > 0:
            warm = found.liquid / (WATER * flow.value)
        through = _volume(found.air / (AIR * air.value)) if air is not None and air.value > 0 and found.air else None
        result.append(RackHeat(rack, many, found, flow, warm, rack.text("coolant.loop"), through))
    return result


def _volume(value: Fraction) -> Quantity:
    return Quantity(value, VOLUME / TIME)


@frozen
class Loop:
    """A cooling loop: the heat it takes from its racks, and what its cooling units can carry."""

    name: str
    heat: Fraction
    capacity: Fraction | None


def loops(top: Component, census: Census, attribute: str) -> list[Loop]:
    """The liquid loops that racks name."""
    taken: dict[str, Fraction] = {}
    for one in racks(top, census, attribute):
        if one.loop:
            taken[one.loop] = taken.get(one.loop, Fraction(0)) + one.heat.liquid * one.count
    capacity: dict[str, Fraction] = {}
    for part, many in census.counts(top).items():
        most, name = part.quantity("cooling_capacity"), part.text("coolant.loop")
        if most is not None and name:
            capacity[name] = capacity.get(name, Fraction(0)) + most.value * many
    return [Loop(name, taken[name], capacity.get(name)) for name in sorted(taken)]
