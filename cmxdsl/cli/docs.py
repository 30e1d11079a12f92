"""`cmx docs`: the documentation, without a network."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("topic", required=False)
@click.option("--search", "words", default="", metavar="WORDS", help="List the lines that have these words.")
def docs(topic: str | None, words: str) -> None:
    """Show a page of the documentation as Markdown (`cmx docs language`), or list all pages. `cmx docs llms` is the
    language on two pages, for a model that writes designs."""
    from cmxdsl.diagnostics import nearest, sentence
    from cmxdsl.manual import page, pages, search, title

    if words:
        hits = list(search(words))
        if not hits:
            raise click.UsageError(f"no line of the documentation has `{words}`")
        for hit in hits:
            click.echo(f"{hit.topic}:{hit.line}: {hit.text}")
        return
    if topic is None:
        wide = max(map(len, pages()), default=0)
        for name in pages():
            click.echo(f"{name:<{wide}}  {title(name)}")
        return
    if topic not in pages():
        raise click.UsageError(f"there is no page `{topic}`. {sentence(nearest(topic, pages()).text)}".strip())
    text = page(topic)
    if sys.stdout.isatty():
        click.echo_via_pager(text)
    else:
        click.echo(text, nl=False)
