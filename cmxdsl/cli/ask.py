"""`cmx ask`."""

from __future__ import annotations

import click

from cmxdsl.cli.common import deliver, design_options, load, progress, require_design
from cmxdsl.cli.writing import done, format_option, look, output_option


@click.command()
@click.argument("file")
@click.argument("expressions", nargs=-1, required=True, metavar="EXPRESSION…")
@format_option("table", "json")
@output_option
@design_options
def ask(
    file: str,
    expressions: tuple[str, ...],
    format_: str,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Answer any EXPRESSION of the language about a design, such as `total(price) / count(H100)` or
    `max(power.peak, in = compute)`: its value, its unit, and the share of the parts that it covers. What is not known
    is said to be, with the parts that lack it. Exit status 2 when an expression is wrong, 1 when
    answering it would take more work than a limit allows."""
    from cmxdsl.diagnostics import Severity
    from cmxdsl.outputs.tables.ask import write_ask

    design = load(file, top, sets, root)
    status = require_design(design)
    replies = []
    for expression in expressions:
        with progress(f"asking for {expression}"):
            replies.append(design.ask(expression))
    deliver(write_ask(design.name, replies, format_, **look(output)), output)  # type: ignore[arg-type]
    found = [d for r in replies for d in r.diagnostics]
    for reply in replies:
        if not reply.ok:
            click.echo(reply.explain() + "\n", err=True)
    wrong = any(d.severity is Severity.ERROR for d in found)
    done(2 if wrong else max(status, int(bool(found))))
