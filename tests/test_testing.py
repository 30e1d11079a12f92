"""`test` blocks: what they expect, what they find, and what `cmx test` says about it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner

import cmxdsl
from cmxdsl.cli.main import cli
from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import Project
from cmxdsl.lsp.documents import Workspace
from cmxdsl.lsp.names import symbol_at
from cmxdsl.schema import KINDS
from cmxdsl.source import Source
from cmxdsl.syntax import parse
from cmxdsl.syntax.format import formatted
from cmxdsl.testing import Results, run_tests

from .conftest import ROOT

PARTS = """protocol P { plane = scale_up; rate = 100 Gb/s }
chip A(ports: count = 4) { port p[ports]: P; power { peak = 10 W } }
"""


def outcomes(tests: str, parts: str = PARTS) -> Results:
    project = Project(Path("/nonexistent"), Findings())
    return run_tests(project, project.add("<text>", Source("<text>", parts + tests), None))


def failed(tests: str) -> list[tuple[str, str]]:
    """Code and message of what makes the one test fail."""
    (outcome,) = outcomes(tests).outcomes
    return [(d.code, d.message) for d in outcome.failures]


def test_parts_that_fit_pass() -> None:
    assert failed('test "t" { a[2]: A; link a[0].p[i] -- a[1].p[i]; require total(power.peak) == 20 W }') == []


def test_a_requirement_that_is_false_fails() -> None:
    assert failed('test "t" { a[2]: A; require count(A) == 3 }') == [("CMX0901", "`count(A) == 3` is false")]


def test_what_is_expected_must_be_found_and_nothing_else() -> None:
    wrong = "a[2]: A; link a[0].p[9] -- a[1].p[0]"
    assert failed(f'test "t" {{ {wrong}; finds CMX0402 }}') == []
    assert failed(f'test "t" {{ {wrong}; finds CMX0402, "index 9" }}') == []
    assert [code for code, _ in failed(f'test "t" {{ {wrong} }}')] == ["CMX0402"]
    codes = failed(f'test "t" {{ {wrong}; finds CMX0402, "index 8" }}')
    assert [code for code, _ in codes] == ["CMX0402", "CMX0227"]
    assert codes[1][1] == "this test does not find CMX0402 with “index 8” in its message; it finds CMX0402"
    assert failed('test "t" { a: A; finds CMX0402 }') == [("CMX0227", "this test does not find CMX0402")]
    assert failed('test "t" { a: A; finds CMX9402 }') == [("CMX0227", "no finding has the code `CMX9402`")]


def test_a_finding_inside_a_part_counts_for_the_test_that_makes_it() -> None:
    parts = "chip C { }\nboard B(n: count = 2) { c[4]: C; require n > 1 }\n"
    found = outcomes('test "one" { b: B(n = 1); finds CMX0901 }\ntest "two" { b: B }', parts)
    assert [o.passed for o in found.outcomes] == [True, True]


def test_an_empty_test_fails() -> None:
    assert failed('test "t" { }') == [("CMX0227", "the test `t` is empty")]


def test_tests_do_not_meet() -> None:
    found = outcomes('test "a" { x: A; let n = 1 }\ntest "b" { x[2]: A; let n = 2 }')
    assert [o.passed for o in found.outcomes] == [True, True]


def test_a_file_with_errors_has_no_results() -> None:
    found = outcomes('test "t" { a: A = }')
    assert found.outcomes == () and [d.code for d in found.broken] == ["CMX0101"] and not found.passed


def test_check_reads_tests_and_does_not_run_them() -> None:
    text = PARTS + 'test "t" { a[2]: A; link a[0].p[9] -- a[1].p[0]; finds CMX0402 }\n'
    assert cmxdsl.loads(text).diagnostics == ()
    assert [d.code for d in cmxdsl.loads(text + 'test "t" { }').diagnostics] == ["CMX0206"]
    assert [d.code for d in cmxdsl.loads(text + 'test "u" { a: }').diagnostics] == ["CMX0101"]


def test_finds_stands_in_a_test_only() -> None:
    assert [d.code for d in cmxdsl.loads("chip A { finds CMX0402 }").diagnostics] == ["CMX0101"]
    assert [d.code for d in outcomes('test "t" { a: A; if true { finds CMX0402 } }').broken] == ["CMX0101"]


def test_the_words_are_names_elsewhere() -> None:
    text = "chip test { }\nboard B { test: test; finds: test; x.finds = 3 }\n"
    assert cmxdsl.loads(text).ok


def test_what_only_a_test_uses_is_used() -> None:
    text = PARTS + 'board Jig { a: A }\nsystem S { a[2]: A; link a[0].p[i] -- a[1].p[i] }\ntest "t" { j: Jig }\n'
    assert cmxdsl.loads(text).diagnostics == ()
    assert [d.code for d in cmxdsl.loads(text[: text.index("test")]).diagnostics] == ["CMX0801"]


def test_the_formatter_keeps_a_test() -> None:
    text = 'test   "t"{\na:A\nfinds   CMX0402,"x"\n}\n'
    new = formatted(text)
    assert new == 'test "t" {\n    a: A\n    finds CMX0402, "x"\n}\n'
    assert formatted(new) == new
    findings = Findings()
    parse(Source("x", new), KINDS, findings)
    assert not findings.items


def test_the_server_knows_names_in_a_test_and_shows_what_fails(tmp_path: Path) -> None:
    file = tmp_path / "parts.cmx"
    workspace = Workspace()
    workspace.change(file, PARTS + 'test "t" {\n    a[2]: A\n    require count(A) == 3\n}\n')
    analysis = workspace.of(file)
    assert analysis is not None and [d.code for d in analysis.diagnostics] == ["CMX0901"]
    symbol = symbol_at(analysis, 4, 11)
    assert symbol is not None and symbol.span.line == 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    good = 'test "good" { a: A; require count(A) == 1 }\n'
    (tmp_path / "parts.cmx").write_text(PARTS + good + 'test "bad" { a: A; require count(A) == 2 }\n')
    (tmp_path / "plain.cmx").write_text(PARTS)
    return tmp_path


def test_the_command_shows_a_table_and_why(folder: Path) -> None:
    found = CliRunner().invoke(cli, ["test"], standalone_mode=True)
    assert found.exit_code == 1
    assert re.search(r"good +3 +passed", found.stdout) and re.search(r"bad +4 +FAILED", found.stdout)
    assert "parts.cmx:4: `bad`\n\nerror[CMX0901]" in found.stdout
    assert found.stdout.endswith("2 tests: 1 passed, 1 failed\n")
    assert "plain.cmx" not in found.stdout


def test_json_and_junit(folder: Path) -> None:
    data = json.loads(CliRunner().invoke(cli, ["test", "--format", "json"]).stdout)
    assert [(t["name"], t["line"], t["passed"]) for t in data["tests"]] == [("good", 3, True), ("bad", 4, False)]
    assert [f["code"] for f in data["tests"][1]["failures"]] == ["CMX0901"]
    root = Xml.fromstring(CliRunner().invoke(cli, ["test", "--format", "junit", "parts.cmx"]).stdout)
    (suite,) = root
    assert suite.attrib == {"name": "parts.cmx", "tests": "2", "failures": "1", "errors": "0"}
    assert [len(case) for case in suite] == [0, 1]


def test_no_tests_is_wrong_usage_and_all_passed_is_clean(folder: Path) -> None:
    assert CliRunner().invoke(cli, ["test", "plain.cmx"]).exit_code == 2
    (folder / "parts.cmx").write_text(PARTS + 'test "good" { a: A }\n')
    assert CliRunner().invoke(cli, ["test", "."]).exit_code == 0
    (folder / "parts.cmx").write_text(PARTS + 'test "good" { a: \n}\n')
    broken = CliRunner().invoke(cli, ["test", "."])
    assert broken.exit_code == 1 and "0 tests: 0 passed; 1 file has errors and no test was run" in broken.stdout


PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCKS = [text for page in PAGES for text in re.findall(r"^```cmx\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)]


@pytest.mark.parametrize("text", [text for text in BLOCKS if re.search(r"^test ", text, re.M)])
def test_the_tests_of_the_docs_pass(text: str) -> None:
    found = outcomes("", text)
    assert found.outcomes and found.passed, [d for o in found.outcomes for d in o.failures]
