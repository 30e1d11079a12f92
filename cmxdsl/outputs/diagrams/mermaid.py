"""A graph as a Mermaid flowchart, which Markdown on GitHub and GitLab and many wikis draw.

Boxes are numbered, so that no name can be a word of Mermaid's; each mark that its grammar or HTML knows is written by
its number. Ports have no form of their own: a line says which it joins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from cmxdsl.outputs.diagrams.graph import Frame, Graph, Line, Node, Text
from cmxdsl.outputs.kit.palette import fill_of

_DIRECTIONS = {"up": "BT", "right": "LR"}
_MARKS = re.compile(r"[^\w\s.,:+*/()\[\]×·°µ²³→–—-]")


def to_mermaid(picture: Graph) -> str:
    """The text of a picture; the title is front matter."""
    names = {box.id: f"n{number}" for number, box in enumerate(picture.walk())}
    lines = ["---", f"title: {json.dumps(picture.title)}", "---", f"flowchart {_DIRECTIONS[picture.direction]}"]
    for child in picture.children:
        lines += _box(child, names, 1)
    lines += [_line(line, names) for line in picture.lines]
    lines += _legend(picture)
    for number, line in enumerate(picture.lines):
        looks = [f"stroke:{line.colour}"] if line.colour else []
        looks += [f"stroke-width:{line.width}px"] if line.width else []
        if looks:
            lines.append(f"    linkStyle {number} {','.join(looks)}")
    return "\n".join(lines) + "\n"


def _box(box: Node | Frame, names: dict[str, str], depth: int) -> Iterator[str]:
    margin, name = "    " * depth, names[box.id]
    fill = box.fill or fill_of(box.component)
    if isinstance(box, Frame):
        yield f'{margin}subgraph {name}["{"  ".join(map(_text, box.rows))}"]'
        for child in box.children:
            yield from _box(child, names, depth + 1)
        yield f"{margin}end"
    else:
        rows = [*map(_text, box.rows), *(_escaped(" ".join((p.text, p.rate)).strip()) for p in box.ports)]
        yield f'{margin}{name}["{"<br/>".join(rows)}"]'
    yield f"{margin}style {name} fill:{fill},stroke:#6b7787,color:#1c2733"


def _line(line: Line, names: dict[str, str]) -> str:
    rows = [_escaped(row.words) for row in line.rows]
    if line.a_port:
        rows.insert(0, _escaped(f"{line.a_port} – {line.b_port}"))
    label = f'|"{"<br/>".join(rows)}"|' if rows else ""
    return f"    {names[line.a]} {'-.-' if line.dashed else '---'}{label} {names[line.b]}"


def _legend(picture: Graph) -> Iterator[str]:
    """What stands under the title of other formats, as a box of its own."""
    rows = [*map(_escaped, picture.legend)]
    rows += [f"<span style='color:{hue}'>— {_escaped(text)}</span>" for text, hue in picture.colours.items()]
    if rows:
        yield f'    legend["{"<br/>".join(rows)}"]'
        yield "    style legend fill:#ffffff,stroke:none,color:#5b6775"


def _text(row: Text) -> str:
    text = _escaped(row.words)
    return f"<b>{text}</b>" if row.voice == "name" else text


def _escaped(text: str) -> str:
    return _MARKS.sub(lambda mark: f"#{ord(mark[0])};", " ".join(text.split()))
