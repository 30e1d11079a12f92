"""A plane's devices, ports and links under the names that a format gives them: what every export is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from cmxdsl.analysis.base.planes import planes
from cmxdsl.analysis.network.graph import Fabric
from cmxdsl.analysis.network.latency import delays
from cmxdsl.analysis.network.metrics import Network, network
from cmxdsl.analysis.network.wiring import Plan, plan
from cmxdsl.analysis.verification.naming import naming
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.records import field, frozen

FIRST = ("scale_out", "scale_up")  # the plane that is meant where none is said


class Link(NamedTuple):
    """A link between two ports, each by its device and its number in the plane; `rate` in b/s, None where unknown."""

    a: int
    a_port: int
    b: int
    b_port: int
    rate: float | None
    medium: str


@frozen
class Cabling:
    """A plane for export. Devices are numbers below `size`."""

    subject: Subject
    plan: Plan = field(repr=False)
    called: dict[int, str] = field(repr=False)
    called_ports: dict[tuple[Component, int], str] = field(repr=False)

    @property
    def net(self) -> Fabric:
        return self.plan.net

    @property
    def size(self) -> int:
        return self.plan.net.size

    @property
    def asked(self) -> Network:
        """What `cmx fabric` answers about the plane: of those endpoints."""
        return network(self.subject, self.net.plane)

    def delays(self) -> tuple[Any, Any]:
        """Picoseconds over each link and through each device. Raises Unwritable where one is not known."""
        times, devices, lacking = delays(self.subject, self.asked.net)
        if lacking:
            needed = ", ".join(lacking)
            raise Unwritable(f"the latency of the plane `{self.net.plane}` is unknown without {needed}: state it")
        return times, devices

    def component(self, device: int) -> Component:
        return self.plan.component(device)

    def name(self, device: int) -> str:
        """By the map, else by its place in the design: `unit[0].leaf[3]`."""
        return self.called.get(device) or self.net.name(device)

    def port(self, number: int) -> str:
        """A port's name: by the map, else the design's: `p[3]`."""
        device, inner = divmod(number, self.plan.stride)
        return self.called_ports.get((self.component(device), inner)) or self.plan.port_name(number)

    def rate(self, link: int) -> float | None:
        """The rate of a link in b/s, None where it is not known."""
        rate = float(self.net.rate[link])
        return None if rate != rate else rate

    def links(self) -> Iterator[Link]:
        """Every link, pattern by pattern."""
        start, stride = 0, self.plan.stride
        a, b = self.plan.a, self.plan.b
        for pattern in self.plan.patterns:
            medium = " or ".join(m.name for m in pattern.link.media)
            for k in range(start, start + pattern.size):
                one, other = int(a[k]), int(b[k])
                yield Link(one // stride, one, other // stride, other, self.rate(k), medium)
            start += pattern.size

    @cached_property
    def at(self) -> Callable[[int], list[int]]:
        """The linked ports of a device, in their order."""
        import numpy as np

        ports: Any = np.flatnonzero(self.plan.far >= 0)
        starts = np.searchsorted(ports, np.arange(self.size + 1) * self.plan.stride)
        return lambda device: ports[starts[device] : starts[device + 1]].tolist()


def cabling(subject: Subject, plane: str = "", names: str = "") -> Cabling:
    """A plane under the names of a map. Raises Unwritable for a plane that is not there or has no links, Unread for a
    map, LimitExceeded for a plane that is too large."""
    known = planes(subject)
    linked = [name for name in (*FIRST, *known) if name in known and known[name].links]
    if plane and (plane not in known or not known[plane].links):
        raise Unwritable(f"`{subject.top.name}` has no links on a plane `{plane}`")
    if not linked:
        raise Unwritable(f"`{subject.top.name}` has no links")
    made = plan(subject, plane or linked[0])
    given = naming(made, subject.top, names) if names else None
    return Cabling(subject, made, given.names() if given else {}, given.ports() if given else {})


def plain(name: str) -> str:
    """A name of letters, digits and `-`, for formats in which brackets and dots mean something: `unit-0-leaf-3`."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")
