"""Optical power budgets as waterfalls: from the launch power, loss by loss, to the sensitivity, and the margin.

One waterfall for each optic and its losses, at the longest link of those that share them.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from cmxdsl.analysis.physical.optical_budget import Budget, budgets
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.svg import INK, MUTED, RULE, Drawing
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.records import frozen

MOST = 24  # waterfalls in one picture
STEP, LEFT, INSET, WIDE, HEAD, FOOT = 18.0, 16.0, 26.0, 560.0, 20.0, 14.0
LOSS, MARGIN, SHORT, LEVELS = "#b5562c", "#3f8f5b", "#a3344f", "#3570ad"
HUES = {
    "loss": LOSS,
    "margin": MARGIN,
    "short of what is needed": SHORT,
    "launched, and needed by the receiver": LEVELS,
}


@frozen
class Fall:
    """A waterfall: the longest of `links` links in `patterns` patterns whose losses are the same but for the fiber."""

    budget: Budget
    links: int
    patterns: int


@frozen
class Step:
    """From one level to another in dBm: a loss, or what is left at the end."""

    words: str
    start: Fraction
    end: Fraction


def falls(subject: Subject) -> list[Fall]:
    """The waterfalls of a design, those with the least margin first; those that are not known come last."""
    together: dict[object, list[Budget]] = {}
    for b in budgets(subject):
        key = (b.optic.id, b.launch, b.penalty, b.connections, b.splices, b.devices, b.sensitivity, b.lacking)
        together.setdefault(key, []).append(b)
    found = []
    for same in together.values():
        longest = max(same, key=lambda b: (b.metres is not None, b.metres or Fraction(0)))
        links = sum(b.link.count * subject.counts.get(b.component, 0) for b in same)
        found.append(Fall(longest, links, len(same)))
    return sorted(found, key=lambda f: (f.budget.margin is None, f.budget.margin or Fraction(0), f.budget.optic.id))


def steps(b: Budget) -> list[Step]:
    """Loss by loss from the launch power, and the margin over the sensitivity. None of it may be unknown."""
    assert b.launch is not None and b.sensitivity is not None
    found, level = [], b.launch
    for words, loss in (
        ("penalties", b.penalty),
        ("fiber", b.fiber),
        ("connections", b.connections),
        ("splices", b.splices),
        ("devices on the way", b.devices),
    ):
        if loss:
            found.append(Step(words, level, level - loss))
            level -= loss
    return [*found, Step("margin", level, b.sensitivity)]


def optics(subject: Subject, options: Options) -> tuple[Drawing, list[str]]:
    """The view. Raises ViewFault where no link is optical, index.TooMany."""
    every = falls(subject)
    if not every:
        raise ViewFault(f"`{subject.top.name}` has no optical link")
    shown = every[:MOST]
    drawing = Drawing(f"{subject.top.name}: optical power budgets")
    drawing.text(LEFT, 30, drawing.title, 16, bold=True)
    drawing.text(LEFT, 49, "in dBm, at the longest link of each sort; the least margin first", 11, MUTED)
    levels = [v for f in shown for v in (f.budget.launch, f.budget.sensitivity) if v is not None]
    levels += [s.start for f in shown if f.budget.margin is not None for s in steps(f.budget)]
    low, high = floor(min(levels, default=Fraction(-1))) - 1, ceil(max(levels, default=Fraction(0)))
    known = [f for f in shown if f.budget.margin is not None]
    y = 86.0
    if known:
        _axis(drawing, y - 8, y + sum(HEAD + STEP * len(steps(f.budget)) + FOOT for f in known), low, high)
    for fall in known:
        y = _fall(drawing, fall, y, low, high)
    for fall in shown:
        if fall.budget.margin is None:
            drawing.text(LEFT, y + 12, _title(fall), 11, bold=True)
            drawing.text(LEFT, y + 26, f"not known without {', '.join(fall.budget.lacking)}", 10, MUTED)
            y += 40
    if len(every) > len(shown):
        drawing.text(LEFT, y + 14, f"and {len(every) - len(shown)} more sorts with more margin", 11, MUTED)
        y += 20
    used = {LEVELS, LOSS, *((MARGIN if f.budget.margin >= 0 else SHORT) for f in known if f.budget.margin is not None)}
    if known:
        drawing.legend(LEFT, y + 23, {words: hue for words, hue in HUES.items() if hue in used})
    return drawing, []


def _title(fall: Fall) -> str:
    b = fall.budget
    metres = f", {float(b.metres):.2f} m" if b.metres is not None else ""
    sorts = f" in {fall.patterns} patterns" if fall.patterns > 1 else ""
    return f"{b.optic.name}: {fall.links:,} links{sorts}{metres}"


def _at(level: Fraction, low: int, high: int) -> float:
    """Where a level is: the highest at the left, so that losses lead to the right."""
    return LEFT + INSET + float((high - level) / (high - low)) * WIDE


def _fall(drawing: Drawing, fall: Fall, y: float, low: int, high: int) -> float:
    b = fall.budget
    assert b.launch is not None and b.sensitivity is not None and b.margin is not None
    drawing.text(LEFT, y + 12, _title(fall), 11, bold=True)
    y += HEAD
    made = steps(b)
    bottom = y + STEP * len(made)
    for level in (b.launch, b.sensitivity):
        x = _at(level, low, high)
        drawing.line(x, y, x, bottom, LEVELS, 2, hint=f"{float(level):.2f} dBm")
    for step in made:
        size = step.start - step.end
        hue = LOSS if step.words != "margin" else MARGIN if size >= 0 else SHORT
        left, right = sorted((_at(step.start, low, high), _at(step.end, low, high)))
        words = f"{step.words} {float(size):.2f} dB"
        drawing.rect(left, y + 3, max(right - left, 1.0), STEP - 6, hue, hint=words)
        drawing.text(max(right, _at(b.sensitivity, low, high)) + 8, y + STEP - 5, words, 10, INK)
        y += STEP
    return bottom + FOOT


def _axis(drawing: Drawing, top: float, bottom: float, low: int, high: int) -> None:
    every = max(1, (high - low) // 12)
    for level in range(low, high + 1, every):
        x = _at(Fraction(level), low, high)
        drawing.line(x, top, x, bottom, RULE, 0.5, 0.5)
        drawing.text(x, top - 4, f"{level} dBm", 9, MUTED, anchor="middle")
