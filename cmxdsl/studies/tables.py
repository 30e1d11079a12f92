"""A study's results as tables, CSV and JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cmxdsl.outputs.kit.parquet import Field, to_parquet
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain, to_csv
from cmxdsl.records import frozen
from cmxdsl.studies.evaluate import Figure, Outcome
from cmxdsl.studies.plan import Plan
from cmxdsl.studies.results import best, effects, ranked, reasons
from cmxdsl.units import Quantity, show, unit
from cmxdsl.units.text import digits

FORMATS = ("table", "markdown", "csv", "json")


@frozen
class Results:
    """A plan and what came of it, in the order of the points' numbers."""

    plan: Plan
    outcomes: tuple[Outcome, ...]


def write_study(found: Results, format: str, shown: int = 10, width: int = UNWRAPPED, color: bool = False) -> str:
    """The best `shown` points, why others are not feasible, and what each parameter does; CSV and JSON have all."""
    if format == "csv":
        return to_csv(_all(found))
    if format == "json":
        return json.dumps(_json(found), indent=2, ensure_ascii=False) + "\n"
    tables = list(_tables(found, shown))
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def figure_text(figure: Figure) -> str:
    """An answer as people write it."""
    if figure is None:
        return "unknown"
    if isinstance(figure, str):
        return figure
    value, base = figure
    if not base:
        return digits(Fraction(value), 5)
    return show(Quantity(Fraction(value), unit(base).dimension), places=5)


def _tables(found: Results, shown: int) -> Iterator[Table]:
    plan, outcomes = found.plan, found.outcomes
    feasible = [o for o in outcomes if o.feasible]
    top = best(plan, outcomes)
    goals = plan.goals()
    rest = ranked(plan, outcomes) if len(goals) == 1 else top
    chosen = rest[:shown]
    of_grid = "" if plan.sampling == "grid" else f" of {plan.size:,}"
    title = f"{plan.top}: study {plan.study}, {len(outcomes):,} points{of_grid}, {len(feasible):,} feasible"
    what = "the best" if len(goals) == 1 else "the Pareto front" if goals else "feasible points"
    more = f" ({len(chosen):,} of {len(rest):,} shown)" if len(rest) > len(chosen) else ""
    asked = plan.shown()
    columns = [Column(name) for name, _ in plan.varies] + [Column(title_of(plan, k), True) for k in asked]
    rows = [(*o.point, *(figure_text(o.figures[k]) for k in asked)) for o in chosen]
    yield Table(f"{title}: {what}{more}", tuple(columns), tuple(rows))
    unknown = len(feasible) - len(ranked(plan, outcomes)) if goals else 0
    if unknown:
        note = f"{unknown:,} feasible points are not ranked: a goal of theirs is not known"
        yield Table("", (Column("note"),), ((note,),))
    if len(feasible) < len(outcomes):
        lines = tuple((f"{many:,}", why) for why, many in reasons(outcomes))
        yield Table("why points are not feasible", (Column("points", True), Column("reason")), lines)
    for k in goals if len(plan.varies) > 1 else ():
        yield from _effects(found, k)
    if chosen:
        sets = " ".join(
            f"--set {shlex.quote(f'{n}={v}')}" for (n, _), v in zip(plan.varies, chosen[0].point, strict=True)
        )
        command = f"cmx build {shlex.quote(plan.file)} --top {plan.top} {sets} -o out"
        yield Table("", (Column("the first of them as a design"),), ((command,),))


def _front(found: Results) -> set[int]:
    """The numbers of the best points, none where there are no goals."""
    return {o.number for o in best(found.plan, found.outcomes)} if found.plan.goals() else set()


def unit_of(found: Results, k: int) -> str:
    """The base unit of the answers to a question, empty where they are plain numbers or none is known."""
    answers = (o.figures[k] for o in found.outcomes if o.figures)
    return next((a[1] for a in answers if isinstance(a, tuple)), "")


def title_of(plan: Plan, k: int) -> str:
    q = plan.questions[k]
    return q.name if q.kind == "report" else f"{q.kind} {q.name}"


def _effects(found: Results, k: int) -> Iterator[Table]:
    """Which parameter matters most for a goal."""
    base = unit_of(found, k)
    rows = [
        (e.parameter, figure_text((e.low, base)), e.low_at, figure_text((e.high, base)), e.high_at)
        for e in effects(found.plan, found.outcomes, k)
    ]
    if rows:
        columns = (
            Column("parameter"),
            Column("least mean", True),
            Column("at"),
            Column("greatest", True),
            Column("at"),
        )
        yield Table(f"what {found.plan.questions[k].name} depends on, the strongest first", columns, tuple(rows))


def _all(found: Results) -> Table:
    plan = found.plan
    asked = plan.shown()
    units = {k: unit_of(found, k) for k in asked}
    titles = [name for name, _ in plan.varies]
    titles += [f"{plan.questions[k].name} ({units[k]})" if units[k] else plan.questions[k].name for k in asked]
    front = _front(found)
    rows = tuple(
        (
            o.number,
            *o.point,
            *(_cell(o, k) for k in asked),
            "yes" if o.feasible else "no",
            o.why,
            "yes" if o.number in front else "",
        )
        for o in found.outcomes
    )
    columns = tuple(Column(t) for t in ("number", *titles, "feasible", "why", "best"))
    return Table("", columns, (), rows)


def study_parquet(found: Results) -> Iterator[bytes]:
    """Every point as a row of Parquet; figures are numbers in base units, null where not known. Raises Unwritable."""
    plan = found.plan
    asked = plan.shown()
    numbers = {k for k in asked if not any(isinstance(_cell(o, k), str) for o in found.outcomes)}
    front = _front(found)
    columns = [Field("number", "int64"), *(Field(name) for name, _ in plan.varies)]
    for k in asked:
        name = plan.questions[k].name
        columns.append(Field(name, "float64", unit_of(found, k)) if k in numbers else Field(name))
    columns += [Field("feasible", "bool_"), Field("why"), Field("best", "bool_")]
    yield from to_parquet(columns, (_record(o, asked, numbers, o.number in front) for o in found.outcomes))


def _record(o: Outcome, asked: list[int], numbers: set[int], front: bool) -> tuple[object, ...]:
    cells = [(k, _cell(o, k)) for k in asked]
    figures = (cell if k in numbers or cell is None else str(cell) for k, cell in cells)
    return (o.number, *o.point, *figures, o.feasible, o.why or None, front)


def _cell(outcome: Outcome, k: int) -> str | float | None:
    figure = outcome.figures[k] if outcome.figures else None
    return figure[0] if isinstance(figure, tuple) else figure


def _json(found: Results) -> dict[str, Any]:
    plan = found.plan
    front = _front(found)
    return {
        "design": plan.top,
        "study": plan.study,
        "file": plan.file,
        "sampling": plan.sampling,
        "seed": plan.seed,
        "grid": plan.size,
        "parameters": [{"name": name, "values": list(values)} for name, values in plan.varies],
        "questions": [{"kind": q.kind, "name": q.name, "expression": q.text} for q in plan.questions],
        "points": [
            {
                "number": o.number,
                "parameters": {n: v for (n, _), v in zip(plan.varies, o.point, strict=True)},
                "feasible": o.feasible,
                "why": o.why or None,
                "best": o.number in front,
                "answers": {plan.questions[k].name: _answer(o.figures[k] if o.figures else None) for k in plan.shown()},
            }
            for o in found.outcomes
        ],
    }


def _answer(figure: Figure) -> Any:
    return {"value": figure[0], "unit": figure[1]} if isinstance(figure, tuple) else figure
