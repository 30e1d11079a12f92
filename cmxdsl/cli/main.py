"""The entry point: exit 0 clean, 1 findings, 2 wrong usage, 3 the tool's own failure."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from keyword import iskeyword

import click

import cmxdsl
from cmxdsl.limits import LimitExceeded

CLEAN, FINDINGS, USAGE, FAILURE = 0, 1, 2, 3

# Each command lives in a module that is imported when the command is used.
_COMMANDS = {
    "check": ("check", "Check designs and say what is wrong, where and how to fix it."),
    "test": ("test", "Run the tests of parts."),
    "render": ("render", "Draw a diagram."),
    "bom": ("outputs", "Write the bill of materials."),
    "summary": ("outputs", "Write the performance and power summary."),
    "ask": ("ask", "Answer any expression about a design, with unit and coverage."),
    "fabric": ("physical", "Write what a network plane can do: hops, bisection, oversubscription."),
    "collective": ("collective", "Write how long collectives take over the fabric, and what nccl-tests should show."),
    "cables": ("physical", "Write the cable schedule, and what to buy, cut and bundle."),
    "optics": ("physical", "Write the power budgets of the optical links."),
    "power": ("physical", "Write the power tree, what a failure takes with it, and the heat."),
    "cost": ("owning", "Write the cost of ownership: purchase, energy, housing, upkeep."),
    "availability": ("owning", "Write what fails, what it stops, and how jobs fare."),
    "perf": ("physical", "Write how the machine works: step time, utilisation, tokens a second, memory, energy."),
    "study": ("study", "Ask a design for many values of its parameters, and show the best."),
    "expect": ("outputs", "Compare published figures with derived values; of one file, or of a whole gallery."),
    "sources": ("sources", "List what designs cite, and the share of primary sources."),
    "report": ("report", "Write an interactive report: one HTML file."),
    "compare": ("compare", "Put systems side by side, with ratios."),
    "diff": ("compare", "Say what a change of a design means."),
    "serve": ("report", "Show the report in a browser, and again at each save."),
    "export": ("export", "Write it for other tools: graphs, tables, InfiniBand, Slurm, simulators, a hardware BOM."),
    "import": ("importing", "Write as cmx what stands or what others describe: fabrics, nodes, device types."),
    "verify": ("verify", "Compare what was built with what was meant: dumps of the machine against the design."),
    "parts": ("parts", "List the library's parts, or put some side by side."),
    "lock": ("lock", "Write down the version and hash of every library file that a project may read."),
    "ir": ("outputs", "Write the elaborated design as JSON."),
    "build": ("outputs", "Write everything at once into a folder."),
    "fmt": ("fmt", "Format files in the one canonical style."),
    "new": ("project", "Make a small project to start from."),
    "doctor": ("project", "Say what is in use, and prove that it works."),
    "lsp": ("lsp", "Start the language server, for editors."),
    "completion": ("completion", "Write or install the completion of a shell."),
    "docs": ("docs", "Show the documentation, or search it, without a network."),
    "mcp": ("mcp", "Start a server for language models (Model Context Protocol)."),
    "explain": ("explain", "Explain a finding's code, or list all of them."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return _written(cmd_name)
        module = import_module(f"cmxdsl.cli.{_COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from cmxdsl.diagnostics import nearest, sentence

        strange = args and not args[0].startswith("-") and not ctx.resilient_parsing  # a shell asks about half a word
        if strange and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(
                f"no such command `{args[0]}`. {sentence(nearest(args[0], _COMMANDS).text)}".strip(), ctx
            )
        return super().resolve_command(ctx, args)


def _written(name: str) -> click.Command | None:
    """The command of a writer that has no options, ours or another distribution's."""
    from cmxdsl.outputs.writers import writers

    found, _ = writers()
    if name not in found:
        return None
    from cmxdsl.cli.writing import plain_command

    return plain_command(found[name])


GUIDE = """cmx: an AI supercomputer as one text, from chip to floor; the rest is derived.

  cmx new machine             a small project to start from
  cmx check machine           is it right? each mistake, with its fix
  cmx render F -o F.svg       draw it: networks, racks, floor (--view)
  cmx summary F               compute, memory, bandwidth, power, price
  cmx ask F 'count(chip)'     any figure, with its unit
  cmx report F -o F.html      everything on one page
  cmx completion bash --install

`cmx --help` lists all commands, `cmx COMMAND --help` explains one.
"""


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(cmxdsl.__version__, prog_name="cmx")
@click.pass_context
def cli(context: click.Context) -> None:
    """cmx: describe an AI supercomputer once, from chip to floor; check it, draw it, count it, sum it up."""
    if context.invoked_subcommand is None:
        click.echo(GUIDE, nl=False)


def main() -> None:
    """Run, and turn what goes wrong in the tool itself into one line and exit status 3."""
    gc.set_threshold(100_000)  # a short run makes many objects that live to its end
    try:
        result = cli.main(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else CLEAN)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(CLEAN)
    except LimitExceeded as error:
        click.echo(f"cmx: not decided (CMX0004): {error}", err=True)
        sys.exit(FINDINGS)
    except MemoryError:
        click.echo("cmx: out of memory", err=True)
        sys.exit(FAILURE)
    except Exception as error:
        _crash(error)


def _crash(error: Exception) -> None:
    """An exception that got this far is a bug in cmx: name it, and where the details are."""
    import os
    import traceback

    if os.environ.get("CMX_TRACEBACK"):
        traceback.print_exc()
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename.rpartition('cmxdsl/')[2]}:{last.lineno}"
    click.echo(
        f"cmx: internal error: {type(error).__name__}: {error} ({where})\n"
        "This is a bug in cmx, not in your file. CMX_TRACEBACK=1 shows the details for a report.",
        err=True,
    )
    sys.exit(FAILURE)


if __name__ == "__main__":
    main()
