"""What libraries of collectives reach: their own constants, as published, with the version.

A collective of x seconds on the links takes `latency + x + 2 sqrt(x f)`. `latency` is what it takes for a few bytes:
the start and a message for each step, under the protocol that is fastest for them (LL: flags beside the data). More
bytes go in chunks, and `f` is what a chunk waits for at each stage of the pipeline under the protocol that sends data
alone (Simple); with the best size of chunks, filling the pipeline costs the square root (Johnsson and Ho, 1989).

What links attain is no matter of the library: it is the attribute `efficiency` of their protocol.
"""

from __future__ import annotations

from collections.abc import Mapping

from cmxdsl.records import evolve, frozen


@frozen
class Row:
    """A family of algorithms: seconds that it takes to start, that a message takes inside a scale-up domain and between
    such, and that a chunk waits there; and the share of the links' attainable rate that it reaches."""

    start: float
    near: float
    far: float
    chunk_near: float
    chunk_far: float
    reach: float = 1.0


@frozen
class CollectiveLibrary:
    """`table` has the families of algorithms; what has no row is not in the library."""

    name: str
    era: str
    source: str
    table: Mapping[str, Row]


def _row(start: float, near: float, far: float, chunk_near: float, chunk_far: float, reach: float = 1.0) -> Row:
    """Latencies in microseconds."""
    return Row(start / 1e6, near / 1e6, far / 1e6, chunk_near / 1e6, chunk_far / 1e6, reach)


NCCL = CollectiveLibrary(
    "NCCL",
    "NCCL 2.30, 2026",
    "NVIDIA/nccl v2.30.7, src/graph/tuning.cc: baseLatencies and hwLatencies of LL and of Simple, 0.92 of trees",
    {
        "ring": _row(6.6, 0.6, 2.7, 3.4, 14.0),
        "tree": _row(6.8, 0.6, 5.0, 4.0, 14.0, reach=0.92),
        # NVLS has one latency for all of it; its chunks take two messages, which are those of a ring.
        "switch": _row(0.0, 25.0, 18.0, 3.4, 18.0),
        "switch tree": _row(0.0, 25.0, 20.9, 3.4, 20.9),
        # Point-to-point messages have no row in NCCL's model: those of a ring's step are taken.
        "send": _row(6.6, 0.6, 2.7, 3.4, 14.0),
    },
)

RCCL = CollectiveLibrary(
    "RCCL",
    "RCCL 2.27, 2025",
    "ROCm/rccl 9e22c79, src/graph/tuning.cc: baseLat and hwLat of tuning_model_5 (MI300X); far chunks as its trees'",
    {
        "ring": _row(12.0, 0.8, 9.5, 2.1, 25.0),
        "tree": _row(12.0, 0.9, 10.5, 2.3, 25.0, reach=0.59),
        "send": _row(12.0, 0.8, 9.5, 2.1, 25.0),
    },
)

# What has no library with a published model may run any algorithm; those that NCCL lacks wait as its rings do.
UNKNOWN = evolve(NCCL, name="", table={**NCCL.table, **dict.fromkeys(("direct", "multicast"), NCCL.table["ring"])})

BY_VENDOR: Mapping[str, CollectiveLibrary] = {"NVIDIA": NCCL, "AMD": RCCL}


def library_of(vendor: str) -> CollectiveLibrary:
    """The library for a maker's chips; `UNKNOWN` where it has published no model of its own."""
    return BY_VENDOR.get(vendor, UNKNOWN)
