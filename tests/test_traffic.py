"""Throughput, disjoint paths, rails, latency and failures: folded answers are what the whole plane answers."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings

import cmxdsl
from cmxdsl.analysis.network import graph as f
from cmxdsl.analysis.network.failures import failures
from cmxdsl.analysis.network.latency import latency
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.network.throughput import all_to_all, farthest
from cmxdsl.analysis.network.traffic import disjoint, traffic
from cmxdsl.model import Component, Subject

from .conftest import ROOT
from .test_fabric import design, designs, named, plainly, text_of, torus


def loaded(drawn: tuple[int, int, int, set[int], bool]) -> Component | None:
    found = cmxdsl.loads(text_of(*drawn))
    return found.top if found.ok else None


@settings(max_examples=60, deadline=None)
@given(designs)
@example((2, 2, 1, {0, 1, 10}, True))  # a source alone in its array
def test_one_source_of_each_class_sends_as_much_as_all(drawn: tuple[int, int, int, set[int], bool]) -> None:
    top = loaded(drawn)
    if top is None:
        return
    net = f.fabric(Subject(top), "scale_out")
    if net.size > 16 or network(Subject(top), "scale_out").components > 1:
        return
    with_, without = all_to_all(net), all_to_all(plainly(net))
    assert (with_ is None) == (without is None)
    if with_ is not None and without is not None:
        assert with_.rate == pytest.approx(without.rate, rel=1e-5)
        known = network(Subject(top), "scale_out")
        assert known.per_pair is not None and known.per_pair <= with_.rate * (1 + 1e-6)  # no routing beats the best


@settings(max_examples=80, deadline=None)
@given(designs)
def test_disjoint_paths_are_those_of_another_library(drawn: tuple[int, int, int, set[int], bool]) -> None:
    top = loaded(drawn)
    if top is None:
        return
    net = f.fabric(Subject(top), "scale_out")
    role = f.roles(net)
    ends = np.flatnonzero(role.ends).tolist()
    if len(ends) > 14 or len(ends) < 2:
        return
    graph: nx.DiGraph[str] = nx.DiGraph()
    for n in range(net.size):
        graph.add_node(f"{n} in")
        graph.add_node(f"{n} out")
        if role.passes[n]:
            graph.add_edge(f"{n} in", f"{n} out", link=10**6, device=1)
    for a, b in zip(net.a.tolist(), net.b.tolist(), strict=True):
        for x, y in ((a, b), (b, a)):
            if graph.has_edge(f"{x} out", f"{y} in"):
                graph[f"{x} out"][f"{y} in"]["link"] += 1
                graph[f"{x} out"][f"{y} in"]["device"] += 1
            else:
                graph.add_edge(f"{x} out", f"{y} in", link=1, device=1)
    found = disjoint(Subject(top), "scale_out")
    for kind, value in (("link", found.by_link), ("device", found.by_device)):
        flows = [
            nx.maximum_flow_value(graph, f"{s} out", f"{t} in", capacity=kind) for s in ends for t in ends if s != t
        ]
        assert value == min(flows), kind


@pytest.mark.parametrize(
    ("topology", "throughput", "permutation", "edges", "nodes"),
    [
        ("FatTree3(8)", 1, 1, 1, 1),
        ("FatTree2(16, up = 4)", None, 1 / 3, 1, 1),
        ("Torus2(4, 4)", 8 / 64 * 15 / 4, 1 / 4, 4, 4),  # 8 links of bisection, which 8 x 8 pairs cross each way
        ("FullMesh(8)", 1, None, 7, 7),
        ("Rails(8, 4, 2)", 1, 1, 4, 4),
    ],
    ids=lambda v: str(v),
)
def test_throughput_and_paths(
    topology: str, throughput: float | None, permutation: float | None, edges: int, nodes: int
) -> None:
    top = named(topology)
    found, paths = traffic(Subject(top), "scale_out"), disjoint(Subject(top), "scale_out")
    assert found.share is not None and found.permutation is not None
    if throughput is not None:
        assert found.share == pytest.approx(throughput, rel=1e-6)
    if permutation is not None:
        assert found.permutation.exact and found.permutation.high == pytest.approx(permutation, rel=1e-6)
    assert (paths.by_link, paths.by_device) == (edges, nodes)


def test_the_best_routing_beats_shortest_paths_where_it_can() -> None:
    """In a dragonfly all minimal traffic of two groups takes one link; a detour frees it (Kim and others, 2008)."""
    top = named("Dragonfly(2, 4, 2)")
    known, found = network(Subject(top), "scale_out"), traffic(Subject(top), "scale_out")
    assert known.throughput is not None and found.share is not None
    assert known.throughput < 0.8 and found.share == pytest.approx(1)
    assert found.permutation is not None and 0.5 - 1e-6 <= found.permutation.low <= found.permutation.high < 1


def test_partners_far_apart_on_a_ring() -> None:
    """Opposite nodes of a ring of 8: four links each way for 8 demands over 16 arcs of one link's rate."""
    net = f.fabric(Subject(design(torus(8, 1))), "scale_out")
    far = farthest(net)
    assert far is not None and far.rate == pytest.approx(16 / (8 * 4) * 100e9)


