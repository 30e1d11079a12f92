"""What contains what: a tree from the whole to its parts, arrays as one box with their count."""

from __future__ import annotations

from cmxdsl.model import Subject
from cmxdsl.outputs.diagrams.graph import Graph, Line
from cmxdsl.outputs.diagrams.shown import fitting
from cmxdsl.outputs.diagrams.style import Look, box_id, node
from cmxdsl.outputs.options import Options


def hierarchy(subject: Subject, options: Options) -> tuple[Graph, list[str]]:
    """The picture, and what had to be done to keep it legible."""
    root, notes = fitting(subject.top, lambda component: True, options)
    look = Look.of(subject, options, root.walk())
    boxes = list(root.walk())
    lines = tuple(Line(box_id(box.parent), box_id(box), colour="#8a94a3") for box in boxes if box.parent is not None)
    return Graph(
        f"{subject.top.name}: what contains what",
        tuple(node(box, look) for box in boxes),
        lines,
        "right",
        (*options.legend, *look.legend),
        graphviz={"nodesep": "0.12", "ranksep": "0.5"},
    ), notes
