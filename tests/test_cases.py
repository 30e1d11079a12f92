"""Golden cases: for every rule a folder with a file that has just that mistake, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.checks import all_checks, catalogue
from cmxdsl.design import NoDesign
from cmxdsl.diagnostics import render

from .conftest import golden

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(p for p in CASES.iterdir() if p.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    design = cmxdsl.load("input.cmx", root=folder)
    text = design.explain() + "\n"
    if folder.name.startswith("CMX0216"):
        with pytest.raises(NoDesign) as error:
            _ = design.component
        text = render(error.value.diagnostic, design.sources) + "\n"
    golden(folder / "expected.txt", text)
    assert folder.name[:7] in text or not folder.name.startswith("CMX")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name[:7])
def test_every_finding_says_how_to_fix_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert [d for d in cmxdsl.load("input.cmx", root=folder).diagnostics if not d.help] == []


def test_every_rule_has_a_case() -> None:
    beyond_a_file = {"CMX0002", "CMX0226", "CMX0227"}  # tests/test_limits.py, test_packages.py, test_testing.py
    assert {p.name[:7] for p in FOLDERS if p.name.startswith("CMX")} == set(catalogue()) - beyond_a_file


def test_catalogue_is_large_and_its_rules_are_told_apart() -> None:
    rules = catalogue().values()
    assert len(rules) >= 40
    assert len({rule.title for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.code.startswith("CMX") and len(rule.code) == 7
        assert rule.why.endswith(".") and rule.example.endswith("\n")
        assert not rule.title.endswith(".")


def test_every_check_names_rules_of_the_catalogue() -> None:
    known = catalogue()
    for check in all_checks():
        assert all(rule.code in known for rule in check.rules)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code",
    sorted(
        set(catalogue())
        - {"CMX0002", "CMX0207", "CMX0215", "CMX0216", "CMX0219", "CMX0224", "CMX0225", "CMX0226", "CMX0227"}
    ),
)
def test_the_example_of_a_rule_has_its_mistake(code: str, tmp_path: Path) -> None:
    file = tmp_path / "example.cmx"
    file.write_text(catalogue()[code].example, encoding="utf-8")
    assert code in {d.code for d in cmxdsl.load(file, root=tmp_path).diagnostics}
