"""The network view: every device of a plane at a place that its structure gives.

A torus or a mesh is a grid, a plane of groups (a dragonfly) a ring of rings. What is too large is folded: layers of a
grid to one, a group to one disc."""

from __future__ import annotations

from collections import Counter
from math import cos, pi, prod, sin
from typing import Any

from cmxdsl.analysis.network.graph import Devices, Fabric
from cmxdsl.analysis.network.metrics import bits
from cmxdsl.model import Subject
from cmxdsl.outputs.diagrams.shown import devices_shown
from cmxdsl.outputs.diagrams.tiers import tiered, tiers
from cmxdsl.outputs.diagrams.torus import rings, torus
from cmxdsl.outputs.kit.palette import fill_of
from cmxdsl.outputs.kit.svg import INK, MUTED, Drawing
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.units import show

MOST = 600  # devices drawn one by one
LINES = 6000  # links drawn one by one
_HUES = ("#3570ad", "#b5562c", "#3f8f5b", "#7d5ba6", "#8a7a1f", "#2b8c99")
Point = tuple[float, float]


def network(subject: Subject, options: Options) -> tuple[Drawing, list[str]]:
    """A plane by its structure. Raises ViewFault where it has none that can be drawn."""
    top = subject.top
    net = devices_shown(subject, options)
    title = f"{top.name}: {net.plane.replace('_', '-')} plane"
    switches = [g for g in net.groups if g.switch]
    if not switches and len(net.groups) == 1 and net.groups[0].shape:
        cubes = rings(net, net.groups[0])
        return (torus(subject, net, net.groups[0], cubes, title), []) if cubes else _grid(net, net.groups[0], title)
    routers = switches if len(switches) < len(net.groups) else list(net.groups)
    if _grouped(net, routers):
        return _groups(net, routers, title)
    if tiered(net):
        return tiers(net, title)
    raise ViewFault(
        f"the {net.plane} plane of `{top.name}` is no grid, and has no groups or switches: `--view topology` draws it"
    )


# --- grids ------------------------------------------------------------------------------------------------


def _grid(net: Fabric, group: Devices, title: str) -> tuple[Drawing, list[str]]:
    """The last two dimensions are a grid, the two before them a grid of grids, and so on."""
    import numpy as np

    shape, dropped = list(group.shape), 0
    while prod(shape[dropped:]) > MOST and len(shape) - dropped > 1:
        dropped += 1
    drawn = shape[dropped:]
    if prod(drawn) > MOST:
        raise ViewFault(f"a row of {drawn[-1]:,} devices is too long for a picture of up to {MOST}")
    layers = prod(shape[:dropped])
    cell = 44.0 if prod(drawn) <= 160 else 30.0
    drawing = Drawing(title)
    drawing.text(16, 30, title, 16, bold=True)
    at = [_place(np.unravel_index(k, drawn), drawn, cell) for k in range(prod(drawn))]
    ends = [np.array(np.unravel_index(side - group.start, shape)) for side in (net.a, net.b)]
    here = (ends[0][:dropped] == 0).all(axis=0) & (ends[1][:dropped] == 0).all(axis=0)
    between = (ends[0][:dropped] != ends[1][:dropped]).any(axis=0) if dropped else np.zeros(net.links, dtype=bool)
    said = [f"{group.count:,} × {group.component.name}, {' × '.join(map(str, shape))}"]
    if layers > 1:
        said.append(f"one of {layers:,} such layers is drawn; {int(between.sum()):,} links join them")
    drawing.text(16, 49, "; ".join(said), 11, MUTED)
    steps = [f"dimension {d + dropped}" for d in range(len(drawn))]
    _grid_links(drawing, drawn, [e[dropped:, here] for e in ends], at, cell)
    size = cell * 0.3
    for k, (x, y) in enumerate(at):
        index = [int(v) for v in np.unravel_index(k, drawn)]
        name = f"{group.label}[{', '.join(map(str, [0] * dropped + index))}]"
        drawing.rect(x - size, y - size, 2 * size, 2 * size, fill_of(group.component), "#6b7787", radius=3, hint=name)
        if cell > 40:
            drawing.text(x, y + 3, ",".join(map(str, index)), 7.5, INK, anchor="middle", width=2 * size)
    foot = drawing.height + 22
    x = 16.0
    for d, text in enumerate(steps):
        drawing.line(x, foot - 4, x + 22, foot - 4, _HUES[d % len(_HUES)], 2)
        drawing.text(x + 27, foot, text, 9, MUTED)
        x += 100
    if layers == 1 and any(n > 2 for n in drawn):
        drawing.text(x, foot, "short ends: links around the edge", 9, MUTED)
    return drawing, []


