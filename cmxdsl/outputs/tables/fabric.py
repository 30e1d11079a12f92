"""What a plane can do: as tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from math import inf
from typing import Any

from cmxdsl.analysis.network.answers import Answers, NoPlane, answers, chosen, of_planes
from cmxdsl.analysis.network.ends import NoEndpoint
from cmxdsl.analysis.network.failures import Failure
from cmxdsl.analysis.network.left import Left, Remains
from cmxdsl.analysis.network.metrics import Network, bits
from cmxdsl.analysis.network.tiers import Tier
from cmxdsl.analysis.network.traffic import Traffic
from cmxdsl.diagnostics import listing
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain
from cmxdsl.outputs.registry import Files, Unwritable
from cmxdsl.outputs.tables.fabric_lists import which, write_free, write_pairs
from cmxdsl.records import as_dict
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import TIME

LEFT = ("throughput left", "bisection left")


def write(
    subject: Subject,
    format: str,
    plane: str = "",
    pairs: int | None = None,
    free: bool = False,
    failures: int = 0,
    among: str = "",
    width: int = UNWRAPPED,
    color: bool = False,
) -> str:
    """The answers about one plane, or all that have endpoints in `among`, with what so many `failures` at once leave
    (see `answers`); or only the `pairs` that are so many links apart, or the `free` ports.

    Raises Unwritable, graph.PlaneTooLarge, ports.TooManyPaths."""
    top = subject.top
    try:
        if pairs is not None:
            return write_pairs(subject, plane, pairs, format, width, color, among)
        if free:
            return write_free(subject, plane, format, width, color)
        found = of_planes(subject, plane, lambda name: answers(subject, name, failures, among))
    except (NoPlane, NoEndpoint) as error:
        raise Unwritable(str(error)) from None
    if format == "json":
        content = {"design": top.name, "planes": [_json(one) for one in found]}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return plain([table for one in found for table in _tables(top, one)], width, color)


def _rate(value: float | None) -> str:
    return "unknown" if value is None else show(bits(value), "b/s", places=4)


def _seconds(value: Fraction) -> str:
    return show(Quantity(value, TIME), "s", places=4)


def _tables(top: Component, found: Answers) -> Iterator[Table]:
    one = found.network
    rows = [("endpoints", f"{one.endpoints:,}"), ("switches", f"{one.switches:,}"), ("links", f"{one.links:,}")]
    if one.others:
        rows.insert(1, ("which are", which(one.among, one.others)))
    if one.components != 1:
        rows.append(("separate parts", f"{one.components:,}"))
    reach = one.distances
    if reach is not None and reach.pairs:
        rows += [("diameter", f"{reach.diameter} links"), ("mean distance", f"{reach.mean:.3f} links")]
        if reach.unreached:
            rows.append(("pairs without a path", f"{reach.unreached:,}"))
    elif one.too_many:
        rows.append(("distances", one.too_many))
    rows += _carried(one, found.traffic)
    rows += _structure_rows(found)
    title = f"{top.name}: {one.plane.replace('_', '-')} plane"
    yield Table(title, (Column(""), Column("")), tuple(rows))
    if found.whole is not None:
        name = "all endpoints, in proportion to what each injects"
        yield Table(
            name,
            (Column(""), Column("")),
            (
                ("endpoints", f"{found.whole[0].endpoints:,}: {', '.join(found.whole[0].among)}"),
                *_carried(*found.whole),
            ),
        )
    lines = []
    for t in one.tiers:
        links = f"{t.used[0]:,}" if t.used[0] == t.used[1] else f"{t.used[0]:,} to {t.used[1]:,}"
        f = found.free[t.devices.names]
        lines.append(
            (
                str(t.tier) if t.tier >= 0 else "none",
                t.devices.label,
                t.devices.component.name,
                f"{t.count:,}",
                f"{t.ports:,}",
                links,
                f"{f.fewest:,}",
                f"{f.most:,}",
                f"{f.all:,}",
                _ratio(t),
            )
        )
    titles = (
        ("tier", True),
        ("devices", False),
        ("part", False),
        ("count", True),
        ("ports", True),
        ("links", True),
        ("free, fewest", True),
        ("most", True),
        ("all", True),
        ("down : up", True),
    )
    yield Table("tiers", tuple(Column(*t) for t in titles), tuple(lines))
    if found.rails is not None and len(found.rails.served) > 1:
        served = [(str(r.rail), str(r.plane), f"{r.leaves:,}", r.label) for r in found.rails.served]
        yield Table(
            "rails and planes",
            (Column("rail", True), Column("plane", True), Column("switches", True), Column("of the first tier")),
            tuple(served),
        )
    if reach is not None and reach.pairs:
        cells = [(str(d), f"{n:,}", f"{n / reach.pairs:.2%}") for d, n in reach.histogram.items()]
        columns = (Column("links between", True), Column("pairs of endpoints", True), Column("share", True))
        yield Table("distances", columns, tuple(cells))
    if found.failures:
        yield from failure_tables("single failures", one, found.failures, *found.left[:1])
    if found.double:
        yield from failure_tables("two failures at once", one, found.double, *found.left[1:])


def failure_tables(
    what: str, net: Network, found: tuple[Failure, ...], left: dict[tuple[str, str], Remains] | None = None
) -> Iterator[Table]:
    """Each figure is the worst of any, for the endpoints that are asked about; where not all were tried, the label says
    how many were. What is `left`, where it is asked for, has columns of its own, and a table of what is not decided of
    it."""
    rows, open_ = [], []
    for f in found:
        label = f.label if f.decided else f"{f.label}: only {f.tried:,} of {f.count:,} tried"
        cells = (f"{f.isolated:,}", f"{f.pairs:,}", f"{f.islands:,}", f"{f.kept:.1%}", f"{f.share:.2%}")
        mine = [] if left is None else _left_of(left[f.kind, f.label])
        more = ["not decided" if one.share is None else f"{one.share:.1%}" for _, one in mine]
        open_ += [(f.kind, f.label, name, _between(one)) for name, one in mine if one.share is None]
        rows.append((f.kind, label, *(cells if f.tried else ("",) * len(cells)), *more))
    heads = ("isolated", "pairs lost", "islands", "kept", "rate lost", *(LEFT if left is not None else ()))
    first = (Column("one" if "single" in what else "two"), Column("which fails"))
    ends = f", for {', '.join(net.among)}" if net.others else ""
    yield Table(f"{what}{ends}: the worst of each", (*first, *(Column(h, True) for h in heads)), tuple(rows))
    if open_:
        yield Table("not decided of what is left", (*first, Column("of"), Column("why")), tuple(open_))


def _left_of(found: Remains) -> list[tuple[str, Left]]:
    return list(zip(LEFT, (found.throughput, found.bisection), strict=True))


def _between(one: Left) -> str:
    """Why a share is not decided, and the bounds of it that are known."""
    if one.high == inf:
        return one.why
    return f"{one.why}: {one.low:.1%} to {one.high:.1%}" if one.low else f"{one.why}: at most {one.high:.1%}"


def _ratio(t: Tier) -> str:
    """Rate downward over upward of one device, from the least to the greatest."""
    if t.least is None or t.most is None:
        return ""
    least, most = f"{t.least:.3g}", f"{t.most:.3g}"
    return (most if least == most else f"{least} to {most}") + " : 1" + (", one none up" if t.stuck else "")


def _carried(one: Network, found: Traffic) -> Iterator[tuple[str, str]]:
    """What endpoints can send to each other."""
    yield "injection, each way", _rate(one.injection)
    if one.throughput is not None:
        yield "all-to-all, shortest paths", f"{one.throughput:.1%} of injection, limited by {one.bottleneck}"
    elif one.undecided:
        yield "all-to-all, shortest paths", f"not decided: {one.undecided}"
    yield from _traffic_rows(found)
    if one.bisection is not None:
        b = one.bisection
        text = _rate(b.high) if b.exact else f"{_rate(b.low)} to {_rate(b.high)}"
        apart = one.components > 1 and not b.high
        yield "bisection, each way", text + (": the parts are not joined" if apart else "")
        if not apart:
            yield ("bisection is" if b.exact else "bisection is at most"), b.cut.label
            yield ("and no less, as" if b.exact else "and at least, as"), b.proof
    if one.worst is not None and one.worst.most is not None:
        yield "oversubscription, worst switch", f"{one.worst.most:.3g} : 1, {one.worst.worst}"
    if one.stuck:
        yield "switch without links upward", one.stuck
    if one.taper is not None:
        yield "oversubscription of the plane", f"{one.taper.ratio:.3g} : 1, above tier {one.taper.above}"


def _traffic_rows(found: Traffic) -> Iterator[tuple[str, str]]:
    if found.share is not None and found.best is not None:
        held = ", ".join(found.best.bottleneck[:3]) + (" and others" if len(found.best.bottleneck) > 3 else "")
        yield "all-to-all, best routing", f"{found.share:.1%} of injection, limited by {held}"
    elif found.too_hard:
        yield "all-to-all, best routing", f"not solved: {found.too_hard}"
    worst = found.permutation
    if worst is not None:
        text = f"{worst.high:.1%}" if worst.exact else f"{worst.low:.1%} to {worst.high:.1%}"
        yield "worst permutation", f"{text} of injection, limited by {worst.held_by}"


def _structure_rows(found: Answers) -> Iterator[tuple[str, str]]:
    paths, parts, time = found.paths, found.rails, found.latency
    if paths.by_link == 0:
        pass  # said by the pairs without a path
    elif paths.by_link is not None:
        yield "disjoint paths, fewest", f"{paths.by_link:,} by link, {paths.by_device:,} by device"
    else:
        yield "disjoint paths, fewest", f"at most {paths.degree:,}: too many pairs to count"
    if parts is not None:
        mixed = f": `{parts.mixed}` serves several ports of a node" if parts.mixed else ""
        yield "rails", f"{parts.count:,}{mixed}"
        yield "planes", f"{parts.planes:,}"
        if parts.networks > 1:
            yield "switches without endpoints", f"{parts.networks:,} separate networks"
    if isinstance(time, str):
        yield "latency", f"not decided: {time}"
    elif time.known:
        yield "latency", f"{_seconds(time.mean)} on average, {_seconds(time.greatest)} at most"
    elif time.lacking:
        yield "latency", f"unknown without {listing(time.lacking, 3)}"


def _json(found: Answers) -> dict[str, Any]:
    one, paths, parts, time = found.network, found.paths, found.rails, found.latency
    reach = one.distances
    return {
        "plane": one.plane,
        "endpoints": one.endpoints,
        "among": list(one.among),
        "others": list(one.others),
        "switches": one.switches,
        "links": one.links,
        "components": one.components,
        "tiers": [
            {
                "tier": t.tier,
                "devices": t.devices.label,
                "part": t.devices.component.name,
                "count": t.count,
                "ports": t.ports,
                "links_least": t.used[0],
                "links_most": t.used[1],
                "free_fewest": found.free[t.devices.names].fewest,
                "free_most": found.free[t.devices.names].most,
                "free_all": found.free[t.devices.names].all,
                "oversubscription": t.most,
                "oversubscription_least": t.least,
                "worst": t.worst or None,
                "without_links_upward": t.stuck or None,
            }
            for t in one.tiers
        ],
        "diameter": reach.diameter if reach is not None else None,
        "mean_distance": reach.mean if reach is not None else None,
        "distances": {str(d): n for d, n in reach.histogram.items()} if reach is not None else None,
        "pairs_without_path": reach.unreached if reach is not None else None,
        "too_many": one.too_many or None,
        **_figures(one, found.traffic),
        "all_endpoints": {"endpoints": found.whole[0].endpoints, "among": list(found.whole[0].among)}
        | _figures(*found.whole)
        if found.whole is not None
        else None,
        "disjoint_paths": {"by_link": paths.by_link, "by_device": paths.by_device, "least_degree": paths.degree},
        "rails": {
            "count": parts.count,
            "planes": parts.planes,
            "networks": parts.networks,
            "mixed": parts.mixed or None,
            "served": [
                {"rail": r.rail, "plane": r.plane, "switches": r.leaves, "label": r.label} for r in parts.served
            ],
        }
        if parts is not None
        else None,
        "latency_s": {
            "mean": float(time.mean),
            "greatest": float(time.greatest),
            "distribution": {f"{t / 10**12:.12f}".rstrip("0"): n for t, n in time.histogram.items()},
        }
        if not isinstance(time, str) and time.known
        else None,
        "latency_lacks": list(time.lacking) if not isinstance(time, str) and time.lacking else None,
        "latency_undecided": time if isinstance(time, str) else None,
        "failures": [_failure(f, *found.left[:1]) for f in found.failures],
        "double_failures": [_failure(f, *found.left[1:]) for f in found.double] if found.double is not None else None,
    }


def _failure(found: Failure, left: dict[tuple[str, str], Remains] | None = None) -> dict[str, Any]:
    """With what is left where that is asked for: null, with a reason, where it is not decided."""
    more = (
        {}
        if left is None
        else {
            name.replace(" ", "_"): {
                "share": one.share,
                "low": one.low,
                "high": None if one.high == inf else one.high,
                "where": one.where or None,
                "undecided": one.why if one.share is None else None,
            }
            for name, one in _left_of(left[found.kind, found.label])
        }
    )
    return {**as_dict(found), **more}


def _figures(one: Network, found: Traffic) -> dict[str, Any]:
    """What endpoints can send to each other."""
    worst, best, halves, over = found.permutation, found.best, one.bisection, one.worst
    return {
        "injection_bps": one.injection,
        "all_to_all_share": one.throughput,
        "all_to_all_bottleneck": one.bottleneck or None,
        "all_to_all_undecided": one.undecided or None,
        "best_all_to_all_share": found.share,
        "best_all_to_all_bottleneck": list(best.bottleneck) if best is not None else None,
        "worst_permutation": {
            "low": worst.low,
            "high": worst.high,
            "exact": worst.exact,
            "held_by": worst.held_by,
        }
        if worst is not None
        else None,
        "bisection_bps": {
            "low": halves.low,
            "high": halves.high,
            "exact": halves.exact,
            "cut": halves.cut.label,
            "proof": halves.proof,
        }
        if halves is not None
        else None,
        "oversubscription": one.oversubscription,
        "oversubscription_at": over.worst if over is not None else None,
        "taper": {"ratio": one.taper.ratio, "above_tier": one.taper.above} if one.taper is not None else None,
    }


def files(subject: Subject) -> Files:
    try:
        chosen(subject, "")
    except NoPlane:
        return
    yield "fabric.txt", write(subject, "table")
    yield "fabric.json", write(subject, "json")
