"""Failures: every one of each kind against a count by hand on another library's graph, on designs with no symmetry."""

from __future__ import annotations

import json
import random
from itertools import combinations
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.network.failures import Failure, failures
from cmxdsl.analysis.network.faults import Cables, faults
from cmxdsl.analysis.network.graph import Fabric, fabric
from cmxdsl.analysis.network.reach import Reach
from cmxdsl.model import Component, Subject

from .test_cli import cmx
from .test_fabric import design, designs, named, torus
from .test_fabric import text_of as symmetric_text

PARTS = (
    "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }\nprotocol Q { plane = scale_out; rate = 250 Gb/s;"
    " shared = true }\ncable C { length = 1 m; rate = 500 Gb/s }\nchip H { port p: P; port q: Q }\nswitch S { port p: P; port q: Q }\n"
)


def text_of(seed: int) -> str:
    """A random design: single links between devices, some in racks, some over cables that several links share."""
    draw = random.Random(seed)
    hosts, switches, racks = draw.randint(1, 7), draw.randint(0, 6), draw.randint(0, 2)
    names = [f"h{k}" for k in range(hosts)] + [f"s{k}" for k in range(switches)]
    lines = [f"    h{k}: H" for k in range(hosts)] + [f"    s{k}: S" for k in range(switches)]
    text = PARTS
    if racks:
        text += "rack R { height = 42 U; h[2]: H" + ("; s: S" if switches else "") + " }\n"
        lines.append(f"    r[{racks}]: R")
        names += [f"r[{r}].h[{k}]" for r in range(racks) for k in range(2)]
        names += [f"r[{r}].s" for r in range(racks)] if switches else []
    for a, b in combinations(names, 2):
        direct = ("h" in a.split(".")[-1]) and ("h" in b.split(".")[-1])
        if draw.random() < (0.4 if not switches else 0.08 if direct else 0.3):
            port = draw.choice("pq")
            many = draw.choice([1, 1, 1, 2])
            lines.append("\n".join(f"    link {a}.{port} -- {b}.{port}" for _ in range(many)))
    if switches > 2:
        lines.append(
            "    t[5]: S\n    u[2]: S\n    link t[i].p -- u[i div 3].p over C bundle 2\n    link s0.p -- t[1].p"
            "\n    link u[k].p -- s1.p for k in 0..1"
        )
    return text + "system Y {\n" + "\n".join(lines) + "\n}\n"


def reached(net: Fabric, dead: set[int], gone: set[int]) -> dict[int, set[int]]:
    """Whom each endpoint that is left reaches: a search from each, which goes on from switches only, if there are any."""
    switch = [g.switch for g in net.groups for _ in range(g.count)]
    ends = [n for n in range(net.size) if not switch[n] or all(switch)]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(n for n in range(net.size) if n not in dead)
    for k, (a, b) in enumerate(zip(net.a.tolist(), net.b.tolist(), strict=True)):
        if k not in gone and not {a, b} & dead:
            graph.add_edge(a, b)
    found = {}
    for end in ends:
        keep = [n for n in graph if switch[n] or not any(switch) or n == end]
        inner = graph.subgraph(keep)
        mine = nx.node_connected_component(inner, end) if end in inner else set()
        near = {m for n in mine for m in graph[n]} | mine
        found[end] = {m for m in near if m in ends and m != end}
    return found


def by_hand(net: Fabric, dead: set[int], gone: set[int]) -> tuple[Any, ...]:
    before, after = reached(net, set(), set()), reached(net, dead, gone)
    pairs = [sum(len(v) for v in found.values()) // 2 for found in (before, after)]
    alone = [{n for n, v in found.items() if not v} for found in (before, after)]
    groups: nx.Graph[int] = nx.Graph()
    groups.add_edges_from((n, m) for n, v in after.items() for m in v)
    lost = {
        k for k, (a, b) in enumerate(zip(net.a.tolist(), net.b.tolist(), strict=True)) if k in gone or {a, b} & dead
    }
    kept = 1.0
    for n in after:
        own = [k for k in range(net.links) for side in (net.a, net.b) if side[k] == n]
        if own and n not in dead and n not in alone[1]:
            kept = min(kept, sum(net.rate[k] for k in own if k not in lost) / sum(net.rate[k] for k in own))
    share = sum(net.rate[k] for k in lost) / sum(net.rate)
    return (
        len(alone[1]) - len(alone[0]),
        pairs[0] - pairs[1],
        nx.number_connected_components(groups),
        pytest.approx(kept),
        pytest.approx(share),
    )


def figures(found: Any) -> tuple[Any, ...]:
    return found.isolated, found.pairs, found.islands, found.kept, found.share


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**9))
def test_every_failure_of_a_random_design_is_what_a_search_finds(seed: int) -> None:
    top = design(text_of(seed))
    net = fabric(Subject(top), "scale_out")
    if not net.links:
        return
    reach = Reach(net)
    for array in faults(Subject(top), net):
        for number in range(array.count):
            devices, links = array.lost(number)
            assert figures(reach.outcome(devices, links)) == by_hand(net, set(devices.tolist()), set(links.tolist()))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([1, 2]))
