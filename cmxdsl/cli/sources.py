"""`cmx sources`."""

from __future__ import annotations

import click

from cmxdsl.cli.common import deliver, files_of, load, progress, require_clean
from cmxdsl.cli.writing import done, format_option, look, output_option


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@format_option("table", "markdown", "json", "csv")
@output_option
@click.option("--root", type=click.Path(exists=True, file_okay=False), help="Folder that `use` may read in.")
def sources(paths: tuple[str, ...], format_: str, output: str | None, root: str | None) -> None:
    """List what the numbers and published figures of designs cite, with the share of primary sources: of makers and
    operators, papers, standards, measured logs. A folder means all .cmx files below it."""
    from cmxdsl.analysis.totals.sources import sources as cited
    from cmxdsl.outputs.tables.sources import write_sources

    tops, status = [], 0
    for file in files_of(paths):
        with progress(f"reading {file}"):
            design = load(file, None, (), root)
            status = max(status, require_clean(design))
            tops += [c for c in (design.top, *design.roots) if c is not None]
    deliver(write_sources(cited(tops), format_, **look(output)), output)  # type: ignore[arg-type]
    done(status)
