"""A plane as a small graph in which every halving of its endpoints cuts as much as in the whole.

Each endpoint stays on its own. Devices that pass traffic on are put together when colour refinement, started with a
colour of its own for each endpoint, cannot tell them apart: all of one class then have as much rate to each other
class, so moving every one to their mean keeps or lessens the cut, and some least cut has all of a class on one side
(fractional automorphisms: Grohe, Kersting, Mladenov and Selman, 2014). Each tier of a folded Clos becomes one switch
for all that lead to the same endpoints: fat-trees and rails become trees.
"""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.analysis.network.mixing import mixed
from cmxdsl.records import frozen

MAX_LINKS = 8_000_000  # that are looked at, a few seconds a round


@frozen
class Folded:
    """Nodes are numbered: `node` is that of each device (-1 where it is left out), `device` one device of each, `end`
    which are endpoints, and `a`, `b`, `rate` the links of all their devices together, in b/s, a pair of nodes once."""

    node: Any
    device: Any
    end: Any
    a: Any
    b: Any
    rate: Any

    @property
    def nodes(self) -> int:
        return len(self.device)


def folded(net: Fabric) -> Folded | None:
    """None where the plane is too large to look at. What is neither asked about nor passes traffic on is left out, and
    so is what has no links."""
    import numpy as np

    if net.links > MAX_LINKS:
        return None
    role = roles(net)
    there = role.ends | role.passes & (np.diff(net.indptr) > 0)
    kept = there[net.a] & there[net.b] & (net.a != net.b)
    a, b, rate = net.a[kept].astype(np.int64), net.b[kept].astype(np.int64), net.rate[kept]
    label = np.where(role.ends, np.cumsum(role.ends), 0)
    label = refined(label, np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([rate, rate]))
    if label is None:
        return None
    many = int(label.max()) + 1
    used = np.unique(label[there])
    number = np.full(many, -1)
    number[used] = np.arange(len(used))
    node = np.where(there, number[label], -1)
    low, high = np.minimum(node[a], node[b]), np.maximum(node[a], node[b])
    apart = low != high
    pairs, ids = np.unique(low[apart] * len(used) + high[apart], return_inverse=True)
    first, second = np.divmod(pairs, max(1, len(used)))
    members = np.flatnonzero(there)
    one = np.zeros(len(used), dtype=np.int64)
    one[node[members[::-1]]] = members[::-1]
    return Folded(node, one, role.ends[one], first, second, np.bincount(ids, rate[apart], len(pairs)))


def refined(label: Any, tails: Any, heads: Any, weight: Any) -> Any:
    """Labels refined until all devices of each have as much weight (of the links from `tails` to `heads`) to each other
    label; None where chance made two unlike ones equal."""
    import numpy as np

    while True:
        key, ids = np.unique(tails * (int(label.max()) + 1) + label[heads], return_inverse=True)
        toward = np.bincount(ids, weight)  # the rate of each device to each class
        device, cls = np.divmod(key, int(label.max()) + 1)
        finer = _split(label, device, cls, toward)
        if int(finer.max()) == int(label.max()):
            return label if _even(label, device, cls, toward) else None
        label = finer


def _split(label: Any, device: Any, cls: Any, toward: Any) -> Any:
    """Labels that tell devices apart by their own and by how much rate leads to each; what is compared are sums of
    well-mixed numbers."""
    import numpy as np

    rates, code = np.unique(toward, return_inverse=True)
    row = mixed(cls.astype(np.uint64) * np.uint64(len(rates) + 1) + code.astype(np.uint64) + np.uint64(1))
    around = np.zeros(len(label), dtype=np.uint64)
    np.add.at(around, device, row)
    return np.unique(mixed(mixed(label.astype(np.uint64)) + mixed(around)), return_inverse=True)[1]


def _even(label: Any, device: Any, cls: Any, toward: Any) -> bool:
    """Whether all devices of each label have the same rate to each class: what the folding rests on."""
    import numpy as np

    _, ids = np.unique(label[device] * (int(label.max()) + 1) + cls, return_inverse=True)
    sizes = np.bincount(label)[label[device]]
    least, most = np.full(int(ids.max(initial=-1)) + 1, np.inf), np.zeros(int(ids.max(initial=-1)) + 1)
    np.minimum.at(least, ids, toward)
    np.maximum.at(most, ids, toward)
    return bool((np.bincount(ids)[ids] == sizes).all()) and bool((least == most).all())
