"""One point of a study: the design with these parameters, and the answers to what the study asks."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cmxdsl.analysis.queries.evaluate import evaluate
from cmxdsl.compile import compiled
from cmxdsl.diagnostics import Diagnostic, Findings, Severity
from cmxdsl.elaborate import FileScope, Project
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Goal, Study, Subject, Unknown
from cmxdsl.model.functions import FunctionFault
from cmxdsl.records import frozen
from cmxdsl.studies.plan import Plan, Point
from cmxdsl.syntax.rules import NOT_DECIDED
from cmxdsl.units import Quantity, TooLarge, UnitFault
from cmxdsl.units.text import base_unit

Figure = tuple[float, str] | str | None  # a number and its base unit, a text, or None where it is not known


@frozen
class Outcome:
    """What a point comes to: why it is not feasible (empty where it is), and an answer for each question."""

    number: int
    point: Point
    why: str
    figures: tuple[Figure, ...]

    @property
    def feasible(self) -> bool:
        return not self.why


@lru_cache(maxsize=1)
def _opened(plan: Plan) -> tuple[Project, FileScope]:
    """The files of a study, parsed once in each process."""
    texts = {Path(path): text for path, text in plan.texts}
    project = Project(Path(plan.root), Findings(), texts)
    main = project.open(Path(plan.file), plan.file)
    assert main is not None  # the study was read from it
    project.follow_uses()
    return project, main


def evaluated(plan: Plan, numbered: list[tuple[int, Point]]) -> list[Outcome]:
    """The outcomes of some points."""
    return [_evaluated(plan, number, point) for number, point in numbered]


def _evaluated(plan: Plan, number: int, point: Point) -> Outcome:
    project, main = _opened(plan)
    project.findings = Findings()
    given = {**dict(plan.fixed), **{name: value for (name, _), value in zip(plan.varies, point, strict=True)}}
    nothing: tuple[Figure, ...] = (None,) * len(plan.questions)
    try:
        design = compiled(project, main, plan.top, given, alone=True)
    except LimitExceeded as error:
        return Outcome(number, point, f"not decided: {error}", nothing)
    found = project.findings.sorted()
    errors = [d for d in found if d.severity is Severity.ERROR or d.code == NOT_DECIDED.code]
    study = next((s for s in design.top.studies if s.name == plan.study), None) if design.top is not None else None
    if errors or design.top is None or study is None:
        return Outcome(number, point, _reason(errors[0], project) if errors else "no design", nothing)
    return _asked(number, point, study, Subject(design.top, design.memo))


def _reason(error: Diagnostic, project: Project) -> str:
    """What is wrong, said the same for all points that fail for the same line."""
    source = project.sources.get(error.span.file)
    line = source.lines[error.span.line - 1].strip() if source is not None else ""
    return f"{error.code}: {line[:100]}" if line else f"{error.code}: {error.message}"


def _asked(number: int, point: Point, study: Study, subject: Subject) -> Outcome:
    why = ""
    figures: list[Figure] = []
    for goal in study.goals:
        found = _answer(goal, subject)
        if goal.kind == "keep":
            if not why and found is not True:
                why = f"keep {goal.text}" if found is False else f"not decided: keep {goal.text}"
                why = why if isinstance(found, bool | None) else f"neither true nor false: keep {goal.text}"
            figures.append(None)
        else:
            figures.append(found if not isinstance(found, bool) else str(found).lower())
    return Outcome(number, point, why, tuple(figures))


def _answer(goal: Goal, subject: Subject) -> Figure | bool:
    try:
        value = evaluate(goal.expr, subject).value
    except (UnitFault, TooLarge, FunctionFault, LimitExceeded):
        return None
    if isinstance(value, Unknown):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, Quantity):
        return float(value.value), base_unit(value.dimension)
    return value if isinstance(value, str) else getattr(value, "name", str(value))
