"""Units and quantities as text: reading `3.2 TB/s`, printing `299.5 PFLOPS`."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from cmxdsl.records import frozen
from cmxdsl.units.dimension import NONE, TIME, Dimension
from cmxdsl.units.quantity import Quantity, UnitFault
from cmxdsl.units.scales import SCALE_OF
from cmxdsl.units.table import BY_SYMBOL, IEC, PREFERRED, SI, Unit

_FACTOR = re.compile(r"([*/·]?)([^*/·^²³]+)(?:\^(-?\d{1,2})|([²³]))?")
_POWERS = {"²": 2, "³": 3}


@frozen
class Scale:
    """What a unit text means: value × `factor` + `origin` in base units."""

    dimension: Dimension
    factor: Fraction
    origin: Fraction | None = None


class UnknownUnit(Exception):
    """An unknown unit; `word` is the part that was not understood."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@lru_cache(maxsize=4096)
def symbol(word: str) -> tuple[Unit, Fraction]:
    """The unit that `word` names and the size of its prefix. Raises UnknownUnit."""
    word = word.replace("μ", "µ")  # Greek mu is typed as often as the micro sign
    if word in BY_SYMBOL:
        return BY_SYMBOL[word], Fraction(1)
    for prefix, exponent in IEC.items():
        unit = BY_SYMBOL.get(word.removeprefix(prefix)) if word.startswith(prefix) else None
        if unit is not None and "iec" in unit.prefixes:
            return unit, Fraction(2**exponent)
    unit = BY_SYMBOL.get(word[1:])
    if unit is not None and word[0] in SI and "si" in unit.prefixes:
        return unit, Fraction(10) ** SI[word[0]]
    if unit is not None and word[0] == "c" and "centi" in unit.prefixes:
        return unit, Fraction(1, 100)
    raise UnknownUnit(word)


@lru_cache(maxsize=4096)
def unit(text: str) -> Scale:
    """The scale of a unit text such as `GB/s`, `dB/km` or `W/m^2`; `*` and `/` from left to right.

    Raises UnknownUnit, or UnitFault for a scale with an origin inside a product.
    """
    dimension, factor, place = NONE, Fraction(1), 0
    while place < len(text):
        match = _FACTOR.match(text, place)
        if match is None or not match[2].strip() or (match[1] == "") != (place == 0):
            raise UnknownUnit(text)
        place = match.end()
        found, prefix = symbol(match[2].strip())
        if found.origin is not None:
            if text != match[2]:
                raise UnitFault(
                    f"`{found.symbol}` is a point on a scale and cannot be part of a product",
                    "use dB for ratios of levels and K for differences of temperatures",
                )
            return Scale(found.dimension, prefix * found.scale, found.origin)
        power = int(match[3]) if match[3] else _POWERS.get(match[4], 1)
        if match[1] == "/":
            power = -power
        dimension = dimension * found.dimension**power
        factor *= (prefix * found.scale) ** power
    return Scale(dimension, factor)


def quantity(value: Fraction, text: str) -> Quantity:
    """The quantity of a number and its unit text (which may be empty)."""
    if not text:
        return Quantity(value)
    scale = unit(text)
    if scale.origin is None:
        return Quantity(value * scale.factor, scale.dimension)
    return Quantity(value * scale.factor + scale.origin, scale.dimension, point=True)


def all_symbols() -> list[str]:
    """Every unit word that can be written, prefixed ones included, for suggestions and completion."""
    words: list[str] = []
    for u in BY_SYMBOL.values():
        words.append(u.symbol)
        if "si" in u.prefixes:
            words += [prefix + u.symbol for prefix in SI if prefix != "u"]
        if "iec" in u.prefixes:
            words += [prefix + u.symbol for prefix in IEC]
        if "centi" in u.prefixes:
            words.append("c" + u.symbol)
    return words


def unit_words() -> list[str]:
    """What people mistype: every symbol, and the usual quotients."""
    rates = [prefix + word for prefix in ("M", "G", "T", "P") for word in ("b/s", "B/s")]
    return [*rates, "dB/km", "pJ/bit", *all_symbols()]


# --- printing -------------------------------------------------------------------------------------------

