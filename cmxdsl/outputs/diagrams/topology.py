"""Diagrams: views of a design as Graphviz graphs, folded until they can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cmxdsl.analysis.base.ports import TooManyPaths
from cmxdsl.analysis.power.feeds import PLANE, PowerLoop, net
from cmxdsl.analysis.power.loads import watts
from cmxdsl.model import Component, Subject, index
from cmxdsl.outputs.diagrams.diagram_tree import Box, Edge, TooManyBoxes, edges, tiers, tree
from cmxdsl.outputs.diagrams.style import Canvas, Look, box_label, edge_label, edge_text, legend_line, plural
from cmxdsl.outputs.kit.engine import draw
from cmxdsl.outputs.kit.palette import LINES, dims, fill_of
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.outputs.registry import Files
from cmxdsl.records import evolve
from cmxdsl.units import show

if TYPE_CHECKING:
    from cmxdsl.analysis.network.graph import Fabric

LIMIT = 300  # boxes in one picture; above that it folds by itself
LABELLED = 6  # lines with the same text, above which it is said once, under the title
STRAIGHT = 24  # lines in one picture, above which they are drawn straight


def _checked(top: Component, texts: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Paths to fold or unfold, each one checked."""
    paths = set()
    for text in texts:
        names = tuple(part.split("[")[0] for part in text.split("."))
        here = top
        for name in names:
            if name not in here.instances:
                known = ", ".join(here.instances) or "none"
                raise ViewFault(f"`{text}`: `{here.name}` has no instance `{name}` (it has {known})")
            here = here.instances[name].component
        paths.add(names)
    return paths


def _fitting(
    top: Component, wanted: Callable[[Component], bool], options: Options,
    whole: Callable[[Component], bool] | None = None,
) -> tuple[Box, list[str], Options]:  # fmt: skip
    """The boxes of a picture, with fewer unfolded arrays and less depth until they are at most LIMIT; nothing inside of
    what is `whole` is drawn."""
    notes: list[str] = []
    unfold, fold = _checked(top, options.unfold), _checked(top, options.fold)
    while True:
        try:
            return tree(top, wanted, unfold, options.depth, LIMIT, fold, whole), notes, options
        except TooManyBoxes:
            if unfold:
                largest = max(unfold, key=lambda names: (top.at(names)[1], names))
                unfold.discard(largest)
                notes.append(f"`{'.'.join(largest)}` stays folded: unfolded, the picture passes {LIMIT} boxes")
            else:
                depth = (options.depth or 65) - 1
                options = evolve(options, depth=depth)
                if depth == 0:
                    return Box((), top, (), 1), notes, options
                note = f"drawn to depth {depth}: deeper, the picture passes {LIMIT} boxes"
                notes = [n for n in notes if not n.startswith("drawn to depth")] + [note]


# --- hierarchy --------------------------------------------------------------------------------------------


def hierarchy(subject: Subject, options: Options) -> tuple[str, list[str]]:
    """What contains what: a tree from the whole to its parts, arrays as one box with their count."""
    top = subject.top
    root, notes, _ = _fitting(top, lambda component: True, options)
    look = Look.of(subject, options, root.walk())
    legend = [*options.legend]
    legend += [f"darker: more peak power, up to {show(watts(float(look.most)))}"] if look.colour == "power" else []
    canvas = Canvas(f"{top.name}: what contains what", legend, rankdir="LR", nodesep="0.12", ranksep="0.5")
    for box in root.walk():
        canvas.node(box, box_label(box, look), look.fill(box))
        if box.parent is not None:
            canvas.edge(box.parent, box, "", arrowhead="none", color="#8a94a3")
    return canvas.source, notes


# --- topology ---------------------------------------------------------------------------------------------


def busiest_plane(subject: Subject) -> str:
    """The plane with the most links, else the first that has ports; empty when there is none."""
    from cmxdsl.analysis.base.planes import planes

    found = planes(subject)
    return max(found, key=lambda name: (found[name].links, -list(found).index(name)), default="")


def devices_shown(subject: Subject, options: Options) -> Fabric:
    """The plane that a picture of single devices is about. Raises ViewFault where there is none, or too much of it."""
    from cmxdsl.analysis.network.graph import TooLarge, fabric

    top = subject.top
    plane = options.plane or busiest_plane(subject)
    if plane not in top.vocabulary.planes:
        raise ViewFault(f"there is not a plane `{plane}`: it is one of {', '.join(top.vocabulary.planes)}")
    try:
        found = fabric(subject, plane)
    except (TooLarge, TooManyPaths) as error:
        raise ViewFault(str(error) or "too many places where devices are") from None
    if not found.links:
        raise ViewFault(f"`{top.name}` has no links on the plane `{plane}`")
    return found


