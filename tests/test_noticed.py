"""Answers that no other test looked at, each worked out by hand: found by changing the code and seeing nothing fail."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.base.bundling import _coded
from cmxdsl.analysis.collectives.plans import _dimensions
from cmxdsl.analysis.comparison.systems import System, compare
from cmxdsl.analysis.network.ends import labels
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.analysis.power.heat import racks
from cmxdsl.analysis.work.jobs import Splits
from cmxdsl.analysis.work.steps import _repeated, step
from cmxdsl.records import evolve

from .conftest import ROOT
from .test_work import Said, job


def test_power_for_what_it_gives() -> None:
    """1 kW for 2 TB/s and 80 GB is 500 W/(TB/s) and 12,500 W/TB; for 4 PFLOPS 0.25 W/TFLOPS."""
    chip = (
        "chip A { role = accelerator; compute.bf16 = 4 PFLOPS; memory { bandwidth = 2 TB/s; capacity = 80 GB }; "
        "power.peak = 1 kW }\nsystem S { a[3]: A }\n"
    )
    one = cmxdsl.loads(chip, top="S")
    found = {f.name: f.values[0] for f in compare([System("one", one.subject), System("same", one.subject)])}
    for name, value in (
        ("power for accelerator memory bandwidth", 500),
        ("power for accelerator memory", 12_500),
        ("power for BF16", Fraction(1, 4)),
    ):
        quantity = found[name]
        assert quantity is not None and quantity.value == value, name


def test_stages_send_once_a_chunk_there_and_back() -> None:
    """Four stages of three chunks: each micro-batch is sent on and its gradient back, three times."""
    one = job("GPT3_175B", Splits(pipeline=4, interleave=3, micro=2), 64)
    said = Said(one.splits, 1e11, 1e-5)
    size = one.tokens * one.net.hidden * 2
    assert step(one, said).parts["pipeline"] == pytest.approx(32 * 2 * 3 * said.seconds("pipeline", "send", size))


def test_what_is_computed_again() -> None:
    """Scores of attention where they are not fused, all but the output where everything is; nothing else."""
    one = job("GPT3_175B", Splits(), 4)
    scores = 96 * 2 * 96 * (128 + 128) * 2048
    assert _repeated(evolve(one, recompute="selective")) == scores
    assert _repeated(evolve(one, recompute="selective", fused=True)) == 0
    assert _repeated(one) == 0
    whole = float(one.net.forward(2048, False)) - 2 * one.net.embedding
    assert _repeated(evolve(one, recompute="full")) == whole


def test_a_power_of_64_is_the_last() -> None:
    design = cmxdsl.loads("chip A { x.a = 2 ^ 64; x.b = 2 ^ -64 }\n")
    assert design.ok and design.component.attributes["x.a"].value.value == 2**64  # type: ignore[union-attr]
    assert design.component.attributes["x.b"].value.value == Fraction(1, 2**64)  # type: ignore[union-attr]
    assert not cmxdsl.loads("chip A { x.a = 2 ^ 65 }\n").ok


def test_what_is_computed_from_an_estimate_is_one_and_nothing_else_is() -> None:
    text = (
        'chip A { power { typical = 600 W estimated "as its like" }; x.twice = 2 * power.typical; x.two = 2 W; '
        'x.more = 2 * x.two; mass = 1 kg calibrated to "a rack"; x.both = 3 * mass }\n'
    )
    claims = cmxdsl.loads(text).component.attributes
    kinds = {name: attribute.claim.kind for name, attribute in claims.items()}
    assert kinds["x.twice"] == "estimated" and kinds["x.more"] == "derived" and kinds["x.two"] == "stated"
    assert kinds["x.both"] == "calibrated"


def test_a_rack_that_is_the_design_is_called_by_its_name() -> None:
    """In the list of bundles; on the ends of cables, where there is no other rack, nothing stands for it."""
    design = cmxdsl.load(ROOT / "designs" / "gb200_nvl72.cmx")
    bundles = "".join(design.write("cables", "csv", what="bundles")).splitlines()
    assert bundles[1].startswith("GB200NVL72,inside,5184,1296,")
    head, first, *_ = "".join(design.write("cables", "csv", what="schedule")).splitlines()
    row = dict(zip(head.split(","), first.split(","), strict=True))
    assert row["a_label"] == "C000001A U8 tray[0] superchip[0].gpu[0].nvlink[0]"


def test_a_centimetre_is_a_hundredth() -> None:
    attributes = cmxdsl.loads("chip A { x.a = 10 cm; x.b = 250 cm; x.c = 3 mm }\n").component.attributes
    found = [attributes[name].claim.value.value for name in ("x.a", "x.b", "x.c")]  # type: ignore[union-attr]
    assert found == [Fraction(1, 10), Fraction(5, 2), Fraction(3, 1000)]


@given(st.lists(st.tuples(*[st.integers(-(2**40), 2**40)] * 3), min_size=1, max_size=40))
def test_codes_tell_columns_apart_and_keep_their_order(columns: list[tuple[int, int, int]]) -> None:
    """One number for each column: equal where the columns are, and less where they come before."""
    codes = _coded(np.array(columns, dtype=np.int64).T).tolist()
    for (a, one), (b, other) in product(zip(codes, columns, strict=True), repeat=2):
        assert (a == b) == (one == other) and (a < b) == (one < other)


def test_rings_of_a_torus_of_unequal_sides() -> None:
    """4 x 8, reduce-scatter, half of the data each way round. First 3/4 and 7/8 of a half go along the sides; then what is
    left, a quarter along the other, 7/8 of it, and an eighth along the first, 3/4 of it."""
    plan = _dimensions("reduce_scatter", "near", (4, 8))
    assert [phase[0][1] for phase in plan.phases] == [7 / 8 / 2, max(7 / 8 / 4 / 2, 3 / 4 / 8 / 2)]
    assert plan.steps == (("dims@near", 3.0 + 7.0),)
    cube = _dimensions("all_gather", "near", (2, 4, 8))
    assert [phase[0][1] for phase in cube.phases] == pytest.approx([7 / 8 / 3, 3 / 4 / 2 / 3, 7 / 8 / 8 / 3])
    assert len(_dimensions("all_reduce", "near", (2, 4, 8)).phases) == 6


def test_arrays_are_named_by_their_first(flagship: cmxdsl.Design, rival: cmxdsl.Design) -> None:
    """Racks by an element of their array, the rack that is the design by its own name; endpoints without the switches."""
    assert [one.example for one in racks(rival.subject, "power.peak")] == ["GB200NVL72"]
    assert {one.example.partition("[")[0] for one in racks(flagship.subject, "power.peak")} == {"compute", "comm"}
    net = fabric(flagship.subject, "scale_up")
    assert set(labels(net)) == {"compute.node.npu", "compute.node.cpu"} and labels(net, False) == ()
