"""The network view of switches in tiers: every switch, every link counted once, no text on another."""

from __future__ import annotations

import re

import networkx as nx
import pytest

import cmxdsl
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.outputs.diagrams.tiers import HUES, MOST, _levels, _pieces
from cmxdsl.outputs.kit.svg import text_width

from .conftest import ROOT

DRAWN = [
    ("cloudmatrix384", "scale_up"),
    ("cloudmatrix384", "scale_out"),
    ("gb200_nvl72", "scale_up"),
    ("fire_flyer2", "scale_out"),
    ("training_h100", "scale_out"),
    ("training_h100", "scale_up"),
    ("two_racks", "scale_up"),
]
TEXT = re.compile(r'<text x="([\d.-]+)" y="([\d.-]+)" font-size="([\d.]+)" fill="[^"]+"([^>]*)>([^<]*)</text>')


def picture(name: str, plane: str) -> str:
    return cmxdsl.load(ROOT / "designs" / f"{name}.cmx").render("network", plane=plane).decode()


@pytest.mark.parametrize(("name", "plane"), DRAWN)
def test_no_text_lies_on_another_or_outside(name: str, plane: str) -> None:
    svg = picture(name, plane)
    wide, high = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())  # type: ignore[union-attr]
    boxes = []
    for x, y, size, look, text in TEXT.findall(svg):
        width = text_width(text.replace("&amp;", "&"), float(size), "bold" in look)
        left = float(x) - (width / 2 if "middle" in look else 0)
        boxes.append((left, float(y) - 0.75 * float(size), left + width, float(y) + 0.2 * float(size), text))
    assert len(boxes) > 5
    for k, (x0, y0, x1, y1, text) in enumerate(boxes):
        assert x0 >= 0 and x1 <= wide and y1 <= high, text
        for a0, b0, a1, b1, other in boxes[k + 1 :]:
            assert x1 <= a0 or a1 <= x0 or y1 <= b0 or b1 <= y0, (text, other)


@pytest.mark.parametrize(("name", "plane"), [d for d in DRAWN if d != ("training_h100", "scale_up")])
def test_every_switch_is_drawn_and_every_link_counted(name: str, plane: str) -> None:
    net = fabric(cmxdsl.load(ROOT / "designs" / f"{name}.cmx").subject, plane)
    svg = picture(name, plane)
    reached = int((_levels(net) > 0).sum())
    squares = sum(svg.count(f'fill="{hue}" stroke="none" rx="1.5"><title>') for hue in HUES)
    assert squares == reached
    said = sum(int(n.replace(",", "")) for n in re.findall(r">([\d,]+) links?</text>", svg))
    assert said == net.links


def test_the_flagship_has_its_seven_planes() -> None:
    """As published: seven planes of 48 switches in nodes and 16 above, 16 links up from each."""
    svg = picture("cloudmatrix384", "scale_up")
    assert "448 switches in 2 tiers, 7 planes that no switch joins" in svg
    assert svg.count(">768 links</text>") == 7 and svg.count(">576 links</text>") == 7


def test_one_of_many_servers_is_drawn() -> None:
    svg = picture("training_h100", "scale_up")
    assert "one of 768 parts that no link joins is drawn, of as many devices each" in svg
    assert len(re.findall(r"<rect[^>]*><title>unit\[0\]\.dgx\[0\]\.hgx\.\w+\[\d\]</title>", svg)) == 4 + 8


@pytest.mark.parametrize("name", ["cloudmatrix384", "fire_flyer2", "two_racks"])
def test_tiers_and_planes_are_those_of_networkx(name: str) -> None:
    subject = cmxdsl.load(ROOT / "designs" / f"{name}.cmx").subject
    plane = "scale_out" if name == "fire_flyer2" else "scale_up"
    net = fabric(subject, plane)
    graph = nx.Graph()
    graph.add_nodes_from(range(net.size))
    graph.add_edges_from(zip(net.a.tolist(), net.b.tolist(), strict=True))
    switch = net.mask(switches=True)
    ends = [n for n in range(net.size) if not switch[n]]
    far = nx.multi_source_dijkstra_path_length(graph, set(ends))
    assert [far.get(n, -1) for n in range(net.size)] == _levels(net).tolist()
    pieces = _pieces(net, ~switch)
    parts = list(nx.connected_components(graph.subgraph(n for n in range(net.size) if switch[n])))
    assert {frozenset(p) for p in parts} == {
        frozenset(n for n in range(net.size) if pieces[n] == k) for k in range(int(pieces.max()) + 1)
    }


def test_too_many_switches_are_refused() -> None:
    text = (
        "protocol P { plane = scale_out; rate = 1 Gb/s }\nchip C { port p: P }\nswitch W { port d: P; port u: P }\n"
        f"switch T {{ port p[{MOST}]: P }}\nsystem S {{\n    c[{MOST}]: C\n    w[{MOST}]: W\n    t: T\n"
        "    link c[i].p -- w[i].d\n    link w[i].u -- t.p[i]\n}\n"
    )
    with pytest.raises(Exception, match="4,001 switches are too many"):
        cmxdsl.loads(text).render("network")
