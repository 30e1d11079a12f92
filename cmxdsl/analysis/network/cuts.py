"""Which sets of edges a graph may fall apart without, from the space of its cycles.

Give each edge outside of a spanning forest a random label, and each edge of the forest the sum (exclusive or) of the
labels of the edges whose cycles it is on. The labels over a cut then sum to zero, since every cycle crosses it an even
number of times; those of other sets do so with a chance of one in two to the number of bits (Pritchard and Thurimella,
Fast computation of small cuts via cycle space sampling, 2011). So edges whose labels are independent cut nothing, for
certain, and whether those that are not do so is left to a search.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from cmxdsl.analysis.network.mixing import mixed
from cmxdsl.records import frozen

WORD = 64  # bits of a word, and bits that labels have beyond the edges of a set
MOST = 8  # words of a label: larger sets are searched at once


@frozen
class Cuts:
    """The labels of a graph's edges, [words, edges]."""

    labels: Any

    @property
    def bridges(self) -> Any:
        """Which edges may each be a cut of their own."""
        return ~self.labels.any(axis=0)

    def may_part(self, edges: Any, into: int) -> bool:
        """Whether taking these edges away may leave more than `into` parts more; False is certain."""
        if len(edges) > WORD * (len(self.labels) - 1):
            return True
        basis: dict[int, int] = {}
        parts = 0
        for row in self.labels[:, edges].T.tolist():
            label = 0
            for word in row:
                label = label << WORD | word
            while label.bit_length() in basis:
                label ^= basis[label.bit_length()]
            if label:
                basis[label.bit_length()] = label
            else:
                parts += 1
        return parts > into


def cuts(nodes: int, u: Any, v: Any) -> Cuts:
    """The labels of a graph without parallel edges; u < v, sorted by u and then v."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    edges = len(u)
    degree = int(np.bincount(np.concatenate([u, v]), minlength=1).max()) if edges else 0
    words = min(MOST, 1 + -(-degree // WORD))
    labels = mixed(np.arange(1, words * edges + 1, dtype=np.uint64).reshape(words, edges))
    if not edges:
        return Cuts(labels)
    part = connected_components(csr_matrix((np.ones(edges), (u, v)), (nodes, nodes)), directed=False)[1]
    first = np.unique(part, return_index=True)[1]  # one node of each part; all are joined to one node more
    tails, heads = np.concatenate([np.full(len(first), nodes), u]), np.concatenate([first, v])
    joined = csr_matrix((np.ones(len(tails)), (tails, heads)), (nodes + 1, nodes + 1))
    order, parent = breadth_first_order(joined, nodes, directed=False)
    order, parent = order.astype(np.int64), parent.astype(np.int64)
    below = order[1:][parent[order[1:]] != nodes]
    key = np.minimum(below, parent[below]) * nodes + np.maximum(below, parent[below])
    branch = np.searchsorted(u.astype(np.int64) * nodes + v, key)  # the forest's edge above each node
    labels[:, branch] = 0
    starts = _levels(order, parent)
    for word in labels:
        sums = np.zeros(nodes + 1, dtype=np.uint64)
        np.bitwise_xor.at(sums, u, word)
        np.bitwise_xor.at(sums, v, word)
        for start, stop in reversed(list(pairwise(starts))):
            level = order[start:stop]
            np.bitwise_xor.at(sums, parent[level], sums[level])
        word[branch] = sums[below]
    return Cuts(labels)


def _levels(order: Any, parent: Any) -> list[int]:
    """Where the levels of a breadth-first order start, from the first below its root, and where the last one ends."""
    import numpy as np

    place = np.zeros(len(parent), dtype=np.int64)
    place[order] = np.arange(len(order))
    above = place[parent[order[1:]]]  # never falls
    starts = [1]
    while starts[-1] < len(order):
        starts.append(1 + int(np.searchsorted(above, starts[-1])))
    return starts
