"""Quantities and totals as JSON and as text: the same in every output."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cmxdsl.analysis.physical.attribution import Between
from cmxdsl.analysis.queries.sides import share_words, value_words
from cmxdsl.model import Total, Unknown, Value
from cmxdsl.schema import BY_NAME
from cmxdsl.units import Quantity, show, unit
from cmxdsl.units.text import base_unit

if TYPE_CHECKING:
    from cmxdsl.analysis.totals.summary import Summary


def as_number(value: Fraction) -> int | float:
    """A whole number as int, any other as the nearest float."""
    return value.numerator if value.denominator == 1 else float(value)


def as_metres(length: Fraction | None) -> float | None:
    """A length in metres to the millimetre."""
    return None if length is None else float(round(length, 3))


def shown_metres(length: Fraction | None) -> str:
    """A length in metres to the centimetre, `?` where it is not known."""
    return "?" if length is None else f"{float(length):.2f}"


def in_unit(quantity: Quantity | None, unit_text: str) -> int | float | None:
    """The number of units in a quantity."""
    return None if quantity is None else as_number(quantity.value / unit(unit_text).factor)


def currency(quantity: Quantity) -> str:
    """The currency of an amount of money."""
    return quantity.dimension.powers[0][0].removeprefix("money ")


def total_json(total: Total, unit_text: str, unit_name: str) -> dict[str, Any]:
    """A total: value (null when nothing is known), unit, coverage, where its parts' numbers come from."""
    coverage = total.coverage
    return {
        "value": in_unit(total.value, unit_text) if total.value is not None else None,
        "unit": unit_name,
        "coverage": None if coverage is None else as_number(coverage),
        "provenance": {kind: as_number(Fraction(many)) for kind, many in sorted(total.shares.items())},
    }


def memory_figures(found: Summary) -> Iterator[tuple[str, Total, str]]:
    """Memory and its bandwidth by whose it is, and the sum where it is of several: name, total, unit."""
    for what, attribute in (("memory", "capacity"), ("memory bandwidth", "bandwidth")):
        kept, as_unit = found.memory[attribute], BY_NAME[f"memory.{attribute}"].unit
        rows = [("accelerator", kept.accelerator), ("host", kept.host), ("other", kept.other)]
        for whose, total in rows:
            if total.known or total.missing:
                yield f"{whose} {what}", total, as_unit
        if kept.several:
            yield f"{what} in all", kept.all, as_unit


def money_json(total: Total) -> dict[str, Any]:
    """A total of money; with several currencies `value` is null and each stands in `by_currency`."""
    amounts = {currency(Quantity(v, d)): as_number(v) for d, v in total.sums.items()}
    one = next(iter(amounts)) if len(amounts) == 1 else None
    result = total_json(total, one, one) if one is not None else {**total_json(total, "%", ""), "unit": None}
    if len(amounts) > 1:
        result["by_currency"] = dict(sorted(amounts.items()))
    return result


def own_json(total: Total) -> dict[str, Any]:
    """A total of an attribute that a file declares: money by its currency, others in base units."""
    if len(total.sums) > 1:
        return money_json(total)
    value = total.value
    number = {"value": as_number(value.value), "unit": base_unit(value.dimension)} if value is not None else {}
    return {**total_json(total, "%", ""), **number}


def total_text(total: Total, unit_text: str | None = None) -> str:
    """A total for people: the value, `unknown`, or several currencies."""
    if not total.sums:
        return "unknown"
    return " + ".join(show(Quantity(v, d), unit_text) for d, v in total.sums.items())


def between_text(found: Between, unit_text: str | None = None) -> str:
    """What racks have of something: `12 kW`, or `10 kW to 12 kW` where some have more."""
    texts = dict.fromkeys(total_text(total, unit_text) for total in (found.least, found.most))
    return " to ".join(texts)


def coverage_text(total: Total) -> str:
    """`100%`, or the share of parts that the total covers."""
    return "" if total.coverage is None else share_words(total.coverage)


def provenance_text(total: Total) -> str:
    """`published 384, estimated 192`: parts by where their numbers come from."""
    order = ("published", "stated", "derived", "estimated", "calibrated")
    return ", ".join(f"{kind} {as_number(Fraction(total.shares[kind])):,}" for kind in order if kind in total.shares)


def value_text(value: Value, name: str = "") -> str:
    """The value of an attribute as people write it, in the attribute's unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value_words(value, BY_NAME[name].unit if name in BY_NAME else "")


def value_json(value: Value, text: str) -> dict[str, Any]:
    """A value: a quantity as a number of base units, with the unit; the text beside."""
    if isinstance(value, Quantity):
        return {"value": as_number(value.value), "unit": base_unit(value.dimension), "text": text}
    if isinstance(value, Unknown):
        return {"value": None, "unit": "", "text": text}
    return {"value": value if isinstance(value, bool) else text, "unit": "", "text": text}


def seconds(value: float) -> str:
    """A time in the unit that reads best."""
    for name, scale in (("s", 1.0), ("ms", 1e-3)):
        if value >= scale:
            return f"{value / scale:.4g} {name}"
    return f"{value * 1e6:.4g} µs"
