"""Collectives over the described fabric: how long they take, and what no algorithm is faster than.

`machine(subject)` lists a design's chips and the planes between them; `ranks` is an array of their numbers, whose
dimensions are the parallel dimensions. `prepared` lays the traffic of all groups of some dimensions over the fabric,
once; `Paths.time` is then arithmetic. docs/collectives.md says how, and how far it can be trusted.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cmxdsl.analysis.collectives.bounds import Bound, bound, least_cut
from cmxdsl.analysis.collectives.groups import groups
from cmxdsl.analysis.collectives.library import library_of
from cmxdsl.analysis.collectives.machine import Machine, NoPath, Wires, machine, of_fabric
from cmxdsl.analysis.collectives.over import OverFault, over
from cmxdsl.analysis.collectives.paths import KINDS, Paths, Timed, bus_factor
from cmxdsl.analysis.collectives.roads import Roads, TooMuchTraffic, roads
from cmxdsl.analysis.network.graph import Fabric

__all__ = [
    "KINDS",
    "Machine",
    "NoPath",
    "OverFault",
    "Paths",
    "Timed",
    "TooMuchTraffic",
    "bus_factor",
    "collective",
    "machine",
    "over",
    "prepared",
]

_KEEP = 64  # mappings of one machine that are remembered


def prepared(net: Machine | Fabric, ranks: Any, axes: tuple[int, ...]) -> Paths:
    """The fabric's share of collectives among the groups that `axes` of a mapping form.

    `ranks` are chips of a machine by number, or endpoints of one laid-out plane by device number: an array whose shape
    is the sizes of the parallel dimensions. All groups talk at once. Raises NoPath where no plane joins a group,
    ValueError where a rank is no chip or two are one.
    """
    import numpy as np

    whole = net if isinstance(net, Machine) else of_fabric(net)
    ranks = np.asarray(ranks)
    key = (ranks.shape, tuple(axes), hash(ranks.tobytes()))
    known: dict[Any, Paths] = whole.known.setdefault("prepared", {})
    if key not in known:
        found = groups(whole, ranks, tuple(axes))
        planes = [w for w in (found.near, found.far) if w is not None]
        flow = cache(lambda: least_cut(found, {w.plane: _roads(whole, w) for w in planes}))

        def at_least(kind: str) -> Bound:
            return bound(found, {w.plane: _roads(whole, w) for w in planes}, _reducing(planes), flow, kind)

        known[key] = Paths(found, library_of(whole.vendor), cache(at_least), lambda w: _roads(whole, w))
        while len(known) > _KEEP:
            known.pop(next(iter(known)))
    return known[key]


def collective(net: Machine | Fabric, ranks: Any, axes: tuple[int, ...], kind: str, size: float) -> Timed:
    """One collective of `size` bytes, by all groups of some dimensions at once. Raises what `prepared` and `Paths.time`
    do."""
    return prepared(net, ranks, axes).time(kind, size)


def _roads(whole: Machine, wires: Wires) -> Roads:
    key = ("roads", wires.plane)
    if key not in whole.known:
        whole.known[key] = roads(wires.net, wires.inside)
    found: Roads = whole.known[key]
    return found


def _reducing(planes: list[Wires]) -> tuple[str, ...]:
    """The planes of which some switch adds up what passes."""
    return tuple(w.plane for w in planes if any(g.switch and g.component.get("reduces") is True for g in w.net.groups))
