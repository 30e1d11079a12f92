"""Work against a second opinion that lists every matrix: memory of training and of serving, the optimizer, a token."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmxdsl.analysis.work.jobs import Serving, Splits, Training
from cmxdsl.analysis.work.memory import training_memory
from cmxdsl.analysis.work.models import Sizes, network
from cmxdsl.analysis.work.service import largest, memory, write
from cmxdsl.analysis.work.steps import _update
from cmxdsl.records import evolve

from .oracle import work
from .test_work import CHIP, a_model

MODELS = ("GPT3_175B", "Llama3_70B", "Mixtral8x7B", "DeepSeekV3", "Qwen3_235B", "MPT7B")


@cache
def sizes(name: str) -> Sizes:
    return network(a_model(name))


@st.composite
def splits(draw: st.DrawFn, net: Sizes, pipeline: bool) -> Splits:
    tensor = draw(st.sampled_from([1, 2, 8]))
    expert = draw(st.sampled_from([1, 4, 8])) if net.experts else 1
    return Splits(
        data=draw(st.sampled_from([1, 4, 16])),
        context=draw(st.sampled_from([1, 2])) if pipeline else 1,
        pipeline=draw(st.sampled_from([1, 2, 4])) if pipeline else 1,
        tensor=tensor,
        expert=expert,
        expert_tensor=min(tensor, expert) if draw(st.booleans()) else 1,
        micro=draw(st.sampled_from([1, 2])),
    )


@st.composite
def trainings(draw: st.DrawFn) -> Training:
    net = sizes(draw(st.sampled_from(MODELS)))
    net = evolve(net, tied=draw(st.booleans()), bias=draw(st.booleans()))
    cut = draw(splits(net, True))
    return Training(
        net=net,
        chip=CHIP,
        splits=cut,
        length=4096,
        batch=256,
        precision="bf16",
        recompute=draw(st.sampled_from(["none", "light", "selective", "full"])),
        schedule=draw(st.sampled_from(["one_f_one_b", "zero_bubble", "dualpipe"])),
        padding=-net.layers % cut.pipeline,
        sharding=draw(st.sampled_from(["nothing", "optimizer", "gradients", "weights"])),
        sequence_parallel=draw(st.booleans()),
        fused=draw(st.booleans()),
        dropout=draw(st.booleans()),
        gradient=draw(st.sampled_from([2.0, 4.0])),
        hides=frozenset(),
    )


@settings(max_examples=120, deadline=None)
@given(trainings())
def test_state_of_training_is_the_sum_of_its_matrices(job: Training) -> None:
    held, wanted = training_memory(job), work.training_state(job)
    for name, size in wanted.items():
        assert getattr(held, name) == pytest.approx(size, rel=1e-9), name
    assert _update(job) == pytest.approx(work.update_seconds(job), rel=1e-9)


@st.composite
def servings(draw: st.DrawFn) -> Serving:
    net = sizes(draw(st.sampled_from(MODELS)))
    net = evolve(net, tied=draw(st.booleans()), bias=draw(st.booleans()))
    cut = evolve(draw(splits(net, False)), data=1, micro=1)
    form = draw(st.sampled_from(["bf16", "fp8"]))
    return Serving(
        net=net,
        chip=CHIP,
        splits=cut,
        prompt=draw(st.sampled_from([512, 4096])),
        output=draw(st.sampled_from([128, 2048])),
        precision=form,
        cache=draw(st.sampled_from(["bf16", "fp8"])),
        phase="decode",
        batch=None,
        prefill_tokens=4096,
        tpot=draw(st.sampled_from([None, 0.05, 0.2])),
        ttft=None,
        busiest=draw(st.sampled_from([1.0, 1.3])),
        hides=frozenset(),
    )


class Silent:
    """Ranks that say nothing."""

    notes = ()

    def seconds(self, dimension: str, kind: str, size: float) -> float:
        return 0.0


@settings(max_examples=120, deadline=None)
@given(servings(), st.integers(1, 300))
def test_serving_is_the_sum_of_its_matrices(job: Serving, batch: int) -> None:
    held = memory(job, batch, 1000)
    weights, cache_ = work.serving_memory(job, batch, 1000)
    assert held.weights == pytest.approx(weights, rel=1e-9)
    assert held.cache == pytest.approx(cache_, rel=1e-9)
    assert write(job, Silent(), batch).seconds == pytest.approx(work.decode_seconds(job, batch), rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(servings())
def test_the_largest_batch_is_the_last_that_keeps_every_limit(job: Serving) -> None:
    """By trying one after the other, as nobody would."""

    def keeps(batch: int) -> bool:
        held = sum(work.serving_memory(job, batch, job.prompt + job.output))
        return held <= CHIP.capacity and (job.tpot is None or work.decode_seconds(job, batch) <= job.tpot)

    found, limit = largest(job, Silent(), None)
    if not found:
        assert not keeps(1) and "keeps the limit" in limit
        return
    assert keeps(found) and not keeps(found + 1)
    over = sum(work.serving_memory(job, found + 1, job.prompt + job.output)) > CHIP.capacity
    assert limit == ("memory" if over else "time of a token")
