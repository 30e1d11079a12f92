"""Racks, floors and cables: what is derived is what counting one by one gives."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as Xml
from fractions import Fraction
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.base.planes import planes
from cmxdsl.analysis.physical.cables import Racks, bundles, cable_groups, purchases
from cmxdsl.analysis.physical.floor import floor_of, sites, spots, stand
from cmxdsl.analysis.physical.media_choice import limit
from cmxdsl.analysis.physical.optical_budget import budgets
from cmxdsl.analysis.physical.routes import route
from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.analysis.power import feeds, loads, outages
from cmxdsl.analysis.power.loads import Facility
from cmxdsl.diagnostics import Severity
from cmxdsl.model import Component, Subject, index
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.outputs.pictures import picture
from cmxdsl.outputs.tables.cables import write as write_cables
from cmxdsl.outputs.tables.optics import write as write_optics
from cmxdsl.outputs.tables.power import write as write_power
from cmxdsl.units import Quantity

from .conftest import ROOT

PARTS = """
protocol E { plane = scale_out; rate = 400 Gb/s }
chip G { role = accelerator; port p: E; power { peak = 700 W } }
board Srv { height = 4 U; mass = 60 kg; g[4]: G; port p[i] = g[i].p }
switch Leaf { height = 2 U; port p[64]: E; power { peak = 1 kW } }
cable Dac { rate = 400 Gb/s; reach = 3 m; lengths = [1 m, 2 m, 3 m]; price = 100 USD; diameter = 11 mm }
cable Aec { rate = 400 Gb/s; reach = 7 m; lengths = [3 m, 5 m, 7 m]; price = 250 USD; diameter = 8 mm }
cable Aoc { rate = 400 Gb/s; reach = 30 m; lengths = [5 m, 10 m, 20 m, 30 m]; price = 600 USD; diameter = 3 mm }
rack R { height = 42 U; mass = 100 kg; s[8]: Srv; place s[i] at U 1 + 5*i; port p[i, k] = s[i].p[k] }
rack N { height = 42 U; leaf[8]: Leaf; place leaf[i] at U 1 + 2*i; port p[l, k] = leaf[l].p[k] }
"""


def hall(
    rows: int = 2, cross: str = "", over: str = "auto(Dac, Aec, Aoc)", hot: str = "900 mm", extra: str = ""
) -> str:
    return PARTS + (
        f"site Hall {{\n    floor {{ pitch = 600 mm x 1200 mm; aisle = 1.2 m; hot_aisle = {hot}; tray = 2.7 m; slack = 10%"
        f" }}\n    {cross}\n    r[{8 * rows}]: R\n    n[{rows}]: N\n"
        f"    place r[i] at row i div 8, col 1 + i mod 8\n    place n[i] at row {rows - 1} - i, col 0\n"
        f"    link r[8*q + i].p[s, k] -- n[q].p[i, 4*s + k] over {over}\n{extra}\n}}\n"
    )


def design(text: str) -> Component:
    loaded = cmxdsl.loads(text)
    assert loaded.ok, loaded.explain()
    return loaded.component


# --- places and routes ------------------------------------------------------------------------------------


def test_rows_face_each_other_and_hot_aisles_lie_between_backs() -> None:
    top = design(hall(4))
    floor = floor_of(top)
    assert floor is not None
    found = [s for s in sites(top, floor) if s.col == 1]
    assert [(s.row, s.y, s.faces) for s in found] == [
        (0, 0, "south"),
        (1, 2_400_000, "north"),
        (2, 4_500_000, "south"),
        (3, 6_900_000, "north"),
    ]


def test_racks_of_a_system_stand_where_the_system_stands() -> None:
    text = PARTS + (
        "system Pod { r[2]: R; place r[i] at row 0, col i }\n"
        "site S { floor { pitch = 600 mm x 1200 mm; aisle = 1 m; origin = 2 m x 3 m }\n"
        "    pod[3]: Pod\n    place pod[p] at row p, col 5 }\n"
    )
    top = design(text)
    floor = floor_of(top)
    assert floor is not None
    found = {s.label: (s.x, s.y) for s in sites(top, floor)}
    assert found["pod[0].r[0]"] == (5_000_000, 3_000_000) and found["pod[2].r[1]"] == (5_600_000, 7_400_000)
    assert len(found) == 6


def test_a_device_placed_in_two_pieces_is_found_in_both() -> None:
    text = (
        "protocol E { plane = scale_up; rate = 1 Gb/s }\nboard T { height = 1 U; port p: E }\n"
        "switch W { height = 1 U; port p[6]: E }\ncable C { rate = 1 Gb/s; reach = 9 m }\n"
        "rack R { height = 42 U; t[6]: T; w: W; place t[i] at U 1 + i for i in 0..2\n"
        "    place t[i] at U 20 + 2*i for i in 3..5; place w at U 10\n    link t[i].p -- w.p[i] over C }\n"
    )
    top = design(text)
    (link,) = top.links
    a, b = stand(top, link.a.steps), stand(top, link.b.steps)
    assert a is not None and b is not None
    way = route(a, b, None)
    assert way is not None
    ends = 2 * (241_300 + 300_000)  # sideways to the manager, and a service loop
    units = [(index.evaluate(way.length, {"i": i}) - ends) / 44_450 for i in range(6)]
    assert units == [9, 8, 7, 16, 18, 20]


# --- cables -----------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(0, 5), st.permutations(["Dac", "Aec", "Aoc"]))
def test_each_link_gets_the_cheapest_medium_that_reaches(rows: int, cross: int, order: list[str]) -> None:
    tray = f"floor.cross = {cross}" if cross else ""
    loaded = cmxdsl.loads(hall(rows, tray, f"auto({', '.join(order)})"))
    top = loaded.component
    plain = design(hall(rows, tray, "Aoc")).links[0]
    assert sum(link.count for link in top.links) == plain.count
    media = {m.name: m for link in top.links for m in link.media}
    for cable in schedule(Subject(top)):
        assert cable.metres is not None and cable.stock is not None
        best = limit(cable.medium)
        assert best is not None and best.value >= cable.metres
        price = cable.medium.quantity("price")
        for name, reach, cost in (("Dac", 3, 100), ("Aec", 7, 250), ("Aoc", 30, 600)):
            if reach >= cable.metres:
                assert price is not None and price.value == cost and cable.medium is media[name]
                break


def test_every_list_and_the_bill_of_materials_agree() -> None:
    loaded = cmxdsl.loads(hall(3))
    top = loaded.component
    found = cable_groups(Subject(top))
    cables = list(schedule(Subject(top)))
    assert sum(g.cables for g in found) == len(cables) == 3 * 8 * 32
    assert sum(b.cables for b in bundles(found)) == len(cables)
    bought: dict[str, int] = {}
    for line in purchases(found):
        bought[line.part.name] = bought.get(line.part.name, 0) + line.quantity
    assert bought == {line.part: line.quantity for line in loaded.bom().lines if line.kind == "cable"}
    lengths: dict[tuple[str, Fraction], int] = {}
    for cable in cables:
        assert cable.stock is not None
        key = (cable.medium.name, cable.stock.value)
        lengths[key] = lengths.get(key, 0) + 1
    assert lengths == {(p.part.name, p.length.value): p.quantity for p in purchases(found) if p.length is not None}


def test_racks_by_number_and_back() -> None:
    top = design(hall(2))
    racks = Racks(top)
    assert racks.count == 18 and len(racks.numbers()) == 18
    assert all(racks.label(n) == label for label, n in racks.numbers().items())


def test_every_end_of_the_flagship_is_one_port() -> None:
    top = cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx").component
    cables = list(schedule(Subject(top)))
    assert len(cables) == 2_688 + 384 + 384  # two 28 GB/s links share an LPO pair; leaf to spine; NPU to leaf
    ends = [port for c in cables for end in (c.a, c.b) for port in ([(end.node, p) for p in end.port.split(" + ")])]
    assert len(ends) == len(set(ends)) == 2 * (5_376 + 384 + 384)
    assert all(c.metres is not None and c.stock is not None and c.stock.value >= c.metres for c in cables)
    optics = {
        line.part.name: line.quantity for line in purchases(cable_groups(Subject(top))) if line.part.kind == "optic"
    }
    assert optics == {"LPO400": 5_376, "DR4_400": 1_536}


def test_the_copper_of_the_nvl72_is_5184_cables() -> None:
    top = cmxdsl.load(ROOT / "designs" / "gb200_nvl72.cmx").component
    assert sum(g.cables for g in cable_groups(Subject(top))) == 5_184 == len(list(schedule(Subject(top))))


def test_csv_json_and_the_workbook() -> None:
    top = design(hall(2))
    text = "".join(str(p) for p in write_cables(Subject(top), "csv", "schedule"))
    rows = list(csv.DictReader(StringIO(text)))
    assert len(rows) == 2 * 8 * 32
    assert rows[0]["a_rack"] == "r[0]" and rows[0]["a_u"] == "1" and rows[0]["b_device"] == "leaf[0]"
    assert rows[0]["a_label"] == "C000001A r[0] U1 s[0] g[0].p"
    content = json.loads("".join(str(p) for p in write_cables(Subject(top), "json", "schedule")))
    assert [r["cable"] for r in content["rows"]] == [r["cable"] for r in rows]
    (book,) = write_cables(Subject(top), "p2p", "schedule")
    assert isinstance(book, bytes)
    sheet = openpyxl.load_workbook(BytesIO(book)).active
    assert sheet is not None
    cells = [[c.value for c in row] for row in sheet.iter_rows()]
    assert cells[0] == [
        "A-Rack",
        "A-U",
        "A-Node Name",
        "A-Type",
        "A-Port",
        "Z-Rack",
        "Z-RU",
        "Z-Node Name",
        "Z-Type",
        "Z-Port",
    ]
    assert cells[1] == ["r[0]", 1, "r[0].s[0]", "Host", "g[0].p", "n[0]", 1, "n[0].leaf[0]", "Switch", "p[0]"]
    assert len({(row[2], row[4]) for row in cells[1:]}) == len(cells) - 1


def test_lengths_that_nothing_says_stay_unknown() -> None:
    text = PARTS + "system S { r: R; n: N; link r.p[i, k] -- n.p[i, k] over Dac for k in 0..3 }\n"
    top = design(text)
    assert {c.metres for c in schedule(Subject(top))} == {None} and {c.stock for c in schedule(Subject(top))} == {None}
    (line,) = purchases(cable_groups(Subject(top)))
    assert line.length is None and line.quantity == 32


# --- pictures ---------------------------------------------------------------------------------------------

VIEWS = ("elevation", "floor", "cables")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["cloudmatrix384", "hall"])
def test_pictures_are_well_formed_and_the_same_each_time(view: str, name: str) -> None:
    loaded = cmxdsl.loads(hall(3)) if name == "hall" else cmxdsl.load(ROOT / "designs" / f"{name}.cmx")
    svg = loaded.render(view)
    root = Xml.fromstring(svg)
    assert root.tag.endswith("svg") and svg == loaded.render(view)
    texts = {t.text for t in root.iter("{http://www.w3.org/2000/svg}text")}
    names = ("r[3]", "r[0…7] × 8") if name == "hall" else ("compute[3]", "compute[0…5] × 6")
    assert names[view == "elevation"] in texts
    assert loaded.render(view, "png").startswith(b"\x89PNG") and loaded.render(view, "pdf").startswith(b"%PDF")


def test_a_line_has_eight_racks_and_equal_neighbours_are_one(flagship: cmxdsl.Design) -> None:
    """Nine kinds of rack in a row: eight, and one below; twelve compute racks stand as two groups beside four others."""
    kinds = "".join(f"rack R{k} {{ height = 4 U }}\n" for k in range(9))
    body = "".join(f"    r{k}: R{k}\n    place r{k} at row 0, col {k}\n" for k in range(9))
    floor = "floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m }"
    root = Xml.fromstring(cmxdsl.loads(f"{kinds}system Top {{\n    {floor}\n{body}}}\n").render("elevation"))
    at = {t.text: (float(t.attrib["x"]), float(t.attrib["y"])) for t in root.iter("{http://www.w3.org/2000/svg}text")}
    assert len({at[f"r{k}"][1] for k in range(8)}) == 1 and at["r8"][1] > at["r7"][1] and at["r8"][0] == at["r0"][0]
    shown = flagship.render("elevation").decode()
    assert all(title in shown for title in ("compute[0…5] × 6", "comm[0…3] × 4", "compute[6…11] × 6"))
    assert float(Xml.fromstring(shown).attrib["width"]) < 800


def test_an_elevation_shows_each_device_once() -> None:
    loaded = cmxdsl.load(ROOT / "designs" / "gb200_nvl72.cmx")
    root = Xml.fromstring(loaded.render("elevation"))
    texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert sum(t is not None and t.startswith("tray[") for t in texts) == 18
    assert sum(t is not None and t.startswith("switch_tray[") for t in texts) == 9
    assert "37 of 48 U used, 11 free" in texts
    both = Xml.fromstring(loaded.render("elevation", rack="GB200NVL72"))
    words = [t.text for t in both.iter("{http://www.w3.org/2000/svg}text")]
    assert "GB200NVL72, front" in words and "GB200NVL72, rear" in words


def test_half_width_rear_and_zero_u_devices() -> None:
    text = (
        "board H { height = 1 U; half_width = true }\nboard B { height = 2 U }\nmodule Pdu { role = power; zero_u = true }\n"
        "rack R { height = 10 U; h[2]: H; b: B; pdu[2]: Pdu\n    place h[0] at U 1, side left\n"
        "    place h[1] at U 1, side right; place b at U 3, face rear; place pdu[i] at U 1, side left }\n"
    )
    loaded = cmxdsl.loads(text)
    assert loaded.ok, loaded.explain()
    shown = loaded.render("elevation", "text").decode()
    assert "h[0] (left)  H, 1 U  |  h[1] (right)  H, 1 U" in shown
    assert "3 of 10 U used, 7 free" in shown and "beside the units: pdu[0] Pdu" in shown


def test_open_racks_have_units_of_their_own() -> None:
    text = "board T { height = 2 OU }\nrack O { height = 44 OU; unit = 48 mm; t[22]: T; place t[i] at U 1 + 2*i }\n"
    loaded = cmxdsl.loads(text)
    assert loaded.ok, loaded.explain()
    assert "44 of 44 OU used, 0 free" in loaded.render("elevation", "text").decode()


def test_views_say_what_they_miss() -> None:
    empty = cmxdsl.loads("chip A { }\n")
    for view, word in (("elevation", "no racks"), ("floor", "states no floor")):
        with pytest.raises(ViewFault, match=word):
            empty.render(view)
    loaded = cmxdsl.loads(hall(2))
    with pytest.raises(ViewFault, match="there is no rack `q`"):
        loaded.render("elevation", rack="q")
    with pytest.raises(ViewFault, match="cannot be written as dot"):
        picture(loaded.subject, "floor", "dot", Options())


def test_ten_thousand_racks_fold() -> None:
    text = PARTS + (
        "site S { floor { pitch = 600 mm x 1200 mm; aisle = 1 m }\n    r[10_000]: R\n"
        "    place r[i] at row i div 100, col i mod 100 }\n"
    )
    made = picture(cmxdsl.loads(text).subject.of(design(text)), "elevation", "svg", Options())
    assert len(made.data) < 60_000 and not made.notes and b"rows 0 to 99" in made.data
    plan = picture(cmxdsl.loads(text).subject.of(design(text)), "floor", "svg", Options())
    assert len(plan.data) < 6_000_000


def test_quantities_are_exact() -> None:
    top = design(hall(2))
    assert all(isinstance(g.metres, Fraction) for g in cable_groups(Subject(top)))
    assert all(g.stock is None or isinstance(g.stock, Quantity) for g in cable_groups(Subject(top)))


# --- light ------------------------------------------------------------------------------------------------


def standard_optics() -> list[Component]:
    names = ("DR4_400", "FR4_400", "LPO400", "DR8_800", "LPO800")
    ends = "".join(f"    link a[{k}].p -- b[{k}].p over {name}\n" for k, name in enumerate(names))
    text = (
        "use std.optics\nprotocol P { plane = scale_out; rate = 400 Gb/s }\nchip A { port p: P }\n"
        f"system S {{\n    a[{len(names)}]: A\n    b[{len(names)}]: A\n{ends}}}\n"
    )
    return [link.media[0] for link in design(text).links]


def test_the_standards_loss_budgets_come_out_of_their_own_numbers() -> None:
    """IEEE 802.3: 3.0 dB for 400GBASE-DR4, 4.0 dB for 400GBASE-FR4."""
    found = {}
    for optic in standard_optics():
        launch, sensitivity, penalty, allowed = (
            optic.quantity(n) for n in ("tx.launch", "rx.sensitivity", "penalty", "budget")
        )
        assert launch is not None and sensitivity is not None and penalty is not None and allowed is not None
        assert launch.value - sensitivity.value - penalty.value == allowed.value
        found[optic.name] = allowed.value
    assert found["DR4_400"] == 3 and found["FR4_400"] == 4


LIGHT = """
use std.optics
protocol E { plane = scale_out; rate = 400 Gb/s }
chip A { port p: E }
switch Ocs { insertion_loss = 1.5 dB; serves = 16; power { peak = 100 W } }
rack R { height = 42 U; a: A }
site S {
    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2 m; slack = 0% }
    r[40]: R
    place r[i] at row 0, col i
    link r[i].a.p -- r[39 - i].a.p over DR4_400 via Ocs for i in 0..19
