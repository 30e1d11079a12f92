"""Which endpoints are asked about, halves, oversubscription and rails, against what is counted in another way."""

from __future__ import annotations

import json
import random
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import linprog

import cmxdsl
from cmxdsl.analysis.network import graph as f
from cmxdsl.analysis.network.ends import NoEndpoint, asked
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.network.rails import rails
from cmxdsl.analysis.network.traffic import traffic
from cmxdsl.model import Subject
from cmxdsl.outputs.ir import from_ir, to_ir

from .conftest import ROOT
from .test_cli import cmx
from .test_fabric import design, named

MATRIX = ROOT / "designs" / "cloudmatrix384.cmx"


# --- another opinion --------------------------------------------------------------------------------------


def graph_of(net: f.Fabric, ends: list[int]) -> nx.Graph[int]:
    """Devices that carry anything, with parallel links added up."""
    switch = [g.switch for g in net.groups for _ in range(g.count)]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(n for n in range(net.size) if n in ends or switch[n] or not any(switch))
    for a, b, rate in zip(net.a.tolist(), net.b.tolist(), net.rate.tolist(), strict=True):
        if a in graph and b in graph and a != b:
            had = graph[a][b]["capacity"] if graph.has_edge(a, b) else 0
            graph.add_edge(a, b, capacity=had + int(rate))
    return graph


