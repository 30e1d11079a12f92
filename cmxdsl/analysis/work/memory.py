"""What a rank holds: weights, gradients, the optimizer's state, activations, keys and values; and what would fit."""

from __future__ import annotations

from cmxdsl.analysis.work.jobs import Training
from cmxdsl.analysis.work.models import Sizes
from cmxdsl.records import evolve, frozen

STATE = 12.0
"""Bytes of the optimizer for each weight: a copy and two moments in fp32 (Adam in mixed precision; ZeRO, arXiv
1910.02054, section 3.1)."""


@frozen
class Memory:
    """Bytes on the fullest rank."""

    weights: float = 0.0
    gradients: float = 0.0
    optimizer: float = 0.0
    activations: float = 0.0
    cache: float = 0.0

    @property
    def total(self) -> float:
        return self.weights + self.gradients + self.optimizer + self.activations + self.cache

    @property
    def parts(self) -> dict[str, float]:
        found = {
            "weights": self.weights,
            "gradients": self.gradients,
            "optimizer": self.optimizer,
            "activations": self.activations,
            "cache": self.cache,
        }
        return {name: size for name, size in found.items() if size}


def layer_weights(net: Sizes, tensor: int, experts: bool) -> float:
    """Weights of one layer on a rank, experts not counted: what heads and inner columns share out is split, the rest,
    such as norms, is whole on each."""
    split = sum(a * b for a, b, side in net.attention.matrices if side)
    whole = net.attention.weights - split + net.attention.norms + 2 * net.hidden * (2 if net.bias else 1)
    if experts:
        return (split + net.shared * net.expert) / tensor + whole + net.hidden * net.experts
    return (split + net.feed_forward) / tensor + whole


def expert_weights(job: Training) -> float:
    """Weights of a layer's routed experts on a rank."""
    net, splits = job.net, job.splits
    parts = splits.expert * (1 if splits.expert_tensor > 1 else splits.tensor)
    return net.experts * net.expert / parts


@frozen
class Weights:
    """Weights of the fullest rank: those that replicas share, and its experts, which fewer do."""

    shared: float
    experts: float


def stage_weights(job: Training) -> Weights:
    """Weights of the first or the last pipeline stage, whichever holds more; dual pipelines hold two stages each."""
    net, splits = job.net, job.splits
    layers = min(job.places, net.layers)
    with_experts = min(layers, net.moe_layers)
    own = with_experts * layer_weights(net, splits.tensor, True)
    own += (layers - with_experts) * layer_weights(net, splits.tensor, False)
    ends = (net.embedding + net.positions * net.hidden) / splits.tensor
    if splits.pipeline == 1 and not net.tied:
        ends += net.embedding / splits.tensor
    twice = 2 if job.schedule == "dualpipe" and splits.pipeline > 1 else 1
    return Weights(twice * own + ends, twice * with_experts * expert_weights(job) if with_experts else 0.0)


def layer_activations(job: Training, experts: bool) -> float:
    """Bytes that one layer keeps of a micro-batch for its backward pass.

    Korthikanti and others, 2022 (arXiv 2205.05198, section 4), with the same terms for any shape: with GPT's they are
    s·b·h·(34 + 5·a·s/h) without parallelism, s·b·h·(10 + 24/t + 5·a·s/(h·t)) over t tensor ranks, and all of it over t
    where these share out the sequence. Fused attention keeps no scores; without dropout no masks are kept. Inputs of
    products are kept in the format of products.
    """
    net, splits, a = job.net, job.splits, job.net.attention
    tokens, tensor, hidden = job.tokens, splits.tensor, net.hidden
    between = tensor if job.sequence_parallel else 1
    if job.recompute == "full":
        return 2 * tokens * hidden / between
    mask, light, one = (1 if job.dropout else 0), job.recompute == "light", job.width
    wide = 2 if net.gated else 1  # what the activation function reads
    made = 0.0 if light else one  # bytes of what light recomputation makes again
    whole = tokens * hidden * (4 + made + mask + mask) / between  # inputs of norms, input of attention, two masks
    asked = tokens * 2 * (a.heads + a.kv_heads) * a.key / tensor + tokens * 2 * a.kv_heads * a.value / tensor
    if light and a.latent:
        asked = tokens * 2 * sum(n for _, n, side in a.matrices if not side)
    heads = asked + tokens * one * a.heads * a.value / tensor
    scores = 0.0
    if not job.fused and job.recompute in ("none", "light"):
        scores = a.heads * tokens * job.length * (2 + 3 * mask) / tensor
    if not experts:
        inner = tokens * (2 * wide + made) * net.ffn / tensor
        return whole + heads + scores + tokens * hidden * made / between + inner
    apart = splits.expert_tensor > 1
    inner = (2 * wide + made) * net.expert_ffn
    routed = tokens * net.active * (one * hidden / between + inner / tensor)
    if apart:
        routed = tokens / tensor * net.active * (one * hidden + inner)
    return whole + heads + scores + routed + tokens * net.shared * inner / tensor


def kept_layers(job: Training) -> float:
    """Layers of micro-batches that the first stage keeps at once: as many micro-batches as there are stages, with
    interleaving 1 + (p - 1)/(p·v) times as many (arXiv 2205.05198, section 4.2.3); a dual pipeline keeps one more
    (arXiv 2412.19437, table 2), ZB-H1 as many as 1F1B (arXiv 2401.10241)."""
    p, v = job.splits.pipeline, job.splits.interleave
    layers = min(job.places, job.net.layers)
    if job.schedule == "dualpipe" and p > 1:
        return layers * (p + 1)
    kept = min(job.micro_batches, p) * (1 + (p - 1) / (p * v) if v > 1 and p > 1 else 1)
    return layers * kept


def training_memory(job: Training) -> Memory:
    """What the fullest rank holds in training."""
    net, splits = job.net, job.splits
    found = stage_weights(job)
    replicas = splits.data * splits.context
    expert_replicas = max(1.0, replicas * splits.expert_tensor / splits.expert)
    shares = {
        "weights": job.sharding == "weights",
        "gradients": job.sharding in ("weights", "gradients"),
        "optimizer": job.sharding != "nothing",
    }
    bytes_of = {"weights": 2.0, "gradients": job.gradient, "optimizer": STATE}
    held = {
        part: each
        * (found.shared / (replicas if shares[part] else 1) + found.experts / (expert_replicas if shares[part] else 1))
        for part, each in bytes_of.items()
    }
    experts = net.moe_layers > 0
    one = layer_activations(job, experts)
    kept = one * kept_layers(job)
    if job.recompute == "full":  # beside the inputs, one layer while it is computed again
        kept += _working(job, experts)
    if job.sharding == "weights":  # two layers' weights at a time, gathered
        held["weights"] += (
            2 * 2.0 * (layer_weights(net, splits.tensor, experts) + (expert_weights(job) if experts else 0))
        )
    if splits.pipeline == 1:
        kept += job.tokens * net.vocabulary / splits.tensor * 4  # logits, and the gradient in their place
    return Memory(held["weights"], held["gradients"], held["optimizer"], kept)


def _working(job: Training, experts: bool) -> float:
    return layer_activations(evolve(job, recompute="none"), experts)
