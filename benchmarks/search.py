"""A search of all splits of 16,384 accelerators, beside loading the design, which times the three runs it states."""

from __future__ import annotations

import time
from pathlib import Path

import cmxdsl
from cmxdsl.analysis.work.search import search

DESIGN = Path(__file__).parent.parent / "designs" / "training_llama3.cmx"


def main() -> None:
    start = time.perf_counter()
    subject = cmxdsl.load(DESIGN).subject
    loaded = time.perf_counter() - start
    start = time.perf_counter()
    found = search(subject, "large")
    every = time.perf_counter() - start
    print(f"the design of {found.chips:,} accelerators and three runs: {loaded:.2f} s")
    print(f"{found.tried:,} splits, {found.fit:,} of them timed: {every:.2f} s, {every / loaded:.1f} times as long")
    print(f"{every / found.fit * 1e3:.2f} ms for each that was timed")


if __name__ == "__main__":
    main()
