"""`python -m tests.mutation`: how many of the changes the tests notice."""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
@click.option("--seconds", default=30.0, show_default=True, help="Of tests that one mutant is held against.")
@click.option("--keep", type=click.Path(path_type=Path), help="A folder to go on from, and to leave what is found in.")
def main(sample: int, seed: int, everything: bool, only: str, workers: int, seconds: float, keep: Path | None) -> None:
    """Change the code, run the tests that reach the change, and count the changes that they notice."""
    folder = (keep or Path(tempfile.mkdtemp(prefix="cmx-mutation-"))).resolve()
    first = Copy(folder / "first")
    if not first.folder.exists():
        first = Copy.make(first.folder)
    for name in first.reach():
        click.echo(f"reached by {name}")
    calls = first.calls()
    if not calls:
        raise click.ClickException(f"no test reaches anything: look at {first.folder / 'reach'}")
    drawn = [m for file in files() if only in file for m in mutants(ROOT, file)]
    whole = len(drawn)
    if not everything:
        drawn = random.Random(seed).sample(drawn, min(sample, whole))
    survivors, tried = [], 0
    for mutant, noticed in _tried(drawn, calls, folder, workers, seconds):
        tried += 1
        survivors += [] if noticed else [mutant]
        if not only:
            _keep(Score(whole, None if everything else seed, len(drawn), tried, survivors))
    killed = tried - len(survivors)
    click.echo(f"{killed} of {tried} mutants noticed ({killed / max(1, tried):.0%}); there are {whole:,}")


@dataclass(frozen=True)
class Score:
    """How far a run has come: `tried` of the `drawn` mutants of all, and those that no test noticed."""

    whole: int
    seed: int | None
    drawn: int
    tried: int
    survivors: list[Mutant]


def _keep(score: Score) -> None:
    words = json.loads(SCORE.read_text(encoding="utf-8"))["survivors"] if SCORE.exists() else {}
    content = {
        "mutants": score.whole,
        "seed": score.seed,
        "drawn": score.drawn,
        "tried": score.tried,
        "noticed": score.tried - len(score.survivors),
        "survivors": {m.key: words.get(m.key, "") for m in sorted(score.survivors, key=lambda m: (m.file, m.start))},
    }
    SCORE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _tried(
    drawn: list[Mutant], calls: Calls, folder: Path, workers: int, seconds: float
) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant, and whether the tests notice it; several at the same time, each in a copy of its own."""
    kept = folder / "outcomes.jsonl"
    known: dict[str, bool] = {}
    if kept.exists():
        known = {e["mutant"]: e["noticed"] for e in map(json.loads, kept.read_text(encoding="utf-8").splitlines())}
    copies: SimpleQueue[Copy] = SimpleQueue()
    for k in range(workers):
        copies.put(Copy.make(folder / f"copy{k}"))

    def run(mutant: Mutant) -> bool:
        if known.get(_mark(mutant)):
            return True
        tests = chosen(calls.get((mutant.file, mutant.function), []), seconds)
        if not tests:
            return False  # no test calls the function
        copy = copies.get()
        try:
            return copy.noticed(mutant, tests)
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(workers) as pool, kept.open("a", encoding="utf-8") as out:
        for mutant, noticed in zip(drawn, pool.map(run, drawn), strict=True):
            if _mark(mutant) not in known:
                out.write(json.dumps({"mutant": _mark(mutant), "noticed": noticed}) + "\n")
                out.flush()
            click.echo(f"{'noticed ' if noticed else 'SURVIVED'} {mutant.key}")
            yield mutant, noticed


def _mark(mutant: Mutant) -> str:
    """Tells a mutant of this very text from all others. A survivor is tried again, since there may be a new test."""
    text = hashlib.blake2b((ROOT / mutant.file).read_bytes(), digest_size=8).hexdigest()
    return f"{mutant.file}@{text}:{mutant.start}-{mutant.end}:{mutant.after}"


if __name__ == "__main__":
    main()
