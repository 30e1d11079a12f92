"""Questions about a design and its lists: `cmx ask`, `parts NAME`, `fabric --pairs` and `--free`, `cables --touching`."""

from __future__ import annotations

import json
from collections import Counter, deque
from fractions import Fraction
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.analysis.base.free import free_of_devices, free_ports
from cmxdsl.analysis.base.planes import planes
from cmxdsl.analysis.network.distances import distances
from cmxdsl.analysis.network.ends import asked
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.analysis.network.pairs import pairs_apart
from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.analysis.physical.touching import NoSuchPath, matcher
from cmxdsl.analysis.totals.catalogue import library_parts
from cmxdsl.design import Design
from cmxdsl.model import Subject
from cmxdsl.units import number

from .test_cli import cmx

FLAGSHIP = Path(__file__).parents[1] / "designs" / "cloudmatrix384.cmx"
SMALL = """
let extra = 5 USD
chip Gpu { price = 7 USD; power { peak = 3 W } }
chip Odd { power { peak = 9 W } }
rack R(n: count = 4) { height = 42 U; let own = 2; gpu[n]: Gpu; require count(Gpu) == n }
system S(racks: count = 2) { rack[racks]: R; odd: Odd }
"""


@pytest.fixture(scope="module")
def small() -> Design:
    return cmxdsl.loads(SMALL)


@pytest.fixture(scope="module")
def flagship() -> Design:
    return cmxdsl.load(FLAGSHIP)


# --- ask --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("count(Gpu) * 2", "16"),
        ("total(price, in = rack) / count(Gpu)", "7 USD (100% covered)"),
        ("total(price)", "unknown (88% covered)"),
        ("max(price)", "unknown, at least 7 USD (88% covered)"),
        ("max(power.peak)", "9 W (100% covered)"),
        ("rack.gpu.price + extra", "12 USD"),
        ("racks * 3", "6"),
        ("coverage(price)", "88.89%"),
        ("total(power.peak) > 20 W", "true (100% covered)"),
        ("Gpu.price", "7 USD"),
        ("total(price, in = R) / 1 USD", "28 (100% covered)"),
        ("  1 +\n 2 ", "3"),
        ('"a text"', "a text"),
    ],
)
def test_any_expression_has_an_answer(small: Design, expression: str, text: str) -> None:
    reply = small.ask(expression)
    assert (reply.text, reply.ok, reply.diagnostics) == (text, True, ())


def test_names_of_the_top_component_are_seen_as_from_inside(small: Design) -> None:
    rack = cmxdsl.loads(SMALL, top="R", parameters={"n": "6"})
    assert rack.ask("n * own").value == number(12)
    assert rack.ask("total(price)").coverage == Fraction(1)
    assert not small.ask("own").ok


@pytest.mark.parametrize(
    ("expression", "place", "said"),
    [
        ("count(Gpu) + total(prise)", (20, 25), "did you mean `price`"),
        ("1 + gpuu", (5, 9), "gpuu"),
        ("1 +", (3, 4), "expected"),
        ("cont(Gpu)", (1, 5), "did you mean `count`"),
        ("", (1, 2), ""),
        ("3 W + total(price, in = rack)", (1, 30), "cannot add"),
        ("1; chip A { }", (1, 14), "one expression"),
        ('3 W from "x"', (1, 13), "one expression"),
        ("} system T {", (1, 2), ""),
        ("1 / 0", (1, 6), "zero"),
        ("total(price, in = rack[0])", (19, 26), "indices"),
        ("3 Wxy", (3, 6), "unknown unit"),
    ],
)
def test_a_mistake_has_a_caret_in_the_expression(
    small: Design, expression: str, place: tuple[int, int], said: str
) -> None:
    reply = small.ask(expression)
    assert reply.answer is None and reply.diagnostics and reply.text == "no answer"
    first = reply.diagnostics[0]
    assert (first.span.line, first.span.column, first.span.end_column) == (1, *place)
    assert said in first.message + first.help
    assert f"1 | {expression}" in reply.explain() and "let value" not in reply.explain()


def test_asking_changes_nothing(flagship: Design) -> None:
    before = flagship.ir(), flagship.diagnostics
    for expression in ("total(price)", "nothing", "injection(scale_up)", "count(compute)"):
        flagship.ask(expression)
    assert (flagship.ir(), flagship.diagnostics) == before


