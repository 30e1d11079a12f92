"""A plane without what has failed, and which of the rest is still alike."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.alike import Mark, codes
from cmxdsl.analysis.network.distances import outward
from cmxdsl.analysis.network.failures import Which
from cmxdsl.analysis.network.graph import Fabric, roles, rows
from cmxdsl.records import evolve

MOST_MARKS = 64  # elements that are told apart from all others where nothing tells which failures are alike


def without(net: Fabric, which: Which) -> Fabric:
    """The plane without these elements and their links. It asks about those endpoints that it did before which still
    reach one, each for what it injected before.

    Numbers stay as they are. What moves of the plane's symmetry that keep the failed elements take to one another is
    still alike.
    """
    import numpy as np

    lost = [array.lost(number) for array, number in which]
    devices, links = (np.unique(np.concatenate(some).astype(np.int64)) for some in zip(*lost, strict=True))
    alive = np.ones(net.links, dtype=bool)
    alive[links] = False
    alive[outward(net, devices)[2]] = False
    marks: list[Mark] | None = []
    for array, number in which:
        own = array.marks(np.array(number))
        marks = [*marks, *own] if marks is not None and own is not None else None
    if marks is None:
        marks = _each(net, devices, links)
    a, b = net.a[alive], net.b[alive]
    orbit = _orbits(net, marks, alive)
    rest = Fabric(
        net.plane, net.groups, a, b, net.rate[alive], orbit, *rows(net.size, a, b), _members(net, marks), net.symmetric
    )
    dead = np.zeros(net.size, dtype=bool)
    dead[devices] = True
    return evolve(rest, among=reaching(rest, roles(net).ends & ~dead), injects=net.own)


def _each(net: Fabric, devices: Any, links: Any) -> list[Mark] | None:
    """Each failed device, and both ends of each failed link, as marks; None where they are too many."""
    numbers = [*devices.tolist(), *net.a[links].tolist(), *net.b[links].tolist()]
    if len(numbers) > MOST_MARKS:
        return None
    return [(group.names, number - group.start, 1) for number in numbers for group in [net.group_of(number)]]


def _members(net: Fabric, marks: list[Mark] | None) -> tuple[tuple[int, int], ...]:
    """One device of each class and how many are in it; every one where nothing is known of that."""
    import numpy as np

    if marks is None:
        return tuple((number, 1) for number in range(net.size))
    found: list[tuple[int, int]] = []
    for group in net.groups:
        numbers = np.arange(group.count)
        key = np.broadcast_to(codes(net.symmetric, [*marks, (group.names, numbers, 1)]), numbers.shape)
        _, first, many = np.unique(key, return_index=True, return_counts=True)
        found += zip((group.start + first).tolist(), many.tolist(), strict=True)
    return tuple(sorted(found))


def _orbits(net: Fabric, marks: list[Mark] | None, alive: Any) -> Any:
    """The class of each link that is left, numbered from 0: of one class before, and its ends alike."""
    import numpy as np

    links = np.flatnonzero(alive)
    if marks is None:
        return np.arange(len(links), dtype=np.int32)
    starts = np.array([group.start for group in net.groups])
    sides = [np.searchsorted(starts, side[links], side="right") - 1 for side in (net.a, net.b)]
    kinds = sides[0] * len(starts) + sides[1]
    key = np.zeros(len(links), dtype=np.uint64)
    for kind in np.unique(kinds).tolist():
        mine = kinds == kind
        ends: list[Mark] = [
            (net.groups[place].names, side[links[mine]] - net.groups[place].start, 1)
            for place, side in zip(divmod(kind, len(starts)), (net.a, net.b), strict=True)
        ]
        code = codes(net.symmetric, [*marks, *ends])
        if ends[0][0] == ends[1][0]:  # devices of one array have no order
            code = np.minimum(code, codes(net.symmetric, [*marks, *ends[::-1]]))
        key[mine] = code
    _, code = np.unique(key, return_inverse=True)
    both = net.orbit[links].astype(np.int64) * (int(code.max(initial=0)) + 1) + code
    return np.unique(both, return_inverse=True)[1].astype(np.int32)


def reaching(net: Fabric, ends: Any) -> Any:
    """Which of these endpoints are joined to another of them."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    there = ends | roles(net).passes
    kept = there[net.a] & there[net.b]
    graph = csr_matrix((np.ones(int(kept.sum())), (net.a[kept], net.b[kept])), (net.size, net.size))
    part = connected_components(graph, directed=False)[1]
    return ends & (np.bincount(part, ends)[part] > 1)
