"""The commands that write something about one design."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmxdsl.cli.common import (
    deliver,
    design_options,
    errors_of,
    fail,
    files_of,
    load,
    progress,
    require_design,
    told_of,
)
from cmxdsl.cli.together import each
from cmxdsl.cli.writing import done, format_option, look, output_option, writes
from cmxdsl.outputs.writers import OWN
from cmxdsl.records import frozen

if TYPE_CHECKING:
    from cmxdsl.analysis.queries.published import Verdict
    from cmxdsl.diagnostics import Diagnostic
    from cmxdsl.source import Source


@writes(
    "bom",
    click.option(
        "--by", type=click.Choice(["rack", "chassis", "board", "module", "system"]), help="Break down by subassembly."
    ),
)
def bom(by: str | None, format_: str) -> Mapping[str, object]:
    """Write the bill of materials: every part, with transceivers, cables and fibers derived from the links."""
    return {"by": by}


@writes("summary")
def summary(format_: str) -> Mapping[str, object]:
    """Write the performance and power summary: compute, memory, bandwidth, power, price, mass."""
    return {}


@frozen
class _Judged:
    """The figures of a file, and what is wrong with the file."""

    verdicts: list[Verdict]
    wrong: list[Diagnostic]
    sources: Mapping[str, Source]


def _judged(file: str, files: tuple[str, ...], top: str | None, sets: tuple[str, ...], root: str | None) -> _Judged:
    from cmxdsl.analysis.queries.published import of_file
    from cmxdsl.design import NoDesign

    design = load(file, top, sets, root)
    wrong = errors_of(design)
    try:
        found = design.expectations() if top or sets else design.all_expectations()
    except NoDesign as error:
        return _Judged([], wrong or [error.diagnostic], design.sources)
    return _Judged(of_file(found, file, files), wrong, design.sources if wrong else {})


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--brief", is_flag=True, help="Leave out the figures that hold.")
@format_option(*OWN["expect"].formats)
@output_option
@design_options
def expect(
    paths: tuple[str, ...],
    brief: bool,
    format_: str,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Compare published figures with derived values: deviation, tolerance, source, verdict. A folder stands for all
    .cmx files below it, and a file for all designs in it unless `--top` names one. Exit status 1 when one is off."""
    from cmxdsl.outputs.tables.fidelity import write_fidelity

    designs, status, files = {}, 0, tuple(files_of(paths))
    work = partial(_judged, files=files, top=top, sets=sets, root=root)
    for file, judged in zip(files, each(work, files, "judging"), strict=True):
        designs[file] = judged.verdicts
        status = max(status, told_of(judged.sources, judged.wrong))
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
    from cmxdsl.outputs.registry import Unwritable
    from cmxdsl.outputs.writers import writers

    design = load(file, top, sets, root)
    status = require_design(design)
    found, problems = writers()
    for problem in problems:
        click.echo(f"cmx: {problem}", err=True)
    folder = Path(output)
    for what, writer in sorted(found.items()):
        try:
            with progress(f"writing {what}"):
                for name, data in writer.files(design.subject):
                    write(folder / name, data)
                    click.echo(f"{folder / name}")
        except LimitExceeded as error:
            click.echo(f"cmx: not decided (CMX0004), so nothing is written of {what}: {error}", err=True)
            status = max(status, 1)
        except Unwritable as error:
            click.echo(f"cmx: nothing is written of {what}: {error}", err=True)
            status = max(status, 1)
        except EngineFault as error:
            click.echo(f"cmx: {error}", err=True)
            status = 3
        except OSError as error:
            fail(f"cannot write into `{output}`: {(error.strerror or str(error)).lower()}")
    done(status)
