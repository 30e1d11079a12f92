"""The best way to split a training over its chips: all splits are tried, and those that cannot be counted by reason.

The chips stay those of the run, in the order of the design's text. Tensor ranks are next to one another, then context
ranks, then data ranks (expert ranks first among them), then pipeline stages; or stages inside of data ranks. Model,
batch, precision, recomputation, sharding, overlap and schedule stay as stated. What the fabric does for a group depends
on how far its ranks are apart and how many they are, not on what else a split has, so that it is asked once for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import prod
from typing import Any

from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import Placed, Splits, Training, of_run, placed, training
from cmxdsl.analysis.work.memory import Memory, training_memory
from cmxdsl.analysis.work.steps import StepTime, step
from cmxdsl.analysis.work.talk import FabricTalk
from cmxdsl.model import Subject, remembered
from cmxdsl.records import define, evolve, field, frozen

MOST_MICRO = 16  # sequences of a micro-batch that are tried
MOST_CHUNKS = 16  # chunks of a stage
ORDERS = (("pipeline", "data"), ("data", "pipeline"))


@frozen
class Layout:
    """How ranks are numbered: sizes from the outermost dimension in. `expert` splits what is left of data."""

    sizes: tuple[tuple[str, int], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(size for _, size in self.sizes)


@frozen
class Split:
    """A split that can be, with what it comes to."""

    splits: Splits
    layout: Layout
    step: StepTime
    memory: Memory


@frozen
class Searched:
    """The best splits, the fastest first; how many were tried, and of how many each reason was the end."""

    best: tuple[Split, ...]
    tried: int
    fit: int
    refused: dict[str, int]
    first: int  # the number of the first chip among the machine's
    chips: int


@define(eq=False)
class _Talk:
    """Collectives of one layout; groups that lie alike are asked about once, whatever the layout."""

    fabric: FabricTalk
    ranks: Any
    paths: dict[tuple[tuple[int, bool], ...], FabricTalk]
    layout: Layout
    dimensions: dict[str, tuple[str, ...]]
    _notes: dict[str, None] = field(factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def seconds(self, dimension: str, kind: str, size: float) -> float:
        own = self.dimensions.get(dimension, ())
        merged: list[tuple[int, bool]] = []
        for name, ranks in self.layout.sizes:
            if ranks == 1:
                continue
            inside = name in own
            if merged and merged[-1][1] == inside:
                merged[-1] = (merged[-1][0] * ranks, inside)
            else:
                merged.append((ranks, inside))
        key = tuple(merged)
        if not any(inside for _, inside in key):
            return 0.0
        if key not in self.paths:
            where = self.fabric.where
            shaped = Placed(
                where.run,
                self.ranks.reshape([n for n, _ in key]),
                {"group": tuple(k for k, (_, inside) in enumerate(key) if inside)},
                where.idle,
                where.chips,
            )
            self.paths[key] = FabricTalk(self.fabric.machine, shaped)
        found = self.paths[key].seconds("group", kind, size)
        self._notes.update(dict.fromkeys(self.paths[key].notes))
        return found


@remembered()
def search(subject: Subject, name: str, most: int = 10) -> Searched:
    """Every split of a run of training over its own chips. Raises Lacking, KeyError; ValueError where the run is one of
    serving, or its chips are no block."""
    import numpy as np

    from cmxdsl.analysis.collectives import NoPath, machine

    run = of_run(subject, name)
    if run.work.kind != "training":
        raise ValueError(f"`{name}` is a run of {run.work.kind}: a search is about training")
    where = placed(subject, name)
    ranks = np.unique(where.ranks)
    if len(ranks) != run.ranks or int(ranks[-1]) - int(ranks[0]) + 1 != run.ranks:
        raise ValueError(f"the chips of `{name}` are no block in the order of the text, which a search numbers them by")
    job = training(subject, name)
    if not job.chip.capacity:
        raise Lacking(f"memory.capacity of {job.chip.name}")
    try:
        fabric = FabricTalk(machine(subject), where)
    except NoPath as error:
        raise Lacking(str(error)) from None
    paths: dict[tuple[tuple[int, bool], ...], FabricTalk] = {}
    refused: Counter[str] = Counter()
    found: list[Split] = []
    tried = fit = 0
    for splits, layout in candidates(job, run.ranks):
        tried += 1
        one = evolve(job, splits=splits)
        why = misfit(one)
        if why:
            refused[why] += 1
            continue
        held = training_memory(one)
        if held.total > one.chip.capacity:
            refused["does not fit into memory"] += 1
            continue
        fit += 1
        try:
            time = step(one, _Talk(fabric, ranks, paths, layout, dimensions(splits)))
        except Lacking:
            refused["some ranks that talk do not reach one another"] += 1
            continue
        found.append(Split(splits, layout, time, held))
        if len(found) > 8 * most:
            found = _fastest(found, most)
    return Searched(tuple(_fastest(found, most)), tried, fit, dict(refused.most_common()), int(ranks[0]), len(ranks))


def _fastest(found: list[Split], most: int) -> list[Split]:
    """Of splits that take the same time, the one with more memory left; then the one that was tried first."""
    return sorted(found, key=lambda s: (s.step.seconds, s.memory.total))[:most]


def dimensions(splits: Splits) -> dict[str, tuple[str, ...]]:
    """The parts of a layout that form the groups of each dimension."""
    return {
        "tensor": ("tensor",),
        "context": ("context",),
        "pipeline": ("pipeline",),
        "expert": ("expert", "tensor") if splits.expert_tensor > 1 else ("expert",),
        "replicas": ("data", "expert", "context"),
        "expert replicas": ("data", "context"),
    }


def candidates(job: Training, ranks: int) -> Iterator[tuple[Splits, Layout]]:
    """Every split that the search is about, whether or not the work divides by it."""
    contexts = sorted({1, job.splits.context})
    layers = job.net.layers + job.padding
    for tensor in divisors(ranks):
        for context in contexts:
            for pipeline in divisors(ranks // tensor) if ranks % (tensor * context) == 0 else ():
                rest, left = divmod(ranks, tensor * context * pipeline)
                if left or pipeline > layers:
                    continue
                for expert, apart in _experts(job, rest, tensor):
                    for micro in (m for m in divisors(max(1, job.batch // rest)) if m <= MOST_MICRO):
                        for chunks in divisors(max(1, layers // pipeline)) if pipeline > 1 else (1,):
                            if chunks > MOST_CHUNKS:
                                break
                            splits = Splits(
                                rest,
                                pipeline,
                                tensor,
                                context,
                                expert * (tensor if apart else 1),
                                tensor if apart else 1,
                                micro,
                                chunks,
                            )
                            for order in ORDERS[: 2 if pipeline > 1 and rest > 1 else 1]:
                                yield splits, _layout(splits, expert, order)


def _experts(job: Training, data: int, tensor: int) -> Iterator[tuple[int, bool]]:
    """Expert ranks among data ranks, and whether tensor ranks hold experts of their own too."""
    if not job.net.experts:
        yield 1, False
        return
    for expert in divisors(data):
        yield expert, False
        if tensor > 1:
            yield expert, True


def _layout(splits: Splits, expert: int, order: tuple[str, ...]) -> Layout:
    outer = {
        "pipeline": (("pipeline", splits.pipeline),),
        "data": (("data", splits.data // expert), ("expert", expert)),
    }
    inner = (("context", splits.context), ("tensor", splits.tensor))
    return Layout((*outer[order[0]], *outer[order[1]], *inner))


def misfit(job: Training) -> str:
    """Why work does not divide by a split; empty where it does."""
    net, splits = job.net, job.splits
    share = splits.context * (splits.tensor if job.sequence_parallel else 1)
    rules = (
        ("heads do not divide by tensor ranks", net.attention.heads, splits.tensor),
        ("experts do not divide by expert ranks", net.experts, splits.expert),
        ("the batch does not divide by data ranks and micro-batches", job.batch, splits.data * splits.micro),
        ("layers do not divide by stages and chunks", net.layers + job.padding, splits.pipeline * splits.interleave),
        ("tokens of a sequence do not divide by context and tensor ranks", job.length, share),
    )
    return next((why for why, whole, parts in rules if whole % parts), "")


def divisors(number: int) -> tuple[int, ...]:
    """All of a whole number above zero, ascending."""
    small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
    return tuple(sorted({*small, *(number // d for d in small)}))


# --- as text ----------------------------------------------------------------------------------------------

_VARIABLES = {"data": "d", "expert": "e", "context": "c", "tensor": "t", "pipeline": "p"}


def statement(subject: Subject, name: str, first: int, split: Split) -> tuple[str, str]:
    """A definition of the work and a run of it, as text of the language, that come to a split."""
    run, layout, splits = of_run(subject, name), split.layout, split.splits
    used = [(_VARIABLES[kind], kind, size) for kind, size in layout.sizes if size > 1]
    stride = prod(size for _, _, size in used)
    terms = []
    for variable, _, size in used:
        stride //= size
        terms.append((variable, stride, size))
    shape = subject.top.shape_at(run.names)
    indices = iter(_index(terms, _start(subject, name, first), shape, k) for k in range(len(shape)))
    path = ".".join(
        s.name + (f"[{', '.join(next(indices) for _ in s.indices)}]" if s.indices else "") for s in run.path
    )
    over = []
    for kind, parts in (
        ("data", ("data", "expert")),
        ("pipeline", ("pipeline",)),
        ("context", ("context",)),
        ("tensor", ("tensor",)),
        ("expert", dimensions(splits)["expert"] if splits.expert > 1 else ()),
    ):
        own = [v for v, k, _ in used if k in parts]
        over += [f"{kind}[{', '.join(own)}]"] if own else []
    ranges = [f"{v} in 0..{n - 1}" for v, _, n in used]
    work = run.work.id
    cut = f"micro_batch = {splits.micro}; interleave = {splits.interleave}"
    text = f"run best: Best over {', '.join(over)} at {path}" if over else f"run best: Best at {path}"
    return f"training Best : {work} {{ {cut} }}", text + (f" for {', '.join(ranges)}" if ranges else "")


def _start(subject: Subject, name: str, first: int) -> int:
    """The number of the first chip among those of its path: chips are numbered over all of the machine."""
    where = placed(subject, name)
    run = of_run(subject, name)
    own = 0
    for size, expr in zip(subject.top.shape_at(run.names), (e for s in run.path for e in s.indices), strict=True):
        own = own * size + int(_least(expr, run))
    return own - (int(where.ranks.flat[0]) - first)


def _least(expr: Any, run: Any) -> int:
    from cmxdsl.model import index

    return int(index.evaluate(expr, {d.name: d.start for d in run.domain}))


def _index(terms: list[tuple[str, int, int]], start: int, shape: tuple[int, ...], axis: int) -> str:
    """One index of the chip whose number is `start` and the sum of the variables times their strides: simple where the
    parts that are too small or too large for it fall out, else by `div` and `mod`."""
    inner = prod(shape[axis + 1 :])
    size = shape[axis]
    whole = _sum([(v, s) for v, s, _ in terms], start)
    terms = [part for term in terms for part in _parts(term, shape)]
    low = [(v, s, n) for v, s, n in terms if s < inner]
    mid = [(v, s, n) for v, s, n in terms if inner <= s < inner * size]
    most_low = sum(s * (n - 1) for _, s, n in low) + start % inner
    begin = start // inner % size
    most = sum(s // inner * (n - 1) for _, s, n in mid) + begin
    clean = all(s % inner == 0 for _, s, _ in mid) and all(
        s % (inner * size) == 0 for _, s, _ in terms if s >= inner * size
    )
    if clean and most_low < inner and most < size:
        return _sum([(v, s // inner) for v, s, _ in mid], begin)
    if inner > 1:
        whole = f"({whole}) div {inner}"
    return f"({whole}) mod {size}" if axis else whole


def _parts(term: tuple[str, int, int], shape: tuple[int, ...]) -> Iterator[tuple[str, int, int]]:
    """A variable that runs past the end of a dimension, as what stays and what is carried: `p mod 2`, `p div 2`."""
    word, stride, size = term
    ends = [prod(shape[axis:]) for axis in range(len(shape) - 1, 0, -1)]
    done = 1
    for end in ends:
        if stride < end < stride * size and end % stride == 0:
            inside = end // stride
            yield (f"({_whole(word, done)} mod {inside})", stride, inside)
            stride, size, done = end, -(-size // inside), done * inside
    yield (_whole(word, done) if done == 1 else f"({_whole(word, done)})", stride, size)


def _whole(word: str, done: int) -> str:
    return word if done == 1 else f"{word} div {done}"


def _sum(terms: list[tuple[str, int]], constant: int) -> str:
    words = [v if s == 1 else f"{s}*{v}" for v, s in terms]
    text = " + ".join([*words, str(constant)] if constant or not words else words)
    return text[1:-1] if len(words) == 1 and not constant and text.startswith("(") else text
