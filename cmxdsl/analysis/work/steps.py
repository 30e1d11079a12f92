"""One step of training: where its time goes.

The slowest stage of the pipeline works without pause once the pipeline is full; before and after, it waits for the
others (`bubble`). What ranks say to one another counts where nothing hides it. Left out: launches of kernels behind
one another, jitter and failures, input and checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterable

from cmxdsl.analysis.work.jobs import Training
from cmxdsl.analysis.work.layers import WIDE, Operation, embedding, layer, output
from cmxdsl.analysis.work.memory import expert_weights, layer_weights, stage_weights
from cmxdsl.analysis.work.talk import Talk
from cmxdsl.records import frozen

UPDATE = 34.0
"""Bytes that a step of Adam moves for each weight: the gradient for its norm, then gradient, copy and two moments
read, copy and moments written in fp32, and the weight in two bytes."""

BUSY = 0.15
"""Share of a chip's computing that a collective beside it takes: what NCCL's kernels hold of an A100's processors over
NVLink by Calculon (SC'23, calculon-ai/calculon, systems/a100_80g.json)."""


MEANINGS = {
    "matmul": "matrix products",
    "attention": "attention in one kernel",
    "memory": "operations bound by memory",
    "recompute": "computed again",
    "tensor": "tensor ranks talk",
    "context": "context ranks talk",
    "expert": "tokens to experts and back",
    "bubble": "pipeline fills and drains",
    "pipeline": "stages send",
    "data": "gradients and weights of replicas",
    "optimizer": "optimizer",
    "contention": "computing slowed by what talks beside it",
}
"""What the parts of a time are."""


@frozen
class StepTime:
    """Seconds of one step; `parts` sum to `seconds`. `hidden` are the seconds that each dimension talks behind
    computing, `flops` the operations of one sequence's model, all ranks together, with and without what is computed
    again."""

    seconds: float
    parts: dict[str, float]
    hidden: dict[str, float]
    tokens: float
    flops: float
    worked: float
    peak: float
    operations: tuple[Operation, ...]
    micro: tuple[float, float]
    notes: tuple[str, ...]

    @property
    def mfu(self) -> float:
        """Operations of the model, attention to the whole sequence counted, over the dense peak (PaLM, arXiv
        2204.02311, appendix B, with the output matrix as Megatron counts it)."""
        return self.flops / self.seconds / self.peak

    @property
    def hfu(self) -> float:
        """The same with what is computed again."""
        return self.worked / self.seconds / self.peak

    def exposed(self, dimension: str) -> float:
        return self.parts.get(dimension, 0.0)


@frozen
class Stage:
    """Seconds of one micro-batch on one pipeline stage, by what they go to; forward and backward together."""

    parts: dict[str, float]
    forward: float
    weights: float  # of the gradients of weights, which a bubble can hold

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())


KINDS = ("matmul", "attention", "memory")


def step(job: Training, talk: Talk) -> StepTime:
    """The time of a step."""
    splits, net = job.splits, job.net
    dense, moe = _Layer.of(job, talk, False), _Layer.of(job, talk, True) if net.moe_layers else None
    stages = _stages(job, dense, moe)
    many = job.micro_batches
    slow = max(stages, key=lambda s: s.seconds)
    sent, hidden_sent = _sent(job, talk, slow)
    parts = {name: seconds * many for name, seconds in slow.parts.items() if seconds}
    parts["bubble"] = _bubble(job, stages, slow, sent)
    parts["pipeline"] = sent * many
    data, hidden_data = _data(job, talk, dense, moe, slow)
    parts["data"] = data
    parts["optimizer"] = _update(job)
    plain, experts = _count(job, dense, moe)
    inside = dense.hidden * plain + (moe.hidden * experts if moe is not None else 0.0)
    hidden = {"layers": many * inside, "pipeline": many * hidden_sent, "data": hidden_data}
    parts["contention"] = BUSY * sum(hidden.values())
    parts = {name: seconds for name, seconds in parts.items() if seconds > 0}
    flops = float(net.training(job.length, False)) * job.batch * job.length
    again = float(_repeated(job)) * job.batch * job.length
    return StepTime(
        seconds=sum(parts.values()),
        parts=parts,
        hidden={name: seconds for name, seconds in hidden.items() if seconds > 0},
        tokens=float(job.batch * job.length),
        flops=flops,
        worked=flops + again,
        peak=job.chip.peak * splits.ranks,
        operations=(moe or dense).operations + tuple(output(job)),
        micro=(slow.forward, slow.seconds - slow.forward),
        notes=(*talk.notes, *job.chip.notes),
    )


