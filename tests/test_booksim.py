"""What BookSim reads is the plane: the same distances between the same endpoints."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO

import networkx as nx
import pytest

import cmxdsl
from cmxdsl.analysis.network.metrics import network
from cmxdsl.outputs.exports import write
from cmxdsl.outputs.registry import Unwritable

HEAD = "protocol P { plane = scale_out; rate = 400 Gb/s }\nprotocol Q { plane = scale_out; rate = 200 Gb/s }\n"
DRAGONFLY = """
chip N { port p: P }
switch S { port d[2]: P; port l[3]: P; port g[2]: P }
system Top {
    n[9, 4, 2]: N
    s[9, 4]: S
    link n[g, r, h].p -- s[g, r].d[h]
    link s[g, r].l[q - 1] -- s[g, q].l[r] where r < q for r in 0..3, q in 0..3
    link s[i, (j - i - 1) div 2].g[(j - i - 1) mod 2] -- s[j, (8 - (j - i)) div 2].g[(8 - (j - i)) mod 2]
        where i < j for i in 0..8, j in 0..8
}
"""
RING = "chip N { port p[2]: P }\nsystem Top { n[7]: N; link n[i].p[1] -- n[(i + 1) mod 7].p[0] }\n"
TWO_PLANES = """
chip N { port p[2]: P }
switch S { port d[4]: P }
system Top { n[4]: N; s[2]: S; link n[i].p[k] -- s[k].d[i] }
"""


def parsed(text: str) -> nx.Graph:
    """As BookSim's reader has it: behind a router's number pairs of a kind and a number."""
    graph = nx.Graph()
    for line in text.splitlines():
        words = line.split(" ")
        pairs = list(zip(words[::2], map(int, words[1::2]), strict=True))
        assert pairs[0][0] == "router"
        graph.add_edges_from((pairs[0], other) for other in pairs[1:])
    return graph


@pytest.mark.parametrize(("body", "routers"), [(DRAGONFLY, 36), (RING, 7), (TWO_PLANES, 6)])
def test_the_network_has_the_planes_distances(body: str, routers: int) -> None:
    subject = cmxdsl.loads(HEAD + body).subject
    graph = parsed("".join(write(subject, "booksim")))
    nodes = [v for v in graph if v[0] == "node"]
    assert sorted(n for _, n in nodes) == list(range(len(nodes)))
    assert sorted(n for kind, n in graph if kind == "router") == list(range(routers))
    # An endpoint that is a router is one step behind it, at both ends.
    behind = 0 if body == DRAGONFLY else 2
    found: Counter[int] = Counter()
    for node in nodes:
        found.update(
            d - behind for other, d in nx.single_source_shortest_path_length(graph, node).items() if other in nodes
        )
    hops = network(subject, "scale_out").distances
    assert hops is not None
    found.pop(-behind)
    assert dict(found) == dict(hops.histogram)


def test_who_is_who_is_written_beside() -> None:
    subject = cmxdsl.loads(HEAD + TWO_PLANES).subject
    rows = list(csv.DictReader(StringIO("".join(write(subject, "booksim-nodes")), newline="")))
    assert [row["device"] for row in rows] == ["n[0]", "n[1]", "n[2]", "n[3]", "s[0]", "s[1]"]
    assert [row["node"] for row in rows] == ["0", "1", "2", "3", "", ""]
    assert [row["router"] for row in rows] == list("012345")
    graph = parsed("".join(write(subject, "booksim")))
    assert sorted(graph[("router", 4)]) == [("router", k) for k in range(4)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "chip N { port p: P; port q: Q }\nswitch S { port p[4]: P; port q[4]: Q }\n"
            "system Top { n[4]: N; s[2]: S; link n[i].p -- s[0].p[i]; link n[i].q -- s[1].q[i] where i < 2 }\n",
            "`n[0]` and `s[1]` are joined at 200 Gb/s, and most devices at 400 Gb/s",
        ),
        (
            "protocol U { plane = scale_out }\nchip N { port p[2]: U }\n"
            "system Top { n[3]: N; link n[i].p[1] -- n[(i + 1) mod 3].p[0] }\n",
            "is not known",
        ),
    ],
)
def test_what_its_channels_cannot_say_is_refused(body: str, words: str) -> None:
    design = cmxdsl.loads(HEAD + body)
    with pytest.raises(Unwritable) as refused:
        list(write(design.subject, "booksim"))
    assert words in str(refused.value)
