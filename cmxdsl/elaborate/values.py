"""Attributes: finding the row for a name, and holding a value to the row's type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from cmxdsl.diagnostics import Diagnostic, article, closest
from cmxdsl.elaborate import rules
from cmxdsl.fixes import Confidence, Edit, Fix, Help
from cmxdsl.model import Component, Pair, Unknown, Value
from cmxdsl.model.expr import describe
from cmxdsl.schema import KINDS, AttributeSpec
from cmxdsl.source import Span
from cmxdsl.syntax.fixes import wrapped
from cmxdsl.units import Quantity, name_of, show
from cmxdsl.units.dimension import COMPUTE, CURRENCY_DIMENSIONS, LENGTH, NAMES, PRICES
from cmxdsl.units.scales import DIFFERENCES, POINTS

EXTENSION = "x."
PARAMETER_TYPES = ("count", "number", "text", "flag", "money", *(n for n in NAMES if " " not in n), *KINDS)


# What other tools and data sheets call an attribute.
_SYNONYMS = {
    "weight": "mass",
    "max_weight": "max_mass",
    "cost": "price",
    "manufacturer": "vendor",
    "maker": "vendor",
    "model": "part_number",
    "sku": "part_number",
    "speed": "rate",
    "bandwidth": "rate",
    "data_rate": "rate",
    "tdp": "power.peak",
    "watts": "power.peak",
    "max_power": "power.peak",
    "memory": "memory.capacity",
    "ram": "memory.capacity",
    "frequency": "clock",
    "rack_units": "height",
    "max_length": "reach",
    "power.tdp": "power.peak",
    "power.max": "power.peak",
    "power.average": "power.typical",
    "memory.size": "memory.capacity",
    "memory.rate": "memory.bandwidth",
    "memory.type": "memory.technology",
}


def unknown_attribute(
    name: str, span: Span, kind: str, rows: Mapping[str, AttributeSpec], inside: str = ""
) -> Diagnostic:
    """The finding for an attribute that a kind does not have; `inside` is the group it stands in: `power.`."""
    tails = {row.split(".")[-1]: row for row in rows}
    synonym = _SYNONYMS.get(name)
    known = synonym if synonym in rows else closest(name, rows) or tails.get(name)
    own = name.split(".")[-1]
    if known is None:
        title = f"Make it an attribute of your own: `x.{own}`"
        fixes = () if inside else (Fix(title, (Edit(span, f"x.{own}"),)),)
        help = Help(f"an attribute of your own is written `x.{own}`", fixes)
    elif known.startswith(inside):
        sure = Confidence.SAFE if known == synonym else Confidence.LIKELY
        help = Help(f"did you mean `{known}`?", instead=known.removeprefix(inside), confidence=sure)
    else:
        help = Help(f"did you mean `{known}`?")
    return rules.UNKNOWN_ATTRIBUTE.at(span, f"{article(kind)} has no attribute `{name}`", help)


def _is_size(value: Value) -> bool:
    return isinstance(value, Pair) and value.width.dimension == value.depth.dimension == LENGTH


# Types that are no quantity: whether a value is of one, and what it takes.
_PLAIN: dict[str, tuple[Callable[[Value], bool], str]] = {
    "text": (lambda value: isinstance(value, str), "a text in quotes"),
    "flag": (lambda value: isinstance(value, bool), "`true` or `false`"),
    "size": (_is_size, "a size, such as `600 mm x 1200 mm`"),
}


def fit(value: Value, type_: str, name: str, span: Span) -> Value | Diagnostic:
    """The value as the type wants it, or the finding that says why it does not fit."""
    if isinstance(value, Unknown):
        return value
    if type_ in _PLAIN:
        fits, wanted = _PLAIN[type_]
        return value if fits(value) else _wrong(value, wanted, name, span)
    if type_ in KINDS:
        fits_kind = isinstance(value, Component) and value.kind == type_
        return value if fits_kind else _wrong(value, f"a definition of kind {type_}", name, span)
    if type_ == "lengths":
        items = value if isinstance(value, tuple) else (value,)
        if all(isinstance(i, Quantity) and i.dimension == LENGTH for i in items):
            return items
        return _wrong(value, "a list of lengths, such as `[1 m, 2 m]`", name, span)
    if type_ == "computes":
        items = value if isinstance(value, tuple) else (value,)
        if items and all(isinstance(i, Quantity) and i.dimension == COMPUTE for i in items):
            return items
        return _wrong(value, "a list of rates, such as `[100 TFLOPS, 200 TFLOPS]`", name, span)
    if type_ == "count":
        return _fit_count(value, name, span)
    return _fit_quantity(value, type_, name, span)


def _fit_count(value: Value, name: str, span: Span) -> Value | Diagnostic:
    if not isinstance(value, Quantity):
        return _wrong(value, "a whole number", name, span)
    if value.is_integer and value.value >= 0:
        return value
    message = f"`{name}` is a whole number from zero up, and this is {show(value)}"
    return rules.NOT_COUNT.at(span, message, fixes=rounded(span, value))


def _fit_quantity(value: Value, type_: str, name: str, span: Span) -> Value | Diagnostic:
    """A price in any currency, a level or temperature on its scale, or a quantity of the dimension."""
    if type_ in PRICES:
        if isinstance(value, Quantity) and value.dimension * PRICES[type_] in CURRENCY_DIMENSIONS:
            return value
        return _dimension(value, type_, name, span, f"give it a currency, such as `{_EXAMPLES[type_]}`")
    wanted = POINTS.get(type_) or DIFFERENCES.get(type_) or NAMES[type_]
    if isinstance(value, Quantity) and value.dimension == wanted:
        if value.point != (type_ in POINTS):
            return _dimension(value, type_, name, span, "a temperature is in °C, a level in dBm, a sound in dBA")
        return value
    hint = f"such as `{_EXAMPLES[type_]}`" if type_ in _EXAMPLES else ""
    return _dimension(value, type_, name, span, hint)


def rounded(span: Span, value: Value) -> tuple[Fix, ...]:
    """The ways to make a positive number a whole one."""
    plain = isinstance(value, Quantity) and value.dimension.is_none and value.value > 0
    return tuple(wrapped(span, function) for function in ("ceil", "floor")) if plain else ()


def usual_unit(type_: str) -> str:
    """The unit in which a value of a type is usually given: `W`; empty where there is none."""
    return _EXAMPLES.get(type_, "").partition(" ")[2] if type_ != "number" else ""


_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")  # as ISO 8601 has it
SIGNED = ("number", *POINTS, *DIFFERENCES)  # may be below zero
MOST = {"length": 10**6, "lengths": 10**6, "size": 10**6, "count": 10**15}  # in base units; of all others:
MOST_OF_ANY = 10**30
MOST_NAMED = {"phases": 1000}
_MODELS = "layers hidden heads kv_heads head_dim vocabulary moe.active moe.ffn mla.kv_rank"
_RUNS = "sequence batch micro_batch interleave prompt output prefill_tokens tpot ttft busiest"
ABOVE_ZERO = frozenset(f"floor.pitch floor.size floor.tray_size size unit {_MODELS} {_RUNS}".split())


def impossible(value: Value, row: AttributeSpec) -> str:
    """Why an attribute cannot have a value of the right type; empty when it can."""
    parts = (value.width, value.depth) if isinstance(value, Pair) else value if isinstance(value, tuple) else (value,)
    most = MOST_NAMED.get(row.name, MOST.get(row.type, MOST_OF_ANY))
    if row.name == "date" and isinstance(value, str) and not _DATE.fullmatch(value):
        return "`date` is a year, a month or a day"
    for part in parts:
        if not isinstance(part, Quantity):
            continue
        if part.value < 0 and row.type not in SIGNED and row.name != "floor.origin":
            return f"`{row.name}` cannot be below zero"
        if part.value <= 0 and row.name in ABOVE_ZERO:
            return f"`{row.name}` must be above zero"
        if abs(part.value) > most:
            return f"`{row.name}` is at most {show(Quantity(Fraction(most), part.dimension, part.point))}"
    return ""


_EXAMPLES = {
    "power": "700 W",
    "rate": "400 Gb/s",
    "data": "128 GB",
    "compute": "780 TFLOPS",
    "time": "200 ns",
    "length": "3 m",
    "mass": "900 kg",
    "attenuation": "0.35 dB/km",
    "energy per bit": "5 pJ/bit",
    "number": "0.9 or 90%",
    "frequency": "1.8 GHz",
    "failure rate": "500 FIT",
    "ratio in dB": "0.5 dB",
    "level in dBm": "-2.2 dBm",
    "temperature": "25 °C",
    "sound": "72 dBA",
    "temperature difference": "10 K",
    "flow": "40 L/min",
    "floor load": "1_200 kg/m^2",
    "money": "26_000 USD",
    "money per time": "2 USD/h",
    "money per energy": "0.08 USD/kWh",
    "money per power": "9_000 USD/kW",
    "money per power and time": "130 USD/kW/month",
}


def _wrong(value: Value, wanted: str, name: str, span: Span) -> Diagnostic:
    return rules.WRONG_TYPE.at(span, f"`{name}` takes {wanted}, and this is {describe(value)}")


def _dimension(value: Value, wanted: str, name: str, span: Span, fix: str) -> Diagnostic:
    if not isinstance(value, Quantity):
        return rules.WRONG_TYPE.at(span, f"`{name}` is a value of {wanted}, and this is {describe(value)}", fix)
    found = name_of(value.dimension)
    message = f"`{name}` is a value of {wanted}, and this is {'a plain number' if found == 'number' else found}"
    return rules.DIMENSION.at(span, message, fix)
