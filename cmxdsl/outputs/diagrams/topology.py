"""A plane's endpoints and switches, ranked by tier, links added up to one line with count and rate."""

from __future__ import annotations

from collections import Counter

from cmxdsl.analysis.power.feeds import PLANE, PowerLoop, net
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Subject, index
from cmxdsl.outputs.diagrams.diagram_tree import Box, Edge, edges, tiers
from cmxdsl.outputs.diagrams.graph import Frame, Graph, Line, Node
from cmxdsl.outputs.diagrams.shown import fitting, planes_shown
from cmxdsl.outputs.diagrams.style import Look, box_id, edge_rows, edge_text, frame, legend_line, node
from cmxdsl.outputs.kit.palette import LINES
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.records import frozen

LABELLED = 6  # lines with the same text, above which it is said once, under the title
STRAIGHT = 24  # lines in one picture, above which they are drawn straight

Tiers = dict[int, int]  # of each box by its `id`


def topology(subject: Subject, options: Options) -> tuple[Graph, list[str]]:
    """The picture, and what had to be done to keep it legible."""
    top, shown = subject.top, planes_shown(subject, options)

    def on_plane(component: Component) -> bool:
        return any(p.exposes is None and p.plane in shown for p in component.ports.values())

    root, notes = fitting(top, on_plane, options, whole=on_plane if len(shown) > 1 else None)
    if not root.children and not on_plane(top):
        raise ViewFault(f"`{top.name}` has nothing on the plane `{shown[0]}`")
    try:
        by_plane = {name: edges(root, name) for name in shown}
    except index.TooMany:
        raise ViewFault("too many links between unfolded boxes: unfold fewer arrays") from None
    every = [edge for found in by_plane.values() for edge in found]
    tier, lacking = _feeding_order(subject, root) if shown == [PLANE] else (tiers(root, every), [])
    said = _sorted_out(every, tier)
    look = Look.of(subject, options, root.walk(), said.among)
    legend = [legend_line(text, many) for text, many in said.common]
    return Graph(
        f"{top.name}: {shown[0].replace('_', '-')} plane" if len(shown) == 1 else f"{top.name}: all planes",
        _nested(root, tier, look),
        _lines(said, tier, by_plane if len(shown) > 1 else {}),
        "up",
        (*([] if every else ["no links on this plane"]), *legend, *_inside(said.hidden), *options.legend, *look.legend),
        _colours(said, by_plane) if len(shown) > 1 else {},
        _orders(root, tier),
        _spacing(len(said.drawn)),
    ), [*notes, *lacking]


def _feeding_order(subject: Subject, root: Box) -> tuple[Tiers, list[str]]:
    """The tiers of the power plane: loads lowest, sources on top; and why there are none."""
    try:
        plane = net(subject)
    except PowerLoop as error:
        return {}, [f"in no order: `{error}` is part of a power loop"]
    except LimitExceeded as error:
        return {}, [f"in no order: {error}"]
    depth = {g.names: int(plane.order[g.start : g.start + g.count].max(initial=0)) for g in plane.groups}
    return {id(box): depth[box.names] for box in root.leaves if box.names in depth}, []


# --- what is drawn as a line, and what is said instead ----------------------------------------------------


@frozen
class _Said:
    """Links that are `drawn`; `hidden` ones are inside of a folded box; those `among` the elements of one box are a
    text in it, since an arc from a box to itself would lie over its links to its peers. What more than LABELLED lines
    have in common is said once."""

    drawn: tuple[Edge, ...]
    hidden: tuple[Edge, ...]
    among: dict[int, list[str]]  # by the `id` of the box
    common: tuple[tuple[list[str], int], ...]


