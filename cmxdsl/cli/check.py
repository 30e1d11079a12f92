"""`cmx check`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

import cmxdsl
from cmxdsl.cli.common import deliver, design_options, fail, files_of, load, parameters, print_findings, progress
from cmxdsl.cli.together import each
from cmxdsl.records import frozen

if TYPE_CHECKING:
    from cmxdsl.cli.kept import Asked, Found
    from cmxdsl.diagnostics import Diagnostic
    from cmxdsl.source import Source


@frozen
class _Result:
    """What a run found, in order, each once."""

    files: tuple[str, ...]
    found: tuple[Diagnostic, ...]
    sources: dict[str, Source]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "sarif", "github", "junit"]),
    default="text",
    show_default=True,
    help="How findings are written.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write; standard output without.")
@click.option("--fail-on", type=click.Choice(["error", "warning"]), default="error", help="Least severity that fails.")
@click.option("--quiet", "-q", is_flag=True, help="Leave notes out.")
@click.option("--baseline", type=click.Path(dir_okay=False), help="Leave out the findings that this file lists.")
@click.option("--write-baseline", type=click.Path(dir_okay=False), help="Write the findings as a baseline, and pass.")
@click.option("--fix", is_flag=True, help="Apply the fixes that keep what the design means.")
@click.option("--diff", is_flag=True, help="With --fix: write nothing; show what would change.")
@click.option("--locked", is_flag=True, help="Refuse libraries that are not as `cmx.lock` has them.")
@click.option("--no-cache", is_flag=True, help="Check anew what has not changed since it was last checked.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes.")
@design_options
def check(
    paths: tuple[str, ...],
    format_: str,
    output: str | None,
    fail_on: str,
    quiet: bool,
    baseline: str | None,
    write_baseline: str | None,
    fix: bool,
    diff: bool,
    locked: bool,
    no_cache: bool,
    watch: bool,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Check designs and say what is wrong, where and how to fix it. A folder means all .cmx files below it."""
    if watch:
        if format_ != "text" or output or fix or "-" in paths:
            raise click.UsageError("`--watch` is for people: text to the terminal, from files")
        _watch(paths, quiet, top, sets, root, locked)
        return
    if diff and not fix:
        raise click.UsageError("`--diff` shows what `--fix` would change: give both")
    if fix:
        if "-" in paths:
            raise click.UsageError("`--fix` changes files: name them")
        _fix(paths, diff, top, sets, root, locked)
        if diff:
            return
    result = _run(paths, quiet, top, sets, root, locked, cached=not no_cache)
    found = result.found
    if write_baseline is not None:
        from cmxdsl.outputs.findings import write_baseline as text_of

        deliver(text_of(found, result.sources), write_baseline)
        click.echo(f"{len(found)} findings written to {write_baseline}", err=True)
        return
    if baseline is not None:
        found = _fresh(result, baseline)
    if format_ == "text" and output is None:
        _print(result, found)
    else:
        deliver(_written(result, found, format_), output)
    from cmxdsl.diagnostics import Severity

    worst = Severity.ERROR if fail_on == "error" else Severity.WARNING
    if any(d.severity.rank <= worst.rank for d in found):
        raise click.exceptions.Exit(1)


def _written(result: _Result, found: tuple[Diagnostic, ...], format_: str) -> str:
    """The findings in a format."""
    from cmxdsl.checks import catalogue
    from cmxdsl.diagnostics import render, tally
    from cmxdsl.outputs.findings import write_findings

    if format_ == "text":
        return "\n\n".join([*(render(d, result.sources) for d in found), tally(found)]) + "\n"
    return write_findings(found, result.sources, catalogue(), format_, result.files, cmxdsl.__version__)


def _run(
    paths: tuple[str, ...],
    quiet: bool,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
    locked: bool,
    alone: bool = False,
    cached: bool = True,
) -> _Result:
    """The findings of files, by several processes unless `alone`; with `cached` those of an earlier run where nothing
    changed since."""
    from cmxdsl.cli.kept import recall
    from cmxdsl.diagnostics import Severity

    found: dict[Diagnostic, None] = {}
    sources: dict[str, Source] = {}
    files = tuple(files_of(paths))
    every = [(file, top, sets, root, locked) for file in files]
    checked: dict[Asked, Found] = {}
    for asked in every:
        earlier = recall(asked) if cached else None
        if earlier is not None:
            checked[asked] = earlier
    work = [asked for asked in every if asked not in checked]
    if work:
        import cmxdsl.compile  # for all processes  # noqa: F401
    if len(work) == 1:
        with progress(f"checking {work[0][0]}"):
            checked[work[0]] = _checked(work[0], cached)
    else:
        fresh = each(partial(_checked, cached=cached), work, "files checked", alone or "-" in files)
        checked |= zip(work, fresh, strict=True)
    for diagnostics, texts in (checked[asked] for asked in every):
        sources.update({text.file: text for text in texts})
        found.update(dict.fromkeys(d for d in diagnostics if not (quiet and d.severity is Severity.NOTE)))
    return _Result(files, tuple(found), sources)


