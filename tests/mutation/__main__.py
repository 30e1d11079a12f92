"""`python -m tests.mutation`: how many of the changes the tests notice."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import click

from .mutants import Mutant, mutants
from .run import ROOT, Calls, Copy, chosen, files

SCORE = Path(__file__).with_name("score.json")


@click.command()
@click.option("--sample", default=60, show_default=True, help="How many mutants to draw.")
@click.option("--seed", default=1, show_default=True, help="What is drawn follows from it.")
@click.option("--all", "everything", is_flag=True, help="Every mutant: hours.")
@click.option("--only", default="", help="Of files whose path contains this.")
@click.option("--workers", default=2, show_default=True, help="How many run at the same time.")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="A folder that keeps which tests reach what, for the next run."
)
def main(sample: int, seed: int, everything: bool, only: str, workers: int, keep: Path | None) -> None:
    """Change the code, run the tests that reach the change, and count the changes that they notice."""
    folder = (keep or Path(tempfile.mkdtemp(prefix="cmx-mutation-"))).resolve()
    first = Copy(folder / "first")
    if not (first.folder / "reach").exists():
        first = Copy.make(first.folder)
        click.echo("running the tests once, to see what each reaches")
        first.reach(workers)
    calls = first.calls()
    if not calls:
        raise click.ClickException(f"no test reaches anything: look at {first.folder / 'reach'}")
    drawn = [m for file in files() if only in file for m in mutants(ROOT, file)]
    whole = len(drawn)
    if not everything:
        drawn = sorted(random.Random(seed).sample(drawn, min(sample, whole)), key=lambda m: (m.file, m.start))
    survivors = [mutant for mutant, noticed in _tried(drawn, calls, folder, workers) if not noticed]
    killed = len(drawn) - len(survivors)
    click.echo(f"{killed} of {len(drawn)} mutants noticed ({killed / max(1, len(drawn)):.0%}); there are {whole:,}")
    if only:
        return
    words = json.loads(SCORE.read_text(encoding="utf-8"))["survivors"] if SCORE.exists() else {}
    score = {
        "mutants": whole, "seed": None if everything else seed, "tried": len(drawn), "noticed": killed,
        "survivors": {m.key: words.get(m.key, "") for m in survivors},
    }  # fmt: skip
    SCORE.write_text(json.dumps(score, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _tried(drawn: list[Mutant], calls: Calls, folder: Path, workers: int) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant, and whether the tests notice it; several at the same time, each in a copy of its own."""
    copies: SimpleQueue[Copy] = SimpleQueue()
    for k in range(workers):
        copies.put(Copy.make(folder / f"copy{k}"))

    def run(mutant: Mutant) -> bool:
        tests = chosen(calls.get((mutant.file, mutant.function), []))
        if not tests:
            return False  # no test calls the function
        copy = copies.get()
        try:
            return copy.noticed(mutant, tests)
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(workers) as pool:
        for mutant, noticed in zip(drawn, pool.map(run, drawn), strict=True):
            click.echo(f"{'noticed ' if noticed else 'SURVIVED'} {mutant.key}")
            yield mutant, noticed


if __name__ == "__main__":
    main()
