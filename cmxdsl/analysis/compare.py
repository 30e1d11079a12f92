"""Systems side by side: absolute figures, and the same for each accelerator, rack, kilowatt and million of money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from attrs import field, frozen

from cmxdsl.analysis.floors import floor_area
from cmxdsl.analysis.planes import planes
from cmxdsl.analysis.summary import FORMATS, accelerators, is_accelerator
from cmxdsl.model import Census, Component, Total
from cmxdsl.schema import BY_NAME
from cmxdsl.units import Quantity, number
from cmxdsl.units.dimension import POWER


@frozen
class System:
    """A design to compare. Figures are worked out when asked for."""

    name: str
    top: Component
    census: Census = field(factory=Census, repr=False)

    def total(self, attribute: str) -> Total:
        return self.census.total(self.top, attribute)

    def of_accelerators(self, attribute: str) -> Quantity | None:
        """The sum over accelerators and what is inside of them; None when one does not state it."""
        values = []
        for part, many in self.census.counts(self.top).items():
            if many and is_accelerator(part):
                value = self.census.total(part, attribute).value
                if value is None:
                    return None
                values.append(value * number(many))
        whole = values[0] if values else None
        for value in values[1:]:
            whole = whole + value if whole is not None else None
        return whole

    def injection(self, plane: str) -> Quantity | None:
        """What all endpoints can put into a plane, each way."""
        found = planes(self.top, self.census).get(plane)
        return found.injection if found is not None else None

    def scale_up(self) -> Quantity | None:
        """What the accelerators can put into the scale-up plane, each way; processors on it do not count."""
        rates = [
            port.rate * number(port.count * many)
            for part, many in self.census.counts(self.top).items()
            for port in part.ports.values()
            if is_accelerator(part) and port.exposes is None and port.plane == "scale_up" and port.rate is not None
        ]
        total = sum((rate.value for rate in rates), Fraction(0))
        return Quantity(total, rates[0].dimension) if rates else self.injection("scale_up")

    @property
    def accelerators(self) -> int:
        return accelerators(self.top, self.census)

    @property
    def racks(self) -> int:
        return self.census.count(self.top, "rack")


@frozen
class Figure:
    """A row of the comparison: a value of each system (None where it is not known), and which are better: `more`,
    `less` or neither. `complete` says of each whether all parts that should state it do."""

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


Ask = Callable[[System], tuple[Quantity | None, bool]]


def _total(attribute: str) -> Ask:
    def ask(system: System) -> tuple[Quantity | None, bool]:
        total = system.total(attribute)
        return total.value, total.complete

    return ask


def _of_accelerators(attribute: str) -> Ask:
    return lambda system: (system.of_accelerators(attribute), True)


def _count(what: Callable[[System], int]) -> Ask:
    return lambda system: (number(what(system)), True)


# name, unit to print in, what is better, what to ask; `per` lists the groups that it is divided for.
_PERFORMANCE = ("accelerator", "rack", "kilowatt", "million")
_ROWS: tuple[tuple[str, str, str, Ask, tuple[str, ...]], ...] = (
    ("accelerators", "", "", _count(lambda s: s.accelerators), ("rack",)),
    ("racks", "", "", _count(lambda s: s.racks), ()),
    *((f"dense {name.split('.')[1].upper()}", BY_NAME[name].unit, "more", _total(name), _PERFORMANCE)
      for name in FORMATS),
    ("accelerator memory", "B", "more", _of_accelerators("memory.capacity"), _PERFORMANCE),
    ("accelerator memory bandwidth", "B/s", "more", _of_accelerators("memory.bandwidth"), _PERFORMANCE),
    ("scale-up bandwidth", "B/s", "more", lambda s: (s.scale_up(), True), _PERFORMANCE),
    ("scale-out bandwidth", "B/s", "more", lambda s: (s.injection("scale_out"), True), _PERFORMANCE),
    ("power, typical", "W", "less", _total("power.typical"), ("accelerator", "rack")),
    ("power, peak", "W", "less", _total("power.peak"), ("accelerator", "rack")),
    ("price", "", "less", _total("price"), ("accelerator",)),
    ("transceivers", "", "less", _count(lambda s: s.census.count(s.top, "optic")), ("accelerator",)),
    ("cables", "", "less", _count(lambda s: s.census.count(s.top, "cable")), ("accelerator",)),
    ("switches", "", "less", _count(lambda s: s.census.count(s.top, "switch")), ("accelerator",)),
    ("floor under the racks", "", "less", lambda s: (floor_area(s.top), True), ("accelerator",)),
)  # fmt: skip


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


GROUPS = {"all": "In all", "accelerator": "Of one accelerator", "rack": "Of one rack",
          "kilowatt": "For a kilowatt of peak power", "million": "For a million of price",
          "inverse": "Power for what it gives"}  # fmt: skip


def compare(systems: Sequence[System]) -> list[Figure]:
    """Every figure that at least one system has, group by group; more than one currency has no figures by price."""
    found: list[Figure] = []
    money = {d for s in systems for d in s.total("price").sums}
    for group in GROUPS:
        if group == "million" and len(money) != 1:
            continue
        found += _inverse(systems) if group == "inverse" else _group(group, systems)
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
            yield Figure(group, name, unit, tuple(values), tuple(complete), better)


def _inverse(systems: Sequence[System]) -> Iterator[Figure]:
    """Watts of peak power for compute, memory bandwidth and capacity, as rivals are compared in print."""
    headline = next((f for f in ("compute.bf16", *FORMATS) if all(s.total(f).known for s in systems)), None)
    rows: list[tuple[str, Ask, int, str]] = []
    if headline is not None:
        rows.append((f"power for {headline.split('.')[1].upper()}", _total(headline), 10**12, "W/TFLOPS"))
    rows += [("power for memory bandwidth", _of_accelerators("memory.bandwidth"), 8 * 10**12, "W/(TB/s)"),
             ("power for memory", _of_accelerators("memory.capacity"), 8 * 10**12, "W/TB")]  # fmt: skip
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
