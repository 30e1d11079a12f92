"""What can fail in a plane: switches, cables, trunks, racks, rows of racks and power feeds, as arrays of faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cmxdsl.analysis.base.planes import placed_links
from cmxdsl.analysis.base.ports import Names, numbered, steps_of
from cmxdsl.analysis.network.alike import Mark, codes
from cmxdsl.analysis.network.graph import Devices, Fabric, roles
from cmxdsl.analysis.physical import floor as floors
from cmxdsl.analysis.power import feeds
from cmxdsl.analysis.power.outages import PowerTree
from cmxdsl.limits import LimitExceeded, Steps
from cmxdsl.model import Component, Subject, index
from cmxdsl.records import field, frozen


@frozen
class Faults:
    """An array of things that can fail, numbered from 0. Its kind is one of schema.FAILURES."""

    kind: str
    label: str
    count: int
    root: Component
    net: Fabric = field(repr=False)

    def lost(self, number: int) -> tuple[Any, Any]:
        """The devices and the links that go with one; the links of those devices need not be named."""
        raise NotImplementedError

    def name(self, number: int) -> str:
        raise NotImplementedError

    def marks(self, numbers: Any) -> list[Mark] | None:
        """The elements that tell which of them are alike; None where nothing is known of that."""
        return None

    @property
    def cost(self) -> int:
        """What finding what goes with one costs, in links looked at."""
        return 0

    def classes(self, numbers: Any = None, given: tuple[Mark, ...] = ()) -> tuple[Any, Any]:
        """One of each class of like elements, and how many there are of it; `given` elements are told from others."""
        import numpy as np

        numbers = np.arange(self.count) if numbers is None else numbers
        marks = self.marks(numbers)
        if marks is None:
            return numbers, np.ones(len(numbers), dtype=np.int64)
        key = np.broadcast_to(codes(self.net.symmetric, [*given, *marks]), numbers.shape)
        _, first, many = np.unique(key, return_index=True, return_counts=True)
        order = np.argsort(first)
        return numbers[first[order]], many[order]


def faults(subject: Subject, net: Fabric) -> Iterator[Faults]:
    """Every array of what can fail in a plane."""
    root = subject.top
    role = roles(net)
    for group in net.groups:
        if role.passes[group.start : group.start + 1].any():
            yield DeviceFaults("switch" if group.switch else "endpoint", group.label, group.count, root, net, group)
    first = 0
    for pattern in placed_links(root, net.plane)[2]:
        if pattern.size:
            label = " to ".join(".".join(names) or root.name for names in pattern.paths)
            each, bundle = pattern.link.count, pattern.link.bundle
            count = pattern.size // each * -(-each // bundle)
            yield Cables("cable", label, count, root, net, pattern.paths, first, pattern.size, each, bundle)
        first += pattern.size
    places = _places(root, net)
    yield from _trunks(root, net, places)
    for place in places:
        if place.rack:
            yield _Racks("rack", ".".join(place.names), place.count, root, net, place)
    yield from _rows(root, net, places)
    yield from _feeds(subject, net)


def _none() -> Any:
    import numpy as np

    return np.zeros(0, dtype=np.int64)


@frozen
class DeviceFaults(Faults):
    group: Devices

    def lost(self, number: int) -> tuple[Any, Any]:
        import numpy as np

        return np.array([self.group.start + number]), _none()

    def name(self, number: int) -> str:
        return self.net.name(self.group.start + number)

    def marks(self, numbers: Any) -> list[Mark]:
        return [(self.group.names, numbers, 1)]


@frozen
class Cables(Faults):
    """The links of a pattern, from `first` on; `bundle` of them, one after the other, share a cable. Where the pattern
    stands in several places it has `each` links at one, and no cable has links of two."""

    paths: tuple[Names, ...]
    first: int
    size: int
    each: int
    bundle: int

    def grid(self, numbers: Any) -> Any:
        """The links of each cable, [cables, bundle]; the last one of a place may have fewer, and then has its last one
        again."""
        import numpy as np

        place, number = np.divmod(np.asarray(numbers)[..., None], -(-self.each // self.bundle))
        inside = np.minimum(number * self.bundle + np.arange(self.bundle), self.each - 1)
        return self.first + place * self.each + inside

    def full(self, numbers: Any) -> Any:
        """Which cables have as many links as they can."""
        return (numbers % -(-self.each // self.bundle) + 1) * self.bundle <= self.each

    def lost(self, number: int) -> tuple[Any, Any]:
        import numpy as np

        return _none(), np.unique(self.grid(number))

    def name(self, number: int) -> str:
        ends = {(int(self.net.a[link]), int(self.net.b[link])): None for link in self.grid(number).tolist()}
        a, b = next(iter(ends))
        more = f" and {len(ends) - 1} more" if len(ends) > 1 else ""
        return f"{self.net.name(a)} to {self.net.name(b)}{more}"

    def marks(self, numbers: Any) -> list[Mark]:
        """Both ends of every link."""
        start = {group.names: group.start for group in self.net.groups}
        return [
            (names, side[links] - start[names], 1)
            for links in self.grid(numbers).T
            for side, names in zip((self.net.a, self.net.b), self.paths, strict=True)
        ]

    def classes(self, numbers: Any = None, given: tuple[Mark, ...] = ()) -> tuple[Any, Any]:
        """Of cables of one link those of the links' classes; cables that have fewer links than others are never like
        those."""
        import numpy as np

        if self.bundle == 1 and numbers is None:
            orbit = self.net.orbit[self.first : self.first + self.size]
            many = np.bincount(orbit)
            first = np.full(len(many), self.size)
            np.minimum.at(first, orbit, np.arange(self.size))
            order = np.argsort(first)[: int((many > 0).sum())]
            return first[order], many[order]
        numbers = np.arange(self.count) if numbers is None else numbers
        whole = self.full(numbers)
        both = [Faults.classes(self, some, given) for some in (numbers[whole], numbers[~whole])]
        return np.concatenate([one for one, _ in both]), np.concatenate([many for _, many in both])


# --- places: racks, and devices that are in none ------------------------------------------------------------


@frozen
class _Place:
    """An array of racks, or of devices that are in no rack; the places from `start` on."""

    names: Names
    count: int
    start: int
    rack: bool

    def marks(self, net: Fabric, numbers: Any) -> list[Mark]:
        """Of each array of devices in it the leading digits."""
        return [
            (g.names, numbers, g.count // self.count) for g in net.groups if g.names[: len(self.names)] == self.names
        ]

    def name(self, root: Component, number: int) -> str:
        return numbered(self.names, steps_of(root, self.names), number) or root.name


def _places(root: Component, net: Fabric) -> list[_Place]:
    found: dict[Names, _Place] = {}
    start = 0
    for group in net.groups:
        names, rack = group.names, False
        for k in range(1, len(group.names) + 1):
            if root.at(group.names[:k])[0].kind == "rack":
                names, rack = group.names[:k], True
                break
        if names not in found:
            count = root.at(names)[1] if names else 1
            found[names] = _Place(names, count, start, rack)
            start += count
    return list(found.values())


def inside(net: Fabric, names: Names, many: int, number: int) -> Any:
    """The devices in one element of an array: the leading digits of their numbers are its own."""
    import numpy as np

    found = [_none()]
    for g in net.groups:
        if g.names[: len(names)] == names:
            each = g.count // many
            found.append(np.arange(g.start + number * each, g.start + (number + 1) * each))
    return np.concatenate(found)


@frozen
class _Racks(Faults):
    place: _Place

    def lost(self, number: int) -> tuple[Any, Any]:
        return inside(self.net, self.place.names, self.place.count, number), _none()

    def name(self, number: int) -> str:
        return self.place.name(self.root, number)

    def marks(self, numbers: Any) -> list[Mark]:
        return self.place.marks(self.net, numbers)


@frozen
class _Trunks(Faults):
    """Trunks between two arrays of places, by the numbers of those; the links of each are a slice of `order`."""

    ends: tuple[_Place, _Place]
    low: Any
    high: Any
    starts: Any
    stops: Any
    order: Any

    def lost(self, number: int) -> tuple[Any, Any]:
        return _none(), self.order[int(self.starts[number]) : int(self.stops[number])]

    def name(self, number: int) -> str:
        sides = zip(self.ends, (self.low, self.high), strict=True)
        return " to ".join(place.name(self.root, int(side[number])) for place, side in sides)

    def marks(self, numbers: Any) -> list[Mark]:
        one, other = self.ends
        return one.marks(self.net, self.low[numbers]) + other.marks(self.net, self.high[numbers])


def _trunks(root: Component, net: Fabric, places: list[_Place]) -> Iterator[Faults]:
    """Where one cable is all that joins two places, its failure is that of the cable."""
    import numpy as np

    by_names = {place.names: place for place in places}
    where = np.zeros(net.size, dtype=np.int64)
    for group in net.groups:
        place = next(by_names[n] for n in (group.names[:k] for k in range(len(group.names) + 1)) if n in by_names)
        each = group.count // place.count
        where[group.start : group.start + group.count] = place.start + np.arange(group.count) // each
    low, high = np.sort([where[net.a], where[net.b]], axis=0)
    key = low * (int(where.max(initial=0)) + 1) + high
    order = np.argsort(key, kind="stable")
    order = order[low[order] != high[order]]
    if not len(order):
        return
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    stops = np.append(starts[1:], len(order))
    cable = _cable_of(root, net)[order]
    several = np.minimum.reduceat(cable, starts) != np.maximum.reduceat(cable, starts)
    starts, stops = starts[several], stops[several]
    low, high = low[order[starts]], high[order[starts]]
    bounds = np.array([place.start for place in places])
    kinds = np.searchsorted(bounds, low, side="right") * len(places) + np.searchsorted(bounds, high, side="right")
    for kind in np.unique(kinds).tolist():
        mine = kinds == kind
        one, other = (places[int(np.searchsorted(bounds, side[mine][0], side="right")) - 1] for side in (low, high))
        label = " to ".join(".".join(place.names) or root.name for place in (one, other))
        yield _Trunks(
            "trunk",
            label,
            int(mine.sum()),
            root,
            net,
            (one, other),
            low[mine] - one.start,
            high[mine] - other.start,
            starts[mine],
            stops[mine],
            order,
        )


def _cable_of(root: Component, net: Fabric) -> Any:
    """The number of the cable that each link is in."""
    import numpy as np

    found, first = [_none()], 0
    for pattern in placed_links(root, net.plane)[2]:
        each, bundle = pattern.link.count, pattern.link.bundle
        place, number = np.divmod(np.arange(pattern.size), each)
        found.append(first + place * -(-each // bundle) + number // bundle)
        first += pattern.size // each * -(-each // bundle)
    return np.concatenate(found)


# --- rows and feeds -----------------------------------------------------------------------------------------


@frozen
class _Rows(Faults):
    """Rows of racks: of each its name, and the racks by array and number."""

    rows: tuple[tuple[str, tuple[tuple[_Place, int], ...]], ...]

    def lost(self, number: int) -> tuple[Any, Any]:
        import numpy as np

        racks = self.rows[number][1]
        return np.concatenate([inside(self.net, p.names, p.count, k) for p, k in racks]), _none()

    def name(self, number: int) -> str:
        return self.rows[number][0]


def _rows(root: Component, net: Fabric, places: list[_Place]) -> Iterator[Faults]:
    """The rows of racks on a floor that hold devices of the plane."""
    import numpy as np

    floor = floors.floor_of(root)
    if floor is None:
        return
    racks = {place.names: place for place in places if place.rack}
    rows: dict[int, tuple[str, list[tuple[_Place, int]]]] = {}
    for spot in floors.spots(root):
        place = racks.get(tuple(step.name for step in spot.path))
        if place is None:
            continue
        env = index.tuples(spot.domain, spot.where)
        size = index.count(spot.domain, spot.where)
        digits = [np.broadcast_to(index.evaluate(e, env), (size,)) for step in spot.path for e in step.indices]
        shape = tuple(n for step in steps_of(root, place.names) for n in step)
        numbers = np.ravel_multi_index(digits, shape) if shape else np.zeros(size, dtype=np.int64)
        at = np.broadcast_to(index.evaluate(spot.position.on(floor)[1], env), (size,))
        row = np.broadcast_to(index.evaluate(spot.position.row, env), (size,))
        for k in range(size):
            name = f"row {row[k]}" if spot.position.by_tile else f"row at y = {int(at[k]) / 10**6:g} m"
            rows.setdefault(int(at[k]), (name, []))[1].append((place, int(numbers[k])))
    if rows:
        named = tuple((name, tuple(found)) for _, (name, found) in sorted(rows.items()))
        yield _Rows("row", "rows of racks", len(named), root, net, named)


@frozen
class _Feeds(Faults):
    """Devices of an array that feed others, by their numbers on the power plane."""

    tree: PowerTree
    numbers: Any

    def lost(self, number: int) -> tuple[Any, Any]:
        import numpy as np

        dark, _ = self.tree.dark(int(self.numbers[number]), Steps(index.LIMIT))
        devices = [_none()]
        for one in sorted(dark):
            group = self.tree.plane.group(one)
            devices.append(inside(self.net, group.names, group.count, one - group.start))
        return np.unique(np.concatenate(devices)), _none()

    @property
    def cost(self) -> int:
        """Of one in the mean: each link of the power plane is below as many devices as the tree is deep."""
        plane = self.tree.plane
        return 10 * len(plane.feeder) * int(plane.order.max(initial=0)) // max(1, self.count)

    def name(self, number: int) -> str:
        return self.tree.plane.name(int(self.numbers[number]))


@frozen
class _Untried(Faults):
    """What is too large to be listed: no failure of it is tried."""

    def classes(self, numbers: Any = None, given: tuple[Mark, ...] = ()) -> tuple[Any, Any]:
        return _none(), _none()


def _feeds(subject: Subject, net: Fabric) -> Iterator[Faults]:
    """Every array of devices that feed others on the power plane."""
    import numpy as np

    root = subject.top
    try:
        if not feeds.has_power(subject):
            return
        plane = feeds.net(subject)
    except feeds.PowerLoop:
        return  # an error of its own
    except LimitExceeded:
        yield _Untried("feed", "the power plane", 1, root, net)
        return
    tree = PowerTree(plane, np.zeros(plane.size))
    feeding = np.zeros(plane.size, dtype=bool)
    feeding[plane.feeder] = True
    for group in plane.groups:
        numbers = group.start + np.flatnonzero(feeding[group.start : group.start + group.count])
        if len(numbers):
            yield _Feeds("feed", group.label, len(numbers), root, net, tree, numbers)