def _planes_shown(subject: Subject, options: Options) -> list[str]:
    """The plane to draw, or all of them where colours tell them apart."""
    from cmxdsl.analysis.base.planes import planes

    top = subject.top
    if options.colour == "plane":
        found = [name for name, plane in planes(subject).items() if plane.links and name != PLANE]
        if found:
            return found
    plane = options.plane or busiest_plane(subject)
    if plane not in top.vocabulary.planes:
        if options.plane:
            raise ViewFault(f"there is not a plane `{plane}`: it is one of {', '.join(top.vocabulary.planes)}")
        raise ViewFault(f"`{top.name}` has no ports, so it has no topology; `--view hierarchy` shows its parts")
    return [plane]


def topology(subject: Subject, options: Options) -> tuple[str, list[str]]:
    """A plane's endpoints and switches, ranked by tier, links added up to one edge with count and rate."""
    top = subject.top
    shown = _planes_shown(subject, options)
    plane = shown[0]

    def on_plane(component: Component) -> bool:
        return any(p.exposes is None and p.plane in shown for p in component.ports.values())

    root, notes, options = _fitting(top, on_plane, options, whole=on_plane if len(shown) > 1 else None)
    if not root.children and not on_plane(top):
        raise ViewFault(f"`{top.name}` has nothing on the plane `{plane}`")
    try:
        by_plane = {name: edges(root, name) for name in shown}
    except index.TooMany:
        raise ViewFault("too many links between unfolded boxes: unfold fewer arrays") from None
    links = [edge for found in by_plane.values() for edge in found]
    hue = {id(edge): LINES[name] for name, found in by_plane.items() for edge in found} if len(shown) > 1 else {}
    tier = _feeding_order(subject, root) if shown == [PLANE] else tiers(root, links)
    hidden = [edge for edge in links if edge.inside and edge.a.component.instances]
    links = [edge for edge in links if edge not in hidden]
    links.sort(key=lambda e: (e.a.key != e.b.key, e.a.sort_key, e.b.sort_key))
    title = f"{top.name}: {plane.replace('_', '-')} plane" if len(shown) == 1 else f"{top.name}: all planes"
    flat = [e for e in links if e.a is not e.b and tier.get(id(e.a), 0) == tier.get(id(e.b), 0)]
    peers = {id(box) for edge in flat for box in (edge.a, edge.b)}
    among: dict[int, list[str]] = {}  # an arc from a box to itself would lie over its links to its peers
    for edge in (e for e in links if e.a is e.b and id(e.a) in peers):
        first, *rest = edge_text(edge)
        among.setdefault(id(edge.a), []).extend([f"{first} among them", *rest])
    links = [edge for edge in links if edge.a is not edge.b or id(edge.a) not in among]
    labels = [edge_label(edge) for edge in links]
    common = {label: labels.count(label) for label in labels if labels.count(label) > LABELLED}
    boxes = Look.of(subject, options, root.walk(), among)
    legend = [legend_line(edge_text(links[labels.index(label)]), many) for label, many in common.items()]
    legend += [*_inside(hidden), *options.legend]
    legend += [f"darker: more peak power, up to {show(watts(float(boxes.most)))}"] if boxes.colour == "power" else []
    colours = {name.replace("_", "-"): LINES[name] for name in shown if hue and any(e in links for e in by_plane[name])}
    crowded = len(links) > STRAIGHT
    look = {"splines": "line", "ranksep": f"{min(6.0, 0.9 + len(links) / 24):.1f}"} if crowded else {"ranksep": "0.9"}
    canvas = Canvas(title, legend, colours=colours, rankdir="BT", nodesep="0.35", newrank="true", **look)
    _nested(canvas, root, tier, boxes)
    for edge, label in zip(links, labels, strict=True):
        _edge(canvas, edge, "" if label in common else label, tier, hue.get(id(edge), ""))
    for rank in sorted(set(tier.values())):
        level = sorted((box for box in root.leaves if tier.get(id(box)) == rank), key=lambda box: box.sort_key)
        for family in _families(level):
            canvas.in_order(family)
    return canvas.source, notes


def _feeding_order(subject: Subject, root: Box) -> dict[int, int]:
    """The tiers of the power plane: loads lowest, sources on top."""
    try:
        plane = net(subject)
    except (PowerLoop, TooManyPaths, index.TooMany):
        return {}
    depth = {g.names: int(plane.order[g.start : g.start + g.count].max(initial=0)) for g in plane.groups}
    return {id(box): depth[box.names] for box in root.leaves if box.names in depth}


def _inside(hidden: list[Edge]) -> list[str]:
    """What is not drawn: links between the parts of a folded box, by component."""
    counts: dict[str, int] = {}
    for edge in hidden:
        counts[edge.a.component.name] = counts.get(edge.a.component.name, 0) + edge.count
    return [f"not drawn: {many:,} links inside {name}" for name, many in sorted(counts.items())]


