"""What simulators on ns-3 read is the plane: the same links, rates and delays between the same devices."""

from __future__ import annotations

import csv
from io import StringIO

import networkx as nx
import pytest

import cmxdsl
from cmxdsl.analysis.network.latency import latency
from cmxdsl.analysis.network.metrics import network
from cmxdsl.outputs.exports import write
from cmxdsl.outputs.registry import Unwritable

CLOS = """
protocol P { plane = scale_out; rate = 400 Gb/s; latency = 150 ns }
cable C { rate = 400 Gb/s; length = 4 m; delay = 5 ns/m }
chip N { role = nic; port p: P }
switch Leaf { latency = 300 ns; port d[4]: P; port u[4]: P }
switch Spine { latency = 500 ns; port d[6]: P }
system Top {
    n[3, 4]: N
    leaf[3]: Leaf
    spine[2]: Spine
    link n[l, i].p -- leaf[l].d[i] over C
    link leaf[l].u[2*s + k] -- spine[s].d[2*l + k] over C for l in 0..2, s in 0..1, k in 0..1
}
"""


def parsed(text: str) -> tuple[set[int], nx.Graph]:
    """As HPCC's reader has it: counts, switches, then links of five words."""
    words = iter(text.split())
    nodes, switches, links = (int(next(words)) for _ in range(3))
    found = {int(next(words)) for _ in range(switches)}
    graph = nx.Graph()
    graph.add_nodes_from(range(nodes))
    for _ in range(links):
        a, b, rate, delay, errors = (next(words) for _ in range(5))
        assert rate.endswith("Gbps") and delay.endswith("ns") and errors == "0" and not graph.has_edge(int(a), int(b))
        graph.add_edge(int(a), int(b), rate=float(rate[:-4]), delay=float(delay[:-2]))
    assert next(words, None) is None
    return found, graph


def test_a_clos_by_hand() -> None:
    """A link takes 150 ns and 4 m of cable 20; a leaf's 300 and a spine's 500 lie half on either side of it."""
    design = cmxdsl.loads(CLOS)
    assert design.ok, design.explain()
    subject = design.subject
    switches, graph = parsed("".join(map(str, write(subject, "ns3"))))
    assert switches == set(range(12, 17)) and graph.number_of_edges() == 12 + 6
    names = {
        int(row["node"]): row["device"]
        for row in csv.DictReader(StringIO("".join(map(str, write(subject, "ns3-nodes"))), newline=""))
    }
    by_name = nx.relabel_nodes(graph, names)
    assert by_name.edges["n[1, 2]", "leaf[1]"] == {"rate": 400.0, "delay": 170 + 150}
    assert by_name.edges["leaf[2]", "spine[0]"] == {"rate": 800.0, "delay": 170 + 150 + 250}
    assert sorted(names) == list(range(17))


def test_ways_take_as_long_as_in_cmx() -> None:
    """From host to host each switch on the way counts once, as `cmx fabric` has it."""
    subject = cmxdsl.loads(CLOS).subject
    switches, graph = parsed("".join(map(str, write(subject, "ns3"))))
    found: dict[int, int] = {}
    for host in set(graph) - switches:
        for other, time in nx.single_source_dijkstra_path_length(graph, host, weight="delay").items():
            if other not in switches and other != host:
                found[round(time * 1000)] = found.get(round(time * 1000), 0) + 1
    assert found == latency(subject, "scale_out").histogram
    hops = network(subject, "scale_out").distances
    assert hops is not None and sum(found.values()) == sum(hops.histogram.values())


def test_the_flagship(flagship: cmxdsl.Design) -> None:
    switches, graph = parsed("".join(map(str, write(flagship.subject, "ns3", plane="scale_up"))))
    assert len(graph) - len(switches) == 384 and len(switches) == 336 + 112
    hosts = set(graph) - switches
    assert all(sum(graph.edges[h, n]["rate"] for n in graph[h]) == pytest.approx(392 * 8) for h in hosts)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("; latency = 150 ns", "", "is unknown without"),
        ("rate = 400 Gb/s; latency", "latency", "is not known"),
        ("role = nic; port p: P", "role = nic; port p: P; port q: P", ""),
    ],
)
def test_what_it_cannot_say_is_refused(old: str, new: str, words: str) -> None:
    text = CLOS.replace(old, new)
    if not words:
        text = text.replace("link leaf", "link n[0, 0].q -- n[1, 0].q over C\n    link leaf")
        words = "hosts pass no traffic on there, and `n[0, 0]` is linked to `n[1, 0]`"
    if "is unknown" in words:
        text = text.replace("latency = 300 ns; ", "").replace("latency = 500 ns; ", "")
    with pytest.raises(Unwritable) as refused:
        list(write(cmxdsl.loads(text).subject, "ns3"))
    assert words in str(refused.value)


def test_a_plane_without_switches_is_refused() -> None:
    ring = "protocol P { plane = scale_up; rate = 1 Gb/s; latency = 1 ns }\nchip A { port p[2]: P }\n"
    ring += "system Top { a[4]: A; link a[i].p[1] -- a[(i + 1) mod 4].p[0] }\n"
    with pytest.raises(Unwritable, match="has no switches"):
        list(write(cmxdsl.loads(ring).subject, "ns3"))
