"""A job on part of a machine: how often it is interrupted, when it should write checkpoints, what of its time counts.

Failures are taken as independent and as likely at any time (exponential times between them), and checkpoints and
restarts may be hit like any other time. Then the formulas of Daly (Future Generation Computer Systems 22, 2006) are
exact for a given interval; `simulate.py` plays the same game by chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import exp, expm1, sqrt

from cmxdsl.analysis.reliability.failing import Failing
from cmxdsl.model import Component
from cmxdsl.records import frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import TIME


@frozen
class Interruptions:
    """How often a job is interrupted: failures a second that stop at least one of its accelerators, and those that
    stop none (the job may go on, slower). `lacking` names parts whose rate, or whose effect, is not known."""

    rate: Fraction
    harmless: Fraction
    lacking: tuple[str, ...]

    @property
    def between(self) -> Quantity | None:
        """The mean time between interruptions by what is known; None where nothing is. With something lacking the true
        one is shorter."""
        return Quantity(1 / self.rate, TIME) if self.rate else None


def interruptions(found: Iterable[Failing], size: int, accelerators: int) -> Interruptions:
    """The failures that stop a job of `size` accelerators out of all.

    The job takes whole domains as far as it fills them: a failure that stops m of N accelerators hits a job of n with
    probability max(m, n) / N.
    """
    rate = harmless = Fraction(0)
    lacking: dict[str, None] = {}
    for one in found:
        if one.all is None:
            lacking[f"failure_rate of {one.part.name}"] = None
        elif one.stops is None:
            lacking[f"what stops with {one.part.name}"] = None
        elif one.stops == 0:
            harmless += one.all.value
        else:
            rate += one.all.value * min(Fraction(1), Fraction(max(one.stops, size), accelerators))
    return Interruptions(rate, harmless, tuple(lacking))


@frozen
class Checkpoints:
    """How a job fares with checkpoints: the interval between two of them that wastes least, and the share of the time
    that goes into work that counts. All times in seconds."""

    between_failures: float
    write: float
    restart: float
    interval: float
    young: float
    goodput: float


def checkpoint_write(top: Component) -> Quantity | None:
    """The time that one checkpoint takes: stated, or its size over its rate."""
    stated, size, rate = (top.quantity(f"checkpoint.{name}") for name in ("write", "size", "rate"))
    if stated is not None:
        return stated
    return size / rate if size is not None and rate is not None and rate.value else None


def checkpoints(between: float, write: float, restart: float) -> Checkpoints:
    """The best interval and the goodput, for a mean time between failures, the time of a checkpoint and of a restart,
    in seconds."""
    interval = best_interval(between, write)
    young = sqrt(2 * write * between)
    return Checkpoints(between, write, restart, interval, young, goodput(between, write, restart, interval))


def best_interval(between: float, write: float) -> float:
    """Daly's interval between checkpoints: sqrt(2 d M) (1 + sqrt(d / 2M) / 3 + (d / 2M) / 9) - d for a checkpoint d
    shorter than 2 M, else M. The first factor alone is Young's (Communications of the ACM 17, 1974)."""
    if write >= 2 * between:
        return between
    x = write / (2 * between)
    return sqrt(2 * write * between) * (1 + sqrt(x) / 3 + x / 9) - write


def goodput(between: float, write: float, restart: float, interval: float) -> float:
    """The share of the time that is work which counts: T / (M e^(R/M) (e^((T + d)/M) - 1)), Daly's equation 20 read
    the other way round, without limit on how rare failures are."""
    if interval <= 0:
        return 1.0 if write == 0 == restart else 0.0
    if restart > 700 * between or interval + write > 700 * between:
        return 0.0  # it never gets anywhere
    return interval / (between * exp(restart / between) * expm1((interval + write) / between))
