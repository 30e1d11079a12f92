"""Models of neural networks: weights, operations and cache by their sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.analysis.work.models import network
from cmxdsl.model import Ask
from cmxdsl.units import Quantity

LIBRARY = Path(__file__).parents[1] / "cmxdsl" / "library" / "models.cmx"
TINY = """
model Tiny { layers = 2; hidden = 8; heads = 2; ffn = 32; vocabulary = 100 }
model Some : Tiny { kv_heads = 1; gated = true; moe { experts = 4; active = 1; shared = 1; ffn = 16; dense = 1 } }
"""


def asked(text: str, *questions: str) -> list[object]:
    """The value of each question about a chip that stands beside the text's models."""
    design = cmxdsl.loads(f"{text}\nchip C {{ }}\n", top="C")
    answers = [design.ask(question).value for question in questions]
    assert all(isinstance(a, Quantity) for a in answers)
    return [a.value for a in answers if isinstance(a, Quantity)]


def test_every_published_count_of_weights_comes_out() -> None:
    held = cmxdsl.load(LIBRARY).all_expectations()
    assert len(held) >= 46 and all(v.holds for v in held)
    assert {v.component for v in held} >= {"GPT3_175B", "MPT70B", "Llama3_405B", "Qwen3_235B", "PanguUltraMoE"}


def test_weights_by_hand() -> None:
    # embedding and output 2·100·8; a layer 8·24 + 8·8 of attention, 2·8·32, two norms of 8; a norm at the end
    plain = 2 * 100 * 8 + 2 * (8 * 24 + 8 * 8 + 2 * 8 * 32 + 16) + 8
    # one head of keys and values: 8·(8 + 8); dense 3·8·32, then a router 8·4 and five experts of 3·8·16
    some = 2 * 100 * 8 + 2 * (8 * 16 + 64 + 16) + 3 * 8 * 32 + 32 + 5 * 3 * 8 * 16 + 8
    found = asked(TINY, "parameters(in = Tiny)", "parameters(in = Some)", "active_parameters(in = Some)")
    assert found == [plain, some, some - 3 * 3 * 8 * 16]


def test_operations_and_cache_by_hand() -> None:
    # 2·(weights of matrices), and two products of 64 tokens by 8 numbers in each of two layers
    forward = 2 * (2 * (256 + 512) + 800) + 2 * 4 * 64 * 8
    asks = (
        "forward_flops(64, full, in = Tiny)",
        "forward_flops(64, causal, in = Tiny)",
        "training_flops(64, full, in = Tiny)",
        "kv_cache(fp8, in = Tiny)",
        "kv_cache(bf16, in = Some)",
    )
    half = forward - 2 * 2 * 64 * 8
    assert asked(TINY, *asks) == [forward, half, 3 * forward, 8 * 2 * 2 * 8, 8 * 2 * 2 * 2 * 4]


def test_it_is_the_formula_of_megatron() -> None:
    """arXiv 2104.04473, section 3.2: 96·B·s·l·h²·(1 + s/6h + V/16lh) with everything recomputed, for four passes."""
    model = cmxdsl.loads('use std.models\nchip C {\n    expect parameters(in = GPT3_175B) = 1 from "x"\n}\n', top="C")
    asked_of = model.subject.top.expectations[0].expression
    assert isinstance(asked_of, Ask) and asked_of.of is not None
    layers, h, s, v = 96, 12288, 2048, 51200
    four = 96 * layers * h**2 * (1 + s / (6 * h) + v / (16 * layers * h))
    found = network(asked_of.of)
    logits = 2 * v * h  # are not recomputed
    assert float(4 * found.forward(s, False) - logits) == pytest.approx(four, rel=1e-12)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("parameters(in = C2)", "`parameters` asks about a model, and `C2` is a chip"),
        ("forward_flops(0, full, in = Tiny)", "a length in tokens is a whole number from 1 up, and this is 0"),
        ("forward_flops(4, some, in = Tiny)", "`some` is no mask"),
        ("kv_cache(bf17, in = Tiny)", "`bf17` is no format"),
        ("parameters(4)", "`parameters` takes no argument but `in`"),
    ],
)
def test_a_question_that_makes_no_sense_says_so(question: str, message: str) -> None:
    design = cmxdsl.loads(
        f'{TINY}chip C2 {{ }}\nchip C {{\n    c: C2\n    expect {question} = 1 from "x"\n}}\n', top="C"
    )
    assert message in [d.message for d in design.diagnostics]


def test_a_size_that_is_not_known_leaves_the_weights_unknown() -> None:
    text = TINY.replace("ffn = 32", "ffn = unknown")
    design = cmxdsl.loads(f'{text}chip C {{\n    expect parameters(in = Tiny) = 1 from "x"\n}}\n', top="C")
    found = next(d for d in design.diagnostics if d.code == "CMX0905")
    assert "ffn of Tiny" in str(found.help)
