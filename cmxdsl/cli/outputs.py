"""The commands that write something about one design."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from cmxdsl.cli.common import (
    F,
    colored,
    deliver,
    design_options,
    fail,
    files_of,
    load,
    print_findings,
    progress,
    require_clean,
    require_design,
    width,
)

output_option = click.option("-o", "--output", type=click.Path(), help="File to write; standard output without.")


def format_option(*formats: str) -> Callable[[F], F]:
    return click.option("--format", "format_", type=click.Choice(formats), default=formats[0], show_default=True)


def done(status: int) -> None:
    if status:
        raise click.exceptions.Exit(status)


def look(output: str | None) -> dict[str, object]:
    """Width and colour for a table that goes to `output`."""
    if output in (None, "-"):
        return {"width": width(), "color": colored(sys.stdout)}
    return {}


@click.command()
@click.argument("file")
@click.option(
    "--view", default="topology", show_default=True, metavar="VIEW",
    help="topology, hierarchy, links, network, matrix, elevation, floor, cables, or a view that the design names.",
)  # fmt: skip
@click.option("--plane", default="", help="The plane to draw: scale_up, scale_out, … (the one with most links).")
@click.option("--unfold", multiple=True, metavar="PATH", help="Draw each element of an array: `compute.node`.")
@click.option("--fold", multiple=True, metavar="PATH", help="Draw nothing inside of a part: `comm`.")
@click.option("--only", default="", metavar="PATH", help="Draw only the part at a path: `compute.node`.")
@click.option("--colour", type=click.Choice(["kind", "power", "plane"]), default="kind", show_default=True,
              help="What the colours of a graph show.")  # fmt: skip
@click.option("--label", multiple=True, metavar="ATTRIBUTE", help="Write an attribute into each box: `power.peak`.")
@click.option("--depth", type=click.IntRange(1), help="Levels of boxes to draw.")
@click.option("--component", default="", help="The component to draw in `--view links`.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["svg", "png", "pdf", "dot", "text"]),
    help="From the file's name, else svg; `text` is for elevations.",
)
@click.option("--rack", default="", help="The racks to draw in `--view elevation`, from both sides: `compute[3]`.")
@click.option(
    "--face",
    type=click.Choice(["front", "rear", "both"]),
    default="front",
    show_default=True,
    help="The side that elevations show.",
)
@click.option("--heat", type=click.Choice(["power", "density", "mass", "none"]), default="power", show_default=True,
              help="What the colours of `--view floor` show.")  # fmt: skip
@output_option
@design_options
def render(
    file: str, view: str, plane: str, unfold: tuple[str, ...], depth: int | None, component: str,
    format_: str | None, rack: str, face: str, heat: str, fold: tuple[str, ...], only: str, colour: str,
    label: tuple[str, ...], output: str | None, top: str | None, sets: tuple[str, ...],
    root: str | None,
) -> None:  # fmt: skip
    """Draw a diagram: a plane's topology, the hierarchy of parts, the links of one component, bandwidth from
    rack to rack, rack elevations, the floor plan, or the cable bundles on it."""
    from cmxdsl.outputs.kit.engine import EngineFault
    from cmxdsl.outputs.options import Options, ViewFault
    from cmxdsl.outputs.pictures import FORMATS, picture

    suffix = Path(output).suffix.lstrip(".").lower() if output and output != "-" else ""
    if format_ is None and suffix and suffix != "txt" and suffix not in FORMATS:
        raise click.UsageError(
            f"`.{suffix}` is no format to draw in; choose {', '.join(FORMATS)}, or name it with `--format`"
        )
    design = load(file, top, sets, root)
    status = require_design(design)
    if suffix == "txt":
        suffix = "text"
    options = Options(plane, unfold, depth, component, rack, face, heat, fold, only, colour, label)
    try:
        with progress("drawing"):
            made = picture(design.subject, view, format_ or suffix or "svg", options)
    except ViewFault as error:
        raise click.UsageError(str(error)) from None
    except EngineFault as error:
        fail(str(error))
        return
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
    deliver(made.data, output)
    done(status)


@click.command()
@click.argument("file")
@format_option("table", "csv", "json", "xlsx")
@click.option(
    "--by",
    type=click.Choice(["rack", "chassis", "board", "module", "system"]),
    help="Break down by subassembly.",
)
@output_option
@design_options
def bom(
    file: str,
    format_: str,
    by: str | None,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Write the bill of materials: every part, with transceivers, cables and fibers derived from the links."""
    from cmxdsl.outputs.tables.bom import write_bom

    design = load(file, top, sets, root)
    status = require_design(design)
    deliver(write_bom(design.bom(by), format_, **look(output)), output)  # type: ignore[arg-type]
    done(status)


