"""What NetBox's API answers, as JSON: cables, interfaces, devices; a page or a list of them.

Of cables both ends are there, and of interfaces with what they are connected to, also behind patch panels, and at which
rate. Devices add what they are.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

from cmxdsl.readers.built import Built, damaged, place
from cmxdsl.readers.device_types import spoken
from cmxdsl.readers.rules import STRANGE
from cmxdsl.readers.structured import json_of

_METRES = {"km": 1000.0, "m": 1.0, "cm": 0.01, "mi": 1609.344, "ft": 0.3048, "in": 0.0254}
_ELSEWHERE = ("power", "console", "circuit", "wireless")  # kinds of ends that are no network port of a device
_NOT_THERE = ("planned", "decommissioning")
_SWITCHES = ("spine", "leaf", "switch", "tor", "core", "router")
_ENDPOINTS = ("server", "node", "compute", "gpu", "host", "storage")


def looks_like_netbox(head: str) -> bool:
    plain = head.lstrip()
    known = ('"a_terminations"', '"termination_a_type"', '"connected_endpoints"', '"device_type"')
    return plain[:1] in ("{", "[") and any(word in head for word in known)


def read_netbox(path: Path, file: str, built: Built) -> None:
    """Cables, interfaces or devices. Raises Unread, LimitExceeded."""
    data = json_of(path, file)
    rows = data.get("results") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise damaged(file, 1, "this JSON has no list `results`")
    if isinstance(data, dict) and data.get("next"):
        count = data.get("count")
        built.problems.append(
            STRANGE.at(
                place(file, 1),
                f"this is one page: {len(rows):,} of {count if isinstance(count, int) else 'more'} are in it",
                "ask for all at once, `?limit=0`, or give each page",
            )
        )
    left: Counter[str] = Counter()
    for number, row in enumerate(rows, 1):
        if "a_terminations" in row or "termination_a_type" in row:
            _cable(row, number, file, built, left)
        elif "connected_endpoints" in row or "connected_endpoint" in row:
            _interface(row, number, file, built, left)
        elif "device_type" in row:
            _device(row, number, file, built)
        else:
            raise damaged(file, 1, f"entry {number:,} is neither a cable nor an interface nor a device")
    for what, many in left.items():
        help = (
            "give the interfaces, `/api/dcim/interfaces/`: they know what is behind a panel" if "panel" in what else ""
        )
        built.problems.append(STRANGE.at(place(file, 1), f"{many:,} {what}", help or "give such cables as a CSV file"))


def _cable(row: dict[str, Any], number: int, file: str, built: Built, left: Counter[str]) -> None:
    if _value(row.get("status")) in _NOT_THERE:
        return
    sides = []
    for side in ("a", "b"):
        ends = row.get(f"{side}_terminations")
        if ends is None:  # before NetBox 3.3 a cable had one end on each side
            ends = [{"object_type": row.get(f"termination_{side}_type"), "object": row.get(f"termination_{side}")}]
        if not isinstance(ends, list) or not all(isinstance(end, dict) for end in ends):
            raise damaged(file, 1, f"the ends of cable {number:,} are no list")
        sides.append(ends)
    kinds = [str(end.get("object_type")) for ends in sides for end in ends]
    if any(word in kind for kind in kinds for word in _ELSEWHERE):
        return
    if any(not kind.endswith(".interface") for kind in kinds):
        left["cables end at a patch panel, and what is behind it is not in this file"] += 1
    elif len(sides[0]) != len(sides[1]):
        left["cables have more ends on one side than on the other, and which leads to which is not said"] += 1
    else:
        metres = _length(row, number, file)
        for a, b in zip(*sides, strict=True):
            ends = [_end(end.get("object"), number, "cable", file, built) for end in (a, b)]
            built.cable(ends[0], ends[1], (file, 1), metres=metres)


def _interface(row: dict[str, Any], number: int, file: str, built: Built, left: Counter[str]) -> None:
    here = _end(row, number, "interface", file, built)
    ends = row.get("connected_endpoints")
    if ends is None:
        ends = [row["connected_endpoint"]] if row.get("connected_endpoint") else []
    if not isinstance(ends, list):
        raise damaged(file, 1, f"the `connected_endpoints` of interface {number:,} are no list")
    kind = str(row.get("connected_endpoints_type") or row.get("connected_endpoint_type") or "dcim.interface")
    if not ends or not kind.endswith(".interface"):
        return
    if len(ends) > 1:
        left["interfaces are connected to several, and which leads to which is not said"] += 1
        return
    rate = row.get("speed")  # in kb/s, where somebody wrote it
    known = float(rate) * 1000 if isinstance(rate, (int, float)) and rate > 0 else None
    by_type = spoken(str(_value(row.get("type"))))[1]
    if known is None and by_type is not None:
        known = float(by_type * Fraction(10**9))
    built.cable(here, _end(ends[0], number, "interface", file, built), (file, 1), rate=known)


def _device(row: dict[str, Any], number: int, file: str, built: Built) -> None:
    name = row.get("name")
    if not isinstance(name, str) or not name:
        return  # a device that nobody named has no cable that could be told
    kind = row.get("device_type")
    model = kind.get("model") if isinstance(kind, dict) else None
    role = row.get("role") or row.get("device_role")
    said = str(role.get("slug") or role.get("name") or "") if isinstance(role, dict) else ""
    sort = "switch" if _has(said, _SWITCHES) else "endpoint" if _has(said, _ENDPOINTS) else ""
    part = model if isinstance(model, str) and sort == "switch" else ""  # of a host its adapters are compared
    built.device(name, file, 1, name=name, kind=sort, part=part)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.casefold() for word in words)


def _end(end: Any, number: int, what: str, file: str, built: Built) -> tuple[int, str]:
    """The device and the name of a port."""
    device = end.get("device") if isinstance(end, dict) else None
    name = device.get("name") or device.get("display") if isinstance(device, dict) else None
    port = end.get("name") or end.get("display") if isinstance(end, dict) else None
    if not isinstance(name, str) or not isinstance(port, str) or not name or not port:
        raise damaged(file, 1, f"{what} {number:,} has an end without the names of its device and port")
    return built.device(name, file, 1, name=name), port


def _length(row: dict[str, Any], number: int, file: str) -> float | None:
    length, unit = row.get("length"), _value(row.get("length_unit"))
    if length is None:
        return None
    try:
        return float(length) * _METRES[str(unit)]
    except (TypeError, ValueError, KeyError):
        raise damaged(file, 1, f"the length of cable {number:,} is `{str(length)[:20]} {str(unit)[:10]}`") from None


def _value(choice: Any) -> Any:
    """A choice, which newer versions write with its label."""
    return choice.get("value") if isinstance(choice, dict) else choice


__all__ = ["looks_like_netbox", "read_netbox"]
