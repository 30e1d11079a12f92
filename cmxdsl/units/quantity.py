"""Quantities: exact numbers with a dimension, and points on scales whose zero is not nothing."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.records import evolve, frozen
from cmxdsl.units.dimension import CURRENCY_DIMENSIONS, NONE, Dimension, name_of
from cmxdsl.units.scales import SCALE_OF

MAX_BITS = 4096  # a numerator or denominator longer than this is refused, so that no text can eat memory


class UnitFault(Exception):
    """Two values that do not go together; the message says why, `fix` what to write instead."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


ZERO, NOT_ZERO = "division by zero", "divide by what is not zero, or choose with `… if … else …`"


class TooLarge(Exception):
    """A number outgrew `MAX_BITS`."""


@frozen
class Quantity:
    """An amount in base units (m, kg, s, A, K, bit, operation, dB, currency), exact.

    With `point` the value lies on a scale (a temperature in °C, a level in dBm) and follows affine rules:
    point − point is a difference, point ± difference is a point, and point + point has no meaning.
    """

    value: Fraction
    dimension: Dimension = NONE
    point: bool = False

    def __add__(self, other: Quantity) -> Quantity:
        _same(self, other, "add", "to")
        if self.point and other.point:
            scale = SCALE_OF[self.dimension]
            raise UnitFault(f"two {scale.many} cannot be added", scale.add)
        return _made(self.value + other.value, self.dimension, self.point or other.point)

    def __sub__(self, other: Quantity) -> Quantity:
        _same(self, other, "subtract", "from", swap=True)
        if other.point and not self.point:
            raise UnitFault("a point on a scale cannot be subtracted from a difference", "swap the two")
        return _made(self.value - other.value, self.dimension, self.point and not other.point)

    def __mul__(self, other: Quantity) -> Quantity:
        _no_point(self, other, "multiplied")
        return _made(self.value * other.value, self.dimension * other.dimension)

    def __truediv__(self, other: Quantity) -> Quantity:
        _no_point(self, other, "divided")
        if other.value == 0:
            raise UnitFault(ZERO, NOT_ZERO)
        return _made(self.value / other.value, self.dimension / other.dimension)

    def __neg__(self) -> Quantity:
        if self.point and SCALE_OF[self.dimension].origin:  # else `-3 dBm` is the number -3, however it is read
            scale = SCALE_OF[self.dimension]
            raise UnitFault(f"a {scale.one} cannot be negated", f"write the number with its sign: `-5 {scale.symbol}`")
        return evolve(self, value=-self.value)

    def __abs__(self) -> Quantity:
        _no_point(self, self, "taken without its sign")
        return evolve(self, value=abs(self.value))

    def power(self, exponent: int) -> Quantity:
        """This to a whole power between -64 and 64."""
        _no_point(self, self, "raised to a power")
        if abs(exponent) > 64:
            raise TooLarge("an exponent past 64")
        if self.value == 0 and exponent < 0:
            raise UnitFault(ZERO, NOT_ZERO)
        return _made(self.value**exponent, self.dimension**exponent)

    def compare(self, other: Quantity) -> int:
        """Negative, zero or positive as this is less than, equal to or greater than `other`."""
        _same(self, other, "compare", "with")
        if self.point != other.point:
            scale = SCALE_OF[self.dimension]
            raise UnitFault(f"a {scale.one} cannot be compared with a {scale.apart}", f"compare it with a {scale.one}")
        return (self.value > other.value) - (self.value < other.value)

    @property
    def is_integer(self) -> bool:
        return self.dimension.is_none and self.value.denominator == 1


def number(value: int | str | Fraction) -> Quantity:
    """A plain number."""
    return Quantity(Fraction(value))


def _made(value: Fraction, dimension: Dimension, point: bool = False) -> Quantity:
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise TooLarge("a number of more than 1,200 digits")
    return Quantity(value, dimension, point)


def _same(a: Quantity, b: Quantity, verb: str, to: str, swap: bool = False) -> None:
    if a.dimension == b.dimension:
        return
    first, second = (b, a) if swap else (a, b)
    one, two = name_of(first.dimension), name_of(second.dimension)
    both_money = {first.dimension, second.dimension} <= CURRENCY_DIMENSIONS
    fix = (
        "state a rate, such as `/ (7.2 CNY/USD)`"
        if both_money
        else "give the plain number a unit"
        if "number" in (one, two)
        else "give both sides the same dimension"
    )
    raise UnitFault(f"cannot {verb} {one} {to} {two}", fix)


def _no_point(a: Quantity, b: Quantity, done: str) -> None:
    for q in (a, b):
        if q.point:
            raise UnitFault(f"a {SCALE_OF[q.dimension].one} cannot be {done}", "use a difference of two of them")
