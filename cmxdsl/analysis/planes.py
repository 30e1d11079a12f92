"""What a plane amounts to: links, ports, rates, and whether everything on it is connected."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

from attrs import frozen

from cmxdsl.analysis.ports import Names, paths
from cmxdsl.model import Census, Component, Dim, Link, Var, descendants, index, parts_of
from cmxdsl.model.index import Image
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import RATE


def plane_of(component: Component, link: Link) -> str:
    """The plane a link of `component` belongs to: that of its first end."""
    return component.resolve(link.a)[1].plane


def link_rate(component: Component, link: Link) -> Quantity | None:
    """Rate of one link, each way: the slower end's, or None when neither is known."""
    rates = [port.rate for _, port in (component.resolve(link.a), component.resolve(link.b))]
    known = [r for r in rates if r is not None]
    return min(known, key=lambda r: r.value) if known else None


@frozen
class Plane:
    """A plane's totals. Rates are each way; `injection` covers the endpoints' ports whose rate is known."""

    name: str
    links: int
    ports: int
    connected: int
    endpoints: int
    switches: int
    injection: Quantity | None
    link_bandwidth: Quantity | None
    optics: int
    cables: int
    fibers: int


def planes(root: Component, census: Census) -> dict[str, Plane]:
    """The planes that have ports below `root`, by name in the order of the schema."""
    from cmxdsl.schema import PLANES

    found = {}
    for name in PLANES:
        plane = _plane(name, root, census)
        if plane.ports or plane.links:
            found[name] = plane
    return found


def _plane(name: str, root: Component, census: Census) -> Plane:
    links = ports = endpoints = switches = 0
    injection: list[Fraction] = []
    bandwidth: list[Fraction] = []
    media = {"optic": 0, "cable": 0, "fiber": 0}
    for component, many in census.counts(root).items():
        own = [p for p in component.ports.values() if p.exposes is None and p.plane == name and p.count]
        ports += many * sum(p.count for p in own)
        if own and component.kind == "switch":
            switches += many
        elif own:
            endpoints += many
            injection += [p.rate.value * p.count * many for p in own if p.rate is not None]
        for link in component.links:
            if plane_of(component, link) != name:
                continue
            links += many * link.count
            rate = link_rate(component, link)
            if rate is not None:
                bandwidth.append(rate.value * link.count * many)
            for part, number in parts_of(link):
                if part.kind in media:
                    media[part.kind] += number * many
    return Plane(
        name, links, ports, 2 * links, endpoints, switches,
        Quantity(sum(injection, Fraction(0)), RATE) if injection else None,
        Quantity(sum(bandwidth, Fraction(0)), RATE) if bandwidth else None,
        media["optic"], media["cable"], media["fiber"],
    )  # fmt: skip


@frozen
class Flat:
    """A plane as arrays: device ids from 0 to `nodes` - 1 and one pair of ids for each link."""

    nodes: int
    a: Any
    b: Any


def flatten(root: Component, plane: str) -> Flat:
    """The plane's devices and links, enumerated by index arithmetic.

    A device's id is an offset for its path plus the mixed-radix number of its indices. Raises index.TooMany.
    """
    import numpy as np

    offsets: dict[Names, int] = {}
    shapes: dict[Names, tuple[int, ...]] = {}
    at: dict[Component, list[tuple[Names, tuple[int, ...]]]] = {}
    nodes = 0
    sizes: dict[Names, tuple[int, ...]] = {(): ()}
    for names, component, many in paths(root):
        if names:
            parent = root.at(names[:-1])[0]
            sizes[names] = sizes[names[:-1]] + parent.instances[names[-1]].shape
        at.setdefault(component, []).append((names, sizes[names]))
        if any(p.exposes is None and p.plane == plane for p in component.ports.values()):
            offsets[names], shapes[names] = nodes, sizes[names]
            nodes += many
    if nodes > index.LIMIT:
        raise index.TooMany(nodes)
    sides: tuple[list[Any], list[Any]] = ([np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)])
    total = 0
    for component in descendants(root):
        for link in component.links:
            if plane_of(component, link) != plane:
                continue
            for outer, shape in at[component]:
                total += prod(shape) * link.count
                if total > index.LIMIT:
                    raise index.TooMany(total)
                dims = tuple(Dim(f"#{k}", 0, size) for k, size in enumerate(shape))
                for side, end in zip(sides, (link.a, link.b), strict=True):
                    names = (*outer, *end.names[:-1])
                    own = tuple(e for s in end.steps for e in s.indices)
                    image = Image((*(Var(d.name) for d in dims), *own), dims + link.domain, link.where)
                    keys, _ = index.keys(image, shapes[names])
                    side.append(keys + offsets[names])
    return Flat(nodes, np.concatenate(sides[0]), np.concatenate(sides[1]))


def connected_components(root: Component, plane: str) -> int:
    """How many connected components the plane's devices form; 1 when every one reaches every other.

    Labels fall to the least of their neighbours', and each round also jumps to the label's own label, so the
    rounds grow with the logarithm of the longest path (Shiloach and Vishkin, 1982).
    """
    import numpy as np

    flat = flatten(root, plane)
    label = np.arange(flat.nodes)
    while True:
        least = np.minimum(label[flat.a], label[flat.b])
        new = label.copy()
        np.minimum.at(new, label[flat.a], least)
        np.minimum.at(new, label[flat.b], least)
        new = new[new]
        if np.array_equal(new, label):
            return len(np.unique(label))
        label = new
