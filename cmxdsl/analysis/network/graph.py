"""A plane as arrays: every device and every link by number, its symmetry, and what follows from it at any size.

Nothing here loops over devices or links in Python. Names are made from numbers when they are asked for.
"""

from __future__ import annotations

from math import prod
from typing import Any

from cmxdsl.analysis.base.injection import link_rate
from cmxdsl.analysis.base.planes import placed_links
from cmxdsl.analysis.base.ports import Names, numbered, steps_of
from cmxdsl.analysis.network.indices import hoped
from cmxdsl.analysis.network.symmetry import Links, Symmetry, orbits, proved, representatives
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.model import index_image as images
from cmxdsl.records import frozen

LIMIT = 40_000_000  # links that are laid out at once; two gigabytes of arrays


class PlaneTooLarge(LimitExceeded):
    """A plane that does not fit; the message says how large it is."""


@frozen
class Devices:
    """An array of devices: the numbers from `start` on."""

    names: Names
    component: Component
    steps: tuple[tuple[int, ...], ...]
    start: int

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(size for step in self.steps for size in step)

    @property
    def count(self) -> int:
        return prod(self.shape)

    @property
    def switch(self) -> bool:
        return self.component.kind == "switch"

    @property
    def label(self) -> str:
        return ".".join(self.names)


@frozen
class Fabric:
    """A plane's devices and links.

    `a` and `b` are the ends of each link (int32, one entry a link), `rate` its rate in b/s each way (nan where not
    known), `orbit` the class of equal links that it is in. `indptr`, `indices` and `via` are the adjacency in
    compressed rows: the neighbours of a device and the links that lead to them. `members` are one device of each
    class of equal devices, and how many there are of it. `among` are the devices that are asked about, as a mask, and
    None where all endpoints are (see `ends.asked`). `injects` is what demands
    are in proportion to where that is not the rate of each device's links: after a failure, what it was before.
    """

    plane: str
    groups: tuple[Devices, ...]
    a: Any
    b: Any
    rate: Any
    orbit: Any
    indptr: Any
    indices: Any
    via: Any
    members: tuple[tuple[int, int], ...]
    symmetric: Symmetry
    among: Any = None
    injects: Any = None

    @property
    def size(self) -> int:
        return sum(g.count for g in self.groups)

    @property
    def links(self) -> int:
        return len(self.a)

    @property
    def own(self) -> Any:
        """The rate of all links of each device, in b/s each way."""
        import numpy as np

        return np.bincount(self.a, self.rate, self.size) + np.bincount(self.b, self.rate, self.size)

    def group_of(self, number: int) -> Devices:
        return next(g for g in reversed(self.groups) if g.start <= number)

    def name(self, number: int) -> str:
        """A device's name: `compute[3].node[0].npu[7]`."""
        group = self.group_of(number)
        return numbered(group.names, list(group.steps), number - group.start) or group.component.name

    def mask(self, switches: bool) -> Any:
        """Which devices are switches, or which are not."""
        import numpy as np

        found = np.zeros(self.size, dtype=bool)
        for g in self.groups:
            found[g.start : g.start + g.count] = g.switch == switches
        return found


@frozen
class Roles:
    """Who sends and receives, and who passes traffic on: switches where there are any, else everybody.

    `weight` is the injection of an endpoint over the mean of all, 0 for other devices; 1 each where a rate is not
    known. Two endpoints exchange traffic in proportion to the product of their weights.
    """

    ends: Any
    passes: Any
    weight: Any

    @property
    def demands(self) -> float:
        """The sum of the products of weights over all ordered pairs: their number where endpoints are alike."""
        return float(self.weight.sum() ** 2 - (self.weight**2).sum())


def roles(net: Fabric) -> Roles:
    """Where all are switches, all of them are endpoints too."""
    import numpy as np

    switches = net.mask(switches=True)
    some = switches.any()
    every = ~switches if some and not switches.all() else np.ones(net.size, dtype=bool)
    ends = every if net.among is None else every & net.among
    return Roles(ends, switches if some else np.ones(net.size, dtype=bool), _weight(net, ends))


def _weight(net: Fabric, ends: Any) -> Any:
    import numpy as np

    own = (net.own if net.injects is None else net.injects)[ends]
    if not len(own) or np.isnan(own).any() or own.min() == own.max():
        return ends.astype(np.float64)
    weight = np.zeros(net.size)
    weight[ends] = own / own.mean()
    return weight


@remembered(keep=2)
def fabric(subject: Subject, plane: str) -> Fabric:
    """The plane of a design. Raises PlaneTooLarge, ports.TooManyPaths."""
    import numpy as np

    root = subject.top
    offsets, nodes, found = placed_links(root, plane)
    total = sum(p.size for p in found)
    if max(nodes, total) > LIMIT:
        raise PlaneTooLarge(
            f"too many devices or links (limit {LIMIT:,} of each): {nodes:,} devices and {total:,} links would take "
            f"about {(total * 40 + nodes * 40) / 1e9:,.0f} GB"
        )
    groups = tuple(
        Devices(names, root.at(names)[0], tuple(steps_of(root, names)), start) for names, start in offsets.items()
    )
    a, b, orbit_of = (np.zeros(total, dtype=np.int32) for _ in range(3))
    rate_of = np.zeros(total)
    links: list[Links] = []
    start = 0
    for pattern in found:
        part = slice(start, start + pattern.size)
        own = []
        for side, (image, offset, shape) in zip((a, b), pattern.ends, strict=True):
            own.append(_keys(image, shape, pattern.size).astype(np.int32))
            side[part] = own[-1] + offset
        rate = link_rate(pattern.component, pattern.link)
        rate_of[part] = float(rate.value) if rate is not None else np.nan
        links.append(Links(pattern.paths, tuple(own)))
        start += pattern.size
    symmetric = proved(hoped(root, found, offsets), links)
    start = first = 0
    for pattern, group in zip(found, links, strict=True):
        part = slice(start, start + pattern.size)
        orbit_of[part], many = orbits(symmetric, group)
        orbit_of[part] += first
        start, first = start + pattern.size, first + many
    del links
    indptr, indices, via = rows(nodes, a, b)
    members = tuple(
        (g.start + number, many) for g in groups for number, many in representatives(symmetric, g.names, {})
    )
    return Fabric(plane, groups, a, b, rate_of, orbit_of, indptr, indices, via, members, symmetric)


def _keys(image: images.Image, shape: tuple[int, ...], size: int) -> Any:
    import numpy as np

    keys, _ = images.keys(image, shape)
    return np.broadcast_to(keys, (size,))


def rows(nodes: int, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """The adjacency of both directions in compressed rows; made with little more memory than it takes."""
    import numpy as np

    tails = np.concatenate([a, b])
    indptr = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(tails, minlength=nodes), out=indptr[1:])
    order = np.argsort(tails, kind="stable").astype(np.int32)
    del tails
    indices = np.concatenate([b, a])[order]
    order %= max(1, len(a))
    return indptr, indices, order
