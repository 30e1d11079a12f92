"""Scales whose zero is not nothing, one row each: values on one are points, and only their differences add up.

A new scale is a new row: its unit, what messages call its points, and the attribute type of its name come from there.
"""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.records import frozen
from cmxdsl.units.dimension import LEVEL, SOUND, TEMPERATURE, Dimension


@frozen
class PointScale:
    """A scale of points. `name` is the type of an attribute that holds one, `difference` that of one which holds a
    difference, where that has no other name; `one`, `many` and `apart` are what messages call a point, points and a
    difference; `add` says what to write where two points are added."""

    name: str
    dimension: Dimension
    symbol: str
    origin: Fraction  # the value of 0 on it, in base units
    meaning: str
    one: str
    many: str
    apart: str
    add: str
    difference: str = ""


SCALES: tuple[PointScale, ...] = (
    PointScale(
        "temperature", TEMPERATURE, "°C", Fraction("273.15"), "degree Celsius, a temperature",
        "temperature in °C", "temperatures in °C", "temperature difference in K", "write the difference in K",
        "temperature difference",
    ),
    PointScale(
        "level in dBm", LEVEL, "dBm", Fraction(0), "decibel over one milliwatt, a level",
        "level in dBm", "levels in dBm", "ratio in dB", "dBm + dB is a level",
    ),
    PointScale(
        "sound", SOUND, "dBA", Fraction(0), "A-weighted decibel over 20 µPa or 1 pW, a level of sound",
        "level of sound", "levels of sound", "difference of levels of sound", "sound adds as power: 10^(L/10)",
    ),
)  # fmt: skip
SCALE_OF = {scale.dimension: scale for scale in SCALES}

# What an attribute can be: a point on a scale, or a difference on it; the same dimension, and not the same thing.
POINTS: dict[str, Dimension] = {scale.name: scale.dimension for scale in SCALES}
DIFFERENCES: dict[str, Dimension] = {scale.difference: scale.dimension for scale in SCALES if scale.difference}