def _sorted_out(every: list[Edge], tier: Tiers) -> _Said:
    hidden = tuple(edge for edge in every if edge.inside and edge.a.component.instances)
    shown = [edge for edge in every if edge not in hidden]
    shown.sort(key=lambda e: (e.a.key != e.b.key, e.a.sort_key, e.b.sort_key))
    flat = [e for e in shown if not e.inside and tier.get(id(e.a), 0) == tier.get(id(e.b), 0)]
    peers = {id(box) for edge in flat for box in (edge.a, edge.b)}
    among: dict[int, list[str]] = {}
    for edge in shown:
        if edge.inside and id(edge.a) in peers:
            first, *rest = edge_text(edge)
            among.setdefault(id(edge.a), []).extend([f"{first} among them", *rest])
    drawn = tuple(edge for edge in shown if not edge.inside or id(edge.a) not in among)
    texts = Counter(tuple(edge_text(edge)) for edge in drawn)
    common = tuple((list(text), many) for text, many in texts.items() if many > LABELLED)
    return _Said(drawn, hidden, among, common)


def _inside(hidden: tuple[Edge, ...]) -> list[str]:
    """What is not drawn: links between the parts of a folded box, by component."""
    counts: dict[str, int] = {}
    for edge in hidden:
        counts[edge.a.component.name] = counts.get(edge.a.component.name, 0) + edge.count
    return [f"not drawn: {many:,} links inside {name}" for name, many in sorted(counts.items())]


# --- lines ------------------------------------------------------------------------------------------------


def _lines(said: _Said, tier: Tiers, by_plane: dict[str, list[Edge]]) -> tuple[Line, ...]:
    hue = {id(edge): LINES[name] for name, found in by_plane.items() for edge in found}
    common = [text for text, _ in said.common]
    return tuple(_line(edge, edge_text(edge) not in common, tier, hue.get(id(edge), "")) for edge in said.drawn)


def _line(edge: Edge, labelled: bool, tier: Tiers, hue: str) -> Line:
    low, high = edge.a, edge.b
    if tier.get(id(low), 0) > tier.get(id(high), 0):
        low, high = high, low
    return Line(
        box_id(low),
        box_id(high),
        edge_rows(edge) if labelled else (),
        f"{min(6.0, 1 + len(str(edge.count)) * 0.5):.1f}" if labelled else "1",
        hue,
        level=tier.get(id(low), 0) == tier.get(id(high), 0),
    )


def _colours(said: _Said, by_plane: dict[str, list[Edge]]) -> dict[str, str]:
    drawn = {id(edge) for edge in said.drawn}
    return {
        name.replace("_", "-"): LINES[name]
        for name, found in by_plane.items()
        if any(id(edge) in drawn for edge in found)
    }


def _spacing(lines: int) -> dict[str, str]:
    crowded = {"splines": "line", "ranksep": f"{min(6.0, 0.9 + lines / 24):.1f}"}
    return {"nodesep": "0.35", "newrank": "true", **(crowded if lines > STRAIGHT else {"ranksep": "0.9"})}


# --- boxes ------------------------------------------------------------------------------------------------


def _nested(root: Box, tier: Tiers, look: Look) -> tuple[Node | Frame, ...]:
    """Boxes inside boxes as frames; titles stand where no link passes: above the top tier, else below."""
    highest = max(tier.values(), default=0)

    def place(box: Box) -> Node | Frame:
        if not box.children:
            return node(box, look)
        above = 0 < highest == min(tier.get(id(leaf), 0) for leaf in box.leaves)
        return frame(box, look, above, tuple(place(child) for child in box.children))

    return tuple(place(child) for child in root.children) or (node(root, look),)


def _orders(root: Box, tier: Tiers) -> tuple[tuple[str, ...], ...]:
    """Elements of one array in one tier, which stand side by side in the order of their indices."""
    found: list[tuple[str, ...]] = []
    for rank in sorted(set(tier.values())):
        level = sorted((box for box in root.leaves if tier.get(id(box)) == rank), key=lambda box: box.sort_key)
        families: dict[tuple[str, ...], list[str]] = {}
        for box in level:
            families.setdefault(box.names, []).append(box_id(box))
        found += [tuple(family) for family in families.values()]
    return tuple(found)
