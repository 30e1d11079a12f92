"""Every command and every output, on one file, in this process."""

from __future__ import annotations

import contextlib
import io
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from cmxdsl.cli import main as cli
from cmxdsl.schema import VIEWS

FORMATS = ("svg", "png")


def every(file: str, folder: Path) -> Iterator[tuple[str, ...]]:
    """The arguments of every command that reads a design."""
    yield ("check", file)
    yield ("check", file, "--format", "json", "--fail-on", "warning")
    for name in ("bom", "summary", "cables", "fabric", "power", "optics", "ir", "expect"):
        yield (name, file)
    for format in ("csv", "json"):
        yield ("bom", file, "--format", format)
    for what in ("schedule", "purchase", "cut", "bundles"):
        yield ("cables", file, "--list", what)
    yield ("report", file, "-o", str(folder / "report.html"))
    yield ("diff", file, file)
    yield ("compare", file, file)
    yield ("fmt", "--check", file)
    yield ("build", file, "-o", str(folder / "build"))
    for view in VIEWS:
        for format in FORMATS:
            yield ("render", file, "--view", view, "--format", format, "-o", str(folder / f"{view}.{format}"))


def warm(folder: Path) -> None:
    """Import what the commands import, so that processes forked from here need not."""
    file = folder / "warm.cmx"
    file.write_text(WARM, encoding="utf-8")
    for arguments in every(str(file), folder):
        run(arguments)
    edited(str(file))


WARM = """
protocol P { plane = scale_out; rate = 1 Gb/s }
chip A { port p[2]: P }
cable C { rate = 400 Gb/s; diameter = 11 mm }
rack R { height = 42 U; a: A }
system S {
    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m }
    r[3]: R
    link r[i].a.p[0] -- r[(i + 1) mod 3].a.p[1] over C
    place r[i] at row 0, col i
}
"""


@frozen
class Ran:
    """How one command ended."""

    arguments: tuple[str, ...]
    status: int | str
    seconds: float
    said: str


def run(arguments: tuple[str, ...]) -> Ran:
    """Run a command as the shell would, its output kept from the terminal."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    start = time.process_time()
    status: int | str | None = None
    before = sys.argv
    sys.argv = ["cmx", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as error:
        status = error.code if error.code is not None else 0
    except BaseException:
        status = traceback.format_exc()
    finally:
        sys.argv = before
    return Ran(arguments, "no end" if status is None else status, time.process_time() - start, err.getvalue())


def edited(file: str) -> None:
    """What an editor asks of the language server at every place of a file."""
    from lsprotocol import types as t

    from cmxdsl.lsp import server

    path = Path(file).resolve()
    uri = path.as_uri()
    text = path.read_text(encoding="utf-8", errors="replace")
    server.workspace.change(path, text)
    here = t.TextDocumentIdentifier(uri)
    lines = text.split("\n")
    places = [t.Position(k, len(line) // 2) for k, line in enumerate(lines)][:: max(1, len(lines) // 20)]
    for position in places:
        server.hover(t.HoverParams(here, position))
        server.definition(t.DefinitionParams(here, position))
        server.completion(t.CompletionParams(here, position))
        server.signature(t.SignatureHelpParams(here, position))
        server.references(t.ReferenceParams(t.ReferenceContext(True), here, position))
    whole = t.Range(t.Position(0, 0), t.Position(len(lines), 0))
    server.document_symbols(t.DocumentSymbolParams(here))
    server.folding(t.FoldingRangeParams(here))
    server.formatting(t.DocumentFormattingParams(here, t.FormattingOptions(4, True)))
    server.inlay_hints(t.InlayHintParams(here, whole))
    server.semantic(t.SemanticTokensParams(here))
    server.code_actions(t.CodeActionParams(here, whole, t.CodeActionContext([])))
