"""A run in plain numbers: what is split over which ranks, and on which chips they are."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.base.ports import paths
from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.analysis.work.chips import NO_CHIP, Chip, Lacking, chip_of
from cmxdsl.analysis.work.models import Incomplete, Sizes, network
from cmxdsl.model import Component, Run, Subject, index, remembered
from cmxdsl.records import field, frozen
from cmxdsl.schema.kinds import FORMATS, PARALLEL

KERNELS = {"newest": "fused", "flash_1": "flash_1", "flash_2": "flash_2"}
"""The chip's attributes that say how fast a kernel of attention is."""
LIMIT = 20_000_000  # ranks of one run


@frozen
class Splits:
    """Ranks of each parallel dimension, and how a step is cut. `within` says for expert parallelism which of its ranks
    are tensor ranks, and which are data or context ranks."""

    data: int = 1
    pipeline: int = 1
    tensor: int = 1
    context: int = 1
    expert: int = 1
    expert_tensor: int = 1
    micro: int = 1
    interleave: int = 1

    @property
    def ranks(self) -> int:
        return self.data * self.pipeline * self.tensor * self.context


@frozen
class Training:
    """A `training`: `batch` sequences of `length` tokens a step."""

    net: Sizes
    chip: Chip
    splits: Splits
    length: int
    batch: int
    precision: str
    recompute: str
    schedule: str
    padding: int
    sharding: str
    sequence_parallel: bool
    fused: bool
    dropout: bool
    gradient: float
    hides: frozenset[str]

    @property
    def width(self) -> float:
        """Bytes of a number in matrix products."""
        return float(FORMATS[self.precision])

    @property
    def tokens(self) -> float:
        """Tokens of a micro-batch on one rank."""
        return self.splits.micro * self.length / self.splits.context

    @property
    def accumulates(self) -> bool:
        """Whether gradients of weights are added up over micro-batches."""
        return self.sharding != "weights"

    @property
    def micro_batches(self) -> int:
        return self.batch // (self.splits.data * self.splits.micro)

    @property
    def places(self) -> int:
        """Places for layers on a pipeline stage."""
        return (self.net.layers + self.padding) // self.splits.pipeline


@frozen
class Serving:
    """A `serving` of requests of `prompt` tokens with answers of `output`."""

    net: Sizes
    chip: Chip
    splits: Splits
    prompt: int
    output: int
    precision: str
    cache: str
    phase: str
    batch: int | None
    prefill_tokens: int
    tpot: float | None
    ttft: float | None
    busiest: float
    hides: frozenset[str]


@frozen(eq=False)
class Placed:
    """Where a run's ranks are: the chips by their numbers in the machine, as an array whose dimensions are the
    variables of the run in order; `axes` are the dimensions of each parallel dimension."""

    run: Run
    ranks: Any
    axes: dict[str, tuple[int, ...]] = field(eq=False)
    idle: int
    chips: int


def of_run(subject: Subject, name: str) -> Run:
    """A run of the subject by its name. Raises KeyError."""
    return next(r for r in subject.top.runs if r.name == name) if name in run_names(subject) else _none(name)


def _none(name: str) -> Run:
    raise KeyError(name)


def run_names(subject: Subject) -> list[str]:
    return [run.name for run in subject.top.runs]


def chip_part(subject: Subject, run: Run) -> Component:
    """The chip that a rank runs on."""
    return subject.top.at(run.names)[0]


@remembered()
def placed(subject: Subject, name: str) -> Placed:
    """The chips of a run's ranks, by number among all accelerators of the subject in the order of its text.

    Raises index.TooMany for more than `LIMIT` ranks, Lacking where the run is on no accelerator.
    """
    import numpy as np

    run = of_run(subject, name)
    if run.ranks > LIMIT:
        raise index.TooMany(run.ranks, LIMIT)
    start = found = total = 0
    known = False
    for names, component, many in paths(subject.top):
        if is_accelerator(component) and many:
            if names == run.names:
                start, known = total, True
                found = many
            total += many
    if not known:
        raise Lacking(f"`role = accelerator` or the peak compute of {chip_part(subject, run).name}")
    shape = subject.top.shape_at(run.names)
    sizes = [d.size for d in run.domain]
    env = {
        d.name: np.arange(d.start, d.stop).reshape([-1 if k == i else 1 for k in range(len(sizes))])
        for i, d in enumerate(run.domain)
    }
    number = np.zeros((1,) * len(sizes), dtype=np.int64)
    for size, expr in zip(shape, (e for step in run.path for e in step.indices), strict=True):
        number = number * size + index.evaluate(expr, env)
    place = {d.name: i for i, d in enumerate(run.domain)}
    axes = {dim: tuple(place[v] for v in variables) for dim, variables in run.dimensions.items()}
    ranks = np.broadcast_to(number, sizes) + start
    assert found
    return Placed(run, ranks, axes, total - len(np.unique(ranks)), total)