"""


def test_a_margin_is_the_sum_of_its_lines() -> None:
    top = design(LIGHT + "    require margin(scale_out) >= 0.7 dB\n}\n")
    (one,) = budgets(Subject(top))
    metres = Fraction(39 * 6, 10) + 2 * (Fraction(2) - 42 * Fraction(4445, 100_000) + Fraction("0.8413"))
    assert one.metres == metres and one.devices == Fraction(3, 2) and one.connections == Fraction(7, 10)
    assert one.margin == Fraction(-22, 10) - Fraction(1, 10) - metres * Fraction(4, 10_000) - Fraction(
        22, 10
    ) + Fraction(53, 10)
    counts = Subject(top).counts
    assert {c.name: n for c, n in counts.items() if c.name in ("Ocs", "DR4_400", "OS2")} == {
        "Ocs": 2,
        "DR4_400": 40,
        "OS2": 20,
    }


def test_a_margin_that_is_not_known_is_not_guessed() -> None:
    loaded = cmxdsl.loads(LIGHT.replace("insertion_loss = 1.5 dB; ", "") + "    require margin(scale_out) >= 0 dB\n}\n")
    assert [d.code for d in loaded.diagnostics if d.severity is Severity.ERROR] == ["CMX0902"]
    assert "Ocs.insertion_loss" in loaded.explain()
    text = write_optics(loaded.subject, "table")
    assert "?" in text and "Ocs.insertion_loss" in text


def test_a_level_is_in_dbm_and_a_loss_in_db() -> None:
    loaded = cmxdsl.loads("optic O { rate = 1 Gb/s; tx { launch = 3 dB }; penalty = 1 dBm }\n")
    assert [d.code for d in loaded.diagnostics if d.severity is Severity.ERROR] == ["CMX0302", "CMX0302"]
    assert "such as `-2.2 dBm`" in loaded.explain() or "a level in dBm" in loaded.explain()


# --- power ------------------------------------------------------------------------------------------------


def feeding(servers: int, pdus: int, outlets: int, extra: str = "") -> str:
    return f"""
