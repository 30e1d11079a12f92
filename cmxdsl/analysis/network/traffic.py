"""What traffic a plane carries whatever it is, how many ways there are between endpoints, and how ports make rails.

Definitions. *Throughput* of a pattern of traffic: the greatest rate at which all its demands are met at once, under the
best routing (maximum concurrent flow). *Permutation*: every endpoint sends to one other and receives from one.
*Disjoint paths*: the most paths between two endpoints that share no link, or no device (Menger, 1927).
*Rail*: the devices that port k of every endpoint leads to, or, where endpoints have one port, those that the k-th
endpoint of every node leads to; rails are kept apart when no device of the first tier serves two of them.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any

from attrs import frozen

from cmxdsl.analysis.base.planes import Flat, components_of, patterns
from cmxdsl.analysis.network.graph import Fabric, Roles, known_fabric, roles
from cmxdsl.analysis.network.metrics import Network, carried, known_network
from cmxdsl.analysis.network.symmetry import representatives, seen_in
from cmxdsl.analysis.network.throughput import Flow, TooHard, all_to_all, farthest
from cmxdsl.model import Component
from cmxdsl.model import index_image as images

MAX_WORK = 60_000_000  # links times pairs of endpoints that paths are counted between; a minute


@frozen
class Permutation:
    """The share of the least injection of any endpoint that each can send in the worst permutation: from `low` to
    `high`."""

    low: float
    high: float
    held_by: str

    @property
    def exact(self) -> bool:
        return self.high - self.low <= 1e-6 * self.high


@frozen
class Traffic:
    """All-to-all under the best routing (`best`; None where a rate is not known or some do not reach others), its share
    of injection, why it is not known (`too_hard`), and the worst permutation."""

    best: Flow | None
    share: float | None
    too_hard: str
    permutation: Permutation | None


@lru_cache(maxsize=8)
def traffic(root: Component, plane: str) -> Traffic:
    """Throughput of a plane. Raises fabric.TooLarge, ports.TooManyPaths."""
    import numpy as np

    net, known = known_fabric(root, plane), known_network(root, plane)
    if known.injection is None or known.endpoints < 2 or not known.injection:
        return Traffic(None, None, "", None)
    role = roles(net)
    own = (np.bincount(net.a, net.rate, net.size) + np.bincount(net.b, net.rate, net.size))[role.ends]
    if not known.joined:
        return Traffic(None, None, "", None)
    best, too_hard = _proved(known, float(own.min())), ""
    try:
        best = best or all_to_all(net)
    except TooHard as error:
        too_hard = str(error)
    pairs = known.endpoints * (known.endpoints - 1)
    share = best.rate * pairs / known.injection if best is not None else None
    return Traffic(best, share, too_hard, _worst_permutation(net, role, own, best, known))


def _proved(known: Network, least: float) -> Flow | None:
    """All-to-all over shortest paths, where no routing can do better: what an endpoint sends, or what crosses the least
    halves found, is then all that their links carry."""
    if known.per_pair is None:
        return None
    most, held = least / (known.endpoints - 1), known.bottleneck
    if known.bisection is not None:
        half = known.endpoints // 2
        across = known.bisection.high / (half * (known.endpoints - half))
        most = min(most, across)
    return Flow(known.per_pair, (held,)) if known.per_pair >= most * (1 - 1e-9) else None


def _worst_permutation(
    net: Fabric, role: Roles, own: Any, best: Flow | None, known: Network
) -> Permutation | None:  # fmt: skip
    """Demands are the least injection of any endpoint. Below: what the tiers carry whoever sends to whom; and where
    endpoints pass traffic on, two rounds of all-to-all, each at half its rate (Valiant and Brebner, 1981). Above: a
    permutation that sends across the least halves found, and the one whose partners are farthest apart. Where an
    endpoint has one link, what goes by way of it turns at its switch."""
    import numpy as np

    least, count = float(own.min()), int(role.ends.sum())
    if not least:
        return None
    low = carried(net, role.ends, np.where(role.ends, least, 0.0))
    bisection, pair = known.bisection, best.rate if best is not None else known.per_pair
    if pair is not None and (role.passes[role.ends].all() or (np.diff(net.indptr)[role.ends] == 1).all()):
        low = max(low, count * pair / 2 / least)
    high, held = 1.0, "the links of the endpoints"
    if bisection is not None and bisection.high / (count // 2) < least * high:
        high, held = bisection.high / (count // 2) / least, bisection.cut
    low = min(low, high)
    if high - low > 1e-6:
        try:
            far = farthest(net)
        except TooHard:
            far = None
        if far is not None and far.rate < least * high * (1 - 1e-6):
            high, held = far.rate / least, f"{', '.join(far.bottleneck)}, when partners are far apart"
    return Permutation(min(low, high), high, held)


# --- disjoint paths ---------------------------------------------------------------------------------------


@frozen
class Paths:
    """The fewest disjoint paths between any two endpoints; None where they were too many to count, then at most
    `degree`, the fewest links of any endpoint."""

    by_link: int | None
    by_device: int | None
    degree: int


@lru_cache(maxsize=8)
def disjoint(root: Component, plane: str) -> Paths:
    """Disjoint paths between endpoints, one pair of each class. Raises fabric.TooLarge, ports.TooManyPaths."""
    import numpy as np

    net = known_fabric(root, plane)
    role = roles(net)
    degrees = np.diff(net.indptr)[role.ends]
    degree = int(degrees.min()) if len(degrees) else 0
    if len(degrees) < 2 or degree == 0:
        return Paths(0, 0, degree)
    if degree == 1:
        joined = int(known_network(root, plane).joined)
        return Paths(joined, joined, degree)
    pairs: list[tuple[int, int]] = []
    limit = MAX_WORK // max(1, net.links)
    for number, _ in net.members:
        if role.ends[number]:
            for target in _partners(net, number, limit):
                if role.ends[target] and target != number:
                    pairs.append((number, target))
            if len(pairs) > limit:
                return Paths(None, None, degree)
    return Paths(_fewest(net, role, pairs, degree, False), _fewest(net, role, pairs, degree, True), degree)


def _partners(net: Fabric, source: int, limit: int) -> list[int]:
    """One device of each class of pairs with `source`, or more than `limit` of them."""
    group = net.group_of(source)
    seen = seen_in(net.symmetric, group.names, source - group.start)
    every = (other.start + n for other in net.groups for n, _ in representatives(net.symmetric, other.names, seen))
    return list(islice(every, limit + 2))


def _fewest(net: Fabric, role: Roles, pairs: list[tuple[int, int]], degree: int, devices: bool) -> int:
    """The least of the maximum flows with a unit on each link, or through each device that passes traffic on."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_flow

    size = net.size
    tails, heads = np.concatenate([net.a, net.b]), np.concatenate([net.b, net.a])
    # Each device is two: traffic comes in at the first and leaves from the second, if it passes.
    through = np.flatnonzero(role.passes)
    width = np.full(len(through), 1 if devices else min(2**31 - 1, 2 * net.links), dtype=np.int64)
    rows = np.concatenate([tails + size, through])
    columns = np.concatenate([heads, through + size])
    graph = csr_matrix((np.concatenate([np.ones(len(tails), dtype=np.int64), width]), (rows, columns)),
                       (2 * size, 2 * size)).astype(np.int32)  # fmt: skip
    best = 2**31
    for source, target in pairs:
        best = min(best, int(maximum_flow(graph, source + size, target).flow_value))
        if best == 0:
            break
    return best


