"""BookSim's `anynet`: routers and the nodes at them.

Its channels are all alike, a flit a cycle each way, and two routers have one between them, so that only a plane whose
devices are joined at one rate is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cmxdsl.analysis.network.graph import roles
from cmxdsl.analysis.network.parallel import pair
from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.kit.sheet import csv_lines
from cmxdsl.outputs.registry import Unwritable


def anynet(plane: Cabling) -> Iterator[str]:
    """A router a line. Switches are routers, and endpoints are nodes at them; where an endpoint is linked to several
    devices, or to another endpoint, every endpoint is a router with a node of its own. Numbers are those of
    `booksim-nodes`. Raises Unwritable where pairs of devices are joined at several rates."""
    ends, pairs = _endpoints(plane), _pairs(plane)
    nodes = {device: number for number, device in enumerate(ends)}
    routers = _routers(plane, nodes, pairs)
    near: dict[int, list[str]] = {device: [] for device in routers}
    for device, node in nodes.items():
        if device in routers:
            near[device].append(f"node {node}")
    for a, b in sorted(pairs):
        for one, other in ((a, b), (b, a)):
            if one in routers:
                near[one].append(f"router {routers[other]}" if other in routers else f"node {nodes[other]}")
    for device, number in routers.items():
        yield f"router {number} {' '.join(near[device])}\n"


def _endpoints(plane: Cabling) -> list[int]:
    import numpy as np

    found: list[int] = np.flatnonzero(roles(plane.asked.net).ends).tolist()
    return found


def _pairs(plane: Cabling) -> set[tuple[int, int]]:
    """The pairs of devices that are joined, all at one rate. Raises Unwritable."""
    net, rates = plane.net, Counter[tuple[int, int]]()
    for a, b, rate in zip(net.a.tolist(), net.b.tolist(), net.rate.tolist(), strict=True):
        if rate != rate:
            raise Unwritable(f"the rate between `{net.name(a)}` and `{net.name(b)}` is not known")
        rates[pair(a, b)] += rate
    usual = Counter(rates.values()).most_common(1)[0][0]
    for (a, b), rate in rates.items():
        if abs(rate - usual) > 1e-9 * usual:
            raise Unwritable(
                f"channels of BookSim are all alike: `{net.name(a)}` and `{net.name(b)}` are joined at "
                f"{rate / 1e9:,.6g} Gb/s, and most devices at {usual / 1e9:,.6g} Gb/s"
            )
    return set(rates)


def _routers(plane: Cabling, nodes: dict[int, int], pairs: set[tuple[int, int]]) -> dict[int, int]:
    """The number of each device that is a router."""
    links = Counter(device for both in pairs for device in both)
    alone = all(links[device] == 1 for device in nodes) and not any(a in nodes and b in nodes for a, b in pairs)
    devices = [d for d in sorted(links) if not (alone and d in nodes)]
    return {device: number for number, device in enumerate(devices)}


def numbers(plane: Cabling) -> Iterator[str]:
    """Which device is which node and which router, as CSV. Raises Unwritable as `anynet` does."""
    nodes = {device: number for number, device in enumerate(_endpoints(plane))}
    routers = _routers(plane, nodes, _pairs(plane))
    yield from csv_lines([("device", "node", "router")])
    yield from csv_lines((plane.name(d), nodes.get(d), routers.get(d)) for d in sorted({*nodes, *routers}))
