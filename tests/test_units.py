"""The laws of units."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmxdsl.units import Quantity, TooLarge, UnitFault, UnknownUnit, number, quantity, show, unit
from cmxdsl.units.dimension import NAMES, NONE
from cmxdsl.units.scales import SCALES, PointScale
from cmxdsl.units.text import all_symbols, base_unit

numbers = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6)
dimensions = st.sampled_from(sorted(NAMES.values(), key=lambda d: d.powers))
quantities = st.builds(Quantity, numbers, dimensions)


def q(value: str, unit_text: str) -> Quantity:
    return quantity(Fraction(value), unit_text)


@given(quantities, numbers, numbers)
def test_scaling_distributes(a: Quantity, x: Fraction, y: Fraction) -> None:
    assert a * number(x) + a * number(y) == a * number(x + y)


@given(quantities, quantities)
def test_division_undoes_multiplication(a: Quantity, b: Quantity) -> None:
    if b.value:
        assert a * b / b == a


@given(dimensions, numbers, numbers, numbers)
def test_addition_is_associative_and_undone_by_subtraction(d: object, x: Fraction, y: Fraction, z: Fraction) -> None:
    a, b, c = (Quantity(v, d) for v in (x, y, z))  # type: ignore[arg-type]
    assert (a + b) + c == a + (b + c)
    assert a + b - b == a


@given(dimensions)
def test_base_units_read_back(d: object) -> None:
    text = base_unit(d)  # type: ignore[arg-type]
    assert (unit(text).dimension, unit(text).factor) == (d, 1) if text else d == NONE


@given(st.integers(1, 999_999), st.sampled_from(["W", "B", "b/s", "FLOPS", "m", "s", "Hz", "V", "J/bit", "USD"]))
def test_what_is_shown_reads_back(value: int, symbol: str) -> None:
    shown = show(q(str(value), symbol), symbol, places=12)
    amount, _, text = shown.partition(" ")
    assert quantity(Fraction(amount.replace(",", "")), text) == q(str(value), symbol)


@pytest.mark.parametrize("symbol", all_symbols())
def test_every_symbol_is_a_unit(symbol: str) -> None:
    assert unit(symbol).factor > 0


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        ("559378", "W", "559.4 kW"), ("3.2", "TB/s", "25.6 Tb/s"), ("1.75", "inch", "44.45 mm"),
        ("26_000".replace("_", ""), "USD", "26,000 USD"), ("8.2", "MUSD", "8.2 MUSD"), ("0.35", "dB/km", "0.35 dB/km"),
        ("25", "°C", "25 °C"), ("-4.4", "dBm", "-4.4 dBm"), ("5", "pJ/bit", "5 pJ/bit"), ("1360", "kg", "1,360 kg"),
        ("12", "t", "12 t"), ("999.99", "W", "1 kW"), ("0", "W", "0 W"), ("100", "FIT", "100 FIT"),
    ],
)  # fmt: skip
def test_printing(value: str, text: str, shown: str) -> None:
    assert show(q(value, text)) == shown


def test_bits_bytes_and_prefixes() -> None:
    assert q("1", "GB/s") == q("8", "Gb/s")
    assert q("1", "GiB") == q("1073741824", "byte")
    assert q("1", "U") == q("44.45", "mm") == q("1.75", "inch")
    assert q("1", "kWh") == q("3.6", "MJ")
    assert q("1", "µs") == q("1", "μs") == q("1", "us")


def test_levels_and_temperatures_are_points() -> None:
    assert q("-0.8", "dBm") - q("-4.4", "dBm") == q("3.6", "dB")
    assert q("-0.8", "dBm") - q("3", "dB") == q("-3.8", "dBm")
    assert q("35", "°C") - q("25", "°C") == q("10", "K")
    with pytest.raises(UnitFault, match="levels in dBm"):
        q("1", "dBm") + q("1", "dBm")
    with pytest.raises(UnitFault, match="temperatures"):
        q("1", "°C") + q("1", "°C")
    with pytest.raises(UnitFault, match="cannot be compared"):
        q("1", "dBm").compare(q("1", "dB"))
    with pytest.raises(UnitFault, match="part of a product"):
        unit("dBm/km")


def test_currencies_need_a_rate() -> None:
    with pytest.raises(UnitFault, match="money in CNY to money in USD") as fault:
        q("1", "CNY") + q("1", "USD")
    assert "rate" in fault.value.fix
    assert q("72", "CNY") / q("7.2", "CNY/USD") == q("10", "USD")


@pytest.mark.parametrize("text", ["Wat", "kkW", "W/", "/s", "W//s", "W^", "", " "])
def test_no_units(text: str) -> None:
    if text:
        with pytest.raises(UnknownUnit):
            unit(text)


def test_numbers_cannot_eat_memory() -> None:
    big = number(10**300)
    with pytest.raises(TooLarge):
        for _ in range(20):
            big = big * big
    with pytest.raises(TooLarge):
        number(2).power(65)


@pytest.mark.parametrize("scale", SCALES, ids=lambda s: s.symbol)
def test_a_scale_is_a_row_with_all_that_is_said_of_it(scale: PointScale) -> None:
    point = quantity(Fraction(40), scale.symbol)
    assert point.point and point.dimension == scale.dimension and show(point) == f"40 {scale.symbol}"
    step = point - quantity(Fraction(30), scale.symbol)
    assert not step.point and step.value == 10 and point + step == quantity(Fraction(50), scale.symbol)
    with pytest.raises(UnitFault, match=re.escape(f"two {scale.many} cannot be added")):
        point + point
    with pytest.raises(UnitFault, match=re.escape(f"a {scale.one} cannot be compared with a {scale.apart}")):
        point.compare(step)
    if scale.origin:
        with pytest.raises(UnitFault, match="cannot be negated"):
            _ = -point
    else:
        assert -point == quantity(Fraction(-40), scale.symbol)