def halves(net: f.Fabric, ends: list[int]) -> int:
    """The least of the minimum cuts between all halves, each by a maximum flow."""
    graph = nx.DiGraph(graph_of(net, ends))
    best = None
    for chosen in combinations(ends, len(ends) // 2):
        for n in ends:
            graph.add_edge("s", n) if n in chosen else graph.add_edge(n, "t")
        value = nx.maximum_flow_value(graph, "s", "t") if graph.has_node("s") and graph.has_node("t") else 0
        graph.remove_nodes_from(["s", "t"])
        best = value if best is None else min(best, value)
    return best or 0


def gravity(net: f.Fabric, ends: list[int]) -> float:
    """What goes through of demands in proportion to both injections over all injection, by one linear program with
    every flow of every endpoint."""
    graph = graph_of(net, ends)
    own = {n: sum(d["capacity"] for _, _, d in graph.edges(n, data=True)) for n in ends}
    mean = sum(own.values()) / len(ends)
    weight = {n: own[n] / mean for n in ends}
    arcs = [(a, b) for x, y in graph.edges for a, b in ((x, y), (y, x))]
    direct = not net.mask(switches=True).any()
    passing = {n for n in graph if n not in ends or direct}
    columns = {(s, arc): k for k, (s, arc) in enumerate((s, arc) for s in ends for arc in arcs)}
    rows, right = [], []
    bounds = [
        (0, None) if (a == s or a in passing) and b != s and (b in ends or b in passing) else (0, 0)
        for s in ends
        for a, b in arcs
    ]
    for s in ends:
        for node in graph:
            if node == s:
                continue
            row = np.zeros(len(columns) + 1)
            for arc in arcs:
                row[columns[s, arc]] += (arc[1] == node) - (arc[0] == node)
            row[-1] = -weight[s] * weight[node] if node in ends else 0
            rows.append(row)
            right.append(0.0)
    caps = np.zeros((len(arcs), len(columns) + 1))
    for k, arc in enumerate(arcs):
        for s in ends:
            caps[k, columns[s, arc]] = 1
    scale = max(own.values())
    limit = [graph[a][b]["capacity"] / scale for a, b in arcs]
    goal = np.zeros(len(columns) + 1)
    goal[-1] = -1
    found = linprog(goal, caps, limit, np.array(rows), right, bounds=[*bounds, (0, None)], method="highs")
    demands = sum(weight[s] * weight[t] for s in ends for t in ends if s != t)
    return float(-found.fun) * scale * demands / sum(own.values())


def random_design(seed: int) -> str:
    """Leaves with unlike numbers of unlike endpoints, under one or two tiers, evenly linked or at random."""
    draw = random.Random(seed)
    leaves, spines = draw.randint(1, 3), draw.randint(1, 2)
    lines, at = [], {"g": 0, "c": 0}
    for leaf in range(leaves):
        for kind in ("g", "c"):
            for _ in range(draw.randint(0, 2)):
                lines += [f"link {kind}[{at[kind]}].p -- leaf[{leaf}].p"] * draw.choice([1, 1, 2])
                if draw.random() < 0.2:
                    lines.append(f"link {kind}[{at[kind]}].p -- leaf[{draw.randrange(leaves)}].p")
                at[kind] += 1
        for spine in range(spines):
            lines += [f"link leaf[{leaf}].u -- spine[{spine}].u"] * draw.choice([1, 1, 1, 2, 3])
    sizes = "".join(f"    {k}[{n}]: {k.upper()}\n" for k, n in at.items() if n)
    return (
        "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }\n"
        "protocol Q { plane = scale_out; rate = 40 Gb/s; shared = true }\n"
        "protocol U { plane = scale_out; rate = 60 Gb/s; shared = true }\n"
        "chip G { role = accelerator; port p: P }\nchip C { role = processor; port p: Q }\n"
        f"switch L {{ port p: P; port u: U }}\nsystem S {{\n{sizes}    leaf[{leaves}]: L\n    spine[{spines}]: L\n    "
        + "\n    ".join(lines)
        + "\n}\n"
    )


def ends_of(net: f.Fabric) -> list[int]:
    return [int(n) for n in np.flatnonzero(f.roles(net).ends)]


@pytest.mark.parametrize("seed", range(60))
def test_halves_and_throughput_are_those_of_every_flow_on_its_own(seed: int) -> None:
    found = cmxdsl.loads(random_design(seed))
    if not found.ok or found.top is None or not found.component.instances.keys() & {"g", "c"}:
        return
    for among in ("", "S"):
        net = asked(found.subject, "scale_out", among)
        ends = ends_of(net)
        if len(ends) < 2:
            continue
        known = network(found.subject, "scale_out", among)
        assert known.bisection is not None
        exact = halves(net, ends)
        assert known.bisection.low <= exact * (1 + 1e-9) and exact <= known.bisection.high * (1 + 1e-9)
        assert known.bisection.exact  # all of these fold to a tree or have few switches
        share = traffic(found.subject, "scale_out", among).share
        if share is not None:
            assert share == pytest.approx(gravity(net, ends), rel=1e-5)
            assert known.throughput is not None and known.throughput <= share * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_oversubscription_is_the_worst_of_switches_counted_one_by_one(seed: int) -> None:
    found = cmxdsl.loads(random_design(seed))
    if not found.ok or found.top is None or not found.component.instances.keys() & {"g", "c"}:
        return
    for among in ("", "S"):
        net = asked(found.subject, "scale_out", among)
        graph = nx.MultiGraph(list(zip(net.a.tolist(), net.b.tolist(), net.rate.tolist(), strict=True)))
        ends, worst, stuck = set(ends_of(net)), 0.0, False
        start = next(g.start for g in net.groups if g.label == "leaf")
        for leaf in range(start, start + next(g.count for g in net.groups if g.label == "leaf")):
            below = [k for n in graph[leaf] if n in ends for _, k in [(n, graph[leaf][n])]] if leaf in graph else []
            down = sum(
                float(r) for a, b, r in zip(net.a, net.b, net.rate, strict=True) if leaf in (a, b) and {a, b} & ends
            )
            up = sum(
                float(r)
                for a, b, r in zip(net.a, net.b, net.rate, strict=True)
                if leaf in (a, b) and net.group_of(int(a + b - leaf)).label == "spine"
            )
            if below and up:
                worst = max(worst, down / up)
            stuck |= bool(below) and not up
        assert not stuck
        assert (network(found.subject, "scale_out", among).oversubscription or 0.0) >= worst * (1 - 1e-9)
        tops = [t.most for t in network(found.subject, "scale_out", among).tiers if t.devices.label == "leaf"]
        assert max((m for m in tops if m), default=0.0) == pytest.approx(worst)


# --- what is known ----------------------------------------------------------------------------------------


def test_accelerators_of_cloudmatrix_do_not_block_each_other() -> None:
    """Huawei publishes its NPUs as non-blocking. With the CPUs, the least halves are 12 whole nodes (301.056 Tb/s up) and
    the CPUs of the 36 others (144 of 1.28 Tb/s): 485.376 Tb/s."""
    top = cmxdsl.load(MATRIX).component
    npus, every = network(Subject(top), "scale_up"), network(Subject(top), "scale_up", "CloudMatrix384")
    assert (npus.among, npus.others) == (("compute.node.npu",), ("compute.node.cpu",))
    assert npus.throughput == pytest.approx(1) and npus.oversubscription == 1
    assert npus.taper is not None and npus.taper.ratio == 1
    assert npus.bisection is not None and npus.bisection.exact and npus.bisection.high == 192 * 3.136e12
    assert every.bisection is not None and every.bisection.exact and every.bisection.high == 485.376e12
    up, node, whole = 25.088e12, 30.208e12, 48 * 30.208e12
    alike = (384 * 3.136e12**2 + 192 * 1.28e12**2) / whole**2  # what would be sent to oneself
    assert every.throughput == pytest.approx(up / (node * 47 / 48) * (1 - alike))
    assert every.oversubscription == pytest.approx(node / up)
    assert network(Subject(top), "scale_up", "compute.node.cpu").endpoints == 192
    assert network(Subject(top), "scale_up", "chip").endpoints == 576


def test_a_choice_without_endpoints_is_refused() -> None:
    with pytest.raises(NoEndpoint, match=r"its endpoints are compute\.node\.npu, compute\.node\.cpu"):
        asked(cmxdsl.load(MATRIX).subject, "scale_up", "Qingtian")
    result = cmx("fabric", str(MATRIX), "--plane", "scale_up", "--among", "comm")
    assert result.returncode == 2 and b"no endpoint of the plane `scale_up` is in `comm`" in result.stderr


UNLIKE = """
protocol P { plane = scale_out; rate = 100 Gb/s }
chip Gpu { role = accelerator; port p: P }
chip Cpu { role = processor; port p: P }
switch Leaf { port p[8]: P; port u[4]: P }
switch Spine { port p[8]: P }
system S {
    gpu[2, 4]: Gpu
    cpu[2, 4]: Cpu
    leaf[2]:   Leaf
    spine:     Spine
    link gpu[l, i].p -- leaf[l].p[i] for i in 0..3
    link cpu[l, i].p -- leaf[l].p[4 + i] for i in 0..3
    link leaf[l].u[k] -- spine.p[4*l + k]
    WORDS
}
"""


def test_among_in_requirements() -> None:
    text = UNLIKE.replace(
        "WORDS",
        "\n".join(
            (
                "require oversubscription(scale_out) == 1",
                "require oversubscription(scale_out, among = S) == 2",
                "require taper(scale_out, among = S) == 2",
                "require bisection(scale_out, among = cpu) == 400 Gb/s",
                "require throughput(scale_out, among = Gpu) == 1",
                "require edge_disjoint(scale_out, among = chip) == 1",
                "require diameter(scale_out, among = cpu) == 4",
            )
        ),
    )
    found = cmxdsl.loads(text)
    assert not [d for d in found.diagnostics if d.code.startswith("CMX09")], found.explain()
    data = json.loads(json.dumps(to_ir(found.component)))
    assert json.loads(json.dumps(to_ir(from_ir(data)))) == data and '"among": "cpu"' in json.dumps(data)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("require bisection(scale_out, among = spine) > 0 Gb/s", "its endpoints are gpu, cpu"),
        ("require bisection(scale_out, among = 3) > 0 Gb/s", "`among` takes a path of instances, a part or a kind"),
        ("require links(scale_out, among = gpu) > 0", "`links` has no parameter `among`"),
    ],
)
def test_among_that_cannot_be_answered(words: str, says: str) -> None:
    assert says in cmxdsl.loads(UNLIKE.replace("WORDS", words)).explain()


