"""What a factor between two figures that should agree most often means."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.units import Quantity, name_of
from cmxdsl.units.dimension import RATE

_BITS = (Fraction(8), "eight times: one of the two may be in bits, the other in bytes (`Gb/s`, `GB/s`)")
_KIBI = Fraction(1024, 1000)
_SLIPS: dict[str, tuple[tuple[Fraction, str], ...]] = {
    "data": (
        (Fraction(8), "eight times: one of the two may be in bits, the other in bytes"),
        *(
            (_KIBI**k, f"one of the two may be in {p}B, the other in {i}iB")
            for k, p, i in ((1, "k", "K"), (2, "M", "M"), (3, "G", "G"), (4, "T", "T"))
        ),
    ),
    "rate": (_BITS, (Fraction(2), "twice: one of the two may count both directions")),
    "compute": ((Fraction(2), "twice: one of the two may be with sparsity, or the format of half the width"),),
}
_PREFIXES = tuple((Fraction(1000) ** k, "a prefix may be off: k, M, G, T") for k in (1, 2, 3))
_ALIKE = Fraction(5, 1000)


def slip(one: Quantity | None, other: Quantity) -> str:
    """A usual reason for the difference of two figures of one thing, when it is a usual factor; else nothing."""
    return _reason(one, other, (*_SLIPS.get(name_of(other.dimension), ()), *_PREFIXES))


def bits_or_bytes(one: Quantity | None, other: Quantity) -> str:
    """The same for the rates of two things, which may differ by other factors in all honesty."""
    return _reason(one, other, (_BITS,)) if other.dimension == RATE else ""


def _reason(one: Quantity | None, other: Quantity, slips: tuple[tuple[Fraction, str], ...]) -> str:
    if one is None or one.value <= 0 or other.value <= 0:
        return ""
    ratio = max(one.value / other.value, other.value / one.value)
    return next((reason for factor, reason in slips if abs(ratio / factor - 1) <= _ALIKE), "")
