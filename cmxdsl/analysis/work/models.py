"""A transformer by its sizes: weights, operations of a token, cache of a token.

Matrices are counted as they are multiplied; norms, biases and routers are in the weights and, being less than one in a
thousand of them, not in the operations.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from cmxdsl.model import Component
from cmxdsl.records import frozen
from cmxdsl.schema import FORMATS


class Incomplete(Exception):
    """A model that lacks a size; `lacking` are their names."""

    def __init__(self, name: str, lacking: tuple[str, ...]) -> None:
        super().__init__(f"`{name}` does not state {', '.join(lacking)}")
        self.lacking = tuple(f"{one} of {name}" for one in lacking)


@frozen
class Attention:
    """The matrices of attention in one layer, as (columns in, columns out, the side that heads share out: `in`, `out`
    or neither), and the widths of heads: `key`, that of queries and keys, and `value`. `cached` are the numbers kept
    for each token."""

    matrices: tuple[tuple[int, int, str], ...]
    heads: int
    kv_heads: int
    key: int
    value: int
    cached: int
    norms: int

    @property
    def latent(self) -> bool:
        """Whether keys and values are made from a latent vector."""
        return any(not side for _, _, side in self.matrices)

    @property
    def weights(self) -> int:
        return sum(a * b for a, b, _ in self.matrices)


@frozen
class Sizes:
    """A model's sizes as plain numbers, those that are not stated filled in."""

    name: str
    layers: int
    hidden: int
    ffn: int
    gated: bool
    vocabulary: int
    tied: bool
    bias: bool
    positions: int
    attention: Attention
    experts: int = 0
    active: int = 0
    shared: int = 0
    expert_ffn: int = 0
    dense: int = 0

    @property
    def moe_layers(self) -> int:
        return self.layers - self.dense if self.experts else 0

    @property
    def dense_layers(self) -> int:
        return self.layers - self.moe_layers

    @property
    def matrices(self) -> int:
        """Matrices of a feed-forward network or an expert."""
        return 3 if self.gated else 2

    # --- weights --------------------------------------------------------------------------------------------

    @property
    def expert(self) -> int:
        """Weights of one expert."""
        return self.matrices * self.hidden * self.expert_ffn

    @property
    def feed_forward(self) -> int:
        """Weights of the feed-forward network of a dense layer."""
        return self.matrices * self.hidden * self.ffn

    @property
    def embedding(self) -> int:
        return self.vocabulary * self.hidden

    def _norms(self) -> int:
        """Weights of norms and biases, routers not counted."""
        h, each = self.hidden, 2 if self.bias else 1
        attention = sum(b for _, b, _ in self.attention.matrices) if self.bias else 0
        ffn = (self.matrices - 1) * self.ffn + h if self.bias else 0
        return self.layers * (2 * each * h + self.attention.norms + attention) + self.dense_layers * ffn + each * h

    def _weights(self, experts: int) -> int:
        routed = self.moe_layers * (experts + self.shared) * self.expert
        routers = self.moe_layers * self.hidden * self.experts
        matrices = self.layers * self.attention.weights + self.dense_layers * self.feed_forward
        ends = self.embedding * (1 if self.tied else 2) + self.positions * self.hidden
        return matrices + routed + routers + self._norms() + ends

    @property
    def parameters(self) -> int:
        """All weights, of the main model: a head that predicts further tokens is not counted."""
        return self._weights(self.experts)

    @property
    def active_parameters(self) -> int:
        """The weights that one token passes: all but those of the experts that do not see it."""
        return self._weights(self.active)

    # --- operations -----------------------------------------------------------------------------------------

    @property
    def multiplied(self) -> int:
        """Weights that a token is multiplied with, forward: those of matrices, and the output's once."""
        experts = self.moe_layers * (self.active + self.shared) * self.expert
        routers = self.moe_layers * self.hidden * self.experts
        layers = self.layers * self.attention.weights + self.dense_layers * self.feed_forward
        return layers + experts + routers + self.embedding

    def attended(self, length: int, causal: bool) -> Fraction:
        """Operations of a token's attention to its sequence in one layer: queries by keys, and their weights by values.
        A token attends to the whole of it, or causally to half on the mean."""
        a = self.attention
        return Fraction(2 * a.heads * (a.key + a.value) * length, 2 if causal else 1)

    def forward(self, length: int, causal: bool) -> Fraction:
        """Operations of one token, forward: two for each weight that it is multiplied with, and attention.

        Without causality this is the formula of Narayanan and others, 2021 (arXiv 2104.04473, section 3.2), for one
        token: 24·l·h²·(1 + s/6h + V/12lh), with any shape of attention and feed-forward network.
        """
        return 2 * self.multiplied + self.layers * self.attended(length, causal)

    def training(self, length: int, causal: bool) -> Fraction:
        """Forward and backward: each product has two in its gradient."""
        return 3 * self.forward(length, causal)

    # --- cache ----------------------------------------------------------------------------------------------

    def cache(self, form: str) -> Fraction:
        """Bytes of keys and values that one token leaves, in a format."""
        return FORMATS[form] * self.layers * self.attention.cached


def network(model: Component) -> Sizes:
    """A model's sizes. Raises Incomplete where one is unknown that others do not give."""
    lacking: list[str] = []

    def size(name: str, default: int | None = None) -> int:
        value = model.quantity(name)
        if value is not None:
            return int(value.value)
        if name in model.attributes or default is None:
            lacking.append(name)
        return 1 if default is None else default

    hidden, heads = size("hidden"), size("heads")
    experts = size("moe.experts", 0)
    made = Sizes(
        name=model.name,
        layers=size("layers"),
        hidden=hidden,
        ffn=size("ffn"),
        gated=model.get("gated") is True,
        vocabulary=size("vocabulary"),
        tied=model.get("tied") is True,
        bias=model.get("bias") is True,
        positions=size("positions", 0),
        attention=_attention(model, size, hidden, heads),
        experts=experts,
        active=size("moe.active") if experts else 0,
        shared=size("moe.shared", 0),
        expert_ffn=size("moe.ffn") if experts else 0,
        dense=size("moe.dense", 0),
    )
    if lacking:
        raise Incomplete(model.name, tuple(dict.fromkeys(lacking)))
    return made


def _attention(model: Component, size: Callable[..., int], hidden: int, heads: int) -> Attention:
    """The matrices of attention: of heads or groups of heads, or of latent vectors (DeepSeek-V2, arXiv 2405.04434,
    section 2.1)."""
    if model.text("attention") == "mla":
        rank, rope, nope, value = size("mla.kv_rank"), size("mla.rope"), size("mla.nope"), size("mla.value")
        queries = size("mla.q_rank", 0)
        wide = heads * (nope + rope)
        asked = ((hidden, queries, ""), (queries, wide, "out")) if queries else ((hidden, wide, "out"),)
        kept = ((hidden, rank + rope, ""), (rank, heads * (nope + value), "out"), (heads * value, hidden, "in"))
        return Attention((*asked, *kept), heads, heads, nope + rope, value, rank + rope, rank + queries)
    kv, width = size("kv_heads", heads), size("head_dim", hidden // max(1, heads))
    norms = 2 * width if model.get("qk_norm") is True else 0
    both = 2 * kv * width
    matrices = ((hidden, heads * width + both, "out"), (heads * width, hidden, "in"))
    return Attention(matrices, heads, kv, width, width, both, norms)