protocol AC {{ plane = power }}
chip G {{ role = accelerator; power {{ peak = 1 kW; typical = 0.8 kW }}; cooling = liquid }}
board Srv {{ height = 4 U; g[8]: G; cooling = air; power {{ peak = 500 W; typical = 400 W }}; port psu[{pdus}]: AC }}
module Pdu {{ role = power; zero_u = true; phases = 3; port inlet: AC; port outlet[{outlets}]: AC {{ flow = feeds }} }}
rack R {{
    height = 42 U; s[{servers}]: Srv; pdu[{pdus}]: Pdu; coolant {{ rise = 10 K; loop = "A" }}
    link pdu[k].outlet[i] -- s[i].psu[k] for i in 0..{servers - 1}
    port inlet[k] = pdu[k].inlet
}}
module Ups {{ role = power; power {{ efficiency = 96% }}; port inlet: AC; port outlet[8]: AC {{ flow = feeds }} }}
module Utility {{ role = power; port outlet[{pdus + 1}]: AC {{ flow = feeds }} }}
module Chiller {{ role = cooling; power {{ peak = 30 kW; typical = 20 kW }}; port inlet: AC }}
site Hall {{
    r[8]: R; ups[{pdus}]: Ups; mains: Utility; chiller: Chiller
    link mains.outlet[k] -- ups[k].inlet for k in 0..{pdus - 1}
    link mains.outlet[{pdus}] -- chiller.inlet
    link ups[k].outlet[i] -- r[i].inlet[k]
{extra}}}
"""


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 6))
def test_what_enters_is_what_is_drawn_and_lost(servers: int, pdus: int, spare: int) -> None:
    top = design(feeding(servers, pdus, servers + spare))
    net = feeds.net(Subject(top))
    own = feeds.demands(net, top, "power.peak")
    found = loads.flow(net, own)
    machine = 8 * servers * 8_500
    assert own.sum() == machine + 30_000
    whole = loads.facility(Subject(top), net, found, "power.peak")
    assert abs(whole.entering - (machine / 0.96 + 30_000)) < 1e-3 and abs(whole.machine - machine) < 1e-6
    assert whole.unfed == 0 and whole.pue is not None
    assert abs(whole.pue - (machine / 0.96 + 30_000) / machine) < 1e-9
    for load in loads.loads(net, found):
        if load.group.label == "ups":
            assert abs(load.most - machine / pdus) < 1e-6 and load.most == load.least


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(1, 3))
def test_failed_feeds_are_taken_over_or_go_dark(servers: int, pdus: int) -> None:
    top = design(feeding(servers, pdus, servers))
    net = feeds.net(Subject(top))
    own = feeds.demands(net, top, "power.peak")
    for array in outages.outages(net, own):
        assert array.decided and array.darkest is not None
        if array.group.label == "mains":
            assert abs(array.darkest.lost - own.sum()) < 1e-6
        elif array.group.label == "ups":
            assert array.darkest.lost == (0 if pdus > 1 else 8 * servers * 8_500)
        elif array.group.label == "r.pdu":
            assert array.darkest.lost == (0 if pdus > 1 else servers * 8_500)


def test_all_feeding_devices_are_failed_and_not_the_first_ones() -> None:
    """Of 100 racks only the last one's feeds are too small for its load."""
    text = """protocol AC { plane = power }
module Psu { power { peak = 1 kW }; port feed[2]: AC }
module Pdu { power { capacity = 3 kW; peak = 10 W }; port out[4]: AC { flow = feeds } }
rack R(many: count = 2) { height = 42 U; node[many]: Psu; pdu[2]: Pdu; link pdu[k].out[i] -- node[i].feed[k] for i in 0..<many }
system S { r[99]: R; last: R(4) }
"""
    flat = text.replace(
        "system S { r[99]: R; last: R(4) }",
        """system S {
    node[202]: Psu; pdu[200]: Pdu
    link pdu[2 * (i div 2) + k].out[i mod 2] -- node[i].feed[k] for i in 0..<200, k in 0..1
    link pdu[198 + k].out[2 + i] -- node[200 + i].feed[k] for i in 0..1, k in 0..1
}""",
    )
    for one in (text, flat):
        found = [d for d in cmxdsl.loads(one).diagnostics if d.code == "CMX0707"]
        assert len(found) == 1 and "133%" in found[0].message, found


