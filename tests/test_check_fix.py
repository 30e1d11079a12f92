"""`cmx check --fix`: safe fixes only, files whole or not at all, and nothing worse than before."""

from __future__ import annotations

import json
from pathlib import Path

from cmxdsl.fixes import applied, compatible
from cmxdsl.lsp.documents import Workspace

from .test_cases import CASES
from .test_cli import cmx

WRONG = """# A design.
chip A {
    weight = 3 kg
    let unused = 3
    vendor = 'Huawei'
}
"""
RIGHT = """// A design.
chip A {
    mass = 3 kg
    vendor = "Huawei"
}
"""


def test_safe_fixes_are_applied_in_rounds(tmp_path: Path) -> None:
    file = tmp_path / "a.cmx"
    file.write_text(WRONG, "utf-8")
    shown = cmx("check", "--fix", "--diff", str(file))
    assert shown.returncode == 0
    assert b"-# A design." in shown.stdout
    assert b"+    mass = 3 kg" in shown.stdout
    assert file.read_text("utf-8") == WRONG
    done = cmx("check", "--fix", str(file))
    assert done.returncode == 0, done.stdout
    assert b"4 fixes applied" in done.stderr
    assert file.read_text("utf-8") == RIGHT
    assert b"0 fixes applied" in cmx("check", "--fix", str(file)).stderr


def test_likely_fixes_are_left_to_people(tmp_path: Path) -> None:
    file = tmp_path / "a.cmx"
    text = "chip A {\n    power { tpyical = 700 W }\n}\n"
    file.write_text(text, "utf-8")
    assert cmx("check", "--fix", str(file)).returncode == 1
    assert file.read_text("utf-8") == text


def test_a_used_file_is_fixed_too_and_the_library_never(tmp_path: Path) -> None:
    (tmp_path / "parts.cmx").write_text("chip A { weight = 3 kg }\n", "utf-8")
    main = tmp_path / "main.cmx"
    main.write_text('use std.optics\nuse "parts.cmx"\nsystem S { a: A; h: H100 }\n', "utf-8")
    cmx("check", "--fix", str(main))
    assert (tmp_path / "parts.cmx").read_text("utf-8") == "chip A { mass = 3 kg }\n"
    assert main.read_text("utf-8") == 'use std.nvidia\nuse "parts.cmx"\nsystem S { a: A; h: H100 }\n'


def test_fix_wants_files() -> None:
    assert cmx("check", "--fix", "-").returncode == 2
    assert cmx("check", "--diff", "a.cmx").returncode == 2


def test_json_and_sarif_carry_fixes(tmp_path: Path) -> None:
    file = tmp_path / "a.cmx"
    file.write_text("chip A { weight = 3 kg }\n", "utf-8")
    (found,) = json.loads(cmx("check", "--format", "json", str(file)).stdout)
    (fix,) = found["fixes"]
    assert (fix["title"], fix["confidence"]) == ("Change to `mass`", "safe")
    (edit,) = fix["edits"]
    assert (edit["line"], edit["column"], edit["end_column"], edit["text"]) == (1, 10, 16, "mass")
    run = json.loads(cmx("check", "--format", "sarif", str(file)).stdout)["runs"][0]
    (change,) = run["results"][0]["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"]["text"] == "mass"


def test_all_compatible_fixes_together_can_be_read() -> None:
    """What an editor applies at once: the fixes of a case that do not touch leave no more syntax errors than before."""
    for folder in sorted(p for p in CASES.iterdir() if p.is_dir() and (p / "input.cmx").is_file()):
        path = folder / "input.cmx"
        if folder.name.startswith("CMX0001"):
            continue
        text = path.read_text("utf-8")
        before = Workspace({path: text}).analyse(path)
        assert before is not None
        first = [d.fixes[0] for d in before.diagnostics if d.fixes]
        edits = [e for fix in compatible(first) for e in fix.edits if e.span.file == str(path)]
        after = Workspace({path: applied(text, edits)}).analyse(path)
        assert after is not None
        broken = [sum(d.code.startswith("CMX01") for d in a.diagnostics) for a in (before, after)]
        assert broken[1] <= broken[0], folder.name
