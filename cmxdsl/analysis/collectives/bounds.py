"""What no algorithm is faster than: cuts that bytes must cross, and the time of one message.

All-gather: whoever is on one side of a cut holds parts that the other side must get, each over the cut at least once;
so the seconds are no less than the bytes on one side over the rate across, for any cut that leaves a rank on the other
side (arXiv 2402.06787). The greatest such quotient is found by maximum flow: the largest x for which x from every rank
reaches one rank at once. Reduce-scatter is the same, backward. All-reduce without reduction in switches sends 2(n -
1)/n of its bytes from each rank (Patarasu and Yuan, 2009), and between domains as much as if each were one rank; with
it, once. Every cut counts what all groups send over it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cmxdsl.analysis.collectives.groups import Groups
from cmxdsl.analysis.collectives.machine import Wires
from cmxdsl.analysis.collectives.roads import Roads
from cmxdsl.records import frozen

MOST_ROADS = 400_000  # of the graph that maximum flow is sought on
MOST_CLASSES = 20_000  # of its roads, after those that are alike are put together


@frozen
class Bound:
    """Seconds for each byte, and seconds however few."""

    slope: float
    latency: float
    notes: tuple[str, ...] = ()


def bound(found: Groups, roads: dict[str, Roads], reducing: Collection[str], kind: str) -> Bound:
    """The bound of a collective of all groups. `reducing` are the planes
    of which some switch adds up what passes."""
    import numpy as np

    many, across = found.size, found.across
    planes = [w for w in (found.near, found.far) if w is not None]
    injection = sum(_injection(w, roads[w.plane], found.chip.ravel()) for w in planes)
    share = (many - 1) / many
    if kind == "all_reduce" and not reducing:
        slope = 2 * share / float(injection.mean())
    else:  # what each rank must send, or take in
        slope = (1.0 if kind in ("all_reduce", "broadcast", "send") else share) / float(injection.min())
    if across > 1 and found.far is not None and kind != "send":
        slope = max(slope, _domains(found, roads[found.far.plane], found.far.plane in reducing, kind))
    notes: tuple[str, ...] = ()
    if kind in ("all_gather", "reduce_scatter", "all_reduce") and across > 1:
        flow = _cut(found, roads)
        if flow is None:
            notes = ("the bound counts the cuts around ranks and domains alone: the fabric is too large for a flow",)
        else:
            slope = max(slope, flow)
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


def _domains(found: Groups, road: Roads, reduces: bool, kind: str) -> float:
    """The cut around each scale-up domain: what its ranks must send out of it, or take in, over what the adapters of
    all its chips carry."""
    import numpy as np

    assert found.far is not None
    chips = np.flatnonzero(found.far.copy >= 0)
    nodes = _nodes(found.far, road, chips)
    adapter = (found.domain[chips, None] * (int(found.far.copy.max()) + 1) + found.far.copy[chips, None]) * road.nodes
    once = np.unique((adapter + nodes).ravel(), return_index=True)[1]
    rate = np.bincount(np.repeat(found.domain[chips], nodes.shape[1])[once], _rates(road)[nodes.ravel()[once]])
    groups, many = len(found.chip), found.size
    key = found.domain[found.chip.reshape(groups, -1)] * groups + np.arange(groups)[:, None]
    key, count = np.unique(key.ravel(), return_counts=True)
    domain = (key // groups)[count < many]
    inside = count[count < many]
    if kind == "all_reduce" and not reduces:
        across = np.bincount(key % groups)
        return float(2 * (across - 1).sum() / rate[np.unique(domain)].sum())
    match kind:
        case "all_to_all":
            amount = inside * (many - inside) / many
        case "all_gather" | "reduce_scatter":
            amount = np.maximum(inside, many - inside) / many
        case _:
            amount = np.ones(len(inside))
    return float((np.bincount(domain, amount, len(rate)) / rate).max())


def _cut(found: Groups, roads: dict[str, Roads]) -> float | None:
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
