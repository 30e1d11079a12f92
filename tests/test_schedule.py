"""The cable schedule's lines of CSV, which are made in bulk, say what its cables say one by one."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.analysis.physical import schedule as made
from cmxdsl.model import Subject
from cmxdsl.outputs.tables.cables import write

DESIGNS = sorted((Path(__file__).parents[1] / "designs").rglob("*.cmx"))


def lines(subject: Subject) -> list[list[str]]:
    """The schedule as CSV reads it."""
    text = "".join(str(piece) for piece in write(subject, "csv", "schedule"))
    assert text.endswith("\r\n")
    return list(csv.reader(StringIO(text, newline="")))[1:]


def one_by_one(subject: Subject) -> list[list[str]]:
    """The same, of each cable by itself."""
    rows = []
    for cable in made.schedule(subject):
        lengths = [cable.metres, cable.stock.value if cable.stock is not None else None]
        ends = [[e.rack, str(e.unit) if e.unit else "", e.device, e.port] for e in (cable.a, cable.b)]
        rows.append(
            [
                cable.name,
                cable.medium.name,
                cable.carrier.name if cable.carrier is not None else "",
                cable.plane,
                *("" if length is None else str(float(round(length, 3))) for length in lengths),
                str(cable.links),
                *ends[0],
                *ends[1],
                f"{cable.name}A {cable.a.label}",
                f"{cable.name}B {cable.b.label}",
            ]
        )
    return rows


@pytest.mark.parametrize("file", DESIGNS, ids=lambda file: file.stem)
def test_every_design_says_the_same_in_bulk(file: Path) -> None:
    design = cmxdsl.load(file)
    for subject in [Subject(component) for component in design.roots] or [design.subject]:
        if sum(run.count for run in made.scheduled_runs(subject)) <= 50_000:
            assert lines(subject) == one_by_one(subject)


MEDIA = """
protocol P { plane = scale_up; rate = 100 Gb/s }
cable Pair { rate = 100 Gb/s; pieces = 2; lengths = [1 m, 3 m, 30 m] }
cable Whole { rate = 400 Gb/s; lengths = [30 m] }
chip A { port p[2, 3]: P }
switch S { height = 1 U; port p[40]: P }
"""
SYSTEM = """
rack R(n: count = 3) {
    height = 10 U
    s: S
    a[n, 2]: A
    place s at U 2
    link a[i, j].p[k, l] -- s.p[(i*2 + j)*6 + k*3 + l] over Pair where i < 1 or j < 1
}
system Top {
    r[2]: R
    lone: S
    link r[i].s.p[23 - m] -- lone.p[i*4 + m] over Whole bundle 4 for i in 0..1, m in 0..3
    link r[0].s.p[18] -- lone.p[20] over Pair
}
"""


@pytest.mark.parametrize("block", [1, 2, 5, 4096])
@pytest.mark.parametrize("top", ["Top", "R"])
def test_pieces_conditions_bundles_and_missing_racks(top: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    design = cmxdsl.loads(MEDIA + SYSTEM, top=top)
    assert design.ok, design.explain()
    monkeypatch.setattr(made, "BLOCK", block)
    found = lines(design.subject)
    assert found == one_by_one(design.subject)
    assert [row[0] for row in found] == [f"C{number:06d}" for number in range(1, len(found) + 1)]
    inner = 2 * (2 + 2) * 6  # two pieces of each link of the four chips that have i < 1 or j < 1
    assert len(found) == (2 * inner + 2 + 2 if top == "Top" else inner)
