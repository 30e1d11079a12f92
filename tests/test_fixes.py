"""Every fix that is offered makes its finding go away, and leaves a text that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmxdsl.fixes import applied
from cmxdsl.lsp.documents import Analysis, Workspace

from .test_cases import CASES, FOLDERS

FIXED = {
    "CMX0101",
    "CMX0102",
    "CMX0103",
    "CMX0104",
    "CMX0105",
    "CMX0106",
    "CMX0109",
    "CMX0201",
    "CMX0203",
    "CMX0205",
    "CMX0206",
    "CMX0301",
    "CMX0305",
    "CMX0306",
    "CMX0310",
    "CMX0401",
    "CMX0402",
    "CMX0403",
    "CMX0404",
    "CMX0405",
    "CMX0408",
    "CMX0506",
    "CMX0604",
    "CMX0702",
    "CMX0703",
    "CMX0801",
    "CMX0803",
    "CMX0804",
}

RACKS = """protocol P { plane = scale_up; rate = 1 Gb/s }
cable Dac { rate = 1 Gb/s; length.reach = 9 m }
chip A { port p: P }
rack R { height = 42 U; a: A }
site S {
    r[2]: R
    link r[0].a.p -- r[1].a.p
}
"""


def analysed(path: Path, text: str) -> Analysis:
    analysis = Workspace({path: text}).analyse(path)
    assert analysis is not None
    return analysis


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name[:30])
def test_fixes_fix(folder: Path) -> None:
    path = folder / "input.cmx"
    text = path.read_text("utf-8") if not folder.name.startswith("CMX0001") else ""
    before = analysed(path, text)
    codes = [d.code for d in before.diagnostics]
    for found in before.diagnostics:
        for fix in found.fixes:
            assert fix.title.count("`") % 2 == 0
            new = applied(text, fix.edits)
            after = [d.code for d in analysed(path, new).diagnostics]
            assert after.count(found.code) < codes.count(found.code), (fix, new)
            broken = sum(code.startswith("CMX01") for code in after) - sum(code.startswith("CMX01") for code in codes)
            assert broken <= 0 or found.code.startswith("CMX01"), (fix, new)


def test_the_rules_with_fixes() -> None:
    """The rules for which a golden case shows a fix: a fix that is lost is missed here."""
    fixed = {
        d.code
        for folder in FOLDERS
        if not folder.name.startswith("CMX0001")
        for d in analysed(folder / "input.cmx", (folder / "input.cmx").read_text("utf-8")).diagnostics
        if d.fixes
    }
    assert fixed >= FIXED


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("chip A { power { peak = 700 } }\n", "chip A { power { peak = 700 W } }\n"),
        ("chip A { foo = 3 }\n", "chip A { x.foo = 3 }\n"),
        ("/// Doc.\nchip A { }\nsystem S { }\n", "system S { }\n"),
        ('chip A { let a = 1; vendor = "x" }\n', 'chip A { vendor = "x" }\n'),
        ("rack R { }\n", "rack R { height = unknown }\n"),
        (RACKS, RACKS.replace("[1].a.p\n", "[1].a.p over Dac\n")),
    ],
)
def test_fixes_leave_the_rest_alone(text: str, new: str) -> None:
    path = CASES / "nowhere.cmx"
    analysis = analysed(path, text)
    assert new in [applied(text, fix.edits) for d in analysis.diagnostics for fix in d.fixes]