def test_the_worst_is_the_worst_of_all(seed: int, together: int) -> None:
    worst_of_all(design(text_of(seed)), together)


@settings(max_examples=40, deadline=None)
@given(designs)
def test_one_of_each_class_is_as_bad_as_all(drawn: tuple[int, int, int, set[int], bool]) -> None:
    loaded = cmxdsl.loads(symmetric_text(*drawn))
    if loaded.ok:
        worst_of_all(loaded.component, 1)


@pytest.mark.parametrize("name", ["FatTree3(4)", "Dragonfly(2, 4, 2)", "Torus2(3, 3)", "Rails(4, 2, 2)"])
def test_topologies_fold_to_the_same_failures(name: str) -> None:
    worst_of_all(named(name), 1)


def worst_of_all(top: Component, together: int) -> None:
    """Against every element, tried one by one."""
    net = fabric(Subject(top), "scale_out")
    if not net.links:
        return
    arrays = list(faults(Subject(top), net))
    wanted: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    count: dict[tuple[str, str], int] = {}
    reach = Reach(net)
    every = [(array, number) for array in arrays for number in range(array.count)]
    rank: dict[tuple[str, str], int] = {}
    for array in arrays:
        rank.setdefault((array.kind, array.label), len(rank))
    for pair in combinations(every, together):
        chosen = sorted(pair, key=lambda one: rank[one[0].kind, one[0].label])  # of two kinds the first comes first
        key = " and ".join(a.kind for a, _ in chosen), " and ".join(a.label for a, _ in chosen)
        lost = [array.lost(number) for array, number in chosen]
        devices = [n for one, _ in lost for n in one.tolist()]
        links = [n for _, one in lost for n in one.tolist()]
        found = figures(reach.outcome(devices, links))
        worst = wanted.setdefault(key, [found[0], found[1], found[2], found[3], found[4]])
        for k, (value, take) in enumerate(zip(found, (max, max, max, min, max), strict=True)):
            worst[k] = take(worst[k], value)
        count[key] = count.get(key, 0) + 1
    got = {(f.kind, f.label): f for f in failures(Subject(top), "scale_out", together)}
    assert set(got) == set(wanted)
    for key, failure in got.items():
        assert figures(failure) == pytest.approx(tuple(wanted[key])), key
        assert failure.tried == failure.count == count[key]


def by_label(top: Component, together: int = 1) -> dict[tuple[str, str], Failure]:
    return {(f.kind, f.label): f for f in failures(Subject(top), "scale_out", together)}


def test_an_only_spine_parts_the_leaves() -> None:
    text = (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip Host { port p: P }\n"
        "switch Leaf { port d[4]: P; port u[4]: P }\nswitch Spine { port d[8]: P }\n"
        "system S { host[8]: Host; leaf[2]: Leaf; spine: Spine\n    link host[h].p -- leaf[h div 4].d[h mod 4]\n"
        "    link leaf[l].u[k] -- spine.d[4*l + k] }\n"
    )
    found = by_label(design(text))
    spine, leaf = found["switch", "spine"], found["switch", "leaf"]
    assert (spine.isolated, spine.pairs, spine.islands, spine.kept) == (0, 16, 2, 1.0)
    assert (leaf.isolated, leaf.pairs, leaf.islands) == (4, 22, 1)
    assert found["trunk", "leaf to spine"].pairs == 16 and found["cable", "leaf to spine"].pairs == 0
    assert by_label(design(text), 2)["switch and switch", "leaf and leaf"].isolated == 8


def test_every_element_is_tried() -> None:
    """The last leaf of a hundred has most hosts, and of four racks the second and fourth hold the leaves in use."""
    text = (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip Host { port p: P }\n"
        "switch Leaf { port d[16]: P; port e[16]: P; port u: P }\nswitch Spine { port d[100]: P }\n"
        "system S { host[200]: Host; big[16]: Host; leaf[100]: Leaf; spine: Spine\n"
        "    link host[h].p -- leaf[h mod 100].d[h div 100]\n    link big[b].p -- leaf[99].e[b]\n"
        "    link leaf[l].u -- spine.d[l] }\n"
    )
    leaf = by_label(design(text))["switch", "leaf"]
    assert (leaf.isolated, leaf.where, leaf.tried, leaf.count) == (18, "leaf[99]", 100, 100)
    text = (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip Host { port p: P }\n"
        "switch Leaf { port d[8]: P; port u[4]: P }\nswitch Spine { port d[16]: P }\n"
        "rack R { height = 42 U; host[4]: Host; leaf: Leaf }\nsystem S { r[4]: R; spine: Spine\n"
        "    link r[a].host[h].p -- r[2*(a div 2) + 1].leaf.d[4*(a mod 2) + h]\n"
        "    link r[a].leaf.u[k] -- spine.d[4*a + k] }\n"
    )
    rack = by_label(design(text))["rack", "r"]
    assert (rack.isolated, rack.where) == (8, "r[1]")
    assert rack.pairs == 16 * 15 // 2 - 8 * 7 // 2


