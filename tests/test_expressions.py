"""What an expression comes to: choices, texts, ranges; each against another way to say the same."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl import Design
from cmxdsl.analysis.physical.farthest import by_bounds
from cmxdsl.model import Component, Dim, End, Expr, Value, index
from cmxdsl.outputs.ir import from_ir, to_ir
from cmxdsl.units import quantity

PARTS = "protocol P { plane = scale_up; rate = 1 Gb/s; shared = true }\nchip A { port p: P }\n"


def values(body: str, parameters: str = "") -> dict[str, Value]:
    """The attributes `x.…` of a chip with this body."""
    design = cmxdsl.loads(f"chip A{parameters} {{\n{body}\n}}\n")
    assert not design.diagnostics, design.explain()
    return {name: a.value for name, a in design.component.attributes.items()}


def links(statements: str) -> set[tuple[int, ...]]:
    """The pairs that the links of a board join, each by the indices at its ends."""
    design = cmxdsl.loads(f"{PARTS}board B {{\n    a[12]: A\n    b[12]: A\n{statements}\n}}\n")
    assert not [d for d in design.diagnostics if d.severity.value == "error"], design.explain()
    return pairs(design.component)


def pairs(component: Component) -> set[tuple[int, ...]]:
    def at(end: End, env: dict[str, int]) -> int:
        (expr,) = end.steps[0].indices
        return int(index.evaluate(expr, env))

    return {
        (at(link.a, env), at(link.b, env)) for link in component.links for env in index.each(link.domain, link.where)
    }


# --- choices ----------------------------------------------------------------------------------------------


def test_a_choice_is_lazy_right_to_left_and_binds_least() -> None:
    found = values(
        "x.a = 1 if n > 4 else 2 if n > 2 else 3\nx.b = 1 / 0 if n == 0 else 12 / n\nx.c = 1 + 1 if n > 2 else 9",
        "(n: count = 3)",
    )
    assert [found[f"x.{k}"] for k in "abc"] == [quantity(2, ""), quantity(4, ""), quantity(2, "")]  # type: ignore[arg-type]


def test_an_unknown_condition_leaves_what_both_sides_agree_on() -> None:
    found = values("x.a = 3 W if unknown else 4 W\nx.b = 3 W if unknown else 3 W")
    assert repr(found["x.a"]) == "unknown" and found["x.b"] == quantity(3, "W")  # type: ignore[arg-type]


@given(st.integers(0, 12), st.integers(0, 11), st.integers(0, 11))
def test_a_choice_of_indices_equals_two_links_with_conditions(cut: int, one: int, other: int) -> None:
    at_once = links(f"link a[i].p -- b[(i + {one}) mod 12 if i < {cut} else {other}].p")
    in_two = links(
        f"link a[i].p -- b[(i + {one}) mod 12].p where i < {cut}\nlink a[i].p -- b[{other}].p where i >= {cut} for i in 0..11"
    )
    assert at_once == in_two and len(at_once) == 12


@given(st.integers(1, 8), st.integers(0, 8))
def test_a_choice_of_conditions_equals_its_cases(size: int, cut: int) -> None:
    chosen = links(f"link a[i].p -- b[j].p where (i == j if i < {cut} else j == 0) for i in 0..<{size}, j in 0..<8")
    assert chosen == {(i, i if i < cut else 0) for i in range(size)}


@given(st.integers(2, 9), st.integers(0, 9))
def test_the_greatest_value_of_a_choice_is_found_by_bounds(size: int, cut: int) -> None:
    design = cmxdsl.loads(
        f"{PARTS}board B {{ a[30]: A; b[{size}]: A; link b[i].p -- a[2*i + 3 if i < {cut} else 20 - i].p }}"
    )
    expr: Expr = design.component.links[0].b.steps[0].indices[0]
    found = by_bounds(expr, (Dim("i", 0, size),))
    assert found is not None and found[0] == max(2 * i + 3 if i < cut else 20 - i for i in range(size))


def test_a_position_may_be_chosen_and_both_sides_are_lengths(codes: Callable[[str], list[str]]) -> None:
    text = "rack R { height = 42 U }\nsystem S { r[4]: R\n    place r[i] at x (0.6 m * i if i < 2 else 0.6 m * i + 1.2 m), y 0 m }\n"
    design = cmxdsl.loads(text)
    assert not design.diagnostics, design.explain()
    (placement,) = design.component.placements
    found = [index.evaluate(placement.coordinates["x"], {"i": i}) for i in range(4)]
    assert found == [0, 600_000, 2_400_000, 3_000_000]  # micrometres
    assert codes(text.replace("0.6 m * i + 1.2 m", "5")) == ["CMX0405"]


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("i if i else 0", "a condition is true or false"),
        ("i < 3 if i < 2 else 0", "`<` gives no whole number"),
        ("i if total(power.peak) > 3 W else 0", "totals of the design"),
        ("i + 6 if i < 7 else 0", "is outside of"),
        ("i if i / 2 > 1 else 0", "use `div`"),
    ],
)
def test_what_is_no_choice_of_indices(expr: str, said: str) -> None:
    design = cmxdsl.loads(f"{PARTS}board B {{ a[12]: A; b[12]: A; link a[i].p -- b[{expr}].p }}\n")
    assert said.replace("outside of", "outside") in design.explain()


def test_a_requirement_may_choose() -> None:
    text = 'chip A { price = 3 USD }\nboard B { a[4]: A\n    require total(price) <= (20 USD if count(A) > 3 else 5 USD), "dear"\n}\n'
    assert not cmxdsl.loads(text).diagnostics
    explained = cmxdsl.loads(text.replace("> 3", "> 4")).explain()
    assert "CMX0901" in explained and "20 USD if count(A) > 4 else 5 USD" in explained


def test_a_choice_of_unknown_and_known_keeps_its_bounds() -> None:
    """Whatever the unknown price is, the sum of the known parts is above either limit."""
    text = (
        "chip A { price = 9 USD }\nchip C { price = unknown }\n"
        'board B { a[4]: A; c: C\n    require (total(price) if total(price) > 1 USD else 40 USD) >= 30 USD, "dear" }\n'
    )
    assert "CMX0901" not in cmxdsl.loads(text).explain()


def test_choices_survive_the_ir() -> None:
    text = f"{PARTS}board B {{ a[12]: A; b[12]: A; link a[i].p -- b[i + 1 if i < 11 else 0].p\n    require 1 < 2 if count(A) > 3 else false }}\n"
    top = cmxdsl.loads(text).component
    again = from_ir(to_ir(top))
    assert pairs(again) == pairs(top) and again.requirements[0].condition == top.requirements[0].condition


# --- texts ------------------------------------------------------------------------------------------------


def test_texts_are_joined_and_compared() -> None:
    found = values(
        'x.a = "rack " + text(n) + " of " + text(1200)\nx.b = "a" + "b" == "ab"\nx.c = "a" != text(n)\n'
        'x.d = "draws " + text(12345 W) + ", " + text(1 == 1) + ", " + text(1 / 4)\nx.e = "a" + unknown',
        "(n: count = 3)",
    )
    assert found["x.a"] == "rack 3 of 1200" and found["x.b"] is True and found["x.c"] is True
    assert found["x.d"] == "draws 12.345 kW, true, 0.25" and repr(found["x.e"]) == "unknown"


def test_what_is_no_text_is_not_joined(codes: Callable[[str], list[str]]) -> None:
    assert codes('chip A { x.a = "rack " + 3 }') == ["CMX0303"]
    assert "`text(…)`" in cmxdsl.loads('chip A { x.a = "rack " + 3 }').explain()
    assert codes('chip A { x.a = "a" < "b" }') == ["CMX0303"]


def test_a_text_does_not_grow_without_end(codes: Callable[[str], list[str]]) -> None:
    lets = "\n".join(f"let t{k + 1} = t{k} + t{k}" for k in range(60))
    assert codes(f'chip A {{\nlet t0 = "0123456789"\n{lets}\nx.a = t60\n}}\n') == ["CMX0308"]


# --- ranges -----------------------------------------------------------------------------------------------


@given(st.integers(0, 5), st.integers(0, 12))
def test_half_open_ranges_equal_closed_ones(low: int, stop: int) -> None:
    def of(upper: str) -> Design:
        return cmxdsl.loads(
            f"{PARTS}board T {{ height = 1 U }}\nboard B {{ a[12]: A; b[12]: A\n    link a[i].p -- b[11 - i].p for i in {low}..{upper}\n"
            f"    port q[k] = a[k].p for k in 0..{upper}\n}}\n"
            f"rack R {{ height = 42 U; t[12]: T\n    place t[i] at U 1 + i for i in {low}..{upper} }}\n"
            "system S { b: B; r: R }\n"
        )

    half, closed = of(f"<{stop}"), of(f"{stop - 1}" if stop else "0 - 1")
    assert [(d.code, d.message) for d in half.diagnostics] == [(d.code, d.message) for d in closed.diagnostics]
    for name in "br":
        one, other = (d.component.instances[name].component for d in (half, closed))
        assert [x.domain for x in (*one.links, *one.placements)] == [
            x.domain for x in (*other.links, *other.placements)
        ]
        assert {p.name: p.shape for p in one.ports.values()} == {p.name: p.shape for p in other.ports.values()}


# --- ports ------------------------------------------------------------------------------------------------


def test_a_port_takes_groups_as_an_instance_does(codes: Callable[[str], list[str]]) -> None:
    design = cmxdsl.loads(
        "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P { rate = 2 Gb/s; x { pins = 4; y.z = 5 } } }\n"
    )
    assert not design.diagnostics, design.explain()
    assert list(design.component.ports["p"].attributes) == ["rate", "x.pins", "x.y.z"]
    protocol = "protocol P { plane = scale_up; rate = 1 Gb/s }\n"
    assert codes(f"{protocol}chip A {{ port p: P {{ power {{ peak = 3 W }} }} }}\n") == ["CMX0203"]
    assert codes(f"{protocol}chip A {{ port p: P {{ x.a = 1; x {{ a = 2 }} }} }}\n") == ["CMX0206"]
    assert codes(f"{protocol}chip A {{ port p: P {{ x {{ b: A }} }} }}\n") == ["CMX0213"]


def test_a_ring_by_choice_is_the_ring_by_remainder() -> None:
    def ring(after: str) -> str:
        text = (
            "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p[2]: P }\n"
            f"board B {{ a[12]: A; link a[i].p[0] -- a[{after}].p[1] for i in 0..<12 }}\n"
        )
        design = cmxdsl.loads(text)
        return (
            str(design.ask("diameter(scale_up)"))
            + str(design.ask("hops(scale_up)"))
            + str(design.ask("bisection(scale_up)"))
        )

    assert ring("i + 1 if i < 11 else 0") == ring("(i + 1) mod 12")


# --- functions --------------------------------------------------------------------------------------------


@given(st.integers(0, 50), st.integers(1, 9))
def test_a_function_is_its_expression_with_the_arguments_in_place(watts: int, parts: int) -> None:
    found = values(
        "let spare(x: power, share: number = 10%) = x * (1 + share)\nlet whole(n: count, x: power) = n * spare(x)\n"
        f"x.a = whole({parts}, {watts} W)\nx.b = {parts} * ({watts} W * 1.1)\n"
        f"x.c = spare(share = 0.5, x = {watts} W)\nx.d = {watts} W * 1.5"
    )
    assert found["x.a"] == found["x.b"] and found["x.c"] == found["x.d"]


def test_functions_stand_in_files_components_and_bases(tmp_path: Path) -> None:
    (tmp_path / "sums.cmx").write_text("let twice(x: number) = 2 * x\nlet four = twice(2)\n", encoding="utf-8")
    main = tmp_path / "main.cmx"
    main.write_text(
        'use "sums.cmx" as sums\nlet thrice(x: number) = 3 * x\n'
        "chip Base(k: count = 2) { let by(x: number) = k * x; x.a = by(5) }\n"
        "chip C : Base(k = 7) { x.b = by(5) + thrice(1) + sums.twice(10) + sums.four }\n",
        encoding="utf-8",
    )
    design = cmxdsl.load(main, root=tmp_path)
    assert not [d for d in design.diagnostics if d.severity.value == "error"], design.explain()
    found = {c.name: {n: a.value for n, a in c.attributes.items()} for c in design.roots}
    assert found["Base"]["x.a"] == quantity(Fraction(10), "")
    assert found["C"]["x.a"] == quantity(Fraction(35), "") and found["C"]["x.b"] == quantity(
        Fraction(35 + 3 + 20 + 4), ""
    )


def test_a_function_takes_questions_indices_and_definitions() -> None:
    text = (
        f"{PARTS}chip D {{ price = 4 USD; power {{ peak = 5 W }} }}\nlet next(i: count, n: count) = i + 1 if i < n - 1 else 0\n"
        "let dear(x: money, share: number) = x > share * 10 USD\nlet draws(c: chip) = c.power.peak\n"
        "let all(c: chip) = total(price, in = c) + 0 USD\n"
        "board B { a[12]: A; b[12]: A; d[3]: D; link a[i].p -- b[next(i, 12)].p\n"
        "    require not dear(total(price, in = d), 1.3)\n    require draws(D) == 5 W and all(D) == 4 USD }\n"
    )
    design = cmxdsl.loads(text)
    assert not [d for d in design.diagnostics if d.severity.value == "error"], design.explain()
    assert pairs(design.component) == {(i, (i + 1) % 12) for i in range(12)}


def test_a_name_in_a_function_means_its_parameter_first() -> None:
    design = cmxdsl.loads(
        "chip C { power { peak = 1 W } }\nchip D { power { peak = 2 W } }\n"
        "board B { c: C; let peak(c: chip) = c.power.peak; x.a = peak(D) }\n"
    )
    assert design.component.attributes["x.a"].value == quantity(Fraction(2), "W"), design.explain()


def test_functions_keep_where_their_values_come_from() -> None:
    design = cmxdsl.loads(
        'chip C { power { peak = 1 W estimated "as before" }\n    let twice(x: power) = x * 2\n    let own = power.peak\n'
        '    let told() = 3 W estimated "told"\n    x.a = twice(power.peak)\n    x.b = twice(own)\n    x.c = own\n'
        "    x.d = told() + 1 W\n    x.e = told()\n    x.f = twice(1 W) }\n"
    )
    assert not design.diagnostics, design.explain()
    kinds = {name: a.claim.kind for name, a in design.component.attributes.items()}
    assert [kinds[f"x.{k}"] for k in "abcdef"] == ["estimated"] * 5 + ["stated"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("chip A { let f(x: power) = x; x.a = f(3 m) }", "CMX0302"),
        ("chip A { let f(x: count) = x; x.a = f(2.5) }", "CMX0305"),
        ("chip A { let f(x: power) = x; require f(total(price)) > 3 W }", "CMX0302"),
        ("chip A { let f(x: power) = x; require f(count(chip) * 2) > 3 W }", "CMX0302"),
        ("chip A { let f(x: power) = x; x.a = f() }", "CMX0211"),
        ("chip A { let f(x: power) = x; x.a = f(1 W, 2 W) }", "CMX0211"),
        ("chip A { let f(x: power) = x; x.a = f(y = 1 W) }", "CMX0211"),
        ("chip A { let f(x: pwoer) = x }", "CMX0212"),
        ("chip A { let f(x: power, x: power) = x }", "CMX0206"),
        ("chip A { let max(x: power) = x }", "CMX0206"),
        ("chip A { let f(x: power) = x; x.a = f }", "CMX0202"),
        ("chip A { let f = 3; x.a = f(3) }", "CMX0214"),
        ("chip A { let f(x: power) = y * x }", "CMX0202"),
        ("chip A { let f(x: power) = 1 W if true else f(x); x.a = f(2 W) }", "CMX0222"),
        ("chip A { let f(x: power) = g(x); let g(x: power) = h + x; let h = f(1 W) }", "CMX0222"),
        ("let f(x: power) = f(x)\nchip A { x.a = 1 }", "CMX0222"),
        ("chip A { let f(x: power) = x + power.peak; power { peak = f(1 W) } }", "CMX0209"),
    ],
)
def test_what_is_wrong_with_a_function(text: str, code: str, codes: Callable[[str], list[str]]) -> None:
    assert codes(text) == [code], cmxdsl.loads(text).explain()


def test_functions_end_soon_whatever_they_call(codes: Callable[[str], list[str]]) -> None:
    """Each of these would take 2^60 steps one by one; the same call is made once, and what grows is refused."""
    doubling = "".join(f"let f{k + 1}(x: number) = f{k}(x) + f{k}(x)\n" for k in range(60))
    found = cmxdsl.loads(f"let f0(x: number) = x\n{doubling}chip A {{ x.a = f60(1) }}\n").component
    assert found.attributes["x.a"].value == quantity(Fraction(2**60), "")
    assert "CMX0312" in codes(
        f"let f0(x: number) = x\n{doubling}chip A {{ require f60(total(price) / (1 USD)) > 1 }}\n"
    )
    apart = "".join(f"let f{k + 1}(x: number) = f{k}(2 * x) + f{k}(2 * x + 1)\n" for k in range(60))
    assert "CMX0312" in codes(f"let f0(x: number) = x\n{apart}chip A {{ x.a = f60(1) }}\n")
    deep = "".join(f"let f{k + 1}(x: number) = f{k}(x)\n" for k in range(80))
    assert "CMX0312" in codes(f"let f0(x: number) = x\n{deep}chip A {{ x.a = f80(1) }}\n")
