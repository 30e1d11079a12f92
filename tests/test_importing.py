"""Designs from dumps: exactly the links of the dump, in few statements, under names that lead back."""

import csv
import gzip
import random
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.importing.network import orders
from cmxdsl.analysis.importing.progressions import cover
from cmxdsl.analysis.verification.verdict import verify
from cmxdsl.cli.main import cli
from cmxdsl.importing import imported
from cmxdsl.outputs.importing.names import formula
from cmxdsl.outputs.importing.statements import Affine
from cmxdsl.readers import read
from cmxdsl.syntax.format import formatted

HERE = Path(__file__).parent
DESIGNS = HERE.parent / "designs"
ORDERS = orders(1, 1, 1, 1)

# --- rows -------------------------------------------------------------------------------------------------


@given(st.sets(st.tuples(*[st.integers(0, 5)] * 4), max_size=80))
def test_every_row_is_in_exactly_one_progression(rows):
    found = cover(sorted(rows), ORDERS)
    assert sorted(row for p in found for row in p.rows()) == sorted(rows)
    assert sum(p.size for p in found) == len(rows)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 3), st.integers(0, 20))
def test_a_tree_of_switches_is_one_progression(leaves, spines, bundle, first):
    rows = [
        (i, first + bundle * s + k, s, bundle * i + k)
        for i in range(leaves)
        for s in range(spines)
        for k in range(bundle)
    ]
    assert len(cover(rows, ORDERS)) == 1


@given(st.integers(4, 12), st.integers(1, 3))
def test_a_ring_is_one_progression(count, hop):
    rows = [(x, 0, (x + hop) % count, 1) for x in range(count)]
    assert len(cover(rows, ORDERS)) == (1 if hop < count - hop else len(cover(rows, ORDERS)))
    assert len(cover([(x, 0, (x + 1) % count, 1) for x in range(count)], ORDERS)) == 1


@given(st.integers(4, 10), st.booleans())
def test_a_full_mesh_is_one_progression(count, skips):
    rows = [(i, j - skips, j, i) for i in range(count) for j in range(i + 1, count)]
    (found,) = cover(rows, ORDERS)
    assert found.short is not None and sorted(found.rows()) == rows


def test_what_is_no_pattern_stays_apart():
    drawn = random.Random(7)
    rows = sorted({tuple(drawn.randrange(10**6) for _ in range(4)) for _ in range(50)})
    assert len(cover(rows, ORDERS)) == 50


@pytest.mark.parametrize(
    "affine, text",
    [
        (Affine(3, {"i": 1}), "i + 3"),
        (Affine(-3, {"i": 4, "j": 1}), "4*i + j - 3"),
        (Affine(15, {"i": -1}), "15 - i"),
        (Affine(0, {"i": -2}), "-2*i"),
        (Affine(0, {}), "0"),
        (Affine(7, {}), "7"),
    ],
)
def test_an_index_reads_as_people_write_it(affine, text):
    assert str(affine) == text


@pytest.mark.parametrize(
    "texts, rule",
    [
        (["gpu01", "gpu02", "gpu03"], "gpu{a + 1:02}"),
        (["e0/0", "e0/4", "e0/8"], "e0/{4*a}"),
        (["a9", "a10", "a11"], "a{a + 9}"),
        (["a09", "a10", "a111"], None),
        (["a1", "a2", "a4"], None),
        (["a1", "b2", "a3"], None),
    ],
)
def test_names_become_a_rule_only_where_all_follow_it(texts, rule):
    assert formula([(k,) for k in range(3)], texts) == rule


# --- round trips ------------------------------------------------------------------------------------------

SMALL = [
    "two_racks",
    "gaudi3_node",
    "h20_node",
    "trainium2_ultraserver",
    "gb200_nvl72",
    "cloudmatrix384",
    "mi300x_cluster",
    "fire_flyer2",
    "leonardo",
]


def links(design: cmxdsl.Design, plane: str, names: str = "") -> list[list[str]]:
    """The cables of a plane by name, each from its lesser end."""
    rows = list(csv.reader(StringIO("".join(design.export("links", plane=plane, names=names)))))[1:]
    return sorted([*sorted([row[:2], row[2:4]]), row[4]] for row in rows)


def planes(design: cmxdsl.Design) -> list[str]:
    from cmxdsl.analysis.base.planes import planes as of

    return [name for name, plane in of(design.subject).items() if plane.links and name != "power"]


