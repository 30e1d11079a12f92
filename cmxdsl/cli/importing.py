"""`cmx import`: what a tool prints of a machine, or describes of its parts, as text of the language."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cmxdsl.cli.common import deliver, fail, print_findings, progress, reading
from cmxdsl.cli.verify import READER_NAMES, columns_given
from cmxdsl.cli.writing import done

PART_NAMES = ("device-type", "nccl", "hwloc", "nvidia-smi")
MAX_SHOWN = 10_000_000  # bytes of a file that findings show lines of
T = TypeVar("T")


def _listed(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        from cmxdsl.cli.common import width
        from cmxdsl.outputs.importing.formats import IMPORTS
        from cmxdsl.outputs.kit.table import Column, Table, plain
        from cmxdsl.readers import READERS

        cables = Table(
            "fabrics", (Column("format"), Column("printed by")), tuple((r.name, r.prints) for r in READERS.values())
        )
        parts = Table("parts", (Column("format"), Column("what")), tuple((r.name, r.title) for r in IMPORTS.values()))
        click.echo(plain([cables, parts], width(), color=False), nl=False)
        context.exit()


@click.command("import")
@click.argument("dumps", nargs=-1, required=True, metavar="PATH…", type=click.Path())
@click.option(
    "--from",
    "reader",
    type=click.Choice((*READER_NAMES, *PART_NAMES)),
    metavar="FORMAT",
    help="The format, where it is not recognised; `--list` shows them.",
)
@click.option("-o", "--output", type=click.Path(), help="Design to write, `.cmx`; standard output without.")
@click.option("--names", type=click.Path(), metavar="FILE", help="CSV to write: what devices and ports were called.")
@click.option("--name", default="", metavar="NAME", help="What to call the system; after the first file by default.")
@click.option(
    "--plane", default="scale_out", show_default=True, metavar="NAME", help="The plane of the cables or ports."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="WHAT=TITLE",
    help="What a column of a CSV file is, such as `a_device=Source`.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_listed, help="List the formats.")
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
    """Write as cmx what stands, from what its tools print, or parts, from files that describe them.

    A fabric (ibnetdiscover, LLDP, lists of cables): devices become arrays and cables link statements with index
    variables; what fits no pattern is listed by itself. The design has exactly the links of the dump, which is checked
    before it is written. With `--names` it also writes the map by which `cmx verify` and `cmx export` know the devices
    by their names.

    Parts (device types of NetBox, one file or a folder of them): a definition each. What a file says that its format
    does not have, and where it contradicts itself, is a warning, and what that is about stays unknown.

    The inside of one machine (NCCL's topology, hwloc's XML, `nvidia-smi topo -m`): a board with exactly its links."""
    from cmxdsl.outputs.importing.formats import format_of
    from cmxdsl.schema.kinds import PLANES

    known = [p for p in PLANES if p != "power"]
    if plane not in known:
        raise click.BadParameter(f"`{plane}` is not one of {', '.join(known)}", param_hint="--plane")
    if name and not (name.isascii() and name.isidentifier()):
        raise click.BadParameter(f"`{name}` is not a name of the language", param_hint="--name")
    for path in (output, names):
        if path not in (None, "-") and Path(str(path)).exists() and not force:
            raise click.UsageError(f"`{path}` is there already; `--force` writes over it")
    with reading():
        parts = reader if reader in PART_NAMES else "" if reader else format_of(dumps)
    if parts:
        if names is not None or columns:
            raise click.UsageError("`--names` and `--column` are for lists of cables")
        _parts(dumps, parts, plane, output)
        return
    from cmxdsl.importing import imported

    given = columns_given(columns)
    made = _read(lambda: imported(dumps, reader=reader or "", columns=given, name=name, plane=plane))
    print_findings({}, made.problems, sys.stderr)
    deliver(made.text, output)
    if names is not None:
        deliver(made.names, names)
    if output not in (None, "-"):
        click.echo(f"{output}: {made.counts}", err=True)
    done(1 if made.problems else 0)


def _parts(paths: tuple[str, ...], format_: str, plane: str, output: str | None) -> None:
    from cmxdsl.diagnostics import Severity
    from cmxdsl.importing import described
    from cmxdsl.source import Source

    made = _read(lambda: described(paths, format_, plane))
    shown = {p.span.file for p in made.problems if Path(p.span.file).stat().st_size <= MAX_SHOWN}
    sources = {f: Source(f, Path(f).read_bytes().decode("utf-8", "replace")) for f in shown}
    print_findings(sources, made.problems, sys.stderr)
    if any(problem.severity is Severity.ERROR for problem in made.problems):
        done(1)
    deliver(made.text, output)


def _read(work: Callable[[], T]) -> T:
    from cmxdsl.limits import LimitExceeded
    from cmxdsl.outputs.registry import Unwritable

    try:
        with reading(), progress("reading, and finding patterns"):
            return work()
    except LimitExceeded as error:
        fail(str(error))
    except Unwritable as error:
        raise click.UsageError(str(error)) from None
