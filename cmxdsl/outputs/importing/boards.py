"""The inside of a machine as a board: a definition for each sort of part, arrays of them, link statements.

Parts of one sort that hang equally deep are an array. A definition has as many ports as the part with most links.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path, PurePath
from textwrap import wrap
from typing import NamedTuple

from cmxdsl.analysis.importing.arrays import Devices, Ports
from cmxdsl.analysis.importing.network import Pattern, Side, orders
from cmxdsl.analysis.importing.progressions import cover
from cmxdsl.outputs.importing.device_types import Names, Protocol
from cmxdsl.outputs.importing.formats import Written
from cmxdsl.outputs.importing.rows import natural, rows
from cmxdsl.outputs.importing.spelling import literal, member_name, number, plural, remark, type_name
from cmxdsl.outputs.importing.statements import statement
from cmxdsl.readers.built import Unread
from cmxdsl.readers.hwloc import read_hwloc
from cmxdsl.readers.machine import ACCELERATOR, ADAPTER, BRIDGE, PROCESSOR, SWITCH, Machine, Unit, Wire
from cmxdsl.readers.nccl import read_nccl
from cmxdsl.readers.topo_matrix import read_matrix
from cmxdsl.records import define, field
from cmxdsl.syntax.format import formatted

WIDTH = 115  # of a comment at the head
MAX_LISTED = 80  # letters of names behind an array
READERS = {"nccl": read_nccl, "hwloc": read_hwloc, "nvidia-smi": read_matrix}
TOOLS = {"nccl": "a topology of NCCL", "hwloc": "hwloc's XML", "nvidia-smi": "`nvidia-smi topo -m`"}

_NUMBERED = re.compile(r"[0-9a-f]{4}(?: sm [0-9]+)?|sm [0-9]+|.* family .*")  # no name of a product
_BUS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:.*")

# The kind, the role and the name of a part of each kind, and what its ports to what is below and above are called.
_KINDS = {
    PROCESSOR: ("chip", "processor", "cpu", "Processor", "pcie", "pcie"),
    BRIDGE: ("switch", "", "pcie_switch", "PcieSwitch", "down", "up"),
    ACCELERATOR: ("chip", "accelerator", "gpu", "Accelerator", "pcie", "pcie"),
    ADAPTER: ("chip", "nic", "nic", "Adapter", "pcie", "pcie"),
    SWITCH: ("switch", "", "nvlink_switch", "LinkSwitch", "pcie", "pcie"),
}
_ORDER = (PROCESSOR, BRIDGE, ACCELERATOR, ADAPTER, SWITCH)
_PLANES = {"PCIe": "host", "NVLink-C2C": "host"}  # of links; others join accelerators
_LIBRARY = {"NVLink3", "NVLink4", "NVLink5"}  # protocols that `std.protocols` has under the same name and rate


class Port(NamedTuple):
    """A row of ports of a part: which wires end there."""

    sort: str
    below: bool  # the upper end of a PCIe link
    rate: float | None


def read(files: Sequence[str], format: str, plane: str) -> Written:
    """A board for each file of a format. A file that cannot be read is a finding, and then there is no text."""
    texts, problems, whole = [], [], True
    names = Names()
    for file in files:
        try:
            machine = READERS[format](Path(file), file)
        except Unread as error:
            problems.append(error.finding)
            whole = False
            continue
        problems += machine.problems
        texts.append("\n".join(_Board(machine, names, plane).lines()))
    if not whole:
        return Written("", tuple(problems))
    head = [f"//! Made by `cmx import` from {_files(files)}: {TOOLS[format]}.", "use std.protocols", ""]
    text = "\n".join([*head, *names.definitions(), "", *texts, ""])
    return Written(formatted(text), tuple(problems))


def _files(files: Sequence[str]) -> str:
    return remark(PurePath(files[0]).name) if len(files) == 1 else plural(len(files), "file")


@define
class _Array:
    """Parts of one sort: their numbers in the order of the array, and where the rows of their ports begin."""

    units: list[int]
    definition: str
    devices: Devices = field(init=False)
    ports: list[Port] = field(factory=list)


@define
class _Board:
    machine: Machine
    names: Names
    plane: str
    arrays: list[_Array] = field(factory=list)
    at: dict[int, tuple[int, int]] = field(factory=dict)  # the array of each unit, and its index there
    ends: dict[tuple[int, Port], list[int]] = field(factory=lambda: defaultdict(list))  # wires at a row of ports

    def lines(self) -> Iterator[str]:
        self._arrange()
        self._ported()
        shown = set()
        for array in self.arrays:
            if array.definition not in shown:
                shown.add(array.definition)
                yield from self._definition(array)
                yield ""
        named = type_name(self.machine.name) if self.machine.name else type_name(PurePath(self.machine.file).stem)
        yield from self._notes()
        yield f"board {self.names.definition(named)} {{"
        for array in self.arrays:
            yield self._instance(array)
        yield from self._links()
        yield "}"

    # --- arrays -------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        """Arrays of parts that are alike and hang equally deep."""
        units, depth = self.machine.units, self._depths()
        alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for here, unit in enumerate(units):
            alike[_ORDER.index(unit.kind), depth[here], *_sort(unit)].append(here)
        definitions: dict[tuple[object, ...], str] = {}
        taken: set[str] = set()
        for key in sorted(alike, key=lambda k: (k[0], k[1], min(alike[k]))):
            first = units[alike[key][0]]
            if _sort(first) not in definitions:
                definitions[_sort(first)] = self.names.definition(_called(first))
            members = alike[key]
            if all(units[u].name for u in members):
                members = sorted(members, key=lambda u: _by_name(units[u].name))
            name = member_name(_KINDS[first.kind][2], "board", taken, "part")
            taken.add(name)
            array = _Array(members, definitions[_sort(first)])
            shape = (len(members),) if len(members) > 1 else ()
            array.devices = Devices(name, _KINDS[first.kind][0], "", shape, (), True)
            for index, here in enumerate(members):
                self.at[here] = len(self.arrays), index
            self.arrays.append(array)

    def _depths(self) -> list[int]:
        """How many bridges are above each part."""
        above = {w.b: w.a for w in self.machine.wires if w.sort == "PCIe"}
        depths = []
        for here in range(len(self.machine.units)):
            depth = 0
            while here in above and depth <= len(above):
                here = above[here]
                depth += self.machine.units[here].kind == BRIDGE
            depths.append(depth)
        return depths

    # --- ports --------------------------------------------------------------------------------------------

    def _ported(self) -> None:
        """Rows of ports for each array, and where in them each wire ends."""
        for number_, wire in sorted(enumerate(self.machine.wires), key=lambda x: self._far(x[1])):
            for here, below in ((wire.a, True), (wire.b, False)):
                self.ends[here, self._row(wire, below)].append(number_)
        rows_of: dict[str, dict[Port, int]] = defaultdict(dict)
        for (here, port), wires in self.ends.items():
            sizes = rows_of[self.arrays[self.at[here][0]].definition]
            many = sum(self.machine.wires[w].many for w in wires)
            sizes[port] = max(sizes.get(port, 0), many)
        for array in self.arrays:
            sizes = rows_of[array.definition]
            array.ports = sorted(sizes, key=lambda p: (p.sort != "PCIe", p.sort, p.below, p.rate or 0))
            taken: set[str] = set()
            made = []
            for port in array.ports:
                name = self._port_name(array, port, taken)
                taken.add(name)
                made.append(Ports(name, (sizes[port],) if sizes[port] > 1 else (), port.rate))
            old = array.devices
            array.devices = Devices(old.name, old.kind, old.part, old.shape, tuple(made), old.named)

    def _far(self, wire: Wire) -> tuple[tuple[int, int], tuple[int, int]]:
        return self.at[wire.a], self.at[wire.b]

    def _row(self, wire: Wire, below: bool) -> Port:
        return Port(wire.sort, below and wire.sort == "PCIe", wire.rate)

    def _port_name(self, array: _Array, port: Port, taken: set[str]) -> str:
        kind = self.machine.units[array.units[0]].kind
        word = _KINDS[kind][4 if port.below else 5] if port.sort == "PCIe" else re.sub("[0-9]+$", "", port.sort)
        return member_name(word, array.devices.kind, taken, "link")

    # --- text ---------------------------------------------------------------------------------------------

    def _notes(self) -> Iterator[str]:
        wires = sum(w.many for w in self.machine.wires)
        said = [f"{plural(len(self.machine.units), 'part')}, {plural(wires, 'link')}.", *self.machine.notes]
        said.append("Unknown: power, price, mass, what accelerators compute; ports that nothing is plugged into.")
        if self.machine.lost:
            lost = "; ".join(f"{what} ({many:,})" for what, many in sorted(self.machine.lost.items()))
            said.append(f"Left out: {remark(lost)}.")
        for sentence in dict.fromkeys(said):
            yield from (f"/// {line}" for line in wrap(remark(sentence), WIDTH))

    def _definition(self, array: _Array) -> Iterator[str]:
        unit = self.machine.units[array.units[0]]
        kind, role, *_ = _KINDS[unit.kind]
        everywhere = [u for a in self.arrays if a.definition == array.definition for u in a.units]
        yield f"{kind} {array.definition} {{"
        if unit.vendor:
            yield f"vendor = {literal(unit.vendor)}"
        if unit.model:
            number_ = _NUMBERED.fullmatch(unit.model)
            yield f"{'description' if number_ else 'part_number'} = {literal(_described(unit.model))}"
        if role:
            yield f"role = {role}"
        if unit.cores:
            yield f"cores = {unit.cores}"
        yield from self._memory(everywhere)
        for port, made in zip(array.ports, array.devices.ports, strict=True):
            shape = f"[{made.shape[0]}]" if made.shape else ""
            yield f"port {made.name}{shape}: {self._protocol(port)}"
        if unit.kind == ADAPTER:
            rate = Fraction(unit.rate, 10**9) if unit.rate else None
            net = self.names.protocol(Protocol(unit.network or "Network", rate, self.plane))
            name = member_name("net", kind, {p.name for p in array.devices.ports}, "port")
            yield f"port {name}{f'[{unit.ports}]' if unit.ports > 1 else ''}: {net}"
        yield "}"

    def _memory(self, units: Sequence[int]) -> Iterator[str]:
        """What each has at least: firmware keeps a little more of one than of another."""
        sizes = [m for m in (self.machine.units[u].memory for u in units) if m is not None]
        if sizes and len(sizes) == len(units):
            least, most = (number(Fraction(m, 10**9)) for m in (min(sizes), max(sizes)))
            why = literal(f"the least of {len(sizes)}: others have up to {most} GB")
            yield f"memory.capacity = {least} GB" + ("" if least == most else f" estimated {why}")

    def _protocol(self, port: Port) -> str:
        rate = None if port.rate is None else Fraction(port.rate).limit_denominator(1000) / 10**9
        return self.names.protocol(Protocol(port.sort, rate, _PLANES.get(port.sort, "scale_up")))

    def _instance(self, array: _Array) -> str:
        names = [self.machine.units[u].name for u in array.units]
        if not all(names):
            names = []
        found = rows(names)
        told = len(found) == 1 and found[0].named and found[0].names == tuple(names)
        said = remark(found[0].named if told else ", ".join(names))
        if len(said) > MAX_LISTED:
            said = f"{said[:MAX_LISTED].rpartition(',')[0]}, …"
        shape = f"[{array.devices.shape[0]}]" if array.devices.shape else ""
        return f"{array.devices.name}{shape}: {array.definition}" + (f" // {said}" if said else "")

    def _links(self) -> Iterator[str]:
        """Statements that are exactly the wires."""
        devices = tuple(array.devices for array in self.arrays)
        alike: dict[tuple[Side, Side], list[tuple[int, ...]]] = defaultdict(list)
        free = {key: self._starts(wires) for key, wires in self.ends.items()}
        for number_, wire in enumerate(self.machine.wires):
            sides, starts = [], []
            for here, below in ((wire.a, True), (wire.b, False)):
                row, (array, index) = self._row(wire, below), self.at[here]
                sides.append(Side(array, self.arrays[array].ports.index(row)))
                starts.append((index, free[here, row][number_]))
            for k in range(wire.many):
                ends = [self._index(s, i, start + k) for s, (i, start) in zip(sides, starts, strict=True)]
                alike[sides[0], sides[1]].append((*ends[0], *ends[1]))
        for sides_ in sorted(alike, key=lambda s: tuple((x.device, x.port) for x in s)):
            widths = [(len(devices[s.device].shape), len(devices[s.device].ports[s.port].shape)) for s in sides_]
            for found in cover(alike[sides_], orders(*widths[0], *widths[1])):
                yield statement(Pattern(sides_, found), devices)

    def _starts(self, wires: list[int]) -> dict[int, int]:
        """Where in a row of ports each of its wires begins."""
        starts, at = {}, 0
        for wire in wires:
            starts[wire] = at
            at += self.machine.wires[wire].many
        return starts

    def _index(self, side: Side, index: int, port: int) -> tuple[int, ...]:
        devices = self.arrays[side.device].devices
        inner = (port,) if devices.ports[side.port].shape else ()
        return (index, *inner) if devices.shape else inner


def _sort(unit: Unit) -> tuple[object, ...]:
    """What makes two units parts of one definition."""
    return unit.kind, unit.vendor, unit.model, unit.cores, unit.network, unit.rate, unit.ports


def _by_name(name: str) -> tuple[object, ...]:
    """The order of an array: of bus numbers, which are hexadecimal, by their letters."""
    return (0, name) if _BUS.fullmatch(name) else (1, natural(name))


def _described(model: str) -> str:
    """`2335 sm 90` in words."""
    device, sm, capability = model.partition("sm ")
    if re.fullmatch("[0-9a-f]{4}", device.strip()):
        device = f"PCI device {device.strip()}"
    return ", ".join(filter(None, (device, f"compute capability {capability[:-1]}.{capability[-1:]}" if sm else "")))


def _called(unit: Unit) -> str:
    """A name for the definition of a part."""
    word = _KINDS[unit.kind][3]
    model = re.sub(r"\(.*?\)|@.*|\bCPU\b", " ", unit.model)
    if unit.vendor and unit.vendor.lower() not in model.lower():
        model = f"{unit.vendor} {model}"
    return model if re.search(r"[A-Za-z]{3}", unit.model) and unit.kind != PROCESSOR else f"{model} {word}"


__all__ = ["read"]
