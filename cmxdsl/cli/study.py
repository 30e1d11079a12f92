"""`cmx study`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmxdsl.cli.common import F, deliver, design_options, load, parameters, require_design
from cmxdsl.cli.together import processors, rate
from cmxdsl.cli.writing import done, format_option, look, output_option

if TYPE_CHECKING:
    from cmxdsl.outputs.registry import Written
    from cmxdsl.studies.tables import Results


def _lines(name: str, help: str) -> Callable[[F], F]:
    return click.option(f"--{name}", multiple=True, metavar="EXPRESSION", help=help)


@click.command()
@click.argument("file")
@click.argument("name", required=False, default="")
@click.option(
    "--vary",
    multiple=True,
    metavar="PARAM=VALUES",
    help="Without NAME: what varies: `racks=4..16 step 4`, `chip=[H100, B200]`.",
)
@_lines("report", "A figure to show of each point.")
@_lines("keep", "A condition that a point must hold.")
@_lines("minimize", "A figure that is to be small; with several goals the Pareto front is shown.")
@_lines("maximize", "A figure that is to be large.")
@click.option("--random", "random_", type=click.IntRange(1), metavar="N", help="Only N points, drawn at random.")
@click.option("--latin", type=click.IntRange(1), metavar="N", help="Only N points, of a Latin hypercube.")
@click.option(
    "--search",
    "search_",
    type=click.IntRange(1),
    metavar="N",
    help="Only N points, chosen by Optuna as results come (extra `search`).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of what is drawn at random.")
@click.option("--limit", type=click.IntRange(1), default=1_000_000, show_default=True, help="Most points to look at.")
@click.option("--best", type=click.IntRange(1), default=10, show_default=True, help="Points to show.")
@click.option(
    "--view",
    type=click.Choice(["pareto", "tornado", "parallel"]),
    help="With a picture: the front of two goals, what each parameter does, or all points along parallel axes.",
)
@click.option("--jobs", type=click.IntRange(1), help="Processes to work in.  [default: one for each processor]")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster to work on: `tcp://10.0.0.1:8786`.")
@click.option(
    "--store",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Keep all results in an SQLite file; an interrupted study goes on where it stopped.",
)
@format_option("table", "markdown", "csv", "json", "parquet", "svg", "png", "pdf")
@output_option
@design_options
def study(
    file: str,
    name: str,
    vary: tuple[str, ...],
    report: tuple[str, ...],
    keep: tuple[str, ...],
    minimize: tuple[str, ...],
    maximize: tuple[str, ...],
    random_: int | None,
    latin: int | None,
    search_: int | None,
    seed: int,
    limit: int,
    best: int,
    view: str | None,
    jobs: int | None,
    scheduler: str | None,
    store: str | None,
    format_: str,
    output: str | None,
    top: str | None,
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Ask a design for many values of its parameters, and show the best. NAME is a `study` of the design; without one,
    `--vary`, `--report`, `--keep`, `--minimize` and `--maximize` say what to ask. A point that breaks a rule or a
    requirement is not feasible, and it is counted why."""
    from cmxdsl.outputs.registry import Unwritable
    from cmxdsl.studies.plan import StudyFault, many_of, points
    from cmxdsl.studies.planning import Lines, plan_of, with_study
    from cmxdsl.studies.run import cluster, processes, run
    from cmxdsl.studies.search import search
    from cmxdsl.studies.store import Store
    from cmxdsl.studies.tables import Results

    if view and format_ not in ("svg", "png", "pdf"):
        raise click.UsageError("`--view` is about a picture: add `--format svg`, `png` or `pdf`")
    lines = Lines(vary, keep, report, minimize, maximize)
    if name and lines != Lines():
        raise click.UsageError("give the NAME of a study, or its lines as options, not both")
    if file == "-":
        raise click.UsageError("a study reads its file again in each process: it takes no standard input")
    sampling, count = _sampling(random=random_, latin=latin, search=search_)
    design = load(file, top, sets, root)
    status = require_design(design)
    given = parameters(sets)
    try:
        if lines != Lines():
            design = with_study(design, file, root, given, lines)
            done(require_design(design))
        plan = plan_of(
            design,
            file,
            root,
            given,
            name if lines == Lines() else "asked",
            sampling=sampling,
            count=count,
            seed=seed,
        )
        size = many_of(plan, limit)
        pool = cluster(scheduler) if scheduler else processes(jobs or min(processors(), 1 + size // 50))
        kept = Store(Path(store)) if store else None
        with rate("points", size) as done_:

            def told(so_far: int, _: int) -> None:
                done_(so_far)

            if sampling == "search":
                outcomes = search(plan, pool, kept, told)
            else:
                outcomes = run(plan, points(plan, limit), pool, kept, told)
        found = Results(plan, tuple(outcomes))
        deliver(_written(found, format_, view or "", best, output), output)
    except (StudyFault, Unwritable) as error:
        raise click.UsageError(str(error)) from None
    done(status)


def _sampling(**ways: int | None) -> tuple[str, int]:
    """How points are chosen, and how many."""
    chosen = {way: many for way, many in ways.items() if many}
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(f'`--{way}`' for way in chosen)} choose points in two ways: give one")
    return next(iter(chosen.items()), ("grid", 0))


def _written(found: Results, format_: str, view: str, best: int, output: str | None) -> Written:
    from cmxdsl.studies.pictures import draw
    from cmxdsl.studies.tables import study_parquet, write_study

    if format_ in ("svg", "png", "pdf"):
        return draw(found, view).as_format(format_)
    if format_ == "parquet":
        return study_parquet(found)
    return write_study(found, format_, best, **look(output))  # type: ignore[arg-type]
