"""The inside of one machine as its tools see it: processors, PCIe bridges, accelerators, adapters, and their links."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from cmxdsl.diagnostics import Diagnostic
from cmxdsl.limits import LimitExceeded, over
from cmxdsl.readers.built import Built, place
from cmxdsl.readers.rules import INCONSISTENT
from cmxdsl.records import define, field

MAX_UNITS = 100_000
MAX_LINKS = 100_000
MAX_PROBLEMS = 50  # that are listed
PROCESSOR, BRIDGE, ACCELERATOR, ADAPTER, SWITCH = "processor", "bridge", "accelerator", "adapter", "switch"

# Who registered a PCI vendor number.
VENDORS = {
    "10de": "NVIDIA", "15b3": "NVIDIA", "1002": "AMD", "1022": "AMD", "8086": "Intel", "14e4": "Broadcom",
    "1000": "Broadcom", "10b5": "Broadcom", "11f8": "Microchip", "1d0f": "Amazon", "1da3": "Intel", "19e5": "Huawei",
    "1077": "Marvell", "17db": "HPE", "1af4": "Red Hat",
}  # fmt: skip


class Unit(NamedTuple):
    """Something inside. `name` is what the system calls it, `model` what it is, each empty where nothing was said;
    `memory` in bytes, `rate` of its network port in b/s, with the `network` that it is of."""

    kind: str
    name: str
    vendor: str
    model: str
    line: int
    memory: int | None = None
    cores: int | None = None
    network: str = ""
    rate: int | None = None
    ports: int = 0


class Wire(NamedTuple):
    """`many` links between two units, for PCIe the upper one first; `rate` in b/s each way of one, None where nobody
    said; `sort` is `PCIe`, `NVLink` or what else it is."""

    a: int
    b: int
    sort: str
    many: int
    rate: float | None


@define
class Machine:
    """What was read of one machine. `notes` are sentences about what the format does not say."""

    file: str
    name: str = ""
    units: list[Unit] = field(factory=list)
    wires: list[Wire] = field(factory=list)
    notes: list[str] = field(factory=list)
    lost: Counter[str] = field(factory=Counter)
    problems: list[Diagnostic] = field(factory=list)
    _links: int = 0
    _cards: dict[tuple[int | None, str], int] = field(factory=dict, repr=False)

    def adapter(self, unit: Unit, above: int | None, bus: str) -> tuple[int, bool]:
        """The number of an adapter, and whether it is new: functions of one card are one adapter with their ports."""
        card = above, bus.rpartition(".")[0]
        known = self._cards.get(card) if card[1] else None
        if known is None:
            self._cards[card] = self.unit(unit)
            return self._cards[card], True
        old = self.units[known]
        names = " ".join(name for name in (old.name, unit.name) if name)
        self.units[known] = old._replace(name=names, ports=old.ports + unit.ports, rate=old.rate or unit.rate)
        return known, False

    def unit(self, unit: Unit) -> int:
        if len(self.units) >= MAX_UNITS:
            raise LimitExceeded(over(len(self.units) + 1, MAX_UNITS, "parts of one machine"))
        self.units.append(unit)
        return len(self.units) - 1

    def wire(self, a: int, b: int, sort: str, rate: float | None = None, many: int = 1) -> None:
        self._links += many
        if self._links > MAX_LINKS:
            raise LimitExceeded(over(self._links, MAX_LINKS, "links inside of one machine"))
        self.wires.append(Wire(a, b, sort, many, rate))

    def contradict(self, line: int, message: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            again = "make the file again while the machine is idle; what was read first is kept"
            self.problems.append(INCONSISTENT.at(place(self.file, line), message, again))


HOST = ("PCIe", "NVLink-C2C")  # links of the plane `host`; others join accelerators


def plane_of(sort: str) -> str:
    """The plane that a link is on."""
    return "host" if sort in HOST else "scale_up"


def built_of(machine: Machine, built: Built, file: str) -> None:
    """The same as what was built: no port has a number, since none of these files has any."""
    built.problems += machine.problems
    numbers: list[int] = []
    for number, unit in enumerate(machine.units):
        kind = "switch" if unit.kind in (BRIDGE, SWITCH) else "endpoint"
        name = unit.name or f"{unit.kind} {number}"
        numbers.append(built.device(f"{file} {number}", file, unit.line, name=name, kind=kind))
    ports = [0] * len(numbers)
    for wire in machine.wires:
        for _ in range(wire.many):
            one, other = ((numbers[end], _letters(ports[end])) for end in (wire.a, wire.b))
            for end in (wire.a, wire.b):
                ports[end] += 1
            built.planes[len(built.cables)] = plane_of(wire.sort)
            built.cable(one, other, (file, machine.units[wire.b].line), rate=wire.rate)


def _letters(number: int) -> str:
    """A name without a number in it: a, b, …, z, ba, bb, …"""
    text = ""
    while True:
        number, digit = divmod(number, 26)
        text = chr(ord("a") + digit) + text
        if not number:
            return text


def vendor(number: str) -> str:
    """The maker that a PCI vendor number is of; the number itself where it is none of the known."""
    plain = number.lower().removeprefix("0x")
    return VENDORS.get(plain, f"PCI vendor {plain}" if plain.strip("0") else "")


def pcie_rate(gigatransfers: float, lanes: int) -> float | None:
    """The rate of a PCIe link in b/s each way: its lanes after the coding of the line, 8b/10b up to 5 GT/s and
    128b/130b up to 32 GT/s (PCI Express Base Specification 5.0, section 4.2). Of later ones nothing is known here."""
    if not lanes or not 0 < gigatransfers <= 32:
        return None
    coding = 8 / 10 if gigatransfers <= 5 else 128 / 130
    return gigatransfers * 1e9 * coding * lanes


__all__ = ["ACCELERATOR", "ADAPTER", "BRIDGE", "PROCESSOR", "SWITCH", "Machine", "Unit", "Wire", "pcie_rate", "vendor"]
