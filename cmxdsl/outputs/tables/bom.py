"""The bill of materials as table, CSV, JSON and workbook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.totals.bom import Bom, BomLine, Section, bom
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain, to_csv, to_xlsx
from cmxdsl.outputs.kit.value_format import (
    as_number,
    currency,
    in_unit,
    money_json,
    own_json,
    total_json,
    total_text,
    value_json,
    value_text,
)
from cmxdsl.units import Quantity, show

_FIGURES = (
    ("price", "", "price"),
    ("power.typical", "W", "typical power"),
    ("power.peak", "W", "peak power"),
    ("mass", "kg", "mass"),
)


def write(
    subject: Subject, format: str, by: str | None = None, width: int = UNWRAPPED, color: bool = False
) -> str | bytes:
    """The bill of materials of a subject; `by` a kind of component breaks it down."""
    return write_bom(bom(subject, by), format, width, color)


def write_bom(found: Bom, format: str, width: int = UNWRAPPED, color: bool = False) -> str | bytes:
    """The bill of materials in a format."""
    match format:
        case "csv":
            return to_csv(_sheet(found))
        case "json":
            return json.dumps(bom_json(found), indent=2, ensure_ascii=False) + "\n"
        case "xlsx":
            return to_xlsx(f"{found.design}: bill of materials", {"BOM": _sheet(found)})
    return plain([*_tables(found), _totals(found)], width, color)


def _tables(found: Bom) -> Iterator[Table]:
    """For people: the columns that have anything in them."""
    lines = found.lines
    priced = any(line.unit("price") is not None for line in lines)
    powered = any(line.unit("power.peak") is not None or line.unit("power.typical") is not None for line in lines)
    heavy = any(line.unit("mass") is not None for line in lines)
    vendors = any(line.component.text("vendor") or line.component.text("part_number") for line in lines)
    columns = [Column("quantity", True), Column("part"), Column("kind")]
    columns += [Column("vendor, part number")] if vendors else []
    columns += [Column("unit price", True), Column("price", True)] if priced else []
    columns += [Column("typical", True), Column("peak", True)] if powered else []
    columns += [Column("mass", True)] if heavy else []
    columns += [Column("used in")]
    for section in found.sections:
        rows = []
        for line in section.lines:
            cells = [f"{as_number(Fraction(line.quantity)):,}", line.part, line.kind]
            if vendors:
                cells.append(
                    " ".join(w for w in (line.component.text("vendor"), line.component.text("part_number")) if w)
                )
            if priced:
                cells += [_money(line, line.unit("price")), _text(line.extended("price"))]
            if powered:
                cells += [_text(line.extended("power.typical")), _text(line.extended("power.peak"))]
            if heavy:
                cells.append(_text(line.extended("mass")))
            rows.append((*cells, ", ".join(name for name, _ in line.used_in)))
        yield Table(_title(found, section), tuple(columns), tuple(rows))


def _title(found: Bom, section: Section) -> str:
    if not section.title:
        return f"{found.design}: bill of materials"
    return f"{section.title}" + (f" × {section.quantity:,}" if section.quantity > 1 else "")


def _text(quantity: Quantity | None) -> str:
    return show(quantity) if quantity is not None else ""


def _money(line: BomLine, quantity: Quantity | None) -> str:
    """A unit price; `~` marks an estimate."""
    claim = line.claim("price")
    estimate = claim is not None and claim.claim.guessed
    return ("~" if estimate and quantity is not None else "") + _text(quantity)


def _totals(found: Bom) -> Table:
    """The totals with their coverage."""
    from cmxdsl.outputs.kit.value_format import coverage_text, provenance_text

    rows = []
    named = {name for name, _, _ in _FIGURES}
    for name, unit, title in (*_FIGURES, *((name, "", name) for name in found.totals if name not in named)):
        total = found.totals[name]
        if total.known or total.missing:
            rows.append((title, total_text(total, unit or None), coverage_text(total), provenance_text(total)))
    columns = (Column("total"), Column("value", True), Column("parts covered", True), Column("where from"))
    return Table("", columns, tuple(rows))


def bom_json(found: Bom) -> dict[str, Any]:
    """The contract: `{"design", "lines": [{"part", "kind", "quantity", …}], "totals"}`; power in W, mass in kg."""
    totals: dict[str, Any] = {"price": money_json(found.totals["price"])}
    for name, unit in (("power.typical", "W"), ("power.peak", "W"), ("mass", "kg")):
        totals[name] = total_json(found.totals[name], unit, unit)
    totals |= {name: own_json(total) for name, total in found.totals.items() if name not in totals}
    return {
        "design": found.design,
        "lines": [_line_json(line, section) for section in found.sections for line in section.lines],
        "totals": totals,
    }


def _line_json(line: BomLine, section: Section) -> dict[str, Any]:
    component = line.component
    price, extended = line.unit("price"), line.extended("price")
    claim = line.claim("price")
    result: dict[str, Any] = {
        "part": line.part,
        "kind": line.kind,
        "quantity": as_number(Fraction(line.quantity)),
        "vendor": component.text("vendor") or None,
        "part_number": component.text("part_number") or None,
        "description": component.text("description") or component.doc or None,
        "unit_price": in_unit(price, currency(price)) if price is not None else None,
        "price": in_unit(extended, currency(extended)) if extended is not None else None,
        "currency": currency(price) if price is not None else None,
        "price_provenance": {"kind": claim.claim.kind, "note": claim.claim.note} if claim is not None else None,
    }
    for name, unit, key in (
        ("power.typical", "W", "power_typical"),
        ("power.peak", "W", "power_peak"),
        ("mass", "kg", "mass"),
    ):
        result[f"unit_{key}"] = in_unit(line.unit(name), unit)
        result[key] = in_unit(line.extended(name), unit)
    result["used_in"] = dict(line.used_in)
    own = {name: attribute for name in component.vocabulary.own if (attribute := component.attributes.get(name))}
    if own:
        result["attributes"] = {name: value_json(a.value, value_text(a.value)) for name, a in own.items()}
    if section.title:
        result["section"] = section.title
    return result


def _sheet(found: Bom) -> Table:
    """For spreadsheets: one row a line, numbers as numbers."""
    titles: tuple[str, ...] = (
        "section",
        "part",
        "kind",
        "vendor",
        "part_number",
        "description",
        "quantity",
        "currency",
        "unit_price",
        "price",
        "unit_power_typical_W",
        "power_typical_W",
        "unit_power_peak_W",
        "power_peak_W",
        "unit_mass_kg",
        "mass_kg",
        "used_in",
    )
    rows: list[tuple[Any, ...]] = []
    for line in bom_json(found)["lines"]:
        used = "; ".join(f"{name} {many}" for name, many in line["used_in"].items())
        rows.append(
            (
                line.get("section", ""),
                line["part"],
                line["kind"],
                line["vendor"],
                line["part_number"],
                line["description"],
                line["quantity"],
                line["currency"],
                line["unit_price"],
                line["price"],
                line["unit_power_typical"],
                line["power_typical"],
                line["unit_power_peak"],
                line["power_peak"],
                line["unit_mass"],
                line["mass"],
                used,
            )
        )
    if len(found.sections) == 1 and not found.sections[0].title:
        titles, rows = titles[1:], [row[1:] for row in rows]
    return Table(found.design, tuple(Column(t) for t in titles), (), tuple(rows))
