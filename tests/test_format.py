"""Formatting never changes what a text says, does nothing twice, and loses no comment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
import cmxdsl.cli.fmt
from cmxdsl.cli.main import cli
from cmxdsl.diagnostics import Findings
from cmxdsl.schema import KINDS
from cmxdsl.source import Source
from cmxdsl.syntax import parse
from cmxdsl.syntax.format import formatted, meaning

from .conftest import ROOT
from .test_cli import cmx

FILES = [*sorted((ROOT / "designs").rglob("*.cmx")), *sorted((ROOT / "cmxdsl").rglob("*.cmx"))]

names = st.sampled_from(["a", "b1", "Npu", "up", "fiber", "rack"])
numbers = st.sampled_from(
    ["3", "700  W", "3W", "5 %", "1e3", "0.35 dB/km", "26_000 USD", "7 div 2", "2 mod n", "5 W * n"]
)
texts = st.sampled_from(['"x"', '"a // b"', '"{"', '"µ💡"'])
comments = st.sampled_from(["// one", "//two", "/* three */", "/// four", "/* five\n   six */"])
gaps = st.sampled_from(["", " ", "  ", "\t", " /* gap */ "])
ends = st.sampled_from(["\n", "\n\n", "\n\n\n\n", "; ", " ;\n", "\r\n"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0:
        return draw(st.one_of(numbers, names, texts))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    gap = draw(gaps) or " "
    operator = draw(st.sampled_from(["+", "-", "*", "/", "==", "and", "div"]))
    forms = [
        left,
        f"({left})",
        f"{left}{gap}{operator} {right}",
        f"- {left}",
        f"not {left}",
        f"[{left},{right}]",
        f"total(power.peak,in={draw(names)})",
        f"{draw(names)}.{draw(names)}",
        f"({left}{gap}*{gap}{right})",
    ]
    return draw(st.sampled_from(forms))


@st.composite
def statements(draw: st.DrawFn, depth: int = 1) -> str:
    name, gap, value = draw(names), draw(gaps), draw(expressions())
    forms = [
        f"{name}{gap}={gap}{value}",
        f'x.{name} = {value} from "s" also {value} estimated "w"',
        f"{name} [ 4,{name} ]:{gap}{draw(names)}",
        f"port {name}[i]{gap}={gap}{draw(names)}[ i ].{draw(names)}[2 * i + 1]",
        "link a[ i ].p[4 *c + q]--b[i].p\n over X bundle 2 where i<2 for i in 0 ..3",
        f"let {name}={value}",
        f"override{gap or ' '}{name} [2]:{gap}nv . {name}",
        f"override let {name}={value}",
        f"override  port {name}: {name}",
        f"place {name}[i] at U 2+10* i,side left",
        f'require {value},"why"',
        f'expect {value} = 3 W within 1% from "s"',
    ]
    if depth:
        inner = draw(st.lists(statements(depth - 1), max_size=3))
        body = "{" + draw(gaps) + draw(ends).lstrip(" ;") + draw(ends).join(inner) + draw(gaps) + "\n}"
        forms += [f"power {body}", f"if {value} {body} else {body}", f"{name}: T(n = 3){gap}{body}"]
    return draw(st.sampled_from(forms)) + draw(st.one_of(st.just(""), comments.map(lambda c: " " + c)))


heads = st.sampled_from(
    [
        "",
        "use  std.optics  as  o\n",
        'use "a.cmx"  as b\n',
        'plane  storage  "x"\n',
        'attribute a.b:power  of  rack ,chassis"x"  adds\n',
        'attribute n :sound of rack "x"\n',
        "private  ",
    ]
)
programs = st.lists(
    st.tuples(
        st.one_of(st.just(""), comments.map(lambda c: c + "\n")), st.lists(statements(), max_size=4), ends, heads
    ).map(lambda t: f"{t[0]}{t[3]}chip A(n:count=3) {{\n" + "\n".join(t[1]) + "\n}\n" + t[2].replace(";", "")),
    max_size=3,
).map("".join)


def parsed(text: str) -> tuple[object, list[str]]:
    findings = Findings()
    return meaning(parse(Source("x", text), KINDS, findings)), [d.message for d in findings.items]


def without_blanks(text: str) -> str:
    return re.sub(r"\s+", "", text)


@settings(max_examples=150, deadline=None)
@given(programs)
def test_laws(text: str) -> None:
    before, wrong = parsed(text)
    if wrong:
        return
    new = formatted(text)
    assert parsed(new) == (before, [])
    assert formatted(new) == new
    for comment in re.findall(r"/\*.*?\*/|// ?\w+|/// \w+", text, re.S):
        assert without_blanks(new).count(without_blanks(comment)) >= 1
    assert not re.search(r"[ \t]$|\r|\n\n\n\n", new, re.M)
    assert "\t" not in re.sub(r"//.*|/\*[\s\S]*?\*/", "", new)


def test_the_generator_makes_valid_programs() -> None:
    seen = [0, 0]

    @settings(max_examples=50, deadline=None, database=None)
    @given(programs)
    def count(text: str) -> None:
        seen[bool(parsed(text)[1])] += 1

    count()
    assert seen[0] > 15


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_our_own_files_are_in_style(path: Path) -> None:
    text = path.read_text("utf-8")
    assert formatted(text) == text


def test_style() -> None:
    ugly = (
        '//! doc\r\n\r\n\r\n\r\n\r\nuse   std.optics\nchip  A(n:count=3):B{\n\n  vendor="x" // v\n  cores   =3W/* c */\n'
        "\n\n power{typical=3W;peak=5 %}\n  x.y = ( 1+2 )*n\n\n}\nboard B {\na[2,3] : A\nlonger: A\n"
        "link a[ i,j ].p -- longer.p[4 * i+j]\nover X\nplace a[i] at U 1+2 * i\n}\n"
    )
    assert formatted(ugly) == (
        '//! doc\n\n\nuse std.optics\nchip A(n: count = 3) : B {\n    vendor = "x"  // v\n    cores  = 3 W  /* c */\n\n\n'
        "    power { typical = 3 W; peak = 5% }\n    x.y = (1 + 2) * n\n}\nboard B {\n    a[2, 3]: A\n    longer:  A\n"
        "    link a[i, j].p -- longer.p[4*i + j]\n        over X\n    place a[i] at U 1 + 2*i\n}\n"
    )


def test_command(tmp_path: Path) -> None:
    good, ugly, broken = (tmp_path / f"{n}.cmx" for n in ("good", "ugly", "wrong"))
    good.write_text("chip A { }\n")
    ugly.write_text("chip   A{}\n")
    broken.write_text("chip A { x = = 3 }\n")
    check = cmx("fmt", "--check", str(tmp_path))
    assert check.returncode == 1 and b"would format" in check.stdout and b"CMX0101" in check.stderr
    assert cmx("fmt", "--diff", str(ugly)).stdout.decode().splitlines()[-2:] == ["-chip   A{}", "+chip A { }"]
    assert ugly.read_text() == "chip   A{}\n"
    assert cmx("fmt", str(tmp_path)).returncode == 1
    assert ugly.read_text() == "chip A { }\n" and broken.read_text() == "chip A { x = = 3 }\n"
    assert cmx("fmt", str(good), str(ugly)).returncode == 0
    assert cmx("fmt", "-", input=b"chip   A{}").stdout == b"chip A { }\n"


@pytest.mark.parametrize(
    "data", ["chip A { }\n".encode("utf-16"), "chip A { }\n".encode("utf-16-le"), b"chip \xe9 { }"]
)
def test_other_encodings_are_named_and_left_alone(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.cmx"
    file.write_bytes(data)
    result = CliRunner().invoke(cli, ["fmt", str(file)])
    assert result.exit_code == 1 and "is not text in UTF-8: " in result.output and file.read_bytes() == data
    (found,) = cmxdsl.load(file).diagnostics
    assert found.code == "CMX0001" and ("UTF-16" in found.message or "byte 5 in line 1" in found.message)


def test_a_file_that_changes_while_it_is_read_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.cmx"
    file.write_text("chip A{}\n")
    real = cmxdsl.cli.fmt._formatted

    def slow(name: str, text: str) -> str | None:
        file.write_text("chip B{}\n")
        return real(name, text)

    monkeypatch.setattr("cmxdsl.cli.fmt._formatted", slow)
    result = CliRunner().invoke(cli, ["fmt", str(file)])
    assert result.exit_code == 1 and "was changed while it was read" in result.output
    assert file.read_text() == "chip B{}\n"