@frozen
class _Layer:
    """One layer of a micro-batch: seconds by kind forward and backward, those computed again, and exposed talk."""

    operations: tuple[Operation, ...]
    forward: dict[str, float]
    backward: dict[str, float]
    again: float
    talk: dict[str, float]
    talk_again: float
    hidden: float

    @classmethod
    def of(cls, job: Training, talk: Talk, experts: bool) -> _Layer:
        operations = tuple(layer(job, experts))
        forward, backward = _by_kind(operations, "forward"), _by_kind(operations, "backward")
        again = 0.0
        if job.recompute == "full":
            again = sum(forward.values())
        else:
            again = sum(o.forward for o in operations if o.again and o.again == job.recompute)
        said, said_again, hidden = _tensor(job, talk, forward, backward, experts)
        return cls(operations, forward, backward, again, said, said_again, hidden)

    @property
    def parts(self) -> dict[str, float]:
        found = {kind: self.forward[kind] + self.backward[kind] for kind in KINDS}
        found["recompute"] = self.again
        for name, seconds in self.talk.items():
            found[name] = found.get(name, 0.0) + seconds
        found["tensor"] = found.get("tensor", 0.0) + self.talk_again
        return found

    @property
    def ahead(self) -> float:
        """Seconds forward, with half of what is said."""
        return sum(self.forward.values()) + sum(self.talk.values()) / 2


def _by_kind(operations: Iterable[Operation], way: str) -> dict[str, float]:
    found = dict.fromkeys(KINDS, 0.0)
    for operation in operations:
        found[operation.kind] += getattr(operation, way)
    return found


def _tensor(
    job: Training, talk: Talk, forward: dict[str, float], backward: dict[str, float], experts: bool
) -> tuple[dict[str, float], float, float]:
    """What a layer's ranks say in one micro-batch, exposed: by dimension, what full recomputation says again, and what
    is hidden.

    Tensor ranks reduce the outputs of attention and of the feed-forward network, and backward the gradients of their
    inputs (Megatron-LM, arXiv 1909.08053); with sequences shared out each is a reduce-scatter and an all-gather.
    Overlap hides them behind matrix products, but for the first of as many parts as there are ranks. Context ranks
    gather keys and values (Llama 3, arXiv 2407.21783, section 3.3.2); experts are sent their tokens and send them
    back.
    """
    splits, net = job.splits, job.net
    size = job.tokens * net.hidden * WIDE
    found: dict[str, float] = {}
    again = hidden = 0.0
    if splits.tensor > 1:
        blocks = 1 if experts and splits.expert_tensor > 1 and not net.shared else 2
        if job.sequence_parallel:
            one = talk.seconds("tensor", "reduce_scatter", size) + talk.seconds("tensor", "all_gather", size)
        else:
            one = talk.seconds("tensor", "all_reduce", size)
        each = blocks * one
        ways = [(each, forward["matmul"]), (each, backward["matmul"])]
        said = [max(t - work, t / splits.tensor) if "tensor" in job.hides else t for t, work in ways]
        found["tensor"] = sum(said)
        hidden = 2 * each - sum(said)
        again = said[0] if job.recompute == "full" else 0.0
    if splits.context > 1:
        a = net.attention
        whole = job.tokens * splits.context * a.kv_heads * (a.key + a.value) * WIDE / splits.tensor
        gather, reduce = talk.seconds("context", "all_gather", whole), talk.seconds("context", "reduce_scatter", whole)
        found["context"] = 2 * gather + reduce
    if experts and splits.expert > 1:
        tokens = job.tokens / (splits.tensor if splits.expert_tensor > 1 or job.sequence_parallel else 1)
        there = talk.seconds("expert", "all_to_all", tokens * net.active * net.hidden * job.width)
        back = talk.seconds("expert", "all_to_all", tokens * net.active * net.hidden * WIDE)
        both = there + back + 2 * back  # backward the gradients go both ways, in two bytes
        work = sum(forward.values()) + sum(backward.values())
        found["expert"] = max(0.0, both - work) if "expert" in job.hides else both
        hidden += both - found["expert"]
    return found, again, hidden


