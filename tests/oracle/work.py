"""A second opinion on work: every matrix of a rank is listed with its shape, and times are added up one by one.

Nothing of `analysis.work` is used but the plain numbers of a model and a job: `net`, `splits` and what a chip reaches.
"""

from __future__ import annotations

from math import log2

FORMAT = {"fp32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "fp4": 0.5, "int8": 1}


def attention_matrices(net, tensor):
    """Weights of each matrix of attention on one of so many tensor ranks: columns of heads are shared out."""
    return [
        (a / tensor if side == "in" else a, b / tensor if side == "out" else b) for a, b, side in net.attention.matrices
    ]


def rank_layer(net, tensor, moe):
    """Weights of a layer on a rank, routed experts left out."""
    held = [a * b for a, b in attention_matrices(net, tensor)]
    held += [net.attention.norms]
    held += [net.hidden] * (4 if net.bias else 2)  # two norms, each a vector, two with biases
    many = 3 if net.gated else 2
    if moe:
        held += [net.hidden * net.expert_ffn / tensor] * (many * net.shared)
        held += [net.hidden * net.experts]
    else:
        held += [net.hidden * net.ffn / tensor] * many
    return sum(held)


def rank_experts(net, splits):
    """Weights of the routed experts of one layer on a rank: a tensor rank holds other experts, or a part of each."""
    own = net.experts // splits.expert
    part = 1 if splits.expert_tensor > 1 else splits.tensor
    return sum(net.hidden * net.expert_ffn / part for _ in range(own) for _ in range(3 if net.gated else 2))


def stage(job):
    """Weights of the fullest stage: (those that all replicas hold, experts)."""
    net, splits = job.net, job.splits
    kinds = [False] * net.dense_layers + [True] * net.moe_layers
    places = min((net.layers + job.padding) // splits.pipeline, net.layers)
    last = kinds[-places:]
    shared = sum(rank_layer(net, splits.tensor, moe) for moe in last)
    experts = sum(rank_experts(net, splits) for moe in last if moe)
    if job.schedule == "dualpipe" and splits.pipeline > 1:
        shared, experts = 2 * shared, 2 * experts
    shared += (net.vocabulary + net.positions) * net.hidden / splits.tensor
    if splits.pipeline == 1 and not net.tied:
        shared += net.vocabulary * net.hidden / splits.tensor
    return shared, experts


def training_state(job):
    """Bytes of weights, gradients and optimizer on the fullest rank."""
    shared, experts = stage(job)
    copies = job.splits.data * job.splits.context
    expert_copies = max(1, copies * job.splits.expert_tensor / job.splits.expert)
    found = {}
    for name, each, when in (
        ("weights", 2, {"weights"}),
        ("gradients", job.gradient, {"weights", "gradients"}),
        ("optimizer", 12, {"weights", "gradients", "optimizer"}),
    ):
        split = job.sharding in when
        found[name] = each * (shared / (copies if split else 1) + experts / (expert_copies if split else 1))
    if job.sharding == "weights":
        moe = job.net.moe_layers > 0
        one = rank_layer(job.net, job.splits.tensor, moe) + (rank_experts(job.net, job.splits) if moe else 0)
        found["weights"] += 2 * 2 * one
    return found


def update_seconds(job):
    """The optimizer: 34 bytes moved for each weight that a rank updates."""
    shared, experts = stage(job)
    copies = job.splits.data * job.splits.context
    if job.sharding != "nothing":
        shared /= copies
        experts /= max(1, copies * job.splits.expert_tensor / job.splits.expert)
    return job.chip.launch + 34 * (shared + experts) / job.chip.stream


# --- serving ----------------------------------------------------------------------------------------------


def latent(net):
    return any(side == "" for _, _, side in net.attention.matrices)


def serving_memory(job, batch, length):
    """Bytes of weights, and of keys and values, on a rank."""
    net, splits, each = job.net, job.splits, FORMAT[job.precision]
    weights = 0
    for number in range(net.layers):
        moe = number >= net.dense_layers
        weights += each * (rank_layer(net, splits.tensor, moe) + (rank_experts(net, splits) if moe else 0))
    tables = net.vocabulary * (1 if net.tied else 2) + net.positions
    weights += 2 * tables * net.hidden / splits.tensor
    a = net.attention
    numbers = a.cached if latent(net) else a.kv_heads / min(splits.tensor, a.kv_heads) * (a.key + a.value)
    return weights, batch * length * net.layers * numbers * FORMAT[job.cache]


def interpolated(rates, first, apart, size):
    at = (log2(max(size, 1)) - first) / apart
    if at <= 0 or at >= len(rates) - 1:
        return rates[0 if at <= 0 else -1]
    return rates[int(at)] * (int(at) + 1 - at) + rates[int(at) + 1] * (at - int(at))


def product(chip, m, k, n, width, times=1):
    flops = 2 * m * k * n
    moved = times * (width * (m * k + k * n) + 2 * m * n)
    return max(times * flops / interpolated(chip.matmul, 31, 2, flops), chip.launch + moved / chip.stream)


def move(chip, numbers):
    return chip.launch + 2 * numbers / chip.stream


def decode_layer(job, batch, moe):
    """Seconds of one layer, one token of each of `batch` sequences, without what ranks say."""
    net, splits, chip = job.net, job.splits, job.chip
    a, width, t = net.attention, FORMAT[job.precision], splits.tensor
    cached = job.prompt + job.output / 2
    seconds = [product(chip, batch, k, n, width) for k, n in attention_matrices(net, t)]
    if latent(net):
        flops, size = 2 * a.heads / t * 2 * a.cached * batch * cached, a.cached
    else:
        flops, size = 2 * a.heads / t * (a.key + a.value) * batch * cached, a.cached / min(t, a.kv_heads)
    seconds.append(max(flops / chip.fused[-1], chip.launch + batch * cached * size * FORMAT[job.cache] / chip.stream))
    seconds += [move(chip, batch * net.hidden * times) for times in (2, 3, 2, 3)]
    gates = 2 if net.gated else 1
    if not moe:
        seconds.append(product(chip, batch, net.hidden, gates * net.ffn / t, width))
        seconds.append(move(chip, batch * net.ffn / t * (gates + 1)))
        seconds.append(product(chip, batch, net.ffn / t, net.hidden, width))
        return sum(seconds)
    apart = splits.expert_tensor > 1
    inner = net.expert_ffn if apart else net.expert_ffn / t
    own = batch / t if apart else batch
    arriving = own * net.active * job.busiest
    held = net.experts / splits.expert
    untouched = (1 - net.active / net.experts) ** (own * splits.expert)
    touched = held * (1 - untouched)
    seconds.append(product(chip, own, net.hidden, net.experts, 2))
    seconds.append(move(chip, 4 * arriving * net.hidden))
    seconds.append(product(chip, arriving / touched, net.hidden, gates * inner, width, touched))
    seconds.append(move(chip, arriving * inner * (gates + 1)))
    seconds.append(product(chip, arriving / touched, inner, net.hidden, width, touched))
    if net.shared:
        wide = net.shared * net.expert_ffn / t
        seconds.append(product(chip, batch, net.hidden, gates * wide, width))
        seconds.append(product(chip, batch, wide, net.hidden, width))
    return sum(seconds)


def decode_seconds(job, batch):
    """One token of each sequence, on ranks that say nothing."""
    net = job.net
    found = sum(decode_layer(job, batch, number >= net.dense_layers) for number in range(net.layers))
    return found + product(job.chip, batch, net.hidden, net.vocabulary / job.splits.tensor, 2)