def _checked(asked: Asked, cached: bool) -> Found:
    """The findings of a file, and the texts that they are about."""
    from cmxdsl.cli.kept import keep, named_in

    design = load(*asked)
    if cached:
        keep(asked, design)
    return design.diagnostics, tuple(design.sources[f] for f in named_in(design.diagnostics) if f in design.sources)


def _fix(
    paths: tuple[str, ...], diff: bool, top: str | None, sets: tuple[str, ...], root: str | None, locked: bool
) -> None:
    """Apply the safe fixes of every file, or show them."""
    from cmxdsl.cli.fixing import Fixing, difference

    old: dict[str, str] = {}
    new: dict[str, str] = {}
    count = 0
    for file in files_of(paths):
        with progress(f"fixing {file}"):
            fixing = Fixing(file, top, parameters(sets), root, locked, old, new)
            fixing.run()
        new, count = fixing.new, count + fixing.count
    new = {file: text for file, text in new.items() if text != old[file]}
    if diff:
        click.echo(difference(old, new), nl=False)
        return
    for file, text in new.items():
        if Path(file).read_bytes() != old[file].encode("utf-8"):  # somebody saved meanwhile: theirs is the newer text
            fail(f"`{file}` was changed while it was read; it is left as it is")
        deliver(text, file)
    many = "1 fix" if count == 1 else f"{count} fixes"
    click.echo(f"{many} applied" + (f" in {', '.join(new)}" if new else ""), err=True)


def _print(result: _Result, found: tuple[Diagnostic, ...]) -> None:
    from cmxdsl.diagnostics import tally

    print_findings(result.sources, found, sys.stdout)
    many = len(result.files)
    click.echo(f"{'1 file' if many == 1 else f'{many} files'} checked: {tally(found)}")


def _fresh(result: _Result, baseline: str) -> tuple[Diagnostic, ...]:
    from cmxdsl.outputs.findings import without_baseline

    try:
        text = Path(baseline).read_text(encoding="utf-8")
        fresh, gone = without_baseline(result.found, result.sources, text)
    except OSError as error:
        fail(f"cannot read `{baseline}`: {(error.strerror or str(error)).lower()}")
    except (ValueError, KeyError, TypeError):
        raise click.UsageError(f"`{baseline}` is not a baseline; `--write-baseline` makes one") from None
    if gone:
        click.echo(f"note: {gone} findings of the baseline are gone; write it again to keep it short", err=True)
    return tuple(fresh)


def _watch(
    paths: tuple[str, ...], quiet: bool, top: str | None, sets: tuple[str, ...], root: str | None, locked: bool
) -> None:
    """Check, then again after each change of a .cmx file, until interrupted."""
    from watchfiles import watch

    folders = sorted({str(Path(p) if Path(p).is_dir() else Path(p).resolve().parent) for p in paths})

    def once() -> None:
        if sys.stdout.isatty():
            click.clear()
        result = _run(paths, quiet, top, sets, root, locked, alone=True)  # watching has threads, which do not fork
        _print(result, result.found)

    # A file that is written before the watch has begun raises no event: what was checked is compared each second too.
    seen = _stamps(folders)
    once()
    watched = watch(
        *folders,
        watch_filter=lambda _, path: path.endswith(".cmx"),
        raise_interrupt=False,
        rust_timeout=1000,
        yield_on_timeout=True,
    )
    for _ in watched:
        now = _stamps(folders)
        if now != seen:
            seen = now
            once()


def _stamps(folders: Iterable[str]) -> dict[str, tuple[int, int]]:
    """When each .cmx file below the folders was last written, and how long it is."""
    found = {}
    for folder in folders:
        for path in Path(folder).rglob("*.cmx"):
            with suppress(OSError):  # gone since it was listed
                stat = path.stat()
                found[str(path)] = (stat.st_mtime_ns, stat.st_size)
    return found