UNEVEN = """
protocol P { plane = scale_out; rate = 100 Gb/s }
chip Host { port p: P }
switch Leaf { port d[12]: P; port u[4]: P }
switch Spine { port d[8]: P }
system S {
    host[16]: Host
    leaf[2]: Leaf
    spine: Spine
    link host[h].p -- leaf[h div 12].d[h mod 12]
    link leaf[l].u[k] -- spine.d[4*l + k] UP
}
"""


def test_the_worst_leaf_is_found_and_named() -> None:
    known = network(Subject(design(UNEVEN.replace("UP", ""))), "scale_out")
    leaf = next(t for t in known.tiers if t.devices.label == "leaf")
    assert (leaf.least, leaf.most, leaf.worst) == (1, 3, "leaf[0]") and known.oversubscription == 3
    assert known.taper is not None and (known.taper.ratio, known.taper.above) == (2, 1)
    assert known.bisection is not None and known.bisection.high == 800e9  # all twelve less four, and the four


def test_a_leaf_without_links_upward_leaves_the_answer_open() -> None:
    text = UNEVEN.replace("UP", "for l in 0..0, k in 0..3")
    found = cmxdsl.loads(text.replace("spine: Spine", "spine: Spine\n    require oversubscription(scale_out) <= 9"))
    assert "links upward of `leaf[1]`" in found.explain()


