"""CMX07xx: power, and numbers that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.physical.attribution import heaviest
from cmxdsl.checks.registry import UNCOUNTED, Context, Scope, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Rule
from cmxdsl.model import Component, total_of
from cmxdsl.units import show

ABOVE_FEED = Rule(
    "CMX0701",
    "The parts draw more than is fed",
    "The peak power of all parts inside, with the transceivers and cables at the ends of links that lead there, is "
    "above the `feed` of the rack, room or system. Where some parts do not state their power, what is known is already "
    "too much.",
    "chip A { power { peak = 700 W } }\nrack R {\n    height = 42 U\n    feed = 5 kW\n    a[8]: A\n}\n",
    mend="take parts out, or feed more",
)
PEAK_BELOW = Rule(
    "CMX0702",
    "Typical power is above peak power",
    "One of the two numbers is wrong, or they are swapped.",
    "chip A {\n    power { typical = 700 W; peak = 500 W }\n}\n",
    mend="check both numbers, and that they are not swapped",
)
EFFICIENCY = Rule(
    "CMX0703",
    "A share is outside of what is possible",
    "An efficiency lies between 0 and 1, and power usage effectiveness is at least 1.",
    "module Psu {\n    power { capacity = 3 kW; efficiency = 97 }\n}\n",
    mend="a percentage is written with its sign: `97%`",
)


@check(Scope.COMPONENT, ABOVE_FEED)
def above_feed(component: Component, context: Context) -> Iterator[Diagnostic]:
    feed = component.quantity("feed")
    if feed is None:
        return
    span = component.attributes["feed"].span or component.span
    held = context.held(component)
    worst = heaviest(held, "power.peak")
    load = worst.total("power.peak").value if worst is not None else None
    if worst is not None and load is not None and load.value > feed.value:
        who = f"the parts of `{component.name}`" if len(held) == 1 else f"the parts of `{worst.example}`"
        ends = total_of(worst.at_ends_by_part, "power.peak").value
        of_links = f", {show(ends)} of it at the ends of links" if ends is not None and ends.value else ""
        yield ABOVE_FEED.at(span, f"{who} draw {show(load)} at peak{of_links}, and its feed is {show(feed)}")
    elif any(one.unsure for one in held):
        yield not_decided(span, f"whether `{component.name}` draws more than its feed", UNCOUNTED)


@check(Scope.COMPONENT, PEAK_BELOW, EFFICIENCY)
def plausible(component: Component, context: Context) -> Iterator[Diagnostic]:
    typical, peak = component.quantity("power.typical"), component.quantity("power.peak")
    if typical is not None and peak is not None and typical.value > peak.value:
        span = component.attributes["power.typical"].span or component.span
        message = f"`{component.name}` draws {show(typical)} typically and {show(peak)} at peak"
        yield PEAK_BELOW.at(span, message)
    for name, low, high in (("power.efficiency", 0, 1), ("pue", 1, 100)):
        value = component.quantity(name)
        if value is not None and not low <= value.value <= high:
            span = component.attributes[name].span or component.span
            limits = "from 0% to 100%" if high == 1 else "at least 1"
            yield EFFICIENCY.at(span, f"`{name}` is {limits}, and this is {show(value)}")