def _families(boxes: list[Box]) -> list[list[Box]]:
    """Boxes of one tier by path: elements of one array, which stand side by side in the order of their indices."""
    families: dict[tuple[str, ...], list[Box]] = {}
    for box in boxes:
        families.setdefault(box.names, []).append(box)
    return list(families.values())


def _nested(canvas: Canvas, root: Box, tier: dict[int, int], look: Look) -> None:
    """Boxes inside boxes as clusters; titles stand where no link passes: above the top tier, else below."""
    highest = max(tier.values(), default=0)

    def place(box: Box, inside: Canvas) -> None:
        if not box.children:
            inside.node(box, box_label(box, look), look.fill(box))
            return
        above = 0 < highest == min(tier.get(id(leaf), 0) for leaf in box.leaves)
        fill = look.fill(box) if look.colour == "power" or box.component in look.fills else ""
        with inside.cluster(box, plural(box), above, fill) as cluster:
            for child in box.children:
                place(child, cluster)

    for child in root.children:
        place(child, canvas)
    if not root.children:
        canvas.node(root, box_label(root, look), look.fill(root))


def _edge(canvas: Canvas, edge: Edge, label: str, tier: dict[int, int], hue: str) -> None:
    low, high = edge.a, edge.b
    if tier.get(id(low), 0) > tier.get(id(high), 0):
        low, high = high, low
    level = tier.get(id(low), 0) == tier.get(id(high), 0)
    width = f"{min(6.0, 1 + len(str(edge.count)) * 0.5):.1f}" if label else "1"
    extra = {"constraint": "false"} if level else {}
    canvas.edge(low, high, label, penwidth=width, **({**extra, "color": hue} if hue else extra))


# --- links ------------------------------------------------------------------------------------------------


def links(subject: Subject, options: Options) -> tuple[str, list[str]]:
    """The ports and media of one component: what it holds, and how each link pattern joins their ports."""
    component = _component(subject.top, options.component)
    canvas = Canvas(f"{component.name}: ports and links", rankdir="LR", nodesep="0.3", ranksep="1.4")
    canvas.ports("", component.name, component, list(component.ports.values()), fill="#ffffff")
    notes: list[str] = []
    names: set[tuple[str, ...]] = set()
    for link in component.links:
        for end in (link.a, link.b):
            names.add(end.names[:-1])
    for port in component.ports.values():
        if port.exposes is not None:
            names.add(port.exposes.target.names[:-1])
    shown = sorted(n for n in names if n)
    if len(shown) > LIMIT:
        notes.append(f"{len(shown) - LIMIT} devices are left out: a picture holds {LIMIT}")
        shown = shown[:LIMIT]
    for path in shown:
        inner, _ = component.at(path)
        own = [p for p in inner.ports.values() if p.exposes is None]
        canvas.ports(
            ".".join(path), f"{'.'.join(path)}{dims(component.shape_at(path))}", inner, own, fill=fill_of(inner)
        )
    for number, link in enumerate(component.links):
        if (link.a.names[:-1] in shown and link.b.names[:-1] in shown) or not link.a.steps or not link.b.steps:
            canvas.link(number, link, component)
    for port in component.ports.values():
        if port.exposes is not None:
            canvas.exposure(port)
    if not shown and not component.ports:
        raise ViewFault(f"`{component.name}` has no ports and no links; choose another with `--component`")
    return canvas.source, notes


def _component(top: Component, name: str) -> Component:
    """The component named, else the one with the most link patterns."""
    from cmxdsl.model import descendants

    everything = list(descendants(top))
    if not name:
        return max(everything, key=lambda c: (len(c.links), -everything.index(c)))
    for component in everything:
        if name in (component.name, component.id):
            return component
    known = ", ".join(sorted({c.name for c in everything if c.ports or c.links}))
    raise ViewFault(f"there is no component `{name}` in `{top.name}`; with ports or links are {known}")


VIEWS: dict[str, Callable[[Subject, Options], tuple[str, list[str]]]] = {
    "hierarchy": hierarchy,
    "topology": topology,
    "links": links,
}


def files(subject: Subject) -> Files:
    plane = busiest_plane(subject)
    views = [("hierarchy", "hierarchy", Options())]
    from cmxdsl.analysis.base.planes import planes

    for name, found in planes(subject).items():
        if found.links:
            file = "topology" if name == plane else f"topology-{name}"
            views.append((file, "topology", Options(plane=name)))
    for file, view, options in views:
        dot, _ = VIEWS[view](subject, options)
        yield f"{file}.dot", dot
        yield f"{file}.svg", draw(dot, "svg")
        yield f"{file}.png", draw(dot, "png")
