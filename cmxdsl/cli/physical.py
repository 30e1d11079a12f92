"""The commands about networks, and about what is laid, lit and fed."""

from __future__ import annotations

import click

from cmxdsl.cli.common import deliver, design_options, fail, load, require_design
from cmxdsl.cli.outputs import done, format_option, look, output_option


@click.command()
@click.argument("file")
@click.option("--list", "what", type=click.Choice(["summary", "schedule", "purchase", "cut", "bundles"]),
              help="Which list to write.  [default: summary]")  # fmt: skip
@click.option("--touching", default="", metavar="PATH",
              help="Of the schedule, only cables with an end in a rack or device: `compute[3]`.")  # fmt: skip
@format_option("table", "csv", "json", "xlsx", "p2p")
@output_option
@design_options
def cables(
    file: str, what: str | None, touching: str, format_: str, output: str | None, top: str | None,
    sets: tuple[str, ...], root: str | None,
) -> None:  # fmt: skip
    """Write the cable schedule: each cable with its ends, route and stocked length; or what to buy, what to cut, and
    what runs together. `--format p2p` is the point-to-point workbook that cable validation tools read."""
    from cmxdsl.analysis.physical.touching import NoSuchPath
    from cmxdsl.outputs.tables.cables import CableFault, write_cables

    if touching and (what not in (None, "schedule") or format_ == "p2p"):
        raise click.UsageError("`--touching` is about the schedule: leave the other list out")
    listed = "schedule" if touching else what or "summary"
    design = load(file, top, sets, root)
    status = require_design(design)
    try:
        written = write_cables(design.subject, listed, format_, touching=touching, **look(output))  # type: ignore[arg-type]
        deliver(written, output)
    except NoSuchPath as error:
        raise click.UsageError(str(error)) from None
    except CableFault as error:
        raise click.UsageError(str(error)) from None
    done(status)


@click.command()
@click.argument("file")
@format_option("table", "json")
@output_option
@design_options
def optics(
    file: str, format_: str, output: str | None, top: str | None, sets: tuple[str, ...], root: str | None
) -> None:  # fmt: skip
    """Write the power budget of every optical link: launch power, losses on the way, receiver sensitivity, margin."""
    from cmxdsl.outputs.tables.optics import write_optics

    design = load(file, top, sets, root)
    status = require_design(design)
    deliver(write_optics(design.subject, format_, **look(output)), output)  # type: ignore[arg-type]
    done(status)


@click.command()
@click.argument("file")
@click.option("--load", "which", type=click.Choice(["peak", "typical"]), default="peak", show_default=True,
              help="Which power the parts draw.")  # fmt: skip
@format_option("table", "json")
@output_option
@design_options
def power(
    file: str, which: str, format_: str, output: str | None, top: str | None, sets: tuple[str, ...], root: str | None
) -> None:  # fmt: skip
    """Write the power tree: load, headroom and loss of each device, phase balance, what a failure takes with it, PUE;
    and the heat of each rack to air and liquid."""
    from cmxdsl.analysis.power.feeds import PowerLoop
    from cmxdsl.outputs.tables.power import write_power

    design = load(file, top, sets, root)
    status = require_design(design)
    try:
        deliver(write_power(design.subject, which, format_, **look(output)), output)  # type: ignore[arg-type]
    except PowerLoop as error:
        fail(f"`{error}` feeds itself: its power plane has a loop")
    done(status)


@click.command()
@click.argument("file")
@click.option("--plane", default="", help="The plane to answer for: scale_up, scale_out, … (all networks).")
@click.option("--pairs", type=click.IntRange(1), metavar="N", help="Only which endpoints are N links apart.")
@click.option("--free", is_flag=True, help="Only which ports have no link, by array and device.")
@click.option("--failures", type=click.IntRange(1, 2),
              help="How much of throughput and bisection one failure leaves; 2: any two at once, too.")  # fmt: skip
@click.option("--among", default="", metavar="PART",
              help="The endpoints to ask about: a path, a part or a kind (accelerators, else all).")  # fmt: skip
@format_option("table", "json")
@output_option
@design_options
def fabric(
    file: str, plane: str, pairs: int | None, free: bool, failures: int | None, among: str, format_: str,
    output: str | None, top: str | None, sets: tuple[str, ...], root: str | None,
) -> None:  # fmt: skip
    """Write what a network can do, exactly: tiers and radix, hop distribution, all-to-all rate, bisection,
    oversubscription, and what failures take with them."""
    from cmxdsl.analysis.network.ends import NoEndpoint
    from cmxdsl.outputs.tables.fabric import NoPlane, write_fabric
    from cmxdsl.outputs.tables.fabric_lists import write_free, write_pairs

    if pairs is not None and free:
        raise click.UsageError("`--pairs` and `--free` are two lists: ask for one")
    if among and free:
        raise click.UsageError("`--among` is about endpoints, and all ports are counted: leave it out with `--free`")
    design = load(file, top, sets, root)
    status = require_design(design)
    subject, shown = design.subject, look(output)
    try:
        if pairs is not None:
            text = write_pairs(subject, plane, pairs, format_, **shown, among=among)  # type: ignore[arg-type]
        elif free:
            text = write_free(subject, plane, format_, **shown)  # type: ignore[arg-type]
        else:
            text = write_fabric(subject, plane, format_, **shown, together=failures or 0, among=among)  # type: ignore[arg-type]
        deliver(text, output)
    except (NoPlane, NoEndpoint) as error:
        raise click.UsageError(str(error)) from None
    done(status)
