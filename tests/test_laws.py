"""One quantity, many commands: each says the same number, on the gallery and on random designs.

What is compared is what is written (JSON, CSV and the report's page), so that nothing is lost on the way to the reader.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any

import pytest

import cmxdsl
from cmxdsl.analysis.comparison.systems import System
from cmxdsl.analysis.totals.bom import bom
from cmxdsl.analysis.totals.summary import summary
from cmxdsl.model import Component, Subject, descendants, parts_of
from cmxdsl.outputs.comparison.systems import write_compare
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.outputs.tables.bom import write_bom
from cmxdsl.outputs.tables.cables import write as write_cables
from cmxdsl.outputs.tables.fabric import write as write_fabric
from cmxdsl.outputs.tables.power import write as write_power
from cmxdsl.outputs.tables.summary import write_summary
from cmxdsl.schema import KINDS

from .conftest import ROOT
from .oracle.compare import LET_PASS, opinion

GALLERY = sorted((ROOT / "designs").glob("*.cmx"))
MOST_PARTS = 60_000  # of a design whose cables are listed one by one; larger ones are held to all laws but that list's
SLOW = {"Frontier"}  # whose network takes half a minute: held to all laws but those of networks
RANDOM = 120
CHUNK = 10
FIGURES = ("price", "power_typical", "power_peak", "mass")


class Written:
    """Everything that is written of a design, read back."""

    def __init__(self, top: Component) -> None:
        self.top, self.subject = top, Subject(top)
        self.summary = json.loads(write_summary(summary(self.subject), "json"))

    def bom(self, by: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(write_bom(bom(self.subject, by), "json"))["lines"]
        return found

    def cables(self, what: str) -> Any:
        text = "".join(str(part) for part in write_cables(self.subject, "json", what))
        found = json.loads(text)
        return found if what == "summary" else found["rows"]

    def fabric(self) -> dict[str, dict[str, Any]]:
        try:
            text = write_fabric(self.subject, "json")
        except Unwritable:
            return {}
        return {p["plane"]: p for p in json.loads(text)["planes"]}


def laws(top: Component) -> Iterator[str]:
    """Each law that does not hold."""
    found = Written(top)
    lines = found.bom()
    yield from _parts(found, lines)
    yield from _sums(found, lines)
    yield from _sections(found, lines)
    yield from _cables(found, lines, sum(found.subject.counts.values()) <= MOST_PARTS)
    yield from _planes(found) if top.name not in SLOW else ()
    yield from _compared(found)
    yield from _heat(found)


def _unlike(what: str, one: object, other: object) -> Iterator[str]:
    alike = (
        isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        if isinstance(one, float) and isinstance(other, float)
        else one == other
    )
    if not alike:
        yield f"{what}: {one} and {other}"


def _number(value: Any) -> float:
    return float(value or 0)


def _parts(found: Written, lines: list[dict[str, Any]]) -> Iterator[str]:
    """The summary's counts are the bill's, but for what is no part: dies and systems."""
    counted: Counter[str] = Counter()
    for line in lines:
        counted[line["part"]] += line["quantity"]
    kinds = {c.name: c.kind for c in found.subject.counts}
    wanted = {name: n for name, n in found.summary["counts"].items() if KINDS[kinds[name]].part}
    yield from _unlike("parts in bom and summary", dict(sorted(counted.items())), wanted)
    rows = list(csv.DictReader(io.StringIO(str(write_bom(bom(found.subject), "csv")))))
    yield from _unlike("lines of bom as CSV and JSON", len(rows), len(lines))


def _sums(found: Written, lines: list[dict[str, Any]]) -> Iterator[str]:
    """The bill's lines add up to the totals; what assemblies that are no part state of themselves is in the totals only."""
    whole = found.summary["totals"]
    totals = {
        "price": whole["price"],
        "power_typical": whole["power"]["typical"],
        "power_peak": whole["power"]["peak"],
        "mass": whole["mass"],
    }
    own = dict.fromkeys(FIGURES, 0.0)
    for part, many in found.subject.counts.items():
        for name in FIGURES if not KINDS[part.kind].part else ():
            value = part.quantity(name.replace("_", "."))
            own[name] += float(value.value) * many if value is not None else 0
    for name in FIGURES:
        if len({line.get("currency") for line in lines if line.get("currency")}) > 1 and name == "price":
            continue
        added = sum(_number(line[name]) for line in lines) + own[name]
        yield from _unlike(f"{name} of all lines and in total", added, _number(totals[name]["value"]))


