"""Device types, module types and rack types of NetBox, as its community's library keeps them: a YAML file each.

What a type has is read; what does not belong to the format is a finding, and what cmx has no place for is counted.
Whether what was read is plausible is `device_lint`'s question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from cmxdsl.diagnostics import Diagnostic, nearest
from cmxdsl.readers.built import Unread, damaged, place
from cmxdsl.readers.rules import STRANGE
from cmxdsl.readers.yaml_text import Listing, Mapping, Scalar, Value, yaml_of
from cmxdsl.records import define, field, frozen

MAX_PARTS = 10_000  # ports, bays and inlets of one type
MAX_TEXT = 100  # characters of a name or a model that are kept

_KNOWN = {
    "manufacturer", "model", "part_number", "description", "comments", "weight", "weight_unit", "u_height", "slug",
    "airflow", "is_powered", "subdevice_role",
}  # fmt: skip
_LOST = {
    "is_full_depth": "whether it is as deep as the rack",
    "front_image": "a picture",
    "rear_image": "a picture",
    "profile": "a profile of attributes",
    "attributes": "attributes of a profile",
}
_RACK_LOST = {
    "form_factor": "the form of the rack",
    "width": "the width between its rails",
    "outer_height": "its outer height",
    "mounting_depth": "the depth between its rails",
    "starting_unit": "the number of its lowest unit",
    "desc_units": "the order of its numbers",
}
_RACK = {"outer_width", "outer_depth", "outer_unit", "max_weight"}
LISTS: dict[str, frozenset[str]] = {
    "interfaces": frozenset(
        {"name", "label", "type", "mgmt_only", "enabled", "description", "bridge", "poe_mode", "poe_type", "rf_role"}
    ),
    "power-ports": frozenset({"name", "label", "type", "maximum_draw", "allocated_draw", "description"}),
    "power-outlets": frozenset({"name", "label", "type", "power_port", "feed_leg", "description", "color"}),
    "console-ports": frozenset({"name", "label", "type", "description", "_is_power_source"}),
    "console-server-ports": frozenset({"name", "label", "type", "description"}),
    "front-ports": frozenset(
        {"name", "label", "type", "color", "rear_port", "rear_port_position", "positions", "description"}
    ),
    "rear-ports": frozenset({"name", "label", "type", "color", "positions", "description", "_is_power_source"}),
    "module-bays": frozenset({"name", "label", "position", "description"}),
    "device-bays": frozenset({"name", "label", "description"}),
    "inventory-items": frozenset({"name", "label", "manufacturer", "part_id", "description"}),
    "port-mappings": frozenset({"front_port", "front_port_position", "rear_port", "rear_port_position"}),
}
_UNNAMED = {"port-mappings"}
_POUNDS = Fraction("0.45359237")  # kg, exactly
_GRAMS = {"kg": Fraction(1000), "g": Fraction(1), "lb": _POUNDS * 1000, "oz": _POUNDS * 1000 / 16}
_MILLIMETRES = {"mm": Fraction(1), "in": Fraction("25.4")}
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
LANES = {"sdr": 10, "ddr": 20, "qdr": 40, "fdr10": 40, "fdr": 56, "edr": 100, "hdr": 200, "ndr": 400, "xdr": 800}
NOT_PORTS = re.compile(r"virtual|bridge|lag|ieee802\.1[15].*|other-wireless|gsm|cdma|lte|[45]g")
_ETHERNET = re.compile(r"(?P<rate>[0-9]{1,6}(?:\.[0-9]{1,6})?)(?P<giga>g?)base-.*")
AIRFLOWS = {
    "front-to-rear", "rear-to-front", "left-to-right", "right-to-left", "side-to-rear", "rear-to-side",
    "bottom-to-top", "top-to-bottom", "passive", "mixed",
}  # fmt: skip


@frozen
class Item:
    """An entry of one of the lists of a type: a port, an inlet, a bay."""

    name: str
    line: int
    values: dict[str, str]

    @property
    def type(self) -> str:
        return self.values.get("type", "")

    def number(self, key: str) -> Fraction | None:
        return Fraction(self.values[key]) if key in self.values else None


@define
class PartType:
    """A device, module or rack type. Masses are in grams, lengths in millimetres, `height` in rack units, each None
    where nothing is said. `lost` counts what has no place in a design, `problems` are findings."""

    kind: str  # device, module, rack
    file: str
    lines: dict[str, int]
    manufacturer: str = ""
    model: str = ""
    part_number: str = ""
    description: str = ""
    comments: str = ""
    airflow: str = ""
    role: str = ""
    powered: bool = True
    height: Fraction | None = None
    mass: Fraction | None = None
    carries: Fraction | None = None
    width: Fraction | None = None
    depth: Fraction | None = None
    lists: dict[str, list[Item]] = field(factory=dict)
    lost: Counter[str] = field(factory=Counter)
    problems: list[Diagnostic] = field(factory=list)

    def items(self, *names: str) -> Iterator[Item]:
        for name in names:
            yield from self.lists.get(name, ())

    def line(self, key: str) -> int:
        return self.lines.get(key, 1)


def spoken(type: str) -> tuple[str, Fraction | None]:
    """The technology of an interface type and its rate in Gb/s, of InfiniBand with four lanes; nothing of others."""
    ethernet = _ETHERNET.fullmatch(type)
    if ethernet:
        return "Ethernet", Fraction(ethernet["rate"]) / (1 if ethernet["giga"] else 1000)
    family, _, generation = type.partition("-")
    if family == "infiniband" and generation in LANES:
        return "InfiniBand", Fraction(LANES[generation])
    return "", None


def looks_like_type(head: str) -> bool:
    """Whether the beginning of a file is a type's."""
    keys = {line.partition(":")[0] for line in head.splitlines() if ":" in line}
    return {"manufacturer", "model"} <= keys


