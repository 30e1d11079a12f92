"""What a chip reaches: measured rates of matrix products, of attention and of memory, as its attributes state them."""

from __future__ import annotations

from math import log2

from cmxdsl.model import Component, Subject
from cmxdsl.model.component import CLAIMS
from cmxdsl.records import frozen
from cmxdsl.units import Quantity

MATMUL = (31, 33, 35, 37, 39)
"""Middles of the size classes of `matmul.*`, as powers of two of operations; each is four times as large as the
last."""
FUSED = (10, 11, 12, 13)
"""Lengths of the sequences of `fused.*`, as powers of two of tokens."""


class Lacking(Exception):
    """Something that the answer needs is not stated; `names` say what, of which part."""

    def __init__(self, *names: str) -> None:
        super().__init__(f"not known: {', '.join(names)}")
        self.names = names


@frozen
class Chip:
    """One accelerator at work in one format. Rates are in operations and bytes a second, times in seconds, memory in
    bytes; `peak` is the dense peak of the format. `notes` say whose measurements the rates are,
    `claims` of what kinds their claims are."""

    name: str
    peak: float
    matmul: tuple[float, ...]
    fused: tuple[float, ...]
    stream: float
    launch: float
    capacity: float
    notes: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    def rate(self, flops: float) -> float:
        """What a matrix product of so many operations reaches: between two classes in proportion to the logarithm of
        its size, beyond them as the nearest."""
        return _between(self.matmul, MATMUL, flops)

    def product(self, m: float, n: float, k: float, moved: float, times: float = 1.0) -> float:
        """Seconds of `times` products of m x k by k x n, each moving so many bytes: the roofline (Williams, Waterman
        and Patterson, 2009) over measured rates in place of peaks."""
        flops = 2 * m * n * k
        return times * max(flops / self.rate(flops), moved / self.stream) if flops else 0.0

    def attention(self, flops: float, length: float) -> float:
        """Seconds of fused attention to `length` tokens."""
        return flops / _between(self.fused, FUSED, length)

    def move(self, moved: float) -> float:
        """Seconds of an operation that only moves bytes."""
        return self.launch + moved / self.stream


def _between(rates: tuple[float, ...], powers: tuple[int, ...], size: float) -> float:
    """A measured rate between two sizes."""
    place = (log2(max(size, 1.0)) - powers[0]) / (powers[1] - powers[0])
    if place <= 0:
        return rates[0]
    if place >= len(rates) - 1:
        return rates[-1]
    low = int(place)
    return rates[low] + (place - low) * (rates[low + 1] - rates[low])


NO_CHIP = Chip("", 1.0, (1.0,) * len(MATMUL), (1.0,) * len(FUSED), 1.0, 0.0, 0.0)
"""Stands for a chip where no time is asked for."""


def chip_of(component: Component, form: str, fused: str = "", kernel: str = "fused") -> Chip:
    """The chip in a format, its attention in another where one is given, by the rates of a kernel, or in none. Raises
    Lacking with all that is missing."""
    lacking: list[str] = []
    notes: list[str] = []
    claims: list[str] = []

    def number(name: str, scale: int = 1) -> float:
        value = component.quantity(name)
        if value is None or (value.value == 0 and name != "launch"):
            lacking.append(f"{name} of {component.name}" + " above zero" * (value is not None))
            return 1.0
        return float(value.value / scale)

    def rates(name: str, many: int) -> tuple[float, ...]:
        value = component.get(name)
        found = tuple(float(q.value) for q in value if isinstance(q, Quantity)) if isinstance(value, tuple) else ()
        if len(found) != many or not all(found):
            lacking.append(f"{name} of {component.name}" + (f", {many} rates" if found else ""))
            return (1.0,) * many
        notes.append(f"{name} of {component.name}: {_whose(component, name)}")
        claims.append(component.attributes[name].claim.kind)
        return found

    made = Chip(
        component.name,
        number(f"compute.{form}"),
        rates(f"matmul.{form}", len(MATMUL)),
        rates(f"{kernel}.{fused or form}", len(FUSED)) if kernel else (1.0,) * len(FUSED),
        number("memory.stream", 8),
        number("launch"),
        number("memory.capacity", 8),
        tuple(notes),
        tuple(claims),
    )
    if lacking:
        raise Lacking(*lacking)
    return made


def _whose(component: Component, name: str) -> str:
    """Who measured an attribute, and with what, as the part states it: the software that an answer stands for."""
    claim = component.attributes[name].claim
    cited = claim.source.text("title") if claim.source is not None else ""
    said = ": ".join(part for part in (cited, claim.note) if part) or CLAIMS[claim.kind]
    return f"{'estimated, ' if claim.guessed else ''}{said}"


def power_of(subject: Subject) -> tuple[float, float]:
    """What the machine draws, in W: usually and at its peak. Raises Lacking where parts that should state it do not."""
    found = []
    for name in ("power.typical", "power.peak"):
        total = subject.total(name)
        if not total.complete or total.value is None:
            raise Lacking(*(f"{name} of {part}" for part in total.lacking or (subject.top.name,)))
        found.append(float(total.value.value))
    return found[0], found[1]
