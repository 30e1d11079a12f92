"""The optical budgets as a table and as JSON."""

from __future__ import annotations

import json
from fractions import Fraction

from cmxdsl.analysis.base.injection import plane_of
from cmxdsl.analysis.physical.optical_budget import Budget, budgets
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain
from cmxdsl.outputs.registry import Files

_FIGURES = (
    "launch",
    "penalty",
    "fiber",
    "connections",
    "splices",
    "devices",
    "loss",
    "sensitivity",
    "margin",
    "allowed",
)


def write(subject: Subject, format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """Every optical pattern's budget at its longest link. Raises index.TooMany."""
    top = subject.top
    found = budgets(subject)
    if format == "json":
        content = {"design": top.name, "budgets": [_json(one) for one in found]}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    titles = (
        ("over", False),
        ("from", False),
        ("to", False),
        ("longest, m", True),
        ("launch, dBm", True),
        ("penalty", True),
        ("fiber", True),
        ("connections", True),
        ("devices", True),
        ("sensitivity, dBm", True),
        ("margin, dB", True),
    )
    rows = tuple(_row(one) for one in found)
    tables = [Table(f"{top.name}: optical budgets, losses in dB", tuple(Column(*t) for t in titles), rows)]
    lacking = sorted({name for one in found for name in one.lacking})
    if lacking:
        tables.append(Table("not known", (Column(""),), tuple((name,) for name in lacking)))
    return plain(tables, width, color)


def _row(one: Budget) -> tuple[str, ...]:
    on_the_way = None
    if one.connections is not None and one.splices is not None:
        on_the_way = one.connections + one.splices
    ends = [".".join(end.names) for end in (one.link.a, one.link.b)]
    return (
        one.optic.name,
        *ends,
        _text(one.metres),
        _text(one.launch),
        _text(one.penalty),
        _text(one.fiber),
        _text(on_the_way),
        _text(one.devices),
        _text(one.sensitivity),
        _text(one.margin),
    )


def _text(value: Fraction | None) -> str:
    return "?" if value is None else f"{float(value):.2f}"


def _json(one: Budget) -> dict[str, object]:
    figures = {
        f"{name}_dB" if name not in ("launch", "sensitivity") else f"{name}_dBm": _number(getattr(one, name))
        for name in _FIGURES
    }
    return {
        "optic": one.optic.name,
        "component": one.component.name,
        "from": ".".join(one.link.a.names),
        "to": ".".join(one.link.b.names),
        "plane": plane_of(one.component, one.link),
        "links": one.link.count,
        "longest_m": _number(one.metres),
        **figures,
        "lacking": list(one.lacking),
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(round(value, 4))


def files(subject: Subject) -> Files:
    if budgets(subject):
        yield "optics.txt", write(subject, "table")
        yield "optics.json", write(subject, "json")
