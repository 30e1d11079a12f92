"""Drawings of our own: shapes and texts as SVG, and from that PNG and PDF. No name in a text can break out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

from cmxdsl.records import define, field

MAX_PIXELS = 64_000_000  # of a png; 256 MB
MAX_SIDE = 32_000  # pixels
LEAST_ZOOM = 0.2  # below, no text can be read
INK = "#1c2733"
MUTED = "#5b6775"
RULE = "#a9b4c2"
_FAMILY = "Helvetica, Arial, 'Bitstream Vera Sans', sans-serif"


@cache
def _fonts() -> tuple[Path, Path]:
    """The regular and the bold font that come with the PDF library: the widest of those that a viewer may take."""
    import reportlab

    folder = Path(reportlab.__file__).parent / "fonts"
    return folder / "Vera.ttf", folder / "VeraBd.ttf"


@cache
def _face(bold: bool) -> object:
    from reportlab.pdfbase.ttfonts import TTFont

    return TTFont("wide-bold" if bold else "wide", str(_fonts()[bold]))


def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide a text is at most, in the unit of `size`."""
    return float(_face(bold).stringWidth(text, size))  # type: ignore[attr-defined]


def fitted(text: str, width: float, size: float, bold: bool = False) -> str:
    """The text, cut short with an ellipsis where it is wider than `width`; empty when nothing of it fits."""
    if text_width(text, size, bold) <= width:
        return text
    while text and text_width(text + "…", size, bold) > width:
        text = text[:-1]
    return text.rstrip(" ,·") + "…" if text else ""