def splits_of(run: Run) -> Splits:
    """The sizes of a run's dimensions, and of the work's cuts."""
    sizes = {name: run.size(name) for name in PARALLEL}
    shared = set(run.dimensions.get("expert", ())) & set(run.dimensions.get("tensor", ()))
    size = {d.name: d.size for d in run.domain}
    tensor = 1
    for variable in shared:
        tensor *= size[variable]
    return Splits(
        **sizes,
        expert_tensor=tensor,
        micro=count(run.work, "micro_batch", 1),
        interleave=count(run.work, "interleave", 1),
    )


def count(component: Component, name: str, default: int | None = None) -> int:
    value = component.quantity(name)
    if value is None:
        if default is None or name in component.attributes:
            raise Lacking(f"{name} of {component.name}")
        return default
    return int(value.value)


def model_of(work: Component) -> Sizes:
    """The model of a training or a serving. Raises Lacking."""
    model = work.get("model")
    if not isinstance(model, Component):
        raise Lacking(f"model of {work.name}")
    try:
        return network(model)
    except Incomplete as error:
        raise Lacking(*error.lacking) from None


def _hidden(work: Component) -> frozenset[str]:
    """The dimensions that talk while chips compute."""
    return frozenset(name for name in PARALLEL if work.get(f"overlap.{name}") is True)


@remembered()
def training(subject: Subject, name: str, timed: bool = True) -> Training:
    """A run of training in numbers; without what its chip reaches where no time is asked. Raises Lacking, KeyError."""
    run = of_run(subject, name)
    work = run.work
    precision = _precision(work)
    fused = work.get("fused_attention") is True
    kernel = KERNELS[work.text("attention_kernel") or "newest"] if fused else ""
    return Training(
        net=model_of(work),
        chip=chip_of(chip_part(subject, run), precision, _wide(precision), kernel) if timed else NO_CHIP,
        splits=splits_of(run),
        length=count(work, "sequence"),
        batch=count(work, "batch"),
        precision=precision,
        recompute=work.text("recompute") or "none",
        schedule=work.text("schedule") or "one_f_one_b",
        padding=count(work, "padding", 0),
        sharding=work.text("sharding") or "nothing",
        sequence_parallel=work.get("sequence_parallel") is True,
        fused=fused,
        dropout=work.get("dropout") is True,
        gradient=float(FORMATS[work.text("gradients") or "fp32"]),
        hides=_hidden(work),
    )


@remembered()
def serving(subject: Subject, name: str, timed: bool = True) -> Serving:
    """A run of serving in numbers, likewise. Raises Lacking, KeyError."""
    run = of_run(subject, name)
    work = run.work
    precision = _precision(work)
    prompt = count(work, "prompt")

    def seconds(name: str) -> float | None:
        value = work.quantity(name)
        return float(value.value) if value is not None else None

    busiest = work.quantity("busiest")
    return Serving(
        net=model_of(work),
        chip=chip_of(chip_part(subject, run), precision, _wide(precision)) if timed else NO_CHIP,
        splits=splits_of(run),
        prompt=prompt,
        output=count(work, "output"),
        precision=precision,
        cache=work.text("cache") or precision,
        phase=work.text("phase") or "both",
        batch=count(work, "batch", 0) or None,
        prefill_tokens=count(work, "prefill_tokens", prompt),
        tpot=seconds("tpot"),
        ttft=seconds("ttft"),
        busiest=float(busiest.value) if busiest is not None else 1.0,
        hides=_hidden(work),
    )


def _precision(work: Component) -> str:
    form = work.text("precision")
    if not form:
        raise Lacking(f"precision of {work.name}")
    return form


def _wide(form: str) -> str:
    """The format of attention beside a format of matrix products: 16 bits, as programs keep it."""
    return form if form in ("bf16", "fp16") else "bf16"
