"""`cmx expect` over folders, and what the gallery taught the language."""

from __future__ import annotations

import json
from pathlib import Path

import cmxdsl

from .test_cli import cmx

CHIP = "chip A { power { peak = 100 W } }\n"
TWO = (
    CHIP
    + """system Base(n: count = 2) {
    a[n]: A
    expect count(A) = 2 from "x: two"
}
system Big : Base(8) { expect total(power.peak) = 800 W from "y" }
system Other { a[3]: A; expect total(power.peak) = 310 W within 2% from "x: three" }
"""
)


def test_figures_are_not_inherited() -> None:
    """What was published about a base was not published about its variants."""
    design = cmxdsl.loads(TWO)
    assert [d.code for d in design.diagnostics] == ["CMX0904"]
    assert [(v.component, v.holds) for v in design.all_expectations()] == [
        ("Base", True),
        ("Big", True),
        ("Other", False),
    ]


def test_figures_of_a_template_are_its_variants() -> None:
    """A base that needs arguments is no machine by itself; a finding says which variant it is about."""
    text = (
        CHIP
        + """system Row(n: count, many: count) {
    a[n]: A
    expect count(A) = many from "table 1"
}
system Two : Row(2, 2) { }
system Three : Row(3, 4) { }
"""
    )
    design = cmxdsl.loads(text)
    assert [(v.component, v.holds) for v in design.all_expectations()] == [("Two", True), ("Three", False)]
    (finding,) = design.diagnostics
    assert finding.code == "CMX0904" and finding.message.startswith("in `Three`, `count(A)` is 3")


def test_a_folder_of_designs(tmp_path: Path) -> None:
    (tmp_path / "a.cmx").write_text(TWO, encoding="utf-8")
    (tmp_path / "b.cmx").write_text(CHIP + 'system S { a: A; expect count(A) = 1 from "z" }\n', encoding="utf-8")
    (tmp_path / "c.cmx").write_text(CHIP + "system S { a: A }\n", encoding="utf-8")
    found = cmx("expect", ".", cwd=tmp_path)
    text = found.stdout.decode()
    assert found.returncode == 1 and b"CMX0904" in found.stderr
    assert "a.cmx: 1 of 1 derived figures hold, 1 of 2 restated" in text and "b.cmx: 1 of 1" in text
    assert "Fidelity: 2 of 2 derived figures hold, 1 of 2 restated" in text
    *_, total = [line.split() for line in text.splitlines() if line.strip()]
    assert " ".join(total) == "all 2 of 2 1 of 2 0 1 0 3 0%"
    brief = cmx("expect", "--brief", ".", cwd=tmp_path).stdout.decode()
    assert "310 W" in brief and "800 W" not in brief and "all" in brief
    data = json.loads(cmx("expect", "--format", "json", ".", cwd=tmp_path).stdout)
    assert [(Path(v["file"]).name, v["holds"]) for v in data] == [
        ("a.cmx", True),
        ("a.cmx", True),
        ("a.cmx", False),
        ("b.cmx", True),
    ]
    one = cmx("expect", "a.cmx", "--top", "Big", cwd=tmp_path).stdout.decode()
    assert "1 of 1" in one and "Other" not in one


def test_figures_of_a_used_file_count_once(tmp_path: Path) -> None:
    """Where both files are judged; alone, the one that uses the other shows its figures too."""
    (tmp_path / "a.cmx").write_text(TWO.replace("310 W within 2%", "300 W"), encoding="utf-8")
    using = 'use "a.cmx"\nsystem S { b[3]: Big; expect count(Big) = 3 from "z" }\n'
    (tmp_path / "b.cmx").write_text(using, encoding="utf-8")
    text = cmx("expect", ".", cwd=tmp_path).stdout.decode()
    assert "b.cmx: 1 of 1 derived figures hold\n" in text and "a.cmx: 1 of 1 derived figures hold, 2 of 2" in text
    alone = cmx("expect", "b.cmx", cwd=tmp_path).stdout.decode()
    assert "1 of 1 derived figures hold, 1 of 1 restated" in alone


def test_nothing_published(tmp_path: Path) -> None:
    (tmp_path / "c.cmx").write_text(CHIP + "system S { a: A }\n", encoding="utf-8")
    found = cmx("expect", "c.cmx", cwd=tmp_path)
    assert found.returncode == 0 and found.stdout.decode().strip() == "No published figures"


def test_every_figure_holds_said_in_brief(tmp_path: Path) -> None:
    (tmp_path / "b.cmx").write_text(CHIP + 'system S { a: A; expect count(A) = 1 from "z" }\n', encoding="utf-8")
    assert "1 of 1 derived figures hold" in cmx("expect", "--brief", "b.cmx", cwd=tmp_path).stdout.decode()


GROUPS = """protocol P { plane = scale_out; rate = 1 Gb/s }
chip A { port p: P }
switch R { port p[2]: P; port own[3]: P; port out[2]: P }
rack Cabinet(n: count = 2) {
    height = 40 U
    a[4, n]: A
    r[4]: R
    link a[s, k].p -- r[s].p[k] for k in 0..n - 1
    link r[i].own[j - 1] -- r[j].own[i] where i < j for i in 0..3, j in 1..3
    port out[q] = r[q div 2].out[q mod 2] for q in 0..7
}
system D {
    full[2]: Cabinet
    half: Cabinet(1)
    link full[0].out[q] -- full[1].out[q] for q in 0..3
    link full[i].out[4 + q] -- half.out[4*i + q] for q in 0..3
    require diameter(scale_out) <= 5
}
"""


def test_groups_of_unequal_assemblies_are_drawn() -> None:
    """Frontier in small: two cabinets and a half, each a group of switches that are all linked."""
    design = cmxdsl.loads(GROUPS)
    assert not [d for d in design.diagnostics if d.severity.value == "error"], design.explain()
    assert b"3 groups of 4 switches" in design.render("network")
    dot = design.render("topology", "dot").decode()
    assert "among them" in dot and "n_full__r -> n_full__r" not in dot


def test_a_box_without_peers_keeps_its_arc() -> None:
    text = GROUPS.replace("link full[i].out[4 + q] -- half.out[4*i + q] for q in 0..3", "").replace(
        "half: Cabinet(1)", ""
    )
    dot = cmxdsl.loads(text).render("topology", "dot").decode()
    assert "n_full__r -> n_full__r" in dot and "among them" not in dot
