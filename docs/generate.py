"""Makes the pages that come from the code and from `designs/`; `--check` says whether they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from cmxdsl.checks import catalogue
from cmxdsl.outputs.exports import EXPORTS
from cmxdsl.outputs.importing.formats import IMPORTS
from cmxdsl.outputs.ir import write_schema
from cmxdsl.outputs.writers import OWN
from cmxdsl.readers import READERS
from cmxdsl.schema import ATTRIBUTES, FUNCTIONS, KINDS, PLANES, SETTINGS, VIEWS
from cmxdsl.syntax.lexer import keywords
from cmxdsl.syntax.tables import grammar_text
from cmxdsl.syntax.words import SOFT
from cmxdsl.units.dimension import name_of
from cmxdsl.units.table import IEC, SI, UNITS
from docs.gallery import cited, fidelity, gallery, pictures
from docs.llms import llms
from docs.textmate import textmate

HERE = Path(__file__).parent
NOTE = "<!-- Made by `python -m docs.generate` from the code. -->\n"
_CHAPTERS = {
    "CMX00": "Files and limits",
    "CMX01": "Syntax",
    "CMX02": "Names",
    "CMX03": "Values and units",
    "CMX04": "Indices and ports",
    "CMX05": "Links and media",
    "CMX06": "Racks and floors",
    "CMX07": "Power",
    "CMX08": "Unused",
    "CMX09": "Requirements and published figures",
    "CMX10": "The machine at work",
}


def _words() -> list[str]:
    soft = _table(["word", "meaning"], [[f"`{word}`", soft.meaning] for word, soft in SOFT.items()])
    return [
        " ".join(f"`{w}`" for w in sorted(keywords())),
        "",
        "And in one place each, plain names elsewhere:",
        "",
        *soft,
    ]


def rules() -> str:
    """The catalogue of rules."""
    lines = [NOTE, "# Rules", "", "`cmx explain CODE` prints an entry of this page.", ""]
    chapter = ""
    for rule in catalogue().values():
        if _CHAPTERS[rule.code[:5]] != chapter:
            chapter = _CHAPTERS[rule.code[:5]]
            lines += [f"## {chapter}", ""]
        lines += [f"### {rule.code}: {rule.title}", "", f"*{rule.severity.value}.* {rule.why}", ""]
        if rule.fix:
            lines += [f"To fix it: {rule.fix}.", ""]
        lines += ["```cmx-wrong", rule.example.rstrip("\n"), "```", ""]
    return "\n".join(lines)


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    made = ["| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows]]
    return [*made, ""]


def reference() -> str:
    """Kinds, attributes, functions, units, keywords, grammar."""
    lines = [NOTE, "# Reference", "", "## Kinds", ""]
    lines += _table(["kind", "meaning"], [[f"`{k.name}`", k.meaning] for k in KINDS.values()])
    lines += ["## Attributes", "", "A kind in bold must have the attribute.", ""]
    rows = []
    for row in ATTRIBUTES:
        kinds = (
            "every kind"
            if len(row.kinds) == len(KINDS)
            else ", ".join(f"**{k}**" if k in row.required else k for k in row.kinds)
        )
        type_ = ", ".join(f"`{s}`" for s in row.symbols) if row.symbols else row.type
        rows.append([f"`{row.name}`", type_, row.meaning, kinds, "yes" if row.total else ""])
    lines += _table(["attribute", "type", "meaning", "of", "adds up"], rows)
    lines += ["## Planes", "", *_table(["plane", "meaning"], [[f"`{n}`", m] for n, m in PLANES.items()])]
    lines += ["## Functions", "", "Those that ask about a design take `in = PART` too.", ""]
    lines += _table(
        ["function", "meaning", "example"], [[f"`{f.name}`", f.meaning, f"`{f.example}`"] for f in FUNCTIONS.values()]
    )
    lines += ["## Views", "", "What can be drawn, by `cmx render --view` and `show`:", ""]
    lines += _table(["view", "picture"], [[f"`{name}`", meaning] for name, meaning in VIEWS.items()])
    lines += ["The settings of a `view`:", ""]
    lines += _table(
        ["setting", "takes", "meaning", "example"],
        [
            [f"`{s.name}`", ", ".join(f"`{v}`" for v in s.symbols) or s.takes, s.meaning, f"`{s.example}`"]
            for s in SETTINGS.values()
        ],
    )
    lines += ["## Writers", "", "What a design is written as, by the command of the name, and `Design.write`:", ""]
    lines += _table(
        ["writer", "what", "formats"],
        [[f"`{w.name}`", w.title, ", ".join(f"`{f}`" for f in w.formats)] for w in OWN.values()],
    )
    lines += [
        "## Units",
        "",
        f"SI prefixes: {' '.join(SI)}. IEC prefixes: {' '.join(IEC)}. Products and quotients: "
        "`W/m^2`, `pJ/bit`, `USD/kWh`.",
        "",
    ]
    lines += _table(
        ["unit", "meaning", "dimension", "prefixes"],
        [
            [
                f"`{u.symbol}`",
                u.meaning,
                name_of(u.dimension),
                u.prefixes.replace(" ", ", ").replace("si", "SI").replace("iec", "IEC"),
            ]
            for u in UNITS
        ],
    )
    lines += ["## Words of the language", "", *_words()]
    lines += ["## Grammar", "", "```lark", grammar_text().rstrip("\n"), "```", ""]
    return "\n".join(lines)


EXPORTED = """{note}
# For other tools, and from them

