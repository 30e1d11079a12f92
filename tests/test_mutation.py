"""The tool that changes the code: which changes it makes, and that its last score is what the docs say."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .conftest import ROOT
from .mutation.mutants import mutants
from .mutation.run import files


def test_each_change_is_one_expression_of_a_function(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        'LIMIT = 3\n\ndef f(a: int = 1) -> int:\n    """Text."""\n    if a < 2 and not a:\n        raise ValueError("a" + "b")\n'
        "    return max(a, 7) // 2\n"
    )
    found = {(m.function, m.before, m.after) for m in mutants(tmp_path, "m.py")}
    assert found == {
        ("f", "1", "(2)"),
        ("f", "1", "(0)"),
        ("f", "a < 2 and not a", "(a < 2 or not a)"),
        ("f", "a < 2 and not a", "(not a)"),
        ("f", "a < 2 and not a", "(a < 2)"),
        ("f", "a < 2", "(a <= 2)"),
        ("f", "2", "(3)"),
        ("f", "2", "(1)"),
        ("f", "not a", "(a)"),
        ("f", "max(a, 7) // 2", "(max(a, 7) * 2)"),
        ("f", "max(a, 7) // 2", "(max(a, 7))"),
        ("f", "max(a, 7)", "(min(a, 7))"),
        ("f", "7", "(8)"),
        ("f", "7", "(6)"),
    }
    one = next(m for m in mutants(tmp_path, "m.py") if m.before == "max(a, 7)")
    assert b"return (min(a, 7)) // 2" in one.applied((tmp_path / "m.py").read_bytes())


def test_the_files_that_compute_answers_are_changed() -> None:
    assert {Path(f).parts[1] for f in files()} == {"model", "units", "elaborate", "analysis"}
    sample = [m for f in files()[:20] for m in mutants(ROOT, f)]
    assert len({m.key for m in sample}) > 100


def test_the_docs_say_the_last_score() -> None:
    score = json.loads((ROOT / "tests" / "mutation" / "score.json").read_text("utf-8"))
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text("utf-8").split())
    said = re.search(r"noticed ([\d,]+) of ([\d,]+) that were drawn from ([\d,]+)", text)
    assert said is not None
    assert [int(n.replace(",", "")) for n in said.groups()] == [score["noticed"], score["tried"], score["mutants"]]
    assert len(score["survivors"]) <= score["tried"] - score["noticed"] and all(score["survivors"].values())
