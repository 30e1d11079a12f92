"""`cmx render`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cmxdsl.cli.common import deliver, design_options, fail, load, progress, require_design
from cmxdsl.cli.writing import done, output_option
from cmxdsl.outputs.writers import OWN

FORMATS = OWN["render"].formats
SUFFIXES = {"txt": "text", "mmd": "mermaid"}  # of files, where it is not the format's name


@click.command()
@click.argument("file")
@click.option(
    "--view",
    default="topology",
    show_default=True,
    metavar="VIEW",
    help="topology, hierarchy, links, network, matrix, elevation, floor, cables, power, optics, or a view that the "
    "design names.",
)
@click.option("--plane", default="", help="The plane to draw: scale_up, scale_out, … (the one with most links).")
@click.option("--unfold", multiple=True, metavar="PATH", help="Draw each element of an array: `compute.node`.")
@click.option("--fold", multiple=True, metavar="PATH", help="Draw nothing inside of a part: `comm`.")
@click.option("--only", default="", metavar="PATH", help="Draw only the part at a path: `compute.node`.")
@click.option(
    "--colour",
    type=click.Choice(["kind", "power", "plane"]),
    default="kind",
    show_default=True,
    help="What the colours of a graph show.",
)
@click.option("--label", multiple=True, metavar="ATTRIBUTE", help="Write an attribute into each box: `power.peak`.")
@click.option("--depth", type=click.IntRange(1), help="Levels of boxes to draw.")
@click.option("--component", default="", help="The component to draw in `--view links`.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
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
@click.option(
    "--heat",
    type=click.Choice(["power", "density", "mass", "none"]),
    default="power",
    show_default=True,
    help="What the colours of `--view floor` show.",
)
@output_option
@design_options
def render(
    file: str,
    view: str,
    format_: str | None,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
    **options: Any,
) -> None:
    """Draw a diagram: a plane's topology, the hierarchy of parts, the links of one component, bandwidth from
    rack to rack, rack elevations, the floor plan or the cable bundles on it, where the power goes, or optical
    power budgets."""
    from cmxdsl.outputs.kit.engine import EngineFault
    from cmxdsl.outputs.options import Options, ViewFault
    from cmxdsl.outputs.pictures import picture

    format = format_ or _named(output)
    design = load(file, top, sets, root)
    status = require_design(design)
    try:
        with progress("drawing"):
            made = picture(design.subject, view, format, Options(**options))
    except ViewFault as error:
        raise click.UsageError(str(error)) from None
    except EngineFault as error:
        fail(str(error))
        return
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
    deliver(made.data, output)
    done(status)


def _named(output: str | None) -> str:
    """The format that a file's name asks for."""
    suffix = Path(output).suffix.lstrip(".").lower() if output and output != "-" else ""
    format = SUFFIXES.get(suffix, suffix) or FORMATS[0]
    if format not in FORMATS:
        raise click.UsageError(
            f"`.{suffix}` is not a picture format; choose {', '.join(FORMATS)}, or name it with `--format`"
        )
    return format