def _place(index: Any, shape: list[int], cell: float) -> Point:
    """The middle of a device; from the innermost pair of dimensions outward, each pair a grid with a gap around."""
    x = y = 0.0
    wide = high = cell
    dims = list(zip([int(i) for i in index], shape, strict=True))
    while dims:
        i, n = dims.pop()
        x += i * wide
        wide = wide * n + (cell if dims else 0)
        if dims:
            j, m = dims.pop()
            y += j * high
            high = high * m + cell
    return 16 + cell + x, 70 + cell + y


def _grid_links(drawing: Drawing, shape: list[int], ends: list[Any], at: list[Point], cell: float) -> None:
    """Neighbours by a straight line, neighbours around the edge by two short ends, all others by a faint bow."""
    import numpy as np

    if ends[0].shape[1] > LINES:
        raise ViewFault(f"{ends[0].shape[1]:,} links are too many for a picture of up to {LINES:,}: `--view matrix`")
    one, other = (np.ravel_multi_index(list(e), shape).tolist() for e in ends)
    for k, (a, b) in enumerate(zip(one, other, strict=True)):
        apart = ends[1][:, k] - ends[0][:, k]
        moved = np.flatnonzero(apart)
        d = int(moved[0]) if len(moved) else 0
        hue, n = _HUES[d % len(_HUES)], shape[d]
        (xa, ya), (xb, yb) = at[a], at[b]
        if len(moved) == 1 and abs(int(apart[d])) == n - 1 and n > 2:
            long = max(abs(xa - xb), abs(ya - yb)) or 1
            ux, uy = (xa - xb) / long * cell * 0.52, (ya - yb) / long * cell * 0.52
            drawing.line(xa, ya, xa + ux, ya + uy, hue, 1.4)
            drawing.line(xb, yb, xb - ux, yb - uy, hue, 1.4)
        else:
            near = len(moved) == 1 and abs(int(apart[d])) == 1 and d >= len(shape) - 2
            if near:
                drawing.line(xa, ya, xb, yb, hue, 1.4)
            else:
                drawing.bow(xa, ya, xb, yb, cell * 0.45, hue)


# --- groups -----------------------------------------------------------------------------------------------


def _grouped(net: Fabric, routers: list[Devices]) -> bool:
    """Whether the routers stand in groups: links inside them, and links between."""
    import numpy as np

    if any(len(g.shape) < 2 and len(g.steps) < 2 for g in routers):
        return False
    if len({g.shape[0] for g in routers if len(g.steps) == 1}) > 1:
        return False
    label, many = _group_of(net, routers)
    if many < 2:
        return False
    kept = (label[net.a] >= 0) & (label[net.b] >= 0)
    same = label[net.a[kept]] == label[net.b[kept]]
    return bool(same.any()) and bool(np.logical_not(same).any())


def _group_of(net: Fabric, routers: list[Devices]) -> tuple[Any, int]:
    """The group of each router, and how many groups: an assembly that holds routers, else the routers' first index."""
    import numpy as np

    label = np.full(net.size, -1, dtype=np.int64)
    first: dict[str, int] = {}
    many = 0
    for g in routers:
        groups = prod(g.steps[0]) if len(g.steps) > 1 else g.shape[0]
        home = g.names[0] if len(g.steps) > 1 else ""
        if home not in first:
            first[home] = many
            many += groups
        label[g.start : g.start + g.count] = first[home] + np.arange(g.count) // (g.count // groups)
    return label, many


