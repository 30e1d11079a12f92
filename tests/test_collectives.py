"""Collectives: laws, what folding keeps, bounds by another solver, and what was worked out by hand."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import networkx as nx
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.collectives import (
    KINDS,
    Machine,
    NoPath,
    OverFault,
    Paths,
    bus_factor,
    collective,
    machine,
    over,
    prepared,
)
from cmxdsl.analysis.collectives.groups import _in_rows, groups, traffic
from cmxdsl.analysis.collectives.machine import of_fabric
from cmxdsl.analysis.collectives.roads import TooMuchTraffic, roads
from cmxdsl.analysis.collectives.traffic import Flows, laid
from cmxdsl.analysis.network import graph as f
from cmxdsl.cli.collective import collective as collective_command
from cmxdsl.cli.collective import sizes_of
from cmxdsl.model import Subject

from .conftest import ROOT
from .test_fabric import design, designs, text_of, torus

MIB = 2**20


def cluster(
    nodes: int = 2,
    chips: int = 4,
    near: int = 400,
    far: int = 100,
    leaves: str = "rail",
    adapters: int = 0,
    reduces: bool = False,
    vendor: str = "NVIDIA",
    efficiency: str = "",
) -> str:
    """Nodes of chips behind one switch, an adapter for each chip (or `adapters` a node), rails or one leaf between."""
    nics = adapters or chips
    span = f"for n in 0..{nodes - 1}, g in 0..{nics - 1}"
    leaf = {
        "rail": f"leaf[{nics}]: Leaf\n link node[n].nic[g].net -- leaf[g].p[n] {span}\n",
        "one": "leaf: Leaf\n" + f"link node[n].nic[g].net -- leaf.p[{nics}*n + g] {span}\n",
        "spine": f"leaf[{nics}]: Leaf\n link node[n].nic[g].net -- leaf[g].p[n] {span}\n spine[2]: Leaf\n"
        f"link leaf[g].up[s] -- spine[s].p[g] for s in 0..1, g in 0..{nics - 1}\n",
    }[leaves]
    return f"""
protocol Near {{ plane = scale_up; rate = {near} Gb/s{efficiency} }}
protocol Far {{ plane = scale_out; rate = {far} Gb/s{efficiency} }}
chip Gpu {{ vendor = "{vendor}"; role = accelerator; port p: Near }}
chip Nic {{ role = nic; port net: Far }}
switch Inner {{ {"reduces = true" if reduces else ""}
    port p[{chips}]: Near }}
switch Leaf {{ port p[{max(nodes * nics, 8)}]: Far
    port up[8]: Far }}
board Node {{ gpu[{chips}]: Gpu
    nic[{nics}]: Nic
    inner: Inner
    link gpu[g].p -- inner.p[g] }}
system Cluster {{ node[{nodes}]: Node
    {leaf} }}
"""


def built(text: str) -> Machine:
    return machine(Subject(design(text)))


def whole(text: str) -> Paths:
    found = built(text)
    return prepared(found, np.arange(found.size), (0,))


# --- by hand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("nodes", "bound"), [(1, 450), (2, 500), (4, 500), (8, 450)])
def test_rails_of_h100(nodes: int, bound: float) -> None:
    """Eight GPUs of 450 GB/s a node with eight rails of 50: one node's cut is around a GPU; two nodes' too, of both
    planes, 15 / 500; eight nodes' is around all but one node, 56 / 400 over 63."""
    top = cmxdsl.load(ROOT / "designs" / "dgx_h100.cmx", top="DgxSuperPOD", parameters={"units": "1"})
    found = machine(top.subject)
    ranks = np.arange(8 * nodes)
    one = collective(found, ranks, (0,), "all_gather", 64 * 2**30)
    assert bus_factor("all_gather", 8 * nodes) * one.size / one.bound / 1e9 == pytest.approx(bound, rel=1e-6)


def test_one_switch_by_hand() -> None:
    """Four chips of 50 GB/s: 3/4 of the bytes leave each chip in an all-gather, and twice that in an all-reduce."""
    paths = whole(cluster(nodes=1, efficiency="; efficiency = 80%"))
    size = 10**9
    gather, reduce = paths.time("all_gather", size), paths.time("all_reduce", size)
    assert gather.described == pytest.approx(0.75 * size / 50e9)
    wire = 0.75 * size / 40e9
    assert gather.latency == pytest.approx(6.6e-6 + 3 * 0.6e-6)
    assert gather.seconds == pytest.approx(gather.latency + wire + 2 * (wire * 3.4e-6) ** 0.5)
    assert gather.bus_bandwidth == pytest.approx(0.75 * size / gather.seconds)
    assert reduce.described == pytest.approx(2 * gather.described)
    assert reduce.bound == reduce.described
    assert gather.algorithm == "ring" and gather.loaded == "gpu to inner"


