"""The fidelity table: published figures beside derived ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cmxdsl.analysis.queries.published import Verdict, publication, verdicts
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import as_number
from cmxdsl.outputs.registry import Files

WORDS = {True: "holds", False: "OFF", None: "unknown"}


def write(subject: Subject, format: str, brief: bool = False, width: int = UNWRAPPED, color: bool = False) -> str:
    """The figures of one design."""
    return write_fidelity({subject.top.name: verdicts(subject)}, format, brief, width, color)


def write_fidelity(
    designs: Mapping[str, Sequence[Verdict]],
    format: str,
    brief: bool = False,
    width: int = UNWRAPPED,
    color: bool = False,
) -> str:
    """The figures of one design or, with a line for each at the end, of several. `brief` leaves out those that hold."""
    if format == "json":
        return json.dumps([verdict_json(v) for f in designs.values() for v in f], indent=2, ensure_ascii=False) + "\n"
    tables = [_figures(name, found, brief, len(designs) > 1) for name, found in designs.items()]
    shown = [t for t in tables if t.rows]
    if len(designs) > 1:
        shown.append(_overview(designs))
    if not any(designs.values()):
        shown = [Table("No published figures", (Column(""),), ())]
    elif not shown:
        shown = [Table(_held([v for f in designs.values() for v in f]), (Column(""),), ())]
    return markdown(shown) if format == "markdown" else plain(shown, width, color)


def figure_cells(v: Verdict) -> tuple[str, ...]:
    """One figure: what, published, derived, off by, allowed, verdict, source."""
    return (v.expectation.text, v.published_text, v.derived_text, v.deviation_text, v.tolerance_text, WORDS[v.holds],
            v.expectation.source)  # fmt: skip


def _held(found: Iterable[Verdict]) -> str:
    every = list(found)
    return f"{sum(v.holds is True for v in every)} of {len(every)} published figures hold"


def _figures(name: str, found: Sequence[Verdict], brief: bool, several: bool) -> Table:
    """A design's figures, and which component each is about where there are several."""
    parts = len({v.component for v in found}) > 1
    rows = tuple(
        (*[v.component] * parts, *figure_cells(v)) for v in found if not (brief and v.holds)
    )  # fmt: skip
    columns = (*[Column("of")] * parts, Column("figure"), Column("published", True), Column("derived", True),
               Column("off by", True), Column("allowed", True), Column("verdict"), Column("source"))  # fmt: skip
    return Table(f"{name if several else 'Fidelity'}: {_held(found)}", columns, rows)


def _overview(designs: Mapping[str, Sequence[Verdict]]) -> Table:
    """A line for each design, and one for all of them."""
    every = [v for found in designs.values() for v in found]
    rows = [(name, *_tally(found)) for name, found in designs.items() if found]
    rows.append(("all", *_tally(every)))
    columns = (Column("design"), Column("figures", True), Column("hold", True), Column("off", True),
               Column("unknown", True), Column("sources", True))  # fmt: skip
    return Table(f"Fidelity: {_held(every)}", columns, tuple(rows))


def _tally(found: Sequence[Verdict]) -> tuple[str, ...]:
    counts = [sum(v.holds is holds for v in found) for holds in (True, False, None)]
    return tuple(f"{n:,}" for n in (len(found), *counts, len({publication(v.expectation.source) for v in found})))


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """One published figure; numbers in base units (bit, operation, W, m, kg, s, the currency)."""
    figure = verdict.expectation
    within = figure.within
    return {
        "expression": figure.text,
        "published": as_number(figure.published.value),
        "derived": as_number(verdict.derived.value) if verdict.derived is not None else None,
        "deviation": as_number(verdict.deviation) if verdict.deviation is not None else None,
        "tolerance": as_number(within.value) if within is not None else 0,
        "source": figure.source,
        "holds": verdict.holds,
        "component": verdict.component,
        "published_text": verdict.published_text,
        "derived_text": verdict.derived_text,
        "file": figure.span.file,
        "line": figure.span.line,
    }


def files(subject: Subject) -> Files:
    if verdicts(subject):
        yield "fidelity.txt", write(subject, "table")
        yield "fidelity.json", write(subject, "json")