## Out

`cmx export FILE --to FORMAT -o PATH` writes a plane of a design for tools that know nothing of cmx: the scale-out
one, unless `--plane` says otherwise. Large planes are written as they are made; a file is written whole or not at all.

```sh
cmx export superpod.cmx --to slurm-tree -o topology.conf
cmx export superpod.cmx --to graphml -o fabric.graphml
```

{table}
An unknown rate is left out, not zero. In CSV a cell that a spreadsheet could take for a formula gets a quote in front.
Where Slurm and ibsim are not installed, their tests are skipped.

ASTRA-sim's analytical network is a product of rings, full meshes and switches, and most tools that ask for one let it
be typed in. `--to astra-sim` proves that a plane is one: every endpoint gets coordinates, every link changes one of
them, and each dimension has all of its links at every place, over the same rate. TPU v4's pod of 4,096 is 16 × 16 ×
16, whatever the cubes; the flagship's two tiers are one switch of 384, since they carry whatever is sent. What is no
product is refused, and the message names devices: `switch[0]` of Frontier is one of 2,368 that are joined and do not
carry everything. An unknown rate or latency is refused too, with what has to be stated. A gigabyte of ASTRA-sim is
2^30 bytes.

## In

`cmx import DUMP… -o F.cmx` writes the design of a machine that stands. It reads what [`cmx verify`](verify.md) reads:

{readers}
A graph whose edges name no ports is imported all the same: ports are counted in the order of the edges, which the head
of the file says, and which a comparison refuses.

Not ten thousand lines come out. Devices whose names differ in numbers only become arrays; those without telling names
are counted in the order in which cables lead to them. Cables become link statements with index variables: rows of
indices are put into runs of one step, those into runs of runs, with rings (`(i + 1) mod 8`) and triangles (`where i <
j`) among them. What fits no pattern is a statement by itself. The flagship's scale-up network, 9,408 links, comes
back as this:

```text
link node_cpu[k, j, i].p[n] -- node[k, j, n].p[i + 8]
link node_npu[k, j, i].p[n] -- node[k, j, n].p[i] for i in 0..7
link comm_tray[k, j, c].p[4*i + n] -- node[i, n, j].p[4*k + c + 12]
```

The design has exactly the devices' links of the dump, port by port: it is elaborated and compared before it is
written. `--names FILE` writes the map under which `cmx verify` finds the dump to be as meant, and `cmx export` writes
the old names. NVIDIA's public dump of a SuperPOD, with adapters that nobody named and leaves that lack cables, is
1,074 links in 100 patterns and 23 single statements.

A dump does not say everything, and the head of the file says what is missing or guessed: media, lengths, places and
power are not taken over; a port is as fast as the fastest link that was seen at it, and links that ran slower are
listed; kinds follow from names where no tool says them. Ports that nothing is plugged into are not seen, unless
others of their array are. A damaged dump is a finding with its line, and writes nothing; a file that is there is
written over with `--force` only.

### Parts

{parts}
Each becomes a definition with its ports, height, mass and power. Ports of one kind whose names differ in numbers are
an array, and the names stand behind it as a map for `--names` has them. A folder becomes one file.

```text
switch NvidiaSN5600 {{
    vendor      = "Nvidia"
    part_number = "SN5600"
    height      = 2 U
    mass        = 23.5 kg
    airflow     = rear_to_front
    power {{
        typical = unknown
        peak    = unknown
    }}
    port eth0:    Ethernet1    // eth0
    port swp[64]: Ethernet800  // swp{{i + 1}}
}}
```

Such files are full of slips, and a number that is wrong is worse than none. So `cmx import` says where a file
contradicts itself (CMX1206), and leaves unknown what that is about: the library's DGX A100 has two supplies of 1,071
W and says that it draws 6.5 kW; its QM9700 runs from `P0.0` to `P31.1` without `P22.1` and `P23.0`. Looked at are the
power of inlets (against the text, the budget, the rating of the connector), mass and height against the text, names
that are there twice or left out of a row, inlets, rear ports and bays that do not fit together. Keys and values that
the format does not have are warnings too (CMX1205). All 3,769 device and module types of Nautobot's copy of the
library become text that checks; it finds some forty contradictions in them. The format says no plane, and not whether
supplies share their load: what several draw together is marked as an estimate. YAML needs PyYAML (`pip install
'cmxdsl[import]'`); aliases are refused, since a few lines of them can stand for more than memory holds.

