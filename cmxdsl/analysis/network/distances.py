"""Distances in a plane, and the load that all-to-all traffic puts on its links: exact, from one device of each class.

A search goes breadth first over arrays. Where a plane has switches, only they pass traffic on; where it has none, its
devices do.
"""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.limits import LimitExceeded, Steps
from cmxdsl.records import frozen

MAX_STEPS = 600_000_000  # entries of adjacency that searches may look at; some ten seconds
LEVEL = 5_000  # entries that take as long as one more level of a search
MAX_TOGETHER = 4_000_000  # devices, and entries of adjacency, that searches which go in step may hold


class TooManySearches(LimitExceeded):
    """More searches than can be made; the message says how many there would be."""


@frozen
class Hops:
    """How far endpoints are from one another, in links: `histogram[d]` ordered pairs are d apart, `unreached` are those
    with no path."""

    histogram: dict[int, int]
    unreached: int
    searches: int

    @property
    def pairs(self) -> int:
        return sum(self.histogram.values())

    @property
    def diameter(self) -> int:
        return max(self.histogram, default=0)

    @property
    def mean(self) -> float:
        return sum(d * n for d, n in self.histogram.items()) / self.pairs if self.pairs else 0.0


@frozen
class Distances(Hops):
    """And the load of links: `load` is what goes over one link of each orbit, both ways together, when every endpoint
    sends to every other the product of their weights (one unit where all are alike), split equally over all shortest
    paths."""

    load: Any


def sources_of(fabric: Fabric) -> list[tuple[int, int]]:
    """One endpoint of each class, and how many are like it."""
    ends = roles(fabric).ends
    return [(number, many) for number, many in fabric.members if ends[number]]


def too_many(sources: int, fabric: Fabric) -> TooManySearches:
    return TooManySearches(
        f"{sources:,} endpoints are unlike each other, and as many searches over {fabric.links:,} links take "
        "too long: write the links with bare indices, or digits of them (`i div 4`), so that more of them are alike"
    )


def searches(fabric: Fabric) -> tuple[list[tuple[int, int]], Any, Any]:
    """One endpoint of each class and how many there are; which devices are endpoints, and which pass traffic on.

    Raises TooManySearches.
    """
    role, sources = roles(fabric), sources_of(fabric)
    if len(sources) * (2 * fabric.links + fabric.size) > MAX_STEPS:
        raise too_many(len(sources), fabric)
    return sources, role.ends, role.passes


def distances(fabric: Fabric, loads: bool = True) -> Distances:
    """From one endpoint of each class to all others, one search each; without `loads` they are 0. Raises
    TooManySearches."""
    import numpy as np

    sources, ends, passes = searches(fabric)
    weight = roles(fabric).weight
    orbits = int(fabric.orbit.max(initial=-1)) + 1
    load = np.zeros(orbits)
    histogram: dict[int, int] = {}
    total = int(ends.sum())
    steps = Steps(MAX_STEPS, "steps of search")
    together = max(1, min(MAX_TOGETHER // max(1, fabric.size), MAX_TOGETHER // max(1, 2 * fabric.links)))
    for start in range(0, len(sources), together):
        some = sources[start : start + together]
        counts, flow = _search(fabric, some, ends, passes, weight if loads else None, orbits, steps)
        for distance, count in counts.items():
            histogram[distance] = histogram.get(distance, 0) + count
        load += flow
    unreached = (total - 1) * sum(many for _, many in sources) - sum(histogram.values())
    sizes = np.bincount(fabric.orbit, minlength=orbits)
    return Distances(dict(sorted(histogram.items())), unreached, len(sources), load / np.maximum(1, sizes))


def _search(
    fabric: Fabric, sources: list[tuple[int, int]], ends: Any, passes: Any, weight: Any, orbits: int, steps: Steps
) -> tuple[dict[int, int], Any]:
    """Breadth first from some devices, each for as many as are like it: how many endpoints are how far, and what
    crosses each orbit of links where endpoints have a `weight`.

    All sources go in step: device `n` as the source `k` sees it has the number `k * size + n`. Loads follow Brandes
    (2001): paths are counted outward, and shared out inward. Raises TooManySteps.
    """
    import numpy as np

    size = fabric.size
    many = np.array([like for _, like in sources], dtype=np.int64)
    frontier = np.array([k * size + number for k, (number, _) in enumerate(sources)], dtype=np.int64)
    distance = np.full(len(sources) * size, -1, dtype=np.int32)
    distance[frontier] = 0
    paths = np.zeros(len(distance)) if weight is not None else None
    if paths is not None:
        paths[frontier] = 1.0
    wanted = np.tile(ends, len(sources))
    wanted[frontier] = False
    levels: list[tuple[Any, Any, Any]] = []
    depth = 0
    while len(frontier):
        tails, heads, links = _outward(fabric, frontier)
        steps.take(LEVEL + len(heads))
        new = distance[heads] < 0
        tails, heads, links = tails[new], heads[new], links[new]
        if not len(heads):
            break
        depth += 1
        distance[heads] = depth
        if paths is not None:
            np.add.at(paths, heads, paths[tails])
            levels.append((tails, heads, links))
        few = len(heads) * 16 < len(distance)
        found = np.unique(heads) if few else np.flatnonzero(distance == depth)  # without sorting
        frontier = found[passes[found % size]]
    flow = np.zeros(orbits)
    if paths is not None:
        demand = np.array([like * weight[number] for number, like in sources])
        share = np.where(wanted, np.tile(weight, len(sources)) * np.repeat(demand, size), 0.0)
        for tails, heads, links in reversed(levels):
            part = paths[tails] / paths[heads] * share[heads]
            flow += np.bincount(fabric.orbit[links], part, minlength=orbits)
            np.add.at(share, tails, part)
    reached = np.flatnonzero(wanted & (distance > 0))
    counts = np.zeros(depth + 1, dtype=np.int64)
    np.add.at(counts, distance[reached], many[reached // size])
    return {d: int(n) for d, n in enumerate(counts.tolist()) if n}, flow


def _outward(fabric: Fabric, frontier: Any) -> tuple[Any, Any, Any]:
    """As `outward`, for devices as several sources see them."""
    device = frontier % fabric.size
    tails, heads, links = outward(fabric, device)
    import numpy as np

    seen_by = np.repeat(frontier - device, fabric.indptr[device + 1] - fabric.indptr[device])
    return tails + seen_by, heads + seen_by, links


def outward(fabric: Fabric, frontier: Any) -> tuple[Any, Any, Any]:
    """Every entry of adjacency of some devices: from which, to which, over which link."""
    import numpy as np

    starts, stops = fabric.indptr[frontier], fabric.indptr[frontier + 1]
    sizes = stops - starts
    total = int(sizes.sum())
    places = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(total)
    return np.repeat(frontier, sizes), fabric.indices[places], fabric.via[places]
