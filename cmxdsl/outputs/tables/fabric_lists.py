"""Lists about a plane: pairs of endpoints by their distance, and free ports by array and device."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cmxdsl.analysis.base.free import EXAMPLES, FreePorts, free_ports
from cmxdsl.analysis.network.answers import chosen, of_planes
from cmxdsl.analysis.network.pairs import Apart, pairs_apart
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain

MOST = 50  # rows of a table; JSON has all


def write_pairs(
    subject: Subject,
    plane: str,
    distance: int,
    format: str,
    width: int = UNWRAPPED,
    color: bool = False,
    among: str = "",
) -> str:
    """Which of the endpoints in `among` are `distance` links apart. Raises answers.NoPlane and what `pairs_apart`
    raises."""
    top = subject.top
    found = of_planes(subject, plane, lambda name: pairs_apart(subject, name, distance, among))
    return _written(top, found, format, _pairs_json, lambda one: _pairs_tables(top, one), width, color)


def write_free(subject: Subject, plane: str, format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """Which ports have no link. Raises answers.NoPlane and what `free_ports` raises."""
    top = subject.top
    found = [(name, free_ports(subject, name)) for name in chosen(subject, plane)]
    return _written(top, found, format, _free_json, lambda one: _free_tables(top, *one), width, color)


def _written(
    top: Component,
    found: list[Any],
    format: str,
    as_json: Callable[[Any], dict[str, Any]],
    tables: Callable[[Any], Iterator[Table]],
    width: int,
    color: bool,
) -> str:
    if format == "json":
        content = {"design": top.name, "planes": [as_json(one) for one in found]}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return plain([table for one in found for table in tables(one)], width, color)


def which(among: Sequence[str], others: Sequence[str]) -> str:
    """The endpoints that are asked about."""
    return f"{', '.join(among)}; not {', '.join(others)}"


def _title(top: Component, plane: str) -> str:
    return f"{top.name}: {plane.replace('_', '-')} plane"


# --- pairs ------------------------------------------------------------------------------------------------


def _pairs_tables(top: Component, found: Apart) -> Iterator[Table]:
    total = sum(p.count for p in found.pairs)
    there = ", ".join(map(str, found.distances))
    none = f"none: they are {there} links apart" if there else "none: no endpoint reaches another"
    facts = [(f"pairs {found.distance} links apart", f"{total:,}" if found.pairs else none)]
    facts += [("endpoints", which(found.among, found.others))] if found.others else []
    yield Table(_title(top, found.plane), (Column(""), Column("")), tuple(facts))
    if not found.pairs:
        return
    rows = [
        (p.a.label, p.b.label, f"{p.count:,}", _span(p.partners), " and ".join(p.example)) for p in found.pairs[:MOST]
    ]
    if len(found.pairs) > MOST:
        rest = found.pairs[MOST:]
        rows.append((f"{len(rest):,} more", "", f"{sum(p.count for p in rest):,}", "", ""))
    columns = (
        Column("endpoints"),
        Column("and"),
        Column("pairs", True),
        Column("partners of one", True),
        Column("for example"),
    )
    yield Table("by array", columns, tuple(rows))


def _span(values: tuple[int, int]) -> str:
    low, high = values
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _pairs_json(found: Apart) -> dict[str, Any]:
    return {
        "plane": found.plane,
        "among": list(found.among),
        "others": list(found.others),
        "distance": found.distance,
        "distances": list(found.distances),
        "pairs": [
            {
                "a": p.a.label,
                "b": p.b.label,
                "count": p.count,
                "partners_fewest": p.partners[0],
                "partners_most": p.partners[1],
                "example": list(p.example),
            }
            for p in found.pairs
        ],
    }


# --- free ports -------------------------------------------------------------------------------------------


def _free_tables(top: Component, plane: str, found: list[FreePorts]) -> Iterator[Table]:
    rows = []
    for group in found:
        numbers = (
            len(group.free),
            len(group.free) * group.port.count,
            *map(int, (group.free.sum(), group.free.min(), group.free.max())),
        )
        rows.append((group.label or top.name, group.component.name, group.port.name, *(f"{n:,}" for n in numbers)))
    columns = (
        Column("devices"),
        Column("part"),
        Column("port"),
        Column("count", True),
        Column("ports", True),
        Column("free in all", True),
        Column("fewest of one", True),
        Column("most", True),
    )
    yield Table(f"{_title(top, plane)}, free ports", columns, tuple(rows))
    single = [
        (
            group.port.name,
            f"{number:,} of {group.port.count:,}",
            f"{many:,}",
            ", ".join(name or top.name for name in examples) + (", …" if many > EXAMPLES else ""),
        )
        for group in found
        if group.free.any()
        for number, many, examples in group.counts()
        if number
    ]
    if single:
        heads = (Column("port"), Column("free of one", True), Column("devices", True), Column("which"))
        shown = single[:MOST]
        if len(single) > MOST:
            shown.append(("", "", "", f"{len(single) - MOST:,} more lines: `--format json` has all"))
        yield Table("devices with free ports", heads, tuple(shown))


def _free_json(one: tuple[str, list[FreePorts]]) -> dict[str, Any]:
    plane, found = one
    return {
        "plane": plane,
        "groups": [
            {
                "devices": group.label,
                "part": group.component.name,
                "port": group.port.name,
                "count": len(group.free),
                "ports_each": group.port.count,
                "free_all": int(group.free.sum()),
                "free_fewest": int(group.free.min()),
                "free_most": int(group.free.max()),
                "by_free": [
                    {"free": number, "devices": many, "examples": list(examples)}
                    for number, many, examples in group.counts()
                ],
            }
            for group in found
        ],
    }
