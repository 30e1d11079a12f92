"""How long a message takes from endpoint to endpoint: the fastest of the paths with the fewest links.

A link takes its protocol's latency, its medium's (an optic's at both ends), and its length at the medium's delay a
metre; each link counts as the longest of its pattern, so that links of a class are alike whatever the floor looks like.
A switch on the way adds its own. What states no latency leaves the whole unknown.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cmxdsl.analysis.base.carriers import carrier_of
from cmxdsl.analysis.base.planes import PlacedLink, placed_links
from cmxdsl.analysis.network.distances import outward, searches
from cmxdsl.analysis.network.ends import asked
from cmxdsl.analysis.network.graph import Fabric
from cmxdsl.analysis.physical.ways import longest
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.records import frozen


@frozen
class Latency:
    """Seconds between endpoints: `histogram` has pairs by latency, in picoseconds; `lacking` names what states none."""

    histogram: dict[int, int]
    lacking: tuple[str, ...]

    @property
    def known(self) -> bool:
        return bool(self.histogram) and not self.lacking

    @property
    def greatest(self) -> Fraction:
        return Fraction(max(self.histogram, default=0), 10**12)

    @property
    def mean(self) -> Fraction:
        pairs = sum(self.histogram.values())
        return Fraction(sum(t * n for t, n in self.histogram.items()), 10**12 * max(1, pairs))


@remembered()
def latency(subject: Subject, plane: str, among: str = "") -> Latency:
    """Of all pairs of endpoints that reach each other. Raises ends.NoEndpoint, graph.PlaneTooLarge,
    hops.TooManySearches, TooManyPaths."""
    net = asked(subject, plane, among)
    links, lacking = _of_links(subject, net)
    devices = _of_devices(net)
    if lacking:
        return Latency({}, lacking)
    histogram: dict[int, int] = {}
    sources, ends, passes = searches(net)
    for number, many in sources:
        for time, count in _from(net, number, ends, passes, links, devices).items():
            histogram[time] = histogram.get(time, 0) + count * many
    return Latency(dict(sorted(histogram.items())), ())


def _of_links(subject: Subject, net: Fabric) -> tuple[Any, tuple[str, ...]]:
    """Picoseconds of each link, and what kept some from being known."""
    import numpy as np

    times = np.zeros(net.links, dtype=np.int64)
    lacking: dict[str, None] = {}
    first = 0
    for pattern in placed_links(subject.top, net.plane)[2]:
        value, missing = _of_pattern(subject, pattern)
        times[first : first + pattern.size] = round(value * 10**12)
        lacking |= dict.fromkeys(missing)
        first += pattern.size
    return times, tuple(lacking)


def delays(subject: Subject, net: Fabric) -> tuple[Any, Any, tuple[str, ...]]:
    """Picoseconds that a message takes over each link, and through each device, and what kept some from being known."""
    times, lacking = _of_links(subject, net)
    return times, _of_devices(net), lacking


def _of_devices(net: Fabric) -> Any:
    """Picoseconds that each device takes to pass a message on."""
    import numpy as np

    devices = np.zeros(net.size, dtype=np.int64)
    for group in net.groups:
        own = group.component.quantity("latency") if group.switch else None
        devices[group.start : group.start + group.count] = round(own.value * 10**12) if own is not None else 0
    return devices


def _of_pattern(subject: Subject, pattern: PlacedLink) -> tuple[Fraction, list[str]]:
    """Seconds of the longest link of a pattern."""
    owner, link = pattern.component, pattern.link
    missing: list[str] = []
    total = Fraction(0)
    ends = [owner.resolve(end) for end in (link.a, link.b)]
    protocol = max((q.value for _, port in ends if (q := _latency(port)) is not None), default=None)
    switched = any(c.kind == "switch" and c.quantity("latency") is not None for c, _ in ends)
    if protocol is None and not switched:
        missing.append(f"a latency of protocol `{ends[0][1].protocol.name}` or of its switches")
    total += protocol or 0
    medium = link.medium
    if medium is not None:
        own = medium.quantity("latency")
        total += own.value * (2 if medium.kind == "optic" else 1) if own is not None else 0
        total += _flight(subject, pattern, medium, missing)
    return total, missing


def _latency(port: Any) -> Any:
    found = port.get("latency")
    return found if found is None or hasattr(found, "value") else None


def _flight(subject: Subject, pattern: PlacedLink, medium: Component, missing: list[str]) -> Fraction:
    """Seconds along the cable. A link whose length no layout gives lies inside a device, or its length is missing."""
    owner, link = pattern.component, pattern.link
    try:
        length = longest(subject, owner, link)
    except LimitExceeded as error:
        missing.append(f"the length of the links of `{owner.name}`: {error}")
        return Fraction(0)
    if length is None or not length.whole:
        stated = carrier_of(link)
        fixed = stated.quantity("length") if stated is not None else None
        if fixed is None:
            if owner.kind in ("system", "site"):
                missing.append(f"the places of what `{owner.name}` joins")
            return Fraction(0)
        metres = fixed.value
    else:
        metres = length.metres
    carrier = carrier_of(link)
    delay = carrier.quantity("delay") if carrier is not None else None
    if delay is None and metres:
        missing.append(f"the delay of `{(carrier or medium).name}`")
        return Fraction(0)
    return metres * delay.value if delay is not None else Fraction(0)


def _from(net: Fabric, source: int, ends: Any, passes: Any, links: Any, devices: Any) -> dict[int, int]:
    """Picoseconds from one endpoint to the others, breadth first: the least over all paths with fewest links."""
    import numpy as np

    never = np.iinfo(np.int64).max // 4
    depth = np.full(net.size, -1, dtype=np.int32)
    time = np.full(net.size, never, dtype=np.int64)
    depth[source] = time[source] = 0
    frontier = np.array([source], dtype=np.int64)
    level = 0
    while len(frontier):
        tails, heads, via = outward(net, frontier)
        new = depth[heads] < 0
        tails, heads, via = tails[new], heads[new], via[new]
        level += 1
        depth[heads] = level
        np.minimum.at(time, heads, time[tails] + links[via] + np.where(tails == source, 0, devices[tails]))
        found = np.flatnonzero(depth == level)
        frontier = found[passes[found]]
    wanted = ends & (depth > 0)
    values, many = np.unique(time[wanted], return_counts=True)
    return dict(zip(values.tolist(), many.tolist(), strict=True))
