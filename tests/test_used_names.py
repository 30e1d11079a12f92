"""`override`, `use … as`, `private`: what a name means, and who may replace it."""

from __future__ import annotations

from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.fixes import applied
from cmxdsl.lsp.completion import completions
from cmxdsl.lsp.documents import Analysis, Workspace
from cmxdsl.lsp.hover import hover_text
from cmxdsl.lsp.names import occurrences, symbol_at

from .test_cli import cmx

PARTS = """//! Parts.
let spare = 10%
protocol P { plane = scale_up; rate = 1 Gb/s }
optic Sr { rate = 1 Gb/s; reach = 100 m; power { peak = 0 W } }
module Box { insertion_loss = 1 dB }
private chip Core { power { peak = 0 W } }
chip Npu(watts: power = 500 W) { power { peak = watts }; core: Core; port p: P }
"""
OTHER = 'chip Npu { power { peak = 1 W }; price = 1 USD; description = "another" }\n'
MAIN = """use "parts.cmx" as parts
use "other.cmx"
board Node(kind: chip = parts.Npu(600 W), more: power = 10 W * (1 + parts.spare)) {
    a[2]: parts.Npu
    b[3]: Npu
    c: kind
    port up: parts.P
    link a[0].p -- a[1].p over auto(parts.Sr)
    require count(parts.Npu) == 3 and count(Npu) == 3
    require total(power.peak, in = parts.Npu) == 500 W
    require parts.Npu.power.peak == 500 W
    require total(power.peak) == 1603 W
    require more == 11 W
}
chip Fast : parts.Npu(900 W) { }
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.cmx").write_text(text, encoding="utf-8")
    return folder / "main.cmx"


def codes(file: Path) -> list[str]:
    return [d.code for d in cmxdsl.load(file, root=file.parent).diagnostics if d.severity.value == "error"]


def analysed(file: Path) -> Analysis:
    analysis = Workspace({file: file.read_text("utf-8")}).analyse(file)
    assert analysis is not None
    return analysis


def test_a_used_file_that_was_given_a_name(tmp_path: Path) -> None:
    main = written(tmp_path, main=MAIN, parts=PARTS, other=OTHER)
    design = cmxdsl.load(main, root=tmp_path, top="Node")
    assert design.explain().count("error[") == 0, design.explain()
    assert "CMX0804" not in design.explain()
    # two definitions of one name are two parts, in every count and on the bill
    counts = design.summary().counts
    assert counts["Npu"] == 3 and counts["Npu (other)"] == 3
    assert {line.part for section in design.bom().sections for line in section.lines} >= {"Npu (other)"}


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("board B { a: Npu }", "CMX0201", "did you mean `parts.Npu`?"),
        ("board B { a: parts.Nup }", "CMX0201", "did you mean `parts.Npu`?"),
        ("board B { a: part.Npu }", "CMX0201", "did you mean `parts.Npu`?"),
        ("board B { a: parts.Core }", "CMX0219", "private"),
        ("board B { x.a = parts }", "CMX0202", "name something in it"),
        ("board B { x.a = parts.nothing }", "CMX0202", "unknown name `parts.nothing`"),
        ("board B { x.a = parts.ceil(2.5) }", "CMX0201", "parts.ceil"),
        ("chip parts { }", "CMX0206", "parts"),
    ],
)
def test_names_of_a_used_file_that_mean_nothing(tmp_path: Path, text: str, code: str, said: str) -> None:
    main = written(tmp_path, main=f'use "parts.cmx" as parts\n{text}\n', parts=PARTS)
    design = cmxdsl.load(main, root=tmp_path)
    (found,) = [d for d in design.diagnostics if d.severity.value == "error"]
    assert found.code == code and said in found.message + found.help


@pytest.mark.parametrize("text", ["board B { n: Npu; s: Sr2 }", "board B { n: Npu(600 W); x.s = spare }"])
def test_a_clash_is_mended_by_a_name_for_one_file(tmp_path: Path, text: str) -> None:
    other = OTHER.replace("{", "{ x.a = 1; ", 1).replace("chip Npu", "chip Npu(w: power = 1 W)") + "chip Sr2 { }\n"
    head = 'use "parts.cmx"\nuse "other.cmx"\n'
    main = written(tmp_path, main=head + text + "\n", parts=PARTS, other=other)
    assert codes(main) == ["CMX0207"]
    analysis = analysed(main)
    (found,) = [d for d in analysis.diagnostics if d.code == "CMX0207"]
    fixes = found.fixes
    assert [fix.title for fix in fixes] == [
        "Take `Npu` from `parts.cmx`, as `parts.Npu`",
        "Take `Npu` from `other.cmx`, as `other.Npu`",
    ]
    for fix in fixes:
        main.write_text(applied(head + text + "\n", fix.edits), encoding="utf-8")
        assert codes(main) == [], main.read_text("utf-8")


def test_two_lets_of_one_name_clash(tmp_path: Path) -> None:
    main = written(
        tmp_path, main='use "a.cmx"\nuse "b.cmx"\nchip C { x.a = spare }\n', a="let spare = 1\n", b="let spare = 2\n"
    )
    assert codes(main) == ["CMX0207"]


def test_private_definitions_do_not_clash(tmp_path: Path) -> None:
    main = written(
        tmp_path, main='use "parts.cmx"\nuse "b.cmx"\nboard B { c: Core }\n', parts=PARTS, b="chip Core { }\n"
    )
    assert codes(main) == []


@pytest.mark.parametrize("text", ["chip C { x.a = w }", "chip C { x.a = p.w }", "chip C { x.a = f(1) }"])
def test_a_private_let_stays_in_its_file(tmp_path: Path, text: str) -> None:
    lets = "private let w = 5\nprivate let f(n: count) = n + w\nlet open = f(2)\n"
    use = 'use "parts.cmx" as p\n' if "p." in text else 'use "parts.cmx"\n'
    main = written(tmp_path, main=use + text + "\n", parts=lets)
    assert codes(main) == ["CMX0219"]
    main.write_text('use "parts.cmx"\nlet w = 2\nchip C { x.a = w + open }\n', encoding="utf-8")
    assert codes(main) == []


def test_private_let_is_formatted_like_others(tmp_path: Path) -> None:
    from cmxdsl.syntax.format import formatted

    assert formatted("private   let a=1\nprivate let bcd = 2\n") == "private let a   = 1\nprivate let bcd = 2\n"
    assert cmxdsl.loads("chip C { private let a = 1 }\n").diagnostics[0].code == "CMX0101"


def test_editors_follow_a_used_file(tmp_path: Path) -> None:
    main = written(tmp_path, main=MAIN, parts=PARTS, other=OTHER)
    analysis = analysed(main)
    symbol = symbol_at(analysis, 4, 19)  # parts.Npu
    assert symbol is not None and symbol.span.file.endswith("parts.cmx") and symbol.name == "Npu"
    places = {(s.line, s.column) for s in occurrences(analysis, symbol) if s.file.endswith("main.cmx")}
    assert places == {(3, 31), (4, 17), (9, 25), (10, 42), (11, 19), (15, 19)}  # and none of the other Npu
    alias = symbol_at(analysis, 4, 12)
    assert alias is not None and alias.name == "parts" and len(occurrences(analysis, alias)) == 10
    assert hover_text(analysis, 4, 12) == "file **parts**: `parts.cmx`"
    assert "Npu" in hover_text(analysis, 11, 20)
    labels = {item.label for item in completions(analysis, 4, 17)}
    assert labels == {"P", "Sr", "Box", "Npu"}


def test_override_is_known_by_the_text_alone(tmp_path: Path) -> None:
    """Also in a template that nothing fills in, and in branches of an `if`, whatever the condition."""
    text = (
        "chip A { }\nboard T(n: count) {\n    if n > 2 { a: A }\n    let b = 1\n    c[b]: A\n}\n"
        "board U(n: count) : T(n) {\n    a: A\n    if n > 1 { let b = 2 }\n}\nsystem S { }\n"
    )
    main = written(tmp_path, main=text)
    assert codes(main) == ["CMX0217", "CMX0217"]
    assert cmx("fmt", "--upgrade", str(main)).returncode == 0
    assert codes(main) == []
    new = main.read_text("utf-8")
    assert "    override a: A\n" in new and "{ override let b = 2 }" in new
    assert cmx("fmt", "--check", "--upgrade", str(main)).returncode == 0


def test_attributes_need_no_word_and_may_not_have_it(tmp_path: Path) -> None:
    main = written(tmp_path, main="chip A { price = 1 USD }\nchip B : A { price = 2 USD }\n")
    assert codes(main) == []
    main.write_text("chip A { price = 1 USD }\nchip B : A { override price = 2 USD }\n", encoding="utf-8")
    assert codes(main) == ["CMX0101"]


def test_upgrade_needs_the_bases(tmp_path: Path) -> None:
    main = written(tmp_path, main='use "gone.cmx"\nboard B : Gone { a: B }\n')
    before = main.read_bytes()
    result = cmx("fmt", "--upgrade", str(main))
    assert result.returncode == 1 and b"does not exist" in result.stderr
    assert main.read_bytes() == before
