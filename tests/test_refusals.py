"""The six mistakes that the closest rival accepts in silence, each refused or counted rightly, with its place."""

from __future__ import annotations

import pytest

import cmxdsl

PARTS = """
protocol P { plane = scale_out; rate = 400 Gb/s }
cable Dac { rate = 400 Gb/s }
chip Nic { port p: P }
switch Leaf { port p[8]: P }
"""


def board(body: str) -> str:
    return PARTS + "board B {\n    nic[8]: Nic\n    leaf: Leaf\n" + body + "\n}\n"


@pytest.mark.parametrize(
    ("mistake", "code", "words"),
    [
        ("    few[7]: Nic\n    link nic[i].p -- few[i].p over Dac", "CMX0401", "size 7"),
        ("    link nic[i].p -- leaf.p[i] over Dca", "CMX0201", "Dca"),
        ("    link nic[i].p -- leaf.p[i] over Dac\n    link nic[0].p -- leaf.p[7] over Dac", "CMX0501", "two links"),
        ("    link nic[0].p -- leaf.p[20] over Dac", "CMX0402", "index 20"),
        ("    link nic[i].p -- laef.p[i] over Dac", "CMX0204", "laef"),
    ],
    ids=["unequal lists", "unknown medium", "port twice", "port 20 of 8", "unknown component"],
)
def test_refused(mistake: str, code: str, words: str) -> None:
    design = cmxdsl.loads(board(mistake))
    errors = [d for d in design.diagnostics if d.code == code]
    assert errors and words in errors[0].message
    assert errors[0].span.line > 7, "the finding stands at the link"
    assert not design.ok


def test_parallel_cables_are_counted() -> None:
    text = PARTS + "board B {\n    a: Leaf\n    b: Leaf\n    link a.p[i] -- b.p[i] over Dac for i in 0..1\n}\n"
    design = cmxdsl.loads(text)
    assert design.ok
    assert {line.part: line.quantity for line in design.bom().lines}["Dac"] == 2


def test_the_same_pattern_twice_is_refused_as_a_port_used_twice() -> None:
    text = board("    link nic[i].p -- leaf.p[i] over Dac\n    link nic[i].p -- leaf.p[i] over Dac")
    assert "CMX0501" in [d.code for d in cmxdsl.loads(text).diagnostics]
