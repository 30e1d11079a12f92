"""A graph as DOT. Ids are set by us and texts are escaped, so that no name can break out of its place."""

from __future__ import annotations

from html import escape
from itertools import pairwise

import graphviz

from cmxdsl.outputs.diagrams.graph import Frame, Graph, Line, Node, Text
from cmxdsl.outputs.diagrams.style import FONT, INK, MUTED, hint
from cmxdsl.outputs.kit.palette import fill_of, slug

_DIRECTIONS = {"up": "BT", "right": "LR"}


def to_dot(picture: Graph) -> str:
    """The DOT text of a picture."""
    made = graphviz.Digraph()
    made.attr(
        "graph",
        fontname=FONT,
        fontcolor=INK,
        labelloc="t",
        label=_title(picture),
        pad="0.3",
        bgcolor="white",
        rankdir=_DIRECTIONS[picture.direction],
        **picture.graphviz,
    )
    made.attr(
        "node",
        shape="box",
        style="filled,rounded",
        fontname=FONT,
        fontsize="12",
        fontcolor=INK,
        color="#6b7787",
        margin="0.16,0.09",
    )
    made.attr("edge", fontname=FONT, fontsize="10", fontcolor=INK, color="#4a6fa5", arrowhead="none")
    for child in picture.children:
        _place(made, child)
    for line in picture.lines:
        _join(made, line)
    for order in picture.orders:
        if len(order) > 1:
            with made.subgraph() as level:
                level.attr(rank="same")
                for left, right in pairwise(order):
                    level.edge(left, right, style="invis")
    return str(made.source)


def _title(picture: Graph) -> str:
    lines = "".join(f'<br/><font point-size="11" color="{MUTED}">{escape(line)}</font>' for line in picture.legend)
    if picture.colours:
        named = (
            f'<font point-size="11" color="{hue}"><b>— {escape(text)}</b></font>'
            for text, hue in picture.colours.items()
        )
        lines += f"<br/>{'   '.join(named)}"
    return f'<<font point-size="16"><b>{escape(picture.title)}</b></font>{lines}<br/> >'


def _place(made: graphviz.Digraph, box: Node | Frame) -> None:
    looks = {"class": slug(box.component)}
    if isinstance(box, Frame):
        with made.subgraph(name=f"cluster_{box.id}") as inner:
            inner.attr(
                label=f"<{'  '.join(_framed(row) for row in box.rows)}>",
                style="filled,rounded",
                fillcolor=box.fill or fill_of(box.component),
                color="#a9b4c2",
                fontsize="12",
                labeljust="l",
                labelloc="b" if box.above else "t",
                margin="14",
                id=f"cluster_{box.id}",
                tooltip=graphviz.escape(hint(box.component)),
                **looks,
            )
            for child in box.children:
                _place(inner, child)
    elif box.ports:
        made.node(box.id, _table(box), shape="plain", style="", id=box.id, **looks)
    else:
        muted = INK if box.dark else MUTED
        label = "<" + "<br/>".join(_row(row, muted) for row in box.rows) + ">"
        tooltip = graphviz.escape(hint(box.component))
        made.node(box.id, label, fillcolor=box.fill, id=box.id, tooltip=tooltip, **looks)


def _framed(row: Text) -> str:
    text = escape(row.words)
    return f"<b>{text}</b>" if row.voice == "name" else f'<font color="{MUTED}">{text}</font>'


def _row(row: Text, muted: str) -> str:
    text = escape(row.words)
    if row.voice == "name":
        return f"<b>{text}</b>"
    return (
        f'<font color="{muted}" point-size="10">{text}</font>'
        if row.voice == "muted"
        else (f'<font point-size="10">{text}</font>')
    )


def _table(box: Node) -> str:
    """A device as a table: its name, then a row for each group of ports."""
    title, type_ = box.rows
    head = f'<tr><td bgcolor="{box.fill}"><b>{escape(title.words)}</b><br/><font point-size="10" color="{MUTED}">'
    head += f"{escape(type_.words)}</font></td></tr>"
    rows = "".join(
        f'<tr><td port="{escape(p.name)}" align="left">{escape(p.text)}'
        + (f'  <font color="{MUTED}">{escape(p.rate)}</font>' if p.rate else "")
        + "</td></tr>"
        for p in box.ports
    )
    return f'<<table border="0" cellborder="1" cellspacing="0" cellpadding="5" color="#a9b4c2">{head}{rows}</table>>'


def _join(made: graphviz.Digraph, line: Line) -> None:
    looks = {
        "penwidth": line.width,
        "color": line.colour,
        "constraint": "false" if line.level else "",
        "style": "dashed" if line.dashed else "",
        "id": line.id,
    }
    a, b = (f"{at}:{port}" if port else at for at, port in ((line.a, line.a_port), (line.b, line.b_port)))
    label = _between_ports(line) if line.a_port else _beside(line)
    made.edge(a, b, label, **{name: value for name, value in looks.items() if value})


def _beside(line: Line) -> str:
    """A text that stands clear of its line."""
    if not line.rows:
        return ""
    rows = [
        f"&#160;&#160;{escape(row.words)}"
        if row.voice == "plain"
        else f'&#160;&#160;<font color="{MUTED}">{escape(row.words)}</font>'
        for row in line.rows
    ]
    return "<" + '<br align="left"/>'.join([*rows, ""]) + ">"


def _between_ports(line: Line) -> str:
    if not line.rows:
        return ""
    return "<" + "<br/>".join(escape(row.words) for row in line.rows) + '<br/><font point-size="3"> </font>>'
