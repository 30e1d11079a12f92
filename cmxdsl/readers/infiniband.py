"""What the tools of InfiniBand print: `ibnetdiscover`, `iblinkinfo`, and the `.topo` files of `ibdiagnet`.

The formats are those of infiniband-diags 44 and ibutils 1.5.7; newer `ibdiagnet` adds width and speed to `.topo`.
"""

from __future__ import annotations

import re
from pathlib import Path

from cmxdsl.readers.built import Built, damaged, lines

# Data rate of a lane in b/s, InfiniBand Architecture Specification volume 2: FDR and up carry 64 bits in 66.
LANE = {
    "SDR": 2.0e9,
    "DDR": 4.0e9,
    "QDR": 8.0e9,
    "FDR10": 10e9,
    "FDR": 13.64e9,
    "EDR": 25e9,
    "HDR": 50e9,
    "NDR": 100e9,
    "XDR": 200e9,
}
# The rates in Gb/s a lane as `iblinkinfo` and `.topo` write them, and the names that they have.
_WRITTEN = {
    "2.5": "SDR",
    "5": "DDR",
    "5.0": "DDR",
    "10": "QDR",
    "10.0": "QDR",
    "10.3125": "FDR10",
    "14": "FDR",
    "14.0625": "FDR",
    "25": "EDR",
    "25.78125": "EDR",
    "50": "HDR",
    "53.125": "HDR",
    "100": "NDR",
    "106.25": "NDR",
    "200": "XDR",
    "212.5": "XDR",
}
_INNER = "Aggregation Node"  # of a switch's reduction engine: no cable leads to it
_MANAGED = re.compile(r"^MF0;(?P<name>[^:]*):(?P<part>[^/]*)/.*$")  # how managed switches describe themselves

_NODE = re.compile(
    r'^(?P<kind>Switch|Ca|Hca|Rt|Router)\s+(?P<ports>\d+)\s+"(?P<key>[^"]+)"\s*(?:#\s*"(?P<name>.*?)"(?P<rest>.*))?$'
)
_PORT = re.compile(
    r'^\[(?P<port>\d+)\](?:\[[^\]]*\])?(?:\((?P<own>[0-9a-fA-F]+)\))?\s+"(?P<key>[^"]+)"\[(?P<far>\d+)\](?:\[[^\]]*\])?'
    r"(?:\((?P<guid>[0-9a-fA-F]+)\))?\s*(?:#(?P<rest>.*))?$"
)
_FACT = re.compile(r"^(vendid|devid|sysimgguid|switchguid|caguid|rtguid)=")
_SPEED = re.compile(r"(?P<lanes>\d+)x(?P<speed>[A-Z]DR(?:10)?)\s*$")


def described(name: str) -> tuple[str, str]:
    """The name and the model in a node's description: `MF0;leaf-01:MQM9700/U1` is a MQM9700 called leaf-01."""
    managed = _MANAGED.match(name)
    return (managed["name"], managed["part"]) if managed else (" ".join(name.split()), "")


def _rate(lanes: str | None, speed: str | None) -> tuple[float | None, int | None]:
    if lanes is None:
        return None, None
    name = _WRITTEN.get(speed or "", speed or "")
    each = LANE.get(name)
    return (each * int(lanes) if each is not None else None), int(lanes)


def read_ibnetdiscover(path: Path, file: str, built: Built) -> None:
    """`ibnetdiscover`: a block for each node, a line for each of its ports that is up. Raises Unread."""
    here: int | None = None
    inner: set[str] = set()
    last = 0
    for number, text in lines(path, file):
        last = number
        if not text.strip() or text.startswith("#"):
            if "generated on" in text:
                stamp = text.partition("generated on")[2].strip()
                if built.stamp and built.stamp != stamp and built.formats.count("ibnetdiscover"):
                    built.stamp = f"{built.stamp}; {stamp}"
                built.stamp = built.stamp or stamp
            if not text.strip():
                here = None
            continue
        if _FACT.match(text):
            continue
        node = _NODE.match(text)
        if node:
            here = _node(node, file, number, built, inner)
            continue
        port = _PORT.match(text)
        if port is None:
            raise damaged(file, number, "this is not a line of `ibnetdiscover`", text)
        if here is None:
            raise damaged(file, number, "a port of no node: the line with the node's name is missing", text)
        if here >= 0 and port["key"] not in inner:
            _port(port, here, file, number, built, inner)
    if not last:
        raise damaged(file, 1, "the file is empty")


def _node(node: re.Match[str], file: str, number: int, built: Built, inner: set[str]) -> int:
    """The number of a node; -1 where it is inside of a switch."""
    name, part = described(node["name"] or "")
    if _INNER in name:
        built.inner += node["key"] not in inner
        inner.add(node["key"])
        return -1
    kind = "switch" if node["kind"] == "Switch" else "endpoint"
    guid = node["key"].partition("-")[2].lower()
    return built.device(node["key"], file, number, name=name, guid=guid, kind=kind, part=part)


