"""Serving a model: reading prompts, writing answers, and how many at once.

Reading is bound by products, writing by memory: each token of an answer reads the weights that its batch passes and its
own keys and values. Left out: queues, uneven lengths, schedulers, sampling, and prompts that are cached already.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import Serving
from cmxdsl.analysis.work.memory import Memory, layer_weights
from cmxdsl.analysis.work.talk import Talk
from cmxdsl.records import frozen
from cmxdsl.schema.kinds import FORMATS

WIDE = 2.0  # bytes of an activation
MOST = 1 << 20  # sequences of one rank that a search for the largest batch tries


@frozen
class Pass:
    """Seconds of one pass of a model over some tokens of each rank, by what they go to."""

    parts: dict[str, float]

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())


@frozen
class Service:
    """A serving at steady state. `batch` are the sequences of each data rank, `tpot` and `ttft` seconds, rates tokens a
    second of all chips: `reads` of prompts, `writes` of answers. None where these chips do not do that phase."""

    batch: int | None
    tpot: float | None
    ttft: float | None
    reads: float | None
    writes: float | None
    limit: str
    decode: Pass | None
    prefill: Pass | None
    memory: Memory
    chips: int
    notes: tuple[str, ...]


def service(job: Serving, talk: Talk) -> Service:
    """What a serving reaches. Raises Lacking where no request fits, or its limits cannot be kept."""
    if job.splits.pipeline > 1 or job.splits.context > 1:
        raise Lacking("serving over pipeline or context ranks, which is not modelled")
    data, notes = job.splits.data, (*talk.notes, *job.chip.notes)
    prefill = read(job, talk) if job.phase != "decode" else None
    ttft = prefill.seconds if prefill is not None else None
    if job.phase == "prefill":
        assert prefill is not None
        held = memory(job, ceil(job.prefill_tokens / job.prompt), job.prompt)
        rate = data * job.prefill_tokens / prefill.seconds
        return Service(None, None, ttft, rate, None, "products", None, prefill, held, job.splits.ranks, notes)
    batch, limit = largest(job, talk, prefill) if job.batch is None else (ceil(job.batch / data), "as stated")
    if not batch:
        raise Lacking(f"a batch: {limit}")
    decode = write(job, talk, batch)
    tpot = decode.seconds + _reading(job, prefill, batch)
    writes = data * batch / tpot
    reads = writes * job.prompt / job.output if prefill is not None else None
    held = memory(job, batch, job.prompt + job.output)
    return Service(batch, tpot, ttft, reads, writes, limit, decode, prefill, held, job.splits.ranks, notes)


def _reading(job: Serving, prefill: Pass | None, batch: int) -> float:
    """Seconds of each token of an answer that go to reading others' prompts, where the same chips do both: a batch ends
    `batch / output` requests a token, and reads as many."""
    if prefill is None:
        return 0.0
    return batch / job.output * prefill.seconds * job.prompt / job.prefill_tokens


def largest(job: Serving, talk: Talk, prefill: Pass | None) -> tuple[int, str]:
    """The most sequences of a rank that memory holds and that keep the limit on the time of a token, and which of both
    ends it."""

    def keeps(batch: int) -> str:
        if memory(job, batch, job.prompt + job.output).total > job.chip.capacity:
            return "memory"
        if job.tpot is not None and write(job, talk, batch).seconds + _reading(job, prefill, batch) > job.tpot:
            return "time of a token"
        return ""

    if why := keeps(1):
        return 0, f"not one sequence keeps the limit on {why}"
    low, high = 1, 2
    while high < MOST and not keeps(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return low, keeps(high)


def curve(job: Serving, talk: Talk) -> list[tuple[int, float, float]]:
    """Sequences of a rank, seconds a token and tokens a second and chip, for batches that fit, each about a quarter
    larger than the last."""
    found = []
    batch = 1
    prefill = read(job, talk) if job.phase == "both" else None
    while batch < MOST and memory(job, batch, job.prompt + job.output).total <= job.chip.capacity:
        tpot = write(job, talk, batch).seconds + _reading(job, prefill, batch)
        found.append((batch, tpot, batch / tpot / job.splits.tensor))
        batch = max(batch + 1, batch * 5 // 4)
    return found


# --- memory -----------------------------------------------------------------------------------------------


def memory(job: Serving, batch: int, length: int) -> Memory:
    """What a rank holds for so many sequences of a length. Heads' keys and values are shared out over tensor ranks, a
    latent vector is whole on each."""
    net, splits = job.net, job.splits
    each = float(FORMATS[job.precision])
    dense = net.dense_layers * layer_weights(net, splits.tensor, False)
    moe = net.moe_layers * (layer_weights(net, splits.tensor, True) + _experts(job)) if net.moe_layers else 0.0
    ends = (net.embedding * (1 if net.tied else 2) + net.positions * net.hidden) / splits.tensor
    cache = batch * length * float(net.cache(job.cache)) / _cached_by(job)
    return Memory(weights=each * (dense + moe) + WIDE * ends, cache=cache)


def _experts(job: Serving) -> float:
    """Weights of a layer's experts on a rank."""
    net, splits = job.net, job.splits
    return net.experts * net.expert / (splits.expert * (1 if splits.expert_tensor > 1 else splits.tensor))


def _cached_by(job: Serving) -> int:
    """Ranks that share out the cache of a sequence."""
    a = job.net.attention
    latent = a.cached < a.kv_heads * (a.key + a.value)
    return 1 if latent else min(job.splits.tensor, a.kv_heads)


