"""The topology text that simulators of RDMA networks on ns-3 read: HPCC's, and those made from it.

A first line counts nodes, switches and links, a second one lists the switches, then each link is a line: two nodes, the
rate, the delay, and an error rate of zero. Nodes are numbered hosts first. Hosts pass no traffic on there.
"""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.network.graph import roles
from cmxdsl.analysis.network.parallel import pair
from cmxdsl.outputs.exports.cabling import Cabling
from cmxdsl.outputs.kit.sheet import csv_lines
from cmxdsl.outputs.registry import Unwritable


def topology(plane: Cabling) -> Iterator[str]:
    """Parallel links are one, since two nodes have one link there; what a switch takes is halved between the links at
    its ends. Raises Unwritable where hosts are linked directly, or a rate or a latency is not known."""
    net, numbers = plane.asked.net, _numbers(plane)
    times, devices = plane.delays()
    ends = roles(net).ends
    rates: dict[tuple[int, int], float] = {}
    slowest: dict[tuple[int, int], int] = {}
    for k, (a, b, rate) in enumerate(zip(net.a.tolist(), net.b.tolist(), net.rate.tolist(), strict=True)):
        if a not in numbers or b not in numbers:
            continue  # what is not asked about, and passes nothing on
        if rate != rate:
            raise Unwritable(f"the rate between `{net.name(a)}` and `{net.name(b)}` is not known")
        if ends[a] and ends[b]:
            raise Unwritable(f"hosts pass no traffic on there, and `{net.name(a)}` is linked to `{net.name(b)}`")
        both = pair(numbers[a], numbers[b])
        rates[both] = rates.get(both, 0.0) + rate
        time = int(times[k]) + (int(devices[a]) + int(devices[b])) // 2
        slowest[both] = max(slowest.get(both, 0), time)
    hosts = int(ends.sum())
    yield f"{len(numbers)} {len(numbers) - hosts} {len(rates)}\n"
    yield " ".join(map(str, range(hosts, len(numbers)))) + "\n"
    for (one, other), rate in sorted(rates.items()):
        yield f"{one} {other} {rate / 1e9:.12g}Gbps {slowest[one, other] / 1000:.12g}ns 0\n"


def _numbers(plane: Cabling) -> dict[int, int]:
    """The number of each node by its device: hosts, then switches. Raises Unwritable where there is no switch."""
    import numpy as np

    role = roles(plane.asked.net)
    switches = np.flatnonzero(role.passes & ~role.ends)
    if not len(switches):
        raise Unwritable(f"hosts pass no traffic on there, and the plane `{plane.net.plane}` has no switches")
    order = [*np.flatnonzero(role.ends).tolist(), *switches.tolist()]
    return {device: number for number, device in enumerate(order)}


def nodes(plane: Cabling) -> Iterator[str]:
    """Which device is which node, as CSV."""
    yield from csv_lines([("node", "device")])
    yield from csv_lines((number, plane.name(device)) for device, number in _numbers(plane).items())
