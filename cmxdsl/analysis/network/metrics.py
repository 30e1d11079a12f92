"""What a network architect asks of a plane: tiers, radix, oversubscription, bisection, all-to-all rate.

Definitions. *All-to-all throughput*: what endpoints can send to all others at the same time, in proportion to the
product of both injections (to every other the same, where endpoints are alike), split equally over all shortest paths.
It is a share of the injection of all of them. Tiers and oversubscription are defined in `tiers`, halves in `bisection`,
and the endpoints that are asked about in `ends`.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

from cmxdsl.analysis.base.planes import Flat, components_of
from cmxdsl.analysis.network.bisection import Bisection, bisection
from cmxdsl.analysis.network.distances import Distances, Hops, TooManySearches, distances
from cmxdsl.analysis.network.ends import asked, labels
from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.analysis.network.hops import hops
from cmxdsl.analysis.network.tiers import Taper, Tier, levels, taper, tiers
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.records import field, frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import RATE

CLOSE = 1e-9  # two bounds this near are one value


@frozen
class Network:
    """The answers about one plane, for the endpoints in `among` without those in `others` (labels of arrays). Rates are
    each way, in b/s; None where a rate is not known.

    `per_pair` is what two endpoints of mean injection exchange, and `demands` how many such pairs all of them make up.
    `carried` is the share of their rate that endpoints can always send, whatever goes where; 0 where none is proved.
    """

    plane: str
    among: tuple[str, ...]
    others: tuple[str, ...]
    endpoints: int
    switches: int
    links: int
    tiers: tuple[Tier, ...]
    components: int
    distances: Hops | None
    too_many: str
    injection: float | None
    demands: float
    taper: Taper | None
    top: Component = field(repr=False)
    net: Fabric = field(repr=False)

    @property
    def joined(self) -> bool:
        """Whether every endpoint reaches every other; devices without links do not matter."""
        if self.distances is not None:
            return not self.distances.unreached and bool(self.distances.pairs)
        return self.components == 1

    @cached_property
    def _loads(self) -> Distances | str:
        """Every shortest path of every pair, which takes much longer than their lengths; or why that is not known."""
        try:
            return distances(self.net)
        except TooManySearches as error:
            return str(error)

    @property
    def undecided(self) -> str:
        """Why the all-to-all rate is not known where distances are: there are too many paths to follow."""
        if self.injection is None or self.distances is None or self.distances.unreached:
            return ""
        return self._loads if isinstance(self._loads, str) else ""

    @cached_property
    def _pair(self) -> tuple[float | None, str]:
        if self.injection is None or self.distances is None or self.distances.unreached:
            return None, ""
        return per_pair(self.net, self._loads) if isinstance(self._loads, Distances) else (None, "")

    @property
    def per_pair(self) -> float | None:
        return self._pair[0]

    @property
    def bottleneck(self) -> str:
        return self._pair[1]

    @cached_property
    def carried(self) -> float:
        whole = self.distances is None or not self.distances.unreached
        if self.injection is None or self.endpoints < 2 or not whole:
            return 0.0
        ends = roles(self.net).ends
        return carried(self.net, ends, self.net.own * ends)

    @cached_property
    def bisection(self) -> Bisection | None:
        return bisection(self.net, self.top, self.per_pair, self.carried)

    @property
    def throughput(self) -> float | None:
        """All-to-all throughput as a share of the injection of all endpoints."""
        if self.per_pair is None or not self.injection or self.endpoints < 2:
            return None
        return self.per_pair * self.demands / self.injection

    @property
    def worst(self) -> Tier | None:
        """The tier that holds the switch with most rate downward for what it has upward; None where a rate is not
        known or no switch has links upward."""
        found = [t for t in self.tiers if t.most is not None]
        return max(found, key=lambda t: t.most or 0.0, default=None) if self.injection is not None else None

    @property
    def stuck(self) -> str:
        """A switch without links upward though others in its place have some."""
        return next((t.stuck for t in self.tiers if t.stuck), "")

    @property
    def oversubscription(self) -> float | None:
        """The greatest of any switch; None where one that should have links upward has none, too."""
        return self.worst.most if self.worst is not None and not self.stuck else None


def bits(value: float) -> Quantity:
    """A rate, to a bit in a second."""
    return Quantity(Fraction(round(value)), RATE)


@remembered(keep=8)
def network(subject: Subject, plane: str, among: str = "") -> Network:
    """A plane of a design, for some endpoints (see `ends.asked`). Raises ends.NoEndpoint, graph.PlaneTooLarge,
    ports.TooManyPaths."""
    import numpy as np

    net = asked(subject, plane, among)
    role = roles(net)
    ends = role.ends
    known = bool(len(net.rate)) and not bool(np.isnan(net.rate).any())
    found, too_many = None, ""
    try:
        found = hops(net)
    except TooManySearches as error:
        too_many = str(error)
    injection = float(net.own[ends].sum()) if known else None
    parts = components_of(Flat(net.size, net.a, net.b))
    return Network(
        plane,
        labels(net),
        labels(net, False),
        int(ends.sum()),
        int((net.mask(switches=True) & ~ends).sum()),
        net.links,
        tiers(net),
        parts,
        found,
        too_many,
        injection,
        role.demands,
        taper(net),
        subject.top,
        net,
    )


def per_pair(net: Fabric, found: Distances) -> tuple[float | None, str]:
    """What each endpoint can send to each other one, by the most loaded link, and which kind of link that is; a link
    carries its rate each way."""
    import numpy as np

    rate = np.full(len(found.load), np.inf)
    with np.errstate(invalid="ignore"):  # a rate that is not known makes its class's unknown
        np.minimum.at(rate, net.orbit, net.rate)
    loaded = found.load > 0
    if not loaded.any():
        return None, ""
    most = np.where(loaded, rate / np.where(loaded, found.load / 2, 1), np.inf)
    worst = int(most.argmin())
    link = int((net.orbit == worst).argmax())
    ends = (net.group_of(int(side[link])).label for side in (net.a, net.b))
    return float(most[worst]), " to ".join(ends)


def carried(net: Fabric, ends: Any, send: Any) -> float:
    """The share of `send` that endpoints can always send, whatever goes where; 0 where that is not proved.

    Every endpoint spreads what it sends over its links upward by their rates, and so does each switch. If then all
    endpoints load the switches of the top tier alike, traffic can go up by one endpoint's spread and down by the
    other's in reverse, and no link carries more than when all send at once, whoever they send to (as Valiant and
    Brebner's two-phase routing of 1981, with the top tier in the middle).
    """
    import numpy as np

    level = levels(net)
    top = int(level.max(initial=0))
    if top == 0:
        return 0.0
    peak = level == top
    for number, _ in net.members:
        if ends[number]:
            start = np.zeros(net.size)
            start[number] = send[number]
            reached, _ = _upward(net, level, start, top)
            share = reached[peak]
            if share.max() - share.min() > CLOSE * send[number]:
                return 0.0
    reached, load = _upward(net, level, send, top)
    if abs(reached[peak].sum() - send.sum()) > 1e-6 * send.sum():
        return 0.0  # some of it found no way up
    used = load > 0
    return min(1.0, float((net.rate[used] / load[used]).min())) if used.any() else 0.0


def _upward(net: Fabric, level: Any, start: Any, top: int) -> tuple[Any, Any]:
    """Where what starts at each device is after going up, tier by tier, and the load of each link."""
    import numpy as np

    mass, load = start.copy(), np.zeros(net.links)
    for tier in range(top):
        for_a = (level[net.a] == tier) & (level[net.b] == tier + 1)
        for_b = (level[net.b] == tier) & (level[net.a] == tier + 1)
        links = np.flatnonzero(for_a | for_b)
        tails = np.where(for_a[links], net.a[links], net.b[links])
        heads = np.where(for_a[links], net.b[links], net.a[links])
        rate = net.rate[links]
        total = np.bincount(tails, rate, net.size)
        flow = mass[tails] * rate / total[tails]
        load[links] += flow
        mass = np.where(level == tier, 0.0, mass) + np.bincount(heads, flow, net.size)
    return mass, load
