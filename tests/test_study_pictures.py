"""Pictures of studies: their numbers, and no text on another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmxdsl.studies.pictures import VIEWS, ticks

from .test_cli import cmx
from .test_tiers import TEXT, text_width

DESIGN = """
chip A { power { peak = 700 W }; price = 10_000 USD }
chip B { power { peak = 400 W }; price = 14_000 USD }
system S(chips: count = 8, kind: chip = A) {
    c[chips]: kind
    study pick {
        vary chips in [8, 16, 32]
        vary kind in [A, B]
        keep total(power.peak) <= 20 kW
        minimize cost = total(price)
        maximize many = count(chip)
    }
}
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "s.cmx"
    path.write_text(DESIGN)
    return str(path)


def svg(file: str, *options: str) -> str:
    run = cmx("study", file, "--format", "svg", *options)
    assert run.returncode == 0, run.stderr
    return run.stdout.decode()


@pytest.mark.parametrize("view", VIEWS)
def test_no_text_lies_on_another(file: str, view: str) -> None:
    boxes = []
    for x, y, size, look, text in TEXT.findall(svg(file, "pick", "--view", view)):
        wide = text_width(text, float(size), "bold" in look)
        left = float(x) - {"m": wide / 2, "e": wide}.get((re.search(r'anchor="(.)', look) or " s")[1], 0)
        boxes.append((left, float(y) - 0.72 * float(size), left + wide, float(y) + 0.15 * float(size), text))
    for k, (x0, y0, x1, y1, text) in enumerate(boxes):
        assert x0 >= 0, text
        for a0, b0, a1, b1, other in boxes[k + 1 :]:
            assert x1 <= a0 or a1 <= x0 or y1 <= b0 or b1 <= y0, (text, other)


def test_the_front_is_the_one_by_hand(file: str) -> None:
    """8, 16 of A cost 80,000 and 160,000; of B 112,000 and 224,000, as many for more, so that they are not on the front.
    32 of A draw 22.4 kW, which is not kept; 32 of B draw 12.8."""
    found = svg(file, "pick")
    assert "6 points, 5 feasible" in found and "3 on the front" in found
    for words in ("1  chips = 8, kind = A, cost 80,000 USD", "2  chips = 16, kind = A", "3  chips = 32, kind = B"):
        assert words in found
    assert found.count('r="3"') == 2


def test_a_tornado_is_of_means_by_hand(file: str) -> None:
    """Cost by kind: A (80 + 160)/2 = 120 thousand, B (112 + 224 + 448)/3 = 261.33; by chips: 8 -> 96, 32 -> 448."""
    found = svg(file, "pick", "--view", "tornado")
    assert "<title>chips: 96,000 USD at 8, 448,000 USD at 32</title>" in found
    assert "<title>kind: 120,000 USD at A, 261,333" in found
    assert "<title>kind: 12 at A, 18.667 at B</title>" in found
    assert found.index("chips: 96,000") < found.index("kind: 120,000")


@example(0.0, 5e-324)
@example(1e12, 1e-3)
@example(1e-320, 0.0)
@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_ticks_are_round_and_hold_all(low: float, width: float) -> None:
    high = low + width
    marks = ticks(low, high)
    near = 1e-6 * max(abs(low), abs(high), width)
    assert 2 <= len(marks) <= 14 and marks[0] <= low + near and marks[-1] >= high - near


def test_what_cannot_be_drawn_is_said(file: str, tmp_path: Path) -> None:
    def fails(*options: str) -> str:
        run = cmx("study", file, *options)
        assert run.returncode == 2 and not run.stdout
        return run.stderr.decode()

    assert "two goals" in fails(
        "--vary", "chips=8..16", "--minimize", "total(price)", "--format", "svg", "--view", "pareto"
    )
    assert "minimize" in fails("--vary", "chips=8..16", "--report", "total(price)", "--format", "svg")
    assert "none is feasible" in fails(
        "--vary", "chips=8..16", "--keep", "count(chip) > 99", "--minimize", "total(price)", "--format", "svg"
    )
    assert "`--view` is about a picture" in fails("pick", "--view", "tornado")
    one = cmx("study", file, "--vary", "chips=8..16", "--minimize", "total(price)", "--format", "svg")
    assert b"depends on" not in one.stdout and b"minimize" in one.stdout
    png = tmp_path / "x.png"
    assert cmx("study", file, "pick", "--format", "png", "-o", str(png)).returncode == 0
    assert png.read_bytes().startswith(b"\x89PNG")
