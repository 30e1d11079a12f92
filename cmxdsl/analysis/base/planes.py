"""What a plane amounts to: links, ports, rates, and whether everything on it is connected."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from cmxdsl.analysis.base.carriers import laid
from cmxdsl.analysis.base.injection import Rate, endpoint_kinds, injection, link_rate, plane_of, port_rate, ports_on
from cmxdsl.analysis.base.ports import Names, paths
from cmxdsl.model import Component, Dim, Link, Subject, Var, descendants, index, parts_of, remembered
from cmxdsl.model import index_image as images
from cmxdsl.model.index_image import Image
from cmxdsl.records import frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import RATE


@frozen
class Plane:
    """A plane's totals. `connected` ports are those with a link; `others` are neither endpoints nor switches.

    Rates are each way. `injection` is that of the endpoints' ports that are linked, `port_rate` that of all their
    ports, `link_bandwidth` that of all links, None where one is not known. `cables` are laid between devices, `fibers`
    among them; what joins parts inside a board or a chassis is none.
    """

    name: str
    links: int
    ports: int
    connected: int
    endpoints: int
    switches: int
    others: int
    injection: Rate
    port_rate: Rate
    link_bandwidth: Quantity | None
    optics: int
    cables: int
    fibers: int


@remembered()
def planes(subject: Subject) -> dict[str, Plane]:
    """The planes that have ports below `root`, by name in the order of the schema."""
    found = {}
    for name in subject.top.vocabulary.planes:
        plane = _plane(name, subject)
        if plane.ports or plane.links:
            found[name] = plane
    return found


def _plane(name: str, subject: Subject) -> Plane:
    links = ports = endpoints = switches = others = optics = cables = fibers = 0
    bandwidth: list[Fraction] = []
    known = True
    ends = endpoint_kinds(subject, name)
    for component, many in subject.counts.items():
        own = ports_on(component, name)
        ports += many * sum(p.count for p in own)
        if component in ends:
            endpoints += many
        elif own and component.kind == "switch":
            switches += many
        elif own:
            others += many
        for link in component.links:
            if plane_of(component, link) != name:
                continue
            links += many * link.count
            rate = link_rate(component, link)
            if rate is not None:
                bandwidth.append(rate.value * link.count * many)
            known = known and (rate is not None or not link.count)
            optics += many * sum(number for part, number in parts_of(link) if part.kind == "optic")
            carrier, number = laid(component, link)
            cables += many * number
            fibers += many * number if carrier is not None and carrier.kind == "fiber" else 0
    return Plane(
        name,
        links,
        ports,
        2 * links,
        endpoints,
        switches,
        others,
        injection(subject, name),
        port_rate(subject, name),
        Quantity(sum(bandwidth, Fraction(0)), RATE) if bandwidth and known else None,
        optics,
        cables,
        fibers,
    )


@frozen
class Flat:
    """A plane as pairs of device ids from 0 to `nodes` - 1, one pair for each link: lists when small, else arrays."""

    nodes: int
    a: Any
    b: Any


@frozen
class PlacedLink:
    """A link pattern at one place: the images of its two ends' devices, where their ids start, and their shapes."""

    ends: tuple[tuple[Image, int, tuple[int, ...]], ...]
    size: int
    component: Component
    link: Link
    paths: tuple[Names, ...]


def flatten(root: Component, plane: str) -> Flat:
    """The plane's devices and links, enumerated by index arithmetic.

    A device's id is an offset for its path plus the mixed-radix number of its indices. Raises index.TooMany.
    """
    _, nodes, found = placed_links(root, plane)
    total = sum(p.size for p in found)
    if max(nodes, total) > index.LIMIT:
        raise index.TooMany(max(nodes, total))
    if total <= index.SMALL:
        few: tuple[list[int], list[int]] = ([], [])
        for pattern in found:
            for side, (image, offset, shape) in zip(few, pattern.ends, strict=True):
                side += [key + offset for key in images.few_keys(image, shape)]
        return Flat(nodes, *few)
    import numpy as np

    many: tuple[list[Any], list[Any]] = ([], [])
    for pattern in found:
        for side, (image, offset, shape) in zip(many, pattern.ends, strict=True):
            side.append(images.keys(image, shape)[0] + offset)
    return Flat(nodes, np.concatenate(many[0]), np.concatenate(many[1]))


