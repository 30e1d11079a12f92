"""What a plane can do: as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cmxdsl.analysis.fabric import TooLarge
from cmxdsl.analysis.network import Network, bits, network
from cmxdsl.analysis.planes import planes
from cmxdsl.analysis.ports import TooManyPaths
from cmxdsl.backends.registry import Backend
from cmxdsl.backends.text import UNWRAPPED, Column, Table, plain
from cmxdsl.model import Census, Component
from cmxdsl.units import show

FORMATS = ("table", "json")
NOT_NETWORKS = ("power", "host")  # joined pair by pair: asked for by name only


class NoPlane(Exception):
    """A plane that the design does not have; the message says which it has."""


def chosen(top: Component, census: Census, plane: str) -> list[str]:
    """The planes to answer for: the one named, else every network with links. Raises NoPlane."""
    found = {n: p for n, p in planes(top, census).items() if p.links and (n == plane or n not in NOT_NETWORKS)}
    if plane and plane not in found:
        raise NoPlane(f"`{top.name}` has no links on a plane `{plane}`: it has {', '.join(found) or 'none'}")
    if not found:
        raise NoPlane(f"`{top.name}` has no network: no links on any plane")
    return [plane] if plane else list(found)


def write_fabric(
    top: Component, census: Census, plane: str, format: str, width: int = UNWRAPPED, color: bool = False
) -> str:
    """The answers about one plane, or all. Raises NoPlane, fabric.TooLarge, ports.TooManyPaths."""
    found = [network(top, name) for name in chosen(top, census, plane)]
    if format == "json":
        content = {"design": top.name, "planes": [_json(one) for one in found]}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return plain([table for one in found for table in _tables(top, one)], width, color)


def _rate(value: float | None) -> str:
    return "unknown" if value is None else show(bits(value), "b/s", places=4)


def _tables(top: Component, one: Network) -> Iterator[Table]:
    rows = [("endpoints", f"{one.endpoints:,}"), ("switches", f"{one.switches:,}"), ("links", f"{one.links:,}")]
    if one.components != 1:
        rows.append(("separate parts", f"{one.components:,}"))
    reach = one.distances
    if reach is not None and reach.pairs:
        rows += [("diameter", f"{reach.diameter} links"), ("mean distance", f"{reach.mean:.3f} links")]
        if reach.unreached:
            rows.append(("pairs without a path", f"{reach.unreached:,}"))
    elif one.too_many:
        rows.append(("distances", one.too_many))
    rows.append(("injection, each way", _rate(one.injection)))
    if one.throughput is not None:
        rows.append(("all-to-all", f"{one.throughput:.1%} of injection, held by {one.bottleneck}"))
    if one.bisection is not None:
        b = one.bisection
        text = _rate(b.high) if b.exact else f"{_rate(b.low)} to {_rate(b.high)}"
        rows += [("bisection, each way", text), ("least cut found", b.cut)]
    if one.oversubscription is not None:
        rows.append(("oversubscription, greatest", f"{one.oversubscription:.3g} : 1"))
    title = f"{top.name}: {one.plane.replace('_', '-')} plane"
    yield Table(title, (Column(""), Column("")), tuple(rows))
    lines = []
    for t in one.tiers:
        links = f"{t.used[0]:,}" if t.used[0] == t.used[1] else f"{t.used[0]:,} to {t.used[1]:,}"
        ratio = f"{t.oversubscription:.3g} : 1" if t.tier > 0 and t.oversubscription is not None else ""
        lines.append((str(t.tier) if t.tier >= 0 else "none", t.devices.label, t.devices.component.name,
                      f"{t.devices.count:,}", f"{t.ports:,}", links, f"{t.free:,}", ratio))  # fmt: skip
    titles = (("tier", True), ("devices", False), ("part", False), ("count", True), ("ports", True), ("links", True),
              ("free", True), ("down : up", True))  # fmt: skip
    yield Table("tiers", tuple(Column(*t) for t in titles), tuple(lines))
    if reach is not None and reach.pairs:
        cells = [(str(d), f"{n:,}", f"{n / reach.pairs:.2%}") for d, n in reach.histogram.items()]
        columns = (Column("links between", True), Column("pairs of endpoints", True), Column("share", True))
        yield Table("distances", columns, tuple(cells))
    if one.failures:
        lost = [(f.kind, f.label, f"{f.cut_off:,}" if f.cut_off else "none", f"{f.share:.2%}") for f in one.failures]
        heads = (
            Column("one"),
            Column("which fails"),
            Column("endpoints cut off", True),
            Column("of all bandwidth", True),
        )
        yield Table("single failures", heads, tuple(lost))


def _json(one: Network) -> dict[str, Any]:
    reach, halves = one.distances, one.bisection
    return {
        "plane": one.plane, "endpoints": one.endpoints, "switches": one.switches, "links": one.links,
        "components": one.components,
        "tiers": [
            {
                "tier": t.tier, "devices": t.devices.label, "part": t.devices.component.name, "count": t.devices.count,
                "ports": t.ports, "links_least": t.used[0], "links_most": t.used[1], "free": t.free,
                "oversubscription": t.oversubscription if t.tier > 0 else None,
            }
            for t in one.tiers
        ],
        "diameter": reach.diameter if reach is not None else None,
        "mean_distance": reach.mean if reach is not None else None,
        "distances": {str(d): n for d, n in reach.histogram.items()} if reach is not None else None,
        "pairs_without_path": reach.unreached if reach is not None else None,
        "too_many": one.too_many or None,
        "injection_bps": one.injection,
        "all_to_all_share": one.throughput,
        "all_to_all_bottleneck": one.bottleneck or None,
        "oversubscription": one.oversubscription,
        "bisection_bps": {"low": halves.low, "high": halves.high, "exact": halves.exact, "cut": halves.cut}
        if halves is not None else None,
        "failures": [
            {"kind": f.kind, "label": f.label, "cut_off": f.cut_off, "share": f.share} for f in one.failures
        ],
    }  # fmt: skip


def _files(top: Component, census: Census) -> Iterator[tuple[str, bytes | str]]:
    try:
        yield "fabric.txt", write_fabric(top, census, "", "table")
        yield "fabric.json", write_fabric(top, census, "", "json")
    except (NoPlane, TooLarge, TooManyPaths):
        return


BACKEND = Backend("fabric", _files)