@click.command()
@click.argument("file")
@format_option("table", "markdown", "json")
@output_option
@design_options
def summary(
    file: str, format_: str, output: str | None, top: str | None, sets: tuple[str, ...], root: str | None
) -> None:
    """Write the performance and power summary: compute, memory, bandwidth, power, price, mass."""
    from cmxdsl.outputs.tables.summary import write_summary

    design = load(file, top, sets, root)
    status = require_design(design)
    deliver(write_summary(design.summary(), format_, **look(output)), output)  # type: ignore[arg-type]
    done(status)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--brief", is_flag=True, help="Leave out the figures that hold.")
@format_option("table", "markdown", "json")
@output_option
@design_options
def expect(
    paths: tuple[str, ...], brief: bool, format_: str, output: str | None, top: str | None, sets: tuple[str, ...],
    root: str | None,
) -> None:  # fmt: skip
    """Compare published figures with derived values: deviation, tolerance, source, verdict. A folder stands for all
    .cmx files below it, and a file for all designs in it unless `--top` names one. Exit status 1 when one is off."""
    from cmxdsl.design import NoDesign
    from cmxdsl.outputs.tables.fidelity import write_fidelity

    designs, status = {}, 0
    for file in files_of(paths):
        with progress(f"judging {file}"):
            design = load(file, top, sets, root)
            status = max(status, require_clean(design))
            try:
                found = design.expectations() if top or sets else design.all_expectations()
            except NoDesign as error:
                print_findings(design.sources, [error.diagnostic] * design.ok, sys.stderr)
                found, status = [], 1
            designs[file] = found
    deliver(write_fidelity(designs, format_, brief, **look(output)), output)  # type: ignore[arg-type]
    done(status)


@click.command()
@click.argument("file", required=False)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the output instead.")
@output_option
@design_options
def ir(
    file: str | None, schema: bool, output: str | None, top: str | None, sets: tuple[str, ...], root: str | None
) -> None:
    """Write the elaborated symbolic design as JSON, which loads back to an equal design."""
    from cmxdsl.outputs.ir import write_ir, write_schema

    if schema:
        deliver(write_schema(), output)
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    design = load(file, top, sets, root)
    status = require_design(design)
    deliver(write_ir(design.component), output)
    done(status)


@click.command()
@click.argument("file")
@click.option("-o", "--output", type=click.Path(file_okay=False), required=True, help="Folder to write to.")
@design_options
def build(file: str, output: str, top: str | None, sets: tuple[str, ...], root: str | None) -> None:
    """Write everything at once into a folder: diagrams, bill of materials, summary, fidelity table, IR."""
    from cmxdsl.limits import LimitExceeded
    from cmxdsl.outputs.kit.engine import EngineFault
    from cmxdsl.outputs.kit.files import write
    from cmxdsl.outputs.registry import backends

    design = load(file, top, sets, root)
    status = require_design(design)
    found, problems = backends()
    for problem in problems:
        click.echo(f"cmx: {problem}", err=True)
    folder = Path(output)
    for backend in found:
        try:
            with progress(f"writing {backend.name}"):
                for name, data in backend.files(design.subject):
                    write(folder / name, data)
                    click.echo(f"{folder / name}")
        except LimitExceeded as error:
            click.echo(f"cmx: not decided (CMX0004), so nothing is written of {backend.name}: {error}", err=True)
            status = max(status, 1)
        except EngineFault as error:
            click.echo(f"cmx: {error}", err=True)
            status = 3
        except OSError as error:
            fail(f"cannot write into `{output}`: {(error.strerror or str(error)).lower()}")
    done(status)
