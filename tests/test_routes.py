"""Routes: every length is what a naive calculator gives, which walks from end to end link by link."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.physical.cables import Racks, bundles, cable_groups, stocked
from cmxdsl.analysis.physical.farthest import bounds, by_bounds, farthest
from cmxdsl.analysis.physical.floor import floor_of, sites
from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.analysis.physical.trays import crossing, stretches
from cmxdsl.analysis.physical.unmeasured import Unmeasured, unmeasured
from cmxdsl.analysis.physical.ways import longest
from cmxdsl.diagnostics import Severity
from cmxdsl.model import Component, Expr, Subject, index
from cmxdsl.model import index_image as images
from cmxdsl.model.arithmetic import absolute, compared, constant, lesser, minus, over, plus, times
from cmxdsl.model.expr import Op, Var
from cmxdsl.model.index_image import Image
from cmxdsl.outputs.tables.cables import write as write_cables
from cmxdsl.records import evolve

PARTS = (
    "protocol E { plane = scale_out; rate = 400 Gb/s; shared = true }\nchip H { port p: E }\n"
    "board T { height = 1 U; h: H }\ncable C { rate = 400 Gb/s; lengths = [1 m, 2 m, 3 m, 5 m, 10 m, 30 m, 90 m] }\n"
)


def design(text: str) -> Component:
    loaded = cmxdsl.loads(text)
    assert not [d.message for d in loaded.diagnostics if d.severity is Severity.ERROR]
    return loaded.component


# --- the naive calculator ---------------------------------------------------------------------------------

UNIT = 44_450
SIDE, ENTRY, LOOP = 241_300, 300_000, 300_000


def row_start(row: int, cold: int, hot: int) -> int:
    return sum(1_200_000 + (cold if r % 2 == 0 else hot) for r in range(row))


def tray_length(a: tuple[int, int], b: tuple[int, int], cross: int, origin: int) -> int:
    """Along the trays from one tile to another, tried over every cross tray near."""
    (xa, ya), (xb, yb) = a, b
    if ya == yb or not cross:
        return abs(xa - xb) + abs(ya - yb)
    places = [origin + k * cross * 600_000 for k in range(-40, 80)]
    return abs(ya - yb) + min(abs(xa - x) + abs(x - xb) for x in places)


def by_hand(
    a: tuple[int, tuple[int, int], int], b: tuple[int, tuple[int, int], int], cross: int, origin: int, percent: int
) -> Fraction:
    """Metres from (rack, its corner, unit) to another."""
    if a[0] == b[0]:
        way = abs(a[2] - b[2]) * UNIT + 2 * SIDE
    else:
        way = tray_length(a[1], b[1], cross, origin) + 2 * (SIDE + ENTRY)
        way += sum(max(0, 2_700_000 - unit * UNIT) for unit in (a[2], b[2]))
    return Fraction(-(-way * (100 + percent) // 100) + 2 * LOOP, 1_000_000)


RACK_INDICES = ["0", "h mod N", "h div 3", "(h + 1) mod N", "N - 1 - h mod N"]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(5, 12),
    st.integers(1, 5),
    st.sampled_from(["tile", "xy", "halves"]),
    st.sampled_from([0, 1, 2, 3, 7]),
    st.sampled_from([0, 1_300, 600]),
    st.sampled_from([900, 1_200, 1_500]),
    st.sampled_from([0, 7, 10]),
    st.sampled_from(RACK_INDICES),
    st.sampled_from(RACK_INDICES),
    st.integers(1, 30),
    st.integers(1, 3),
    st.sampled_from(["", "where h mod 3 != 1"]),
)
def test_every_length_is_what_walking_gives(
    n: int,
    wide: int,
    way: str,
    cross: int,
    origin: int,
    hot: int,
    percent: int,
    left: str,
    right: str,
    low: int,
    step: int,
    where: str,
) -> None:
    left, right = left.replace("N", str(n)), right.replace("N", str(n))
    place = {
        "tile": f"place r[i] at row i div {wide}, col i mod {wide}",
        "xy": f"place r[i] at x 0.7 m * (i mod {wide}), y 2 m * (i div {wide})",
        "halves": f"place r[i] at row 0, col i for i in 0..2\n    place r[i] at row 1, col i + 2 for i in 3..{n - 1}",
    }[way]
    top = design(
        PARTS + f"rack R {{ height = 42 U; t[4]: T; place t[k] at U {low} + {step}*k }}\n"
        f"system S {{\n    floor {{ pitch = 600 mm x 1200 mm; aisle = 1.2 m; hot_aisle = {hot} mm; tray = 2.7 m\n"
        f"        slack = {percent}%; origin = {origin} mm x {origin} mm }}\n"
        + (f"    floor.cross = {cross}\n" if cross else "")
        + f"    r[{n}]: R\n    {place}\n"
        f"    link r[{left}].t[h mod 4].h.p -- r[{right}].t[(h + 1) mod 4].h.p over C {where} for h in 0..14\n}}\n"
    )

    def corner(i: int) -> tuple[int, int]:
        if way == "xy":
            return 700_000 * (i % wide), 2_000_000 * (i // wide)
        row, col = (i // wide, i % wide) if way == "tile" else ((0, i) if i < 3 else (1, i + 2))
        return col * 600_000 + origin * 1000, row_start(row, 1_200_000, hot * 1000) + origin * 1000

    expected: Counter[Fraction] = Counter()
    for h in range(15):
        if where and h % 3 == 1:
            continue
        rack_a, rack_b = (eval(text.replace("div", "//").replace("mod", "%"), {"h": h}) for text in (left, right))
        ends = [(rack_a, corner(rack_a), low + step * (h % 4)), (rack_b, corner(rack_b), low + step * ((h + 1) % 4))]
        expected[by_hand(ends[0], ends[1], cross, origin * 1000, percent)] += 1
    found: Counter[Fraction | None] = Counter()
    for group in cable_groups(Subject(top)):
        found[group.metres] += group.links
    assert found == expected
    assert Counter(cable.metres for cable in schedule(Subject(top))) == expected
    far = longest(Subject(top), top, top.links[0])
    assert far is not None and far.whole and far.metres == max(expected)
    assert all(
        g.stock is not None and g.metres is not None and g.stock.value >= g.metres for g in cable_groups(Subject(top))
    )


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4),
    st.sampled_from([0, 1, 2, 3, 4, 7]),
    st.sampled_from([0, 1_300]),
    st.integers(0, 5),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_the_trays_hold_as_much_cable_as_the_routes_take(
    rows: int, cross: int, origin: int, row: int, a: int, b: int
) -> None:
    """Metres of tray times the cables in them are what the routes have in trays: the crossing is the shortest one."""
    top = design(
        PARTS + "rack R { height = 42 U; t: T; place t at U 1 }\nsystem S {\n    floor { pitch = 600 mm x 1200 mm; "
        f"aisle = 1.2 m; hot_aisle = 0.9 m; tray = 2.7 m; origin = {origin} mm x 0 m }}\n"
        + (f"    floor.cross = {cross}\n" if cross else "")
        + f"    r[{rows * 10}]: R\n    place r[i] at row i div 10, col i mod 10\n"
        f"    link r[{(row % rows) * 10 + a}].t.h.p -- r[10*q + {b}].t.h.p over C for q in 0..{rows - 1}\n}}\n"
    )
    floor = floor_of(top)
    assert floor is not None
    racks = Racks(top)
    numbers = racks.numbers()
    placed = {numbers[site.label]: site for site in sites(top, floor)}
    laid = stretches(floor, bundles(cable_groups(Subject(top), racks)), placed)
    metres = sum((abs(s.x2 - s.x1) + abs(s.y2 - s.y1)) * s.cables for s in laid)

    def corner(i: int) -> tuple[int, int]:
        return i % 10 * 600_000 + origin * 1000, row_start(i // 10, 1_200_000, 900_000)

    start = (row % rows) * 10 + a
    ends = [10 * q + b for q in range(rows)]
    assert metres == sum(tray_length(corner(start), corner(e), cross, origin * 1000) for e in ends if e != start)


# --- by hand ----------------------------------------------------------------------------------------------


def one(rack: str, link: str, floor: str = "tray = 2.7 m; slack = 10%") -> list[Fraction | None]:
    """The lengths of a link between racks of a row."""
    top = design(
        PARTS + f"rack R {{ height = 48 U; {rack} }}\nsystem S {{\n    floor {{ pitch = 600 mm x 1200 mm; {floor} }}\n"
        f"    r[4]: R\n    place r[i] at row 0, col i\n    link {link} over C\n}}\n"
    )
    return sorted((g.metres for g in cable_groups(Subject(top)) for _ in range(g.links)), key=lambda m: m or 0)


def test_from_the_lowest_unit_of_a_rack_to_the_highest() -> None:
    # 44 U x 44.45 mm + 482.6 mm sideways, a tenth more, and two loops of 300 mm
    (found,) = one("t[45]: T; place t[k] at U 1 + k", "r[0].t[0].h.p -- r[0].t[44].h.p")
    assert found == (Fraction("1.9558") + Fraction("0.4826")) * Fraction(11, 10) + Fraction("0.6")


def test_a_rack_states_its_own_measures() -> None:
    cabling = "t[2]: T; place t[k] at U 1 + k; cabling { side = 100 mm; loop = 0 m; entry = 50 mm }"
    assert one(cabling, "r[0].t[0].h.p -- r[0].t[1].h.p", "tray = 2.7 m") == [Fraction("0.24445")]
    # up 2.7 m - 1 U and 2.7 m - 2 U, one tile along, twice 100 mm and 50 mm
    (found,) = one(cabling, "r[0].t[0].h.p -- r[1].t[1].h.p", "tray = 2.7 m")
    assert found == Fraction("5.4") - 3 * Fraction("0.04445") + Fraction("0.6") + Fraction("0.3")


def test_published_cables_inside_racks_are_long_enough() -> None:
    """Oracle Exadata X9M and SuperCluster M7 join U1 and U24 of a rack with 3 m; 2 m join leaves at U20 and U24."""
    stock = "cable D { rate = 400 Gb/s; lengths = [1 m, 2 m, 3 m, 5 m] }\n"
    rack = "t[24]: T; place t[k] at U 1 + k"
    for first, second, published in ((0, 23, 3), (19, 23, 2)):
        top = design(
            PARTS + stock + f"rack R {{ height = 42 U; {rack}; link t[{first}].h.p -- t[{second}].h.p over D }}"
        )
        (group,) = cable_groups(Subject(top))
        assert group.stock is not None and group.stock.value == published


def test_the_spelling_of_a_rack_does_not_matter() -> None:
    rack = "t[5]: T; place t[k] at U 20 + 5*k"
    top = PARTS + (
        f"rack R {{ height = 48 U; {rack} }}\nsystem S {{\n    floor {{ pitch = 600 mm x 1200 mm; tray = 2.7 m }}\n"
        "    r[4]: R\n    place r[i] at row 0, col i\n    LINK\n}\n"
    )
    same = design(top.replace("LINK", "link r[0].t[h].h.p -- r[0].t[4].h.p over C for h in 0..3"))
    divided = design(top.replace("LINK", "link r[h div 4].t[h].h.p -- r[0].t[4].h.p over C for h in 0..3"))
    assert [(g.metres, g.links) for g in cable_groups(Subject(same))] == [
        (g.metres, g.links) for g in cable_groups(Subject(divided))
    ]


@pytest.mark.parametrize("cross", [0, 4])
def test_where_the_rows_start_changes_no_length(cross: int) -> None:
    def lengths(origin: str) -> list[Fraction | None]:
        top = design(
            PARTS + "rack R { height = 42 U; t: T; place t at U 10 }\nsystem S(o: length = 0 m) {\n"
            f"    floor {{ pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m; origin = {origin} }}\n"
            + (f"    floor.cross = {cross}\n" if cross else "")
            + "    r[8]: R\n    place r[i] at row i mod 2, col i\n"
            "    link r[i].t.h.p -- r[(i + 1) mod 8].t.h.p over C\n}\n"
        )
        return [g.metres for g in cable_groups(Subject(top))]

    assert lengths("0 m x 0 m") == lengths("1.3 m x 2 m") == lengths("5 m x 0.1 m")


def test_a_length_in_stock_that_just_reaches_is_taken() -> None:
    cable = design(PARTS + "rack R { height = 42 U; t[2]: T; link t[0].h.p -- t[1].h.p over C }").links[0].media[0]
    for metres, length in ((Fraction(3), 3), (Fraction(3_000_001, 1_000_000), 5), (Fraction(90), 90)):
        found = stocked(cable, metres)
        assert found is not None and found.value == length
    assert stocked(cable, Fraction(90_000_001, 1_000_000)) is None


def test_what_has_no_unit_or_no_place_is_unknown_where_that_matters() -> None:
    # in one rack: no unit, no length; from rack to rack: from the top of the rack
    text = (
        PARTS
        + "rack R { height = 42 U; t[5]: T; UNITS }\nsystem S {\n    floor { pitch = 600 mm x 1200 mm; tray = 2.7 m }\n"
        "    r[4]: R\n    PLACES\n    link r[h div 4].t[h mod 4].h.p -- r[0].t[4].h.p over C for h in 0..15\n}\n"
    )
    units, places = "place t[k] at U 1 + k", "place r[i] at row 0, col i"
    no_unit = design(text.replace("UNITS", "").replace("PLACES", places))
    assert sum(g.links for g in cable_groups(Subject(no_unit)) if g.metres is None) == 4
    assert sum(1 for c in schedule(Subject(no_unit)) if c.metres is None) == 4
    far = longest(Subject(no_unit), no_unit, no_unit.links[0])
    assert far is not None and not far.whole and far.at == {"h": 12}
    no_place = design(text.replace("UNITS", units).replace("PLACES", ""))
    assert sum(g.links for g in cable_groups(Subject(no_place)) if g.metres is None) == 12
    neither = design(text.replace("UNITS", "").replace("PLACES", ""))
    assert all(g.metres is None for g in cable_groups(Subject(neither)))
    unit, place = "`r.t` has no `U`", "rack `r` has no place on the floor"
    top = f"{unit}: measured from the top of its rack"
    assert unmeasured(Subject(no_unit)) == [Unmeasured(4, unit), Unmeasured(12, top, known=True)]
    assert unmeasured(Subject(no_place)) == [Unmeasured(12, place)]
    assert unmeasured(Subject(neither)) == [Unmeasured(4, unit), Unmeasured(12, place)]
    shown = "".join(str(part) for part in write_cables(Subject(no_unit), "table", "summary"))
    assert f"length not known   4 links: {unit}" in shown and f"assumed            12 links: {top}" in shown


# --- who stands where -------------------------------------------------------------------------------------

ROOM = "rack R { height = 42 U }\nsystem S {\n    floor { pitch = 600 mm x 1200 mm; size = 9 m x 10 m }\n"


@pytest.mark.parametrize(
    ("places", "codes"),
    [
        ("r[4]: R; place r[i] at x 0.6 m * i, y 2 m", []),
        ("r[4]: R; place r[i] at x 0.5 m * i, y 2 m", ["CMX0613"]),
        ("r[4]: R; place r[i] at x 0.6 m * (i div 2), y 2 m", ["CMX0613"]),
        ("r[4]: R; q[2]: R; place r[i] at x 0.7 m * i, y 1.2 m; place q[i] at row 0, col i", []),
        ("r[4]: R; q[2]: R; place r[i] at x 0.7 m * i, y 1.1 m; place q[i] at row 0, col i", ["CMX0613"]),
        ("r[4]: R; place r[i] at x 3 m * i, y 2 m", ["CMX0613"]),
        ("r[4]: R; place r[i] at row 0, col i div 2", ["CMX0605"]),
    ],
)
def test_racks_by_x_and_y_take_their_tile(places: str, codes: list[str]) -> None:
    text = ROOM + "".join(f"    {p.strip()}\n" for p in places.split(";")) + "}\n"
    assert [d.code for d in cmxdsl.loads(text).diagnostics] == codes


@pytest.mark.parametrize("many", [3, 40])
def test_without_a_floor_two_racks_at_one_place_are_found(many: int) -> None:
    text = "rack R { height = 42 U }\nsystem S {\n" + "".join(
        f"    r{i}: R\n    place r{i} at x {i % (many - 1)} m, y 0 m\n" for i in range(many)
    )
    (found,) = cmxdsl.loads(text + "}\n").diagnostics
    assert found.code == "CMX0605" and f"`r{many - 1}` and `r0`" in found.message


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.integers(1, 3)), min_size=2, max_size=40),
    st.sampled_from([0, 1, 1000]),
    st.booleans(),
)
def test_images_that_meet_are_found_however_many_they_are(
    made: list[tuple[int, int, int]], few: int, bulk: bool
) -> None:
    """Pair by pair, by a table, and sorted: the same as sets of numbers say."""
    found = [Image((plus(start, times(Var("i"), step)),), (index.Dim("i", 0, size),)) for start, size, step in made]
    sets = [{start + step * k for k in range(size)} for start, size, step in made]
    expected = {}
    for second in range(len(sets)):
        first = next((k for k in range(second) if sets[k] & sets[second]), None)
        if first is not None:
            expected[second] = first
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "FEW", few)
        if bulk:
            patch.setattr(index, "SMALL", 0)
        hits = list(images.clashes(found, (20,)))
    assert {second: first for first, second, _, _ in hits} == expected
    for first, second, a, b in hits:
        assert index.evaluate(found[first].indices[0], a) == index.evaluate(found[second].indices[0], b)


# --- the greatest of many ---------------------------------------------------------------------------------


def small() -> st.SearchStrategy[Expr]:
    terms = st.sampled_from([Var("i"), Var("j")]) | st.integers(-9, 9).map(constant)

    def grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        pairs = st.tuples(inner, inner)
        return (
            pairs.map(lambda p: plus(*p))
            | pairs.map(lambda p: minus(*p))
            | pairs.map(lambda p: times(*p))
            | pairs.map(lambda p: lesser(*p))
            | inner.map(absolute)
            | st.tuples(inner, st.integers(1, 5)).map(lambda p: over(*p))
            | st.tuples(inner, st.integers(1, 5)).map(lambda p: Op("mod", (p[0], constant(p[1]))))
        )

    return st.recursive(terms, grown, max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(small(), small(), small(), st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), st.booleans())
def test_bounds_find_what_looking_everywhere_finds(a: Expr, b: Expr, c: Expr, sign: str, free: bool) -> None:
    domain = (index.Dim("i", 0, 9), index.Dim("j", 2, 13))
    where = None if free else compared(sign, b, c)
    values = [index.evaluate(a, at) for at in index.each(domain, where)]
    found = by_bounds(a, domain, where)
    if not values:
        assert found is None
        return
    assert found is not None and found[0] == max(values) == index.evaluate(a, found[1])
    assert where is None or index.evaluate(where, found[1])


def hall(racks: int, wide: int, reach: str, extra: str = "") -> str:
    return (
        PARTS.replace("lengths", f"reach = {reach}; lengths").replace("90 m]", "90 m, 9000 m]")
        + "rack R { height = 42 U; t[32]: T; place t[k] at U 1 + k }\nsystem S {\n"
        f"    floor {{ pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m; {extra} }}\n    r[{racks}]: R\n"
        f"    place r[i] at row i div {wide}, col i mod {wide}\n"
        "    link r[i].t[k].h.p -- r[0].t[0].h.p over C where i > 0\n}\n"
    )


@pytest.mark.parametrize("racks", [30_000, 625_000, 5_000_000])
def test_a_cable_that_is_too_long_is_found_on_a_floor_of_any_size(racks: int) -> None:
    text = hall(racks, 1000, "5 km").replace(" where i > 0", "")
    # the last row is y = rows 2.4 m apart, its last column 999 tiles along, from U1 to U1
    far = (racks // 1000 - 1) * 2_400_000 + 999 * 600_000 + 2 * (2_700_000 - UNIT + SIDE + ENTRY + LOOP)
    found = cmxdsl.loads(text).diagnostics
    if far > 5_000_000_000:
        (error,) = [d for d in found if d.code == "CMX0552"]
        assert f"{far / 1e9:.3g} km" in error.message or f"{far / 1e6:,.0f}"[:3] in error.message
    else:
        assert not [d for d in found if d.code == "CMX0552"]
    assert not [d for d in found if d.code == "CMX0004"]


def test_what_takes_too_many_steps_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmxdsl.analysis.physical.farthest.MAX_BOXES", 1)
    found = cmxdsl.loads(hall(700_000, 1000, "5 km").replace(" where i > 0", " where (i * i) mod 7 == 2")).diagnostics
    assert any(d.code in ("CMX0004", "CMX0406") for d in found)


def test_the_room_is_looked_at_whole() -> None:
    inside = hall(1_000_000, 1000, "9 km", "size = 600 m x 2398.8 m").replace(" where i > 0", "")
    assert not [d for d in cmxdsl.loads(inside).diagnostics if d.code == "CMX0613"]
    outside = inside.replace("2398.8 m", "2398.7 m")
    (found,) = [d for d in cmxdsl.loads(outside).diagnostics if d.code == "CMX0613"]
    assert "`r[999" in found.message


def test_a_bound_is_found_where_enumeration_stops() -> None:
    domain = tuple(index.Dim(name, 0, 100_000) for name in "ij")
    far = absolute(minus(times(Var("i"), 3), Var("j")))
    assert farthest(far, domain, compared("<", Var("i"), Var("j"))) == (3 * 99_998 - 99_999, {"i": 99_998, "j": 99_999})


PODS = """protocol P { plane = scale_out; rate = 100 Gb/s }
chip A { port p: P }
cable Dac { rate = 400 Gb/s; reach = 6 m; price = 1 USD }
cable Aoc { rate = 400 Gb/s; reach = 30 m; price = 2 USD }
rack R { height = 42 U; a: A }
system Pod { r[2]: R; PLACE; link r[0].a.p -- r[1].a.p over MEDIUM }
system Top {
    floor.pitch = 600 mm x 1200 mm; floor.aisle = 1.2 m; floor.hot_aisle = 3 m; floor.tray = 2 m
    pod[2]: Pod
    place pod[i] at row ROW, col 0
}
"""


def pods(medium: str, row: str, place: str = "place r[i] at row i, col 0") -> cmxdsl.Design:
    return cmxdsl.loads(PODS.replace("MEDIUM", medium).replace("ROW", row).replace("PLACE", place), top="Top")


def test_a_link_is_as_long_as_where_its_owner_stands_makes_it() -> None:
    """Between rows 0 and 1 is the cold aisle of 1.2 m, between 3 and 4 the hot one of 3 m, which the pod alone cannot
    tell."""
    here, there = (c.metres for c in schedule(pods("Dac", "3 * i").subject))
    assert here is not None and there is not None and there - here == Fraction(18, 10)
    finding = next(
        d for d in pods("Dac", "3 * i").diagnostics if d.code == "CMX0554" or "longest of these" in d.message
    )
    assert "in `pod[1]`" in finding.message
    assert not [d for d in pods("Dac", "2 * i").diagnostics if "longest of these" in d.message]


def test_a_choice_of_media_is_made_where_the_owner_stands() -> None:
    def taken(row: str) -> set[str]:
        return {c.carrier.name for c in schedule(pods("auto(Dac, Aoc)", row).subject) if c.carrier is not None}

    assert (taken("2 * i"), taken("2 * i + 1")) == ({"Dac"}, {"Aoc"})
    loaded = pods("auto(Dac, Aoc)", "3 * i")
    assert [d.code for d in loaded.diagnostics if d.code != "CMX0906"] == ["CMX0562"]
    assert "depends on where each `Pod` is placed" in loaded.explain()


def test_racks_that_nothing_places_have_no_lengths_though_their_holder_is_placed() -> None:
    loaded = pods("auto(Dac, Aoc)", "2 * i", "let unused = 1")
    assert "CMX0562" in [d.code for d in loaded.diagnostics]
    assert [c.metres for c in schedule(loaded.subject)] == [None, None]
    assert [(u.links, u.known) for u in unmeasured(loaded.subject)] == [(2, False)]


def test_racks_of_two_systems_that_nothing_places_are_no_way_apart() -> None:
    text = """protocol P { plane = scale_out; rate = 100 Gb/s }