def test_a_switch_that_adds_up_sends_once() -> None:
    """Each chip sends its bytes and once more its part of the sum: 5/4 of 10^9 at 50 GB/s in place of 6/4."""
    plain, fast = whole(cluster(nodes=1)), whole(cluster(nodes=1, reduces=True))
    assert fast.every("all_reduce")["in-switch reduction"][1] == pytest.approx(1.25 / 50e9)
    assert "in-switch reduction" not in plain.every("all_reduce")
    assert fast.time("all_reduce", 2**34).bound < plain.time("all_reduce", 2**34).bound


def test_adapters_are_shared_out() -> None:
    """One adapter of 12.5 GB/s for two chips: all four groups of one chip a node go over two of them."""
    found = built(cluster(nodes=2, chips=4, adapters=2))
    of = found.wires[1].ports[:, 0].tolist()
    assert of == [0, 0, 1, 1, 2, 2, 3, 3]
    one = collective(found, np.arange(8).reshape(2, 4), (0,), "all_gather", 10**9)
    assert one.described == pytest.approx(0.5 * 2 * 10**9 / 12.5e9)
    assert one.bound == pytest.approx(one.described)


def test_dimensions_use_the_plane_that_joins_them() -> None:
    found = built(cluster(nodes=4, chips=4))
    ranks = np.arange(16).reshape(4, 4)
    assert collective(found, ranks, (1,), "all_reduce", 2**30).loaded == "gpu to inner"
    assert collective(found, ranks, (0,), "all_reduce", 2**30).loaded == "node.nic to leaf"
    both = prepared(found, ranks, (0, 1))
    assert both.groups.across == 4 and both.groups.inside == 4


def test_messages_to_the_next() -> None:
    found = built(cluster(nodes=2, chips=4, leaves="spine"))
    ranks = np.arange(8).reshape(2, 4)
    assert collective(found, ranks, (1,), "send", 10**9).described == pytest.approx(10**9 / 50e9)
    assert collective(found, ranks, (0,), "send", 10**9).described == pytest.approx(10**9 / 12.5e9)
    assert collective(found, ranks, (0, 1), "send", 10**9).described == pytest.approx(10**9 / 12.5e9)


def test_a_ring_of_chips_uses_both_directions() -> None:
    """In a ring of eight without switches each chip has a link of 12.5 GB/s to either neighbour."""
    net = f.fabric(Subject(design(torus(8, 1))), "scale_out")
    one = collective(net, np.arange(8), (0,), "all_gather", 10**9)
    assert one.described == pytest.approx(7 / 8 * 10**9 / 25e9)
    assert one.bound == pytest.approx(one.described)


@pytest.mark.parametrize(("k", "rank"), [(4, 2), (4, 3)])
def test_a_torus_uses_rings_of_all_dimensions(k: int, rank: int) -> None:
    """Each chip has 2 rank links of 12.5 GB/s, and an all-gather can keep all of them busy."""
    net = f.fabric(Subject(design(torus(k, rank))), "scale_out")
    one = collective(net, np.arange(k**rank).reshape([k] * rank), tuple(range(rank)), "all_gather", 10**9)
    assert one.algorithm == "rings by dimension"
    assert one.bound == pytest.approx((1 - k**-rank) * 10**9 / (2 * rank * 12.5e9))
    assert one.described == pytest.approx(one.bound)


def test_a_full_mesh_uses_all_links() -> None:
    top = cmxdsl.load(ROOT / "designs" / "mi300x_cluster.cmx", top="Platform")
    found = machine(top.subject)
    one = collective(found, np.arange(8), (0,), "all_reduce", 16 * 2**30)
    assert one.size / one.described * 1.75 / 1e9 == pytest.approx(7 * 64)


def test_refusals() -> None:
    found = built(cluster(nodes=2))
    with pytest.raises(ValueError, match="two ranks"):
        prepared(found, np.zeros(2, dtype=int), (0,))
    with pytest.raises(ValueError, match="from 0 to 7"):
        prepared(found, np.array([0, 8]), (0,))
    with pytest.raises(ValueError, match="no collective"):
        collective(found, np.arange(8), (0,), "gossip", 1)
    with pytest.raises(NoPath, match=re.escape("no plane joins node[0].gpu[0] and node[1].gpu[1]")):
        prepared(found, np.array([0, 5]), (0,))
    with pytest.raises(NoPath, match="no accelerator"):
        built("chip A { }\nsystem S { a: A }")


