"""The editors' colours: the TextMate grammar, its words taken from the language's own tables."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cmxdsl.highlight import OPERATORS, VALUES
from cmxdsl.schema import FUNCTIONS, KINDS
from cmxdsl.syntax import keywords
from cmxdsl.syntax.words import SOFT

_START = r"(?:^|(?<=[;{}]))\s*"


def textmate() -> str:
    """The file that editors read, as JSON text."""
    return (
        json.dumps(
            {
                "name": "cmx",
                "scopeName": "source.cmx",
                "patterns": [{"include": "#all"}],
                "repository": {"all": {"patterns": _rules()}},
            },
            indent=2,
        )
        + "\n"
    )


def _rules() -> list[dict[str, object]]:
    """Tried in this order at each place of the text."""
    starting = [word for word, soft in SOFT.items() if not soft.inside]
    inside = [word for word, soft in SOFT.items() if soft.inside]
    return [
        _rule("comment.line.documentation", "//[/!].*$"),
        _rule("comment.line.double-slash", "//.*$"),
        {"name": "comment.block.cmx", "begin": r"/\*", "end": r"\*/"},
        {
            "name": "string.quoted.double.cmx",
            "begin": '"',
            "end": '"|$',
            "patterns": [_rule("constant.character.escape", r"\\(u\{[0-9A-Fa-f]+\}|.)")],
        },
        _rule(
            "",
            rf"{_START}(?:(private)\s+)?({_any(KINDS)})\s+([A-Za-z_]\w*)",
            "storage.modifier",
            "storage.type.kind",
            "entity.name.type",
        ),
        _rule("", rf"{_START}({_any(starting)})(?=\s+[A-Za-z_\"])", "keyword.control.soft"),
        _rule("", rf'(?<=[\w"])\s+({_any(inside)})\b(?=\s+[A-Za-z_]\w*|\s*$)', "keyword.control.inside"),
        _rule("constant.language", rf"\b({_any(VALUES)})\b"),
        _rule("keyword.operator.word", rf"\b({_any(OPERATORS)})\b"),
        _rule("keyword.control", rf"\b({_any(sorted(keywords() - {*VALUES, *OPERATORS}))})\b"),
        _rule("support.function", rf"\b({_any(FUNCTIONS)})(?=\()"),
        _rule(
            "",
            r"\b([0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]+)?)[ \t]*"
            rf"((?!(?:x|{_any(sorted(keywords()))})\b)[A-Za-zµ°%][\w/^µ°%]*)?",
            "constant.numeric",
            "keyword.other.unit",
        ),
        _rule("keyword.operator", r"--|\.\.|==|!=|<=|>=|[-+*/^=<>]"),
    ]


def _any(words: Iterable[str]) -> str:
    return "|".join(words)


def _rule(name: str, match: str, *groups: str) -> dict[str, object]:
    """A pattern: the name of what it matches whole, or of each group."""
    if name:
        return {"name": f"{name}.cmx", "match": match}
    return {"match": match, "captures": {str(k): {"name": f"{g}.cmx"} for k, g in enumerate(groups, start=1)}}
