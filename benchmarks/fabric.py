"""The k-ary fat-tree at a thousand to a million hosts: build, exact hop distribution, bisection; each in a process of
its own, beside networkx, rustworkx and igraph doing the same on the same links, and infragraph building its own tree.

python benchmarks/fabric.py [LARGEST]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

SIZES = {16: "1k", 36: "12k", 74: "101k", 160: "1M"}  # k, and k^3 / 4 hosts
TEXT = """protocol P {{ plane = scale_out; rate = 100 Gb/s }}
chip Host {{ port p: P }}
switch Box {{ port p[{k}]: P }}
system FatTree {{
    host[{k}, {h}, {h}]:   Host
    edge[{k}, {h}]:        Box
    aggregation[{k}, {h}]: Box
    core[{h}, {h}]:        Box
    link host[q, e, i].p -- edge[q, e].p[i] for i in 0..{last}
    link edge[q, e].p[{h} + a] -- aggregation[q, a].p[e] for e in 0..{last}
    link aggregation[q, a].p[{h} + c] -- core[a, c].p[q]
}}
"""
OURS = """
import sys, time
import cmxdsl
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.analysis.network.hops import hops
from cmxdsl.analysis.network.metrics import network
start = time.perf_counter(); subject = cmxdsl.load(sys.argv[1]).subject
net = fabric(subject, "scale_out"); built = time.perf_counter()
found = hops(net); reached = time.perf_counter()
assert network(subject, "scale_out").bisection.exact; done = time.perf_counter()
print(built - start, reached - built, done - reached, found.mean)
"""
EDGES = """
import sys, time
k = int(sys.argv[1]); h = k // 2
hosts, edges = k * h * h, k * h
def links():
    for q in range(k):
        for e in range(h):
            for i in range(h):
                yield (q * h + e) * h + i, hosts + q * h + e
                yield hosts + q * h + e, hosts + edges + q * h + i
                yield hosts + edges + q * h + e, hosts + 2 * edges + e * h + i
"""
NETWORKX = (
    EDGES
    + """
import networkx as nx
start = time.perf_counter()
graph = nx.Graph(); graph.add_edges_from(links()); built = time.perf_counter()
total = pairs = 0
if sys.argv[2] == "all":
    for source in range(hosts):
        for node, d in nx.single_source_shortest_path_length(graph, source).items():
            if node < hosts and d: total += d; pairs += 1
print(built - start, time.perf_counter() - built, 0, total / pairs if pairs else 0)
"""
)
RUSTWORKX = (
    EDGES
    + """
import rustworkx as rx
start = time.perf_counter()
graph = rx.PyGraph(); graph.extend_from_edge_list(list(links())); built = time.perf_counter()
mean = 0
if sys.argv[2] == "all":
    matrix = rx.graph_distance_matrix(graph)[:hosts, :hosts]
    mean = matrix.sum() / (hosts * (hosts - 1))
print(built - start, time.perf_counter() - built, 0, mean)
"""
)

IGRAPH = (
    EDGES
    + """
import igraph
start = time.perf_counter()
graph = igraph.Graph(edges=list(links())); built = time.perf_counter()
mean = 0
if sys.argv[2] == "all":
    some = (range(s, min(hosts, s + 64)) for s in range(0, hosts, 64))
    total = sum(sum(row) for sources in some for row in graph.distances(sources, range(hosts)))
    mean = total / (hosts * (hosts - 1))
print(built - start, time.perf_counter() - built, 0, mean)
"""
)

INFRAGRAPH = (Path(__file__).parent / "clos_infragraph.py").read_text("utf-8")


def run(program: str, *words: str) -> tuple[list[float], float]:
    """What the program printed, and its peak memory in MB."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-c", program, *words], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        out.seek(0)
        text = out.read().decode()
    assert status == 0, program
    return [float(word) for word in text.split()], usage.ru_maxrss / 1024


def main() -> None:
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else max(SIZES)
    print(f"{'hosts':>6}  {'':<10} {'build':>9} {'hops':>10} {'the rest':>9} {'memory':>9}   mean")
    for k, name in SIZES.items():
        if k > largest:
            break
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tree.cmx"
            file.write_text(TEXT.format(k=k, h=k // 2, last=k // 2 - 1), encoding="utf-8")
            rows = [("cmx", *run(OURS, str(file)))]
        reach = "all" if k <= 16 else "none"
        rows.append(("networkx", *run(NETWORKX, str(k), reach)))
        rows.append(("rustworkx", *run(RUSTWORKX, str(k), "all" if k <= 36 else "none")))
        rows.append(("igraph", *run(IGRAPH, str(k), "all" if k <= 36 else "none")))
        if k <= 36 and find_spec("infragraph"):
            (built, _), memory = run(INFRAGRAPH, str(k), "3")
            rows.append(("infragraph", [built, 0.0, 0.0, 0.0], memory))
        for who, (built, hops, rest, mean), memory in rows:
            shown = f"{hops:8.3f} s" if mean else "   too long"
            print(f"{name:>6}  {who:<10} {built:7.3f} s {shown:>10} {rest:7.3f} s {memory:6.0f} MB   {mean:.6f}")


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"in all {time.perf_counter() - start:.0f} s")