# --- laws -------------------------------------------------------------------------------------------------

clusters = st.fixed_dictionaries(
    {
        "nodes": st.sampled_from([1, 2, 3, 4]),
        "chips": st.sampled_from([1, 2, 3, 4]),
        "near": st.sampled_from([200, 400, 800]),
        "far": st.sampled_from([100, 400, 900]),
        "leaves": st.sampled_from(["rail", "one", "spine"]),
        "reduces": st.booleans(),
        "vendor": st.sampled_from(["NVIDIA", "AMD", "Else"]),
    }
)
sizes = st.sampled_from([0, 1, 4096, MIB, 2**30])


def answers(paths: Paths, size: float) -> Iterator[tuple[str, object]]:
    for kind in KINDS:
        try:
            yield kind, paths.time(kind, size)
        except NoPath:
            yield kind, None


@settings(max_examples=30)
@given(clusters, sizes)
def test_laws(drawn: dict[str, object], size: int) -> None:
    """Nothing is faster than its bound, more bandwidth never slows, and twice the bandwidth halves what bytes take."""
    paths = whole(cluster(**drawn))  # type: ignore[arg-type]
    double = whole(cluster(**{**drawn, "near": 2 * drawn["near"], "far": 2 * drawn["far"]}))  # type: ignore[arg-type,operator]
    faster = whole(cluster(**{**drawn, "far": 2 * drawn["far"]}))  # type: ignore[arg-type,operator]
    for kind in KINDS:
        try:
            one = paths.time(kind, size)
        except NoPath:
            assert drawn["leaves"] == "rail"
            continue
        if paths.ranks == 1:
            assert one.seconds == one.bound == one.described == 0
            continue
        assert one.bound <= one.described * (1 + 1e-9) and one.bound <= one.seconds * (1 + 1e-9)
        assert one.latency <= one.seconds
        for name, (latency, slope) in paths.every(kind).items():
            assert one.bound <= latency + size * slope + 1e-12, name
            assert double.every(kind)[name][1] == pytest.approx(slope / 2), name
        assert double.time(kind, size).bound == pytest.approx(one.bound / 2)
        assert faster.time(kind, size).seconds <= one.seconds * (1 + 1e-9)
        assert paths.time(kind, 2 * size).seconds >= one.seconds


def pairs_of(net: f.Fabric) -> list[np.ndarray]:
    """The endpoints of each part of a plane that has several."""
    labels = of_fabric(net).wires[0].domain
    return [np.flatnonzero(labels == k) for k in np.unique(labels) if k >= 0 and (labels == k).sum() > 1]


@settings(max_examples=60)
@given(designs)
def test_folded_is_unfolded(drawn: tuple[int, int, int, set[int], bool]) -> None:
    """What a pattern takes on the fabric as it is folded, and on every device and link of it."""
    loaded = cmxdsl.loads(text_of(*drawn))
    if not loaded.ok or loaded.top is None:
        return
    net = f.fabric(Subject(loaded.top), "scale_out")
    whole_ = of_fabric(net)
    folded = roads(net, None)
    roads_module = sys.modules[roads.__module__]  # the package has a function of its name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roads_module, "folded", lambda net: None)
        patch.setattr(roads_module, "_alike", lambda net, node, device: (node, device))
        plain = roads(net, None)
    assert plain.nodes == net.size
    for members in pairs_of(net):
        found = groups(whole_, members, (0,))
        for pattern in ("ring@far", "all@far", "tree@far", "next@far"):
            for wires, one, _ in traffic(found, pattern):
                got = []
                for road in (folded, plain):
                    try:
                        got.append(laid(wires, road, one).seconds)
                    except (NoPath, TooMuchTraffic):
                        got.append(-1.0)
                assert got[0] == pytest.approx(got[1]), pattern