def test_answers_are_those_of_the_other_outputs(flagship: Design) -> None:
    summary = flagship.summary()
    assert flagship.ask("total(power.peak)").value == summary.power["peak"].value
    assert flagship.ask("injection(scale_out)").value == summary.planes["scale_out"].injection.value
    assert flagship.ask("total(price)").value == flagship.bom().totals["price"].value
    for verdict in flagship.expectations():
        assert flagship.ask(verdict.expectation.text).value == verdict.derived


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "s.cmx"
    file.write_text(SMALL)
    good = cmx("ask", str(file), "count(Gpu)", "max(price)", "--set", "racks=3")
    assert good.returncode == 0 and b"12" in good.stdout and b"at least 7 USD" in good.stdout and b"Odd" in good.stdout
    data = json.loads(cmx("ask", str(file), "total(power.peak)", "max(price)", "--format", "json").stdout)
    assert data["answers"][0] == {
        "expression": "total(power.peak)",
        "value": 33,
        "unit": "m^2*kg*s^-3",
        "text": "33 W",
        "least": None,
        "most": None,
        "coverage": 1,
        "lacking": [],
    }
    assert data["answers"][1]["value"] is None and data["answers"][1]["least"] == 7
    bad = cmx("ask", str(file), "count(Gpu)", "cont(Gpu)")
    assert bad.returncode == 2 and b"count(Gpu)" in bad.stdout and b"^^^^" in bad.stderr
    assert cmx("ask", str(file), "n", "--top", "R").stdout.split()[-1] == b"4"
    assert cmx("ask", str(file)).returncode == 2


# --- parts ------------------------------------------------------------------------------------------------


def test_one_part_is_shown_whole() -> None:
    text = cmx("parts", "H200").stdout.decode()
    assert (
        "variant of   H100" in text
        and "nvlink" in text
        and "NVLink4" in text
        and "NVIDIA, H200 Tensor Core GPU data sheet" in text
    )
    text = cmx("parts", "h100").stdout.decode()
    assert "variants     H200" in text and "use std.nvidia" in text
    both = json.loads(cmx("parts", "H200", "--format", "json").stdout)[0]
    assert both["bases"] == ["H100"] and both["ports"][0]["name"] == "nvlink"


def test_protocols_media_and_topologies_are_listed() -> None:
    every = library_parts()
    groups = Counter(p.group for p in every)
    assert groups["protocol"] >= 20 and groups["topology"] >= 15 and groups["optic"] and groups["fiber"]
    assert all(p.parameters for p in every if p.group == "topology")
    text = cmx("parts", "topology").stdout.decode()
    assert "k: count = 16, node: chip = Endpoint, box: switch = Radix(k)" in text
    ndr = cmx("parts", "NDR").stdout.decode()
    assert "used by" in ndr and "Quantum2" in ndr and "400 Gb/s" in ndr
    assert "DR4_400" in cmx("parts", "optic").stdout.decode()


# --- pairs ------------------------------------------------------------------------------------------------

TREE = """
protocol P { plane = scale_out; rate = 400 Gb/s }
chip Host { port p: P }
chip Store { port q[2]: P }
switch Leaf { port d[8]: P; port u[2]: P }
switch Spine { port d[3]: P }
system S {
    host[12]: Host
    store[2]: Store
    leaf[3]: Leaf
    spine[2]: Spine
    link host[i].p -- leaf[i div 5].d[i mod 5]
    link store[i].q[0] -- leaf[2].d[5 + i]
    link leaf[l].u[s] -- spine[s].d[l]
}
"""


def _brute(design: Design, plane: str) -> Counter[tuple[frozenset[str], int]]:
    """Unordered pairs of endpoints by their arrays and distance, by a search of single links from every endpoint."""
    net = fabric(design.subject, plane)
    near: dict[int, set[int]] = {}
    for a, b in zip(net.a.tolist(), net.b.tolist(), strict=True):
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    ends = [k for k in range(net.size) if not net.group_of(k).switch]
    found: Counter[tuple[frozenset[str], int]] = Counter()
    for source in ends:
        away, queue = {source: 0}, deque([source])
        while queue:
            here = queue.popleft()
            if here != source and not net.group_of(here).switch:
                continue
            for there in near.get(here, ()):
                if there not in away:
                    away[there] = away[here] + 1
                    queue.append(there)
        for target, distance in away.items():
            if target > source and target in ends:
                found[frozenset((net.group_of(source).label, net.group_of(target).label)), distance] += 1
    return found


@pytest.mark.parametrize("text", [TREE, TREE.replace("i div 5", "i div 4").replace("i mod 5", "i mod 4")])
def test_pairs_are_those_of_a_search_from_every_endpoint(text: str) -> None:
    design = cmxdsl.loads(text)
    assert design.ok
    expected = _brute(design, "scale_out")
    for distance in range(1, 6):
        found = pairs_apart(design.subject, "scale_out", distance)
        said = {(frozenset((p.a.label, p.b.label)), distance): p.count for p in found.pairs}
        assert said == {key: n for key, n in expected.items() if key[1] == distance}
        assert found.distances == tuple(sorted({d for _, d in expected}))
        for pair in found.pairs:
            assert pair.example[0].startswith(pair.a.label) and pair.partners[1] > 0


def test_pairs_add_up_to_the_distances(flagship: Design) -> None:
    for plane in ("scale_up", "scale_out"):
        histogram = distances(asked(flagship.subject, plane)).histogram
        for distance, ordered in histogram.items():
            found = pairs_apart(flagship.subject, plane, distance)
            assert 2 * sum(p.count for p in found.pairs) == ordered


