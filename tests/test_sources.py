"""Sources as data, what a figure is held against, and figures that differ."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl import Design
from cmxdsl.analysis.totals.sources import sources
from cmxdsl.lsp.documents import Workspace
from cmxdsl.lsp.names import symbol_at
from cmxdsl.outputs.ir import from_ir
from cmxdsl.syntax.format import formatted

from .test_cli import cmx

SHEET = 'source Sheet { title = "X data sheet"; publisher = "Maker"; date = "2025-06"; kind = primary; url = "https://x.example" }\n'
CHIP = """chip A {
    power { typical = 60 W calibrated to Sheet "page 3"; peak = 100 W from Sheet "page 2" also 110 W from "a blog, 2025: about" }
    price = 10 USD estimated "a guess"
}
"""
BOARD = 'chip B { power { typical = 5 W estimated "small"; peak = 10 W estimated "small" } }\n'


def figures(*lines: str, more: str = "") -> Design:
    """Three of A, and what was published about them."""
    body = "\n    ".join(lines)
    return cmxdsl.loads(f"{SHEET}{CHIP}{BOARD if more else ''}system S {{\n    a[3]: A\n    {more}\n    {body}\n}}\n")


def test_a_source_is_cited_by_name_and_place() -> None:
    design = figures('expect count(A) = 3 from Sheet "page 1"', 'expect total(power.peak) = 300 W from "text: why"')
    assert not [d for d in design.diagnostics if d.severity.value != "note"], design.explain()
    first, second = design.expectations()
    assert first.expectation.source == "Maker, X data sheet, 2025-06: page 1" and first.expectation.cited is not None
    assert second.expectation.source == "text: why" and second.expectation.cited is None
    claim = design.component.instances["a"].component.attributes["power.peak"].claim
    assert (claim.note, claim.source is not None) == ("Maker, X data sheet, 2025-06: page 2", True)


@pytest.mark.parametrize(
    ("line", "more", "basis"),
    [
        ("count(A) = 3", "", "derived"),
        ("total(power.peak) = 300 W", "", "restated"),
        ("total(power.peak) / count(A) = 100 W", "", "restated"),
        ("A.power.peak = 100 W", "", "restated"),
        ("count(A) * A.power.peak = 300 W", "", "restated"),
        ("2 * 3 = 6", "", "restated"),
        ("max(power.peak) = 100 W", "b: B", "derived"),
        ("total(power.peak) = 310 W", "b: B", "derived"),
        ("total(power.typical) = 180 W", "", "calibrated"),
        ("A.power.typical / A.power.peak = 60%", "", "calibrated"),
        ("total(price) = 30 USD", "", "restated"),
    ],
)
def test_what_a_figure_is_held_against(line: str, more: str, basis: str) -> None:
    (verdict,) = figures(f"expect {line} from Sheet", more=more).expectations()
    assert (verdict.holds, verdict.basis) == (True, basis)


def test_what_is_computed_from_a_fitted_value_is_fitted() -> None:
    text = (
        SHEET
        + CHIP
        + """chip C { power { typical = 2 * A.power.typical; peak = 200 W from Sheet } }
system S { c: C; expect total(power.typical) = 120 W from Sheet }
"""
    )
    (verdict,) = cmxdsl.loads(text).expectations()
    assert verdict.basis == "calibrated"


def test_a_figure_that_differs_is_no_finding_until_it_holds() -> None:
    differing = figures('expect total(power.peak) = 500 W from Sheet differs "with fans"')
    assert not [d for d in differing.diagnostics if d.severity.value != "note"]
    assert [v.word for v in differing.expectations()] == ["differs"]
    old = figures('expect count(A) = 3 from Sheet\n        differs "spares"')
    assert [d.code for d in old.diagnostics if d.severity.value == "warning"] == ["CMX0909"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('expect count(A) = 3 from Sheat "page 1"', "CMX0201"),
        ('expect count(A) = 3 from A "page 1"', "CMX0210"),
        ('expect count(A) = 3 from ""', "CMX0311"),
    ],
)
def test_wrong_citations(line: str, code: str) -> None:
    found = [d.code for d in figures(line).diagnostics if d.severity.value == "error" or d.code == code]
    assert found == [code]


def test_a_date_is_a_date() -> None:
    bad = SHEET.replace("2025-06", "2025-13")
    assert "CMX0313" in [d.code for d in cmxdsl.loads(bad + CHIP).diagnostics]


def test_the_ir_keeps_sources() -> None:
    design = figures('expect total(power.peak) = 500 W from Sheet "page 1" differs "with fans"')
    back = from_ir(json.loads(json.dumps(design.ir())))
    (figure,) = back.expectations
    assert figure.cited is not None and figure.cited.text("title") == "X data sheet" and figure.differs == "with fans"


def test_counted() -> None:
    """Three claims of A that are published, and two figures; the calibrated and the estimated values are guesses."""
    design = figures("expect count(A) = 3 from Sheet", 'expect total(power.peak) = 300 W from "text"')
    found = sources([design.component])
    assert [(c.title, c.numbers, c.figures) for c in found.cited] == [
        ("X data sheet", 1, 1),
        ("a blog, 2025", 1, 0),
        ("text", 0, 1),
    ]
    assert (found.citations, found.primary, found.guesses) == (4, 2, 2)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.cmx").write_text(
        SHEET + CHIP + "system S { a: A; expect count(A) = 1 from Sheet }\n", encoding="utf-8"
    )
    table = cmx("sources", "a.cmx", cwd=tmp_path)
    assert table.returncode == 0 and b"2 of 3 citations (66%) are of primary sources" in table.stdout
    data = json.loads(cmx("sources", "--format", "json", ".", cwd=tmp_path).stdout)
    assert (data["citations"], data["primary"], data["estimates"]) == (3, 2, 2)
    rows = list(csv.DictReader(StringIO(cmx("sources", "--format", "csv", "a.cmx", cwd=tmp_path).stdout.decode())))
    assert rows[0]["url"] == "https://x.example"


def test_formatted() -> None:
    text = """chip A {
    power { peak = 1 W calibrated   to   Sheet  "p" }
    cores = 3 from Sheet
    clock = 1 GHz   estimated "x"
}
system S {
    a: A
    expect count(A) = 1 from Sheet  "page 1"
      differs   "why"
}
"""
    once = formatted(text)
    assert 'calibrated to Sheet "p"' in once and '\n        differs "why"' in once and formatted(once) == once


def test_the_server_knows_a_source(tmp_path: Path) -> None:
    path = tmp_path / "a.cmx"
    path.write_text(SHEET + CHIP, encoding="utf-8")
    analysis = Workspace().of(path)
    assert analysis is not None
    line = CHIP.split("\n")[1]
    symbol = symbol_at(analysis, 3, line.index("Sheet") + 2)
    assert symbol is not None and symbol.span.line == 1 and symbol.name == "Sheet"
