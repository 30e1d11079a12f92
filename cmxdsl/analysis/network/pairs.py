"""Which endpoints are how far apart: pairs by the arrays that they are of, with an example of each."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.distances import outward, searches
from cmxdsl.analysis.network.ends import asked, labels
from cmxdsl.analysis.network.graph import Devices, Fabric
from cmxdsl.model import Subject
from cmxdsl.records import evolve, frozen


@frozen
class Pairs:
    """Endpoints of two arrays that are `distance` links apart: how many pairs there are, how many such partners in the
    second array one of the first has, at least and at most, and an example."""

    a: Devices
    b: Devices
    distance: int
    count: int
    partners: tuple[int, int]
    example: tuple[str, str]


@frozen
class Apart:
    """The pairs of endpoints in `among` that are a number of links apart, most first, without those in `others` (labels
    of arrays), and the distances that there are."""

    plane: str
    among: tuple[str, ...]
    others: tuple[str, ...]
    distance: int
    pairs: tuple[Pairs, ...]
    distances: tuple[int, ...]


def pairs_apart(subject: Subject, plane: str, distance: int, among: str = "") -> Apart:
    """The pairs of the endpoints asked about that are `distance` links apart on shortest paths, from one of each class.

    A pair of two arrays, or of one with itself, is counted once. Raises ends.NoEndpoint, graph.PlaneTooLarge,
    hops.TooManySearches, ports.TooManyPaths.
    """
    import numpy as np

    net = asked(subject, plane, among)
    sources, ends, passes = searches(net)
    starts = np.array([g.start for g in net.groups])
    found: dict[tuple[int, int], Pairs] = {}
    seen: set[int] = set()
    for source, many in sources:
        away = distances_from(net, source, passes)
        away[source] = -1
        seen |= set(np.unique(away[ends & (away > 0)]).tolist())
        targets = np.flatnonzero(ends & (away == distance))
        mine = int(np.searchsorted(starts, source, side="right")) - 1
        of_group = np.bincount(np.searchsorted(starts, targets, side="right") - 1, minlength=len(net.groups))
        for other, partners in enumerate(of_group.tolist()):
            if not ends[starts[other] : starts[other] + 1].any():
                continue
            first = targets[np.searchsorted(targets, starts[other])] if partners else -1
            _count(net, found, (mine, other), source, int(first), partners, many, distance)
    whole = [
        evolve(p, count=p.count // (2 if a == b else 1)) for (a, b), p in sorted(found.items()) if a <= b and p.count
    ]
    chosen = labels(net), labels(net, False)
    return Apart(plane, *chosen, distance, tuple(sorted(whole, key=lambda p: -p.count)), tuple(sorted(seen)))


def _count(
    net: Fabric,
    found: dict[tuple[int, int], Pairs],
    key: tuple[int, int],
    source: int,
    target: int,
    partners: int,
    many: int,
    distance: int,
) -> None:
    before = found.get(key)
    example = (net.name(source), net.name(target)) if partners else ("", "")
    if before is None:
        a, b = (net.groups[k] for k in key)
        found[key] = Pairs(a, b, distance, partners * many, (partners, partners), example)
        return
    fewest, most = before.partners
    found[key] = evolve(
        before,
        count=before.count + partners * many,
        partners=(min(fewest, partners), max(most, partners)),
        example=before.example if before.example[0] else example,
    )


def distances_from(net: Fabric, source: int, passes: Any) -> Any:
    """Links from one device to each, by shortest paths over devices that pass traffic on; -1 where there is none."""
    import numpy as np

    distance = np.full(net.size, -1, dtype=np.int32)
    distance[source] = depth = 0
    frontier = np.array([source], dtype=np.int64)
    while len(frontier):
        _, heads, _ = outward(net, frontier)
        depth += 1
        distance[heads[distance[heads] < 0]] = depth
        reached = np.flatnonzero(distance == depth)
        frontier = reached[passes[reached]]
    return distance
