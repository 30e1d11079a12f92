"""Budgets: work is counted, and past its limit the answer is that it is not decided."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.analysis.base import ports
from cmxdsl.analysis.network import distances, graph, throughput
from cmxdsl.limits import LimitExceeded, Steps, TooManySteps
from cmxdsl.model import index
from cmxdsl.outputs.diagrams import diagram_tree

LARGE = (
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P }\nsystem S {\n"
    "    a[100000000]: A\n    b[100000000]: A\n    link a[i].p -- b[i].p\n    {}\n}\n"
)


@pytest.mark.parametrize(
    "kind",
    [
        index.TooMany,
        ports.TooManyPaths,
        graph.PlaneTooLarge,
        distances.TooManySearches,
        throughput.ProgramTooLarge,
        diagram_tree.TooManyBoxes,
    ],
)
def test_every_limit_is_of_one_kind(kind: type[Exception]) -> None:
    assert issubclass(kind, LimitExceeded)


def test_steps_end_at_their_limit() -> None:
    steps = Steps(10, "links")
    steps.take(10)
    with pytest.raises(TooManySteps, match=r"too many links \(limit 10\)"):
        steps.take()


@pytest.mark.parametrize("word", ["require", "prefer"])
def test_what_is_not_decided_is_a_warning_and_not_a_pass(word: str) -> None:
    found = cmxdsl.loads(LARGE.replace("{}", f"{word} diameter(scale_up) == 1")).diagnostics
    assert [(d.code, d.severity.value) for d in found] == [("CMX0004", "warning")]
    assert "diameter(scale_up) == 1" in found[0].message and "200,000,000 devices" in found[0].message


def test_a_check_that_is_stopped_says_what_it_did_not_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "chip A { }\nboard B { a: A }\n"
    assert cmxdsl.loads(text).diagnostics == ()
    monkeypatch.setattr(ports, "MAX_PATHS", 1)
    (found,) = cmxdsl.loads(text).diagnostics
    assert found.code == "CMX0004" and "CMX0504" in found.message and "the limit" in found.message


def test_a_command_that_is_stopped_ends_with_status_1(tmp_path: Path) -> None:
    file = tmp_path / "large.cmx"
    file.write_text(LARGE.replace("{}", ""))
    run = subprocess.run([sys.executable, "-m", "cmxdsl.cli.main", "fabric", file], capture_output=True, text=True)
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr.startswith("cmx: not decided (CMX0004): ") and "limit" in run.stderr


@pytest.mark.parametrize(
    "start, step, end",
    [
        ("count(A)", "Q + Q", "require f(Q) < 5"),
        ("total(price)", "abs(Q) + abs(Q)", "require Q < 5 USD"),
        ("count(A) > 7", "(Q and Q) or Q", "require Q"),
        ("total(price)", "max(Q, Q) + min(Q, Q)", "require Q < 5 USD"),
    ],
)
def test_values_that_double_are_neither_walked_twice_nor_written_out(start: str, step: str, end: str) -> None:
    """Forty lines, each of which names the one before it twice or more: 10¹² parts, if each place were followed."""
    lines = [f"    let q0 = {start}", *(f"    let q{k} = {step.replace('Q', f'q{k - 1}')}" for k in range(1, 40))]
    text = "chip A { }\nlet f(x: count) = x + 1\nsystem S {\n    a[3]: A\n" + "\n".join([*lines, f"    {end}\n}}\n"])
    loaded = cmxdsl.loads(text.replace("Q", "q39"))
    (finding,) = [d for d in loaded.diagnostics if d.code != "CMX0803"]  # nothing else calls the function
    assert finding.code in ("CMX0312", "CMX0901", "CMX0902") and len(loaded.explain()) < 800
