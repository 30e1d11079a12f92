"""Traffic laid over the roads of a plane: which road takes longest for it, and how long its longest way is.

On a tree every way is the only one, and what crosses a road follows from who is below it; all pairs of any number of
groups are counted so, and none is listed. Copies of a plane that carry the same traffic are laid once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cmxdsl.analysis.collectives.machine import NoPath, Wires
from cmxdsl.analysis.collectives.roads import Roads, TooMuchTraffic
from cmxdsl.analysis.collectives.ways import over_paths
from cmxdsl.analysis.network.latency import latency
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.network.mixing import mixed
from cmxdsl.records import frozen

MOST_PAIRS = 20_000_000  # of chips, where a plane is no tree
MOST_COPIES = 4096  # copies of a plane that carry different traffic

Crosses = Callable[[Any, Any], Any]


@frozen
class Load:
    """For each byte that a rank's share of the traffic counts: the seconds that the most loaded road takes at its full
    rate, those at the rate that transfers reach, and its name. `latency` is the longest way in seconds."""

    plane: str
    seconds: float
    reached: float
    latency: float
    where: str


@frozen(eq=False)
class Flows:
    """Traffic from chip to chip: `amount` bytes from each of `tail` to each of `head`, for each byte that counts."""

    tail: Any
    head: Any
    amount: Any


@frozen(eq=False)
class Sets:
    """Traffic inside groups of chips: `group` is the number of the group that each of `chip` is in. `crosses` says what
    leaves a part of a group, from the count of ranks in the part and in the group. What would pass between two of one
    number in `apart` is left out."""

    chip: Any
    group: Any
    crosses: Crosses
    apart: Any = None


def of_pairs(inside: Any, all_: Any) -> Any:
    """Each rank sends its share to every other one."""
    return inside * (all_ - inside) / all_


def once(inside: Any, all_: Any) -> Any:
    """The switches add up what a part of a group sends, and pass it on once."""
    return (inside > 0) & (inside < all_)


def laid(wires: Wires, road: Roads, traffic: Flows | Sets) -> Load:
    """The load of traffic on a plane. Raises TooMuchTraffic."""
    import numpy as np

    out = np.zeros((2, len(road.a)))
    longest = 0.0
    per_port = 1.0 / wires.ports.shape[1]
    for part in _parts(wires, road, traffic):
        one, latency = _flows(road, *part) if isinstance(traffic, Flows) else _sets(road, traffic.crosses, *part)
        np.maximum(out, one * per_port, out=out)
        longest = max(longest, latency)
    worst = out.max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        full, reached = (np.where(worst > 0, worst / rate, 0.0) for rate in (road.rate, road.reached))
    most = int(reached.argmax()) if len(reached) else 0
    return Load(
        wires.plane,
        float(full.max(initial=0)),
        float(reached.max(initial=0)),
        longest,
        road.label(most) if len(reached) and reached[most] > 0 else "",
    )


def everyone(wires: Wires, road: Roads, traffic: Flows | Sets) -> Load | None:
    """The load of all pairs where one group is all endpoints of a plane, which its symmetry knows (`network/metrics`):
    None for other traffic, or where a rate is not known."""
    inside = wires.inside
    if inside is None or isinstance(traffic, Flows) or traffic.apart is not None or wires.ports.shape[1] > 1:
        return None
    if traffic.crosses is not of_pairs or (traffic.group != traffic.group[0]).any():
        return None
    known = network(inside, wires.plane)
    if known.per_pair is None or known.endpoints != len(traffic.chip):
        return None
    seconds = 8 / known.per_pair / known.endpoints
    time = latency(inside, wires.plane)
    share = float((road.reached / road.rate).min())
    return Load(wires.plane, seconds, seconds / share, float(time.greatest) if time.known else 0.0, known.bottleneck)


def _parts(wires: Wires, road: Roads, traffic: Flows | Sets) -> Iterator[tuple[Any, ...]]:
    """The traffic of each copy of the plane that is like no other, by nodes; each port of a chip carries its share to
    the same port of the other."""
    import numpy as np

    width = wires.ports.shape[1]
    port = np.arange(width)
    if isinstance(traffic, Flows):
        copy = np.repeat(wires.copy[traffic.tail], width)
        tail, head = (road.node[wires.ports[side]].ravel() for side in (traffic.tail, traffic.head))
        amount = np.repeat(np.broadcast_to(traffic.amount, traffic.tail.shape), width).astype(float)
        codes = [tail, head, amount.view(np.uint64)]
        for mine in _unlike(copy, codes):
            yield tail[mine], head[mine], amount[mine]
        return
    copy = np.repeat(wires.copy[traffic.chip], width)
    node = road.node[wires.ports[traffic.chip]].ravel()
    group = (traffic.group[:, None] * width + port).ravel()
    both = np.lexsort((node, group, copy))
    new = np.diff(group[both], prepend=-1) != 0
    first = np.zeros(len(node), dtype=np.int64)
    first[both] = node[both][np.maximum.accumulate(np.where(new, np.arange(len(node)), 0))]
    apart = group if traffic.apart is None else (traffic.apart[:, None] * width + port).ravel()
    for mine in _unlike(copy, [node, first]):
        yield node[mine], group[mine], None if traffic.apart is None else apart[mine]


def _unlike(copy: Any, codes: list[Any]) -> Iterator[Any]:
    """For each copy whose rows (in any order) are not those of one before: which rows are its own."""
    import numpy as np

    if not len(copy):
        return
    if copy.min() == copy.max():
        yield np.arange(len(copy))
        return
    key = np.full(len(copy), np.uint64(0x9E3779B97F4A7C15))
    for code in codes:
        key = mixed(key + mixed(code.astype(np.uint64)))
    total = np.zeros(int(copy.max()) + 1, dtype=np.uint64)
    np.add.at(total, copy, key)
    order = np.argsort(copy, kind="stable")
    start = np.searchsorted(copy[order], np.arange(len(total) + 1))
    present = np.flatnonzero(np.diff(start))
    _, chosen = np.unique(total[present], return_index=True)
    if len(chosen) > MOST_COPIES:
        raise TooMuchTraffic(f"{len(chosen):,} copies of a plane carry different traffic (limit {MOST_COPIES:,})")
    for one in present[chosen].tolist():
        yield order[start[one] : start[one + 1]]


# --- from node to node ------------------------------------------------------------------------------------


def _flows(road: Roads, tail: Any, head: Any, amount: Any) -> tuple[Any, float]:
    """What each road carries each way, and the seconds of the longest way."""
    return _over_tree(road, tail, head, amount) if road.parent is not None else over_paths(road, tail, head, amount)


def _over_tree(road: Roads, tail: Any, head: Any, amount: Any) -> tuple[Any, float]:
    """Both ends climb, the deeper one first, until they meet."""
    import numpy as np

    out = np.zeros((2, len(road.a)))
    time = np.zeros(len(tail))
    here, there = tail.copy(), head.copy()
    while True:
        apart = np.flatnonzero(here != there)
        if not len(apart):
            break
        first = road.depth[here[apart]] >= road.depth[there[apart]]
        if (np.maximum(road.depth[here[apart]], road.depth[there[apart]]) == 0).any():
            raise NoPath("some of the chips do not reach one another")
        for side, mine, sign in ((here, apart[first], 0), (there, apart[~first], 1)):
            way = road.up[side[mine]]
            forward = (road.a[way] == side[mine]) ^ bool(sign)
            np.add.at(out, (np.where(forward, 0, 1), way), amount[mine])
            side[mine] = road.parent[side[mine]]
            time[mine] += road.time[way] + road.passing[side[mine]]
    met = tail != head
    time[met] -= road.passing[here[met]]
    return out, float(time.max(initial=0))


# --- inside groups ----------------------------------------------------------------------------------------


def _sets(road: Roads, crosses: Crosses, node: Any, group: Any, apart: Any) -> tuple[Any, float]:
    """What each road carries each way, and the seconds of the longest way."""
    import numpy as np

    _, group = np.unique(group, return_inverse=True)
    size = np.bincount(group)
    if road.parent is not None:
        out, longest = _sets_over_tree(road, node, group, crosses)
        if apart is not None:
            _, part = np.unique(apart, return_inverse=True)
            out = out - _sets_over_tree(road, node, part, crosses, size[0])[0]
        return out, longest
    if crosses is not of_pairs:
        raise NoPath("a plane that is no tree of switches adds up in none")
    pairs = int((size.astype(float) ** 2).sum())
    if pairs > MOST_PAIRS:
        raise TooMuchTraffic(f"{pairs:,} pairs of chips on roads that are no tree (limit {MOST_PAIRS:,})")
    order = np.argsort(group, kind="stable")
    start = np.concatenate([[0], np.cumsum(size)])
    tails, heads, amounts = [], [], []
    for k, many in enumerate(size.tolist()):
        mine = order[start[k] : start[k + 1]]
        tail, head = np.repeat(mine, many), np.tile(mine, many)
        goes = (node[tail] != node[head]) & (
            (apart is None) | (apart[tail] != apart[head] if apart is not None else True)
        )
        tails.append(node[tail[goes]])
        heads.append(node[head[goes]])
        amounts.append(np.full(int(goes.sum()), 1.0 / many))
    return over_paths(road, *(np.concatenate(x) for x in (tails, heads, amounts)))


def _sets_over_tree(
    road: Roads, node: Any, group: Any, crosses: Crosses, shares: int | None = None
) -> tuple[Any, float]:
    """From the deepest nodes upward: how many of each group are below each road. Each sends one part in `shares` to
    each other, in as many as its group has where that is None."""
    import numpy as np

    out = np.zeros((2, len(road.a)))
    size = np.bincount(group)
    groups = len(size)
    key, count = np.unique(node * groups + group, return_counts=True)
    far = np.zeros(len(key))  # the longest way down from here
    longest = np.zeros(groups)
    for level in range(int(road.depth[node].max(initial=0)), 0, -1):
        here, who = np.divmod(key, groups)
        deep = road.depth[here] == level
        way = road.up[here[deep]]
        amount = np.asarray(crosses(count[deep], size[who[deep]]), dtype=float)
        if shares is not None:
            amount = amount * size[who[deep]] / shares
        np.add.at(out[0], way, amount)
        above = road.parent[here[deep]]
        climbed = far[deep] + road.time[way]
        key = np.concatenate([key[~deep], above * groups + who[deep]])
        count = np.concatenate([count[~deep], count[deep]])
        far = np.concatenate([far[~deep], climbed])
        key, far, count, met, pair = _merged(key, far, count)
        here, who = np.divmod(key, groups)
        np.maximum.at(longest, who[met], pair[met] + road.passing[here[met]])
        on = road.depth[here] == level - 1
        far[on] += np.where(np.isin(here[on], node), 0.0, road.passing[here[on]])
    if len(key) > groups:
        raise NoPath("some of the chips do not reach one another")
    out[1] = out[0]
    return out, float(longest.max(initial=0))


def _merged(key: Any, far: Any, count: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Rows of one key as one: the greatest `far`, the sum of counts, whether there are several, and then the sum of the
    two greatest."""
    import numpy as np

    order = np.lexsort((far, key))
    key, far, count = key[order], far[order], count[order]
    last = np.flatnonzero(np.diff(key, append=-1) != 0)
    first = np.concatenate([[0], last[:-1] + 1])
    return key[last], far[last], np.add.reduceat(count, first), last > first, far[last] + far[np.maximum(last - 1, 0)]