def test_what_is_overloaded_is_said_beside_what_goes_dark() -> None:
    """A failed feed darkens what has one input, and overloads the other feed of what has two."""
    loaded = cmxdsl.loads("""protocol AC { plane = power }
module One { power { peak = 1 kW }; port feed: AC }
module Two { power { peak = 2 kW }; port feed[2]: AC }
module Big { power { capacity = 6 kW }; port out[4]: AC { flow = feeds } }
module Small { power { capacity = 3 kW }; port out[4]: AC { flow = feeds } }
system S {
    one: One; two[2]: Two; big: Big; small: Small
    link big.out[3] -- one.feed
    link big.out[i] -- two[i].feed[0] for i in 0..1
    link small.out[i] -- two[i].feed[1] for i in 0..1
}
""")
    (finding,) = [d for d in loaded.diagnostics if d.code == "CMX0707"]
    assert "when `big` fails, `small` is loaded to 133%" in finding.message


def test_feeds_that_were_not_failed_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    net = feeds.net(Subject(design(feeding(2, 2, 4))))
    own = feeds.demands(net, design(feeding(2, 2, 4)), "power.peak")
    some = {a.group.label: (a.tried, a.count) for a in outages.outages(net, own, limit=200)}
    assert some["r.pdu"][0] < some["r.pdu"][1] == 16
    monkeypatch.setattr(outages, "LINKS", 10)
    loaded = cmxdsl.loads(feeding(2, 2, 4))
    assert "failures were tried" in loaded.explain() and "CMX0004" in loaded.explain()
    assert "of 16 tried" in write_power(loaded.subject, "table", "peak")


