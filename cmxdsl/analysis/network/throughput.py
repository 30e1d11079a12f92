"""How much a plane carries under the best routing there is: maximum concurrent flow, as a linear program.

All-to-all traffic looks the same from every endpoint of a class, so one source of each class stands for all; seen from
it, devices that no count of their neighbours tells apart carry the same flow. The program then has one variable for
each class of links that a source sees, whatever the size of the plane: a linear program keeps its value when the
classes of an equitable partition are made one (Grohe, Kersting, Mladenov and Selman, 2014).
"""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.graph import Fabric, Roles, roles
from cmxdsl.analysis.network.mixing import mixed
from cmxdsl.limits import LimitExceeded
from cmxdsl.records import frozen

MAX_VARIABLES = 60_000  # of one linear program; half a minute
MAX_ARCS = 80_000_000  # links, both ways, that sources may look at; half a minute
CLOSE = 1e-6  # what the solver leaves open


class ProgramTooLarge(LimitExceeded):
    """A linear program too large to solve; the message says how large."""


@frozen
class BestRouting:
    """The best that routing can do: `rate` in b/s for each demand of one, the kinds of links that hold it, and how many
    variables its linear program had."""

    rate: float
    bottleneck: tuple[str, ...]
    variables: int = 0


def seen_from(net: Fabric, source: int) -> Any:
    """A label for each device; devices with one label have equally many neighbours of each label over links of each
    class. The source has a label of its own. (Colour refinement; what is compared are sums of well-mixed numbers.)"""
    import numpy as np

    weights, weight = np.unique(roles(net).weight, return_inverse=True)  # tells devices apart, too
    label = np.zeros(net.size, dtype=np.int64)
    for k, group in enumerate(net.groups):
        label[group.start : group.start + group.count] = k + 1
    label = label * len(weights) + weight
    label[source] = 0
    label = np.unique(label, return_inverse=True)[1].astype(np.int64)
    many = int(label.max()) + 1
    classes = net.orbit[net.via].astype(np.uint64)
    while True:
        met = mixed(label.astype(np.uint64)[net.indices] * np.uint64(0x9E3779B97F4A7C15) + classes)
        sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(met, dtype=np.uint64)])
        around = sums[net.indptr[1:]] - sums[net.indptr[:-1]]
        both = mixed(mixed(label.astype(np.uint64)) + mixed(around))
        found, finer = np.unique(both, return_inverse=True)
        if len(found) == many:
            return label
        many, label = len(found), finer.astype(np.int64)


@frozen
class _Folded:
    """What one source sees, folded: for each class of links its orbit, the classes of devices that it leads from and
    to, and the demand at each class of devices (-1 for the source itself)."""

    many: int
    orbit: Any
    tail: Any
    head: Any
    demand: Any


def all_to_all(net: Fabric, most: int = MAX_VARIABLES) -> BestRouting | None:
    """What every endpoint can send to every other at once, in b/s a pair, each way, times the product of their weights;
    None where some do not reach others.

    Raises ProgramTooLarge where its program has more than `most` variables.
    """
    import numpy as np

    if not net.links:
        return None
    role = roles(net)
    sources = [(number, many) for number, many in net.members if role.ends[number]]
    if 2 * net.links * len(sources) > MAX_ARCS:
        raise ProgramTooLarge(f"{len(sources):,} endpoints are unlike each other on {net.links:,} links")
    views = []
    variables = 1
    for number, many in sources:
        views.append(_view(net, role, number, many))
        variables += len(views[-1].orbit)
        if variables > most:
            raise ProgramTooLarge(f"more than {most:,} classes of links carry different flows")
    sizes = np.bincount(net.orbit)
    rate = np.full(len(sizes), np.inf)
    np.minimum.at(rate, net.orbit, net.rate)
    found = _solved(views, sizes, rate)
    if found is None:
        return None
    pair, tight = found
    return BestRouting(pair, _names(net, tight), variables)


def _names(net: Fabric, orbits: list[int]) -> tuple[str, ...]:
    """The kinds of links by the arrays that they join."""
    import numpy as np

    found = []
    for orbit in orbits:
        link = int((net.orbit == orbit).argmax())
        found.append(" to ".join(net.group_of(int(side[link])).label for side in (net.a, net.b)))
    return tuple(np.unique(found).tolist())


