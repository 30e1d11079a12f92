"""The parser's tables: built from the grammar, kept as JSON so that a start does not build them again."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import lark
from lark import Lark

KEPT = frozenset({"COMMENT", "OPEN_STRING", "OPEN_COMMENT", "STRAY"})


class _Keep:
    """Asks Lark to lex the terminals that no rule uses; the token filter deals with them."""

    always_accept = KEPT

    def process(self, stream: Any) -> Any:
        return stream


OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "basic",
    "propagate_positions": True,
    "maybe_placeholders": True,
    "postlex": _Keep(),
}


def grammar_key(grammar: str) -> str:
    """Changes whenever tables made before no longer fit."""
    return hashlib.sha256(f"{lark.__version__}\n{grammar}".encode()).hexdigest()


def compile_tables(grammar: str) -> str:
    """The tables of `grammar` as JSON text."""
    data, memo = Lark(grammar, **OPTIONS).memo_serialize([lark.lexer.TerminalDef, lark.grammar.Rule])
    data["options"]["postlex"] = None
    content = {"key": grammar_key(grammar), "data": data, "memo": memo}
    return json.dumps(content, separators=(",", ":"), default=sorted)


def restore(text: str, grammar: str) -> Lark | None:
    """The parser from `text`, or None when it was made from another grammar or by another Lark."""
    content = _restored(json.loads(text))
    if content["key"] != grammar_key(grammar):
        return None
    return Lark._load_from_dict(content["data"], content["memo"], postlex=OPTIONS["postlex"])  # type: ignore[no-any-return, no-untyped-call]


def _restored(data: Any) -> Any:
    """JSON turned the whole-number keys of the tables into texts; turn them back."""
    if isinstance(data, list):
        return [_restored(item) for item in data]
    if isinstance(data, dict):
        return {int(k) if k.isdigit() else k: _restored(v) for k, v in data.items()}
    return data


def build(grammar: str) -> Lark:
    """The parser, built from scratch (about half a second)."""
    return Lark(grammar, **OPTIONS)
