"""A graph in D2 (d2lang.com), whose layout engines and themes draw it.

Boxes are numbered and keys of D2 are never names of the design; texts are quoted, with `\\`, `"`, `$` and line breaks
escaped. A device with ports is a table, in whose rows lines end.
"""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.outputs.diagrams.graph import Frame, Graph, Line, Node
from cmxdsl.outputs.diagrams.style import hint
from cmxdsl.outputs.kit.palette import fill_of

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "", "\t": " "})


def to_d2(picture: Graph) -> str:
    """The text of a picture."""
    paths = dict(_paths(picture.children, ""))
    ports = {
        (box.id, port.name): _quoted(port.text) for box in picture.walk() if isinstance(box, Node) for port in box.ports
    }
    lines = [f"direction: {picture.direction}", *_heading(picture)]
    for child in picture.children:
        lines += _box(child, paths, "")
    lines += [_line(line, paths, ports) for line in picture.lines]
    return "\n".join(lines) + "\n"


def _paths(children: tuple[Node | Frame, ...], outer: str) -> Iterator[tuple[str, str]]:
    """Each box's key: numbers of its frames and its own."""
    for number, child in enumerate(children):
        path = f"{outer}n{number}"
        yield child.id, path
        if isinstance(child, Frame):
            yield from _paths(child.children, f"{path}.")


def _heading(picture: Graph) -> Iterator[str]:
    yield f"title: {_quoted(picture.title)} {{shape: text; near: top-center; style.font-size: 24; style.bold: true}}"
    rows = [*picture.legend, *(f"— {text}: {hue}" for text, hue in picture.colours.items())]
    if rows:
        yield f"legend: {_quoted(chr(10).join(rows))} {{shape: text; near: bottom-center}}"


def _box(box: Node | Frame, paths: dict[str, str], margin: str) -> Iterator[str]:
    key = paths[box.id].rpartition(".")[2]
    fill = box.fill or fill_of(box.component)
    table = isinstance(box, Node) and bool(box.ports)
    title = (": " if table else "\n").join(row.words for row in box.rows)  # a table's title is one line
    yield f"{margin}{key}: {_quoted(title)} {{"
    inner = f"{margin}  "
    if isinstance(box, Frame):
        for child in box.children:
            yield from _box(child, paths, inner)
        if not box.above:  # lines come in from above
            yield f"{inner}label.near: bottom-center"
    if isinstance(box, Node) and box.ports:
        yield f"{inner}shape: sql_table"
        for port in box.ports:
            yield f"{inner}{_quoted(port.text)}: {_quoted(port.rate)}"
    yield f'{inner}style.fill: "{fill}"'
    yield f"{inner}tooltip: {_quoted(hint(box.component))}"
    yield f"{margin}}}"


def _line(line: Line, paths: dict[str, str], ports: dict[tuple[str, str], str]) -> str:
    ends = []
    for at, port in ((line.a, line.a_port), (line.b, line.b_port)):
        row = ports.get((at, port))
        ends.append(f"{paths[at]}.{row}" if row else paths[at])
    looks = [f'style.stroke: "{line.colour}"'] if line.colour else []
    looks += [f"style.stroke-width: {round(float(line.width))}"] if line.width else []
    looks += ["style.stroke-dash: 4"] if line.dashed else []
    label = _quoted("\n".join(row.words for row in line.rows))
    return f"{' -- '.join(ends)}: {label}" + (f" {{{'; '.join(looks)}}}" if looks else "")


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
