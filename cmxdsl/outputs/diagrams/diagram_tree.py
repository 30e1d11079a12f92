"""A design as boxes inside boxes: arrays folded to one box, or unfolded where asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

from cmxdsl.analysis.base.injection import link_rate, plane_of
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, End, Link, descendants, index
from cmxdsl.records import define, field, frozen
from cmxdsl.units import Quantity

Names = tuple[str, ...]
Key = tuple[tuple[str, tuple[int, ...] | None], ...]


@define(eq=False)
class Box:
    """A component in the picture. `key` is its path, with the indices of unfolded arrays.

    `many` is how many there are inside the enclosing box, `total` in the whole design.
    """

    key: Key
    component: Component
    shape: tuple[int, ...]
    total: int
    parent: Box | None = None
    children: list[Box] = field(factory=list)

    @property
    def name(self) -> str:
        if not self.key:
            return self.component.name
        name, indices = self.key[-1]
        return name if not indices else f"{name}[{', '.join(map(str, indices))}]"

    @property
    def sort_key(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        return tuple((name, indices or ()) for name, indices in self.key)

    @property
    def many(self) -> int:
        return prod(self.shape)

    @property
    def names(self) -> Names:
        return tuple(name for name, _ in self.key)

    def walk(self) -> Iterator[Box]:
        """This box and all inside it, outermost first."""
        stack = [self]
        while stack:
            box = stack.pop()
            yield box
            stack.extend(reversed(box.children))

    @property
    def leaves(self) -> list[Box]:
        return [box for box in self.walk() if not box.children]


class TooManyBoxes(LimitExceeded):
    """The picture would have more boxes than the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the picture would have more than {limit:,} boxes, which is the limit")


def tree(
    root: Component,
    wanted: Callable[[Component], bool],
    unfold: set[Names],
    depth: int | None,
    limit: int,
    fold: set[Names] = frozenset(),  # type: ignore[assignment]
    whole: Callable[[Component], bool] | None = None,
) -> Box:
    """The boxes below `root` that are wanted or hold something wanted, none inside a `fold` or what is `whole`.

    Raises TooManyBoxes.
    """
    useful: dict[Component, bool] = {}
    for component in reversed(list(descendants(root))):  # what is inside comes first
        below = (useful[i.component] for i in component.instances.values() if i.count)
        useful[component] = wanted(component) or any(below)

    made = 0
    top = Box((), root, (), 1)
    stack = [top]
    while stack:
        box = stack.pop()
        if (depth is not None and len(box.key) >= depth) or box.names in fold:
            continue
        if whole is not None and box is not top and whole(box.component):
            continue
        for instance in box.component.instances.values():
            if not instance.count or not useful[instance.component]:
                continue
            names = (*box.names, instance.name)
            open_ = names in unfold and instance.shape
            elements = product(*(range(s) for s in instance.shape)) if open_ else [None]
            for element in elements:
                made += 1
                if made > limit:
                    raise TooManyBoxes(limit)
                shape = () if open_ else instance.shape
                total = box.total * prod(shape)
                child = Box((*box.key, (instance.name, element)), instance.component, shape, total, box)
                box.children.append(child)
                stack.append(child)
    return top


@frozen
class Edge:
    """All links between two boxes; `media` says over what, and how many of them: nothing for those of no medium."""

    a: Box
    b: Box
    count: int
    rates: tuple[Quantity, ...]
    media: tuple[tuple[str, int], ...]

    @property
    def inside(self) -> bool:
        """Both ends lie in one box, drawn or folded."""
        return self.a is self.b


@define
class _Bundle:
    count: int = 0
    rates: set[Quantity] = field(factory=set)
    media: Counter[str] = field(factory=Counter)


