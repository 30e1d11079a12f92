"""A graph for draw.io (diagrams.net), where people move boxes about: uncompressed mxGraph XML, laid out as our own
pictures are. A box lies in its frame, so that a frame takes its boxes along."""

from __future__ import annotations

import json
from html import escape
from typing import Any, NamedTuple
from xml.etree import ElementTree as xml

from cmxdsl.outputs.diagrams.dot import to_dot
from cmxdsl.outputs.diagrams.graph import Frame, Graph, Line, Node, Text
from cmxdsl.outputs.diagrams.style import FONT, INK, MUTED, hint
from cmxdsl.outputs.kit import engine
from cmxdsl.outputs.kit.palette import fill_of

TOP = 10.0  # points above the picture, which leaves room for its title itself
_BOX = f"rounded=1;whiteSpace=wrap;html=1;arcSize=6;strokeColor=#6b7787;fontFamily={FONT};fontSize=12;fontColor={INK};"
_FRAME = f"{_BOX}arcSize=2;align=left;spacingLeft=8;container=1;collapsible=0;recursiveResize=0;strokeColor=#a9b4c2;"
_LINE = f"endArrow=none;html=1;rounded=1;fontFamily={FONT};fontSize=10;fontColor={INK};labelBackgroundColor=#ffffff;"
_TITLE = (
    f"text;html=1;fillColor=none;strokeColor=none;align=center;verticalAlign=top;fontFamily={FONT};fontSize=11;"
    f"fontColor={MUTED};"
)


Point = tuple[float, float]


class Place(NamedTuple):
    """Where a box lies, in points, and whether a frame's title is above what is in it."""

    left: float
    top: float
    width: float
    height: float
    above: bool = True


def to_drawio(picture: Graph) -> str:
    """The text of a picture. Raises EngineFault."""
    laid = json.loads(engine.draw(to_dot(picture), "json0"))
    places = _places(laid)
    wide, high = (float(x) for x in laid["bb"].split(",")[2:])
    file = xml.Element("mxfile", {"host": "cmx"})
    page = xml.SubElement(file, "diagram", {"id": "cmx", "name": " ".join(picture.title.split()) or "cmx"})
    size = {"pageWidth": f"{round(wide) + 40}", "pageHeight": f"{round(high + TOP) + 40}"}
    model = xml.SubElement(page, "mxGraphModel", {"grid": "1", "gridSize": "10", "page": "1", "math": "0", **size})
    root = xml.SubElement(model, "root")
    xml.SubElement(root, "mxCell", {"id": "0"})
    xml.SubElement(root, "mxCell", {"id": "1", "parent": "0"})
    _geometry(_cell(root, "title", _heading(picture), _TITLE, "1", vertex="1"), Place(0, 0, max(wide, 300.0), 40))
    for child in picture.children:
        _box(root, child, places, "1", (0, -TOP))
    labels = _labels(laid)
    for number, line in enumerate(picture.lines):
        waiting = labels.get((line.a, line.b))
        _line(root, line, number, places, waiting.pop(0) if waiting else None)
    xml.indent(file)
    return xml.tostring(file, encoding="unicode") + "\n"


def _places(laid: dict[str, Any]) -> dict[str, Place]:
    """Where the engine has put each box, in points from the upper left corner."""
    high = float(laid["bb"].split(",")[3])
    found: dict[str, Place] = {}
    for item in laid.get("objects", []):
        name = item["name"].removeprefix("cluster_")
        if "bb" in item:
            left, bottom, right, top = (float(x) for x in item["bb"].split(","))
            title = float(item.get("lp", f"0,{top}").split(",")[1])
            found[name] = Place(left, high - top, right - left, top - bottom, title > (top + bottom) / 2)
        elif "pos" in item:
            x, y = (float(v) for v in item["pos"].split(","))
            width, height = 72 * float(item["width"]), 72 * float(item["height"])
            found[name] = Place(x - width / 2, high - y - height / 2, width, height)
    return found


def _labels(laid: dict[str, Any]) -> dict[tuple[str, str], list[Point]]:
    """Where the engine has put the middle of each line's text, by the boxes that the line joins, in their order."""
    high = float(laid["bb"].split(",")[3])
    names = {item["_gvid"]: item["name"] for item in laid.get("objects", [])}
    found: dict[tuple[str, str], list[Point]] = {}
    for edge in laid.get("edges", []):
        if "lp" in edge:
            x, y = (float(v) for v in edge["lp"].split(","))
            found.setdefault((names[edge["tail"]], names[edge["head"]]), []).append((x, high - y))
    return found


