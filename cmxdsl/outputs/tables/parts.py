"""The parts of the library as tables: a list by what they do, or side by side with sources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cmxdsl.analysis.totals.catalogue import Part, speakers
from cmxdsl.model import Attribute, Claim, Component, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import as_number, value_json, value_text
from cmxdsl.schema import BY_NAME
from cmxdsl.units import Quantity, show

_GROUPS = {
    "accelerator": "Accelerators",
    "processor": "Processors",
    "nic": "Adapters",
    "memory": "Memory",
    "module": "Modules",
    "board": "Boards",
    "chassis": "Chassis",
    "switch": "Switches",
    "optic": "Optics",
    "cable": "Cables",
    "fiber": "Fibers",
    "rack": "Racks",
    "power": "Power",
    "cooling": "Cooling",
    "protocol": "Protocols",
    "topology": "Topologies",
}
_LISTED = {
    "compute.bf16": "BF16",
    "compute.fp8": "FP8",
    "memory.capacity": "memory",
    "memory.bandwidth": "bandwidth",
    "cores": "cores",
    "rate": "rate",
    "reach": "reach",
    "latency": "latency",
    "power.capacity": "delivers",
    "cooling_capacity": "cools",
    "fibers": "fibers",
    "loss": "loss",
    "power.peak": "peak",
    "height": "height",
    "max_mass": "carries",
    "price": "price",
}


def write_parts(
    parts: Sequence[Part], format: str, compare: bool = False, width: int = UNWRAPPED, color: bool = False
) -> str:
    """The list, or with `compare` every attribute of the parts side by side and where each comes from."""
    if format == "json":
        return json.dumps([_json(p) for p in parts], indent=2, ensure_ascii=False) + "\n"
    tables = [_beside(parts), _sources(parts)] if compare else [_narrow(t, width) for t in _lists(parts)]
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def _lists(parts: Sequence[Part]) -> Iterator[Table]:
    """A table for each group, with the columns that any of its parts fills."""
    for group, title in _GROUPS.items():
        members = [p for p in parts if p.group == group]
        shown = [a for a in _LISTED if any(_listed(p.component, a) for p in members)]
        ports = any(_ports(p.component) for p in members)
        known_by = {"topology": "parameters", "protocol": "plane"}.get(group, "vendor")
        columns = [Column("part"), Column(known_by), *(Column(_LISTED[a], True) for a in shown)]
        columns += [Column("ports")] * ports + [Column("module")]
        rows = tuple(
            (
                p.component.name,
                ", ".join(p.parameters) or p.component.text(known_by),
                *(_listed(p.component, a) for a in shown),
                *[_ports(p.component)] * ports,
                p.module,
            )
            for p in members
        )
        if rows:
            yield Table(title, tuple(columns), rows)


def _narrow(table: Table, width: int) -> Table:
    """The table without the columns of least interest, as far as it must do without them to fit."""
    for title in ("ports", "module", "vendor", "height", "latency", "bandwidth"):
        widths = [max(map(len, cells)) for cells in zip(*table.rows, strict=True)]
        if sum(max(w, len(c.title)) + 3 for w, c in zip(widths, table.columns, strict=True)) <= width:
            break
        kept = [k for k, c in enumerate(table.columns) if c.title != title]
        rows = tuple(tuple(row[k] for k in kept) for row in table.rows)
        table = Table(table.title, tuple(table.columns[k] for k in kept), rows)
    return table


def _listed(component: Component, name: str) -> str:
    """An attribute of the part, or what its parts add up to; `~` marks an estimate."""
    if name in component.attributes:
        return _marked(name, component.attributes[name])
    spec = BY_NAME[name]
    total = Subject(component).total(name) if spec.total and component.instances else None
    if total is None or total.value is None or total.value.value == 0:
        return ""
    return ("~" if {"estimated", "calibrated"} & total.shares.keys() else "") + show(total.value, spec.unit or None)


def _marked(name: str, attribute: Attribute) -> str:
    return ("~" if attribute.claim.guessed else "") + value_text(attribute.value, name)


def _ports(component: Component) -> str:
    """How many ports of which protocol, at what rate each way."""
    counts: dict[str, int] = {}
    for port in component.ports.values():
        said = port.protocol.name + (f" of {show(port.rate)}" if port.rate is not None else "")
        counts[said] = counts.get(said, 0) + port.count
    return ", ".join(f"{count:,} × {said}" for said, count in counts.items())


def _beside(parts: Sequence[Part]) -> Table:
    """One column for each part, one row for each attribute that any of them has."""
    components = [p.component for p in parts]
    names = [name for name in BY_NAME if any(name in c.attributes for c in components)]
    rows = [("module", *(p.module for p in parts)), ("kind", *(c.kind for c in components))]
    for name in names:
        rows.append((name, *(_marked(name, c.attributes[name]) if name in c.attributes else "" for c in components)))
    if any(c.ports for c in components):
        rows.append(("ports", *(_ports(c) for c in components)))
    return Table("", (Column(""), *(Column(c.name, True) for c in components)), tuple(rows))


def _sources(parts: Sequence[Part]) -> Table:
    """Where the numbers come from, other sources' numbers with them."""
    rows = []
    for part in parts:
        for name, attribute in part.component.attributes.items():
            for number, claim in enumerate((attribute.claim, *attribute.also)):
                if claim.note:
                    said = f"{claim.kind}: {claim.note}" if claim.guessed else claim.note
                    rows.append(
                        (part.component.name, f"also {name}" if number else name, value_text(claim.value, name), said)
                    )
    return Table("", (Column("part"), Column("figure"), Column("value", True), Column("from")), tuple(rows))


