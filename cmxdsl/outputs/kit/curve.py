"""Curves over sizes in bytes: both axes by powers, a curve with its name at its end."""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import ceil, floor, log2, log10

from cmxdsl.outputs.kit.svg import INK, MUTED, RULE, Drawing
from cmxdsl.records import frozen

_WIDE, _HIGH, _LEFT, _TOP = 640.0, 360.0, 70.0, 40.0
_COLOURS = ("#3570ad", "#b5562c", "#3f8f5b", "#7d5ba6", "#8a7a1f", "#a3344f")


@frozen
class Curve:
    """Points of (size in bytes, value); a `limit` is thin, in the colour of the curve before it."""

    name: str
    points: tuple[tuple[float, float], ...]
    limit: bool = False


def curves(title: str, found: list[Curve], unit: str) -> Drawing:
    """The curves in one field. Values that are not above 0 have no place on it and are left out."""
    drawing = Drawing(title)
    drawing.text(_LEFT, 22, title, 13, INK, bold=True)
    points = [p for c in found for p in c.points if p[0] > 0 and p[1] > 0]
    if not points:
        drawing.text(_LEFT, _TOP + 20, "nothing to show", 11, MUTED)
        return drawing
    low, high = log2(min(p[0] for p in points)), log2(max(p[0] for p in points))
    least, most = floor(log10(min(p[1] for p in points))), ceil(log10(max(p[1] for p in points)))
    most = max(most, least + 1)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = (log2(point[0]) - low) / (high - low or 1)
        y = (log10(point[1]) - least) / (most - least)
        return _LEFT + x * _WIDE, _TOP + (1 - y) * _HIGH

    for power in range(least, most + 1):
        for step in (1, 2, 5) if power < most else (1,):
            value = step * 10.0**power
            y = place((2**low, value))[1]
            drawing.line(_LEFT, y, _LEFT + _WIDE, y, RULE, 1 if step == 1 else 0.4)
            drawing.text(_LEFT - 6, y + 3, _short(value, 1000, unit), 9, MUTED, anchor="end")
    every = max(1, ceil((high - low) / 12))
    for power in range(ceil(low), floor(high) + 1, every):
        x = place((2.0**power, 10.0**least))[0]
        drawing.line(x, _TOP + _HIGH, x, _TOP + _HIGH + 4, RULE)
        drawing.text(x, _TOP + _HIGH + 16, _short(2.0**power, 1024, "B"), 9, MUTED, anchor="middle")
    numbers = list(accumulate(not curve.limit for curve in found))
    coloured = [(curve, _COLOURS[(number - 1) % len(_COLOURS)]) for curve, number in zip(found, numbers, strict=True)]
    for curve, colour in coloured:
        spots = [(place(p), p) for p in curve.points if p[0] > 0 and p[1] > 0]
        for ((x1, y1), _), ((x2, y2), _) in pairwise(spots):
            drawing.line(x1, y1, x2, y2, colour, 1 if curve.limit else 2, 0.5 if curve.limit else 1)
        if not curve.limit:
            for (x, y), (size, value) in spots:
                drawing.circle(x, y, 3, colour, hint=f"{_short(size, 1024, 'B')}: {_short(value, 1000, unit)}")
    for k, (curve, colour) in enumerate(pair for pair in coloured if pair[0].points):
        y = _TOP + 10 + 16 * k
        drawing.line(
            _LEFT + _WIDE + 14,
            y - 4,
            _LEFT + _WIDE + 34,
            y - 4,
            colour,
            1 if curve.limit else 2,
            0.5 if curve.limit else 1,
        )
        drawing.text(_LEFT + _WIDE + 40, y, curve.name, 10, INK)
    return drawing


def _short(value: float, base: int, unit: str) -> str:
    """A value with a prefix: `5 GB/s`, `16 MiB`."""
    prefixes = ("", "Ki", "Mi", "Gi", "Ti") if base == 1024 else ("", "k", "M", "G", "T", "P")
    k = 0
    while value >= base * (1 - 1e-9) and k + 1 < len(prefixes):
        value, k = value / base, k + 1
    return f"{value:g} {prefixes[k]}{unit}"
