"""Twenty pairs of swapped cables in a fat-tree of 65,536 endpoints, found by `cmx verify` with the design's names and
in a list of strangers; beside it, networkx reads the same list into a graph.

python benchmarks/verify.py
"""

from __future__ import annotations

import csv
import random
import tempfile
from pathlib import Path

from measure import PYTHON, beside, cmx

import cmxdsl

DESIGN = """
protocol P { plane = scale_out; rate = 400 Gb/s }
chip Nic { role = nic; port p: P }
switch Sw { port p[64]: P }
board Pod {
    host[32, 32]: Nic
    edge[32]: Sw
    agg[32]: Sw
    link host[e, h].p -- edge[e].p[h] for h in 0..31
    link edge[e].p[32 + a] -- agg[a].p[e] for a in 0..31, e in 0..31
    port up[a, c] = agg[a].p[32 + c] for c in 0..31
}
system FatTree {
    pod[64]: Pod
    core[32, 32]: Sw
    link pod[p].up[a, c] -- core[a, c].p[p]
}
"""
READ = """
import csv, sys, networkx
graph = networkx.Graph()
graph.add_edges_from((row[0], row[2]) for row in csv.reader(open(sys.argv[1])))
"""
TITLES = ("a_device", "a_port", "b_device", "b_port")
PAIRS = 20


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        design, named, strange = (str(Path(folder, name)) for name in ("f.cmx", "named.csv", "strange.csv"))
        Path(design).write_text(DESIGN)
        rows = [row[:4] for row in csv.reader("".join(cmxdsl.load(design).export("links")).splitlines())][1:]
        drawn = random.Random(7)
        picked = drawn.sample(range(len(rows)), 2 * PAIRS)
        for one, other in zip(picked[::2], picked[1::2], strict=True):
            rows[one][2:], rows[other][2:] = rows[other][2:], rows[one][2:]
        _write(named, rows)
        called: dict[str, str] = {}
        for row in drawn.sample(rows, len(rows)):
            for k in (0, 2):
                row[k] = called.setdefault(row[k], f"dev-{drawn.getrandbits(48):012x}")
        _write(strange, rows)
        for words, dump in (("with names", named), ("strangers", strange)):
            ratio, seconds, memory = beside(cmx("verify", design, "--built", dump), [PYTHON, "-c", READ, dump], 3, (1,))
            told = f"{seconds:.1f} s, {memory:.0f} MB, {ratio:.1f} times networkx reading it"
            print(f"{len(rows):,} cables, {words}: {told}")


def _write(path: str, rows: list[list[str]]) -> None:
    with Path(path).open("w", newline="") as stream:
        csv.writer(stream).writerows([TITLES, *rows])


if __name__ == "__main__":
    main()
