"""The fabric: what symmetry says is what counting device by device says, and what the literature says."""

from __future__ import annotations

from collections import deque
from itertools import combinations, product

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.network import graph as f
from cmxdsl.analysis.network.bisection import _along
from cmxdsl.analysis.network.distances import TooManySearches, distances
from cmxdsl.analysis.network.failures import failures
from cmxdsl.analysis.network.hops import hops
from cmxdsl.analysis.network.metrics import network
from cmxdsl.diagnostics import Severity
from cmxdsl.model import Component, Subject

from .conftest import ROOT
from .oracle.random_fabrics import fabric as random_fabric

SHARED = "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }\n"


def design(text: str) -> Component:
    loaded = cmxdsl.loads(text)
    assert loaded.ok, loaded.explain()
    return loaded.component


def plainly(net: f.Fabric) -> f.Fabric:
    """The same plane with no symmetry used: every device and every link in a class of its own."""
    every = tuple((number, 1) for number in range(net.size))
    return evolve(net, members=every, orbit=np.arange(net.links, dtype=np.int32))


def brute(net: f.Fabric) -> dict[int, int]:
    """Distances by a search of our fathers, device by device."""
    switches = [g.switch for g in net.groups for _ in range(g.count)]
    near: list[list[int]] = [[] for _ in range(net.size)]
    for a, b in zip(net.a.tolist(), net.b.tolist(), strict=True):
        near[a].append(b)
        near[b].append(a)
    some = any(switches) and not all(switches)
    found: dict[int, int] = {}
    for source in range(net.size):
        if some and switches[source]:
            continue
        seen, queue = {source: 0}, deque([source])
        while queue:
            here = queue.popleft()
            if here != source and any(switches) and not switches[here]:
                continue
            for other in near[here]:
                if other not in seen:
                    seen[other] = seen[here] + 1
                    queue.append(other)
        for other, d in seen.items():
            if d and not (some and switches[other]):
                found[d] = found.get(d, 0) + 1
    return dict(sorted(found.items()))


# Links between hosts h[x, y], switches s[z] and t[x], each with its own kind of index.
PATTERNS = (
    "link h[i, j].p -- s[k].p",
    "link h[i, j].p -- t[i].p",
    "link h[i, j].p -- t[(i + 1) mod {x}].p",
    "link h[i, j].p -- s[j mod {z}].p",
    "link h[i, j].p -- s[(i + j) mod {z}].p",
    "link s[k].p -- t[i].p",
    "link s[k].p -- s[l].p where k < l",
    "link s[k].p -- s[(k + 1) mod {z}].p",
    "link t[i].p -- t[j].p where i < j",
    "link t[i].p -- t[(i + 2) mod {x}].p",
    "link h[i, 0].p -- s[0].p",
    "link h[i, j].p -- t[k].p where i != k",
    "link t[i].p -- s[i mod {z}].p",
    "link h[i, j].p -- h[i, k].p where j < k",
    "link h[i, j].p -- h[(i + 1) mod {x}, j].p",
)
designs = st.tuples(
    st.integers(2, 4),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sets(st.integers(0, len(PATTERNS) - 1), min_size=1, max_size=4),
    st.booleans(),
)


def text_of(x: int, y: int, z: int, chosen: set[int], direct: bool) -> str:
    links = "\n    ".join(PATTERNS[k].format(x=x, y=y, z=z) for k in sorted(chosen))
    kind = "chip" if direct else "switch"
    return (
        SHARED + f"chip H {{ port p: P }}\n{kind} S {{ port p: P }}\n{kind} T {{ port p: P }}\n"
        f"system Y {{\n    h[{x}, {y}]: H\n    s[{z}]: S\n    t[{x}]: T\n    {links}\n}}\n"
    )


@settings(max_examples=400, deadline=None)
@given(designs)
def test_symmetry_agrees_with_every_device_on_its_own(drawn: tuple[int, int, int, set[int], bool]) -> None:
    loaded = cmxdsl.loads(text_of(*drawn))
    if not loaded.ok or loaded.top is None:
        return
    net = f.fabric(Subject(loaded.top), "scale_out")
    with_, without = distances(net), distances(plainly(net))
    assert with_.histogram == without.histogram == brute(net)
    assert with_.unreached == without.unreached
    loads = without.load  # of each link
    assert np.allclose(with_.load[net.orbit], loads)


