"""Parsing piece by piece gives what parsing the whole gives."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmxdsl.diagnostics import Findings
from cmxdsl.lsp.documents import Workspace
from cmxdsl.schema import KINDS
from cmxdsl.source import Source
from cmxdsl.syntax import parse
from cmxdsl.syntax.incremental import PieceParser, pieces

from .conftest import ROOT
from .test_cases import FOLDERS

FILES = [*sorted((ROOT / "designs").rglob("*.cmx")), *sorted((ROOT / "cmxdsl").rglob("*.cmx"))]
TEXT = (ROOT / "cmxdsl" / "library" / "nvidia.cmx").read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_whole_files(path: Path) -> None:
    source = Source("x", path.read_text("utf-8"))
    one, other = Findings(), Findings()
    whole, cut = parse(source, KINDS, one), PieceParser()(source, KINDS, other)
    assert cut.items == whole.items and cut.doc == whole.doc and cut.comments == whole.comments
    assert not one.items and not other.items


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name[:40])
def test_wrong_files(folder: Path) -> None:
    """An editor says of a wrong file what `check` says."""
    try:
        text = (folder / "input.cmx").read_text("utf-8")
    except UnicodeDecodeError:
        return  # it is refused before it is parsed
    one, other = Findings(), Findings()
    parse(Source("x", text), KINDS, one)
    PieceParser()(Source("x", text), KINDS, other)
    assert one.items == other.items


def test_pieces_are_the_text() -> None:
    assert "".join(text for _, text in pieces(TEXT, KINDS)) == TEXT
    assert len(pieces(TEXT, KINDS)) > 8


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, len(TEXT)), st.integers(0, 30), st.sampled_from(["", "x", "{", "}", "\n", '"', "/*", "chip Z { }\n"])
)
def test_after_an_edit(start: int, length: int, new: str) -> None:
    text = TEXT[:start] + new + TEXT[start + length :]
    parser, again = PieceParser(), PieceParser()
    parser(Source("x", TEXT), KINDS, Findings())
    one, other, whole = Findings(), Findings(), Findings()
    warm, cold = parser(Source("x", text), KINDS, one), again(Source("x", text), KINDS, other)
    assert warm == cold and one.items == other.items
    node = parse(Source("x", text), KINDS, whole)
    assert bool(whole.items) == bool(one.items)
    if not whole.items:
        assert warm.items == node.items


def test_only_the_edited_piece_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = PieceParser()
    parser(Source("x", TEXT), KINDS, Findings())
    parsed = []
    monkeypatch.setattr("cmxdsl.syntax.incremental.parse", lambda s, k, f: parsed.append(s.text) or parse(s, k, f))
    parser(Source("x", TEXT.replace("= 148 TFLOPS", "= 149 TFLOPS")), KINDS, Findings())
    assert len(parsed) == 1 and "149" in parsed[0]


@given(st.integers(1, 9), st.booleans())
def test_moved_pieces_are_as_if_parsed_there(lines: int, mistake: bool) -> None:
    text = TEXT.replace("148 TFLOPS", "148 TFLOPS TFLOPS") if mistake else TEXT
    parser = PieceParser()
    parser(Source("x", text), KINDS, Findings())
    one, other = Findings(), Findings()
    moved = parser(Source("x", "\n" * lines + text), KINDS, one)
    assert moved == PieceParser()(Source("x", "\n" * lines + text), KINDS, other)
    assert one.items == other.items and bool(one.items) == mistake


def test_a_long_session_keeps_no_more_than_its_last_texts(tmp_path: Path) -> None:
    """2,000 edits of one file, some of which break its syntax: memory stays flat."""
    file = tmp_path / "main.cmx"
    text = "protocol P { plane = scale_up; rate = 1 Gb/s }\n" + "".join(
        f"chip C{k} {{\n    power {{ peak = {k + 1} W }}\n    port p[4]: P\n}}\n" for k in range(8)
    )
    file.write_text(text)
    workspace = Workspace()

    def edit(number: int) -> None:
        broken = "{" if number % 5 == 0 else ""
        workspace.change(file, text.replace("peak = 3 W", f"peak = {number} W{broken}"))
        assert workspace.of(file) is not None

    for number in range(200):
        edit(number)
    tracemalloc.start()
    try:
        edit(200)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(201, 700):
            edit(number)
        gc.collect()
        one_edit = (tracemalloc.get_traced_memory()[0] - before) / 499
    finally:
        tracemalloc.stop()
    assert one_edit < 2_000  # bytes; one analysis of this text takes some hundred thousand
    for number in range(700, 2000):
        edit(number)
    chain = workspace.done[file]
    length = 0
    while chain.before is not None:
        chain, length = chain.before, length + 1
    assert length <= 1
