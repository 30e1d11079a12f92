"""The command line as scripts use it: exit status, streams, formats."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from cmxdsl.cli.main import cli
from cmxdsl.cli.together import each

from .conftest import ROOT

FLAGSHIP = str(ROOT / "designs" / "cloudmatrix384.cmx")


def cmx(*arguments: str, input: bytes = b"", cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cmxdsl.cli.main", *arguments],
        input=input,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **env},
    )


def test_version_and_help_load_nothing_heavy() -> None:
    program = (
        "import sys\nfrom cmxdsl.cli.main import cli\n"
        "for words in (['--version'], ['--help']):\n"
        "    try: cli.main(words, standalone_mode=False)\n    except SystemExit: pass\n"
        "heavy = {'lark', 'numpy', 'rich', 'graphviz', 'cattrs', 'jsonschema', 'xlsxwriter', 'reportlab', 'svglib'}\n"
        "print(heavy & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert out.decode().strip().endswith("set()")


def test_check_loads_no_drawing() -> None:
    program = (
        f"import sys, cmxdsl\ncmxdsl.load({FLAGSHIP!r})\n"
        "print({'rich', 'graphviz', 'cattrs', 'xlsxwriter', 'reportlab', 'jsonschema', 'click'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.strip() == b"set()"


def test_check(tmp_path: Path) -> None:
    good = cmx("check", FLAGSHIP)
    assert good.returncode == 0 and b"1 file checked" in good.stdout
    bad = cmx("check", "-", input=b"chip A { price = 3 W }")
    assert bad.returncode == 1 and b"<stdin>:1:18" in bad.stdout
    as_json = cmx("check", "-", "--format", "json", input=b"chip A { price = 3 W }")
    (entry,) = json.loads(as_json.stdout)
    assert {"code", "severity", "file", "line", "column", "message", "help"} <= set(entry)
    assert (entry["code"], entry["line"], entry["column"]) == ("CMX0302", 1, 18)
    warned = b"chip A { }\nboard B(n: count = 1) { a: A }"
    assert cmx("check", "-", input=warned).returncode == 0
    assert cmx("check", "-", "--fail-on", "warning", input=warned).returncode == 1
    assert json.loads(cmx("check", "-", "--format", "json", input=b"chip A { }").stdout) == []


def test_files_checked_together_are_as_one_by_one() -> None:
    """The same bytes from one process and from several, one of which fails."""
    alone = "import os; os.sched_setaffinity(0, {next(iter(os.sched_getaffinity(0)))})\n"
    program = (
        "import sys; sys.argv = ['cmx', 'check', 'designs', 'tests/cases']\nfrom cmxdsl.cli.main import main; main()"
    )
    ran = [
        subprocess.run([sys.executable, "-c", how + program], capture_output=True, check=False, cwd=ROOT)
        for how in (alone, "")
    ]
    assert ran[0].returncode == 1 and ran[0].stdout.count(b"CMX0401") > 1
    assert (ran[0].stdout, ran[0].stderr, ran[0].returncode) == (ran[1].stdout, ran[1].stderr, ran[1].returncode)


def _fails_at_three(number: int) -> int:
    if number == 3:
        raise ValueError(number)
    return number * number


def test_work_that_fails_elsewhere_fails_here() -> None:
    assert list(each(_fails_at_three, range(3), "")) == [0, 1, 4]
    assert list(each(_fails_at_three, [5, 6, 7, 8, 9], "")) == [25, 36, 49, 64, 81]
    with pytest.raises(ValueError, match="3"):
        list(each(_fails_at_three, range(8), ""))


def test_interrupted_at_once(tmp_path: Path) -> None:
    """Ctrl-C goes to every process of a terminal: exit 130, one line, no traceback of any of them."""
    body = "".join(f"chip C{k} {{ power {{ peak = {k} W }} }}\n" for k in range(20_000))
    for k in range(6):
        (tmp_path / f"{k}.cmx").write_text(body)
    process = subprocess.Popen(
        [sys.executable, "-m", "cmxdsl.cli.main", "check", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which a shell in the background ignores
    )
    time.sleep(3)
    os.killpg(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error.strip()) == (130, b"", b"interrupted")


def test_wrong_usage() -> None:
    assert cmx("chek", FLAGSHIP).returncode == 2
    assert b"Did you mean `check`?" in cmx("chek", FLAGSHIP).stderr
    assert cmx("check").returncode == 2
    assert cmx("render", FLAGSHIP, "-o", "x.gif").returncode == 2
    assert cmx("render", FLAGSHIP, "--plane", "scaleup").returncode == 2
    assert cmx("bom", FLAGSHIP, "--set", "racks").returncode == 2
    assert cmx("explain", "CMX9999").returncode == 2


def test_outputs_go_to_stdout_and_the_rest_to_stderr() -> None:
    for command in ("bom", "summary", "ir"):
        extra = ["--format", "json"] if command != "ir" else []
        result = cmx(command, FLAGSHIP, *extra)
        assert result.returncode == 0 and result.stderr == b""
        json.loads(result.stdout)


def test_parameters_and_top() -> None:
    result = json.loads(cmx("summary", FLAGSHIP, "--format", "json", "--set", "racks=11").stdout)
    assert result["counts"]["Ascend910C"] == 352
    rack = json.loads(cmx("summary", FLAGSHIP, "--format", "json", "--top", "ComputeRack").stdout)
    assert rack["counts"]["Ascend910C"] == 32
    several = cmx("bom", "-", input=b"system A { }\nsystem B { }")
    assert several.returncode == 1 and b"--top" in several.stderr and b"A, B" in several.stderr
    wrong = cmx("bom", FLAGSHIP, "--top", "ComputRack")
    assert wrong.returncode == 1 and b"did you mean `ComputeRack`?" in wrong.stderr
    unknown = cmx("bom", FLAGSHIP, "--set", "rack=11")
    assert unknown.returncode == 1 and b"did you mean `racks`?" in unknown.stderr


def test_an_output_of_a_wrong_design_is_written_and_fails() -> None:
    result = cmx("bom", "-", "--format", "json", input=b"chip A { price = 3 W }\nboard B { a[2]: A }")
    assert result.returncode == 1 and b"CMX0302" in result.stderr
    assert [line["quantity"] for line in json.loads(result.stdout)["lines"]] == [1, 2]


def test_colour_is_for_people() -> None:
    text = b"chip A { price = 3 W }"
    assert b"\x1b[" not in cmx("check", "-", input=text).stdout
    assert b"\x1b[" in cmx("check", "-", input=text, FORCE_COLOR="1").stdout
    assert b"\x1b[" not in cmx("check", "-", input=text, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_build_leaves_everything(tmp_path: Path) -> None:
    result = cmx("build", FLAGSHIP, "-o", str(tmp_path / "out"))
    assert result.returncode == 0
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {
        "topology.svg",
        "topology.png",
        "hierarchy.svg",
        "bom.csv",
        "bom.json",
        "bom.xlsx",
        "bom.txt",
        "summary.json",
        "summary.md",
        "summary.txt",
        "fidelity.txt",
        "design.ir.json",
    } <= names


def test_a_missing_engine_is_said_and_fails(tmp_path: Path) -> None:
    result = cmx("render", FLAGSHIP, "-o", str(tmp_path / "x.svg"), CMX_DOT="/no/such/dot")
    assert result.returncode == 3 and b"/no/such/dot" in result.stderr
    assert not (tmp_path / "x.svg").exists()
    assert cmx("render", FLAGSHIP, "--format", "dot", CMX_DOT="/no/such/dot").returncode == 0


def test_an_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = cmx("summary", FLAGSHIP, "-o", str(tmp_path / "file" / "summary.txt"))
    assert result.returncode == 3 and b"cannot write" in result.stderr


def test_tables_do_not_wrap_in_files() -> None:
    lines = cmx("expect", FLAGSHIP).stdout.decode().rstrip().splitlines()
    figures = json.loads(cmx("expect", FLAGSHIP, "--format", "json").stdout)
    rows = lines[-len(figures) :]
    assert len(lines) <= len(figures) + 5, "a title, a heading, a rule, then one line a figure"
    assert all(figure["expression"] in line for figure, line in zip(figures, rows, strict=True))


@pytest.mark.parametrize("code", ["CMX0401", "cmx0501"])
def test_explain(code: str) -> None:
    result = cmx("explain", code)
    assert result.returncode == 0 and code.upper() in result.stdout.decode() and b"For example" in result.stdout
    assert len(cmx("explain").stdout.splitlines()) >= 40


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("cables",), b"3,456"),
        (("cables", "--list", "purchase", "--format", "csv"), b"LPO400,optic"),
        (("cables", "--list", "bundles", "--format", "json"), b'"from": "compute[0]"'),
        (("fabric", "--plane", "scale_out"), b"76.8 Tb/s"),
        (("fabric", "--format", "json"), b'"exact": true'),
        (("optics",), b"LPO400"),
        (("optics", "--format", "json"), b'"margin_dB": 2.29'),
        (("power", "--load", "typical"), b"ComputeRack"),
        (("render", "--view", "elevation", "--format", "text"), b"compute[0] to compute[11]: ComputeRack, 12 of it"),
    ],
    ids=lambda v: "-".join(v).replace("--", "") if isinstance(v, tuple) else "",
)
def test_physical_commands(words: tuple[str, ...], shown: bytes) -> None:
    result = cmx(words[0], "designs/cloudmatrix384.cmx", *words[1:], cwd=ROOT)
    assert result.returncode == 0 and shown in result.stdout, result.stderr.decode()
    assert b"Traceback" not in result.stderr


def test_a_plane_that_is_not_there(tmp_path: Path) -> None:
    result = cmx("fabric", "designs/gb200_nvl72.cmx", "--plane", "scale_out", cwd=ROOT)
    assert result.returncode == 2 and b"it has scale_up" in result.stderr


def test_views_that_cannot_be_drawn_say_why(tmp_path: Path) -> None:
    file = tmp_path / "a.cmx"
    file.write_text("rack R { height = 42 U }\nsystem S { r: R }\n")
    for view, word in (("floor", b"states no floor"), ("cables", b"no cables from rack to rack")):
        result = cmx("render", str(file), "--view", view)
        assert result.returncode == 2 and word in result.stderr and b"Traceback" not in result.stderr


def test_without_arguments_there_is_a_short_guide() -> None:
    result = CliRunner().invoke(cli, [])
    assert result.exit_code == 0 and "cmx new" in result.output and max(map(len, result.output.splitlines())) <= 80
    assert len(result.output.splitlines()) < 16


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_where_the_shell_looks(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    printed = CliRunner().invoke(cli, ["completion", shell])
    assert printed.exit_code == 0 and "_CMX_COMPLETE" in printed.output
    assert CliRunner().invoke(cli, ["completion", shell, "--install"]).exit_code == 0
    (written,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert written.read_text("utf-8") == printed.output
    asked = CliRunner().invoke(
        cli,
        [],
        prog_name="cmx",
        env={
            "_CMX_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": "cmx chec",
            "COMP_CWORD": "chec" if shell == "fish" else "1",
        },
    )
    assert "check" in asked.output
