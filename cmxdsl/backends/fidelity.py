"""The fidelity table: published figures beside derived ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cmxdsl.analysis.expectations import Verdict, verdicts
from cmxdsl.backends.numbers import as_number
from cmxdsl.backends.registry import Backend
from cmxdsl.backends.text import UNWRAPPED, Column, Table, plain
from cmxdsl.model import Census, Component

FORMATS = ("table", "json")
WORDS = {True: "holds", False: "OFF", None: "unknown"}


def write_fidelity(found: Sequence[Verdict], format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """The table in a format."""
    if format == "json":
        return json.dumps([verdict_json(v) for v in found], indent=2, ensure_ascii=False) + "\n"
    held = sum(v.holds is True for v in found)
    rows = tuple(
        (v.expectation.text, v.published_text, v.derived_text, v.deviation_text, v.tolerance_text, WORDS[v.holds],
         v.expectation.source)
        for v in found
    )  # fmt: skip
    columns = (Column("figure"), Column("published", True), Column("derived", True), Column("off by", True),
               Column("allowed", True), Column("verdict"), Column("source"))  # fmt: skip
    title = f"Fidelity: {held} of {len(found)} published figures hold" if found else "No published figures"
    return plain([Table(title, columns, rows)] if found else [Table(title, (Column(""),), ())], width, color)


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


def _files(top: Component, census: Census) -> Iterator[tuple[str, bytes | str]]:
    found = verdicts(top, census)
    if found:
        yield "fidelity.txt", write_fidelity(found, "table")
        yield "fidelity.json", write_fidelity(found, "json")


BACKEND = Backend("expect", _files)
