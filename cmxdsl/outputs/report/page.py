"""The page of a report, section by section. Every text from a design is escaped here or written as data."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from cmxdsl.analysis.queries.published import Verdict, verdicts
from cmxdsl.analysis.totals.bom import bom
from cmxdsl.analysis.totals.summary import Summary, summary
from cmxdsl.diagnostics import Diagnostic, render, tally
from cmxdsl.model import Subject, Total
from cmxdsl.outputs.kit.value_format import between_text, coverage_text, memory_figures, total_text
from cmxdsl.outputs.report.charts import Bar, chart
from cmxdsl.outputs.report.narrative import story
from cmxdsl.outputs.report.networks import networks_section
from cmxdsl.outputs.report.parts import parts_data
from cmxdsl.outputs.report.pictures import Drawn, pictures, undrawn, wanted
from cmxdsl.outputs.report.work import work_section
from cmxdsl.outputs.tables.bom import bom_json, write_bom
from cmxdsl.outputs.tables.fidelity import figure_cells, held
from cmxdsl.outputs.tables.summary import ratio_text
from cmxdsl.records import field, frozen
from cmxdsl.schema import BY_NAME
from cmxdsl.source import Source
from cmxdsl.units import Quantity, show

ASSETS = Path(__file__).parents[2] / "assets"
LACKING = 12  # pictures whose lack is told one by one
ROWS = 3000  # of one table; a browser takes no more with pleasure


@frozen
class Material:
    """What a report is made of. `live` pages fetch their pictures and follow changes; others hold everything."""

    subject: Subject | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source] = field(repr=False)
    file: str = ""
    live: bool = False

    @property
    def name(self) -> str:
        return self.subject.top.name if self.subject is not None else self.file


def write_report(material: Material) -> str:
    """The report as HTML. What cannot be made of this design is left out or says why."""
    return bare_page(material.name, list(_sections(material)), _overlay(material), material.live)


def bare_page(name: str, sections: Sequence[tuple[str, str, str]], overlay: str = "", live: bool = False) -> str:
    """A page of sections (id, title, content as HTML) that allows its own style and script, and nothing else."""
    style, script = _asset("report.css"), _asset("report.js")
    connect = " connect-src 'self';" if live else ""
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        f"img-src data:;{connect} base-uri 'none'; form-action 'none'"
    )
    links = "".join(f'<a href="#{id}">{escape(title)}</a>' for id, title, _ in sections)
    body = "".join(
        f'<section id="{id}" aria-labelledby="h-{id}"><h2 id="h-{id}">{escape(title)}</h2>{content}</section>'
        for id, title, content in sections
    )
    mark = ' data-live="1"' if live else ""
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}</title><style>{style}</style></head>\n<body{mark}>"
        f'<a class=skip href="#main">Skip to the content</a><header><strong>{escape(name)}</strong>'
        f'<nav aria-label="Sections">{links}</nav><button id=theme type=button aria-label="Light or dark">◐</button>'
        f"</header>\n<main id=main>{body}</main>\n{overlay}"
        f"<script>{script}</script></body></html>\n"
    )


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _sections(m: Material) -> Iterator[tuple[str, str, str]]:
    """Id, title and content of each section that this design has something for; findings first where it is wrong."""
    errors = any(d.severity.rank == 0 for d in m.diagnostics)
    if errors:
        yield "findings", "Findings", _findings(m)
    if m.subject is not None:
        found = summary(m.subject)
        judged = verdicts(m.subject)
        yield "overview", "Overview", _overview(m, found, judged)
        yield "explore", "Explore", _explorer(m)
        plans = _plans(m)
        if plans:
            yield "plans", "Racks, floor, network, power", plans
        yield "charts", "Power and performance", _charts(found)
        yield "parts", "Bill of materials", _parts(m)
        fabric = networks_section(m.subject, found, html_table)
        if fabric:
            yield "fabric", "Networks", fabric
        work = work_section(m.subject, html_table)
        if work:
            yield "work", "At work", work
        if judged:
            yield "fidelity", "Published figures", _fidelity(judged)
    if not errors:
        yield "findings", "Findings", _findings(m)


# --- words ------------------------------------------------------------------------------------------------


def _overview(m: Material, found: Summary, judged: Sequence[Verdict]) -> str:
    assert m.subject is not None
    cards = [("accelerators", f"{found.accelerators:,}", "")] if found.accelerators else []
    for name, total in list(found.compute.items())[:2]:
        cards.append(_card(f"dense {name.upper()}", total, BY_NAME[f"compute.{name}"].unit))
    cards += [
        _card(title, total, unit)
        for title, total, unit in (
            *memory_figures(found),
            ("power, typical", found.power["typical"], "W"),
            ("power, peak", found.power["peak"], "W"),
            ("price", found.price, None),
            ("mass", found.mass, None),
        )
        if total.known or total.missing
    ]
    shown = "".join(
        f"<div class=card><b>{escape(value)}</b><span>{escape(title)}</span>"
        + (f"<small>{escape(note)}</small>" if note else "")
        + "</div>"
        for title, value, note in cards
    )
    doc = f"<p class=lead>{escape(m.subject.top.doc)}</p>" if m.subject.top.doc else ""
    told = "".join(f"<dt>{escape(t)}</dt><dd>{escape(text)}</dd>" for t, text in story(m.subject, found))
    if judged:
        told += f'<dt>How far to trust it</dt><dd>{escape(held(judged))}. <a href="#fidelity">See them.</a></dd>'
    return f"{doc}<div class=cards>{shown}</div><dl class=story>{told}</dl>"


def _card(title: str, total: Total, unit: str | None) -> tuple[str, str, str]:
    covered = coverage_text(total)
    return title, total_text(total, unit), "" if covered in ("", "100%") else f"known for {covered} of parts"


def _findings(m: Material) -> str:
    if not m.diagnostics:
        return "<p>No findings: nothing is wrong, and nothing looks unusual.</p>"
    items = "".join(
        f"<li class={d.severity.value}><pre tabindex=0>{escape(render(d, m.sources))}</pre></li>"
        for d in sorted(m.diagnostics, key=lambda d: d.severity.rank)
    )
    told = f"<p>{escape(tally(m.diagnostics))}. <code>cmx explain CODE</code> says more of each.</p>"
    return f"{told}<ul class=findings>{items}</ul>"


def _overlay(m: Material) -> str:
    """In the live preview, errors stay in sight."""
    errors = [d for d in m.diagnostics if d.severity.rank == 0]
    if not m.live or not errors:
        return ""
    first = escape(render(errors[0], m.sources))
    return (
        f'<aside id=overlay role=alert><b>{escape(tally(m.diagnostics))}</b> <a href="#findings">all findings</a>'
        f"<pre>{first}</pre></aside>"
    )


# --- pictures ---------------------------------------------------------------------------------------------


def _explorer(m: Material) -> str:
    """The drill-down: one picture at a time, what it is about, and how to get further."""
    assert m.subject is not None
    every = {w.key for w in wanted(m.subject) if not w.key.startswith("plan/")}
    made = [] if m.live else list(pictures(m.subject, every))
    drawn = [f for f in made if f.svg]
    keys = {f.key for f in drawn}
    offered = [
        {"key": w.key, "scope": w.component.id, "title": w.title}
        for w in wanted(m.subject)
        if not w.key.startswith("plan/") and (m.live or w.key in keys)
    ]
    templates = "".join(f'<template data-figure="{escape(f.key)}">{f.svg}</template>' for f in drawn)
    data = {"top": m.subject.top.id, "figures": offered, "parts": parts_data(m.subject)}
    first = next((f.svg for f in drawn if f.scope == m.subject.top.id), "")
    return (
        "<p class=hint>Click a box for what it is; double-click to look inside. Drag or use the arrow keys to move, "
        "the wheel or + and − to zoom, 0 for all of it, / to search.</p>"
        "<div class=bar-top><nav id=crumbs aria-label=Breadcrumb></nav>"
        "<label>Picture <select id=figure-choice></select></label>"
        '<label>Search <input id=search type=search autocomplete=off placeholder="part, kind, attribute" '
        "aria-controls=hits></label></div><ul id=hits hidden></ul>"
        f'<div class=explorer><div id=canvas tabindex=0 role=group aria-label="Picture">{first}</div>'
        "<aside id=details aria-live=polite></aside></div>"
        f"{_missing(made, undrawn(m.subject))}"
        f'{templates}<script type="application/json" id=data>{_data(data)}</script>'
    )


def _missing(made: Sequence[Drawn], more: int) -> str:
    """Which pictures are not there, and why, and what others do not show."""
    lacking = [f"{f.scope}, {f.title}: {f.note}" for f in made if f.note]
    lines = lacking[:LACKING]
    lines += [f"{len(lacking) - LACKING:,} more pictures are not whole"] if len(lacking) > LACKING else []
    lines += [f"{more:,} more assemblies have no pictures of their own"] if more else []
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<details class=note><summary>Not drawn, or not whole</summary><ul>{items}</ul></details>" if lines else ""


def _data(value: Any) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _plans(m: Material) -> str:
    assert m.subject is not None
    keys = {w.key for w in wanted(m.subject) if w.key.startswith("plan/")}
    made = list(pictures(m.subject, keys))
    found = [f for f in made if f.svg]
    return _missing([f for f in made if not f.svg], 0) * bool(found) + "".join(
        f"<figure class=plan tabindex=0><figcaption>{escape(f.title)}"
        + (f" <small>{escape(f.note)}</small>" if f.note else "")
        + f"</figcaption><div class=scroll>{f.svg}</div></figure>"
        for f in found
    )


def _charts(found: Summary) -> str:
    def watts(q: Quantity | None) -> float:
        return float(q.value) if q is not None else 0.0

    charts = []
    rows = [
        Bar(
            name,
            (watts(row.get("typical")), watts(row.get("peak"))),
            " to ".join(dict.fromkeys(show(row[k], "W") for k in ("typical", "peak") if k in row)),
        )
        for name, row in found.power_by_kind.items()
        if any(q.value for q in row.values())
    ]
    if rows:
        charts.append(chart("Power by part", rows, ("typical", "peak")))
    racks = [
        Bar(
            f"{r.count:,} × {r.rack}",
            (watts(r.typical.most.value), watts(r.peak.most.value)),
            f"{between_text(r.peak, 'W')} each",
        )
        for r in found.racks
        if r.peak.most.value is not None
    ]
    if racks:
        charts.append(chart("Power of one rack of each kind", racks, ("typical", "peak")))
    bandwidth = [
        Bar(name, (float(total.value.value),), total_text(total, unit))
        for name, total, unit in memory_figures(found)
        if unit == "B/s" and total.value is not None
    ]
    bandwidth += [
        Bar(f"{name.replace('_', '-')} injection", (float(q.value),), show(q, "B/s"))
        for name, p in found.planes.items()
        if (q := p.injection.value) is not None and q.value
    ]
    if bandwidth:
        charts.append(chart("Bandwidth, each way: memory, and what endpoints put into each plane", bandwidth))
    compute = [
        Bar(name.upper(), (float(t.value.value),), total_text(t, BY_NAME[f"compute.{name}"].unit))
        for name, t in found.compute.items()
        if t.value is not None
    ]
    if compute:
        charts.append(chart("Dense compute by number format", compute))
    merit = html_table(
        ("figure", "value", ""),
        [(r.name, ratio_text(r), "" if r.complete else "from incomplete totals") for r in found.ratios],
        numeric={1},
    )
    return f"<div class=charts>{''.join(charts)}</div>" + (f"<h3>Figures of merit</h3>{merit}" if found.ratios else "")


# --- tables -----------------------------------------------------------------------------------------------


def html_table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: set[int] = frozenset(),  # type: ignore[assignment]
    sorts: Sequence[Sequence[float | None]] = (),
    id: str = "",
    classes: Callable[[int], str] = lambda _: "",
) -> str:
    """A table; with `sorts`, numbers to sort by, and with an id one that can be sorted and filtered."""
    head = "".join(
        f"<th scope=col{' class=n' if k in numeric else ''}>"
        + (f"<button type=button>{escape(t)}</button>" if id else escape(t))
        + "</th>"
        for k, t in enumerate(titles)
    )
    lines = []
    for y, row in enumerate(rows[:ROWS]):
        cells = []
        for k, cell in enumerate(row):
            value = sorts[y][k] if sorts and k < len(sorts[y]) else None
            sort = f' data-v="{value}"' if value is not None else ""
            cells.append(f"<td{' class=n' if k in numeric else ''}{sort}>{escape(cell)}</td>")
        mark = classes(y)
        lines.append(f"<tr{f' class={mark}' if mark else ''}>{''.join(cells)}</tr>")
    rest = f"<p class=note>{len(rows) - ROWS:,} more rows are left out.</p>" if len(rows) > ROWS else ""
    name = f' id="{id}"' if id else ""
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f"<div class=scroll><table{name}>{body}</table></div>{rest}"


def _parts(m: Material) -> str:
    assert m.subject is not None
    found = bom(m.subject)
    rows: list[tuple[str, ...]] = []
    sorts: list[tuple[float | None, ...]] = []
    for line, data in zip(found.lines, bom_json(found)["lines"], strict=True):
        price, power = line.extended("price"), line.extended("power.typical")
        maker = " ".join(w for w in (line.component.text("vendor"), line.component.text("part_number")) if w)
        unit = line.unit("price")
        rows.append(
            (
                f"{line.quantity:,}",
                line.part,
                line.kind,
                maker,
                show(unit) if unit is not None else "",
                show(price) if price is not None else "",
                show(power) if power is not None else "",
                ", ".join(data["used_in"]),
            )
        )
        numbers = [float(q.value) if q is not None else -1.0 for q in (unit, price, power)]
        sorts.append((float(line.quantity), None, None, None, *numbers, None))
    totals = "".join(
        f"<dt>{title}</dt><dd>{escape(total_text(found.totals[name], unit_text))}, "
        f"known for {coverage_text(found.totals[name])} of parts that should state it</dd>"
        for name, unit_text, title in (
            ("price", None, "price"),
            ("power.typical", "W", "typical power"),
            ("power.peak", "W", "peak power"),
        )
        if found.totals[name].known
    )
    table = html_table(
        ("quantity", "part", "kind", "vendor", "each", "price", "typical power", "used in"),
        rows,
        {0, 4, 5, 6},
        sorts,
        "bom",
    )
    text = write_bom(found, "csv")
    assert isinstance(text, str)
    return (
        "<div class=bar-top><label>Filter <input id=bom-filter type=search autocomplete=off></label> "
        "<span id=bom-count></span>"
        f'<button type=button id=bom-csv data-name="{escape(m.name)}-bom.csv">Download CSV</button></div>{table}'
        f'<dl class=story>{totals}</dl><script type="application/json" id=bom-data>{_data(text)}</script>'
    )


def _fidelity(found: Sequence[Verdict]) -> str:
    rows = [figure_cells(v) for v in found]
    marks = {"holds": "good", "OFF": "bad", "differs": "open", "unknown": "open"}
    titles = ("figure", "published", "here", "off by", "allowed", "basis", "verdict", "source")
    table = html_table(titles, rows, {1, 2, 3, 4}, classes=lambda y: marks[found[y].word])
    return f"<p>{escape(held(found))}.</p>{table}"
