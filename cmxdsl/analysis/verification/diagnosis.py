"""From differences to causes.

The order is that of what explains most: devices that are not there, devices that are cabled as another, devices whose
ports are taken in another order; what is left are single cables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from math import prod
from typing import Any

from cmxdsl.analysis.base.injection import port_count
from cmxdsl.analysis.base.ports import Names, numbered
from cmxdsl.analysis.verification import rules
from cmxdsl.analysis.verification.causes import Open, Task, degrees, other_end
from cmxdsl.analysis.verification.chains import TOGETHER, chains, single
from cmxdsl.analysis.verification.sight import UNKNOWN
from cmxdsl.diagnostics import quoted

SHARE = 0.6  # of a device's cables that tell what it is cabled as
_LOOK = "look whether it is there, powered and cabled"
FEW = 2  # cables that have to agree on that


def diagnose(found: Open) -> None:
    """Explains everything that is open."""
    _absent(found)
    _strange(found)
    _standing_for(found)
    _turned(found)
    chains(found)
    single(found)


# --- devices ----------------------------------------------------------------------------------------------


def _absent(found: Open) -> None:
    """Devices that nothing which was seen is; those whose every link leads to another such one are explained by it."""
    import numpy as np

    plan = found.plan
    linked = np.bincount(np.concatenate([plan.a, plan.b]) // plan.stride, minlength=plan.net.size)
    there = np.zeros(plan.net.size, dtype=bool)
    there[found.match.device[found.match.device >= 0]] = True
    gone = ~there & (linked > 0)
    if not gone.any():
        return
    at: dict[int, list[int]] = defaultdict(list)
    for link in found.links:
        for port in (int(plan.a[link]), int(plan.b[link])):
            if gone[port // plan.stride]:
                at[port // plan.stride].append(link)
    far = {d: {other_end(found, link, d) for link in at[d]} for d in np.flatnonzero(gone).tolist()}
    switch = plan.net.mask(switches=True)
    hidden: set[int] = set()
    for whole, inner in _wholes(found, list(far), linked):
        links = {link for d in inner for link in at[d]} & found.links
        message = f"`{whole}` is not there: none of its {len(inner)} devices on the plane"
        found.explain(rules.ABSENT, message, [Task(_LOOK, inner[0], UNKNOWN)], links, devices=inner)
        hidden.update(inner)
    behind: dict[int, list[int]] = defaultdict(list)
    for device, others in far.items():
        if device not in hidden and not switch[device] and others and all(gone[o] and switch[o] for o in others):
            behind[min(others)].append(device)
    hidden.update(d for some in behind.values() for d in some)
    alone: dict[tuple[int, int], list[int]] = defaultdict(list)
    for device in sorted(far, key=lambda d: (-len(at[d]), d)):
        if device in hidden:
            continue
        if not switch[device] and len(at[device]) == 1:
            alone[plan.net.group_of(device).start, min(far[device])].append(device)
            continue
        more = behind.get(device, [])
        links = {link for d in (device, *more) for link in at[d]} & found.links
        note = f"; nor are the {len(more)} that only it leads to" if more else ""
        message = f"`{plan.net.name(device)}` is not there{note}"
        found.explain(rules.ABSENT, message, [Task(_LOOK, device, UNKNOWN)], links, devices=[device, *more])
    for (_, other), devices in alone.items():
        links = {link for d in devices for link in at[d]} & found.links
        names = [plan.net.name(d) for d in devices]
        message = f"{quoted(names[:4])}{', …' if len(names) > 4 else ''} {'is' if len(names) == 1 else 'are'} not seen"
        message += f" at `{plan.net.name(other)}`" + (f": {len(names)} devices" if len(names) > 4 else "")
        tasks = [Task(_LOOK, d, min(_ports(found, at[d], d), default=UNKNOWN)) for d in devices]
        found.explain(rules.ABSENT, message, tasks, links, devices=devices)


def _wholes(found: Open, gone: list[int], linked: Any) -> Iterator[tuple[str, list[int]]]:
    """The outermost instances that hold several devices of the plane, switches or endpoints, of which none is there:
    racks, or nodes with their adapters."""
    held: dict[Names, Any] = {}  # linked devices of the plane in each instance of an array
    for group in found.plan.net.groups:
        own = linked[group.start : group.start + group.count] > 0
        for k in range(1, len(group.names)):
            each = prod(n for step in group.steps[k:] for n in step)
            held[group.names[:k]] = held.get(group.names[:k], 0) + own.reshape(-1, max(1, each)).sum(axis=1)
    inside: dict[tuple[Names, int], list[int]] = defaultdict(list)
    above: dict[int, list[tuple[Names, int]]] = {}
    for device in gone:
        group = found.plan.net.group_of(device)
        for k in range(1, len(group.names)):
            key = group.names[:k], (device - group.start) // prod(n for step in group.steps[k:] for n in step)
            inside[key].append(device)
            above.setdefault(device, []).append(key)
    told: set[tuple[Names, int]] = set()
    for device in gone:
        group = found.plan.net.group_of(device)
        for key in above.get(device, ()):
            if len(inside[key]) == held[key[0]][key[1]] > 1:
                if key not in told:
                    told.add(key)
                    yield numbered(key[0], list(group.steps[: len(key[0])]), key[1]), inside[key]
                break


def _ports(found: Open, links: list[int], device: int) -> list[int]:
    plan = found.plan
    return [p for link in links for p in (int(plan.a[link]), int(plan.b[link])) if p // plan.stride == device]


def _strange(found: Open) -> None:
    """Devices that the design does not have, and parts of the dump that nothing joins to it."""
    seen, device = found.seen, found.match.device
    cables: dict[int, list[int]] = defaultdict(list)
    for cable in found.cables:
        for node in found.nodes(cable):
            if device[node] < 0:
                cables[node].append(cable)
    for nodes in _islands(found, cables):
        every = {c for n in nodes for c in cables[n]} & found.cables
        outside = [c for c in every if any(device[n] >= 0 for n in found.nodes(c))]
        if not outside and len(nodes) > 1:
            names = quoted(seen.name(n) for n in nodes[:3])
            message = f"{len(nodes):,} devices, {names}, …, are joined to one another and to nothing of the design"
            found.explain(rules.APART, message, [], (), every)
            continue
        for node in nodes:
            own = sorted(set(cables[node]) & found.cables)
            if not own:
                continue
            where = [found.end(c, 1 - side) for c in own for side in (0, 1) if found.nodes(c)[side] == node]
            do = f"take out the cable to `{seen.name(node)}`, or put it where it is meant"
            ports = [port for c in own for port in found.ports(c) if port >= 0]
            tasks = [Task(do, port // found.plan.stride, port) for port in ports]
            message = f"`{seen.name(node)}` at {quoted(where[:4])} is in no place of the design"
            found.explain(rules.STRANGE, message, tasks, (), own)


def _islands(found: Open, cables: dict[int, list[int]]) -> Iterator[list[int]]:
    """Nodes that the design does not have, those together that cables join."""
    device, seen = found.match.device, set[int]()
    for start in sorted(cables):
        if start in seen:
            continue
        seen.add(start)
        pending, island = [start], []
        while pending:
            node = pending.pop()
            island.append(node)
            for cable in cables[node]:
                for other in found.nodes(cable):
                    if other not in seen and device[other] < 0:
                        seen.add(other)
                        pending.append(other)
        yield sorted(island)


def _wrong_at(found: Open) -> dict[int, list[tuple[int, int, int]]]:
    """Of each device of the plan its wrong cables with both ends told: the cable, its own port, the far one."""
    stride = found.plan.stride
    at: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for cable in sorted(found.cables):
        a, b = found.ports(cable)
        if a >= 0 and b >= 0:
            at[a // stride].append((cable, a, b))
            at[b // stride].append((cable, b, a))
    return at


def _standing_for(found: Open) -> None:
    """Devices whose cables go where another's should: exchanged ones together."""
    plan, stride = found.plan, found.plan.stride
    wired: dict[int, tuple[int, list[int]]] = {}
    total = degrees(found)
    at = _wrong_at(found)
    for device, cables in at.items():
        votes: dict[int, list[int]] = defaultdict(list)
        for cable, own, far in cables:
            due = int(plan.far[far])
            if due >= 0 and due // stride != device and due % stride == own % stride:
                votes[due // stride].append(cable)
        if votes:
            other, agreed = max(votes.items(), key=lambda v: (len(v[1]), -v[0]))
            if len(agreed) >= FEW and len(agreed) >= SHARE * max(total[device], len(cables)):
                wired[device] = other, agreed
    done: set[int] = set()
    for device in sorted(wired, key=lambda d: (-len(wired[d][1]), d)):
        other, agreed = wired[device]
        if device in done:
            continue
        back = other in wired and wired[other][0] == device
        ring = [device, other] if back else [device]
        done.update(ring)
        wrong = {c for d in ring for c in wired[d][1]} & found.cables
        if len(wrong) < FEW:
            continue
        links = {found.meant[p] for c in wrong for p in found.ports(c) if p in found.meant}
        names = [plan.net.name(d) for d in (device, other)]
        if back:
            message = f"`{names[0]}` and `{names[1]}` are exchanged: each has the cables of the other"
            tasks = [Task(f"exchange with `{name}`", d, UNKNOWN) for d, name in zip(ring, reversed(names), strict=True)]
        else:
            message = f"`{names[0]}` is cabled as `{names[1]}`"
            tasks = [Task(f"it has the cables of `{names[1]}`: move them, or name it so", device, UNKNOWN)]
        found.explain(rules.STANDS_FOR, message, tasks, links, wrong, ring)


def _turned(found: Open) -> None:
    """Devices whose cables reach the right ports through each other's own."""
    plan, stride = found.plan, found.plan.stride
    for device, cables in sorted(_wrong_at(found).items(), key=lambda row: -len(row[1])):
        moved: list[tuple[int, int, int, int]] = []  # cable, link, port meant, port taken
        for cable, own, far in cables:
            if cable in found.cables and far in found.meant:
                due = int(plan.far[far])
                if due // stride == device and due != own:
                    moved.append((cable, found.meant[far], due % stride, own % stride))
        if len(moved) < TOGETHER or _between_two(found, moved):
            continue
        most = 1 + max(max(row[2:]) for row in moved)
        size = _size(found, device)
        shift = Counter((taken - due) % size for _, _, due, taken in moved).most_common(1)[0]
        mirror = Counter(taken + due for _, _, due, taken in moved).most_common(1)[0]
        if shift[1] == len(moved):
            by = shift[0] if shift[0] <= size // 2 else shift[0] - size
            how = f"each cable is {abs(by)} port{'s' if abs(by) > 1 else ''} {'further' if by > 0 else 'before'}"
        elif mirror[1] == len(moved) and len(moved) > TOGETHER:
            how = f"port {mirror[0] - most + 1} to {most - 1} are counted from the other end"
        elif len(moved) >= max(TOGETHER + 1, SHARE * len(cables)) and {r[2] for r in moved} == {r[3] for r in moved}:
            cycle = _cycles(moved)
            if cycle < TOGETHER + 1:
                continue  # single swaps, which are told one by one
            how = "its cables are in one another's ports"
        else:
            continue
        name = plan.net.name(device)
        tasks = []
        for _, _, due, taken in sorted(moved, key=lambda row: row[3]):
            here, there = (plan.port_name(device * stride + number) for number in (taken, due))
            tasks.append(Task(f"move the cable in port `{here}` to `{there}`", device, device * stride + taken))
        message = f"the ports of `{name}` are taken in another order: {how}, {len(moved)} cables in all"
        wrong = [row[0] for row in moved]
        found.explain(rules.TURNED, message, tasks, [row[1] for row in moved], wrong, [device])


def _cycles(moved: list[tuple[int, int, int, int]]) -> int:
    """The longest ring of ports, each of which has the cable of the next."""
    following = {due: taken for _, _, due, taken in moved}
    longest, seen = 0, set[int]()
    for start in following:
        size, here = 0, start
        while here in following and here not in seen:
            seen.add(here)
            here, size = following[here], size + 1
        longest = max(longest, size)
    return longest


def _between_two(found: Open, moved: list[tuple[int, int, int, int]]) -> bool:
    """Whether all of these cables join the same two devices, so that either could be the one that is turned."""
    plan = found.plan
    pairs = {(int(plan.a[row[1]]) // plan.stride, int(plan.b[row[1]]) // plan.stride) for row in moved}
    return len(pairs) == 1


def _size(found: Open, device: int) -> int:
    return max(1, port_count(found.plan.component(device), found.plan.plane))