@pytest.mark.parametrize(
    ("name", "isolated", "islands"), [("FatTree3(8)", 4, 1), ("Dragonfly(2, 4, 2)", 2, 1), ("Dragonfly(1, 2, 1)", 1, 1)]
)
def test_closed_forms(name: str, isolated: int, islands: int) -> None:
    """A fat-tree's or dragonfly's switch takes its own hosts with it and parts no others."""
    found = [f for f in by_label(named(name)).values() if f.kind == "switch"]
    assert max(f.isolated for f in found) == isolated and max(f.islands for f in found) == islands
    assert all(f.decided for f in found)


def test_a_torus_loses_a_chip_and_no_way() -> None:
    chip = by_label(design(torus(4, 2)))
    (one,) = (f for f in chip.values() if f.kind == "endpoint")
    assert (one.isolated, one.pairs, one.islands, one.kept) == (1, 15, 1, 0.75)
    ring = by_label(design(torus(6, 1)), 2)
    assert max(f.islands for f in ring.values() if f.kind == "cable and cable") == 2


CPUS = """protocol P { plane = scale_up; rate = 100 Gb/s }
chip Gpu { role = accelerator; port p: P }
chip Cpu { port p: P }
switch Leaf { port p[12]: P }
switch Spine { port p[8]: P }
system Pod {
    gpu[2, 4]: Gpu
    cpu[2, 2]: Cpu
    leaf[2]:   Leaf
    spine:     Spine
    link gpu[l, i].p -- leaf[l].p[i] for i in 0..3
    link cpu[l, i].p -- leaf[l].p[4 + i] for i in 0..1
    link leaf[l].p[8 + k] -- spine.p[4*l + k] for k in 0..3
}
"""


