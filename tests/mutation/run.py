"""A copy of the package to change, and tests run against it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .mutants import Mutant
from .reach import OUT, PACKAGE

ROOT = Path(__file__).parents[2]
PARTS = ("model", "units", "elaborate", "analysis")
LEFT_OUT = (
    "test_docs.py",
    "test_lsp.py",
    "test_preview.py",
    "test_project.py",
    "test_house.py",
    "test_incremental.py",
    "test_fuzz.py",
    "test_recipes.py",
)
MOST_TESTS = 80
DESIGNS = "100"  # random ones in a test that draws them
SLOWER = 6  # how much longer a test may take than it did; a mutant that hangs is one that is noticed

Calls = dict[tuple[str, str], list[tuple[float, str]]]


@dataclass
class Copy:
    """A folder with a package of its own, so that several can be changed at the same time."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Copy:
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("cmxdsl", "grammar"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        copy = cls(folder)
        found = copy.python("-c", "import cmxdsl; print(cmxdsl.__file__)", seconds=60).stdout
        assert found.startswith(str(folder)), f"tests would run against {found}"
        return copy

    def python(self, *arguments: str, seconds: float, **env: str) -> subprocess.CompletedProcess[str]:
        """Python with this copy of the package. Raises subprocess.TimeoutExpired."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env={
                **os.environ,
                "PYTHONSAFEPATH": "1",
                "PYTHONPATH": str(self.folder),
                "PYTHONDONTWRITEBYTECODE": "1",
                "CI": "1",
                **env,
            },
        )

    def reach(self) -> Iterator[str]:
        """Run the tests and note which of them call which functions: one file of tests after the other, each of them
        named when it is done. Those that were done before are not run again."""
        for path in sorted((ROOT / "tests").glob("test_*.py")):
            out = self.folder / "reach" / path.stem
            if path.name in LEFT_OUT or out.exists():
                continue
            part = out.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            env = {
                OUT: str(part),
                PACKAGE: str(self.folder / "cmxdsl"),
                "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}",
            }
            self.python(
                "-m",
                "pytest",
                "-p",
                "tests.mutation.reach",
                "-n",
                "0",
                "-q",
                "--designs",
                DESIGNS,
                "-k",
                "not watch",
                str(path),
                seconds=7200,
                **env,
            )
            part.rename(out)
            yield path.name

    def tests(self) -> set[str]:
        """The tests that there are now."""
        done = self.python(
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-o",
            "addopts=--import-mode=importlib",
            "--designs",
            DESIGNS,
            "tests",
            seconds=1200,
        )
        return {line for line in done.stdout.splitlines() if "::" in line}

    def calls(self) -> Calls:
        """By file and function, the tests that call it, the quickest first; those that are gone left out."""
        there = self.tests()
        found: Calls = defaultdict(list)
        for path in sorted((self.folder / "reach").rglob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                for file, function in entry["calls"] if entry["test"] in there else ():
                    found[f"cmxdsl/{file}", function].append((entry["seconds"], entry["test"]))
        return {key: sorted(tests) for key, tests in found.items()}

    def noticed(self, mutant: Mutant, tests: list[tuple[float, str]]) -> bool:
        """Whether one of the tests fails, or does not end, with the mutant in place."""
        path = self.folder / mutant.file
        before = path.read_bytes()
        path.write_bytes(mutant.applied(before))
        try:
            seconds = 30 + SLOWER * sum(s for s, _ in tests)
            done = self.python(
                "-m",
                "pytest",
                "-x",
                "-n",
                "0",
                "-q",
                "-p",
                "no:cacheprovider",
                "--designs",
                DESIGNS,
                *(t for _, t in tests),
                seconds=seconds,
            )
        except subprocess.TimeoutExpired:
            return True
        finally:
            path.write_bytes(before)
        expected = done.returncode in (0, 1, 2, 3) or done.returncode < 0 or "ERROR collecting" in done.stdout
        assert expected, f"pytest ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.returncode != 0


def chosen(tests: list[tuple[float, str]], seconds: float) -> list[tuple[float, str]]:
    """The quickest tests of each file in turn, until so much of their own time is used up."""
    by_file: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for test in tests:
        by_file[test[1].split("::")[0]].append(test)
    found: list[tuple[float, str]] = []
    used = 0.0
    for test in _in_turn(list(by_file.values())):
        if len(found) == MOST_TESTS or (used + test[0] > seconds and found):
            continue
        found.append(test)
        used += test[0]
    return found


def _in_turn(lists: list[list[tuple[float, str]]]) -> Iterator[tuple[float, str]]:
    for k in range(max(map(len, lists), default=0)):
        yield from sorted(tests[k] for tests in lists if k < len(tests))


def files() -> list[str]:
    return [str(p.relative_to(ROOT)) for part in PARTS for p in sorted((ROOT / "cmxdsl" / part).rglob("*.py"))]
