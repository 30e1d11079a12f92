"""The bibliography of designs: what they cite, how often, and the share of primary sources."""

from __future__ import annotations

import json

from cmxdsl.analysis.totals.sources import Sources, sources
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain, to_csv
from cmxdsl.records import as_dict


def write(subject: Subject, format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """What one design cites."""
    return write_sources(sources([subject.top]), format, width, color)


def write_sources(found: Sources, format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """A row for each source, primary ones first, then by how often they are cited."""
    if format == "json":
        data = {
            "citations": found.citations,
            "primary": found.primary,
            "estimates": found.guesses,
            "sources": [as_dict(c) for c in found.cited],
        }
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    table = bibliography(found, urls=format != "table")
    if format == "csv":
        return to_csv(table)
    return markdown([table]) if format == "markdown" else plain([table], width, color)


def bibliography(found: Sources, urls: bool = False) -> Table:
    """The same as a table, with `urls` where each can be read."""
    rows = tuple(
        (
            c.kind or "a text",
            c.publisher,
            c.title,
            c.date,
            f"{c.numbers:,}" if c.numbers else "",
            f"{c.figures:,}" if c.figures else "",
            *[c.url] * urls,
        )
        for c in found.cited
    )
    columns = (
        Column("kind"),
        Column("publisher"),
        Column("title"),
        Column("date"),
        Column("numbers", True),
        Column("figures", True),
        *[Column("url")] * urls,
    )
    return Table(told(found), columns, rows, rows)


def told(found: Sources) -> str:
    """How much stands on primary sources."""
    share = f" ({found.primary * 100 // found.citations}%)" if found.citations else ""
    return (
        f"{found.primary:,} of {found.citations:,} citations{share} are of primary sources; "
        f"{len(found.cited):,} sources, {found.guesses:,} estimates"
    )
