"""Every snippet of README and docs does what it says."""

from __future__ import annotations

import gzip
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cmxdsl

from .conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def fences(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for match in re.finditer(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S):
            found.append((f"{page.name}:{page.read_text('utf-8').count(chr(10), 0, match.start()) + 1}", match[1]))
    return found


def of_the_dump() -> dict[str, bytes]:
    """The files of the page on comparing: what was meant, the names, and the dump that it speaks of."""
    meant, *_ = [text for place, text in fences("cmx") if place.startswith("verify")]
    (names,) = [text for _, text in fences("text") if "*-IBSPINE-" in text]
    dump = gzip.decompress((ROOT / "tests" / "built" / "topograph.out.gz").read_bytes())
    return {"superpod.cmx": meant.encode(), "names.csv": names.encode(), "fabric.out": dump}


@pytest.mark.parametrize(("place", "text"), fences("cmx"), ids=lambda v: v if len(v) < 40 else "")
def test_cmx_snippets_have_no_errors(place: str, text: str) -> None:
    design = cmxdsl.loads(text, name=place)
    assert design.ok, design.explain()


@pytest.mark.parametrize(("place", "text"), fences("cmx"), ids=lambda v: v if len(v) < 40 else "")
def test_cmx_snippets_fit_the_page(place: str, text: str) -> None:
    assert "README" in place or max(map(len, text.splitlines())) <= 86


def test_the_commands_of_the_docs_run(tmp_path: Path) -> None:
    tutorial = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    (machine,) = [
        m for m in re.findall(r"^```cmx\n(.*?)^```$", tutorial, re.M | re.S) if "system Machine {\n    floor" in m
    ]
    (tmp_path / "machine.cmx").write_text(machine, encoding="utf-8")
    shutil.copytree(ROOT / "designs", tmp_path / "designs")
    for name, text in of_the_dump().items():
        (tmp_path / name).write_bytes(text)
    lines = [line for place, text in fences("sh") if "README" not in place for line in text.splitlines()]
    commands = [shlex.split(line.split("#")[0]) for line in lines if line.startswith("cmx ")]
    assert len(commands) >= 5
    for command in commands:
        run = subprocess.run(
            [sys.executable, "-m", "cmxdsl.cli.main", *command[1:]], cwd=tmp_path, capture_output=True, text=True
        )
        assert run.returncode == (command[1] == "verify"), (command, run.stderr)  # the dump's fabric lacks cables


@pytest.mark.parametrize(("place", "text"), fences("python"), ids=lambda v: v if len(v) < 40 else "")
def test_python_snippets_run(place: str, text: str) -> None:
    subprocess.run([sys.executable, "-c", text], cwd=ROOT, check=True, capture_output=True)


def test_the_readme_supernode_keeps_its_promises() -> None:
    design = cmxdsl.loads(fences("cmx")[0][1])
    assert all(v.holds for v in design.expectations()) and len(design.expectations()) == 2
    assert design.component.links[0].count == 5376


def test_the_readme_message_is_the_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("board.cmx").write_text(cmxdsl.checks.catalogue()["CMX0401"].example)
    (message,) = [text for place, text in fences("text") if place.startswith("README")]
    assert cmxdsl.load("board.cmx").explain() == message.rstrip("\n")


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_made_pages_are_up_to_date() -> None:
    subprocess.run([sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, check=True)
