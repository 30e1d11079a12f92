"""A plane as traffic sees it: what carries it, at which rate, how fast, and on which way.

Switches that lead to the same endpoints alike are one (`network/folded.py`), so that a folded Clos is a tree and every
way in it is the only one. Elsewhere traffic takes the paths with the fewest links, and divides at every device in
proportion to the rate of the links that are on one (weighted equal-cost multipath).
"""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.base.planes import placed_links
from cmxdsl.analysis.network.folded import folded
from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.analysis.network.latency import delays
from cmxdsl.analysis.network.mixing import mixed
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Subject
from cmxdsl.records import frozen
from cmxdsl.units import Quantity


class TooMuchTraffic(LimitExceeded):
    """Traffic that would take too long to lay over a plane; the message says how much it is."""


@frozen(eq=False)
class Roads:
    """`node` is the node of each device, and `a`, `b` the ends of each road: all links between two nodes together.
    `rate` is what a road carries each way, in B/s, `reached` what transfers reach of it (`unstated` are the protocols
    that do not say), `time` the seconds from one end to the other (`least` by its fastest link) and `passing` those
    through a node (`lacking` says what kept them from being known), and `link` one of its links. `passes` are nodes
    that pass traffic on. `parent`, `up` and `depth` are those of a tree: the next node on the way to its root, the road
    to it (-1 at a root) and how many roads it is; None where it is none. `lone` is the only road of
    a node that has but one, else -1.
    """

    net: Fabric
    node: Any
    a: Any
    b: Any
    rate: Any
    reached: Any
    time: Any
    least: Any
    passing: Any
    link: Any
    passes: Any
    parent: Any
    up: Any
    depth: Any
    lone: Any
    lacking: tuple[str, ...]
    unstated: tuple[str, ...]

    @property
    def nodes(self) -> int:
        return len(self.passes)

    def label(self, road: int) -> str:
        """The arrays of devices that a road joins."""
        link = int(self.link[road])
        return " to ".join(self.net.group_of(int(side[link])).label for side in (self.net.a, self.net.b))


def roads(net: Fabric, inside: Subject | None) -> Roads:
    """The roads of a plane. Without `inside`, the design that it is of, nothing is known of latency and of what
    transfers reach."""
    import numpy as np

    small = folded(net)
    node = small.node if small is not None else np.arange(net.size)
    device = small.device if small is not None else np.arange(net.size)
    node, device = _alike(net, node, device)
    used, pairs, index, of = _bundled(net, node, len(device))
    a, b = np.divmod(pairs, max(1, len(device)))
    rate = net.rate[used] / 8
    share, unstated = _shares(net, inside)
    none = np.zeros(net.links), np.zeros(net.size), ("the design of the plane",)
    times, through, lacking = delays(inside, net) if inside is not None else none
    time, passing = np.zeros(len(pairs)), np.zeros(len(device))
    least = np.full(len(pairs), np.inf)
    np.maximum.at(time, of, times[used] * 1e-12)
    np.minimum.at(least, of, times[used] * 1e-12)
    np.maximum.at(passing, node[node >= 0], through[node >= 0] * 1e-12)
    passes = roles(net).passes[device]
    parent, up, depth = _tree(len(device), a, b)
    lone = np.full(len(device), -1)
    for side in (a, b):
        lone[side] = np.arange(len(a))
    degree = np.bincount(a, minlength=len(device)) + np.bincount(b, minlength=len(device))
    lone[degree > 1] = -1
    if (~passes & (degree > 1)).any():
        parent = None  # what passes nothing on is between others: not every way of the tree can be taken
    return Roads(
        net,
        node,
        a,
        b,
        np.bincount(of, rate, len(pairs)),
        np.bincount(of, rate * share[used], len(pairs)),
        time,
        least,
        passing,
        used[index],
        passes,
        parent,
        up,
        depth,
        lone,
        lacking,
        unstated,
    )


