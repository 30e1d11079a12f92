"""Between which endpoints of a plane a question is asked: the accelerators where there are any, else all of them."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.analysis.network.graph import Devices, Fabric, fabric, roles
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.records import evolve


class NoEndpoint(Exception):
    """A choice that holds no endpoint of the plane; the message says what the plane has."""


@remembered(keep=4)
def asked(subject: Subject, plane: str, among: str = "") -> Fabric:
    """A plane with the endpoints that are asked about.

    `among` is a path of instances, which stands for all endpoints at or below it, or a part, variant or kind, which
    stands for all endpoints that are one or are inside of one: the name of the design itself stands for all. Raises
    NoEndpoint, graph.PlaneTooLarge, ports.TooManyPaths.
    """
    root = subject.top
    net = fabric(subject, plane)
    ends = roles(net).ends
    groups = [g for g in net.groups if g.count and ends[g.start]]
    if among:
        chosen = [g for g in groups if _inside(root, g, among)]
        if not chosen:
            has = ", ".join(dict.fromkeys(g.label or root.name for g in groups)) or "none"
            raise NoEndpoint(f"no endpoint of the plane `{plane}` is in `{among}`: its endpoints are {has}")
    else:
        chosen = [g for g in groups if is_accelerator(g.component)]
    return net if not chosen or len(chosen) == len(groups) else evolve(net, among=_mask(net, chosen))


def _mask(net: Fabric, groups: list[Devices]) -> Any:
    import numpy as np

    found = np.zeros(net.size, dtype=bool)
    for g in groups:
        found[g.start : g.start + g.count] = True
    return found


def _inside(root: Component, group: Devices, among: str) -> bool:
    path = tuple(among.split("."))
    if group.names[: len(path)] == path:
        return True
    return any(root.at(group.names[:k])[0].is_a(among) for k in range(len(group.names) + 1))


def labels(net: Fabric, chosen: bool = True) -> tuple[str, ...]:
    """The arrays of the endpoints that are asked about, or of the others."""
    ends, every = roles(net).ends, roles(evolve(net, among=None)).ends
    return tuple(g.label for g in net.groups if g.count and every[g.start] and bool(ends[g.start]) == chosen)
