"""The network view of switches in tiers: every switch a square, planes that no switch joins side by side.

One device at the bottom has all of its links drawn, and so has the first switch of each tier of each plane; the band
behind them stands for all of them, with their count. Planes are what is left in one piece when the endpoints are taken
away: the sub-planes of a supernode, the rails of a cluster that have spines of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil, sqrt
from typing import Any

from cmxdsl.analysis.network.graph import Fabric
from cmxdsl.analysis.network.metrics import bits
from cmxdsl.outputs.kit.palette import fill_of
from cmxdsl.outputs.kit.svg import INK, MUTED, Drawing, text_width
from cmxdsl.outputs.options import ViewFault
from cmxdsl.records import frozen
from cmxdsl.units import show

MOST = 4000  # switches drawn one by one
DOTS = 1200  # endpoints of an array drawn one by one
MOST_ENDS = 100_000  # of an array that are looked at
PANELS = 24  # planes side by side
WIDE = 1500.0
GAP, TIER, LEFT, TOP = 18.0, 74.0, 150.0, 84.0
# Okabe and Ito's colours, which readers of all kinds of sight tell apart; black and yellow are left for ink and paper.
HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7A5195")


@frozen
class Block:
    """The switches of one tier in one plane, in the order of their numbers, and where they are drawn."""

    plane: int
    tier: int
    numbers: tuple[int, ...]


def tiered(net: Fabric) -> bool:
    """Whether the plane has switches, and endpoints that they join."""
    switches = net.mask(switches=True)
    return bool(switches.any()) and bool((~switches).any())


def tiers(net: Fabric, title: str) -> tuple[Drawing, list[str]]:
    """Raises ViewFault where there are more switches than a picture shows."""
    level, plane = _levels(net), _pieces(net, ~net.mask(switches=True))
    blocks = _blocks(net, level, plane)
    parts = _pieces(net, None)
    many, notes = int(parts.max()) + 1, list[str]()
    if lost := int((level < 0).sum()):
        notes.append(f"{lost:,} that no endpoint reaches are left out")
    ends = [g.start + k for g in net.groups if not g.switch for k in range(min(g.count, MOST_ENDS))]
    if many > 1 and len({b.plane for b in blocks}) > PANELS:
        blocks = [b for b in blocks if parts[b.numbers[0]] == parts[blocks[0].numbers[0]]]
        ends = [n for n in ends if parts[n] == parts[blocks[0].numbers[0]]]
        sizes = set(Counter(parts.tolist()).values())
        alike = "of as many devices each" if len(sizes) == 1 else f"of {min(sizes):,} to {max(sizes):,} devices"
        notes.append(f"one of {many:,} parts that no link joins is drawn, {alike}")
    switches = sum(len(b.numbers) for b in blocks)
    if switches > MOST:
        raise ViewFault(
            f"{switches:,} switches are too many for a picture of up to {MOST:,}: `--view matrix`, or `--view topology`"
        )
    panels = sorted({b.plane for b in blocks})
    if len(panels) > PANELS:
        notes.append(f"{PANELS} of {len(panels):,} planes are drawn")
    drawing = Drawing(title)
    drawing.text(16, 30, title, 16, bold=True)
    sketch = _Sketch(net, drawing, [b for b in blocks if b.plane in panels[:PANELS]], ends, _word(net, plane))
    drawing.text(16, 49, "; ".join([_said(net, blocks, len(panels), sketch.word), *notes]), 11, MUTED)
    sketch.draw()
    return drawing, []


def _said(net: Fabric, blocks: list[Block], planes: int, word: str) -> str:
    """The picture in a line."""
    inside: Counter[str] = Counter()
    for g in net.groups:
        if not g.switch:
            inside[g.component.name] += g.count
    many, top = sum(len(b.numbers) for b in blocks), max(b.tier for b in blocks)
    apart = {"plane": "planes that no switch joins", "part": "parts that no link joins"}[word]
    tiers = f"{many:,} switch{'es' if many > 1 else ''} in {top} tier{'s' if top > 1 else ''}"
    ends = ", ".join(f"{many:,} × {name}" for name, many in inside.items() if many)
    return f"{tiers}{f', {planes:,} {apart}' if planes > 1 else ''}; {ends} in all"


def _word(net: Fabric, plane: Any) -> str:
    """`plane` where an endpoint has links to several, else each is a `part` of its own."""
    import numpy as np

    one, other = np.concatenate([net.a, net.b]), np.concatenate([net.b, net.a])
    kept = (plane[one] < 0) & (plane[other] >= 0)
    order = np.lexsort((plane[other[kept]], one[kept]))
    ends, planes = one[kept][order], plane[other[kept]][order]
    return "plane" if ((ends[1:] == ends[:-1]) & (planes[1:] != planes[:-1])).any() else "part"


# --- structure --------------------------------------------------------------------------------------------


def _levels(net: Fabric) -> Any:
    """How many links each switch is from the nearest endpoint; 0 for endpoints, -1 where no endpoint reaches it."""
    import numpy as np

    level = np.where(net.mask(switches=True), -1, 0)
    here = 0
    while True:
        inside = level == here
        found = np.zeros(net.size, dtype=bool)
        found[net.b[inside[net.a]]] = True
        found[net.a[inside[net.b]]] = True
        found &= level == -1
        if not found.any():
            return level
        here += 1
        level[found] = here


def _pieces(net: Fabric, without: Any) -> Any:
    """The piece of each device, numbered in the order of their first devices, where those of `without` are taken away;
    -1 for these."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    kept = np.ones(net.size, dtype=bool) if without is None else ~without
    both = kept[net.a] & kept[net.b]
    graph = coo_matrix(
        (np.ones(int(both.sum()), dtype=np.int8), (net.a[both], net.b[both])), shape=(net.size, net.size)
    )
    _, label = connected_components(graph, directed=False)
    _, first, where = np.unique(label[kept], return_index=True, return_inverse=True)
    found = np.full(net.size, -1)
    found[kept] = np.argsort(np.argsort(first))[where]
    return found


