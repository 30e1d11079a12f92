"""The picture of where the power goes: what enters a bar leaves it, and all of it is there."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cmxdsl
from cmxdsl.model import Subject
from cmxdsl.outputs.drawings.power_flow import Flow, flow
from cmxdsl.outputs.kit.svg import text_width
from cmxdsl.outputs.options import ViewFault
from cmxdsl.outputs.pictures import write

DESIGNS = sorted((Path(__file__).parents[1] / "designs").glob("*.cmx"))


def balanced(found: Flow) -> None:
    """Each bar has as much as the bands that lead there, and as those that lead on."""
    bars = {bar.id: (k, bar) for k, column in enumerate(found.columns) for bar in column}
    assert len(bars) == sum(map(len, found.columns))
    for name, (k, bar) in bars.items():
        into = sum((b.watts for b in found.bands if b.b == name), Fraction(0))
        out = sum((b.watts for b in found.bands if b.a == name), Fraction(0))
        assert into == bar.watts or (k == 0 and not into) or (name == "machine" and not into)
        assert out == bar.watts or not out
        assert out or k == len(found.columns) - 1 or bar.sort == "lost in conversion"
    for band in found.bands:
        assert bars[band.b][0] == bars[band.a][0] + 1 and band.watts > 0


@pytest.mark.parametrize("file", DESIGNS, ids=lambda file: file.stem)
def test_every_design_adds_up(file: Path) -> None:
    design = cmxdsl.load(file)
    for component in design.roots or ((design.top,) if design.top is not None else ()):
        subject = Subject(component, design.memo)
        try:
            found = flow(subject)
        except ViewFault as fault:
            assert "states its peak power" in str(fault)
            continue
        balanced(found)
        total = subject.total("power.peak").value
        assert total is not None and sum(bar.watts for bar in found.columns[-1]) == total.value


def test_the_flagship_by_hand(flagship: cmxdsl.Design) -> None:
    """12 racks of 4 nodes: 32 NPUs of 800 W, 4 × 1.6 kW of overhead, ...; its 5,376 transceivers of 7.5 W lie half at
    either end, so that 20.16 kW of them are in the four switch racks."""
    found = flow(flagship.subject)
    assert [[bar.label for bar in column] for column in found.columns[:2]] == [
        ["CloudMatrix384"],
        ["ComputeRack × 12", "CommRack × 4"],
    ]
    bands = {(b.a, b.b): b.watts for b in found.bands}
    assert bands["rack ComputeRack", "part Ascend910C"] == 384 * 800
    assert (
        bands["rack CommRack", "part LPO400"] == bands["rack ComputeRack", "part LPO400"] == 5_376 * Fraction("7.5") / 2
    )


def test_what_is_lost_and_what_no_link_feeds(rival: cmxdsl.Design) -> None:
    """18 trays of 6.15 kW and 9 of 1.08 through shelves of 97%: 120.42 / 0.97 enter; two switches hang on nothing."""
    found = flow(rival.subject)
    sources, machine, parts = found.columns
    assert [round(float(bar.watts)) for bar in sources] == [124_144, 360]
    assert [round(float(bar.watts)) for bar in machine] == [120_780, 3_724]
    assert sum(bar.watts for bar in parts) == machine[0].watts


def test_small_parts_are_drawn_together_and_the_unknown_is_said() -> None:
    parts = "".join(f"chip C{k} {{ power {{ peak = {w} W }} }}\n" for k, w in enumerate((1000, 2, 3, 4)))
    body = "c: C0; d: C1; e: C2; f: C3; g[7]: D"
    found = flow(cmxdsl.loads(f"{parts}chip D {{ role = accelerator }}\nsystem Top {{ {body} }}\n").subject)
    assert [bar.label for bar in found.columns[-1]] == ["C0 × 1", "3 other parts"]
    assert found.columns[-1][1].watts == 9 and "7 parts whose power is not known" in found.notes[0]
    balanced(found)


def test_nothing_known_is_no_picture() -> None:
    with pytest.raises(ViewFault, match="states its peak power"):
        write(cmxdsl.loads("chip C { }\nsystem Top { c: C }\n").subject, "svg", "power")


@pytest.mark.parametrize("name", ["cloudmatrix384", "gb200_nvl72", "campus_100k", "leonardo", "two_racks"])
def test_no_text_lies_on_another(name: str) -> None:
    design = cmxdsl.load(DESIGNS[0].parent / f"{name}.cmx")
    svg = write(design.subject, "svg", "power").decode()
    root = ElementTree.fromstring(svg)
    boxes = []
    for item in root.iter("{http://www.w3.org/2000/svg}text"):
        size, text = float(item.attrib["font-size"]), item.text or ""
        x, y = float(item.attrib["x"]), float(item.attrib["y"])
        boxes.append((x, y - 0.75 * size, x + text_width(text, size, "font-weight" in item.attrib), y + 0.2 * size))
    for k, (left, top, right, bottom) in enumerate(boxes):
        assert right <= float(root.attrib["width"]) and bottom <= float(root.attrib["height"])
        for a, b, c, d in boxes[k + 1 :]:
            assert right <= a or c <= left or bottom <= b or d <= top, (k, boxes[k])
    hues = set(re.findall(r'fill="(#[0-9a-f]{6})" fill-opacity', svg)) - {"#5b6775"}
    assert hues <= {
        r.attrib["fill"] for r in root.iter("{http://www.w3.org/2000/svg}rect") if r.attrib["height"] == "11"
    }