def _json(part: Part) -> dict[str, Any]:
    """A part; quantities are numbers in base units, with the unit and a text beside."""
    component = part.component
    return {
        "name": component.name,
        "module": part.module,
        "kind": component.kind,
        "doc": component.doc,
        "bases": list(component.bases),
        "variants": list(part.variants),
        "parameters": list(part.parameters),
        "attributes": {
            name: {**_claim_json(name, a.claim), "also": [_claim_json(name, c) for c in a.also]}
            for name, a in component.attributes.items()
        },
        "ports": [
            {
                "name": port.name,
                "count": port.count,
                "protocol": port.protocol.name,
                "plane": port.plane,
                "rate": as_number(port.rate.value) if port.rate is not None else None,
            }
            for port in component.ports.values()
        ],
        "contents": {i.name: {"part": i.component.name, "count": i.count} for i in component.instances.values()},
    }


def _claim_json(name: str, claim: Claim) -> dict[str, Any]:
    return {**value_json(claim.value, value_text(claim.value, name)), "kind": claim.kind, "note": claim.note}


# --- one part, whole --------------------------------------------------------------------------------------


def write_part(part: Part, parts: Sequence[Part], format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """All that one part states: what it is, its attributes with their sources, its ports, what it contains."""
    tables = list(_whole(part, parts))
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def _whole(part: Part, parts: Sequence[Part]) -> Iterator[Table]:
    component = part.component
    joined = sum(link.count * many for c, many in Subject(component).counts.items() for link in c.links)
    facts = [
        ("kind", component.kind),
        ("use", f"use {part.module}"),
        ("what it is", component.doc),
        ("variant of", ", ".join(component.bases)),
        ("variants", ", ".join(part.variants)),
        ("parameters", ", ".join(part.parameters)),
        ("used by", ", ".join(speakers(part, parts))),
        ("links inside", f"{joined:,}" if joined else ""),
    ]
    yield Table(component.name, (Column(""), Column("")), tuple(fact for fact in facts if fact[1]))
    attributes = tuple(_claims(component))
    if attributes:
        yield Table("Attributes", (Column("attribute"), Column("value", True), Column("from")), attributes)
    ports = tuple(
        (p.name, f"{p.count:,}", p.protocol.name, p.plane, show(p.rate) if p.rate is not None else "unknown", p.doc)
        for p in component.ports.values()
    )
    if ports:
        columns = (
            Column("port"),
            Column("count", True),
            Column("protocol"),
            Column("plane"),
            Column("rate, each way", True),
            Column(""),
        )
        yield Table("Ports", columns, ports)
    inside = tuple((i.name, f"{i.count:,}", i.component.name, i.component.kind) for i in component.instances.values())
    if inside:
        yield Table("Contains", (Column("name"), Column("count", True), Column("part"), Column("kind")), inside)


def _claims(component: Component) -> Iterator[tuple[str, str, str]]:
    for name, attribute in component.attributes.items():
        for number, claim in enumerate((attribute.claim, *attribute.also)):
            stated = "no source given" if isinstance(claim.value, Quantity) else ""
            told = {
                "estimated": f"estimated: {claim.note}",
                "calibrated": f"calibrated to {claim.note}",
                "derived": "computed",
                "stated": stated,
            }
            title = f"also {name}" if number else name
            yield title, value_text(claim.value, name), told.get(claim.kind, claim.note)
