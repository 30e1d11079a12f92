"""Findings where people look: formats, folders, baselines, watching, hooks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cmxdsl

from .conftest import ROOT
from .test_cli import cmx

BAD = "chip A { price = 3 W }\nboard B { a: A; x.y = zz }\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sub" / ".hidden").mkdir(parents=True)
    (tmp_path / "bad, one.cmx").write_text(BAD)
    (tmp_path / "sub" / "good.cmx").write_text("chip G { }\n")
    (tmp_path / "sub" / ".hidden" / "x.cmx").write_text("nonsense")
    return tmp_path


def test_a_folder_stands_for_its_files(project: Path) -> None:
    result = cmx("check", ".", cwd=project)
    assert result.returncode == 1 and b"2 files checked: 2 errors" in result.stdout
    (project / "empty").mkdir()
    assert cmx("check", "empty", cwd=project).returncode == 2


def test_sarif(project: Path) -> None:
    result = cmx("check", ".", "--format", "sarif", cwd=project)
    assert result.returncode == 1
    run = json.loads(result.stdout)["runs"][0]
    assert [r["ruleId"] for r in run["results"]] == ["CMX0302", "CMX0202"]
    rules = run["tool"]["driver"]["rules"]
    for entry in run["results"]:
        assert rules[entry["ruleIndex"]]["id"] == entry["ruleId"]
        place = entry["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "bad%2C%20one.cmx"
        assert place["region"]["endColumn"] > place["region"]["startColumn"]
    assert run["columnKind"] == "unicodeCodePoints"


def test_github_commands_are_escaped(project: Path) -> None:
    lines = cmx("check", "bad, one.cmx", "--format", "github", cwd=project).stdout.decode().splitlines()
    assert lines[0].startswith("::error file=bad%2C one.cmx,line=1,endLine=1,col=18,endColumn=21,title=CMX0302::")
    assert "%0Ahelp: " in lines[0] and lines[-1] == "2 errors"


def test_junit(project: Path) -> None:
    root = ElementTree.fromstring(cmx("check", ".", "--format", "junit", cwd=project).stdout)
    suites = {s.get("name"): (s.get("tests"), s.get("failures")) for s in root}
    assert suites == {"bad, one.cmx": ("2", "2"), "sub/good.cmx": ("1", "0")}


def test_a_baseline_lets_an_old_project_start_clean(project: Path) -> None:
    assert cmx("check", ".", "--write-baseline", "base.json", cwd=project).returncode == 0
    assert cmx("check", ".", "--baseline", "base.json", cwd=project).returncode == 0
    (project / "bad, one.cmx").write_text("// a line above\n" + BAD + "chip C { price = 4 s }\n")
    result = cmx("check", ".", "--baseline", "base.json", "--format", "json", cwd=project)
    assert result.returncode == 1 and [e["line"] for e in json.loads(result.stdout)] == [4]
    (project / "bad, one.cmx").write_text("chip A { }\n")
    assert b"2 findings of the baseline are gone" in cmx("check", ".", "--baseline", "base.json", cwd=project).stderr
    (project / "base.json").write_text("[]")
    assert cmx("check", ".", "--baseline", "base.json", cwd=project).returncode == 2
    assert cmx("check", ".", "--baseline", "none.json", cwd=project).returncode == 3


def test_watch_checks_again(project: Path) -> None:
    file = project / "sub" / "good.cmx"
    command = [sys.executable, "-u", "-m", "cmxdsl.cli.main", "check", str(file), "--watch"]
    heard = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731  a shell in the background ignores it
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heard) as process:
        assert process.stdout is not None
        assert "no findings" in process.stdout.readline()
        file.write_text("chip G { price = 3 W }\n")
        assert "CMX0302" in process.stdout.readline()
        process.send_signal(signal.SIGINT)


def test_action_and_hooks_name_real_options() -> None:
    import yaml

    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    help = b"".join(cmx(command, "--help").stdout for command in ("check", "diff")).decode()
    for step in action["runs"]["steps"]:
        for line in step.get("run", "").splitlines():
            if line.startswith("cmx "):
                assert all(word in help for word in line.split() if word.startswith("--"))
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    commands = cmx("--help").stdout.decode()
    assert {h["id"] for h in hooks} == {"cmx-check", "cmx-fmt"}
    assert all(h["entry"].split()[1] in commands for h in hooks)


def test_sarif_says_when_findings_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from cmxdsl.checks import catalogue
    from cmxdsl.outputs import findings

    loaded = cmxdsl.loads("system S { a: A; b: B; c: C }\n")
    assert len(loaded.diagnostics) == 3
    written = lambda: findings._sarif(loaded.diagnostics, {}, catalogue(), "0")["runs"][0]  # noqa: E731
    assert "invocations" not in written()
    monkeypatch.setattr(findings, "MAX_RESULTS", 2)
    cut = written()
    (notice,) = cut["invocations"][0]["toolExecutionNotifications"]
    assert len(cut["results"]) == 2 and notice["message"]["text"].startswith("1 of 3 findings are left out")
