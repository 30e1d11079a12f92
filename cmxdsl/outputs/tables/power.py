"""The power tree, its failures, and the heat: as tables and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from math import inf
from typing import Any

from cmxdsl.analysis.power import feeds, heat, loads, outages
from cmxdsl.analysis.totals.power import Power, PowerTree, power
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain
from cmxdsl.outputs.registry import Files, Unanswered
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import POWER


def write(subject: Subject, format: str, load: str = "peak", width: int = UNWRAPPED, color: bool = False) -> str:
    """The tree at `typical` or `peak` power. Raises index.TooMany, ports.TooManyPaths, Unanswered."""
    top = subject.top
    try:
        found = power(subject, load)
    except feeds.PowerLoop as error:
        raise Unanswered(f"`{error}` feeds itself: its power plane has a loop") from None
    tree = _tree(found.tree) if found.tree is not None else None
    if format == "json":
        content = {"design": top.name, "load": load, **(tree or {}), **_heat_json(found)}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    tables = [] if tree is None else _tables(top, load, tree)
    tables += _heat_tables(found)
    if not tables:
        return f"{top.name} has no links on the power plane and no racks.\n"
    return plain(tables, width, color)


def _tree(tree: PowerTree) -> dict[str, Any]:
    """Everything about the tree, as data."""
    whole = tree.facility
    return {
        "facility": {
            "entering_W": _watts(whole.entering),
            "machine_W": _watts(whole.machine),
            "cooling_W": _watts(whole.cooling),
            "lost_W": _watts(whole.lost),
            "unfed_W": _watts(whole.unfed),
            "pue": None if whole.pue is None else round(whole.pue, 4),
        },
        "devices": [
            {
                "path": load.group.label,
                "part": load.group.component.name,
                "count": load.group.count,
                "feeds": load.feeds,
                "inputs": load.inputs,
                "most_W": _watts(load.most),
                "least_W": _watts(load.least),
                "at": load.at,
                "capacity_W": None if load.group.capacity is None else float(load.group.capacity),
                "share": _share(load.share),
                "overloaded": load.overloaded,
                "loss_W": _watts(load.loss),
            }
            for load in tree.devices
        ],
        "phases": [
            {"at": name, "loads_W": [_watts(v) for v in values], "imbalance": round(loads.imbalance(values), 4)}
            for _, name, values in tree.phases
        ],
        "failures": [_failed(tree.net, array) for array in tree.failures],
    }


def _failed(net: feeds.PowerNet, array: outages.Outages) -> dict[str, Any]:
    """The failure that takes most, and the one that loads another most, which may be two."""
    dark, full = array.darkest, array.fullest
    over = full if full is not None and full.overloads else None
    return {
        "devices": array.group.label,
        "part": array.group.component.name,
        "tried": array.tried,
        "count": array.count,
        "device": net.name(dark.number) if dark else None,
        "lost_W": _watts(dark.lost) if dark else None,
        "dark": dark.dark if dark else None,
        "overloads_when": net.name(over.number) if over else None,
        "overloaded": net.name(over.loaded) if over else None,
        "share": _share(full.share) if full else None,
    }


def _share(value: float | None) -> float | None:
    """A share of what can be delivered; None where that is nothing, or is not said."""
    return None if value is None or value == inf else round(value, 4)


def _watts(value: float) -> float:
    return round(value, 2)


def _tables(top: Component, which: str, tree: dict[str, Any]) -> list[Table]:
    whole = tree["facility"]
    facts = [("entering", _power(whole["entering_W"])), ("machine", _power(whole["machine_W"]))]
    facts += [("cooling", _power(whole["cooling_W"]))] if whole["cooling_W"] else []
    facts += [("lost on the way", _power(whole["lost_W"]))]
    facts += [("not fed by any link", _power(whole["unfed_W"]))] if whole["unfed_W"] >= 1 else []
    facts += [("PUE", f"{whole['pue']:.3f}" if whole["pue"] is not None else "not known: not everything is fed")]
    tables = [Table(f"{top.name}: power at {which} load", (Column(""), Column("", True)), tuple(facts))]
    titles = (
        ("device", False),
        ("part", False),
        ("count", True),
        ("inputs", True),
        ("delivers at most", True),
        ("can deliver", True),
        ("load", True),
        ("loses, all", True),
    )
    rows = []
    for d in tree["devices"]:
        share = f"{d['share']:.0%}" if d["share"] is not None else "overloaded" if d["overloaded"] else ""
        capacity = "" if d["capacity_W"] is None else _power(d["capacity_W"])
        most = _power(d["most_W"]) if d["feeds"] else f"draws {_power(d['most_W'])}"
        rows.append(
            (
                d["path"],
                d["part"],
                f"{d['count']:,}",
                str(d["inputs"] or ""),
                most,
                capacity,
                share,
                _power(d["loss_W"]) if d["feeds"] and d["loss_W"] else "",
            )
        )
    tables.append(Table("from the sources down", tuple(Column(*t) for t in titles), tuple(rows)))
    if tree["phases"]:
        many = max(len(x["loads_W"]) for x in tree["phases"])
        rows = [
            (x["at"], *(_power(v) for v in x["loads_W"]), *[""] * (many - len(x["loads_W"])), f"{x['imbalance']:.1%}")
            for x in tree["phases"]
        ]
        columns = (
            Column("worst balance"),
            *(Column(f"L{k + 1}", True) for k in range(many)),
            Column("above mean", True),
        )
        tables.append(Table("phases", columns, tuple(rows)))
    lines = []
    for f in tree["failures"]:
        some = "" if f["tried"] == f["count"] else f": only {f['tried']:,} of {f['count']:,} tried"
        if f["tried"]:
            gone = (
                f"{_power(f['lost_W'])} in {f['dark']:,} device{'s' if f['dark'] > 1 else ''}"
                if f["dark"]
                else "nothing"
            )
            lines.append((f["device"] + some, f["part"], gone, _overloaded(f)))
        else:
            lines.append((f["devices"] + some, f["part"], "", ""))
    columns = (Column("when this fails"), Column("part"), Column("loses power"), Column("overloaded"))
    tables.append(Table("single failures, the worst of each kind", columns, tuple(lines)))
    return tables


def _overloaded(f: dict[str, Any]) -> str:
    if f["overloaded"] is None:
        return ""
    load = "which can deliver nothing" if f["share"] is None else f"at {f['share']:.0%}"
    when = f" when {f['overloads_when']} fails" if f["overloads_when"] != f["device"] else ""
    return f"{f['overloaded']} {load}{when}"


def _power(value: float) -> str:
    return show(loads.watts(value), "W", places=4)


# --- heat -------------------------------------------------------------------------------------------------


def _heat_tables(found: Power) -> list[Table]:
    if not found.racks:
        return []
    rows = []
    names = Counter(one.rack.id for one in found.racks)
    for one in found.racks:
        name = one.rack.id if names[one.rack.id] == 1 else f"{one.rack.id}, as {one.example}"
        flow = show(one.flow, "L/min", places=3) if one.flow is not None else ""
        rise = f"{float(one.rise):.1f} K" if one.rise is not None else ""
        air = show(one.air_flow, "m^3/h", places=3) if one.air_flow is not None else ""
        cells = [_heat(v) for v in (one.heat.air, one.heat.liquid, one.heat.unknown)]
        rows.append((name, f"{one.count:,}", *cells, air, flow, rise, one.loop))
    titles = (
        ("rack", False),
        ("count", True),
        ("to air", True),
        ("to liquid", True),
        ("not said", True),
        ("air flow", True),
        ("liquid flow", True),
        ("liquid warms", True),
        ("loop", False),
    )
    used = [k for k in range(len(titles)) if k < 2 or any(row[k] for row in rows)]
    columns = tuple(Column(*titles[k]) for k in used)
    tables = [Table(f"heat of one rack at {found.load} load", columns, tuple(tuple(r[k] for k in used) for r in rows))]
    if found.loops:
        lines = tuple(
            (x.name, _heat(x.heat), _heat(x.capacity) if x.capacity is not None else "?") for x in found.loops
        )
        tables.append(Table("liquid loops", (Column("loop"), Column("heat", True), Column("can carry", True)), lines))
    return tables


def _heat(value: Fraction) -> str:
    return show(Quantity(value, POWER), "W", places=4) if value else ""


def _heat_json(found: Power) -> dict[str, Any]:
    return {
        "racks": [
            {
                "rack": one.rack.id,
                "count": one.count,
                "such_as": one.example,
                "air_W": float(one.heat.air),
                "liquid_W": float(one.heat.liquid),
                "unknown_W": float(one.heat.unknown),
                "liquid_flow_L_min": float(one.flow.value * 60_000) if one.flow is not None else None,
                "liquid_rise_K": float(one.rise) if one.rise is not None else None,
                "loop": one.loop or None,
                "air_flow_m3_h": float(one.air_flow.value * 3600) if one.air_flow is not None else None,
            }
            for one in found.racks
        ],
        "loops": [
            {
                "loop": x.name,
                "heat_W": float(x.heat),
                "capacity_W": float(x.capacity) if x.capacity is not None else None,
            }
            for x in found.loops
        ],
    }


def files(subject: Subject) -> Files:
    try:
        if feeds.has_power(subject) or heat.racks(subject, "power.peak"):
            yield "power.txt", write(subject, "table")
            yield "power.json", write(subject, "json")
    except Unanswered:
        return  # CMX0709 says so
