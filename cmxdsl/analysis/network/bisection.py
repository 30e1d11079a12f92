"""Bisection bandwidth: the least rate, each way, between two halves of the endpoints, over all ways to halve them.

Halves are of equally many endpoints, or of one more in one of them, whatever the endpoints' own rates (Dally and
Towles, Principles and Practices of Interconnection Networks, 2004, 3.1.2). Devices that pass traffic on stand where
least is cut. It is exact for folded Clos networks, for networks with few switches or few endpoints, and where a bound
from below meets a cut; else it is two bounds, each with what proves it.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import comb
from typing import Any

from cmxdsl.analysis.network.folded import Folded, folded
from cmxdsl.analysis.network.graph import Fabric, Roles, roles
from cmxdsl.analysis.network.symmetry import DimId, dims_of
from cmxdsl.analysis.network.trees import Forest, Kind, TooMuchWork
from cmxdsl.model import Component
from cmxdsl.records import frozen

CLOSE = 1e-9  # two bounds this near are one value
MAX_SIDES = 8_000_000  # sides of switches times endpoints that are tried one by one; two seconds
MAX_HALVES = 750_000  # of 22 endpoints


@frozen
class Cut:
    """Two halves: the rate across in b/s, where they are, the product of the weights of both, and the most that a
    permutation sends from one to the other when each two partners exchange the lesser of their injections."""

    rate: float
    label: str
    product: float
    crossing: float


@frozen
class Bisection:
    """The least rate between halves, each way, in b/s: at least `low`, as `proof` says, at most that of `cut`. `tried`
    is how many sides of switches, times endpoints, were tried to find it."""

    low: float
    cut: Cut
    proof: str
    tried: int = 0

    @property
    def high(self) -> float:
        return self.cut.rate

    @property
    def exact(self) -> bool:
        return self.high - self.low <= CLOSE * self.high


def bisection(
    net: Fabric, root: Component | None, pair: float | None, carried: float, sides: int = MAX_SIDES
) -> Bisection | None:
    """Of the endpoints that are asked about. `pair` is a rate that every two exchange at once, times the product of
    their weights; `carried` the share of their injection that they can always send. Without the design the cuts along
    its arrays are not looked at, and sides of switches are tried where they, times endpoints, are no more than `sides`.
    None where a rate is not known or there are fewer than two endpoints."""
    import numpy as np

    role = roles(net)
    count = int(role.ends.sum())
    if count < 2 or np.isnan(net.rate).any():
        return None
    own = net.own[role.ends]
    cuts = [_half(own, count), *(_along(net, role, root) if root is not None else ())]
    cut = min(cuts, key=lambda c: c.rate)  # the first of equals
    low, proof = 0.0, "nothing less than none"
    smallest = float(np.sort(role.weight[role.ends])[: count // 2].sum())
    for value, words in (
        ((pair or 0.0) * smallest * (count - smallest), "all-to-all traffic crosses any halves"),
        (carried * float(np.sort(own)[: count // 2].sum()), "the tiers carry whatever is sent"),
    ):
        if value > low:
            low, proof = min(value, cut.rate), words
    found = Bisection(low, cut, proof)
    return found if found.exact else _exact(net, role, own, sides) or found


def _half(own: Any, count: int) -> Cut:
    """The endpoints with least injection cut off."""
    import numpy as np

    ordered = np.sort(own)
    less, more = ordered[: count // 2], ordered[count // 2 :]
    return _cut(float(less.sum()), "the links of half the endpoints", less, more)


def _cut(rate: float, label: str, one: Any, other: Any) -> Cut:
    """A cut between endpoints with these injections."""
    import numpy as np

    mean = (one.sum() + other.sum()) / (len(one) + len(other)) or 1.0
    most = min(len(one), len(other))
    first, second = np.sort(one)[::-1][:most], np.sort(other)[::-1][:most]
    return Cut(rate, label, float(one.sum() / mean * (other.sum() / mean)), float(np.minimum(first, second).sum()))


# --- cuts along arrays ------------------------------------------------------------------------------------


def _along(net: Fabric, role: Roles, root: Component) -> list[Cut]:
    """Halves of the endpoints in the order of each dimension of their arrays, other devices where less is cut."""
    import numpy as np

    ends, count = role.ends, int(role.ends.sum())
    own = net.own
    dims = {d: None for g in net.groups if g.count and ends[g.start] for d in dims_of(root, g.names)}
    found = []
    for dim in dims:
        place = _places(root, net, dim)
        if (place[ends] < 0).any():
            continue
        members = np.flatnonzero(ends)
        order = members[np.argsort(place[members], kind="stable")]
        side = np.full(net.size, -1, dtype=np.int8)
        side[order[: count // 2]], side[order[count // 2 :]] = 0, 1
        middle = place[order[count // 2 - 1 : count // 2 + 1]]
        free = ~ends & role.passes & (place >= 0)
        side[free & (place < middle[0])], side[free & (place > middle[1])] = 0, 1
        if middle[0] < middle[1]:
            side[free & (place == middle[0])], side[free & (place == middle[1])] = 0, 1
        label = f"halves of `{'.'.join(dim[0])}`" + (f", dimension {dim[1]}" if dim[1] else "")
        found.append(_cut(_across(net, role, side), label, own[ends & (side == 0)], own[ends & (side == 1)]))
    return found


def _places(root: Component, net: Fabric, dim: DimId) -> Any:
    """The index of each device in a dimension, or in one that moves with it; -1 for others."""
    import numpy as np

    place = np.full(net.size, -1)
    wanted = net.symmetric.root(dim)
    for group in net.groups:
        dims = dims_of(root, group.names)
        mine = [k for k, d in enumerate(dims) if d == dim] or [
            k for k, d in enumerate(dims) if net.symmetric.root(d) == wanted
        ]
        if mine:
            values = np.indices(group.shape).reshape(len(group.shape), -1)[mine[0]]
            place[group.start : group.start + group.count] = values
    return place


def _across(net: Fabric, role: Roles, side: Any) -> float:
    """The rate across a cut; devices of neither side go, one after the other, to where more of their rate is."""
    import numpy as np

    there = role.ends | role.passes
    kept = there[net.a] & there[net.b]
    a, b, rate = net.a[kept], net.b[kept], net.rate[kept]
    while True:
        open_ = side < 0
        if not open_.any():
            break
        pull = np.zeros((2, net.size))
        for one, other in ((a, b), (b, a)):
            for s in (0, 1):
                touching = open_[one] & (side[other] == s)
                pull[s] += np.bincount(one[touching], rate[touching], net.size)
        ready = open_ & (pull.sum(axis=0) > 0)
        if not ready.any():
            side[open_] = 0
            break
        side[ready] = pull[1][ready] > pull[0][ready]
    return float(rate[side[a] != side[b]].sum())


# --- exact ------------------------------------------------------------------------------------------------


def _exact(net: Fabric, role: Roles, own: Any, sides: int) -> Bisection | None:
    """By the tree that the plane folds to, else by trying every side of its switches, else every halves."""
    import numpy as np

    graph = folded(net)
    if graph is None:
        return None
    every = net.own
    kinds: list[Kind | None] = [
        (net.group_of(n).label, float(every[n])) if end else None
        for n, end in zip(graph.device.tolist(), graph.end.tolist(), strict=True)
    ]
    try:
        tree = Forest(graph, kinds).halved()
    except TooMuchWork:
        tree = None
    if tree is not None:
        every_kind = Counter(k for k in kinds if k is not None)
        mine, rest = (
            np.array([rate for _, rate in some.elements()]) for some in (tree.chosen, every_kind - tree.chosen)
        )
        cut = _cut(tree.rate, _words(tree.chosen, every_kind), mine, rest)
        return Bisection(tree.rate, cut, "the least of all halves, on its tree")
    tried = _all_sides(graph, every, sides) or _all_halves(graph, every, sides)
    return Bisection(tried[0].rate, *tried) if tried is not None else None


def _words(chosen: Counter[Kind], every: Counter[Kind]) -> str:
    """Half the endpoints, by arrays: `all 192 of `cpu` with 96 of 384 of `npu` against the rest`."""
    counts: Counter[str] = Counter(label for label, _ in chosen.elements())
    total: Counter[str] = Counter(label for label, _ in every.elements())
    parts = [
        f"all {many:,} of `{label}`" if many == total[label] else f"{many:,} of {total[label]:,} of `{label}`"
        for label, many in sorted(counts.items())
        if many
    ]
    return " with ".join(parts) + " against the rest"


def _all_sides(graph: Folded, own: Any, most: int) -> tuple[Cut, str, int] | None:
    """Every side of every switch; endpoints then go where they cost least until both halves are full."""
    import numpy as np

    end = graph.end
    inner = np.flatnonzero(~end)
    ends = np.flatnonzero(end)
    if not len(inner) or len(inner) > 20 or 2 ** len(inner) * len(ends) > most:
        return None
    if (end[graph.a] & end[graph.b]).any():
        return None
    place = np.full(graph.nodes, -1)
    place[inner], place[ends] = np.arange(len(inner)), np.arange(len(ends))
    sides = (np.arange(2 ** len(inner))[:, None] >> np.arange(len(inner))) & 1
    to_one, total = np.zeros((len(sides), len(ends))), np.zeros(len(ends))
    between = np.zeros(len(sides))
    for a, b, rate in zip(graph.a.tolist(), graph.b.tolist(), graph.rate.tolist(), strict=True):
        if not end[a] and not end[b]:
            between += rate * (sides[:, place[a]] != sides[:, place[b]])
            continue
        switch, endpoint = (b, a) if end[a] else (a, b)
        to_one[:, place[endpoint]] += rate * sides[:, place[switch]]
        total[place[endpoint]] += rate
    # On side 0 an endpoint pays what leads to side 1; on side 1 the rest: the difference decides.
    order = np.argsort(2 * to_one - total, axis=1, kind="stable")
    half = len(ends) // 2
    zero = np.take_along_axis(to_one, order[:, :half], axis=1).sum(axis=1)
    one = np.take_along_axis(total - to_one, order[:, half:], axis=1).sum(axis=1)
    cost = between + zero + one
    best = int(cost.argmin())
    rates = own[graph.device[ends]]
    cut = _cut(float(cost[best]), "the least of all halves", rates[order[best, :half]], rates[order[best, half:]])
    return cut, f"every side of {len(inner)} switches tried", len(sides) * len(ends)


def _all_halves(graph: Folded, own: Any, most: int) -> tuple[Cut, str, int] | None:
    """Every half of a few endpoints, where all devices are endpoints."""
    import numpy as np

    count = graph.nodes
    half = count // 2
    if not graph.end.all() or count > 30 or comb(count, half) > min(MAX_HALVES, most // 4):
        return None
    chosen = np.fromiter((sum(1 << k for k in c) for c in combinations(range(count), half)), dtype=np.int64)
    cost = np.zeros(len(chosen))
    for a, b, rate in zip(graph.a.tolist(), graph.b.tolist(), graph.rate.tolist(), strict=True):
        cost += rate * (((chosen >> a) ^ (chosen >> b)) & 1)
    best = int(cost.argmin())
    side = (chosen[best] >> np.arange(count)) & 1 == 1
    rates = own[graph.device]
    return (
        _cut(float(cost[best]), "the least of all halves", rates[side], rates[~side]),
        "every half tried",
        4 * len(chosen),
    )
