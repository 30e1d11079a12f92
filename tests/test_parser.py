"""Our parser against Lark, which made its tables: the same tokens, nodes and findings, whatever the text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmxdsl.diagnostics import Findings
from cmxdsl.schema import KINDS
from cmxdsl.source import Source
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse, tables
from cmxdsl.syntax.lexer import lex
from cmxdsl.syntax.parser import once

from .conftest import ROOT
from .fuzz.mutate import mutated, seeds
from .oracle import lark_machine
from .oracle.definitions import text_of
from .oracle.random_designs import design

SHIPPED = [*sorted((ROOT / "designs").rglob("*.cmx")), *sorted((ROOT / "cmxdsl").rglob("*.cmx"))]
SEEDS = seeds()
EXAMPLES = 2_000 if os.environ.get("CI") else 200


def same(text: str) -> None:
    ours, theirs = Findings(), Findings()
    node, other = once(Source("x", text), KINDS, ours), lark_machine.parse(Source("x", text), theirs)
    assert ours.sorted() == theirs.sorted()
    assert node == other


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_files(path: Path) -> None:
    text = path.read_text("utf-8")
    assert list(lex(text)) == list(lark_machine.lex(text))
    same(text)


@settings(max_examples=EXAMPLES)
@given(st.randoms(use_true_random=False))
def test_mutated_texts(random: Random) -> None:
    text = mutated(random, SEEDS)
    assert list(lex(text)) == list(lark_machine.lex(text))
    same(text)


@settings(max_examples=EXAMPLES // 10)
@given(st.integers(0, 10**6))
def test_generated_designs(seed: int) -> None:
    same(text_of(design(seed)[0]))


@given(st.text(alphabet='{}()[]=:;,. \n\r\t\ufeff"\\/*#&%–xé0 1e9W--..<x_if', max_size=40))
def test_any_characters(text: str) -> None:
    assert list(lex(text)) == list(lark_machine.lex(text))
    same(text)


def test_spans_of_brackets() -> None:
    """A node is where its own text is; what stands around it starts at the bracket."""
    item = parse(Source("x", "let a = (1 + 2) * 3\n"), KINDS, Findings()).items[0]
    assert isinstance(item, n.Let) and isinstance(item.claim.value, n.Operation)
    assert item.claim.value.span.column == 9 and item.claim.value.operands[0].span.column == 10


def test_tables_are_the_same_each_time_and_need_no_lark_to_be_read() -> None:
    """Made in two processes whose sets have different orders; then a parse in one that cannot import Lark."""
    make = "from cmxdsl.syntax.tables import *; print(compile_tables(grammar_text()))"
    made = {
        subprocess.run(
            [sys.executable, "-c", make],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            cwd=ROOT,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert tables.restored(made.pop().decode(), tables.grammar_text()) is not None
    tables.tables()  # made anew and kept, where the grammar of a checkout has changed
    check = "import sys; sys.modules['lark'] = None; import cmxdsl; assert cmxdsl.loads('chip A').component"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)


def test_tables_of_another_grammar_are_not_used() -> None:
    text = tables.compile_tables(tables.grammar_text())
    assert tables.restored(text, tables.grammar_text() + "// changed") is None


@settings(max_examples=EXAMPLES // 10)
@given(st.randoms(use_true_random=False))
def test_reading_blocks_by_indentation_hides_no_mistake(random: Random) -> None:
    text = mutated(random, SEEDS)
    plain, read = Findings(), Findings()
    once(Source("x", text), KINDS, plain), parse(Source("x", text), KINDS, read)
    assert bool(plain.items) == bool(read.items)
