"""Whole processes, measured by the operating system: processor seconds and peak memory, and ratios pair by pair."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
DESIGNS = HERE.parent / "designs"
FLAGSHIP, FRONTIER = str(DESIGNS / "cloudmatrix384.cmx"), str(DESIGNS / "frontier.cmx")
CAMPUS, HALL = str(HERE / "campus.cmx"), str(HERE / "hall.cmx")
PYTHON = sys.executable


def cmx(*arguments: str) -> list[str]:
    """A command of the installed package."""
    return [PYTHON, "-m", "cmxdsl.cli.main", *arguments]


IMPORTS = [PYTHON, "-c", "import lark, attrs"]
NETWORKX = [PYTHON, "-c", "import networkx"]


def run(command: Sequence[str], passes: Sequence[int] = (0,)) -> tuple[float, float]:
    """Processor seconds of a process with all its children, and the peak memory of the largest of them in MB."""
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=plain)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in passes:
        raise SystemExit(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def beside(
    ours: Sequence[str], theirs: Sequence[str], rounds: int, passes: Sequence[int] = (0,)
) -> tuple[float, float, float]:
    """Both in turns, after a run that is not counted: the median of the pairs' ratios, our seconds, our memory.
    Ours may end with one of `passes`."""
    run(ours, passes), run(theirs)
    pairs = [(run(ours, passes), run(theirs)) for _ in range(rounds)]
    return (
        statistics.median(a[0] / b[0] for a, b in pairs),
        statistics.median(a[0] for a, _ in pairs),
        max(a[1] for a, _ in pairs),
    )