def _count(job: Training, dense: _Layer, moe: _Layer | None) -> tuple[int, int]:
    """Dense layers and layers with experts on a full stage."""
    places = min(job.places, job.net.layers)
    if moe is None:
        return places, 0
    experts = min(places, job.net.moe_layers)
    return places - experts, experts


def _stages(job: Training, dense: _Layer, moe: _Layer | None) -> list[Stage]:
    """Every pipeline stage; empty places stand on the last and the first in turn, and dense layers come first."""
    net, stages = job.net, job.splits.pipeline
    places = [job.places] * stages
    for k in range(job.padding):
        places[0 if k % 2 else -1] -= 1
    left = net.dense_layers if moe is not None else net.layers
    found = []
    for number, many in enumerate(places):
        plain = min(left, many)
        left -= plain
        parts: dict[str, float] = {}
        ahead = weights = 0.0
        for one, times in ((dense, plain), (moe, many - plain)):
            if one is None or not times:
                continue
            for name, seconds in one.parts.items():
                parts[name] = parts.get(name, 0.0) + times * seconds
            ahead += times * one.ahead
            weights += times * one.backward["matmul"] / 2
        ends = (*(embedding(job) if number == 0 else ()), *(output(job) if number == stages - 1 else ()))
        for operation in ends:
            parts[operation.kind] = parts.get(operation.kind, 0.0) + operation.forward + operation.backward
            ahead += operation.forward
        found.append(Stage(parts, ahead, weights))
    return found


def _bubble(job: Training, stages: list[Stage], slow: Stage, sent: float) -> float:
    """Seconds that the slowest stage waits while the pipeline fills and drains.

    1F1B: a micro-batch passes all other stages once, forward and back, and with v chunks a stage in v times shorter
    pieces (Narayanan and others, 2021, section 2.2). ZB-H1: (p - 1)(F + B - W) (arXiv 2401.10241, table 2). DualPipe:
    (p/2 - 1)(F&B + B - 3W), F&B as F + B (arXiv 2412.19437, table 2).
    """
    p, v = job.splits.pipeline, job.splits.interleave
    if p == 1:
        return 0.0
    whole, w = slow.seconds, slow.weights
    if job.schedule == "dualpipe":
        backward = whole - slow.forward
        return max(0.0, (p / 2 - 1) * (whole + backward - 3 * w))
    others = sum(s.seconds for s in stages) - slow.seconds + (p - 1) * sent
    if job.schedule == "zero_bubble":
        return max(0.0, others - 2 * (p - 1) * w)
    return others / v


def _sent(job: Training, talk: Talk, slow: Stage) -> tuple[float, float]:
    """Seconds of a micro-batch that a stage sends and waits, and those behind computing: activations forward and
    gradients back, once a chunk; tensor ranks send a part each (arXiv 2104.04473, section 4.1)."""
    splits = job.splits
    if splits.pipeline == 1:
        return 0.0, 0.0
    size = job.tokens * job.net.hidden * WIDE / splits.tensor
    whole = 2 * splits.interleave * talk.seconds("pipeline", "send", size)
    if "pipeline" in job.hides or job.schedule == "dualpipe":
        shown = max(0.0, whole - slow.seconds)
        return shown, whole - shown
    return whole, 0.0


