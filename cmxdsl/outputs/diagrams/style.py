"""How diagrams look: colours by kind, labels, and the canvas that writes DOT through the graphviz package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from html import escape
from itertools import pairwise
from math import ceil

import graphviz

from cmxdsl.analysis.base.injection import link_rate
from cmxdsl.model import Component, Link, Port, Subject
from cmxdsl.outputs.diagrams.diagram_tree import Box, Edge
from cmxdsl.outputs.kit.palette import SHADES, dims, fill_of, slug
from cmxdsl.outputs.options import Options
from cmxdsl.records import define, field
from cmxdsl.units import Quantity, show

FONT = "Helvetica"
INK = "#1c2733"
MUTED = "#5b6775"


def times(shape: tuple[int, ...]) -> str:
    """`× 48` or `× 7 × 16`."""
    return "".join(f" × {size:,}" for size in shape)


def plural(box: Box) -> str:
    """A cluster's title: name, count, and the type where it says more than the name."""
    title = f"<b>{escape(box.name)}{times(box.shape)}</b>"
    return f'<{title}  <font color="{MUTED}">{escape(box.component.name)}</font>>'


@define
class Look:
    """What boxes are coloured by, and which attributes are written into them."""

    subject: Subject
    colour: str = "kind"
    label: tuple[str, ...] = ()
    fills: Mapping[Component, str] = field(factory=dict)
    among: Mapping[int, Sequence[str]] = field(factory=dict)  # lines of their own for some boxes, by `id`
    most: Fraction = Fraction(0)

    @classmethod
    def of(
        cls, subject: Subject, options: Options, boxes: Iterable[Box], among: Mapping[int, Sequence[str]] | None = None
    ) -> Look:
        look = cls(subject, options.colour, options.label, options.fills, among or {})
        look.most = max((look.draw(box) for box in boxes if box.parent is not None), default=Fraction(0))
        return look

    def draw(self, box: Box) -> Fraction:
        """Peak power of all in the design that a box stands for, in watts."""
        value = self.subject.of(box.component).total("power.peak").value
        return value.value * box.total if value is not None else Fraction(0)

    def fill(self, box: Box) -> str:
        if box.component in self.fills:
            return self.fills[box.component]
        if self.colour != "power" or not self.most:
            return fill_of(box.component)
        return SHADES[max(0, ceil(min(Fraction(1), self.draw(box) / self.most) * len(SHADES)) - 1)]

    def lines(self, box: Box) -> list[str]:
        """The attributes wanted, each as `power.peak 900 W`; what adds up is of everything in one of the boxes."""
        found = list(self.among.get(id(box), ()))
        for name in self.label:
            row = box.component.vocabulary.attributes.get(name)
            if row is not None and row.total:
                total = self.subject.of(box.component).total(name)
                if total.sums:
                    found.append(f"{name} {' + '.join(show(Quantity(v, d)) for d, v in total.sums.items())}"
                                 + ("" if total.complete else " and more"))  # fmt: skip
            elif (value := box.component.get(name)) is not None:
                found.append(f"{name} {show(value) if isinstance(value, Quantity) else value}")
        return found


def box_label(box: Box, look: Look | None = None) -> str:
    """A box's text: name and count, type, how many in all when that is more, and the attributes wanted."""
    rows = [f"<b>{escape(box.name)}{times(box.shape)}</b>"]
    muted = INK if look is not None and look.colour == "power" else MUTED  # grey is hard to read on dark shades
    if box.component.name != box.name:
        rows.append(f'<font color="{muted}" point-size="10">{escape(box.component.name)}</font>')
    if box.total > box.many:
        rows.append(f'<font color="{muted}" point-size="10">{box.total:,} in all</font>')
    rows += [f'<font point-size="10">{escape(line)}</font>' for line in look.lines(box)] if look is not None else []
    return "<" + "<br/>".join(rows) + ">"


def edge_text(edge: Edge) -> list[str]:
    """What an edge says: how many links, their rate; then their medium."""
    rate = " / ".join(show(r, "b/s") for r in edge.rates)
    lines = [f"{edge.count:,} link{'s' * (edge.count != 1)}" + (f" × {rate}" if rate else "")]
    return [*lines, "over " + ", ".join(edge.media)] if edge.media else lines


def edge_label(edge: Edge) -> str:
    """An edge's text as a label that stands clear of its line."""
    first, *rest = edge_text(edge)
    rows = [f"&#160;&#160;{escape(first)}"]
    rows += [f'&#160;&#160;<font color="{MUTED}">{escape(line)}</font>' for line in rest]
    return "<" + '<br align="left"/>'.join([*rows, ""]) + ">"


def legend_line(text: list[str], many: int) -> str:
    """What many lines of a picture have in common."""
    return f"{many} lines, each {' '.join(text)}"


