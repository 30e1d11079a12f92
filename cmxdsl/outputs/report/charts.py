"""Bar charts as SVG that takes its colours from the page, so that they follow light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cmxdsl.outputs.kit.svg import fitted, text_width
from cmxdsl.records import frozen

ROW, LEFT, WIDE = 24, 190, 760
MOST = 14  # bars of one chart


@frozen
class Bar:
    """A bar: name, one or two values to draw, and the text at its end."""

    name: str
    values: tuple[float, ...]
    text: str


def chart(title: str, bars: Sequence[Bar], series: Sequence[str] = ()) -> str:
    """Horizontal bars, largest value full width; `series` names the values of each bar."""
    shown = list(bars[:MOST])
    most = max((v for bar in shown for v in bar.values), default=0) or 1
    room = max((text_width(bar.text, 12) for bar in shown), default=0) + 14
    wide = WIDE - LEFT - room
    top = 20 if len(series) > 1 else 4
    parts = []
    for k, name in enumerate(series if len(series) > 1 else ()):
        parts.append(f'<rect class="bar b{k}" x="{LEFT + 130 * k}" y="2" width="10" height="10"/>')
        parts.append(f'<text x="{LEFT + 130 * k + 15}" y="11">{escape(name)}</text>')
    for row, bar in enumerate(shown):
        y = top + row * ROW
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">'
            f"{escape(fitted(bar.name, LEFT - 12, 12))}<title>{escape(bar.name)}</title></text>"
        )
        each = 16 / len(bar.values)
        for k, value in enumerate(bar.values):
            length = max(1.0, value / most * wide) if value else 0.0
            parts.append(
                f'<rect class="bar b{k}" x="{LEFT}" y="{y + 3 + k * each:.1f}" width="{length:.1f}" '
                f'height="{each - 1:.1f}"/>'
            )
        end = LEFT + max(bar.values) / most * wide + 6
        parts.append(f'<text class="value" x="{end:.1f}" y="{y + 15}">{escape(bar.text)}</text>')
    more = f"<p class=note>{len(bars) - MOST:,} smaller ones are left out.</p>" if len(bars) > MOST else ""
    high = top + len(shown) * ROW + 2
    head = f'<svg viewBox="0 0 {WIDE} {high}" role="img" aria-label="{escape(title)}">'
    caption = f"<figcaption>{escape(title)}</figcaption>"
    return f"<figure class=chart>{caption}{head}{''.join(parts)}</svg>{more}</figure>"