def _data(job: Training, talk: Talk, dense: _Layer, moe: _Layer | None, slow: Stage) -> tuple[float, float]:
    """Seconds that replicas take to reduce gradients and share weights, exposed and hidden.

    Overlap hides the gradients behind the last backward passes and weights behind the first forward passes of a step
    (`_shown`); with weights shared out each layer's gathering and reducing happen
    for each micro-batch, behind the layer before (ZeRO-3, arXiv 1910.02054; FSDP, arXiv 2304.11277).
    """
    found = stage_weights(job)
    if job.sharding == "weights":
        return _gathered(job, talk, dense, moe)
    total = hidden = 0.0
    layers = max(1, min(job.places, job.net.layers))
    for dimension, weights in (("replicas", found.shared), ("expert replicas", found.experts)):
        if not weights:
            continue
        size = job.gradient * weights
        if job.sharding == "nothing":
            reduce, gather = talk.seconds(dimension, "all_reduce", size), 0.0
        else:
            reduce = talk.seconds(dimension, "reduce_scatter", size)
            gather = talk.seconds(dimension, "all_gather", WIDE * weights)
        for whole, work in ((reduce, slow.seconds - slow.forward), (gather, slow.forward)):
            shown = _shown(job, whole, work, layers) if "data" in job.hides else whole
            total += shown
            hidden += whole - shown
    return total, hidden


def _shown(job: Training, whole: float, work: float, layers: int) -> float:
    """Seconds of gradients or weights that nothing hides, where a pass of the stage over a micro-batch takes `work`.

    A pass hides all but one layer's (PyTorch DDP, arXiv 2006.15704). With v chunks a stage, p micro-batches pass one
    before they pass the next (arXiv 2104.04473, section 2.2): all chunks but the first to start, or last to end, have p
    passes to hide behind, and that one has its own.
    """
    v, p = job.splits.interleave, min(job.splits.pipeline, job.micro_batches)
    behind = work * ((p * (v - 1) + 1) / v - 1 / layers)
    alone = (whole - work) / v + work / layers
    return max(whole - behind, alone, whole / layers)


def _gathered(job: Training, talk: Talk, dense: _Layer, moe: _Layer | None) -> tuple[float, float]:
    many = job.micro_batches
    shown = hidden = 0.0
    plain, experts = _count(job, dense, moe)
    for one, times, is_moe in ((dense, plain, False), (moe, experts, True)):
        if one is None or not times:
            continue
        weights = layer_weights(job.net, job.splits.tensor, is_moe)
        gather, reduce = _layer_talk(job, talk, "replicas", weights)
        if is_moe:
            more = _layer_talk(job, talk, "expert replicas", expert_weights(job))
            gather, reduce = gather + more[0], reduce + more[1]
        forward = sum(one.forward.values())
        backward = sum(one.backward.values()) + one.again
        for whole, work in ((gather, forward), (gather + reduce, backward)):
            alone = max(0.0, whole - work) * times + min(whole, work) if "data" in job.hides else whole * times
            shown += alone * many
            hidden += (whole * times - alone) * many
    ends = job.net.embedding * (1 if job.net.tied else 2) / job.splits.tensor
    gather, reduce = _layer_talk(job, talk, "replicas", ends)
    return shown + (gather + reduce) * many, hidden


def _layer_talk(job: Training, talk: Talk, dimension: str, weights: float) -> tuple[float, float]:
    return (
        talk.seconds(dimension, "all_gather", WIDE * weights),
        talk.seconds(dimension, "reduce_scatter", job.gradient * weights),
    )


def _update(job: Training) -> float:
    """Seconds of the optimizer: it moves bytes."""
    found = stage_weights(job)
    replicas = job.splits.data * job.splits.context
    if job.sharding != "nothing":
        own = found.shared / replicas
        own += found.experts / max(1.0, replicas * job.splits.expert_tensor / job.splits.expert)
    else:
        own = found.shared + found.experts
    return job.chip.move(UPDATE * own)


def _repeated(job: Training) -> float:
    """Operations of one token that are computed again."""
    net = job.net
    if job.recompute == "full":
        return float(net.forward(job.length, False)) - 2 * net.embedding
    if job.recompute == "selective" and not job.fused:
        return float(net.layers * net.attended(job.length, False))
    return 0.0