def _groups(net: Fabric, routers: list[Devices], title: str) -> tuple[Drawing, list[str]]:
    """Groups on a ring, each a ring of its routers; or one disc a group where there are too many."""
    label, many = _group_of(net, routers)
    sizes = sorted(Counter(label[label >= 0].tolist()).values())
    each = sizes[-1]
    if many > MOST // 2:
        raise ViewFault(f"{many:,} groups are too many for a picture of up to {MOST // 2}: `--view matrix`")
    folded = sum(sizes) > MOST
    inner = 16.0 if folded else max(16.0, each * 13 / (2 * pi))
    step = 2 * inner + (14 if folded else 34)
    outer = max(120.0, many * step / (2 * pi))
    middle_x, middle_y = 36 + outer + inner + 20, 92 + outer + inner + 20
    centers = [
        (middle_x + outer * sin(2 * pi * g / many), middle_y - outer * cos(2 * pi * g / many)) for g in range(many)
    ]
    drawing = Drawing(title)
    drawing.text(16, 30, title, 16, bold=True)
    ends = sum(g.count for g in net.groups) - sum(sizes)
    up_to = "up to " * (sizes[0] != each)
    drawing.text(16, 49, f"{many:,} groups of {up_to}{each:,} switches; {ends:,} endpoints, not drawn", 11, MUTED)
    place, names = _router_places(net, routers, label, centers, inner, folded)
    for x, y in () if folded else centers:
        drawing.circle(x, y, inner + 12, "#f3f5f8", "#a9b4c2")
    _group_links(drawing, net, label, place, names)
    for key, (x, y) in sorted(place.items()):
        drawing.circle(x, y, inner if folded else 4.5, "#fde3c0", "#6b7787", names[key])
    for g, (x, y) in enumerate(centers):
        if folded:
            drawing.text(x, y + 3.5, str(g), 9, INK, anchor="middle")
        else:
            far = inner + 26
            drawing.text(
                x + far * sin(2 * pi * g / many),
                y - far * cos(2 * pi * g / many) + 3,
                str(g),
                9,
                MUTED,
                anchor="middle",
            )
    return drawing, []


def _router_places(
    net: Fabric, routers: list[Devices], label: Any, centers: list[Point], inner: float, folded: bool
) -> tuple[dict[int, Point], dict[int, str]]:
    """Where each router is, by number; folded, where each group is, by the number of its first router."""
    place: dict[int, Point] = {}
    names: dict[int, str] = {}
    members: dict[int, list[int]] = {}
    for g in routers:
        for number in range(g.start, g.start + g.count):
            members.setdefault(int(label[number]), []).append(number)
    for group, own in members.items():
        x, y = centers[group]
        for k, number in enumerate(own):
            angle = 2 * pi * k / len(own)
            place[number] = (x, y) if folded else (x + inner * sin(angle), y - inner * cos(angle))
            names[number] = f"group {group}" if folded else net.name(number)
        if folded:
            for number in own[1:]:
                del place[number]
    return place, names


def _group_links(drawing: Drawing, net: Fabric, label: Any, place: dict[int, Point], names: dict[int, str]) -> None:
    """Links between routers: those inside groups dark, those between them light; equal ones are drawn once."""
    import numpy as np

    first = {int(label[number]): number for number in sorted(place, reverse=True)}
    kept = (label[net.a] >= 0) & (label[net.b] >= 0)
    counts: dict[tuple[int, int], list[float]] = {}
    for a, b, rate in zip(net.a[kept].tolist(), net.b[kept].tolist(), net.rate[kept].tolist(), strict=True):
        one, other = (n if n in place else first[int(label[n])] for n in (a, b))
        if one != other:
            counts.setdefault((min(one, other), max(one, other)), []).append(rate)
    if len(counts) > LINES * 5:
        raise ViewFault(f"{len(counts):,} lines are too many for a picture: `--view matrix`")
    most = max(len(rates) for rates in counts.values())
    thin = 1.0 if len(counts) < 800 else 0.4  # so that a full mesh of many stays a web and no blot
    for (one, other), rates in sorted(counts.items()):
        inside = label[one] == label[other]
        (xa, ya), (xb, yb) = place[one], place[other]
        total = sum(rates)
        hint = f"{names[one]} and {names[other]}: {len(rates):,} links"
        hint += f", {show(bits(total), 'b/s', places=3)}" if not np.isnan(total) else ""
        weight = thin * (1 + 2 * (len(rates) / most if most > 1 else 0))
        drawing.line(xa, ya, xb, yb, _HUES[0] if inside else _HUES[1], weight, thin * (0.7 if inside else 0.4), hint)
