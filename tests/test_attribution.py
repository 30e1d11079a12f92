"""Racks and what their links bring: against one loop over every link, and as laws of every design."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.base import bundling, ports
from cmxdsl.analysis.base.holders import holdings
from cmxdsl.analysis.base.planes import planes
from cmxdsl.analysis.comparison.systems import System, compare
from cmxdsl.analysis.physical import attribution as attributed
from cmxdsl.analysis.physical import cables
from cmxdsl.analysis.physical.attribution import attribution, is_rack
from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.analysis.power.heat import racks as rack_heat
from cmxdsl.analysis.totals.bom import bom
from cmxdsl.analysis.totals.summary import summary
from cmxdsl.model import Component, Const, Expr, Link, Op, Subject, Var, index
from cmxdsl.outputs.options import Options
from cmxdsl.outputs.pictures import picture
from cmxdsl.outputs.tables.cables import write as write_cables
from cmxdsl.outputs.tables.summary import summary_json
from cmxdsl.units import Quantity

from .conftest import ROOT

KINDS = ("rack", "chassis", "board", "module", "system")
ATTRIBUTES = ("power.typical", "power.peak", "mass", "price")
loaded = cache(cmxdsl.load)


def gallery() -> list[Any]:
    tops = []
    for path in sorted((ROOT / "designs").glob("*.cmx")):
        design = loaded(path)
        for top in (*((design.top,) if design.top is not None else ()), *design.roots):
            if top.kind in ("rack", "system", "site", "board"):
                tops.append(pytest.param(top, id=f"{path.stem}-{top.id}"))
    return tops


# --- one by one -------------------------------------------------------------------------------------------

OPERATORS: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "<": lambda a, b: a < b,
    "!=": lambda a, b: a != b,
    "==": lambda a, b: a == b,
}


def value(expr: Expr, at: dict[str, int]) -> int:
    match expr:
        case Const(Quantity() as quantity):
            return int(quantity.value)
        case Var(name):
            return at[name]
        case Op(operator, (a, b)):
            return int(OPERATORS[operator](value(a, at), value(b, at)))
    raise AssertionError(expr)


Found = dict[str, dict[Component, Fraction]]


def one_by_one(top: Component) -> tuple[Found, list[tuple[str, str]]]:
    """Every part by the rack that it is in, "" for none; and the racks of each cable, as its first link says."""
    found: Found = defaultdict(lambda: defaultdict(Fraction))
    laid: list[tuple[str, str]] = []

    def rack_of(path: list[tuple[str, Component]]) -> str:
        return next((label for label, component in path if component.kind == "rack"), "")

    def down(component: Component, label: str, above: list[tuple[str, Component]]) -> None:
        path = [*above, (label, component)]
        found[rack_of(path)][component] += 1
        for instance in component.instances.values():
            for at in product(*map(range, instance.shape)):
                name = instance.name + (f"[{', '.join(map(str, at))}]" if at else "")
                down(instance.component, f"{label}.{name}" if label else name, path)
        for link in component.links:
            wire(component, link, path)

    def wire(owner: Component, link: Link, path: list[tuple[str, Component]]) -> None:
        every = []
        for numbers in product(*(range(d.start, d.stop) for d in link.domain)):
            at = dict(zip((d.name for d in link.domain), numbers, strict=True))
            if link.where is not None and not value(link.where, at):
                continue
            ends = []
            for end in (link.a, link.b):
                here, label, steps = owner, path[-1][0], list(path)
                for step in end.steps:
                    here = here.instances[step.name].component
                    name = step.name + (
                        f"[{', '.join(str(value(e, at)) for e in step.indices)}]" if step.indices else ""
                    )
                    label = f"{label}.{name}" if label else name
                    steps.append((label, here))
                ends.append(rack_of(steps))
            every.append((ends[0], ends[1]))
        bundles = [every[k : k + link.bundle] for k in range(0, len(every), link.bundle)]
        half = Fraction(1, 2)
        medium, fiber = link.medium, link.medium.get("fiber") if link.medium is not None else None
        for bundle in bundles:
            a, b = bundle[0]
            if medium is None:
                continue
            carrier = fiber if medium.kind == "optic" else medium
            assert isinstance(carrier, Component)
            stated = carrier.quantity("pieces")
            for _ in range(int(stated.value) if stated is not None else 1):
                found[a][carrier] += half
                found[b][carrier] += half
                laid.append((a, b))
            far = medium.get("far") if medium.kind == "optic" else None
            if medium.kind == "optic":
                found[a][medium] += 1
                if not isinstance(far, Component):
                    found[b][medium] += 1
                else:
                    for _, end in bundle:
                        found[end][far] += 1
        if link.adapter is not None and every:
            serves = link.adapter.quantity("serves")
            many = -(-len(every) // int(serves.value)) if serves is not None else len(every)
            for pair in every:
                for end in pair:
                    found[end][link.adapter] += Fraction(many, 2 * len(every))

    down(top, "", [])
    return found, laid


def whole(parts: Any) -> dict[str, Fraction]:
    counts: Counter[str] = Counter()
    for part, many in parts.items():
        counts[part.id] += many
    return {part: Fraction(many) for part, many in counts.items() if many}


PARTS = """
protocol E { plane = scale_out; rate = 100 Gb/s; shared = true }
fiber F { mode = multi_mode; price = 3 USD; mass = 20 g; pieces = 2 }
fiber G { mode = single_mode; price = 4 USD }
optic O { mode = multi_mode; rate = 400 Gb/s; power { typical = 5 W; peak = 7 W }; price = 11 USD; mass = 30 g; fiber = F }
optic Far { mode = single_mode; rate = 400 Gb/s; power { typical = 3 W; peak = 4 W }; price = 13 USD; fiber = G }
optic Split { mode = single_mode; rate = 800 Gb/s; power { typical = 9 W; peak = 13 W }; price = 17 USD; fiber = G; far = Far }
cable C { rate = 800 Gb/s; power { typical = 1 W; peak = 2 W }; price = 19 USD; mass = 1 kg; pieces = 3 }
cable D { rate = 800 Gb/s; price = 23 USD; mass = 2 kg }
switch Ocs { port q: E; serves = 5; power { typical = 100 W; peak = 150 W }; price = 29 USD }
chip A { port p[4]: E; power { typical = 50 W; peak = 70 W }; price = 31 USD }
switch Leaf { port p[64]: E; power { typical = 200 W; peak = 300 W }; height = 1 U; mass = 9 kg }
board T { a: A; mass = 10 kg; port p[k] = a.p[k] }
rack R { height = 42 U; mass = 100 kg; t[2]: T; link t[0].a.p[k] -- t[1].a.p[k] over D bundle 3 }
rack N { height = 42 U; mass = 90 kg; leaf: Leaf }
"""
WITHIN = (
    "r[i].t[j].a.p[k] -- n.leaf.p[8*i + 4*j + k]",
    "r[i].t[0].a.p[k] -- box[k mod 2].a.p[i mod 4]",
    "r[i].t[j].a.p[0] -- r[(i + 1) mod {r}].t[j].a.p[1]",
    "n.leaf.p[8*i + 4*j + k] -- r[i].t[j].a.p[k]",
    "box[0].a.p[k] -- box[1].a.p[k]",
    "r[0].t[j].a.p[k] -- r[{r} - 1].t[1 - j].a.p[k]",
)
ABOVE = (
    "pod[a].r[i].t[j].a.p[k] -- spine[(a + i) mod {s}].leaf.p[8*i + 4*j + k]",
    "pod[a].n.leaf.p[k] -- spine[k mod {s}].leaf.p[k]",
    "spine[k div 16 mod {s}].leaf.p[k] -- pod[a].n.leaf.p[k]",
    "pod[a].n.leaf.p[0] -- loose.p[a + 0]",
    "pod[a].box[b].a.p[k] -- loose.p[8*a + 4*b + k]",
    "spine[b].leaf.p[k] -- spine[b].leaf.p[63 - k]",
    "pod[a].r[i].t[1].a.p[k] -- pod[(a + 1) mod {p}].r[i].t[0].a.p[k]",
)
MEDIA = ("over O", "over C", "over D", "over Split", "over O via Ocs", "over D via Ocs")


@st.composite
def designs(draw: st.DrawFn) -> str:
    sizes = {"r": draw(st.integers(1, 3)), "p": draw(st.integers(1, 3)), "s": draw(st.integers(1, 3))}

    def links(patterns: tuple[str, ...]) -> str:
        lines = []
        for pattern in draw(st.lists(st.sampled_from(patterns), max_size=4)):
            bundle = draw(st.sampled_from([1, 1, 2, 3, 4]))
            variables = [v for v in "aijkb" if f"[{v}]" in pattern]
            where = ""
            if draw(st.booleans()) and variables:
                where = f" where {draw(st.sampled_from(variables))} {draw(st.sampled_from(['< 1', '!= 1', '< 2']))}"
            lines.append(
                f"    link {pattern.format(**sizes)} {draw(st.sampled_from(MEDIA))}"
                + (f" bundle {bundle}" if bundle > 1 else "")
                + where
                + "\n"
            )
        return "".join(lines)

    return PARTS + (
        f"system Pod {{\n    r[{sizes['r']}]: R\n    n: N\n    box[2]: T\n{links(WITHIN)}}}\n"
        f"site S {{\n    pod[{sizes['p']}]: Pod\n    spine[{sizes['s']}]: N\n    loose: Leaf\n{links(ABOVE)}}}\n"
    )


def check_racks(subject: Subject) -> None:
    top = subject.top
    wanted, laid = one_by_one(top)
    found = attribution(subject)
    labels = {label for label in wanted if label}
    for label in labels:
        one = found.at(label)
        assert one is not None and not one.unsure
        assert whole(one.parts) == whole(wanted[label]), label
    assert sum(one.count for one in found.classes) == len(labels)
    assert whole(holdings(subject, is_rack).outside) == whole(wanted[""])
    numbers = cables.Racks(top)
    pairs = Counter(tuple(sorted((a or "no rack", b or "no rack"))) for a, b in laid)
    listed = {
        tuple(sorted((numbers.label(b.a), numbers.label(b.b)))): b.cables
        for b in cables.bundles(cables.cable_groups(Subject(top)))
    }
    assert {pair: many for pair, many in listed.items() if many} == pairs


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(designs())
def test_racks_hold_what_one_loop_over_all_links_finds(text: str) -> None:
    design = cmxdsl.loads(text)
    assert {d.code for d in design.diagnostics if d.severity.value == "error"} <= {"CMX0561"}, design.explain()
    check_racks(design.subject)
    check_laws(design.component)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(designs())
def test_in_bulk_is_as_one_by_one(text: str) -> None:
    top = cmxdsl.loads(text).component
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundling, "FEW", 1)
        check_racks(Subject(top))
        check_laws(top)


# --- laws -------------------------------------------------------------------------------------------------


def check_laws(top: Component) -> None:
    subject = Subject(top)
    everything = whole(subject.counts)
    for kind in KINDS:
        found = holdings(subject, lambda c, kind=kind: c.kind == kind and c is not top)  # type: ignore[misc]
        assert whole(_sum([*((h.parts, 1) for h in found.holders), (found.outside, 1)])) == everything
        listed: Counter[str] = Counter()
        for line in bom(subject, kind).lines:
            listed[line.component.id] += line.quantity  # type: ignore[assignment]
        assert listed == {line.component.id: line.quantity for line in bom(subject).lines}, kind
    racks = attribution(subject)
    outside = holdings(subject, is_rack).outside
    assert whole(_sum([*((one.parts, one.count) for one in racks.classes), (outside, 1)])) == everything
    for attribute in ATTRIBUTES:
        sums: dict[Any, Fraction] = defaultdict(Fraction)
        rest = attributed.total_of(outside, attribute)
        for total, many in [(one.total(attribute), one.count) for one in racks.classes] + [(rest, 1)]:
            for dimension, amount in total.sums.items():
                sums[dimension] += amount * many
        assert sums == {d: v for d, v in subject.total(attribute).sums.items() if v or d in sums}
    heat = sum((one.heat.total * one.count for one in rack_heat(subject, "power.peak")), Fraction(0))
    power = sum(
        (q.value * one.count for one in racks.classes if (q := one.total("power.peak").value) is not None), Fraction(0)
    )
    assert heat == power
    content = summary_json(summary(subject))
    assert sum(r["count"] for r in content["racks"]) == sum(one.count for one in racks.classes)
    assert sum((r["power"]["peak"]["value"] or 0) * r["count"] for r in content["racks"]) == pytest.approx(float(power))
    check_cables(subject)


def _sum(parts: list[tuple[Any, int]]) -> dict[Component, Fraction]:
    total: dict[Component, Fraction] = defaultdict(Fraction)
    for held, times in parts:
        for part, many in held.items():
            total[part] += Fraction(many) * times
    return total


def check_cables(subject: Subject) -> None:
    """Whoever counts cables finds as many; and what is bought is what is on the bill of materials."""
    top = subject.top
    found = cables.cable_groups(Subject(top))
    many = sum(g.cables for g in found)
    assert many == sum(p.cables for p in planes(subject).values()) == cables.count(subject)
    assert many == sum(b.cables for b in cables.bundles(found))
    (row,) = [f.values for f in compare([System("x", subject)]) if (f.group, f.name) == ("all", "cables")] or [(None,)]
    assert many == (row[0].value if row[0] is not None else 0)
    if many <= 70_000:
        assert many == sum(1 for _ in schedule(Subject(top)))
    lists = {what: _rows(top, what) for what in ("cut", "bundles", "purchase", "summary")}
    assert many == sum(r["cables"] for r in lists["cut"]) == sum(r["cables"] for r in lists["bundles"])
    assert many == sum(r["quantity"] for r in lists["purchase"] if r["kind"] in ("cable", "fiber"))
    assert many == sum(r["cables"] for r in lists["summary"])
    bought: Counter[str] = Counter()
    for one in cables.purchases(found):
        bought[one.part.id] += one.quantity
    laid = {part for c in subject.counts for link in c.links if cables.is_laid(c, link) for part in _named(link)}
    inside = {p for c in subject.counts for link in c.links if not cables.is_laid(c, link) for p in _named(link)}
    instances = {i.component for c in subject.counts for i in c.instances.values()}
    for part in laid - inside - instances:
        assert bought[part.id] == subject.counts[part], part.id


def _named(link: Link) -> Iterator[Component]:
    return (share.part for share in attributed.shares(link) if share.near + share.far)


def _rows(top: Component, what: str) -> list[dict[str, Any]]:
    content = json.loads("".join(str(part) for part in write_cables(Subject(top), "json", what)))
    rows: list[dict[str, Any]] = content["patterns" if what == "summary" else "rows"]
    return rows


@pytest.mark.parametrize("top", gallery())
def test_parts_add_up(top: Component) -> None:
    check_laws(top)


# --- by hand ----------------------------------------------------------------------------------------------

FED = """use std.optics
protocol E { plane = scale_out; rate = 400 Gb/s }
chip Gpu { role = accelerator; power { typical = 500 W; peak = 700 W }; port p: E }
switch Leaf { port p[64]: E; power { typical = 1 kW; peak = 1 kW }; height = 2 U; mass = 20 kg }
cable Heavy { rate = 400 Gb/s; mass = 3 kg; price = 1 USD }
rack R { height = 42 U; g[8]: Gpu }
rack N { height = 42 U; LIMITS; l: Leaf; place l at U 20 }
system S {
    FLOOR
    r[8]: R
    n: N
    link n.l.p[8*k + i] -- r[k].g[i].p over MEDIUM
    place r[k] at row 0, col k
    place n at row 0, col 8
}
"""
FLOOR = "floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m; slack = 10%; max_load = 150 kg/m^2 }"


def fed(limits: str = "mass = 50 kg", medium: str = "DR8_2x400 bundle 2") -> cmxdsl.Design:
    text = FED.replace("LIMITS", limits).replace("MEDIUM", medium).replace("FLOOR", FLOOR)
    return cmxdsl.loads(text)


@pytest.mark.parametrize("feed, found", [("1.1 kW", ["CMX0701"]), ("1_511 W", ["CMX0701"]), ("1_512 W", [])])
def test_a_feed_carries_the_transceivers_too(feed: str, found: list[str]) -> None:
    """A switch of 1 kW and its ends of 64 links, two to a transceiver of 16 W: 1 kW + 32 × 16 W."""
    codes = [d.code for d in fed(f"feed = {feed}").diagnostics if d.severity.value == "error"]
    assert codes == found


def test_a_switch_feed_says_what_is_at_the_ends_of_links() -> None:
    (finding,) = [d for d in fed("feed = 1.1 kW").diagnostics if d.code == "CMX0701"]
    assert "draw 1.512 kW at peak, 512 W of it at the ends of links, and its feed is 1.1 kW" in finding.message


@pytest.mark.parametrize("limit, found", [("115 kg", ["CMX0603"]), ("116 kg", [])])
def test_a_rack_carries_half_of_its_cables_and_not_itself(limit: str, found: list[str]) -> None:
    """20 kg of switch and half of 64 cables of 3 kg; the rack's own 50 kg do not count, whatever they are."""
    design = fed(f"mass = 50 kg; max_mass = {limit}", "Heavy")
    assert [d.code for d in design.diagnostics if d.code in ("CMX0603",)] == found
    heavier = fed(f"mass = 500 kg; max_mass = {limit}", "Heavy")
    assert [d.code for d in heavier.diagnostics if d.code in ("CMX0603",)] == found


