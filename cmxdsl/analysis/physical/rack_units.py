"""Racks: which device fills which units."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from cmxdsl.analysis.physical.floor import element
from cmxdsl.model import Component, Const, Placement, index
from cmxdsl.records import frozen

UNIT = Fraction(4445, 100_000)  # metres: 1.75 inch, IEC 60297


@frozen
class Slot:
    """A device in a rack: its lowest unit (from 1), how many units it fills, its side and face.

    A device without a height fills none; a `zero_u` one, such as a vertical power strip, hangs beside the units.
    """

    label: str
    component: Component
    unit: int
    height: int
    side: str
    face: str
    placement: Placement

    @property
    def units(self) -> range:
        return range(self.unit, self.unit + self.height)

    @property
    def zero_u(self) -> bool:
        return self.component.get("zero_u") is True

    @property
    def half(self) -> bool:
        """Whether it fills one side only."""
        return self.component.get("half_width") is True and bool(self.side)


def unit_of(rack: Component) -> Fraction:
    """Metres in one unit of a rack: 44.45 mm, or what it states, as 48 mm in open racks."""
    stated = rack.quantity("unit")
    return stated.value if stated is not None and stated.value > 0 else UNIT


def units_in(rack: Component) -> int:
    """The units inside a rack; 0 when its height is not known."""
    height = rack.quantity("height")
    return floor(height.value / unit_of(rack)) if height is not None else 0


def unit_name(rack: Component) -> str:
    """What a rack's units are called: U, or OU in an open rack of 48 mm."""
    return "OU" if unit_of(rack) == Fraction(48, 1000) else "U"


def slots(rack: Component) -> list[Slot]:
    """The devices placed in a rack at a `U`. Raises index.TooMany."""
    found = []
    for placement in rack.placements:
        if "U" not in placement.coordinates or placement.count == 0:
            continue
        device, _ = rack.at(tuple(s.name for s in placement.path))
        height = device.quantity("height") if device.get("zero_u") is not True else None
        units = ceil(height.value / unit_of(rack)) if height is not None else 0
        side, face = _symbol(placement, "side"), _symbol(placement, "face")
        for at in _each(placement):
            label = ".".join(element(s, at) for s in placement.path)
            unit = int(index.evaluate(placement.coordinates["U"], at))
            found.append(Slot(label, device, unit, units, side, face, placement))
    return found


def _each(placement: Placement) -> Iterator[dict[str, int]]:
    """Each tuple of a placement's domain."""
    if index.size(placement.domain) > index.LIMIT // 100:
        raise index.TooMany(index.size(placement.domain), index.LIMIT // 100)
    yield from index.each(placement.domain, placement.where)


def _symbol(placement: Placement, axis: str) -> str:
    expr = placement.coordinates.get(axis)
    return str(expr.value) if isinstance(expr, Const) else ""