def _bundled(net: Fabric, node: Any, nodes: int) -> tuple[Any, Any, Any, Any]:
    """Links between different nodes, the pairs of nodes that they join, one link of each, and the pair of each link."""
    import numpy as np

    first, second = node[net.a].astype(np.int64), node[net.b].astype(np.int64)
    used = np.flatnonzero((first >= 0) & (second >= 0) & (first != second))
    low, high = np.minimum(first, second)[used], np.maximum(first, second)[used]
    pairs, index, of = np.unique(low * nodes + high, return_index=True, return_inverse=True)
    return used, pairs, index, of


def _alike(net: Fabric, node: Any, device: Any) -> tuple[Any, Any]:
    """Switches whose rates to the same neighbours are in proportion, made one: traffic divides among them as their
    rates do, so that they carry together what one of the sum would."""
    import numpy as np

    fixed = roles(net).ends
    while True:
        nodes = len(device)
        used, pairs, _, of = _bundled(net, node, nodes)
        a, b = np.divmod(pairs, max(1, nodes))
        rate = np.bincount(of, net.rate[used], len(pairs))
        tail, head = np.concatenate([a, b]), np.concatenate([b, a])
        part = np.concatenate([rate, rate]) / np.bincount(tail, np.concatenate([rate, rate]), nodes)[tail]
        key = np.zeros(nodes, dtype=np.uint64)
        np.add.at(key, tail, mixed(mixed(head.astype(np.uint64)) + np.round(part * 1e9).astype(np.uint64)))
        own = fixed[device] | (key == 0)
        key[own] = mixed(np.flatnonzero(own).astype(np.uint64) + np.uint64(nodes))
        _, first, label = np.unique(key, return_index=True, return_inverse=True)
        if len(first) == nodes:
            return node, device
        node, device = np.where(node >= 0, label[node], -1), device[first]


def _shares(net: Fabric, inside: Subject | None) -> tuple[Any, tuple[str, ...]]:
    """What transfers reach of each link's rate: the lesser of both ports' protocols; 1 where neither states it, with
    the names of those protocols."""
    import numpy as np

    share = np.ones(net.links)
    unstated: dict[str, None] = {}
    first = 0
    for pattern in placed_links(inside.top, net.plane)[2] if inside is not None else ():
        ports = [pattern.component.resolve(end)[1] for end in (pattern.link.a, pattern.link.b)]
        stated = [float(q.value) for port in ports if isinstance(q := port.get("efficiency"), Quantity)]
        share[first : first + pattern.size] = min(stated, default=1.0)
        if not stated and pattern.size:
            unstated[ports[0].protocol.name] = None
        first += pattern.size
    return share, tuple(unstated)


def _tree(nodes: int, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Leaves are taken off, round by round, until only roots are left; what no round can take off is no tree.

    A node keeps the exclusive or of its neighbours' numbers, which is that of the last one when all others are gone.
    """
    import numpy as np

    degree = np.bincount(a, minlength=nodes) + np.bincount(b, minlength=nodes)
    next_, road = np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    for tail, head in ((a, b), (b, a)):
        np.bitwise_xor.at(next_, tail, head)
        np.bitwise_xor.at(road, tail, np.arange(len(a)))
    parent, up = np.full(nodes, -1), np.full(nodes, -1)
    taken = []
    while True:
        leaves = np.flatnonzero(degree == 1)
        above = next_[leaves]
        leaves = leaves[(degree[above] != 1) | (leaves > above)]  # of two that are left, one is the root
        if not len(leaves):
            break
        above, way = next_[leaves], road[leaves]
        parent[leaves], up[leaves], degree[leaves] = above, way, 0
        np.bitwise_xor.at(next_, above, leaves)
        np.bitwise_xor.at(road, above, way)
        np.add.at(degree, above, -1)
        taken.append(leaves)
    if degree.any():
        return None, None, None
    depth = np.zeros(nodes, dtype=np.int64)
    for leaves in reversed(taken):
        depth[leaves] = depth[parent[leaves]] + 1
    return parent, up, depth
