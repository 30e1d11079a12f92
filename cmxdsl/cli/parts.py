"""`cmx parts`."""

from __future__ import annotations

from pathlib import Path

import click

from cmxdsl.cli.common import deliver
from cmxdsl.cli.writing import format_option, look, output_option


@click.command()
@click.argument("searches", nargs=-1, metavar="[SEARCH]…")
@click.option("--compare", is_flag=True, help="Put what is found side by side, each number with its source.")
@format_option("table", "markdown", "json")
@output_option
def parts(searches: tuple[str, ...], compare: bool, format_: str, output: str | None) -> None:
    """List the parts, media, protocols and topologies of the library, and of the libraries that the project of the
    working folder allows: those that any SEARCH finds by name, maker, kind,
    role or description, such as `cmx parts nvidia` or `cmx parts "400 optic" dac`. An estimate is marked with `~`.
    Where one alone is found, it is shown whole: attributes with their sources, ports, what it contains."""
    from cmxdsl.analysis.totals.catalogue import library_parts, matching
    from cmxdsl.diagnostics import nearest, sentence
    from cmxdsl.elaborate.packages import LibraryFault
    from cmxdsl.outputs.tables.parts import write_part, write_parts
    from cmxdsl.source import project_root

    faults: list[LibraryFault] = []
    every = library_parts(project_root(Path("here.cmx")), faults)
    for fault in faults:
        click.echo(f"cmx: {fault.rule.code}: {fault.message}; {fault.help}", err=True)
    found = matching(every, searches)
    if not found:
        fix = nearest(searches[-1], [p.component.name for p in every])
        raise click.UsageError(
            f"the library has no part that `{' '.join(searches)}` finds. {sentence(fix.text)}".strip()
        )
    if compare and len(found) > MOST:
        raise click.UsageError(f"{len(found)} parts are too many to show side by side; name {MOST} or fewer")
    if len(found) == 1 and format_ != "json" and not compare:
        deliver(write_part(found[0], every, format_, **look(output)), output)  # type: ignore[arg-type]
    else:
        deliver(write_parts(found, format_, compare, **look(output)), output)  # type: ignore[arg-type]
    if faults:
        raise click.exceptions.Exit(1)


MOST = 6