def test_an_array_with_leaves_and_spines_is_two_tiers() -> None:
    text = UNEVEN.replace("UP", "").replace("switch Spine { port d[8]: P }\n", "").replace("    spine: Spine\n", "")
    known = network(
        Subject(
            design(
                text.replace("leaf[2]", "leaf[3]")
                .replace("spine.d", "leaf[2].d")
                .replace(
                    "leaf[l].u[k] -- leaf[2].d[4*l + k]", "leaf[l].u[k] -- leaf[2].d[4*l + k] for l in 0..1, k in 0..3"
                )
            )
        ),
        "scale_out",
    )
    assert [(t.tier, t.count, t.most) for t in known.tiers] == [(0, 16, None), (1, 2, 3), (2, 1, None)]


@pytest.mark.parametrize(
    ("topology", "links"),
    [
        ("FatTree2(8, up = 3)", 4 * 3),  # half of eight leaves, three up each
        ("FatTree2(6, up = 2)", 3 * 2),
        ("Torus2(3, 3)", None),
        ("Torus1(5)", 2),
        ("Torus2(5, 3)", None),
        ("FullMesh(7)", 12),  # 3 x 4
        ("HyperX2(3, 3)", None),
        ("HyperX2(5, 3)", None),
        ("Torus4(2, 2, 2, 2)", 16),  # a hypercube with each link twice
        ("Dragonfly(1, 2, 1)", None),
    ],
)
def test_halves_of_known_networks(topology: str, links: int | None) -> None:
    top = named(topology)
    net = asked(Subject(top), "scale_out")
    ends, known = ends_of(net), network(Subject(top), "scale_out").bisection
    assert known is not None and known.exact, topology
    if links is None:
        graph = graph_of(net, ends)
        free = [n for n in graph if n not in ends]
        links = (
            min(
                sum(d["capacity"] for _, _, d in nx.edge_boundary(graph, {*half, *free[:k]}, data=True))
                for half in combinations(ends, len(ends) // 2)
                for k in (range(1) if not free else ())
            )
            // int(net.rate[0])
            if not free
            else halves(net, ends) // int(net.rate[0])
        )
    assert known.high == links * float(net.rate[0])


def test_a_bound_decides_what_it_can() -> None:
    """A dragonfly of 72 endpoints is neither a tree nor small: its bisection is bounded."""
    low = named("Dragonfly(2, 4, 2)", "require bisection(scale_out) >= 1 Tb/s; require bisection(scale_out) < 100 Tb/s")
    halves_ = network(Subject(low), "scale_out").bisection
    assert halves_ is not None and not halves_.exact and 1e12 < halves_.low < halves_.high < 100e12
    text = "use std.topologies\nsystem S : Dragonfly(2, 4, 2) { require bisection(scale_out) >= 8 Tb/s }\n"
    assert "an exact bisection: it is from" in cmxdsl.loads(text).explain()


def test_parts_that_are_not_joined_are_halved_where_it_costs_least() -> None:
    """Three islands of four: one and a half islands, so two of four hosts leave their switch."""
    text = (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip H { port p: P }\nswitch L { port p[4]: P }\n"
        "system S { h[3, 4]: H; l[3]: L\n    link h[i, k].p -- l[i].p[k] }\n"
    )
    known = network(Subject(design(text)), "scale_out").bisection
    assert known is not None and known.exact and known.high == 200e9


# --- rails ------------------------------------------------------------------------------------------------

HEAD = """
protocol P { plane = scale_out; rate = 200 Gb/s }
chip Nic(ports: count) { port p[ports]: P }
switch Box { port p[64]: P }
board Node(ports: count) { nic[8]: Nic(ports); port out[n, k] = nic[n].p[k] }
"""
OPTIMISED = (
    HEAD
    + """system S {
    node[16]: Node(1)
    leaf[8]: Box
    spine[4]: Box
    link node[h].out[g, 0] -- leaf[g].p[h] for h in 0..15, g in 0..7
    link leaf[g].p[16 + 4*s + k] -- spine[s].p[4*g + k] for s in 0..3, k in 0..3, g in 0..7
}
"""
)
# Adapters of two ports, one to each of a pair of switches; the pair's two are on planes of their own (Alibaba HPN 7.0).
DUAL = (
    HEAD
    + """system S {
    node[16]: Node(2)
    leaf[8, 2]: Box
    spine[2, 4]: Box
    link node[h].out[g, k] -- leaf[g, k].p[h] for h in 0..15, g in 0..7, k in 0..1
    link leaf[g, k].p[16 + 4*s + t] -- spine[k, s].p[4*g + t] for s in 0..3, t in 0..3, g in 0..7, k in 0..1
}
"""
)
TOR = (
    HEAD
    + """system S {
    node[16]: Node(1)
    tor[4]: Box
    spine[4]: Box
    link node[h].out[g, 0] -- tor[h div 4].p[8 * (h mod 4) + g] for h in 0..15, g in 0..7
    link tor[r].p[32 + 8*s + k] -- spine[s].p[8*r + k] for s in 0..3, k in 0..7, r in 0..3
}
"""
)


@pytest.mark.parametrize(
    ("text", "count", "planes", "networks", "served"),
    [
        (OPTIMISED, 8, 1, 1, {(g, 0): f"leaf[{g}]" for g in range(8)}),
        (DUAL, 8, 2, 2, {(g, k): f"leaf[{g}, {k}]" for g in range(8) for k in range(2)}),
        # The same with spines that join both: no planes, but two switches for each rail.
        (DUAL.replace("spine[k, s]", "spine[0, s]").replace(".p[4*g + t]", ".p[4*(2*g + k) + t]"), 8, 1, 1, None),
        (TOR, 1, 1, 1, {(0, 0): "tor[0..3]"}),
    ],
    ids=["rail-optimised", "dual plane", "dual ToR", "ToR"],
)
def test_rails_and_planes(text: str, count: int, planes: int, networks: int, served: Any) -> None:
    found = rails(Subject(design(text)), "scale_out")
    assert found is not None and (found.count, found.planes, found.networks) == (count, planes, networks)
    if served is not None:
        assert {(r.rail, r.plane): r.label for r in found.served} == served
    assert bool(found.mixed) == (text == TOR)


@pytest.mark.parametrize(
    ("file", "plane", "count", "planes", "networks"),
    [
        ("cloudmatrix384", "scale_up", 1, 7, 7),  # seven sub-planes, a port of every NPU on each
        ("gb200_nvl72", "scale_up", 1, 18, 18),
        ("dgx_h100", "scale_out", 8, 1, 1),
        ("mi300x_cluster", "scale_out", 8, 1, 1),
        ("meta_24k", "scale_out", 1, 1, 1),
        ("campus_100k", "scale_out", 8, 1, 3),  # three islands that are not joined are no planes
    ],
)
def test_rails_of_published_machines(file: str, plane: str, count: int, planes: int, networks: int) -> None:
    top = {"dgx_h100": "DgxSuperPOD"}.get(file)
    found = rails(cmxdsl.load(ROOT / "designs" / f"{file}.cmx", top=top).subject, plane)
    assert found is not None and (found.count, found.planes, found.networks) == (count, planes, networks)


def test_rails_of_topologies() -> None:
    kept, mixed = (
        rails(Subject(named("Rails(8, 4, 2)")), "scale_out"),
        rails(Subject(named("FatTree2(16)")), "scale_out"),
    )
    assert kept is not None and (kept.count, kept.planes) == (4, 1)
    assert kept.served[1].label == "leaf[0..1, 1]"
    assert mixed is not None and (mixed.count, mixed.planes) == (1, 1)
    assert rails(Subject(named("Torus2(4, 4)")), "scale_out") is None


def test_what_the_command_says() -> None:
    output = cmx("fabric", str(MATRIX), "--plane", "scale_up").stdout.decode()
    for words in (
        "compute.node.npu; not compute.node.cpu",
        "602.1 Tb/s",
        "485.4 Tb/s",
        "84.7% of injection",
        "compute[0..11].node[0..3].l1[6]",
        "1.2 : 1, compute[0].node[0].l1[0]",
    ):
        assert words in output
    data = json.loads(cmx("fabric", str(MATRIX), "--plane", "scale_up", "--format", "json").stdout)["planes"][0]
    assert data["all_endpoints"]["bisection_bps"]["exact"] and len(data["rails"]["served"]) == 7
    assert data["taper"] == {"ratio": 1.0, "above_tier": 1}
