"""Links and devices as Parquet: the columns of the CSV lists, with numbers as numbers; rows go out as they are made."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.base.injection import ports_on
from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.kit.parquet import Field, to_parquet


def links(plane: Cabling) -> Iterator[bytes]:
    """A row for each link; `rate` in b/s each way, null where it is not known."""
    columns = [Field(name) for name in ("a_device", "a_port", "b_device", "b_port")]
    rows = (
        (plane.name(x.a), plane.port(x.a_port), plane.name(x.b), plane.port(x.b_port), x.rate, x.medium)
        for x in plane.links()
    )
    yield from to_parquet([*columns, Field("rate", "float64", "b/s"), Field("part")], rows)


def devices(plane: Cabling) -> Iterator[bytes]:
    """A row for each device, with its ports on the plane and how many of them are linked."""

    def row(device: int) -> tuple[object, ...]:
        part = plane.component(device)
        ports = sum(p.count for p in ports_on(part, plane.plan.plane))
        said = (plane.name(device), plane.net.name(device), part.name, part.kind, part.text("role"))
        return (*said, ports, len(plane.at(device)))

    columns = [Field(name) for name in ("device", "path", "part", "kind", "role")]
    yield from to_parquet([*columns, Field("ports", "int64"), Field("linked", "int64")], map(row, range(plane.size)))
