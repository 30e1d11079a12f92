"""The performance and power summary as table, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cmxdsl.analysis.base.injection import Rate
from cmxdsl.analysis.physical.attribution import Between
from cmxdsl.analysis.totals.summary import Ratio, Summary, summary
from cmxdsl.model import Subject, Total
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import (
    as_number,
    between_text,
    coverage_text,
    in_unit,
    memory_figures,
    money_json,
    own_json,
    provenance_text,
    total_json,
    total_text,
)
from cmxdsl.schema import BY_NAME
from cmxdsl.units import Quantity, number, show


def write(subject: Subject, format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """The summary of a subject."""
    return write_summary(summary(subject), format, width, color)


def write_summary(found: Summary, format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """The summary in a format."""
    if format == "json":
        return json.dumps(summary_json(found), indent=2, ensure_ascii=False) + "\n"
    tables = list(_tables(found))
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def _tables(found: Summary) -> Iterator[Table]:
    yield _totals(found)
    if found.planes:
        yield _planes(found)
    if found.power_by_kind:
        rows = tuple(
            (name, _shown(row.get("typical")), _shown(row.get("peak"))) for name, row in found.power_by_kind.items()
        )
        yield Table("Power by part", (Column("part"), Column("typical", True), Column("peak", True)), rows)
    if found.racks:
        racks = tuple(
            (f"{r.count:,}", r.rack, _of_one(r.typical), _of_one(r.peak), _of_one(r.mass) if r.mass.most.known else "")
            for r in found.racks
        )
        columns = (
            Column("racks", True),
            Column("of kind"),
            Column("typical each", True),
            Column("peak each", True),
            Column("mass each", True),
        )
        yield Table("Racks", columns, racks)
    if found.ratios:
        rows = tuple((r.name, ratio_text(r), "" if r.complete else "from incomplete totals") for r in found.ratios)
        yield Table("Figures of merit", (Column("figure"), Column("value", True), Column("")), rows)


def _of_one(found: Between) -> str:
    return between_text(found) + ("" if found.most.complete else "+" if found.most.known else "")


def _shown(quantity: Quantity | None) -> str:
    return show(quantity) if quantity is not None else ""


def _totals(found: Summary) -> Table:
    rows: list[tuple[str, str, str, str]] = []

    def add(name: str, total: Total, unit: str | None, per: bool = False) -> None:
        if not (total.known or total.missing):
            return
        text = total_text(total, unit)
        if per and found.accelerators and total.value is not None:
            text_one = show(Quantity(total.value.value / found.accelerators, total.value.dimension), unit)
            text = f"{text}  ({text_one} each)" if found.accelerators > 1 else text
        rows.append((name, text, coverage_text(total), provenance_text(total)))

    if found.accelerators:
        rows.append(("accelerators", f"{found.accelerators:,}", "", ""))
    for name, total in found.compute.items():
        add(f"compute, {name}", total, BY_NAME[f"compute.{name}"].unit)
    for name, total, unit in memory_figures(found):
        add(name, total, unit)
    add("power, typical", found.power["typical"], "W")
    add("power, peak", found.power["peak"], "W")
    add("price", found.price, None)
    add("mass", found.mass, None)
    for name, total in found.own.items():
        add(name, total, None)
    if found.floor is not None:
        rows.append(("floor under the racks", show(found.floor), "", ""))
    columns = (
        Column("total"),
        Column("value", True),
        Column("covered", True),
        Column("parts by source of their number"),
    )
    return Table(f"{found.design}: summary", columns, tuple(rows))


def _planes(found: Summary) -> Table:
    rows = []
    for plane in found.planes.values():
        cells = [f"{n:,}" if n else "" for n in (plane.links, plane.ports, plane.switches, plane.optics, plane.cables)]
        rates = (_rate_text(rate) for rate in (plane.injection, plane.port_rate))
        rows.append((plane.name, f"{plane.endpoints:,}", *rates, *cells))
    columns = (
        Column("plane"),
        *(
            Column(t, True)
            for t in (
                "endpoints",
                "injection, each way",
                "rate of ports",
                "links",
                "ports",
                "switches",
                "transceivers",
                "cables",
            )
        ),
    )
    return Table("Network planes", columns, tuple(rows))


def _rate_text(rate: Rate) -> str:
    """A rate; what is known of it where some ports state none."""
    if not rate.ports:
        return "none"
    if rate.value is not None:
        return show(rate.value, "B/s")
    return f"{show(rate.known, 'B/s')} and more" if rate.known.value else "unknown"


def ratio_text(ratio: Ratio) -> str:
    """A figure of merit with its unit; units that only make sense together are spelled out here."""
    value, unit = ratio.value, ratio.unit
    per = {"W/TFLOPS": 10**12, "/TFLOPS": 10**12, "W/(TB/s)": 8 * 10**12, "W/TB": 8 * 10**12}.get(unit)
    if unit.startswith("/") and per is not None:
        money = next(base.removeprefix("money ") for base, _ in value.dimension.powers if base.startswith("money "))
        return f"{show(number(value.value * per), places=4)} {money}{unit}"
    if per is not None:
        return f"{show(number(value.value * per), places=4)} {unit}"
    if unit == "B/FLOP":
        return f"{show(number(value.value / 8), places=3)} {unit}"
    return show(value, unit, places=3)


def summary_json(found: Summary) -> dict[str, Any]:
    """The contract: values in FLOP/s, byte, byte/s, W, kg; the currency for money; each way for bandwidth."""
    compute = {
        name: total_json(total, BY_NAME[f"compute.{name}"].unit, "FLOP/s") for name, total in found.compute.items()
    }
    planes = {
        plane.name: {
            "links": plane.links,
            "ports": plane.ports,
            "injection": _rate_json(plane.injection),
            "port_rate": _rate_json(plane.port_rate),
            "link_bandwidth": in_unit(plane.link_bandwidth, "B/s"),
            "unit": "byte/s",
            "endpoints": plane.endpoints,
            "switches": plane.switches,
            "others": plane.others,
            "transceivers": plane.optics,
            "cables": plane.cables,
            "fibers": plane.fibers,
        }
        for plane in found.planes.values()
    }
    return {
        "design": found.design,
        "counts": found.counts,
        "accelerators": found.accelerators,
        "totals": {
            "compute": compute,
            "memory": {
                whose: {
                    "capacity": total_json(getattr(found.memory["capacity"], whose), "B", "byte"),
                    "bandwidth": total_json(getattr(found.memory["bandwidth"], whose), "B/s", "byte/s"),
                }
                for whose in ("accelerator", "host", "other", "all")
            },
            "power": {name: total_json(total, "W", "W") for name, total in found.power.items()},
            "price": money_json(found.price),
            "mass": total_json(found.mass, "kg", "kg"),
            "floor_area": {"value": in_unit(found.floor, "m^2"), "unit": "m^2"},
            **({"own": {name: own_json(total) for name, total in found.own.items()}} if found.own else {}),
        },
        "planes": planes,
        "power_by_part": {
            name: {which: in_unit(q, "W") for which, q in row.items()} for name, row in found.power_by_kind.items()
        },
        "racks": [
            {
                "rack": r.rack,
                "count": one.count,
                "such_as": one.example,
                "power": {"typical": total_json(one.typical, "W", "W"), "peak": total_json(one.peak, "W", "W")},
                "mass": total_json(one.mass, "kg", "kg"),
                "price": money_json(one.price),
            }
            for r in found.racks
            for one in r.classes
        ],
        "figures": [
            {"name": r.name, "value": as_number(r.value.value), "text": ratio_text(r), "complete": r.complete}
            for r in found.ratios
        ],
    }


def _rate_json(rate: Rate) -> dict[str, Any]:
    """A rate each way; null where a port does not state its own, with the sum of the others as `known`."""
    coverage = rate.coverage
    return {
        "value": in_unit(rate.value, "B/s"),
        "known": in_unit(rate.known, "B/s"),
        "ports": rate.ports,
        "coverage": None if coverage is None else as_number(coverage),
    }
