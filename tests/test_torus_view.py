"""The network view of a torus of cubes: its dimensions are those of the rings, its counts those of the links."""

from __future__ import annotations

import re

import networkx as nx
import pytest

import cmxdsl
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.outputs.diagrams.torus import rings

from .conftest import ROOT
from .test_tiers import TEXT, text_width

CUBES = """
protocol P {{ plane = scale_up; rate = 100 Gb/s }}
chip C {{ port up[2]: P; port down[2]: P }}
board Cube {{
    c[{s}, {s}]: C
    link c[i, j].up[0] -- c[i + 1, j].down[0] for i in 0..{last}
    link c[i, j].up[1] -- c[i, j + 1].down[1] for j in 0..{last}
    port up_x[j] = c[{end}, j].up[0]
    port down_x[j] = c[0, j].down[0]
    port up_y[i] = c[i, {end}].up[1]
    port down_y[i] = c[i, 0].down[1]
}}
system S {{
    cube[{x}, {y}]: Cube
    link cube[a, b].up_x[j] -- cube[{ahead}, b].down_x[j]{ranges}
    link cube[a, b].up_y[i] -- cube[a, (b + 1) mod {y}].down_y[i]
}}
"""


def cubes(s: int, x: int, y: int, ahead: str = "", ranges: str = "") -> cmxdsl.Design:
    text = CUBES.format(s=s, last=s - 2, end=s - 1, x=x, y=y, ahead=ahead or f"(a + 1) mod {x}", ranges=ranges)
    design = cmxdsl.loads(text, top="S")
    assert design.ok, design.explain()
    return design


@pytest.mark.parametrize(("s", "x", "y"), [(2, 3, 4), (3, 4, 2), (4, 4, 4)])
def test_a_torus_of_cubes_is_the_torus_of_networkx(s: int, x: int, y: int) -> None:
    net = fabric(cubes(s, x, y).subject, "scale_up")
    found = rings(net, net.groups[0])
    assert found is not None and [r.size for r in found] == [s * x, s * y]
    graph = nx.MultiGraph(list(zip(net.a.tolist(), net.b.tolist(), strict=True)))
    assert nx.is_isomorphic(nx.Graph(graph), nx.grid_graph([s * x, s * y], periodic=True))
    assert sum(r.inside + r.between + r.around for r in found) == net.links
    for r, other in zip(found, reversed(found), strict=True):
        count = r.size // s  # of cubes along it
        assert (r.inside, r.between, r.around) == (
            other.size * (r.size - count),
            other.size * (count - 1),
            other.size,
        )


def test_a_mesh_has_no_way_around_and_a_twist_is_no_torus() -> None:
    net = fabric(cubes(2, 4, 3, "a + 1", " for a in 0..2").subject, "scale_up")
    found = rings(net, net.groups[0])
    assert found is not None and (found[0].around, found[1].around) == (0, 8)
    skips = fabric(cubes(2, 5, 3, "(a + 2) mod 5").subject, "scale_up")
    assert rings(skips, skips.groups[0]) is None


@pytest.mark.parametrize("top", ["TPUv4Pod", "IronwoodPod"])
def test_the_pods_are_drawn_as_they_are_published(top: str) -> None:
    design = cmxdsl.load(ROOT / "designs" / "tpu_pods.cmx", top=top)
    svg = design.render("network").decode()
    size = "16 × 16 × 16: 64" if top == "TPUv4Pod" else "16 × 24 × 24: 144"
    assert f"a torus of {size} cubes of 4 × 4 × 4" in svg
    assert f"via {design.ask('count(Palomar)').text} × Palomar" in svg
    assert svg.count("<title>cube.chip[0, 0, 0, ") == 64 and svg.count("<title>cube [") == int(size.rpartition(": ")[2])
    boxes = []
    for x, y, font, look, text in TEXT.findall(svg):
        boxes.append(
            (
                float(x),
                float(y) - 0.75 * float(font),
                float(x) + text_width(text, float(font), "bold" in look),
                float(y) + 0.2 * float(font),
                text,
            )
        )
    for k, (x0, y0, x1, y1, text) in enumerate(boxes):
        for a0, b0, a1, b1, other in boxes[k + 1 :]:
            assert x1 <= a0 or a1 <= x0 or y1 <= b0 or b1 <= y0, (text, other)
    assert not re.search(r"NaN|nan", svg)
