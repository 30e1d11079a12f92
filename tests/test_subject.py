"""A subject answers once, and nothing that it was asked outlives the design."""

from __future__ import annotations

import gc
import weakref

import cmxdsl
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.model import Subject, remembered

TEXT = """
protocol P { rate = 100 Gb/s; plane = scale_out }
chip A { role = accelerator; port p: P }
switch W { port d[4]: P }
system S {
    a[4]: A
    w: W
    link a[i].p -- w.d[i]
    require throughput(scale_out) == 1
}
"""


def test_an_answer_is_made_once_for_each_subject_and_arguments() -> None:
    made: list[tuple[str, str]] = []

    @remembered(keep=2)
    def asked(subject: Subject, word: str) -> list[str]:
        made.append((subject.top.name, word))
        return [word]

    subject = cmxdsl.loads(TEXT).subject
    first = asked(subject, "x")
    assert asked(subject, "x") is first and made == [("S", "x")]
    part = subject.top.instances["a"].component
    assert asked(subject.of(part), "x") is asked(subject.of(part), "x") is not first
    asked(subject, "x")
    asked(subject, "y")  # the third: what was used longest ago goes
    assert asked(subject, "x") is first
    asked(subject.of(part), "x")
    assert made == [("S", "x"), ("A", "x"), ("S", "y"), ("A", "x")]
    assert asked(Subject(subject.top), "x") is not first, "a subject of its own has a memory of its own"


def test_what_checks_worked_out_is_there_for_outputs() -> None:
    design = cmxdsl.loads(TEXT)
    assert design.ok
    plane = fabric(design.subject, "scale_out")
    assert fabric(design.subject, "scale_out") is plane


def test_nothing_keeps_a_design_alive() -> None:
    design = cmxdsl.loads(TEXT)
    design.summary()
    alive = weakref.ref(design.component), weakref.ref(fabric(design.subject, "scale_out"))
    del design
    gc.collect()
    assert [ref() for ref in alive] == [None, None]