def test_the_floor_carries_all_of_it() -> None:
    """(50 + 20 + 96) kg on 0.72 m² are 230.6 kg/m², and without the cables 97.2."""
    (finding,) = [d for d in fed(medium="Heavy").diagnostics if d.code == "CMX0610"]
    assert "230.6 kg/m^2" in finding.message
    light = fed(medium="DR8_2x400 bundle 2")
    assert "CMX0610" not in {d.code for d in light.diagnostics}


def test_pictures_and_heat_show_it() -> None:
    design = fed()
    subject = design.subject
    found = picture(subject, "elevation", "text", Options())
    assert "1.512 kW peak" in found.data.decode()
    assert "1.512 kW" in picture(subject, "floor", "svg", Options(heat="power")).data.decode()
    heat = {one.rack.name: one.heat.unknown for one in rack_heat(subject, "power.peak")}
    assert heat == {"N": 1512, "R": 8 * 700 + 8 * 10}  # single ones of 10 W at the far ends


UNLIKE = (
    FED.replace("LIMITS", "mass = 1 kg")
    .replace("FLOOR", FLOOR)
    .replace("r[k].g[i].p over MEDIUM", "r[k].g[i].p over DR8_2x400 bundle 2 where k < 3")
)


def test_racks_of_one_array_that_hold_different_amounts() -> None:
    design = cmxdsl.loads(UNLIKE)
    assert design.top is not None
    (row,) = [r for r in design.summary().racks if r.rack == "R"]
    assert [(c.count, c.example, c.peak.value.value) for c in row.classes if c.peak.value is not None] == [
        (3, "r[0]", 5680),
        (5, "r[3]", 5600),
    ]
    text = picture(design.subject, "elevation", "text", Options()).data.decode()
    assert "5.6 kW to 5.68 kW peak" in text
    assert attribution(design.subject).at("r[2]") is not attribution(design.subject).at("r[3]")