def test_pairs_command(tmp_path: Path) -> None:
    file = tmp_path / "t.cmx"
    file.write_text(TREE)
    text = cmx("fabric", str(file), "--pairs", "2").stdout.decode()
    assert "host[0] and host[1]" in text
    none = cmx("fabric", str(file), "--pairs", "3").stdout.decode()
    assert "none: they are 2, 4 links apart" in none
    data = json.loads(cmx("fabric", str(file), "--pairs", "4", "--format", "json").stdout)
    assert data["planes"][0]["distance"] == 4
    assert cmx("fabric", str(file), "--pairs", "4", "--free").returncode == 2
    assert cmx("fabric", str(file), "--pairs", "0").returncode == 2


# --- free ports -------------------------------------------------------------------------------------------


def test_free_ports_of_one_and_of_all() -> None:
    text = """
protocol P { plane = scale_out; rate = 400 Gb/s }
chip Host { port p: P }
switch Leaf { port d[8]: P }
system S { host[12]: Host; leaf[2]: Leaf; link host[i].p -- leaf[i div 8].d[i mod 8] }
"""
    design = cmxdsl.loads(text)
    free = free_of_devices(free_ports(design.subject, "scale_out"))
    assert (free["leaf",].fewest, free["leaf",].most, free["leaf",].all) == (0, 4, 4)
    assert free["host",].all == 0
    data = json.loads(cmx_json(text, "fabric"))
    leaf = next(t for t in data["planes"][0]["tiers"] if t["devices"] == "leaf")
    assert (leaf["free_fewest"], leaf["free_most"], leaf["free_all"]) == (0, 4, 4)


def cmx_json(text: str, command: str, *options: str) -> bytes:
    import subprocess
    import sys

    line = [sys.executable, "-m", "cmxdsl.cli.main", command, "-", "--format", "json", *options]
    return subprocess.run(line, input=text.encode(), capture_output=True, check=True).stdout


@pytest.mark.parametrize("path", sorted(FLAGSHIP.parent.glob("*.cmx")), ids=lambda p: p.stem)
def test_free_and_linked_ports_are_all_ports(path: Path) -> None:
    design = cmxdsl.load(path)
    for top in design.roots[:4]:
        for name, plane in planes(Subject(top)).items():
            if plane.ports <= 200_000 and name != "power":
                free = sum(f.all for f in free_of_devices(free_ports(Subject(top), name)).values())
                assert free + plane.connected == plane.ports, name


def test_a_shared_port_is_free_while_nothing_uses_it() -> None:
    text = """
protocol Bus { plane = host; rate = 1 Gb/s; shared = true }
protocol P { plane = host; rate = 1 Gb/s }
chip Root { port bus[2]: Bus }
chip Leaf { port up: Bus }
system S { root: Root; leaf[3]: Leaf; link root.bus[0] -- leaf[i].up }
"""
    design = cmxdsl.loads(text)
    free = free_of_devices(free_ports(design.subject, "host"))
    assert free["root",].all == 1 and free["leaf",].all == 0


def test_free_command(tmp_path: Path) -> None:
    text = cmx("fabric", str(FLAGSHIP), "--plane", "scale_out", "--free").stdout.decode()
    assert "16 of 64" in text and "comm[0].spine[0]" in text


# --- touching ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "count"),
    # a node has 7 L1 of 16 uplinks, two to a transceiver, and 8 NPUs on the scale-out plane; a rack has 4 nodes
    [("compute[3].node[1]", 7 * 16 // 2 + 8), ("compute[3].node[1].l1[2]", 8), ("compute[3].node[1].npu", 8)],
)
def test_cables_that_touch(flagship: Design, path: str, count: int) -> None:
    touches = matcher(flagship.component, path)
    found = [c for c in schedule(flagship.subject) if any(touches(p) for e in (c.a, c.b) for p in e.paths)]
    assert len(found) == count
    data = json.loads(cmx("cables", str(FLAGSHIP), "--touching", path, "--format", "json").stdout)
    assert [row["cable"] for row in data["rows"]] == [c.name for c in found]


def test_every_cable_touches_its_racks_once_or_twice(flagship: Design) -> None:
    racks = [f"compute[{k}]" for k in range(12)] + [f"comm[{k}]" for k in range(4)]
    touches = [matcher(flagship.component, rack) for rack in racks]
    for cable in schedule(flagship.subject):
        found = [any(t(p) for e in (cable.a, cable.b) for p in e.paths) for t in touches]
        assert sum(found) == len({cable.a.rack, cable.b.rack})


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("compute[12]", "not in"),
        ("compute[1, 2]", "not in"),
        ("compuet", "`compute`"),
        ("compute[3].x", "no instance"),
        ("compute..node", "no step"),
        ("compute[a]", "no step"),
    ],
)
def test_a_path_that_leads_nowhere(flagship: Design, path: str, said: str) -> None:
    with pytest.raises(NoSuchPath, match=said):
        matcher(flagship.component, path)
    assert cmx("cables", str(FLAGSHIP), "--touching", path).returncode == 2
