"""The matrix view: how much bandwidth joins each two racks, or two switches where there are no racks, as shade."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, prod
from typing import Any

from cmxdsl.analysis.base.ports import Names, numbered
from cmxdsl.analysis.network.graph import Devices, Fabric
from cmxdsl.analysis.network.metrics import bits
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.diagrams.shown import devices_shown
from cmxdsl.outputs.kit.svg import INK, MUTED, Drawing, text_width
from cmxdsl.outputs.options import Options
from cmxdsl.records import frozen
from cmxdsl.units import show

MOST = 320  # rows of a picture; of more, neighbours are put together
_SHADES = ("#d6e4f3", "#b3cfe9", "#86b3da", "#5891c7", "#3570ad", "#1f5189", "#123763")
_DARK = 4  # from this shade on text is white
_WIDE = 960.0
_FEW, _LARGE = 24, 44.0  # rows whose cells are so large that their values stand in them
_UNITS = (("Pb/s", 1e15), ("Tb/s", 1e12), ("Gb/s", 1e9), ("Mb/s", 1e6))


@frozen
class _Block:
    """An array of racks (or of what stands at the top, where there are no racks): the rows from `start` on."""

    names: Names
    steps: tuple[tuple[int, ...], ...]
    start: int

    @property
    def count(self) -> int:
        return prod(size for step in self.steps for size in step)


@frozen
class _Row:
    """Devices, and the path of what they are shown as part of."""

    devices: Devices
    names: Names


def matrix(subject: Subject, options: Options) -> tuple[Drawing, list[str]]:
    """Bandwidth between racks, each way, over one plane."""
    top = subject.top
    net = devices_shown(subject, options)
    for groups, called in _levels(top, net):
        blocks = _blocks(groups)
        rows = sum(b.count for b in blocks)
        fold = -(-rows // MOST)
        table, counted = _table(net, groups, blocks, -(-rows // fold), fold)
        what = called
        if rows > 1 and table.any():
            break
    notes = [f"each row is {fold} neighbours: there are {rows:,}"] if fold > 1 else []
    return _drawn(top, net.plane, what, blocks, table, counted, fold), notes


def _levels(top: Component, net: Fabric) -> Iterator[tuple[tuple[_Row, ...], str]]:
    """What may have rows, and what it is called: racks, else switches, else devices; what joins nothing is passed."""
    in_racks = tuple(_Row(g, _rack_of(top, g.names)) for g in net.groups)
    if any(top.at(row.names)[0].kind == "rack" for row in in_racks):
        yield in_racks, "racks"
    whole = tuple(_Row(g, g.names) for g in net.groups)
    switches = tuple(row for row in whole if row.devices.switch)
    if switches:
        yield switches, "switches"
    yield whole, "devices"


def _rack_of(top: Component, names: Names) -> Names:
    """The path down to the rack, else all of it."""
    here = top
    for k, name in enumerate(names):
        here = here.instances[name].component
        if here.kind == "rack":
            return names[: k + 1]
    return names


def _blocks(groups: tuple[_Row, ...]) -> list[_Block]:
    found: dict[Names, _Block] = {}
    start = 0
    for row in groups:
        names = row.names
        if names not in found:
            found[names] = _Block(names, row.devices.steps[: len(names)], start)
            start += found[names].count
    return list(found.values())


def _table(net: Fabric, groups: tuple[_Row, ...], blocks: list[_Block], size: int, fold: int) -> tuple[Any, bool]:
    """Rates between rows, each way; counts of links where a rate is not known."""
    import numpy as np

    by_names = {b.names: b for b in blocks}
    row = np.full(net.size, -1, dtype=np.int64)
    for shown in groups:
        group, block = shown.devices, by_names[shown.names]
        inner = max(1, group.count // max(1, block.count))  # devices of one row: the leading digits are the row
        row[group.start : group.start + group.count] = (block.start + np.arange(group.count) // inner) // fold
    kept = (row[net.a] >= 0) & (row[net.b] >= 0)
    rate = net.rate[kept]
    counted = bool(np.isnan(rate).any())
    table = np.zeros((size, size))
    np.add.at(table, (row[net.a[kept]], row[net.b[kept]]), np.ones(len(rate)) if counted else rate)
    return table + table.T - np.diag(np.diag(table)), counted


def _drawn(
    top: Component, plane: str, what: str, blocks: list[_Block], table: Any, counted: bool, fold: int
) -> Drawing:
    title = f"{top.name}: {plane.replace('_', '-')} plane, {'links' if counted else 'bandwidth'} between {what}"
    drawing = Drawing(title)
    drawing.text(16, 30, title, 16, bold=True)
    size = len(table)
    cell = max(2.5, min(_LARGE if size <= _FEW else 26.0, _WIDE / size))
    labels = [_label(blocks, row * fold) for row in range(size)]
    named = cell >= 8
    room = max((text_width(x, 8) for x in labels), default=0) + 8 if named else 60
    left, above = 16 + room, 70 + (room if named else 26)
    scale = _Scale.of(table)
    unit, factor = ("links", 1.0) if counted else next(u for u in _UNITS if scale.most >= u[1] or u is _UNITS[-1])
    numbers = {v: f"{v / factor:.3g}" for v in {float(v) for v in table[table > 0]}} if size <= _FEW else {}
    written = bool(numbers) and max(text_width(text, 8) for text in numbers.values()) <= cell - 4
    for i in range(size):
        for j in range(size):
            value = float(table[i, j])
            if value:
                hint, k = f"{labels[i]} and {labels[j]}: {_text(value, counted)}", scale.shade(value)
                drawing.rect(left + j * cell, above + i * cell, cell, cell, _SHADES[k], hint=hint)
                if written:
                    x, y = left + (j + 0.5) * cell, above + (i + 0.5) * cell + 3
                    drawing.text(x, y, numbers[value], 8, INK if k < _DARK else "#ffffff", anchor="middle")
    drawing.rect(left, above, size * cell, size * cell, "none", "#6b7787")
    for block in blocks:
        at = block.start / fold * cell
        drawing.line(left + at, above, left + at, above + size * cell, "#6b7787", 0.8)
        drawing.line(left, above + at, left + size * cell, above + at, "#6b7787", 0.8)
        if not named:
            drawing.text(left - 6, above + at + 9, ".".join(block.names), 9, MUTED, anchor="end", width=room + 8)
            drawing.text(left + at + 2, above - 6, ".".join(block.names), 9, MUTED, width=block.count / fold * cell)
    for k, label in enumerate(labels if named else ()):
        middle = k * cell + cell / 2 + 3
        drawing.text(left - 5, above + middle, label, 8, anchor="end")
        drawing.text(left + middle, above - 5, label, 8, turned=True)
    _legend(drawing, scale, counted, f"numbers in {unit}{'' if counted else ' each way'}" if written else "")
    return drawing


def _legend(drawing: Drawing, scale: _Scale, counted: bool, more: str) -> None:
    """The shades from the least to the most, where there is more than one."""
    if not scale.most:
        drawing.text(16, 57.5, "nothing is joined on this plane", 10, MUTED)
        return
    x, ends = 16.0, [_text(scale.least, counted), _text(scale.most, counted)]
    same = scale.least == scale.most
    shades = _SHADES[-1:] if same else _SHADES
    if not same:
        drawing.text(x, 57.5, ends[0], 9, MUTED)
        x += text_width(ends[0], 9) + 6
    for k, shade in enumerate(shades):
        drawing.rect(x + 20 * k, 48, 20, 11, shade, "#b9c6d4")
    words = [ends[1], "" if same else "log scale", more, "white: no link"]
    drawing.text(x + 20 * len(shades) + 6, 57.5, "; ".join(filter(None, words)), 9, MUTED)


@frozen
class _Scale:
    """A logarithmic scale up to the most, from the least value or from a tenth of the most."""

    least: float
    most: float

    @staticmethod
    def of(table: Any) -> _Scale:
        known = table[table > 0]
        if not known.size:
            return _Scale(0.0, 0.0)
        least, most = float(known.min()), float(known.max())
        return _Scale(most if most <= least * (1 + 1e-9) else min(least, most / 10), most)

    def shade(self, value: float) -> int:
        """The number of a value's shade; that of the most where all are alike."""
        if self.most == self.least:
            return len(_SHADES) - 1
        share = log(value / self.least) / log(self.most / self.least)
        return min(len(_SHADES) - 1, int(share * len(_SHADES)))


def _text(value: float, counted: bool) -> str:
    return f"{int(value):,} links" if counted else show(bits(value), "b/s", places=3)


def _label(blocks: list[_Block], row: int) -> str:
    block = next(b for b in reversed(blocks) if b.start <= row)
    return numbered(block.names, list(block.steps), row - block.start)