def _blocks(net: Fabric, level: Any, plane: Any) -> list[Block]:
    import numpy as np

    held: dict[tuple[int, int], list[int]] = {}
    for device in np.flatnonzero(net.mask(switches=True)).tolist():
        held.setdefault((int(plane[device]), int(level[device])), []).append(device)
    lost = [n for (_, t), numbers in held.items() if t < 0 for n in numbers]
    if len(lost) == int(net.mask(switches=True).sum()):
        raise ViewFault("no endpoint has a link to a switch on this plane")
    return [Block(p, t, tuple(numbers)) for (p, t), numbers in sorted(held.items()) if t > 0]


def _columns(many: int, panels: int) -> int:
    """Squares in a row of a block: as flat as the panel allows."""
    widest = max(3, int((WIDE / panels - GAP) // 8))
    if panels == 1 and many <= 48:
        return many
    wanted = max(1, min(widest, ceil(sqrt(3 * many))))
    even = [c for c in range(wanted // 2 + 1, min(widest, 2 * wanted) + 1) if many % c == 0]
    return min(even, key=lambda c: abs(c - wanted), default=wanted)


# --- picture ----------------------------------------------------------------------------------------------


class _Sketch:
    """The picture in the making: where blocks and endpoints are, then lines behind and boxes before."""

    def __init__(self, net: Fabric, drawing: Drawing, blocks: list[Block], ends: list[int], word: str) -> None:
        self.net, self.drawing, self.blocks, self.word = net, drawing, blocks, word
        planes = sorted({b.plane for b in blocks})
        most = max(len(b.numbers) for b in self.blocks)
        self.side = 12.0 if most <= 256 else 8.0 if most <= 1024 else 5.0
        panels = len(planes)
        self.columns = {b: _columns(len(b.numbers), panels) for b in self.blocks}
        wide = max(96.0, max(self.columns.values()) * self.side)
        self.wide = wide
        across = panels * (wide + GAP) - GAP
        self.across = max(across, min(900.0, 9.0 * len(ends)))
        self.left = {p: LEFT + (self.across - across) / 2 + k * (wide + GAP) for k, p in enumerate(planes)}
        high = {
            t: max(ceil(len(b.numbers) / self.columns[b]) * self.side for b in self.blocks if b.tier == t)
            for t in {b.tier for b in self.blocks}
        }
        self.y: dict[int, float] = {}
        y = TOP + 14
        for t in sorted(high, reverse=True):
            self.y[t] = y
            y += high[t] + TIER
        self.high = high
        self.foot = y
        self.place: dict[int, tuple[float, float]] = {}
        for block in self.blocks:
            self._put(block)
        self.ends = self._ends(ends)

    def _put(self, block: Block) -> None:
        columns = self.columns[block]
        rows = ceil(len(block.numbers) / columns)
        used = min(columns, len(block.numbers)) * self.side
        x0 = self.left[block.plane] + (self.wide - used) / 2
        y0 = self.y[block.tier] + (self.high[block.tier] - rows * self.side) / 2
        for k, number in enumerate(block.numbers):
            self.place[number] = (x0 + (k % columns + 0.5) * self.side, y0 + (k // columns + 0.5) * self.side)

    def _ends(self, numbers: list[int]) -> dict[int, tuple[float, float]]:
        """Endpoints as dots under all planes, those of one array after those of another."""
        self.strips: list[tuple[float, str, str]] = []
        found: dict[int, tuple[float, float]] = {}
        across, y = int(self.across // 9), self.foot
        for g in self.net.groups:
            own = [n for n in numbers if g.start <= n < g.start + g.count] if not g.switch else []
            if not own:
                continue
            shown = own[:DOTS]
            per = ceil(len(shown) / ceil(len(shown) / across))
            x0 = LEFT + (self.across - per * 9) / 2
            for k, number in enumerate(shown):
                found[number] = (x0 + (k % per + 0.5) * 9, y + (k // per + 0.5) * 9)
            many = g.count if len(own) == MOST_ENDS else len(own)
            more = f"; {len(shown):,} drawn" if len(shown) < many else ""
            self.strips.append((y, f"{many:,} × {g.component.name}", g.label + more))
            y += max(24.0, ceil(len(shown) / per) * 9) + 10
        self.bottom = y
        return found

    def draw(self) -> None:
        said = [text for block in self.blocks for text in self._band(block)]
        self._first()
        for x, y, text, size, colour in said:
            wide = text_width(text, size) + 6
            self.drawing.rect(x - wide / 2, y - size, wide, size + 3, "white", opacity=0.7, radius=3)
            self.drawing.text(x, y, text, size, colour, anchor="middle")
        for block in self.blocks:
            hue = self._hue(block.plane)
            for number in block.numbers:
                x, y = self.place[number]
                half = self.side / 2 - 1
                self.drawing.rect(x - half, y - half, 2 * half, 2 * half, hue, radius=1.5, hint=self.net.name(number))
        self._titles()
        for number, (x, y) in self.ends.items():
            group = self.net.group_of(number)
            if number == self.one:
                self.drawing.rect(x - 4.5, y - 4.5, 9, 9, INK, radius=1.5)
            self.drawing.rect(
                x - 3.5, y - 3.5, 7, 7, fill_of(group.component), "#6b7787", radius=1, hint=self.net.name(number)
            )
        self._foot()

    def _hue(self, plane: int) -> str:
        return HUES[list(self.left).index(plane) % len(HUES)]

    def _titles(self) -> None:
        one = len(self.left) == 1
        for k, (plane, x) in enumerate(self.left.items()):
            if not one:
                self.drawing.text(
                    x + self.wide / 2, TOP, f"{self.word} {k}", 11, self._ink(plane), bold=True, anchor="middle"
                )
        for tier, y in self.y.items():
            parts = Counter(
                self.net.group_of(n).component.name for b in self.blocks if b.tier == tier for n in b.numbers
            )
            middle = y + self.high[tier] / 2
            self.drawing.text(16, middle - 4, f"tier {tier}", 11, INK, bold=True)
            for line, (name, many) in enumerate(parts.most_common(3)):
                self.drawing.text(16, middle + 10 + 12 * line, f"{many:,} × {name}", 9.5, MUTED, width=LEFT - 24)
        for y, text, where in self.strips:
            self.drawing.text(16, y + 8, text, 9.5, INK, width=LEFT - 24)
            self.drawing.text(16, y + 20, where, 8.5, MUTED, width=LEFT - 24)

    def _ink(self, plane: int) -> str:
        """The plane's colour, dark enough to be read."""
        return {"#56B4E9": "#1F6F9C", "#E69F00": "#8A5F00", "#CC79A7": "#99406F"}.get(
            self._hue(plane), self._hue(plane)
        )

    def _band(self, block: Block) -> Iterator[tuple[float, float, str, float, str]]:
        """All links of a block down to the tier below, as one band; and what is to be written on it."""
        import numpy as np

        net = self.net
        own = np.zeros(net.size, dtype=bool)
        own[list(block.numbers)] = True
        below = np.zeros(net.size, dtype=bool)
        lower = next((b for b in self.blocks if b.plane == block.plane and b.tier == block.tier - 1), None)
        if lower is not None:
            below[list(lower.numbers)] = True
        else:
            below = ~net.mask(switches=True)
        between = (own[net.a] & below[net.b]) | (own[net.b] & below[net.a])
        inside = own[net.a] & own[net.b]
        many = int(between.sum())
        if many:
            x, _, wide = self._box(block)
            to = self._box(lower) if lower is not None else (self.left[block.plane] + 6, self.foot, self.wide - 12)
            edge = self.y[block.tier] + self.high[block.tier]
            self.drawing.area(
                [(x, edge), (x + wide, edge), (to[0] + to[2], to[1] - 4), (to[0], to[1] - 4)],
                self._hue(block.plane),
                0.13,
            )
            words = f"{many:,} link{'s' if many > 1 else ''}"
            middle = (edge + to[1]) / 2 - 2
            yield self.left[block.plane] + self.wide / 2, middle, words, 9.5, INK
            total = net.rate[between].sum()
            if not np.isnan(total):
                rate = show(bits(float(total)), "b/s", places=3)
                yield self.left[block.plane] + self.wide / 2, middle + 12, rate, 8.5, MUTED
        if inside.any():
            text = f"{int(inside.sum()):,} among them"
            yield self.left[block.plane] + self.wide / 2, self.y[block.tier] - 4, text, 8.5, MUTED

    def _box(self, block: Block) -> tuple[float, float, float]:
        places = [self.place[n] for n in block.numbers]
        half = self.side / 2
        x = min(p[0] for p in places) - half
        return x, min(p[1] for p in places) - half, max(p[0] for p in places) + half - x

    def _first(self) -> None:
        """The links of the first switch of each tier upward in each plane, and those of the first endpoint."""
        home = {n: b for b in self.blocks for n in b.numbers}
        for block in self.blocks:
            first = block.numbers[0]
            for other in self._others(first):
                if other in home and home[other].tier > block.tier:
                    self._line(first, other, self._hue(block.plane))
        middle = LEFT + self.across / 2
        self.one = max(self.ends, key=lambda n: (self._low(n), -abs(self.ends[n][0] - middle), -n))
        for other in self._others(self.one):
            if other in home:
                self._line(self.one, other, self._hue(home[other].plane))

    def _low(self, number: int) -> float:
        """How low the switches of an endpoint are drawn: lines to the lowest cross the fewest others."""
        return sum(self.place[n][1] for n in self._others(number) if n in self.place)

    def _others(self, number: int) -> list[int]:
        found = self.net.indices[self.net.indptr[number] : self.net.indptr[number + 1]].tolist()
        return list(dict.fromkeys(int(n) for n in found))

    def _line(self, number: int, other: int, hue: str) -> None:
        (xa, ya), (xb, yb) = ((self.place.get(n) or self.ends[n]) for n in (number, other))
        self.drawing.line(xa, ya, xb, yb, hue, 1.1, 0.75, f"{self.net.name(number)} to {self.net.name(other)}")

    def _foot(self) -> None:
        y = self.bottom + 16
        hue = HUES[0]
        self.drawing.rect(16, y - 8, 9, 9, hue, radius=1.5)
        self.drawing.text(30, y, "a switch, in the colour of its plane", 9, MUTED)
        self.drawing.line(226, y - 4, 248, y - 4, hue, 1.4)
        self.drawing.text(253, y, "a link of the first switch of a tier, or of the endpoint with a dark edge", 9, MUTED)
        self.drawing.rect(612, y - 9, 22, 11, hue, opacity=0.13)
        self.drawing.text(639, y, "all links between two tiers", 9, MUTED)
