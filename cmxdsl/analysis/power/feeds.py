"""The power plane as a net: which device feeds which, and what each draws itself.

Devices are joined by links on the plane `power`; a port feeds (`flow = feeds`) or draws.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from cmxdsl.analysis.base.ports import Names, numbered, paths, steps_of
from cmxdsl.model import Component, Dim, End, Expr, Link, Subject, Var, descendants, index, parts_of, remembered, shares
from cmxdsl.model.arithmetic import mixed, plus
from cmxdsl.records import define, field, frozen

PLANE = "power"


class PowerLoop(Exception):
    """Feeds that lead back to where they come from; `names` is a device on the loop."""

    def __init__(self, names: Names) -> None:
        super().__init__(".".join(names))
        self.names = names


@frozen
class PowerDevices:
    """An array of devices on the power plane: the numbers from `start` on; `steps` are the shapes along its path."""

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
    def label(self) -> str:
        return ".".join(self.names)

    @property
    def capacity(self) -> Fraction | None:
        """Watts that one can deliver."""
        found = self.component.quantity("power.capacity")
        return found.value if found is not None else None

    @property
    def efficiency(self) -> float:
        found = self.component.quantity("power.efficiency")
        return float(found.value) if found is not None and found.value > 0 else 1.0


@frozen
class PowerNet:
    """The power plane: its devices, and its links as arrays of numbers: who feeds, who draws, at which outlet."""

    groups: tuple[PowerDevices, ...]
    feeder: Any
    drawer: Any
    outlet: Any
    order: Any  # depth of each device below its deepest load: the loads themselves are 0
    wrong: tuple[Link, ...]  # links whose two ends both feed, or both draw

    @property
    def size(self) -> int:
        return sum(g.count for g in self.groups)

    @property
    def array(self) -> Any:
        """Of each device the number of its array."""
        import numpy as np

        return np.repeat(np.arange(len(self.groups)), [g.count for g in self.groups])

    def group(self, number: int) -> PowerDevices:
        """The array that a device is of."""
        return next(g for g in reversed(self.groups) if g.start <= number)

    def name(self, number: int) -> str:
        """`hall[0].pdu[3]`."""
        group = self.group(number)
        return numbered(group.names, list(group.steps), number - group.start) or group.component.name


@define
class _Maker:
    top: Component
    groups: list[PowerDevices] = field(factory=list)
    feeder: list[Any] = field(factory=list)
    drawer: list[Any] = field(factory=list)
    outlet: list[Any] = field(factory=list)
    wrong: list[Link] = field(factory=list)


def has_power(subject: Subject) -> bool:
    """Whether anything below is joined on the power plane."""
    top = subject.top
    return any(_on_plane(c) for c in descendants(top)) and any(
        c.resolve(link.a)[1].plane == PLANE for c in descendants(top) for link in c.links
    )


def _on_plane(component: Component) -> bool:
    return any(p.exposes is None and p.plane == PLANE for p in component.ports.values())


@remembered(keep=4)
def net(subject: Subject) -> PowerNet:
    """The power plane of a design. Raises index.TooMany, ports.TooManyPaths, PowerLoop."""
    top = subject.top
    import numpy as np

    maker = _Maker(top)
    shapes: dict[Names, tuple[int, ...]] = {(): ()}
    at: dict[Component, list[Names]] = {}
    size = 0
    for names, component, many in paths(top):
        if names:
            parent, _ = top.at(names[:-1])
            shapes[names] = shapes[names[:-1]] + parent.instances[names[-1]].shape
        at.setdefault(component, []).append(names)
        if _on_plane(component):
            maker.groups.append(PowerDevices(names, component, tuple(steps_of(top, names)), size))
            size += many
    if size > index.LIMIT:
        raise index.TooMany(size)
    starts = {g.names: g for g in maker.groups}
    for component in descendants(top):
        for link in component.links:
            if link.count and component.resolve(link.a)[1].plane == PLANE:
                for outer in at.get(component, ()):
                    _lay(maker, component, link, outer, shapes, starts)
    empty = np.zeros(0, dtype=np.int64)
    feeder, drawer, outlet = (
        np.concatenate(found) if found else empty for found in (maker.feeder, maker.drawer, maker.outlet)
    )
    groups = tuple(maker.groups)
    order = _order(groups, size, feeder, drawer)
    return PowerNet(groups, feeder, drawer, outlet, order, tuple(maker.wrong))


def _lay(
    maker: _Maker,
    component: Component,
    link: Link,
    outer: Names,
    shapes: dict[Names, tuple[int, ...]],
    starts: dict[Names, PowerDevices],
) -> None:
    """One pattern at one place, as numbers."""
    import numpy as np

    dims = tuple(Dim(f"#{k}", 0, size) for k, size in enumerate(shapes[outer]))
    feeds = [component.resolve(end)[1].get("flow") == "feeds" for end in (link.a, link.b)]
    if feeds[0] == feeds[1]:
        maker.wrong.append(link)
        return
    source, load = (link.a, link.b) if feeds[0] else (link.b, link.a)
    env = index.tuples(dims + link.domain, link.where)
    size = len(next(iter(env.values()))) if env else 1

    def numbers(expr: Expr) -> Any:
        return np.broadcast_to(np.asarray(index.evaluate(expr, env), dtype=np.int64), (size,))

    def device(end: End) -> Expr:
        names = (*outer, *end.names[:-1])
        own = [*(Var(d.name) for d in dims), *(e for s in end.steps for e in s.indices)]
        return plus(mixed(own, shapes[names]), starts[names].start)

    shape = component.resolve(source)[1].shape
    maker.feeder.append(numbers(device(source)))
    maker.drawer.append(numbers(device(load)))
    maker.outlet.append(numbers(mixed(source.port.indices, shape)))


def _order(groups: tuple[PowerDevices, ...], size: int, feeder: Any, drawer: Any) -> Any:
    """How many steps each device is above its deepest load. Raises PowerLoop."""
    import numpy as np

    depth = np.zeros(size, dtype=np.int64)
    for _ in range(len(groups) * 4 + 4):
        below = np.zeros(size, dtype=np.int64)
        np.maximum.at(below, feeder, depth[drawer] + 1)
        if np.array_equal(below, depth):
            return depth
        depth = below
    worst = int(depth.argmax())
    raise PowerLoop(next(g for g in reversed(groups) if g.start <= worst).names)


# --- what each draws -----------------------------------------------------------------------------------------


def own_load(component: Component, attribute: str, known: dict[Component, Fraction]) -> Fraction:
    """What a device draws for what is in it and is not fed on its own, in watts."""
    if component not in known:
        value = component.quantity(attribute)
        total = value.value if value is not None else Fraction(0)
        for instance in component.instances.values():
            if instance.count and not _on_plane(instance.component):
                total += own_load(instance.component, attribute, known) * instance.count
        for link in component.links:
            for part, many in parts_of(link):
                draw = part.quantity(attribute)
                total += draw.value * many if draw is not None else 0
        known[component] = total
    return known[component]


def demands(plane: PowerNet, top: Component, attribute: str) -> Any:
    """What each device draws itself, in watts; transceivers and active cables draw from the devices at their ends."""
    import numpy as np

    own = np.zeros(plane.size)
    known: dict[Component, Fraction] = {}
    groups = {g.names: g for g in plane.groups}
    for group in plane.groups:
        own[group.start : group.start + group.count] = float(own_load(group.component, attribute, known))
    for names, component, _ in paths(top):
        if any(names[:k] in groups for k in range(len(names) + 1)):
            continue  # inside a device: its own load has them
        for link in component.links:
            for end, each in zip((link.a, link.b), _at_ends(link, attribute), strict=True):
                if each:
                    _plug(own, top, names, link, end, each, groups)
    return own


def _at_ends(link: Link, attribute: str) -> tuple[float, float]:
    """What the parts of a pattern draw at each end, for each link."""
    near = far = Fraction(0)
    for share in shares(link):
        draw = share.part.quantity(attribute)
        if draw is not None:
            near, far = near + draw.value * share.near, far + draw.value * share.far
    return (float(near / link.count), float(far / link.count)) if link.count else (0.0, 0.0)


def _plug(
    own: Any, top: Component, outer: Names, link: Link, end: End, each: float, groups: dict[Names, PowerDevices]
) -> None:
    """Add what one end of every link of a pattern draws to the device that it is plugged into."""
    import numpy as np

    full = (*outer, *end.names[:-1])
    inside = next((full[:k] for k in range(len(full), 0, -1) if full[:k] in groups), None)
    if inside is None:
        return
    group = groups[inside]
    here = top
    dims: list[Dim] = []
    for name in outer:
        dims += [Dim(f"#{len(dims) + k}", 0, size) for k, size in enumerate(here.instances[name].shape)]
        here = here.instances[name].component
    digits = [*(Var(d.name) for d in dims), *(e for s in end.steps for e in s.indices)][: len(group.shape)]
    env = index.tuples((*dims, *link.domain), link.where)
    size = len(next(iter(env.values()))) if env else 1
    number = np.broadcast_to(np.asarray(index.evaluate(plus(mixed(digits, group.shape), group.start), env)), (size,))
    np.add.at(own, number, each)
