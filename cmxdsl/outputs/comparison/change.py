"""What a change means, for a terminal, a comment on a pull request, and scripts; and drawn in colour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.comparison.change import Change, Difference, Limit
from cmxdsl.diagnostics import Diagnostic
from cmxdsl.model import Subject, descendants
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import as_number
from cmxdsl.outputs.options import Options
from cmxdsl.units import Quantity, show


def write_difference(found: Difference, format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """The difference in a format."""
    if format == "json":
        return json.dumps(_json(found), indent=2, ensure_ascii=False) + "\n"
    tables = list(_tables(found))
    if format == "markdown":
        head = f"## {found.new or found.old or 'Design'}: what this change means\n\n{_headline(found)}\n"
        return head + ("\n" + markdown(tables) if tables else "")
    return f"{_headline(found)}\n\n" + plain(tables, width, color) if tables else _headline(found) + "\n"


def _headline(found: Difference) -> str:
    """The change in one line: `+64 parts · +18.2 kW peak · −12% scale-up injection · 2 new findings`."""
    if found.empty:
        return "Nothing changes in what the design amounts to."
    words = []
    if any(d.severity.rank == 0 for d in found.appeared):
        words.append("the new design has errors, and what they touch is not counted")
    parts = sum(p.after - p.before for p in found.parts)
    if parts:
        words.append(f"{_signed(parts)} parts")
    for name, title in (
        ("power.peak", "peak power"),
        ("power.typical", "typical power"),
        ("price", "price"),
        ("compute.bf16", "BF16"),
        ("scale-up injection", "scale-up injection"),
        ("scale-out injection", "scale-out injection"),
    ):
        change = next((c for c in found.figures if c.name == name), None)
        if change is not None and change.before is not None and change.after is not None:
            words.append(f"{_delta(change)} {title}")
    words += _slower(found)
    for many, word in ((len(found.appeared), "new"), (len(found.gone), "gone")):
        if many:
            words.append(f"{many} finding{'s' * (many != 1)} {word}")
    if found.limits:
        words.append(f"{len(found.limits)} requirement{'s' * (len(found.limits) != 1)} near the limit")
    return " · ".join(words) or "The parts stay; see below what changes."


SPEEDS = ("time of a step", "time of a token")


def _slower(found: Difference) -> Iterator[str]:
    """How much faster or slower each run is: `a step of pretrain 4.0% slower`."""
    for change in found.figures:
        run, _, figure = change.name.partition(": ")
        if figure in SPEEDS and change.before is not None and change.after is not None and change.before.value:
            share = float(change.after.value / change.before.value) - 1
            if round(abs(share), 3):
                what = figure.removeprefix("time of ")
                yield f"{what} of `{run}` {abs(share):.1%} {'slower' if share > 0 else 'faster'}"


def _signed(value: int) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{abs(value):,}"


def _delta(change: Change) -> str:
    assert change.before is not None and change.after is not None
    if change.before.dimension != change.after.dimension:
        return "changed"
    step = Quantity(abs(change.after.value - change.before.value), change.after.dimension)
    sign = "+" if change.after.value > change.before.value else "−"
    return f"{sign}{show(step, change.unit or None)}"


def _percent(change: Change) -> str:
    if change.before is None or change.after is None or not change.before.value:
        return ""
    if change.before.dimension != change.after.dimension:
        return ""
    share = float((change.after.value - change.before.value) / abs(change.before.value) * 100)
    return f"{share:+.1f}%".replace("-", "−")


def _value(change: Change, value: Quantity | None) -> str:
    return "unknown" if value is None else show(value, change.unit or None)


def _room(limit: Limit, value: Fraction | None) -> str:
    return "" if value is None else f"{float(value):.1%} left" if value >= 0 else f"{float(-value):.1%} past it"


def _tables(found: Difference) -> Iterator[Table]:
    if found.appeared or found.gone:
        rows = [("new", d.severity.value, d.code, d.message, str(d.span)) for d in found.appeared]
        rows += [("gone", d.severity.value, d.code, d.message, "") for d in found.gone]
        yield Table("Findings", tuple(Column(t) for t in ("", "severity", "code", "what", "where")), tuple(rows))
    if found.limits:
        rows_ = tuple((x.text, x.reason, _room(x, x.before), _room(x, x.after) or x.undecided) for x in found.limits)
        yield Table(
            "Requirements near their limit", tuple(Column(t) for t in ("requirement", "why", "before", "now")), rows_
        )
    if found.figures:
        figures = tuple(
            (
                c.name,
                _value(c, c.before),
                _value(c, c.after),
                _delta(c) if c.before is not None and c.after is not None else "",
                _percent(c),
            )
            for c in found.figures
        )
        columns = (Column("figure"), *(Column(t, True) for t in ("before", "now", "change", "")))
        yield Table("Figures", columns, figures)
    if found.parts:
        parts = tuple(
            (
                p.name + (f" (was {p.was})" if p.was else ""),
                p.kind,
                f"{p.before:,}",
                f"{p.after:,}",
                _signed(p.after - p.before) if p.after != p.before else "",
                ", ".join(p.changed),
            )
            for p in found.parts
        )
        yield Table(
            "Parts",
            (
                Column("part"),
                Column("kind"),
                Column("before", True),
                Column("now", True),
                Column("change", True),
                Column("attributes changed"),
            ),
            parts,
        )
    if found.links:
        links = tuple((owner, text, f"{a:,}", f"{b:,}") for owner, text, a, b in found.links)
        yield Table("Links", (Column("in"), Column("pattern"), Column("before", True), Column("now", True)), links)


def _finding(d: Diagnostic) -> dict[str, str]:
    return {"code": d.code, "severity": d.severity.value, "message": d.message, "place": str(d.span)}


def _json(found: Difference) -> dict[str, Any]:
    def plain_(value: Quantity | None) -> int | float | None:
        return as_number(value.value) if value is not None else None

    return {
        "old": found.old,
        "new": found.new,
        "headline": _headline(found),
        "parts": [
            {
                "part": p.name,
                "was": p.was or None,
                "kind": p.kind,
                "before": p.before,
                "after": p.after,
                "changed": list(p.changed),
            }
            for p in found.parts
        ],
        "figures": [{"name": c.name, "before": plain_(c.before), "after": plain_(c.after)} for c in found.figures],
        "links": [{"in": o, "pattern": t, "before": a, "after": b} for o, t, a, b in found.links],
        "findings": {
            "appeared": [_finding(d) for d in found.appeared],
            "gone": [_finding(d) for d in found.gone],
        },
        "limits": [
            {
                "requirement": x.text,
                "before": float(x.before) if x.before is not None else None,
                "after": float(x.after) if x.after is not None else None,
                "undecided": x.undecided or None,
            }
            for x in found.limits
        ],
    }


NEW, CHANGED = "#b7e4c0", "#ffe08a"


def picture_of(found: Difference, subject: Subject, format: str) -> bytes:
    """The new design's busiest plane (or its parts): what is new in green, what changed in yellow."""
    from cmxdsl.outputs.diagrams.shown import busiest_plane
    from cmxdsl.outputs.pictures import graph_of, written

    new = {p.name for p in found.parts if not p.before}
    owners = {owner for owner, *_ in found.links}
    changed = {p.name for p in found.parts if p.before} | owners
    fills = {
        c: NEW if c.name in new else CHANGED for c in descendants(subject.top) if c.name in new or c.name in changed
    }
    view = "topology" if busiest_plane(subject) else "hierarchy"
    gone = ", ".join(f"{p.name} ({p.before:,})" for p in found.parts if not p.after)
    legend = ["green: new, yellow: changed", *([f"gone: {gone}"] if gone else [])]
    graph, _ = graph_of(subject, view, Options(fills=fills, legend=tuple(legend)))
    return written(graph, format)
