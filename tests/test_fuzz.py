"""Fuzzing: mutated texts through every pass and every output, in a process whose memory and time are watched."""

from __future__ import annotations

import os

from .fuzz.run import Failed, cases
from .fuzz.watch import watched

CASES = 10_000 if os.environ.get("CI") else 300
MEGABYTES = 1000


def test_mutated_texts_end_in_an_answer_or_a_finding() -> None:
    ended = watched(lambda: cases(1, range(CASES)), 900)
    assert not ended.problem
    found: list[Failed] = ended.value
    assert found == [], f"{found[0].case}, {found[0].output}: {found[0].problem}\n{found[0].text}"
    assert ended.megabytes < MEGABYTES
