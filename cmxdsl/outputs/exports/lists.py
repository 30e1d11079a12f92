"""Devices and links as lists: CSV, and the DOT of the Prescriptive Topology Manager (Cumulus Linux, NVIDIA's CVT)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from cmxdsl.analysis.base.injection import ports_on
from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.kit.table import safe_cell

_LINKS = ("a_device", "a_port", "b_device", "b_port", "rate", "part")
_DEVICES = ("device", "path", "part", "kind", "role", "ports", "linked")


def links(plane: Cabling) -> Iterator[str]:
    """The titles are those that `cmx verify` knows; the rate is empty where it is not known."""
    rows = (
        (plane.name(x.a), plane.port(x.a_port), plane.name(x.b), plane.port(x.b_port), _rate(x.rate), x.medium)
        for x in plane.links()
    )
    return _csv(_LINKS, rows)


def devices(plane: Cabling) -> Iterator[str]:
    def row(device: int) -> tuple[object, ...]:
        part = plane.component(device)
        ports = sum(p.count for p in ports_on(part, plane.plan.plane))
        said = (plane.name(device), plane.net.name(device), part.name, part.kind, part.text("role"))
        return (*said, ports, len(plane.at(device)))

    return _csv(_DEVICES, (row(device) for device in range(plane.size)))


def _rate(rate: float | None) -> str:
    """A rate with its unit: bare numbers are Mb/s to those that read lists of cables."""
    return "" if rate is None else f"{rate / 1e9:.12g} Gb/s"


def _csv(titles: Iterable[str], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(titles)
    for row in rows:
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def ptm(plane: Cabling) -> Iterator[str]:
    yield f"graph {_quoted(plane.subject.top.name)} {{\n"
    for link in plane.links():
        one, other = ((plane.name(d), plane.port(p)) for d, p in ((link.a, link.a_port), (link.b, link.b_port)))
        yield f"  {_quoted(one[0])}:{_quoted(one[1])} -- {_quoted(other[0])}:{_quoted(other[1])};\n"
    yield "}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
