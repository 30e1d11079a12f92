"""`cmx explain`."""

from __future__ import annotations

import click


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a finding's code (`cmx explain CMX0401`), or list all of them."""
    from cmxdsl.analysis.verification.rules import rules as of_the_built
    from cmxdsl.checks import catalogue
    from cmxdsl.diagnostics import nearest, sentence

    rules = {**catalogue(), **of_the_built()}
    if code is None:
        for rule in rules.values():
            click.echo(f"{rule.code}  {rule.severity.value:<7}  {rule.title}")
        return
    rule_ = rules.get(code.upper())
    if rule_ is None:
        raise click.UsageError(f"there is no code `{code}`. {sentence(nearest(code.upper(), rules).text)}".strip())
    example = "\n".join("    " + line for line in rule_.example.rstrip("\n").split("\n"))
    click.echo(f"{rule_.code} ({rule_.severity.value}): {rule_.title}\n")
    click.echo(click.wrap_text(rule_.why, width=88) + "\n")
    if rule_.fix:
        click.echo(click.wrap_text(f"To fix it: {rule_.fix}.", width=88) + "\n")
    click.echo(f"For example:\n\n{example}")
