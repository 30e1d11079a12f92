"""Dimensions: products of powers of base dimensions."""

from __future__ import annotations

from collections.abc import Mapping

from cmxdsl.records import frozen


@frozen
class Dimension:
    """A product of base dimensions, such as length/time. `powers` is sorted and holds no zero."""

    powers: tuple[tuple[str, int], ...] = ()

    @staticmethod
    def of(powers: Mapping[str, int]) -> Dimension:
        return Dimension(tuple(sorted((base, power) for base, power in powers.items() if power)))

    def __mul__(self, other: Dimension) -> Dimension:
        if not other.powers:
            return self
        powers = dict(self.powers)
        for base, power in other.powers:
            powers[base] = powers.get(base, 0) + power
        return Dimension.of(powers)

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __pow__(self, exponent: int) -> Dimension:
        return Dimension.of({base: power * exponent for base, power in self.powers})

    @property
    def is_none(self) -> bool:
        """True for a plain number."""
        return not self.powers

    @property
    def is_price(self) -> bool:
        """True for money, and for money by something."""
        return any(base.startswith("money ") and power == 1 for base, power in self.powers)


NONE = Dimension()
LENGTH = Dimension((("length", 1),))
MASS = Dimension((("mass", 1),))
TIME = Dimension((("time", 1),))
CURRENT = Dimension((("current", 1),))
TEMPERATURE = Dimension((("temperature", 1),))
DATA = Dimension((("data", 1),))
OPERATION = Dimension((("operation", 1),))
LEVEL = Dimension((("level", 1),))
FAILURE = Dimension((("failure", 1),))
SOUND = Dimension((("sound", 1),))  # A-weighted; apart from ratios in dB, so that no level in dBm passes for it

FREQUENCY = TIME**-1
AREA = LENGTH**2
VOLUME = LENGTH**3
FORCE = MASS * LENGTH / TIME**2
PRESSURE = FORCE / AREA
ENERGY = FORCE * LENGTH
POWER = ENERGY / TIME
VOLTAGE = POWER / CURRENT
RATE = DATA / TIME
COMPUTE = OPERATION / TIME


def money(currency: str) -> Dimension:
    """Each currency is a dimension of its own: adding two of them needs a rate."""
    return Dimension(((f"money {currency}", 1),))


CURRENCIES = ("AUD", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "KRW", "SGD", "TWD", "USD")
CURRENCY_DIMENSIONS = frozenset(money(c) for c in CURRENCIES)

# Money, and prices by what they are for: what a value has in the currency's denominator.
PRICES: dict[str, Dimension] = {
    "money": NONE,
    "money per time": TIME,
    "money per energy": ENERGY,
    "money per power": POWER,
    "money per power and time": ENERGY,
    "money per compute": COMPUTE,
}

# What messages and parameter types call a dimension.
NAMES: dict[str, Dimension] = {
    "number": NONE,
    "length": LENGTH,
    "mass": MASS,
    "time": TIME,
    "current": CURRENT,
    "temperature": TEMPERATURE,
    "data": DATA,
    "operations": OPERATION,
    "ratio in dB": LEVEL,
    "frequency": FREQUENCY,
    "area": AREA,
    "volume": VOLUME,
    "pressure": PRESSURE,
    "energy": ENERGY,
    "power": POWER,
    "voltage": VOLTAGE,
    "rate": RATE,
    "compute": COMPUTE,
    "attenuation": LEVEL / LENGTH,
    "delay per length": TIME / LENGTH,
    "floor load": MASS / AREA,
    "energy per bit": ENERGY / DATA,
    "flow": VOLUME / TIME,
    "failure rate": FAILURE / TIME,
    "resistance": VOLTAGE / CURRENT,
}
_BY_DIMENSION = {dimension: name for name, dimension in NAMES.items()}


def name_of(dimension: Dimension) -> str:
    """`power`, `rate`, `money in USD`, or the product spelled out."""
    if dimension in _BY_DIMENSION:
        return _BY_DIMENSION[dimension]
    for word, divisor in PRICES.items():
        if dimension * divisor in CURRENCY_DIMENSIONS:
            currency = (dimension * divisor).powers[0][0].removeprefix("money ")
            return word.replace("money", f"money in {currency}")
    above = [b if p == 1 else f"{b}^{p}" for b, p in dimension.powers if p > 0]
    below = [b if p == -1 else f"{b}^{-p}" for b, p in dimension.powers if p < 0]
    return ("·".join(above) or "1") + "".join(f"/{b}" for b in below)