def halves(net: f.Fabric) -> float:
    """The least cut over all halvings of the endpoints and all sides of the switches."""
    switches = [n for g in net.groups for n in range(g.start, g.start + g.count) if g.switch]
    ends = [n for n in range(net.size) if n not in switches] or switches
    free = [n for n in range(net.size) if n not in ends]
    best = float("inf")
    for chosen in combinations(ends, len(ends) // 2):
        for sides in product((0, 1), repeat=len(free)):
            side = np.zeros(net.size, dtype=int)
            side[list(chosen)] = 1
            side[free] = sides
            best = min(best, float(net.rate[side[net.a] != side[net.b]].sum()))
    return best


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 3),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sets(st.integers(0, 9), min_size=1, max_size=3),
    st.booleans(),
)
def test_the_bisection_lies_between_its_bounds(x: int, y: int, z: int, chosen: set[int], direct: bool) -> None:
    loaded = cmxdsl.loads(text_of(x, y, z, chosen, direct))
    if not loaded.ok or loaded.top is None:
        return
    net = f.fabric(Subject(loaded.top), "scale_out")
    if net.size > 12:
        return
    found = network(Subject(loaded.top), "scale_out").bisection
    if found is not None:
        exact = halves(net)
        assert found.low <= exact * (1 + 1e-9) and exact <= found.high * (1 + 1e-9)


# --- what is published ------------------------------------------------------------------------------------


