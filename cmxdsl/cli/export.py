"""`cmx export`: what other tools read."""

from __future__ import annotations

import click

from cmxdsl.cli.common import deliver, design_options, fail, load, progress, reading, require_design
from cmxdsl.cli.writing import done, output_option


def _listed(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        from cmxdsl.cli.common import width
        from cmxdsl.outputs.exports import EXPORTS
        from cmxdsl.outputs.kit.table import Column, Table, plain

        rows = tuple((row.name, row.title, row.readers) for row in EXPORTS.values())
        table = Table("", (Column("format"), Column("what"), Column("who reads it")), rows)
        click.echo(plain([table], width(), color=False), nl=False)
        context.exit()


@click.command()
@click.argument("file")
@click.option("--to", "format_", required=True, metavar="FORMAT", help="The format; `--list` shows them.")
@click.option("--plane", default="", metavar="NAME", help="The plane to write; the scale-out one by default.")
@click.option("--names", default="", metavar="FILE", help="CSV that says what devices and ports are called.")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_listed, help="List the formats.")
@output_option
@design_options
def export(
    file: str,
    format_: str,
    plane: str,
    names: str,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Write the network of a design, or its parts, for other tools: graphs, lists of cables, InfiniBand, Slurm,
    simulators, a hardware bill of materials. `--names` takes the same map as `cmx verify`."""
    from cmxdsl.limits import LimitExceeded
    from cmxdsl.outputs.exports import write
    from cmxdsl.outputs.registry import Unwritable

    design = load(file, top, sets, root)
    status = require_design(design)
    try:
        with reading(), progress("laying out"):
            pieces = write(design.subject, format_, plane=plane, names=names)
        deliver(pieces, output)
    except Unwritable as error:
        raise click.UsageError(str(error)) from None
    except LimitExceeded as error:
        fail(str(error))
    done(status)
