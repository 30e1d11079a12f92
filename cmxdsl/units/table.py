"""The units, one row each. A new unit is a new row; the parser, the printer and the docs read them here."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.records import frozen
from cmxdsl.units import dimension as d
from cmxdsl.units.dimension import Dimension
from cmxdsl.units.scales import SCALES

SI = {
    "f": -15, "p": -12, "n": -9, "µ": -6, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12,
    "P": 15, "E": 18, "Z": 21, "Y": 24,
}  # fmt: skip
IEC = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


@frozen
class Unit:
    """A unit: its symbol, dimension, size in base units, and which prefixes it takes.

    `origin` is set for units of `SCALES`, whose zero is not nothing: values in them are points.
    """

    symbol: str
    dimension: Dimension
    scale: Fraction
    meaning: str
    prefixes: str = ""  # any of "si", "iec", "centi", separated by spaces
    origin: Fraction | None = None


def _unit(symbol: str, dimension: Dimension, scale: int | str, meaning: str, prefixes: str = "") -> Unit:
    return Unit(symbol, dimension, Fraction(scale), meaning, prefixes)


UNITS: tuple[Unit, ...] = (
    _unit("%", d.NONE, "1/100", "hundredth part"),
    _unit("ppm", d.NONE, "1/1000000", "millionth part"),
    _unit("token", d.NONE, 1, "token of a model's text", "si"),
    _unit("m", d.LENGTH, 1, "metre", "si centi"),
    _unit("inch", d.LENGTH, "0.0254", "inch, 25.4 mm exactly"),
    _unit("ft", d.LENGTH, "0.3048", "foot"),
    _unit("mile", d.LENGTH, "1609.344", "mile"),
    _unit("U", d.LENGTH, "0.04445", "rack unit, 44.45 mm, 1.75 inch exactly"),
    _unit("OU", d.LENGTH, "0.048", "open rack unit, 48 mm"),
    _unit("g", d.MASS, "1/1000", "gram", "si"),
    _unit("t", d.MASS, 1000, "tonne", "si"),
    _unit("lb", d.MASS, "0.45359237", "pound"),
    _unit("s", d.TIME, 1, "second", "si"),
    _unit("min", d.TIME, 60, "minute"),
    _unit("h", d.TIME, 3600, "hour"),
    _unit("day", d.TIME, 86400, "day"),
    _unit("month", d.TIME, 2629800, "twelfth of a Julian year"),
    _unit("year", d.TIME, 31557600, "Julian year of 365.25 days"),
    _unit("Hz", d.FREQUENCY, 1, "hertz", "si"),
    _unit("Bd", d.FREQUENCY, 1, "baud, symbols a second", "si"),
    _unit("A", d.CURRENT, 1, "ampere", "si"),
    _unit("V", d.VOLTAGE, 1, "volt", "si"),
    _unit("ohm", d.VOLTAGE / d.CURRENT, 1, "ohm", "si"),
    _unit("W", d.POWER, 1, "watt", "si"),
    _unit("VA", d.POWER, 1, "volt-ampere, apparent power", "si"),
    _unit("J", d.ENERGY, 1, "joule", "si"),
    _unit("Wh", d.ENERGY, 3600, "watt-hour", "si"),
    _unit("N", d.FORCE, 1, "newton", "si"),
    _unit("Pa", d.PRESSURE, 1, "pascal", "si"),
    _unit("bar", d.PRESSURE, 100000, "bar", "si"),
    _unit("L", d.VOLUME, "1/1000", "litre", "si"),
    _unit("K", d.TEMPERATURE, 1, "kelvin, a difference of temperatures"),
    _unit("bit", d.DATA, 1, "bit", "si iec"),
    _unit("b", d.DATA, 1, "bit", "si iec"),
    _unit("B", d.DATA, 8, "byte of 8 bits", "si iec"),
    _unit("byte", d.DATA, 8, "byte of 8 bits", "si iec"),
    _unit("FLOP", d.OPERATION, 1, "floating-point operation", "si"),
    _unit("FLOPS", d.COMPUTE, 1, "floating-point operations a second", "si"),
    _unit("OP", d.OPERATION, 1, "operation, its number format given by the attribute", "si"),
    _unit("OPS", d.COMPUTE, 1, "operations a second", "si"),
    _unit("dB", d.LEVEL, 1, "decibel, a ratio"),
    *(Unit(s.symbol, s.dimension, Fraction(1), s.meaning, origin=s.origin) for s in SCALES),
    _unit("failure", d.FAILURE, 1, "failure"),
    _unit("FIT", d.FAILURE / d.TIME, "1/3600000000000", "failure in 10⁹ hours"),
    *(_unit(c, d.money(c), 1, "currency", "si") for c in d.CURRENCIES),
)
BY_SYMBOL = {unit.symbol: unit for unit in UNITS}

_PER = {
    "money": "",
    "money per time": "/h",
    "money per energy": "/kWh",
    "money per power": "/kW",
    "money per compute": "/TFLOPS",
}

# How a value of a dimension is printed when nothing asks for another unit.
PREFERRED: dict[Dimension, str] = {
    d.LENGTH: "m",
    d.MASS: "kg",
    d.TIME: "s",
    d.FREQUENCY: "Hz",
    d.CURRENT: "A",
    d.VOLTAGE: "V",
    d.POWER: "W",
    d.ENERGY: "J",
    d.PRESSURE: "Pa",
    d.TEMPERATURE: "K",
    d.DATA: "B",
    d.RATE: "b/s",
    d.OPERATION: "FLOP",
    d.COMPUTE: "FLOPS",
    d.LEVEL: "dB",
    d.SOUND: "dBA",
    d.LEVEL / d.LENGTH: "dB/km",
    d.ENERGY / d.DATA: "J/bit",
    d.FAILURE / d.TIME: "FIT",
    d.AREA: "m^2",
    d.MASS / d.AREA: "kg/m^2",
    d.VOLUME / d.TIME: "L/min",
    **{d.money(c) / d.PRICES[price]: c + per for price, per in _PER.items() for c in d.CURRENCIES},
}
