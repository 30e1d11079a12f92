"""How far endpoints are from one another: exact, searched from many of them at once.

Each device has a row of bits, one for each source, and a level of the search takes for every row the bits that its
neighbours got in the level before: one operation on 64 searches. Devices that pass nothing on and have the same
neighbours are one row, as are all hosts of a leaf.
"""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.distances import Hops, distances, sources_of, too_many
from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.records import define

FEW = 64  # sources that are searched from one by one: a row of bits would be mostly empty
WORDS = 6_000_000_000  # operations on 64 searches each that may be made; some ten seconds
TOGETHER = 4_000_000  # words of one block of searches that are held at once
HUB = 256  # neighbours from which on a row is handled by itself


def hops(fabric: Fabric) -> Hops:
    """From one endpoint of each class to all others. Raises distances.TooManySearches."""
    role = roles(fabric)
    sources = sources_of(fabric)
    if len(sources) <= FEW:
        return distances(fabric, loads=False)
    histogram = _Search.of(fabric, role.ends, role.passes).histogram(sources)
    total = (int(role.ends.sum()) - 1) * sum(many for _, many in sources)
    return Hops(dict(sorted(histogram.items())), total - sum(histogram.values()), len(sources))


@define(eq=False)
class _Search:
    """A plane as rows, those with most neighbours first.

    `row` is that of each device (-1 for what is neither an endpoint nor passes traffic on); `ends` the endpoints in
    each row, `passes` whether it passes traffic on; `columns[k]` the k-th passing neighbour of each row that has one;
    `hubs` those of rows that have too many for columns.
    """

    fabric: Fabric
    row: Any
    ends: Any
    passes: Any
    columns: list[Any]
    hubs: list[tuple[int, Any]]
    entries: int

    @classmethod
    def of(cls, fabric: Fabric, ends: Any, passes: Any) -> _Search:
        import numpy as np

        row = _merged(fabric, ends, passes)
        rows = int(row.max()) + 1
        first = np.full(rows, fabric.size)
        np.minimum.at(first, row[row >= 0], np.flatnonzero(row >= 0))  # the device that stands for its row
        degree = np.zeros(rows, dtype=np.int64)
        neighbours = []
        onward = passes[fabric.indices]
        before = np.concatenate([[0], np.cumsum(onward)])
        degree = before[fabric.indptr[first + 1]] - before[fabric.indptr[first]]
        order = np.argsort(-degree, kind="stable")
        place = np.empty(rows, dtype=np.int64)
        place[order] = np.arange(rows)
        row = np.where(row >= 0, place[row], -1)
        first, degree = first[order], degree[order]
        passed = row[fabric.indices[onward]]  # the passing neighbours of each device, one after the other
        starts = before[fabric.indptr[first]]
        many = int((degree > HUB).sum())
        hubs = [(k, passed[starts[k] : starts[k] + degree[k]]) for k in range(many)]
        least = int(degree[many:].max(initial=0))
        for k in range(least):
            here = many + int(np.searchsorted(-degree[many:], -k, side="left"))  # rows with more than k
            neighbours.append(passed[starts[many:here] + k])
        counted = np.bincount(row[ends], minlength=rows)
        return cls(fabric, row, counted, passes[first], neighbours, hubs, int(degree.sum()))

    def histogram(self, sources: list[tuple[int, int]]) -> dict[int, int]:
        """Pairs by their distance, each source counted for as many as are like it."""
        block = max(1, min(-(-len(sources) // 64), TOGETHER // len(self.ends)))
        self._afford(2 * -(-len(sources) // 64) * self.entries, len(sources))
        ordered = sorted(sources, key=lambda s: s[1])  # a block then has few weights
        found: dict[int, int] = {}
        spent = 0
        for start in range(0, len(ordered), 64 * block):
            for depth, count, words in self._block(ordered[start : start + 64 * block]):
                found[depth] = found.get(depth, 0) + count
                spent += words
                self._afford(spent, len(sources))
        return {depth: count for depth, count in found.items() if count}

    def _afford(self, words: int, sources: int) -> None:
        if words > WORDS:
            raise too_many(sources, self.fabric)

    def _block(self, sources: list[tuple[int, int]]) -> Any:
        """Level by level: the depth, how many pairs are that far apart, and how many words that took."""
        import numpy as np

        devices = np.array([number for number, _ in sources])
        weights = np.array([many for _, many in sources])
        number = np.arange(len(sources))
        word, bit = number // 64, np.uint64(1) << (number % 64).astype(np.uint64)
        width = int(word[-1]) + 1
        own = self.row[devices]
        seen = np.zeros((len(self.ends), width), dtype=np.uint64)
        itself = self.passes[own]
        np.bitwise_or.at(seen, (own[itself], word[itself]), bit[itself])
        masks = [(int(many), _mask(bit, word, weights == many, width)) for many in np.unique(weights)]
        kinds = [(int(k), np.flatnonzero(self.ends == k)) for k in np.unique(self.ends) if k]
        new = self._nearest(devices, word, bit, width)
        depth, words = 1, self.entries * width
        while True:
            new &= ~seen
            if not new.any():
                return
            seen |= new
            count = 0
            for ends, rows in kinds:
                here = new[rows]
                count += sum(ends * many * int(np.bitwise_count(here & mask).sum()) for many, mask in masks)
            count -= int(weights[(new[own, word] & bit) != 0].sum())  # a source is one of its own row
            yield depth, count, words
            new[~self.passes] = 0
            new = self._pulled(new)
            depth += 1

    def _nearest(self, devices: Any, word: Any, bit: Any, width: int) -> Any:
        """The rows beside each source."""
        import numpy as np

        fabric = self.fabric
        sizes = fabric.indptr[devices + 1] - fabric.indptr[devices]
        which = np.repeat(np.arange(len(devices)), sizes)
        places = np.repeat(fabric.indptr[devices] - np.cumsum(sizes) + sizes, sizes) + np.arange(len(which))
        rows = self.row[fabric.indices[places]]
        which, rows = which[rows >= 0], rows[rows >= 0]
        new = np.zeros((len(self.ends), width), dtype=np.uint64)
        np.bitwise_or.at(new, (rows, word[which]), bit[which])
        return new

    def _pulled(self, front: Any) -> Any:
        """For each row what its passing neighbours have."""
        import numpy as np

        new = np.zeros_like(front)
        many = len(self.hubs)
        for row, beside in self.hubs:
            new[row] = np.bitwise_or.reduce(front[beside], axis=0)
        for column in self.columns:
            new[many : many + len(column)] |= front[column]
        return new


def _mask(bit: Any, word: Any, some: Any, width: int) -> Any:
    import numpy as np

    mask = np.zeros(width, dtype=np.uint64)
    np.bitwise_or.at(mask, word[some], bit[some])
    return mask


def _merged(fabric: Fabric, ends: Any, passes: Any) -> Any:
    """The row of each device: its own where it passes traffic on; endpoints that do not share one where they have one
    neighbour each, the same, which passes traffic on; -1 for other devices."""
    import numpy as np

    row = np.full(fabric.size, -1, dtype=np.int64)
    alone = np.flatnonzero(ends & ~passes & (np.diff(fabric.indptr) == 1))
    beside = fabric.indices[fabric.indptr[alone]]
    alone, beside = alone[passes[beside]], beside[passes[beside]]
    single = passes | ends
    single[alone] = False
    row[single] = np.arange(int(single.sum()))
    _, inverse = np.unique(beside, return_inverse=True)
    row[alone] = int(single.sum()) + inverse
    return row
