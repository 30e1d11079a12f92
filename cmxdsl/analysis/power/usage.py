"""Power usage effectiveness: of the power tree where there is one that feeds everything, else as it is stated."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.power import feeds, loads
from cmxdsl.model import Subject
from cmxdsl.model.functions import FunctionFault


def tree_effectiveness(subject: Subject, attribute: str) -> Fraction | None:
    """What enters the power tree over what the machine draws; None where the tree does not feed every part. Raises
    FunctionFault on a power loop."""
    top = subject.top
    try:
        plane = feeds.net(subject)
    except feeds.PowerLoop as error:
        raise FunctionFault(f"`{error}` feeds itself: its power plane has a loop", "feed it from one side") from None
    found = loads.flow(plane, feeds.demands(plane, top, attribute))
    pue = loads.facility(subject, plane, found, attribute).pue
    return None if pue is None else Fraction(pue).limit_denominator(10**6)


def usage_effectiveness(subject: Subject, attribute: str) -> Fraction | None:
    """The PUE that a design states at its top, else the power tree's; None where neither is known. Raises
    FunctionFault on a power loop."""
    stated = subject.top.quantity("pue")
    if stated is not None:
        return stated.value
    return tree_effectiveness(subject, attribute) if feeds.has_power(subject) else None
