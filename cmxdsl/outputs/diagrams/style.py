"""How diagrams look: colours by kind or power, and what boxes and lines say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil

from cmxdsl.analysis.power.loads import watts
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.diagrams.diagram_tree import Box, Edge
from cmxdsl.outputs.diagrams.graph import Frame, Node, Text
from cmxdsl.outputs.kit.palette import SHADES, fill_of
from cmxdsl.outputs.options import Options
from cmxdsl.records import define, field
from cmxdsl.units import Quantity, show

FONT = "Helvetica"
INK = "#1c2733"
MUTED = "#5b6775"


def times(shape: tuple[int, ...]) -> str:
    """`× 48` or `× 7 × 16`."""
    return "".join(f" × {size:,}" for size in shape)


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

    @property
    def legend(self) -> list[str]:
        """What the colours mean, where they are not those of kinds."""
        most = show(watts(float(self.most)))
        return [f"darker: more peak power, up to {most}"] if self.colour == "power" else []

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
                    found.append(
                        f"{name} {' + '.join(show(Quantity(v, d)) for d, v in total.sums.items())}"
                        + ("" if total.complete else " and more")
                    )
            elif (value := box.component.get(name)) is not None:
                found.append(f"{name} {show(value) if isinstance(value, Quantity) else value}")
        return found


def box_rows(box: Box, look: Look) -> tuple[Text, ...]:
    """A box's text: name and count, type, how many in all when that is more, and the attributes wanted."""
    rows = [Text(f"{box.name}{times(box.shape)}", "name")]
    if box.component.name != box.name:
        rows.append(Text(box.component.name, "muted"))
    if box.total > box.many:
        rows.append(Text(f"{box.total:,} in all", "muted"))
    return (*rows, *(Text(line) for line in look.lines(box)))


def node(box: Box, look: Look) -> Node:
    """A box of a picture."""
    return Node(box_id(box), box_rows(box, look), look.fill(box), box.component, dark=look.colour == "power")


def frame(box: Box, look: Look, above: bool, children: tuple[Node | Frame, ...]) -> Frame:
    """A frame around what is inside a box: name, count, and type; its usual colour, unless colours say something."""
    fill = look.fill(box) if look.colour == "power" or box.component in look.fills else ""
    rows = (Text(f"{box.name}{times(box.shape)}", "name"), Text(box.component.name, "muted"))
    return Frame(box_id(box), rows, fill, box.component, above, children)


def edge_text(edge: Edge) -> list[str]:
    """What an edge says: how many links, their rate; then their medium."""
    rate = " / ".join(show(r, "b/s") for r in edge.rates)
    lines = [f"{edge.count:,} link{'s' * (edge.count != 1)}" + (f" × {rate}" if rate else "")]
    if len(edge.media) == 1:
        return [*lines, *(_over(medium) for medium, _ in edge.media if medium)]
    return [*lines, *(f"{many:,} {_over(medium) if medium else 'of no stated medium'}" for medium, many in edge.media)]


def _over(medium: str) -> str:
    return medium if medium.startswith("via ") else f"over {medium}"


def edge_rows(edge: Edge) -> tuple[Text, ...]:
    """The same as the text of a line."""
    first, *rest = edge_text(edge)
    return (Text(first), *(Text(line, "muted") for line in rest))


def legend_line(text: list[str], many: int) -> str:
    """What many lines of a picture have in common."""
    return f"{many} lines, each {' '.join(text)}"


def box_id(box: Box) -> str:
    """A name for a box that DOT and SVG take as it is."""
    parts = [name + "".join(f"_{i}" for i in indices or ()) for name, indices in box.key]
    return "n_" + "__".join(parts)


def hint(component: Component) -> str:
    """The text that shows when the pointer rests on a box."""
    facts = [f"{component.kind} {component.name}"]
    facts += [component.text("vendor")] if component.text("vendor") else []
    for name in ("compute.bf16", "memory.capacity", "power.typical", "power.peak"):
        value = component.quantity(name)
        if value is not None:
            facts.append(f"{name} {show(value)}")
    return ", ".join(facts) + (f". {component.doc}" if component.doc else "")
