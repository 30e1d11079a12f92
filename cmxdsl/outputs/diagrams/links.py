"""The ports and media of one component: what it holds, and how each link pattern joins their ports."""

from __future__ import annotations

from collections.abc import Iterable

from cmxdsl.analysis.base.injection import link_rate
from cmxdsl.model import Component, End, Link, Port, Subject, descendants
from cmxdsl.outputs.diagrams.graph import Graph, Line, Node, PortRow, Text
from cmxdsl.outputs.diagrams.shown import LIMIT
from cmxdsl.outputs.kit.palette import dims, fill_of
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.units import show

Names = tuple[str, ...]


def links(subject: Subject, options: Options) -> tuple[Graph, list[str]]:
    """The picture, and what had to be left out."""
    component = _component(subject.top, options.component)
    shown, left_out = _devices(component)
    if not shown and not component.ports:
        raise ViewFault(f"`{component.name}` has no ports and no links; choose another with `--component`")
    boxes = [_box("", component.name, component, component.ports.values(), "#ffffff")]
    for path in shown:
        inner, _ = component.at(path)
        own = [p for p in inner.ports.values() if p.exposes is None]
        name = ".".join(path)
        boxes.append(_box(name, f"{name}{dims(component.shape_at(path))}", inner, own, fill_of(inner)))
    lines = [
        _line(number, link, component)
        for number, link in enumerate(component.links)
        if (link.a.names[:-1] in shown and link.b.names[:-1] in shown) or not link.a.steps or not link.b.steps
    ]
    lines += [found for port in component.ports.values() if (found := _exposure(port)) is not None]
    notes = [f"{left_out} devices are left out: a picture shows at most {LIMIT}"] if left_out else []
    return Graph(
        f"{component.name}: ports and links",
        tuple(box for box in boxes if box.ports),
        tuple(lines),
        "right",
        graphviz={"nodesep": "0.3", "ranksep": "1.4"},
    ), notes


def _component(top: Component, name: str) -> Component:
    """The component named, else the one with the most link patterns."""
    everything = list(descendants(top))
    if not name:
        return max(everything, key=lambda c: (len(c.links), -everything.index(c)))
    for component in everything:
        if name in (component.name, component.id):
            return component
    known = ", ".join(sorted({c.name for c in everything if c.ports or c.links}))
    raise ViewFault(f"there is no component `{name}` in `{top.name}`; with ports or links are {known}")


def _devices(component: Component) -> tuple[list[Names], int]:
    """The paths of what is linked or exposed, as many as a picture holds, and how many there are more."""
    names = {end.names[:-1] for link in component.links for end in (link.a, link.b)}
    names |= {p.exposes.target.names[:-1] for p in component.ports.values() if p.exposes is not None}
    found = sorted(n for n in names if n)
    return found[:LIMIT], max(0, len(found) - LIMIT)


def _box(name: str, title: str, component: Component, ports: Iterable[Port], fill: str) -> Node:
    rows = tuple(
        PortRow(
            p.name,
            f"{p.name}{dims(p.shape)}: {p.protocol.name}",
            show(p.rate, "b/s") if p.rate is not None else "",
        )
        for p in ports
    )
    return Node(f"d_{name}", (Text(title, "name"), Text(component.name, "muted")), fill, component, ports=rows)


def _line(number: int, link: Link, component: Component) -> Line:
    """A pattern as one line between two groups of ports."""
    rate = link_rate(component, link)
    rows = [f"{link.count:,}" + (f" × {show(rate, 'b/s')}" if rate is not None else "")]
    if link.media:
        over = " or ".join(m.name for m in link.media)
        pairs = link.media[0].kind == "optic"
        each = f", {link.bundle} links each" if link.bundle > 1 else ""
        rows.append(f"{link.carriers:,} {'pairs of' if pairs else '×'} {over}{each}")
    return Line(
        _device(link.a),
        _device(link.b),
        tuple(Text(row) for row in rows),
        a_port=link.a.port.name,
        b_port=link.b.port.name,
        id=f"l_{number}",
    )


def _exposure(port: Port) -> Line | None:
    """An exposed port and the inner port that it stands for."""
    target = port.exposes.target if port.exposes is not None else None
    if target is None or not target.steps:
        return None
    return Line(_device(target), "d_", colour="#8a94a3", dashed=True, a_port=target.port.name, b_port=port.name)


def _device(end: End) -> str:
    return f"d_{'.'.join(end.names[:-1])}"
