"""Answers to expressions, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cmxdsl.analysis.queries.sides import share_words, unit_of, value_words
from cmxdsl.asking import Reply
from cmxdsl.model import Unknown
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain
from cmxdsl.outputs.kit.value_format import as_number, value_json


def write_ask(design: str, replies: Sequence[Reply], format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """The replies that have an answer, in a format."""
    found = [r for r in replies if r.ok]
    if format == "json":
        content = {"design": design, "answers": [_json(r) for r in found]}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    rows = tuple((r.expression, _value(r), _covered(r), ", ".join(r.lacking)) for r in found)
    columns = (Column("expression"), Column("value", True), Column("covered", True), Column("not known for"))
    lacking = any(row[3] for row in rows)
    kept = columns if lacking else columns[:3]
    return plain([Table("", kept, tuple(row[: len(kept)] for row in rows))], width, color) if rows else ""


def _value(reply: Reply) -> str:
    answer, expr = reply.answer, reply.question.expr
    assert answer is not None and expr is not None
    unit = unit_of(expr)
    if not isinstance(answer.value, Unknown):
        return value_words(answer.value, unit)
    bounds = (("at least", answer.bounds.least), ("at most", answer.bounds.most))
    return ", ".join(f"{words} {value_words(q, unit)}" for words, q in bounds if q is not None) or "unknown"


def _covered(reply: Reply) -> str:
    return share_words(reply.coverage) if reply.coverage is not None else ""


def _json(reply: Reply) -> dict[str, Any]:
    """Quantities in base units; `value` is null where it is not known, `least` and `most` are then its bounds."""
    answer, expr = reply.answer, reply.question.expr
    assert answer is not None and expr is not None
    bounds = {
        name: as_number(q.value) if q is not None else None
        for name, q in (("least", answer.bounds.least), ("most", answer.bounds.most))
    }
    return {
        "expression": reply.expression,
        **value_json(answer.value, value_words(answer.value, unit_of(expr))),
        **bounds,
        "coverage": as_number(reply.coverage) if reply.coverage is not None else None,
        "lacking": list(reply.lacking),
    }