# --- rails ------------------------------------------------------------------------------------------------


@frozen
class Rails:
    """How many rails the first tier keeps apart (1 where it does not), what makes them, and a device that serves two;
    and how many separate networks the switches form when the endpoints are taken away (`planes`)."""

    count: int
    by: str
    mixed: str
    planes: int


@lru_cache(maxsize=8)
def rails(root: Component, plane: str) -> Rails | None:
    """The rails of a switched plane, or None where it has no switches or no endpoints."""
    import numpy as np

    net = known_fabric(root, plane)
    switches = net.mask(switches=True)
    if not switches.any() or switches.all() or not net.links:
        return None
    ported = max((_ports(g.component, plane) for g in net.groups if not g.switch), default=0) > 1
    served, lane = [], []
    for first, pattern in _numbered(root, plane):
        for side in (0, 1):
            names, other = pattern.paths[side], pattern.paths[1 - side]
            if root.at(names)[0].kind == "switch" or root.at(other)[0].kind != "switch":
                continue
            image, _, shape = pattern.ends[side]
            part = slice(first, first + pattern.size)
            switch = (net.b if side == 0 else net.a)[part]
            if ported:
                number = _port_numbers(root, pattern, side, plane)
            else:
                keys, _ = images.keys(image, shape)
                number = np.broadcast_to(keys, (pattern.size,)) % (shape[-1] if shape else 1)
            served.append(switch)
            lane.append(number)
    parts = _planes(net, switches)
    if not served:
        return None
    one, rail = np.concatenate(served), np.concatenate(lane)
    least, most = np.full(net.size, np.iinfo(np.int64).max), np.full(net.size, -1)
    np.minimum.at(least, one, rail)
    np.maximum.at(most, one, rail)
    wrong = np.flatnonzero((most > least) & (most >= 0))
    many = len(np.unique(rail))
    by = "port of the endpoint" if ported else "place in its array"
    return Rails(many if not len(wrong) else 1, by, net.name(int(wrong[0])) if len(wrong) else "", parts)


def _ports(component: Component, plane: str) -> int:
    return sum(p.count for p in component.ports.values() if p.exposes is None and p.plane == plane)


def _numbered(root: Component, plane: str) -> Any:
    first = 0
    for pattern in patterns(root, plane)[2]:
        yield first, pattern
        first += pattern.size


def _port_numbers(root: Component, pattern: Any, side: int, plane: str) -> Any:
    """The number of the port, among those of its device on the plane, that each link of a pattern takes."""
    import numpy as np

    image, _, _ = pattern.ends[side]
    end = pattern.link.a if side == 0 else pattern.link.b
    owner, port = pattern.component.resolve(end)
    start = 0
    for other in owner.ports.values():
        if other is port:
            break
        start += other.count if other.exposes is None and other.plane == plane else 0
    keys, _ = images.keys(images.Image(end.port.indices, image.domain, image.where), port.shape)
    return np.broadcast_to(keys, (pattern.size,)) + start


def _planes(net: Fabric, switches: Any) -> int:
    """Connected components among the switches that have links, endpoints taken away."""
    import numpy as np

    number = np.cumsum(switches) - 1
    kept = switches[net.a] & switches[net.b]
    flat = Flat(int(switches.sum()), number[net.a[kept]], number[net.b[kept]])
    idle = int((np.diff(net.indptr)[switches] == 0).sum())
    return components_of(flat) - idle