def test_where_it_cannot_be_counted_it_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    design = cmxdsl.loads(UNLIKE.replace("rack R { height = 42 U", "rack R { height = 42 U; feed = 5.6 kW"))
    assert [d.code for d in design.diagnostics if d.code == "CMX0701"] == ["CMX0701"]
    top = design.component
    for module, name, limit in ((index, "LIMIT", 5), (ports, "MAX_PATHS", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(bundling, "FEW", 1)
            patch.setattr(module, name, limit)
            assert {one.unsure != frozenset() for one in attribution(Subject(top)).of(_rack(top))} == {True}
            (total,) = {one.total("power.peak").complete for one in attribution(Subject(top)).of(_rack(top))}
            assert total is False


def _rack(top: Component) -> Component:
    return top.instances["r"].component


PODS = """
protocol P { plane = scale_out; rate = 100 Gb/s }
cable Q { rate = 400 Gb/s; pieces = 2; lengths = [1 m, 30 m]; price = 7 USD }
chip Host { port p[3]: P }
board Tray { height = 1 U; h: Host }
rack R { height = 42 U; t[2]: Tray; place t[i] at U 10 + i }
system S {
    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m }
    r[4]: Pod
    place r[i] at row 0, col 2*i
}
system Pod {
    a: R
    b: R
    link a.t[0].h.p[k] -- b.t[0].h.p[k] over Q bundle 2
    place a at row 0, col 0
    place b at row 0, col 1
}
"""


def test_a_bundle_begins_anew_in_each_pod() -> None:
    """Three links, two to a bundle of two cables: four cables in each of four pods, of which the last carry one."""
    top = cmxdsl.loads(PODS).component
    found = list(schedule(Subject(top)))
    assert [c.links for c in found] == [2, 2, 1, 1] * 4
    assert all(c.a.rack.rpartition(".")[0] == c.b.rack.rpartition(".")[0] for c in found)
    check_cables(Subject(top))
    assert cables.count(Subject(top)) == 16


def test_one_switch_of_circuits_serves_many_racks() -> None:
    design = cmxdsl.load(ROOT / "designs" / "tpu_pods.cmx", top="TPUv4Pod")
    bought = {one.part.name: one.quantity for one in cables.purchases(cables.cable_groups(design.subject))}
    assert bought["Palomar"] == design.summary().counts["Palomar"] == 48


def test_subassemblies_within_their_like_count_once() -> None:
    design = cmxdsl.load(ROOT / "designs" / "dgx_h100.cmx", top="DgxSuperPOD")
    sections = design.bom("system").sections
    gpus = [line.quantity for section in sections for line in section.lines if line.part == "H100"]
    assert sum(gpus) == design.summary().counts["H100"] == 1024


def test_a_trace_is_no_cable() -> None:
    text = (
        "protocol P { plane = scale_up; rate = 100 Gb/s }\nchip A { port p: P }\ncable Trace { rate = 100 Gb/s }\n"
        "board B { a[2]: A; link a[0].p -- a[1].p over Trace }\nrack R { height = 42 U; b[3]: B }\n"
    )
    design = cmxdsl.loads(text, top="R")
    assert design.summary().counts["Trace"] == 3
    assert planes(design.subject)["scale_up"].cables == 0
    check_laws(design.component)


def test_a_link_is_as_fast_as_its_slower_end() -> None:
    text = (
        "protocol P { plane = scale_up; rate = 100 Gb/s }\nprotocol Q : P { rate = 400 Gb/s }\nchip A { port p: P }\n"
        "chip B { port p: Q }\nsystem S { a[5]: A; b[5]: B; link a[i].p -- b[i].p; c: B; d: A; link c.p -- d.p }\n"
    )
    top = cmxdsl.loads(text, top="S").component
    rate = planes(Subject(top))["scale_up"].link_bandwidth
    assert rate is not None and rate.value == 6 * 100 * 10**9


def test_coverage_counts_every_part_that_owes() -> None:
    text = "chip A { power { peak = 10 W } }\nchip B { role = nic }\nboard T { a[3]: A; b[2]: B }\nrack R { height = 42 U; t[4]: T }\n"
    total = Subject(cmxdsl.loads(text, top="R").component).total("power.peak")
    assert (total.known, total.missing, total.coverage) == (12, 8, Fraction(3, 5))


def test_bundles_that_straddle_racks_are_found_in_bulk_too(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PODS.replace("over Q bundle 2", "over Q").replace(
        "    place r[i]",
        "    l[2]: Lone\n    link r[i].a.t[1].h.p[k] -- l[k mod 2].c[i].p[k] over Q bundle 3\n    place r[i]",
    )
    text += "rack Lone { height = 42 U; c[4]: Host }\n"
    for few in (bundling.FEW, 0):
        monkeypatch.setattr(bundling, "FEW", few)
        (finding,) = [d for d in cmxdsl.loads(text, top="S").diagnostics if d.code == "CMX0561"]
        assert "`l[1]`" in finding.message
        straight = text.replace("k mod 2", "i mod 2")
        assert "CMX0561" not in {d.code for d in cmxdsl.loads(straight, top="S").diagnostics}
        breakout = straight.replace("bundle 3", "bundle 2")  # 12 links of 3 in each rack: the second straddles
        assert "CMX0561" in {d.code for d in cmxdsl.loads(breakout, top="S").diagnostics}
