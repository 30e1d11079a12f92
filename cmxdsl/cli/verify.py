"""`cmx verify`: as built against as designed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import cmxdsl
from cmxdsl.cli.common import deliver, design_options, fail, load, print_findings, progress, reading, require_design
from cmxdsl.cli.writing import done, format_option, look, output_option

if TYPE_CHECKING:
    from cmxdsl.analysis.verification.verdict import Verdict
    from cmxdsl.design import Design
    from cmxdsl.readers import Built

_TOOLS = "ibnetdiscover iblinkinfo topo lldp sonic netbox redfish tt-system tt-cabling nccl hwloc nvidia-smi"
_FILES = "graphml gexf node-link infragraph dot csv xlsx"
READER_NAMES = (*_TOOLS.split(), *_FILES.split())


@click.command()
@click.argument("file", metavar="DESIGN")
@click.option(
    "--built",
    "dumps",
    multiple=True,
    required=True,
    type=click.Path(),
    metavar="FILE",
    help="What a tool on the machine printed; once for each file. All are of one fabric.",
)
@click.option("--names", type=click.Path(), metavar="FILE", help="CSV that says what devices and ports are called.")
@click.option("--plane", default="", metavar="NAME", help="The plane that was seen; the scale-out one by default.")
@click.option(
    "--reader",
    type=click.Choice(READER_NAMES),
    metavar="FORMAT",
    help="The format of the files, where it is not recognised; `cmx import --list` shows them.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="WHAT=TITLE",
    help="What a column of a CSV file is, such as `a_device=Source`.",
)
@click.option(
    "--expect-partial", "partial", is_flag=True, help="Missing cables and devices are not findings: the build goes on."
)
@click.option("--damage", is_flag=True, help="Say what it costs: endpoints, hops, bandwidth.")
@click.option(
    "--worklist",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Work order to write, by row and rack: `.csv`, else text.",
)
@click.option(
    "--picture", type=click.Path(dir_okay=False), metavar="FILE", help="SVG, PNG or PDF to write: wrong cables in red."
)
@click.option(
    "--log",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Log of runs to add a line to; shows how far the installation is.",
)
@format_option("table", "json", "sarif", "csv")
@output_option
@design_options
def verify(
    file: str,
    dumps: tuple[str, ...],
    names: str | None,
    plane: str,
    reader: str | None,
    columns: tuple[str, ...],
    partial: bool,
    damage: bool,
    worklist: str | None,
    picture: str | None,
    log: str | None,
    format_: str,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Compare what was built with what was meant: which cables are missing, swapped or in the wrong port, which devices
    are not there or stand for another, what runs too slow, grouped by cause, with what to do at which end. Devices are
    told by name or GUID, and where there is none by what they are plugged into. Exit status 1 when something is off."""
    from cmxdsl.analysis.network.answers import NoPlane
    from cmxdsl.outputs.verification.tables import write, write_worklist

    design = load(file, top, sets, root)
    status = require_design(design)
    built = _read(dumps, reader or "", columns)
    try:
        with progress("comparing"):
            verdict = _compared(design, built, plane, names or "")
            cost = _damage(verdict, design) if damage and not verdict.another else None
    except NoPlane as error:
        raise click.UsageError(str(error)) from None
    print_findings({}, built.problems, sys.stderr)
    text = write(verdict, format_, cmxdsl.__version__, partial=partial, damage=cost, **look(output))  # type: ignore[arg-type]
    if log is not None:
        text = _logged(log, verdict, partial, text, format_)
    deliver(text, output)
    if worklist is not None:
        deliver(write_worklist(verdict, partial, Path(worklist).suffix.lstrip(".").lower()), worklist)
    if picture is not None:
        _draw(verdict, picture)
    done(max(status, 1 if verdict.worst(partial) or built.problems else 0))


def _read(dumps: tuple[str, ...], reader: str, columns: tuple[str, ...]) -> Built:
    from cmxdsl.readers import read

    given = columns_given(columns)
    with reading(), progress("reading"):
        built = read(dumps, reader, given)
    if built.portless:
        raise click.UsageError("a comparison goes port by port, and the graph names no ports; `cmx import` reads it")
    return built


def columns_given(columns: tuple[str, ...]) -> dict[str, str]:
    """The columns of a CSV file that an option names: what each is, and its title."""
    from cmxdsl.readers.columns import COLUMNS

    given = {}
    for column in columns:
        what, equal, title = column.partition("=")
        if not equal or what not in COLUMNS:
            raise click.BadParameter(
                f"`{column}` is not WHAT=TITLE, with WHAT one of {', '.join(COLUMNS)}", param_hint="--column"
            )
        given[what] = title
    return given


def _compared(design: Design, built: Built, plane: str, names: str) -> Verdict:
    from cmxdsl.analysis.network.answers import chosen
    from cmxdsl.analysis.verification.verdict import verify as compare

    planes = chosen(design.subject, plane)
    one = plane or ("scale_out" if "scale_out" in planes else planes[0])
    with reading():
        return compare(design.subject, built, one, names)


def _damage(verdict: Verdict, design: Design) -> object:
    from cmxdsl.analysis.verification.damage import damage

    return damage(verdict, design.subject)


def _logged(log: str, verdict: Verdict, partial: bool, text: str, format_: str) -> str:
    from cmxdsl.outputs.verification.log import BadLog, added, progress_table

    path = Path(log)
    try:
        before = path.read_text("utf-8") if path.exists() else ""
        whole = added(before, verdict, partial)
    except (BadLog, UnicodeDecodeError) as error:
        fail(f"`{log}` is not a log of runs, so that it was left as it is: {error}")
    except OSError as error:
        fail(f"cannot read `{log}`: {(error.strerror or str(error)).lower()}")
    deliver(whole, log)
    return text + progress_table(whole) if format_ == "table" else text


def _draw(verdict: Verdict, picture: str) -> None:
    from cmxdsl.outputs.verification.picture import draw

    suffix = Path(picture).suffix.lstrip(".").lower()
    if suffix not in ("svg", "png", "pdf"):
        raise click.UsageError(f"`.{suffix}` is not a picture format; choose svg, png or pdf")
    deliver(draw(verdict).as_format(suffix), picture)
