"""Every part that can fail: how often, and how many accelerators stop when one does.

What a switch or a cable stops is seen on its plane with it taken out: the endpoints that no longer reach the largest
group of those that reach one another. What a feed stops is what goes dark in the power tree. Any other part stops the
smallest assembly around it that holds accelerators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import Any

from cmxdsl.analysis.base.planes import placed_links
from cmxdsl.analysis.base.ports import Names, paths
from cmxdsl.analysis.network.faults import Cables, DeviceFaults, Faults, faults
from cmxdsl.analysis.network.graph import Fabric, fabric, roles
from cmxdsl.analysis.network.reach import Reach
from cmxdsl.analysis.power import feeds
from cmxdsl.analysis.power.outages import LINKS, PowerTree
from cmxdsl.analysis.reliability.domains import Domains, Element
from cmxdsl.limits import LimitExceeded, Steps
from cmxdsl.model import Component, Subject, parts_of, remembered
from cmxdsl.records import frozen
from cmxdsl.units import Quantity

WORK = 400_000_000  # links looked at, one plane with one failure after the other; half a minute


@frozen
class Failing:
    """Parts of one name of which each stops as many accelerators: how many they are, the failure rate of one, and how
    it stops them. `rate` is None where it is not known, `stops` where it is not known what stops."""

    part: Component
    count: Fraction
    stops: int | None
    how: str

    @property
    def rate(self) -> Quantity | None:
        return self.part.quantity("failure_rate")

    @property
    def all(self) -> Quantity | None:
        """The rate of all of them together."""
        return None if self.rate is None else self.rate * Quantity(self.count)


@remembered()
def failing(subject: Subject) -> tuple[Failing, ...]:
    """Every part that has a failure rate or should have one. Raises LimitExceeded, index.TooMany, PowerLoop."""
    domains = Domains(subject)
    budget = [WORK]
    found: dict[tuple[Component, int | None, str], Fraction] = {}
    for part, many, stops, how in chain(_placed(domains, budget), _media(domains, budget)):
        found[part, stops, how] = found.get((part, stops, how), Fraction(0)) + many
    return tuple(Failing(part, many, stops, how) for (part, stops, how), many in found.items() if many)


def _placed(domains: Domains, budget: list[int]) -> Iterator[tuple[Component, int | Fraction, int | None, str]]:
    """The parts that are instances: how many, accelerators that stop with each, and how."""
    by_device = _by_device(domains, budget)
    for names, component, many in paths(domains.top):
        if not _can_fail(component):
            continue
        if names in by_device:
            yield from ((component, *row) for row in by_device[names])
        elif not names:
            yield component, 1, domains.all, "itself"
        else:
            around = domains.around(names)
            how = "" if around is None else "itself" if around[0] == len(names) else around[1].name
            yield component, many, None if around is None else domains.inside(around[1]), how


def _can_fail(part: Component) -> bool:
    return "failure_rate" in part.attributes or part.kind in part.vocabulary.attributes["failure_rate"].owed


# --- networks -------------------------------------------------------------------------------------------------


def lost(net: Fabric, devices: Any, links: Any) -> Any:
    """The endpoints, by number, that do not reach the largest group of them when devices and links are gone: a group is
    all endpoints that have a link to one connected part of what passes traffic on."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    role = roles(net)
    dead = np.zeros(net.size, dtype=bool)
    dead[np.asarray(devices, dtype=np.int64)] = True
    live = ~dead[net.a] & ~dead[net.b]
    live[np.asarray(links, dtype=np.int64)] = False
    a, b = net.a[live], net.b[live]
    through = role.passes[a] & role.passes[b]
    graph = coo_array((np.ones(int(through.sum()), dtype=np.int8), (a[through], b[through])), (net.size, net.size))
    _, part = connected_components(graph, directed=False)
    near, far = np.concatenate([a, b]), np.concatenate([b, a])
    joined = role.ends[near] & role.passes[far]
    ends, parts = near[joined], part[far[joined]]
    own = np.flatnonzero(role.ends & role.passes & ~dead)
    ends, parts = np.concatenate([ends, own]), np.concatenate([parts, part[own]])
    every = np.flatnonzero(role.ends)
    if not len(ends):
        return every
    once = np.unique(parts.astype(np.int64) * net.size + ends)
    largest = int(np.bincount(once // net.size).argmax())
    reached = np.zeros(net.size, dtype=bool)
    reached[ends[parts == largest]] = True
    return every[~reached[every]]


def _planes(subject: Subject) -> Iterator[Fabric]:
    """The network planes with links, laid out."""
    for plane in subject.top.vocabulary.planes:
        if plane != feeds.PLANE:
            net = fabric(subject, plane)
            if net.links:
                yield net


def _arrays(subject: Subject, net: Fabric) -> Iterator[Faults]:
    """The arrays of switches and of cables."""
    for array in faults(subject, net):
        if array.kind not in ("switch", "endpoint", "cable"):
            return  # they come first
        if array.kind != "endpoint":
            yield array


def _spend(budget: list[int], net: Fabric, what: str) -> None:
    budget[0] -= net.links
    if budget[0] < 0:
        raise LimitExceeded(f"what each {what} of {net.plane} stops: more than {WORK:,} links would be looked at")


def _elements(net: Fabric, numbers: Any) -> Iterator[Element]:
    for number in numbers.tolist():
        group = net.group_of(number)
        yield group.names, group.steps, number - group.start


_Rows = list[tuple[int, int | None, str]]
_ByDevice = dict[Names, _Rows]


def _by_device(domains: Domains, budget: list[int]) -> _ByDevice:
    """What stops with each device of an array of switches or of feeds: (how many, accelerators, how)."""
    found: _ByDevice = {}
    for net in _planes(domains.subject):
        before = set(lost(net, [], []).tolist())
        for array in _arrays(domains.subject, net):
            if not isinstance(array, DeviceFaults):
                break
            names = array.group.names
            rows = []
            numbers, many = array.classes()
            for number, of in zip(numbers.tolist(), many.tolist(), strict=True):
                _spend(budget, net, "switch")
                gone = lost(net, *array.lost(number))
                rows.append((of, _stopped(domains, net, gone, before), net.plane))
            found[names] = _worse(found[names], rows) if names in found else rows
    found.update(_by_feed(domains))
    return found


def _stopped(domains: Domains, net: Fabric, gone: Any, before: set[int]) -> int | None:
    import numpy as np

    more = np.array([n for n in gone.tolist() if n not in before], dtype=np.int64)
    return domains.stopped(_elements(net, more))


def _worse(one: _Rows, other: _Rows) -> _Rows:
    """Of a device on two planes: the one on which most stops, where devices are alike; the sum is an upper bound."""
    return max(one, other, key=lambda rows: sum(of * (stops or 0) for of, stops, _ in rows))


def _by_feed(domains: Domains) -> _ByDevice:
    """What goes dark in the power tree with each feed that holds no accelerator itself."""
    import numpy as np

    subject = domains.subject
    if not feeds.has_power(subject):
        return {}
    net = feeds.net(subject)
    tree, room = (
        PowerTree(net, feeds.demands(net, subject.top, "power.peak")),
        Steps(LINKS, "links of the power tree to follow"),
    )
    feeding = np.zeros(net.size, dtype=bool)
    feeding[net.feeder] = True
    found: _ByDevice = {}
    for group in net.groups:
        numbers = np.flatnonzero(feeding[group.start : group.start + group.count]) + group.start
        if not len(numbers) or domains.inside(group.component):
            continue
        rows: dict[int | None, int] = {0: group.count - len(numbers)}
        for number in numbers.tolist():
            dark, _ = tree.dark(number, room)
            stops = domains.stopped(_loads(net, dark - {number}, domains))
            rows[stops] = rows.get(stops, 0) + 1
        found[group.names] = [(many, stops, "power") for stops, many in rows.items() if many]
    return found


def _loads(net: feeds.PowerNet, numbers: Iterable[int], domains: Domains) -> Iterator[Element]:
    """What is dark and has accelerators in or around it; a cooling unit of a room has none."""
    for number in sorted(numbers):
        group = net.group(number)
        if domains.around(group.names) is not None:
            yield group.names, group.steps, number - group.start


def _media(domains: Domains, budget: list[int]) -> Iterator[tuple[Component, int | Fraction, int | None, str]]:
    """The parts of each cable: how many, accelerators that stop with it, and how."""
    top = domains.top
    for net in _planes(domains.subject):
        laid = (p for p in placed_links(top, net.plane)[2] if p.size)
        reach, before = Reach(net), set(lost(net, [], []).tolist())
        for array in _arrays(domains.subject, net):
            if not isinstance(array, Cables):
                continue
            link = next(laid).link
            parts = [(part, Fraction(many, -(-link.count // link.bundle))) for part, many in parts_of(link)]
            parts = [(part, each) for part, each in parts if _can_fail(part)]
            if not parts:
                continue
            numbers, many = array.classes()
            safe = reach.harmless(array.grid(numbers), array.bundle).all(axis=1) & array.full(numbers)
            rows: dict[int | None, int] = {0: int(many[safe].sum())}
            for number, of in zip(numbers[~safe].tolist(), many[~safe].tolist(), strict=True):
                _spend(budget, net, "cable")
                stops = _stopped(domains, net, lost(net, *array.lost(number)), before)
                rows[stops] = rows.get(stops, 0) + of
            for stops, cables in rows.items():
                for part, each in parts:
                    yield part, each * cables, stops, net.plane
