"""Systems side by side: absolute figures, and the same for each accelerator, rack, kilowatt and million of money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from cmxdsl.analysis.base.injection import Rate, injection, port_rate
from cmxdsl.analysis.base.roles import FORMATS
from cmxdsl.analysis.network.failures import worst_of
from cmxdsl.analysis.physical import cables
from cmxdsl.analysis.physical.floor import floor_area
from cmxdsl.analysis.totals.memory import MemoryTotals, memory
from cmxdsl.analysis.totals.summary import accelerators
from cmxdsl.analysis.work.figures import same_work, work_figures
from cmxdsl.analysis.work.jobs import run_names
from cmxdsl.model import Subject, Total
from cmxdsl.records import frozen
from cmxdsl.schema import BY_NAME
from cmxdsl.units import Quantity, number
from cmxdsl.units.dimension import POWER


@frozen
class System:
    """A design to compare. Figures are worked out when asked for."""

    name: str
    subject: Subject

    def total(self, attribute: str) -> Total:
        return self.subject.total(attribute)

    def memory(self, attribute: str) -> MemoryTotals:
        return memory(self.subject, attribute)

    def rate(self, plane: str, linked: bool) -> Rate:
        """The rate of all endpoints' ports of a plane, or of those that are linked, each way."""
        return (injection if linked else port_rate)(self.subject, plane)

    @property
    def accelerators(self) -> int:
        return accelerators(self.subject)

    @property
    def racks(self) -> int:
        return self.subject.count("rack")


@frozen
class Figure:
    """A row of the comparison: a value of each system (None where it is not known), and which are better: `more`,
    `less` or neither, as for what grows with the machine. `complete` says of each whether all parts that should
    state it do."""

    group: str
    name: str
    unit: str
    values: tuple[Quantity | None, ...]
    complete: tuple[bool, ...]
    better: str

    def ratio(self, k: int) -> Fraction | None:
        """The first system's value over the k-th's."""
        a, b = self.values[0], self.values[k]
        if a is None or b is None or not b.value or a.dimension != b.dimension:
            return None
        return a.value / b.value

    @property
    def best(self) -> int | None:
        """The system that is better than every other that is known, if one is."""
        known = [(q.value, k) for k, q in enumerate(self.values) if q is not None]
        if len(known) < 2 or not self.better or len({q.dimension for q in self.values if q is not None}) > 1:
            return None
        ordered = sorted(known, reverse=self.better == "more")
        return ordered[0][1] if ordered[0][0] != ordered[1][0] else None

    def beats(self, k: int) -> bool | None:
        """Whether the first system is better than the k-th: None where neither is, or nothing says what is better."""
        ratio = self.ratio(k)
        if ratio is None or ratio == 1 or not self.better:
            return None
        return (ratio > 1) == (self.better == "more")


Ask = Callable[[System], tuple[Quantity | None, bool]]


def _total(attribute: str) -> Ask:
    def ask(system: System) -> tuple[Quantity | None, bool]:
        total = system.total(attribute)
        return total.value, total.complete

    return ask


def _memory(attribute: str, whose: str) -> Ask:
    def ask(system: System) -> tuple[Quantity | None, bool]:
        total: Total = getattr(system.memory(attribute), whose)
        return total.value, total.complete

    return ask


def _rate(plane: str, linked: bool) -> Ask:
    """Nothing where endpoints have no ports on the plane; zero where they have, and none is linked."""

    def ask(system: System) -> tuple[Quantity | None, bool]:
        if not system.rate(plane, linked=False).ports:
            return None, True
        rate = system.rate(plane, linked)
        return None if rate.missing and not rate.known.value else rate.known, not rate.missing

    return ask


def _failing(plane: str, kind: str, figure: str) -> Ask:
    """What one failure of a kind takes at worst. Raises ports.TooManyPaths."""

    def ask(system: System) -> tuple[Quantity | None, bool]:
        found = getattr(worst_of(system.subject, plane, kind), figure)
        return None if found is None else number(Fraction(found).limit_denominator(10**6)), True

    return ask


def _count(what: Callable[[System], int]) -> Ask:
    return lambda system: (number(what(system)), True)


