"""What was built against what was meant: every damage that is done is found and named, and nothing else is."""

from __future__ import annotations

import csv
import json
import random
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.verification.damage import damage
from cmxdsl.analysis.verification.rules import rules
from cmxdsl.analysis.verification.verdict import Verdict, finding, verify
from cmxdsl.cli.main import cli
from cmxdsl.outputs.verification.log import BadLog, added, runs
from cmxdsl.outputs.verification.picture import draw
from cmxdsl.outputs.verification.tables import state, worklist, write
from cmxdsl.readers import Unread, read

from .built import bringup, writers
from .built.writers import Machine, Wire
from .conftest import ROOT
from .test_docs import of_the_dump

DESIGN = """
protocol Ib { plane = scale_out; rate = 400 Gb/s }
cable Dac { rate = 400 Gb/s }
chip Nic { port net: Ib }
switch Leaf { part_number = "QM9700"; height = 1 U; port p[24]: Ib }
switch Spine { part_number = "QM9700"; height = 1 U; port p[24]: Ib }
chassis Node { height = 2 U; nic[2]: Nic }
rack Pod { height = 42 U; node[6]: Node; leaf[2]: Leaf
    place node[n] at U 2*n + 1
    place leaf[r] at U 40 + r
    link node[n].nic[r].net -- leaf[r].p[n] over Dac for n in 0..5
}
rack Core { height = 42 U; spine[4]: Spine; place spine[s] at U 20 + s }
system Pods {
    pod[4]: Pod
    core: Core
    link pod[u].leaf[r].p[12 + 2*s + t] -- core.spine[s].p[2*(2*u + r) + t] over Dac for u in 0..3, r in 0..1, s in 0..3, t in 0..1
}
"""


@pytest.fixture(scope="module")
def design() -> cmxdsl.Design:
    found = cmxdsl.loads(DESIGN, top="Pods")
    assert found.ok, found.explain()
    return found


def machine() -> Machine:
    """The same machine, written out by hand and not by the package."""
    wires: list[Wire] = []
    for u in range(4):
        for r in range(2):
            wires += [(f"pod[{u}].node[{n}].nic[{r}]", 0, f"pod[{u}].leaf[{r}]", n) for n in range(6)]
            for s in range(4):
                for t in range(2):
                    wires.append((f"pod[{u}].leaf[{r}]", 12 + 2 * s + t, f"core.spine[{s}]", 2 * (2 * u + r) + t))
    switches = {f"pod[{u}].leaf[{r}]" for u in range(4) for r in range(2)} | {f"core.spine[{s}]" for s in range(4)}
    return Machine(wires, switches)


def anonymous(machine_: Machine) -> Machine:
    for device in machine_.devices:
        machine_.called[device] = "MT4129 ConnectX7"
    return machine_


def judged(design: cmxdsl.Design, text: str, folder: Path, names: str = "", suffix: str = "out") -> Verdict:
    file = folder / f"dump.{suffix}"
    file.write_text(text, "utf-8")
    return verify(design.subject, read([str(file)]), "scale_out", names)


def codes(verdict: Verdict) -> list[str]:
    return [cause.rule.code for cause in verdict.causes]


def swap(wires: list[Wire], i: int, j: int) -> None:
    """Exchanges the far ends of two cables."""
    (a, p, b, q), (c, r, d, s) = wires[i], wires[j]
    wires[i], wires[j] = (a, p, d, s), (c, r, b, q)


# --- what is right ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("nameless", [False, True])
def test_what_is_as_meant_has_no_cause(design: cmxdsl.Design, tmp_path: Path, nameless: bool) -> None:
    built = anonymous(machine()) if nameless else machine()
    found = judged(design, writers.ibnetdiscover(built), tmp_path)
    assert found.causes == () and found.right == found.meant == 112 and found.misplaced == 0
    assert found.least.startswith("proved") and state(found, False) == "100% cabled, none wrong"
    assert (found.named, found.placed) == ((0, 60) if nameless else (60, 0))


