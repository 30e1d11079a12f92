"""What switches and hosts say of their neighbours by LLDP: lldpd, SONiC, Arista; and PTM's Graphviz files.

A file is what one device printed. Its name without the suffix is the device's: `leaf-01.json` is from `leaf-01`, since
none of these formats names the device that prints it. A JSON file may hold several: an object with one member a device.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cmxdsl.readers.built import Built, Unread, damaged, lines
from cmxdsl.readers.structured import Json, json_of, text_of

Neighbour = tuple[str, str, str]  # own port, their name, their port


def host_of(path: Path) -> str:
    """The device that a file is from."""
    return path.stem


def read_lldp(path: Path, file: str, built: Built) -> None:
    """JSON of `lldpcli show neighbors -f json` or of Arista's `show lldp neighbors [detail]`. Raises Unread."""
    data = json_of(path, file)
    tables = {host_of(path): data} if _is_table(data) else data
    if not isinstance(tables, dict) or not all(_is_table(table) for table in tables.values()):
        raise damaged(file, 1, "this JSON has no `lldp` and no `lldpNeighbors`")
    for host, table in tables.items():
        for port, name, far in _neighbours(table, file):
            _seen(built, host, port, name, far, file, 1)


def _is_table(data: object) -> bool:
    return isinstance(data, dict) and ("lldp" in data or "lldpNeighbors" in data)


def _neighbours(table: Any, file: str) -> Iterator[Neighbour]:
    if "lldp" in table:
        yield from _lldpd(table["lldp"], file)
        return
    found = table["lldpNeighbors"]
    if isinstance(found, list):
        for row in found:
            port, name, far = (text_of(row, key, file) for key in ("port", "neighborDevice", "neighborPort"))
            yield port, name, far
        return
    for port, row in _members(found, file):
        for one in row.get("lldpNeighborInfo", []) if isinstance(row, dict) else ():
            far = one.get("neighborInterfaceInfo", {}) if isinstance(one, dict) else {}
            name = far.get("interfaceId_v2") or far.get("interfaceId") or far.get("interfaceDescription")
            if not isinstance(name, str):
                raise damaged(file, 1, f"the neighbour of `{port}` has no `interfaceId`")
            yield port, text_of(one, "systemName", file), name.strip('"')


def _members(data: Json, file: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(data, dict):
        raise damaged(file, 1, "an object is expected where something else is")
    yield from data.items()


def _lldpd(data: Any, file: str) -> Iterator[Neighbour]:
    """lldpd writes a list of interfaces, and where there is one, that one alone."""
    interfaces = data.get("interface", []) if isinstance(data, dict) else None
    if isinstance(interfaces, dict):
        interfaces = [{port: row} for port, row in interfaces.items()]
    if not isinstance(interfaces, list):
        raise damaged(file, 1, "`lldp` holds no list `interface`")
    for entry in interfaces:
        for port, row in _members(entry, file):
            chassis = row.get("chassis") if isinstance(row, dict) else None
            if not isinstance(chassis, dict) or not chassis:
                continue  # nobody answers at this port
            names = [key for key, value in chassis.items() if isinstance(value, dict) and key != "id"]
            if not names:
                continue  # a neighbour without a name: an adapter that answers for itself
            far = row.get("port", {})
            ident = far.get("id", {}) if isinstance(far, dict) else {}
            value = ident.get("value") if isinstance(ident, dict) and ident.get("type") != "mac" else None
            value = value or (far.get("descr") if isinstance(far, dict) else None)
            if not isinstance(value, str):
                raise damaged(file, 1, f"the neighbour of `{port}` names no port")
            yield port, names[0], value


def _seen(built: Built, host: str, port: str, name: str, far: str, file: str, line: int) -> None:
    here, there = (built.device(one, file, line, name=one) for one in (host, name))
    built.cable((here, port), (there, far), (file, line))


def read_sonic(path: Path, file: str, built: Built) -> None:
    """SONiC's `show lldp table`: columns under a rule of dashes. Raises Unread."""
    starts: list[int] = []
    for number, text in lines(path, file):
        if text.startswith("---"):
            starts = [m.start() for m in re.finditer(r"-+", text)]
            continue
        if not starts or not text.strip() or text.startswith("Total"):
            continue
        cells = [text[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
        if len(cells) < 3 or not all(cells[:3]):
            raise damaged(file, number, "a row of `show lldp table` has a port, a device and its port", text)
        _seen(built, host_of(path), cells[0], cells[1], cells[2], file, number)
    if not starts:
        raise damaged(file, 1, "the table of `show lldp table` has no rule of dashes")


_EDGE = re.compile(
    r'^\s*"(?P<a>[^"]+)":"(?P<ap>[^"]+)"\s*(?:--|->)\s*"(?P<b>[^"]+)":"(?P<bp>[^"]+)"\s*(?:\[.*\])?\s*;?\s*$'
)
_OTHER = re.compile(
    r'^\s*(?:(?:strict\s+)?(?:di)?graph\b.*\{|\}|"[^"]+"\s*\[.*\]\s*;?|\w+\s*=\s*[^;]*;?|(?:node|edge|graph)\s*\[.*\]\s*;?)\s*$'
)


def read_dot(path: Path, file: str, built: Built) -> None:
    """PTM's `topology.dot`: `"leaf1":"swp1" -- "spine1":"swp3"`, one a line. Raises Unread."""
    for number, text in lines(path, file):
        stripped = text.partition("//")[0] if '"' not in text.partition("//")[2] else text
        if not stripped.strip() or stripped.lstrip().startswith("#"):
            continue
        edge = _EDGE.match(stripped)
        if edge:
            _seen(built, edge["a"], edge["ap"], edge["b"], edge["bp"], file, number)
        elif not _OTHER.match(stripped):
            raise damaged(file, number, 'a cable is `"device":"port" -- "device":"port"`', text)


__all__ = ["Unread", "read_dot", "read_lldp", "read_sonic"]
