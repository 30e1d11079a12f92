"""CMX07xx: power, and numbers that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.physical.attribution import heaviest
from cmxdsl.checks.registry import UNCOUNTED, Context, Per, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Rule
from cmxdsl.fixes import Edit, Fix, Help, in_source
from cmxdsl.model import Component, total_of
from cmxdsl.schema import ATTRIBUTES, BY_NAME
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import around, unit_added
from cmxdsl.units import Quantity, show

ABOVE_FEED = Rule(
    "CMX0701",
    "The parts draw more than is fed",
    "The peak power of all parts inside, with the transceivers and cables at the ends of links that lead there, is "
    "above the `feed` of the rack, room or system. Where some parts do not state their power, what is known is already "
    "too much.",
    "chip A { power { peak = 700 W } }\nrack R {\n    height = 42 U\n    feed = 5 kW\n    a[8]: A\n}\n",
    fix="take parts out, or feed more",
)
PEAK_BELOW = Rule(
    "CMX0702",
    "Typical power is above peak power",
    "One of the two numbers is wrong, or they are swapped.",
    "chip A {\n    power { typical = 700 W; peak = 500 W }\n}\n",
    fix="check both numbers, and that they are not swapped",
)
SHARE = Rule(
    "CMX0703",
    "A share is outside of what is possible",
    "An efficiency lies between 0% and 100%, and so does each part of a whole; power usage effectiveness is at least "
    "1. Slack is added to a cable's route and is rarely more than a few percent.",
    "module Psu {\n    power { capacity = 3 kW; efficiency = 97 }\n}\n",
    fix="a percentage is written with its sign: `97%`",
)


# What a share can be: the least, the most, and both in words.
_PART = (0, 1, "from 0% to 100%")
_SHARES: dict[str, tuple[int, int, str]] = {
    **{row.name: _PART for row in ATTRIBUTES if row.unit == "%"},
    "pue": (1, 100, "at least 1"),
}


@check(Per.COMPONENT, ABOVE_FEED)
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


@check(Per.COMPONENT, PEAK_BELOW, SHARE)
def plausible(component: Component, context: Context) -> Iterator[Diagnostic]:
    typical, peak = component.quantity("power.typical"), component.quantity("power.peak")
    if typical is not None and peak is not None and typical.value > peak.value:
        span = component.attributes["power.typical"].span or component.span
        message = f"`{component.name}` draws {show(typical)} typically and {show(peak)} at peak"
        yield PEAK_BELOW.at(span, message, fixes=_swapped(component, context))
    for name, attribute in component.attributes.items():
        low, high, limits = _SHARES.get(name, (0, 0, ""))
        value = attribute.value
        if limits and isinstance(value, Quantity) and not low <= value.value <= high:
            span = attribute.span or component.span
            message = f"`{name}` is {limits}, and this is {show(value, '%' if high == 1 else None)}"
            yield SHARE.at(span, message, _percent(name, value, span, context))


def _percent(name: str, value: Quantity, span: Span, context: Context) -> Help:
    """The sign behind a plain number that is meant as a percentage."""
    file = context.file_of(span)
    node = around(file.node, span, n.Attribute) if file is not None else None
    if node is None or BY_NAME[name].unit != "%" or not 1 < value.value <= 100:
        return Help()
    fixes = unit_added(node.claims[0].value, "%")
    return Help(f"a percentage is written with its sign: `{show(value)}%`", fixes) if fixes else Help()


def _swapped(component: Component, context: Context) -> tuple[Fix, ...]:
    """Typical and peak power, each in the place of the other."""
    spans = [component.attributes[f"power.{name}"].span for name in ("typical", "peak")]
    edits = []
    for here, there in (spans, spans[::-1]):
        file = context.file_of(here) if here is not None else None
        other = context.file_of(there) if there is not None else None
        if file is None or other is None or here is None or there is None:
            return ()
        mine, its = around(file.node, here, n.Attribute), around(other.node, there, n.Attribute)
        if mine is None or its is None:
            return ()
        edits.append(Edit(mine.claims[0].value.span, in_source(other.source, its.claims[0].value.span)))
    return (Fix("Swap the two numbers", tuple(edits)),)
