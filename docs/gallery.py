"""The gallery's pages, `gallery.md` and `fidelity.md`, and its pictures: all from `designs/`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cmxdsl
from cmxdsl import Design
from cmxdsl.analysis.queries.published import Verdict, of_file, publication
from cmxdsl.analysis.totals.catalogue import library_parts
from cmxdsl.analysis.totals.sources import sources
from cmxdsl.analysis.totals.summary import Summary
from cmxdsl.outputs.kit.table import Column, Table, markdown
from cmxdsl.outputs.kit.value_format import total_text
from cmxdsl.outputs.tables.fidelity import held, write_fidelity
from cmxdsl.outputs.tables.sources import bibliography
from cmxdsl.schema import BY_NAME
from cmxdsl.units import Quantity, show

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures" / "gallery"
WIDE = 0.05  # a tolerance above which the page shows the reason

# A machine's file, the component that it is, and what to draw: a view, its plane.
MACHINES = (
    ("cloudmatrix384", "CloudMatrix384", ("network scale_up", "topology scale_up", "floor")),
    ("gb200_nvl72", "GB200NVL72", ("topology scale_up", "elevation")),
    ("gb300_nvl72", "GB300NVL72", ("topology scale_up", "elevation")),
    ("dgx_h100", "DgxSuperPOD", ("topology scale_out", "topology scale_up")),
    ("dgx_b200_superpod", "B200SuperPOD4", ("topology scale_out",)),
    ("dgx_b300_superpod", "B300SuperPOD4", ("topology scale_out",)),
    ("h20_node", "H20Server", ("topology scale_up",)),
    ("tpu_pods", "TPUv4Pod", ("network scale_up", "topology scale_up")),
    ("tpu_pods", "IronwoodPod", ("topology scale_up",)),
    ("frontier", "Frontier", ("topology scale_out",)),
    ("meta_24k", "MetaCluster", ("network scale_out", "topology scale_out")),
    ("atlas950", "Atlas950", ("topology scale_up",)),
    ("atlas950", "Atlas950Sold", ()),
    ("mi300x_cluster", "Mi300xCluster", ("topology scale_out",)),
    ("trainium2_ultraserver", "UltraServer", ("topology scale_up", "elevation")),
    ("campus_100k", "Campus", ("topology scale_out",)),
    ("collectives", "B200x32", ("topology scale_out",)),
    ("dgx_h100_superpod", "H100SuperPOD16", ()),
    ("gb200_superpod", "GB200SuperPOD", ()),
    ("tpu_tori", "TPUv6ePod", ("topology scale_up",)),
    ("trainium3_ultraserver", "Trn3Gen2", ()),
    ("cost_sheet", "Nodes2048", ()),
    ("aurora", "Aurora", ("topology scale_out",)),
    ("el_capitan", "ElCapitan", ()),
    ("leonardo", "Leonardo", ("topology scale_out",)),
    ("fugaku", "Fugaku", ()),
    ("perlmutter", "Perlmutter", ()),
    ("lumi", "Lumi", ()),
    ("alps", "Alps", ()),
    ("fire_flyer2", "FireFlyer2", ("network scale_out",)),
    ("deepseek_networks", "MPFT", ("topology scale_out",)),
    ("gaudi3_node", "Gaudi3Server", ("topology scale_up",)),
    ("cloudmatrix_at_work", "CloudMatrixAtWork", ()),
    ("nvl72_at_work", "NVL72AtWork", ()),
    ("training_a100", "DgxA100SuperPOD", ()),
    ("training_h100", "DgxH100SuperPOD24", ()),
    ("training_llama3", "Llama3Training", ()),
    ("training_bloom", "JeanZayPart", ()),
    ("training_deepseek", "DeepSeekCluster", ()),
    ("two_racks", "TwoRacks", ("topology scale_up", "elevation")),
)


@cache
def _design(file: str, top: str) -> Design:
    return cmxdsl.load(f"designs/{file}.cmx", top=top, root=ROOT)


@cache
def _figures(file: str) -> list[Verdict]:
    path = f"designs/{file}.cmx"
    every = cmxdsl.load(path, root=ROOT).all_expectations()
    return of_file(every, path, [f"designs/{name}.cmx" for name in files()])


def files() -> list[str]:
    """The gallery's files, each once."""
    return list(dict.fromkeys(file for file, _, _ in MACHINES))


