"""Device types of NetBox's library as parts: real ones, ones that contradict themselves, hostile ones."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.cli.main import cli
from cmxdsl.importing import described
from cmxdsl.outputs.importing.device_types import STANDARD
from cmxdsl.outputs.importing.formats import Written
from cmxdsl.outputs.importing.rows import VARIABLES, rows
from cmxdsl.outputs.importing.spelling import literal, number, type_name
from cmxdsl.readers import device_types, yaml_text
from cmxdsl.syntax.format import formatted

from .conftest import golden

FILES = Path(__file__).parent / "imports"
yaml = pytest.importorskip("yaml")


def cmx(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, arguments)], catch_exceptions=False)


def imported(tmp_path: Path, text: str, *more: str) -> Written:
    files = []
    for k, one in enumerate((text, *more)):
        files.append(tmp_path / f"type{k}.yaml")
        files[-1].write_text(one, encoding="utf-8")
    return described([str(f) for f in files], "device-type")


def test_real_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    made = described(sorted(p.name for p in Path().glob("*.yaml")), "device-type")
    said = "".join(f"// {d.span}: {d.code} {d.message}\n" for d in made.problems)
    golden(FILES / "expected.cmx", made.text + "\n" + said)
    assert formatted(made.text) == made.text
    design = cmxdsl.loads(made.text)
    assert design.ok, design.explain()


def test_what_is_in_a_type_is_in_the_part() -> None:
    made = described([str(FILES / "Q3400-RA.yaml")], "device-type")
    part = cmxdsl.loads(made.text, top="NvidiaQ3400RA").component
    assert {name: p.shape for name, p in part.ports.items()} == {"eth": (2,), "fnm1": (), "sw_p": (72, 2), "psu": (8,)}
    assert part.quantity("mass").value == 60 and part.quantity("height").value == Fraction("0.1778")  # type: ignore[union-attr]
    assert part.quantity("power.peak").value == 7000  # type: ignore[union-attr]
    assert not made.problems


def test_the_contradiction_of_the_dgx_leaves_its_power_unknown() -> None:
    made = described([str(FILES / "DGX-A100.yaml")], "device-type")
    assert ["6.5kW" in d.message and "2,142 W" in d.message for d in made.problems] == [False, True]
    assert {d.code for d in made.problems} == {"CMX1206"} and made.problems[1].span.line == 43
    part = cmxdsl.loads(made.text, top="NVIDIADGXA100_640GB").component
    assert part.kind == "chassis" and part.quantity("power.peak") is None


def test_the_protocols_that_are_taken_from_the_library_are_what_is_meant() -> None:
    uses = "\n".join(f"    port p{k}: {name}" for k, name in enumerate(STANDARD.values()))
    design = cmxdsl.loads(f"use std.protocols\nswitch S {{\n{uses}\n}}\n", top="S")
    assert design.ok
    for port, (_, rate, plane) in zip(design.component.ports.values(), STANDARD, strict=True):
        assert port.plane == plane
        known = port.protocol.quantity("rate")
        assert (known is None) == (rate is None) and (known is None or known.value == rate * 10**9)


BASE = "manufacturer: M\nmodel: X\nslug: m-x\nu_height: 2\nis_full_depth: true\n"
CONTRADICTIONS = [
    ("interfaces: [{name: a1, type: 100gbase-x-qsfp28}, {name: a1, type: 100gbase-x-qsfp28}]", "is there twice"),
    ("power-ports: [{name: P, type: iec-60320-c14, maximum_draw: 100, allocated_draw: 200}]", "allocated 200 W"),
    ("power-ports: [{name: P, type: iec-60320-c14, maximum_draw: 5000}]", "carries 3,750 W at most"),
    ("power-ports: [{name: P, type: iec-60320-c20, maximum_draw: 900}]\ncomments: 'Maximum power: 1,200 W'", "1,200 W"),
    ("is_powered: false\npower-ports: [{name: P, type: hardwired}]", "not powered"),
    ("weight: 3\nweight_unit: kg\ncomments: 'Weight: 30 kg'", "its mass is 3 kg, and the text says 30 kg"),
    ("comments: a 4U rackmount box", "it is 2 U tall, and the text says 4 U"),
    ("subdevice_role: child", "takes no unit"),
    ("device-bays: [{name: B}]", "is not `parent`"),
    ("power-outlets: [{name: O, type: iec-60320-c13, power_port: Q}]", "no power port of it"),
    ("power-outlets: [{name: O, type: iec-60320-c13, feed_leg: D}]", "legs are A, B and C"),
    ("front-ports: [{name: F, type: lc, rear_port: R}]", "no rear port of it"),
    (
        "rear-ports: [{name: R, type: mpo, positions: 2}]\n"
        "front-ports: [{name: F, type: lc, rear_port: R, rear_port_position: 3}]",
        "which has 2",
    ),
    (
        "rear-ports: [{name: R, type: mpo, positions: 2}]\n"
        "front-ports: [{name: F, type: lc, rear_port: R}, {name: G, type: lc, rear_port: R}]",
        "both lead to position 1",
    ),
    (
        "interfaces:\n" + "".join(f"  - {{name: swp{k}, type: 100gbase-x-qsfp28}}\n" for k in range(1, 20) if k != 7),
        "`swp7` is not there",
    ),
]


@pytest.mark.parametrize(("text", "said"), CONTRADICTIONS, ids=lambda v: v[:30])
def test_contradictions_are_told(tmp_path: Path, text: str, said: str) -> None:
    made = imported(tmp_path, BASE + text + "\n")
    assert [d.code for d in made.problems] == ["CMX1206"] and said in made.problems[0].message, made.problems
    assert cmxdsl.loads(made.text).ok


CONSISTENT = """\
manufacturer: M
model: X
u_height: 4
weight: 30
weight_unit: kg
comments: "Weight: 28 kg, shipping weight 60 kg. 4U form factor. Power consumption: up to 1.2 kW"
subdevice_role: parent
power-ports: [{name: P1, type: iec-60320-c14, maximum_draw: 800}, {name: P2, type: iec-60320-c14, maximum_draw: 800}]
device-bays: [{name: B}]
rear-ports: [{name: R, type: mpo, positions: 2}]
front-ports: [{name: F, type: lc, rear_port: R}, {name: G, type: lc, rear_port: R, rear_port_position: 2}]
interfaces: [{name: e0, type: 100gbase-x-qsfp28}, {name: e4, type: 100gbase-x-qsfp28}, {name: e8, type: 100gbase-x-qsfp28}]
"""
GROUPS = "".join(
    f"  - {{name: Group {g} Outlet {o}, type: iec-60320-c13}}\n"
    for g in (1, 2, 3)
    for o in range(1, 5 if g == 1 else 4)
)
OUTLETS = "power-outlets: [{name: O, type: iec-60320-c13, power_port: P1, feed_leg: A}]\n"


def test_what_agrees_with_itself_is_not_accused(tmp_path: Path) -> None:
    assert imported(tmp_path, CONSISTENT + OUTLETS).problems == ()
    assert imported(tmp_path, CONSISTENT + "power-outlets:\n" + GROUPS).problems == ()  # a group with one more
    made = imported(tmp_path, CONSISTENT)
    assert made.problems == ()
    assert "port e[3]:" in made.text and "// e{i * 4}" in made.text and "peak    = 1600 W" in made.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("u_heigth: 3", "did you mean `u_height`"),
        ("airflow: upwards", "is not `upwards`"),
        ("weight: heavy\nweight_unit: kg", "is a number"),
        ("weight: 3", "has no `weight_unit`"),
        ("weight: 3\nweight_unit: stone", "is not `stone`"),
        ("interfaces: [{name: a, type: 1000base-t, speed: 1}]", "has no key `speed`"),
        ("power-ports: [{name: a, type: hardwired, maximum_draw: 1kW}]", "number of watts"),
        ("description: [1, 2]", "`description` is a text"),
    ],
)
def test_what_the_format_does_not_have_is_told_and_the_rest_is_read(tmp_path: Path, line: str, said: str) -> None:
    made = imported(tmp_path, BASE + line + "\n")
    assert [d.code for d in made.problems] == ["CMX1205"]
    assert said in made.problems[0].message + made.problems[0].help
    assert "switch" in made.text or "chassis MX {" in made.text


BOMB = "a: &a [x,x,x,x]\n" + "".join(
    f"{c}: &{c} [*{p},*{p},*{p},*{p}]\n" for p, c in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (BOMB, 2, "an alias has no place"),
        ("a: " + "[" * 300, 1, "nested too deep"),
        ("a: " + "{x: " * 300, 1, "nested too deep"),
        (BASE + "interfaces:\n  - name: [\n", 8, "this is not YAML"),
        (BASE + "---\n" + BASE, 6, "more than one document"),
        (BASE + "model: Y\n", 6, "is there twice"),
        (BASE + "comments: !!python/object/apply:os.system ['x']\n", 6, "the tag"),
        (BASE + "comments: !danger x\n", 6, "the tag"),
        (BASE + "[a]: b\n", 6, "a key is a text"),
        (BASE + "comments: a\x07b\n", 6, "has no place in YAML"),
        ("manufacturer: M\n", 1, "has no `model`"),
        ("- a\n", 1, "is a mapping of keys"),
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        (BASE + "interfaces: 3\n", 6, "is a list"),
        (BASE + "interfaces:\n  - a\n", 7, "is a mapping"),
        (BASE + "interfaces:\n  - type: lag\n", 7, "has no name"),
    ],
    ids=lambda v: str(v)[:20],
)
def test_bad_files_are_refused_where_they_are_bad(tmp_path: Path, text: str, line: int, said: str) -> None:
    made = imported(tmp_path, text, BASE)
    assert made.text == ""
    assert [d.code for d in made.problems] == ["CMX1201"] and said in made.problems[0].message
    assert made.problems[0].span.line == line and made.problems[0].help


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MAX_BYTES", 50)
    (tmp_path / "x.yaml").write_text(BASE + "comments: " + "x" * 60)
    run = cmx(tmp_path / "x.yaml")
    assert run.exit_code == 3 and "too many bytes of YAML" in run.output
    monkeypatch.undo()
    monkeypatch.setattr(device_types, "MAX_PARTS", 3)
    made = imported(tmp_path, BASE + "interfaces: [" + ", ".join(f"{{name: a{k}, type: lag}}" for k in range(4)) + "]")
    assert "no more than 3" in made.problems[0].message


def test_the_command_writes_what_is_clean_and_never_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "parts.cmx"
    assert cmx(FILES, "-o", file).exit_code == 0
    first = file.read_text()
    runner = CliRunner()
    assert runner.invoke(cli, ["check", str(file)]).exit_code == 0
    assert runner.invoke(cli, ["fmt", "--check", str(file)]).exit_code == 0
    again = cmx(FILES / "AR3300.yaml", "-o", file)
    assert again.exit_code == 2 and "--force" in again.output and file.read_text() == first
    assert cmx(FILES / "AR3300.yaml", "-o", file, "--force").exit_code == 0
    assert "rack APCAR3300" in file.read_text()
    assert cmx(FILES / "AR3300.yaml").stdout == file.read_text()


def test_the_command_writes_nothing_when_a_file_is_bad(tmp_path: Path) -> None:
    for name, text in (("a.yaml", BASE), ("b.yaml", BASE + "---\n" + BASE), ("c.yaml", "- x\n")):
        (tmp_path / name).write_text(text)
    run = cmx(tmp_path, "--from", "device-type", "-o", tmp_path / "out.cmx")
    assert run.exit_code == 1 and not (tmp_path / "out.cmx").exists()
    assert "b.yaml:6:1" in run.output and "c.yaml:1:1" in run.output  # all in one run


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["nowhere.yaml"], 3, "cannot read"),
        (["x.txt"], 1, "none of the formats"),
        (["x.yaml", "--from", "morse"], 2, "'morse' is not one of"),
        (["x.yaml", "--plane", "moon"], 2, "`moon` is not one of"),
        (["x.yaml", "--names", "n.csv"], 2, "for lists of cables"),
        (["empty", "--from", "device-type"], 2, "holds no file"),
        (["empty"], 3, "cannot read"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.yaml").write_text(BASE)
    Path("x.txt").write_text("hello\n")
    Path("empty").mkdir()
    run = cmx(*arguments)
    assert run.exit_code == status and said in run.output


# --- laws -------------------------------------------------------------------------------------------------

_words = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
_names = st.one_of(
    _words,
    st.builds(
        "{}{}/{}".format, st.sampled_from(["swp", "Ethernet", "power", "port"]), st.integers(0, 5), st.integers(0, 5)
    ),
)
_types = st.sampled_from(
    ["1000base-t", "100gbase-x-qsfp28", "400gbase-x-osfp", "infiniband-hdr", "32gfc-sfp28", "other", "lag"]
)
_port = st.fixed_dictionaries({"name": _names, "type": _types}, optional={"mgmt_only": st.booleans()})
_inlet = st.fixed_dictionaries(
    {"name": _names, "type": st.sampled_from(["iec-60320-c14", "dc-terminal"])},
    optional={"maximum_draw": st.integers(1, 9000)},
)
_part = st.fixed_dictionaries(
    {"manufacturer": _words, "model": _words},
    optional={
        "slug": _words,
        "u_height": st.sampled_from([0, 0.5, 1, 2, 42]),
        "weight": st.decimals(0, 999, places=2).map(float),
        "weight_unit": st.sampled_from(["kg", "g", "lb", "oz"]),
        "description": _words,
        "comments": _words,
        "part_number": _words,
        "airflow": st.sampled_from(["front-to-rear", "mixed"]),
        "interfaces": st.lists(_port, max_size=12),
        "power-ports": st.lists(_inlet, max_size=4),
        "power-outlets": st.lists(_inlet, max_size=4),
    },
)


@given(st.lists(_part, min_size=1, max_size=3))
def test_any_type_becomes_text_that_checks(
    tmp_path_factory: pytest.TempPathFactory, parts: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("types")
    made = imported(folder, *(yaml.safe_dump(part, allow_unicode=True) for part in parts))
    if not made.text:  # YAML cannot hold it, or a name is blank
        return
    design = cmxdsl.loads(made.text)
    assert design.ok, design.explain() + made.text
    assert formatted(made.text) == made.text
    sockets = sum(p["type"] != "lag" for part in parts for p in part.get("interfaces", ()))  # type: ignore[attr-defined]
    supplies = sum(len(part.get(key, ())) for part in parts for key in ("power-ports", "power-outlets"))  # type: ignore[arg-type]
    many = 0
    for shape in re.findall(r"^    port \w+(\[[\d, ]+\])?:", made.text, re.M):
        size = 1
        for n in re.findall(r"\d+", shape):
            size *= int(n)
        many += size
    assert many == sockets + supplies


@given(st.lists(st.builds("p{}.{}".format, st.integers(0, 4), st.integers(0, 12)), min_size=1, unique=True))
def test_a_row_says_which_names_it_has(names: list[str]) -> None:
    found = rows(names)
    assert sorted(name for row in found for name in row.names) == sorted(names)
    for row in found:
        if not row.named or not row.shape:
            continue
        spelled = [""]
        sizes = dict(zip(VARIABLES, row.shape, strict=False))
        for piece in re.split(r"(\{.*?\})", row.named):
            if piece.startswith("{"):
                variable = piece[1]
                spelled = [s + str(eval(piece[1:-1], {variable: k})) for s in spelled for k in range(sizes[variable])]
            else:
                spelled = [s + piece for s in spelled]
        assert tuple(spelled) == row.names


@given(st.text())
def test_texts_survive(text: str) -> None:
    source = f"chip A {{\n    vendor = {literal(text)}\n}}\n"
    design = cmxdsl.loads(source, top="A")
    assert design.ok and design.component.text("vendor") == text


@given(st.fractions(0, 10**6))
def test_numbers_are_close_and_mostly_exact(value: Fraction) -> None:
    assert abs(Fraction(number(value)) - value) <= value / 10**9
    assert type_name("10 GbE Switch+") == "Part10GbESwitchPlus"


def test_libyaml_changes_nothing_but_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [p.read_text() for p in sorted(FILES.glob("*.yaml"))] + [
        BOMB,
        BASE + "interfaces:\n  - name: [\n",
        "a: [",
        "\t",
    ]
    fast = [imported(tmp_path, text) for text in texts]
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert [imported(tmp_path, text) for text in texts] == fast