def _cell(root: xml.Element, name: str, value: str, style: str, parent: str, **more: str) -> xml.Element:
    return xml.SubElement(root, "mxCell", {"id": name, "value": value, "style": style, "parent": parent, **more})


def _geometry(cell: xml.Element, place: Place) -> None:
    numbers = {"x": place.left, "y": place.top, "width": place.width, "height": place.height}
    xml.SubElement(cell, "mxGeometry", {**{k: f"{v:.1f}" for k, v in numbers.items()}, "as": "geometry"})


def _box(
    root: xml.Element, box: Node | Frame, places: dict[str, Place], parent: str, origin: tuple[float, float]
) -> None:
    place, fill = places[box.id], box.fill or fill_of(box.component)
    rows = [_text(row) for row in box.rows]
    if isinstance(box, Frame):
        style = f"{_FRAME}fillColor={fill};verticalAlign={'top' if place.above else 'bottom'};"
        rows = ["&nbsp; ".join(rows)]
    else:
        style = f"{_BOX}fillColor={fill};"
        rows += [escape(" ".join((port.text, port.rate)).strip()) for port in box.ports]
    about = {"id": f"b-{box.id}", "label": "<br>".join(rows), "tooltip": escape(hint(box.component))}
    cell = xml.SubElement(
        xml.SubElement(root, "UserObject", about), "mxCell", {"style": style, "parent": parent, "vertex": "1"}
    )
    _geometry(cell, place._replace(left=place.left - origin[0], top=place.top - origin[1]))
    if isinstance(box, Frame):
        for child in box.children:
            _box(root, child, places, f"b-{box.id}", (place.left, place.top))


def _line(root: xml.Element, line: Line, number: int, places: dict[str, Place], label: Point | None) -> None:
    style = f"{_LINE}strokeColor={line.colour or '#4a6fa5'};strokeWidth={line.width or '1'};"
    style += "dashed=1;" if line.dashed else ""
    rows = [_text(row) for row in line.rows]
    if line.a_port:
        rows.insert(0, escape(f"{line.a_port} – {line.b_port}"))
    ends = {"source": f"b-{line.a}", "target": f"b-{line.b}", "edge": "1"}
    cell = _cell(root, f"l-{number}", "<br>".join(rows), style, "1", **ends)
    geometry = xml.SubElement(cell, "mxGeometry", {"relative": "1", "as": "geometry"})
    if label is not None:
        x, y = _middle(places[line.a], places[line.b])
        offset = {"x": f"{label[0] - x:.1f}", "y": f"{label[1] - y:.1f}", "as": "offset"}
        xml.SubElement(geometry, "mxPoint", offset)


def _middle(a: Place, b: Place) -> Point:
    """The middle of a straight line from the edge of one box to that of another: where text stands by itself."""
    ends = [_leaves(a, b), _leaves(b, a)]
    return sum(x for x, _ in ends) / 2, sum(y for _, y in ends) / 2


def _leaves(box: Place, other: Place) -> Point:
    """Where the line between two boxes' centres leaves the first."""
    x, y = box.left + box.width / 2, box.top + box.height / 2
    dx, dy = other.left + other.width / 2 - x, other.top + other.height / 2 - y
    if not dx and not dy:
        return x, y
    share = min(half / abs(d) for half, d in ((box.width / 2, dx), (box.height / 2, dy)) if d)
    return x + dx * min(share, 1), y + dy * min(share, 1)


def _heading(picture: Graph) -> str:
    rows = [f'<b style="font-size:16px;color:{INK}">{escape(picture.title)}</b>', *map(escape, picture.legend)]
    rows += [f'<b style="color:{escape(hue)}">— {escape(text)}</b>' for text, hue in picture.colours.items()]
    return "<br>".join(rows)


def _text(row: Text) -> str:
    text = escape(row.words)
    if row.voice == "name":
        return f"<b>{text}</b>"
    return f'<font color="{MUTED}">{text}</font>' if row.voice == "muted" else text
