"""What a transformer's layer does in training: its operations, forward and backward, with their operations and bytes.

Products are those of the layer's matrices, twice as many in the gradient (of inputs and of weights); attention is
either fused (FlashAttention, arXiv 2205.14135: its backward pass makes five products for the forward's two) or a
product, a softmax and a product over scores that lie in memory; everything else moves bytes. Activations are of two
bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.work.jobs import Training
from cmxdsl.records import evolve, frozen

WIDE = 2.0  # bytes of an activation
BACKWARD = 2.97
"""Time of fused attention's backward pass over its forward pass: five products for two, at 0.84 of their rate. Median
of FlashAttention-2 and -3 and cuDNN on an H100 at 2,048, 4,096 and 8,192 tokens, heads of 128, between 2.89 and 3.32
(FlashAttention-3, arXiv 2407.08608, figures 5 and 6)."""


@frozen
class Operation:
    """An operation of one micro-batch on one rank. `kind` is `matmul`, `attention` or `memory`; `flops` and `moved`
    (bytes) are of the forward pass, `forward` and `backward` seconds. `again` is the kind of recomputation
    repeats it."""

    name: str
    kind: str
    flops: float
    moved: float
    forward: float
    backward: float
    again: str = ""


def layer(job: Training, experts: bool) -> Iterator[Operation]:
    """The operations of one layer, with experts or a dense feed-forward network."""
    net, splits = job.net, job.splits
    tokens, hidden, tensor = job.tokens, net.hidden, splits.tensor
    between = tokens / (tensor if job.sequence_parallel else 1)  # tokens of a rank between matrix products
    a = net.attention
    for number, (k, n, side) in enumerate(a.matrices):
        one = product(job, f"attention matrix {number + 1}", tokens, *_split(k, n, side, tensor))
        yield evolve(one, again="light") if a.latent and side == "out" else one
    if not net.positions:
        yield moved(job, "rotary embedding", tokens * (a.heads * a.key + a.kv_heads * a.key) / tensor, 2, 2)
    yield from scores(job)
    masks = 0.5 if job.dropout else 0.0  # a mask of one byte, in numbers of two
    for name in ("attention", "feed-forward network"):
        yield moved(job, f"norm before {name}", between * hidden, 2, 3, again="light")
        yield moved(job, f"residual after {name}", between * hidden, 3 + masks, 2 + masks if job.dropout else 1)
    if experts:
        yield from _experts(job, between)
    else:
        yield from _feed_forward(job, "feed-forward network", tokens, net.ffn / tensor)


def _split(k: int, n: int, side: str, ranks: int) -> tuple[float, float]:
    return k / ranks if side == "in" else k, n / ranks if side == "out" else n


def product(job: Training, name: str, m: float, k: float, n: float, times: float = 1.0) -> Operation:
    """`times` products of `m` tokens by a matrix of k x n: forward, and the gradients of inputs and of weights; these
    are added to those of the micro-batch before, but where each micro-batch's are reduced at once (ZeRO-3)."""
    one, chip = job.width, job.chip
    size = one * (m * k + k * n) + WIDE * m * n
    forward = chip.product(m, n, k, size, times)
    backward = chip.product(m, k, n, size, times) + chip.product(k, n, m, size, times)
    if job.accumulates:  # a measured product writes two bytes, this one reads and writes what it adds to
        backward += times * (2 * job.gradient - WIDE) * k * n / chip.stream
    return Operation(name, "matmul", times * 2 * m * k * n, times * size, forward, backward)


def moved(job: Training, name: str, numbers: float, forward: float, backward: float, again: str = "") -> Operation:
    """An operation that reads and writes so many numbers of two bytes, that many times each way."""
    size = WIDE * numbers
    chip = job.chip
    return Operation(name, "memory", 0.0, size * forward, chip.move(size * forward), chip.move(size * backward), again)


def scores(job: Training) -> Iterator[Operation]:
    """Attention proper: queries by keys, their weights, and these by values."""
    net, splits, chip = job.net, job.splits, job.chip
    a, heads, tokens, length = net.attention, net.attention.heads / splits.tensor, job.tokens, job.length
    if job.fused:
        flops = heads * 2 * (a.key + a.value) * tokens * length / 2
        forward = chip.attention(flops, length)
        size = WIDE * tokens * heads * 2 * (a.key + a.value)
        yield Operation("fused attention", "attention", flops, size, forward, BACKWARD * forward)
        return
    many = heads * splits.micro  # products of one head and sequence
    own = length / splits.context
    for name, k, n in (("queries by keys", a.key, length), ("weights by values", length, a.value)):
        size = WIDE * (own * k + k * n + own * n)
        flops = many * 2 * own * k * n
        # The products of all heads are one operation to the chip: its size class is that of all of them.
        forward = max(flops / chip.rate(flops), many * size / chip.stream)
        yield Operation(name, "matmul", flops, many * size, forward, 2 * forward, again="selective")
    numbers = many * own * length
    yield moved(job, "softmax", numbers, 2, 3, again="selective")
    if job.dropout:
        yield moved(job, "dropout of weights", numbers, 2.5, 2.5, again="selective")


def _feed_forward(job: Training, name: str, tokens: float, inner: float) -> Iterator[Operation]:
    hidden, gated = job.net.hidden, job.net.gated
    yield product(job, f"{name}, in", tokens, hidden, inner * (2 if gated else 1))
    yield moved(job, f"{name}, activation", tokens * inner, 3 if gated else 2, 5 if gated else 3, again="light")
    yield product(job, f"{name}, out", tokens, inner, hidden)


def _experts(job: Training, between: float) -> Iterator[Operation]:
    """Routed experts, as grouped products over the tokens that reach each, in even shares, and shared ones."""
    net, splits = job.net, job.splits
    apart = splits.expert_tensor > 1  # the tensor's ranks hold different experts, not parts of each
    tokens = between if apart else job.tokens
    inner = net.expert_ffn / (1 if apart else splits.tensor)
    own = net.experts / splits.expert
    each = tokens * net.active * splits.expert / net.experts  # tokens of one expert
    wide = 2 if net.gated else 1
    yield product(job, "router", between, net.hidden, net.experts)
    yield moved(job, "tokens to experts and back", tokens * net.active * net.hidden, 4, 4)
    yield product(job, "experts, in", each, net.hidden, inner * wide, own)
    yield moved(job, "experts, activation", each * own * inner, 1 + wide, 1 + 2 * wide, again="light")
    yield product(job, "experts, out", each, inner, net.hidden, own)
    if net.shared:
        yield from _feed_forward(job, "shared expert", job.tokens, net.shared * net.expert_ffn / splits.tensor)


def output(job: Training) -> Iterator[Operation]:
    """The last stage's own: the product with the output matrix, and the loss, whose logits are of four bytes."""
    net, splits = job.net, job.splits
    own = net.vocabulary / splits.tensor
    yield product(job, "output matrix", job.tokens, net.hidden, own)
    yield moved(job, "loss", job.tokens * own, 6, 4)


def embedding(job: Training) -> Iterator[Operation]:
    """The first stage's own: rows of the embedding, and their gradients added up."""
    masks = 1.5 if job.dropout else 0.0
    yield moved(job, "embedding", job.tokens * job.net.hidden, 2 + masks, 3 + masks)
