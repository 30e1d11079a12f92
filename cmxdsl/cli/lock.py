"""`cmx lock`."""

from __future__ import annotations

from pathlib import Path

import click

from cmxdsl.cli.common import deliver, fail


@click.command()
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
@click.option("--check", is_flag=True, help="Write nothing; fail when `cmx.lock` is not as it would be written.")
def lock(folder: str, check: bool) -> None:
    """Write `cmx.lock` beside the `cmx.toml` of a project: of each library that it allows the installed version and the
    hash of every file. `cmx check --locked` then refuses all others."""
    from cmxdsl.elaborate.packages import LOCK, MANIFEST, LibraryFault, Packages, lock_text

    root = Path(folder)
    if not (root / MANIFEST).is_file():
        raise click.UsageError(f"there is no `{MANIFEST}` in `{folder}`, which lists the libraries of a project")
    packages = Packages(root)
    try:
        text = lock_text(packages)
    except LibraryFault as fault:
        click.echo(f"cmx: {fault.rule.code}: {fault.message}; {fault.help or fault.rule.fix}", err=True)
        raise click.exceptions.Exit(1) from None
    file = root / LOCK
    try:
        known = file.read_text(encoding="utf-8") if file.is_file() else ""
    except (OSError, ValueError) as error:
        fail(f"cannot read `{file}`: {error}")
    if check and known != text:
        click.echo(f"`{file}` is out of date: `cmx lock` writes it anew", err=True)
        raise click.exceptions.Exit(1)
    if known != text:
        deliver(text, str(file))
    many = len(packages.allowed)
    state = "up to date" if known == text else "written"
    click.echo(f"{file}: {state}, {many} {'library' if many == 1 else 'libraries'}")
