"""The house keeps its rules."""

from __future__ import annotations

import re
import subprocess
import sys

from cmxdsl.schema import ATTRIBUTES, BY_NAME, FUNCTIONS, KINDS
from cmxdsl.syntax import keywords, tables
from cmxdsl.syntax.build import _BUILD
from cmxdsl.syntax.parser import grammar_text, starting
from cmxdsl.syntax.tokens import CLAUSES, OPERATORS
from cmxdsl.syntax.words import SOFT
from cmxdsl.units.dimension import DIFFERENCES, NAMES, POINTS

from .conftest import ROOT


def test_floors() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout.decode()


def test_units_are_not_taken_for_keywords() -> None:
    """The lexer's list of words that are no units is the list of keywords."""
    lists = re.findall(r"\(\?!\(\?:([a-z|]+)\)", grammar_text())
    assert lists and all(set(words.split("|")) == set(keywords()) for words in lists)


def test_every_word_is_listed_where_its_kind_is() -> None:
    """A keyword starts a statement, is a value, an operator, or a clause, before which a line cannot end."""
    at_top, inside = starting()
    values, operators = {"true", "false", "unknown"}, {t.lower() for t in OPERATORS}
    clauses = {t.lower() for t in CLAUSES}
    assert clauses == set(keywords()) - at_top - inside - values - operators
    assert {soft for soft, row in SOFT.items() if not row.inside} <= at_top | inside
    assert not set(SOFT) & set(keywords())
    assert all(row.terminal == word.upper() for word, row in SOFT.items())
    declared = re.search(r"%declare (.*)", grammar_text())
    assert declared is not None
    assert {row.terminal for row in SOFT.values()} == set(declared[1].split()) - {"BROKEN", "KIND"}


def test_every_rule_of_the_grammar_makes_a_node() -> None:
    """What the grammar can put into a tree has a function in `build`, and each kind of statement a class."""
    made = {rule.alias or rule.origin.name for rule in tables.build(grammar_text()).rules if not rule.options.expand1}
    passed_over = {"parameters", "arguments", "block", "index", "ranges", "module", "key", "else_", "bundle"}
    assert {name for name in made if not name.startswith("_")} - passed_over <= set(_BUILD)


def test_tables_are_a_faithful_copy() -> None:
    grammar = grammar_text()
    restored = tables.restore(tables.compile_tables(grammar), grammar)
    assert restored is not None
    assert tables.restore(tables.compile_tables(grammar), grammar + "\n") is None
    text = "chip A(n: count = 3) { x.a = 3.2 TB/s; link a[i] -- b[2*i] over X where i < 2 for i in 0..3\nif n { } else { } }"
    kinds = [str(t) for t in tables.build(grammar).lex(text)]
    assert [str(t) for t in restored.lex(text)] == kinds


def test_attribute_rows_make_sense() -> None:
    types = {*NAMES, *POINTS, *DIFFERENCES, *KINDS, "text", "flag", "count", "size", "money", "lengths", "symbol"}
    for row in ATTRIBUTES:
        assert row.type in types and set(row.kinds) <= set(KINDS) and row.meaning
        assert set(row.required) | set(row.owed) <= set(row.kinds), row.name
        assert bool(row.symbols) == (row.type == "symbol")
    assert len(BY_NAME) == len(ATTRIBUTES)
    assert all(f.meaning and f.example for f in FUNCTIONS.values())


def test_no_file_grows_into_two_rooms() -> None:
    for path in (ROOT / "cmxdsl").rglob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 420, path
