"""`cmx fmt`."""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path

import click

from cmxdsl.cli.common import deliver, files_of, print_findings
from cmxdsl.source import NotText, decoded


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not in canonical style.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--upgrade", is_flag=True, help="Add what an older text lacks: `override` where a variant replaces.")
def fmt(paths: tuple[str, ...], check: bool, diff: bool, upgrade: bool) -> None:
    """Format files in the one canonical style. `-` formats standard input to standard output.

    A file with syntax errors is left as it is, and the errors are shown. With `--upgrade` so is one that uses a file
    which cannot be read, since what its variants replace is not known.
    """
    changed, broken = [], 0
    for file in files_of(paths):
        old = _read(file)
        wanted = _upgraded(file, old) if old is not None and upgrade else old
        new = _formatted(file, wanted) if wanted is not None else None
        if old is None or new is None:
            broken += 1
        elif file == "-" and not (check or diff):
            deliver(new, None)
        elif new != old:
            changed.append(file)
            if diff:
                lines = unified_diff(old.splitlines(True), new.splitlines(True), f"{file} (now)", f"{file} (formatted)")
                click.echo("".join(lines), nl=False)
            elif check:
                continue
            elif _read(file) != old:  # somebody saved meanwhile: theirs is the newer text
                click.echo(f"{file} is left as it is: it was changed while it was read", err=True)
                broken += 1
            else:
                deliver(new, file)
                click.echo(f"formatted {file}", err=True)
    if check:
        for file in changed:
            click.echo(f"would format {file}")
    if broken or (changed and (check or diff)):
        raise click.exceptions.Exit(1)


def _read(file: str) -> str | None:
    """The text, or None after saying why it cannot be had."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return decoded(data)
    except OSError as error:
        click.echo(f"cmx: `{file}`: {(error.strerror or str(error)).lower()}", err=True)
    except NotText as error:
        click.echo(f"cmx: `{file}` is not text in UTF-8: {error}", err=True)
    return None


def _upgraded(file: str, text: str) -> str | None:
    """The text as it is written today; None after showing why that cannot be told."""
    from cmxdsl.diagnostics import Findings, tally
    from cmxdsl.elaborate.upgrade import upgraded

    findings = Findings()
    new, sources = upgraded(Path("<stdin>" if file == "-" else file), text, findings)
    if findings.items:
        print_findings(sources, findings.sorted(), sys.stderr)
        click.echo(f"{file} is left as it is: {tally(findings.items)}", err=True)
        return None
    return new


def _formatted(file: str, text: str) -> str | None:
    """The text in canonical style, proved to say the same; None after showing its syntax errors."""
    from cmxdsl.diagnostics import Findings, tally
    from cmxdsl.schema import KINDS
    from cmxdsl.source import Source
    from cmxdsl.syntax import parse
    from cmxdsl.syntax.format import formatted, meaning

    shown = "<stdin>" if file == "-" else file
    findings, again = Findings(), Findings()
    source = Source(shown, text)
    before = parse(source, KINDS, findings)
    if findings.items:
        print_findings({shown: source}, findings.sorted(), sys.stderr)
        click.echo(f"{shown} is left as it is: {tally(findings.items)}", err=True)
        return None
    new = formatted(text)
    if meaning(parse(Source(shown, new), KINDS, again)) != meaning(before) or again.items:
        raise RuntimeError(f"formatting {shown} would change what it says; it is left as it is")
    return new