chip A { port p[2]: P }
cable Aoc { rate = 400 Gb/s; reach = 30 m }
rack R { height = 42 U; a: A }
system Pod { r[2]: R; place r[i] at row 0, col 3 * i; link r[0].a.p[0] -- r[1].a.p[0] over Aoc }
system Top {
    floor.pitch = 600 mm x 1200 mm; floor.aisle = 1.2 m; floor.tray = 2 m
    pod[2]: Pod
    link pod[0].r[0].a.p[1] -- pod[1].r[1].a.p[1] over Aoc
}
"""
    subject = cmxdsl.loads(text, top="Top").subject
    known = [c.metres is not None for c in schedule(subject)]
    assert sorted(known) == [False, True, True]
    assert [u.reason for u in unmeasured(subject) if not u.known] == ["`pod` has no place on the floor"]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 5), st.integers(-3, 3), st.integers(-60, 60), st.integers(-60, 60))
def test_rows_are_joined_at_the_cross_tray_that_makes_the_route_shortest(cross: int, x0: int, xa: int, xb: int) -> None:
    floor = floor_of(design("system S { floor.pitch = 1 m x 1 m; floor.aisle = 1 m }\n"))
    assert floor is not None
    floor = evolve(floor, cross=cross, x0=x0)
    found = crossing(floor, xa, xb)
    if not cross:
        assert found == xb
        return
    assert (found - x0) % cross == 0
    best = min(abs(xa - x) + abs(xb - x) for x in range(-80, 81) if (x - x0) % cross == 0)
    assert abs(xa - found) + abs(xb - found) == best


def test_each_stretch_of_tray_holds_the_cables_that_pass_it() -> None:
    """Two cables from column 0 and one from column 2 to column 4 of a row: two, then three; one goes on to row 1 by the
    cross tray at column 6."""
    text = """protocol P { plane = scale_out; rate = 100 Gb/s }
