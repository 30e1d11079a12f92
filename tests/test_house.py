"""The house keeps its rules."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from cmxdsl.analysis.queries.evaluate import ROOMS, answers
from cmxdsl.schema import ATTRIBUTES, BY_NAME, FUNCTIONS, KINDS
from cmxdsl.syntax import following, keywords, tables
from cmxdsl.syntax.build_expressions import MAKERS
from cmxdsl.syntax.parser import starting
from cmxdsl.syntax.tables import grammar_text
from cmxdsl.syntax.tokens import CLAUSES, OPERATORS
from cmxdsl.syntax.words import AFTER_NUMBERS, SOFT
from cmxdsl.units.dimension import NAMES, PRICES
from cmxdsl.units.scales import DIFFERENCES, POINTS

from .conftest import ROOT


def test_floors() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout.decode()


def test_the_imports_make_no_circle() -> None:
    """Not of a file with another, nor of three, whether at the start, inside of a function or for types only."""
    import grimp
    import networkx as nx

    graph = grimp.build_graph("cmxdsl", exclude_type_checking_imports=False, cache_dir=None)
    edges = [(a, b) for a in graph.modules for b in graph.find_modules_directly_imported_by(a)]
    circles = [sorted(c) for c in nx.strongly_connected_components(nx.DiGraph(edges)) if len(c) > 1]
    assert edges and not circles


def test_units_are_not_taken_for_keywords() -> None:
    """The lexer's list of words that are no units is the list of keywords."""
    lists = re.findall(r"\(\?!\(\?:([a-z|]+)\)", grammar_text())
    assert lists and all(set(words.split("|")) == set(keywords()) | AFTER_NUMBERS for words in lists)


def test_every_word_is_listed_where_its_kind_is() -> None:
    """A keyword starts a statement, is a value, an operator, or a clause, before which a line cannot end."""
    at_top, inside = starting()
    values, operators = {"true", "false", "unknown"}, {t.lower() for t in OPERATORS}
    clauses = {t.lower() for t in CLAUSES}
    assert clauses == set(keywords()) - at_top - inside - values - operators
    in_test = following('test "t" {\n', ("chip",))
    assert {soft for soft, row in SOFT.items() if not row.inside} <= at_top | inside | in_test
    assert not set(SOFT) & set(keywords())
    assert all(row.terminal == word.upper() for word, row in SOFT.items())
    declared = re.search(r"%declare (.*)", grammar_text())
    assert declared is not None
    assert {row.terminal for row in SOFT.values()} == set(declared[1].split()) - {"BROKEN", "KIND"}


def test_every_rule_of_the_grammar_makes_a_node() -> None:
    """What the grammar has a name for has a maker, and no maker is without a rule."""
    assert {rule.name for rule in tables.tables().rules if rule.name} == set(MAKERS)


def test_attribute_rows_make_sense() -> None:
    types = {
        *NAMES,
        *PRICES,
        *POINTS,
        *DIFFERENCES,
        *KINDS,
        "text",
        "flag",
        "count",
        "size",
        "money",
        "lengths",
        "computes",
        "symbol",
    }
    for row in ATTRIBUTES:
        assert row.type in types and set(row.kinds) <= set(KINDS) and row.meaning
        assert set(row.required) | set(row.owed) <= set(row.kinds), row.name
        assert bool(row.symbols) == (row.type == "symbol")
    assert len(BY_NAME) == len(ATTRIBUTES)
    assert all(f.meaning and f.example for f in FUNCTIONS.values())


def test_no_class_does_two_things() -> None:
    """A class has at most so many methods and lines; what functions may be, the linter says (see pyproject.toml)."""
    for path in (ROOT / "cmxdsl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
                lines = (node.end_lineno or node.lineno) - node.lineno
                assert len(methods) <= 24 and lines <= 320, f"{path.name}: {node.name}"


def test_each_question_is_answered_in_one_room() -> None:
    """The rooms answer what they are listed with, each function of the language is answered once, and by a row."""
    listed = [function for functions in ROOMS.values() for function in functions]
    assert len(listed) == len(set(listed)) and set(listed) <= set(FUNCTIONS)
    for room, functions in ROOMS.items():
        assert set(answers(room)) == set(functions), room
