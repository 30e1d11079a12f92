"""Search of splits: each answer is what a run that is written down comes to, and none that divides and fits is better."""

from __future__ import annotations

import json
from math import prod
from random import Random

import pytest

import cmxdsl
from cmxdsl.analysis.work.answers import trained
from cmxdsl.analysis.work.jobs import placed, training
from cmxdsl.analysis.work.memory import training_memory
from cmxdsl.analysis.work.search import _index, divisors, search, statement

from .test_cli import cmx
from .test_work import GPT, HEAD, RUN, machine

MOE = "training T { model = Mixtral8x7B; sequence = 4096; batch = 64; precision = bf16; sharding = optimizer; recompute = full }"
MOE_RUN = "run r: T over data[n, g], expert[g] at node[n].gpu[g]"


def written(work: str, run: str, best: tuple[str, str]) -> cmxdsl.Design:
    """The design with a split as its text."""
    return machine(f"{run}\n    {best[1]}", f"{work}\n{best[0]}")


@pytest.mark.parametrize(("work", "run"), [(GPT, RUN), (MOE, MOE_RUN)])
def test_each_split_is_what_its_text_comes_to(work: str, run: str) -> None:
    design = machine(run, work)
    found = search(design.subject, "r", 400)
    assert found.fit + sum(found.refused.values()) == found.tried and found.chips == 64
    times = [s.step.seconds for s in found.best]
    assert times == sorted(times) and times[0] <= trained(design.subject, "r").seconds * (1 + 1e-9)
    for one in [found.best[0], *Random(3).sample(found.best, 8)]:
        again = written(work, run, statement(design.subject, "r", found.first, one))
        assert again.ok, again.explain()
        assert training(again.subject, "best").splits == one.splits
        assert trained(again.subject, "best").seconds == pytest.approx(one.step.seconds, rel=1e-9)
        assert training_memory(training(again.subject, "best")).total == pytest.approx(one.memory.total)


def test_no_run_that_can_be_written_is_faster() -> None:
    """Every split of 16 chips in two nodes, in both orders, as text: the fastest that fits is the one that is found."""
    work = (
        "training T { model = Megatron3_6B; sequence = 2048; batch = 16; precision = bf16; recompute = full; "
        "sequence_parallel = true; overlap { data = true } }"
    )
    run = "run r: T over data[n], tensor[g] at node[n].gpu[g]"
    found = search(machine(run, work, 2).subject, "r", 5)
    lines, runs = [], []
    for tensor in (1, 2, 4, 8, 16):
        for stages in divisors(16 // tensor):
            data = 16 // tensor // stages
            for micro in (m for m in (1, 2, 4, 8, 16) if 16 % (data * m) == 0):
                for chunks in (c for c in divisors(30 // stages) if stages > 1 and c <= 16) if stages > 1 else (1,):
                    if 32 % tensor or 30 % (stages * chunks):
                        continue
                    for order in ("pd", "dp"):
                        strides = {
                            "p": tensor * (data if order == "pd" else 1),
                            "d": tensor * (1 if order == "pd" else stages),
                        }
                        number = f"{strides['d']}*d + {strides['p']}*p + t"
                        name = f"x{len(runs)}"
                        lines.append(f"training T{name} : T {{ micro_batch = {micro}; interleave = {chunks} }}")
                        runs.append(
                            f"run {name}: T{name} over data[d], pipeline[p], tensor[t] at node[({number}) div 8]"
                            f".gpu[({number}) mod 8] for d in 0..{data - 1}, p in 0..{stages - 1}, t in 0..{tensor - 1}"
                        )
    design = machine("\n    ".join([run, *runs]), "\n".join([work, *lines]), 2)
    times = []
    for number in range(len(runs)):
        held = training_memory(training(design.subject, f"x{number}")).total
        if held <= 80e9:
            times.append(trained(design.subject, f"x{number}").seconds)
    assert len(times) > 40
    assert found.best[0].step.seconds == pytest.approx(min(times), rel=1e-9)


def test_chips_that_are_no_block_are_refused(tmp_path) -> None:
    design = machine("run r: T over data[n], tensor[g] at node[2*n].gpu[g] for n in 0..3", MOE)
    with pytest.raises(ValueError, match="no block"):
        search(design.subject, "r")


@pytest.mark.parametrize("shape", [(8,), (2, 8), (4, 2, 8), (3, 5, 2)])
def test_indices_are_those_of_the_number(shape: tuple[int, ...]) -> None:
    drawn = Random(5)
    for _ in range(60):
        sizes = [drawn.choice([1, 2, 3, 4, 8]) for _ in range(3)]
        if prod(sizes) > prod(shape):
            continue
        start = drawn.randrange(prod(shape) - prod(sizes) + 1)
        terms = [(v, prod(sizes[k + 1 :]), n) for k, (v, n) in enumerate(zip("abc", sizes, strict=True)) if n > 1]
        texts = [_index(terms, start, shape, k).replace("div", "//").replace("mod", "%") for k in range(len(shape))]
        for number in range(prod(sizes)):
            values = {v: number // s % n for v, s, n in terms}
            digits = [eval(text, {}, values) for text in texts]
            whole = 0
            for size, digit in zip(shape, digits, strict=True):
                assert 0 <= digit < size
                whole = whole * size + digit
            assert whole == start + number


def test_the_command_lists_the_best_and_why_others_are_none(tmp_path) -> None:
    file = tmp_path / "m.cmx"
    file.write_text(
        f"{HEAD}{GPT}\nsystem S {{\n    node[8]: Node\n    out: Out\n    link node[n].net[g] -- out.p[8*n + g]\n    {RUN}\n}}\n"
    )
    run = cmx("perf", str(file), "--search", "--best", "3")
    said = run.stdout.decode()
    assert run.returncode == 0 and "does not fit into memory" in said and "run best: Best over" in said
    told = json.loads(cmx("perf", str(file), "--search", "--format", "json").stdout)["searches"][0]
    assert len(told["best"]) == 10 and told["best"][0]["step_s"] <= told["stated_s"]
    assert told["fit"] + sum(told["refused"].values()) == told["tried"]
    assert "no picture" in cmx("perf", str(file), "--search", "--format", "svg").stderr.decode()
    serve = tmp_path / "s.cmx"
    serve.write_text(
        "use std.models\nchip C { role = accelerator }\nserving V { model = Llama3_8B; precision = bf16; prompt = 8; output = 8 }\nsystem S {\n    c: C\n    run v: V at c\n}\n"
    )
    assert "no run of it" in cmx("perf", str(serve), "--search").stderr.decode()


def test_a_run_over_a_part_of_the_machine_keeps_its_chips() -> None:
    design = machine("run r: T over data[n], tensor[g] at node[n].gpu[g] for n in 4..7", MOE)
    found = search(design.subject, "r", 3)
    assert (found.first, found.chips) == (32, 32)
    again = written(
        MOE,
        "run r: T over data[n], tensor[g] at node[n].gpu[g] for n in 4..7",
        statement(design.subject, "r", 32, found.best[0]),
    )
    assert sorted(placed(again.subject, "best").ranks.ravel().tolist()) == list(range(32, 64))
