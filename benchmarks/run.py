"""Everything, as ratios beside goals: commands, curves of growth, peak memory.

python benchmarks/run.py [ROUNDS]         prints all of it
python benchmarks/run.py --budget [FILE]  runs the comparisons of budget.json; status 1 where one is over its limit
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from curves import print_curves
from measure import CAMPUS, DESIGNS, FLAGSHIP, FRONTIER, HALL, HERE, IMPORTS, NETWORKX, PYTHON, beside, cmx, run

# What is compared, with what, and the goal for the ratio (as a limit of MB behind it where there is one).
COMPARISONS = {
    "check of the flagship / import lark, attrs": (cmx("check", FLAGSHIP, "--no-cache"), IMPORTS, "1.5"),
    "check of Frontier / import lark, attrs": (cmx("check", FRONTIER, "--no-cache"), IMPORTS, "7"),
    "check of all designs / import lark, attrs": (cmx("check", str(DESIGNS), "--no-cache"), IMPORTS, "20"),
    "the flagship again, unchanged / import lark, attrs": (cmx("check", FLAGSHIP), IMPORTS, "1.5"),
    "all designs again, unchanged / import lark, attrs": (cmx("check", str(DESIGNS)), IMPORTS, "4"),
    "BOM of a million chips / import networkx": (cmx("bom", CAMPUS), NETWORKX, "1, 40 MB"),
    "summary of a million chips / import networkx": (cmx("summary", CAMPUS), NETWORKX, "1, 40 MB"),
    "cables of a million chips / import networkx": (cmx("cables", CAMPUS), NETWORKX, "40"),
    "schedule of 102,400 cables / import networkx": (
        cmx("cables", HALL, "--list", "schedule", "--format", "csv"),
        NETWORKX,
        "1",
    ),
    "fabric of a million chips / import networkx": (cmx("fabric", CAMPUS), NETWORKX, "40"),
}
SLOW = {
    "Clos of 8,192 hosts: check / infragraph": (
        cmx("check", str(HERE / "clos.cmx"), "--no-cache"),
        [PYTHON, str(HERE / "clos_infragraph.py")],
        "0.02",
    ),
}
COMMANDS = ("check", "bom", "summary", "cables", "fabric", "power", "optics", "expect", "ir", "report")


def compare(rounds: int) -> None:
    print(f"{'':<52} {'ratio':>7} {'s':>8} {'MB':>6}   goal")
    for name, (ours, theirs, goal) in {**COMPARISONS, **(SLOW if find_spec("infragraph") else {})}.items():
        ratio, seconds, memory = beside(ours, theirs, 1 if name in SLOW else rounds)
        print(f"{name:<52} {ratio:7.2f} {seconds:8.3f} {memory:6.0f}   {goal}", flush=True)


def peaks() -> None:
    print(f"\n{'peak memory, MB':<20} {'flagship':>10} {'a million':>10}")
    for command in COMMANDS:
        ends = ["-o", "/dev/null"] if command == "report" else []
        ends += ["--no-cache"] * (command == "check")
        found = [run(cmx(command, file, *ends), passes=(0, 1))[1] for file in (FLAGSHIP, CAMPUS)]
        print(f"{'cmx ' + command:<20} {found[0]:10.0f} {found[1]:10.0f}", flush=True)


def budget(file: Path) -> int:
    """How many comparisons are over their limits."""
    over = 0
    for name, limit in json.loads(file.read_text("utf-8")).items():
        ours, theirs, _ = COMPARISONS[name]
        ratio, _, _ = beside(ours, theirs, 3)
        over += ratio > limit
        print(f"{'OVER' if ratio > limit else 'kept':<5} {name:<48} {ratio:7.2f}, limit {limit}", flush=True)
    return over


def main() -> None:
    if sys.argv[1:2] == ["--budget"]:
        sys.exit(budget(Path(sys.argv[2]) if len(sys.argv) > 2 else HERE / "budget.json") > 0)
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    print_curves()
    peaks()


if __name__ == "__main__":
    main()
