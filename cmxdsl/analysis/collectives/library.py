"""What libraries of collectives reach: their own models of latency and efficiency, as published, with the version.

Latencies are seconds: `start` is what a collective takes at least, and `near` and `far` what each further message takes
inside a scale-up domain and between such, by family of algorithms and protocol. `reach` is the share of the links'
attainable rate that a protocol's data take. NCCL's protocols: LL sends 4 bytes of flag with each 4 of data and polls
them, LL128 8 with 120, Simple sends data alone and synchronises once a chunk.

What links attain is no matter of the library: it is the attribute `efficiency` of their protocol.
"""

from __future__ import annotations

from collections.abc import Mapping

from cmxdsl.records import evolve, frozen


@frozen
class Protocol:
    """A family of algorithms under one protocol."""

    start: float
    near: float
    far: float
    reach: float


@frozen
class Library:
    """`table` has the protocols of each family of algorithms; what has no row is not in the library. `ring_wait` is by
    how much rings over several domains wait longer than the sum of their messages."""

    name: str
    era: str
    source: str
    table: Mapping[str, Mapping[str, Protocol]]
    ring_wait: Mapping[str, float]


def _row(**protocols: tuple[float, float, float, float]) -> Mapping[str, Protocol]:
    """Latencies in microseconds."""
    return {
        n: Protocol(start / 1e6, near / 1e6, far / 1e6, reach) for n, (start, near, far, reach) in protocols.items()
    }


NCCL = Library(
    "NCCL",
    "NCCL 2.30, 2026",
    "NVIDIA/nccl v2.30.7, src/graph/tuning.cc: baseLatencies, hwLatencies, protocol factors of ncclTopoTuneModel",
    {
        "ring": _row(LL=(6.6, 0.6, 2.7, 0.5), LL128=(14.0, 1.9, 4.0, 0.92), Simple=(8.4, 3.4, 14.0, 1.0)),
        "tree": _row(
            LL=(6.8, 0.6, 5.0, 0.92 / 3.8), LL128=(14.0, 1.25, 8.5, 0.92 * 120 / 128), Simple=(8.4, 4.0, 14.0, 0.92)
        ),
        "switch": _row(Simple=(0.0, 25.0, 18.0, 1.0)),
        "switch tree": _row(Simple=(0.0, 25.0, 20.9, 1.0)),
        # Point-to-point messages have no row in NCCL's model: those of a ring's step are taken.
        "send": _row(LL=(6.6, 0.6, 2.7, 0.5), Simple=(8.4, 3.4, 14.0, 1.0)),
    },
    {"Simple": 1.4},
)

RCCL = Library(
    "RCCL",
    "RCCL 2.27, 2025",
    "ROCm/rccl 9e22c79, src/graph/tuning.cc: tuning_model_5 (MI300X), baseLat, hwLat, bwRatio",
    {
        "ring": _row(LL=(12.0, 0.8, 9.5, 0.08), Simple=(17.0, 2.1, 320.0, 1.0)),
        "tree": _row(LL=(12.0, 0.9, 10.5, 0.06), Simple=(17.0, 2.3, 25.0, 0.59)),
        "send": _row(LL=(12.0, 0.8, 9.5, 0.08), Simple=(17.0, 2.1, 15.1, 1.0)),
    },
    {},
)

# What has no library with a published model may run any algorithm; those that NCCL lacks wait as its rings do.
UNKNOWN = evolve(NCCL, name="", table={**NCCL.table, **dict.fromkeys(("direct", "multicast"), NCCL.table["ring"])})

BY_VENDOR: Mapping[str, Library] = {"NVIDIA": NCCL, "AMD": RCCL}


def library_of(vendor: str) -> Library:
    """The library for a maker's chips; `UNKNOWN` where it has published no model of its own."""
    return BY_VENDOR.get(vendor, UNKNOWN)
