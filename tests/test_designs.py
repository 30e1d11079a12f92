"""The real machines: every published figure holds, and the oracles come out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl import Design
from cmxdsl.analysis.queries.published import is_primary, of_file, publication

from .conftest import ROOT

loaded = cache(cmxdsl.load)  # a design takes seconds to check, and several tests ask about each
FILES = sorted((ROOT / "designs").rglob("*.cmx")) + sorted((ROOT / "cmxdsl" / "library").glob("*.cmx"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_no_findings(path: Path) -> None:
    design = loaded(path)
    assert [d for d in design.diagnostics if d.severity.value != "note"] == [], design.explain()


def test_gallery() -> None:
    """Figures enough, from sources enough, and each holds or says why it differs."""
    designs = [str(path) for path in FILES if path.parent.name == "designs"]
    figures = [v for path in designs for v in of_file(loaded(Path(path)).all_expectations(), path, designs)]
    assert len(figures) >= 600
    assert len({publication(v.expectation) for v in figures}) >= 75
    assert sum(is_primary(v.expectation) for v in figures) >= 0.8 * len(figures)
    assert sum(v.basis == "derived" for v in figures) >= 0.7 * len(figures)
    assert all(v.word in ("holds", "differs") for v in figures)
    assert all(v.expectation.source for v in figures)


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "designs"], ids=lambda p: p.stem)
def test_a_wide_tolerance_is_explained(path: Path) -> None:
    """A figure that may be off by more than 5% says behind its source's colon why, or how it was published."""
    for verdict in loaded(path).all_expectations():
        figure = verdict.expectation
        if figure.within is not None and figure.within.dimension.is_none and float(figure.within.value) > 0.05:
            assert ": " in figure.source, (figure.text, figure.source)


@pytest.mark.parametrize("name", ["flagship", "rival"])
def test_figures(name: str, request: pytest.FixtureRequest) -> None:
    verdicts = request.getfixturevalue(name).expectations()
    assert len(verdicts) >= 15
    off = [v.expectation.text for v in verdicts if v.word not in ("holds", "differs")]
    assert not off
    assert all(v.expectation.source for v in verdicts)


def test_cloudmatrix_arithmetic(flagship: Design) -> None:
    counts = flagship.summary().counts
    assert (counts["Ascend910C"], counts["Kunpeng920"], counts["Node"]) == (384, 192, 48)
    assert counts["LPO400"] == 48 * 56 * 2 == 5376
    assert counts["DR4_400"] == 384 * 2 * 2 == 1536
    planes = flagship.summary().planes
    links = {link.text.split(" ")[0]: link.count for link in flagship.component.links}
    assert links["compute[r].node[n].up[p,"] == 7 * 16 * 48 == 5376
    assert planes["scale_up"].links == 5376 + 48 * 7 * (8 + 4)
    assert planes["scale_out"].links == 768


def test_nvl72_arithmetic(rival: Design) -> None:
    counts = rival.summary().counts
    assert (counts["BlackwellGB200"], counts["Grace"], counts["NVSwitch5"]) == (72, 36, 18)
    assert counts["NVLinkCopper"] == 72 * 72 == 5184


def test_node_is_non_blocking(flagship: Design) -> None:
    node = flagship.component.at(("compute", "node"))[0]
    npu = node.instances["npu"].component.ports["ub"].rate
    up = node.instances["l1"].component.ports["up"].rate
    assert npu is not None and up is not None
    assert 8 * 7 * npu.value == 7 * 16 * up.value


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "library"], ids=lambda p: p.stem)
def test_numbers_of_parts_have_a_source(path: Path) -> None:
    """A figure of a part is published, estimated, calibrated or computed from such, never just stated; zero needs none."""
    for name in cmxdsl.load(path).sources[str(path)].text.split("\n"):
        kind, _, rest = name.partition(" ")
        if kind not in ("chip", "switch", "module"):
            continue
        part = cmxdsl.load(path, top=rest.split()[0].split("(")[0]).component
        for attribute in part.attributes.values():
            if attribute.name.startswith(("compute", "power", "memory.c", "memory.b", "price")):
                claim = attribute.claim
                sourced = claim.kind in ("published", "calibrated", "estimated", "derived", "unknown")
                assert sourced or (claim.value is not None and claim.value.value == 0), (part, attribute.name)
