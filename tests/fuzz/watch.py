"""A process of its own for work that may crash, hang or take all memory, and what came of it."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import frozen

HARD = 3 << 30  # bytes of address space past the start: reserved memory counts, so more than the limit that is tested


@frozen
class Ended:
    """How a process ended: what the work returned, or why it did not."""

    value: Any
    problem: str
    seconds: float
    megabytes: int


def watched(work: Callable[[], Any], seconds: float) -> Ended:
    """Do work in a forked process that may take so much processor time; by the clock, where it sleeps, ten times that."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result"
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            _child(work, result, seconds)
        status, usage = None, None
        while status is None:
            done, code, usage = os.wait4(child, os.WNOHANG)
            if done:
                status = code
            elif time.monotonic() - start > 10 * seconds:
                os.kill(child, signal.SIGKILL)
                _, _, usage = os.wait4(child, 0)
                return Ended(
                    None, f"not done after {10 * seconds:.0f} s by the clock", seconds, usage.ru_maxrss // 1024
                )
            else:
                time.sleep(0.005)
        taken, most = time.monotonic() - start, usage.ru_maxrss // 1024
        if status or not result.is_file():
            return Ended(None, f"ended with status {os.waitstatus_to_exitcode(status)}", taken, most)
        return Ended(pickle.loads(result.read_bytes()), "", taken, most)


def _child(work: Callable[[], Any], result: Path, seconds: float) -> None:
    try:
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
        resource.setrlimit(resource.RLIMIT_AS, (size + HARD, size + HARD))
        result.write_bytes(pickle.dumps(work()))
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(99)
    os._exit(0)
