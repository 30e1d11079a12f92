"""Ports of a plane without a link: of each group of ports, and of each device."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from cmxdsl.analysis.base.injection import ports_on
from cmxdsl.analysis.base.ports import Names, PortMap, numbered, paths, steps_of
from cmxdsl.model import Component, Port, Subject, index
from cmxdsl.model import index_image as images
from cmxdsl.records import field, frozen

EXAMPLES = 4


@frozen
class Free:
    """The free ports of an array of devices: how many the one has that has `fewest`, and `most`, and `all` have."""

    fewest: int
    most: int
    all: int


@frozen(eq=False)
class FreePorts:
    """One group of ports of an array of devices; `free` has one entry a device: how many of its ports have no link."""

    names: Names
    component: Component
    port: Port
    free: Any = field(repr=False)
    steps: tuple[tuple[int, ...], ...] = ()

    @property
    def label(self) -> str:
        return ".".join(self.names)

    def counts(self) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """How many devices have how many free, most first, and the names of the first few of them."""
        import numpy as np

        for number in sorted({int(n) for n in np.unique(self.free)}, reverse=True):
            found = np.flatnonzero(self.free == number)
            examples = tuple(numbered(self.names, list(self.steps), int(k)) for k in found[:EXAMPLES])
            yield number, len(found), examples


def free_ports(subject: Subject, plane: str) -> list[FreePorts]:
    """Every group of ports on a plane, by the path of its devices. A shared port is free while no link uses it.

    Raises ports.TooManyPaths, index.TooMany.
    """
    root = subject.top
    ports = PortMap()
    return [
        FreePorts(names, component, port, _free(root, ports, names, port), tuple(steps_of(root, names)))
        for names, component, _ in paths(root)
        for port in ports_on(component, plane)
    ]


def _free(root: Component, ports: PortMap, names: Names, port: Port) -> Any:
    import numpy as np

    shape = root.shape_at(names)
    devices = prod(shape)
    if devices > index.LIMIT:
        raise index.TooMany(devices)
    free = np.full(devices, port.count, dtype=np.int64)
    uses = [u for u in ports.uses(root, (*names, port.name)) if u.count]
    if sum(u.count for u in uses) == devices * port.count and port.get("shared") is not True:
        return np.zeros(devices, dtype=np.int64)  # every port has its one link
    full = (*shape, *port.shape)
    taken = [np.broadcast_to(images.keys(u.image, full)[0], (u.count,)) for u in uses]
    if taken:
        used = np.unique(np.concatenate(taken))
        free -= np.bincount(used // port.count, minlength=devices)
    return free


def free_of_devices(found: list[FreePorts]) -> dict[Names, Free]:
    """The free ports of each array of devices, all its groups of ports together."""
    summed: dict[Names, Any] = {}
    for group in found:
        summed[group.names] = summed[group.names] + group.free if group.names in summed else group.free
    return {names: Free(int(n.min()), int(n.max()), int(n.sum())) for names, n in summed.items() if len(n)}
