"""`cmx test`."""

from __future__ import annotations

from pathlib import Path

import click

from cmxdsl.cli.common import deliver, files_of, progress
from cmxdsl.cli.writing import format_option, look, output_option


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@format_option("table", "json", "junit")
@output_option
@click.option("--root", type=click.Path(exists=True, file_okay=False), help="Folder that `use` may read in.")
@click.option("--locked", is_flag=True, help="Refuse libraries that are not as `cmx.lock` has them.")
def test(paths: tuple[str, ...], format_: str, output: str | None, root: str | None, locked: bool) -> None:
    """Run the `test` blocks of files: put together what each says, check it, and compare what is found with what it
    `finds`. A folder means all .cmx files below it; without PATH it is the working folder. Exit status 1 when a
    test fails, 2 when there is none."""
    from cmxdsl.diagnostics import Findings
    from cmxdsl.elaborate import Project
    from cmxdsl.outputs.tests import write_tests
    from cmxdsl.source import project_root
    from cmxdsl.testing import Results, run_tests

    done = []
    for file in files_of(paths or (".",)):
        place = Path(file)
        folder = Path(root).resolve() if root is not None else project_root(place)
        project = Project(folder, Findings(), locked=locked)
        with progress(f"testing {file}"):
            main = project.open(place, file)
            done.append(
                run_tests(project, main)
                if main is not None
                else Results(file, project.sources, (), project.findings.sorted())
            )
    done = [t for t in done if t.outcomes or t.broken]
    if not done:
        raise click.UsageError(f"there are no tests in {', '.join(f'`{p}`' for p in paths or ('.',))}")
    deliver(write_tests(done, format_, **look(output)), output)  # type: ignore[arg-type]
    if not all(t.passed for t in done):
        raise click.exceptions.Exit(1)
