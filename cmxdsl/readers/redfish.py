"""Redfish: what the management of one machine says of its network ports, as one JSON file of its resources.

The file is a list of resources, an object with a member for each address, or resources within one another. A port says
what it is connected to by the address of the other port, or by what it hears of it by LLDP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cmxdsl.readers.built import Built, damaged, place
from cmxdsl.readers.rules import STRANGE
from cmxdsl.readers.structured import json_of
from cmxdsl.records import define, field

MAX_DEPTH = 100
_ADAPTER = re.compile(
    r"/redfish/v1/(?:Chassis|Systems)/(?P<owner>[^/]+)/Network\w+/(?P<card>[^/]+)/(?:Network)?Ports/(?P<port>[^/]+)"
)
_SWITCH = re.compile(r"/redfish/v1/Fabrics/[^/]+/Switches/(?P<owner>[^/]+)/Ports/(?P<port>[^/]+)")
_HEX = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){3,}")
Resource = dict[str, Any]


def looks_like_redfish(head: str) -> bool:
    return head.lstrip()[:1] in ("{", "[") and ('"@odata.' in head or '"/redfish/v1' in head)


def read_redfish(path: Path, file: str, built: Built) -> None:
    """The links of one machine or switch. Raises Unread, LimitExceeded."""
    _Reading(path, file, built).read()


@define
class _Reading:
    path: Path
    file: str
    built: Built
    resources: dict[str, Resource] = field(factory=dict)
    hosts: dict[str, str] = field(factory=dict)  # what the machine of a chassis or system calls itself
    by_address: int = 0  # neighbours that are known by a MAC address alone

    def read(self) -> None:
        for address, resource in self._walk(json_of(self.path, self.file), "", 0):
            self.resources[address] = {**self.resources.get(address, {}), **resource}
        if not self.resources:
            raise damaged(self.file, 1, "there is no resource of Redfish: an object with `@odata.id`")
        self._named()
        for address, resource in self.resources.items():
            switch = re.fullmatch(r"/redfish/v1/Fabrics/[^/]+/Switches/([^/]+)", address)
            if switch:
                self._device(switch[1], resource, "switch")
        for address, resource in self.resources.items():
            here = self._port(address)
            if here is not None:
                self._linked(here, resource)
        if self.by_address:
            self.built.problems.append(
                STRANGE.at(
                    place(self.file, 1),
                    f"{self.by_address:,} neighbours are known by a MAC address alone: their links are left out",
                    "let the switches send their names by LLDP",
                )
            )

    def _walk(self, value: Any, address: str, depth: int) -> Iterator[tuple[str, Resource]]:
        """Every resource with its address."""
        if depth > MAX_DEPTH:
            raise damaged(self.file, 1, "resources are nested too deep")
        if isinstance(value, list):
            for item in value:
                yield from self._walk(item, "", depth + 1)
        elif isinstance(value, dict):
            own = value.get("@odata.id")
            own = own.rstrip("/") if isinstance(own, str) else address
            if own and value.keys() - {"@odata.id"}:
                yield own, value
            for key, item in value.items():
                if isinstance(item, (dict, list)):
                    yield from self._walk(item, key.rstrip("/") if key.startswith("/redfish/") else "", depth + 1)

    def _named(self) -> None:
        """What machines call themselves: by their system, else by the name of the file, where it is of one machine."""
        systems = {}
        for address, resource in self.resources.items():
            found = re.fullmatch(r"/redfish/v1/Systems/([^/]+)", address)
            name = resource.get("HostName")
            if found and isinstance(name, str) and name:
                systems[address] = self.hosts[found[1]] = name
                self._device(name, resource, "endpoint")
        for address, resource in self.resources.items():
            found = re.fullmatch(r"/redfish/v1/Chassis/([^/]+)", address)
            links = resource.get("Links")
            linked = links.get("ComputerSystems") if isinstance(links, dict) else None
            for reference in linked if found and isinstance(linked, list) else ():
                name = systems.get(_address(reference))
                if found and name:
                    self.hosts[found[1]] = name
        owners = {m["owner"] for m in map(_ADAPTER.match, self.resources) if m}
        rest = owners - self.hosts.keys()
        known = set(systems.values())
        if rest and len(known) <= 1:
            only = known.pop() if known else self.path.stem if len(rest) == 1 else ""
            self.hosts.update({owner: only for owner in rest if only})

    def _device(self, name: str, resource: Resource, kind: str) -> int:
        """A machine is what adapters are in: what it is says nothing of them."""
        words = resource if kind == "switch" else {}
        part = next((v for key in ("PartNumber", "Model") if isinstance(v := words.get(key), str) and v), "")
        firmware = words.get("FirmwareVersion")
        return self.built.device(
            name, self.file, 1, name=name, kind=kind, part=part, firmware=firmware if isinstance(firmware, str) else ""
        )

    def _port(self, address: str) -> tuple[str, str] | None:
        """The device and the port of an address; None where it is of something else."""
        adapter = _ADAPTER.fullmatch(address)
        if adapter:
            return self.hosts.get(adapter["owner"], adapter["owner"]), f"{adapter['card']}/{adapter['port']}"
        switch = _SWITCH.fullmatch(address)
        if switch is None:
            return None
        said = self.resources.get(address, {}).get("PortId")
        return switch["owner"], said if isinstance(said, str) and said else switch["port"]

    def _linked(self, here: tuple[str, str], resource: Resource) -> None:
        status = resource.get("LinkStatus")
        if status not in (None, "LinkUp", "Up", "Training"):
            self.built.down += 1
            return
        far = self._far(resource)
        if far is None:
            return
        speed, width = resource.get("CurrentSpeedGbps"), resource.get("Width")
        rate = float(speed) * 1e9 if isinstance(speed, (int, float)) and speed > 0 else None
        lanes = width if isinstance(width, int) and width > 0 else None
        ends = [(self.built.device(name, self.file, 1, name=name), port) for name, port in (here, far)]
        self.built.cable(ends[0], ends[1], (self.file, 1), rate=rate, lanes=lanes)

    def _far(self, resource: Resource) -> tuple[str, str] | None:
        links = resource.get("Links")
        for key in ("ConnectedSwitchPorts", "ConnectedPorts"):
            found = links.get(key) if isinstance(links, dict) else None
            for reference in found if isinstance(found, list) else ():
                port = self._port(_address(reference))
                if port is not None:
                    return port
        ethernet = resource.get("Ethernet")
        heard = ethernet.get("LLDPReceive") if isinstance(ethernet, dict) else None
        if not isinstance(heard, dict) or not heard.get("PortId"):
            return None
        name, port_id = heard.get("SystemName") or heard.get("ChassisId"), _spelled(str(heard["PortId"]))
        if not isinstance(name, str) or _HEX.search(name) or _HEX.search(port_id):
            self.by_address += 1
            return None
        return name, port_id


def _address(reference: Any) -> str:
    found = reference.get("@odata.id") if isinstance(reference, dict) else None
    return found.rstrip("/") if isinstance(found, str) else ""


def _spelled(port: str) -> str:
    """A port's name, which some managements write as the numbers of its letters; a MAC address stays one."""
    if _HEX.fullmatch(port):
        letters = bytes.fromhex(port.replace(":", ""))
        if len(letters) != 6 and all(32 < c < 127 for c in letters):
            return letters.decode("ascii")
    return port


__all__ = ["looks_like_redfish", "read_redfish"]
