"""Systems side by side, and designs before and after."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import cmxdsl
from cmxdsl.analysis.comparison.change import Difference, difference
from cmxdsl.analysis.comparison.systems import System, compare
from cmxdsl.cli.main import cli
from cmxdsl.design import Design

from .conftest import ROOT
from .test_report import read


def run(*words: str, status: int = 0) -> str:
    result = CliRunner().invoke(cli, list(words))
    assert result.exit_code == status, result.output
    return result.output


FLAGSHIP, RIVAL = str(ROOT / "designs" / "cloudmatrix384.cmx"), str(ROOT / "designs" / "gb200_nvl72.cmx")


@pytest.mark.parametrize(
    ("group", "name", "published"),
    [
        ("all", "dense BF16", 1.7),
        ("all", "accelerator memory", 3.6),
        ("all", "accelerator memory bandwidth", 2.1),
        ("all", "scale-out rate of ports", 5.3),
    ],
)
def test_the_published_comparison_comes_out(
    flagship: Design, rival: Design, group: str, name: str, published: float
) -> None:
    """Tom's Hardware, 2025-04-17, after SemiAnalysis."""
    systems = [System(d.name, d.subject) for d in (flagship, rival)]
    figure = next(f for f in compare(systems) if (f.group, f.name) == (group, name))
    assert float(figure.ratio(1) or 0) == pytest.approx(published, rel=0.04)
    assert figure.best is None  # it has more since it is larger


@pytest.mark.parametrize(
    ("group", "name", "published"),
    [
        ("all", "power, peak", 3.9),
        ("inverse", "power for BF16", 2.3),
        ("inverse", "power for accelerator memory bandwidth", 1.8),
        ("inverse", "power for accelerator memory", 1.1),
    ],
)
def test_the_published_power_is_of_more_than_the_rack(
    flagship: Design, rival: Design, group: str, name: str, published: float
) -> None:
    """SemiAnalysis compares an all-in 145 kW; the rack as described takes 121 kW, and each ratio is greater by that."""
    systems = [System(d.name, d.subject) for d in (flagship, rival)]
    figure = next(f for f in compare(systems) if (f.group, f.name) == (group, name))
    rack = rival.subject.total("power.peak").value
    assert rack is not None
    assert float(figure.ratio(1) or 0) * float(rack.value) / 145e3 == pytest.approx(published, rel=0.06)
    assert figure.best == (None if group == "all" else 1)
    assert figure.beats(1) is (None if group == "all" else False)


def test_the_second_best_of_three_beats_the_third() -> None:
    chips = (
        "chip A { role = accelerator; compute { bf16 = 2 PFLOPS } }\nchip B : A { compute { bf16 = 1 PFLOPS } }\n"
        "chip C : A { compute { bf16 = 3 PFLOPS } }\n"
    )
    tops = [f"board X{part} {{ c[{count}]: {part} }}\n" for part, count in (("A", 2), ("B", 9), ("C", 1))]
    systems = [System(f"X{p}", cmxdsl.loads(chips + "".join(tops), top=f"X{p}").subject) for p in "ABC"]
    figures = {(f.group, f.name): f for f in compare(systems)}
    whole, each = figures["all", "dense BF16"], figures["accelerator", "dense BF16"]
    assert (whole.best, whole.beats(1)) == (None, None)  # nine of the slowest are more in all
    assert (each.best, each.beats(1), each.beats(2)) == (2, True, False)


def test_every_format_and_more_than_two(tmp_path: Path) -> None:
    (tmp_path / "n.cmx").write_text(
        "chip N { compute { bf16 = 1 PFLOPS } }\nsystem Nodes { n[8]: N }\nsystem Other { n[2]: N }\n", encoding="utf-8"
    )
    small = f"{tmp_path / 'n.cmx'}:Nodes"
    table = run("compare", FLAGSHIP, RIVAL, small)
    assert "to GB200NVL72" in table and "to Nodes" in table and "37.4×" in table
    data = json.loads(run("compare", FLAGSHIP, RIVAL, small, "--format", "json"))
    assert data["systems"] == ["CloudMatrix384", "GB200NVL72", "Nodes"]
    power = next(f for f in data["figures"] if f["name"] == "power, typical")
    assert power["values"][2] is None and power["ratios"][1] is None  # unknown is not zero
    assert run("compare", FLAGSHIP, RIVAL, "--format", "markdown").startswith("### In all\n")
    page = read(run("compare", FLAGSHIP, RIVAL, "--format", "html"))
    assert [t for t, _ in page.tags].count("table") >= 5
    assert "needs two systems" in run("compare", FLAGSHIP, status=2)


OLD = """
protocol P { plane = scale_up; rate = 100 Gb/s }
cable Twinax { rate = 100 Gb/s; reach = 30 m; lengths = [5 m, 10 m, 30 m]; price = 50 USD }
chip Npu { compute { bf16 = 1 PFLOPS }; power { peak = 700 W }; price = 10_000 USD; port p: P }
switch Leaf { power { peak = 500 W }; price = 9_000 USD; port p[64]: P }
rack R { height = 42 U; npu[4]: Npu; port p[i] = npu[i].p; place npu[i] at U 1 + i }
rack L { height = 42 U; leaf: Leaf }
system Pod(racks: count = 4) {
    floor { pitch = 600 mm x 1200 mm; tray = 2.4 m }
    r[racks]: R
    l: L
    link r[k].p[i] -- l.leaf.p[4*k + i] over Twinax
    place r[k] at row 0, col k
    place l at row 0, col 9
    require total(power.peak) <= 15 kW, "the feed"
}
"""


