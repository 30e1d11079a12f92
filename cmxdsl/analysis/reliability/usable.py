"""How many accelerators are usable at a time: the probability that at least k of n are.

A part is out of service for the share rate · repair / (1 + rate · repair) of the time, in the long run and whatever
the distribution of repair times. Parts that stop the same number of accelerators make domains of that size; smaller
domains lie inside of larger ones, and their numbers are convolved from the inside out, which is exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.reliability.failing import Failing
from cmxdsl.limits import LimitExceeded
from cmxdsl.records import frozen
from cmxdsl.units import Quantity

LIMIT = 4_000_000  # accelerators whose distribution is laid out


@frozen
class Usable:
    """The distribution of usable accelerators: `at_least[k]` is the probability of k or more, an array over 0..n.

    Where domains do not lie inside of one another, accelerators that two failures stop are counted as stopped twice
    (`bound`): the true probabilities are a little higher.
    """

    at_least: Any
    mean: float
    bound: bool
    lacking: tuple[str, ...]


def usable(found: Iterable[Failing], accelerators: int, repair: Quantity | None) -> Usable:
    """For parts that can fail, with `repair` for those that state no time of their own. Raises LimitExceeded."""
    import numpy as np

    if accelerators > LIMIT:
        raise LimitExceeded(f"how many of {accelerators:,} accelerators are usable (limit {LIMIT:,})")
    levels, lacking = _levels(found, accelerators, repair)
    up = np.array([0.0, 1.0])
    inside = 1
    apart: list[tuple[int, float, int]] = []
    for size, (out, many) in sorted(levels.items()):
        if size % inside or many * size != accelerators:
            apart.append((size, out, many))
            continue
        up = _power(up, size // inside)
        up = (1 - out) * up
        up[0] += out
        inside = size
    up = _power(up, accelerators // inside) if accelerators % inside == 0 else up
    for size, out, many in apart:
        down = np.zeros(size + 1)
        down[0], down[size] = 1 - out, out
        lost = _power(down, many)[: accelerators + 1]
        up = np.convolve(up[::-1], lost)[: accelerators + 1][::-1] if accelerators < 4000 else _together(up, lost)
    up = np.clip(up, 0, 1)
    at_least = np.clip(np.cumsum(up[::-1])[::-1], 0, 1)
    return Usable(at_least, float((up * np.arange(len(up))).sum()), bool(apart), lacking)


def _levels(
    found: Iterable[Failing], accelerators: int, repair: Quantity | None
) -> tuple[dict[int, tuple[float, int]], tuple[str, ...]]:
    """For each size of domain the share of the time that one is out of service, and how many there are."""
    up: dict[int, Fraction] = {}
    lacking: dict[str, None] = {}
    for one in found:
        rate, time = one.rate, one.part.quantity("repair_time") or repair
        if one.stops == 0:
            continue
        if rate is None or time is None or one.stops is None:
            what = "failure_rate of" if rate is None else "what stops with" if one.stops is None else "repair_time of"
            lacking[f"{what} {one.part.name}"] = None
            continue
        domains = max(1, accelerators // one.stops)
        load = rate.value * time.value
        parts = one.count / domains
        up[one.stops] = up.get(one.stops, Fraction(1)) * Fraction((1 / (1 + float(load))) ** float(parts))
    return {size: (1 - float(share), max(1, accelerators // size)) for size, share in up.items()}, tuple(lacking)


def _power(distribution: Any, many: int) -> Any:
    """The distribution of the sum of so many independent ones, by squaring the Fourier transform."""
    import numpy as np

    if many == 1:
        return distribution
    length = (len(distribution) - 1) * many + 1
    size = 1 << (length - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(distribution, size) ** many, size)[:length]


def _together(up: Any, lost: Any) -> Any:
    """The distribution of what is up after more is lost."""
    import numpy as np

    many = len(up)
    size = 1 << (2 * many).bit_length()
    return np.fft.irfft(np.fft.rfft(up[::-1], size) * np.fft.rfft(lost, size), size)[:many][::-1]