@pytest.mark.parametrize("among, ends", [("", 8), ("gpu", 8), ("cpu", 4), ("Pod", 12), ("Cpu", 4)])
def test_failures_count_the_endpoints_that_are_asked_about(among: str, ends: int) -> None:
    """A leaf takes half of them, and all pairs but those of the other half; the spine parts two halves."""
    found = {(f.kind, f.label): f for f in failures(Subject(design(CPUS)), "scale_up", 1, among)}
    leaf, spine = found["switch", "leaf"], found["switch", "spine"]
    half, all_pairs = ends // 2, ends * (ends - 1) // 2
    assert (leaf.isolated, leaf.pairs, leaf.islands) == (half, all_pairs - half * (half - 1) // 2, 1)
    assert (spine.isolated, spine.pairs, spine.islands) == (0, half * half, 2)
    alone = {label: f.isolated for (kind, label), f in found.items() if kind == "cable"}
    assert alone["gpu to leaf"] == (among not in ("cpu", "Cpu")) and alone["cpu to leaf"] == (among not in ("", "gpu"))


def test_the_tables_name_the_endpoints(tmp_path: Path) -> None:
    file = tmp_path / "pod.cmx"
    file.write_text(CPUS)
    assert "single failures, for gpu: the worst of each" in cmx("fabric", str(file)).stdout.decode()
    assert "single failures, for cpu: the worst of each" in cmx("fabric", str(file), "--among", "cpu").stdout.decode()
    pairs = json.loads(cmx("fabric", str(file), "--pairs", "2", "--format", "json").stdout)["planes"][0]
    assert (pairs["among"], pairs["others"]) == (["gpu"], ["cpu"])
    assert [(p["a"], p["b"], p["count"]) for p in pairs["pairs"]] == [("gpu", "gpu", 12)]
    every = cmx("fabric", str(file), "--pairs", "2", "--among", "Pod", "--format", "json").stdout
    counts = [p["count"] for p in json.loads(every)["planes"][0]["pairs"]]
    assert sum(counts) == 30 and counts == sorted(counts, reverse=True)
    assert cmx("fabric", str(file), "--pairs", "2", "--among", "spine").returncode == 2


def test_cables_of_a_pattern_that_stands_twice_and_leaves_a_bundle_short() -> None:
    """Five links at a board over cables of two each: three cables at each board, the last of one link."""
    top = design(
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip H { port p[8]: P }\nswitch S { port d[8]: P }\n"
        "cable C { rate = 400 Gb/s; length = 1 m }\nboard B { h: H; s: S; link h.p[j] -- s.d[j] over C bundle 2 for j in 0..4 }\n"
        "system Y { b[2]: B }\n"
    )
    net = fabric(Subject(top), "scale_out")
    (cables,) = [a for a in faults(Subject(top), net) if a.kind == "cable"]
    assert isinstance(cables, Cables) and cables.count == 6
    assert [cables.lost(k)[1].tolist() for k in range(6)] == [[0, 1], [2, 3], [4], [5, 6], [7, 8], [9]]
    numbers = np.arange(6)
    assert cables.full(numbers).tolist() == [True, True, False, True, True, False]
    assert cables.grid(numbers).tolist() == [[0, 1], [2, 3], [4, 4], [5, 6], [7, 8], [9, 9]]
    representatives, many = cables.classes()
    assert dict(zip(representatives.tolist(), many.tolist(), strict=True)) == {0: 4, 2: 2}
    assert [cables.name(k) for k in (0, 5)] == ["b[0].h to b[0].s", "b[1].h to b[1].s"]


def test_trunks_are_told_apart_by_both_of_their_ends() -> None:
    """Rack a has two cables to b and to each c; b has one to each c, which is no trunk."""
    top = design(
        "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }\nswitch S { port d: P }\nchip H { port d: P }\n"
        "rack A { height = 42 U; s: S }\nrack B { height = 42 U; s: S }\nrack C { height = 42 U; h[2]: H }\n"
        "system Y {\n    a: A; b: B; c[3]: C\n    link a.s.d -- b.s.d for k in 0..1\n    link a.s.d -- c[i].h[j].d\n"
        "    link b.s.d -- c[i].h[0].d\n}\n"
    )
    net = fabric(Subject(top), "scale_out")
    trunks = {a.label: a for a in faults(Subject(top), net) if a.kind == "trunk"}
    assert {label: a.count for label, a in trunks.items()} == {"a to b": 1, "a to c": 3}
    assert [trunks["a to c"].name(k) for k in range(3)] == [f"a to c[{k}]" for k in range(3)]
    joined = [{net.name(n) for k in trunks["a to c"].lost(1)[1] for n in (int(net.a[k]), int(net.b[k]))}]
    assert joined == [{"a.s", "c[1].h[0]", "c[1].h[1]"}]


def test_rows_and_feeds_take_what_is_in_them() -> None:
    text = (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nprotocol AC { plane = power }\n"
        "chip H { port p[2]: P; port feed: AC; power { peak = 1 kW } }\nswitch L { port p[8]: P }\n"
        "module Pdu { role = power; port out[4]: AC { flow = feeds } }\n"
        "rack R { height = 42 U; h[2]: H; l: L; pdu: Pdu\n    link pdu.out[k] -- h[k].feed for k in 0..1 }\n"
        "system Y { floor { pitch = 0.6 m x 1.2 m; aisle = 1.2 m }\n    r[3]: R\n"
        "    place r[k] at row k div 2, col k mod 2\n    link r[k].h[i].p[j] -- r[(k + j) mod 3].l.p[2*j + i] for j in 0..1 }\n"
    )
    found = by_label(design(text))
    assert (found["row", "rows of racks"].isolated, found["row", "rows of racks"].where) == (4, "row 0")
    assert found["feed", "r.pdu"].isolated == 2 and found["rack", "r"].kept == 0.5


def test_what_was_not_tried_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from cmxdsl.analysis.network import failures as module
    from cmxdsl.outputs.tables.fabric import write as write_fabric

    text = (
        PARTS
        + "system Y { h[40]: H; s[4]: S\n    link h[i].p -- s[i div 16].p\n    link s[0].q -- s[i].q for i in 1..3\n"
        "    require isolated(scale_out, switch) <= 40 }\n"
    )
    monkeypatch.setattr(module, "WORK", 2 * module.EACH)
    loaded = cmxdsl.loads(text)
    assert "CMX0004" in [d.code for d in loaded.diagnostics] and "tried" in loaded.explain()
    assert "only " in write_fabric(loaded.subject, "table")


def test_failures_in_requirements() -> None:
    text = (
        "use std.topologies\nsystem S : FatTree3(4) {\n    require isolated(scale_out, switch) == 2\n"
        "    require islands(scale_out, rack) == 1\n    require kept(scale_out, swich) == 1\n"
        "    require isolated(scale_out) == 1\n}\n"
    )
    found = cmxdsl.loads(text)
    assert "`swich` is no kind of failure" in found.explain() and "takes 2 arguments" in found.explain()
