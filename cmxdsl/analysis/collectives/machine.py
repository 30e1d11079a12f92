"""The chips of a machine, and how each reaches the others: the plane inside a scale-up domain, and that across.

A chip reaches a plane over its own ports or, where it has none there, over the adapters that stand nearest to it: those
of the smallest assembly that holds both, shared out in the order of their indices. What joins a chip to its adapter is
not described, and so taken to be no limit.

A plane whose links all lie inside one assembly, an HGX board say, is laid out once for all copies of that assembly.
"""

from __future__ import annotations

from math import prod
from typing import Any

from cmxdsl.analysis.base.planes import placed_links
from cmxdsl.analysis.base.ports import Names, numbered, paths, steps_of
from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.analysis.network.graph import Devices, Fabric, fabric, roles
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.records import field, frozen

NEAR = "scale_up"
PLANES = (NEAR, "scale_out")
"""The planes that collectives use, nearest first."""


class NoPath(Exception):
    """Chips that no plane of known rates joins, or a design without chips; the message says which."""


@frozen(eq=False)
class Wires:
    """A plane as the chips use it. `net` is one of its copies, and
    `inside` the assembly that it is the plane of; for each chip, `copy` is the copy it is on (-1 where it
    is on none), `ports` its devices there (one row a chip) and `domain` the chips that it reaches: those of its number.
    """

    plane: str
    net: Fabric
    inside: Subject | None
    copy: Any
    ports: Any
    domain: Any
    notes: tuple[str, ...] = ()


@frozen(eq=False)
class Machine:
    """The accelerators of a design (`top`), numbered from 0 in the order of `groups`, and their planes."""

    groups: tuple[Devices, ...]
    wires: tuple[Wires, ...]
    top: Component | None = None
    vendor: str = ""
    known: dict[Any, Any] = field(factory=dict, repr=False)  # what was found out about it

    @property
    def size(self) -> int:
        return sum(g.count for g in self.groups)

    def name(self, number: int) -> str:
        """A chip's name: `dgx[3].hgx.gpu[7]`."""
        group = next(g for g in reversed(self.groups) if g.start <= number)
        return numbered(group.names, list(group.steps), number - group.start) or group.component.name


@remembered(keep=4)
def machine(subject: Subject) -> Machine:
    """The chips of a design and the planes between them. Raises NoPath where it has none, graph.PlaneTooLarge,
    ports.TooManyPaths."""
    root = subject.top
    groups: list[Devices] = []
    start = 0
    for names, component, many in paths(root):
        if is_accelerator(component) and many:
            groups.append(Devices(names, component, tuple(steps_of(root, names)), start))
            start += many
    if not groups:
        raise NoPath(
            f"`{root.name}` has no accelerators: no chip whose role is `accelerator` or that states its compute"
        )
    wires = tuple(w for plane in PLANES if (w := _wires(subject, plane, tuple(groups))) is not None)
    return Machine(tuple(groups), wires, root, groups[0].component.text("vendor"))


def of_fabric(net: Fabric) -> Machine:
    """The machine that one laid-out plane is by itself: its endpoints are the chips, by their device numbers."""
    import numpy as np

    numbers = np.arange(net.size)
    ends = roles(net).ends
    copy = np.where(ends, 0, -1)
    vendor = next((g.component.text("vendor") for g in net.groups if g.count and ends[g.start]), "")
    one = Wires(net.plane, net, None, copy, numbers[:, None], np.where(ends, _components(net), -1))
    return Machine(net.groups, (one,), None, vendor)


