"""hwloc's XML of one machine, as `lstopo machine.xml` writes it: versions 2 and 3.

PCIe ports of a switch are bridges there, one inside another: below a root port comes the upstream port of a switch, and
in it the downstream ports. So a switch is read for the upstream port, and its downstream ports are passed through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from cmxdsl.diagnostics import listing
from cmxdsl.readers.built import damaged
from cmxdsl.readers.machine import ACCELERATOR, ADAPTER, BRIDGE, PROCESSOR, SWITCH, Machine, Unit, vendor
from cmxdsl.readers.structured import line_of, xml_of
from cmxdsl.records import define, field

MAX_MATRIX = 2_000  # things between which bandwidths are given
_PCI = re.compile(r"(?P<kind>[0-9a-f]{4}) \[(?P<vendor>[0-9a-f]{4}):(?P<device>[0-9a-f]{4})\].*", re.IGNORECASE)
_BYTES = re.compile(r"[0-9]{1,18}")
_GIGABYTES = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,9})?")
_BANDWIDTHS = {"NVLinkBandwidth": "NVLink", "XGMIBandwidth": "Infinity Fabric", "XeLinkBandwidth": "Xe Link"}
_COMPUTING = {"CUDA", "NVML", "OpenCL", "RSMI", "LevelZero"}
_KINDS = {"01": "drives", "03": "displays", "06": "bridges to other buses", "0c": "USB and other buses"}


def looks_like_hwloc(head: str) -> bool:
    return re.search(r"<topology\b", head) is not None and "<object " in head


def read_hwloc(path: Path, file: str) -> Machine:
    """A machine. Raises Unread, LimitExceeded, OSError."""
    root = xml_of(path, file)
    if root.tag != "topology":
        raise damaged(file, line_of(root), f"the root of hwloc's XML is `topology`, not `{root.tag[:40]}`")
    if (root.get("version") or "1").partition(".")[0] not in ("2", "3"):
        raise damaged(file, line_of(root), "this is of hwloc 1: write it again with lstopo 2 or later")
    top = root.find("object")
    if top is None or top.get("type") != "Machine":
        raise damaged(file, line_of(root), "the file has no object `Machine`")
    reading = _Reading(Machine(file, _info(top, "DMIProductName")))
    reading.below(top)
    if all(unit.kind != PROCESSOR for unit in reading.machine.units) and next(_objects(top, "PU"), None) is not None:
        reading.package(top)
        reading.machine.notes.append("Which cores are in one package is not said: all are drawn as one processor.")
    reading.close()
    for matrix in root:
        if matrix.tag in ("distances2", "distances2hetero"):
            reading.bandwidths(matrix)
    if not reading.machine.units:
        raise damaged(file, line_of(top), "the machine has no processor and no device")
    reading.machine.notes.append(
        "Links between processors are not in the format, nor how many links a bandwidth is of."
    )
    return reading.machine


def _info(element: Element, name: str) -> str:
    return next((info.get("value", "") for info in element.findall("info") if info.get("name") == name), "")


def _objects(element: Element, kind: str) -> Iterator[Element]:
    return (child for child in element.iter("object") if child.get("type") == kind)


@define
class _Reading:
    machine: Machine
    named: dict[str, int] = field(factory=dict)  # units by hwloc's own numbers
    loose: list[tuple[int, float | None]] = field(factory=list)  # what hangs on a processor that is not said

    def below(self, element: Element, processor: int | None = None) -> None:
        """Packages and host bridges, wherever they are."""
        for child in element.findall("object"):
            kind = child.get("type", "")
            if kind == "Package":
                self.below(child, self.package(child))
            elif kind == "Bridge" and child.get("bridge_type", "").startswith("0-"):
                for port in child.findall("object"):
                    self.pci(port, processor, root=True)
            elif kind in ("Bridge", "PCIDev"):
                self.pci(child, processor, root=True)
            else:
                self.below(child, processor)

    def package(self, element: Element) -> int:
        model = " ".join(_info(element, "CPUModel").split())
        sizes = [n.get("local_memory", "") for n in _objects(element, "NUMANode")]
        known = [int(size) for size in sizes if _BYTES.fullmatch(size)]
        memory = sum(known) if known and len(known) == len(sizes) else None
        cores = sum(1 for _ in _objects(element, "Core"))
        maker = {"AuthenticAMD": "AMD", "GenuineIntel": "Intel"}.get(_info(element, "CPUVendor"), "")
        here = self.machine.unit(
            Unit(
                PROCESSOR,
                f"{element.get('type', '').lower()} {element.get('os_index', '?')}",
                maker,
                model,
                line_of(element),
                memory=memory,
                cores=cores or None,
            )
        )
        self._number(element, here)
        return here

    def pci(self, element: Element, above: int | None, root: bool) -> None:
        """A bridge or a device below `above`; with `root` the bridge is a port of the processor itself."""
        if element.get("type") == "Bridge":
            if not root:
                found = _PCI.fullmatch(element.get("pci_type", ""))
                made, model = (vendor(found["vendor"]), found["device"].lower()) if found else ("", "")
                unit = Unit(BRIDGE, element.get("pci_busid", ""), made, model, line_of(element))
                here = self.machine.unit(unit)
                self._wired(above, here, element)
                for port in element.findall("object"):
                    ported = port.get("type") == "Bridge"
                    for child in port.findall("object") if ported else (port,):
                        self.pci(child, here, root=False)
                return
            for child in element.findall("object"):
                self.pci(child, above, root=False)
        elif element.get("type") == "PCIDev":
            self.device(element, above)
        else:
            self.machine.lost[f"objects {element.get('type', '?')[:30]}"] += 1

    def device(self, element: Element, above: int | None) -> None:
        found = _PCI.fullmatch(element.get("pci_type", ""))
        if found is None:
            raise damaged(self.machine.file, line_of(element), "a `PCIDev` has no `pci_type`")
        systems = list(_objects(element, "OSDev"))
        sort = self._sort(element, found["kind"], systems)
        if sort is None:
            self.machine.lost[_KINDS.get(found["kind"][:2], "PCI devices of other kinds")] += 1
            return
        models = [model for model in (_info(s, "GPUModel") for s in systems) if model]
        ports = [s.get("name", "") for s in systems if s.get("osdev_type") in ("3", "48")]
        nets = [s.get("name", "") for s in systems if s.get("osdev_type") in ("2", "16")]
        names = (ports or nets) if sort == ADAPTER else [s.get("name", "") for s in systems][:1]
        unit = Unit(
            sort,
            " ".join(names) or ("" if sort == ADAPTER else element.get("pci_busid", "")),
            vendor(found["vendor"]),
            models[0] if models else found["device"].lower().strip("0") and found["device"].lower(),
            line_of(element),
            network=("InfiniBand" if found["kind"] == "0207" else "Ethernet") if sort == ADAPTER else "",
            ports=len(ports or nets),
        )
        if sort == ADAPTER:
            here, new = self.machine.adapter(unit, above, element.get("pci_busid", ""))
        else:
            here, new = self.machine.unit(unit), True
        for one in (element, *systems):
            self._number(one, here)
        if new:
            self._wired(above, here, element)

    def _sort(self, element: Element, kind: str, systems: list[Element]) -> str | None:
        if element.get("subtype") == "NVSwitch":
            return SWITCH
        computing = any(s.get("subtype") in _COMPUTING or _info(s, "Backend") in _COMPUTING for s in systems)
        if computing or kind in ("0302", "1200"):
            return ACCELERATOR
        return ADAPTER if kind.startswith("02") else None

    def _wired(self, above: int | None, here: int, element: Element) -> None:
        speed = element.get("pci_link_speed", "")
        known = _GIGABYTES.fullmatch(speed) is not None and float(speed) > 0
        rate = float(speed) * 8e9 if known else None
        if above is None:
            self.loose.append((here, rate))
        else:
            self.machine.wire(above, here, "PCIe", rate)

    def close(self) -> None:
        """What no processor is said to have hangs on the only one, where there is only one."""
        processors = [k for k, unit in enumerate(self.machine.units) if unit.kind == PROCESSOR]
        for here, rate in self.loose if len(processors) == 1 else ():
            self.machine.wire(processors[0], here, "PCIe", rate)
        if self.loose and len(processors) != 1:
            names = listing(self.machine.units[here].name for here, _ in self.loose)
            self.machine.notes.append(f"Which processor these hang on is not said: {names}.")

    def _number(self, element: Element, here: int) -> None:
        self.named[f"{element.get('type')}:{element.get('gp_index')}"] = here

    # --- NVLink and its like ------------------------------------------------------------------------------

    def bandwidths(self, matrix: Element) -> None:
        """A matrix of bandwidths in MB/s, row by row. One that counts something else is passed over."""
        sort = _BANDWIDTHS.get(matrix.get("name", ""))
        if sort is None:
            return
        line = line_of(matrix)
        names = " ".join(e.text or "" for e in matrix.findall("indexes")).split()
        values = " ".join(e.text or "" for e in matrix.findall("u64values")).split()
        if matrix.get("type"):  # of one type: its numbers alone
            names = [f"{matrix.get('type')}:{name}" for name in names]
        if len(names) > MAX_MATRIX or len(values) != len(names) ** 2 or str(len(names)) != matrix.get("nbobjs"):
            raise damaged(
                self.machine.file, line, f"{len(names)} things have {len(names) ** 2} bandwidths, not {len(values)}"
            )
        if not all(_BYTES.fullmatch(value) for value in values):
            raise damaged(self.machine.file, line, "a bandwidth is a number")
        for i, one in enumerate(names):
            for j, other in enumerate(names[:i]):
                there, back = int(values[i * len(names) + j]), int(values[j * len(names) + i])
                if there != back:
                    said = f"{one} sends {there} MB/s to {other}, and gets {back}"
                    self.machine.contradict(line, said)
                elif there:
                    self._link(self.named.get(one), self.named.get(other), sort, there * 8e6, line)

    def _link(self, one: int | None, other: int | None, sort: str, rate: float, line: int) -> None:
        if one is None or other is None:
            raise damaged(self.machine.file, line, "a bandwidth is of a thing that the machine does not have")
        low = {PROCESSOR: 0, SWITCH: 0}
        a, b = sorted((one, other), key=lambda u: (low.get(self.machine.units[u].kind, 1), u))
        self.machine.wire(a, b, sort, rate)


__all__ = ["looks_like_hwloc", "read_hwloc"]
