"""CMX10xx: whether work fits the ranks that it is given, and these the chips."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import Splits, count, model_of, placed, serving, splits_of, training
from cmxdsl.analysis.work.memory import Memory, training_memory
from cmxdsl.analysis.work.models import Sizes
from cmxdsl.analysis.work.service import memory as serving_memory
from cmxdsl.checks.registry import Context, Per, check
from cmxdsl.diagnostics import Diagnostic, Rule, Severity
from cmxdsl.model import Component, Run, Subject
from cmxdsl.records import evolve
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import DATA

_MODEL = (
    "model M { layers = 6; hidden = 64; heads = 4; ffn = 256; vocabulary = 100 }\n"
    "training T { model = M; sequence = 8; batch = 8; precision = bf16 }\n"
)
_CHIP = "chip C { role = accelerator; memory { capacity = 1 GB } }\n"

SAME_CHIP = Rule(
    "CMX1001",
    "Two ranks of a run are on one chip",
    "Each tuple of a run's indices is a rank, and each rank needs a chip of its own.",
    _MODEL
    + _CHIP
    + "system S {\n    c[8]: C\n    run r: T over data[d], tensor[t] at c[d + t] for d in 0..3, t in 0..3\n}\n",
    fix="write an index that differs for each tuple, such as `c[4*d + t]`",
)
UNEVEN = Rule(
    "CMX1002",
    "Work does not divide by the ranks that share it",
    "Each data rank has as many micro-batches, each pipeline stage as many layers, each tensor rank as many heads, "
    "each expert rank as many experts, each context rank as many tokens.",
    _MODEL + _CHIP + "system S {\n    c[4]: C\n    run r: T over pipeline[p] at c[p]\n}\n",
)
IDLE = Rule(
    "CMX1003",
    "Chips do no work in a run",
    "The run's ranks are on some of the machine's accelerators; the others count in its power, and in no rate for each "
    "chip that works.",
    _MODEL + _CHIP + "system S {\n    c[8]: C\n    run r: T over data[d] at c[d] for d in 0..3\n}\n",
    Severity.NOTE,
    fix="nothing to fix where they are spares; else give the run more ranks",
)
TOO_FULL = Rule(
    "CMX1004",
    "A rank does not fit into its chip's memory",
    "Weights, gradients, the optimizer's state and activations, or weights, keys and values, are more than the memory "
    "of one chip.",
    _MODEL.replace("batch = 8", "batch = 1_000; micro_batch = 500").replace("sequence = 8;", "sequence = 800;")
    + _CHIP
    + "system S {\n    c: C\n    run r: T at c\n}\n",
)


_CHANGES: tuple[tuple[str, dict[str, Any], dict[str, int]], ...] = (
    ("sequence_parallel = true", {"sequence_parallel": True}, {}),
    ("sharding = optimizer", {"sharding": "optimizer"}, {}),
    ("micro_batch = 1", {}, {"micro": 1}),
    ("recompute = selective", {"recompute": "selective"}, {}),
    ("recompute = light", {"recompute": "light"}, {}),
    ("sharding = gradients", {"sharding": "gradients"}, {}),
    ("recompute = full", {"recompute": "full"}, {}),
    ("sharding = weights", {"sharding": "weights"}, {}),
    ("recompute = full` with `sharding = weights", {"recompute": "full", "sharding": "weights"}, {}),
)
"""What can be changed, those first that cost the least time: words, fields of the work, fields of its splits."""


@check(Per.COMPONENT, SAME_CHIP, IDLE)
def chips(component: Component, context: Context) -> Iterator[Diagnostic]:
    for run in component.runs if component.whole else ():
        import numpy as np  # only where there is work: every check of every design comes by here

        try:
            where = placed(context.of(component), run.name)
        except Lacking:
            continue  # said where its time is asked for
        flat = where.ranks.ravel()
        unique, first = np.unique(flat, return_index=True)
        if len(unique) < len(flat):
            rest = np.delete(np.arange(len(flat)), first)
            again = int(rest[0])
            other = int(np.flatnonzero(flat == flat[again])[0])
            both = " and ".join(_tuple(run, where.ranks.shape, number) for number in (other, again))
            message = f"{len(flat) - len(unique):,} of {len(flat):,} ranks of `{run.name}` share a chip: {both}"
            yield SAME_CHIP.at(run.span, message)
        elif where.idle:
            message = f"{where.idle:,} of {where.chips:,} accelerators do no work in `{run.name}`"
            yield IDLE.at(run.span, message)


def _tuple(run: Run, shape: tuple[int, ...], number: int) -> str:
    import numpy as np

    place = np.unravel_index(number, shape)
    return "(" + ", ".join(f"{d.name} = {int(i) + d.start}" for d, i in zip(run.domain, place, strict=True)) + ")"


@check(Per.COMPONENT, UNEVEN)
def shares(component: Component, context: Context) -> Iterator[Diagnostic]:
    for run in component.runs if component.whole else ():
        try:
            net, splits = model_of(run.work), splits_of(run)
            rules = list(_shares(run, net, splits))
        except Lacking:
            continue
        for what, whole, parts, by, help in rules:
            if parts and whole % parts:
                message = f"in `{run.name}`, {whole:,} {what} do not divide by {by}"
                yield UNEVEN.at(run.span, message, help)


def _shares(run: Run, net: Sizes, splits: Splits) -> Iterator[tuple[str, int, int, str, str]]:
    """What must divide: its name, how many, by how many, these in words, and what to do."""
    work = run.work
    yield "heads", net.attention.heads, splits.tensor, f"{splits.tensor} tensor ranks", ""
    if net.experts:
        yield "experts", net.experts, splits.expert, f"{splits.expert} expert ranks", ""
    elif splits.expert > 1:
        yield "experts", 1, splits.expert, f"{splits.expert} expert ranks", f"`{net.name}` has no experts"
    if work.kind != "training":
        return
    micro = splits.data * splits.micro
    batch = count(work, "batch")
    yield (
        "sequences of a batch",
        batch,
        micro,
        f"{splits.data} data ranks x {splits.micro} of a micro-batch",
        _nearest("batch", batch, micro),
    )
    layers, stages = net.layers + count(work, "padding", 0), splits.pipeline * splits.interleave
    words = f"{splits.pipeline} pipeline stages x {splits.interleave} chunks"
    fill = -layers % stages
    yield "layers", layers, stages, words, f"leave places of layers empty: `padding = {layers - net.layers + fill}`"
    length = count(work, "sequence")
    share = splits.context * (splits.tensor if work.get("sequence_parallel") is True else 1)
    yield "tokens of a sequence", length, share, f"{share} context and tensor ranks", ""


def _nearest(name: str, whole: int, parts: int) -> str:
    low = whole // parts * parts
    near = [low, low + parts] if low else [parts]
    return "such as " + " or ".join(f"`{name} = {n}`" for n in near)


@check(Per.COMPONENT, TOO_FULL)
def memory(component: Component, context: Context) -> Iterator[Diagnostic]:
    for run in component.runs if component.whole and context.clean else ():
        subject = context.of(component)
        capacity = component.at(run.names)[0].quantity("memory.capacity")
        if capacity is None:
            continue
        room = float(capacity.value) / 8
        try:
            found, help = _held(subject, run, room)
        except Lacking:
            continue
        if found.total <= room:
            continue
        parts = ", ".join(f"{name} {_bytes(size)}" for name, size in found.parts.items())
        message = f"a rank of `{run.name}` needs {_bytes(found.total)}, and its chip has {_bytes(room)}: {parts}"
        yield TOO_FULL.at(run.span, message, help)


def _bytes(size: float) -> str:
    return show(Quantity(Fraction(round(size) * 8), DATA), "B")


def _held(subject: Subject, run: Run, room: float) -> tuple[Memory, str]:
    """What a rank holds, and the first change that makes it fit, those first that cost the least time."""
    if run.work.kind == "serving":
        served = serving(subject, run.name, False)
        batch = -(-(served.batch or 1) // served.splits.data)
        length = served.prompt + (served.output if served.phase != "prefill" else 0)
        found = serving_memory(served, batch, length)
        each = found.cache / batch
        fits = int((room - found.weights) / each) * served.splits.data if found.weights < room else 0
        help = f"`batch = {fits}` fits" if fits else "more ranks to share the weights out, or a narrower format"
        return found, help
    job = training(subject, run.name, False)
    found = training_memory(job)
    for words, fields, splits in _CHANGES:
        changed = training_memory(evolve(job, splits=evolve(job.splits, **splits), **fields))
        if changed.total <= room:
            return found, f"`{words}` fits: {_bytes(changed.total)}"
    least = training_memory(evolve(job, recompute="full", sharding="weights"))
    return found, f"recomputing and sharding all leaves {_bytes(least.total)}: more pipeline or tensor ranks"
