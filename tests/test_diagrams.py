"""Pictures of boxes and lines in the formats of other tools, read by those tools' own parsers where they are at hand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import cmxdsl
from cmxdsl.outputs.diagrams.d2 import to_d2
from cmxdsl.outputs.diagrams.dot import to_dot
from cmxdsl.outputs.diagrams.graph import Frame, Graph, Line, Node, PortRow, Text
from cmxdsl.outputs.diagrams.mermaid import to_mermaid
from cmxdsl.outputs.kit.engine import draw
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.outputs.pictures import graph_of

from .conftest import ROOT

NPM = ROOT / "tests" / "npm"
WRITE = {"mermaid": to_mermaid, "d2": to_d2}
needs_parsers = pytest.mark.skipif(
    shutil.which("node") is None or not (NPM / "node_modules" / "mermaid").exists(),
    reason="needs node and `npm install` in tests/npm",
)
HOSTILE = 'a "quoted" \\ $name ${x} #1; <b>&amp;</b> |pipe| `tick` {brace} (round) [square] end; --> % %% ~ ^ é 机 \' = : ; - -- *'


def parsed(format: str, texts: list[str]) -> list[dict[str, Any]]:
    command = ["node", "diagrams.mjs", format]
    run = subprocess.run(
        command, cwd=NPM, input=json.dumps(texts).encode(), capture_output=True, check=True, timeout=120
    )
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


def shown(format: str, text: str) -> str:
    """A text as people see it: Mermaid's tags gone, and its numbers marks again."""
    if format == "d2":
        return " ".join(text.split())
    text = re.sub(r"</?b>", "", re.sub(r"<br/?>|\n", " ", text))
    text = re.sub(r"ﬂ°°(\d+)¶ß", lambda m: chr(int(m[1])), text)  # what Mermaid's parser makes of `#35;`
    return " ".join(text.split())


def words(rows: tuple[Text, ...]) -> str:
    return " ".join(" ".join(row.words for row in rows).split())


def graphs() -> list[Graph]:
    found = []
    for name in ("cloudmatrix384", "gb200_nvl72", "two_racks"):
        design = cmxdsl.load(next((ROOT / "designs").glob(f"{name}*.cmx")))
        for view, options in (
            ("topology", Options()),
            ("topology", Options(colour="plane")),
            ("hierarchy", Options(colour="power", label=("power.peak",))),
            ("links", Options()),
        ):
            try:
                found.append(graph_of(design.subject, view, options)[0])
            except ViewFault:
                continue
    assert len(found) >= 8
    return found


def hostile() -> Graph:
    part = cmxdsl.loads("chip A { }").component
    inner = tuple(
        Node(f"x{k}", (Text(HOSTILE, "name"), Text(HOSTILE, "muted"), Text("end")), "#ffffff", part) for k in range(2)
    )
    table = Node("t", (Text(HOSTILE, "name"), Text("A", "muted")), "#fff", part, ports=(PortRow("p", HOSTILE, "1"),))
    return Graph(
        HOSTILE,
        (Frame("f", (Text(HOSTILE, "name"), Text("end", "muted")), "", part, False, inner), table),
        (Line("x0", "x1", (Text(HOSTILE),), "2", "#ff0000"), Line("x1", "t", dashed=True, a_port="", b_port="p")),
        "up",
        (HOSTILE,),
        {HOSTILE: "#00ff00"},
    )


@needs_parsers
@pytest.mark.parametrize("format", WRITE)
def test_their_parsers_read_the_same_boxes_and_lines(format: str) -> None:
    pictures = [*graphs(), hostile()]
    for picture, found in zip(pictures, parsed(format, [WRITE[format](p) for p in pictures]), strict=True):
        assert "error" not in found, (picture.title, found)
        boxes = list(picture.walk())
        if format == "mermaid":
            expected = sorted(
                " ".join([words(b.rows), *(f"{p.text} {p.rate}" for p in (b.ports if isinstance(b, Node) else ()))])
                for b in boxes
            )
        else:
            tables = [isinstance(b, Node) and bool(b.ports) for b in boxes]
            expected = sorted(
                ": ".join(row.words for row in b.rows) if table else words(b.rows)
                for b, table in zip(boxes, tables, strict=True)
            )
        assert sorted(shown(format, b["text"]) for b in found["boxes"]) == sorted(" ".join(e.split()) for e in expected)
        assert len(found["lines"]) == len(picture.lines)
        for line, read in zip(picture.lines, found["lines"], strict=False):
            if format == "mermaid" and not line.a_port:
                assert shown(format, read["text"] or "") == words(line.rows)
        if format == "d2":
            assert sorted(shown(format, x["text"]) for x in found["lines"]) == sorted(
                words(x.rows) for x in picture.lines
            )


def test_no_text_breaks_out_of_dot() -> None:
    svg = draw(to_dot(hostile()), "svg").decode()
    assert svg.count('class="node') == 3 and svg.count('class="edge') == 2 and svg.count('class="cluster') == 1


@pytest.mark.parametrize("format", WRITE)
def test_no_text_breaks_out_of_its_line(format: str) -> None:
    """Without the parsers: quotes are even on each line, and nothing of a text starts a line."""
    plain = hostile()
    for line in WRITE[format](plain).splitlines():
        text = line.replace("\\\\", "").replace('\\"', "")
        assert text.count('"') % 2 == 0, line
        assert re.match(
            r"\s*(---|title: |flowchart|subgraph n|n\d|style n|style legend|linkStyle|end$|legend|direction: "
            r"|shape: |label\.near|style\.fill|tooltip: |\"|})",
            line,
        ), line


@pytest.mark.parametrize(("suffix", "start"), [("mmd", "---\ntitle: "), ("d2", "direction: up\n"), ("dot", "digraph")])
def test_the_suffix_chooses_the_format(suffix: str, start: str, tmp_path: Path) -> None:
    from .test_cli import cmx

    out = tmp_path / f"m.{suffix}"
    assert cmx("render", str(ROOT / "designs" / "gb200_nvl72.cmx"), "-o", str(out)).returncode == 0
    assert out.read_text(encoding="utf-8").startswith(start)
