"""`python -m tests.fuzz --cases N --seed S [--start K] [--keep FOLDER]`: what fails, each kind of failure once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .run import cases


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--keep", type=Path, help="folder for the texts that fail")
    asked = parser.parse_args()
    failed = cases(asked.seed, range(asked.start, asked.start + asked.cases))
    kinds = {f.problem.strip().splitlines()[-1] + f.problem.strip().splitlines()[-3]: f for f in reversed(failed)}
    for kind, one in kinds.items():
        print(f"case {one.case}, {one.output}: {kind}\n{one.problem}")  # noqa: T201
        if asked.keep:
            asked.keep.mkdir(exist_ok=True, parents=True)
            (asked.keep / f"{one.case.replace('/', '-')}.cmx").write_text(one.text, encoding="utf-8")
    print(f"{len(failed)} of {asked.cases} cases failed, in {len(kinds)} ways")  # noqa: T201
    return int(bool(failed))


sys.exit(main())
