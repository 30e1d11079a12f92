"""The inside of machines as boards: real files of NCCL, hwloc and nvidia-smi, broken ones, and random machines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.cli.main import cli
from cmxdsl.importing import described
from cmxdsl.outputs.exports import write
from cmxdsl.outputs.importing.boards import READERS, _Board
from cmxdsl.outputs.importing.device_types import Names
from cmxdsl.outputs.importing.formats import Written, format_of
from cmxdsl.readers import machine as machines
from cmxdsl.readers.machine import ACCELERATOR, ADAPTER, BRIDGE, PROCESSOR, SWITCH, Machine, Unit, pcie_rate
from cmxdsl.syntax.format import formatted

from .conftest import golden

FILES = Path(__file__).parent / "imports"
REAL = {
    "hgx-h200.xml": "nccl",
    "ndv5-topo.xml": "nccl",
    "nvidiaDGX2.xml": "hwloc",
    "power8gpudistances.xml": "hwloc",
    "hgx-h200.txt": "nvidia-smi",
}


def imported(tmp_path: Path, text: str, format: str) -> Written:
    file = tmp_path / "machine.txt"
    file.write_text(text, encoding="utf-8")
    return described([str(file)], format)


def compare(machine: Machine) -> None:
    """The design of a machine has its wires, no more and no fewer, and no port twice."""
    board = _Board(machine, names := Names(), "scale_out")
    lines = list(board.lines())
    text = formatted("\n".join(["use std.protocols", *names.definitions(), *lines]) + "\n")
    design = cmxdsl.loads(text, top=re.findall(r"^board (\w+)", text, re.M)[-1])
    assert design.ok, design.explain() + text

    def name(unit: int) -> str:
        array, index = board.at[unit]
        devices = board.arrays[array].devices
        return f"{devices.name}[{index}]" if devices.shape else devices.name

    wanted = Counter(frozenset((name(w.a), name(w.b))) for w in machine.wires for _ in range(w.many))
    found: Counter[frozenset[str]] = Counter()
    ends: Counter[tuple[str, str]] = Counter()
    planes = {"host"} if any(w.sort == "PCIe" for w in machine.wires) else set()
    for plane in planes | ({"scale_up"} if any(w.sort != "PCIe" for w in machine.wires) else set()):
        text_ = "".join(write(design.subject, "links", plane=plane))
        for row in csv.DictReader(text_.splitlines()):
            found[frozenset((row["a_device"], row["b_device"]))] += 1
            ends.update([(row["a_device"], row["a_port"]), (row["b_device"], row["b_port"])])
    assert found == wanted
    assert max(ends.values(), default=1) == 1


@pytest.mark.parametrize("name", REAL)
def test_real_machines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    assert format_of([name]) == REAL[name]
    made = described([name], REAL[name])
    assert not made.problems
    golden(FILES / f"{name}.cmx", made.text)
    assert formatted(made.text) == made.text
    compare(READERS[REAL[name]](Path(name), name))


def test_a_dgx_2_has_the_nvlinks_that_were_published() -> None:
    """Sixteen V100 of six links each, to six switches of their half; a switch has eight of them."""
    machine = READERS["hwloc"](FILES / "nvidiaDGX2.xml", "x")
    links = [w for w in machine.wires if w.sort == "NVLink"]
    assert len(links) == 96 and {w.rate for w in links} == {25e9 * 8}
    ends = Counter(u for w in links for u in (w.a, w.b))
    assert Counter((machine.units[u].kind, many) for u, many in ends.items()) == {(ACCELERATOR, 6): 16, (SWITCH, 8): 12}
    assert machine.name == "NVIDIA DGX-2H"


def test_rates_of_pcie() -> None:
    """By hand: 16 lanes of 32 GT/s at 128b/130b are 63.0 GB/s; hwloc prints 15.753846 for 16 lanes of 8 GT/s."""
    assert pcie_rate(32, 16) == pytest.approx(63.015e9 * 8, rel=1e-4)
    assert pcie_rate(8, 16) == pytest.approx(15.753846e9 * 8, rel=1e-7)
    assert pcie_rate(5, 8) == 4e9 * 8
    assert pcie_rate(64, 16) is None and pcie_rate(8, 0) is None


def test_an_unknown_rate_stays_unknown(tmp_path: Path) -> None:
    text = (FILES / "ndv5-topo.xml").read_text().replace('link_width="16"', 'link_width="0"')
    made = imported(tmp_path, text, "nccl")
    assert "PCIe, at a rate that is not stated" in made.text and "rate =" not in made.text


def test_functions_of_one_card_are_one_adapter(tmp_path: Path) -> None:
    nic = '<pci busid="0000:19:00.{}" class="0x020700"><nic><net name="mlx5_{}" speed="100000"/></nic></pci>'
    text = f'<system version="1"><cpu numaid="0">{nic.format(0, 0)}{nic.format(1, 1)}</cpu></system>'
    made = imported(tmp_path, text, "nccl")
    assert "port net[2]: InfiniBand100" in made.text and made.text.count("link ") == 1


def test_what_hangs_on_no_processor_hangs_on_the_only_one(tmp_path: Path) -> None:
    device = '<object type="PCIDev" pci_busid="0000:01:00.0" pci_type="0302 [10de:2335] [0:0] 00 00"/>'
    bridge = f'<object type="Bridge" bridge_type="0-1">{device}</object>'
    package = '<object type="Package" os_index="{}"/>'
    text = '<topology version="2.0"><object type="Machine">{}</object></topology>'
    one = imported(tmp_path, text.format(package.format(0) + bridge), "hwloc")
    assert "link cpu.pcie -- gpu.pcie" in one.text
    two = imported(tmp_path, text.format(package.format(0) + package.format(1) + bridge), "hwloc")
    assert "link" not in re.sub("//.*", "", two.text) and "Which processor these hang on is not said" in two.text


def test_cores_without_packages_are_one_processor(tmp_path: Path) -> None:
    cores = "".join(f'<object type="Core"><object type="PU" os_index="{k}"/></object>' for k in range(3))
    device = '<object type="PCIDev" pci_busid="0000:01:00.0" pci_type="0200 [1af4:1041] [0:0] 00 00"/>'
    text = f'<topology version="2.0"><object type="Machine" os_index="0">{cores}{device}</object></topology>'
    made = imported(tmp_path, text, "hwloc")
    assert "link cpu.pcie -- nic.pcie" in made.text and "cores = 3" in re.sub(" +", " ", made.text)
    assert 'description = "PCI device 1041"' in re.sub(" +", " ", made.text) and "all are drawn as one" in made.text


SMI = (FILES / "hgx-h200.txt").read_text("utf-8")


def test_a_matrix_is_read_in_colour_and_with_blanks(tmp_path: Path) -> None:
    plain = imported(tmp_path, SMI, "nvidia-smi").text
    underlined = SMI.replace("\tGPU0\tGPU1", "\t\x1b[4mGPU0\tGPU1", 1).replace("ID\n", "ID\x1b[0m\n", 1)
    assert imported(tmp_path, "Node record\n\n" + underlined, "nvidia-smi").text == plain
    assert imported(tmp_path, SMI.expandtabs(8), "nvidia-smi").text == plain


def test_nvlinks_without_switches_are_direct(tmp_path: Path) -> None:
    rows = ["\tGPU0\tGPU1\tGPU2\tGPU3\tCPU Affinity\tNUMA Affinity"]
    rows += [f"GPU{i}\t" + "\t".join("X" if i == j else "NV4" for j in range(4)) + "\t0-31\t0" for i in range(4)]
    made = imported(tmp_path, "\n".join(rows) + "\n", "nvidia-smi")
    assert not made.problems and "switch" not in re.sub("//.*", "", made.text)
    compare(READERS["nvidia-smi"](tmp_path / "machine.txt", "x"))
    assert "port nvlink[12]: NVLink" in made.text  # as an A100 of four: four links to each of three


CONTRADICTIONS = [
    ("nvidia-smi", SMI.replace("GPU1\tNV18\t", "GPU1\tNV12\t", 1), "GPU1 to GPU0 is NV12"),
    ("nvidia-smi", re.sub(r"(GPU0.*?)PIX", r"\1SYS", SMI, count=1).replace("NIC4\tPIX", "NIC4\tSYS", 1), "others put"),
    ("nccl", (FILES / "hgx-h200.xml").read_text().replace("0000:29:00.0", "0000:19:00.0"), "have the bus number"),
    (
        "nccl",
        (FILES / "hgx-h200.xml")
        .read_text()
        .replace('target="0000:05:00.0" count="4" tclass="0x068000"', 'target="1:2:3"', 1),
        "no device has the bus number 1:2:3",
    ),
    (
        "hwloc",
        (FILES / "power8gpudistances.xml").read_text().replace("1000000 40000 0", "1000000 20000 0", 1),
        "and gets 20000",
    ),
]


@pytest.mark.parametrize(("format", "text", "said"), CONTRADICTIONS, ids=lambda v: v[:12])
def test_contradictions_are_told(tmp_path: Path, format: str, text: str, said: str) -> None:
    made = imported(tmp_path, text, format)
    assert {d.code for d in made.problems} == {"CMX1206"} and any(said in d.message for d in made.problems), (
        made.problems
    )
    assert cmxdsl.loads(made.text).ok


NCCL, HWLOC = (
    '<system version="1">{}</system>',
    '<topology version="2.0"><object type="Machine">{}</object>{}</topology>',
)
BOMB = '<!DOCTYPE a [<!ENTITY b "cc">]>\n<system version="1"><cpu numaid="&b;"/></system>'


@pytest.mark.parametrize(
    ("format", "text", "line", "said"),
    [
        ("nccl", "", 1, "not XML"),
        ("nccl", BOMB, 1, "an entity"),
        ("nccl", "<system version='1'>\n<cpu numaid='0'>\n", 3, "not XML"),
        ("nccl", "<system version='2'/>", 1, "only 1"),
        ("nccl", "<topology/>", 1, "is `system`"),
        ("nccl", NCCL.format(""), 1, "no processor"),
        ("nccl", NCCL.format("\n<cpu>\n<pci class='0x060400'/></cpu>"), 3, "no `busid`"),
        ("nccl", NCCL.format("<cpu><gpu/></cpu>"), 1, "stands in a `pci`"),
        ("nccl", NCCL.format("<cpu><pci busid='1'><gpu><nvlink count='x'/></gpu></pci></cpu>"), 1, "number of links"),
        ("nccl", "<a>" * 300, 1, "nested too deep"),
        ("hwloc", "<topology/>", 1, "hwloc 1"),
        ("hwloc", "<topology version='2.0'/>", 1, "no object `Machine`"),
        ("hwloc", HWLOC.format("", ""), 1, "no processor"),
        ("hwloc", HWLOC.format("<object type='PCIDev'/>", ""), 1, "no `pci_type`"),
        (
            "hwloc",
            HWLOC.format(
                "<object type='Package' gp_index='1'/>",
                "<distances2hetero nbobjs='2' name='NVLinkBandwidth'><indexes>Package:1 Package:2</indexes>"
                "<u64values>1 2 3</u64values></distances2hetero>",
            ),
            1,
            "not 3",
        ),
        (
            "hwloc",
            HWLOC.format(
                "<object type='Package' gp_index='1'/>",
                "<distances2hetero nbobjs='2' name='NVLinkBandwidth'><indexes>Package:1 Package:2</indexes>"
                "<u64values>0 2 2 0</u64values></distances2hetero>",
            ),
            1,
            "does not have",
        ),
        ("nvidia-smi", "hello\n", 1, "no matrix"),
        ("nvidia-smi", "\n".join(SMI.splitlines()[:5]), 1, "4 of 16 rows"),
        ("nvidia-smi", SMI.replace("GPU3\tNV18", "GPU9\tNV18", 1), 5, "row of `GPU3`"),
        ("nvidia-smi", SMI.replace("\tX", "\tY", 1).replace(" X ", "NV18", 1), 2, "has no place"),
        ("nvidia-smi", SMI.replace("NV18", "NVX", 1), 2, "`NVX` has no place"),
        ("nvidia-smi", SMI.replace("GPU1\tGPU2", "GPU1\tGPU1", 1), 1, "is there twice"),
        ("nvidia-smi", "\tGPU0\tGPU1\nGPU0\t X \n", 2, "1 of 2 cells"),
    ],
    ids=lambda v: str(v)[:24],
)
def test_bad_files_are_refused_where_they_are_bad(tmp_path: Path, format: str, text: str, line: int, said: str) -> None:
    made = imported(tmp_path, text, format)
    assert made.text == "" and [d.code for d in made.problems] == ["CMX1201"]
    assert said in made.problems[0].message and made.problems[0].span.line == line


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "MAX_UNITS", 5)
    run = CliRunner().invoke(cli, ["import", str(FILES / "hgx-h200.xml")])
    assert run.exit_code == 3 and "too many parts of one machine" in run.output
    monkeypatch.undo()
    text = (FILES / "hgx-h200.xml").read_text().replace('count="5"', 'count="999999999"', 1)
    (tmp_path / "many.xml").write_text(text)
    run = CliRunner().invoke(cli, ["import", str(tmp_path / "many.xml")])
    assert run.exit_code == 3 and "too many links inside of one machine: 1,000,000,0" in run.output


@pytest.mark.parametrize("name", REAL)
def test_a_file_that_is_cut_anywhere_is_refused_or_read(name: str, tmp_path: Path) -> None:
    data = (FILES / name).read_bytes()
    for k in range(1, 40):
        (tmp_path / name).write_bytes(data[: len(data) * k // 40])
        run = CliRunner().invoke(cli, ["import", str(tmp_path / name), "--from", REAL[name]], catch_exceptions=False)
        assert run.exit_code in (0, 1)
        assert run.exit_code == 0 or "error[CMX1201]" in run.output


# --- laws -------------------------------------------------------------------------------------------------


@st.composite
def _machines(draw: st.DrawFn) -> Machine:
    """A tree of bridges below some processors, devices on it, and links between accelerators and switches."""
    made = Machine("random.xml", draw(st.text(max_size=5)))
    for k in range(draw(st.integers(1, 3))):
        made.unit(Unit(PROCESSOR, f"node {k}", "", "", 1, memory=draw(st.none() | st.integers(1, 10**12))))
    for _ in range(draw(st.integers(0, 5))):
        above = draw(st.sampled_from([u for u, unit in enumerate(made.units) if unit.kind in (PROCESSOR, BRIDGE)]))
        made.wire(above, made.unit(Unit(BRIDGE, "", "Broadcom", "c030", 1)), "PCIe", draw(st.sampled_from([None, 1e9])))
    for k in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from([ACCELERATOR, ADAPTER, SWITCH]))
        unit = Unit(kind, f"{kind}{k}", draw(st.sampled_from(["", "NVIDIA"])), "", 1, ports=draw(st.integers(1, 2)))
        above = draw(st.sampled_from([u for u, x in enumerate(made.units) if x.kind in (PROCESSOR, BRIDGE)]))
        made.wire(above, made.unit(unit), "PCIe", draw(st.sampled_from([None, 1e9, 2.5e9])))
    linked = [u for u, unit in enumerate(made.units) if unit.kind in (ACCELERATOR, SWITCH)]
    for one in linked:
        for other in linked:
            if one < other and draw(st.booleans()):
                made.wire(one, other, "NVLink", draw(st.sampled_from([None, 2e11])), draw(st.integers(1, 4)))
    return made


@given(_machines())
def test_a_board_has_exactly_the_wires_of_its_machine(machine: Machine) -> None:
    compare(machine)


@given(st.integers(2, 9), st.data())
def test_a_matrix_made_of_a_tree_gives_the_tree_back(many: int, data: st.DataObject) -> None:
    """Devices placed at random in nodes, host bridges and switches: the reading puts the same ones together."""
    spots = [data.draw(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1))) for _ in range(many)]
    words = ("SYS", "NODE", "PHB", "PIX")

    def way(i: int, j: int) -> str:
        return words[next((k for k in range(3) if spots[i][k] != spots[j][k]), 3)]

    names = [f"GPU{k}" for k in range(many)]
    rows = ["\t" + "\t".join(names) + "\tCPU Affinity\tNUMA Affinity"]
    rows += [
        f"GPU{i}\t" + "\t".join("X" if i == j else way(i, j) for j in range(many)) + f"\t0-3\t{spots[i][0]}"
        for i in range(many)
    ]
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.txt"
        path.write_text("\n".join(rows) + "\n")
        machine = READERS["nvidia-smi"](path, "m.txt")
    assert not machine.problems
    above = {w.b: w.a for w in machine.wires}
    for i in range(many):
        for j in range(i):
            same = above[i] == above[j] and machine.units[above[i]].kind == BRIDGE
            assert same == (spots[i] == spots[j])
    compare(machine)