chip A { port p[4]: P }
cable C { rate = 400 Gb/s; reach = 50 m; diameter = 10 mm }
rack R { height = 42 U; a: A }
system S {
    floor.pitch = 1 m x 1 m; floor.aisle = 1 m; floor.tray = 2 m; floor.cross = 6
    r[8]: R
    place r[i] at row i div 7, col i mod 7 where i < 7
    place r[7] at row 1, col 4
    link r[0].a.p[k] -- r[4].a.p[k] over C for k in 0..1
    link r[2].a.p[0] -- r[4].a.p[2] over C
    link r[4].a.p[3] -- r[7].a.p[0] over C
}
"""
    top = design(text)
    floor = floor_of(top)
    assert floor is not None
    found = stretches(floor, bundles(cable_groups(Subject(top))), dict(enumerate(sites(top, floor))))
    metre = 1_000_000
    laid = {(s.x1 / metre, s.y1 / metre, s.x2 / metre, s.y2 / metre): s.cables for s in found}
    assert laid == {
        (0.5, 0.5, 2.5, 0.5): 2,
        (2.5, 0.5, 4.5, 0.5): 3,
        (4.5, 0.5, 6.5, 0.5): 1,
        (4.5, 2.5, 6.5, 2.5): 1,
        (6.5, 0.5, 6.5, 2.5): 1,
    }
    circle = {s.section / s.cables for s in found}
    assert len(circle) == 1 and float(circle.pop()) == pytest.approx(3.14159 * 0.005**2, rel=0.3)


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">=", "and", "or", "+", "-", "*", "div", "mod"])
def test_bounds_of_one_operator_on_two_ranges(operator: str) -> None:
    """By trying every pair of every two ranges: nothing lies outside, and all but remainders are exact."""
    expr = Op(operator, (Var("i"), Var("j")))
    if operator in ("and", "or"):
        expr = Op(operator, (compared("<", Var("i"), 2), compared(">", Var("j"), 2)))
    ranges = [(low, high) for low in range(1, 6) for high in range(low, 6)]
    found, value = bounds(expr), index.compiled(expr, ["i", "j"])
    for one in ranges:
        for other in ranges:
            values = [int(value(i, j)) for i in range(one[0], one[1] + 1) for j in range(other[0], other[1] + 1)]
            low, high = found({"i": one, "j": other})
            assert low <= min(values) and max(values) <= high, (one, other)
            if operator != "mod":
                assert (low, high) == (min(values), max(values)), (one, other)