def test_a_supply_that_delivers_nothing_is_overloaded() -> None:
    loaded = cmxdsl.loads("""protocol AC { plane = power }
module Psu { power { peak = 1 kW }; port feed: AC }
module Pdu { power { capacity = 0 W }; port out: AC { flow = feeds } }
system S { node: Psu; pdu: Pdu; link pdu.out -- node.feed }
""")
    assert "CMX0704" in [d.code for d in loaded.diagnostics]
    for format in ("table", "json"):
        assert "inf" not in write_power(loaded.subject, format, "peak").lower()


def test_phases_take_outlets_in_turn() -> None:
    top = design(feeding(5, 2, 12))
    net = feeds.net(Subject(top))
    found = loads.flow(net, feeds.demands(net, top, "power.peak"))
    ((group, name, values),) = loads.phases(net, found)
    assert group.label == "r.pdu" and name.startswith("r[") and values == [8_500.0, 8_500.0, 4_250.0]


def test_pue_in_a_requirement_and_in_the_table() -> None:
    loaded = cmxdsl.loads(feeding(6, 2, 6, "    require pue(power.typical) <= 1.11\n"))
    assert loaded.ok, loaded.explain()
    text = write_power(loaded.subject, "table", "typical")
    assert "1.103" in text and "38.4 kW" in text  # 48 accelerators at 800 W to liquid
    content = json.loads(write_power(loaded.subject, "json", "peak"))
    assert content["facility"]["pue"] == 1.1152 and content["racks"][0]["liquid_W"] == 48_000
    flow = 48_000 / (997 * 4180 * 10) * 60_000
    assert abs(content["racks"][0]["liquid_flow_L_min"] - flow) < 1e-9
    assert not cmxdsl.loads(feeding(6, 2, 6, "    require pue(power.typical) <= 1.1\n")).ok


