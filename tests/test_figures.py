"""Figures that have one definition: injection and the rate of ports, memory by whose it is, extremes of unknown parts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.analysis.base.injection import endpoint_kinds, injection, port_rate
from cmxdsl.analysis.comparison.systems import System, compare
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.analysis.queries.evaluate import evaluate
from cmxdsl.analysis.queries.sides import written
from cmxdsl.analysis.totals.memory import memory
from cmxdsl.model import Subject, Unknown
from cmxdsl.model.bounds import OPEN, Bounds, bounded
from cmxdsl.outputs.tables.summary import summary_json, write_summary
from cmxdsl.units import Quantity, number

DESIGNS = sorted((Path(__file__).parents[1] / "designs").glob("*.cmx"))


def findings(text: str, code: str = "CMX09") -> list[str]:
    """What is said by rules of a family, each with its help."""
    return [f"{d.code}: {d.message} | {d.help}" for d in cmxdsl.loads(text).diagnostics if d.code.startswith(code)]


# --- injection --------------------------------------------------------------------------------------------


TWO = """
protocol P { plane = scale_out; rate = 400 Gb/s }
chip Host { port p[2]: P }
switch Leaf { port d[8]: P }
system S { host[4]: Host; leaf: Leaf; link host[i].p[0] -- leaf.d[i] for i in 0..3 }
"""


def test_injection_is_of_linked_ports_and_all_ports_have_a_figure_of_their_own() -> None:
    design = cmxdsl.loads(TWO)
    plane = design.summary().planes["scale_out"]
    assert plane.injection.value is not None and plane.injection.value.value == 4 * 400 * 10**9
    assert plane.port_rate.value is not None and plane.port_rate.value.value == 8 * 400 * 10**9
    shown = summary_json(design.summary())["planes"]["scale_out"]
    assert (shown["injection"]["value"], shown["port_rate"]["value"]) == (200e9, 400e9)


def test_a_plane_without_links_injects_nothing() -> None:
    design = cmxdsl.loads(TWO.replace("link host[i].p[0] -- leaf.d[i] for i in 0..3", ""))
    plane = design.summary().planes["scale_out"]
    assert plane.injection.value == Quantity(Fraction(0), plane.injection.known.dimension)
    assert "none" in write_summary(design.summary(), "table")
    figures = compare([System("a", design.subject), System("b", cmxdsl.loads(TWO).subject)])
    injected = next(f for f in figures if f.name == "scale-out injection")
    assert [q.value if q is not None else None for q in injected.values] == [0, 4 * 400 * 10**9]


@pytest.mark.parametrize("path", DESIGNS, ids=lambda p: p.stem)
def test_injection_is_the_same_from_patterns_and_from_single_links(path: Path) -> None:
    """Symbolic sums against a walk over every link of the plane."""
    design = cmxdsl.load(path)
    for top in ([design.top] if design.top is not None else design.roots)[:3]:
        for plane in ("scale_up", "scale_out"):
            kinds = endpoint_kinds(Subject(top), plane)
            found = injection(Subject(top), plane)
            if not kinds or found.ports > 100_000:
                continue
            net = fabric(Subject(top), plane)
            total = 0.0
            for side in (net.a, net.b):
                for device, rate in zip(side.tolist(), net.rate.tolist(), strict=True):
                    total += rate if net.group_of(device).component in kinds else 0
            assert found.value is not None and float(found.value.value) == pytest.approx(total)


def test_a_port_without_a_rate_leaves_injection_undecided_and_named() -> None:
    text = """
protocol P { plane = scale_up }
chip A { port p: P { rate = 100 Gb/s } }
chip B { port p: P }
system S { a: A; b: B; link a.p -- b.p; require injection(scale_up) == 100 Gb/s }
"""
    (said,) = findings(text)
    assert said.startswith("CMX0902") and "not known for `B.p`" in said and "0% covered" in said
    design = cmxdsl.loads(text)
    assert design.summary().planes["scale_up"].injection.value is None
    assert port_rate(design.subject, "scale_up").coverage == Fraction(1, 2)


def test_injection_of_a_part_counts_links_stated_above_it() -> None:
    text = TWO.replace("system S {", "system S { require injection(scale_out, in = host) == 1.6 Tb/s; ")
    assert findings(text) == []


def test_accelerators_are_the_endpoints_where_there_are_any() -> None:
    text = """
