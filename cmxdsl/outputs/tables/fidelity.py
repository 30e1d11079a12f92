"""The fidelity table: published figures beside derived ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cmxdsl.analysis.queries.basis import BASES
from cmxdsl.analysis.queries.published import Verdict, is_primary, publication, verdicts
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import as_number
from cmxdsl.outputs.registry import Files


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
        shown = [Table(held([v for f in designs.values() for v in f]), (Column(""),), ())]
    return markdown(shown) if format == "markdown" else plain(shown, width, color)


def figure_cells(v: Verdict) -> tuple[str, ...]:
    """One figure: what, published, what the design gives, off by, allowed, what that is, verdict, source."""
    figure, why = v.expectation, f" (differs: {v.expectation.differs})" if v.word == "differs" else ""
    return (
        figure.text,
        v.published_text,
        v.derived_text,
        v.deviation_text,
        v.tolerance_text,
        v.basis,
        v.word,
        figure.source + why,
    )


def held(found: Iterable[Verdict]) -> str:
    """How many figures hold: the derived ones first, since the others show less."""
    every = list(found)
    counted = {basis: [v for v in every if v.basis == basis] for basis in BASES}
    texts = [f"{_holding(of)} of {len(of)} {basis}" for basis, of in counted.items() if of]
    text = ", ".join([f"{texts[0]} figures hold", *texts[1:]] if texts else ["0 of 0 derived figures hold"])
    differing = sum(v.word == "differs" for v in every)
    return text + (f"; {differing} {'differ' if differing > 1 else 'differs'}, as explained" if differing else "")


def _holding(found: Iterable[Verdict]) -> int:
    return sum(v.holds is True for v in found)


def _figures(name: str, found: Sequence[Verdict], brief: bool, several: bool) -> Table:
    """A design's figures, and which component each is about where there are several."""
    parts = len({v.component for v in found}) > 1
    rows = tuple((*[v.component] * parts, *figure_cells(v)) for v in found if not (brief and v.holds))
    numbers = (Column(title, True) for title in ("published", "here", "off by", "allowed"))
    words = (Column(title) for title in ("basis", "verdict", "source"))
    columns = (*[Column("of")] * parts, Column("figure"), *numbers, *words)
    return Table(f"{name if several else 'Fidelity'}: {held(found)}", columns, rows)


def _overview(designs: Mapping[str, Sequence[Verdict]]) -> Table:
    """A line for each design, and one for all of them."""
    every = [v for found in designs.values() for v in found]
    rows = [(name, *_tally(found)) for name, found in designs.items() if found]
    rows.append(("all", *_tally(every)))
    titles = (*BASES, "differ", "off", "unknown", "sources", "primary")
    columns = (Column("design"), *(Column(title, True) for title in titles))
    return Table(f"Fidelity: {held(every)}", columns, tuple(rows))


def _tally(found: Sequence[Verdict]) -> tuple[str, ...]:
    by = [[v for v in found if v.basis == basis] for basis in BASES]
    words = [sum(v.word == word for v in found) for word in ("differs", "OFF", "unknown")]
    primary = sum(is_primary(v.expectation) for v in found)
    return (
        *(f"{_holding(of)} of {len(of)}" if of else "" for of in by),
        *(f"{many:,}" for many in (*words, len({publication(v.expectation) for v in found}))),
        f"{primary * 100 // max(1, len(found))}%",
    )


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
        "source_name": figure.cited.name if figure.cited is not None else None,
        "primary": is_primary(figure),
        "holds": verdict.holds,
        "basis": verdict.basis,
        "differs": figure.differs or None,
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
