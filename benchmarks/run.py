"""Times cmx beside what it is compared with, in turns, and prints ratios of medians.

python benchmarks/run.py [ROUNDS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
FLAGSHIP = HERE.parent / "designs" / "cloudmatrix384.cmx"
CAMPUS = HERE / "campus.cmx"
PYTHON = sys.executable
CMX = [PYTHON, "-m", "cmxdsl.cli.main"]


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds of a whole process, and its peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, command
    return seconds, usage.ru_maxrss / 1024


def beside(name: str, ours: list[str], theirs: list[str], aim: str, rounds: int) -> None:
    """One comparison: both commands in turns, the ratio of their medians."""
    timed(ours), timed(theirs)  # files into the cache, byte code compiled
    runs = [(timed(ours), timed(theirs)) for _ in range(rounds)]
    mine = statistics.median(r[0][0] for r in runs)
    other = statistics.median(r[1][0] for r in runs)
    memory = max(r[0][1] for r in runs)
    print(f"{name:<44} {mine:7.3f} s  {other:7.3f} s  ratio {mine / other:7.2f}  {memory:6.0f} MB   aim: {aim}")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(f"{'':<44} {'cmx':>9}  {'other':>9}")
    imports = [PYTHON, "-c", "import lark, attrs"]
    networkx = [PYTHON, "-c", "import networkx"]
    bom, summary = [*CMX, "bom", str(CAMPUS)], [*CMX, "summary", str(CAMPUS)]
    beside("check flagship / import lark, attrs", [*CMX, "check", str(FLAGSHIP)], imports, "4 or less", rounds)
    beside("BOM of a million chips / import networkx", bom, networkx, "2 or less, 150 MB", rounds)
    beside("summary of a million / import networkx", summary, networkx, "2 or less, 150 MB", rounds)
    for view in ("elevation", "floor", "cables"):
        draw = [*CMX, "render", str(FLAGSHIP), "--view", view, "--format", "svg"]
        beside(f"{view} of 16 racks / check of them", draw, [*CMX, "check", str(FLAGSHIP)], "1 s more", rounds)
    hall = [*CMX, "cables", str(HERE / "hall.cmx"), "--list", "schedule", "--format", "csv"]
    beside("schedule of 102,400 cables / import networkx", hall, networkx, "5 s, 500 MB", max(1, rounds // 3))
    clos, infragraph = [*CMX, "check", str(HERE / "clos.cmx")], [PYTHON, str(HERE / "clos_infragraph.py")]
    beside("Clos of 8,192 hosts: check / infragraph", clos, infragraph, "0.02 or less", max(1, rounds // 5))


if __name__ == "__main__":
    main()