_PRINT_PREFIXES = [("f", -15), ("p", -12), ("n", -9), ("µ", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6),
                   ("G", 9), ("T", 12), ("P", 15), ("E", 18), ("Z", 21), ("Y", 24)]  # fmt: skip
_FIXED = {"m^2", "L/min"}  # quotients and powers whose first unit would take a prefix


_LONG = (("year", 63115200), ("day", 259200), ("h", 7200), ("min", 300))  # durations from so many seconds up

_BASE = {"length": "m", "mass": "kg", "time": "s", "current": "A", "temperature": "K", "data": "bit",
         "operation": "OP", "level": "dB", "sound": "dBA", "failure": "failure"}  # fmt: skip


def base_unit(dimension: Dimension) -> str:
    """A unit text of size 1 for `dimension`, such as `kg*m^2*s^-3`, which `unit` reads back."""
    return "*".join(
        _BASE.get(base, base.removeprefix("money ")) + (f"^{power}" if power != 1 else "")
        for base, power in dimension.powers
    )


def digits(value: Fraction, places: int) -> str:
    """`value` rounded half to even to `places` significant digits, thousands marked, no trailing zeros."""
    decimals, scaled = places, abs(value)
    while scaled >= 1 and decimals > 0:  # each digit before the point leaves one fewer after it
        scaled, decimals = scaled / 10, decimals - 1
    while 0 < scaled < Fraction(1, 10):  # zeros after the point do not count
        scaled, decimals = scaled * 10, decimals + 1
    ticks = str(abs(round(value * 10**decimals))).rjust(decimals + 1, "0")
    whole, part = ticks[: len(ticks) - decimals], ticks[len(ticks) - decimals :].rstrip("0")
    sign = "-" if value < 0 and ticks.strip("0") else ""
    return f"{sign}{int(whole):,}" + (f".{part}" if part else "")


def show(q: Quantity, as_unit: str | None = None, places: int = 4) -> str:
    """The quantity as people write it, in `as_unit` (to which a fitting SI prefix is put) or its usual unit."""
    if q.dimension.is_none and as_unit in (None, "", "%", "ppm"):
        if as_unit in ("%", "ppm"):
            return f"{digits(q.value / unit(as_unit).factor, places)}{' ' * (as_unit != '%')}{as_unit}"
        exact = q.value.denominator == 1
        return f"{q.value.numerator:,}" if exact else digits(q.value, places)
    if q.point:
        as_unit = SCALE_OF[q.dimension].symbol
    if as_unit is None and q.dimension == TIME:
        as_unit = next((word for word, least in _LONG if abs(q.value) >= least), "s")
    wanted = as_unit or PREFERRED.get(q.dimension) or base_unit(q.dimension)
    try:
        scale = unit(wanted)
    except (UnknownUnit, UnitFault):
        scale = Scale(q.dimension, Fraction(1))
    if scale.dimension != q.dimension:
        wanted = PREFERRED.get(q.dimension) or base_unit(q.dimension)
        scale = unit(wanted)
    value = (q.value - (scale.origin or 0)) / scale.factor
    if wanted == "kg" and abs(value) >= 10_000:
        wanted, value = "t", value / 1000
    head = re.match(r"[^*/·^]+", wanted)
    prefixable = head is not None and _prefixable(head[0]) and wanted not in _FIXED
    if prefixable:
        prefix, exponent = _prefix_for(value, money=q.dimension.is_price)
        return f"{digits(value / Fraction(10) ** exponent, places)} {prefix}{wanted}"
    return f"{digits(value, places)} {wanted}"


def _prefixable(word: str) -> bool:
    return word in BY_SYMBOL and "si" in BY_SYMBOL[word].prefixes


def _prefix_for(value: Fraction, money: bool) -> tuple[str, int]:
    if money:  # nobody writes milli-dollars or giga-euros
        return ("M", 6) if abs(value) >= 1_000_000 else ("", 0)
    best = ("", 0)
    if value == 0:
        return best
    for prefix, exponent in _PRINT_PREFIXES:
        if abs(value) >= Fraction(10) ** exponent * Fraction(9995, 10000) or exponent == -15:
            best = (prefix, exponent)
    return best