def _wires(subject: Subject, plane: str, groups: tuple[Devices, ...]) -> Wires | None:
    """How the chips reach a plane; None where no chip does, or the plane has no links."""
    import numpy as np

    root = subject.top
    offsets, _, found = placed_links(root, plane)
    outer = [p.paths[0][: len(p.paths[0]) - len(p.link.a.names) + 1] for p in found if p.size]
    if not outer:
        return None
    shared = _common(outer)
    inside = subject.of(root.at(shared)[0])
    copies = prod(size for step in steps_of(root, shared) for size in step)
    net = fabric(inside, plane)
    local = {(*shared, *g.names): g for g in net.groups}
    linked = np.diff(net.indptr) > 0
    own = {names: root.at(names)[0] for names in offsets if names in local and linked[_span(local[names])].any()}
    rows, notes = [], []
    for group in groups:
        row, note = _devices(root, group, own)
        rows.append(row)
        notes += note
    width = max((len(row) for _, row in rows), default=0)
    if not width:
        return None
    total = sum(g.count for g in groups)
    copy, ports, domain = np.full(total, -1), np.zeros((total, width), dtype=np.int64), np.full(total, -1)
    part = _components(net)
    many = int(part.max()) + 1
    for group, (chips, picks) in zip(groups, rows, strict=True):
        if not picks:
            continue
        outer_of, inner = np.divmod(np.arange(group.count), chips)
        chosen = slice(group.start, group.start + group.count)
        for k in range(width):
            names, pick = picks[k % len(picks)]
            device = local[names]
            number = outer_of * pick.many + pick.of[inner]
            each = device.count
            copy[chosen] = number // each
            ports[chosen, k] = device.start + number % each
        domain[chosen] = copy[chosen] * many + part[ports[chosen, 0]]
    assert copies >= int(copy.max()) + 1
    return Wires(plane, net, inside, copy, ports, domain, tuple(dict.fromkeys(notes)))


@frozen(eq=False)
class _Pick:
    """Of `many` devices of an array in each assembly, the one that each chip of the assembly takes."""

    many: int
    of: Any


def _devices(
    root: Component, group: Devices, own: dict[Names, Component]
) -> tuple[tuple[int, list[tuple[Names, _Pick]]], list[str]]:
    """Which devices of a plane an array of chips uses: how many chips an assembly holds, and for each of the devices
    that a chip has, its array and which of it."""
    import numpy as np

    if group.names in own:
        each = max(1, group.count)
        return (each, [(group.names, _Pick(each, np.arange(each)))]), []
    candidates = {n: c for n, c in own.items() if c.kind != "switch" and not is_accelerator(c)}
    nics = {n: c for n, c in candidates.items() if c.text("role") == "nic"} or candidates
    if not nics:
        return (1, []), []
    depth = max(len(_common([group.names, names])) for names in nics)
    near = [names for names in nics if len(_common([group.names, names])) == depth]
    chips = _below(root, group.names, depth)
    found: list[tuple[Names, _Pick]] = []
    notes = []
    for names in near:
        many = _below(root, names, depth)
        mine = np.arange(chips)
        label = ".".join(names)
        if many % chips == 0:
            found += [(names, _Pick(many, mine * (many // chips) + k)) for k in range(many // chips)]
        elif chips % many == 0:
            found.append((names, _Pick(many, mine // (chips // many))))
        else:
            found += [(names, _Pick(many, np.full(chips, k))) for k in range(many)]
        notes.append(
            f"`{group.label}` reaches the network over `{label}`, {many} for {chips} in each assembly; what joins them "
            "is taken to be no limit"
        )
    return (chips, found), notes


def _below(root: Component, names: Names, depth: int) -> int:
    return prod(size for step in steps_of(root, names)[depth:] for size in step)


def _common(every: list[Names]) -> Names:
    """The names that all paths start with."""
    first, last = min(every), max(every)
    k = 0
    while k < len(first) and k < len(last) and first[k] == last[k]:
        k += 1
    return first[:k]


def _span(group: Devices) -> slice:
    return slice(group.start, group.start + group.count)


def _components(net: Fabric) -> Any:
    """The number of the part of a plane that each device is in: devices that links join are in one."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    graph = csr_matrix((np.ones(net.links, dtype=np.int8), (net.a, net.b)), (net.size, net.size))
    return connected_components(graph, directed=False)[1]
