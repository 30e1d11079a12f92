"""Which links use which ports: collisions, and how many are left free, without expanding arrays."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Dim, End, Expr, Link, Port, Var, index
from cmxdsl.model import index_image as images
from cmxdsl.model.index_image import Image
from cmxdsl.records import define, field, frozen
from cmxdsl.source import Span

MAX_PATHS = 100_000  # distinct paths of instance names that one walk may take
PAIRWISE = 64  # more uses of one port group than this are compared by enumeration, all at once

Names = tuple[str, ...]


class TooManyPaths(LimitExceeded):
    """A design has more than `MAX_PATHS` distinct paths."""

    def __init__(self) -> None:
        super().__init__(f"the design has more than {MAX_PATHS:,} places where devices are, which is the limit")


@frozen
class PortUse:
    """The ports of one group that one end of a link pattern takes; `outer` index sizes were put before its own."""

    link: Link
    image: Image
    count: int


@frozen
class Collision:
    """A port used twice: by which links, and the port itself, as text."""

    first: Link
    second: Link
    port: str
    at_first: dict[str, int]
    at_second: dict[str, int]


@define
class PortMap:
    """Uses of port groups, by the path that leads to them. Remembers its answers."""

    _uses: dict[tuple[Component, Names], list[PortUse]] = field(factory=dict)
    _ends: dict[Component, dict[Names, list[tuple[Link, End]]]] = field(factory=dict)

    def uses(self, component: Component, names: Names) -> list[PortUse]:
        """Every use of the port group at `names` by links of `component` and of what is inside it."""
        key = (component, names)
        if key not in self._uses:
            own = [
                PortUse(link, Image(end.indices, link.domain, link.where), link.count)
                for link, end in self.ends(component).get(names, ())
            ]
            self._uses[key] = own + self.inner(component, names)
        return self._uses[key]

    def ends(self, component: Component) -> dict[Names, list[tuple[Link, End]]]:
        """The ends of a component's own links, by the port group that they name."""
        if component not in self._ends:
            found: dict[Names, list[tuple[Link, End]]] = {}
            for link in component.links:
                for end in (link.a, link.b):
                    found.setdefault(end.names, []).append((link, end))
            self._ends[component] = found
        return self._ends[component]

    def inner(self, component: Component, names: Names) -> list[PortUse]:
        """The uses by links inside the first instance of the path, for all elements of its array."""
        if len(names) < 2:
            return []
        instance = component.instances[names[0]]
        return [lifted(use, instance.shape) for use in self.uses(instance.component, names[1:])]

    def collisions(self, component: Component) -> Iterator[Collision | index.TooMany]:
        """Ports that links of `component` use though another link, or the same pattern again, uses them."""
        for names, ((_, end), *_) in self.ends(component).items():
            _, port = component.resolve(end)
            if port.get("shared") is True:
                continue
            shape = component.shape_of(end)
            own = self.uses(component, names)
            inside = len(self.inner(component, names))
            fresh = own[: len(own) - inside]
            try:
                yield from _collide(component, end, shape, fresh, own[len(own) - inside :])
            except index.TooMany as error:
                yield error

    def used(self, component: Component, names: Names) -> int:
        """How many ports of a group are used, counted with multiplicity; right where nothing collides."""
        return sum(use.count for use in self.uses(component, names))


def lifted(use: PortUse, shape: tuple[int, ...]) -> PortUse:
    """A use seen from one level further out."""
    if not shape:
        return use
    depth = sum(d.name.startswith("#") for d in use.image.domain)
    dims = tuple(Dim(f"#{depth + k}", 0, size) for k, size in enumerate(shape))
    outer: tuple[Expr, ...] = tuple(Var(d.name) for d in dims)
    image = Image(outer + use.image.indices, dims + use.image.domain, use.image.where)
    return PortUse(use.link, image, use.count * prod(shape))


def _collide(
    component: Component, end: End, shape: tuple[int, ...], fresh: list[PortUse], inside: list[PortUse]
) -> Iterator[Collision]:
    fresh = [u for u in fresh if u.count]
    inside = [u for u in inside if u.count]
    for use in fresh:
        pair = images.repeated(use.image, shape)
        if pair is not None:
            yield _collision(end, use, use, *pair)
    if len(fresh) + len(inside) > PAIRWISE:
        yield from _collide_in_bulk(end, shape, fresh, inside)
        return
    for position, use in enumerate(fresh):
        for other in [*fresh[:position], *inside]:
            if images.disjoint(other.image, use.image):
                continue
            a, b, rest = images.simplify(other.image, use.image, shape)
            found = images.collision(a, b, rest) if rest else ({}, {})
            if found is not None:
                yield _collision(end, other, use, *_met(other.image, use.image, *found))


