"""The cost of ownership as table, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.ownership.amounts import Amount, added
from cmxdsl.analysis.ownership.cost import NETWORK, YEAR, Cost, cost
from cmxdsl.model import Subject
from cmxdsl.model.functions import FunctionFault
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import as_number
from cmxdsl.outputs.registry import Files, Unanswered
from cmxdsl.units import Quantity, number, show

FORMAT = "compute.bf16"
USUAL = Fraction(4)  # years


def write(subject: Subject, format: str, years: Fraction = USUAL, width: int = UNWRAPPED, color: bool = False) -> str:
    """What a design costs to own over so many years. Raises Unanswered."""
    try:
        found = cost(subject)
    except FunctionFault as error:
        raise Unanswered(str(error)) from None
    if format == "json":
        return json.dumps(_json(subject, found, years), indent=2, ensure_ascii=False) + "\n"
    tables = list(_tables(subject, found, years))
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def _tables(subject: Subject, found: Cost, years: Fraction) -> Iterator[Table]:
    name = subject.top.name
    written = added(p.yearly for p in found.purchases)
    if found.purchases:
        bought = [
            (p.group, f"{p.parts:,}", _shown(p.price), _share(p.price, found.price), _shown(p.yearly))
            for p in found.purchases
        ]
        bought.append(("all", "", _shown(found.price), "", _shown(written)))
        titles = (("purchase", False), ("parts", True), ("price", True), ("share", True), ("written off a year", True))
        yield Table(f"{name}: what is bought", tuple(Column(*t) for t in titles), tuple(bought))
    yearly = [("purchase", "written off", written)] if found.purchases else []
    yearly += [(e.name, e.basis, e.yearly) for e in found.expenses]
    yearly.append(("all", "", found.yearly))
    rows = tuple((what, basis, _shown(one), _shown(one * number(years))) for what, basis, one in yearly)
    columns = (Column("expense"), Column("reckoned by"), Column("a year", True), Column(f"{_count(years)} years", True))
    yield Table(f"{name}: cost of ownership", columns, rows)
    lines = tuple((figure, _shown(amount)) for figure, amount in _figures(subject, found, years))
    if lines:
        yield Table("figures", (Column("figure"), Column("value", True)), lines)
    if found.yearly.lacking:
        missing = tuple((x,) for x in found.yearly.lacking)
        yield Table("not known, and so the whole is not", (Column("what is missing"),), missing)


def _count(years: Fraction) -> str:
    return show(number(years))


def _figures(subject: Subject, found: Cost, years: Fraction) -> Iterator[tuple[str, Amount]]:
    if found.accelerators:
        yield (
            f"an accelerator, {show(number(years))} years",
            found.over(YEAR * number(years)) * number(Fraction(1, found.accelerators)),
        )
        used = "every hour" if found.utilization is None else f"at {show(number(found.utilization), '%')} utilization"
        yield f"an accelerator for an hour, {used}", found.each(found.accelerators)
    compute = subject.total(FORMAT)
    if compute.complete and compute.value is not None and compute.value.value:
        yield "a PFLOPS of dense BF16 for a year", found.yearly * number(Fraction(10**15) / compute.value.value)
    network = [p.price for p in found.purchases if p.group in NETWORK]
    if network:
        yield "the network: switches, adapters, optics, cables", added(network)


def _shown(amount: Amount) -> str:
    if amount.value is None:
        return "unknown"
    text = show(amount.value)
    return f"at least {text}" if amount.lacking else text


def _share(part: Amount, whole: Amount) -> str:
    if part.value is None or not whole.known or whole.value is None or not whole.value.value:
        return ""
    return show(part.value / whole.value, "%", 3)


def _json(subject: Subject, found: Cost, years: Fraction) -> dict[str, Any]:
    return {
        "design": subject.top.name,
        "years": as_number(years),
        "rented": found.rented,
        "purchases": [
            {"group": p.group, "parts": p.parts, "price": _amount(p.price), "yearly": _amount(p.yearly)}
            for p in found.purchases
        ],
        "expenses": [{"name": e.name, "basis": e.basis, "yearly": _amount(e.yearly)} for e in found.expenses],
        "price": _amount(found.price),
        "yearly": _amount(found.yearly),
        "total": _amount(found.yearly * number(years)),
        "accelerators": found.accelerators,
        "utilization": None if found.utilization is None else as_number(found.utilization),
        "figures": {name: _amount(amount) for name, amount in _figures(subject, found, years)},
    }


def _amount(amount: Amount) -> dict[str, Any]:
    """`value` is null where the whole is not known; `known` is the part that is."""
    known = None if amount.value is None else round(float(amount.value.value), 2)
    currency = None if amount.value is None else _currency(amount.value)
    return {
        "value": known if amount.known else None,
        "known": known,
        "currency": currency,
        "lacking": list(amount.lacking),
    }


def _currency(value: Quantity) -> str:
    return next(base.removeprefix("money ") for base, _ in value.dimension.powers)


def files(subject: Subject) -> Files:
    """Where the design says what anything but its parts costs."""
    stated = any(name.startswith("cost.") for name in subject.top.attributes)
    if stated or subject.total("rent").known:
        yield "cost.txt", write(subject, "table")
        yield "cost.json", write(subject, "json")
