"""What no algorithm is faster than: cuts that bytes must cross, and the time of one message.

All-gather: whoever is on one side of a cut holds parts that the other side must get, each over the cut at least once;
so the seconds are no less than the bytes on one side over the rate across, for any cut that leaves a rank on the other
side (arXiv 2402.06787). The greatest such quotient is found by maximum flow: the largest x for which x from every rank
reaches one rank at once. Reduce-scatter is the same, backward. All-reduce without reduction in switches sends 2(n -
1)/n of its bytes from each rank (Patarasu and Yuan, 2009), and between domains as much as if each were one rank; with
it, once. Every cut counts what all groups send over it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from cmxdsl.analysis.collectives.groups import Groups
from cmxdsl.analysis.collectives.machine import Wires
from cmxdsl.analysis.collectives.roads import Roads
from cmxdsl.analysis.network.metrics import network
from cmxdsl.records import frozen

MOST_ROADS = 400_000  # of the graph that maximum flow is sought on
MOST_NODES = 5_000_000  # of all copies of a plane that is taken apart
MOST_CLASSES = 20_000  # of its roads, after those that are alike are put together


@frozen
class Bound:
    """Seconds for each byte, and seconds however few."""

    slope: float
    latency: float
    notes: tuple[str, ...] = ()


def bound(
    found: Groups, roads: dict[str, Roads], reducing: Collection[str], flow: Callable[[], float | None], kind: str
) -> Bound:
    """The bound of a collective of all groups. `reducing` are the planes of which some switch adds up what passes,
    `flow` is `least_cut` of them."""
    import numpy as np

    many, across = found.size, found.across
    planes = [w for w in (found.near, found.far) if w is not None]
    injection = sum(_injection(w, roads[w.plane], found.chip.ravel()) for w in planes)
    share = (many - 1) / many
    if kind == "all_reduce" and not reducing:
        slope = 2 * share / float(injection.mean())
    else:  # what each rank must send, or take in
        slope = (1.0 if kind in ("all_reduce", "broadcast", "send") else share) / float(injection.min())
    if kind != "send":
        last = planes[-1]
        for part, rate in _parts(found, last, roads[last.plane]):
            slope = max(slope, _around(found, part, rate, last.plane in reducing, kind))
    if kind == "all_to_all" and len(planes) == 1:
        slope = max(slope, _halves(found, planes[0]))
    notes: tuple[str, ...] = ()
    if kind in ("all_gather", "reduce_scatter", "all_reduce") and across > 1:
        cut = flow()
        if cut is None:
            notes = ("the bound counts cuts around ranks, domains and tiers alone: the fabric is too large for a flow",)
        else:
            slope = max(slope, cut)
    first = np.min([_first(w, roads[w.plane], found.chip.ravel()) for w in planes], axis=0)
    return Bound(slope, float(first.max()), notes)


def _nodes(wires: Wires, road: Roads, chips: Any) -> Any:
    return road.node[wires.ports[chips]]


def _rates(road: Roads) -> Any:
    """What all roads of each node carry, in B/s."""
    import numpy as np

    return np.bincount(road.a, road.rate, road.nodes) + np.bincount(road.b, road.rate, road.nodes)


def _injection(wires: Wires, road: Roads, chips: Any) -> Any:
    """What the devices of each chip carry on a plane, in B/s; a device that several share counts for each."""
    return _rates(road)[_nodes(wires, road, chips)].sum(axis=1)


def _first(wires: Wires, road: Roads, chips: Any) -> Any:
    """The least seconds of the first road of each chip: every message takes one."""
    import numpy as np

    least = np.full(road.nodes, np.inf)
    for side in (road.a, road.b):
        np.minimum.at(least, side, road.least)
    found = least[_nodes(wires, road, chips)].min(axis=1)
    return np.where(np.isfinite(found), found, 0.0)


def _parts(found: Groups, wires: Wires, road: Roads) -> Iterator[tuple[Any, Any]]:
    """What falls apart when all roads of a plane are taken away, or those of its topmost tiers: the part that each chip
    is in, and what the roads carry that led out of each part, in B/s. Chips of a scale-up domain stay together where
    the plane is the one across."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    copies = int(wires.copy.max()) + 1
    if copies * road.nodes > MOST_NODES:
        return
    chips = len(wires.copy)
    own = np.arange(chips) if wires is found.near else found.domain
    on = np.flatnonzero(wires.copy >= 0)
    base = int(own.max()) + 1
    nodes = base + wires.copy[on][:, None] * road.nodes + _nodes(wires, road, on)
    lift = (base + road.nodes * np.arange(copies))[:, None]
    tail, head, rate = (lift + road.a).ravel(), (lift + road.b).ravel(), np.tile(road.rate, copies)
    deep = np.minimum(road.depth[road.a], road.depth[road.b]) if road.depth is not None else np.zeros(len(road.a))
    for level in range(1, int(deep.max(initial=0)) + 2):
        kept = np.tile(deep >= level, copies)
        starts = np.concatenate([np.repeat(own[on], nodes.shape[1]), tail[kept]])
        ends = np.concatenate([nodes.ravel(), head[kept]])
        size = base + copies * road.nodes
        graph = csr_matrix((np.ones(len(starts), dtype=np.int8), (starts, ends)), (size, size))
        part = connected_components(graph, directed=False)[1]
        cut = part[tail] != part[head]
        out = np.bincount(part[tail][cut], rate[cut], size) + np.bincount(part[head][cut], rate[cut], size)
        yield part[own], out


