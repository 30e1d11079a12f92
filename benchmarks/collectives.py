"""Collectives over half a million accelerators of `campus.cmx`: the fabric's share, once, and a time after that."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import cmxdsl
from cmxdsl.analysis.collectives import machine, prepared

HERE = Path(__file__).parent


def main() -> None:
    start = time.perf_counter()
    found = machine(cmxdsl.load(HERE / "campus.cmx").subject)
    print(f"{found.size:,} accelerators and their planes: {time.perf_counter() - start:.1f} s")
    # Of the eight GPU racks of a block, four share their leaves with no other: half of all are joined by each network.
    ranks = np.arange(found.size).reshape(-1, 8, 64)[:, :4].reshape(-1, 64)
    for axes, name in (((1,), "inside racks of 64"), ((0,), "across 8,192 racks"), ((0, 1), "all of them")):
        start = time.perf_counter()
        paths = prepared(found, ranks, axes)
        one = paths.time("all_gather", 2**30)
        first = time.perf_counter() - start
        start = time.perf_counter()
        for k in range(1000):
            paths.time("all_gather", 2**20 + k)
        each = (time.perf_counter() - start) / 1000
        print(f"all-gather {name}: {first:.1f} s, then {each * 1e6:.0f} us a size; {one.algorithm}")


if __name__ == "__main__":
    main()