def test_transceivers_draw_from_the_devices_they_are_in() -> None:
    text = feeding(2, 1, 2).replace(
        "module Chiller", "optic O { rate = 1 Gb/s; power { peak = 10 W } }\nmodule Chiller"
    )
    text = text.replace("protocol AC", "protocol E { plane = scale_out; rate = 1 Gb/s }\nprotocol AC")
    text = text.replace("chip G {", "chip G { port e: E; ").replace("g[8]: G;", "g[8]: G; port e[i] = g[i].e;")
    text = text.replace(
        "    link mains.outlet[k]", "    link r[0].s[0].e[i] -- r[1].s[0].e[i] over O\n    link mains.outlet[k]", 1
    )
    top = design(text)
    net = feeds.net(Subject(top))
    own = feeds.demands(net, top, "power.peak")
    assert own.sum() == 16 * 8_500 + 30_000 + 16 * 10
    assert sorted(set(own.tolist())) == [0.0, 8_500.0, 8_580.0, 30_000.0]


def test_a_breakout_is_one_twin_module_and_two_at_the_far_end() -> None:
    text = (
        "use std.optics\nprotocol AC { plane = power }\nprotocol E { plane = scale_out; rate = 400 Gb/s }\n"
        "switch Leaf { height = 2 U; port p[64]: E; port psu: AC }\nboard Srv { height = 4 U; port p[8]: E; port psu: AC }\n"
        "module Pdu { role = power; zero_u = true; port out[9]: AC { flow = feeds } }\n"
        "rack R { height = 42 U; leaf: Leaf; srv[8]: Srv; pdu: Pdu\n"
        "    place leaf at U 40; place srv[s] at U 1 + 4*s\n    link pdu.out[8] -- leaf.psu\n"
        "    link pdu.out[s] -- srv[s].psu for s in 0..7\n"
        "    link leaf.p[8*s + k] -- srv[s].p[k] over DR8_2x400 bundle 2 }\n"
    )
    loaded = cmxdsl.loads(text)
    assert loaded.ok, loaded.explain()
    parts = {line.part: line.quantity for line in loaded.bom().lines if line.kind in ("optic", "fiber")}
    assert parts == {"DR8_2x400": 32, "DR4_400": 64, "OS2Breakout": 32}
    bought: dict[str, int] = {}
    for line in purchases(cable_groups(loaded.subject)):
        bought[line.part.name] = bought.get(line.part.name, 0) + line.quantity
    assert bought == parts and len(list(schedule(loaded.subject))) == 32
    net = feeds.net(loaded.subject)
    own = feeds.demands(net, loaded.component, "power.peak")
    assert sorted(own.tolist()) == [0.0, *[80.0] * 8, 32 * 16.0]  # eight of 10 W in a server, 32 of 16 W in the leaf
    (one,) = budgets(loaded.subject)
    assert one.margin is not None and one.launch == Fraction(-22, 10)


