"""A picture of boxes and lines that no format is in yet: DOT, Mermaid and D2 are each written from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cmxdsl.model import Component
from cmxdsl.records import field, frozen


@frozen
class Text:
    """A line of text: `name` is the loudest, then `plain`, then `muted`."""

    words: str
    voice: str = "plain"


@frozen
class PortRow:
    """A group of ports in a box: where lines end, what it is called, and its rate."""

    name: str
    text: str
    rate: str


@frozen
class Node:
    """A box. `dark` says that its fill may be, so that muted text would be hard to read; `ports` are rows below its
    text in which lines end."""

    id: str
    rows: tuple[Text, ...]
    fill: str
    component: Component
    dark: bool = False
    ports: tuple[PortRow, ...] = ()


@frozen
class Frame:
    """A box around others, its title `above` or below them; an empty `fill` is the usual one of its component."""

    id: str
    rows: tuple[Text, ...]
    fill: str
    component: Component
    above: bool
    children: tuple[Node | Frame, ...]


@frozen
class Line:
    """A line between two boxes, by their ids, or between ports of them. `level` lines join boxes of one tier, and do
    not move them apart. An empty colour or width is the usual one."""

    a: str
    b: str
    rows: tuple[Text, ...] = ()
    width: str = ""
    colour: str = ""
    level: bool = False
    dashed: bool = False
    a_port: str = ""
    b_port: str = ""
    id: str = ""


@frozen
class Graph:
    """A picture. `direction` is the way that lines lead, `up` or `right`; `orders` are boxes of one tier from left to
    right; `colours` names the colours of lines; `graphviz` are spacings that only Graphviz takes."""

    title: str
    children: tuple[Node | Frame, ...]
    lines: tuple[Line, ...]
    direction: str
    legend: tuple[str, ...] = ()
    colours: Mapping[str, str] = field(factory=dict)
    orders: tuple[tuple[str, ...], ...] = ()
    graphviz: Mapping[str, str] = field(factory=dict)

    def walk(self) -> Iterator[Node | Frame]:
        """Every box, each frame before what is in it."""
        stack = list(reversed(self.children))
        while stack:
            here = stack.pop()
            yield here
            if isinstance(here, Frame):
                stack += reversed(here.children)
