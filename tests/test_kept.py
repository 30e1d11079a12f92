"""What a check found is taken from an earlier run only where nothing changed that it depends on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from cmxdsl.cli import kept
from cmxdsl.cli.common import load

PART = 'chip A {{ memory {{ capacity = {size} Gb from "its maker" }} }}\n'
MAIN = 'use "part.cmx"\nboard Top(n: count = 4) {\n    a[n]: A\n}\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "cache"))
    kept._folder.cache_clear()
    project = tmp_path / "project"
    project.mkdir()
    (project / "cmx.toml").write_text("")
    (project / "part.cmx").write_text(PART.format(size=3))
    (project / "top.cmx").write_text(MAIN)
    monkeypatch.chdir(project)
    return project / "top.cmx"


def asked(file: str = "top.cmx", *sets: str) -> kept.Asked:
    return (file, None, sets, None, False)


def checked(question: kept.Asked) -> kept.Found | None:
    kept.keep(question, load(*question))
    return kept.recall(question)


def entry(folder: Path) -> Path:
    (found,) = (folder / "cache" / "checks").iterdir()
    return found


def test_what_is_recalled_is_what_was_found(file: Path) -> None:
    found = checked(asked())
    design = load(*asked())
    assert found is not None and found[0] == design.diagnostics and len(found[0]) == 1
    assert [(s.file, s.text) for s in found[1]] == [("part.cmx", PART.format(size=3))]


def test_every_design_comes_back_whole(file: Path) -> None:
    designs = Path(__file__).parents[1] / "designs"
    for name in ("cloudmatrix384", "gb200_nvl72", "two_racks"):
        question = asked(str(designs / f"{name}.cmx"))
        found = checked(question)
        assert found is not None and found[0] == load(*question).diagnostics


def test_a_changed_text_is_checked_again(file: Path) -> None:
    assert checked(asked()) is not None
    (file.parent / "part.cmx").write_text(PART.replace("Gb", "GB").format(size=3))
    assert kept.recall(asked()) is None
    found = checked(asked())
    assert found is not None and not found[0]
    (file.parent / "part.cmx").write_text(PART.format(size=3))  # as long, and perhaps of the same second
    assert kept.recall(asked()) is None


def test_another_question_is_another_entry(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked(asked()) is not None
    assert kept.recall(("top.cmx", "Top", (), None, False)) is None
    assert kept.recall(("top.cmx", None, ("n=1",), None, False)) is None
    assert kept.recall(("top.cmx", None, (), ".", False)) is None
    assert kept.recall((str(file), None, (), None, False)) is None  # findings name the file otherwise
    monkeypatch.setattr(kept, "_tool", lambda: "another version")
    assert kept.recall(asked()) is None


def test_what_depends_on_more_than_the_texts_is_not_kept(file: Path) -> None:
    file.write_text(MAIN.replace("a[n]: A", "a[n]: B"))  # an error
    assert checked(asked()) is None
    file.write_text('use "absent.cmx"\n' + MAIN)
    assert checked(asked()) is None
    file.write_text(MAIN)
    assert checked(("top.cmx", None, (), None, True)) is None
    assert kept.recall(asked("-")) is None


def test_a_root_that_came_nearer_counts(file: Path) -> None:
    (file.parent / "cmx.toml").unlink()
    (file.parent.parent / "cmx.toml").write_text("")
    assert checked(asked()) is not None
    (file.parent / "cmx.toml").write_text("")
    assert kept.recall(asked()) is None


def test_a_link_that_leads_elsewhere_counts(file: Path) -> None:
    part = file.parent / "part.cmx"
    for name in ("one.cmx", "two.cmx"):
        (file.parent / name).write_text(PART.format(size=3))
    part.unlink()
    part.symlink_to("one.cmx")
    checked(asked())
    first = kept.recall(asked())
    part.unlink()
    part.symlink_to("two.cmx")
    assert first is not None and kept.recall(asked()) is None
    part.unlink()
    os.mkfifo(part)  # nothing waits for a writer
    assert kept.recall(asked()) is None


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _forged(data: bytes) -> bytes:
    body = json.dumps({"root": "/", "files": {}, "found": "?"}).encode()
    return sha256(body).hexdigest().encode() + b"\n" + body


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": _cut,
    "empty": lambda data: b"",
    "a letter": lambda data: data.replace(b"in bits", b"in bats"),
    "not JSON": lambda data: sha256(b"[").hexdigest().encode() + b"\n[",
    "of another form": lambda data: sha256(b"[]").hexdigest().encode() + b"\n[]",
    "forged": _forged,
    "huge": lambda data: data + b" " * 2 * kept.MAX_BYTES,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_entry_is_as_good_as_none(file: Path, tmp_path: Path, name: str) -> None:
    checked(asked())
    path = entry(tmp_path)
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    assert kept.recall(asked()) is None
    assert checked(asked()) is not None


def test_an_entry_that_others_can_write_is_not_believed(file: Path, tmp_path: Path) -> None:
    checked(asked())
    entry(tmp_path).chmod(0o666)
    assert kept.recall(asked()) is None


def test_old_entries_make_room(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_ENTRIES", 4)
    for number in range(9):
        file.write_text(f"{MAIN}let n = {number}\n")
        checked(asked("top.cmx", f"n={number}") if number % 2 else asked())
        assert len(list((tmp_path / "cache" / "checks").iterdir())) <= 4


def run(*args: str, folder: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, kept.FOLDER: folder}
    return subprocess.run(
        [sys.executable, "-m", "cmxdsl.cli.main", "check", *args], capture_output=True, text=True, env=environment
    )


def test_the_command_says_the_same_again(file: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "cache")
    first = run("top.cmx", "--no-cache", folder=folder)
    assert not (tmp_path / "cache").exists()
    again = [run("top.cmx", folder=folder) for _ in range(2)]
    assert {r.stdout for r in again} == {first.stdout} and "in bits" in first.stdout
    assert entry(tmp_path)
    for format_ in ("json", "sarif", "github", "junit"):
        one, other = (
            run("top.cmx", "--format", format_, *more, folder=folder).stdout for more in ((), ("--no-cache",))
        )
        assert one == other
    assert run("top.cmx", "--fail-on", "warning", folder=folder).returncode == 1
    assert run("top.cmx", folder="").stdout == first.stdout


def test_a_folder_that_cannot_be_written_costs_nothing(file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("top.cmx", folder=str(tmp_path / "file"))
    assert result.returncode == 0 and "in bits" in result.stdout and not result.stderr


def test_without_a_home_nothing_is_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user has no entry: `~` stays what it is, and is no folder to make."""
    monkeypatch.delenv(kept.FOLDER)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: Path("~/.cache/cmx"))
    kept._folder.cache_clear()
    assert checked(asked()) is None and not (file.parent / "~").exists()
    kept._folder.cache_clear()


def test_a_folder_may_be_named_from_here(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.FOLDER, "here")
    kept._folder.cache_clear()
    assert checked(asked()) is not None and (file.parent / "here" / "checks").is_dir()
    kept._folder.cache_clear()
