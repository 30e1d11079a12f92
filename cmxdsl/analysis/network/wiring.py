"""A plane of the design down to its ports, as arrays: what was meant."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.base.injection import port_count, ports_on
from cmxdsl.analysis.base.planes import PlacedLink, placed_links, port_numbers
from cmxdsl.analysis.base.ports import Names, numbered
from cmxdsl.analysis.network.graph import Fabric, fabric
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.records import field, frozen

MOST_PORTS = 1 << 40  # a port's number is its device's times the most ports of any


@frozen
class Plan:
    """A plane with the ports that its links take.

    A port's number among those of its device counts the ports on the plane in the order of the definition, from 0;
    with its device's number times `stride` it is the port's number in the plane. `far` is the port that each port is
    meant to be joined to, by those numbers, and -1 where it is to be free; `link` the link that does it.
    """

    net: Fabric = field(repr=False)
    patterns: tuple[PlacedLink, ...] = field(repr=False)
    stride: int
    a: Any = field(repr=False)
    b: Any = field(repr=False)
    far: Any = field(repr=False)
    link: Any = field(repr=False)
    groups: dict[Names, int] = field(repr=False)  # the place of each array of devices in `net.groups`

    @property
    def plane(self) -> str:
        return self.net.plane

    def component(self, device: int) -> Component:
        return self.net.group_of(device).component

    def port_name(self, port: int) -> str:
        """`p[3]`: a port's own name."""
        device, number = divmod(port, self.stride)
        for own in ports_on(self.component(device), self.plane):
            if number < own.count:
                return numbered((own.name,), [own.shape], number)
            number -= own.count
        raise AssertionError(port)

    def name(self, port: int) -> str:
        """`unit[0].leaf[3].p[5]`: a port's full name."""
        return f"{self.net.name(port // self.stride)}.{self.port_name(port)}"


def ordinal(component: Component, plane: str, name: str, indices: tuple[int, ...]) -> int | None:
    """The number of a port among those of its device on a plane; None where it has none of that name."""
    start = 0
    for own in ports_on(component, plane):
        if own.name == name:
            number = numbers_of(own.shape, indices)
            return None if number is None else start + number
        start += own.count
    return None


@remembered(keep=2)
def plan(subject: Subject, plane: str) -> Plan:
    """A plane of the design down to its ports. Raises LimitExceeded."""
    import numpy as np

    net = fabric(subject, plane)
    found = placed_links(subject.top, plane)[2]
    stride = max((port_count(g.component, plane) for g in net.groups), default=1)
    if net.size * stride > MOST_PORTS:
        raise LimitExceeded(f"too many ports: {net.size:,} devices of up to {stride:,} ports")
    a, b = (np.zeros(net.links, dtype=np.int64) for _ in range(2))
    start = 0
    for pattern in found:
        part = slice(start, start + pattern.size)
        for side, (ports, devices) in enumerate(((a, net.a), (b, net.b))):
            ports[part] = devices[part].astype(np.int64) * stride + port_numbers(pattern, side, plane)
        start += pattern.size
    far, link = (np.full(net.size * stride, -1, dtype=np.int64) for _ in range(2))
    for mine, other in ((a, b), (b, a)):
        far[mine] = other
        link[mine] = np.arange(net.links)
    if not (np.array_equal(far[a], b) and np.array_equal(far[b], a)):
        raise LimitExceeded(f"ports of the plane `{plane}` have more than one link each, which no dump can tell")
    groups = {g.names: k for k, g in enumerate(net.groups)}
    return Plan(net, tuple(found), stride, a, b, far, link, groups)


def numbers_of(shape: tuple[int, ...], digits: tuple[int, ...]) -> int | None:
    """An element's number by its indices; None where there is no such element."""
    if len(shape) != len(digits) or any(not 0 <= d < n for d, n in zip(digits, shape, strict=True)):
        return None
    number = 0
    for d, n in zip(digits, shape, strict=True):
        number = number * n + d
    return number