@pytest.mark.parametrize("name", SMALL)
def test_design_to_dump_to_design(name, tmp_path):
    """The names of the import's map are those of the dump: its cables, written under them, are the first design's."""
    design = cmxdsl.load(DESIGNS / f"{name}.cmx")
    for plane in planes(design):
        dump = tmp_path / f"{plane}.csv"
        dump.write_text("".join(design.export("links", plane=plane)))
        made = imported([str(dump)], plane=plane)
        assert formatted(made.text) == made.text
        (tmp_path / "names.csv").write_text(made.names)
        again = cmxdsl.loads(made.text)
        assert not again.diagnostics
        assert links(again, plane, str(tmp_path / "names.csv")) == links(design, plane)
        assert len(made.found.patterns) <= 12, made.text


@pytest.mark.parametrize("format", ["ibnetdiscover", "ptm", "ibdm-topo"])
def test_every_format_of_ours_comes_back(format, tmp_path):
    design = cmxdsl.load(DESIGNS / "cloudmatrix384.cmx")
    dump = tmp_path / "dump"
    dump.write_text("".join(design.export(format, plane="scale_out")))
    made = imported([str(dump)])
    assert "link" in made.text and len(made.found.patterns) == 2
    summary = cmxdsl.loads(made.text).fabric()[0]
    assert summary.network.links == design.fabric("scale_out")[0].network.links


@given(st.integers(0, 10**9), st.integers(1, 12))
def test_damage_costs_a_few_statements_each(tmp_path_factory, seed, wrong):
    """Cables that are missing or swapped: the import is what is there, and near what was meant."""
    drawn = random.Random(seed)
    rows = [[f"leaf{i:02}", f"p{s}", f"spine{s}", f"p{i}"] for i, s in product(range(24), range(8))] + [
        [f"leaf{i:02}", f"p{8 + k}", f"gpu{i}-{k}", "nic"] for i, k in product(range(24), range(8))
    ]
    for _ in range(wrong):
        one, other = drawn.sample(range(len(rows)), 2)
        if drawn.random() < 0.5:
            rows[one][2:], rows[other][2:] = rows[other][2:], rows[one][2:]
        else:
            del rows[one]
    dump = tmp_path_factory.mktemp("damaged") / "cables.csv"
    dump.write_text("a_device,a_port,b_device,b_port\n" + "".join(",".join(r) + "\n" for r in rows))
    made = imported([str(dump)])
    (dump.parent / "names.csv").write_text(made.names)
    again = links(cmxdsl.loads(made.text), "scale_out", str(dump.parent / "names.csv"))
    assert again == sorted([*sorted([r[:2], r[2:]]), ""] for r in rows)
    assert len(made.found.patterns) <= 2 + 8 * wrong


def test_the_public_dump_of_a_superpod(tmp_path):
    """NVIDIA's own test data: adapters without names, leaves that lack cables, racks lettered and numbered."""
    dump = tmp_path / "topograph.out"
    dump.write_bytes(gzip.decompress((HERE / "built" / "topograph.out.gz").read_bytes()))
    out, names = tmp_path / "made.cmx", tmp_path / "names.csv"
    run = CliRunner().invoke(cli, ["import", str(dump), "-o", str(out), "--names", str(names)])
    assert run.exit_code == 0, run.output
    assert "1,074 links of 582 devices" in run.output
    text = out.read_text()
    assert text.count("\n    link ") < 150 and "mt_connectx_mellanox" in text.split("protocol")[0]
    run = CliRunner().invoke(cli, ["verify", str(out), "--built", str(dump), "--names", str(names)])
    assert run.exit_code == 0, run.output
    assert "100% cabled, none wrong" in run.output and "1,074" in run.output


# --- what dumps do not say --------------------------------------------------------------------------------


def made_of(tmp_path, text, **options):
    dump = tmp_path / "dump.csv"
    dump.write_text(text)
    return imported([str(dump)], **options)


def test_unknown_rates_stay_unknown(tmp_path):
    made = made_of(tmp_path, "a_device,a_port,b_device,b_port\nleaf1,p1,gpu1,e\nleaf1,p2,gpu2,e\n")
    assert "rate = unknown" in made.text and "Rates are unknown" in made.text
    assert "Kinds are guessed: gpu a chip, leaf a switch." in made.text


def test_a_link_that_came_up_slow_is_said_and_not_meant(tmp_path):
    rows = "".join(f"leaf1,p{k},gpu{k},e,{100 if k == 3 else 400}G\nleaf2,p{k},gpu{8 + k},e,400G\n" for k in range(8))
    made = made_of(tmp_path, "a_device,a_port,b_device,b_port,rate\n" + rows.replace("gpu3,e", "leaf9,p3"))
    assert "1 links" not in made.text or "slower" in made.text
    assert made.found.slow


def test_ports_of_two_rates_are_two_arrays(tmp_path):
    rows = "".join(f"leaf1,p{k},gpu{k},e,400G\n" for k in range(8)) + "leaf1,p8,store1,e,100G\n"
    made = made_of(tmp_path, "a_device,a_port,b_device,b_port,rate\n" + rows)
    assert "port p_100g: Cabled { rate = 100 Gb/s }" in made.text