def test_devices_of_two_and_of_three_phases_stand_in_one_table() -> None:
    loaded = cmxdsl.loads("""protocol AC { plane = power }
chip A { power { peak = 1 kW }; port psu: AC }
module Two { phases = 2; port out[4]: AC { flow = feeds } }
module Three { phases = 3; port out[4]: AC { flow = feeds } }
system S {
    a[3]: A; two: Two; three: Three
    link two.out[0] -- a[0].psu
    link three.out[i] -- a[1 + i].psu for i in 0..1
}
""")
    text = write_power(loaded.subject, "table", "peak")
    phases = text[text.index("phases") : text.index("single failures")]
    rows = {line.split()[0]: line.split()[1:] for line in phases.splitlines() if "kW" in line}
    assert rows == {"two": ["1", "kW", "0", "W", "100.0%"], "three": ["1", "kW", "1", "kW", "0", "W", "50.0%"]}


def test_racks_of_a_system_within_a_system_keep_their_condition() -> None:
    """Two halls of three racks placed, of four each: the fourth is named by no placement."""
    design = cmxdsl.loads(
        "rack R { height = 42 U }\n"
        "system Hall { r[4]: R; place r[i] at row 0, col i where i < 3 }\n"
        "site S { floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m }\n"
        "    hall[2]: Hall; place hall[h] at row h, col 0 where h < 2 }\n",
        top="S",
    )
    (found,) = spots(design.component)
    assert found.count == 6


def test_copper_is_no_fiber() -> None:
    design = cmxdsl.loads(
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip A { port p: P }\ncable C { rate = 100 Gb/s }\n"
        "system B { a[2]: A; link a[0].p -- a[1].p over C }\n"
    )
    (plane,) = planes(design.subject).values()
    assert (plane.cables, plane.fibers) == (1, 0)


def test_a_machine_that_is_not_all_fed_has_no_usage_effectiveness() -> None:
    assert Facility(entering=110, machine=100, cooling=0, lost=10, unfed=0).pue == 1.1
    assert Facility(entering=110, machine=100, cooling=0, lost=10, unfed=50).pue is None
    assert Facility(entering=0, machine=0, cooling=0, lost=0, unfed=0).pue is None
