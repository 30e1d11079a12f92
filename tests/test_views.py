"""Views of the language: what they say is checked, and what they draw is what they say."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

import cmxdsl
from cmxdsl.cli.main import cli
from cmxdsl.outputs.ir import from_ir, to_ir
from cmxdsl.schema import VIEWS

TEXT = """
protocol P { plane = scale_up; rate = 100 Gb/s }
protocol Q { plane = scale_out; rate = 100 Gb/s }
chip C { port p: P; port q: Q; power { peak = 700 W } }
switch S { port p[4]: P; port q[4]: Q; power { peak = 70 W } }
rack R { height = 40 U; c[4]: C; s: S
    link c[i].p -- s.p[i]
    link c[i].q -- s.q[i] }
system Y {
    r[2]: R
    /// All of it.
    view parts { show hierarchy; fold r; colour by power; label power.peak }
    view planes { colour by plane }
    view one { only r; unfold r.c; plane scale_out }
}
"""


@pytest.fixture
def design() -> cmxdsl.Design:
    loaded = cmxdsl.loads(TEXT)
    assert loaded.ok, loaded.explain()
    return loaded


def test_a_view_draws_what_it_says(design: cmxdsl.Design) -> None:
    parts = design.render("parts").decode()
    assert "power.peak 2.87 kW" in parts and "S</text>" not in parts  # r is folded: nothing inside of it
    planes = unescape(design.render("planes").decode())
    assert "all planes" in planes and "scale-up" in planes and "scale-out" in planes
    one = unescape(design.render("one").decode())
    assert "R: scale-out plane" in one and "c[3]" in one


def test_options_win_over_a_view(design: cmxdsl.Design) -> None:
    assert "R: scale-up plane" in unescape(design.render("one", plane="scale_up").decode())


def test_views_are_in_the_ir(design: cmxdsl.Design) -> None:
    again = from_ir(to_ir(design.component))
    assert [(v.name, dict(v.settings)) for v in again.views][2] == (
        "one",
        {"only": ("r",), "unfold": ("r.c",), "plane": ("scale_out",)},
    )
    assert again.views[0].doc == "All of it."


def test_a_variant_gives_a_view_its_own_words() -> None:
    top = cmxdsl.loads(TEXT + "system Z : Y { view one { show hierarchy } }\n", top="Z").component
    assert {v.name: dict(v.settings) for v in top.views}["one"] == {"show": ("hierarchy",)}


def test_every_mistake_in_a_view_is_named_at_once() -> None:
    wrong = TEXT.replace(
        "view planes { colour by plane }",
        "view planes { colour by mood; plane scale_upp\n  unfold r.x, q; shows floor; depth 0\n label powr.peak }",
    )
    codes = [d.code for d in cmxdsl.loads(wrong).diagnostics]
    assert sorted(codes) == ["CMX0203", "CMX0204", "CMX0204", "CMX0304", "CMX0304", "CMX0304", "CMX0410"]


def test_view_is_still_a_name() -> None:
    assert (
        cmxdsl.loads("chip view { }\nsystem S { view: view; let views = 2 }\n").component.instances["view"].count == 1
    )


def test_an_unknown_view_says_which_there_are(tmp_path: Path) -> None:
    file = tmp_path / "m.cmx"
    file.write_text(TEXT, encoding="utf-8")
    result = CliRunner().invoke(cli, ["render", str(file), "--view", "plan"])
    assert result.exit_code == 2 and "`Y` names parts, planes, one" in result.output
    result = CliRunner().invoke(cli, ["build", str(file), "-o", str(tmp_path / "out")])
    assert result.exit_code == 0 and (tmp_path / "out" / "view-parts.svg").is_file()


def test_help_and_the_readme_name_every_view() -> None:
    """A view that nobody is told of is drawn by nobody."""
    shown = " ".join(CliRunner().invoke(cli, ["render", "--help"]).output.split())
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    for view in VIEWS:
        assert f"{view}," in shown and re.search(rf"--view [a-z\\|]*\b{view}\b", readme), view
