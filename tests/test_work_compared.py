"""Runs beside runs: of two machines at the same work, of one machine before and after a change, and in the report."""

from __future__ import annotations

from fractions import Fraction

import pytest

import cmxdsl
from cmxdsl.analysis.comparison.change import difference
from cmxdsl.analysis.comparison.systems import Figure, System, compare
from cmxdsl.design import Design
from cmxdsl.outputs.comparison.change import write_difference

from .conftest import ROOT
from .test_work import GPT, RUN, SERVE, machine


def at_work(*designs: Design) -> dict[str, Figure]:
    found = compare([System(d.name, d.subject) for d in designs])
    return {f.name: f for f in found if f.group == "work"}


@pytest.fixture(scope="module")
def rivals() -> tuple[Design, Design]:
    one, other = (cmxdsl.load(ROOT / "designs" / f"{n}_at_work.cmx") for n in ("cloudmatrix", "nvl72"))
    return one, other


def test_two_machines_at_the_same_work(rivals: tuple[Design, Design]) -> None:
    """Each figure is what the design itself answers; only what does not grow with the machine is judged."""
    found = at_work(*rivals)
    for question, name in (
        ("step_time(seventy)", "seventy: time of a step"),
        ("mfu(seventy)", "seventy: MFU"),
        ("tokens_per_second(chat)", "chat: tokens a second"),
        ("energy_per_token(chat)", "chat: energy of a token"),
        ("tpot(chat)", "chat: time of a token"),
        ("memory_used(seventy)", "seventy: memory of a rank"),
    ):
        for design, value in zip(rivals, found[name].values, strict=True):
            assert value is not None
            assert float(value.value) == pytest.approx(float(design.ask(question).value.value), rel=1e-9)  # type: ignore[union-attr]
    assert found["seventy: time of a step"].beats(1) is None
    assert found["seventy: MFU"].beats(1) is True
    assert found["seventy: energy of a token"].beats(1) is False
    each = found["chat: tokens a second and chip"].values[0]
    whole = found["chat: tokens a second"].values[0]
    assert each is not None and whole is not None and each.value == pytest.approx(whole.value / 256, rel=1e-9)


def test_only_the_same_work_is_compared(rivals: tuple[Design, Design]) -> None:
    names = {name.partition(":")[0] for name in at_work(*rivals)}
    assert names == {"chat", "seventy"}  # `read` and `write` are runs of one of them
    serve = machine("run r: V over data[n], tensor[g] at node[n].gpu[g]", SERVE)
    assert not at_work(machine(RUN, GPT), serve)  # one name, two kinds
    other = machine(RUN, GPT.replace("GPT3_175B", "Megatron145B"))
    assert not at_work(machine(RUN, GPT), other)  # one name, two models


def test_what_is_not_known_stays_unknown(rivals: tuple[Design, Design]) -> None:
    lacking = machine(RUN, GPT.replace("precision = bf16", "precision = fp8"))
    found = at_work(machine(RUN, GPT), lacking)
    assert found["r: time of a step"].values[1] is None and found["r: time of a step"].complete == (True, False)


def test_a_change_says_how_much_slower_a_step_is() -> None:
    old, new = machine(RUN, GPT), machine(RUN, GPT.replace("recompute = selective", "recompute = full"))
    found = difference(old.subject, old.diagnostics, new.subject, new.diagnostics)
    change = next(c for c in found.figures if c.name == "r: time of a step")
    assert change.before is not None and change.after is not None
    share = change.after.value / change.before.value - 1
    assert share > Fraction(1, 20)
    assert f"a step of `r` {float(share):.1%} slower" in write_difference(found, "markdown")
    back = difference(new.subject, new.diagnostics, old.subject, old.diagnostics)
    assert "faster" in write_difference(back, "table")
    same = difference(old.subject, (), old.subject, ())
    assert not any(c.name.startswith("r:") for c in same.figures)
    gone = machine("", GPT)
    lost = difference(old.subject, (), gone.subject, ())
    assert next(c for c in lost.figures if c.name == "r: MFU").after is None


def test_the_report_has_every_run(rivals: tuple[Design, Design]) -> None:
    page = rivals[1].report()
    assert "<h2 id=" in page and "At work</h2>" in page
    assert "chat: DeepSeekR1 in serving on 64 chips" in page and "seventy: Llama3_70B in training on 72 chips" in page
    assert page.count("how fast each token comes") == 1 and page.count("operations under the roofline") == 1
    lacking = machine(RUN, GPT.replace("precision = bf16", "precision = fp8")).report()
    assert "matmul.fp8 of Gpu" in lacking
    assert "At work</h2>" not in machine("", GPT).report()