def placed_links(root: Component, plane: str) -> tuple[dict[Names, int], int, list[PlacedLink]]:
    """Where each path's devices start and how many there are, and the link patterns at every place where they stand."""
    offsets: dict[Names, int] = {}
    shapes: dict[Names, tuple[int, ...]] = {(): ()}
    at: dict[Component, list[Names]] = {}
    nodes = 0
    for names, component, many in paths(root):
        if names:
            parent, _ = root.at(names[:-1])
            shapes[names] = shapes[names[:-1]] + parent.instances[names[-1]].shape
        at.setdefault(component, []).append(names)
        if any(p.exposes is None and p.plane == plane for p in component.ports.values()):
            offsets[names] = nodes
            nodes += many
    found = []
    for component in descendants(root):
        for link in component.links:
            if link.count == 0 or plane_of(component, link) != plane:
                continue  # one without links may name an array without elements, which has no path
            for outer in at.get(component, ()):
                dims = tuple(Dim(f"#{k}", 0, size) for k, size in enumerate(shapes[outer]))
                ends, inner = [], []
                for end in (link.a, link.b):
                    names = (*outer, *end.names[:-1])
                    inner.append(names)
                    own = (*(Var(d.name) for d in dims), *(e for s in end.steps for e in s.indices))
                    if names not in offsets:
                        break  # a link between two planes, which a finding of its own says
                    ends.append((Image(own, dims + link.domain, link.where), offsets[names], shapes[names]))
                else:
                    size = prod(shapes[outer]) * link.count
                    found.append(PlacedLink(tuple(ends), size, component, link, tuple(inner)))
    return offsets, nodes, found


def port_numbers(pattern: PlacedLink, side: int, plane: str) -> Any:
    """The number of the port, among those of its device on the plane, that each link of a pattern takes."""
    import numpy as np

    image, _, _ = pattern.ends[side]
    end = pattern.link.a if side == 0 else pattern.link.b
    owner, port = pattern.component.resolve(end)
    start = 0
    for other in owner.ports.values():
        if other is port:
            break
        start += other.count if other.exposes is None and other.plane == plane else 0
    keys, _ = images.keys(images.Image(end.port.indices, image.domain, image.where), port.shape)
    return np.broadcast_to(keys, (pattern.size,)) + start


@remembered()
def connected_components(subject: Subject, plane: str) -> int:
    """How many connected components the plane's devices form; 1 when every one reaches every other."""
    return components_of(flatten(subject.top, plane))


def components_of(flat: Flat) -> int:
    """How many connected components pairs of devices form."""
    return _few_components(flat) if isinstance(flat.a, list) else _many_components(flat)


def _few_components(flat: Flat) -> int:
    """By union-find with path halving (Tarjan and van Leeuwen, 1984)."""
    parent = list(range(flat.nodes))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    left = flat.nodes
    for a, b in zip(flat.a, flat.b, strict=True):
        root_a, root_b = find(a), find(b)
        if root_a != root_b:
            parent[root_a] = root_b
            left -= 1
    return left


def _many_components(flat: Flat) -> int:
    import numpy as np

    return int((least_joined(flat.nodes, flat.a, flat.b) == np.arange(flat.nodes)).sum())


def least_joined(nodes: int, a: Any, b: Any) -> Any:
    """For each of so many things the least that pairs (arrays `a` and `b`) join it to, by however many steps.

    Labels fall to the least of their neighbours', and each round also jumps to the label's own label, so that the
    rounds grow with the logarithm of the longest path (Shiloach and Vishkin, 1982)."""
    import numpy as np

    label = np.arange(nodes)
    while True:
        least = np.minimum(label[a], label[b])
        new = label.copy()
        np.minimum.at(new, label[a], least)
        np.minimum.at(new, label[b], least)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new