def pictures() -> Iterator[tuple[Path, bytes]]:
    """Every picture of the page."""
    for file, top, views in MACHINES:
        for view in views:
            name, _, plane = view.partition(" ")
            yield PICTURES / _picture(top, view), _design(file, top).render(name, "svg", plane=plane)


def _picture(top: str, view: str) -> str:
    return f"{top.lower()}-{view.replace(' ', '-')}.svg"


def gallery(note: str) -> str:
    """Each machine: what it is, its totals, its pictures, how true it is; then where the numbers are soft."""
    every = [v for file in files() for v in _figures(file)]
    intro = (
        f"{len(MACHINES)} machines in {len(files())} files of `designs/`. In them stand {len(every)} published figures "
        f"from {_sources(every)} publications: {held(every)}. A derived figure follows from parts and structure; a "
        "restated one is a part's own number again; a calibrated one rests on an estimate that was fitted. "
        "[All of them](fidelity.md), as `cmx expect designs/` prints them, and [what they cite](bibliography.md)."
    )
    lines = [note, "# Gallery", "", intro, "", markdown([_overview()])]
    for file, top, views in MACHINES:
        lines += list(_machine(file, top, views))
    lines += [
        "## Where a tolerance is wide",
        "",
        "Figures that may be off by more than 5%, and what their source says.",
        "",
        markdown([_wide()]),
        "## What does not come out",
        "",
        "Published figures that the descriptions do not give, and why.",
        "",
        markdown([_differing()]),
        "## Where sources disagree",
        "",
        'The first value counts, and the others stay beside it: `… from "A" also VALUE from "B"`.',
        "",
        markdown([_disagreements()]),
        *UNDERIVED,
    ]
    return "\n".join(lines).rstrip() + "\n"


UNDERIVED = """\
## What is published and not derived

- **What a slim fly of order 28 costs**: DeepSeek's table counts one, and no such graph is known. The table's others are
  built.
- **What joins the groups** of the dragonflies of El Capitan, LUMI, Perlmutter and Alps, and which node of a rack of
  Fugaku is which of its torus: not published.
- **What software reaches** in HPL and MLPerf: [the machine at work](work.md) times training and serving; Frontier's HPL
  figure is used as a measure of power.
- **PUE and water of a site**: a file can describe cooling units and coolant loops, but no source gives these machines'.
- **Storage**: capacities of drives and file systems have no attribute yet, so that they are left out.
- **Worst permutation traffic** of dragonflies and tori: only bounds are known, so that no figure is held against it.
""".splitlines()


WHOLE_WIDTH = "---\nhide:\n  - navigation\n  - toc\n---\n\n"  # the site's side columns, which wide tables need


def fidelity(note: str) -> str:
    """The table of every figure."""
    text = write_fidelity({f"designs/{file}.cmx": _figures(file) for file in files()}, "markdown")
    return f"{WHOLE_WIDTH}{note}\n# Published figures\n\nMade by `cmx expect designs/`, which CI runs.\n\n{text}"


def cited(note: str) -> str:
    """The bibliography of all designs."""
    designs = [cmxdsl.load(f"designs/{file}.cmx", root=ROOT) for file in files()]
    table = bibliography(sources(c for d in designs for c in (d.top, *d.roots) if c is not None), urls=True)
    return f"{WHOLE_WIDTH}{note}\n# Sources\n\nMade by `cmx sources designs/`.\n\n{markdown([table])}"


def _sources(figures: list[Verdict]) -> int:
    return len({publication(v.expectation) for v in figures})


def _held(figures: list[Verdict]) -> int:
    return sum(v.holds is True for v in figures)