@pytest.mark.parametrize("tool", ["iblinkinfo", "topo", "ptm", "cvt"])
def test_every_format_tells_the_same(design: cmxdsl.Design, tmp_path: Path, tool: str) -> None:
    right = judged(design, getattr(writers, tool)(machine()), tmp_path)
    assert codes(right) == [] and right.right == 112
    built = machine()
    swap(built.wires, 0, 20)
    assert codes(judged(design, getattr(writers, tool)(built), tmp_path)) == ["CMX1213"]


@pytest.mark.parametrize(("tool", "suffix"), [("lldpd", "json"), ("arista", "json"), ("sonic", "txt")])
def test_neighbours_of_every_device(design: cmxdsl.Design, tmp_path: Path, tool: str, suffix: str) -> None:
    built = machine()
    swap(built.wires, 6, 22)
    for device in built.switches:
        (tmp_path / f"{device}.{suffix}").write_text(getattr(writers, tool)(built, device), "utf-8")
    files = [str(tmp_path / f"{device}.{suffix}") for device in sorted(built.switches)]
    found = verify(design.subject, read(files), "scale_out")
    assert codes(found) == ["CMX1213"] and found.cables == 112


# --- what is wrong ----------------------------------------------------------------------------------------


def test_two_cables_swapped_at_spines_name_all_four_ends(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    i = built.wires.index(("pod[0].leaf[0]", 12, "core.spine[0]", 0))
    j = built.wires.index(("pod[3].leaf[1]", 19, "core.spine[3]", 15))
    swap(built.wires, i, j)
    found = judged(design, writers.ibnetdiscover(anonymous(built)), tmp_path)
    (cause,) = found.causes
    assert cause.rule.code == "CMX1213" and cause.links == 2
    for end in ("pod[0].leaf[0].p[12]", "core.spine[3].p[15]", "pod[3].leaf[1].p[19]", "core.spine[0].p[0]"):
        assert f"`{end}`" in cause.message
    moved = {(found.plan.name(task.port), task.do.split("`")[1]) for task in cause.tasks}
    assert moved in (
        {("core.spine[3].p[15]", "core.spine[0].p[0]"), ("core.spine[0].p[0]", "core.spine[3].p[15]")},
        {("pod[0].leaf[0].p[12]", "pod[3].leaf[1].p[19]"), ("pod[3].leaf[1].p[19]", "pod[0].leaf[0].p[12]")},
    )


def test_ports_of_a_leaf_one_further_are_one_cause(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    leaf = "pod[1].leaf[0]"
    built.wires = [
        (a, (p + 1) % 24 if a == leaf else p, b, (q + 1) % 24 if b == leaf else q) for a, p, b, q in built.wires
    ]
    (cause,) = judged(design, writers.ibnetdiscover(built), tmp_path).causes
    assert cause.rule.code == "CMX1215" and cause.links == 14 and "1 port further" in cause.message


def test_two_leaves_exchanged_are_one_cause(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    a, b = "pod[0].leaf[0]", "pod[2].leaf[1]"
    built.called.update({a: b, b: a})
    (cause,) = judged(design, writers.ibnetdiscover(built), tmp_path).causes
    assert cause.rule.code == "CMX1216" and cause.links == 28 and "exchanged" in cause.message


def test_a_leaf_that_is_not_there_explains_what_only_it_leads_to(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    built.wires = [w for w in built.wires if "pod[1].leaf[1]" not in w]
    found = judged(design, writers.ibnetdiscover(built), tmp_path)
    (cause,) = found.causes
    assert cause.rule.code == "CMX1220" and cause.links == 14 and "6 that only it leads to" in cause.message
    assert state(found, True) == "87.5% cabled, none wrong" and found.worst(partial=True) == []


def test_a_node_that_is_not_there_is_one_cause(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    built.wires = [w for w in built.wires if "pod[2].node[3]." not in w[0]]
    (cause,) = judged(design, writers.ibnetdiscover(built), tmp_path).causes
    assert cause.rule.code == "CMX1220" and "`pod[2].node[3]`" in cause.message and cause.links == 2


def test_a_cable_in_the_wrong_port_says_where_it_belongs(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    k = built.wires.index(("pod[0].node[5].nic[1]", 0, "pod[0].leaf[1]", 5))
    built.wires[k] = (*built.wires[k][:3], 9)
    found = judged(design, writers.ibnetdiscover(built), tmp_path)
    (cause,) = found.causes
    assert cause.rule.code == "CMX1214" and finding(found, cause).help.startswith("at pod[0] U41 `pod[0].leaf[1].p[9]`")


def test_parallel_cables_that_are_crossed_are_a_note(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    i = built.wires.index(("pod[0].leaf[0]", 12, "core.spine[0]", 0))
    swap(built.wires, i, i + 1)
    found = judged(design, writers.ibnetdiscover(built), tmp_path)
    assert codes(found) == ["CMX1217"] and found.worst(False) == [] and state(found, False).endswith("none wrong")


def test_a_slow_link_and_a_wrong_part(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    built.rates[7] = "4xHDR"
    for device in built.switches:
        built.called[device] = f"MF0;{device}:{'QM8700' if 'spine[2]' in device else 'QM9700'}/U1"
    found = judged(design, writers.ibnetdiscover(built), tmp_path)
    assert sorted(codes(found)) == ["CMX1230", "CMX1231"]
    assert any("200 Gb/s on 4 lanes, not 400 Gb/s" in c.message for c in found.causes)


def test_something_else_that_is_plugged_in(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    built.wires += [("laptop", 0, "pod[0].leaf[0]", 9), ("x1", 0, "x2", 0), ("x3", 0, "x2", 1)]
    built.switches.add("x2")
    assert sorted(codes(judged(design, writers.ibnetdiscover(built), tmp_path))) == ["CMX1221", "CMX1222"]


def test_another_machine_is_said_to_be_one(design: cmxdsl.Design, tmp_path: Path) -> None:
    wires: list[Wire] = [(f"h{k}", 0, f"s{k // 8}", k % 8) for k in range(64)]
    wires += [(f"s{k}", 20, "top", k) for k in range(8)]
    found = judged(design, writers.ibnetdiscover(Machine(wires, {f"s{k}" for k in range(8)} | {"top"})), tmp_path)
    assert codes(found) == ["CMX1210"] and state(found, False) == "another fabric"


DAMAGES = ("swap", "cut", "move", "slow")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sets(st.sampled_from(DAMAGES), min_size=1), st.booleans())
def test_every_damage_is_found_and_nothing_else_is(seed: int, kinds: set[str], named: bool) -> None:
    """Damages at cables that share no device, each of which is one cause."""
    built, rng = machine(), random.Random(seed)
    free = list(range(len(built.wires)))
    rng.shuffle(free)
    used: set[str] = set()
    expected: list[str] = []

    def pick(tier: bool) -> int:
        """A cable of the upper tier or of the lower one, that shares a device with none so far."""
        for k in free:
            a, _, b, _ = built.wires[k]
            if ("spine" in b) == tier and not {a, b} & used:
                used.update({a, b})
                free.remove(k)
                return k
        raise AssertionError

    for kind in sorted(kinds):
        if kind == "swap":
            swap(built.wires, pick(True), pick(True))
            expected.append("CMX1213")
        elif kind == "cut":
            built.wires[pick(True)] = ("", 0, "", 0)
            expected.append("CMX1211")
        elif kind == "move":
            k = pick(False)
            built.wires[k] = (*built.wires[k][:3], 23)
            expected.append("CMX1214" if named else "CMX1221")
        else:
            built.rates[pick(False)] = "1xNDR"
            expected.append("CMX1230")
    kept = [k for k, w in enumerate(built.wires) if w[0]]
    built.rates = {kept.index(k): rate for k, rate in built.rates.items()}
    built.wires = [w for w in built.wires if w[0]]
    found_design = _the_design()
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        text = writers.ibnetdiscover(built if named else anonymous(built))
        found = judged(found_design, text, Path(folder))
    if not named and "move" in kinds:  # without a name an adapter in a free port is one that nobody meant to be there
        expected.append("CMX1220")
    assert sorted(codes(found)) == sorted(expected)


_DESIGNS: list[cmxdsl.Design] = []


def _the_design() -> cmxdsl.Design:
    if not _DESIGNS:
        _DESIGNS.append(cmxdsl.loads(DESIGN, top="Pods"))
    return _DESIGNS[0]


# --- names ------------------------------------------------------------------------------------------------


def test_a_map_of_names_and_of_guids(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    for device in built.devices:
        digits = [int(w) for w in "".join(c if c.isdigit() else " " for c in device).split()]
        if "nic" in device:
            built.called[device] = f"gpu-{digits[0] + 1:02}-{digits[1] + 1:02} mlx5_{digits[2] + 4 * (digits[2] // 1)}"
        elif "leaf" in device:
            built.called[device] = f"A0{digits[0]}-LEAF-{digits[1] + 1}{digits[0]:02}"
    names = tmp_path / "names.csv"
    names.write_text(
        "design,device,guid\n"
        "pod[u].node[n].nic[r],gpu-{u + 1}-{n + 1} mlx5_{5 * r},\n"
        "pod[u].leaf[r],A*-LEAF-{100 * (r + 1) + u},\n"
        f"core.spine[0],,0x{writers.guid(built, 'core.spine[0]')}\n",
        "utf-8",
    )
    built.called["core.spine[0]"] = "never named"
    found = judged(design, writers.ibnetdiscover(built), tmp_path, str(names))
    assert found.causes == () and found.named == 60


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("pod[u].leave[r],x{u}{r}", "did you mean `pod.leaf`?"),
        ("pod[u].leaf,x{u}", "has 2 indices, not 1"),
        ("pod[u].leaf[r],x{u}", "would share 4 names"),
        ("pod[u].leaf[r],x{u}-{k}", "`k` is no index of this row"),
        ("pod[u].leaf[r],x{u}-{r div 0}", "divides by zero"),
        ("pod[u].leaf[r],x{u}-{r + }", "an index expression"),
        ("pod[u].leaf[r],*{u}*{r}**", "3 `*` at most"),
        ('"pod[u].leaf[r]', "no CSV"),
    ],
)
def test_a_bad_map_is_located(design: cmxdsl.Design, tmp_path: Path, row: str, said: str) -> None:
    names = tmp_path / "names.csv"
    names.write_text(f"design,device\n{row}\n", "utf-8")
    with pytest.raises(Unread) as error:
        judged(design, writers.ibnetdiscover(machine()), tmp_path, str(names))
    assert said in error.value.finding.message and error.value.finding.span.line == 2


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "CMX1202", 1),
        ("nothing of the kind\n", "CMX1202", 1),
        ('Switch\t65 "S-00\n', "CMX1201", 1),
        ('vendid=0x2c9\n[1]\t"H-01"[1]\t\t# "x" lid 1 4xNDR\n', "CMX1201", 2),
        ('Ca\t1 "H-b8e92403009ca838"\t\t# "lonely HCA-1"\n', "CMX1204", 1),
        ('graph G {\n"a":"1" -- "b":"2"\n"a":"1" -- \n}\n', "CMX1201", 3),
        ('{"lldp": {"interface": 3}}', "CMX1201", 1),
        ('{"lldp": [[[[', "CMX1201", 1),
        ("a_device,a_port,b_device,b_port\nx,1,y,\n", "CMX1201", 2),
        ("a_device,a_port,b_device,b_port,length\nx,1,y,2,far\n", "CMX1201", 2),
        ("Switch\t" + "x" * 200_000, "CMX1201", 1),
        ('Switch\t65 "S-1"\t# "\udcff"\n', "CMX1201", 1),
    ],
)
def test_damaged_dumps_are_located(tmp_path: Path, text: str, code: str, line: int) -> None:
    file = tmp_path / "dump.out"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Unread) as error:
        read([str(file)])
    assert (error.value.finding.code, error.value.finding.span.line) == (code, line)


def test_two_dumps_that_contradict(design: cmxdsl.Design, tmp_path: Path) -> None:
    one, two = machine(), machine()
    swap(two.wires, 0, 20)
    for name, built in (("one", one), ("two", two)):
        (tmp_path / name).write_text(writers.ibnetdiscover(built), "utf-8")
    built = read([str(tmp_path / "one"), str(tmp_path / "two")])
    assert {p.code for p in built.problems} == {"CMX1203"} and built.contradictions == 4


def test_entities_are_refused(tmp_path: Path) -> None:
    from cmxdsl.readers.structured import xml_of

    file = tmp_path / "x.xml"
    file.write_text('<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>', "utf-8")
    with pytest.raises(Unread):
        xml_of(file, "x.xml")


# --- outputs ----------------------------------------------------------------------------------------------


def test_outputs(design: cmxdsl.Design, tmp_path: Path) -> None:
    built = machine()
    swap(built.wires, 0, 20)
    built.wires.pop(40)
    found = judged(design, writers.ibnetdiscover(built), tmp_path)
    cost = damage(found, design.subject)
    data = json.loads(write(found, "json", "1", damage=cost))
    assert data["causes"][0]["code"] == "CMX1213" and data["causes"][0]["tasks"][0]["unit"]
    assert data["damage"][0] == {"what": "endpoints reached", "value": 48, "meant": 48, "text": "48 of 48"}
    sarif = json.loads(write(found, "sarif", "1"))
    assert {r["ruleId"] for r in sarif["runs"][0]["results"]} == set(codes(found))
    rows = list(csv.reader(write(found, "csv", "1").splitlines()))
    assert len(rows) == 1 + len(found.causes)
    table = worklist(found)
    assert [row[0] for row in table.rows] == sorted(row[0] for row in table.rows)
    svg = draw(found).svg()
    assert svg.count("wrong: ") == 2 and svg.count("missing: ") == 3
    assert write(found, "table", "1", width=80) == write(found, "table", "1", width=80)


def test_the_log_counts_runs_and_is_never_overwritten_by_mistake(design: cmxdsl.Design, tmp_path: Path) -> None:
    found = judged(design, writers.ibnetdiscover(machine()), tmp_path)
    text = added(added("", found, False), found, False)
    assert [row["run"] for row in runs(text)] == [1, 2]
    with pytest.raises(BadLog):
        added("a poem\n", found, False)


def test_the_command(tmp_path: Path) -> None:
    from click.testing import CliRunner

    (tmp_path / "pods.cmx").write_text(DESIGN, "utf-8")
    built = machine()
    (tmp_path / "right.out").write_text(writers.ibnetdiscover(built), "utf-8")
    built.wires.pop()
    (tmp_path / "cut.out").write_text(writers.ibnetdiscover(built), "utf-8")
    base = ["verify", str(tmp_path / "pods.cmx"), "--top", "Pods"]

    def run(dump: str, *more: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, [*base, "--built", str(tmp_path / dump), *more])
        return done.exit_code, done.output

    assert run("right.out")[0] == 0
    assert run("cut.out")[0] == 1 and "1 missing" in run("cut.out")[1]
    assert run("cut.out", "--expect-partial")[0] == 0
    log, work, picture = (str(tmp_path / name) for name in ("log.jsonl", "work.csv", "out.svg"))
    status, said = run("cut.out", "--log", log, "--worklist", work, "--picture", picture, "--damage")
    assert status == 1 and "progress" in said and Path(picture).read_text("utf-8").startswith("<svg")
    assert "CMX1211" in Path(work).read_text("utf-8")
    Path(log).write_text("mine\n", "utf-8")
    assert run("right.out", "--log", log)[0] == 3 and Path(log).read_text("utf-8") == "mine\n"
    assert run("none.out")[0] == 3


def test_rules_are_told_apart_and_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "verify.md").read_text("utf-8")
    found = rules()
    assert len({rule.title for rule in found.values()}) == len(found)
    for code, rule in found.items():
        assert code == rule.code and rule.why.endswith(".") and rule.fix and code in page


# --- a real machine ---------------------------------------------------------------------------------------


def test_a_public_dump_says_what_an_independent_count_says(tmp_path: Path) -> None:
    """31 of 32 leaves, 532 of 576 cables between switches: 18 of the others are of the leaf that is missing, 26 not."""
    files = of_the_dump()
    meant = cmxdsl.loads(files["superpod.cmx"].decode(), top="SuperPOD")
    (tmp_path / "names.csv").write_bytes(files["names.csv"])
    found = judged(meant, files["fabric.out"].decode(), tmp_path, str(tmp_path / "names.csv"))
    (leaf,) = [c for c in found.causes if c.rule.code == "CMX1220" and "leaf" in c.message]
    assert "`unit[0].leaf[2]`" in leaf.message and len(leaf.missing) == 18 + 18  # cables up, and adapters below
    cables = [c for c in found.causes if c.rule.code == "CMX1211"]
    assert sum(len(c.missing) for c in cables if "spine" in c.message) == 26
    assert "538 of 576" in damage(found, meant.subject).rows[0].text


def test_a_public_dump_without_a_link() -> None:
    with pytest.raises(Unread, match="holds no link"):
        read([str(ROOT / "tests" / "built" / "topograph-bad.out")])


# --- without names, kinds or counts -------------------------------------------------------------------------

FAT_TREE = """
protocol P {{ plane = scale_out; rate = 400 Gb/s }}
chip Nic {{ role = nic; port p: P }}
switch Sw {{ port p[{k}]: P }}
board Pod {{
    host[{h}, {h}]: Nic
    edge[{h}]: Sw
    agg[{h}]: Sw
    link host[e, i].p -- edge[e].p[i] for i in 0..{last}
    link edge[e].p[{h} + a] -- agg[a].p[e] for a in 0..{last}, e in 0..{last}
    port up[a, c] = agg[a].p[{h} + c] for c in 0..{last}
}}
system Ft {{
    pod[{k}]: Pod
    core[{h}, {h}]: Sw
    link pod[p].up[a, c] -- core[a, c].p[p]
}}
"""


def fat_tree(k: int) -> cmxdsl.Design:
    return cmxdsl.loads(FAT_TREE.format(k=k, h=k // 2, last=k // 2 - 1), top="Ft")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 4))
def test_swapped_cables_are_named_in_a_list_of_strangers(
    tmp_path_factory: pytest.TempPathFactory, seed: int, many: int
) -> None:
    """A list of cables whose devices have made-up names and no kind: every swap between switches is found, nothing else."""
    design = fat_tree(8)
    drawn = random.Random(seed)
    rows = list(csv.reader("".join(design.export("links")).splitlines()))[1:]
    between = [k for k, row in enumerate(rows) if ".host[" not in row[0]]
    picked = drawn.sample(between, 2 * many)
    for one, other in zip(picked[::2], picked[1::2], strict=True):
        rows[one][2:4], rows[other][2:4] = rows[other][2:4], rows[one][2:4]
    called: dict[str, str] = {}
    for row in drawn.sample(rows, len(rows)):
        for k in (0, 2):
            row[k] = called.setdefault(row[k], f"{drawn.getrandbits(40):x}-x")
    dump = tmp_path_factory.mktemp("strangers") / "cables.csv"
    with dump.open("w", newline="") as stream:
        csv.writer(stream).writerows([("a_device", "a_port", "b_device", "b_port"), *(row[:4] for row in rows)])
    found = verify(design.subject, read([str(dump)]), "scale_out")
    assert found.placed == 128 + 80 and not found.another
    assert {c.rule.code for c in found.causes if c.wrong} <= {"CMX1213", "CMX1216"}, [c.rule.code for c in found.causes]
    assert (found.misplaced, found.missing) == (2 * many, 0)


def test_a_host_in_a_switchs_place_is_found_without_names(tmp_path: Path) -> None:
    """Its cable and that of a switch are exchanged; following them shows who hangs where a core's cable should be."""
    design = fat_tree(8)
    rows = list(csv.reader("".join(design.export("links")).splitlines()))[1:]
    host = next(k for k, row in enumerate(rows) if row[0] == "pod[3].host[1, 2]")
    up = next(k for k, row in enumerate(rows) if row[0] == "pod[6].agg[2]" and row[2].startswith("core"))
    rows[host][2:4], rows[up][2:4] = rows[up][2:4], rows[host][2:4]
    called: dict[str, str] = {}
    for row in rows:
        for k in (0, 2):
            row[k] = called.setdefault(row[k], f"x{len(called) * 7919 % 10007}")
    dump = tmp_path / "cables.csv"
    with dump.open("w", newline="") as stream:
        csv.writer(stream).writerows([("a_device", "a_port", "b_device", "b_port"), *(row[:4] for row in rows)])
    found = verify(design.subject, read([str(dump)]), "scale_out")
    assert [c.rule.code for c in found.causes if c.wrong] == ["CMX1213"]
    assert found.placed == 208 and (found.misplaced, found.missing) == (2, 0)


# --- a bring-up, as the docs tell it ------------------------------------------------------------------------


def test_the_flagship_comes_up(tmp_path: Path) -> None:
    """Three lists of cables: a third of the racks, all of them with mistakes, and what was meant. Each mistake is one
    cause, nothing else is, and docs/verify.md has these numbers."""
    design = cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx")
    rows = [row[:5] for row in csv.reader("".join(design.export("links", plane="scale_up")).splitlines())][1:]

    def day(lines: list[bringup.Row]) -> Verdict:
        dump = tmp_path / "cables.csv"
        with dump.open("w", newline="") as stream:
            csv.writer(stream).writerows([bringup.TITLES, *lines])
        return verify(design.subject, read([str(dump)]), "scale_up")

    first, second, third = day(bringup.first_racks(rows)), day(bringup.everything(rows)), day(rows)
    told = (ROOT / "docs" / "verify.md").read_text("utf-8")
    assert state(first, True) == "33.3% cabled, none wrong" and {c.rule.code for c in first.causes} == {"CMX1220"}
    assert [c.message for c in first.causes if "compute[4]" in c.message] == [
        "`compute[4]` is not there: none of its 76 devices on the plane"
    ]
    assert codes(second) == ["CMX1220", "CMX1216", "CMX1230", *["CMX1213"] * 6, *["CMX1211"] * 4]
    assert codes(third) == [] and third.least.startswith("proved")
    cost = {row.what: row.text for row in damage(second, design.subject).rows}
    assert cost["endpoints reached"] == "564 of 576"
    for words in (
        f"{second.right:,} of 9,408 links are as meant",
        f"{cost['endpoints reached']} endpoints are reached",
        *(c.message.partition(":")[0] for c in second.causes[:2]),
    ):
        assert words in told, words


def test_damage_of_links_whose_rate_nobody_knows(tmp_path: Path) -> None:
    """What is not known stays so, and nothing warns of it."""
    design = cmxdsl.loads(FAT_TREE.format(k=4, h=2, last=1).replace("rate = 400 Gb/s", "rate = unknown"), top="Ft")
    rows = list(csv.reader("".join(design.export("links")).splitlines()))[1:]
    rows[0][2:4], rows[-1][2:4] = rows[-1][2:4], rows[0][2:4]
    dump = tmp_path / "cables.csv"
    with dump.open("w", newline="") as stream:
        csv.writer(stream).writerows([("a_device", "a_port", "b_device", "b_port"), *(row[:4] for row in rows)])
    found = {
        row.what: row for row in damage(verify(design.subject, read([str(dump)]), "scale_out"), design.subject).rows
    }
    assert found["endpoints reached"].text == "16 of 16"
    assert all(row.value is None or row.value == row.value for row in found.values())


SMALL = """
protocol E { plane = scale_out; rate = 10 Gb/s }
chip Host { port p: E }
switch Sw { port p[4]: E }
system Net {
    host[4]: Host
    leaf[2]: Sw
    spine[2]: Sw
    link host[h].p -- leaf[h div 2].p[h mod 2]
    link leaf[l].p[2 + s] -- spine[s].p[l] for l in 0..1, s in 0..1
}
"""


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 3), st.booleans())
def test_the_fewest_changes_of_a_small_fabric_are_those_of_brute_force(
    tmp_path_factory: pytest.TempPathFactory, seed: int, swaps: int, cut: bool
) -> None:
    """Strangers, whose every naming is tried here too, one after the other."""
    design = cmxdsl.loads(SMALL, top="Net")
    drawn = random.Random(seed)
    rows = [row[:4] for row in csv.reader("".join(design.export("links")).splitlines())][1:]
    meant = {frozenset([(r[0], r[1]), (r[2], r[3])]) for r in rows}
    for _ in range(swaps):
        one, other = drawn.sample(range(len(rows)), 2)
        rows[one][2:], rows[other][2:] = rows[other][2:], rows[one][2:]
    if cut:
        rows.pop(drawn.randrange(len(rows)))
    hosts, switches = [f"host[{k}]" for k in range(4)], ["leaf[0]", "leaf[1]", "spine[0]", "spine[1]"]

    def changes(called: dict[str, str]) -> int:
        got = {frozenset([(called[r[0]], r[1]), (called[r[2]], r[3])]) for r in rows}
        return len(meant ^ got)

    least = min(
        changes(dict(zip(hosts, some, strict=True)) | dict(zip(switches, others, strict=True)))
        for some in permutations(hosts)
        for others in permutations(switches)
    )
    strange = {name: f"q{drawn.getrandbits(30)}" for name in (*hosts, *switches)}
    dump = tmp_path_factory.mktemp("small") / "cables.csv"
    with dump.open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [("a_device", "a_port", "b_device", "b_port"), *([strange[r[0]], r[1], strange[r[2]], r[3]] for r in rows)]
        )
    found = verify(design.subject, read([str(dump)]), "scale_out")
    assert found.meant - found.right + found.cables - found.right == least
    assert found.least.startswith("proved")


# --- the inside of one machine ------------------------------------------------------------------------------

INSIDE = ["ndv5-topo.xml", "hgx-h200.xml", "hgx-h200.txt", "nvidiaDGX2.xml", "power8gpudistances.xml"]


@pytest.mark.parametrize("name", INSIDE)
def test_a_machine_is_its_own_board(name: str) -> None:
    """What NCCL, hwloc and `nvidia-smi` say of a machine, beside the board that was made of it: no port has a number, and
    every link is as meant on each plane."""
    folder = ROOT / "tests" / "imports"
    design = cmxdsl.load(folder / f"{name}.cmx")
    built = read([str(folder / name)])
    seen = 0
    for plane in ("host", "scale_up"):
        if plane in set(built.planes.values()):
            found = verify(design.subject, built, plane)
            assert (
                not [c for c in found.causes if c.rule.severity.rank < 2] and found.right == found.meant == found.cables
            )
            seen += found.cables
    assert seen == len(built.cables) > 0


def test_an_adapter_under_another_bridge_is_found(tmp_path: Path) -> None:
    """Azure's ND v5 with one of its adapters moved to the next PCIe switch. Without names and ports other devices take the
    blame too, which is said: a design that is not met is never called met."""
    folder = ROOT / "tests" / "imports"
    text = (folder / "ndv5-topo.xml").read_text("utf-8")
    lines = text.splitlines()
    nics = [k for k, line in enumerate(lines) if 'class="0x020' in line]
    moved = lines.pop(nics[0])
    there = next(k for k, line in enumerate(lines) if k > nics[0] and 'class="0x020' in line)
    dump = tmp_path / "topo.xml"
    dump.write_text("\n".join([*lines[:there], moved, *lines[there:]]), "utf-8")
    found = verify(cmxdsl.load(folder / "ndv5-topo.xml.cmx").subject, read([str(dump)]), "host")
    assert found.meant * 0.7 < found.right < found.meant and found.worst(False)
    assert found.least.startswith("not proved")
