"""`cmx mcp`."""

from __future__ import annotations

from pathlib import Path

import click

from cmxdsl.cli.common import fail


@click.command()
@click.option("--root", type=click.Path(exists=True, file_okay=False), default=".", help="The project's folder.")
@click.option("--allow-write", is_flag=True, help="Let it write designs into that folder, such as have no errors.")
def mcp(root: str, allow_write: bool) -> None:
    """Start a server of the Model Context Protocol on standard input and output, with which a language model checks
    designs, asks them for figures, draws them, and looks up parts, findings and documentation. It reads the project's
    folder and nothing else, and writes nothing unless it is allowed to."""
    try:
        from cmxdsl.agents import server
    except ModuleNotFoundError as error:
        fail(f"the server needs `{error.name}`: pip install 'cmxdsl[mcp]'")
        return
    server(Path(root), allow_write).run("stdio")
