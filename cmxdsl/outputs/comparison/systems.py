"""Systems side by side, as table, Markdown, JSON and HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cmxdsl.analysis.comparison.systems import GROUPS, Figure, System, compare
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import as_number
from cmxdsl.outputs.report.charts import Bar, chart
from cmxdsl.outputs.report.page import bare_page, html_table
from cmxdsl.units import Quantity, number, show
from cmxdsl.units.text import base_unit


def write_compare(systems: Sequence[System], format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """The comparison in a format; ratios are the first system's value over each other one's."""
    found = compare(systems)
    if format == "json":
        return json.dumps(_json(systems, found), indent=2, ensure_ascii=False) + "\n"
    if format == "html":
        return _html(systems, found)
    tables = [_table(systems, group, found) for group in GROUPS if any(f.group == group for f in found)]
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def _shown(figure: Figure, k: int) -> str:
    value = figure.values[k]
    if value is None:
        return "unknown"
    text = (
        f"{show(number(value.value), places=4)} {figure.unit}" if figure.group == "inverse" else _in_unit(figure, value)
    )
    return text if figure.complete[k] else f"{text} and more"


def _in_unit(figure: Figure, value: Quantity) -> str:
    if value.dimension.is_none and figure.unit in ("", "B", "B/s", "W"):
        return show(value, places=4)
    return show(value, figure.unit or None, places=4)


def _ratio(figure: Figure, k: int) -> str:
    ratio = figure.ratio(k)
    return f"{show(number(ratio), places=3)}×" if ratio is not None else ""


def _columns(systems: Sequence[System], title: str) -> tuple[Column, ...]:
    others = [f"to {s.name}" for s in systems[1:]]
    return (
        Column(title),
        *(Column(s.name, True) for s in systems),
        *(Column(o, True) for o in others),
        Column("better"),
    )


def _row(systems: Sequence[System], figure: Figure) -> tuple[str, ...]:
    best = figure.best
    return (
        figure.name,
        *(_shown(figure, k) for k in range(len(systems))),
        *(_ratio(figure, k) for k in range(1, len(systems))),
        systems[best].name if best is not None else "",
    )


def _table(systems: Sequence[System], group: str, found: list[Figure]) -> Table:
    rows = tuple(_row(systems, f) for f in found if f.group == group)
    return Table(GROUPS[group], _columns(systems, ""), rows)


def _json(systems: Sequence[System], found: list[Figure]) -> dict[str, Any]:
    """Values in base units (bit, operation, W, the currency, m²); ratios are the first over each other."""
    return {
        "systems": [s.name for s in systems],
        "figures": [
            {
                "group": f.group,
                "name": f.name,
                "values": [as_number(v.value) if v is not None else None for v in f.values],
                "unit": f.unit if f.group == "inverse" else _base(f),
                "complete": list(f.complete),
                "ratios": [float(r) if (r := f.ratio(k)) is not None else None for k in range(1, len(systems))],
                "better": f.better or None,
                "best": systems[f.best].name if f.best is not None else None,
            }
            for f in found
        ],
    }


def _base(figure: Figure) -> str:
    return next((base_unit(v.dimension) for v in figure.values if v is not None), "")


_VERDICTS = {True: " (better)", False: " (worse)", None: ""}
_CHARTS = {"in all": ("all",), "of one accelerator, and for each watt": ("accelerator", "inverse")}


def _html(systems: Sequence[System], found: list[Figure]) -> str:
    """One page that loads nothing: a chart of ratios, then the tables."""
    names = [s.name for s in systems]
    sections = []
    for k in range(1, len(systems)):
        for which, (what, groups) in enumerate(_CHARTS.items()):
            rows = [f for f in found if f.group in groups and f.ratio(k) is not None]
            bars = [Bar(f.name, (float(f.ratio(k) or 0),), _ratio(f, k) + _VERDICTS[f.beats(k)]) for f in rows]
            if bars:
                title = f"{names[0]} against {names[k]}: {what}"
                sections.append((f"ratios-{k}-{which}", title, chart("how many times as much", bars)))
    for group, title in GROUPS.items():
        figures = [f for f in found if f.group == group]
        if figures:
            columns = _columns(systems, "figure")
            table = html_table(
                [c.title for c in columns],
                [_row(systems, f) for f in figures],
                {k for k, c in enumerate(columns) if c.numeric},
            )
            sections.append((group, title, table))
    return bare_page(" and ".join(names), sections)
