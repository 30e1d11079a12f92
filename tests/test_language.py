"""The language, form by form."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import cmxdsl
from cmxdsl import Design
from cmxdsl.units import show

PORTS = "protocol P { plane = scale_up; rate = 100 Gb/s }\nchip A { port p[4]: P }\nswitch S { port p[8]: P }\n"


def good(text: str) -> Design:
    design = cmxdsl.loads(text)
    assert design.ok, design.explain()
    return design


def quantity(design: Design, name: str) -> str:
    value = design.component.quantity(name)
    assert value is not None
    return show(value)


def counts(design: Design) -> dict[str, int]:
    return design.summary().counts


def test_a_port_of_the_whole_leads_out_of_it() -> None:
    text = "protocol P { plane = scale_out; rate = 400 Gb/s }\nchip A { port p: P }\n"
    assert not cmxdsl.loads(text + "chassis Host { port net: P }\n").diagnostics
    assert [d.code for d in cmxdsl.loads(text + "chassis Host { a: A; port net: P }\n").diagnostics] == ["CMX0506"]


def test_every_kind_can_be_defined() -> None:
    from cmxdsl.schema import ATTRIBUTES, KINDS

    def needs(kind: str) -> str:
        return "; ".join(f"{row.name} = unknown" for row in ATTRIBUTES if kind in row.required)

    good("\n".join(f"{kind} K{n} {{ {needs(kind)} }}" for n, kind in enumerate(KINDS)))


def test_kinds_are_names_elsewhere() -> None:
    design = good("chip A { power { peak = 1 W } }\nboard chip { }\nsystem S { rack: A; chip[2]: A; board: chip }")
    assert counts(design)["A"] == 3


def test_statements_end_at_newlines_and_semicolons() -> None:
    good('chip A { vendor = "x"; cores = 3\n clock = 1 GHz }')
    good("chip A {\n    x.a = 1 +\n        2\n        * 3\n}")
    good(PORTS + "board B { a: A; s: S\n    link a.p[i]\n        -- s.p[2*i]\n        where i\n        < 2 }")


def test_numbers_and_sizes() -> None:
    design = good(
        "system S { x.a = 1_000.5 W; x.b = 1e3; x.c = 600 mm x 1200 mm; x.d = 3W; x.e = 5%; x.f = [1 m, 2 m] }"
    )
    assert quantity(design, "x.a") == "1 kW"
    assert quantity(design, "x.b") == "1,000"


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("7 div 2", "3"),
        ("7 mod 4", "3"),
        ("-7 mod 4", "1"),
        ("2 ^ 10", "1,024"),
        ("1 / 3 * 3", "1"),
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("ceil(7 / 2)", "4"),
        ("floor(-1 / 2)", "-1"),
        ("round(5 / 2)", "2"),
        ("max(1, 3, 2)", "3"),
        ("min(2 kW, 300 W)", "300 W"),
        ("abs(-3 W)", "3 W"),
        ("600 kW / 12", "50 kW"),
        ("160 GB/s / 7", "182.9 Gb/s"),
        ("3 * 0.4 dB/km * 2 km", "2.4 dB"),
        ("-1 dBm - 3 dB", "-4 dBm"),
        ("72 CNY / (7.2 CNY/USD)", "10 USD"),
    ],
)
def test_expressions(expression: str, shown: str) -> None:
    assert quantity(good(f"chip A {{ x.a = {expression} }}"), "x.a") == shown


def test_parameters_defaults_and_types() -> None:
    text = (
        "chip A { power { peak = 1 W } }\nchip B { power { peak = 2 W } }\n"
        'board N(n: count, part: chip = A, each: power = 5 W, big: flag = false, tag: text = "t") {\n'
        "    c[n]: part\n    x.each = each\n    vendor = tag\n    if big { extra[10]: part } else if n > 2 { extra: part }\n}\n"
        "system S(k: count = 3) { one: N(k); two: N(n = 2, part = B, big = true) }\n"
    )
    assert counts(good(text)) == {"A": 4, "B": 12, "N": 2, "S": 1}
    assert cmxdsl.loads(text, parameters={"k": "2"}).summary().counts["A"] == 2
    assert cmxdsl.loads(text, parameters={"S.k": "1 + 1"}).summary().counts["A"] == 2


def test_variants_take_and_override() -> None:
    text = (
        PORTS
        + "chip H100(watts: power = 700 W) { power { peak = watts }; memory { capacity = 80 GB }; port p[2]: P }\n"
        "chip H200 : H100(watts = 600 W) { memory { capacity = 141 GB } }\n"
        "board B { a[2]: H100; b: H200 { power.peak = 500 W } }\n"
    )
    design = good(text)
    subject = design.subject
    assert subject.count("H100") == 3, "a variant counts as its base"
    assert subject.count("H200") == 1
    total = subject.total("power.peak").value
    assert total is not None and show(total) == "1.9 kW"


def test_arrays_of_any_rank_and_of_none() -> None:
    design = good(PORTS + "board B { a[2, 3, 4]: A; none[0]: A }")
    assert counts(design)["A"] == 24


def test_exposed_ports_lead_to_inner_ones() -> None:
    text = PORTS + (
        "board N { s[2]: S; port up[t, k] = s[t].p[k + 4] for k in 0..3 }\n"
        "system X { n[3]: N; spine[4]: S; link n[r].up[t, k] -- spine[k].p[2*r + t] }\n"
    )
    design = good(text)
    (link,) = design.component.links
    assert link.count == 24 and link.a.names == ("n", "s", "p")


def test_links_count_as_products_and_with_conditions() -> None:
    mesh = PORTS.replace("p[4]", "p[16]") + "board M { a[16]: A; link a[i].p[j] -- a[j].p[i] where i < j }\n"
    (link,) = good(mesh).component.links
    assert link.count == 120
    ring = PORTS + "board R(n: count = 8) { a[n]: A; link a[i].p[0] -- a[(i + 1) mod n].p[1] }\n"
    (link,) = good(ring).component.links
    assert link.count == 8


def test_media_make_parts() -> None:
    text = PORTS + (
        "fiber F { mode = single_mode }\noptic O { rate = 400 Gb/s; fiber = F }\ncable C { rate = 100 Gb/s; pieces = 4 }\n"
        "module Gear { power { peak = 5 W } }\n"
        "board B { a[2]: A; s: S; link a[i].p[k] -- s.p[4*i + k] over O bundle 4 }\n"
        "board D { a: A; s: S; link a.p[k] -- s.p[k + 4] over C via Gear }\nsystem T { b: B; d: D }\n"
    )
    parts = {line.part: line.quantity for line in good(text).bom().lines}
    assert (parts["O"], parts["F"], parts["C"], parts["Gear"]) == (4, 2, 16, 4)


def test_provenance_travels() -> None:
    text = 'chip A { power { typical = 10 W from "data sheet"; peak = power.typical * 2 }; price = 3 USD estimated "guess"; x.p = price * 2 }'
    attributes = good(text).component.attributes
    assert attributes["power.typical"].claim.note == "data sheet"
    assert attributes["power.peak"].claim.kind == "derived"
    assert attributes["x.p"].claim.kind == "estimated"


def test_unknown_is_not_zero() -> None:
    text = "chip A { power { peak = 5 W } }\nchip B { power { peak = unknown } }\nsystem S { a[3]: A; b: B }"
    total = good(text).summary().power["peak"]
    assert (total.known, total.missing, total.complete) == (3, 1, False)
    assert total.value is not None and show(total.value) == "15 W"


def test_totals_over_parts_and_other_definitions() -> None:
    text = (
        "chip A { power { peak = 5 W }; price = 2 USD }\nboard B { a[4]: A; power { peak = total(power.peak, in = a) / 10 } }\n"
        "system S { b[3]: B\n require total(power.peak) == 66 W\n require total(power.peak, in = b.a) == 60 W\n"
        " require total(price, in = B) == 8 USD\n require max(price) == 2 USD and mean(price) == 2 USD\n"
        " require count(A) == 12 and count(chip) == 12 and count(A, in = B) == 4 }\n"
    )
    good(text)


def test_docs_are_kept() -> None:
    design = good("//! A file.\n/// One chip.\n/// Two lines.\nchip A {\n}\n")
    assert design.component.doc == "One chip.\nTwo lines."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chip A { price = 3 }", ["CMX0302"]),
        ("chip A { vendor = 3 }", ["CMX0304"]),
        ("chip A { power = 3 W }", ["CMX0203"]),
        ("chip A { power { peak = 3 W; peak = 4 W } }", ["CMX0206"]),
        ("chip A { x.a = 5 dBm + 3 dBm }", ["CMX0303"]),
        ("chip A { x.a = 1 USD + 1 CNY }", ["CMX0303"]),
        ("chip A { x.a = 1 / 0 }", ["CMX0303"]),
        ("chip A { x.a = a }", ["CMX0202"]),
        ("chip A : B { }", ["CMX0201"]),
        ("chip A : A { }", ["CMX0208"]),
        ("board B { a: A(3) }\nchip A { }", ["CMX0211"]),
        ("board B { c: C }\ncable C { rate = 1 Gb/s }", ["CMX0210"]),
        ("protocol P { plane = host }\nboard B { p: P }", ["CMX0210"]),
        ("chip A {\n    vendor = \n    cores = 3\n}", ["CMX0101"]),
        ("chip A { b[2: B }\nchip B { }", ["CMX0101"]),
        ("chip A { price = 26,000 USD }", ["CMX0101"]),
        ("system S {\n    a: A\n    expect count(A) = 1\n}\nchip A { }", ["CMX0101"]),
        ("chip A { x.a = 3 W\n  x.b = 2 Q\n  x.c = y\n}", ["CMX0301", "CMX0202"]),
        ("use std.optics\nsystem S { a: LPO400 }", ["CMX0210"]),
        ("system S { a: LPO400 }", ["CMX0201"]),
    ],
)
def test_mistakes_are_found_once(text: str, expected: list[str], codes: Callable[[str], list[str]]) -> None:
    assert [c for c in codes(text) if c < "CMX0500"] == expected


def test_a_broken_statement_raises_no_second_error(codes: Callable[[str], list[str]]) -> None:
    assert codes("board B {\n    npu[8: Npu\n    x.n = npu.price\n}\nchip Npu { }\n") == ["CMX0101"]
    assert codes("chip 3A { }\nboard B {\n    a: A3\n}\n") != []
    assert codes('use "missing.cmx"\nboard B { a: FromThere }\n') == ["CMX0001"]


def test_all_mistakes_come_in_one_run(codes: Callable[[str], list[str]]) -> None:
    text = PORTS + (
        "chip C {\n    vendor = = 1\n    price = 3 W\n    colour = 2\n}\n"
        "board B {\n    a[8]: A\n    b[7]: A\n    q: Missing\n    link a[i].p[0] -- b[i].p[0]\n"
        "    link a[i].p[4] -- a[j].p[1]\n}\nrack R { }\n"
    )
    found = codes(text)
    assert found == ["CMX0101", "CMX0302", "CMX0203", "CMX0201", "CMX0401", "CMX0402", "CMX0306"]


def test_million_chips_stay_symbolic() -> None:
    text = PORTS + (
        "rack R { height = 42 U; a[64]: A; s[32]: S; link a[8*g + i].p[k] -- s[4*g + k].p[i] for g in 0..7, i in 0..7 }\n"
        "system C { r[16384]: R }\n"
    )
    design = good(text)
    assert counts(design)["A"] == 1_048_576
    assert design.summary().planes["scale_up"].links == 4_194_304


def test_variants_inherit_parameters() -> None:
    text = (
        "chip A(w: power = 1 W, k: count = 2) { power { peak = w * k } }\nchip B : A(k = 3) { }\nchip C(w: power = 9 W) : B(w = w) { }\n"
        "board X { a: A(w = 2 W); b: B(w = 5 W); c: C; d: B { price = 1 USD } }\n"
    )
    instances = good(text).component.instances
    peaks = {name: i.component.quantity("power.peak") for name, i in instances.items()}
    assert {name: show(q) for name, q in peaks.items() if q} == {"a": "4 W", "b": "15 W", "c": "27 W", "d": "3 W"}
    assert "CMX0211" in [d.code for d in cmxdsl.loads(text.replace("B(w = 5 W)", "B(k = 5)")).diagnostics]
