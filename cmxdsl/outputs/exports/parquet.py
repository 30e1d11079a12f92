"""Links and devices as Parquet: the rows of the CSV lists, with numbers as numbers; they go out as they are made."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.exports.lists import DEVICES, LINKS, device_rows, link_rows
from cmxdsl.outputs.kit.parquet import Field, to_parquet

_NUMBERS = {"rate": ("float64", "b/s"), "ports": ("int64",), "linked": ("int64",)}  # the other columns are texts


def links(plane: Cabling) -> Iterator[bytes]:
    """`rate` is in b/s each way, null where it is not known."""
    return to_parquet(_fields(LINKS), link_rows(plane))


def devices(plane: Cabling) -> Iterator[bytes]:
    return to_parquet(_fields(DEVICES), device_rows(plane))


def _fields(names: tuple[str, ...]) -> list[Field]:
    return [Field(name, *_NUMBERS.get(name, ())) for name in names]