def _view(net: Fabric, role: Roles, source: int, many: int) -> _Folded:
    """Links both ways, put together by the labels of their ends. Traffic leaves the source and never comes back, and
    ends where it does not pass."""
    import numpy as np

    label = seen_from(net, source)
    classes = int(label.max()) + 1
    tails, heads = np.concatenate([net.a, net.b]), np.concatenate([net.b, net.a])
    orbit = np.concatenate([net.orbit, net.orbit]).astype(np.int64)
    goes = (role.passes[tails] | (tails == source)) & (heads != source) & (role.passes[heads] | role.ends[heads])
    key = (label[tails[goes]] * classes + label[heads[goes]]) * (int(net.orbit.max()) + 1) + orbit[goes]
    found = np.unique(key)
    ends, orbit_of = np.divmod(found, int(net.orbit.max()) + 1)
    demand = np.bincount(label, role.weight, classes) * role.weight[source]
    demand[label[source]] = -1
    return _Folded(many, orbit_of, ends // classes, ends % classes, demand)


def _solved(views: list[_Folded], sizes: Any, rate: Any) -> tuple[float, list[int]] | None:
    """The greatest rate for each pair, in b/s, and the orbits of links that hold it.

    Variables: flow over each class of links for each source, and the rate of a pair times the number of endpoints.
    What arrives at a class and does not leave it is its demand. A class of links carries the flows of all sources, in
    either direction: traffic that is the same both ways can be balanced between them.
    """
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    rows, columns, values = [], [], []
    cap_rows, cap_columns, cap_values = [], [], []
    scale = float(rate.max())
    endpoints = float(sum(v.many for v in views))
    row, column = 0, 1
    for view in views:
        arcs = np.arange(len(view.orbit)) + column
        classes = len(view.demand)
        for side, sign in ((view.head, 1.0), (view.tail, -1.0)):
            rows.append(side + row)
            columns.append(arcs)
            values.append(np.full(len(arcs), sign))
        wanted = np.where(view.demand < 0, 0.0, view.demand)
        keep = np.flatnonzero(view.demand >= 0)
        rows.append(keep + row)
        columns.append(np.zeros(len(keep), dtype=np.int64))
        values.append(-wanted[keep] / endpoints)
        source = int(np.flatnonzero(view.demand < 0)[0])
        rows.append(np.array([source + row]))
        columns.append(np.zeros(1, dtype=np.int64))
        values.append(np.array([wanted.sum() / endpoints]))
        cap_rows.append(view.orbit)
        cap_columns.append(arcs)
        cap_values.append(view.many / (2.0 * sizes[view.orbit]))
        row, column = row + classes, column + len(arcs)
    join = np.concatenate
    equal = csr_matrix((join(values), (join(rows), join(columns))), shape=(row, column))
    caps = csr_matrix((join(cap_values), (join(cap_rows), join(cap_columns))), shape=(len(sizes), column))
    goal = np.zeros(column)
    goal[0] = -1.0
    found = linprog(goal, A_ub=caps, b_ub=rate / scale, A_eq=equal, b_eq=np.zeros(row), method="highs")
    if found.status != 0 or found.x[0] <= 0:
        return None
    tight = np.flatnonzero(found.ineqlin.marginals < -CLOSE)
    return float(found.x[0]) / endpoints * scale, [int(orbit) for orbit in tight]


# --- permutations -----------------------------------------------------------------------------------------


MAX_PAIRS = 40_000  # variables of the program for one permutation, which nothing folds


def farthest(net: Fabric) -> BestRouting | None:
    """The rate at which each endpoint can send to one other, all at once and times the lesser of their weights, where
    the partners are chosen to be as far apart as can be (the longest matching of Jyothi and others, 2016); None where
    some do not reach theirs.

    Raises ProgramTooLarge: the flow of each endpoint is a variable for each link.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment, linprog
    from scipy.sparse import csr_matrix, identity, kron, vstack

    role = roles(net)
    ends = np.flatnonzero(role.ends)
    if 2 * net.links * len(ends) > MAX_PAIRS:
        raise ProgramTooLarge(f"{2 * net.links * len(ends):,} flows")
    apart = _apart(net, role, ends)
    if (apart < 0).any():
        return None
    np.fill_diagonal(apart, -net.size)
    _, partner = linear_sum_assignment(-apart)
    tails, heads = np.concatenate([net.a, net.b]), np.concatenate([net.b, net.a])
    arcs = np.arange(len(tails))
    one = csr_matrix(
        (np.repeat([-1.0, 1.0], len(arcs)), (np.concatenate([tails, heads]), np.tile(arcs, 2))), (net.size, len(arcs))
    )
    balance, demand = [], []
    for source, target in zip(ends, ends[partner], strict=True):
        goes = (role.passes[tails] | (tails == source)) & (role.passes[heads] | (heads == target)) & (heads != source)
        kept = one.multiply(goes).tocsr()
        column = np.zeros(net.size)
        much = min(role.weight[source], role.weight[target])
        column[source], column[target] = much, -much
        balance.append(kept)
        demand.append(column)
    from scipy.sparse import block_diag

    width = len(arcs) * len(ends)
    scale = float(net.rate.max())
    equal = csr_matrix(np.concatenate(demand)[:, None])
    matrix = _beside(equal, block_diag(balance))
    caps = _beside(csr_matrix((len(arcs), 1)), kron(np.ones((1, len(ends))), identity(len(arcs))))
    goal = np.zeros(width + 1)
    goal[0] = -1.0
    limit = np.concatenate([net.rate, net.rate]) / scale
    found = linprog(
        goal, A_ub=vstack([caps]).tocsr(), b_ub=limit, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]), method="highs-ipm"
    )
    if found.status != 0:
        return None
    tight = sorted({int(net.orbit[arc % net.links]) for arc in np.flatnonzero(found.ineqlin.marginals < -CLOSE)})
    return BestRouting(float(found.x[0]) * scale, _names(net, tight))


def _beside(left: Any, right: Any) -> Any:
    from scipy.sparse import hstack

    return hstack([left, right]).tocsr()


def _apart(net: Fabric, role: Roles, ends: Any) -> Any:
    """Links between each two endpoints; -1 where there is no path."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    tails, heads = np.concatenate([net.a, net.b]), np.concatenate([net.b, net.a])
    if not role.passes[ends].any():  # a copy of each endpoint that only sends, so that none passes traffic on
        goes = role.passes[tails]
        out = ~goes
        tails = np.concatenate([tails[goes], tails[out] + net.size])
        heads = np.concatenate([heads[goes], heads[out]])
        size, start = 2 * net.size, ends + net.size
    else:
        size, start = net.size, ends
    graph = csr_matrix((np.ones(len(tails)), (tails, heads)), (size, size))
    found = dijkstra(graph, indices=start, unweighted=True)[:, ends]
    return np.where(np.isfinite(found), found, -1)
