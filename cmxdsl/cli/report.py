"""`cmx report` and `cmx serve`."""

from __future__ import annotations

import click

from cmxdsl.cli.common import deliver, design_options, load, progress, require_design
from cmxdsl.cli.writing import done


@click.command()
@click.argument("file")
@click.option("-o", "--output", type=click.Path(dir_okay=False), required=True, help="HTML file to write.")
@design_options
def report(file: str, output: str, top: str | None, sets: tuple[str, ...], root: str | None) -> None:
    """Write an interactive report: one HTML file with drill-down diagrams, racks and floor, bill of materials, charts,
    published figures and findings. It loads nothing. A design with errors gives a report of what could be read."""
    from cmxdsl.diagnostics import tally

    design = load(file, top, sets, root)
    if design.ok:
        require_design(design)
    with progress("drawing"):
        text = design.report()
    deliver(text, output)
    if not design.ok:
        click.echo(f"the report has errors on top: {tally(design.diagnostics)}", err=True)
        done(1)


@click.command()
@click.argument("file")
@click.option("--port", type=click.IntRange(0, 65535), default=8384, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@design_options
def serve(file: str, port: int, host: str, top: str | None, sets: tuple[str, ...], root: str | None) -> None:
    """Show the report of FILE in a browser, drawn again within a second of each save; findings stay in sight. Listens
    on this machine only, unless `--host` says otherwise."""
    import threading
    from pathlib import Path

    from watchfiles import watch

    from cmxdsl.cli.common import fail
    from cmxdsl.cli.preview import Preview, server
    from cmxdsl.source import project_root

    if file == "-":
        raise click.UsageError("`cmx serve` follows a file, not standard input")
    preview = Preview(lambda: load(file, top, sets, root))
    try:
        web = server(preview, host, port)
    except (OSError, OverflowError) as error:
        fail(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}; `--port 0` takes a free one"
        )
        return
    if host not in ("127.0.0.1", "localhost", "::1"):
        click.echo(f"warning: everybody who reaches {host} can read this design", err=True)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    click.echo(f"http://{host}:{web.server_port}/  (Ctrl-C ends it)")
    folder = Path(root) if root is not None else project_root(Path(file))
    try:
        for _ in watch(folder, watch_filter=lambda _, path: path.endswith(".cmx"), step=50, debounce=200):
            preview.reload()
    finally:
        web.shutdown()