@settings(max_examples=25)
@given(clusters)
def test_the_cut_is_the_least_of_all(drawn: dict[str, object]) -> None:
    """The bound of an all-gather by maximum flow over classes is that of networkx over devices, for every rank."""
    found = built(cluster(**drawn))  # type: ignore[arg-type]
    if found.size < 2 or found.size > 9:
        return
    try:
        slope = collective(found, np.arange(found.size), (0,), "all_gather", 2**40).bound / 2**40
    except NoPath:
        return
    graph: nx.DiGraph[object] = nx.DiGraph()
    planes = found.wires if drawn["nodes"] != 1 else found.wires[:1]
    for w in planes:
        for copy in range(int(w.copy.max()) + 1):
            for a, b, rate in zip(w.net.a.tolist(), w.net.b.tolist(), w.net.rate.tolist(), strict=True):
                one, two = (w.plane, copy, a), (w.plane, copy, b)
                for tail, head in ((one, two), (two, one)):
                    known = graph.get_edge_data(tail, head, {"capacity": 0})["capacity"]
                    graph.add_edge(tail, head, capacity=known + rate / 8)
        for chip in range(found.size):
            device = (w.plane, int(w.copy[chip]), int(w.ports[chip, 0]))
            graph.add_edge(chip, device)
            graph.add_edge(device, chip)
    # The least x over all sinks is not reached from every sink, and a little less is.
    for slack, reached in ((1 - 1e-6, True), (1 + 1e-6, False)):
        x = slack / (found.size * slope)
        for chip in range(found.size):
            graph.add_edge("source", chip, capacity=x)
        flows = [nx.maximum_flow_value(graph, "source", sink) for sink in range(found.size)]
        assert all(flow >= found.size * x * (1 - 1e-9) for flow in flows) == reached


def test_copies_alike_are_laid_once_and_unlike_ones_all() -> None:
    """A group of two in one node and one of two in the next: the most loaded counts, whichever copy it is in."""
    found = built(cluster(nodes=3, chips=4))
    ranks = np.array([[0, 1], [2, 3], [4, 6]])
    one = collective(found, ranks, (1,), "all_gather", 10**9)
    assert one.described == pytest.approx(0.5 * 10**9 / 50e9)


# --- index notation and the command -----------------------------------------------------------------------


def test_index_notation() -> None:
    found = built(cluster(nodes=3, chips=4))
    ranks, axes = over(found, "node[n].gpu[g]", ["n"])
    assert ranks.tolist() == np.arange(12).reshape(3, 4, 1).tolist() and axes == (1, 2)
    assert over(found, "node[1].gpu[g]")[0].ravel().tolist() == [4, 5, 6, 7]
    assert over(found, "node[n].gpu[3]", ["n"])[0].ravel().tolist() == [3, 7, 11]
    assert over(found, "node[n]", ["n"])[0].shape == (3, 4)
    assert over(found, "Gpu")[0].tolist() == over(found)[0].tolist() == list(range(12))
    for text, each, why in (
        ("node[n].nic[g]", (), "there are no accelerators at `node.nic`: they are node.gpu"),
        ("node[3].gpu[g]", (), "`node[3]` is out of range: there are 3"),
        ("node[n].gpu[n]", (), "`n` is there twice"),
        ("node[n, m].gpu[g]", (), "`node` has 1 indices, not 2"),
        ("node[n + 1].gpu[g]", (), "`n + 1` is neither a variable nor a number"),
        ("node[n].gpu[g]", ("k",), "`k` is no variable"),
        ("Gpu", ("g",), "write the path with indices, such as `node[a].gpu[b]`"),
        ("node[n.gpu", (), "is no step of a path"),
    ):
        with pytest.raises(OverFault, match=re.escape(why)):
            over(found, text, each)
    with pytest.raises(NoPath, match="no accelerator is in `Nic`"):
        over(found, "Nic")


def test_sizes() -> None:
    assert sizes_of("1M") == sizes_of("1MiB") == (MIB,) and sizes_of("1MB") == (10**6,)
    assert sizes_of("0, 512") == (0, 512)
    assert sizes_of("1M..5M") == (MIB, 2 * MIB, 4 * MIB)
    for wrong in ("", "1X", "4M..1M", "1..", "-1", "1" * 20, "1..16T,1..16T"):
        with pytest.raises(click.BadParameter):
            sizes_of(wrong)


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "c.cmx"
    file.write_text(cluster(nodes=2, chips=4, leaves="spine"), encoding="utf-8")

    def run(*words: str) -> str:
        found = CliRunner().invoke(collective_command, [str(file), *words])
        assert found.exit_code == 0, found.output
        return found.output

    shown = run("--over", "node[n].gpu[g]", "--each", "n", "--size", "1G", "--kind", "all")
    assert "2 groups of 4 chips, each over one domain: all_reduce" in shown and "send" in shown
    rows = json.loads(run("--format", "json", "--acceptance", "--size", "1M..1G"))["collectives"]
    assert [r["size_B"] for r in rows] == [2**k for k in range(20, 31)]
    for row in rows:
        assert row["bound_seconds"] <= row["described_seconds"] <= row["seconds"] <= row["at_most_seconds"]
        assert row["at_least_Bps"] <= row["bus_bandwidth_Bps"] <= row["at_most_Bps"] * (1 + 1e-9)
    assert (
        run("--format", "csv", "--acceptance", "--size", "1G").splitlines()[1].startswith("all_reduce_perf,1073741824,")
    )
    assert run("--format", "markdown", "--size", "1G").startswith("### Cluster: 1 group of 8 chips")
    svg = run("--format", "svg")
    assert svg.startswith("<svg") and "16 GiB" in svg
    failed = CliRunner().invoke(collective_command, [str(file), "--over", "node[n].gpu[g]", "--each", "x"])
    assert failed.exit_code == 2 and "`x` is no variable" in failed.output


