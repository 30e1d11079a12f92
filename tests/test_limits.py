"""Texts from strangers: nothing is read outside the project, nothing hangs, nothing is a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cmxdsl

from .conftest import ROOT

FLAGSHIP = (ROOT / "designs" / "gb200_nvl72.cmx").read_text(encoding="utf-8")
WORDS = [
    "chip",
    "A",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=",
    ":",
    "--",
    "link",
    "over",
    "port",
    "i",
    "3",
    "4 W",
    '"x"',
    ";",
    "\n",
    ",",
    ".",
    "if",
    "else",
    "let",
    "total",
    "power",
    "require",
    "expect",
    "from",
    "in",
    "..",
    "place",
    "at",
    "U",
    "row",
    "board",
    "use",
    "std",
    "optics",
    "//",
    "/*",
    "*/",
    '"',
    "mod",
    "div",
    "*",
    "+",
    "unknown",
    "a",
    "protocol",
    "P",
    "plane",
    "scale_up",
    "rate",
    "1 Gb/s",
    "system",
    "\r\n",
    "\t",
    "µ",
    "\0",
    "💡",
]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    cmxdsl.loads(data).explain()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_any_words(text: str) -> None:
    design = cmxdsl.loads(text)
    design.explain()
    for diagnostic in design.diagnostics:
        assert diagnostic.span.line >= 1 and diagnostic.span.column >= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(FLAGSHIP)), st.integers(0, 40), st.sampled_from(["", "{", "}", "x", "[", '"', "=", "\n"]))
def test_a_design_with_a_stretch_replaced(start: int, length: int, new: str) -> None:
    text = FLAGSHIP[:start] + new + FLAGSHIP[start + length :]
    cmxdsl.load(ROOT / "designs" / "mutated.cmx", text=text).explain()


def test_a_file_of_more_than_ten_megabytes() -> None:
    assert [d.code for d in cmxdsl.loads(b"// x\n" * 2_100_000).diagnostics] == ["CMX0002"]


def test_use_cannot_leave_the_project(tmp_path: Path) -> None:
    outside = tmp_path / "secret.cmx"
    outside.write_text("chip Secret { }\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.cmx").symlink_to(outside)
    for name in ("../secret.cmx", str(outside), "link.cmx", "a/../../secret.cmx", "nul\\u{0}.cmx"):
        (project / "main.cmx").write_text(f'use "{name}"\nboard B {{ s: Secret }}\n')
        codes = [d.code for d in cmxdsl.load(project / "main.cmx", root=project).diagnostics]
        assert codes == ["CMX0003"], name


@pytest.mark.parametrize("make", ["folder", "missing", "latin"])
def test_unreadable_files(make: str, tmp_path: Path) -> None:
    path = tmp_path / "x.cmx"
    if make == "folder":
        path.mkdir()
    elif make == "latin":
        path.write_bytes('chip A { vendor = "é" }'.encode("latin-1"))
    assert [d.code for d in cmxdsl.load(path, root=tmp_path).diagnostics] == ["CMX0001"]


def test_files_that_use_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.cmx").write_text('use "b.cmx"\nchip A { }\nboard X { b: B }\n')
    (tmp_path / "b.cmx").write_text('use "a.cmx"\nchip B { }\nboard Y { a: A }\n')
    assert cmxdsl.load(tmp_path / "a.cmx", root=tmp_path).ok


def test_a_long_chain_of_files(tmp_path: Path) -> None:
    for k in range(400):
        (tmp_path / f"f{k}.cmx").write_text(f'use "f{k + 1}.cmx"\nchip C{k} {{ }}\n')
    (tmp_path / "f400.cmx").write_text("chip C400 { }\n")
    assert cmxdsl.load(tmp_path / "f0.cmx", root=tmp_path).ok


def test_deep_and_long_texts_end() -> None:
    operators = "chip A {\n    x.a = " + " + ".join(["1"] * 256) + "\n}\n"
    assert cmxdsl.loads(operators).ok
    assert [d.code for d in cmxdsl.loads(operators.replace("1 +", "1 + 1 +")).diagnostics] == ["CMX0107"]
    lets = "chip A {\n    let a0 = 10\n" + "".join(f"    let a{k} = a{k - 1} * a{k - 1}\n" for k in range(1, 40))
    assert "CMX0308" in [d.code for d in cmxdsl.loads(lets + "    x.a = a39\n}\n").diagnostics]


def test_a_tree_of_paths_that_doubles_at_every_level() -> None:
    text = "chip C0 { power { peak = 1 W } }\n"
    text += "".join(f"board C{k} {{ a: C{k - 1}; b: C{k - 1} }}\n" for k in range(1, 40))
    design = cmxdsl.loads(text)
    assert design.ok
    total = design.summary().power["peak"].value
    assert total is not None and total.value == 2**39


def test_arrays_of_arrays_past_the_limit() -> None:
    text = "chip A { }\nboard B { a[1000000000]: A }\nrack R { height = 42 U; b[1000000000]: B }\n"
    assert "CMX0308" in [d.code for d in cmxdsl.loads(text).diagnostics]