def test_cloudmatrix_is_two_tiers_apart_and_nvl72_one() -> None:
    matrix = network(cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx").subject, "scale_up")
    assert matrix.distances is not None and set(matrix.distances.histogram) == {2, 4}  # inside a node; L1, L2, L1
    assert matrix.distances.searches == 1  # an NPU stands for all
    uplinks = next(t for t in matrix.tiers if t.devices.component.name == "UBSwitchL1")
    assert uplinks.least == uplinks.most == 1  # 448 GB/s up, as much as the eight NPUs below it bring
    rack = network(cmxdsl.load(ROOT / "designs" / "gb200_nvl72.cmx").subject, "scale_up")
    assert rack.distances is not None and rack.distances.histogram == {2: 72 * 71}
    assert rack.bisection is not None and rack.bisection.exact and rack.bisection.high == 36 * 18 * 400e9


def torus(k: int, rank: int) -> str:
    names = "xyz"[:rank]
    at = ", ".join(names)
    links = "".join(
        f"    link n[{at}].p -- n[{', '.join(f'({v} + 1) mod {k}' if v == w else v for v in names)}].p\n" for w in names
    )
    return SHARED + f"chip N {{ port p: P }}\nsystem T {{\n    n[{', '.join([str(k)] * rank)}]: N\n{links}}}\n"


@pytest.mark.parametrize(("k", "rank"), [(4, 2), (6, 2), (4, 3), (8, 3), (16, 3)])
def test_tori(k: int, rank: int) -> None:
    """Dally and Towles, 5.2.2: bisection 4 k^(n-1) channels counting both ways, so 2 k^(n-1) links; mean n k / 4."""
    found = network(Subject(design(torus(k, rank))), "scale_out")
    assert found.distances is not None and found.bisection is not None
    assert found.distances.searches == 1 and found.distances.diameter == rank * (k // 2)
    nodes = k**rank
    assert abs(found.distances.mean - rank * k / 4 * nodes / (nodes - 1)) < 1e-9
    assert found.bisection.exact and found.bisection.high == pytest.approx(2 * k ** (rank - 1) * 100e9)


def fat_tree(k: int) -> str:
    """The k-ary fat-tree of Al-Fares and others (2008): k^3 / 4 hosts, 5 k^2 / 4 switches."""
    half = k // 2
    return (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip Host { port p: P }\n"
        f"switch Box {{ port p[{k}]: P }}\nsystem FatTree {{\n    host[{k}, {half}, {half}]: Host\n"
        f"    edge[{k}, {half}]: Box\n    aggregation[{k}, {half}]: Box\n    core[{half}, {half}]: Box\n"
        f"    link host[q, e, h].p -- edge[q, e].p[h] for h in 0..{half - 1}\n"
        f"    link edge[q, e].p[{half} + a] -- aggregation[q, a].p[e] for e in 0..{half - 1}\n"
        f"    link aggregation[q, a].p[{half} + c] -- core[a, c].p[q]\n}}\n"
    )


@pytest.mark.parametrize("k", [4, 8, 16])
def test_fat_trees(k: int) -> None:
    found = network(Subject(design(fat_tree(k))), "scale_out")
    hosts = k**3 // 4
    assert (found.endpoints, found.switches, found.links) == (hosts, 5 * k * k // 4, 3 * hosts)
    assert found.distances is not None and found.distances.searches == 1
    half = k // 2
    assert found.distances.histogram == {
        2: hosts * (half - 1),
        4: hosts * half * (half - 1),
        6: hosts * (hosts - half * half),
    }
    assert found.bisection is not None and found.bisection.exact
    assert found.bisection.high == pytest.approx(hosts / 2 * 100e9)  # rearrangeably non-blocking
    assert found.oversubscription == 1 and found.throughput == pytest.approx(1)
    failed = {f.label: f.isolated for f in failures(Subject(design(fat_tree(k))), "scale_out")}
    assert failed["edge"] == half and failed["core"] == 0 and failed["host to edge"] == 1  # a cable


def test_an_oversubscribed_leaf_is_named() -> None:
    text = (
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip Host { port p: P }\nswitch Box { port p[64]: P }\n"
        "system S {\n    host[8, 24]: Host\n    leaf[8]: Box\n    spine[8]: Box\n"
        "    link host[l, h].p -- leaf[l].p[h] for h in 0..23\n    link leaf[l].p[24 + s] -- spine[s].p[l] for l in 0..7\n"
        "    require oversubscription(scale_out) == 3\n    require diameter(scale_out) == 4\n"
        "    require bisection(scale_out) == 3.2 Tb/s\n    require hops(scale_out) < 4\n}\n"
    )
    found = network(Subject(design(text)), "scale_out")
    assert found.bisection is not None and found.bisection.exact and found.bisection.high == pytest.approx(32 * 100e9)
    leaf = next(t for t in found.tiers if t.devices.label == "leaf")
    assert leaf.tier == 1 and leaf.used == (32, 32) and leaf.least == leaf.most == 3


# --- what is odd ------------------------------------------------------------------------------------------


def test_planes_in_pieces_and_planes_without_rates() -> None:
    text = SHARED + "chip H { port p: P }\nsystem S { h[6]: H\n    link h[i].p -- h[i + 1].p for i in 0..0 }\n"
    found = network(Subject(design(text)), "scale_out")
    assert found.components == 5 and found.distances is not None and found.distances.unreached == 28
    assert found.bisection is not None and found.bisection.low == 0
    bare = "protocol P { plane = scale_out; shared = true }\nchip H { port p: P }\nsystem S { h[2]: H; link h[0].p -- h[1].p\n"
    loaded = cmxdsl.loads(bare + "    require bisection(scale_out) > 1 Gb/s }\n")
    assert [d.code for d in loaded.diagnostics if d.severity is Severity.ERROR] == ["CMX0902"]
    assert network(loaded.subject, "scale_out").injection is None


def test_an_empty_plane() -> None:
    found = network(Subject(design(SHARED + "chip H { port p: P }\nsystem S { h[3]: H }\n")), "scale_out")
    assert (found.endpoints, found.links) == (3, 0) and found.distances is not None and not found.distances.pairs


def test_a_plane_too_large_says_so_before_it_tries() -> None:
    text = SHARED + "chip H { port p: P }\nswitch S { port p: P }\nsystem Y { h[10_000, 10_000]: H; s: S\n"
    with pytest.raises(f.PlaneTooLarge, match="100,000,000 links would take about 8 GB"):
        f.fabric(cmxdsl.loads(text + "    link h[i, j].p -- s.p }\n").subject, "scale_out")


def test_endpoints_unlike_each_other_are_not_searched_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmxdsl.analysis.network.distances.MAX_STEPS", 100)
    monkeypatch.setattr("cmxdsl.analysis.network.hops.WORDS", 5)
    text = SHARED + "chip H { port p: P }\nswitch S { port p: P }\nsystem Y { h[40]: H; s[8]: S\n"
    top = design(text + "    link h[i].p -- s[(i * i) mod 8].p }\n")
    with pytest.raises(TooManySearches, match="40 endpoints are unlike"):
        distances(f.fabric(Subject(top), "scale_out"))
    assert "bare indices" in network(Subject(top), "scale_out").too_many
    with pytest.raises(TooManySearches, match="40 endpoints are unlike"):
        monkeypatch.setattr("cmxdsl.analysis.network.hops.FEW", 0)
        hops(f.fabric(Subject(top), "scale_out"))


def test_paths_are_not_followed_where_only_their_lengths_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Distances of many endpoints that are unlike each other are known though the load of links is not decided."""
    text = SHARED + "chip H { port p: P }\nswitch S { port p: P }\nsystem Y { h[80]: H; s[8]: S\n"
    top = design(text + "    link h[i].p -- s[(i * i) mod 8].p; link s[i].p -- s[i + 1].p for i in 0..6 }\n")
    whole = network(Subject(top), "scale_out")
    assert whole.throughput and not whole.undecided
    monkeypatch.setattr("cmxdsl.analysis.network.distances.MAX_STEPS", 100)
    found = network(Subject(top), "scale_out")
    assert found.distances == whole.distances and found.distances is not None
    assert found.throughput is None and "unlike" in found.undecided


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("hub", [0, 1, 256])
def test_searches_at_once_find_what_each_finds_alone(seed: int, hub: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmxdsl.analysis.network.hops.FEW", 0)
    monkeypatch.setattr("cmxdsl.analysis.network.hops.HUB", hub)
    monkeypatch.setattr("cmxdsl.analysis.network.hops.TOGETHER", 1 if seed % 2 else 4_000_000)
    loaded = cmxdsl.loads(random_fabric(seed))
    net = f.fabric(loaded.subject, "scale_out")
    for one in (net, plainly(net)):
        found, other = hops(one), distances(one)
        assert (found.histogram, found.unreached) == (other.histogram, other.unreached)


# --- std.topologies ---------------------------------------------------------------------------------------


def named(topology: str, extra: str = "") -> Component:
    return design(f"use std.topologies\nsystem S : {topology} {{ {extra} }}\n")


RATE = 400e9
TABLE = [
    # topology, endpoints, switches, links, diameter in links, bisection in links or None where only bounds are known
    ("Torus2(8, 4)", 32, 0, 64, 6, 8),  # Dally and Towles, 5.2.2
    ("Torus3(4, 4, 4)", 64, 0, 192, 6, 32),
    ("Torus3(16, 16, 16)", 4096, 0, 12288, 24, 512),  # TPU v4's pod
    ("Mesh2(4, 4)", 16, 0, 24, 6, 4),
    ("Mesh3(4, 4, 4)", 64, 0, 144, 9, 16),
    ("FullMesh(8)", 8, 0, 28, 1, 16),  # n^2 / 4
    ("HyperX2(4, 4)", 16, 0, 48, 2, 16),  # Ahn and others, 2009: (x / 2)^2 y
    ("FatTree2(16)", 128, 24, 256, 4, 64),
    ("FatTree2(16, up = 4)", 192, 20, 256, 4, 32),  # tapered 3 to 1
    ("FatTree3(8)", 128, 80, 384, 6, 64),  # Al-Fares and others, 2008
    ("FatTree3(16)", 1024, 320, 3072, 6, 512),
    ("Rails(32, 8, 4)", 128, 64, 2048, 4, 512),
    ("Dragonfly(2, 4, 2)", 72, 36, 162, 5, None),  # Kim and others, 2008: 9 groups, global diameter 3
    ("DragonflyPlus(4, 4, 4, 2)", 144, 72, 324, 5, None),
    # Besta and Hoefler, 2014: 2 q^2 routers of degree (3 q - 1) / 2, diameter 2 between routers
    ("SlimFly(5, 2, 2, 4)", 200, 50, 375, 4, None),
    ("SlimFly(13, 5, 2, 2)", 676, 338, 676 + 338 * 19 // 2, 4, None),
    ("SlimFly(17, 4, 3, 1)", 578, 578, 578 + 578 * 25 // 2, 4, None),
    ("Torus1(8)", 8, 0, 8, 4, 2),
    ("Torus4(4, 4, 4, 4)", 256, 0, 1024, 8, 128),
    ("Torus5(4, 4, 4, 4, 2)", 512, 0, 2560, 9, 256),
    ("HyperX3(4, 4, 4)", 64, 0, 288, 3, 64),  # (x / 2)^2 y z
    ("HyperX4(4, 4, 2, 2)", 64, 0, 256, 4, 32),
    ("Cubes(4, 4, 4)", 4096, 0, 12288, 24, 512),  # TPU v4's pod as it is built: the same torus
]


@pytest.mark.parametrize(("topology", "endpoints", "switches", "links", "diameter", "cut"), TABLE, ids=lambda v: str(v))
def test_topologies_are_as_published(
    topology: str, endpoints: int, switches: int, links: int, diameter: int, cut: int | None
) -> None:
    found = network(Subject(named(topology)), "scale_out")
    assert (found.endpoints, found.switches, found.links) == (endpoints, switches, links)
    assert found.components == 1 and found.distances is not None
    hops = found.distances.diameter
    assert hops == diameter and found.distances.unreached == 0
    assert found.bisection is not None
    if cut is not None:
        assert found.bisection.low <= cut * RATE * (1 + 1e-9) and cut * RATE <= found.bisection.high * (1 + 1e-9)
        if topology.startswith(("Torus", "FatTree", "FullMesh", "HyperX2", "Rails", "Cubes")):
            assert found.bisection.exact and found.bisection.high == pytest.approx(cut * RATE)


def test_a_topology_takes_a_node_of_your_own() -> None:
    top = design(
        "use std.topologies\nprotocol ICI { plane = scale_up; rate = 50 GB/s }\n"
        "chip Tpu { compute { bf16 = 275 TFLOPS }; port up[3]: ICI; port down[3]: ICI }\n"
        "system Pod : Torus3(4, 4, 4, node = Tpu) { require total(compute.bf16) == 17.6 PFLOPS\n"
        "    require diameter(scale_up) == 6; require bisection(scale_up) == 32 * 50 GB/s }\n"
    )
    assert network(Subject(top), "scale_up").distances is not None


def test_a_definition_with_arguments_is_a_value() -> None:
    wrong = cmxdsl.loads("use std.topologies\nsystem S { t: Torus3(4, 4, 4, node = Radix(8)) }\n")
    assert [d.code for d in wrong.diagnostics if d.severity is Severity.ERROR][:1] == ["CMX0304"]
    lost = cmxdsl.loads("use std.topologies\nsystem S { t: Torus3(4, 4, 4, node = GridNodes(3)) }\n")
    assert "CMX0214" in {d.code for d in lost.diagnostics}


def test_a_matrix_shows_what_joins_racks_or_switches() -> None:
    from cmxdsl.model import Subject
    from cmxdsl.outputs.diagrams.matrix import matrix
    from cmxdsl.outputs.options import Options

    top = cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx").component
    drawing, notes = matrix(Subject(top), Options(plane="scale_out"))
    svg = drawing.svg()
    assert "compute[0] and comm[3]: 3.2 Tb/s" in svg and "compute[0] and compute[1]" not in svg and not notes
    flat, notes = matrix(Subject(named("Dragonfly(2, 8, 4)")), Options())
    assert "between switches" in flat.title and not notes
    assert "router[0, 0] and router[0, 7]: 400 Gb/s" in flat.svg()


def test_a_rack_takes_what_is_in_it() -> None:
    top = cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx").component
    failed = {(f.kind, f.label): (f.isolated, f.share) for f in failures(Subject(top), "scale_out")}
    assert failed["rack", "compute"][0] == 32 and failed["rack", "comm"][0] == 0
    assert failed["rack", "comm"][1] == pytest.approx(2 * 48 / 768)
    assert failed["switch", "compute.leaf"][0] == 32 and network(Subject(top), "scale_out").bottleneck


# --- halves ---------------------------------------------------------------------------------------------------

DIRECT = "protocol P {{ plane = scale_up; rate = 100 Gb/s; shared = true }}\nchip A {{ port p: P }}\nsystem S {{\n    a[{}]: A\n    {}\n}}\n"


@pytest.mark.parametrize(
    ("shape", "links", "cut", "label"),
    [
        ("5", "link a[i].p -- a[i + 1].p for i in 0..3", 1, "halves of `a`"),
        ("8", "link a[i].p -- a[i + 1].p for i in 0..6", 1, "halves of `a`"),
        (
            "4, 2",
            "link a[i, j].p -- a[i + 1, j].p for i in 0..2, j in 0..1\n    link a[i, 0].p -- a[i, 1].p",
            2,
            "halves of `a`",
        ),
        (
            "2, 4",
            "link a[i, j].p -- a[i, j + 1].p for i in 0..1, j in 0..2\n    link a[0, j].p -- a[1, j].p",
            2,
            "halves of `a`, dimension 1",
        ),
    ],
)
def test_the_halves_of_meshes_are_along_their_arrays(shape: str, links: str, cut: int, label: str) -> None:
    top = design(DIRECT.format(shape, links))
    net = f.fabric(Subject(top), "scale_up")
    along = min(_along(net, f.roles(net), top), key=lambda c: c.rate)
    assert (along.rate, along.label) == (pytest.approx(cut * 100e9), label)
    found = network(Subject(top), "scale_up").bisection
    assert found is not None and found.exact and found.high == pytest.approx(cut * 100e9)


def test_halves_of_unlike_endpoints_are_named_by_their_arrays() -> None:
    """Eight endpoints of one rate and two of ten times as much, at one switch each with one link between: the halves
    that cut least keep each switch's endpoints together where they can."""
    text = """protocol P { plane = scale_up; rate = 100 Gb/s }
chip Slow { port p: P }
chip Fast { port p: P { rate = 1000 Gb/s } }
switch Leaf { port d[8]: P; port e[8]: P { rate = 1000 Gb/s }; port u[2]: P }
system S {
    slow[6]: Slow
    fast[2]: Fast
    leaf[2]: Leaf
    link slow[i].p -- leaf[i div 3].d[i mod 3]
    link fast[i].p -- leaf[i].e[0]
    link leaf[0].u[k] -- leaf[1].u[k]
}
"""
    found = network(Subject(design(text)), "scale_up").bisection
    assert found is not None and found.exact and found.high == pytest.approx(200e9)
    assert found.cut.label == "1 of 2 of `fast` with 3 of 6 of `slow` against the rest"


def test_disjoint_paths_of_known_networks_and_what_is_too_much_to_count(monkeypatch: pytest.MonkeyPatch) -> None:
    from cmxdsl.analysis.network import traffic

    mesh = design(DIRECT.format("6", "link a[i].p -- a[j].p where i < j for i in 0..5, j in 0..5"))
    found = traffic.disjoint(Subject(mesh), "scale_up")
    assert (found.by_link, found.by_device, found.degree) == (5, 5, 5)
    two = design(DIRECT.format("2", "link a[0].p -- a[1].p for k in 0..2"))
    assert traffic.disjoint(Subject(two), "scale_up").by_link == 3
    apart = design(DIRECT.format("4", "link a[i].p -- a[i + 1].p for i in 0..0\n    link a[2].p -- a[3].p"))
    assert traffic.disjoint(Subject(apart), "scale_up").by_link == 0
    alone = design(DIRECT.format("3", "link a[0].p -- a[1].p"))
    assert (
        traffic.disjoint(Subject(alone), "scale_up").by_link,
        traffic.disjoint(Subject(alone), "scale_up").degree,
    ) == (0, 0)
    monkeypatch.setattr(traffic, "MAX_WORK", 0)
    none = traffic.disjoint(Subject(mesh), "scale_up")
    assert (none.by_link, none.by_device, none.degree) == (None, None, 5)
