"""Single cables that are wrong, and why.

Ports that are joined by missing links and by wrong cables form paths and rings, since each port has one of either at
most; the form of each tells what was done. A ring of two links and two cables is a swapped pair, a longer one a
rotation; a path from a link to a cable is a cable with one end in the wrong port; what is left alone is missing, or too
many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from cmxdsl.analysis.verification import rules
from cmxdsl.analysis.verification.causes import Open, Task, degrees, other_end
from cmxdsl.analysis.verification.sight import UNKNOWN

TOGETHER = 3  # cables missing at one device that are one cause


def chains(found: Open) -> None:
    """Paths and rings of missing links and wrong cables that share ports."""
    plan = found.plan
    for links, cables, ring in list(_components(found)):
        wrong = sorted(cables)
        pairs = {tuple(sorted(p // plan.stride for p in found.ports(c))) for c in wrong}
        if ring and len(pairs) == 1:
            a, b = (plan.net.name(d) for d in pairs.pop())
            message = f"{len(wrong)} parallel cables between `{a}` and `{b}` are crossed"
            found.explain(rules.PARALLEL, message, _moves(found, wrong), links, wrong)
        elif ring:
            found.explain(rules.SWAPPED, _swapped(found, wrong), _moves(found, wrong), links, wrong)
        elif links:
            _misplaced(found, wrong)


def _misplaced(found: Open, wrong: list[int]) -> None:
    """The cables of a path, from its ends inward: one end of each is taken for right, and the link there explained."""
    plan = found.plan
    while rest := [c for c in wrong if c in found.cables and any(p in found.meant for p in found.ports(c))]:
        cable = min(rest, key=lambda c: (sum(p in found.meant for p in found.ports(c)), c))
        side = next(k for k, p in enumerate(found.ports(cable)) if p in found.meant)
        kept, moved = found.ports(cable)[side], found.ports(cable)[1 - side]
        due = plan.name(int(plan.far[kept]))
        is_ = found.end(cable, 1 - side)
        message = f"the cable of `{plan.name(kept)}` is at `{is_}`, not at `{due}`"
        task = Task(f"move this end to `{due}`", moved // plan.stride if moved >= 0 else UNKNOWN, moved, is_)
        found.explain(rules.MISPLACED, message, [task], [found.meant[kept]], [cable])


def _components(found: Open) -> Iterator[tuple[set[int], set[int], bool]]:
    """Links and cables that hang together by ports, and whether they form a ring; only where there are cables."""
    plan = found.plan
    done: set[int] = set()
    for start in sorted(found.cables):
        if start in done:
            continue
        links: set[int] = set()
        cables: set[int] = set()
        pending = [start]
        while pending:
            cable = pending.pop()
            if cable in cables:
                continue
            cables.add(cable)
            for port in found.ports(cable):
                link = found.meant.get(port)
                if link is None or link in links:
                    continue
                links.add(link)
                for other in (int(plan.a[link]), int(plan.b[link])):
                    if other in found.built:
                        pending.append(found.built[other])
        done |= cables
        ports = {p for c in cables for p in found.ports(c)}
        ring = len(links) == len(cables) and UNKNOWN not in ports
        ring = ring and ports == {int(side[link]) for link in links for side in (plan.a, plan.b)}
        yield links, cables, ring


def _swapped(found: Open, wrong: list[int]) -> str:
    if len(wrong) == 2:
        (a, b), (c, d) = (tuple(found.end(w, side) for side in (0, 1)) for w in wrong)
        return f"two cables are swapped: `{a}` is joined to `{b}`, and `{c}` to `{d}`"
    first = found.end(wrong[0], 0), found.end(wrong[0], 1)
    return f"{len(wrong)} cables are in one another's places: `{first[0]}` is joined to `{first[1]}`, and so on"


def _moves(found: Open, wrong: list[int]) -> list[Task]:
    """The ends to move: on the side where they are closest together, by device."""
    plan = found.plan
    tasks = []
    keep = _side(found, wrong)
    for cable, side in zip(wrong, keep, strict=True):
        ports = found.ports(cable)
        due = int(plan.far[ports[1 - side]])
        tasks.append(
            Task(
                f"move this end to `{plan.name(due)}`, so that it joins `{plan.name(ports[1 - side])}`",
                ports[side] // plan.stride,
                ports[side],
            )
        )
    return tasks


def _side(found: Open, wrong: list[int]) -> list[int]:
    """For each cable of a ring the end to move, such that no port is left without and none gets two.

    A ring of ports goes link, cable, link, cable; the ends to move are every second port of it."""
    plan = found.plan
    first = wrong[0]
    sides = {first: 1}
    here = first
    while True:
        fixed = found.ports(here)[1 - sides[here]]
        due = int(plan.far[fixed])  # this end's place, in which the next cable's end is
        following = found.built.get(due)
        if following is None or following in sides:
            break
        sides[following] = found.ports(following).index(due)
        here = following
    return [sides.get(cable, 1) for cable in wrong]


def single(found: Open) -> None:
    """Cables that are missing, and those that are too many."""
    plan = found.plan
    at: dict[int, set[int]] = defaultdict(set)
    for link in found.links:
        for port in (int(plan.a[link]), int(plan.b[link])):
            at[port // plan.stride].add(link)
    total = degrees(found)
    while at:
        device = max(at, key=lambda d: (len(at[d]), -total[d], -d))
        links = at[device] & found.links
        if len(links) < TOGETHER:
            break
        others = Counter(other_end(found, link, device) for link in links)
        where = ", ".join(f"`{plan.net.name(d)}`" + (f" ({n})" if n > 1 else "") for d, n in sorted(others.items())[:6])
        message = f"{len(links)} of the {total[device]} cables of `{plan.net.name(device)}` are missing: to {where}"
        message += ", …" if len(others) > 6 else ""
        found.explain(rules.MISSING, message, [_plug(found, link) for link in sorted(links)], links)
        for other in others:
            at[other] -= links
        del at[device]
    pairs: dict[tuple[int, int], list[int]] = defaultdict(list)
    for link in sorted(found.links):
        pairs[int(plan.a[link]) // plan.stride, int(plan.b[link]) // plan.stride].append(link)
    for few in pairs.values():
        ends = f"`{plan.name(int(plan.a[few[0]]))}` to `{plan.name(int(plan.b[few[0]]))}`"
        message = f"the cable from {ends} is missing" if len(few) == 1 else f"{len(few)} cables are missing: {ends}, …"
        found.explain(rules.MISSING, message, [_plug(found, link) for link in few], few)
    for cable in sorted(found.cables):
        a, b = found.end(cable, 0), found.end(cable, 1)
        port = max(found.ports(cable))
        device = port // plan.stride if port >= 0 else int(max(found.match.device[n] for n in found.nodes(cable)))
        task = Task(f"take out the cable from `{a}` to `{b}`", device, port)
        found.explain(rules.EXTRA, f"there is a cable from `{a}` to `{b}`", [task], (), [cable])


def _plug(found: Open, link: int) -> Task:
    plan = found.plan
    a, b = int(plan.a[link]), int(plan.b[link])
    return Task(f"plug in, or see to, the cable to `{plan.name(b)}`", a // plan.stride, a)
