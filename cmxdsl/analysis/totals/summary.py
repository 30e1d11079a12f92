"""The performance and power summary of a design."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.base.planes import Plane, planes
from cmxdsl.analysis.base.roles import FORMATS, is_accelerator
from cmxdsl.analysis.physical.attribution import Between, attribution, between
from cmxdsl.analysis.physical.floor import floor_area
from cmxdsl.analysis.power.feeds import PLANE
from cmxdsl.analysis.totals.memory import MemoryTotals, memory
from cmxdsl.model import Component, Subject, Total
from cmxdsl.records import frozen
from cmxdsl.units import Quantity, UnitFault, number

HEADLINE = ("compute.bf16", "compute.fp16", "compute.fp8", "compute.fp32", "compute.fp64", "compute.int8")


@frozen
class Ratio:
    """A figure of merit: name, value, unit for printing; `complete` as the totals it is made of."""

    name: str
    value: Quantity
    unit: str
    complete: bool


@frozen
class RackClass:
    """Racks that hold the same: how many, one of them, and what one amounts to with its share of its links' parts."""

    count: int
    example: str
    typical: Total
    peak: Total
    mass: Total
    price: Total


@frozen
class RackPower:
    """One kind of rack: how many, by what they hold; of power and mass the least and the most that one has."""

    rack: str
    classes: tuple[RackClass, ...]

    @property
    def count(self) -> int:
        return sum(one.count for one in self.classes)

    @property
    def typical(self) -> Between:
        return between([one.typical for one in self.classes])

    @property
    def peak(self) -> Between:
        return between([one.peak for one in self.classes])

    @property
    def mass(self) -> Between:
        return between([one.mass for one in self.classes])


@frozen
class Summary:
    """What a design amounts to."""

    design: str
    doc: str
    counts: dict[str, int]
    compute: dict[str, Total]
    memory: dict[str, MemoryTotals]
    power: dict[str, Total]
    price: Total
    mass: Total
    planes: dict[str, Plane]
    power_by_kind: dict[str, dict[str, Quantity]]
    racks: tuple[RackPower, ...]
    ratios: tuple[Ratio, ...]
    floor: Quantity | None
    accelerators: int
    own: dict[str, Total]  # of the attributes that the design declares and that add up


def summary(subject: Subject) -> Summary:
    """The summary of a design, each number by multiplicity."""
    top = subject.top
    compute = {name.split(".")[1]: subject.total(name) for name in FORMATS}
    compute = {name: total for name, total in compute.items() if total.known or total.missing}
    kept = {name: memory(subject, f"memory.{name}") for name in ("capacity", "bandwidth")}
    power = {name: subject.total(f"power.{name}") for name in ("typical", "peak")}
    price, mass = subject.total("price"), subject.total("mass")
    counts: dict[str, int] = {}
    for part, many in subject.counts.items():
        if many:
            counts[part.name] = counts.get(part.name, 0) + many
    return Summary(
        top.name,
        top.doc,
        dict(sorted(counts.items())),
        compute,
        kept,
        power,
        price,
        mass,
        {name: plane for name, plane in planes(subject).items() if name != PLANE},
        _by_kind(subject),
        _racks(subject),
        _ratios(subject),
        floor_area(subject),
        accelerators(subject),
        {row.name: subject.total(row.name) for row in top.vocabulary.own.values() if row.total},
    )


def accelerators(subject: Subject) -> int:
    return sum(many for part, many in subject.counts.items() if is_accelerator(part))


def _by_kind(subject: Subject) -> dict[str, dict[str, Quantity]]:
    """Typical and peak power of all parts of each name that state it, largest first."""
    rows: dict[str, dict[str, Quantity]] = {}
    for part, many in subject.counts.items():
        for which in ("typical", "peak"):
            value = part.quantity(f"power.{which}")
            if value is not None and many:
                row = rows.setdefault(part.name, {})
                row[which] = row[which] + value * number(many) if which in row else value * number(many)
    zero = Quantity(Fraction(0))

    def size(row: dict[str, Quantity]) -> Fraction:
        return max(row.get("typical", zero).value, row.get("peak", zero).value)

    return dict(sorted(rows.items(), key=lambda item: (-size(item[1]), item[0])))


def _racks(subject: Subject) -> tuple[RackPower, ...]:
    found: dict[Component, list[RackClass]] = {}
    for one in attribution(subject).classes:
        totals = (one.total(name) for name in ("power.typical", "power.peak", "mass", "price"))
        found.setdefault(one.component, []).append(RackClass(one.count, one.example, *totals))
    return tuple(RackPower(rack.id, tuple(found[rack])) for rack in sorted(found, key=lambda rack: rack.id))


def _ratios(subject: Subject) -> tuple[Ratio, ...]:
    """Figures of merit from totals; one that an unknown total enters is left out."""
    headline = next((name for name in HEADLINE if subject.total(name).known), None)
    if headline is None:
        return ()
    compute = subject.total(headline)
    label = headline.split(".")[1].upper()
    owner = "accelerator " if accelerators(subject) else ""
    bandwidth, capacity = (memory(subject, f"memory.{name}") for name in ("bandwidth", "capacity"))
    fast, large = (m.accelerator if owner else m.all for m in (bandwidth, capacity))
    wanted = (
        (f"power per compute, typical ({label})", subject.total("power.typical"), compute, "W/TFLOPS"),
        (f"power per compute, peak ({label})", subject.total("power.peak"), compute, "W/TFLOPS"),
        (f"energy per operation, typical ({label})", subject.total("power.typical"), compute, "J/FLOP"),
        (f"price per compute ({label})", subject.total("price"), compute, "/TFLOPS"),
        (f"{owner}memory bandwidth per compute ({label})", fast, compute, "B/FLOP"),
        (f"power per {owner}memory bandwidth, typical", subject.total("power.typical"), fast, "W/(TB/s)"),
        (f"power per {owner}memory capacity, typical", subject.total("power.typical"), large, "W/TB"),
    )
    ratios = []
    for name, above, below, unit in wanted:
        a, b = above.value, below.value
        if a is None or b is None or b.value == 0:
            continue
        try:
            ratios.append(Ratio(name, a / b, unit, above.complete and below.complete))
        except UnitFault:
            continue
    return tuple(ratios)