protocol P { plane = scale_up; rate = 100 Gb/s }
chip Gpu { role = accelerator; port p: P }
chip Cpu { role = processor; port p: P }
switch L { port d[4]: P }
system S {
    gpu[2]: Gpu
    cpu[2]: Cpu
    l: L
    link gpu[i].p -- l.d[i]
    link cpu[i].p -- l.d[2 + i]
    require injection(scale_up) == 200 Gb/s
    require injection(scale_up, in = cpu) == 200 Gb/s
}
"""
    assert findings(text) == []
    plane = cmxdsl.loads(text).summary().planes["scale_up"]
    assert (plane.endpoints, plane.switches, plane.others) == (2, 1, 2)


# --- memory -----------------------------------------------------------------------------------------------


def test_memory_is_kept_apart_by_whose_it_is() -> None:
    design = cmxdsl.load(DESIGNS[0].parent / "gb200_nvl72.cmx")
    kept = {what: memory(design.subject, f"memory.{what}") for what in ("capacity", "bandwidth")}
    gigabyte = 8 * 10**9
    hbm, lpddr, whole = kept["capacity"].accelerator, kept["capacity"].host, kept["capacity"].all
    assert hbm.value is not None and lpddr.value is not None and whole.value is not None
    assert hbm.value.value == 72 * 186 * gigabyte and lpddr.value.value == 36 * 480 * gigabyte
    assert whole.value.value == hbm.value.value + lpddr.value.value
    assert kept["bandwidth"].accelerator.value.value == 576_000 * gigabyte  # type: ignore[union-attr]
    shown = write_summary(design.summary(), "table")
    assert "accelerator memory bandwidth     576 TB/s" in shown and "memory bandwidth in all        594.4 TB/s" in shown


@pytest.mark.parametrize("path", DESIGNS, ids=lambda p: p.stem)
def test_memory_by_role_adds_up(path: Path) -> None:
    design = cmxdsl.load(path)
    for top in design.roots:
        for what in ("memory.capacity", "memory.bandwidth"):
            kept = memory(Subject(top), what)
            whole = kept.all
            parts = (kept.accelerator, kept.host, kept.other)
            for dimension in whole.sums:
                assert sum(p.sums.get(dimension, Fraction(0)) for p in parts) == whole.sums[dimension]
            assert sum(p.known for p in parts) == whole.known and sum(p.missing for p in parts) == whole.missing
            assert all(n > 0 for p in parts for n in p.shares.values())


def test_memory_inside_an_accelerator_is_the_accelerators() -> None:
    text = """
