"""Planes and attributes that files declare: checked, summed, carried to every output."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

import cmxdsl
from cmxdsl.design import Design
from cmxdsl.lsp.completion import completions
from cmxdsl.lsp.hover import hover_text
from cmxdsl.lsp.names import occurrences, symbol_at
from cmxdsl.model import Subject
from cmxdsl.outputs.ir import from_ir, schema, to_ir
from cmxdsl.units import quantity

from .test_cli import cmx
from .test_used_names import analysed, codes, written

WORDS = """plane storage "network to storage servers"
attribute noise: sound of chassis "A-weighted, at full load"
attribute ripple: power of rack, chassis "at the shelf" adds
attribute cost.install: money of rack "labour to put it in place" adds
"""
MAIN = """use "words.cmx" as w
protocol Nfs { plane = storage; rate = 100 Gb/s }
chip Nic { port s: Nfs }
switch S { port p[4]: Nfs }
chassis Box { noise = 72 dBA; ripple = 3 W; nic: Nic; height = 2 U }
chassis Loud : Box { noise = 75 dBA }
rack R {
    height = 42 U
    box[3]: Box
    loud: Loud
    switch: S
    ripple = 1 W
    cost { install = 900 USD }
    link box[i].nic.s -- switch.p[i] for i in 0..2
    link loud.nic.s -- switch.p[3]
}
system D {
    r[10]: R
    require max(noise) == 75 dBA and min(noise) == 72 dBA
    require total(ripple) == 130 W and total(cost.install) == 9_000 USD
    require links(storage) == 40 and components(storage) == 10
    view net { plane storage }
    view all { show hierarchy; label ripple, noise }
}
"""


@pytest.fixture
def design(tmp_path: Path) -> Design:
    return cmxdsl.load(written(tmp_path, main=MAIN, words=WORDS), root=tmp_path)


def test_they_are_checked_and_summed(design: Design) -> None:
    assert [d for d in design.diagnostics if d.severity.value != "note"] == [], design.explain()
    # 10 racks of 1 W with 4 chassis of 3 W each; 10 racks of 900 USD
    found = design.summary().own
    assert {name: total.value and total.value.value for name, total in found.items()} == {
        "ripple": 10 * (1 + 4 * 3),
        "cost.install": 9000,
    }


def test_a_part_that_does_not_state_it_leaves_the_total_unknown(tmp_path: Path) -> None:
    main = written(tmp_path, main=MAIN.replace("ripple = 1 W", ""), words=WORDS)
    design = cmxdsl.load(main, root=tmp_path)
    # a rack whose chassis state it need not; a chassis must
    assert codes(main) == ["CMX0901"] and design.summary().own["ripple"].value == quantity(Fraction(120), "W")
    main = written(tmp_path, main=MAIN.replace("noise = 75 dBA", "noise = unknown"), words=WORDS)
    assert codes(main) == ["CMX0902"]


def test_outputs_have_them(design: Design) -> None:
    top = design.component
    data = to_ir(top)
    jsonschema.validate(data, schema())
    assert data["planes"] == {"storage": "network to storage servers"}
    again = from_ir(json.loads(json.dumps(data)))
    assert to_ir(again) == data
    assert Subject(again).total("ripple") == Subject(top).total("ripple")
    file = str(design.file)
    assert json.loads(cmx("summary", file, "--format", "json").stdout)["totals"]["own"]["ripple"]["value"] == 130
    bom = json.loads(cmx("bom", file, "--format", "json").stdout)
    assert bom["totals"]["cost.install"]["value"] == 9000 and bom["totals"]["cost.install"]["unit"] == "USD"
    (loud,) = [line for line in bom["lines"] if line["part"] == "Loud"]
    assert loud["attributes"]["noise"] == {"value": 75, "unit": "dBA", "text": "75 dBA"}
    picture = cmx("render", file, "--view", "all", "--format", "dot")
    assert b"ripple 13 W" in picture.stdout, picture.stderr


def test_a_design_without_them_says_nothing_of_them(tmp_path: Path) -> None:
    main = written(tmp_path, main="chip A { price = 1 USD }\nsystem S { a: A }\n")
    top = cmxdsl.load(main, root=tmp_path).component
    assert set(to_ir(top)) == {"cmx_ir", "design", "components"}


def test_only_files_that_use_the_file_know_them(tmp_path: Path) -> None:
    parts = "chassis Box { noise = 72 dBA; height = 2 U }\n"
    main = written(
        tmp_path,
        main='use "parts.cmx"\nuse "words.cmx"\nrack R { height = 42 U; b: Box { noise = 70 dBA } }\n',
        parts=parts,
        words=WORDS,
    )
    design = cmxdsl.load(main, root=tmp_path)
    (found,) = [d for d in design.diagnostics if d.severity.value == "error"]
    assert found.code == "CMX0203" and found.span.file.endswith("parts.cmx")


def test_soft_words_are_plain_names_elsewhere(tmp_path: Path) -> None:
    text = (
        "chip of { }\nchip plane(adds: count = 1) { x.private = adds }\n"
        "board B {\n    as: of\n    plane: plane\n    attribute[2]: plane(2)\n    override: of\n    private: of\n"
        "    let adds = 3\n    x.of = adds\n    view: of\n}\n"
    )
    assert codes(written(tmp_path, main=text)) == []


def test_editors_know_them(tmp_path: Path) -> None:
    main = written(tmp_path, main=MAIN, words=WORDS)
    analysis = analysed(main)
    assert hover_text(analysis, 2, 26) == "plane **storage**: network to storage servers"
    assert "A-weighted" in hover_text(analysis, 5, 16)
    plane = symbol_at(analysis, 2, 26)
    assert plane is not None and plane.span.file.endswith("words.cmx")
    assert len(occurrences(analysis, plane)) == 5  # declared, the protocol's, two questions, the view
    noise = symbol_at(analysis, 5, 16)
    assert noise is not None and len(occurrences(analysis, noise)) == 6
    assert "noise" in {item.label for item in completions(analysis, 6, 22)}
