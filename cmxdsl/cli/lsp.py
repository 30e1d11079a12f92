"""`cmx lsp`."""

from __future__ import annotations

import gc

import click

from cmxdsl.cli.common import fail


@click.command()
def lsp() -> None:
    """Start the language server on standard input and output, as editors expect it."""
    try:
        from cmxdsl.lsp.server import server
    except ModuleNotFoundError as error:
        fail(f"the language server needs `{error.name}`: pip install 'cmxdsl[lsp]'")
        return
    gc.freeze()
    gc.set_threshold(100_000)  # an analysis makes many objects at once, which die together
    server.start_io()
