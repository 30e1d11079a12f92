"""ASTRA-sim's analytical network (`network.yml`), its system layer, and which device is which of its NPUs.

A network there is a product of rings, full meshes and switches, so that only a plane that is proved to be one is
written. Its gigabyte is 2^30 bytes, a link takes its latency once for each hop, and a switch is two hops.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from typing import Any

from cmxdsl.analysis.network.factoring import MESH, RING, SWITCH, Factor, Product, product
from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.analysis.network.parallel import NoProduct
from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.kit.sheet import csv_lines
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.units import unit

GIGABYTE = 2**30
# How a collective runs in a dimension, as ASTRA-sim's own examples pair them.
ALGORITHMS = {RING: "ring", MESH: "direct", SWITCH: "halvingDoubling"}
COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all")


def topology(plane: Cabling) -> Iterator[str]:
    """`network.yml`: an entry for each dimension in four lists, the fastest first. Raises Unwritable where the plane is
    no product, or where a rate or a latency that goes there is not known."""
    found, net = _product(plane)
    rates = [f.rate for f in found.factors]
    if None in rates:
        raise Unwritable(f"a rate of the plane `{net.plane}` is not known, and ASTRA-sim takes none for granted")
    times, devices = plane.delays()
    sizes = [f.size for f in found.factors]
    shape = f"{' x '.join(map(str, sizes))} = " if len(sizes) > 1 else ""
    yield f"# {plane.subject.top.name}, plane {net.plane}: {shape}{prod(sizes):,} endpoints.\n"
    yield "# That it is this product was proved link by link. Bandwidth in GiB/s each way, latency in ns of a hop.\n"
    yield f"topology: [ {', '.join(f.kind for f in found.factors)} ]\n"
    yield f"npus_count: [ {', '.join(map(str, sizes))} ]\n"
    yield f"bandwidth: [ {', '.join(repr((f.rate or 0) / 8 / GIGABYTE) for f in found.factors)} ]\n"
    yield f"latency: [ {', '.join(repr(_hop(net, f, times, devices) / 1000) for f in found.factors)} ]\n"


def system(plane: Cabling) -> Iterator[str]:
    """`system.json`: what a chip computes and how fast its memory is, with the settings of ASTRA-sim's examples. Raises
    Unwritable where the plane is no product, or joins other things than chips of one kind whose numbers are known."""
    found, net = _product(plane)
    parts = {net.group_of(number).component for number in found.coordinates}
    if len(parts) > 1:
        raise Unwritable(f"the endpoints are of several kinds: {', '.join(sorted(p.name for p in parts))}")
    (part,) = parts
    bandwidth, peak = part.quantity("memory.bandwidth"), part.quantity("compute.bf16") or part.quantity("compute.fp16")
    lacking = [name for name, value in (("memory.bandwidth", bandwidth), ("compute.bf16", peak)) if value is None]
    if bandwidth is None or peak is None:
        raise Unwritable(f"`{part.name}`, an endpoint of the plane `{net.plane}`, has no {' and no '.join(lacking)}")
    content: dict[str, Any] = {
        "scheduling-policy": "LIFO",
        "endpoint-delay": 10,
        "active-chunks-per-dimension": 1,
        "preferred-dataset-splits": 4,
    }
    for collective in COLLECTIVES:
        content[f"{collective}-implementation"] = [ALGORITHMS[f.kind] for f in found.factors]
    content |= {
        "collective-optimization": "localBWAware",
        "local-mem-bw": float(bandwidth.value / unit("GB/s").factor),
        "boost-mode": 0,
        "roofline-enabled": 1,
        "peak-perf": float(peak.value / unit("TFLOPS").factor),
    }
    yield json.dumps(content, indent=2) + "\n"


def npus(plane: Cabling) -> Iterator[str]:
    """Which device is which NPU, as CSV: numbers in the order of ASTRA-sim, the first dimension fastest."""
    found, _ = _product(plane)
    sizes = [f.size for f in found.factors]
    numbered = sorted((number_of(at, sizes), device) for device, at in found.coordinates.items())
    yield from csv_lines([("npu", "device")])
    yield from csv_lines((number, plane.name(device)) for number, device in numbered)


def number_of(at: tuple[int, ...], sizes: list[int]) -> int:
    """The number of the NPU at some coordinates."""
    return sum(place * prod(sizes[:k]) for k, place in enumerate(at))


def _product(plane: Cabling) -> tuple[Product, Fabric]:
    """The product, of the endpoints that `cmx fabric` answers about, and the plane with its roles."""
    try:
        return product(plane.asked.net, plane.asked.carried), plane.asked.net
    except NoProduct as error:
        raise Unwritable(
            f"the plane `{plane.net.plane}` is no product of rings, full meshes and switches: {error}"
        ) from None


def _hop(net: Fabric, factor: Factor, times: Any, devices: Any) -> float:
    """Picoseconds of a hop: of the slowest link or, through switches, half of the way to the farthest endpoint."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    if factor.kind != SWITCH:
        return float(times[factor.links].max())
    inside = np.zeros(net.size, dtype=bool)
    inside[list(factor.devices)] = True
    own = np.flatnonzero(inside[net.a] | inside[net.b])
    a, b = net.a[own], net.b[own]
    tails, heads = np.concatenate([a, b]), np.concatenate([b, a])
    weights = np.concatenate([times[own], times[own]]) + devices[tails] + 1e-9  # links that take no time are links too
    order = np.lexsort((weights, heads, tails))
    tails, heads, weights = tails[order], heads[order], weights[order]
    first = np.append(True, (np.diff(tails) != 0) | (np.diff(heads) != 0))  # the fastest of parallel links
    graph = coo_array((weights[first], (tails[first], heads[first])), shape=(net.size, net.size)).tocsr()
    ends = np.flatnonzero(roles(net).ends & np.isin(np.arange(net.size), tails))
    far = dijkstra(graph, indices=int(ends[0]))[ends]
    return round(float(far.max()), 3) / 2
