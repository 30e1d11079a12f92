"""InfraGraph (infragraph.dev): devices of components, instances of devices, and edges by slices, as YAML.

What comes out are the links between instances, and where there are none those inside of devices. A `port` component
is a port of the one that it hangs on. Other ports have no names there: they are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from cmxdsl.limits import LimitExceeded, over
from cmxdsl.readers.built import MAX_CABLES, MAX_DEVICES, Built, damaged
from cmxdsl.readers.yaml_text import Listing, Mapping, Scalar, Value, yaml_of
from cmxdsl.records import define, field

MAX_LEVELS = 20  # of devices inside one another
_STEP = re.compile(r"(?P<name>[^\[\].]+)(?:\[(?P<slice>[^\]]*)\])?")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_RATES = {"gigabits_per_second": 1e9, "gigabytes_per_second": 8e9}


class Component(NamedTuple):
    name: str
    many: int
    kind: str


class Edge(NamedTuple):
    """`many` joins each with each, else one with one; an end is an instance, if it is between such, and components."""

    many: bool
    link: str
    ends: tuple[tuple[str, str], tuple[str, str]]
    line: int


@define
class Device:
    components: dict[str, Component]
    edges: list[Edge]
    rates: dict[str, float]


def looks_like_infragraph(head: str) -> bool:
    return (
        re.search(r"^devices:", head, re.M) is not None and re.search(r"^\s*(?:- )?components:", head, re.M) is not None
    )


def read_infragraph(path: Path, file: str, built: Built) -> None:
    """Raises Unread, LimitExceeded, OSError."""
    data = yaml_of(path, file)
    if not isinstance(data, Mapping):
        raise damaged(file, data.line, "an infrastructure is a mapping of keys to values")
    reading = _Reading(file, built)
    for value in _items(data, "devices"):
        reading.devices[_word(value, "name", file)] = reading.device(value)
    for value in _items(data, "instances"):
        name, device = _word(value, "name", file), _word(value, "device", file)
        if device not in reading.devices:
            raise damaged(file, value.line, f"`{name[:40]}` is of the device `{device[:40]}`, which is not there")
        reading.instances[name] = device, _count(value, file)
    reading.lay_out([reading.edge(value) for value in _items(data, "edges")], _rates(data, file))


def _items(value: Value, key: str) -> Iterator[Value]:
    found = value.entries.get(key) if isinstance(value, Mapping) else None
    yield from found.items if isinstance(found, Listing) else ()


def _word(value: Value, key: str, file: str, otherwise: str | None = None) -> str:
    found = value.entries.get(key) if isinstance(value, Mapping) else None
    if isinstance(found, Scalar) and not found.empty:
        return found.text
    if otherwise is None:
        raise damaged(file, value.line, f"an entry has no `{key}`")
    return otherwise


def _count(value: Value, file: str) -> int:
    text = _word(value, "count", file, "1")
    if not _WHOLE.fullmatch(text) or not 0 < int(text) <= MAX_DEVICES:
        raise damaged(file, value.line, f"`{text[:20]}` is not a count")
    return int(text)


def _rates(value: Value, file: str) -> dict[str, float]:
    """The rates of links in b/s, of those that state one."""
    found = {}
    for link in _items(value, "links"):
        physical = link.entries.get("physical") if isinstance(link, Mapping) else None
        width = physical.entries.get("bandwidth") if isinstance(physical, Mapping) else None
        for key, times in _RATES.items():
            text = _word(width, key, file, "") if isinstance(width, Mapping) else ""
            if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text) and float(text):
                found[_word(link, "name", file)] = float(text) * times
    return found


@define
class _Reading:
    file: str
    built: Built
    devices: dict[str, Device] = field(factory=dict)
    instances: dict[str, tuple[str, int]] = field(factory=dict)
    kinds: dict[str, str] = field(factory=dict)  # of each component that was made, by its path
    ports: dict[str, tuple[str, str]] = field(factory=dict)  # of a `port`, its switch and what it is called there
    used: Counter[str] = field(factory=Counter)

    def device(self, value: Value) -> Device:
        components = {}
        for part in _items(value, "components"):
            kind = _word(part, "choice", self.file, "custom")
            name = _word(part, "name", self.file)
            components[name] = Component(name, _count(part, self.file), kind)
        edges = [self.edge(edge) for edge in _items(value, "edges")]
        return Device(components, edges, _rates(value, self.file))

    def edge(self, value: Value) -> Edge:
        ends = []
        for key in ("ep1", "ep2"):
            end = value.entries.get(key) if isinstance(value, Mapping) else None
            if end is None:
                raise damaged(self.file, value.line, f"an edge has no `{key}`")
            owner = _word(end, "instance", self.file, "") or _word(end, "device", self.file, "")
            ends.append((owner, _word(end, "component", self.file)))
        scheme = _word(value, "scheme", self.file)
        if scheme not in ("one2one", "many2many"):
            raise damaged(self.file, value.line, f"the scheme `{scheme[:20]}` is neither one2one nor many2many")
        return Edge(scheme == "many2many", _word(value, "link", self.file, ""), (ends[0], ends[1]), value.line)

    # --- laying out ---------------------------------------------------------------------------------------

    def lay_out(self, edges: list[Edge], rates: dict[str, float]) -> None:
        inside: list[tuple[str, str, float | None, int]] = []
        for name, (device, count) in self.instances.items():
            for index in range(count):
                inside += self._make(f"{name}.{index}", device, 0)
        self._find_ports(inside)
        outside = [
            (a, b, rates.get(edge.link), edge.line)
            for edge in edges
            for a, b in self._pairs(edge, *(self._instance(end, edge.line) for end in edge.ends))
        ]
        done: set[frozenset[str]] = set()
        for a, b, rate, line in outside or inside:
            pair = frozenset((a, b))
            if len(pair) == 2 and pair not in done:  # to InfraGraph two components have one edge or none
                done.add(pair)
                self._cable(a, b, rate, line)
        left = len({frozenset(e[:2]) for e in inside}) - len(self.ports)
        if outside and left > 0:
            self.built.notes.append(f"{left:,} links inside of devices are left out.")
        if self.used:
            self.built.portless = True
            self.built.notes.append("Ports that the file does not name are counted in the order of its edges.")

    def _make(self, path: str, name: str, level: int) -> Iterator[tuple[str, str, float | None, int]]:
        """The components of a device at a path, and its own edges."""
        device = self.devices[name]
        if level > MAX_LEVELS:
            raise damaged(self.file, 1, f"`{name[:40]}` is inside of itself, or devices are nested too deep")
        for component in device.components.values():
            for index in range(component.many):
                here = f"{path}.{component.name}.{index}"
                if component.kind == "device":
                    if component.name not in self.devices:
                        raise damaged(self.file, 1, f"there is no device `{component.name[:40]}`")
                    yield from self._make(here, component.name, level + 1)
                    continue
                self.kinds[here] = component.kind
                if len(self.kinds) > MAX_DEVICES:
                    raise LimitExceeded(over(len(self.kinds), MAX_DEVICES, "components"))
        for edge in device.edges:
            ends = [
                [f"{path}.{inner}" for inner in self._components(".".join(filter(None, end)), name, edge.line)]
                for end in edge.ends
            ]
            for a, b in self._pairs(edge, *ends):
                yield a, b, device.rates.get(edge.link), edge.line

    def _find_ports(self, inside: list[tuple[str, str, float | None, int]]) -> None:
        """A component `port` that hangs on exactly one other is a port of it."""
        beside: dict[str, set[str]] = {}
        for a, b, *_ in inside:
            for port, other in ((a, b), (b, a)):
                if port != other and self.kinds.get(port) == "port":
                    beside.setdefault(port, set()).add(other)
        for port, found in beside.items():
            if len(found) == 1 and self.kinds.get(other := found.pop()) != "port":
                self.ports[port] = other, ".".join(port.split(".")[-2:])

    def _instance(self, end: tuple[str, str], line: int) -> list[str]:
        step = _STEP.fullmatch(end[0])
        if step is None or step["name"] not in self.instances:
            raise damaged(self.file, line, f"there is no instance `{end[0][:40]}`")
        device, count = self.instances[step["name"]]
        inner = self._components(end[1], device, line)
        return [f"{step['name']}.{i}.{c}" for i in self._indices(step["slice"], count, line) for c in inner]

    def _components(self, text: str, name: str, line: int) -> list[str]:
        paths = [""]
        for part in text.split("."):
            step, device = _STEP.fullmatch(part), self.devices.get(name)
            known = device.components.get(step["name"]) if step is not None and device is not None else None
            if step is None or known is None:
                raise damaged(self.file, line, f"`{name[:40]}` has no component `{part[:40]}`")
            indices = self._indices(step["slice"], known.many, line)
            if len(paths) * len(indices) > MAX_CABLES:
                raise LimitExceeded(over(len(paths) * len(indices), MAX_CABLES, "ends of an edge"))
            paths = [f"{path}.{known.name}.{i}" if path else f"{known.name}.{i}" for path in paths for i in indices]
            name = known.name
        return paths

    def _indices(self, text: str | None, count: int, line: int) -> range | list[int]:
        """A slice as Python has it; all without one."""
        words = (text or "").split(":")
        if len(words) > 3 or any(word and not _WHOLE.fullmatch(word) for word in words):
            raise damaged(self.file, line, f"`[{(text or '')[:20]}]` is not a slice")
        numbers = [int(word) if word else None for word in words]
        if len(words) == 1 and numbers[0] is not None:
            index = numbers[0] + count if numbers[0] < 0 else numbers[0]
            if not 0 <= index < count:
                raise damaged(self.file, line, f"there is no number {numbers[0]} of {count}")
            return [index]
        if len(words) == 3 and numbers[2] == 0:
            raise damaged(self.file, line, "a slice has no step of 0")
        return range(*slice(*numbers).indices(count)) if len(words) > 1 else range(count)

    def _pairs(self, edge: Edge, one: list[str], other: list[str]) -> Iterator[tuple[str, str]]:
        many = len(one) * len(other) if edge.many else min(len(one), len(other))
        if many > MAX_CABLES:
            raise LimitExceeded(over(many, MAX_CABLES, "links of an edge"))
        if edge.many:
            yield from product(one, other)
            return
        if len(one) != len(other):
            self.built.contradict(
                self.file, edge.line, f"one2one joins {len(one)} and {len(other)} components: the rest has no partner"
            )
        yield from zip(one, other, strict=False)

    def _cable(self, a: str, b: str, rate: float | None, line: int) -> None:
        ends = []
        for path in (a, b):
            if path in self.ports:
                switch, port = self.ports[path]
            else:
                self.used[path] += 1
                switch, port = path, str(self.used[path])
            kind = self.kinds.get(switch, "")
            sort = "switch" if kind == "switch" else "endpoint" if kind in ("xpu", "nic") else ""
            ends.append((self.built.device(switch, self.file, line, name=switch, kind=sort), port))
        self.built.cable(ends[0], ends[1], (self.file, line), rate=rate)


__all__ = ["looks_like_infragraph", "read_infragraph"]