def compared(old: str, new: str) -> Difference:
    a, b = (
        cmxdsl.loads(old.replace("place npu[i] at U 1 + i", "")),
        cmxdsl.loads(new.replace("place npu[i] at U 1 + i", "")),
    )
    return difference(a.subject_if_any, a.diagnostics, b.subject_if_any, b.diagnostics)


def test_a_larger_pod_means_more_of_everything() -> None:
    found = compared(OLD, OLD.replace("racks: count = 4", "racks: count = 5"))
    parts = {p.name: (p.before, p.after) for p in found.parts}
    assert parts == {"Npu": (16, 20), "R": (4, 5), "Twinax": (16, 20)}
    figures = {c.name: (c.before, c.after) for c in found.figures}
    assert float(figures["power.peak"][1].value - figures["power.peak"][0].value) == 2800  # type: ignore[union-attr]
    assert figures["length of Twinax"][1].value > figures["length of Twinax"][0].value  # type: ignore[union-attr]
    assert float(figures["scale-up links"][1].value) == 20  # type: ignore[union-attr]
    (limit,) = found.limits
    assert (
        limit.reason == "the feed"
        and float(limit.after) == pytest.approx((15 - 14.5) / 15)
        and limit.before is not None
    )


def test_a_rename_is_followed() -> None:
    found = compared(OLD, OLD.replace("Npu", "Ascend"))
    (part,) = found.parts
    assert (part.name, part.was, part.before, part.after) == ("Ascend", "Npu", 16, 16)
    assert not found.figures and not found.links


def test_changed_attributes_links_and_findings() -> None:
    new = OLD.replace("peak = 700 W", "peak = 1 kW").replace("over Twinax", "over Twinax where k < 3")
    found = compared(OLD, new)
    npu = next(p for p in found.parts if p.name == "Npu")
    assert npu.changed == ("power.peak",)
    assert [(o, a, b) for o, _, a, b in found.links] in (
        [("Pod", 16, 12)],
        [("Pod", 0, 12), ("Pod", 16, 0)],
        [("Pod", 16, 0), ("Pod", 0, 12)],
    )
    assert "CMX0901" in [d.code for d in found.appeared] and not found.gone
    back = compared(new, OLD)
    assert "CMX0901" in [d.code for d in back.gone]
    moved = compared(OLD, "\n\n\n" + OLD)
    assert moved.empty  # findings are told apart by what they say, not by where they stand


def test_the_command_reads_well_as_a_comment(tmp_path: Path) -> None:
    old, new = tmp_path / "old.cmx", tmp_path / "new.cmx"
    old.write_text(OLD.replace("place npu[i] at U 1 + i", ""), encoding="utf-8")
    new.write_text(
        OLD.replace("racks: count = 4", "racks: count = 5").replace("place npu[i] at U 1 + i", ""), encoding="utf-8"
    )
    text = run("diff", str(old), str(new), "--format", "markdown", "--picture", str(tmp_path / "d.svg"))
    assert text.startswith("## Pod: what this change means\n\n+9 parts · +2.8 kW peak power · +")
    assert "1 requirement near the limit" in text and "| Npu | chip | 16 | 20 | +4 |" in text
    assert "yellow: changed" in (tmp_path / "d.svg").read_text("utf-8")
    assert json.loads(run("diff", str(old), str(new), "--format", "json"))["parts"][0]["part"] == "Npu"
    assert "Nothing changes" in run("diff", str(old), str(old))
    assert "OLD NEW" in run("diff", str(old), status=2)


def test_it_compares_with_a_revision(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *words],
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "c.cmx").write_text("chip C { power { peak = 1 W } }\n", encoding="utf-8")
    (tmp_path / "m.cmx").write_text('use "parts/c.cmx"\nsystem S { c[2]: C }\n', encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "one")
    (tmp_path / "parts" / "c.cmx").write_text("chip C { power { peak = 3 W } }\n", encoding="utf-8")
    file = str(tmp_path / "m.cmx")
    assert "+4 W peak power" in run("diff", "--git", "HEAD", file)
    assert "git cannot tell" in run("diff", "--git", "nowhere", file, status=3)
    assert "not a revision" in run("diff", "--git", "--output=x", file, status=2)
    (tmp_path / "m.cmx").write_text('use "parts/c.cmx"\nsystem S { c[2]: D }\n', encoding="utf-8")
    assert "CMX0201" in run("diff", "--git", "HEAD", file, status=1)


def test_a_requirement_that_a_limit_leaves_open_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    from cmxdsl.analysis.network import distances

    text = (
        "protocol P { plane = scale_up; rate = 1 Gb/s; shared = true }\nchip A { port p: P }\nsystem S {\n    a[4]: A\n"
        "    link a[i].p -- a[i + 1].p for i in 0..2\n    require diameter(scale_up) <= 9\n}\n"
    )
    old, new = cmxdsl.loads(text), cmxdsl.loads(text)
    assert difference(old.subject, (), new.subject, ()).limits == ()
    monkeypatch.setattr(distances, "MAX_STEPS", 1)
    found = difference(cmxdsl.loads(text).subject, (), cmxdsl.loads(text).subject, ()).limits
    assert [(x.before, x.after) for x in found] == [(None, None)] and "take" in found[0].undecided
