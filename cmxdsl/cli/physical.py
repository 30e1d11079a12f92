"""The commands about networks, and about what is laid, lit and fed."""

from __future__ import annotations

from collections.abc import Mapping

import click

from cmxdsl.cli.writing import writes


@writes(
    "cables",
    click.option(
        "--list",
        "what",
        type=click.Choice(["summary", "schedule", "purchase", "cut", "bundles"]),
        help="Which list to write.  [default: summary]",
    ),
    click.option(
        "--touching",
        default="",
        metavar="PATH",
        help="Of the schedule, only cables with an end in a rack or device: `compute[3]`.",
    ),
)
def cables(what: str | None, touching: str, format_: str) -> Mapping[str, object]:
    """Write the cable schedule: each cable with its ends, route and stocked length; or what to buy, what to cut, and
    what runs together. `--format p2p` is the point-to-point workbook that cable validation tools read."""
    if touching and (what not in (None, "schedule") or format_ == "p2p"):
        raise click.UsageError("`--touching` is about the schedule: leave the other list out")
    return {"what": "schedule" if touching else what or "summary", "touching": touching}


@writes("optics")
def optics(format_: str) -> Mapping[str, object]:
    """Write the power budget of every optical link: launch power, losses on the way, receiver sensitivity, margin."""
    return {}


@writes(
    "perf",
    click.option("--run", default="", metavar="NAME", help="The run to answer for (all of the design's)."),
    click.option(
        "--view",
        type=click.Choice(["parts", "roofline", "timeline", "curve"]),
        default="parts",
        show_default=True,
        help="With `--format svg`: where time goes, operations under the roofline, a step's timeline, or how fast each "
        "token comes against how many do.",
    ),
    click.option(
        "--search",
        is_flag=True,
        help="Try every split of a training over its chips: tensor, pipeline, data, expert ranks, micro-batch, chunks.",
    ),
    click.option(
        "--best", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many a search lists."
    ),
)
def perf(run: str, view: str, search: bool, best: int, format_: str) -> Mapping[str, object]:
    """Write how the machine works: the time of a step of training or of a token served and where it goes, utilisation,
    memory, energy. With `--search`, which split of the same chips would be faster, and its text."""
    return {"run": run, "view": view, "search": best if search else 0}


@writes(
    "power",
    click.option(
        "--load",
        type=click.Choice(["peak", "typical"]),
        default="peak",
        show_default=True,
        help="Which power the parts draw.",
    ),
)
def power(load: str, format_: str) -> Mapping[str, object]:
    """Write the power tree: load, headroom and loss of each device, phase balance, what a failure takes with it, PUE;
    and the heat of each rack to air and liquid."""
    return {"load": load}


@writes(
    "fabric",
    click.option("--plane", default="", help="The plane to answer for: scale_up, scale_out, … (all networks)."),
    click.option("--pairs", type=click.IntRange(1), metavar="N", help="Only which endpoints are N links apart."),
    click.option("--free", is_flag=True, help="Only which ports have no link, by array and device."),
    click.option(
        "--failures",
        type=click.IntRange(1, 2),
        help="How much of throughput and bisection one failure leaves; 2: any two at once, too.",
    ),
    click.option(
        "--among",
        default="",
        metavar="PART",
        help="The endpoints to ask about: a path, a part or a kind (accelerators, else all).",
    ),
)
def fabric(
    plane: str, pairs: int | None, free: bool, failures: int | None, among: str, format_: str
) -> Mapping[str, object]:
    """Write what a network can do, exactly: tiers and radix, hop distribution, all-to-all rate, bisection,
    oversubscription, and what failures take with them."""
    if pairs is not None and free:
        raise click.UsageError("`--pairs` and `--free` are two lists: ask for one")
    if among and free:
        raise click.UsageError("`--among` is about endpoints, and all ports are counted: leave it out with `--free`")
    return {"plane": plane, "pairs": pairs, "free": free, "failures": failures or 0, "among": among}
