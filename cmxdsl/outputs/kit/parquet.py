"""Parquet: columns with their types and units; rows go out in groups, as they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import RawIOBase
from itertools import islice
from typing import Any, NamedTuple

from cmxdsl.outputs.registry import Unwritable

ROWS = 100_000  # of a row group


class Field(NamedTuple):
    """A column: its name, its type as Arrow calls it, and the unit of its numbers."""

    name: str
    type: str = "string"
    unit: str = ""


def to_parquet(columns: list[Field], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """A file in pieces; None is null. Raises Unwritable where pyarrow is missing."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise Unwritable("Parquet needs pyarrow: `pip install 'cmxdsl[parquet]'`") from None
    fields = [
        arrow.field(c.name, getattr(arrow, c.type)(), metadata={"unit": c.unit} if c.unit else None) for c in columns
    ]
    schema, sink, rows = arrow.schema(fields), _Sink(), iter(rows)
    with parquet.ParquetWriter(arrow.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        while some := list(islice(rows, ROWS)):
            arrays = [
                arrow.array(column, field.type) for column, field in zip(zip(*some, strict=True), fields, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            yield sink.taken()
    yield sink.taken()


class _Sink(RawIOBase):
    """A file whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        self.size += len(self.pieces[-1])
        return len(self.pieces[-1])

    def tell(self) -> int:
        return self.size

    def taken(self) -> bytes:
        found = b"".join(self.pieces)
        self.pieces.clear()
        return found
