"""A list for people and for machines, which may be longer than memory: rows as they are made."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain, islice

from cmxdsl.outputs.kit.table import Column, Table, safe_cell
from cmxdsl.records import frozen

Cell = str | int | float | None
Row = tuple[tuple[str, ...], tuple[Cell, ...]]


@frozen
class Sheet:
    """A list: its columns for people, their names for machines, and each row for the ones and for the others."""

    title: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    rows: Iterable[Row]
    own: Iterable[tuple[Cell, ...]] | None = None  # those for machines, where those for people take long
    lines: Iterable[str] | None = None  # those of CSV, where they are made in bulk

    @property
    def cells(self) -> Iterable[tuple[Cell, ...]]:
        """The rows for machines."""
        return self.own if self.own is not None else (row[1] for row in self.rows)

    @property
    def shown(self) -> Table:
        return Table(self.title, self.columns, tuple(row[0] for row in self.rows))

    @property
    def raw(self) -> Table:
        return Table(self.title, tuple(Column(key) for key in self.keys), (), tuple(self.cells))

    def csv(self) -> Iterator[str]:
        """RFC 4180 CSV, some lines at a time: a hall's schedule is never held whole."""
        yield from csv_lines([self.keys])
        yield from self.lines if self.lines is not None else csv_lines(self.cells)


def csv_lines(rows: Iterable[tuple[Cell, ...]], end: str = "\r\n") -> Iterator[str]:
    """Rows as lines of CSV, some thousand at a time."""
    rows = iter(rows)
    for first in rows:
        out = StringIO()
        writer = csv.writer(out, lineterminator=end)
        writer.writerows([safe_cell(v) for v in row] for row in chain([first], islice(rows, 4095)))
        yield out.getvalue()
