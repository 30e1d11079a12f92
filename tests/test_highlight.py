"""Every list of words in the editors is the grammar's own."""

from __future__ import annotations

import json
import re

import pytest
from pygments.token import Error, Keyword, Name

from cmxdsl.highlight import CmxLexer
from cmxdsl.schema import FUNCTIONS, KINDS
from cmxdsl.syntax import keywords
from cmxdsl.syntax.words import SOFT

from .conftest import ROOT

TEXTMATE = json.loads((ROOT / "editors" / "vscode" / "syntaxes" / "cmx.tmLanguage.json").read_text("utf-8"))


def words(name: str) -> set[str]:
    """The alternatives in the TextMate rule of a name."""
    for rule in TEXTMATE["repository"]["all"]["patterns"]:
        names = [rule.get("name"), *(c["name"] for c in rule.get("captures", {}).values())]
        if name in names:
            found = re.search(r"\(((?:\w+\|)+\w+)\)", rule["match"])  # the first list of words in it
            assert found is not None
            return set(found[1].split("|"))
    raise AssertionError(name)


def test_textmate_has_the_words_of_the_grammar() -> None:
    controls = words("keyword.control.cmx") | words("constant.language.cmx") | words("keyword.operator.word.cmx")
    assert controls == set(keywords())
    assert words("keyword.control.soft.cmx") | words("keyword.control.inside.cmx") == set(SOFT)
    assert words("storage.type.kind.cmx") == set(KINDS)
    assert words("support.function.cmx") == set(FUNCTIONS)


def test_pygments_has_the_words_of_the_grammar() -> None:
    for word in keywords():
        (kind, text), *_ = CmxLexer().get_tokens(word)
        assert text == word and kind is not Name, word


def test_soft_words_are_coloured_where_they_are_words() -> None:
    for text in (
        "override npu: H200",
        "private chip A { }",
        "use std.nvidia as nv",
        'attribute a: power of rack "x" adds',
    ):
        coloured = {word for kind, word in CmxLexer().get_tokens(text) if kind is Keyword}
        assert coloured >= {word for word in text.split() if word in SOFT}, text
    assert not [word for kind, word in CmxLexer().get_tokens("view: A; of = 3") if kind is Keyword]


@pytest.mark.parametrize("path", sorted((ROOT / "designs").rglob("*.cmx")), ids=lambda p: p.stem)
def test_pygments_colours_whole_files(path: object) -> None:
    from pathlib import Path

    text = Path(str(path)).read_text("utf-8")
    tokens = list(CmxLexer().get_tokens(text))
    assert "".join(t for _, t in tokens) == text
    assert not [t for kind, t in tokens if kind is Error]
    assert any(kind is Keyword.Declaration for kind, _ in tokens)
