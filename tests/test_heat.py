"""Heat and flow, worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

import cmxdsl
from cmxdsl.analysis.power.heat import racks
from cmxdsl.analysis.queries.sides import share_words

RACK = """
chip Wet {{ cooling = liquid; power {{ peak = 5 kW }} }}
chip Dry {{ cooling = air; power {{ peak = 1 kW }} }}
rack R {{ height = 42 U; wet[2]: Wet; dry[3]: Dry; {said} }}
system S {{ r[4]: R }}
"""


def rack(said: str):
    design = cmxdsl.loads(RACK.format(said=said))
    assert design.ok, design.explain()
    (found,) = racks(design.subject, "power.peak")
    assert (found.count, found.heat.liquid, found.heat.air, found.heat.unknown) == (4, 10_000, 3_000, 0)
    return found


def test_flow_by_the_rise_of_each_coolant() -> None:
    """10 kW into water that warms by 8 K: 10,000 / (997 · 4180 · 8) = 0.29994 L/s; 3 kW into air that warms by 12 K:
    3,000 / (1.2 · 1005 · 12) = 0.2073 m³/s."""
    found = rack("coolant { rise = 8 K }; air.rise = 12 K")
    assert found.flow is not None and float(found.flow.value) == pytest.approx(2.99944e-4, rel=1e-5)
    assert found.air_flow is not None and float(found.air_flow.value) == pytest.approx(0.207297, rel=1e-5)
    assert found.rise == 8


def test_rise_by_the_flow() -> None:
    """At 0.5 L/s the same water warms by 10,000 / (997 · 4180 · 0.0005) = 4.799 K."""
    found = rack("coolant.flow = 0.5 L/s")
    assert found.rise is not None and float(found.rise) == pytest.approx(4.7991, rel=1e-4)
    assert found.air_flow is None


@pytest.mark.parametrize(
    "share, words",
    [
        (Fraction(0), "0%"),
        (Fraction(1, 1000), "<1%"),
        (Fraction(1, 100), "1%"),
        (Fraction(999, 1000), "99%"),
        (Fraction(1), "100%"),
    ],
)
def test_a_share_never_looks_whole_that_is_not(share: Fraction, words: str) -> None:
    assert share_words(share) == words
