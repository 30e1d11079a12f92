"""What other tools read, given to those tools: each must find the same devices and links."""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from io import BytesIO, StringIO
from pathlib import Path

import networkx as nx
import pytest
import yaml
from click.testing import CliRunner

import cmxdsl
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.analysis.verification.verdict import verify
from cmxdsl.cli.main import cli
from cmxdsl.outputs.exports import EXPORTS
from cmxdsl.outputs.exports.slurm import hostlist
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.readers import Unread, read

from .conftest import ROOT

MACHINES = [
    ("cloudmatrix384", None, "scale_up"),
    ("gb200_nvl72", None, "scale_up"),
    ("dgx_h100", "H100SuperPOD1", "scale_out"),
    ("tpu_pods", "TPUv4Pod", "scale_up"),
]
CLUSTER = """protocol Ib { plane = scale_out; rate = 400 Gb/s }
chip Nic { port net: Ib }
chassis Node { nic[2]: Nic }
switch Leaf { port p[16]: Ib; part_number = "QM9700" }
system Cluster {
    node[6]: Node
    leaf[2]: Leaf
    spine: Leaf
    link node[n].nic[r].net -- leaf[r].p[n] for n in 0..5, r in 0..1
    link leaf[r].p[8 + k] -- spine.p[8*r + k] for r in 0..1, k in 0..3
}
"""
NAMES = (
    "design,device,port\nnode[n].nic[r],gpu{n + 1:03},mlx5_{r}\nleaf[r],leaf{r + 1:02},\nspine,spine01,\n"
    "leaf[r].p[i],leaf*,swp{i + 1}\nspine.p[i],spine*,swp{i + 1}\n"
)


def exported(design: cmxdsl.Design, format: str, **options: str) -> str:
    return "".join(design.export(format, **options))


@pytest.fixture(scope="module", params=MACHINES, ids=lambda m: m[0])
def machine(request: pytest.FixtureRequest) -> tuple[cmxdsl.Design, str]:
    file, top, plane = request.param
    return cmxdsl.load(ROOT / "designs" / f"{file}.cmx", top=top), plane


@pytest.fixture
def names(tmp_path: Path) -> str:
    file = tmp_path / "names.csv"
    file.write_text(NAMES, "utf-8")
    return str(file)


@pytest.mark.parametrize("format", ["graphml", "gexf", "node-link"])
def test_networkx_reads_the_same_graph(machine: tuple[cmxdsl.Design, str], format: str) -> None:
    design, plane = machine
    text = exported(design, format, plane=plane)
    if format == "graphml":
        graph = nx.read_graphml(BytesIO(text.encode()), force_multigraph=True)
    elif format == "gexf":
        graph = nx.read_gexf(BytesIO(text.encode()))
    else:
        graph = nx.node_link_graph(json.loads(text), edges="edges")
    net = fabric(design.subject, plane)
    assert graph.number_of_nodes() == net.size
    joined = Counter(frozenset((net.name(int(a)), net.name(int(b)))) for a, b in zip(net.a, net.b, strict=True))
    assert Counter(frozenset(ends) for ends in graph.edges()) == joined
    assert {data["part"] for _, data in graph.nodes(data=True)} == {g.component.name for g in net.groups}
    assert sum(data["rate"] for *_, data in graph.edges(data=True)) == pytest.approx(net.rate.sum())


@pytest.mark.parametrize("format", ["links", "ptm", "ibnetdiscover", "ibdm-topo"])
def test_what_is_exported_is_what_was_meant(machine: tuple[cmxdsl.Design, str], format: str, tmp_path: Path) -> None:
    design, plane = machine
    file = tmp_path / f"x.{EXPORTS[format].suffix}"
    file.write_text(exported(design, format, plane=plane), "utf-8")
    found = verify(design.subject, read([str(file)]), plane, "")
    assert found.right == found.meant == found.cables > 0 and not found.worst(partial=False)


def test_devices_are_listed_once_with_their_ports() -> None:
    rows = list(csv.DictReader(StringIO(exported(cmxdsl.loads(CLUSTER), "devices"))))
    assert len(rows) == 12 + 2 + 1 and sum(int(row["linked"]) for row in rows) == 2 * (12 + 8)
    assert rows[0] == {
        "device": "node[0].nic[0]",
        "path": "node[0].nic[0]",
        "part": "Nic",
        "kind": "chip",
        "role": "",
        "ports": "1",
        "linked": "1",
    }


