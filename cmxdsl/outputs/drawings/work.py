"""Pictures of the machine at work: where time goes, operations under the roofline, a step's timeline, the serving
curve."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from cmxdsl.analysis.work.answers import served, trained
from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import serving, training
from cmxdsl.analysis.work.service import curve
from cmxdsl.analysis.work.steps import MEANINGS
from cmxdsl.analysis.work.talk import talk
from cmxdsl.model import Run, Subject
from cmxdsl.outputs.kit.svg import INK, MUTED, RULE, Drawing
from cmxdsl.outputs.kit.value_format import seconds
from cmxdsl.outputs.registry import Unwritable

LEFT, WIDE, HIGH = 190.0, 620.0, 300.0
COLOURS = {
    "matmul": "#2a78d6",
    "attention": "#5aa9e6",
    "memory": "#8fd0c9",
    "recompute": "#9a7fd1",
    "tensor": "#d9772b",
    "context": "#e3a33c",
    "expert": "#c9572f",
    "pipeline": "#e8c15a",
    "data": "#b5493c",
    "bubble": "#c8cfd8",
    "optimizer": "#6f7f90",
    "contention": "#a8b3bf",
}
MOST_STAGES, MOST_PASSES = 32, 64


def picture(subject: Subject, runs: Sequence[Run], view: str) -> str:
    """A view of runs as SVG. Raises Unwritable where none of them has what it shows."""
    drawing = Drawing(f"{subject.top.name} at work")
    made = False
    for run in runs:
        try:
            made = _VIEWS[view](drawing, subject, run) or made
        except Lacking as error:
            raise Unwritable(f"`{run.name}` lacks {', '.join(error.names)}") from None
    if not made:
        raise Unwritable(f"no run of `{subject.top.name}` has a {view}")
    return drawing.svg()


def _heading(drawing: Drawing, text: str) -> float:
    top = drawing.height + (28 if drawing.height else 18)
    drawing.text(8, top, text, 13, INK, bold=True)
    return top + 14


# --- where time goes --------------------------------------------------------------------------------------


def _parts(drawing: Drawing, subject: Subject, run: Run) -> bool:
    """A bar whose pieces are the parts of a step, or of a token."""
    if run.work.kind == "training":
        parts, what = trained(subject, run.name).parts, "a step"
    else:
        found = served(subject, run.name)
        one = found.decode or found.prefill
        assert one is not None
        parts, what = one.parts, "a token of each answer" if found.decode is not None else "a pass over prompts"
    whole = sum(parts.values())
    y = _heading(drawing, f"{run.name}: {what} takes {seconds(whole)}")
    x = 8.0
    for name, value in parts.items():
        wide = value / whole * (LEFT + WIDE - 16)
        drawing.rect(x, y, wide, 30, COLOURS[name], hint=f"{MEANINGS[name]}: {seconds(value)}")
        x += wide
    for k, (name, value) in enumerate(sorted(parts.items(), key=lambda item: -item[1])):
        row, column = divmod(k, 3)
        left = 8 + column * 265
        drawing.rect(left, y + 42 + 18 * row, 10, 10, COLOURS[name])
        drawing.text(left + 15, y + 51 + 18 * row, f"{MEANINGS[name]}: {value / whole:.1%}", 10, MUTED, width=245)
    return True


# --- axes -------------------------------------------------------------------------------------------------


class _Axes:
    """A field with logarithmic axes."""

    def __init__(self, drawing: Drawing, top: float, xs: Sequence[float], ys: Sequence[float], names: tuple[str, str]):
        self.drawing, self.top = drawing, top
        self.x = (floor(log10(min(xs))), floor(log10(max(xs))) + 1)
        self.y = (floor(log10(min(ys))), floor(log10(max(ys))) + 1)
        for power in range(self.x[0], self.x[1] + 1):
            at, _ = self.at(10.0**power, 10.0 ** self.y[0])
            drawing.line(at, top, at, top + HIGH, RULE, 0.5)
            drawing.text(at, top + HIGH + 14, _short(10.0**power), 9, MUTED, anchor="middle")
        for power in range(self.y[0], self.y[1] + 1):
            _, at = self.at(10.0 ** self.x[0], 10.0**power)
            drawing.line(70, at, 70 + WIDE, at, RULE, 0.5)
            drawing.text(64, at + 3, _short(10.0**power), 9, MUTED, anchor="end")
        drawing.text(70 + WIDE / 2, top + HIGH + 30, names[0], 10, INK, anchor="middle")
        drawing.text(14, top + HIGH / 2 + 60, names[1], 10, INK, turned=True)

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - self.x[0]) / (self.x[1] - self.x[0])
        up = (log10(y) - self.y[0]) / (self.y[1] - self.y[0])
        return 70 + across * WIDE, self.top + HIGH * (1 - up)


def _short(value: float) -> str:
    for unit, scale in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0), ("m", 1e-3), ("µ", 1e-6)):
        if value >= scale * 0.999:
            return f"{value / scale:g}{unit}"
    return f"{value:g}"


def _roofline(drawing: Drawing, subject: Subject, run: Run) -> bool:
    """Each operation of a layer by its intensity and the rate that it reaches, under the peak and under what is
    measured."""
    if run.work.kind != "training":
        return False
    job, step = training(subject, run.name), trained(subject, run.name)
    points = [o for o in step.operations if o.flops and o.moved]
    top = _heading(drawing, f"{run.name}: operations of a layer on {job.chip.name}")
    intensities = [o.flops / o.moved for o in points]
    rates = [o.flops / o.forward for o in points]
    ridge = job.chip.peak / job.chip.stream
    axes = _Axes(
        drawing, top, [*intensities, ridge / 20], [*rates, job.chip.peak], ("FLOP for each byte moved", "FLOPS")
    )
    low, high = 10.0 ** axes.x[0], 10.0 ** axes.x[1]
    for rate, text in ((job.chip.peak, "dense peak"), (job.chip.matmul[-1], "measured, large products")):
        bend = max(low, rate / job.chip.stream)
        start = max(low, 10.0 ** axes.y[0] / job.chip.stream)
        drawing.line(*axes.at(start, start * job.chip.stream), *axes.at(bend, rate), MUTED, 1.2)
        drawing.line(*axes.at(bend, rate), *axes.at(high, rate), MUTED, 1.2)
        x, y = axes.at(high, rate)
        drawing.text(x - 4, y - 4, text, 9, MUTED, anchor="end")
    for one, intensity, rate in zip(points, intensities, rates, strict=True):
        x, y = axes.at(intensity, rate)
        drawing.circle(x, y, 4, COLOURS[one.kind], hint=f"{one.name}: {_short(rate)}FLOPS at {intensity:.0f} FLOP/B")
    return True


# --- a step's timeline ------------------------------------------------------------------------------------


def _timeline(drawing: Drawing, subject: Subject, run: Run) -> bool:
    """The first passes of a pipeline's stages in 1F1B, to scale: forward and backward passes of micro-batches."""
    if run.work.kind != "training" or training(subject, run.name).splits.pipeline == 1:
        return False
    job, step = training(subject, run.name), trained(subject, run.name)
    stages, many = min(job.splits.pipeline, MOST_STAGES), min(job.micro_batches, MOST_PASSES)
    passes = one_f_one_b(stages, many, *step.micro)
    end = max(p[3] for p in passes)
    cut = "" if (stages, many) == (job.splits.pipeline, job.micro_batches) else ", cut"
    chunks = f", its {job.splits.interleave} chunks as one" if job.splits.interleave > 1 else ""
    top = _heading(drawing, f"{run.name}: {stages} stages, {many} micro-batches{cut}{chunks}, by 1F1B")
    high = max(6.0, min(20.0, HIGH / stages))
    for stage in range(stages):
        drawing.text(64, top + stage * high + high * 0.7, f"stage {stage}", min(9, high), MUTED, anchor="end")
    for stage, way, number, stop in passes:
        long = step.micro[way]
        x, wide = 70 + (stop - long) / end * WIDE, long / end * WIDE
        colour = COLOURS["attention" if way == 0 else "matmul"]
        hint = f"micro-batch {number}, {'backward' if way else 'forward'}"
        drawing.rect(x, top + stage * high, max(0.4, wide - 0.4), high - 1.5, colour, hint=hint)
    drawing.text(70, top + stages * high + 12, "light: forward; dark: backward; empty: waiting", 9, MUTED)
    return True


