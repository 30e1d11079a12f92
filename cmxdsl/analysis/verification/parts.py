"""What is where it should be and yet of another kind: rates, lanes, parts, lengths, firmware."""

from __future__ import annotations

import re
from collections import defaultdict

from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.analysis.verification import rules
from cmxdsl.analysis.verification.causes import Open, Task
from cmxdsl.analysis.verification.sight import UNKNOWN
from cmxdsl.model import Subject
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import RATE

CLOSE = 0.94  # of its rate that a link has which is called by it: 4xFDR is 54.5 of 56 Gb/s
SHORTEST = 5  # characters by which a part number is told


def look(found: Open, subject: Subject) -> None:
    """Every right cable, and every device, as to what it says of itself."""
    _slow(found)
    _part(found)
    _firmware(found)
    if any(cable.metres is not None for cable in found.seen.built.cables):
        _length(found, subject)


def _slow(found: Open) -> None:
    """Links below their rate, those together that should and do run alike between the same arrays."""
    import math

    plan = found.plan
    alike: dict[tuple[str, str, float, float], list[tuple[int, int]]] = defaultdict(list)
    for cable, link in found.paired.items():
        rate, meant = found.seen.built.cables[cable].rate, float(plan.net.rate[link])
        if rate is not None and not math.isnan(meant) and rate < CLOSE * meant:
            arrays = tuple(plan.net.group_of(int(side[link])).label for side in (plan.net.a, plan.net.b))
            alike[arrays[0], arrays[1], meant, rate].append((cable, link))
    for (a, b, meant, rate), some in alike.items():
        first = plan.name(int(plan.a[some[0][1]])), plan.name(int(plan.b[some[0][1]]))
        lanes = found.seen.built.cables[some[0][0]].lanes
        told = f" on {lanes} lanes" if lanes else ""
        message = f"{len(some)} links of `{a}` to `{b}` run"
        if len(some) == 1:
            message = f"the link `{first[0]}` to `{first[1]}` runs"
        message += f" at {_rate(rate)}{told}, not {_rate(meant)}"
        tasks = [
            Task(
                f"see why the link to `{plan.name(int(plan.b[k]))}` runs at {_rate(rate)}",
                int(plan.a[k]) // plan.stride,
                int(plan.a[k]),
            )
            for _, k in some
        ]
        found.explain(rules.SLOW, message, tasks, (), (c for c, _ in some), links=len(some))


def _rate(value: float) -> str:
    from fractions import Fraction

    return show(Quantity(Fraction(value).limit_denominator(1000), RATE), places=4)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _part(found: Open) -> None:
    """Devices whose part number is stated and is not what they say; one is told by the beginning of the other."""
    plan, built = found.plan, found.seen.built
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for node, device in enumerate(found.match.device.tolist()):
        said = built.devices[int(found.seen.device[node])].part
        meant = plan.component(device).text("part_number") if device >= 0 else ""
        a, b = _plain(said), _plain(meant)
        if a and b and not (a.startswith(b[: max(SHORTEST, len(a))]) or b.startswith(a)):
            alike[meant, said].append(device)
    for (meant, said), devices in alike.items():
        names = [plan.net.name(d) for d in devices]
        message = f"`{names[0]}`" + (f" and {len(names) - 1} more are" if len(names) > 1 else " is")
        message += f" {said}, not {meant}"
        tasks = [Task(f"this is {said}, not {meant}", d, UNKNOWN) for d in devices]
        found.explain(rules.PART, message, tasks, devices=devices, links=0)


def _firmware(found: Open) -> None:
    plan, built = found.plan, found.seen.built
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for node, device in enumerate(found.match.device.tolist()):
        said = built.devices[int(found.seen.device[node])].firmware
        meant = plan.component(device).text("firmware") if device >= 0 else ""
        if said and meant and said != meant:
            alike[meant, said].append(device)
    for (meant, said), devices in alike.items():
        names = [plan.net.name(d) for d in devices]
        message = f"`{names[0]}`" + (f" and {len(names) - 1} more have" if len(names) > 1 else " has")
        tasks = [Task(f"update firmware {said} to {meant}", d, UNKNOWN) for d in devices]
        found.explain(rules.FIRMWARE, f"{message} firmware {said}, not {meant}", tasks, devices=devices, links=0)


def _length(found: Open, subject: Subject) -> None:
    """Cables whose length was read, beside the stocked length of their route."""
    plan, built = found.plan, found.seen.built
    wanted = {plan.name(int(plan.a[k])): c for c, k in found.paired.items() if built.cables[c].metres is not None}
    alike: dict[tuple[str, float], list[tuple[int, int]]] = defaultdict(list)
    for cable in schedule(subject):
        for path in (*cable.a.paths, *cable.b.paths):
            seen = wanted.get(path)
            length = cable.stock
            if seen is None or length is None:
                continue
            metres = built.cables[seen].metres
            assert metres is not None
            if abs(metres - float(length.value)) > 0.05 * float(length.value):
                alike[show(length), metres].append((seen, found.paired[seen]))
    for (meant, metres), some in alike.items():
        ends = plan.name(int(plan.a[some[0][1]])), plan.name(int(plan.b[some[0][1]]))
        message = f"the cable from `{ends[0]}` to `{ends[1]}`"
        message += f" and {len(some) - 1} more are" if len(some) > 1 else " is"
        ports = [int(plan.a[k]) for _, k in some]
        tasks = [Task(f"this cable has {metres:g} m, not {meant}", port // plan.stride, port) for port in ports]
        message += f" {metres:g} m long, not {meant}"
        found.explain(rules.LENGTH, message, tasks, (), (c for c, _ in some), links=len(some))
