"""What failures leave of throughput and bisection: against a linear program and every halving of the plane that is
left, each written anew here and folding nothing, and against closed forms."""

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
from cmxdsl.analysis.network import left as module
from cmxdsl.analysis.network.faults import faults
from cmxdsl.analysis.network.graph import Fabric, fabric
from cmxdsl.analysis.network.left import Remains, remains
from cmxdsl.model import Component, Subject

from .test_fabric import design, named, torus

PARTS = (
    "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }\nprotocol Q { plane = scale_out; rate = 250 Gb/s;"
    " shared = true }\nchip H { port p: P; port q: Q }\nswitch S { port p: P; port q: Q }\n"
)


def text_of(seed: int) -> str:
    """A random plane that is joined and has no symmetry: hosts on switches, or hosts alone."""
    draw = random.Random(seed)
    hosts, switches = draw.randint(3, 5), draw.choice([0, 2, 3])
    middle = [f"s[{k}]" for k in range(switches)] or [f"h[{k}]" for k in range(hosts)]
    pairs = [(middle[k], draw.choice(middle[:k])) for k in range(1, len(middle))]
    pairs += [(a, b) for a, b in combinations(middle, 2) if draw.random() < 0.4]
    for k in range(hosts if switches else 0):
        pairs += [(f"h[{k}]", s) for s in draw.sample(middle, draw.randint(1, 2))]
    links = []
    for a, b in pairs:
        port = draw.choice("ppq")
        links.append(f"    link {a}.{port} -- {b}.{port}")
    rows = [f"    h[{hosts}]: H", *([f"    s[{switches}]: S"] if switches else []), *links]
    return PARTS + "system Y {\n" + "\n".join(rows) + "\n}\n"