def one_f_one_b(stages: int, many: int, forward: float, backward: float) -> list[tuple[int, int, int, float]]:
    """When each pass ends: stage, way (0 forward, 1 backward), micro-batch, time (PipeDream-flush: a stage runs ahead
    by as many forward passes as stages follow it, then takes one of each in turn)."""
    orders = []
    for stage in range(stages):
        ahead = min(many, stages - stage - 1)
        order = [(0, k) for k in range(ahead)]
        for k in range(many - ahead):
            order += [(0, ahead + k), (1, k)]
        orders.append([*order, *((1, k) for k in range(many - ahead, many))])
    ends: dict[tuple[int, int, int], float] = {}
    free, place = [0.0] * stages, [0] * stages
    found = []
    left = 2 * many * stages
    while left:
        for stage in range(stages):
            while place[stage] < 2 * many:
                way, k = orders[stage][place[stage]]
                first = stage == (0 if way == 0 else stages - 1)
                needs = (stage, 0, k) if first and way else (stage + (1 if way else -1), way, k)
                if not (first and way == 0) and needs not in ends:
                    break
                start = max(free[stage], 0.0 if first and way == 0 else ends[needs])
                free[stage] = ends[stage, way, k] = start + (backward if way else forward)
                found.append((stage, way, k, free[stage]))
                place[stage] += 1
                left -= 1
    return found


# --- serving ----------------------------------------------------------------------------------------------


def _curve(drawing: Drawing, subject: Subject, run: Run) -> bool:
    """Tokens a second and chip against the time of a token, a point for each batch."""
    if run.work.kind != "serving" or serving(subject, run.name).phase == "prefill":
        return False
    job = serving(subject, run.name)
    points = curve(job, talk(subject, run.name))
    top = _heading(drawing, f"{run.name}: tokens a second and chip, against the time of a token")
    axes = _Axes(
        drawing,
        top,
        [t * 1e3 for _, t, _ in points],
        [r for _, _, r in points],
        ("time of a token, in ms", "tokens a second and chip"),
    )
    before = None
    for batch, tpot, rate in points:
        here = axes.at(tpot * 1e3, rate)
        if before is not None:
            drawing.line(*before, *here, COLOURS["matmul"], 1.6)
        drawing.circle(
            *here, 2.5, COLOURS["matmul"], hint=f"{batch} sequences a rank: {tpot * 1e3:.1f} ms, {rate:,.0f}"
        )
        before = here
    if job.tpot is not None and 10.0 ** axes.x[0] <= job.tpot * 1e3 <= 10.0 ** axes.x[1]:
        x, _ = axes.at(job.tpot * 1e3, 10.0 ** axes.y[0])
        drawing.line(x, top, x, top + HIGH, COLOURS["expert"], 1.2)
    return True


_VIEWS = {"parts": _parts, "roofline": _roofline, "timeline": _timeline, "curve": _curve}
