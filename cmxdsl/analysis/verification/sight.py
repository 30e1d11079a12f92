"""What was seen, in the numbers of the design where names tell them: devices, and the ports of cables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cmxdsl.analysis.base.injection import port_count
from cmxdsl.analysis.network.wiring import Plan
from cmxdsl.analysis.verification.naming import Naming
from cmxdsl.readers import READERS, Built
from cmxdsl.records import define, field, frozen

UNKNOWN = -1
_NOBODY = -3  # the family of devices that have no name, less their kind: 1, 0, or -1 where nobody said
_NUMBER = re.compile(r"\d+")
_STRIDES = (1, 2, 4, 8)  # SONiC counts the lanes before a port: Ethernet0, Ethernet4, Ethernet8


@frozen
class Sight:
    """Built devices and cables as arrays. A node is a built device, or a part of one that the design tells apart, as it
    does adapters of a host.

    `device` is the node's device in `built`; `known` its device in the plan, UNKNOWN where no name tells it. `kind` is
    1 for a switch, 0 for an endpoint, -1 where nobody said. `a`, `b` are the nodes at a cable's ends and `a_port`,
    `b_port` the numbers of the ports in them, UNKNOWN where the text does not tell.
    """

    built: Built = field(repr=False)
    device: Any
    known: Any
    kind: Any
    a: Any
    b: Any
    a_port: Any
    b_port: Any
    twice: tuple[tuple[int, int], ...] = ()  # built devices that have a name of one that was there already

    @property
    def nodes(self) -> int:
        return len(self.device)

    def name(self, node: int) -> str:
        found = self.built.devices[int(self.device[node])]
        return found.name or found.guid or found.key


@define
class _Nodes:
    device: list[int] = field(factory=list)
    known: list[int] = field(factory=list)
    of: dict[tuple[int, int], int] = field(factory=dict)

    def node(self, device: int, known: int) -> int:
        """The node of a built device; several, where it holds several devices of the design."""
        key = (device, known)
        if key not in self.of:
            self.of[key] = len(self.device)
            self.device.append(device)
            self.known.append(known)
        return self.of[key]


def sight(built: Built, plan: Plan, names: Naming) -> Sight:
    """Everything that was seen, by the names that a map and the design give."""
    import numpy as np

    nodes = _Nodes()
    taken: dict[int, int] = {}
    twice: list[tuple[int, int]] = []
    direct: list[int | None] = []
    for number, device in enumerate(built.devices):
        known = names.device(device.name, device.guid)
        if known is not None and taken.setdefault(known, number) != number:
            twice.append((number, taken[known]))
            known = None
        direct.append(known)
    ends: tuple[list[int], list[int]] = ([], [])
    ports: tuple[list[int], list[int]] = ([], [])
    for cable in built.cables:
        for side, (number, text) in enumerate(((cable.a, cable.a_port), (cable.b, cable.b_port))):
            known, port = direct[number], None
            name = built.devices[number].name
            if known is None:
                inner = names.through(name, text)
                if inner is not None and taken.setdefault(inner[0], number) == number:
                    known, port = inner
                    if port is None:
                        port = 0 if _ports(plan, known) == 1 else names.port(known, name, text)
                else:
                    port = names.port_of_any(text)
            else:
                port = names.port(known, name, text)
            ends[side].append(nodes.node(number, UNKNOWN if known is None else known))
            ports[side].append(UNKNOWN if port is None else port)
    for number, known in enumerate(direct):
        if known is not None:
            nodes.node(number, known)
    of, told = (np.array(found, dtype=np.int64) for found in (nodes.device, nodes.known))
    a, b, a_port, b_port = (np.array(side, dtype=np.int64) for side in (*ends, *ports))
    made = Sight(built, of, told, _kinds(built, plan, of, told), a, b, a_port, b_port, tuple(twice))
    _count(made, plan)
    return made


def _ports(plan: Plan, device: int) -> int:
    return port_count(plan.component(device), plan.plane)


def _kinds(built: Built, plan: Plan, device: Any, known: Any) -> Any:
    """What each node is by its tool, or else by the device of the design that it is."""
    import numpy as np

    said = {"switch": 1, "endpoint": 0}
    kind = np.array([said.get(built.devices[d].kind, -1) for d in device.tolist()], dtype=np.int64)
    switches = plan.net.mask(switches=True)
    told = (known >= 0) & (kind < 0)
    kind[told] = switches[known[told]]
    return kind


def _count(seen: Sight, plan: Plan) -> None:
    """Port numbers that a text states by a number alone. Where tools may count from 0 or 1, or by lanes, that is
    taken with which most cables are where they should be; the arrays of `seen` are filled in."""
    import numpy as np

    counted = all(READERS[name].counted for name in seen.built.formats)
    family = np.where(seen.known >= 0, _families(plan, seen.known), _NOBODY - seen.kind)
    raw = [_numbers(texts) for texts in zip(*((c.a_port, c.b_port) for c in seen.built.cables), strict=True)]
    pairs = ((seen.a, seen.a_port, seen.b, raw[0]), (seen.b, seen.b_port, seen.a, raw[1]))
    for one in np.unique(family).tolist():
        if one >= 0:
            most = _ports(plan, plan.net.groups[one].start)
        else:
            of_kind = [g for g in plan.net.groups if _NOBODY - g.switch == one] or list(plan.net.groups)
            most = max(_ports(plan, g.start) for g in of_kind)
        own, far, text, where = [], [], [], []
        for node, port, other, numbers in pairs:
            mine = np.flatnonzero((family[node] == one) & (port == UNKNOWN) & (numbers >= 0))
            own.append(seen.known[node[mine]])
            far.append(seen.known[other[mine]])
            text.append(numbers[mine])
            where.append((port, mine))
        every = np.concatenate(text)
        if not len(every):
            continue
        step, base = (1, 1) if counted else _best(plan, np.concatenate(own), np.concatenate(far), every, most)
        for (port, mine), numbers in zip(where, text, strict=True):
            value = (numbers - base) // step
            fits = (value >= 0) & (value < most) & ((numbers - base) % step == 0)
            port[mine] = np.where(fits, value, UNKNOWN)


def _families(plan: Plan, known: Any) -> Any:
    """The array of devices that each is in."""
    import numpy as np

    starts = np.array([g.start for g in plan.net.groups])
    return np.searchsorted(starts, known, side="right") - 1


def _numbers(texts: Iterable[str]) -> Any:
    """The number in each text: the only one, or the first where the others are 1 or 0, as in `Ethernet5/1`."""
    import numpy as np

    found = []
    for text in texts:
        words = [int(word) for word in _NUMBER.findall(text[-40:]) if len(word) < 10]
        found.append(words[0] if words and all(word <= 1 for word in words[1:]) else UNKNOWN)
    return np.array(found, dtype=np.int64)


def _best(plan: Plan, own: Any, far: Any, numbers: Any, most: int) -> tuple[int, int]:
    """How the ports of a family are counted: by what step, and from what number on."""
    import numpy as np

    high, common = int(numbers.max()), int(np.gcd.reduce(numbers))
    found: list[tuple[int, int, int]] = []
    for step in _STRIDES:
        for base in (1, 0) if step == 1 else (0,):
            if (step > 1 and (common % step or high < most)) or (base == 1 and int(numbers.min()) == 0):
                continue
            value = (numbers - base) // step
            told = (own >= 0) & (far >= 0) & (value >= 0) & (value < most)
            expected = plan.far[own[told] * plan.stride + value[told]] // plan.stride
            fits = int((value < most).sum())
            found.append((int((expected == far[told]).sum()) + (fits == len(numbers)), step, base))
    return max(found, key=lambda row: row[0])[1:] if found else (1, 1)