# --- time -------------------------------------------------------------------------------------------------


def read(job: Serving, talk: Talk) -> Pass:
    """One pass over the prompts that a rank reads at a time."""
    return _pass(job, talk, float(job.prefill_tokens), None)


def write(job: Serving, talk: Talk, batch: int) -> Pass:
    """One token for each sequence of a rank, at the mean length of their caches."""
    return _pass(job, talk, float(batch), job.prompt + job.output / 2)


def _pass(job: Serving, talk: Talk, tokens: float, cached: float | None) -> Pass:
    net = job.net
    parts: dict[str, float] = {}
    for experts, layers in ((False, net.dense_layers), (True, net.moe_layers)):
        if not layers:
            continue
        work: dict[str, float] = {}
        for name, seconds in _layer(job, tokens, cached, experts):
            work[name] = work.get(name, 0.0) + seconds
        said = _said(job, talk, tokens, experts)
        if "expert" in said and "expert" in job.hides:
            said["expert"] = max(0.0, said["expert"] - sum(work.values()))
        for name, seconds in (work | said).items():
            parts[name] = parts.get(name, 0.0) + layers * seconds
    wanted = tokens if cached is not None else max(1.0, tokens / job.prompt)  # a prompt gives one token
    parts["matmul"] += _product(job, wanted, net.hidden, net.vocabulary / job.splits.tensor, WIDE)
    return Pass({name: seconds for name, seconds in parts.items() if seconds > 0})


def _product(job: Serving, m: float, k: float, n: float, width: float, times: float = 1.0) -> float:
    chip = job.chip
    flops, moved = times * 2 * m * k * n, times * (width * (m * k + k * n) + WIDE * m * n)
    return max(flops / chip.rate(flops / times), chip.move(moved)) if flops else 0.0


def _layer(job: Serving, tokens: float, cached: float | None, experts: bool) -> Iterator[tuple[str, float]]:
    """The operations of one layer, forward. While answers are written, latent attention multiplies with the latent
    vector itself (DeepSeek-V2, arXiv 2405.04434, section 2.1.2)."""
    net, splits, chip = job.net, job.splits, job.chip
    a, width, tensor = net.attention, float(FORMATS[job.precision]), splits.tensor
    for k, n, side in a.matrices:
        yield (
            "matmul",
            _product(job, tokens, k / (tensor if side == "in" else 1), n / (tensor if side == "out" else 1), width),
        )
    heads = a.heads / tensor
    if cached is None:
        yield "attention", chip.attention(heads * (a.key + a.value) * tokens * job.prompt, job.prompt)
    else:
        latent = a.cached < a.kv_heads * (a.key + a.value)
        flops = 2 * heads * (2 * a.cached if latent else a.key + a.value) * tokens * cached
        size = tokens * cached * a.cached * float(FORMATS[job.cache]) / _cached_by(job)
        yield "attention", max(flops / chip.fused[-1], chip.move(size))
    for times in (2, 2, 3, 3):  # two norms, two residuals
        yield "memory", chip.move(WIDE * tokens * net.hidden * times)
    gates = 2 if net.gated else 1
    if not experts:
        yield "matmul", _product(job, tokens, net.hidden, gates * net.ffn / tensor, width)
        yield "memory", chip.move(WIDE * tokens * net.ffn / tensor * (1 + gates))
        yield "matmul", _product(job, tokens, net.ffn / tensor, net.hidden, width)
        return
    apart = splits.expert_tensor > 1
    inner = net.expert_ffn / (1 if apart else tensor)
    own = net.experts / splits.expert
    arriving = tokens / (tensor if apart else 1) * net.active * job.busiest
    touched = own * (1 - (1 - net.active / net.experts) ** (tokens * splits.expert / (tensor if apart else 1)))
    each = arriving / touched
    yield "matmul", _product(job, tokens / (tensor if apart else 1), net.hidden, net.experts, WIDE)
    yield "memory", chip.move(WIDE * arriving * net.hidden * 4)
    yield "matmul", _product(job, each, net.hidden, gates * inner, width, touched)
    yield "memory", chip.move(WIDE * arriving * inner * (1 + gates))
    yield "matmul", _product(job, each, inner, net.hidden, width, touched)
    if net.shared:
        shared = net.shared * net.expert_ffn / tensor
        yield "matmul", _product(job, tokens, net.hidden, gates * shared, width)
        yield "matmul", _product(job, tokens, shared, net.hidden, width)


def _said(job: Serving, talk: Talk, tokens: float, experts: bool) -> dict[str, float]:
    """What a layer's ranks say: tensor ranks reduce two outputs, experts are sent their tokens and send them back."""
    net, splits = job.net, job.splits
    found: dict[str, float] = {}
    if splits.tensor > 1:
        blocks = 1 if experts and splits.expert_tensor > 1 and not net.shared else 2
        found["tensor"] = blocks * talk.seconds("tensor", "all_reduce", tokens * net.hidden * WIDE)
    if experts and splits.expert > 1:
        own = tokens / (splits.tensor if splits.expert_tensor > 1 else 1) * net.active * net.hidden
        there = talk.seconds("expert", "all_to_all", own * float(FORMATS[job.precision]))
        found["expert"] = there + talk.seconds("expert", "all_to_all", own * WIDE)
    return found
