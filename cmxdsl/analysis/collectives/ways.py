"""Shortest ways where a plane is no tree: those with the fewest roads, among which traffic divides by their rates."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.collectives.machine import NoPath
from cmxdsl.analysis.collectives.roads import Roads, TooMuchTraffic
from cmxdsl.records import define

MOST_STEPS = 100_000_000  # roads that searches look at, half a minute


def over_paths(road: Roads, tail: Any, head: Any, amount: Any) -> tuple[Any, float]:
    """What each road carries each way (a to b, b to a) when each of `tail` sends an amount to each of `head`, and the
    seconds of the longest way. What has one road takes it, and goes on from its end. Raises NoPath, TooMuchTraffic."""
    import numpy as np

    out = np.zeros((2, len(road.a)))
    tail, head, extra = tail.copy(), head.copy(), np.zeros(len(tail))
    for side, other, sign in ((tail, head, 0), (head, tail, 1)):
        mine = np.flatnonzero((road.lone[side] >= 0) & (side != other))
        way = road.lone[side[mine]]
        forward = (road.a[way] == side[mine]) ^ bool(sign)
        np.add.at(out, (np.where(forward, 0, 1), way), amount[mine])
        side[mine] = np.where(road.a[way] == side[mine], road.b[way], road.a[way])
        extra[mine] += road.time[way] + np.where(side[mine] == other[mine], 0.0, road.passing[side[mine]])
    before = float(extra.max(initial=0))
    apart = tail != head
    key, of = np.unique(tail[apart] * road.nodes + head[apart], return_inverse=True)
    amount = np.bincount(of, amount[apart], len(key))
    tail, head = np.divmod(key, road.nodes)
    longest = 0.0
    if len(key):
        left = _neighbours(road, tail, head, amount, out)
        longest = float(road.time.max()) if len(left) < len(key) else 0.0
        search = _search(road)
        by_head = left[np.argsort(head[left], kind="stable")]
        receivers, start = np.unique(head[by_head], return_index=True)
        stop = [*start[1:].tolist(), len(by_head)] if len(start) else []
        for receiver, first, last in zip(receivers.tolist(), start.tolist(), stop, strict=True):
            mine = by_head[first:last]
            longest = max(longest, search.to(receiver, tail[mine], amount[mine], out))
    return out, before + longest


def _neighbours(road: Roads, tail: Any, head: Any, amount: Any, out: Any) -> Any:
    """Adds to `out` what goes from a node to its neighbour; gives which of the flows do not."""
    import numpy as np

    order = np.minimum(road.a, road.b) * road.nodes + np.maximum(road.a, road.b)
    wanted = np.minimum(tail, head) * road.nodes + np.maximum(tail, head)
    way = np.minimum(np.searchsorted(order, wanted), len(order) - 1)
    near = order[way] == wanted
    np.add.at(out, (np.where(road.a[way] == tail, 0, 1)[near], way[near]), amount[near])
    return np.flatnonzero(~near)


@define(eq=False)
class _Search:
    """Arcs by the node that they end at, and arrays over nodes that each search leaves as it found them."""

    road: Roads
    first: Any
    arc: Any
    starts: Any
    depth: Any
    time: Any
    waiting: Any
    total: Any
    may: Any
    looked: int = 0

    def to(self, receiver: int, senders: Any, amount: Any, out: Any) -> float:
        """Adds to `out` what senders send to one receiver; gives the seconds of the longest of their ways."""
        import numpy as np

        road, many = self.road, len(self.road.a)
        self.may[senders] = True
        self.depth[receiver], self.time[receiver] = 0, 0.0
        front, seen = np.array([receiver]), [np.array([receiver])]
        layers: list[tuple[Any, Any, Any]] = []
        while len(front) and (self.depth[senders] < 0).any():
            counts = self.first[front + 1] - self.first[front]
            ends = np.repeat(front, counts)
            at = np.arange(int(counts.sum())) + np.repeat(self.first[front] - (np.cumsum(counts) - counts), counts)
            starts, arc = self.starts[at], self.arc[at]
            self.looked += len(at)
            if self.looked > MOST_STEPS:
                raise TooMuchTraffic(
                    f"more than {MOST_STEPS:,} roads were looked at for ways on a plane that is no tree"
                )
            new = self.may[starts] & (self.depth[starts] < 0)
            starts, ends, arc = starts[new], ends[new], arc[new]
            self.depth[starts] = len(layers) + 1
            self.time[starts] = 0.0
            through = np.where(ends == receiver, 0.0, road.passing[ends])
            np.maximum.at(self.time, starts, road.time[arc % many] + self.time[ends] + through)
            layers.append((starts, ends, arc))
            found = np.unique(starts)
            seen.append(found)
            front = found[road.passes[found]]
        reached = bool((self.depth[senders] >= 0).all())
        longest = float(self.time[senders].max())
        np.add.at(self.waiting, senders, amount)
        for starts, ends, arc in reversed(layers):
            rate = road.rate[arc % many]
            np.add.at(self.total, starts, rate)
            moved = self.waiting[starts] * rate / self.total[starts]
            np.add.at(out, (arc // many, arc % many), moved)
            np.add.at(self.waiting, ends, moved)
            self.total[starts] = 0
        everyone = np.concatenate(seen)
        self.depth[everyone], self.waiting[everyone], self.waiting[senders] = -1, 0.0, 0.0
        self.may[senders] = road.passes[senders]
        if not reached:
            raise NoPath("some of the chips do not reach one another")
        return longest


def _search(road: Roads) -> _Search:
    import numpy as np

    starts, ends = np.concatenate([road.a, road.b]), np.concatenate([road.b, road.a])
    order = np.argsort(ends, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=road.nodes))])
    zero = np.zeros(road.nodes)
    return _Search(
        road,
        first,
        order,
        starts[order],
        np.full(road.nodes, -1),
        zero.copy(),
        zero.copy(),
        zero.copy(),
        road.passes.copy(),
    )
