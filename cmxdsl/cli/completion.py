"""`cmx completion`: commands and options, completed by the shell."""

from __future__ import annotations

from pathlib import Path

import click

from cmxdsl.cli.common import deliver

# Where each shell looks by itself, below the home folder; and what it needs besides.
PLACES = {
    "bash": (".local/share/bash-completion/completions/cmx", "bash-completion reads it when a shell starts"),
    "zsh": (".zfunc/_cmx", "put `fpath+=~/.zfunc; autoload -Uz compinit && compinit` into ~/.zshrc"),
    "fish": (".config/fish/completions/cmx.fish", "fish reads it when a shell starts"),
}


@click.command()
@click.argument("shell", type=click.Choice(list(PLACES)))
@click.option("--install", is_flag=True, help="Write it where the shell looks for it, instead of printing it.")
def completion(shell: str, install: bool) -> None:
    """Write the completion of commands and options for a shell, or install it."""
    from click.shell_completion import get_completion_class

    from cmxdsl.cli.main import cli

    made = get_completion_class(shell)
    assert made is not None
    text = made(cli, {}, "cmx", "_CMX_COMPLETE").source()
    if not install:
        deliver(text, None)
        return
    place, more = PLACES[shell]
    target = Path.home() / place
    target.parent.mkdir(parents=True, exist_ok=True)
    deliver(text, str(target))
    click.echo(f"written to ~/{place}: {more}", err=True)