def test_one_map_names_devices_both_ways(tmp_path: Path, names: str) -> None:
    design = cmxdsl.loads(CLUSTER)
    text = exported(design, "ibnetdiscover", names=names)
    assert '"gpu003 mlx5_1"' in text and '"leaf02"' in text and "node[" not in text
    links = exported(design, "links", names=names)
    assert "leaf01,swp12,spine01,swp4," in links
    for suffix, content in (("out", text), ("csv", links), ("topo", exported(design, "ibdm-topo", names=names))):
        file = tmp_path / f"x.{suffix}"
        file.write_text(content, "utf-8")
        found = verify(design.subject, read([str(file)]), "scale_out", names)
        assert found.right == found.cables == 20 and not found.worst(partial=False), suffix
        assert (found.named, found.placed) == ((15, 0) if suffix != "topo" else (3, 12)), suffix


def test_a_map_that_leaves_a_name_open_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "open.csv"
    file.write_text("design,device\nleaf[r],*-leaf-{r}\n", "utf-8")
    with pytest.raises(Unread, match="cannot be written"):
        exported(cmxdsl.loads(CLUSTER), "links", names=str(file))


def test_names_are_escaped(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("design,device\nspine,\"<a> & 'b'\"\nleaf[0],=cmd()\n", "utf-8")
    design = cmxdsl.loads(CLUSTER)
    for format in ("graphml", "gexf"):
        text = exported(design, format, names=str(file))
        graph = (nx.read_graphml if format == "graphml" else nx.read_gexf)(BytesIO(text.encode()))
        assert "<a> & 'b'" in graph
    assert "'=cmd()" in exported(design, "links", names=str(file))


# --- Slurm ------------------------------------------------------------------------------------------------


def expanded(hosts: str) -> list[str]:
    """A host list by the grammar of Slurm's manuals, by no code of the package."""
    found: list[str] = []
    for part in re.findall(r"[^,\[\]]+(?:\[[^\]]*\])?", hosts):
        prefix, _, inside = part.partition("[")
        if not inside:
            found.append(prefix)
        for run in inside.rstrip("]").split(",") if inside else ():
            low, _, high = run.partition("-")
            found += [f"{prefix}{n:0{len(low)}}" for n in range(int(low), int(high or low) + 1)]
    return found


def test_host_lists() -> None:
    assert hostlist(["a-0", "a-1", "a-2", "b"]) == "a-[0-2],b"
    assert hostlist(["n01", "n02", "n04", "n10"]) == "n[01-02,04,10]"
    assert expanded(hostlist([f"n{k:03}" for k in range(120)])) == [f"n{k:03}" for k in range(120)]


def test_the_tree_has_each_host_once(names: str) -> None:
    assert exported(cmxdsl.loads(CLUSTER), "slurm-tree") == "# topology/tree\nSwitchName=leaf-0 Nodes=node-[0-5]\n"
    assert "Nodes=gpu[001-006]" in exported(cmxdsl.loads(CLUSTER), "slurm-tree", names=names)
    pod = cmxdsl.load(ROOT / "designs" / "dgx_h100.cmx", top="H100SuperPOD4")
    lines = exported(pod, "slurm-tree").splitlines()[1:]
    hosts = [h for line in lines if " Nodes=" in line for h in expanded(line.partition(" Nodes=")[2])]
    assert len(hosts) == len(set(hosts)) == 127 + 1 and len(lines) == 4 + 1  # 127 systems, a fabric manager
    children = expanded(lines[-1].partition(" Switches=")[2])
    assert children == [line.partition(" ")[0].partition("=")[2] for line in lines[:-1]]


def test_blocks_are_scale_up_domains_of_hosts() -> None:
    with pytest.raises(Unwritable, match="one host"):
        exported(cmxdsl.load(ROOT / "designs" / "dgx_h100.cmx", top="H100SuperPOD1"), "slurm-block")
    flagship = cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx")
    lines = exported(flagship, "slurm-block").splitlines()
    assert len(expanded(lines[1].partition("Nodes=")[2])) == 48 and lines[2] == "BlockSizes=48"
    data = yaml.safe_load(exported(flagship, "slurm-yaml"))
    assert [row["topology"] for row in data] == ["tree", "block"] and data[1]["block"]["block_sizes"] == [48]


def test_a_torus_has_no_tree() -> None:
    with pytest.raises(Unwritable, match="no switches"):
        exported(cmxdsl.load(ROOT / "designs" / "tpu_pods.cmx", top="TPUv5pPod"), "slurm-tree", plane="scale_up")


@pytest.mark.skipif(not (shutil.which("slurmctld") and shutil.which("munged")), reason="slurm-wlm is not installed")
def test_slurmctld_reads_the_tree(tmp_path: Path) -> None:
    """`scontrol show topology` prints the switches and nodes that were written."""
    if not Path("/run/munge/munge.socket.2").exists():
        pytest.skip("munged does not run")
    text = exported(cmxdsl.load(ROOT / "designs" / "dgx_h100.cmx", top="H100SuperPOD4"), "slurm-tree")
    (tmp_path / "topology.conf").write_text(text, "utf-8")
    nodes = ",".join(line.partition(" Nodes=")[2] for line in text.splitlines() if " Nodes=" in line)
    host = subprocess.run(["hostname"], capture_output=True, text=True, check=True).stdout.strip()
    conf = tmp_path / "slurm.conf"
    conf.write_text(
        f"ClusterName=c\nSlurmctldHost={host}\nSlurmctldPort=16818\nAuthType=auth/munge\nSlurmUser=root\n"
        f"StateSaveLocation={tmp_path}\nSlurmctldPidFile={tmp_path}/pid\nProctrackType=proctrack/linuxproc\n"
        f"TopologyPlugin=topology/tree\nSelectType=select/linear\nNodeName={nodes} State=FUTURE CPUs=1\n"
        "PartitionName=p Nodes=ALL Default=YES State=UP\n",
        "utf-8",
    )
    daemon = subprocess.Popen(["slurmctld", "-D", "-f", str(conf)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(20):
            time.sleep(0.5)
            said = subprocess.run(
                ["scontrol", "show", "topology"],
                capture_output=True,
                text=True,
                env={"SLURM_CONF": str(conf), "PATH": "/usr/bin"},
            ).stdout
            if "SwitchName" in said:
                break
    finally:
        daemon.terminate()
        daemon.wait(20)
    shown = {line.split()[0]: line for line in said.splitlines()}
    for line in text.splitlines()[1:]:
        name, _, below = line.partition(" ")
        what, _, hosts = below.partition("=")
        found = next(word.partition("=")[2] for word in shown[name].split() if word.startswith(what + "="))
        assert set(expanded(found)) == set(expanded(hosts))


# --- InfiniBand, and the bill of materials ----------------------------------------------------------------


def simulated(folder: Path, net: str) -> str:
    """What the real `ibnetdiscover` prints of a subnet that ibsim simulates: one at a time on a machine."""
    import fcntl

    (folder / "net").write_text(net, "utf-8")
    with (Path(tempfile.gettempdir()) / "cmx-ibsim.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        simulator = subprocess.Popen(
            ["ibsim", "-s", "-n", "net"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(1)
            back = subprocess.run(
                ["ibsim-run", "ibnetdiscover"], cwd=folder, capture_output=True, text=True, timeout=60, check=True
            ).stdout
        finally:
            simulator.kill()
            simulator.wait(10)
    return back.replace("4xSDR", "4xNDR")  # ibsim 0.10 knows no rate above EDR


with_ibsim = pytest.mark.skipif(
    not (shutil.which("ibsim") and shutil.which("ibsim-run")), reason="ibsim is not installed"
)


@with_ibsim
def test_ibsim_simulates_the_subnet_and_ibnetdiscover_finds_it(tmp_path: Path) -> None:
    """The text that the real tool prints of a simulated subnet is compared with the design, port by port."""
    design = cmxdsl.loads(CLUSTER)
    file = tmp_path / "back.out"
    file.write_text(simulated(tmp_path, exported(design, "ibnetdiscover")), "utf-8")
    found = verify(design.subject, read([str(file)]), "scale_out", "")
    assert found.right == found.meant == found.cables == 20 and not found.worst(partial=False)


CLOS = """protocol Ib { plane = scale_out; rate = 400 Gb/s }
chip Nic { port net: Ib }
switch Sw { port p[8]: Ib }
system Clos {
    nic[16]: Nic
    leaf[4]: Sw
    spine[4]: Sw
    link nic[n].net -- leaf[n div 4].p[n mod 4]
    link leaf[i].p[4 + s] -- spine[s].p[i] for s in 0..3, i in 0..3
}
"""


@with_ibsim
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cables_that_are_swapped_and_cut_in_a_simulated_subnet_are_found(tmp_path: Path, seed: int) -> None:
    """A seeded script exchanges two cables between leaves and spines and cuts a third in what ibsim simulates; of what
    the real ibnetdiscover then prints, each is a cause of its own, at the right ports, and there is no other."""
    design = cmxdsl.loads(CLOS)
    blocks: dict[str, dict[str, str]] = {}
    heads: dict[str, str] = {}
    for block in exported(design, "ibnetdiscover").split("\n\n")[1:]:
        head, *ports = re.split(r"^\[", block, flags=re.MULTILINE)
        device = head.split('"')[1]
        heads[device] = head
        blocks[device] = {port: rest.rstrip("\n") for port, _, rest in (text.partition("]") for text in ports)}
    assert len(blocks) == 24

    def far(device: str, port: str) -> tuple[str, str]:
        words = blocks[device][port].split('"')
        return words[1], words[2][1:].partition("]")[0]

    switches = sorted(name for name in blocks if name.startswith("S-"))
    leaves = [s for s in switches if any(far(s, p)[0].startswith("H-") for p in blocks[s])]
    drawn = random.Random(seed)
    one, other, third = drawn.sample(leaves, 3)
    up, over, cut = drawn.sample(["5", "6", "7", "8"], 3)
    a, b, c, d = (one, up), far(one, up), (other, over), far(other, over)
    lost = (third, cut), far(third, cut)
    blocks[a[0]][a[1]], blocks[c[0]][c[1]] = blocks[c[0]][c[1]], blocks[a[0]][a[1]]
    blocks[b[0]][b[1]], blocks[d[0]][d[1]] = blocks[d[0]][d[1]], blocks[b[0]][b[1]]
    for device, port in lost:
        del blocks[device][port]
    net = "\n\n".join(
        heads[device] + "\n".join(f"[{p}]{rest}" for p, rest in ports.items()) for device, ports in blocks.items()
    )
    file = tmp_path / "back.out"
    file.write_text(simulated(tmp_path, net + "\n"), "utf-8")
    found = verify(design.subject, read([str(file)]), "scale_out", "")
    assert Counter(cause.rule.code for cause in found.causes) == {"CMX1213": 1, "CMX1211": 1}
    assert (found.right, found.misplaced, found.missing) == (29, 2, 1)


def test_the_bill_of_materials_is_cyclonedx(rival: cmxdsl.Design) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = exported(rival, "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    rows = {row["name"]: row for row in json.loads(text)["components"]}
    quantity = {p["name"]: p["value"] for p in rows["BlackwellGB200"]["properties"]}["cdx:device:quantity"]
    assert quantity == "72" == str(rival.subject.count("BlackwellGB200"))
    assert text == exported(rival, "cyclonedx")


# --- the command ------------------------------------------------------------------------------------------


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "c.cmx"
    file.write_text(CLUSTER, "utf-8")
    run = CliRunner().invoke(cli, ["export", "--list"])
    assert run.exit_code == 0 and all(name in run.output for name in EXPORTS)
    run = CliRunner().invoke(cli, ["export", str(file), "--to", "slurm-tree"])
    assert run.exit_code == 0 and run.output.startswith("# topology/tree")
    for more, said in ((["--to", "nothing"], "no format"), (["--to", "links", "--plane", "x"], "no links on a plane")):
        run = CliRunner().invoke(cli, ["export", str(file), *more, "-o", str(tmp_path / "out")])
        assert run.exit_code == 2 and said in run.output and not (tmp_path / "out").exists()


def test_a_map_that_is_not_there_is_said(tmp_path: Path) -> None:
    file = tmp_path / "c.cmx"
    file.write_text(CLUSTER, "utf-8")
    run = CliRunner().invoke(cli, ["export", str(file), "--to", "links", "--names", str(tmp_path / "none.csv")])
    assert run.exit_code == 3 and "cannot read" in run.output and "none.csv" in run.output


def test_a_design_without_a_network_has_a_bill_of_materials() -> None:
    text = exported(cmxdsl.loads("board B { x.a = 1 }\nrack R { height = 42 U; b[2]: B }\n"), "cyclonedx")
    assert [row["name"] for row in json.loads(text)["components"]] == ["B"]


def test_every_format_is_on_the_page() -> None:
    page = (ROOT / "docs" / "interchange.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in EXPORTS)