def _port(port: re.Match[str], here: int, file: str, number: int, built: Built, inner: set[str]) -> None:
    key, rest = port["key"], port["rest"] or ""
    quoted = re.search(r'"(.*?)"', rest)
    name, part = described(quoted[1]) if quoted else ("", "")
    if _INNER in name:
        built.inner += 1
        inner.add(key)
        return
    kind = "switch" if key.startswith("S-") else "endpoint"
    far = built.device(key, file, number, name=name, guid=key.partition("-")[2].lower(), kind=kind, part=part)
    speed = _SPEED.search(rest)
    rate, lanes = _rate(speed["lanes"], speed["speed"]) if speed else (None, None)
    built.cable((here, port["port"]), (far, port["far"]), (file, number), rate=rate, lanes=lanes)


# --- iblinkinfo -------------------------------------------------------------------------------------------

_HEAD = re.compile(r"^(?P<kind>CA|Switch|Router|RT):\s+(?:(?P<guid>0x[0-9a-fA-F]+)\s+)?(?P<name>.*?):?\s*$")
_LINK = re.compile(
    r'^\s*(?:0x(?P<guid>[0-9a-fA-F]+)\s+)?(?:"(?P<own>[^"]*)"\s+)?(?P<lid>\d+)\s+(?P<port>\d+)\[[^\]]*\]\s*'
    r"==\(\s*(?P<state>.*?)\)==>\s*(?:(?:0x(?P<far_guid>[0-9a-fA-F]+)\s+)?(?P<far_lid>\d+)\s+(?P<far>\d+))?\s*\[[^\]]*\]\s*"
    r'"(?P<name>[^"]*)"'
)
_STATE = re.compile(r"(?P<lanes>\d+)X\s+(?P<speed>[\d.]+)\s*Gbps\s+Active", re.IGNORECASE)


def read_iblinkinfo(path: Path, file: str, built: Built) -> None:
    """`iblinkinfo`: a line for each port, with those that are down. Devices are told by their LIDs. Raises Unread."""
    kind, name, guid = "", "", ""
    for number, text in lines(path, file):
        head = _HEAD.match(text)
        if head:
            kind, name, guid = head["kind"], head["name"], (head["guid"] or "")[2:].lower()
            continue
        if not text.strip() or text.startswith("#"):
            continue
        link = _LINK.match(text)
        if link is None or not kind:
            raise damaged(file, number, "this is not a line of `iblinkinfo`", text)
        state = _STATE.search(link["state"])
        if state is None or link["far"] is None:
            built.down += 1
            continue
        own, part = described(link["own"] or name)
        sort = "switch" if kind == "Switch" else "endpoint"
        here = built.device(
            f"lid {link['lid']}", file, number, name=own, guid=guid if kind == "Switch" else "", kind=sort, part=part
        )
        far_name, far_part = described(link["name"])
        if _INNER in far_name or _INNER in own:
            built.inner += 1
            continue
        far = built.device(f"lid {link['far_lid']}", file, number, name=far_name, part=far_part)
        rate, lanes = _rate(
            state["lanes"], state["speed"].rstrip("0").rstrip(".") if "." in state["speed"] else state["speed"]
        )
        built.cable((here, link["port"]), (far, link["far"]), (file, number), rate=rate, lanes=lanes)


# --- .topo ------------------------------------------------------------------------------------------------

_SYSTEM = re.compile(r"^(?P<type>[^\s#]\S*)\s+(?P<name>\S+)(?:\s+CFG:.*)?\s*$")
_WIRE = re.compile(
    r"^\s+(?P<port>\S+)\s+(?:->|-(?P<lanes>\d+)x-(?P<speed>[\d.]+)G?->)\s+(?P<type>\S+)\s+(?P<name>\S+)\s+(?P<far>\S+)\s*$"
)


def read_topo(path: Path, file: str, built: Built) -> None:
    """A `.topo` file: a block for each system, its type and its name first. Raises Unread."""
    here: int | None = None
    for number, text in lines(path, file):
        text = text.partition("#")[0].rstrip()
        if not text:
            continue
        wire, system = _WIRE.match(text), _SYSTEM.match(text)
        if wire and here is not None:
            far = built.device(wire["name"], file, number, name=wire["name"], part=wire["type"])
            rate, lanes = _rate(wire["lanes"], wire["speed"])
            built.cable((here, wire["port"]), (far, wire["far"]), (file, number), rate=rate, lanes=lanes)
        elif system:
            here = built.device(system["name"], file, number, name=system["name"], part=system["type"])
        else:
            raise damaged(file, number, "this is not a line of a `.topo` file", text)
