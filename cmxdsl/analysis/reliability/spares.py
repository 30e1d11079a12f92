"""How many spares of a part to keep: enough for the failures until a new one comes, with a given probability."""

from __future__ import annotations

from math import ceil, sqrt

from cmxdsl.model import Component
from cmxdsl.units import Quantity


def lead_time(part: Component, top: Component) -> Quantity | None:
    """The time until a new one comes: the part's own, or that of the whole design."""
    return part.quantity("lead_time") or top.quantity("lead_time")


def spares(failures: float, level: float) -> int:
    """The fewest spares that are enough with probability `level` (below 1) when a Poisson number of parts with mean
    `failures` fails before new ones come: the quantile of the Poisson distribution.

    P(X <= s) is the regularized upper incomplete gamma function Q(s + 1, mean).
    """
    from scipy.special import gammaincc

    if failures <= 0:
        return 0
    low, high = -1, ceil(failures + 12 * sqrt(failures) + 40)
    while float(gammaincc(high + 1, failures)) < level:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if float(gammaincc(middle + 1, failures)) >= level else (middle, high)
    return high