def _around(found: Groups, part: Any, rate: Any, reduces: bool, kind: str) -> float:
    """The cut around each part: what its ranks must send out of it, or take in, over what leads out of it."""
    import numpy as np

    groups, many = len(found.chip), found.size
    key = part[found.chip.reshape(groups, -1)] * groups + np.arange(groups)[:, None]
    key, count = np.unique(key.ravel(), return_counts=True)
    where, who = np.divmod(key, groups)
    split = count < many
    where, inside = where[split], count[split]
    if not len(where):
        return 0.0
    if kind == "all_reduce" and not reduces:
        across = np.bincount(who)
        return float(2 * (across - 1).sum() / rate[np.unique(where)].sum())
    match kind:
        case "all_to_all":
            amount = inside * (many - inside) / many
        case "all_gather" | "reduce_scatter":
            amount = np.maximum(inside, many - inside) / many
        case _:
            amount = np.ones(len(inside))
    each, index = np.unique(where, return_inverse=True)
    return float((np.bincount(index, amount) / rate[each]).max())


def _halves(found: Groups, wires: Wires) -> float:
    """The cut of the plane's bisection, where one group is all that the plane joins; else 0."""
    if wires.inside is None or found.chip.shape[0] > 1 or (found.inside > 1 and found.across > 1):
        return 0.0
    known = network(wires.inside, wires.plane)
    halves = known.bisection
    if halves is None or known.endpoints != found.size or wires.ports.shape[1] > 1 or not halves.high:
        return 0.0
    return float(8 * halves.cut.product / found.size / halves.high)


def least_cut(found: Groups, roads: dict[str, Roads]) -> float | None:
    """Seconds a byte of one group's all-gather, by maximum flow over its planes; None where the graph is too large."""
    graph = _joined([w for w in (found.near, found.far) if w is not None], roads)
    if graph is None:
        return None
    nodes, tail, head, rate = graph
    members = found.chip[0].ravel()
    best = 0.0
    for sink in (int(members[0]), int(members[-1])):
        one = _flow(nodes, tail, head, rate, members, sink)
        if one is None:
            return None
        best = max(best, one)
    return best


def _joined(planes: list[Wires], roads: dict[str, Roads]) -> tuple[int, Any, Any, Any] | None:
    """All planes as one graph, in which chips are the first nodes; None where it is too large."""
    import numpy as np

    total = sum((int(w.copy.max()) + 1) * len(roads[w.plane].a) for w in planes)
    if total > MOST_ROADS:
        return None
    tails, heads, rates = [], [], []
    start = len(planes[0].copy)
    for w in planes:
        road = roads[w.plane]
        copies = int(w.copy.max()) + 1
        base = start + road.nodes * np.arange(copies)[:, None]
        tails.append((base + road.a).ravel())
        heads.append((base + road.b).ravel())
        rates.append(np.tile(road.rate, copies))
        on = np.flatnonzero(w.copy >= 0)
        nodes = road.node[w.ports[on]]
        tails.append(np.repeat(on, nodes.shape[1]))
        heads.append((start + road.nodes * w.copy[on][:, None] + nodes).ravel())
        rates.append(_rates(road)[nodes].ravel())
        start += road.nodes * copies
    return start, np.concatenate(tails), np.concatenate(heads), np.concatenate(rates)


def _flow(nodes: int, tail: Any, head: Any, rate: Any, members: Any, sink: int) -> float | None:
    """One over the members times the largest equal flow from all of them to one, nodes that colour refinement does not
    tell apart put together: the program keeps its value (Grohe, Kersting, Mladenov and Selman, 2014)."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    from cmxdsl.analysis.network.folded import refined

    label = np.zeros(nodes, dtype=np.int64)
    label[members] = 1
    label[sink] = 2
    label = refined(label, np.concatenate([tail, head]), np.concatenate([head, tail]), np.concatenate([rate, rate]))
    if label is None:
        return None
    classes = int(label.max()) + 1
    key, of = np.unique(
        np.concatenate([label[tail] * classes + label[head], label[head] * classes + label[tail]]), return_inverse=True
    )
    first, second = np.divmod(key, classes)
    capacity = np.bincount(of, np.concatenate([rate, rate]))
    kept = (first != second) & (first != label[sink])
    first, second, capacity = first[kept], second[kept], capacity[kept]
    if len(first) > MOST_CLASSES:
        return None
    sends = np.bincount(label[members], minlength=classes).astype(float)
    scale = float(capacity.max())
    arcs = np.arange(len(first))
    rows = np.concatenate([first, second, np.flatnonzero(sends)])
    columns = np.concatenate([arcs, arcs, np.full(int((sends > 0).sum()), len(arcs))])
    values = np.concatenate([np.ones(len(arcs)), -np.ones(len(arcs)), -sends[sends > 0]])
    balance = csr_matrix((values, (rows, columns)), (classes, len(arcs) + 1))
    others = np.delete(np.arange(classes), label[sink])
    goal = np.zeros(len(arcs) + 1)
    goal[-1] = -1
    limits = [(0.0, float(c) / scale) for c in capacity] + [(0.0, None)]
    solved = linprog(goal, A_eq=balance[others], b_eq=np.zeros(len(others)), bounds=limits, method="highs")
    if solved.status != 0 or solved.x[-1] <= 0:
        return None
    return 1.0 / (len(members) * float(solved.x[-1]) * scale)
