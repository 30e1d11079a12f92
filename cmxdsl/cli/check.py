"""`cmx check`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from cmxdsl.cli.common import design_options, load, print_findings, progress

if TYPE_CHECKING:
    from cmxdsl.diagnostics import Diagnostic


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How findings are written.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    help="The least severity that fails.",
)
@click.option("--quiet", "-q", is_flag=True, help="Leave notes out.")
@design_options
def check(
    files: tuple[str, ...],
    format_: str,
    fail_on: str,
    quiet: bool,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Check designs and say what is wrong, where and how to mend it."""
    from cmxdsl.diagnostics import Severity, tally

    everything: list[Diagnostic] = []
    for file in files:
        with progress(f"checking {file}"):
            design = load(file, top, sets, root)
        found = [d for d in design.diagnostics if not (quiet and d.severity is Severity.NOTE)]
        if format_ == "text":
            print_findings(design, found, sys.stdout)
        everything += found
    unique = list(dict.fromkeys(everything))
    if format_ == "json":
        click.echo(json.dumps([_json(d) for d in unique], indent=2, ensure_ascii=False))
    else:
        click.echo(f"{'1 file' if len(files) == 1 else f'{len(files)} files'} checked: {tally(unique)}")
    worst = Severity.ERROR if fail_on == "error" else Severity.WARNING
    if any(d.severity.rank <= worst.rank for d in unique):
        raise click.exceptions.Exit(1)


def _json(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "related": [
            {"file": r.span.file, "line": r.span.line, "column": r.span.column, "message": r.message}
            for r in diagnostic.related
        ],
    }