class Canvas:
    """One DOT graph. Ids are set by us and texts are escaped, so that no name can break out of its place."""

    def __init__(
        self, title: str, legend: Sequence[str] = (), graph: graphviz.Graph | None = None,
        colours: Mapping[str, str] | None = None, **attributes: str,
    ) -> None:  # fmt: skip
        if graph is None:
            graph = graphviz.Digraph()
            lines = "".join(f'<br/><font point-size="11" color="{MUTED}">{escape(line)}</font>' for line in legend)
            if colours:
                named = (
                    f'<font point-size="11" color="{hue}"><b>— {escape(text)}</b></font>'
                    for text, hue in colours.items()
                )
                lines += f"<br/>{'   '.join(named)}"
            label = f'<<font point-size="16"><b>{escape(title)}</b></font>{lines}<br/> >'
            graph.attr("graph", fontname=FONT, fontcolor=INK, labelloc="t", label=label, pad="0.3",
                       bgcolor="white", **attributes)  # fmt: skip
            graph.attr("node", shape="box", style="filled,rounded", fontname=FONT, fontsize="12", fontcolor=INK,
                       color="#6b7787", margin="0.16,0.09")  # fmt: skip
            graph.attr("edge", fontname=FONT, fontsize="10", fontcolor=INK, color="#4a6fa5", arrowhead="none")
        self.graph = graph

    @property
    def source(self) -> str:
        return str(self.graph.source)

    def node(self, box: Box, label: str, fill: str) -> None:
        hint = graphviz.escape(_hint(box.component))
        self.graph.node(_id(box), label, fillcolor=fill, id=_id(box), tooltip=hint, **{"class": slug(box.component)})

    def edge(self, a: Box, b: Box, label: str, **attributes: str) -> None:
        self.graph.edge(_id(a), _id(b), label, **attributes)

    def in_order(self, boxes: list[Box]) -> None:
        """Keep boxes on one level, from left to right."""
        if len(boxes) > 1:
            with self.graph.subgraph() as level:
                level.attr(rank="same")
                for left, right in pairwise(boxes):
                    level.edge(_id(left), _id(right), style="invis")

    @contextmanager
    def cluster(self, box: Box, label: str, above: bool, fill: str = "") -> Iterator[Canvas]:
        """A frame around what is inside a box, its title above or below (the graph grows upward)."""
        with self.graph.subgraph(name=f"cluster_{_id(box)}") as inner:
            inner.attr(label=label, style="filled,rounded", fillcolor=fill or fill_of(box.component), color="#a9b4c2",
                       fontsize="12", labeljust="l", labelloc="b" if above else "t", margin="14",
                       id=f"cluster_{_id(box)}", tooltip=graphviz.escape(_hint(box.component)),
                       **{"class": slug(box.component)})  # fmt: skip
            yield Canvas("", graph=inner)

    # --- the links view -----------------------------------------------------------------------------------

    def ports(self, id: str, title: str, component: Component, ports: list[Port], fill: str) -> None:
        """A device as a table: its name, then a row for each group of ports."""
        if not ports:
            return
        head = f'<tr><td bgcolor="{fill}"><b>{escape(title)}</b><br/><font point-size="10" color="{MUTED}">'
        head += f"{escape(component.name)}</font></td></tr>"
        rows = "".join(
            f'<tr><td port="{escape(p.name)}" align="left">{escape(p.name)}{dims(p.shape)}: '
            f"{escape(p.protocol.name)}{_rate(p)}</td></tr>"
            for p in ports
        )
        table = (
            f'<<table border="0" cellborder="1" cellspacing="0" cellpadding="5" color="#a9b4c2">{head}{rows}</table>>'
        )
        self.graph.node(f"d_{id}", table, shape="plain", style="", id=f"d_{id}", **{"class": slug(component)})

    def link(self, number: int, link: Link, component: Component) -> None:
        """A pattern as one edge between two groups of ports."""
        rate = link_rate(component, link)
        lines = [f"{link.count:,}" + (f" × {show(rate, 'b/s')}" if rate is not None else "")]
        if link.media:
            over = " or ".join(m.name for m in link.media)
            pairs = link.media[0].kind == "optic"
            lines.append(f"{link.carriers:,} {'pairs of' if pairs else '×'} {over}")
            lines[-1] += f", {link.bundle} links each" if link.bundle > 1 else ""
        label = "<" + "<br/>".join(escape(line) for line in lines) + '<br/><font point-size="3"> </font>>'
        tail, head = (f"d_{'.'.join(end.names[:-1])}:{end.port.name}" for end in (link.a, link.b))
        self.graph.edge(tail, head, label, id=f"l_{number}")

    def exposure(self, port: Port) -> None:
        """An exposed port and the inner port it stands for."""
        assert port.exposes is not None
        target = port.exposes.target
        if target.steps:
            inner = f"d_{'.'.join(target.names[:-1])}:{target.port.name}"
            self.graph.edge(inner, f"d_:{port.name}", "", style="dashed", color="#8a94a3")


def _id(box: Box) -> str:
    """A name for a box that DOT and SVG take as it is."""
    parts = [name + "".join(f"_{i}" for i in indices or ()) for name, indices in box.key]
    return "n_" + "__".join(parts)


def _rate(port: Port) -> str:
    return f'  <font color="{MUTED}">{escape(show(port.rate, "b/s"))}</font>' if port.rate is not None else ""


def _hint(component: Component) -> str:
    """The text that shows when the pointer rests on a box."""
    facts = [f"{component.kind} {component.name}"]
    facts += [component.text("vendor")] if component.text("vendor") else []
    for name in ("compute.bf16", "memory.capacity", "power.typical", "power.peak"):
        value = component.quantity(name)
        if value is not None:
            facts.append(f"{name} {show(value)}")
    return ", ".join(facts) + (f". {component.doc}" if component.doc else "")