def graph_of(net: Fabric, devices: set[int], links: set[int]) -> nx.Graph[int]:
    """The links that are left, those between two devices together."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(n for n in range(net.size) if n not in devices)
    for k in range(net.links):
        a, b = int(net.a[k]), int(net.b[k])
        if k not in links and not {a, b} & devices:
            before = graph.edges[a, b]["capacity"] if graph.has_edge(a, b) else 0.0
            graph.add_edge(a, b, capacity=before + float(net.rate[k]) / 1e9)
    return graph


def by_hand(net: Fabric, devices: set[int], links: set[int]) -> tuple[float, float]:
    """All-to-all traffic together, in Gb/s, and the bisection."""
    switch = [g.switch for g in net.groups for _ in range(g.count)]
    whole, graph = graph_of(net, set(), set()), graph_of(net, devices, links)
    ends = [n for n in graph if not switch[n] and sum(not switch[m] for m in nx.node_connected_component(graph, n)) > 1]
    if len(ends) < 2:
        return 0.0, 0.0
    least = min(_cut(graph, some, set(ends) - set(some)) for some in combinations(ends, len(ends) // 2))
    weight = {n: whole.degree(n, weight="capacity") for n in ends}
    return _program(graph, weight, switch), least


def _cut(graph: nx.Graph[int], some: tuple[int, ...], rest: set[int]) -> float:
    wide: nx.Graph[Any] = nx.Graph(graph)
    wide.add_edges_from([("one", n) for n in some] + [("other", n) for n in rest])  # without a limit
    return float(nx.minimum_cut_value(wide, "one", "other"))


def _program(graph: nx.Graph[int], weight: dict[int, float], switch: list[bool]) -> float:
    """One commodity a source, over arcs that do not pass through endpoints where there are switches."""
    arcs = [(a, b) for u, v in graph.edges for a, b in ((u, v), (v, u))]
    at = {n: k for k, n in enumerate(graph)}
    sources = list(weight)
    width = len(arcs)
    equal = np.zeros((len(sources) * len(at), 1 + len(sources) * width))
    allowed = [(0.0, None)]
    total = sum(a * b for a, b in combinations(weight.values(), 2)) * 2
    for i, source in enumerate(sources):
        for j, (a, b) in enumerate(arcs):
            equal[i * len(at) + at[a], 1 + i * width + j] -= 1
            equal[i * len(at) + at[b], 1 + i * width + j] += 1
            stuck = any(switch) and not switch[a] and a != source
            allowed.append((0.0, 0.0) if stuck else (0.0, None))
        for n in sources:
            share = weight[source] * weight[n] / total
            equal[i * len(at) + at[n], 0] -= share if n != source else 0.0
            equal[i * len(at) + at[source], 0] += share if n != source else 0.0
    caps = np.hstack([np.zeros((width, 1)), np.tile(np.eye(width), (1, len(sources)))])
    limit = np.array([graph.edges[arc]["capacity"] for arc in arcs])
    goal = np.zeros(equal.shape[1])
    goal[0] = -1
    found = linprog(goal, A_ub=caps, b_ub=limit, A_eq=equal, b_eq=np.zeros(len(equal)), bounds=allowed)
    assert found.status == 0
    return float(found.x[0])


def against_all(top: Component) -> None:
    net = fabric(Subject(top), "scale_out")
    before = by_hand(net, set(), set())
    wanted: dict[tuple[str, str], tuple[float, float]] = {}
    for array in faults(Subject(top), net):
        for number in range(array.count):
            devices, links = array.lost(number)
            after = by_hand(net, set(devices.tolist()), set(links.tolist()))
            was = wanted.get((array.kind, array.label), (9.0, 9.0))
            wanted[array.kind, array.label] = min(was[0], after[0] / before[0]), min(was[1], after[1] / before[1])
    got = remains(Subject(top), "scale_out")
    assert set(got) == set(wanted)
    for key, found in got.items():
        assert (found.throughput.share, found.bisection.share) == pytest.approx(wanted[key], abs=1e-5), key


@pytest.mark.parametrize("seed", range(24))
def test_random_planes_against_all_of_their_failures(seed: int) -> None:
    against_all(design(text_of(seed)))


def clos(leaves: int, spines: int, each: int, hosts: int = 0) -> str:
    hosts = hosts or spines * each
    return (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip H { port p: P }\n"
        f"switch L {{ port d[{hosts}]: P; port u[{spines}, {each}]: P }}\nswitch S {{ port d[{leaves}, {each}]: P }}\n"
        f"system Y {{ h[{leaves}, {hosts}]: H; leaf[{leaves}]: L; spine[{spines}]: S\n    link h[l, k].p -- leaf[l].d[k]\n"
        "    link leaf[l].u[s, k] -- spine[s].d[l, k]\n"
    )


def of(top: Component, together: int = 1) -> dict[tuple[str, str], Remains]:
    return remains(Subject(top), "scale_out", together)


def test_small_symmetric_planes_against_all_of_their_failures() -> None:
    against_all(design(clos(2, 2, 1, 3) + "}\n"))
    against_all(design(torus(5, 1)))


@pytest.mark.parametrize(("leaves", "spines", "each"), [(4, 4, 1), (4, 2, 2), (16, 8, 2)])
def test_a_clos_without_one_of_its_spines(leaves: int, spines: int, each: int) -> None:
    """As much crosses as spines are left. What stays on a leaf does not cross, so all-to-all traffic has some to spare;
    halves have none. A leaf takes its own hosts with it, and no more."""
    found = of(design(clos(leaves, spines, each) + "}\n"))
    spine, leaf = found["switch", "spine"], found["switch", "leaf"]
    hosts, many = leaves * spines * each, spines * each
    crossing = (hosts - many) / (hosts - 1)
    assert spine.throughput.share == pytest.approx((spines - 1) / spines / crossing)
    assert spine.bisection.share == pytest.approx((spines - 1) / spines)
    assert leaf.throughput.share == pytest.approx((leaves - 1) / leaves)
    cable = found["cable", "leaf to spine"]
    assert cable.throughput.share == pytest.approx((many - 1) / many / crossing)  # its leaf holds all back


def test_spare_spines_lose_nothing_and_two_lose_more() -> None:
    found = of(design(clos(4, 4, 1, 3) + "}\n"))["switch", "spine"]
    assert found.throughput.share == pytest.approx(1)
    two = of(design(clos(4, 4, 1) + "}\n"), 2)["switch and switch", "spine and spine"]
    assert two.throughput.share == pytest.approx(1 / 2 / (12 / 15)) and two.bisection.share == pytest.approx(1 / 2)


def test_an_only_spine_leaves_nothing() -> None:
    found = of(design(clos(2, 1, 4) + "}\n"))["switch", "spine"]
    assert (found.throughput.share, found.bisection.share) == (0, 0)


def test_a_fat_tree_of_four_ports() -> None:
    """Twelve of the 15 others are in other pods, and 14 on other switches: without one of four cores three quarters of
    the way out of a pod are left, and without one of two aggregation switches half of that out of an edge switch."""
    found = of(named("FatTree3(4)"))
    left = {label: f.throughput.share for (kind, label), f in found.items() if kind == "switch"}
    assert left["core"] == pytest.approx(3 / 4 / (12 / 15)) and left["edge"] == pytest.approx(14 / 16)
    assert left["aggregation"] == pytest.approx(1 / 2 / (14 / 15))
    assert found["switch", "edge"].bisection.share == pytest.approx(14 / 16)


def test_what_is_not_decided_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from cmxdsl.outputs.tables.fabric import write as write_fabric

    text = text_of(1)[:-2] + "    require throughput_left(scale_out, cable) >= 0\n}\n"
    monkeypatch.setattr(module, "STEPS", 0)
    loaded = cmxdsl.loads(text)
    assert "CMX0004" in [d.code for d in loaded.diagnostics] and "were tried" in loaded.explain()
    assert "not decided" in write_fabric(loaded.subject, "table", failures=1)
    found = json.loads(write_fabric(loaded.subject, "json", failures=1))
    (first, *_) = found["planes"][0]["failures"]
    assert first["throughput_left"]["share"] is None and "tried" in first["throughput_left"]["undecided"]


def test_what_is_left_in_requirements() -> None:
    text = clos(4, 4, 1) + (
        "    require throughput_left(scale_out, switch) == 75%\n    require bisection_left(scale_out, switch) == 75%\n"
        "    require throughput_left(scale_out, switch, among = h) >= 80%\n}\n"
    )
    found = [d.code for d in cmxdsl.loads(text).diagnostics]
    assert len(found) == 1, cmxdsl.loads(text).explain()


def test_a_cut_loses_no_more_than_what_is_gone(flagship: cmxdsl.Design) -> None:
    """The flagship's halves are cut 75.264 TB/s apart, L1 upward as wide as its NPUs downward. A cable of two links of
    28 GB/s less is that much; an L2 switch stands between halves of its 48 links."""
    left = {label: found.bisection for (_, label), found in remains(flagship.subject, "scale_up").items()}
    whole = 384 * 392 / 2
    assert left["compute.node.l1 to comm.tray.l2"].share == pytest.approx(1 - 2 * 28 / whole)
    assert left["comm.tray.l2"].share == pytest.approx(1 - 24 * 28 / whole)
    assert left["compute.node.npu to compute.node.l1"].share == pytest.approx(1 - 56 / whole)
    assert left["compute.node.l1"].share == pytest.approx(1 - 8 * 56 / whole)
