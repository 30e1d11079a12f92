"""Commands that write what a row of `outputs.writers` says: the row gives the formats, the command its options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from cmxdsl.cli.common import F, colored, deliver, design_options, fail, load, require_design, width
from cmxdsl.outputs.registry import Unanswered, Unwritable, Writer
from cmxdsl.outputs.writers import OWN

output_option = click.option("-o", "--output", type=click.Path(), help="File to write; standard output without.")


def format_option(*formats: str) -> Callable[[F], F]:
    return click.option("--format", "format_", type=click.Choice(formats), default=formats[0], show_default=True)


def done(status: int) -> None:
    if status:
        raise click.exceptions.Exit(status)


def look(output: str | None) -> dict[str, object]:
    """Width and colour for a table that goes to `output`."""
    if output in (None, "-"):
        return {"width": width(), "color": colored(sys.stdout)}
    return {}


Asked = Callable[..., Mapping[str, object]]


def plain_command(writer: Writer) -> click.Command:
    """The command of a writer that has no options of its own."""

    def asked(format_: str) -> Mapping[str, object]:
        return {}

    asked.__doc__ = f"Write the design as `{writer.name}`: {writer.title}."
    return _command(writer, (), asked)


def writes(name: str, *options: Callable[[F], F]) -> Callable[[Asked], click.Command]:
    """Makes the command of a writer from its `options` and a function that is called with their values and the format,
    by name: what it returns goes to the writer, its docstring is the command's help."""
    return lambda asked: _command(OWN[name], options, asked)


def _command(writer: Writer, options: tuple[Callable[[F], F], ...], asked: Asked) -> click.Command:
    def run(
        file: str,
        format_: str,
        output: str | None,
        top: str | None,
        sets: tuple[str, ...],
        root: str | None,
        **given: Any,
    ) -> None:
        shown = look(output) if format_ == "table" else {}
        chosen = asked(format_=format_, **given)
        design = load(file, top, sets, root)
        status = require_design(design)
        try:
            deliver(writer.write(design.subject, format_, **chosen, **shown), output)
        except Unanswered as error:
            fail(str(error))
        except Unwritable as error:
            raise click.UsageError(str(error)) from None
        done(status)

    run.__doc__ = asked.__doc__
    shared: tuple[Any, ...] = (
        click.argument("file"),
        *options,
        format_option(*writer.formats),
        output_option,
        design_options,
    )
    command: Any = run
    for option in reversed(shared):
        command = option(command)
    found: click.Command = click.command(writer.name)(command)
    return found
