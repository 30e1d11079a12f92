"""Rails and planes: what the first tier of switches keeps apart.

Definitions. *Node*: the outermost part around an endpoint that holds no switch of the plane. *Lane*: one port of one
endpoint of a node, the same in all nodes. *Rail-plane*: lanes and first-tier switches that links between them join;
other rail-planes share no switch of the first tier with it. *Network*: switches that are joined when endpoints are
taken away. *Rail*: the rail-planes of one endpoint of each node, its adapter k (rail-optimised: Wang and others, 2023);
where all are of the same endpoints, each rail-plane of one plane. *Plane*: the rail-planes of a rail that no network
joins (dual-plane: Qian and others, Alibaba HPN, 2024).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from cmxdsl.analysis.base.planes import least_joined, placed_links, port_numbers
from cmxdsl.analysis.base.ports import Names
from cmxdsl.analysis.network.ends import asked
from cmxdsl.analysis.network.graph import Devices, Fabric, roles
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.records import frozen


@frozen
class RailPlane:
    """The first-tier switches of one rail on one plane: how many, and their names in short."""

    rail: int
    plane: int
    leaves: int
    label: str


@frozen
class Rails:
    """How many rails and planes the first tier keeps apart, which switches serve which, how many networks the switches
    form without endpoints, and a switch that serves several lanes of a node where there is one rail only."""

    count: int
    planes: int
    networks: int
    served: tuple[RailPlane, ...]
    mixed: str


@remembered(keep=8)
def rails(subject: Subject, plane: str, among: str = "") -> Rails | None:
    """The rails of a switched plane, or None where no endpoint is linked to a switch. Raises ends.NoEndpoint,
    graph.PlaneTooLarge, ports.TooManyPaths."""
    import numpy as np

    net = asked(subject, plane, among)
    switches = net.mask(switches=True)
    if not switches.any() or switches.all() or not net.links:
        return None
    lane, owner, leaf, kind = _lanes(subject.top, net)
    if not len(lane):
        return None
    names, lane = np.unique(lane, return_inverse=True)
    first, leaf_of = np.unique(leaf, return_inverse=True)
    part = _joined(len(names) + len(first), lane, leaf_of + len(names))
    of_lane, of_leaf = part[: len(names)], part[len(names) :]
    network = _joined(net.size, *_inner(net, switches))
    many = int(part.max()) + 1
    endpoint_of, kind_of = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=np.int64)
    endpoint_of[lane] = np.unique(owner, return_inverse=True)[1]
    kind_of[lane] = kind
    by_endpoint = _classes(of_lane, endpoint_of, many)
    by_network = _classes(of_leaf, np.unique(network[first], return_inverse=True)[1], many)
    rail, plane_of = np.full(many, -1), np.zeros(many, dtype=np.int64)
    for one in np.unique(kind_of).tolist():  # nodes of each kind count their rails on their own
        all_of = np.unique(of_lane[kind_of == one])
        new = all_of[rail[all_of] < 0]
        if len(np.unique(by_endpoint[all_of])) == 1:  # each rail-plane of a plane is a rail
            rail[new], plane_of[new] = _rank(by_network[new]), _ordered(by_network[new])
        else:
            rail[new] = _ordered(by_endpoint[new])
            plane_of[new] = _nested(rail[new], by_network[new])
    served = []
    for k in sorted(range(many), key=lambda k: (int(rail[k]), int(plane_of[k]), k)):
        mine = first[of_leaf == k]
        served.append(RailPlane(int(rail[k]), int(plane_of[k]), len(mine), short(net, mine)))
    count = int(rail.max()) + 1
    degree = np.zeros(len(first), dtype=np.int64)
    pairs = np.unique(lane * len(first) + leaf_of)
    np.add.at(degree, pairs % len(first), 1)
    mixed = net.name(int(first[int((degree > 1).argmax())])) if count == 1 and (degree > 1).any() else ""
    linked = switches & (np.diff(net.indptr) > 0)
    networks = len(np.unique(network[linked]))
    return Rails(count, int(plane_of.max()) + 1, networks, tuple(served), mixed)


def _lanes(root: Component, net: Fabric) -> tuple[Any, Any, Any, Any]:
    """For each link between an endpoint and a switch: the lane, the endpoint within its node, the switch, and the array
    of nodes."""
    import numpy as np

    ends = roles(net).ends
    of_path = {g.names: (k, g) for k, g in enumerate(net.groups)}
    lanes, owners, leaves, nodes = ([np.zeros(0, dtype=np.int64)] for _ in range(4))
    kinds: dict[Names, int] = {}
    first = 0
    for pattern in placed_links(root, net.plane)[2]:
        part = slice(first, first + pattern.size)
        first += pattern.size
        if not pattern.size:
            continue
        for side, (mine, other) in enumerate(((net.a, net.b), (net.b, net.a))):
            number, group = of_path[pattern.paths[side]]
            if not of_path[pattern.paths[1 - side]][1].switch or group.switch or not ends[group.start]:
                continue
            depth = node_depth(net, group)
            inner = prod(size for step in group.steps[depth:] for size in step)
            nodes.append(np.full(pattern.size, kinds.setdefault(group.names[:depth], len(kinds))))
            owner = (mine[part].astype(np.int64) - group.start) % inner + number * 2**40
            lanes.append(owner * 2**12 + np.minimum(port_numbers(pattern, side, net.plane), 2**12 - 1))
            owners.append(owner)
            leaves.append(other[part].astype(np.int64))
    return np.concatenate(lanes), np.concatenate(owners), np.concatenate(leaves), np.concatenate(nodes)


def node_depth(net: Fabric, group: Devices) -> int:
    """How many names of a path lead to the node of its devices."""
    with_switches = {g.names[:k] for g in net.groups if g.switch for k in range(1, len(g.names) + 1)}
    return next((k for k in range(1, len(group.names)) if group.names[:k] not in with_switches), len(group.names))


def _inner(net: Fabric, switches: Any) -> tuple[Any, Any]:
    kept = switches[net.a] & switches[net.b]
    return net.a[kept], net.b[kept]


# --- classes ----------------------------------------------------------------------------------------------


def _joined(size: int, a: Any, b: Any) -> Any:
    """The connected component of each of some things that pairs join, numbered by their first."""
    return _ordered(least_joined(size, a, b))


def _ordered(label: Any) -> Any:
    """Labels in the order in which they are met first."""
    import numpy as np

    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def _classes(part: Any, key: Any, many: int) -> Any:
    """The class of each of `many` parts, where parts with a key in common are in one."""
    return _joined(many + int(key.max()) + 1, part, key + many)[:many]


def _rank(label: Any) -> Any:
    """Which of the things with its label each is."""
    import numpy as np

    found = np.zeros(len(label), dtype=np.int64)
    for value in np.unique(label).tolist():
        mine = label == value
        found[mine] = np.arange(int(mine.sum()))
    return found


def _nested(rail: Any, plane_of: Any) -> Any:
    """Planes numbered within each rail."""
    import numpy as np

    found = np.zeros(len(rail), dtype=np.int64)
    for value in np.unique(rail).tolist():
        mine = rail == value
        found[mine] = _ordered(plane_of[mine])
    return found


# --- names in short ---------------------------------------------------------------------------------------


def short(net: Fabric, numbers: Any) -> str:
    """Devices by their arrays: `unit[0..3].leaf[2]`, or the first of them and how many more."""
    import numpy as np

    parts = []
    for group in net.groups:
        mine = numbers[(numbers >= group.start) & (numbers < group.start + group.count)] - group.start
        if not len(mine):
            continue
        digits = np.unravel_index(mine, group.shape) if group.shape else ()
        values = [np.unique(d) for d in digits]
        if prod(len(v) for v in values) == len(mine) and all(len(_steps(v)) < 2 for v in values):
            parts.append("".join(_named(group, [_range(v) for v in values])))
        else:
            more = f" and {len(mine) - 1:,} more" if len(mine) > 1 else ""
            parts.append(net.name(int(mine[0]) + group.start) + more)
    return ", ".join(parts)


def _steps(values: Any) -> Any:
    import numpy as np

    return np.flatnonzero(np.diff(values) != 1)


def _range(values: Any) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]}..{values[-1]}"


def _named(group: Devices, words: list[str]) -> Iterator[str]:
    taken = 0
    for k, (name, step) in enumerate(zip(group.names, group.steps, strict=True)):
        yield ("." if k else "") + name
        if step:
            yield f"[{', '.join(words[taken : taken + len(step)])}]"
        taken += len(step)
