"""The commands about owning a machine: what it costs, and what fails."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import click

from cmxdsl.cli.writing import writes


@writes(
    "cost",
    click.option(
        "--years",
        type=click.FloatRange(0, 100, min_open=True),
        default=4,
        show_default=True,
        help="How long it is owned.",
    ),
)
def cost(years: float, format_: str) -> Mapping[str, object]:
    """Write the cost of ownership: purchases by group and what is written off of them each year, energy, building or
    lease, support, people; of an accelerator, an hour, and a PFLOPS for a year. What is not stated is named, and then
    the whole is not known."""
    return {"years": Fraction(str(years))}


@writes(
    "availability",
    click.option(
        "--job",
        "jobs",
        type=click.IntRange(1),
        multiple=True,
        metavar="N",
        help="Accelerators that a job takes, as often as wanted.  [default: all, 1/10, 1/100]",
    ),
    click.option(
        "--level",
        type=click.FloatRange(0.5, 0.999999),
        default=0.99,
        show_default=True,
        help="Probability with which spares are enough until new ones come.",
    ),
    click.option("--seed", type=int, help="Also play each job by chance, from this seed, as a check on the formulas."),
)
def availability(jobs: tuple[int, ...], level: float, seed: int | None, format_: str) -> Mapping[str, object]:
    """Write what fails, how often, and how many accelerators it stops, by the design's own networks, power tree and
    assemblies; how long a job runs between interruptions, how often it should write checkpoints, what share of its
    time counts; how many accelerators are usable; and what spares to keep."""
    return {"jobs": jobs, "level": level, "seed": seed}
