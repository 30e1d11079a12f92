"""The tiers of a plane, and how much more comes up from below than goes on upward.

Definitions. *Tier*: links from the nearest endpoint that is asked about. *Oversubscription* of a switch: the rate of
its links downward over that of its links upward. *Taper* of a plane: the injection of all endpoints over the rate of
all links from one tier up to the next, where that is greatest.
"""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.graph import Devices, Fabric, roles
from cmxdsl.records import frozen


@frozen
class Tier:
    """The devices of an array that are at one tier (0 for endpoints, -1 where no endpoint reaches them): how many,
    their ports, and the fewest and most links of one.

    `least` and `most` are the oversubscription of single devices, None where none has links upward; `worst` is the
    device with most. `stuck` is one that has links downward and none upward though others in its place have some.
    """

    devices: Devices
    tier: int
    count: int
    ports: int
    used: tuple[int, int]
    least: float | None
    most: float | None
    worst: str
    stuck: str


def levels(net: Fabric) -> Any:
    """Links from the nearest endpoint that is asked about, over devices that pass traffic on; -1 where none is."""
    import numpy as np

    role = roles(net)
    level = np.where(role.ends, 0, -1)
    depth = 0
    while True:
        depth += 1
        touched = np.concatenate([net.b[level[net.a] == depth - 1], net.a[level[net.b] == depth - 1]])
        new = touched[(level[touched] < 0) & role.passes[touched]]
        if not len(new):
            return level
        level[new] = depth


def tiers(net: Fabric) -> tuple[Tier, ...]:
    """Every array of devices, a row for each tier that it has devices at, from the lowest."""
    import numpy as np

    level, role = levels(net), roles(net)
    up, down = np.zeros(net.size), np.zeros(net.size)
    for one, other in ((net.a, net.b), (net.b, net.a)):
        known = (level[one] >= 0) & (level[other] >= 0)
        higher, lower = known & (level[other] > level[one]), known & (level[other] < level[one])
        up += np.bincount(one[higher], net.rate[higher], net.size)
        down += np.bincount(one[lower], net.rate[lower], net.size)
    level = np.where((level < 0) & ~role.passes, 0, level)  # endpoints that are not asked about
    found = []
    for group in net.groups:
        mine = level[group.start : group.start + group.count]
        for tier in np.unique(mine).tolist():
            found.append(_tier(net, group, tier, np.flatnonzero(mine == tier) + group.start, up, down))
        if not group.count:
            found.append(_tier(net, group, -1, np.zeros(0, dtype=np.int64), up, down))
    return tuple(sorted(found, key=lambda t: (t.tier, t.devices.names)))


def _tier(net: Fabric, group: Devices, tier: int, members: Any, up: Any, down: Any) -> Tier:
    import numpy as np

    degree = np.diff(net.indptr)[members]
    ports = sum(p.count for p in group.component.ports.values() if p.exposes is None and p.plane == net.plane)
    used = (int(degree.min()), int(degree.max())) if len(degree) else (0, 0)
    rising = members[up[members] > 0]
    if tier < 1 or not group.switch or not len(rising):
        return Tier(group, tier, len(members), ports, used, None, None, "", "")
    ratio = down[rising] / up[rising]
    stuck = members[(up[members] == 0) & (down[members] > 0)]
    return Tier(
        group,
        tier,
        len(members),
        ports,
        used,
        float(ratio.min()),
        float(ratio.max()),
        net.name(int(rising[int(ratio.argmax())])),
        net.name(int(stuck[0])) if len(stuck) else "",
    )


@frozen
class Taper:
    """Injection over the rate of the links up from a tier, where that is greatest."""

    ratio: float
    above: int


def taper(net: Fabric) -> Taper | None:
    """None where a rate is not known, and where no switch has links upward."""
    import numpy as np

    level, role = levels(net), roles(net)
    injection = float(net.own[role.ends].sum())
    low, high = np.minimum(level[net.a], level[net.b]), np.maximum(level[net.a], level[net.b])
    rising = (low >= 1) & (high > low) & bool(net.mask(switches=True).any())
    if not rising.any() or np.isnan(net.rate).any():
        return None
    rates = np.bincount(low[rising], net.rate[rising])
    tier = min((t for t in range(1, len(rates)) if rates[t] > 0), key=lambda t: (float(rates[t]), t))
    return Taper(injection / float(rates[tier]), tier)