def read_type(path: Path, file: str) -> PartType:
    """A type. Raises Unread, LimitExceeded, OSError."""
    data = yaml_of(path, file)
    if not isinstance(data, Mapping):
        raise damaged(file, data.line, "a device type is a mapping of keys to values")
    return _Reading(file, data).read()


@define
class _Reading:
    file: str
    data: Mapping
    problems: list[Diagnostic] = field(factory=list)

    def read(self) -> PartType:
        keys = self.data.entries.keys()
        kind = "rack" if keys & {"form_factor", "outer_width", "outer_depth"} else "device"
        if kind == "device" and "u_height" not in keys and "slug" not in keys:
            kind = "module"
        made = PartType(kind, self.file, dict(self.data.lines))
        made.problems = self.problems
        for key in ("manufacturer", "model"):
            if not self._text(key):
                raise damaged(self.file, self.data.line, f"a {kind} type has no `{key}`")
        for key in ("manufacturer", "model", "part_number", "description", "comments"):
            setattr(made, key, self._text(key))
        made.powered = self._word("is_powered", {"true", "false"}) != "false"
        made.role = self._word("subdevice_role", {"parent", "child"})
        made.airflow = self._word("airflow", AIRFLOWS)
        made.height = self._number("u_height")
        made.mass = self._measure("weight", "weight_unit", _GRAMS)
        if kind == "rack":
            made.carries = self._measure("max_weight", "weight_unit", _GRAMS)
            made.width = self._measure("outer_width", "outer_unit", _MILLIMETRES)
            made.depth = self._measure("outer_depth", "outer_unit", _MILLIMETRES)
        self._rest(made, kind)
        return made

    def _rest(self, made: PartType, kind: str) -> None:
        """Lists, what is lost, and keys that the format does not have."""
        lost = {**_LOST, **(_RACK_LOST if kind == "rack" else {})}
        known = {*_KNOWN, *(_RACK if kind == "rack" else LISTS), *lost}
        for key, value in self.data.entries.items():
            line = self.data.lines[key]
            if key not in known:
                self._strange(line, f"a {kind} type has no key `{key[:MAX_TEXT]}`", nearest(key, known).text)
            elif key in LISTS:
                made.lists[key] = list(self._list(key, value, line))
            elif key in lost:
                made.lost[lost[key]] += 1
        if sum(map(len, made.lists.values())) > MAX_PARTS:
            raise damaged(self.file, 1, f"a type has no more than {MAX_PARTS:,} ports and bays")

    def _list(self, key: str, value: Value, line: int) -> Iterator[Item]:
        if isinstance(value, Scalar) and value.empty:
            return
        if not isinstance(value, Listing):
            raise damaged(self.file, line, f"`{key}` is a list")
        for entry in value.items:
            if not isinstance(entry, Mapping):
                raise damaged(self.file, entry.line, f"an entry of `{key}` is a mapping")
            name = entry.entries.get("name")
            if key not in _UNNAMED and (not isinstance(name, Scalar) or not name.text.strip()):
                raise damaged(self.file, entry.line, f"an entry of `{key}` has no name")
            yield Item(
                name.text.strip()[:MAX_TEXT] if isinstance(name, Scalar) else "",
                entry.line,
                dict(self._values(key, entry)),
            )

    def _values(self, key: str, entry: Mapping) -> Iterator[tuple[str, str]]:
        for what, value in entry.entries.items():
            line = entry.lines[what]
            if what not in LISTS[key]:
                close = nearest(what, LISTS[key]).text
                self._strange(line, f"an entry of `{key}` has no key `{what[:MAX_TEXT]}`", close)
            elif not isinstance(value, Scalar):
                self._strange(line, f"`{what}` is one value")
            elif what in ("maximum_draw", "allocated_draw"):
                if _NUMBER.fullmatch(value.text) and Fraction(value.text) > 0:
                    yield what, value.text
                elif not value.empty:
                    self._strange(line, f"`{what}` is a number of watts, not `{value.text[:MAX_TEXT]}`")
            elif not value.empty:
                yield what, value.text.strip()

    def _text(self, key: str) -> str:
        value = self.data.entries.get(key)
        if isinstance(value, Scalar):
            return "" if value.empty else value.text.strip()
        if value is not None:
            self._strange(self.data.lines[key], f"`{key}` is a text")
        return ""

    def _word(self, key: str, words: set[str]) -> str:
        text = self._text(key).lower()
        if text and text not in words:
            self._strange(
                self.data.lines[key], f"`{key}` is not `{text[:MAX_TEXT]}`: one of {', '.join(sorted(words))}"
            )
            return ""
        return text

    def _number(self, key: str) -> Fraction | None:
        text = self._text(key)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            self._strange(self.data.lines[key], f"`{key}` is a number that is not negative, not `{text[:MAX_TEXT]}`")
            return None
        return Fraction(text)

    def _measure(self, key: str, unit: str, units: dict[str, Fraction]) -> Fraction | None:
        """A number and its unit, which stands in a key of its own."""
        number = self._number(key)
        if number is None:
            return None
        word = self._word(unit, set(units))
        if not word:
            if unit not in self.data.entries:
                self._strange(self.data.lines[key], f"`{key}` has no `{unit}`")
            return None
        return number * units[word]

    def _strange(self, line: int, message: str, help: str = "") -> None:
        self.problems.append(STRANGE.at(place(self.file, line), message, help))


__all__ = ["NOT_PORTS", "Item", "PartType", "Unread", "looks_like_type", "read_type", "spoken"]
