"""`cmx compare` and `cmx diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmxdsl.cli.common import deliver, design_options, fail, load, progress, require_design
from cmxdsl.cli.writing import done, format_option, look, output_option

if TYPE_CHECKING:
    from cmxdsl.design import Design


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE[:TOP]…")
@format_option("table", "markdown", "json", "html")
@output_option
@click.option("--root", type=click.Path(exists=True, file_okay=False), help="Folder that `use` may read in.")
def compare(files: tuple[str, ...], format_: str, output: str | None, root: str | None) -> None:
    """Put two or more systems side by side: in all, of one accelerator, one rack, a kilowatt, a million of price; with
    the first one's ratio to each other, and the better one named. `FILE:TOP` chooses a component of a file."""
    from cmxdsl.analysis.comparison.systems import System
    from cmxdsl.outputs.comparison.systems import write_compare

    if len(files) < 2:
        raise click.UsageError("a comparison needs two systems or more")
    systems, status = [], 0
    for file in files:
        path, top = _split(file)
        design = load(path, top, (), root)
        status = max(status, require_design(design))
        systems.append(System(design.name, design.subject))
    deliver(write_compare(systems, format_, **look(output)), output)  # type: ignore[arg-type]
    done(status)


def _split(file: str) -> tuple[str, str | None]:
    """A file and the component of it, if one is named; a file of that very name comes first."""
    path, colon, top = file.rpartition(":")
    return (path, top) if colon and path and top.isidentifier() and not Path(file).exists() else (file, None)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="OLD NEW | FILE")
@click.option("--git", "revision", metavar="REV", help="Compare FILE with what it was at a revision.")
@click.option(
    "--picture", type=click.Path(dir_okay=False), help="SVG or PNG to write: what is new and changed, in colour."
)
@format_option("table", "markdown", "json")
@output_option
@design_options
def diff(
    files: tuple[str, ...],
    revision: str | None,
    picture: str | None,
    format_: str,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Say what a change of a design means: parts, links, metres of cable, power, price, bandwidth, findings that came
    or went, requirements near their limit. Exit status 1 when the new design has errors that the old one had not."""
    from cmxdsl.analysis.comparison.change import difference
    from cmxdsl.outputs.comparison.change import write_difference

    if len(files) != (1 if revision is not None else 2):
        raise click.UsageError("`cmx diff OLD NEW`, or `cmx diff --git REV FILE`")
    new = load(files[-1], top, sets, root)
    with progress("comparing"):
        old = (
            _at_revision(files[0], revision, top, sets, root)
            if revision is not None
            else load(files[0], top, sets, root)
        )
        found = difference(old.subject_if_any, old.diagnostics, new.subject_if_any, new.diagnostics)
    deliver(write_difference(found, format_, **look(output)), output)  # type: ignore[arg-type]
    if picture is not None and new.top is not None:
        _draw(found, new, picture)
    done(1 if any(d.severity.rank == 0 for d in found.appeared) else 0)


def _draw(found: object, new: Design, picture: str) -> None:
    from cmxdsl.outputs.comparison.change import picture_of
    from cmxdsl.outputs.kit.engine import EngineFault
    from cmxdsl.outputs.options import ViewFault

    suffix = Path(picture).suffix.lstrip(".").lower()
    if suffix not in ("svg", "png", "pdf", "dot"):
        raise click.UsageError(f"`.{suffix}` is not a picture format; choose svg, png, pdf or dot")
    try:
        deliver(picture_of(found, new.subject, suffix), picture)  # type: ignore[arg-type]
    except ViewFault as error:
        click.echo(f"note: {error}", err=True)
    except EngineFault as error:
        fail(str(error))


def _at_revision(file: str, revision: str, top: str | None, sets: tuple[str, ...], root: str | None) -> Design:
    """The design as it was: every .cmx file of the revision, laid out in a folder of its own."""
    import io
    import subprocess
    import tarfile
    import tempfile

    place = Path(file).resolve()

    def git(*words: str) -> bytes:
        try:
            return subprocess.run(["git", "-C", str(place.parent), *words], capture_output=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", b"").decode("utf-8", "replace").strip().splitlines()
            fail(f"git cannot tell what `{file}` was at `{revision}`: {said[-1] if said else error}")

    if revision.startswith("-"):
        raise click.UsageError(f"`{revision}` is not a revision")
    home = Path(git("rev-parse", "--show-toplevel").decode().strip()).resolve()
    commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    archive = git("-C", str(home), "archive", "--format=tar", commit, "--", ":(glob)**/*.cmx")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar.getmembers():  # links are left out: nothing outside the revision is read
                if member.isfile():
                    tar.extract(member, folder, filter="data")
        inside = None if root is None else str(Path(folder) / Path(root).resolve().relative_to(home))
        return load(str(Path(folder) / place.relative_to(home)), top, sets, inside or folder)