def _source(file: str) -> list[str]:
    return (ROOT / "designs" / f"{file}.cmx").read_text("utf-8").splitlines()


def _compute(found: Summary) -> list[str]:
    """Dense peaks, in the formats that people compare by."""
    names = [name for name in ("bf16", "fp8", "fp64", "fp16", "int8") if name in found.compute]
    return [f"{total_text(found.compute[n], BY_NAME[f'compute.{n}'].unit)} {n.upper()}" for n in names]


def _overview() -> Table:
    titles = ("accelerators", "dense compute", "peak power", "racks", "figures")
    rows = []
    for file, top, _ in MACHINES:
        design = _design(file, top)
        found, figures = design.summary(), _figures(file)
        racks = design.subject.count("rack")
        rows.append(
            (
                top,
                f"{found.accelerators:,}",
                (_compute(found) or [""])[0],
                total_text(found.power["peak"], "W"),
                f"{racks:,}" if racks else "",
                f"{_held(figures)} of {len(figures)}" if figures else "made up",
            )
        )
    rows = [tuple(cell.replace(" ", "\N{NO-BREAK SPACE}") for cell in row) for row in rows]
    return Table("", (Column("machine"), *(Column(title, True) for title in titles)), tuple(rows))


def _machine(file: str, top: str, views: tuple[str, ...]) -> Iterator[str]:
    design, figures = _design(file, top), _figures(file)
    doc = " ".join(line.removeprefix("//!").strip() for line in _source(file) if line.startswith("//!"))
    yield from (f"## {top}", "", doc, "")
    found = design.summary()
    told = [f"`designs/{file}.cmx`, {len(_source(file))} lines: {found.accelerators:,} accelerators"]
    memory = total_text(found.memory["capacity"].accelerator, "B")
    if _compute(found):
        told += [f"dense {', '.join(_compute(found)[:2])}", f"{memory} of accelerator memory"]
    told += [f"{total_text(found.power['peak'], 'W')} at most"]
    planes = [f"{plane.links:,} {name.replace('_', '-')}" for name, plane in found.planes.items() if plane.links]
    told += [f"links: {', '.join(planes)}"]
    if figures:
        told += [f"{_held(figures)} of {len(figures)} figures hold, from {_sources(figures)} publications"]
    yield from ("; ".join(told) + ".", "")
    for view in views:
        yield from (f"![{top}: {view.replace('_', '-')}](pictures/gallery/{_picture(top, view)})", "")


def _wide() -> Table:
    rows = []
    for file in files():
        for v in _figures(file):
            within = v.expectation.within
            if within is not None and within.dimension.is_none and within.value > WIDE:
                rows.append(
                    (
                        v.component,
                        v.expectation.text,
                        v.published_text,
                        v.derived_text,
                        v.deviation_text,
                        v.expectation.source,
                    )
                )
    numbers = (Column(title, True) for title in ("published", "derived", "off by"))
    return Table("", (Column("of"), Column("figure"), *numbers, Column("source and reason")), tuple(rows))


def _differing() -> Table:
    rows = [
        (v.component, v.expectation.text, v.published_text, v.derived_text, v.deviation_text, v.expectation.differs)
        for file in files()
        for v in _figures(file)
        if v.word == "differs"
    ]
    numbers = (Column(title, True) for title in ("published", "here", "off by"))
    return Table("", (Column("of"), Column("figure"), *numbers, Column("why")), tuple(rows))


def _disagreements() -> Table:
    rows = []
    for part in library_parts():
        for name, attribute in part.component.attributes.items():
            if attribute.also:
                said = [_said(name, c.value, c.note) for c in (attribute.claim, *attribute.also)]
                rows.append((part.component.name, name, said[0], "; ".join(said[1:])))
    return Table("", (Column("part"), Column("figure"), Column("counts"), Column("also")), tuple(dict.fromkeys(rows)))


def _said(name: str, value: object, note: str) -> str:
    unit = BY_NAME[name].unit or None if name in BY_NAME else None
    return f"{show(value, unit) if isinstance(value, Quantity) else value} ({note})"
