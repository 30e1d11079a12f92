"""The matrix view: shades by the logarithm of the bandwidth, and the values where cells are large."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import cmxdsl
from cmxdsl.outputs.diagrams.matrix import _DARK, _SHADES, _Scale
from cmxdsl.outputs.pictures import write

SVG = "{http://www.w3.org/2000/svg}"


def drawn(design: cmxdsl.Design, plane: str = "scale_up") -> tuple[list[str], dict[str, str]]:
    """The texts of the picture, and the shade of each cell by its hint."""
    root = ElementTree.fromstring(write(design.subject, "svg", "matrix", plane=plane))
    cells = {r.findtext(f"{SVG}title", ""): r.attrib["fill"] for r in root.iter(f"{SVG}rect")}
    return [t.text or "" for t in root.iter(f"{SVG}text")], {hint: fill for hint, fill in cells.items() if hint}


def test_the_flagship_by_hand(flagship: cmxdsl.Design) -> None:
    """In a compute rack 4 nodes of 8 NPUs of 7 × 448 Gb/s and 4 CPUs of 7 × 182.857: 120.832 Tb/s; to each of 4 switch
    racks 112 of its 448 uplinks of 224 Gb/s: 25.088 Tb/s."""
    texts, cells = drawn(flagship)
    assert texts.count("121") == 12 and texts.count("25.1") == 2 * 12 * 4
    assert "121 Tb/s; log scale; numbers in Tb/s each way; white: no link" in texts and "12.1 Tb/s" in texts
    own, across = cells["compute[0] and compute[0]: 121 Tb/s"], cells["compute[0] and comm[3]: 25.1 Tb/s"]
    assert own == _SHADES[-1] and across == _SHADES[2]


def test_equal_links_have_one_shade_and_no_scale(rival: cmxdsl.Design) -> None:
    texts, cells = drawn(rival)
    assert set(cells.values()) == {_SHADES[-1]} and len(cells) == 2 * 72 * 18
    assert "400 Gb/s; white: no link" in texts


def test_shades_rise_with_the_logarithm() -> None:
    scale = _Scale.of(np.array([[0.0, 1.0], [1e6, 1e3]]))
    assert [scale.shade(v) for v in (1.0, 1e3, 1e6)] == [0, (len(_SHADES) - 1) // 2 + 0, len(_SHADES) - 1]
    shades = [scale.shade(10.0**k) for k in range(7)]
    assert shades == sorted(shades)
    assert _Scale.of(np.array([[5.0, 4.0]])).least == 0.5  # a decade at least, so that near values look near
    assert _Scale.of(np.zeros((2, 2))).most == 0


def test_text_is_legible_on_its_shade() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for k, shade in enumerate(_SHADES):
        text = "#1c2733" if k < _DARK else "#ffffff"
        light, dark = sorted((luminance(shade), luminance(text)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, shade


@pytest.mark.parametrize("rate", ["", "rate = 100 Gb/s"])
def test_unknown_rates_are_counted(rate: str) -> None:
    text = f"protocol P {{ plane = scale_up; {rate} }}\nchip A {{ port p[2]: P }}\n"
    design = cmxdsl.loads(text + "system Top { a[3]: A; link a[i].p[1] -- a[(i + 1) mod 3].p[0] for i in 0..2 }\n")
    texts, _ = drawn(design)
    assert texts.count("100" if rate else "1") == 6
    assert any(re.search("numbers in Gb/s each way" if rate else "numbers in links", t) for t in texts)