# name, unit to print in, what is better, what to ask; `per` lists the groups that it is divided for.
_PERFORMANCE = ("accelerator", "rack", "kilowatt", "million")
_ROWS: tuple[tuple[str, str, str, Ask, tuple[str, ...]], ...] = (
    ("accelerators", "", "", _count(lambda s: s.accelerators), ("rack",)),
    ("racks", "", "", _count(lambda s: s.racks), ()),
    *(
        (f"dense {name.split('.')[1].upper()}", BY_NAME[name].unit, "more", _total(name), _PERFORMANCE)
        for name in FORMATS
    ),
    *(
        (f"{whose} memory{what}", unit, "more", _memory(attribute, whose), _PERFORMANCE)
        for whose in ("accelerator", "host", "other", "all")
        for what, unit, attribute in (("", "B", "memory.capacity"), (" bandwidth", "B/s", "memory.bandwidth"))
    ),
    *(
        (f"{plane.replace('_', '-')} {what}", "B/s", "more", _rate(plane, linked), _PERFORMANCE)
        for plane in ("scale_up", "scale_out")
        for what, linked in (("injection", True), ("rate of ports", False))
    ),
    *(
        (f"{plane.replace('_', '-')} {what} after one {kind}", unit, better, _failing(plane, kind, figure), ())
        for plane in ("scale_up", "scale_out")
        for kind in ("switch", "cable", "rack", "feed")
        for what, unit, better, figure in (
            ("endpoints isolated", "", "", "isolated"),
            ("rate kept", "%", "more", "kept"),
        )
    ),
    ("power, typical", "W", "less", _total("power.typical"), ("accelerator", "rack")),
    ("power, peak", "W", "less", _total("power.peak"), ("accelerator", "rack")),
    ("price", "", "less", _total("price"), ("accelerator",)),
    ("transceivers", "", "less", _count(lambda s: s.subject.count("optic")), ("accelerator",)),
    ("cables", "", "less", _count(lambda s: cables.count(s.subject)), ("accelerator",)),
    ("switches", "", "less", _count(lambda s: s.subject.count("switch")), ("accelerator",)),
    ("floor under the racks", "", "less", lambda s: (floor_area(s.subject), True), ("accelerator",)),
)


def _divisor(group: str, system: System) -> Quantity | None:
    """What figures of a group are divided by; a million keeps its currency."""
    if group == "accelerator":
        return number(system.accelerators) if system.accelerators else None
    if group == "rack":
        return number(system.racks) if system.racks else None
    total = system.total("power.peak" if group == "kilowatt" else "price")
    if total.value is None or not total.value.value:
        return None
    if group == "kilowatt":
        return Quantity(total.value.value / 1000) if total.value.dimension == POWER else None
    return Quantity(total.value.value / 10**6)


GROUPS = {
    "all": "In all",
    "accelerator": "Of one accelerator",
    "rack": "Of one rack",
    "kilowatt": "For a kilowatt of peak power",
    "million": "For a million of price",
    "inverse": "Power for what it gives",
    "work": "At the same work",
}


def compare(systems: Sequence[System]) -> list[Figure]:
    """Every figure that at least one system has, group by group; more than one currency has no figures by price."""
    found: list[Figure] = []
    money = {d for s in systems for d in s.total("price").sums}
    for group in GROUPS:
        if group == "million" and len(money) != 1:
            continue
        others = {"inverse": _inverse, "work": _work}
        found += others[group](systems) if group in others else _group(group, systems)
    return found


def _group(group: str, systems: Sequence[System]) -> Iterator[Figure]:
    for name, unit, better, ask, per in _ROWS:
        if group != "all" and group not in per:
            continue
        values: list[Quantity | None] = []
        complete = []
        for system in systems:
            value, whole = ask(system)
            divisor = number(1) if group == "all" else _divisor(group, system)
            values.append(value / divisor if value is not None and divisor is not None else None)
            complete.append(whole)
        if any(v is not None and v.value for v in values):
            judged = better if group != "all" or not per else ""  # a smaller machine is no better for drawing less
            yield Figure(group, name, unit, tuple(values), tuple(complete), judged)


def _inverse(systems: Sequence[System]) -> Iterator[Figure]:
    """Watts of peak power for compute, memory bandwidth and capacity, as rivals are compared in print."""
    headline = next((f for f in ("compute.bf16", *FORMATS) if all(s.total(f).known for s in systems)), None)
    rows: list[tuple[str, Ask, int, str]] = []
    if headline is not None:
        rows.append((f"power for {headline.split('.')[1].upper()}", _total(headline), 10**12, "W/TFLOPS"))
    bandwidth, capacity = (_memory(f"memory.{what}", "accelerator") for what in ("bandwidth", "capacity"))
    rows.append(("power for accelerator memory bandwidth", bandwidth, 8 * 10**12, "W/(TB/s)"))
    rows.append(("power for accelerator memory", capacity, 8 * 10**12, "W/TB"))
    for name, ask, scale, unit in rows:
        values: list[Quantity | None] = []
        complete = []
        for system in systems:
            power = system.total("power.peak")
            value, whole = ask(system)
            known = power.value is not None and value is not None and value.value
            values.append(Quantity(power.value.value / value.value * scale) if known else None)  # type: ignore[union-attr]
            complete.append(power.complete and whole)
        if any(v is not None for v in values):
            yield Figure("inverse", name, unit, tuple(values), tuple(complete), "less")


def _work(systems: Sequence[System]) -> Iterator[Figure]:
    """Runs that at least two systems have under one name, of one model."""
    for name in same_work([s.subject for s in systems]):
        told = [list(work_figures(s.subject, name)) if name in run_names(s.subject) else None for s in systems]
        for k, one in enumerate(next(t for t in told if t is not None)):
            values = tuple(t[k].value if t is not None else None for t in told)
            if any(v is not None for v in values):
                complete = tuple(v is not None for v in values)
                yield Figure("work", f"{name}: {one.name}", one.unit, values, complete, one.better)
