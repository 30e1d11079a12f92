"""`cmx import`: a design from what a tool prints of a machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cmxdsl.cli.common import deliver, fail, print_findings, progress, reading
from cmxdsl.cli.verify import READER_NAMES, columns_given
from cmxdsl.cli.writing import done


@click.command("import")
@click.argument("dumps", nargs=-1, required=True, metavar="FILE…", type=click.Path())
@click.option("--from", "reader", type=click.Choice(READER_NAMES), help="The format, where it is not recognised.")
@click.option("-o", "--output", type=click.Path(), help="Design to write, `.cmx`; standard output without.")
@click.option("--names", type=click.Path(), metavar="FILE", help="CSV to write: what devices and ports were called.")
@click.option("--name", default="", metavar="NAME", help="What to call the system; after the first file by default.")
@click.option("--plane", default="scale_out", show_default=True, metavar="NAME", help="The plane that was seen.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="WHAT=TITLE",
    help="What a column of a CSV file is, such as `a_device=Source`.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
def import_(
    dumps: tuple[str, ...],
    reader: str | None,
    output: str | None,
    names: str | None,
    name: str,
    plane: str,
    columns: tuple[str, ...],
    force: bool,
) -> None:
    """Write the design of a machine that stands, from what its tools print: ibnetdiscover, LLDP, lists of cables.
    Devices become arrays and cables become link statements with index variables; what fits no pattern is listed by
    itself. The design has exactly the links of the dump, which is checked before it is written. With `--names` it also
    writes the map by which `cmx verify` and `cmx export` know the devices by their names."""
    from cmxdsl.importing import imported
    from cmxdsl.limits import LimitExceeded
    from cmxdsl.schema.kinds import PLANES

    known = [p for p in PLANES if p != "power"]
    if plane not in known:
        raise click.BadParameter(f"`{plane}` is not one of {', '.join(known)}", param_hint="--plane")
    if name and not (name.isascii() and name.isidentifier()):
        raise click.BadParameter(f"`{name}` is not a name of the language", param_hint="--name")
    for path in (output, names):
        if path not in (None, "-") and Path(str(path)).exists() and not force:
            raise click.UsageError(f"`{path}` is there already; `--force` writes over it")
    try:
        with reading(), progress("reading, and finding patterns"):
            made = imported(dumps, reader=reader or "", columns=columns_given(columns), name=name, plane=plane)
    except LimitExceeded as error:
        fail(str(error))
    print_findings({}, made.problems, sys.stderr)
    deliver(made.text, output)
    if names is not None:
        deliver(made.names, names)
    if output not in (None, "-"):
        click.echo(f"{output}: {made.counts}", err=True)
    done(1 if made.problems else 0)
