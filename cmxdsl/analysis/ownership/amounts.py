"""Sums of money of which something may be missing."""

from __future__ import annotations

from collections.abc import Iterable

from cmxdsl.model import Total
from cmxdsl.records import frozen
from cmxdsl.units import Quantity, UnitFault


@frozen
class Amount:
    """A sum of money, or of money a year. `value` is the known part of it, None where nothing is known; with something
    `lacking` the whole is unknown, and no less than that."""

    value: Quantity | None
    lacking: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return self.value is not None and not self.lacking

    def __mul__(self, factor: Quantity) -> Amount:
        return Amount(None if self.value is None else self.value * factor, self.lacking)


def amount(total: Total, attribute: str) -> Amount:
    """A total over parts as an amount; what lacks it is named."""
    if len(total.sums) > 1:
        return Amount(None, (f"`{attribute}` in one currency",))
    lacking = tuple(f"{attribute} of {name}" for name in total.lacking)
    if total.value is None and not lacking:
        return Amount(None, (f"any part with {attribute}",))
    return Amount(total.value, lacking)


def added(amounts: Iterable[Amount]) -> Amount:
    """Their sum, which lacks what any of them lacks."""
    value: Quantity | None = None
    lacking: dict[str, None] = {}
    for one in amounts:
        lacking.update(dict.fromkeys(one.lacking))
        if one.value is None:
            continue
        try:
            value = one.value if value is None else value + one.value
        except UnitFault:
            lacking["all amounts in one currency"] = None
    return Amount(value, tuple(lacking))
