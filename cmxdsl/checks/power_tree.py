"""CMX0704 and on: the power tree and the cooling loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cmxdsl.analysis.network.feeding import power_failures
from cmxdsl.analysis.power import feeds, heat, loads, outages
from cmxdsl.checks.registry import Context, Per, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Rule, Severity
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Subject
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import POWER

_AC = "protocol AC { plane = power }\n"
_LOADS = "chip A { power { peak = 1 kW }; port psu: AC }\n"

OVERLOAD = Rule(
    "CMX0704",
    "A device of the power tree delivers more than it can",
    "The peak power of what it feeds, over the efficiencies on the way, is above its `power.capacity`.",
    _AC + _LOADS + "module Pdu {\n    power { capacity = 2 kW }\n    port out[4]: AC { flow = feeds }\n}\nrack R {\n"
    "    height = 42 U\n    a[4]: A\n    pdu: Pdu\n    link pdu.out[i] -- a[i].psu\n}\n",
    fix="feed less from it, choose a larger one, or add another",
)
BREAKER = Rule(
    "CMX0705",
    "A breaker is loaded above 80%",
    "A breaker carries a load that lasts up to 80% of its rating (NEC 210.20(A)).",
    _AC + _LOADS + "module Pdu {\n    power { breaker = 4.5 kW }\n    port out[4]: AC { flow = feeds }\n}\nrack R {\n"
    "    height = 42 U\n    a[4]: A\n    pdu: Pdu\n    link pdu.out[i] -- a[i].psu\n}\n",
    Severity.WARNING,
    fix="feed less from it, or choose a larger breaker",
)
PHASES = Rule(
    "CMX0706",
    "Phases are loaded unevenly",
    "The outlets of a device take its `phases` in turn; the most loaded phase is more than 10% above the mean.",
    _AC + _LOADS + "module Pdu {\n    phases = 3\n    port out[4]: AC { flow = feeds }\n}\nrack R {\n"
    "    height = 42 U\n    a[4]: A\n    pdu: Pdu\n    link pdu.out[i] -- a[i].psu\n}\n",
    Severity.WARNING,
    fix="move loads to other outlets: outlet i is on phase i mod the number of phases",
)
NOT_REDUNDANT = Rule(
    "CMX0707",
    "Feeds lack N+1 capacity",
    "A device with several inputs should go on when one of them fails; the one that is left would be overloaded.",
    _AC + "chip A { power { peak = 1 kW }; port psu[2]: AC }\nmodule Pdu {\n    power { capacity = 3 kW }\n"
    "    port out[4]: AC { flow = feeds }\n}\nrack R {\n    height = 42 U\n    a[4]: A\n    pdu[2]: Pdu\n"
    "    link pdu[k].out[i] -- a[i].psu[k]\n}\n",
    Severity.WARNING,
    fix="size each feed for the whole load; devices that need no redundancy have one input",
)
DIRECTION = Rule(
    "CMX0708",
    "A power link does not lead from a feed to a load",
    "One of its ends feeds (`flow = feeds`), the other draws.",
    _AC + _LOADS + "module Pdu { port out[4]: AC }\nrack R {\n    height = 42 U\n    a[4]: A\n    pdu: Pdu\n"
    "    link pdu.out[i] -- a[i].psu\n}\n",
    fix="mark the port that delivers: `port out[4]: AC { flow = feeds }`",
)
LOOP = Rule(
    "CMX0709",
    "Power loop",
    "A device feeds another that feeds it.",
    _AC + "module M { port i: AC; port o: AC { flow = feeds } }\nrack R {\n    height = 42 U\n    m[2]: M\n"
    "    link m[k].o -- m[(k + 1) mod 2].i\n}\n",
    fix="remove the link that closes the loop",
)
HOT = Rule(
    "CMX0710",
    "A cooling loop takes more heat than it can",
    "The liquid-cooled peak power of the racks on a `coolant.loop` is above the `cooling_capacity` of its units.",
    'chip A { power { peak = 60 kW }; cooling = liquid }\nrack R { height = 42 U; a: A; coolant.loop = "A" }\n'
    'fixture Cdu { size = 1 m x 1 m; cooling_capacity = 100 kW; coolant.loop = "A" }\n'
    "site S {\n    r[2]: R\n    cdu: Cdu\n}\n",
    fix="put racks on another loop, or add cooling units",
)
UNEVEN = 0.1  # how far a phase may be above the mean


@check(Per.DESIGN, OVERLOAD, BREAKER, PHASES, NOT_REDUNDANT, DIRECTION, LOOP)
def tree(top: Component, context: Context) -> Iterator[Diagnostic]:
    if not feeds.has_power(context.of(top)):
        return
    try:
        plane = feeds.net(context.of(top))
    except feeds.PowerLoop as error:
        inner, _ = top.at(error.names)
        yield LOOP.at(inner.span, f"`{error}` is part of a power loop: it feeds itself through the devices behind it")
        return
    for link in dict.fromkeys(plane.wrong):
        both = "feed" if _feeds(top, link) else "draw"
        yield DIRECTION.at(link.span, f"both ends of this link {both}")
    if len(plane.feeder):
        yield from _loads(context.of(top), plane, feeds.demands(plane, top, "power.peak"))


def _feeds(top: Component, link: object) -> bool:
    from cmxdsl.model import descendants

    owner = next(c for c in descendants(top) if any(x is link for x in c.links))
    return bool(owner.resolve(link.a)[1].get("flow") == "feeds")  # type: ignore[attr-defined]


def _loads(subject: Subject, plane: feeds.PowerNet, own: Any) -> Iterator[Diagnostic]:
    found = loads.flow(plane, own)
    overloaded: set[str] = set()
    for load in loads.loads(plane, found):
        part, most = load.group.component, loads.watts(load.most)
        if load.overloaded:
            overloaded.add(load.group.label)
            can = part.attributes["power.capacity"]
            message = f"`{load.at}` delivers {show(most)} at peak, and can deliver {_shown(part, 'power.capacity')}"
            yield OVERLOAD.at(can.span or part.span, message)
        rating = part.quantity("power.breaker")
        if rating is not None and load.feeds and load.most > 0.8 * float(rating.value) * loads.OVER:
            share = load.most / float(rating.value)
            message = f"`{load.at}` delivers {show(most)} at peak, {share:.0%} of its breaker's {show(rating)}"
            yield BREAKER.at(part.attributes["power.breaker"].span or part.span, message)
    for group, name, values in loads.phases(plane, found):
        uneven = loads.imbalance(values)
        if uneven > UNEVEN:
            text = ", ".join(f"L{k + 1} {show(loads.watts(v), 'W', places=3)}" for k, v in enumerate(values))
            span = group.component.attributes["phases"].span or group.component.span
            yield PHASES.at(span, f"on `{name}` a phase is {uneven:.0%} above the mean: {text}")
    if overloaded:
        return  # that is the mistake; failing more would say it again
    for array in power_failures(subject, plane, own):
        part, worst = array.group.component, array.fullest
        if worst is not None and worst.overloads:
            names = plane.name(worst.number), plane.name(worst.loaded)
            message = f"when `{names[0]}` fails, `{names[1]}` {_loaded(worst.share)}"
            yield NOT_REDUNDANT.at(part.span, message)
        elif not array.decided:
            what = f"whether other feeds can take the load of each of `{array.group.label}`"
            error = LimitExceeded(
                f"{array.tried:,} of {array.count:,} failures were tried (limit {outages.LINKS:,} links)"
            )
            yield not_decided(part.span, what, error)


def _loaded(share: float) -> str:
    return "is loaded, and can deliver nothing" if share == float("inf") else f"is loaded to {share:.0%}"


def _shown(part: Component, name: str) -> str:
    value = part.quantity(name)
    return show(value) if value is not None else "?"


@check(Per.DESIGN, HOT)
def loops(top: Component, context: Context) -> Iterator[Diagnostic]:
    for loop in heat.loops(context.of(top), "power.peak"):
        if loop.capacity is not None and loop.heat > loop.capacity:
            taken, can = (show(Quantity(v, POWER)) for v in (loop.heat, loop.capacity))
            yield HOT.at(top.span, f"loop `{loop.name}` takes {taken} at peak, and its units carry {can}")
