"""What a network architect asks of a plane: tiers, radix, oversubscription, bisection, all-to-all rate.

Definitions. *Tier*: links from the nearest endpoint. *Oversubscription* of a switch: the rate of its links downward
over that of its links upward. *Bisection bandwidth*: the least rate, each way, between two equal halves of the
endpoints, over all ways to halve them (Dally and Towles, Principles and Practices of Interconnection Networks, 3.1.2).
*All-to-all throughput*: what every endpoint can send to every other at the same time, split equally over all shortest
paths.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from attrs import frozen

from cmxdsl.analysis.base.planes import Flat, components_of
from cmxdsl.analysis.network.distances import Distances, TooManySearches, distances
from cmxdsl.analysis.network.graph import Devices, Fabric, known_fabric, roles
from cmxdsl.analysis.network.symmetry import dims_of
from cmxdsl.model import Component
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import RATE

CLOSE = 1e-9  # two bounds this near are one value


@frozen
class Tier:
    """An array of devices: its tier (0 for endpoints, -1 where no endpoint reaches it), ports, links, rates in b/s."""

    devices: Devices
    tier: int
    ports: int
    used: tuple[int, int]  # fewest and most links of one
    down: float
    up: float

    @property
    def oversubscription(self) -> float | None:
        """Downward over upward rate; None for what has no link upward."""
        return self.down / self.up if self.up else None


@frozen
class Bisection:
    """The least rate between halves, each way, in b/s: at least `low`, at most `high`; `cut` says where that is."""

    low: float
    high: float
    cut: str

    @property
    def exact(self) -> bool:
        return self.high - self.low <= CLOSE * self.high


@frozen
class Network:
    """The answers about one plane. Rates are each way, in b/s; None where a rate is not known.

    `carried` is the share of their rate that endpoints can always send, whatever goes where; 0 where none is proved.
    """

    plane: str
    endpoints: int
    switches: int
    links: int
    tiers: tuple[Tier, ...]
    components: int
    distances: Distances | None
    too_many: str
    injection: float | None
    per_pair: float | None
    bottleneck: str
    carried: float
    bisection: Bisection | None

    @property
    def joined(self) -> bool:
        """Whether every endpoint reaches every other; devices without links do not matter."""
        if self.distances is not None:
            return not self.distances.unreached and bool(self.distances.pairs)
        return self.components == 1

    @property
    def throughput(self) -> float | None:
        """All-to-all throughput of one endpoint as a share of its injection."""
        if self.per_pair is None or not self.injection or self.endpoints < 2:
            return None
        return self.per_pair * (self.endpoints - 1) * self.endpoints / self.injection

    @property
    def oversubscription(self) -> float | None:
        """The greatest of any tier of switches; None where a rate is not known or no switch has links upward."""
        found = [t.oversubscription for t in self.tiers if t.tier > 0 and t.oversubscription is not None]
        return max(found, default=None) if self.injection is not None else None


@lru_cache(maxsize=8)
def known_network(root: Component, plane: str) -> Network:
    """As `network`, remembered: a design may ask several things of one plane."""
    return network(root, plane)


def bits(value: float) -> Quantity:
    """A rate, to a bit in a second."""
    return Quantity(Fraction(round(value)), RATE)


def network(root: Component, plane: str) -> Network:
    """A plane of a design. Raises fabric.TooLarge, ports.TooManyPaths."""
    import numpy as np

    net = known_fabric(root, plane)
    ends = roles(net).ends
    level = levels(net, ends)
    tiers = tuple(_tier(net, g, level) for g in net.groups)
    known = bool(len(net.rate)) and not bool(np.isnan(net.rate).any())
    found, too_many = None, ""
    try:
        found = distances(net)
    except TooManySearches as error:
        too_many = str(error)
    own = _rate_at(net)
    injection = float(own[ends].sum()) if known else None
    pair, bottleneck = _per_pair(net, found) if known and found is not None and not found.unreached else (None, "")
    parts = components_of(Flat(net.size, net.a, net.b))
    split = known and ends.sum() > 1
    share = carried(net, ends, np.where(ends, own, 0.0)) if split and parts == 1 else 0.0
    return Network(
        plane, int(ends.sum()), int((~ends).sum()), net.links,
        tuple(sorted(tiers, key=lambda t: (t.tier, t.devices.names))), parts, found, too_many, injection, pair,
        bottleneck, share, _bisection(root, net, ends, own, pair, share) if split else None,
    )  # fmt: skip


def levels(net: Fabric, ends: Any) -> Any:
    """Links from the nearest endpoint; -1 where none is reached."""
    import numpy as np

    level = np.where(ends, 0, -1)
    depth = 0
    while True:
        depth += 1
        touched = np.concatenate([net.b[level[net.a] == depth - 1], net.a[level[net.b] == depth - 1]])
        new = touched[level[touched] < 0]
        if not len(new):
            return level
        level[new] = depth


def _rate_at(net: Fabric) -> Any:
    """The rate of all links of each device."""
    import numpy as np

    return np.bincount(net.a, net.rate, net.size) + np.bincount(net.b, net.rate, net.size)


def _tier(net: Fabric, group: Devices, level: Any) -> Tier:
    import numpy as np

    part = slice(group.start, group.start + group.count)
    degree = np.diff(net.indptr)[part]
    ports = sum(p.count for p in group.component.ports.values() if p.exposes is None and p.plane == net.plane)
    up = down = 0.0
    for one, other in ((net.a, net.b), (net.b, net.a)):
        mine = (one >= group.start) & (one < group.start + group.count)
        higher, lower = level[other[mine]] > level[one[mine]], level[other[mine]] < level[one[mine]]
        up, down = up + float(net.rate[mine][higher].sum()), down + float(net.rate[mine][lower].sum())
    used = (int(degree.min()), int(degree.max())) if len(degree) else (0, 0)
    return Tier(group, int(level[part].min()) if len(degree) else -1, ports, used, down, up)


def _per_pair(net: Fabric, found: Distances) -> tuple[float | None, str]:
    """What each endpoint can send to each other one, by the most loaded link, and which kind of link that is; a link
    carries its rate each way."""
    import numpy as np

    rate = np.full(len(found.load), np.inf)
    np.minimum.at(rate, net.orbit, net.rate)
    loaded = found.load > 0
    if not loaded.any():
        return None, ""
    most = np.where(loaded, rate / np.where(loaded, found.load / 2, 1), np.inf)
    worst = int(most.argmin())
    link = int((net.orbit == worst).argmax())
    ends = (net.group_of(int(side[link])).label for side in (net.a, net.b))
    return float(most[worst]), " to ".join(ends)


# --- bisection --------------------------------------------------------------------------------------------


def _bisection(
    root: Component, net: Fabric, ends: Any, own: Any, pair: float | None, carried: float
) -> Bisection:  # fmt: skip
    """Below: any halves exchange at least what all-to-all traffic puts across, and what the tiers carry whatever is
    sent. Above: the least of the cuts along each dimension of the endpoints' arrays, and half the endpoints' rate."""
    import numpy as np

    count = int(ends.sum())
    half = float(np.sort(own[ends])[: count // 2].sum())
    low = pair * (count // 2) * (count - count // 2) if pair is not None else 0.0
    low = max(low, carried * half)
    high, cut = half, "the links of half the endpoints"
    dims = {dim: None for g in net.groups if ends[g.start : g.start + 1].any() for dim in dims_of(root, g.names)}
    for dim in dims:
        side = _side(root, net, dim)
        counts = [int((side[ends] == s).sum()) for s in (0, 1)]
        if sum(counts) != count or abs(counts[0] - counts[1]) > 1:
            continue
        value = _across(net, side)
        if value < high * (1 - CLOSE):
            high, cut = value, f"halves of `{'.'.join(dim[0])}`" + (f", dimension {dim[1]}" if dim[1] else "")
    return Bisection(min(low, high), high, cut)


def carried(net: Fabric, ends: Any, send: Any) -> float:
    """The share of `send` that endpoints can always send, whatever goes where; 0 where that is not proved.

    Every endpoint spreads what it sends over its links upward by their rates, and so does each switch. If then all
    endpoints load the switches of the top tier alike, traffic can go up by one endpoint's spread and down by the
    other's in reverse, and no link carries more than when all send at once, whoever they send to (as Valiant and
    Brebner's two-phase routing of 1981, with the top tier in the middle).
    """
    import numpy as np

    level = levels(net, ends)
    top = int(level.max(initial=0))
    if top == 0:
        return 0.0
    peak = level == top
    for number, _ in net.members:
        if ends[number]:
            start = np.zeros(net.size)
            start[number] = send[number]
            reached, _ = _upward(net, level, start, top)
            share = reached[peak]
            if share.max() - share.min() > CLOSE * send[number]:
                return 0.0
    reached, load = _upward(net, level, send, top)
    if abs(reached[peak].sum() - send.sum()) > 1e-6 * send.sum():
        return 0.0  # some of it found no way up
    used = load > 0
    return min(1.0, float((net.rate[used] / load[used]).min())) if used.any() else 0.0


def _upward(net: Fabric, level: Any, start: Any, top: int) -> tuple[Any, Any]:
    """Where what starts at each device is after going up, tier by tier, and the load of each link."""
    import numpy as np

    mass, load = start.copy(), np.zeros(net.links)
    for tier in range(top):
        for_a = (level[net.a] == tier) & (level[net.b] == tier + 1)
        for_b = (level[net.b] == tier) & (level[net.a] == tier + 1)
        links = np.flatnonzero(for_a | for_b)
        tails = np.where(for_a[links], net.a[links], net.b[links])
        heads = np.where(for_a[links], net.b[links], net.a[links])
        rate = net.rate[links]
        total = np.bincount(tails, rate, net.size)
        flow = mass[tails] * rate / total[tails]
        load[links] += flow
        mass = np.where(level == tier, 0.0, mass) + np.bincount(heads, flow, net.size)
    return mass, load


def _side(root: Component, net: Fabric, dim: Any) -> Any:
    """0 or 1 for the devices in the lower or upper half of a dimension, and of those tied to it; -1 for others."""
    import numpy as np

    side = np.full(net.size, -1, dtype=np.int8)
    wanted = net.symmetric.root(dim)
    for group in net.groups:
        dims = dims_of(root, group.names)
        mine = [k for k, d in enumerate(dims) if d == dim] or [
            k for k, d in enumerate(dims) if net.symmetric.root(d) == wanted
        ]
        if mine:
            values = np.indices(group.shape).reshape(len(group.shape), -1)[mine[0]]
            side[group.start : group.start + group.count] = values >= group.shape[mine[0]] // 2
    return side


def _across(net: Fabric, side: Any) -> float:
    """The rate across a cut; devices of neither side go, one after the other, to where more of their rate is."""
    import numpy as np

    side = side.copy()
    while True:
        open_ = side < 0
        if not open_.any():
            break
        pull = np.zeros((2, net.size))
        for one, other in ((net.a, net.b), (net.b, net.a)):
            for s in (0, 1):
                touching = open_[one] & (side[other] == s)
                pull[s] += np.bincount(one[touching], net.rate[touching], net.size)
        ready = open_ & (pull.sum(axis=0) > 0)
        if not ready.any():
            side[open_] = 0
            break
        side[ready] = pull[1][ready] > pull[0][ready]
    return float(net.rate[side[net.a] != side[net.b]].sum())
