"""Types of NetBox's library as parts of cmx: one definition each, and the protocols that the library of parts lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path, PurePath
from textwrap import wrap
from typing import NamedTuple

from cmxdsl.outputs.importing.formats import Written
from cmxdsl.outputs.importing.rows import Row, rows, spelled
from cmxdsl.outputs.importing.spelling import free, literal, member_name, number, plural, remark, type_name
from cmxdsl.readers.built import Unread
from cmxdsl.readers.device_lint import lint
from cmxdsl.readers.device_types import NOT_PORTS, Item, PartType, read_type, spoken
from cmxdsl.records import define, field
from cmxdsl.syntax.format import formatted

SWITCH_PORTS = 16  # ports of one rate from which on a box is taken for a switch
SLOW, FAST = Fraction(1), Fraction(10)  # Gb/s: a port of the one beside ports of the other is for management
WIDTH = 115  # of a comment at the head
MAX_LISTED = 120  # letters of a list of names in a comment

# What `std.protocols` has, by technology, rate in Gb/s and plane.
STANDARD = {
    ("Ethernet", Fraction(400), "scale_out"): "RoCE400",
    ("Ethernet", Fraction(800), "scale_out"): "Ethernet800",
    ("Ethernet", Fraction(200), "front_end"): "Ethernet200",
    ("Ethernet", Fraction(400), "front_end"): "Ethernet400",
    ("Ethernet", Fraction(1), "management"): "Ethernet1",
    ("InfiniBand", Fraction(400), "scale_out"): "NDR",
    ("InfiniBand", Fraction(800), "scale_out"): "XDR",
    ("NVLink3", Fraction(200), "scale_up"): "NVLink3",
    ("NVLink4", Fraction(200), "scale_up"): "NVLink4",
    ("NVLink5", Fraction(400), "scale_up"): "NVLink5",
    ("AC", None, "power"): "AC",
}
_DIRECT = {"dc-terminal", "molex-micro-fit-1x2", "molex-micro-fit-2x2", "molex-micro-fit-2x4"}
_DOUBTED = "the file contradicts itself"
_GPUS = re.compile(r"\bGPUs?\b")
_AIRFLOWS = {"front-to-rear": "front_to_rear", "rear-to-front": "rear_to_front", "passive": "passive"}


class Protocol(NamedTuple):
    """What a port speaks: a technology, its rate in Gb/s where that is known, the plane."""

    technology: str
    rate: Fraction | None
    plane: str


class Ports(NamedTuple):
    name: str
    row: Row
    protocol: Protocol
    feeds: bool = False


@define
class Names:
    """Names of definitions that are taken, and the protocols in use by name; what is said of rates of InfiniBand that
    follow from its generation."""

    infiniband: str = ""
    taken: set[str] = field(factory=lambda: set(STANDARD.values()))
    protocols: dict[Protocol, str] = field(factory=dict)

    def protocol(self, protocol: Protocol) -> str:
        if protocol not in self.protocols:
            name = STANDARD.get((protocol.technology, protocol.rate, protocol.plane))
            if name is None:
                name = self.definition(f"{protocol.technology} {_speed(protocol)} {_suffix(protocol)}")
            self.protocols[protocol] = name
        return self.protocols[protocol]

    def definition(self, text: str) -> str:
        name = free(type_name(text), self.taken)
        self.taken.add(name)
        return name

    def definitions(self) -> Iterator[str]:
        """What `std.protocols` does not have."""
        standard = set(STANDARD.values())
        for protocol, name in sorted(self.protocols.items(), key=lambda item: item[1]):
            if name in standard:
                continue
            rate = "" if protocol.rate is None else f"; rate = {number(protocol.rate)} Gb/s"
            if protocol.technology == "InfiniBand" and rate:
                rate += self.infiniband
            if protocol.rate is None and protocol.plane != "power":
                yield f"/// {protocol.technology}, at a rate that is not stated."
            yield f"protocol {name} {{ plane = {protocol.plane}{rate} }}"


def _speed(protocol: Protocol) -> str:
    """A rate as a name has it: `400`, and `100M` below 1 Gb/s."""
    if protocol.rate is None:
        return ""
    giga = protocol.rate >= 1
    return f"{float(protocol.rate if giga else protocol.rate * 1000):.4g}" + ("" if giga else "M")


def _suffix(protocol: Protocol) -> str:
    """The plane in a name, where one technology is on several."""
    network = protocol.technology in ("Ethernet", "InfiniBand", "Network")
    return protocol.plane if network and protocol.plane != "scale_out" else ""


def read(files: Sequence[str], format: str, plane: str) -> Written:
    """Parts for the types in some files. A file that cannot be read is a finding, and then there is no text."""
    parts, problems, whole = [], [], True
    for file in files:
        try:
            part = read_type(Path(file), file)
        except Unread as error:
            problems.append(error.finding)
            whole = False
            continue
        parts.append((part, lint(part)))
        problems += part.problems
    return Written(formatted(parts_text(parts, plane)) if whole else "", tuple(problems))


def parts_text(parts: Sequence[tuple[PartType, frozenset[str]]], plane: str) -> str:
    """A text of cmx with a definition for each type, those attributes unknown that are in doubt."""
    names = Names(' estimated "four lanes, as its sockets have"')
    definitions = ["\n".join(_definition(part, doubted, plane, names)) for part, doubted in parts]
    protocols = list(names.definitions())
    lines = [*_header(parts, plane), "", *protocols, *(("",) if protocols else ())]
    return "\n".join(lines) + "\n" + "\n\n".join(definitions) + "\n"


def _header(parts: Sequence[tuple[PartType, frozenset[str]]], plane: str) -> Iterator[str]:
    files = [PurePath(part.file).name for part, _ in parts]
    shown = f"{remark(files[0])}" if len(files) == 1 else f"{plural(len(files), 'file')}"
    yield f"//! Made by `cmx import` from {shown} of NetBox's device-type format."
    yield "//! Unknown, as the format has no place for it: price, failure rate, latency, what a device computes."
    if any(part.kind != "rack" for part, _ in parts):
        yield f"//! It names no plane: ports are taken to be on {plane}, slow ones and those that say so on management."
        yield "//! Behind a port stand the names that its maker gives it, as a map for `--names` has them."
    lost = sum((part.lost for part, _ in parts), Counter[str]())
    lost += sum((_unused(part) for part, _ in parts), Counter[str]())
    if lost:
        listed = "; ".join(f"{what}" + (f" ({many:,})" if many > 1 else "") for what, many in sorted(lost.items()))
        yield from (f"//! {line}" for line in wrap(f"Left out: {listed}.", WIDTH))
    if any(part.kind != "rack" for part, _ in parts):
        yield "use std.protocols"


def _unused(part: PartType) -> Counter[str]:
    """What a type has that becomes nothing."""
    names = {
        "console-ports": "console ports",
        "console-server-ports": "console server ports",
        "front-ports": "front ports of a panel",
        "rear-ports": "rear ports of a panel",
        "port-mappings": "ways through a panel",
        "module-bays": "bays for modules",
        "device-bays": "bays for devices",
        "inventory-items": "inventory items",
    }
    found = Counter({text: len(part.lists.get(key, ())) for key, text in names.items()})
    found["interfaces without a socket"] = sum(bool(NOT_PORTS.fullmatch(i.type)) for i in part.items("interfaces"))
    if part.airflow and part.airflow not in _AIRFLOWS:
        found[f"airflow {part.airflow}"] = 1
    return +found


# --- one part ---------------------------------------------------------------------------------------------


def _definition(part: PartType, doubted: frozenset[str], plane: str, names: Names) -> Iterator[str]:
    ports = list(_interfaces(part, plane))
    kind, why = _kind(part, ports)
    model = part.model
    named = model if model.lower().startswith(part.manufacturer.lower()) else f"{part.manufacturer} {model}"
    yield f"/// {remark(part.manufacturer)} {remark(model)}{why}"
    if part.description:
        yield f"/// {remark(part.description)}"
    yield f"{kind} {names.definition(named)} {{"
    yield f"vendor = {literal(part.manufacturer)}"
    yield f"part_number = {literal(part.part_number or model)}"
    if kind == "module" and part.lists.get("power-outlets"):
        yield "role = power"
    yield from _body(part, kind, doubted)
    yield from _power(part, doubted)
    taken: set[str] = set()
    for group in (*ports, *_inlets(part)):
        yield from _port(group, kind, taken, names)
    yield "}"


def _kind(part: PartType, ports: Sequence[Ports]) -> tuple[str, str]:
    """The kind of a type, and how it was told where it was guessed."""
    if part.kind != "device":
        return part.kind, "."
    if part.lists.get("power-outlets"):
        return "module", ": it has outlets."
    by_rate: Counter[Protocol] = Counter()
    for group in ports:
        if group.protocol.plane != "management":
            by_rate[group.protocol] += len(group.row.names)
    most = max(by_rate.values(), default=0)
    if most >= SWITCH_PORTS and not _GPUS.search(part.comments + part.description):
        return "switch", f". Taken for a switch, as it has {most} ports of one kind."
    return "chassis", "."


def _body(part: PartType, kind: str, doubted: frozenset[str]) -> Iterator[str]:
    if part.height is not None and part.role != "child":
        if "height" in doubted and part.height:
            yield f"// {_DOUBTED} about the height"
        if part.height == 0:
            yield "zero_u = true"
        else:
            yield f"height = {number(part.height)} U"
    if part.mass is not None:
        yield f"mass = {_kilograms(part.mass)}" if "mass" not in doubted else "mass = unknown // " + _DOUBTED
    if kind == "rack":
        for name, length in (("width", part.width), ("depth", part.depth)):
            if length is not None:
                yield f"{name} = {number(length)} mm"
        if part.carries is not None:
            yield f"max_mass = {_kilograms(part.carries)}"
    if part.airflow in _AIRFLOWS:
        yield f"airflow = {_AIRFLOWS[part.airflow]}"


def _kilograms(grams: Fraction) -> str:
    return f"{number(grams / 1000)} kg"


def _power(part: PartType, doubted: frozenset[str]) -> Iterator[str]:
    """What it draws. Several supplies at their most are an upper bound: one may be there for when another fails."""
    inlets = list(part.items("power-ports"))
    outlets = list(part.items("power-outlets"))
    if part.kind == "rack" or outlets or (not inlets and part.kind == "module"):
        return
    lines = []
    for name, key, meaning in (("typical", "allocated_draw", "allocated"), ("peak", "maximum_draw", "most")):
        draws = [inlet.number(key) for inlet in inlets]
        known = [draw for draw in draws if draw is not None]
        if "power" in doubted:
            lines.append(f"{name} = unknown // {_DOUBTED}")
        elif not known or len(known) < len(draws):
            lines.append(f"{name} = unknown")
        else:
            lines.append(f"{name} = {number(sum(known, Fraction()))} W {_claim(known, meaning)}")
    yield "power {"
    yield from lines
    yield "}"


def _claim(draws: Sequence[Fraction], meaning: str) -> str:
    if meaning == "allocated":
        return 'estimated "what its power ports are allocated"'
    if len(draws) == 1:
        return 'from "maximum draw of its power port"'
    return f'estimated "its {len(draws)} power ports at their most: less where one is a reserve"'


def _port(group: Ports, kind: str, taken: set[str], names: Names) -> Iterator[str]:
    name = member_name(group.row.stem, kind, taken, group.name)
    taken.add(name)
    protocol = names.protocol(group.protocol)
    shape = f"[{', '.join(map(str, group.row.shape))}]" if group.row.shape else ""
    flow = " { flow = feeds }" if group.feeds else ""
    said = remark(spelled(group.row))
    if len(said) > MAX_LISTED:
        said = f"{said[:MAX_LISTED].rpartition(',')[0]}, … to {remark(group.row.names[-1])}"
    yield f"port {name}{shape}: {protocol}{flow} // {said}"


# --- ports ------------------------------------------------------------------------------------------------


def _interfaces(part: PartType, plane: str) -> Iterator[Ports]:
    """Ports of one kind whose names differ in numbers only are one array."""
    sockets = [i for i in part.items("interfaces") if not NOT_PORTS.fullmatch(i.type)]
    spoken = {id(item): _spoken(item.type) for item in sockets}
    fastest = max((rate for _, rate in spoken.values() if rate is not None), default=Fraction())
    groups: dict[Protocol, list[str]] = {}
    for item in sockets:
        technology, rate = spoken[id(item)]
        slow = rate is not None and rate <= SLOW and fastest >= FAST
        manages = item.values.get("mgmt_only") == "true" or slow
        groups.setdefault(Protocol(technology, rate, "management" if manages else plane), []).append(item.name)
    for protocol, names in groups.items():
        for row in rows(names):
            yield Ports("net", row, protocol)


def _spoken(type: str) -> tuple[str, Fraction | None]:
    """The technology of an interface type and its rate in Gb/s."""
    technology, rate = spoken(type)
    return technology or type_name(type), rate


def _inlets(part: PartType) -> Iterator[Ports]:
    for key, feeds, otherwise in (("power-ports", False, "inlet"), ("power-outlets", True, "outlet")):
        groups: dict[Protocol, list[str]] = {}
        for item in part.items(key):
            groups.setdefault(_current(item), []).append(item.name)
        for protocol, names in groups.items():
            for row in rows(names):
                yield Ports(otherwise, row, protocol, feeds)


def _current(item: Item) -> Protocol:
    return Protocol("DC" if item.type in _DIRECT else "AC", None, "power")


__all__ = ["parts_text", "read"]
