"""Waterfalls of optical budgets: each begins where light is launched, and ends at what the receiver needs."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cmxdsl
from cmxdsl.analysis.physical.optical_budget import budgets
from cmxdsl.model import Subject
from cmxdsl.outputs.drawings.light import LOSS, MARGIN, SHORT, falls, steps
from cmxdsl.outputs.options import ViewFault
from cmxdsl.outputs.pictures import write

DESIGNS = sorted((Path(__file__).parents[1] / "designs").glob("*.cmx"))


@pytest.mark.parametrize("file", DESIGNS, ids=lambda file: file.stem)
def test_steps_lead_from_launch_to_sensitivity(file: Path) -> None:
    design = cmxdsl.load(file)
    for component in design.roots or ((design.top,) if design.top is not None else ()):
        subject = Subject(component, design.memo)
        every, shown = budgets(subject), falls(subject)
        assert sum(f.patterns for f in shown) == len(every)
        assert sum(f.links for f in shown) == sum(b.link.count * subject.counts[b.component] for b in every)
        margins = [f.budget.margin for f in shown]
        known = [m for m in margins if m is not None]
        assert known == sorted(known) == margins[: len(known)]
        assert not known or min(known) == min(b.margin for b in every if b.margin is not None)
        for fall in shown:
            if fall.budget.margin is None:
                continue
            made = steps(fall.budget)
            assert made[0].start == fall.budget.launch and made[-1].end == fall.budget.sensitivity
            assert all(a.end == b.start for a, b in pairwise(made))
            assert made[-1].start - made[-1].end == fall.budget.margin


def test_the_flagship_by_hand(flagship: cmxdsl.Design) -> None:
    """-2.2 dBm less 0.1 of penalties, 0.7 of two connections, 13.57 m at 0.4 dB/km, down to -5.3 dBm."""
    first = falls(flagship.subject)[0]
    assert (first.budget.optic.name, first.links) == ("LPO400", 5_376)
    assert [s.words for s in steps(first.budget)] == ["penalties", "fiber", "connections", "margin"]
    assert first.budget.margin == pytest.approx(
        Fraction("5.3") - Fraction("2.2") - Fraction("0.8") - Fraction("0.0054"), abs=1e-4
    )
    svg = write(flagship.subject, "svg", "optics").decode()
    assert "margin 2.29 dB" in svg and MARGIN in svg and SHORT not in svg and "768 links in 2 patterns" in svg


SHORT_OF = """
protocol P { plane = scale_out; rate = 400 Gb/s }
fiber F { loss = 0.4 dB/km; connections = 2; connection_loss = 2 dB }
optic O { rate = 400 Gb/s; fiber = F; tx.launch = -2 dBm; rx.sensitivity = -5 dBm }
optic Dark { rate = 400 Gb/s }
rack R { height = 10 U; a[2]: S; place a[i] at U 1 + 4*i; link a[0].p[0] -- a[1].p[0] over O }
switch S { height = 1 U; port p[4]: P }
system Top { r[2]: R; link r[0].a[0].p[1] -- r[1].a[0].p[1] over Dark }
"""


def test_what_is_short_and_what_is_not_known() -> None:
    design = cmxdsl.loads(SHORT_OF)
    svg = write(design.subject, "svg", "optics").decode()
    assert "margin -1.00 dB" in svg and SHORT in svg and LOSS in svg
    assert "not known without" in svg and "Dark.tx.launch" in svg
    root = ElementTree.fromstring(svg)
    wide = float(root.attrib["width"])
    for item in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(item.attrib["x"]) < wide


def test_no_light_is_no_picture(rival: cmxdsl.Design) -> None:
    plain = cmxdsl.loads("chip C { }\nsystem Top { c: C }\n")
    with pytest.raises(ViewFault, match="no optical link"):
        write(plain.subject, "svg", "optics")