LATENT = """
protocol P { plane = scale_out; rate = 100 Gb/s }
chip H { port p: P }
switch S { latency = 300 ns; port p[8]: P }
fiber F { mode = single_mode; lengths = [5 m, 50 m]; delay = 5 ns/m }
optic O { rate = 100 Gb/s; fiber = F; latency = 10 ns }
rack Hosts { height = 42 U; h[4]: H; leaf: S
    link h[i].p -- leaf.p[i] for i in 0..3
    port up[k] = leaf.p[4 + k] for k in 0..3 }
rack Spine { height = 42 U; s: S }
system Y {
    floor { pitch = 1 m x 1 m; aisle = 1 m; tray = 2.1 m }
    r[2]: Hosts
    t: Spine
    link r[i].up[0] -- t.s.p[i] over O for i in 0..1
    place r[i] at row 0, col 10 * i
    place t at row 0, col 1
    require latency(scale_out) <= 2 us
}
"""


def test_latency_counts_switches_optics_and_the_longest_fiber() -> None:
    top = design(LATENT)
    found = latency(Subject(top), "scale_out")
    # Racks are 42 U = 1.8669 m high, so 0.2331 m up to the tray at each end, besides 241.3 mm to the manager, 300 mm of
    # entry and a loop of 300 mm; the longest route is 9 columns.
    fiber = round((9 + 2 * (0.2331 + 0.2413 + 0.3 + 0.3)) * 5e3 / 1e6 * 1e6)
    far = 3 * 300_000 + 2 * (20_000 + fiber)
    assert found.known and found.histogram == {300_000: 2 * 4 * 3, far: 2 * 16}
    assert float(found.greatest) == pytest.approx(far / 1e12)


def test_latency_is_unknown_without_its_parts() -> None:
    found = latency(
        Subject(
            design(LATENT.replace("latency = 300 ns; ", "").replace("    require latency(scale_out) <= 2 us\n", ""))
        ),
        "scale_out",
    )
    assert not found.known and "a latency of protocol `P` or of its switches" in found.lacking
    found = latency(
        Subject(design(LATENT.replace("delay = 5 ns/m", "").replace("    require latency(scale_out) <= 2 us\n", ""))),
        "scale_out",
    )
    assert found.lacking == ("the delay of `F`",)


def test_a_power_feed_and_a_cable_take_what_hangs_on_them() -> None:
    text = (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nprotocol AC { plane = power }\n"
        "cable C { rate = 200 Gb/s }\n"
        "chip H { port p[2]: P; port feed: AC; power { peak = 1 kW } }\n"
        "switch S { port p[8]: P; port feed[2]: AC; power { peak = 1 kW } }\n"
        "module Pdu { role = power; port out[8]: AC { flow = feeds } }\n"
        "system Y { h[4]: H; s[2]: S; pdu[2]: Pdu\n"
        "    link h[i].p[k] -- s[k div 2 + i div 2].p[2 * (i mod 2) + k] over C bundle 2\n"
        "    link pdu[i div 2].out[i mod 2] -- h[i].feed for i in 0..3\n"
        "    link pdu[k].out[4 + j] -- s[j].feed[k] }\n"
    )
    failed = {(x.kind, x.label): x for x in failures(Subject(design(text)), "scale_out")}
    assert failed["feed", "pdu"].isolated == 2  # switches have two feeds, hosts one
    # each switch has two hosts: the other one then reaches none either
    assert failed["cable", "h to s"].isolated == 2 and failed["cable", "h to s"].share == pytest.approx(1 / 4)
    assert failed["switch", "s"].isolated == 2


def test_what_is_left_to_an_endpoint() -> None:
    top = cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx").component
    failed = {x.label: x for x in failures(Subject(top), "scale_up")}
    assert failed["compute.node.l1"].kept == pytest.approx(6 / 7)


def test_questions_in_requirements() -> None:
    text = (
        "use std.topologies\nsystem S : Rails(8, 4, 2) {\n    require throughput(scale_out) == 1\n"
        "    require permutation(scale_out) >= 90%\n    require edge_disjoint(scale_out) == 4\n"
        "    require node_disjoint(scale_out) == 4\n    require rails(scale_out) == 4\n"
        "    require latency(scale_out) < 1 us\n}\n"
    )
    found = cmxdsl.loads(text)
    assert [d.code for d in found.diagnostics] == ["CMX0902"]
    assert "a latency of protocol `Fabric`" in found.explain()


@pytest.mark.parametrize(
    "view", ["Torus2(4, 4)", "Torus3(4, 4, 4)", "Cubes", "Dragonfly(2, 4, 2)", "Dragonfly(4, 16, 8)"]
)
def test_networks_are_drawn_by_their_structure(view: str) -> None:
    from cmxdsl.model import Subject
    from cmxdsl.outputs.diagrams.network import network as drawn
    from cmxdsl.outputs.options import Options

    drawing, _ = drawn(Subject(named(view)), Options())
    svg = drawing.svg()
    assert ("dimension" in svg) == ("groups" not in svg)
    assert len(svg) < 3_000_000


def test_a_tree_is_drawn_by_its_tiers_and_not_as_a_grid() -> None:
    """Every switch in its tier."""
    from cmxdsl.analysis.network.graph import fabric
    from cmxdsl.model import Subject
    from cmxdsl.outputs.diagrams.network import network as drawn
    from cmxdsl.outputs.options import Options

    drawing, _ = drawn(Subject(named("FatTree2(16)")), Options())
    svg = drawing.svg()
    net = fabric(Subject(named("FatTree2(16)")), "scale_out")
    switches = sum(g.count for g in net.groups if g.switch)
    assert f"{switches:,} switches in 2 tiers" in svg and "tier 2" in svg