def test_expressions() -> None:
    found = cmxdsl.loads(cluster(nodes=2, chips=4, leaves="spine"), top="Cluster")
    bound = found.ask("collective_bound(all_gather, 1 GB, in = node)").answer
    assert bound is not None and float(bound.value.value) == pytest.approx(0.75 / 50)  # type: ignore[union-attr]
    assert found.ask("bus_bandwidth(all_reduce, 1 GB, among = node) > 1 GB/s").ok
    assert "takes a size" in found.ask("collective(all_reduce, 1 W)").explain()
    assert "no accelerator is in" in found.ask("collective(all_reduce, 1 GB, among = node.nic)").explain()
    assert "no collective" in found.ask("collective(all_sum, 1 GB)").explain()


def test_all_pairs_of_a_large_torus_are_those_that_its_symmetry_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the 64 chips of a torus with a role sends to each other; listed pair by pair, and from one alone."""
    text = torus(4, 3).replace("chip N {", "chip N { role = accelerator;").replace("scale_out", "scale_up")
    found = built(text)
    listed = collective(found, np.arange(64), (0,), "all_to_all", 10**9)
    monkeypatch.setattr(sys.modules[laid.__module__], "MOST_PAIRS", 10)
    known = collective(built(text), np.arange(64), (0,), "all_to_all", 10**9)
    # The bisection of 32 links each way carries 32 x 32 pairs of 1/64 of the bytes.
    assert listed.bound == pytest.approx(32 * 32 / 64 * 10**9 / (32 * 12.5e9)) and listed.bound <= listed.described
    assert known.described == pytest.approx(listed.described) and known.seconds == pytest.approx(listed.seconds)


def test_the_bound_counts_tapered_tiers() -> None:
    """Two leaves of four chips, with one link up for four down: of an all-to-all two parts leave a leaf over it."""
    text = """
protocol Far { plane = scale_out; rate = 100 Gb/s }
chip Gpu { role = accelerator; port p: Far }
switch Leaf { port p[4]: Far
    port up: Far }
switch Spine { port p[2]: Far }
system Tapered { gpu[2, 4]: Gpu
    leaf[2]: Leaf
    spine: Spine
    link gpu[u, g].p -- leaf[u].p[g]
    link leaf[u].up -- spine.p[u] }
"""
    found = built(text)
    one = collective(found, np.arange(8), (0,), "all_to_all", 10**9)
    assert one.bound == one.described == pytest.approx(4 * 4 / 8 * 10**9 / 12.5e9)
    assert one.loaded == "leaf to spine"
    inside = collective(found, np.arange(8).reshape(2, 4), (1,), "all_to_all", 10**9)
    assert inside.bound == inside.described == pytest.approx(3 / 4 * 10**9 / 12.5e9)
    rings = collective(found, np.arange(8), (0,), "all_reduce", 10**9)
    assert rings.bound == pytest.approx(rings.described) == pytest.approx(2 * 7 / 8 * 10**9 / 12.5e9)


def test_a_few_bytes_and_very_many_take_what_the_library_itself_expects() -> None:
    """NCCL 2.30's own model of eight H200 (src/graph/tuning.cc), at its two ends: a ring under LL takes 6.6 us and 14
    messages of 0.6 us; a ring under Simple 14/8 of the bytes over 18 links of 20.6 GB/s."""
    top = cmxdsl.load(ROOT / "designs" / "collectives.cmx", top="H200x8Ring")
    paths = prepared(machine(top.subject), np.arange(8), (0,))
    assert paths.time("all_reduce", 8).seconds == pytest.approx(15.0e-6, rel=0.01)
    assert paths.time("all_reduce", 2**36).seconds == pytest.approx(14 / 8 * 2**36 / (18 * 20.6e9), rel=0.01)


def test_exchanges_are_with_the_rank_whose_bit_differs() -> None:
    chips = np.arange(8)[None]
    for bit, partners in ((0, [1, 0, 3, 2, 5, 4, 7, 6]), (2, [4, 5, 6, 7, 0, 1, 2, 3])):
        ((flows, times),) = _in_rows(chips, "xor", bit)
        assert isinstance(flows, Flows) and flows.head.tolist() == partners and times == 1.0
