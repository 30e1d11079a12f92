"""Pictures for draw.io: XML in which every box and line stands once, laid out so that nothing covers anything."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
from click.testing import CliRunner

from cmxdsl.cli.main import cli
from cmxdsl.outputs.diagrams.drawio import to_drawio
from cmxdsl.outputs.diagrams.graph import Frame, Graph

from .conftest import ROOT
from .test_diagrams import HOSTILE, graphs, hostile

MXGRAPH = ROOT / "tests" / "npm" / "node_modules" / "mxgraph" / "javascript" / "mxClient.js"


def text_of(label: str) -> str:
    """What people see of a label, and nothing that a browser would run or load."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            assert tag in ("b", "br", "font"), tag
            found.append(" ")

        def handle_data(self, data: str) -> None:
            found.append(data)

    Reader().feed(label)
    return " ".join("".join(found).split())


def cells(text: str) -> dict[str, tuple[str, xml.Element]]:
    """Each cell by its id: its label, and the cell itself."""
    root = xml.fromstring(text).find(".//root")
    assert root is not None
    found: dict[str, tuple[str, xml.Element]] = {}
    for item in root:
        cell = item.find("mxCell") if item.tag == "UserObject" else item
        assert cell is not None and item.attrib["id"] not in found
        found[item.attrib["id"]] = item.get("label") or item.get("value") or "", cell
    return found


def box(cell: xml.Element) -> tuple[float, float, float, float]:
    geometry = cell.find("mxGeometry")
    assert geometry is not None
    x, y, width, height = (float(geometry.attrib[k]) for k in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


@pytest.mark.parametrize("number", range(9))
def test_every_box_and_line_stands_once_and_apart(number: int) -> None:
    pictures: list[Graph] = [hostile(), *graphs()]
    picture = pictures[number % len(pictures)]
    found = cells(to_drawio(picture))
    boxes = list(picture.walk())
    assert len(found) == 3 + len(boxes) + len(picture.lines)
    for one in boxes:
        label, cell = found[f"b-{one.id}"]
        for row in one.rows:
            assert " ".join(row.words.split()) in text_of(label)
        if isinstance(one, Frame):
            _, _, right, bottom = box(cell)
            left, top, *_ = box(cell)
            for child in one.children:
                inner = found[f"b-{child.id}"][1]
                assert inner.attrib["parent"] == f"b-{one.id}"
                a, b, c, d = box(inner)
                assert a >= 0 and b >= 0 and c <= right - left and d <= bottom - top
    for parent in {cell.get("parent") for _, cell in found.values()} - {None}:
        mine = [box(c) for name, (_, c) in found.items() if c.get("parent") == parent and name.startswith("b-")]
        for k, (left, top, right, bottom) in enumerate(mine):
            for a, b, c, d in mine[k + 1 :]:
                assert right <= a or c <= left or bottom <= b or d <= top
    for k, line in enumerate(picture.lines):
        label, cell = found[f"l-{k}"]
        assert (cell.attrib["source"], cell.attrib["target"]) == (f"b-{line.a}", f"b-{line.b}")
        assert all(" ".join(row.words.split()) in text_of(label) for row in line.rows)
    assert " ".join(picture.title.split()) in text_of(found["title"][0])


def test_no_text_breaks_out() -> None:
    assert text_of(cells(to_drawio(hostile()))["b-t"][0]).startswith(" ".join(HOSTILE.split()))


def test_the_command(tmp_path: Path) -> None:
    design, out = str(ROOT / "designs" / "two_racks.cmx"), tmp_path / "t.drawio"
    assert CliRunner().invoke(cli, ["render", design, "-o", str(out)]).exit_code == 0
    assert out.read_text("utf-8").startswith('<mxfile host="cmx">')
    assert to_drawio(graphs()[0]) == to_drawio(graphs()[0])
    failed = CliRunner().invoke(cli, ["render", design, "--view", "elevation", "--format", "drawio"])
    assert failed.exit_code == 2 and "cannot be written as drawio" in failed.output


@pytest.mark.skipif(
    not MXGRAPH.exists() or shutil.which("chromium") is None, reason="needs Chromium and `npm install` in tests/npm"
)
def test_the_library_of_draw_io_reads_and_draws_it() -> None:
    from playwright.sync_api import sync_playwright

    pictures = [*graphs(), hostile()]
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<script>mxLoadResources = false; mxLoadStylesheets = false</script><div id=g></div>")
        page.add_script_tag(content=MXGRAPH.read_text("utf-8"))
        for picture in pictures:
            drawn = page.evaluate(DRAW, to_drawio(picture))
            assert drawn["boxes"] == 1 + len(list(picture.walk())) and drawn["lines"] == len(picture.lines)
            assert drawn["ended"] and drawn["wide"] > 100
        browser.close()


DRAW = """text => {
    const own = mxUtils.parseXml(text).getElementsByTagName('mxGraphModel')[0];
    const file = mxUtils.createXmlDocument();
    file.appendChild(file.importNode(own, true));
    const graph = new mxGraph(document.getElementById('g'));
    graph.convertValueToString = cell => cell.value?.getAttribute ? cell.value.getAttribute('label') : cell.value || '';
    new mxCodec(file).decode(file.documentElement, graph.getModel());
    const cells = Object.values(graph.getModel().cells);
    const lines = cells.filter(cell => cell.edge);
    return {
        boxes: cells.filter(cell => cell.vertex).length,
        lines: lines.length,
        ended: lines.every(line => line.source && line.target),
        wide: graph.getGraphBounds().width,
    };
}"""