def test_names_that_are_words_of_the_language_are_changed(tmp_path):
    made = made_of(tmp_path, "a_device,a_port,b_device,b_port\nlink,port,over,in\n")
    assert not cmxdsl.loads(made.text).diagnostics


def test_a_dump_cannot_write_code(tmp_path):
    """A name is never text of the design: what is left of it are letters, digits and `_`."""
    hostile = '"x}\nsystem Evil { }","p } //","y\u202e","q;{"'
    made = made_of(tmp_path, f"a_device,a_port,b_device,b_port\n{hostile}\n")
    assert "system Evil" not in made.text and made.text.isascii()


# --- the command ------------------------------------------------------------------------------------------


def test_nothing_is_written_over(tmp_path):
    dump, out = tmp_path / "d.csv", tmp_path / "d.cmx"
    dump.write_text("a_device,a_port,b_device,b_port\nleaf1,p1,gpu1,e\n")
    out.write_text("mine")
    run = CliRunner().invoke(cli, ["import", str(dump), "-o", str(out)])
    assert run.exit_code == 2 and "--force" in run.output and out.read_text() == "mine"
    run = CliRunner().invoke(cli, ["import", str(dump), "-o", str(out), "--force"])
    assert run.exit_code == 0 and "system D {" in out.read_text()


@pytest.mark.parametrize(
    "text, said",
    [
        ("a_device,a_port\nx,y\n", "none of the formats"),
        ("a_device,a_port,b_device,b_port\n", "no link"),
        ('a_device,a_port,b_device,b_port\nx,y,"z\n', "not CSV"),
        ("\x00\xff", "none of the formats"),
    ],
)
def test_bad_input_is_a_finding_and_writes_nothing(tmp_path, text, said):
    dump, out = tmp_path / "d.csv", tmp_path / "d.cmx"
    dump.write_text(text)
    run = CliRunner().invoke(cli, ["import", str(dump), "-o", str(out)])
    assert run.exit_code == 1 and said in run.output and not out.exists()


def test_a_plane_and_a_name_are_asked_for_as_they_are(tmp_path):
    dump = tmp_path / "d.csv"
    dump.write_text("a_device,a_port,b_device,b_port\nleaf1,p1,gpu1,e\n")
    run = CliRunner().invoke(cli, ["import", str(dump), "--plane", "scale_up", "--name", "Pod"])
    assert run.exit_code == 0 and "system Pod {" in run.output and "plane = scale_up" in run.output
    assert CliRunner().invoke(cli, ["import", str(dump), "--plane", "wrong"]).exit_code == 2
    assert CliRunner().invoke(cli, ["import", str(dump), "--name", "a b"]).exit_code == 2


TEMPLATES = ("leaf{}", "sp-{:02}", "n{}.g{}", "host{} mlx5_{}", "r{}/sw{}", "A{:02}-x", "rack[{}].u[{}]", "gpu{:03}")


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**9))
def test_the_map_of_any_import_leads_back(tmp_path_factory, seed):
    """Whatever devices are called and however they are joined, `cmx verify` finds the dump as meant under the map."""
    drawn = random.Random(seed)
    kinds = drawn.sample(TEMPLATES, drawn.randrange(1, 4))
    devices = sorted({t.format(drawn.randrange(12), drawn.randrange(12)) for t in kinds for _ in range(6)})
    rows, used = [], set()
    for _ in range(drawn.randrange(1, 40)):
        one, other = ((drawn.choice(devices), f"p{drawn.randrange(10)}") for _ in range(2))
        if one[0] != other[0] and not used & {one, other}:
            used |= {one, other}
            rows.append([*one, *other])
    if not rows:
        return
    folder = tmp_path_factory.mktemp("map")
    dump, names = folder / "cables.csv", folder / "names.csv"
    with dump.open("w", newline="") as stream:
        csv.writer(stream).writerows([("a_device", "a_port", "b_device", "b_port"), *rows])
    made = imported([str(dump)])
    names.write_text(made.names)
    found = verify(cmxdsl.loads(made.text).subject, read([str(dump)]), "scale_out", str(names))
    assert (found.right, found.misplaced, found.missing) == (len(rows), 0, 0), made.names


def test_a_cable_from_a_port_to_itself_is_a_contradiction(tmp_path):
    made = made_of(tmp_path, "a_device,a_port,b_device,b_port\nx1,p1,x1,p1\nx1,p2,x2,p1\n")
    assert [p.code for p in made.problems] == ["CMX1203"] and "to itself" in made.problems[0].message
    assert len(made.found.built.cables) == 1
