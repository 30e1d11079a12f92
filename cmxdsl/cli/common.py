"""What the commands share: options, loading, printing findings, writing results."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from cmxdsl.design import Design
    from cmxdsl.diagnostics import Diagnostic
    from cmxdsl.source import Source

F = TypeVar("F", bound=Callable[..., Any])


def design_options(command: F) -> F:
    """`--top`, `--set` and `--root`, and the file itself (`-` for standard input)."""
    command = click.option(
        "--root", type=click.Path(exists=True, file_okay=False), help="Folder that `use` may read in."
    )(command)
    command = click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="PARAM=VALUE",
        help="Give a parameter of the top component a value.",
    )(command)
    return click.option("--top", metavar="NAME", help="The component that the outputs are about.")(command)


def load(file: str, top: str | None, sets: Iterable[str], root: str | None, locked: bool = False) -> Design:
    """The design of a file or, for `-`, of standard input."""
    from cmxdsl.design import load, loads

    given = parameters(sets)
    if file == "-":
        if locked:
            raise click.UsageError("`--locked` is for files of a project")
        return loads(sys.stdin.buffer.read(), name="<stdin>", top=top, parameters=given, root=root)
    return load(file, top=top, parameters=given, root=root, locked=locked)


def parameters(sets: Iterable[str]) -> dict[str, str]:
    """The values that `--set` gives, by parameter."""
    given = {}
    for setting in sets:
        key, equal, value = setting.partition("=")
        if not equal or not key.strip() or not value.strip():
            raise click.BadParameter(f"`{setting}` is not PARAM=VALUE", param_hint="--set")
        given[key.strip()] = value.strip()
    return given


def colored(stream: Any) -> bool:
    """Whether to colour: NO_COLOR forbids, FORCE_COLOR demands, else only on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def width() -> int:
    """Columns of the terminal; where there is none, enough that no table wraps."""
    import shutil

    from cmxdsl.outputs.kit.table import UNWRAPPED

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNWRAPPED


_COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}


def print_findings(sources: Mapping[str, Source], findings: Iterable[Diagnostic], stream: Any) -> None:
    """Findings with excerpts."""
    from cmxdsl.diagnostics import render

    color = colored(stream)
    for diagnostic in findings:
        text = render(diagnostic, sources)
        if color:
            head, _, rest = text.partition("\n")
            text = click.style(head, fg=_COLORS[diagnostic.severity.value], bold=True) + "\n" + rest
        click.echo(text + "\n", file=stream, color=color)


def require_clean(design: Design) -> int:
    """Errors to standard error; the exit status for an output of this design: 0, or 1 with errors."""
    return told_of(design.sources, errors_of(design))


def errors_of(design: Design) -> list[Diagnostic]:
    from cmxdsl.diagnostics import Severity

    return [d for d in design.diagnostics if d.severity is Severity.ERROR]


def told_of(sources: Mapping[str, Source], errors: list[Diagnostic]) -> int:
    """Errors and their tally to standard error; the exit status that they make."""
    from cmxdsl.diagnostics import tally

    if errors:
        print_findings(sources, errors, sys.stderr)
        click.echo(tally(errors), err=True)
    return 1 if errors else 0


def require_design(design: Design) -> int:
    """The same, for an output that needs one top component: ends with status 1 where there is none."""
    from cmxdsl.design import NoDesign

    errors = require_clean(design)
    if design.top is None:
        try:
            _ = design.component
        except NoDesign as error:
            if not errors:
                print_findings(design.sources, [error.diagnostic], sys.stderr)
            raise click.exceptions.Exit(1) from None
    return errors


def deliver(data: str | bytes | Iterable[str | bytes], output: str | None) -> None:
    """Write a result to a file, whole or not at all, or to standard output; pieces as they are made."""
    if output is None or output == "-":
        for piece in (data,) if isinstance(data, (str, bytes)) else data:
            if isinstance(piece, str):
                click.echo(piece, nl=False, color=True)
                continue
            if sys.stdout.isatty():
                raise click.UsageError("binary output needs `-o FILE`")
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        return
    from cmxdsl.outputs.kit.files import write

    try:
        write(Path(output), data)
    except OSError as error:
        fail(f"cannot write `{output}`: {(error.strerror or str(error)).lower()}")


def fail(message: str) -> NoReturn:
    """End with status 3: the tool could not do its work."""
    click.echo(f"cmx: {message}", err=True)
    raise click.exceptions.Exit(3)


@contextmanager
def reading() -> Iterator[None]:
    """Around what reads dumps and maps: what is wrong with one ends with status 1, one that cannot be read with 3."""
    from cmxdsl.readers.built import Unread

    try:
        yield
    except Unread as error:
        print_findings({}, [error.finding], sys.stderr)
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        fail(f"cannot read `{error.filename}`: {(error.strerror or str(error)).lower()}")


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Says on a terminal what is going on, once it has taken a second."""
    import threading

    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(1.0, lambda: click.echo(f"{what} …", err=True))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


_SKIPPED = {"node_modules", "__pycache__", "build", "dist"}


def files_of(paths: tuple[str, ...]) -> Iterator[str]:
    """The files that the paths stand for: a folder's own and those below it, hidden and built ones left out."""
    for path in paths:
        if not Path(path).is_dir():
            yield path
            continue
        inside = []
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _SKIPPED)
            inside += [os.path.join(folder, name) for name in names if name.endswith(".cmx")]  # noqa: PTH118
        if not inside:
            raise click.UsageError(f"there are no .cmx files in `{path}`")
        yield from sorted(os.path.normpath(p) for p in inside)
