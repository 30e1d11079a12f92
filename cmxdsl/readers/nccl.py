"""NCCL's topology of one machine: what `NCCL_TOPO_DUMP_FILE` writes and `NCCL_TOPO_FILE` reads, version 1."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element

from cmxdsl.readers.built import damaged
from cmxdsl.readers.machine import (
    ACCELERATOR,
    ADAPTER,
    BRIDGE,
    PROCESSOR,
    SWITCH,
    Machine,
    Unit,
    pcie_rate,
    vendor,
)
from cmxdsl.readers.structured import line_of, xml_of
from cmxdsl.records import define, field

_SPEED = re.compile(r"(?P<value>[0-9]{1,3}(?:\.[0-9]{1,2})?) GT/s.*")
_WHOLE = re.compile(r"[0-9]{1,9}")
_SWITCHES, _PROCESSORS, _DISPLAYS, _NETWORKS, _BRIDGES = "0x0680", "0x068001", "0x03", "0x02", "0x0604"
# The generation of NVLink by the compute capability of the chip, and the rate of its link each way in b/s.
NVLINK = {
    60: ("NVLink1", 20e9 * 8),
    70: ("NVLink2", 25e9 * 8),
    80: ("NVLink3", 25e9 * 8),
    90: ("NVLink4", 25e9 * 8),
    100: ("NVLink5", 50e9 * 8),
    103: ("NVLink5", 50e9 * 8),
}
_ARCHITECTURES = {"x86_64": "x86-64", "arm64": "Arm", "ppc64": "POWER"}


def looks_like_nccl(head: str) -> bool:
    return re.search(r"<system\b[^>]*\bversion=", head) is not None


def read_nccl(path: Path, file: str) -> Machine:
    """A machine. Raises Unread, LimitExceeded, OSError."""
    root = xml_of(path, file)
    if root.tag != "system":
        raise damaged(file, line_of(root), f"the root of NCCL's topology is `system`, not `{root.tag[:40]}`")
    if root.get("version") != "1":
        raise damaged(file, line_of(root), f"version {root.get('version', '?')[:10]} is not read, only 1")
    reading = _Reading(Machine(file, root.get("name", "")))
    for child in root:
        if child.tag == "cpu":
            reading.processor(child)
        else:
            reading.left(child)
    reading.nvlinks()
    if not reading.machine.units:
        raise damaged(file, line_of(root), "the file has no processor and no device")
    reading.machine.notes += [
        "A processor here is a node of NUMA: a chip may be several.",
        "Links between processors are not in the format.",
    ]
    return reading.machine


@define
class _Reading:
    machine: Machine
    bus: dict[str, int] = field(factory=dict)  # units by where they are on the bus
    ends: list[tuple[int, int, Element]] = field(factory=list)  # accelerator, its processor, an `nvlink` or `c2c`

    def processor(self, element: Element) -> None:
        number = element.get("numaid", "?")
        arch = element.get("arch", "")
        family, model = element.get("familyid"), _ARCHITECTURES.get(arch, arch)
        if family:
            model = f"{model} family {family} model {element.get('modelid', '?')}"
        maker = {"AuthenticAMD": "AMD", "GenuineIntel": "Intel"}.get(
            element.get("vendor", ""), element.get("vendor", "")
        )
        here = self.machine.unit(Unit(PROCESSOR, f"NUMA node {number}", maker, model, line_of(element)))
        self.inside(element, here, here)

    def inside(self, element: Element, above: int, processor: int) -> None:
        """What hangs on a processor or a bridge."""
        for child in element:
            if child.tag == "pci":
                self.pci(child, above, processor)
            elif child.tag == "nic":
                here = self.machine.unit(self._adapter(child, line_of(child)))
                self.machine.wire(above, here, "PCIe")
            elif child.tag == "gpu":
                raise damaged(self.machine.file, line_of(child), "a `gpu` stands in a `pci`")
            else:
                self.left(child)

    def pci(self, element: Element, above: int, processor: int) -> None:
        sort, line = self._sort(element), line_of(element)
        if sort is None:
            self.machine.lost["PCI devices of other kinds"] += 1
            return
        made = vendor(element.get("vendor", ""))
        known = element.get("device", "").lower().removeprefix("0x")
        model = known if known.strip("0") else ""
        if sort == ADAPTER:
            nic = element.find("nic")
            unit = self._adapter(element if nic is None else nic, line)._replace(vendor=made, model=model)
            if not unit.network:
                unit = unit._replace(
                    network="InfiniBand" if element.get("class", "").startswith("0x0207") else "Ethernet"
                )
        else:
            gpu = element.find("gpu")
            name = f"GPU{gpu.get('dev', '?')}" if gpu is not None else ""
            if sort == ACCELERATOR and gpu is not None and gpu.get("sm"):
                model = f"{model} sm {gpu.get('sm')}".strip()
            unit = Unit(sort, name or element.get("busid", ""), made, model, line)
        if sort == ADAPTER:
            here, new = self.machine.adapter(unit, above, element.get("busid", ""))
        else:
            here, new = self.machine.unit(unit), True
        self._placed(element, here)
        if new:
            self.machine.wire(above, here, "PCIe", self._rate(element))
        for gpu in element.findall("gpu"):
            self.ends += [(here, processor, link) for link in gpu if link.tag in ("nvlink", "c2c")]
        if sort == BRIDGE:
            self.inside(element, here, processor)

    def _sort(self, element: Element) -> str | None:
        kind = element.get("class", "").lower()
        if element.find("gpu") is not None or kind.startswith(_DISPLAYS):
            return ACCELERATOR
        if element.find("nic") is not None or kind.startswith(_NETWORKS):
            return ADAPTER
        if kind.startswith(_BRIDGES) or element.find("pci") is not None:
            return BRIDGE
        return SWITCH if kind.startswith(_SWITCHES) else None

    def _placed(self, element: Element, here: int) -> None:
        bus = element.get("busid", "").lower()
        if not bus:
            raise damaged(self.machine.file, line_of(element), "a `pci` has no `busid`")
        if bus in self.bus:
            other = self.machine.units[self.bus[bus]].line
            self.machine.contradict(line_of(element), f"two devices have the bus number {bus[:20]}: line {other} too")
        self.bus.setdefault(bus, here)

    def _adapter(self, element: Element, line: int) -> Unit:
        """An adapter by the `net`s in it."""
        nets = element.findall("net")
        rates = {int(n.get("speed", "0")) for n in nets if _WHOLE.fullmatch(n.get("speed", ""))}
        rate = max(rates, default=0) * 1_000_000 or None
        names = " ".join(n.get("name", "?") for n in nets)
        return Unit(ADAPTER, names, "", "", line, rate=rate, network="", ports=len(nets))

    def _rate(self, element: Element) -> float | None:
        speed, width = _SPEED.fullmatch(element.get("link_speed", "")), element.get("link_width", "")
        if speed is None or not _WHOLE.fullmatch(width):
            return None
        return pcie_rate(float(speed["value"]), int(width))

    def left(self, element: Element) -> None:
        self.machine.lost[f"elements `{element.tag[:30]}`"] += 1

    # --- NVLink -------------------------------------------------------------------------------------------

    def nvlinks(self) -> None:
        """Links of accelerators, each once: a link between two of them is there at both."""
        seen: dict[tuple[int, int, str], tuple[int, int]] = {}
        for here, processor, element in self.ends:
            sort = "NVLink" if element.tag == "nvlink" else "NVLink-C2C"
            count = element.get("count", "1")
            if not _WHOLE.fullmatch(count) or int(count) < 1:
                raise damaged(self.machine.file, line_of(element), f"`count` is a number of links, not `{count[:20]}`")
            there = processor if element.tag == "c2c" else self._target(element, processor)
            if there is None or there == here:
                self.machine.contradict(
                    line_of(element), f"no device has the bus number {element.get('target', '?')[:20]}"
                )
                continue
            pair = (min(here, there), max(here, there), sort)
            known = seen.get(pair)
            if known is None or known[0] == here:
                seen[pair] = here, (known[1] if known else 0) + int(count)
                self._wire(here, there, sort, int(count))
            elif known[1] != int(count):
                one, two = (self.machine.units[u].name for u in (known[0], here))
                self.machine.contradict(
                    line_of(element), f"{one} says that it has {known[1]} links to {two}, which says {int(count)}"
                )

    def _target(self, element: Element, processor: int) -> int | None:
        target, kind = element.get("target", "").lower(), element.get("tclass", "").lower()
        if target in self.bus:
            return self.bus[target]
        if kind == _PROCESSORS:
            return processor
        if not kind.startswith(_SWITCHES):
            return None
        some = target.startswith("fffffff")
        if some:
            self.machine.notes.append("Which NVLink switches there are is not said: one stands for all of them.")
        unit = Unit(SWITCH, "all NVLink switches" if some else target, "NVIDIA", "", line_of(element))
        self.bus[target] = self.machine.unit(unit)
        return self.bus[target]

    def _wire(self, here: int, there: int, sort: str, count: int) -> None:
        capability = re.search(r"sm (\d+)", self.machine.units[here].model)
        rate = None
        if capability and sort == "NVLink":
            sort, rate = NVLINK.get(int(capability[1]), (sort, None))
        a, b = (there, here) if self.machine.units[there].kind in (SWITCH, PROCESSOR) else (here, there)
        self.machine.wire(a, b, sort, rate, count)


__all__ = ["looks_like_nccl", "read_nccl"]
