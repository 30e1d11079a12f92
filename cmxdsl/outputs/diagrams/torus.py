"""The network view of a torus of cubes: one cube in full, the cubes as a grid with the rings through the first one.

A dimension may be written as two, the cube's place and the place in the cube: where links say that they go on from one
to the other they are one ring, so that a pod of 4 x 4 x 4 cubes of 4 x 4 x 4 chips is a torus of 16 x 16 x 16.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod

from cmxdsl.analysis.base.planes import placed_links
from cmxdsl.analysis.network.graph import Devices, Fabric
from cmxdsl.model import Subject
from cmxdsl.outputs.diagrams.tiers import HUES
from cmxdsl.outputs.kit.palette import fill_of
from cmxdsl.outputs.kit.svg import INK, MUTED, Drawing
from cmxdsl.records import frozen

MOST = 216  # devices of a cube, and cubes, that are drawn
Point = tuple[float, float]


@frozen
class Ring:
    """A dimension of the torus: the axis of the cubes and that inside of one, its size, and its links: inside of cubes,
    between neighbours, around the end."""

    outer: int
    inner: int
    size: int
    inside: int
    between: int
    around: int


def rings(net: Fabric, group: Devices) -> tuple[Ring, ...] | None:
    """The dimensions of a torus that is written as cubes; None where the plane is none."""
    import numpy as np

    shape = group.shape
    if len(shape) not in (4, 6):
        return None
    ends = [np.array(np.unravel_index(side - group.start, shape)) for side in (net.a, net.b)]
    moved = ends[0] != ends[1]
    pairs = {tuple(np.flatnonzero(column).tolist()) for column in np.unique(moved, axis=1).T}
    outer = {p[1]: p[0] for p in pairs if len(p) == 2}
    if any(len(p) > 2 for p in pairs) or sorted(x for p in outer.items() for x in p) != list(range(len(shape))):
        return None
    found = []
    for inner, cube in sorted(outer.items(), key=lambda item: item[1]):
        size = shape[cube] * shape[inner]
        one, other = (e[cube] * shape[inner] + e[inner] for e in ends)
        own = moved[cube] | moved[inner]
        step = np.abs(one - other)[own]
        if not np.isin(step, (1, size - 1)).all():
            return None
        crosses = moved[cube][own]
        around = (step == size - 1) & (size > 2)
        found.append(Ring(cube, inner, size, int((~crosses).sum()), int((crosses & ~around).sum()), int(around.sum())))
    inside, cubes = prod(shape[r.inner] for r in found), prod(shape[r.outer] for r in found)
    return tuple(found) if max(inside, cubes) <= MOST else None


def torus(subject: Subject, net: Fabric, group: Devices, found: tuple[Ring, ...], title: str) -> Drawing:
    shape = group.shape
    drawing = Drawing(title)
    drawing.text(16, 30, title, 16, bold=True)
    sizes = [r.size for r in found]
    inner, outer = [shape[r.inner] for r in found], [shape[r.outer] for r in found]
    words = f"{group.count:,} × {group.component.name}, a torus of {_times(sizes)}"
    drawing.text(16, 49, f"{words}: {prod(outer):,} cubes of {_times(inner)}", 11, MUTED)
    edge = _cube(drawing, group, inner, found, 40.0)
    _cubes(drawing, group, outer, found, edge + 70.0)
    _said(drawing, subject, net, found, drawing.height + 26)
    return drawing


def _times(sizes: list[int]) -> str:
    return " × ".join(map(str, sizes))


def _oblique(sizes: list[int], step: float, x: float, y: float) -> dict[tuple[int, ...], Point]:
    """Places of a grid of two or three dimensions, seen from above and in front: the last goes right, the one before it
    back, the first up."""
    three = [1] * (3 - len(sizes)) + sizes
    lean, rise = step * 0.42, step * 0.30
    found = {}
    for at in product(*map(range, three)):
        up, back, right = at
        found[at[3 - len(sizes) :]] = (x + right * step + back * lean, y - back * rise - up * _storey(three, step))
    return found


def _storey(three: list[int], step: float) -> float:
    """How far apart two floors are: past the whole depth of one."""
    return step * (0.62 + 0.186 * three[1])


def _high(sizes: list[int], step: float) -> float:
    three = [1] * (3 - len(sizes)) + sizes
    return (three[1] - 1) * step * 0.30 + (three[0] - 1) * _storey(three, step)


def _cube(drawing: Drawing, group: Devices, sizes: list[int], found: tuple[Ring, ...], x: float) -> float:
    """One cube with every device and link; short ends are where links leave it. Returns its right edge."""
    step = 62.0 if max(sizes) <= 5 else 40.0
    top = 96.0
    base = top + 34 + _high(sizes, step)
    drawing.text(x, top - 8, "one cube in full", 11, INK, bold=True)
    at = _oblique(sizes, step, x + 26, base)
    for d in range(len(sizes)):
        hue = HUES[d]
        for place, (xa, ya) in at.items():
            ahead = tuple(i + (k == d) for k, i in enumerate(place))
            if ahead in at:
                xb, yb = at[ahead]
                drawing.line(xa, ya, xb, yb, hue, 1.6)
            neighbour = at.get(tuple(i - (k == d) for k, i in enumerate(place)))
            if found[d].between + found[d].around:
                if ahead not in at and neighbour is not None:
                    drawing.line(xa, ya, xa + (xa - neighbour[0]) * 0.36, ya + (ya - neighbour[1]) * 0.36, hue, 1.4)
                if neighbour is None and ahead in at:
                    xb, yb = at[ahead]
                    drawing.line(xa, ya, xa - (xb - xa) * 0.36, ya - (yb - ya) * 0.36, hue, 1.4)
    for place, (px, py) in at.items():
        index = [0] * len(group.shape)
        for r, i in zip(found, place, strict=True):
            index[r.inner] = i
        name = f"{group.label}[{', '.join(map(str, index))}]"
        drawing.rect(px - 6, py - 6, 12, 12, fill_of(group.component), "#6b7787", radius=2.5, hint=name)
    return max(p[0] for p in at.values()) + 30


def _cubes(drawing: Drawing, group: Devices, sizes: list[int], found: tuple[Ring, ...], x: float) -> None:
    """The cubes, each a square; the rings through the first one in colour, the others faint."""
    step = 62.0 if max(sizes) <= 5 else 40.0
    top = 96.0
    base = top + 34 + _high(sizes, step)
    drawing.text(x, top - 8, "all cubes, and the rings through the first", 11, INK, bold=True)
    at = _oblique(sizes, step, x + 26, base)
    first = (0,) * len(sizes)
    for bright in (False, True):
        for d, size in enumerate(sizes):
            for place, (xa, ya) in at.items():
                ring = tuple(0 if k == d else i for k, i in enumerate(place)) == first
                ahead = tuple(i + (k == d) for k, i in enumerate(place))
                if ring != bright or ahead not in at:
                    continue
                xb, yb = at[ahead]
                drawing.line(xa, ya, xb, yb, HUES[d] if bright else "#c3cad3", 2.2 if bright else 1)
            if bright and found[d].around and size > 1:
                (xa, ya), (xb, yb) = at[first], at[tuple((size - 1) * (k == d) for k in range(len(sizes)))]
                drawing.bow(xb, yb, xa, ya, -26, HUES[d])
    for place, (px, py) in at.items():
        fill = "#ffffff" if place != first else fill_of(group.component)
        drawing.rect(
            px - 7, py - 7, 14, 14, fill, "#6b7787" if place != first else INK, radius=2, hint=f"cube {list(place)}"
        )


def _said(drawing: Drawing, subject: Subject, net: Fabric, found: tuple[Ring, ...], y: float) -> None:
    """A line for each dimension, and what links pass."""
    whole = prod(r.size for r in found)
    for d, ring in enumerate(found):
        drawing.line(16, y - 4, 38, y - 4, HUES[d], 2.2)
        words = [f"{whole // ring.size:,} rings of {ring.size}", f"{ring.inside:,} links inside of cubes"]
        words += [f"{ring.between:,} between neighbours"] * bool(ring.between) + [f"{ring.around:,} around"] * bool(
            ring.around
        )
        drawing.text(46, y, f"dimension {d}: {', '.join(words)}", 9.5, INK)
        y += 16
    passes: Counter[str] = Counter()
    for pattern in placed_links(subject.top, net.plane)[2]:
        link = pattern.link
        over = " or ".join(m.name for m in link.media)
        if link.adapter is not None:
            there = sum(many for part, many in subject.counts.items() if part.name == link.adapter.name)
            over = f"{over} via {there:,} × {link.adapter.name}" if over else f"via {there:,} × {link.adapter.name}"
        passes[over] += pattern.size
    for over, many in sorted(passes.items(), key=lambda item: -item[1]):
        if over:
            drawing.text(46, y, f"{many:,} links over {over}".replace("over via", "via"), 9.5, MUTED)
            y += 14
    drawing.text(46, y, "short ends: links that leave the cube; a bow: a ring's way back", 9, MUTED)