def edges(top: Box, plane: str, limit: int = 200_000) -> list[Edge]:
    """The links of a plane between boxes without boxes inside, added up. Raises index.TooMany."""
    bundles: dict[tuple[int, int], _Bundle] = {}
    boxes: dict[int, Box] = {}
    for box in top.walk():
        for owner, outer in _owners(box):
            for link in owner.links:
                if plane_of(owner, link) != plane or link.count == 0:
                    continue
                for a, b, count in _spread(box, outer, link, limit):
                    boxes[id(a)], boxes[id(b)] = a, b
                    bundle = bundles.setdefault((id(a), id(b)), _Bundle())
                    bundle.count += count
                    rate = link_rate(owner, link)
                    bundle.rates |= {rate} if rate is not None else set()
                    bundle.media[_carried(link)] += count
    return [
        Edge(
            boxes[a],
            boxes[b],
            bundle.count,
            tuple(sorted(bundle.rates, key=lambda r: r.value)),
            tuple(sorted(bundle.media.items())),
        )
        for (a, b), bundle in bundles.items()
    ]


def _carried(link: Link) -> str:
    """What carries a link, and what it passes: `DR4 via Palomar`."""
    over = " or ".join(m.name for m in link.media)
    return f"{over} via {link.adapter.name}".strip() if link.adapter is not None else over


def _owners(box: Box) -> Iterator[tuple[Component, int]]:
    """The component of a box, and when nothing is drawn inside it all those below, with their multiplicity."""
    if box.children:
        yield box.component, box.total
        return
    from cmxdsl.model import Subject

    for component, many in Subject(box.component).counts.items():
        if component.links:
            yield component, box.total * many


def _spread(box: Box, outer: int, link: Link, limit: int) -> Iterator[tuple[Box, Box, int]]:
    """The boxes that a pattern's links end in, and how many go between each two."""
    if not box.children:
        yield box, box, link.count * outer
        return
    opened = _opened(box, link.a) + _opened(box, link.b)
    if not opened:
        yield _land(box, link.a, {}), _land(box, link.b, {}), link.count * outer
        return
    used = set().union(*(index.variables(e) for e in opened))
    if link.where is not None:
        used |= index.variables(link.where)
    domain = tuple(d for d in link.domain if d.name in used)
    rest = prod(d.size for d in link.domain if d.name not in used)
    if index.size(domain) > limit:
        raise index.TooMany(index.size(domain), limit)
    for at in index.each(domain, link.where):
        yield _land(box, link.a, at), _land(box, link.b, at), rest * outer


def _opened(box: Box, end: End) -> list[Any]:
    """The index expressions of an end that choose between drawn boxes."""
    found: list[Any] = []
    here = box
    for step in end.steps:
        child = next((c for c in here.children if c.key[-1][0] == step.name), None)
        if child is None:
            break
        if child.key[-1][1] is not None:
            found += step.indices
        here = child
    return found


def _land(box: Box, end: End, at: dict[str, int]) -> Box:
    """The innermost drawn box that an end lies in."""
    here = box
    for step in end.steps:
        element = None
        for child in here.children:
            name, indices = child.key[-1]
            if name != step.name:
                continue
            if indices is None or indices == tuple(int(index.evaluate(e, at)) for e in step.indices):
                element = child
                break
        if element is None:
            return here
        here = element
    return here


def tiers(top: Box, links: list[Edge]) -> dict[int, int]:
    """The tier of each leaf box: 0 for endpoints, 1 for switches that endpoints link to, and so on."""
    neighbours: dict[int, set[int]] = {}
    for edge in links:
        neighbours.setdefault(id(edge.a), set()).add(id(edge.b))
        neighbours.setdefault(id(edge.b), set()).add(id(edge.a))
    found = {id(box): 0 for box in top.leaves if not holds_switches_only(box.component)}
    if not found:
        found = {id(box): 0 for box in top.leaves}
    frontier = list(found)
    while frontier:
        reached = []
        for here in frontier:
            for other in neighbours.get(here, ()):
                if other not in found:
                    found[other] = found[here] + 1
                    reached.append(other)
        frontier = reached
    return found


def holds_switches_only(component: Component) -> bool:
    """Whether everything with ports in a component is a switch."""
    kinds = {c.kind for c in descendants(component) if any(p.exposes is None for p in c.ports.values())}
    return kinds == {"switch"}