### The inside of a machine

NCCL, hwloc and `nvidia-smi` say how processors, PCIe switches, accelerators and adapters of one machine hang together.
Each file becomes a board, with a definition for each sort of part and link patterns that are exactly the file's links.
Three accelerators of an HGX H200, of which NCCL says that each has five NVLinks to two switches and four to the two
others, come out as:

```text
link cpu.pcie[p] -- pcie_switch[p].up
link pcie_switch[p].down[0] -- gpu[p].pcie
link pcie_switch[p].down[1] -- nic[p].pcie
link nvlink_switch[n].nvlink[5*g + i] -- gpu[g].nvlink[5*n + i - 1] for i in 0..4, n in 1..2
link nvlink_switch[3*j].nvlink[4*g + i] -- gpu[g].nvlink[14*j + i] for i in 0..3, j in 0..1
```

PCIe is on the plane `host`, links between accelerators are on `scale_up`, adapters' ports on `--plane`. Rates follow
from lanes and line rate after coding; a rate that the file does not have is unknown. Where more NVLinks end at one
accelerator than any has, they lead through switches that `nvidia-smi` does not show: one stands for all of them.
Several functions of one card are one adapter. None of these formats has the links between processors, nor power or
prices. A matrix that is no tree, an NVLink that only one end knows or a bandwidth that differs by direction
contradicts itself (CMX1206), and what was read first is kept. `cmx verify` compares such a file with the design of its
board, without ports.

## Names

Devices are called as the design has them, `unit[0].leaf[3]`; where brackets and dots mean something, as to Slurm,
`unit-0-leaf-3`. `--names FILE` takes the map of [`cmx verify`](verify.md): a row for an array, with index expressions
in braces, and `:03` behind one for numbers of three digits. What is exported under those names is recognised by them.

```text
design,device,port
node[n].nic[r],gpu{{n + 1:03}},mlx5_{{r}}
leaf[r],leaf{{r + 1:02}},
leaf[r].p[i],leaf*,swp{{i + 1}}
```

`cmx import --names` writes such a map. A name must be whole to be written: `*` is for reading only. An adapter is
called by its host and the host's port, `gpu001 mlx5_0`; to Slurm the host is the node.

## Slurm's tree

Slurm takes every node to hang on one leaf. Rails do not allow that: a host hangs on eight. So a switch of the file
stands for all switches of its tier that the same hosts reach over the tiers below, and is named after the first of
them. What Slurm makes of it stays true: hosts under one switch of level k reach each other through k tiers. A host is
the outermost part around an endpoint that holds no switch of the plane. A plane without switches is refused, and so
are blocks where each scale-up domain is one host.
"""


def interchange() -> str:
    """The page on exports, with a row for each format."""
    rows = [[f"`{row.name}`", row.title, row.readers, row.proved, row.lost] for row in EXPORTS.values()]
    table = _table(["`--to`", "what", "who reads it", "proved with", "what is lost"], rows)
    readers = _table(
        ["`--from`", "printed by", "proved with", "what is lost"],
        [[f"`{row.name}`", row.prints.replace("|", "\\|"), row.proved, row.lost] for row in READERS.values()],
    )
    parts = _table(
        ["`--from`", "what", "who writes it", "proved with", "what is lost"],
        [[f"`{row.name}`", row.title, row.written, row.proved, row.lost] for row in IMPORTS.values()],
    )
    return EXPORTED.format(note=NOTE, table="\n".join(table), readers="\n".join(readers), parts="\n".join(parts))


def main() -> int:
    """Write the pages and the gallery's pictures, or compare the pages."""
    stale = []
    made = (
        ("rules.md", rules()),
        ("interchange.md", interchange()),
        ("llms.txt", llms()),
        ("reference.md", reference()),
        ("gallery.md", gallery(NOTE)),
        ("fidelity.md", fidelity(NOTE)),
        ("bibliography.md", cited(NOTE)),
        ("ir.schema.json", write_schema()),
        ("../editors/vscode/syntaxes/cmx.tmLanguage.json", textmate()),
    )
    for name, text in made:
        path = HERE / name
        if "--check" in sys.argv:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    for path, data in () if "--check" in sys.argv else pictures():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if stale:
        sys.stderr.write(f"not up to date: {', '.join(stale)}; run `python -m docs.generate`\n")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