def _n(value: float) -> str:
    """A number as short as it can be written."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


@define
class Drawing:
    """An SVG in the making. Lengths are in pixels, y grows downward; the size follows from what is drawn."""

    title: str
    width: float = 0
    height: float = 0
    parts: list[str] = field(factory=list)

    def rect(  # noqa: PLR0913  a box has as many looks
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        fill: str,
        stroke: str = "none",
        *,
        radius: float = 0,
        hint: str = "",
        dash: str = "",
        weight: float = 1,
        opacity: float = 1,
    ) -> None:
        """A box; `hint` shows when the pointer rests on it."""
        self._grow(x + w, y + h)
        look = f' rx="{_n(radius)}"' if radius else ""
        look += f' stroke-dasharray="{dash}"' if dash else ""
        look += f' stroke-width="{_n(weight)}"' if weight != 1 else ""
        look += f' fill-opacity="{_n(opacity)}"' if opacity != 1 else ""
        shape = f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" fill="{fill}" stroke="{stroke}"{look}'
        self.parts.append(f"{shape}><title>{escape(hint)}</title></rect>" if hint else shape + "/>")

    def circle(self, x: float, y: float, radius: float, fill: str, stroke: str = "none", hint: str = "") -> None:
        self._grow(x + radius, y + radius)
        shape = f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}" stroke="{stroke}"'
        self.parts.append(f"{shape}><title>{escape(hint)}</title></circle>" if hint else shape + "/>")

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        color: str = RULE,
        weight: float = 1,
        opacity: float = 1,
        hint: str = "",
    ) -> None:
        self._grow(max(x1, x2), max(y1, y2))
        look = f' stroke-opacity="{_n(opacity)}"' if opacity != 1 else ' stroke-linecap="round"'
        self.parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{color}" '
            f'stroke-width="{_n(weight)}"{look}' + (f"><title>{escape(hint)}</title></line>" if hint else "/>")
        )

    def area(self, points: Sequence[tuple[float, float]], fill: str, opacity: float) -> None:
        """A faint shape with these corners."""
        for x, y in points:
            self._grow(x, y)
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.parts.append(f'<polygon points="{corners}" fill="{fill}" fill-opacity="{_n(opacity)}"/>')

    def bow(self, x1: float, y1: float, x2: float, y2: float, bend: float, color: str) -> None:
        """A faint curve from one place to another that keeps `bend` clear of the straight line."""
        long = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1
        dx, dy = (y2 - y1) / long * bend, -(x2 - x1) / long * bend
        a, b = (
            (x1 * 0.9 + x2 * 0.1 + dx, y1 * 0.9 + y2 * 0.1 + dy),
            (x1 * 0.1 + x2 * 0.9 + dx, y1 * 0.1 + y2 * 0.9 + dy),
        )
        self.parts.append(
            f'<path d="M{_n(x1)} {_n(y1)}C{_n(a[0])} {_n(a[1])} {_n(b[0])} {_n(b[1])} {_n(x2)} {_n(y2)}" fill="none" '
            f'stroke="{color}" stroke-opacity="0.5"/>'
        )

    def arc(self, x1: float, y: float, x2: float, height: float, color: str, weight: float, hint: str) -> None:
        """A bow above two places at one height."""
        self._grow(max(x1, x2), y)
        top = y - height * 4 / 3
        self.parts.append(
            f'<path d="M{_n(x1)} {_n(y)}C{_n(x1)} {_n(top)} {_n(x2)} {_n(top)} {_n(x2)} {_n(y)}" fill="none" '
            f'stroke="{color}" stroke-opacity="0.55" stroke-width="{_n(weight)}"><title>{escape(hint)}</title></path>'
        )

    def band(self, start: tuple[float, float], end: tuple[float, float], tall: float, fill: str, hint: str) -> None:
        """A band of one height from one upper left corner to another, bent so that it leaves and ends level."""
        (x1, y1), (x2, y2) = start, end
        self._grow(x2, max(y1, y2) + tall)
        half = _n((x1 + x2) / 2)
        self.parts.append(
            f'<path d="M{_n(x1)} {_n(y1)}C{half} {_n(y1)} {half} {_n(y2)} {_n(x2)} {_n(y2)}V{_n(y2 + tall)}'
            f'C{half} {_n(y2 + tall)} {half} {_n(y1 + tall)} {_n(x1)} {_n(y1 + tall)}Z" fill="{fill}" '
            f'fill-opacity="0.35"><title>{escape(hint)}</title></path>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10,
        color: str = INK,
        *,
        bold: bool = False,
        anchor: str = "start",
        width: float | None = None,
        turned: bool = False,
    ) -> None:
        """A line of text with its baseline at y, cut to `width`; `turned` reads from bottom to top."""
        shown = text if width is None else fitted(text, width, size, bold)
        if not shown:
            return
        if not turned:
            wide = text_width(shown, size, bold)
            self._grow(x + {"start": wide, "middle": wide / 2, "end": 0}[anchor], y + size / 4)
        look = ' font-weight="bold"' if bold else ""
        look += f' text-anchor="{anchor}"' if anchor != "start" else ""
        look += f' transform="rotate(-90 {_n(x)} {_n(y)})"' if turned else ""
        self.parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{color}"{look}>{escape(shown)}</text>'
        )

    def legend(self, x: float, y: float, hues: Mapping[str, str]) -> None:
        """What colours mean, side by side, with their words' baseline at y."""
        for words, hue in hues.items():
            self.rect(x, y - 9, 11, 11, hue)
            self.text(x + 16, y, words, 10, MUTED)
            x += 16 + text_width(words, 10) + 22

    def _grow(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)

    def svg(self, margin: float = 16) -> str:
        w, h = _n(self.width + margin), _n(self.height + margin)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
            f'font-family="{_FAMILY}">\n<title>{escape(self.title)}</title>\n'
            f'<rect width="{w}" height="{h}" fill="white"/>\n'
        )
        return head + "\n".join(self.parts) + "\n</svg>\n"

    def as_format(self, format: str) -> bytes:
        """`svg`, `png` (at twice the size, with the same font everywhere) or `pdf`."""
        svg = self.svg()
        if format == "svg":
            return svg.encode("utf-8")
        if format == "pdf":
            from cmxdsl.outputs.kit.engine import pdf_from_svg

            return pdf_from_svg(svg.encode("utf-8"))
        import resvg_py

        from cmxdsl.outputs.options import ViewFault

        # The rasteriser ends the process where it cannot get its pixels, so that it is asked for few enough of them.
        wide, high = self.width + 16, self.height + 16
        zoom = min(2.0, (MAX_PIXELS / (wide * high)) ** 0.5, MAX_SIDE / wide, MAX_SIDE / high)
        if zoom < LEAST_ZOOM:
            size = f"{wide:,.0f} x {high:,.0f} pixels"
            raise ViewFault(f"a picture of {size} is too large for png: choose a part, or write it as svg")
        regular, bold = (str(f) for f in _fonts())
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg,
                dpi=96,
                zoom=zoom,
                font_files=[regular, bold],
                skip_system_fonts=True,
                font_family="Bitstream Vera Sans",
                sans_serif_family="Bitstream Vera Sans",
            )
        )
