"""The cable schedule and the lists made from it: what to buy, what to cut, what to bundle, where each end goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.base.injection import plane_of
from cmxdsl.analysis.physical.cables import (
    Bought,
    Laid,
    Racks,
    bundles,
    by_length,
    cable_groups,
    purchases,
    total_length,
)
from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.analysis.physical.unmeasured import unmeasured
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.kit.sheet import Row, Sheet
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain, to_csv, to_xlsx
from cmxdsl.outputs.kit.value_format import as_metres, as_number, currency, shown_metres
from cmxdsl.outputs.registry import Files, Unwritable
from cmxdsl.outputs.tables.schedule import schedule_sheet
from cmxdsl.records import as_dict
from cmxdsl.units import Quantity, number, show
from cmxdsl.units.dimension import LENGTH

SHEET_ROWS = 1_000_000  # a worksheet holds 1,048,576


def write(
    subject: Subject,
    format: str,
    what: str = "summary",
    touching: str = "",
    width: int = UNWRAPPED,
    color: bool = False,
) -> Iterator[str | bytes]:
    """A list (`summary` or one of `SHEETS`) in a format, in pieces as they are made; of the schedule only what touches
    a path where one is given. Raises Unwritable, index.TooMany, ports.TooManyPaths."""
    top = subject.top
    if format == "p2p":
        yield to_xlsx(f"{top.name}: point to point", {"Links": _point_to_point(subject).raw})
        return
    if what == "summary":
        yield from _summary(subject, format, width, color)
        return
    sheet = schedule_sheet(subject, touching) if touching else SHEETS[what](subject)
    match format:
        case "csv":
            yield from sheet.csv()
        case "json":
            yield from _json(subject, what, sheet)
        case "xlsx":
            yield to_xlsx(sheet.title, {what: sheet.raw})
        case _:
            yield plain([sheet.shown], width, color)


def _json(subject: Subject, what: str, sheet: Sheet) -> Iterator[str]:
    yield json.dumps({"design": subject.top.name, "list": what}, ensure_ascii=False)[:-1] + ', "rows": ['
    for count, raw in enumerate(sheet.cells):
        yield (",\n" if count else "\n") + json.dumps(dict(zip(sheet.keys, raw, strict=True)), ensure_ascii=False)
    yield "\n]}\n"


# --- summary ----------------------------------------------------------------------------------------------


def _summary(subject: Subject, format: str, width: int, color: bool) -> Iterator[str | bytes]:
    top = subject.top
    found = by_length(subject)
    patterns, bought = _patterns(top, found), _purchase(subject, found)
    match format:
        case "csv":
            yield to_csv(patterns.raw)
        case "json":
            content = {
                "design": top.name,
                **_totals(found),
                "unmeasured": [as_dict(one) for one in unmeasured(subject)],
                "patterns": [dict(zip(patterns.keys, row, strict=True)) for _, row in patterns.rows],
                "purchase": [dict(zip(bought.keys, row, strict=True)) for _, row in bought.rows],
            }
            yield json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        case "xlsx":
            yield to_xlsx(f"{top.name}: cables", {"patterns": patterns.raw, "purchase": bought.raw})
        case _:
            totals = _totals(found)
            routed = show(Quantity(total_length(found)[0], LENGTH), places=4)
            lines = [
                ("cables", f"{totals['cables']:,}"),
                ("links", f"{totals['links']:,}"),
                ("length as routed", routed),
            ]
            for one in unmeasured(subject):
                lines.append(("assumed" if one.known else "length not known", f"{one.links:,} links: {one.reason}"))
            rest = Table(f"{top.name}: cables", (Column(""), Column("")), tuple(lines))
            yield plain([rest, patterns.shown, bought.shown], width, color)


def _totals(found: list[Laid]) -> dict[str, Any]:
    metres, unknown = total_length(found)
    return {
        "cables": sum(g.cables for g in found),
        "links": sum(g.links for g in found),
        "metres": as_number(metres),
        "length_unknown": unknown,
    }


def _patterns(top: Component, found: list[Laid]) -> Sheet:
    """One line for each run: what it joins, over what, how long."""
    by_run: dict[int, list[Laid]] = {}
    for group in found:
        by_run.setdefault(id(group.run), []).append(group)

    def rows() -> Iterator[Row]:
        for same in by_run.values():
            run = same[0].run
            known = [g.metres for g in same if g.metres is not None]
            low, high = (min(known), max(known)) if known else (None, None)
            cables, links = sum(g.cables for g in same), sum(g.links for g in same)
            ends = (_path(run.a.names), _path(run.b.names))
            medium = run.link.medium.name if run.link.medium is not None else ""
            plane = plane_of(run.owner, run.link)
            yield (
                (f"{cables:,}", f"{links:,}", *ends, plane, medium, shown_metres(low), shown_metres(high)),
                (cables, links, *ends, plane, medium, as_metres(low), as_metres(high)),
            )

    titles = (
        ("cables", True),
        ("links", True),
        ("from", False),
        ("to", False),
        ("plane", False),
        ("over", False),
        ("shortest, m", True),
        ("longest, m", True),
    )
    keys = ("cables", "links", "from", "to", "plane", "over", "shortest_m", "longest_m")
    return Sheet("patterns", tuple(Column(*t) for t in titles), keys, list(rows()))


def _path(names: tuple[str, ...]) -> str:
    return ".".join(names)


# --- lists ------------------------------------------------------------------------------------------------


def _purchase(subject: Subject, found: list[Laid] | None = None) -> Sheet:
    """What to buy: each part in each stocked length."""

    def row(line: Bought) -> Row:
        part, length = line.part, line.length
        price = line.price
        total = price * number(line.quantity) if price is not None else None
        laid = part.kind in ("cable", "fiber")
        shown = show(length) if length is not None else "length not known" if laid else ""
        return (
            (
                f"{line.quantity:,}",
                part.name,
                part.kind,
                shown,
                part.text("part_number"),
                show(total) if total is not None else "",
            ),
            (
                line.quantity,
                part.name,
                part.kind,
                as_metres(length.value) if length is not None else None,
                part.text("vendor"),
                part.text("part_number"),
                as_number(price.value) if price is not None else None,
                as_number(total.value) if total is not None else None,
                currency(price) if price is not None else None,
            ),
        )

    lines = purchases(found if found is not None else by_length(subject))
    keys = ("quantity", "part", "kind", "length_m", "vendor", "part_number", "unit_price", "price", "currency")
    columns = (
        Column("quantity", True),
        Column("part"),
        Column("kind"),
        Column("length", True),
        Column("part number"),
        Column("price", True),
    )
    return Sheet("to buy", columns, keys, [row(line) for line in lines])


def _cut(subject: Subject) -> Sheet:
    """Cables by the length that their route takes, for those who cut and terminate on site."""
    counts: dict[tuple[str, Fraction | None], int] = {}
    for group in by_length(subject):
        if group.run.carrier is not None:
            key = (group.run.carrier.name, group.metres)
            counts[key] = counts.get(key, 0) + group.cables
    ordered = sorted(counts, key=lambda k: (k[0], k[1] is None, k[1] or 0))
    rows = [((f"{counts[k]:,}", k[0], shown_metres(k[1])), (counts[k], k[0], as_metres(k[1]))) for k in ordered]
    columns = (Column("cables", True), Column("cable"), Column("route, m", True))
    return Sheet("to cut", columns, ("cables", "cable", "route_m"), rows)


def _bundles(subject: Subject) -> Sheet:
    """What runs together: all cables between two racks."""
    racks = Racks(subject.top)
    rows = []
    for b in bundles(cable_groups(subject)):
        ends = (racks.label(b.a), racks.label(b.b) if b.b != b.a or b.a < 0 else "inside")
        across = float(round(b.section * 10**6, 1)) if b.section else None
        rows.append(
            (
                (
                    *ends,
                    f"{b.cables:,}",
                    f"{b.links:,}",
                    shown_metres(b.longest),
                    "" if across is None else f"{across:,.0f}",
                ),
                (*ends, b.cables, b.links, as_metres(b.longest), across),
            )
        )
    titles = (
        ("from", False),
        ("to", False),
        ("cables", True),
        ("links", True),
        ("longest, m", True),
        ("section, mm²", True),
    )
    keys = ("from", "to", "cables", "links", "longest_m", "section_mm2")
    return Sheet("bundles", tuple(Column(*t) for t in titles), keys, rows)


def _point_to_point(subject: Subject) -> Sheet:
    """The workbook that cable validation tools read: the names of the columns matter to them."""

    def rows() -> Iterator[Row]:
        for count, cable in enumerate(schedule(subject)):
            if count >= SHEET_ROWS:
                raise Unwritable(f"a worksheet has at most {SHEET_ROWS:,} rows: write `--format csv`")
            row: list[str | int | float | None] = []
            for end in (cable.a, cable.b):
                kind = "Switch" if end.switch else "Host"
                row += [end.rack, end.unit or None, end.node, kind, end.port]
            yield (), tuple(row)

    titles = ("A-Rack", "A-U", "A-Node Name", "A-Type", "A-Port", "Z-Rack", "Z-RU", "Z-Node Name", "Z-Type", "Z-Port")
    return Sheet(subject.top.name, (), titles, rows())


SHEETS: dict[str, Callable[[Subject], Sheet]] = {
    "schedule": schedule_sheet,
    "purchase": _purchase,
    "cut": _cut,
    "bundles": _bundles,
}


def files(subject: Subject) -> Files:
    if not by_length(subject):
        return
    yield "cables.txt", write(subject, "table")
    for what in ("schedule", "purchase", "cut"):
        yield f"cables-{what}.csv", write(subject, "csv", what)
