"""Devices and links as lists: CSV, and the DOT of the Prescriptive Topology Manager (Cumulus Linux, NVIDIA's CVT)."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.base.injection import port_count
from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.kit.sheet import csv_lines

LINKS = ("a_device", "a_port", "b_device", "b_port", "rate", "part")
DEVICES = ("device", "path", "part", "kind", "role", "ports", "linked")


def links(plane: Cabling) -> Iterator[str]:
    """The titles are those that `cmx verify` knows; the rate is empty where it is not known."""
    yield from csv_lines([LINKS], "\n")
    yield from csv_lines(((*ends, _rate(rate), medium) for *ends, rate, medium in link_rows(plane)), "\n")


def devices(plane: Cabling) -> Iterator[str]:
    yield from csv_lines([DEVICES], "\n")
    yield from csv_lines(device_rows(plane), "\n")


def link_rows(plane: Cabling) -> Iterator[tuple[str, str, str, str, float | None, str]]:
    """Each link by `LINKS`; the rate in b/s each way, None where it is not known."""
    for x in plane.links():
        yield plane.name(x.a), plane.port(x.a_port), plane.name(x.b), plane.port(x.b_port), x.rate, x.medium


def device_rows(plane: Cabling) -> Iterator[tuple[str, str, str, str, str, int, int]]:
    """Each device by `DEVICES`: with its ports on the plane, and how many of them are linked."""
    for device in range(plane.size):
        part = plane.component(device)
        said = (plane.name(device), plane.net.name(device), part.name, part.kind, part.text("role"))
        yield (*said, port_count(part, plane.plan.plane), len(plane.at(device)))


def _rate(rate: float | None) -> str:
    """A rate with its unit: bare numbers are Mb/s to those that read lists of cables."""
    return "" if rate is None else f"{rate / 1e9:.12g} Gb/s"


def ptm(plane: Cabling) -> Iterator[str]:
    yield f"graph {_quoted(plane.subject.top.name)} {{\n"
    for link in plane.links():
        one, other = ((plane.name(d), plane.port(p)) for d, p in ((link.a, link.a_port), (link.b, link.b_port)))
        yield f"  {_quoted(one[0])}:{_quoted(one[1])} -- {_quoted(other[0])}:{_quoted(other[1])};\n"
    yield "}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
