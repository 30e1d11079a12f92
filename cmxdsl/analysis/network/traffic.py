"""What traffic a plane carries whatever it is, and how many ways there are between endpoints.

Definitions. *Throughput* of a pattern of traffic: the greatest rate at which all its demands are met at once, under the
best routing (maximum concurrent flow). *Permutation*: every endpoint sends to one other and receives from one, at the
lesser of both injections. *Disjoint paths*: the most paths between two endpoints that share no link, or no device
(Menger, 1927).
"""

from __future__ import annotations

from itertools import islice

from cmxdsl.analysis.network.ends import asked
from cmxdsl.analysis.network.graph import Fabric, Roles, roles
from cmxdsl.analysis.network.metrics import Network, network
from cmxdsl.analysis.network.symmetry import representatives, seen_in
from cmxdsl.analysis.network.throughput import BestRouting, ProgramTooLarge, all_to_all, farthest
from cmxdsl.model import Subject, remembered
from cmxdsl.records import frozen

MAX_WORK = 60_000_000  # links times pairs of endpoints that paths are counted between; a minute


@frozen
class Permutation:
    """The share that always goes through when every endpoint sends to one other, each two partners at the lesser of
    their injections: from `low` to `high`."""

    low: float
    high: float
    held_by: str

    @property
    def exact(self) -> bool:
        return self.high - self.low <= 1e-6 * self.high


@frozen
class Traffic:
    """All-to-all under the best routing (`best`; None where a rate is not known or some do not reach others), its share
    of injection, why it is not known (`too_hard`), and the worst permutation."""

    best: BestRouting | None
    share: float | None
    too_hard: str
    permutation: Permutation | None


@remembered()
def traffic(subject: Subject, plane: str, among: str = "") -> Traffic:
    """Throughput of a plane, for some endpoints. Raises ends.NoEndpoint, graph.PlaneTooLarge, ports.TooManyPaths."""
    net, known = asked(subject, plane, among), network(subject, plane, among)
    if known.injection is None or known.endpoints < 2 or not known.injection or not known.joined:
        return Traffic(None, None, "", None)
    role = roles(net)
    best, too_hard = _proved(known, role), ""
    try:
        best = best or all_to_all(net)
    except ProgramTooLarge as error:
        too_hard = str(error)
    share = best.rate * known.demands / known.injection if best is not None else None
    return Traffic(best, share, too_hard, _worst_permutation(net, role, best, known))


def _proved(known: Network, role: Roles) -> BestRouting | None:
    """All-to-all over shortest paths, where no routing can do better: what an endpoint sends, or what crosses the least
    halves found, is then all that their links carry."""
    if known.per_pair is None or not known.injection:
        return None
    weight = role.weight[role.ends]
    most, held = known.injection / known.endpoints / (known.endpoints - float(weight.min())), known.bottleneck
    if known.bisection is not None:
        most = min(most, known.bisection.high / known.bisection.cut.product)
    return BestRouting(known.per_pair, (held,)) if known.per_pair >= most * (1 - 1e-9) else None


def _worst_permutation(net: Fabric, role: Roles, best: BestRouting | None, known: Network) -> Permutation | None:
    """Below: what the tiers carry whoever sends to whom; and where endpoints pass traffic on, two rounds of all-to-all,
    each at half its rate (Valiant and Brebner, 1981). Above: a permutation that sends across the least halves found,
    and the one whose partners are farthest apart. Where an endpoint has one link, what goes by way of it turns at its
    switch."""
    import numpy as np

    own = net.own[role.ends]
    mean = float(own.mean())
    if not own.min():
        return None
    low = known.carried
    bisection, pair = known.bisection, best.rate if best is not None else known.per_pair
    if pair is not None and (role.passes[role.ends].all() or (np.diff(net.indptr)[role.ends] == 1).all()):
        low = max(low, known.endpoints * pair / 2 / mean)
    high, held = 1.0, "the links of the endpoints"
    if bisection is not None and bisection.high < bisection.cut.crossing * high:
        high, held = bisection.high / bisection.cut.crossing, bisection.cut.label
    low = min(low, high)
    if high - low > 1e-6:
        try:
            far = farthest(net)
        except ProgramTooLarge:
            far = None
        if far is not None and far.rate < mean * high * (1 - 1e-6):
            high, held = far.rate / mean, f"{', '.join(far.bottleneck)}, when partners are far apart"
    return Permutation(min(low, high), high, held)


# --- disjoint paths ---------------------------------------------------------------------------------------


@frozen
class DisjointPaths:
    """The fewest disjoint paths between any two endpoints; None where they were too many to count, then at most
    `degree`, the fewest links of any endpoint."""

    by_link: int | None
    by_device: int | None
    degree: int


@remembered()
def disjoint(subject: Subject, plane: str, among: str = "") -> DisjointPaths:
    """Disjoint paths between endpoints, one pair of each class. Raises ends.NoEndpoint, graph.PlaneTooLarge,
    ports.TooManyPaths."""
    import numpy as np

    net = asked(subject, plane, among)
    role = roles(net)
    degrees = np.diff(net.indptr)[role.ends]
    degree = int(degrees.min()) if len(degrees) else 0
    if len(degrees) < 2 or degree == 0:
        return DisjointPaths(0, 0, degree)
    if degree == 1:
        joined = int(network(subject, plane, among).joined)
        return DisjointPaths(joined, joined, degree)
    pairs: list[tuple[int, int]] = []
    limit = MAX_WORK // max(1, net.links)
    for number, _ in net.members:
        if role.ends[number]:
            for target in _partners(net, number, limit):
                if role.ends[target] and target != number:
                    pairs.append((number, target))
            if len(pairs) > limit:
                return DisjointPaths(None, None, degree)
    return DisjointPaths(_fewest(net, role, pairs, degree, False), _fewest(net, role, pairs, degree, True), degree)


def _partners(net: Fabric, source: int, limit: int) -> list[int]:
    """One device of each class of pairs with `source`, or more than `limit` of them."""
    group = net.group_of(source)
    seen = seen_in(net.symmetric, group.names, source - group.start)
    every = (other.start + n for other in net.groups for n, _ in representatives(net.symmetric, other.names, seen))
    return list(islice(every, limit + 2))


def _fewest(net: Fabric, role: Roles, pairs: list[tuple[int, int]], degree: int, devices: bool) -> int:
    """The least of the maximum flows with a unit on each link, or through each device that passes traffic on."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_flow

    size = net.size
    tails, heads = np.concatenate([net.a, net.b]), np.concatenate([net.b, net.a])
    # Each device is two: traffic comes in at the first and leaves from the second, if it passes.
    through = np.flatnonzero(role.passes)
    width = np.full(len(through), 1 if devices else min(2**31 - 1, 2 * net.links), dtype=np.int64)
    rows = np.concatenate([tails + size, through])
    columns = np.concatenate([heads, through + size])
    graph = csr_matrix(
        (np.concatenate([np.ones(len(tails), dtype=np.int64), width]), (rows, columns)), (2 * size, 2 * size)
    ).astype(np.int32)
    best = 2**31
    for source, target in pairs:
        best = min(best, int(maximum_flow(graph, source + size, target).flow_value))
        if best == 0:
            break
    return best
