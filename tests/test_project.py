"""`cmx new` and `cmx doctor`."""

from __future__ import annotations

from pathlib import Path

from .test_cli import cmx


def test_a_new_project_checks_clean_and_draws(tmp_path: Path) -> None:
    assert cmx("new", "mine", cwd=tmp_path).returncode == 0
    folder = tmp_path / "mine"
    check = cmx("check", "--fail-on", "warning", ".", cwd=folder)
    assert check.returncode == 0 and b"no findings" in check.stdout, check.stdout.decode()
    assert cmx("fmt", "--check", ".", cwd=folder).returncode == 0
    assert cmx("build", "machine.cmx", "-o", "out", cwd=folder).returncode == 0
    assert (folder / "out" / "topology.svg").stat().st_size > 1000
    again = cmx("new", "mine", cwd=tmp_path)
    assert again.returncode == 2 and b"not empty" in again.stderr


def test_doctor_proves_that_it_works() -> None:
    result = cmx("doctor")
    assert result.returncode == 0 and b"everything works" in result.stdout
    broken = cmx("doctor", CMX_DOT="/no/such/dot")
    assert broken.returncode == 3 and b"FAILS" in broken.stdout