chip Hbm { role = memory; memory { capacity = 16 GB } }
chip Gpu { role = accelerator; stack[4]: Hbm }
chip Cpu { role = processor; memory { capacity = 100 GB } }
chip Pool { role = memory; memory { capacity = 7 GB } }
board B { gpu[2]: Gpu; cpu: Cpu; pool: Pool; spare: Hbm }
system S { b[3]: B }
"""
    design = cmxdsl.loads(text)
    kept = memory(design.subject, "memory.capacity")
    values = [t.value.value / (8 * 10**9) if t.value else None for t in (kept.accelerator, kept.host, kept.other)]
    assert values == [3 * 2 * 4 * 16, 300, 3 * (7 + 16)]
    names = {f.name for f in compare([System("a", design.subject), System("b", design.subject)])}
    assert {"accelerator memory", "host memory", "other memory", "all memory"} <= names


# --- extremes ---------------------------------------------------------------------------------------------

PARTS = "chip A { power { peak = 10 W } }\nchip B { }\nsystem S { a[3]: A; b[2]: B; require CONDITION }\n"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("max(power.peak) <= 20 W", "CMX0902"),
        ("max(power.peak) <= 9 W", "CMX0901"),
        ("max(power.peak) >= 10 W", ""),
        ("max(power.peak) > 10 W", "CMX0902"),
        ("min(power.peak) <= 10 W", ""),
        ("min(power.peak) > 10 W", "CMX0901"),
        ("min(power.peak) >= 10 W", "CMX0902"),
        ("2 * max(power.peak) - 1 W < 19 W", "CMX0901"),
        ("max(power.peak) / 2 < 6 W", "CMX0902"),
        ("-max(power.peak) > -9 W", "CMX0901"),
        ("max(power.peak) == 9 W", "CMX0901"),
        ("max(power.peak) != 9 W", ""),
        ("mean(power.peak) == 10 W", "CMX0902"),
        ("9 W >= max(power.peak)", "CMX0901"),
    ],
)
def test_an_extreme_over_unknown_parts_is_undecided_unless_decided_all_the_same(condition: str, code: str) -> None:
    said = findings(PARTS.replace("CONDITION", condition), "CMX0902") + findings(
        PARTS.replace("CONDITION", condition), "CMX0901"
    )
    assert [s[:7] for s in said] == ([code] if code else [])


def test_bounds_hold_for_every_value_within_them() -> None:
    """Interval arithmetic against all the integers that the bounds allow."""
    spans = [(a, b) for a in range(-3, 4) for b in range(a, 4)]
    for low, high in spans[::3]:
        for other in (-2, 0, 1, 3):
            a, b = Bounds(number(low), number(high)), Bounds(number(other), number(other))
            for operator in ("<", "<=", ">", ">=", "==", "!=", "+", "-", "*"):
                value, made = bounded(operator, (a, b))
                results = [eval(f"({x}) {operator} ({other})") for x in range(low, high + 1)]
                if operator in "+-*":
                    assert made == Bounds(number(min(results)), number(max(results)))
                elif not isinstance(value, Unknown):
                    assert set(results) == {value}
    assert bounded("*", (OPEN, OPEN)) == (bounded("<", (OPEN, OPEN))[0], OPEN)


def test_a_rack_without_a_mass_is_not_covered_by_its_boards() -> None:
    text = (
        "board T { height = 1 U; mass = 10 kg }\nrack R { height = 42 U; t[2]: T; place t[i] at U 1 + i }\n"
        "system S { r[2]: R; require coverage(mass) == 100% }\n"
    )
    (said,) = findings(text, "CMX0901")
    assert "coverage(mass) is 66.67%" in said
    assert findings(text.replace("rack R {", "rack R { mass = 100 kg;"), "CMX0901") == []


def test_a_level_has_no_amount() -> None:
    (said,) = findings("chip A { x.level = abs(-5 dBm) }\n", "CMX0303")
    assert "level in dBm" in said
    assert findings("chip A { x.ratio = abs(-5 dB) }\n", "CMX03") == []


# --- sides ------------------------------------------------------------------------------------------------


def test_a_failed_rule_prints_both_sides() -> None:
    text = (
        "chip A { price = 3 USD; power { peak = 700 W } }\nchip B { price = 2 USD; power { peak = 1 W } }\n"
        "system S { a[8]: A; b[4]: B; require total(price) / count(A) <= total(power.peak, in = b) * 1 USD / (1 W) and"
        " count(A) < count(B) }\n"
    )
    (said,) = findings(text, "CMX0901")
    for part in (
        "total(price) / count(A) is 4 USD (100% covered)",
        "total(price) is 32 USD (100% covered)",
        "total(power.peak, in = b) is 4 W (100% covered)",
        "count(A) is 8",
        "count(B) is 4",
    ):
        assert part in said


@pytest.mark.parametrize(
    "text",
    [
        "count(A) + 2 * 3 <= 4 * (count(A) + 1)",
        "not (count(A) == 1 or count(A) == 2)",
        "-(count(A) + 1) < (count(A) - 1) - (count(A) - 1)",
        "total(price, in = a) ^ 2 > 1 USD ^ 2",
    ],
)
def test_an_expression_written_out_means_the_same(text: str) -> None:
    body = "chip A { price = 3 USD }\nsystem S { a[8]: A; require CONDITION }\n"
    (rule,) = cmxdsl.loads(body.replace("CONDITION", text)).component.requirements
    again = cmxdsl.loads(body.replace("CONDITION", written(rule.condition)))
    (second,) = again.component.requirements
    assert evaluate(rule.condition, again.subject).value == evaluate(second.condition, again.subject).value
    assert written(second.condition) == written(rule.condition)
