"""A study's results as pictures: the Pareto front, what each parameter does, and every point along parallel axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, log10

from cmxdsl.outputs.kit.svg import INK, MUTED, RULE, Drawing, fitted, text_width
from cmxdsl.studies.evaluate import Outcome
from cmxdsl.studies.plan import Plan, StudyFault
from cmxdsl.studies.results import best, effects, number_of
from cmxdsl.studies.tables import Results, figure_text, title_of, unit_of

LEFT, WIDE, HIGH = 96.0, 620.0, 340.0
FRONT, OTHER, BAR = "#D55E00", "#9aa7b5", "#0072B2"
MOST_LISTED, MOST_LINES, MOST_DOTS = 12, 2_000, 20_000
VIEWS = ("pareto", "tornado", "parallel")


def draw(found: Results, view: str = "") -> Drawing:
    """A view of the results; the Pareto front where there are two goals, else what each parameter does. Raises
    StudyFault where there is nothing of that kind to draw."""
    goals = found.plan.goals()
    if not goals:
        raise StudyFault("a picture is of goals: say what to `minimize` or `maximize`")
    chosen = view or ("pareto" if len(goals) > 1 else "tornado")
    drawing = Drawing(f"{found.plan.top}: study {found.plan.study}")
    drawing.text(16, 30, drawing.title, 16, bold=True)
    feasible = [o for o in found.outcomes if o.feasible]
    known = [o for o in feasible if all(number_of(o, k) is not None for k in goals)]
    if not known:
        raise StudyFault(f"of {len(found.outcomes):,} points none is feasible with goals that are known")
    said = f"{len(found.outcomes):,} points, {len(feasible):,} feasible"
    said += f"; {len(feasible) - len(known):,} of them without a known goal" * (len(known) < len(feasible))
    drawing.text(16, 49, said, 11, MUTED)
    _VIEWS[chosen](drawing, found, known)
    return drawing


# --- axes -------------------------------------------------------------------------------------------------


def ticks(low: float, high: float, many: int = 6) -> list[float]:
    """Round numbers from below the least to above the greatest: steps of 1, 2 or 5 times a power of ten."""
    size = max(abs(low), abs(high))
    if high - low <= 1e-12 * size or size < 1e-300:  # one point, or so near that no floats are left between
        half = size / 2 if size >= 1e-300 else 0.5
        low, high = low - half, high + half
    raw = (high - low) / many
    power = 10.0 ** floor(log10(raw))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [k * step for k in range(first, last + 1)]


def _scaled(marks: Sequence[float], start: float, size: float) -> Callable[[float], float]:
    return lambda value: start + (value - marks[0]) / (marks[-1] - marks[0]) * size


# --- views ------------------------------------------------------------------------------------------------


def _pareto(drawing: Drawing, found: Results, known: list[Outcome]) -> None:
    plan, goals = found.plan, found.plan.goals()
    if len(goals) < 2:
        raise StudyFault(
            "a Pareto front is of two goals, and this study has one: `--view tornado` shows what it depends on"
        )
    one, other = goals[:2]
    top = 84.0
    values = [(number_of(o, one) or 0.0, number_of(o, other) or 0.0) for o in known]
    across, up = (ticks(min(v[d] for v in values), max(v[d] for v in values)) for d in (0, 1))
    x, y = _scaled(across, LEFT, WIDE), _scaled(up, top + HIGH, -HIGH)
    for mark in across:
        drawing.line(x(mark), top, x(mark), top + HIGH, RULE, 0.5)
        drawing.text(x(mark), top + HIGH + 15, figure_text((mark, unit_of(found, one))), 9, MUTED, anchor="middle")
    for mark in up:
        drawing.line(LEFT, y(mark), LEFT + WIDE, y(mark), RULE, 0.5)
        drawing.text(LEFT - 6, y(mark) + 3, figure_text((mark, unit_of(found, other))), 9, MUTED, anchor="end")
    drawing.text(LEFT + WIDE / 2, top + HIGH + 33, title_of(plan, one), 10.5, INK, anchor="middle")
    drawing.text(LEFT, top - 10, title_of(plan, other), 10.5, INK)
    front = best(plan, found.outcomes)
    ahead = {o.number for o in front}
    for o, (a, b) in list(zip(known, values, strict=True))[:MOST_DOTS]:
        if o.number not in ahead:
            drawing.circle(x(a), y(b), 3, OTHER, hint=_point(plan, o))
    places = [(x(number_of(o, one) or 0.0), y(number_of(o, other) or 0.0)) for o in front]
    named: list[tuple[float, float]] = []
    if len(goals) == 2:
        for (xa, ya), (xb, yb) in pairwise(places):
            drawing.line(xa, ya, xb, yb, FRONT, 1.2, 0.6)
    for k, (o, (px, py)) in enumerate(zip(front, places, strict=True)):
        drawing.circle(px, py, 4.5, FRONT, INK, hint=_point(plan, o))
        if k < MOST_LISTED and all(abs(px - a) > 14 or abs(py - b) > 11 for a, b in named):
            drawing.text(px + 7, py - 6, str(k + 1), 9, INK, bold=True)
            named.append((px, py))
    line = top + HIGH + 58
    drawing.circle(24, line - 3.5, 4.5, FRONT, INK)
    words = f"{len(front):,} on the front: no other point is better in every goal"
    words += f", the first {MOST_LISTED} by name" * (len(front) > MOST_LISTED)
    words += f"; two of {len(goals)} goals are drawn" * (len(goals) > 2)
    drawing.text(34, line, words, 9.5, MUTED)
    for k, o in enumerate(front[:MOST_LISTED]):
        line += 15
        drawing.text(34, line, f"{k + 1}  {_point(plan, o)}", 9.5, INK)


def _point(plan: Plan, outcome: Outcome) -> str:
    """A point in words: its parameters, and its goals."""
    said = [f"{name} = {value}" for (name, _), value in zip(plan.varies, outcome.point, strict=True)]
    said += [f"{plan.questions[k].name} {figure_text(outcome.figures[k])}" for k in plan.goals()]
    return ", ".join(said)


def _tornado(drawing: Drawing, found: Results, known: list[Outcome]) -> None:
    """For each goal a bar for each parameter: from the least to the greatest mean over the points of each value."""
    y = 84.0
    for k in found.plan.goals():
        rows = effects(found.plan, known, k)
        base = unit_of(found, k)
        drawing.text(16, y, title_of(found.plan, k), 12, INK, bold=True)
        if not rows:
            drawing.text(16, y + 18, "depends on nothing that varies among feasible points", 10, MUTED)
            y += 44
            continue
        marks = ticks(min(e.low for e in rows), max(e.high for e in rows))
        x = _scaled(marks, LEFT + 60, WIDE - 60)
        bottom = y + 20 + 34 * len(rows)
        for mark in marks:
            drawing.line(x(mark), y + 12, x(mark), bottom, RULE, 0.5)
            drawing.text(x(mark), bottom + 14, figure_text((mark, base)), 9, MUTED, anchor="middle")
        mean = sum(number_of(o, k) or 0.0 for o in known) / len(known)
        for number, e in enumerate(rows):
            at = y + 22 + 34 * number
            drawing.text(LEFT + 46, at + 12, e.parameter, 10, INK, anchor="end", width=LEFT + 30)
            low, high = (figure_text((value, base)) for value in (e.low, e.high))
            hint = f"{e.parameter}: {low} at {e.low_at}, {high} at {e.high_at}"
            drawing.rect(x(e.low), at, max(1.5, x(e.high) - x(e.low)), 16, BAR, hint=hint, opacity=0.75)
            drawing.text(x(e.low), at + 27, e.low_at, 8.5, MUTED, anchor="middle")
            if x(e.high) - x(e.low) > 24:
                drawing.text(x(e.high), at + 27, e.high_at, 8.5, MUTED, anchor="middle")
        drawing.line(x(mean), y + 12, x(mean), bottom, FRONT, 1.4)
        y = bottom + 40
    drawing.line(24, y - 4, 40, y - 4, FRONT, 1.4)
    drawing.text(46, y, "mean of all feasible points; bars end at the least and the greatest mean of a value", 9, MUTED)


def _parallel(drawing: Drawing, found: Results, known: list[Outcome]) -> None:
    """A line for each feasible point through what varies and what it comes to; those of the front in colour."""
    plan, goals = found.plan, found.plan.goals()
    top, axes = 100.0, len(plan.varies) + len(goals)
    step = max(110.0, WIDE / max(1, axes - 1))
    scales: list[Callable[[Outcome], float]] = []
    labels: list[tuple[float, float, str, str]] = []
    for d, (name, values) in enumerate(plan.varies):
        x = LEFT + d * step
        place = {v: top + HIGH * (1 - (k + 0.5) / len(values)) for k, v in enumerate(values)}
        drawing.text(x, top - 12, name, 10, INK, bold=True, anchor="middle", width=step - 8)
        drawing.line(x, top, x, top + HIGH, MUTED, 1)
        every = max(1, ceil(len(values) / 16))
        for k, v in enumerate(values):
            if k % every == 0:
                labels.append((x - 5, place[v] + 3, fitted(v, step - 24, 8.5), "end"))
        scales.append(lambda o, d=d, place=place: place[o.point[d]])  # type: ignore[misc]
    for g, k in enumerate(goals):
        x = LEFT + (len(plan.varies) + g) * step
        numbers = [number_of(o, k) or 0.0 for o in known]
        marks = ticks(min(numbers), max(numbers))
        y = _scaled(marks, top + HIGH, -HIGH)
        drawing.text(x, top - 12, title_of(plan, k), 10, INK, bold=True, anchor="middle", width=step - 8)
        drawing.line(x, top, x, top + HIGH, MUTED, 1)
        labels += [(x + 5, y(mark) + 3, figure_text((mark, unit_of(found, k))), "start") for mark in marks]
        scales.append(lambda o, k=k, y=y: y(number_of(o, k) or 0.0))  # type: ignore[misc]
    ahead = {o.number for o in best(plan, found.outcomes)}
    drawn = known[:MOST_LINES] + [o for o in known[MOST_LINES:] if o.number in ahead]
    for bright in (False, True):
        for o in drawn:
            if (o.number in ahead) == bright:
                for d in range(axes - 1):
                    ends = (LEFT + d * step, scales[d](o), LEFT + (d + 1) * step, scales[d + 1](o))
                    drawing.line(*ends, FRONT if bright else OTHER, 1.6 if bright else 0.8, 0.9 if bright else 0.35)
    for x, at, text, anchor in labels:
        wide = text_width(text, 8.5)
        drawing.rect(x - 2 - wide * (anchor == "end"), at - 8, wide + 4, 11, "white", opacity=0.75, radius=2)
        drawing.text(x, at, text, 8.5, INK, anchor=anchor)
    line = top + HIGH + 30
    drawing.line(24, line - 4, 40, line - 4, FRONT, 1.6)
    left_out = f"; {len(known) - len(drawn):,} others are not drawn" if len(drawn) < len(known) else ""
    drawing.text(46, line, ("on the Pareto front" if len(goals) > 1 else "the best") + left_out, 9.5, MUTED)


_VIEWS = {"pareto": _pareto, "tornado": _tornado, "parallel": _parallel}
