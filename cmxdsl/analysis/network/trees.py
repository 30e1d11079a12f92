"""The least cut between equal halves of the leaves of a tree: exact, by what each subtree costs for each share of it.

The cost of a subtree that has k of its endpoints on the upper side, its root on that side too, is the sum of its
children's; a child may change sides for the rate of its link. Sums over children are min-plus convolutions (as Jansen
and others, 2005, halve graphs of bounded tree-width).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from cmxdsl.analysis.network.folded import Folded
from cmxdsl.limits import LimitExceeded
from cmxdsl.records import define, field, frozen

MAX_WORK = 3_000_000_000  # additions; a few seconds
MAX_DEPTH = 200  # links from a root to a leaf

Kind = tuple[str, float]  # endpoints of one array with one injection


class TooMuchWork(LimitExceeded):
    """A tree too deep, or subtrees too large and too unlike each other."""


@frozen
class Halving:
    """The least rate between halves in b/s, and how many endpoints of each kind are in one of them."""

    rate: float
    chosen: Counter[Kind]


@define(eq=False)
class _Sum:
    """The least cost of some subtrees for each number of endpoints above, and what it is the sum of: two sums, or
    `many` times one concave sum, or endpoints by rising cost, or a subtree seen through its link."""

    cost: Any
    left: _Sum | None = None
    right: _Sum | None = None
    many: int = 1
    kinds: list[Kind] = field(factory=list)
    through: _Sum | None = None

    @property
    def size(self) -> int:
        return len(self.cost) - 1


class Forest:
    """A forest of folded nodes, and the work done so far."""

    def __init__(self, graph: Folded, kinds: list[Kind | None]) -> None:
        self.graph, self.kinds, self.work = graph, kinds, 0
        self.near: list[list[tuple[int, float]]] = [[] for _ in range(graph.nodes)]
        for a, b, rate in zip(graph.a.tolist(), graph.b.tolist(), graph.rate.tolist(), strict=True):
            self.near[a].append((b, rate))
            self.near[b].append((a, rate))

    def halved(self) -> Halving | None:
        """None where the graph is no forest. Raises TooMuchWork."""
        order, parent = self._rooted()
        if order is None:
            return None
        made: dict[Any, _Sum] = {}
        below: list[list[tuple[int, float]]] = [[] for _ in range(self.graph.nodes)]
        type_of: dict[int, int] = {}
        types: dict[Any, int] = {}
        tops: list[int] = []
        for node in reversed(order):
            key = (self.kinds[node], tuple(sorted(Counter((type_of[c], r) for c, r in below[node]).items())))
            if key not in types:
                types[key] = len(types)
                made[types[key]] = self._node(key, made)
            type_of[node] = types[key]
            above = parent[node]
            if above is None:
                tops.append(types[key])
            else:
                below[above[0]].append((node, above[1]))
        # A part on its own may be on either side, for nothing.
        parts = [
            (self._through(made[kind], 0.0), many) for kind, many in sorted(Counter(tops).items()) if made[kind].size
        ]
        left, right = self._two(parts)
        half = (left.size + right.size) // 2
        at, rate = _least(left, right, half)
        chosen: Counter[Kind] = Counter()
        memo: dict[Any, Counter[Kind]] = {}
        chosen += _traced(left, at, memo)
        chosen += _traced(right, half - at, memo)
        return Halving(rate, chosen)

    def _rooted(self) -> tuple[list[int] | None, dict[int, tuple[int, float] | None]]:
        """Nodes from the roots on, and what is above each; switches first, so that endpoints are leaves."""
        parent: dict[int, tuple[int, float] | None] = {}
        order: list[int] = []
        depth: dict[int, int] = {}
        for root in sorted(range(self.graph.nodes), key=lambda n: (self.kinds[n] is not None, -len(self.near[n]), n)):
            if root in parent:
                continue
            parent[root], depth[root] = None, 0
            order.append(root)
            place = len(order) - 1
            while place < len(order):
                here = order[place]
                place += 1
                above = parent[here]
                for other, rate in self.near[here]:
                    if above is not None and other == above[0]:
                        continue
                    if other in parent:
                        return None, {}
                    parent[other], depth[other] = (here, rate), depth[here] + 1
                    if depth[other] > MAX_DEPTH:
                        raise TooMuchWork
                    order.append(other)
        return order, parent

    # --- sums ---------------------------------------------------------------------------------------------

    def _node(self, key: Any, made: dict[int, _Sum]) -> _Sum:
        """A subtree with its root above."""
        import numpy as np

        kind, children = key
        leaves: list[tuple[float, Kind, int]] = []
        parts: list[tuple[_Sum, int]] = []
        for (type_, rate), many in children:
            child = made[type_]
            if child.size == 1 and child.kinds:
                leaves.append((rate, child.kinds[0], many))
            elif child.size:
                parts.append((self._through(child, rate), many))
        if kind is not None:
            return self._sum([(_Sum(np.array([np.inf, 0.0]), kinds=[kind]), 1), *parts, *self._leaves(leaves)])
        return self._sum([*self._leaves(leaves), *parts])

    def _leaves(self, leaves: list[tuple[float, Kind, int]]) -> list[tuple[_Sum, int]]:
        """Endpoints: those with most rate go above first, and the others pay theirs."""
        import numpy as np

        if not leaves:
            return []
        rates, kinds = [], []
        for rate, kind, many in sorted(leaves, reverse=True):
            rates += [rate] * many
            kinds += [kind] * many
        return [(_Sum(sum(rates) - np.concatenate([[0.0], np.cumsum(rates)]), kinds=kinds), 1)]

    def _through(self, child: _Sum, rate: float) -> _Sum:
        import numpy as np

        return _Sum(np.minimum(child.cost, child.cost[::-1] + rate), through=child)

    def _sum(self, parts: list[tuple[_Sum, int]]) -> _Sum:
        import numpy as np

        if not parts:
            return _Sum(np.zeros(1))
        left, right = self._two(parts)
        return self._add(left, right) if right.size else left

    def _two(self, parts: list[tuple[_Sum, int]]) -> tuple[_Sum, _Sum]:
        """All parts in two sums, the smaller ones put together first."""
        import numpy as np

        sums: list[_Sum] = []
        for part, many in parts:
            if many > 1 and _concave(part.cost):
                sums.append(_repeated(part, many))
                continue
            power = part
            while many:
                if many & 1:
                    sums.append(power)
                many >>= 1
                if many == 1 and not sums and len(parts) == 1:  # two halves, whose sum is asked for one number only
                    sums += [power, power]
                    break
                power = self._add(power, power) if many else power
        while len(sums) > 2:
            sums.sort(key=lambda s: s.size)
            sums = [self._add(sums[0], sums[1]), *sums[2:]]
        return (sums[0], sums[1]) if len(sums) > 1 else (sums[0], _Sum(np.zeros(1)))

    def _add(self, left: _Sum, right: _Sum) -> _Sum:
        import numpy as np

        small, large = sorted((left, right), key=lambda s: s.size)
        self.work += (small.size + 1) * (large.size + 1)
        if self.work > MAX_WORK:
            raise TooMuchWork
        cost = np.full(left.size + right.size + 1, np.inf)
        for k, value in enumerate(small.cost.tolist()):
            part = cost[k : k + large.size + 1]
            np.minimum(part, large.cost + value, out=part)
        return _Sum(cost, left, right)


def _concave(cost: Any) -> bool:
    import numpy as np

    return bool(np.isfinite(cost).all() and (np.diff(cost, 2) <= 0).all())


def _repeated(part: _Sum, many: int) -> _Sum:
    """Of equal concave costs all but one are at an end."""
    import numpy as np

    full, rest = np.divmod(np.arange(part.size * many + 1), max(1, part.size))
    last = full == many
    full, rest = np.where(last, many - 1, full), np.where(last, part.size, rest)
    cost = full * part.cost[-1] + (many - 1 - full) * part.cost[0] + part.cost[rest]
    return _Sum(cost, left=part, many=many)


def _least(left: _Sum, right: _Sum, number: int) -> tuple[int, float]:
    """How many of `number` endpoints are best in the first sum, and the cost."""

    first, last = max(0, number - right.size), min(left.size, number)
    cost = left.cost[first : last + 1] + right.cost[number - last : number - first + 1][::-1]
    best = int(cost.argmin())
    return first + best, float(cost[best])


def _traced(found: _Sum, number: int, memo: dict[Any, Counter[Kind]]) -> Counter[Kind]:
    """Which endpoints are the `number` above."""
    key = (id(found), number)  # `found` outlives the memo
    if not number:
        return Counter()
    if key in memo:
        return memo[key]
    chosen: Counter[Kind] = Counter()
    if found.kinds:
        chosen.update(found.kinds[:number])
    elif found.through is not None:
        child = found.through
        if found.cost[number] == child.cost[number]:
            chosen = _traced(child, number, memo)
        else:
            chosen = Counter(_every(child))
            chosen.subtract(_traced(child, child.size - number, memo))
    elif found.many > 1 and found.left is not None:
        size = found.left.size
        full = min(found.many - 1, number // size)
        for kind, many in _traced(found.left, size, memo).items():
            chosen[kind] += full * many
        chosen += _traced(found.left, number - full * size, memo)
    elif found.left is not None and found.right is not None:
        at, _ = _least(found.left, found.right, number)
        chosen = _traced(found.left, at, memo) + _traced(found.right, number - at, memo)
    memo[key] = chosen = +chosen
    return chosen


def _every(found: _Sum) -> Counter[Kind]:
    memo: dict[Any, Counter[Kind]] = {}
    return _traced(found, found.size, memo)