def _met(a: Image, b: Image, at_a: dict[str, int], at_b: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Full tuples for a collision found in simplified images: dropped indices follow from the other side."""
    full_a = {d.name: at_a.get(d.name, d.start) for d in a.domain}
    full_b = {d.name: at_b.get(d.name, d.start) for d in b.domain}
    for left, right in zip(a.indices, b.indices, strict=True):
        if isinstance(left, Var) and left.name not in at_a:
            full_a[left.name] = int(index.evaluate(right, full_b))
        elif isinstance(right, Var) and right.name not in at_b:
            full_b[right.name] = int(index.evaluate(left, full_a))
    return full_a, full_b


def _collide_in_bulk(
    end: End, shape: tuple[int, ...], fresh: list[PortUse], inside: list[PortUse]
) -> Iterator[Collision]:
    """One collision for each later use, all uses enumerated once."""
    import numpy as np

    if sum(index.size(u.image.domain) for u in [*fresh, *inside]) > index.LIMIT:
        raise index.TooMany(sum(index.size(u.image.domain) for u in [*fresh, *inside]))
    everything = [*inside, *fresh]
    each = [np.unique(images.keys(use.image, shape)[0]) for use in everything]
    keys = np.concatenate(each)
    owner = np.repeat(np.arange(len(each)), [len(k) for k in each])
    order = np.argsort(keys, kind="stable")  # equal keys stand together, in the order of their owners
    keys, owner = keys[order], owner[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    taker = owner[np.repeat(first, np.diff(np.append(first, len(keys))))]  # who took the key before all others
    late = np.flatnonzero((taker != owner) & (owner >= len(inside)))
    users, at = np.unique(owner[late], return_index=True)
    for number, other in zip(users, taker[late[at]], strict=True):
        one, two = everything[int(other)], everything[int(number)]
        found = images.collision(one.image, two.image, shape)
        if found is not None:
            yield _collision(end, one, two, *found)


def _collision(end: End, a: PortUse, b: PortUse, at_a: dict[str, int], at_b: dict[str, int]) -> Collision:
    values = [int(index.evaluate(e, at_b)) for e in b.image.indices]
    parts, used = [], 0
    for step in (*end.steps, end.port):
        mine = values[used : used + len(step.indices)]
        used += len(step.indices)
        parts.append(step.name + (f"[{', '.join(map(str, mine))}]" if mine else ""))
    return Collision(a.link, b.link, ".".join(parts), _named(at_a), _named(at_b))


def _named(at: dict[str, int]) -> dict[str, int]:
    return {k: v for k, v in at.items() if not k.startswith("#")}


@frozen
class PortGroup:
    """A group of real ports: where it is, how many there are and how many of them are connected."""

    names: Names
    owner: Component
    port: Port
    total: int
    used: int

    @property
    def span(self) -> Span:
        return self.port.span


def paths(root: Component) -> Iterator[tuple[Names, Component, int]]:
    """Every path of instance names from `root` down, with the component there and how many there are.

    Raises TooManyPaths for a design whose paths cannot be listed.
    """
    stack: list[tuple[Names, Component, int]] = [((), root, 1)]
    seen = 0
    while stack:
        names, component, many = stack.pop()
        seen += 1
        if seen > MAX_PATHS:
            raise TooManyPaths
        yield names, component, many
        for instance in reversed(list(component.instances.values())):
            if instance.count:
                stack.append(((*names, instance.name), instance.component, many * instance.count))


def steps_of(root: Component, names: Names) -> list[tuple[int, ...]]:
    """The shape of each step of a path."""
    shapes, here = [], root
    for name in names:
        shapes.append(here.instances[name].shape)
        here = here.instances[name].component
    return shapes


def numbered(names: Names, shapes: list[tuple[int, ...]], number: int) -> str:
    """One element of an array by its mixed-radix number: `pod[2].compute[3]`."""
    words: list[str] = []
    for name, shape in reversed(list(zip(names, shapes, strict=True))):
        digits = []
        for size in reversed(shape):
            number, digit = divmod(number, size)
            digits.append(digit)
        words.append(f"{name}[{', '.join(map(str, reversed(digits)))}]" if digits else name)
    return ".".join(reversed(words))


def port_groups(root: Component, ports: PortMap) -> list[PortGroup]:
    """All groups of real ports below `root`, exposed ones left out since they stand for inner ports."""
    return [
        PortGroup((*names, port.name), component, port, many * port.count, ports.used(root, (*names, port.name)))
        for names, component, many in paths(root)
        for port in component.ports.values()
        if port.exposes is None
    ]
