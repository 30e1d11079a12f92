"""Designs of which cmx once said what is not so, each with what is so, worked out by hand and by the second opinion."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.analysis.network.failures import failures
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.diagnostics import Severity
from cmxdsl.model import Subject
from cmxdsl.outputs.ir import to_ir

from .oracle import compare_networks
from .oracle.compare import LET_PASS, of_numbers
from .oracle.expand import expand
from .oracle.read import read

FILES = sorted((Path(__file__).parent / "wrong").glob("*.cmx"))
FINDINGS = {  # errors and warnings about what the file asks; of all others there are none
    # Boards that have no power of their own, and a rack without a mass: totals are not known, so nothing is decided.
    "cov": ["CMX0902"] * 4 + ["CMX0903", "CMX0901"] + ["CMX0905"] * 3,
    "unknown_rate": ["CMX0902"] * 2,  # one end states no rate
    "over": ["CMX0901"],  # the first leaf has 12 down and 4 up
    "pair": ["CMX0901"]
    * 2,  # 3 disjoint paths, a mean distance of 1.5; best throughput is 8/9 in proportion to injection
    "pair2": ["CMX0901"] * 2,
    "pods": ["CMX0556"],  # 3 links of each pod in bundles of 2
    "power_tight": ["CMX0707"] * 2,
    "rack_feed": ["CMX0905"] * 2,  # at least 321,000 FIT, and optics state none
    "rackfail": ["CMX0557"],
    "straddle": ["CMX0561"],  # bundles of 2 across racks with 3 links each
    "stub": ["CMX0901"],  # 30%
    "unl": ["CMX0503", "CMX0901"],  # 4 links at 50 Gb/s
    "xy": ["CMX0613"],  # the tiles of both kinds of racks overlap
    "xy2": ["CMX0613"],  # racks 600 mm wide every 500 mm
}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_findings(path: Path) -> None:
    found = [d for d in cmxdsl.load(path).diagnostics if d.severity is not Severity.NOTE and d.code != "CMX0506"]
    assert [d.code for d in found] == FINDINGS.get(path.stem, []), [d.message for d in found]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_numbers(path: Path) -> None:
    design = cmxdsl.load(path)
    for top in (design.top,) if design.top is not None else design.roots:
        if not top.instances:
            continue
        machine = expand(read(to_ir(top)))
        if machine.faults <= LET_PASS:
            assert list(of_numbers(top, machine)) == []
        for plane in ("scale_up", "scale_out"):
            assert list(compare_networks.differences(top, plane)) == []


def component(name: str) -> cmxdsl.Component:
    return cmxdsl.load(next(p for p in FILES if p.stem == name)).component


def test_every_element_of_an_array_fails() -> None:
    """The last of a hundred leaves has 17 hosts: host 99 and the 16 of `big`."""
    worst = next(f for f in failures(Subject(component("tried")), "scale_out") if f.label == "leaf")
    assert (worst.isolated, worst.where, worst.decided) == (17, "leaf[99]", True)


def test_a_single_point_of_failure_parts_the_network() -> None:
    for name in ("spof", "spof2"):
        found = {f.label: f for f in failures(Subject(component(name)), "scale_out") if f.kind == "switch"}
        assert (found["spine"].isolated, found["spine"].pairs, found["spine"].islands) == (0, 16, 2)
        assert found["leaf"].isolated == 4


def test_racks_of_an_array_differ_when_they_fail() -> None:
    """Racks 1 and 3 have the only used leaves: 8 hosts on each."""
    found = next(f for f in failures(Subject(component("rackfail")), "scale_out") if f.kind == "rack")
    assert found.isolated == 8 and found.pairs == 8 * 7 // 2 + 8 * 8


def test_an_origin_moves_no_cable() -> None:
    path = next(p for p in FILES if p.stem == "origin")
    text = path.read_text(encoding="utf-8")
    for moved in ("1.5 m x 0 m", "0.7 m x 3 m", "2.4 m x 1 m"):
        other = cmxdsl.loads(text.replace("origin = 0 m x 0 m", f"origin = {moved}")).component
        assert [c.metres for c in schedule(Subject(other))] == [
            c.metres for c in schedule(Subject(component("origin")))
        ]


def test_bisections_of_odd_arrays() -> None:
    """A 5 x 4 torus: 10 and 10 nodes across two cuts of 5 links each; a dragonfly of nine groups is proved or bounded."""
    design = cmxdsl.load(next(p for p in FILES if p.stem == "odd_bisection"), top="T")
    found = network(design.subject, "scale_out").bisection
    assert found is not None and found.exact and found.high == pytest.approx(10 * 400e9)
