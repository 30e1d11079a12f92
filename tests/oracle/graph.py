"""A plane of a machine as a graph, and what networkx and one linear program say of it. For small planes."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import networkx as nx
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from .counts import endpoints
from .expand import Machine, Path

Link = tuple[int, int, float]


@dataclass
class Net:
    """Devices by number, which of them are switches and endpoints, which pass traffic on, and each link with its rate."""

    names: list[Path]
    switch: list[bool]
    ends: list[int]
    passes: list[bool]
    links: list[Link]


def net(machine: Machine, plane: str) -> Net:
    """The plane: its endpoints are the accelerators where there are any, else all that is no switch, else everything."""
    things = [
        t
        for t in machine.things.values()
        if any(p.plane == plane and p.exposes is None and p.count for p in t.part.ports.values())
    ]
    number = {t.path: k for k, t in enumerate(things)}
    switch = [t.part.kind == "switch" for t in things]
    ends = [number[t.path] for t in endpoints(things)]
    passes = switch if any(switch) else [True] * len(things)
    links = [(number[j.a[0]], number[j.b[0]], float(j.rate or 0)) for j in machine.joints if j.plane == plane]
    return Net([t.path for t in things], switch, ends, passes, links)


def _near(net: Net) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in net.names]
    for a, b, _ in net.links:
        near[a].append(b)
        near[b].append(a)
    return near


def distances(net: Net) -> tuple[dict[int, int], int]:
    """How many ordered pairs of endpoints are how far apart, and how many do not reach each other."""
    far = hops(net)
    found = Counter(distance for own in far.values() for distance in own.values())
    return dict(found), len(net.ends) * (len(net.ends) - 1) - found.total()


def hops(net: Net) -> dict[int, dict[int, int]]:
    """From each endpoint the distance of every other one that it reaches."""
    near = _near(net)
    found: dict[int, dict[int, int]] = {}
    for source in net.ends:
        seen, queue = {source: 0}, deque([source])
        while queue:
            here = queue.popleft()
            if here != source and not net.passes[here]:
                continue
            for other in near[here]:
                if other not in seen:
                    seen[other] = seen[here] + 1
                    queue.append(other)
        found[source] = {t: seen[t] for t in net.ends if t != source and t in seen}
    return found


def injection(net: Net) -> list[float]:
    """The rate of the links of each endpoint."""
    return [sum(r * ((a == e) + (b == e)) for a, b, r in net.links) for e in net.ends]


def tiers(net: Net) -> list[int | None]:
    """Links from the nearest endpoint."""
    near = _near(net)
    level: list[int | None] = [0 if k in set(net.ends) else None for k in range(len(net.names))]
    queue = deque(net.ends)
    while queue:
        here = queue.popleft()
        for other in near[here]:
            if level[other] is None:
                level[other] = (level[here] or 0) + 1
                queue.append(other)
    return level


def oversubscription(net: Net) -> Fraction | None:
    """The greatest of any switch: the rate of its links to the tier below over that of its links to the tier above.

    None where a switch has no way up and others of its array and tier have one.
    """
    level = tiers(net)
    down, up = [Fraction(0)] * len(level), [Fraction(0)] * len(level)
    for a, b, rate in net.links:
        for one, other in ((a, b), (b, a)):
            here, there = level[one], level[other]
            if here is not None and there is not None and here != there:
                side = up if there > here else down
                side[one] += Fraction(rate)
    found = [k for k in range(len(level)) if net.switch[k] and level[k]]
    for k in found:
        alike = [o for o in found if level[o] == level[k] and _array(net, o) == _array(net, k)]
        if not up[k] and any(up[o] for o in alike):
            return None
    return max((down[k] / up[k] for k in found if up[k]), default=None)


def _array(net: Net, k: int) -> tuple[str, ...]:
    return tuple(name for name, _ in net.names[k])


@dataclass
class Loss:
    """What a failure takes with it: endpoints isolated, pairs that lose each other, islands left."""

    isolated: int
    pairs: int
    islands: int


def without(net: Net, dead: set[int], before: dict[int, set[int]]) -> Loss:
    """The network when some devices fail, beside what each endpoint reached before."""
    after = reached(net, dead)
    isolated = sum(bool(before[e]) and not after[e] for e in net.ends)
    pairs = sum(len(before[e] - after[e]) for e in net.ends) // 2
    joined = nx.Graph([(e, other) for e in net.ends for other in after[e]])
    return Loss(isolated, pairs, nx.number_connected_components(joined))


def reached(net: Net, dead: set[int]) -> dict[int, set[int]]:
    """The other endpoints that each one reaches."""
    near = _near(net)
    found: dict[int, set[int]] = {}
    for source in net.ends:
        seen, queue = {source}, deque([source] if source not in dead else [])
        while queue:
            here = queue.popleft()
            if here != source and not net.passes[here]:
                continue
            for other in near[here]:
                if other not in seen and other not in dead:
                    seen.add(other)
                    queue.append(other)
        found[source] = {e for e in net.ends if e in seen} - {source}
    return found


def bisection(net: Net) -> float:
    """The least cut between halves of the endpoints, over all halves, by a maximum flow for each."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(net.names)))
    for a, b, rate in net.links:
        if a != b:
            graph.add_edge(a, b, capacity=graph.get_edge_data(a, b, {"capacity": 0})["capacity"] + rate)
    best = float("inf")
    for half in combinations(net.ends, len(net.ends) // 2):
        if len(net.ends) % 2 == 0 and net.ends[0] not in half:
            continue  # the other half of one that was seen
        cut = graph.copy()
        for end in net.ends:
            cut.add_edge("one" if end in half else "other", end)  # an edge without a capacity has no limit
        best = min(best, nx.maximum_flow_value(cut, "one", "other"))
    return best


def disjoint(net: Net) -> tuple[int, int]:
    """The most paths that share no link, and no device, between the two endpoints that have fewest."""
    graph = nx.DiGraph()
    for k in range(len(net.names)):
        graph.add_node((k, "in"))
        graph.add_node((k, "out"))
        if net.passes[k]:
            graph.add_edge((k, "in"), (k, "out"), link=10**6, device=1)
    for a, b, _ in net.links:
        for x, y in ((a, b), (b, a)):
            old = graph.get_edge_data((x, "out"), (y, "in"), {"link": 0, "device": 0})
            graph.add_edge((x, "out"), (y, "in"), link=old["link"] + 1, device=old["device"] + 1)
    pairs = [(s, t) for s in net.ends for t in net.ends if s != t]
    by_link, by_device = (
        min(nx.maximum_flow_value(graph, (s, "out"), (t, "in"), capacity=kind) for s, t in pairs)
        for kind in ("link", "device")
    )
    return by_link, by_device


def all_to_all(net: Net, weights: list[float] | None = None) -> float:
    """The greatest rate at which every endpoint sends to every other at once, by any routing, in proportion to the
    product of their weights where there are any: one linear program with a flow from each source on each arc."""
    arcs = [(a, b, r) for x, y, r in net.links for a, b in ((x, y), (y, x)) if x != y and r]
    weight = dict(zip(net.ends, weights or [1.0] * len(net.ends), strict=True))
    size, many = len(net.ends), len(arcs)
    scale = max((r for _, _, r in arcs), default=1.0)
    equal: list[tuple[int, int, float]] = []
    shut: set[int] = set()
    rows = 0
    for k, source in enumerate(net.ends):
        for node in range(len(net.names)):
            if node == source:
                continue
            for position, (a, b, _) in enumerate(arcs):
                column = k * many + position
                if b == node:
                    equal.append((rows, column, 1.0))
                if a == node:
                    equal.append((rows, column, -1.0))
            if node in weight:  # takes what is its own, and passes on the rest where it may
                equal.append((rows, size * many, -weight[source] * weight[node]))
            rows += 1
        for position, (a, b, _) in enumerate(arcs):
            if b == source or (a != source and not net.passes[a]):
                shut.add(k * many + position)  # nothing comes back, and an endpoint passes on nobody else's
    capacity = [(position, k * many + position, 1.0) for position in range(many) for k in range(size)]
    bounds = [(0, 0 if column in shut else None) for column in range(size * many)] + [(0, None)]
    cost = np.zeros(size * many + 1)
    cost[-1] = -1.0
    found = linprog(
        cost,
        A_ub=_matrix(capacity, many, size * many + 1),
        b_ub=[r / scale for _, _, r in arcs],
        A_eq=_matrix(equal, rows, size * many + 1),
        b_eq=np.zeros(rows),
        bounds=bounds,
        method="highs",
    )
    assert found.status == 0, found.message
    return float(found.x[-1]) * scale


def _matrix(entries: list[tuple[int, int, float]], rows: int, columns: int) -> coo_matrix:
    at, of, values = zip(*entries, strict=True)
    return coo_matrix((values, (at, of)), shape=(rows, columns))
