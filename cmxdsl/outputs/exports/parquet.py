"""Links and devices as Parquet: the columns of the CSV lists, with numbers as numbers; rows go out as they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import RawIOBase
from itertools import islice
from typing import Any

from cmxdsl.analysis.base.injection import ports_on
from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.registry import Unwritable

ROWS = 100_000  # of a row group
RATE = "b/s"


def links(plane: Cabling) -> Iterator[bytes]:
    """A row for each link; `rate` in b/s each way, null where it is not known."""
    columns = [(name, "string") for name in ("a_device", "a_port", "b_device", "b_port")]
    rows = (
        (plane.name(x.a), plane.port(x.a_port), plane.name(x.b), plane.port(x.b_port), x.rate, x.medium)
        for x in plane.links()
    )
    yield from _written([*columns, ("rate", "float64"), ("part", "string")], rows)


def devices(plane: Cabling) -> Iterator[bytes]:
    """A row for each device, with its ports on the plane and how many of them are linked."""

    def row(device: int) -> tuple[object, ...]:
        part = plane.component(device)
        ports = sum(p.count for p in ports_on(part, plane.plan.plane))
        said = (plane.name(device), plane.net.name(device), part.name, part.kind, part.text("role"))
        return (*said, ports, len(plane.at(device)))

    columns = [(name, "string") for name in ("device", "path", "part", "kind", "role")]
    yield from _written([*columns, ("ports", "int64"), ("linked", "int64")], map(row, range(plane.size)))


def _written(columns: list[tuple[str, str]], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """Columns by name and type, and their rows, in row groups."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise Unwritable("Parquet needs pyarrow: `pip install 'cmxdsl[parquet]'`") from None
    fields = [
        arrow.field(name, getattr(arrow, kind)(), metadata={"unit": RATE} if name == "rate" else None)
        for name, kind in columns
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