def _sections(found: Written, lines: list[dict[str, Any]]) -> Iterator[str]:
    """`bom --by KIND` splits the whole, whatever the kind."""
    whole: Counter[str] = Counter({line["part"]: 0 for line in lines})
    for line in lines:
        whole[line["part"]] += line["quantity"]
    for kind in ("rack", "system", "board", "chassis"):
        split: Counter[str] = Counter()
        for line in found.bom(kind):
            split[line["part"]] += line["quantity"]
        yield from _unlike(
            f"sections by {kind}", {n: float(q) for n, q in split.items()}, {n: float(q) for n, q in whole.items()}
        )


def _cables(found: Written, lines: list[dict[str, Any]], listed_too: bool) -> Iterator[str]:
    """Cables are as many in every list, and what is bought is what is on the bill, boards' own traces left out."""
    totals = found.cables("summary")
    purchase, cut, bundles = (found.cables(what) for what in ("purchase", "cut", "bundles"))
    many = totals["cables"]
    yield from _unlike("cables in bundles", sum(b["cables"] for b in bundles), many)
    yield from _unlike("cables in patterns", sum(p["cables"] for p in totals["patterns"]), many)
    yield from _unlike("links in patterns", sum(p["links"] for p in totals["patterns"]), totals["links"])
    yield from _unlike("links in bundles", sum(b["links"] for b in bundles), totals["links"])
    bought: Counter[str] = Counter()
    for row in purchase:
        bought[row["part"]] += row["quantity"]
    kinds = {line["part"]: line["kind"] for line in lines}
    laid = {n: q for n, q in bought.items() if kinds[n] in ("cable", "fiber")}
    yield from _unlike("cables bought", sum(laid.values()), many)
    listed = {line["part"]: line["quantity"] for line in lines}
    boards = [c for c in found.subject.counts if KINDS[c.kind].level < KINDS["rack"].level]
    traced = {part.name for board in boards for link in board.links for part, _ in parts_of(link)}
    for part, quantity in bought.items():
        if kinds[part] in ("cable", "fiber", "optic") and part not in traced:
            yield from _unlike(f"{part} bought and on the bill", quantity, listed[part])
    known = sum(row["cables"] for row in cut if row["route_m"] is not None)
    yield from _unlike("cables with a known length in cut", known, many - totals["length_unknown"])
    for_planes = sum(p["cables"] for p in found.summary["planes"].values())
    power = sum(p["cables"] for p in totals["patterns"] if p["plane"] == "power")
    yield from _unlike("cables of all planes in summary", for_planes + power, many)
    if listed_too:
        schedule = found.cables("schedule")
        yield from _unlike("cables in schedule", len(schedule), many)
        yield from _unlike("cables by part", laid, dict(Counter(row["laid"] or row["over"] for row in schedule)))


def _planes(found: Written) -> Iterator[str]:
    """A network has as many links, ports and endpoints, and takes in as much, in fabric as in summary."""
    for name, fabric in found.fabric().items():
        plane = found.summary["planes"][name]
        for what in ("links", "endpoints", "switches"):
            yield from _unlike(f"{what} of {name} in fabric and summary", fabric[what], plane[what])
        yield from _unlike(f"ports of {name}", sum(t["ports"] * t["count"] for t in fabric["tiers"]), plane["ports"])
        if fabric["injection_bps"] is not None and plane["injection"]["value"] is not None:
            yield from _unlike(
                f"injection of {name}", float(fabric["injection_bps"]), 8.0 * plane["injection"]["value"]
            )


