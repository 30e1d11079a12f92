"""The best splits of runs of training over their chips, as tables and JSON: what `cmx perf --search` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cmxdsl.analysis.work.answers import held, trained
from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import training
from cmxdsl.analysis.work.search import Searched, Split, search, statement
from cmxdsl.model import Run, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import seconds
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.records import as_dict

KEPT = "model, batch, precision, recomputation, sharding, overlap and schedule stay as stated; so do the chips"


def write(
    subject: Subject, format: str, runs: Sequence[Run], most: int, width: int = UNWRAPPED, color: bool = False
) -> str:
    """The best splits of runs. Raises Unwritable where none is of training or one cannot be searched."""
    found = [(run, _searched(subject, run, most)) for run in runs if run.work.kind == "training"]
    if not found:
        raise Unwritable("a search is about training, and there is no run of it")
    if format == "json":
        told = [_told(subject, run, one) for run, one in found]
        return json.dumps({"design": subject.top.name, "searches": told}, indent=2, ensure_ascii=False) + "\n"
    pieces = []
    for run, one in found:
        tables = _tables(subject, run, one)
        pieces.append(markdown(tables) if format == "markdown" else plain(tables, width, color))
        if one.best:
            text = "\n".join(statement(subject, run.name, one.first, one.best[0]))
            pieces.append(f"```cmx\n{text}\n```\n" if format == "markdown" else f"The best as text:\n\n{text}\n\n")
    return "\n".join(pieces)


def _searched(subject: Subject, run: Run, most: int) -> Searched:
    try:
        return search(subject, run.name, most)
    except Lacking as error:
        raise Unwritable(f"`{run.name}` cannot be timed: {error}") from None
    except ValueError as error:
        raise Unwritable(str(error)) from None


def _told(subject: Subject, run: Run, found: Searched) -> dict[str, Any]:
    return {
        "run": run.name,
        "chips": found.chips,
        "tried": found.tried,
        "fit": found.fit,
        "refused": found.refused,
        "kept": KEPT,
        "stated_s": trained(subject, run.name).seconds,
        "best": [
            {
                **as_dict(one.splits),
                "order": [name for name, size in one.layout.sizes if size > 1],
                "step_s": one.step.seconds,
                "mfu": one.step.mfu,
                "parts_s": one.step.parts,
                "memory_B": one.memory.total,
                "text": list(statement(subject, run.name, found.first, one)),
            }
            for one in found.best
        ],
    }


def _tables(subject: Subject, run: Run, found: Searched) -> list[Table]:
    stated, own = trained(subject, run.name), training(subject, run.name).splits
    names = ["tensor", "pipeline", "data"]
    names += [
        n for n in ("context", "expert") if any(getattr(s.splits, n) > 1 for s in found.best) or getattr(own, n) > 1
    ]
    titles = [*names, "micro", "chunks"]
    columns = [Column("step", True), Column("of stated", True), Column("MFU", True)]
    columns += [*(Column(title, True) for title in titles), Column("memory", True), Column("outer")]

    def cuts(splits: Any) -> list[str]:
        return [f"{getattr(splits, n):,}" for n in (*names, "micro", "interleave")]

    room = f"{held(subject, run.name).total / 1e9:,.1f} GB"
    rows = [(seconds(stated.seconds), "stated", f"{stated.mfu:.1%}", *cuts(own), room, "")]
    for one in found.best:
        share = f"{one.step.seconds / stated.seconds:.0%}"
        room = f"{one.memory.total / 1e9:,.1f} GB"
        rows.append((seconds(one.step.seconds), share, f"{one.step.mfu:.1%}", *cuts(one.splits), room, _outer(one)))
    title = f"{run.name}: {found.tried:,} splits of {found.chips:,} chips tried, {found.fit:,} fit; {KEPT}"
    tables = [Table(title, tuple(columns), tuple(rows))]
    if found.refused:
        refused = tuple((why, f"{many:,}") for why, many in found.refused.items())
        tables.append(Table("", (Column("left out because"), Column("splits", True)), refused))
    return tables


def _outer(one: Split) -> str:
    """The dimension whose ranks are farthest apart."""
    return next((name for name, size in one.layout.sizes if size > 1), "")
