"""What `cmx verify` found: as tables, JSON, SARIF and CSV, and as a work order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cmxdsl.analysis.verification.causes import Cause, Task
from cmxdsl.analysis.verification.damage import Damage
from cmxdsl.analysis.verification.places import NOWHERE, Place
from cmxdsl.analysis.verification.rules import rules
from cmxdsl.analysis.verification.verdict import Verdict, finding
from cmxdsl.diagnostics import sentence
from cmxdsl.outputs.findings import finding_json, write_findings
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain, to_csv
from cmxdsl.records import as_dict

FORMATS = ("table", "json", "sarif", "csv")
MOST_ROWS = 100  # causes in the table; the other formats have all


def write(
    verdict: Verdict,
    format: str,
    version: str,
    *,
    partial: bool = False,
    damage: Damage | None = None,
    width: int = UNWRAPPED,
    color: bool = False,
) -> str:
    """A verdict in one of FORMATS, by this `version` of cmx."""
    match format:
        case "json":
            return json.dumps(_json(verdict, partial, damage), indent=2, ensure_ascii=False) + "\n"
        case "sarif":
            found = [finding(verdict, cause) for cause in verdict.causes]
            return write_findings(found, {}, rules(), "sarif", (), version)
        case "csv":
            return to_csv(_causes(verdict, verdict.causes))
    shown = verdict.worst(partial) if partial else list(verdict.causes)
    tables = [_summary(verdict, partial, damage)]
    if shown:
        tables.append(_causes(verdict, tuple(shown[:MOST_ROWS])))
    text = plain(tables, width, color)
    if len(shown) > MOST_ROWS:
        text += f"and {len(shown) - MOST_ROWS:,} more: `--format csv` has all\n"
    return text


def state(verdict: Verdict, partial: bool) -> str:
    """`62% cabled, none wrong`: the whole in a few words."""
    if verdict.another:
        return "another fabric"
    share = verdict.right / verdict.meant if verdict.meant else 1.0
    percent = f"{int(share * 1000) / 10:g}%"  # rounded down: 100% is all of them
    wrong = f"{verdict.misplaced:,} wrong" if verdict.misplaced else "none wrong"
    missing = "" if partial or not verdict.missing else f", {verdict.missing:,} missing"
    return f"{percent} cabled, {wrong}{missing}"


def _summary(verdict: Verdict, partial: bool, damage: Damage | None) -> Table:
    lines = [
        ("state", state(verdict, partial)),
        ("links meant", f"{verdict.meant:,}"),
        ("as meant", f"{verdict.right:,}"),
        ("missing", f"{verdict.missing:,}"),
        ("cables seen", f"{verdict.cables:,}"),
        ("wrong", f"{verdict.misplaced:,}"),
        ("devices by name", f"{verdict.named:,}"),
        ("devices by place", f"{verdict.placed:,}"),
        ("fewest changes", verdict.least),
    ]
    if verdict.seen.built.stamp:
        lines.append(("dump of", verdict.seen.built.stamp))
    lines += [("note", said) for said in verdict.assumed]
    if damage is not None:
        lines += [(f"{row.what}", row.text) for row in damage.rows]
    return Table(f"{verdict.plan.plane} as built", (Column(""), Column("")), tuple(lines))


def _causes(verdict: Verdict, causes: tuple[Cause, ...]) -> Table:
    columns = (Column("code"), Column("links", True), Column("what is wrong"), Column("what to do"), Column("seen at"))
    rows: list[tuple[str, ...]] = []
    raw: list[tuple[str | int | float | None, ...]] = []
    for cause in causes:
        told = finding(verdict, cause)
        where = f"{cause.seen[0]}:{cause.seen[1]}"
        rows.append((told.code, f"{cause.links:,}", sentence(cause.message), told.help, where))
        raw.append((told.code, cause.links, cause.message, told.help, where))
    return Table("causes, those that explain most first", columns, tuple(rows), tuple(raw))


def _json(verdict: Verdict, partial: bool, damage: Damage | None) -> dict[str, Any]:
    return {
        "plane": verdict.plan.plane,
        "state": state(verdict, partial),
        "meant": verdict.meant,
        "right": verdict.right,
        "missing": verdict.missing,
        "seen": verdict.cables,
        "wrong": verdict.misplaced,
        "devices": {"by_name": verdict.named, "by_place": verdict.placed, "chosen": verdict.chosen},
        "fewest_changes": verdict.least,
        "dump": verdict.seen.built.stamp,
        "notes": list(verdict.assumed),
        "damage": None if damage is None else [as_dict(row) for row in damage.rows],
        "causes": [
            {
                **finding_json(finding(verdict, cause)),
                "links": cause.links,
                "missing": [_ends(verdict, link) for link in cause.missing],
                "wrong": [_seen(verdict, cable) for cable in cause.wrong],
                "tasks": [_task(verdict, task) for task in cause.tasks],
            }
            for cause in verdict.causes
        ],
    }


def _ends(verdict: Verdict, link: int) -> list[str]:
    return [verdict.plan.name(int(side[link])) for side in (verdict.plan.a, verdict.plan.b)]


def _seen(verdict: Verdict, cable: int) -> dict[str, Any]:
    built = verdict.seen.built
    found = built.cables[cable]
    names = [built.devices[number].name or built.devices[number].key for number in (found.a, found.b)]
    return {"a": [names[0], found.a_port], "b": [names[1], found.b_port], "file": found.file, "line": found.line}


def _task(verdict: Verdict, task: Task) -> dict[str, Any]:
    at = place_of(verdict, task)
    return {
        "do": task.do,
        "rack": at.rack or None,
        "row": at.row if at.row >= 0 else None,
        "unit": at.unit or None,
        "device": verdict.plan.net.name(task.device) if task.device >= 0 else None,
        "port": verdict.plan.port_name(task.port) if task.port >= 0 else None,
        "seen_as": task.other or None,
    }


def place_of(verdict: Verdict, task: Task) -> Place:
    return verdict.places.of(task.device) if task.device >= 0 else NOWHERE


def _work(verdict: Verdict, partial: bool) -> Iterator[tuple[tuple[Any, ...], Task, Cause, Place]]:
    for number, cause in enumerate(verdict.worst(partial)):
        for task in cause.tasks:
            at = place_of(verdict, task)
            yield (at.row, _natural(at.rack), at.unit, task.device, task.port, number), task, cause, at


def _natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """`rack[2]` before `rack[10]`."""
    return tuple((0, int(w)) if w.isdigit() else (1, w) for w in re.split(r"(\d+)", text) if w)


def worklist(verdict: Verdict, partial: bool = False) -> Table:
    """What to do, in the order of rows, racks, units and ports."""
    columns = tuple(
        Column(title, title == "unit") for title in ("rack", "unit", "device", "called", "port", "do", "because")
    )
    raw = []
    for _, task, cause, at in sorted(_work(verdict, partial), key=lambda row: row[0]):
        device = verdict.plan.net.name(task.device) if task.device >= 0 else task.other
        port = verdict.plan.port_name(task.port) if task.port >= 0 else ""
        called = verdict.called.get(task.device, "")
        raw.append(
            (at.rack, at.unit or None, device, called, port, task.do, f"{cause.rule.code} {cause.rule.title.lower()}")
        )
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in raw)
    return Table("work order", columns, rows, tuple(raw))


def write_worklist(verdict: Verdict, partial: bool, suffix: str) -> str:
    table = worklist(verdict, partial)
    return to_csv(table) if suffix == "csv" else plain([table], UNWRAPPED, False)