def _compared(found: Written) -> Iterator[str]:
    """A system's figures in a comparison are those of its summary, and once what they are of itself."""
    one = System(found.top.name, found.subject)
    figures = json.loads(write_compare([one, one], "json"))["figures"]
    whole = found.summary["totals"]
    stated = {
        "accelerators": found.summary["accelerators"],
        "price": whole["price"]["value"],
        "power, typical": whole["power"]["typical"]["value"],
        "power, peak": whole["power"]["peak"]["value"],
        "racks": sum(row["count"] for row in found.summary["racks"]),
        "cables": found.cables("summary")["cables"],
    }
    for figure in figures:
        first, second = figure["values"]
        yield from _unlike(f"{figure['name']} of itself", first, second)
        if first and figure["ratios"] != [1.0]:
            yield f"{figure['name']}: {figure['ratios']} times itself"
        if figure["group"] == "all" and figure["name"] in stated:
            yield from _unlike(
                f"{figure['name']} in compare and summary", _number(first), _number(stated[figure["name"]])
            )


def _heat(found: Written) -> Iterator[str]:
    """What racks give off is what they draw, in `power` and in `summary`."""
    text = write_power(found.subject, "json", "peak")
    heat: Counter[str] = Counter()
    for row in json.loads(str(text)).get("racks", []):
        heat[row["rack"]] += row["count"] * (row["air_W"] + row["liquid_W"] + row["unknown_W"])
    drawn: Counter[str] = Counter()
    for row in found.summary["racks"]:
        for one in row.get("classes") or [row]:
            drawn[row["rack"]] += one["count"] * _number(one["power"]["peak"]["value"])
    for rack, watts in drawn.items():
        yield from _unlike(f"heat and power of {rack}", float(heat[rack]), float(watts))


@cache
def tops(path: Path) -> tuple[Component, ...]:
    design = cmxdsl.load(path)
    found = dict.fromkeys((*((design.top,) if design.top is not None else ()), *design.roots))
    inner = {c for t in found for c in descendants(t) if c is not t}
    return tuple(t for t in found if t.instances and t not in inner)


@pytest.mark.parametrize("path", GALLERY, ids=lambda p: p.stem)
def test_the_gallery(path: Path) -> None:
    assert tops(path)
    for top in tops(path):
        assert list(laws(top)) == [], top.name


@pytest.mark.parametrize("chunk", range(0, RANDOM, CHUNK))
def test_random_designs(chunk: int) -> None:
    for seed in range(chunk, chunk + CHUNK):
        mine = opinion(seed)
        if mine.machine is None or not mine.faults <= LET_PASS:
            continue
        broken = list(laws(cmxdsl.loads(mine.text, top=mine.top).component))
        assert not broken, "\n".join([f"design {seed}:", *broken, mine.text])


def test_the_report_says_what_the_bill_says() -> None:
    """The page carries the bill as CSV for download, and every part with its quantity."""
    design = cmxdsl.load(ROOT / "designs" / "two_racks.cmx")
    page = design.report()
    data = re.search(r"id=bom-data>(.*?)</script>", page, re.S)
    assert data is not None
    assert json.loads(html.unescape(data[1])) == write_bom(design.bom(), "csv")
    rows = {row["part"]: row["quantity"] for row in json.loads(str(write_bom(design.bom(), "json")))["lines"]}
    table = re.search(r'<table id="bom">.*?</table>', page, re.S)
    assert table is not None
    cells = [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table[0], re.S)
    ]
    shown = {html.unescape(re.sub(r"<[^>]*>", "", row[1])): re.sub(r"<[^>]*>", "", row[0]) for row in cells if row}
    assert {name: int(text.replace(",", "")) for name, text in shown.items()} == rows
