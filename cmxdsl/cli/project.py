"""`cmx new` and `cmx doctor`."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import click

from cmxdsl.cli.common import fail

_TEMPLATE = Path(__file__).parents[1] / "template"


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Make a small project in the folder NAME: two racks that check clean, draw well and show the idioms."""
    from cmxdsl.outputs.kit.files import write

    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.UsageError(f"`{name}` is there already and not empty")
    try:
        for source in sorted(_TEMPLATE.rglob("*")):
            if source.is_file():
                write(folder / source.relative_to(_TEMPLATE), source.read_bytes())
    except OSError as error:
        fail(f"cannot write into `{name}`: {(error.strerror or str(error)).lower()}")
    steps = (f"cd {name}", "cmx check .", "cmx build machine.cmx -o out", "cmx check machine.cmx --watch")
    click.echo(f"made {name}. Now try:\n\n" + "\n".join(f"    {step}" for step in steps))


_PROOF = 'digraph { label="µ ✓"; n [shape=plain, label=<<table><tr><td port="p">proof</td></tr></table>>]; n:p -> m }'


@click.command()
def doctor() -> None:
    """Say which versions and layout engine are in use, and prove that they work."""
    import cmxdsl
    from cmxdsl.outputs.kit.engine import EngineFault, draw, engines, run
    from cmxdsl.outputs.writers import writers

    bad = False
    click.echo(f"cmx {cmxdsl.__version__}, Python {sys.version.split()[0]} on {sys.platform}")
    for package in (
        "attrs",
        "cattrs",
        "click",
        "graphviz",
        "graphviz-pure",
        "jsonschema",
        "numpy",
        "reportlab",
        "resvg-py",
        "rich",
        "scipy",
        "svglib",
        "watchfiles",
        "xlsxwriter",
        "pygls",
    ):
        try:
            click.echo(f"  {package:<14} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            hint = " (`pip install 'cmxdsl[lsp]'`)" if package == "pygls" else ""
            click.echo(f"  {package:<14} not installed{hint}")
    from cmxdsl.syntax import tables

    click.echo(
        "parser tables: " + ("compiled" if tables.compiled() else "built at each start; reinstall cmx to compile them")
    )
    found = list(engines())
    click.echo("layout engines, in the order they are tried:" if found else "layout engines: none")
    for engine in found:
        try:
            works = b"proof" in run(engine, _PROOF, "svg")
            click.echo(f"  {engine.name}: {'works' if works else 'DROPS HTML LABELS'} ({engine.path})")
            bad = bad or not works
        except (OSError, EngineFault) as error:
            click.echo(f"  {engine.name}: FAILS: {error}")
            bad = True
    for format, mark in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        try:
            works = draw(_PROOF, format).startswith(mark)
            click.echo(f"{format.upper()}: {'works' if works else 'FAILS'}")
        except (ImportError, EngineFault) as error:
            works = False
            click.echo(f"{format.upper()}: FAILS: {error}")
        bad = bad or not works
    from cmxdsl.outputs.kit.svg import Drawing

    try:
        drawing = Drawing("proof")
        drawing.text(0, 10, "µ × proof", bold=True)
        works = drawing.as_format("png").startswith(b"\x89PNG")
    except Exception as error:  # whatever the rasteriser raises is what the user needs to know
        works = False
        click.echo(f"plans as PNG: {error}")
    click.echo(f"plans as PNG: {'works' if works else 'FAILS'}")
    bad = bad or not works
    loaded, problems = writers()
    click.echo(f"writers: {', '.join(loaded)}")
    for problem in problems:
        click.echo(f"  {problem}")
    if bad or not found or problems:
        raise click.exceptions.Exit(3)
    click.echo("everything works")
