"""What a single failure takes with it: of a switch, a cable, a rack or a power feed of each kind, the worst."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from cmxdsl.analysis.base.planes import patterns
from cmxdsl.analysis.base.ports import Names, TooManyPaths
from cmxdsl.analysis.network.graph import Fabric
from cmxdsl.analysis.power import flow as power
from cmxdsl.analysis.power import net as feeds
from cmxdsl.model import Component, index

TRIED = 64  # elements of one array that are failed one by one


@frozen
class Failure:
    """What one of a kind takes with it: endpoints that are cut off (those in a rack or on a feed too), its share of the
    rate of all links, and the least share of its own rate that an endpoint which is not cut off still has."""

    kind: str
    label: str
    cut_off: int
    share: float
    left: float


def failures(root: Component, net: Fabric, ends: Any) -> list[Failure]:
    """The worst failure of each array of switches, kind of cable, array of racks and array of power feeds."""
    import numpy as np

    own = np.bincount(net.a, net.rate, net.size) + np.bincount(net.b, net.rate, net.size)
    found: list[Failure] = []
    for kind, label, devices in (*_switches(net, ends), *_racks(root, net), *_fed(root, net)):
        found.append(_lost(net, ends, own, kind, label, devices))
    found += [_cut(net, ends, own, label, links) for label, links in _cables(root, net)]
    ordered = sorted(found, key=lambda f: (f.cut_off, f.share, -f.left))
    return list({(f.kind, f.label): f for f in ordered}.values())


def _lost(net: Fabric, ends: Any, own: Any, kind: str, label: str, devices: Any) -> Failure:
    """Devices that fail together: their links go, and so do endpoints that have no other."""
    import numpy as np

    dead = np.zeros(net.size, dtype=bool)
    dead[devices] = True
    if len(devices) == 1:  # the links of one device are known; those of many are found by looking at all
        near = slice(int(net.indptr[devices[0]]), int(net.indptr[devices[0] + 1]))
        touched, rate = net.indices[near], net.rate[net.via[near]]
        total = float(rate.sum())
    else:
        gone = dead[net.a] | dead[net.b]
        total = float(net.rate[gone].sum())
        touched, rate = np.concatenate([net.a[gone], net.b[gone]]), np.tile(net.rate[gone], 2)
    cut, left = _short(ends & ~dead, own, touched, rate)
    return Failure(kind, label, int(ends[devices].sum()) + cut, total / (float(net.rate.sum()) or 1.0), left)


def _cut(net: Fabric, ends: Any, own: Any, label: str, links: Any) -> Failure:
    """Links that fail together: those in one cable."""
    import numpy as np

    rate = net.rate[links]
    cut, left = _short(ends, own, np.concatenate([net.a[links], net.b[links]]), np.tile(rate, 2))
    return Failure("cable", label, cut, float(rate.sum()) / (float(net.rate.sum()) or 1.0), left)


def _short(alive: Any, own: Any, touched: Any, rate: Any) -> tuple[int, float]:
    """How many endpoints lose all their rate, and the least share of it that one of the others keeps."""
    import numpy as np

    at, where = np.unique(touched, return_inverse=True)
    lost = np.bincount(where, rate, len(at))
    mine = alive[at] & (own[at] > 0)
    left = 1 - lost[mine] / own[at][mine]
    some = left > 1e-9
    return int((~some).sum()), float(left[some].min(initial=1.0))


def _switches(net: Fabric, ends: Any) -> Iterator[tuple[str, str, Any]]:
    import numpy as np

    for group in net.groups:
        if group.switch and not ends[group.start : group.start + 1].any():
            for number in range(group.start, group.start + min(group.count, TRIED)):
                yield "switch", group.label, np.array([number])


def _inside(net: Fabric, names: Names, many: int, number: int) -> Any:
    """The devices in one element of an array: the leading digits of their numbers are its own."""
    import numpy as np

    found = [np.zeros(0, dtype=np.int64)]
    for g in net.groups:
        if g.names[: len(names)] == names:
            each = g.count // many
            found.append(np.arange(g.start + number * each, g.start + (number + 1) * each))
    return np.concatenate(found)


def _racks(root: Component, net: Fabric) -> Iterator[tuple[str, str, Any]]:
    """The first rack of each array that holds devices of the plane; racks of an array are built alike."""
    found: dict[Names, int] = {}
    for group in net.groups:
        for k in range(1, len(group.names) + 1):
            component, many = root.at(group.names[:k])
            if component.kind == "rack":
                found[group.names[:k]] = many
                break
    for names, many in found.items():
        yield "rack", ".".join(names), _inside(net, names, many, 0)


def _fed(root: Component, net: Fabric) -> Iterator[tuple[str, str, Any]]:
    """What goes dark with each feeding device of the power plane, where that holds devices of the network."""
    import numpy as np

    try:
        if not feeds.has_power(root):
            return
        tree = feeds.net(root)
    except (feeds.PowerLoop, TooManyPaths, index.TooMany):
        return
    nothing = np.zeros(tree.size)
    usual = power.flow(tree, nothing).dark
    feeding = np.zeros(tree.size, dtype=bool)
    feeding[tree.feeder] = True
    for group in tree.groups:
        for number in range(group.start, group.start + min(group.count, TRIED)):
            if not feeding[number]:
                continue
            dark = power.flow(tree, nothing, (number,)).dark & ~usual
            devices = [np.zeros(0, dtype=np.int64)]
            for other in tree.groups:
                lost = np.flatnonzero(dark[other.start : other.start + other.count]).tolist()
                devices += [_inside(net, other.names, other.count, element) for element in lost]
            yield "power feed", group.label, np.unique(np.concatenate(devices))


def _cables(root: Component, net: Fabric) -> Iterator[tuple[str, Any]]:
    """The links of one cable of each class: `bundle` links, one after the other, share it."""
    import numpy as np

    first = 0
    for pattern in patterns(root, net.plane)[2]:
        bundle = pattern.link.bundle
        positions = np.unique(net.orbit[first : first + pattern.size], return_index=True)[1]
        for position in positions[: TRIED * 4].tolist():
            start = position - position % bundle
            label = " to ".join(".".join(names) or root.name for names in pattern.paths)
            yield label, np.arange(first + start, first + min(start + bundle, pattern.size))
        first += pattern.size
