"""Every mend that an editor offers makes its finding go away."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmxdsl.checks import catalogue
from cmxdsl.lsp.documents import Analysis, Workspace
from cmxdsl.lsp.mends import _BY_RULE, Edit, mends
from cmxdsl.source import Span

from .test_cases import CASES, FOLDERS

ELSEWHERE = {"CMX0302", "CMX0557"}  # their golden cases have nothing to choose: see below

RACKS = """protocol P { plane = scale_up; rate = 1 Gb/s }
cable Dac { rate = 1 Gb/s; length.reach = 9 m }
chip A { port p: P }
rack R { height = 42 U; a: A }
site S {
    r[2]: R
    link r[0].a.p -- r[1].a.p
}
"""


def edited(text: str, edit: Edit) -> str:
    """The text after an edit."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offsets(span: Span) -> tuple[int, int]:
        return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1

    for (start, end), new in sorted(((offsets(s), t) for s, t in edit.changes), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def analysed(path: Path, text: str) -> Analysis:
    analysis = Workspace({path: text}).analyse(path)
    assert analysis is not None
    return analysis


def test_the_table_names_rules() -> None:
    assert set(_BY_RULE) <= set(catalogue())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name[:7])
def test_mends_mend(folder: Path) -> None:
    code, path = folder.name[:7], folder / "input.cmx"
    text = path.read_text("utf-8") if not folder.name.startswith("CMX0001") else ""
    before = analysed(path, text)
    found = [d for d in before.diagnostics if d.code == code]
    edits = [(d, edit) for d in found for edit in mends(before, d)]
    assert edits or code in ELSEWHERE or code not in _BY_RULE, "no edit is offered for this case"
    for _, edit in edits:
        assert edit.title and "`" not in edit.title.replace("`", "", edit.title.count("`") // 2 * 2)
        new = edited(text, edit)
        after = analysed(path, new)
        assert len([d for d in after.diagnostics if d.code == code]) < len(found), (edit, new)
        assert not [d for d in after.diagnostics if d.code.startswith("CMX01")] or code.startswith("CMX01"), new


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("chip A { power { peak = 700 } }\n", "chip A { power { peak = 700 W } }\n"),
        ("chip A { foo = 3 }\n", "chip A { x.foo = 3 }\n"),
        ("/// Doc.\nchip A { }\nsystem S { }\n", "system S { }\n"),
        ("chip A { let a = 1; vendor = \"x\" }\n", "chip A { vendor = \"x\" }\n"),
        ("rack R { }\n", "rack R { height = unknown }\n"),
        (RACKS, RACKS.replace("[1].a.p\n", "[1].a.p over Dac\n")),
    ],
)  # fmt: skip
def test_mends_leave_the_rest_alone(text: str, new: str) -> None:
    path = CASES / "nowhere.cmx"
    analysis = analysed(path, text)
    edits = [edit for d in analysis.diagnostics for edit in mends(analysis, d)]
    assert new in [edited(text, edit) for edit in edits]
