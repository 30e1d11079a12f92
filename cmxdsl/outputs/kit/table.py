"""Tables for people and for spreadsheets: one description of a table, printed in several ways."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO

from cmxdsl.records import frozen

UNWRAPPED = 1000  # columns of a table that goes to a file or a pipe: nothing wraps


@frozen
class Column:
    """A column's title, and whether it holds numbers (which stand to the right)."""

    title: str
    numeric: bool = False


@frozen
class Table:
    """A table; cells are texts for people, `raw` the same cells as numbers and texts for spreadsheets."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    raw: tuple[tuple[str | int | float | None, ...], ...] = ()


def plain(tables: Sequence[Table], width: int, color: bool) -> str:
    """The tables for a terminal of a width, or for a file: columns that fit, nothing cut that matters."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        emoji=False,
        markup=False,
        no_color=not color,
    )
    for table in tables:
        if table.title:
            console.print(Text(table.title, style="bold"))
        shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(c.title for c in table.columns))
        for column in table.columns:
            shown.add_column(
                Text(column.title),
                justify="right" if column.numeric else "left",
                no_wrap=column.numeric,
                overflow="fold",
            )
        for row in table.rows:
            shown.add_row(*(Text(cell) for cell in row))
        console.print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def markdown(tables: Sequence[Table]) -> str:
    """The tables in GitHub's Markdown."""
    lines: list[str] = []
    for table in tables:
        if table.title:
            lines += [f"### {_escaped(table.title)}", ""]
        lines.append("| " + " | ".join(_escaped(c.title) for c in table.columns) + " |")
        lines.append("|" + "|".join(" ---: " if c.numeric else " --- " for c in table.columns) + "|")
        lines += ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in table.rows]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


_MARKS = str.maketrans({**{m: "\\" + m for m in "\\|*_`[]"}, "<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " "})


def _escaped(text: str) -> str:
    return text.translate(_MARKS)


RISKY = frozenset(("=", "+", "-", "@", "\t", "\r", "\0"))  # how a text starts that a spreadsheet may take for a formula


def safe_cell(value: str | int | float | None) -> str | int | float | None:
    """A spreadsheet cell that is never taken for a formula (CWE-1236): texts that could be get a quote in front."""
    if isinstance(value, str) and value[:1] in RISKY:
        return "'" + value
    return value


def to_csv(table: Table) -> str:
    """The raw cells as RFC 4180 CSV."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([c.title for c in table.columns])
    writer.writerows([["" if v is None else safe_cell(v) for v in row] for row in table.raw])
    return out.getvalue()


def to_xlsx(title: str, sheets: Mapping[str, Table]) -> bytes:
    """A workbook of the tables' raw cells; the same tables give the same bytes."""
    from datetime import datetime

    import xlsxwriter

    buffer = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": title, "created": datetime(2000, 1, 1)})
    bold, count = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "#,##0.##"})
    for name, sheet in sheets.items():
        page = book.add_worksheet(name)
        for x, column in enumerate(sheet.columns):
            page.write_string(0, x, column.title, bold)
            widest = max([len(column.title), *(len(str(row[x])) for row in sheet.raw if row[x] is not None)], default=8)
            page.set_column(x, x, min(60, widest + 2))
        for y, row in enumerate(sheet.raw, start=1):
            for x, value in enumerate(row):
                if isinstance(value, (int, float)):
                    page.write_number(y, x, value, count)
                elif value:
                    page.write_string(y, x, str(safe_cell(value)))
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(1, len(sheet.raw)), len(sheet.columns) - 1)
    book.close()
    return buffer.getvalue()
