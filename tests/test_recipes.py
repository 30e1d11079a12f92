"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

FENCE = re.compile(r"^```\w+ (append|after|new)=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(tree: Path, how: str, file: str, text: str) -> None:
    """Make one edit as its block says."""
    path = tree / file
    if how == "new":
        assert not path.exists(), file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    before = path.read_text(encoding="utf-8")
    if how == "append":
        path.write_text(before + text, encoding="utf-8")
        return
    anchor = text.splitlines(keepends=True)[0]
    assert before.count(anchor) == 1, f"{file}: {anchor!r} stands {before.count(anchor)} times"
    path.write_text(before.replace(anchor, text), encoding="utf-8")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which every recipe was followed, and no file that no recipe names was touched."""
    copy = tmp_path_factory.mktemp("recipes") / "cmx"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "tables.json", "node_modules")
    for name in ("cmxdsl", "grammar", "tests", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in ("pyproject.toml", "CONTRIBUTING.md", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    blocks = FENCE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 10
    for how, file, text in blocks:
        follow(copy, how, file, text)
    return copy


def run(tree: Path, program: str, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program.split(), *arguments],
        cwd=tree,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tree), **env},
    )


CMX = "-m cmxdsl.cli.main"


def test_the_rule_is_found_and_has_its_golden_case(tree: Path) -> None:
    assert "delivers nothing" in run(tree, CMX, "explain", "CMX0790").stdout
    text = "module Psu { power { capacity = 0 W } }\n"
    assert "CMX0790" in run(tree, CMX, "check", "-", stdin=text).stdout
    case = "test_case and CMX0790"
    assert run(tree, "-m pytest -q -n 0 tests/test_cases.py -k", case, CMX_UPDATE="1").returncode == 0
    expected = (tree / "tests/cases/CMX0790-a-power-supply-delivers-nothing/expected.txt").read_text("utf-8")
    assert expected.startswith("error[CMX0790]: `Psu` delivers 0 W")
    assert run(tree, "-m pytest -q -n 0 tests/test_cases.py -k", case).returncode == 0


def test_the_attribute_has_its_unit(tree: Path) -> None:
    found = run(tree, CMX, "ask", "-", "max(vibration) / 1 gn", stdin="chip A { vibration = 2 gn }\n")
    assert found.returncode == 0 and "2" in found.stdout, found
    wrong = run(tree, CMX, "check", "-", stdin="chip A { vibration = 2 m }\n")
    assert "a value of acceleration" in wrong.stdout
    assert "gn" in run(tree, "-c", "from docs.generate import reference; print(reference())").stdout


def test_the_statement_is_read_kept_formatted_and_offered(tree: Path) -> None:
    text = 'chip A {\n caution   "two people lift it"\n}\nboard B { caution: A; b: A }\n'
    program = (
        "import cmxdsl, sys\n"
        "from cmxdsl.syntax import following\n"
        "design = cmxdsl.loads(sys.stdin.read(), top='A')\n"
        "print(design.explain(), design.component.cautions, 'caution' in following('chip A {', ('chip',)))\n"
    )
    found = run(tree, "-c", program, stdin=text)
    assert found.stdout == " ('two people lift it',) True\n", found
    assert '    caution "two people lift it"\n' in run(tree, CMX, "fmt", "-", stdin=text).stdout
    wrong = run(tree, CMX, "check", "-", stdin="chip A { caution 3 }\n")
    assert "CMX0101" in wrong.stdout
    assert (
        "what whoever works on it" in run(tree, "-c", "from docs.generate import reference; print(reference())").stdout
    )


def test_the_function_answers(tree: Path) -> None:
    text = "chip A { }\nboard B { a[2]: A }\nrack R { height = 4 U; b: B }\nrack E { height = 4 U }\nsystem S { r[3]: R; e[5]: E }\n"
    found = run(tree, CMX, "ask", "-", "racks(A)", "--top", "S", stdin=text)
    assert found.returncode == 0 and "3" in found.stdout, found


def test_the_output_writes(tree: Path) -> None:
    text = 'chip A { vendor = "V"; part_number = "N-1" }\nboard B { a[6]: A }\n'
    found = run(tree, CMX, "order", "-", "--format", "csv", "--top", "B", stdin=text)
    assert "V,N-1,6" in found.stdout, found
    (tree / "b.cmx").write_text(text, encoding="utf-8")
    run(tree, CMX, "build", "b.cmx", "--top", "B", "-o", "out")
    assert "V,N-1,6" in (tree / "out" / "order.csv").read_text(encoding="utf-8")


def test_the_part_is_listed(tree: Path) -> None:
    assert "Xeon6980P" in run(tree, CMX, "parts", "6980").stdout


def test_the_house_still_stands(tree: Path) -> None:
    """The contracts of the floors and the tests of the schema hold with all recipes followed."""
    found = run(tree, "-m pytest -q -n 0 tests/test_house.py -k", "floors or rows or grows")
    assert found.returncode == 0, found.stdout[-2000:]
