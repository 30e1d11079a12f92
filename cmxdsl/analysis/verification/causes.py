"""What differs, as causes: each explains as many links as it can, and says what to do at which end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from cmxdsl.analysis.network.wiring import Plan
from cmxdsl.analysis.verification.matching import Match, ends, right
from cmxdsl.analysis.verification.sight import UNKNOWN, Sight
from cmxdsl.diagnostics import Rule
from cmxdsl.records import define, field, frozen


@frozen
class Task:
    """Something to do at one port or one device. `port` is the plan's, UNKNOWN for one of a device that the design does
    not have, whose name and port then stand in `other`."""

    do: str
    device: int
    port: int
    other: str = ""


@frozen
class Cause:
    """One thing that is wrong, the number of links that it explains, what to do, and where in the dumps it is seen.

    `missing` are links of the design and `wrong` cables of the dump that it explains.
    """

    rule: Rule
    message: str
    links: int
    tasks: tuple[Task, ...]
    seen: tuple[str, int]
    missing: tuple[int, ...] = field(default=(), repr=False)
    wrong: tuple[int, ...] = field(default=(), repr=False)
    devices: tuple[int, ...] = field(default=(), repr=False)


@define
class Open:
    """What no cause explains yet: links of the design that are not there, cables that the design does not have.

    `meant` is the missing link at each port, `built` the wrong cable at each. A cable's ends are ports of the plan,
    UNKNOWN where its device or its port is not told.
    """

    plan: Plan
    seen: Sight
    match: Match
    ends: tuple[Any, Any]
    ok: Any
    links: set[int]
    cables: set[int]
    meant: dict[int, int] = field(factory=dict)
    built: dict[int, int] = field(factory=dict)
    paired: dict[int, int] = field(factory=dict)  # of right cables, the link of each
    causes: list[Cause] = field(factory=list)

    def explain(
        self,
        rule: Rule,
        message: str,
        tasks: Iterable[Task],
        missing: Iterable[int] = (),
        wrong: Iterable[int] = (),
        devices: Iterable[int] = (),
        links: int | None = None,
    ) -> None:
        """A cause, whose links and cables are open no more."""
        missing, wrong = tuple(sorted(missing)), tuple(sorted(wrong))
        for link in missing:
            self.links.discard(link)
            for port in (int(self.plan.a[link]), int(self.plan.b[link])):
                self.meant.pop(port, None)
        for cable in wrong:
            self.cables.discard(cable)
            for port in self.ports(cable):
                self.built.pop(port, None)
        count = max(len(missing), len(wrong)) if links is None else links
        place = self.place(wrong[0]) if wrong else self.files()
        self.causes.append(Cause(rule, message, count, tuple(tasks), place, missing, wrong, tuple(devices)))

    def place(self, cable: int) -> tuple[str, int]:
        found = self.seen.built.cables[cable]
        return found.file, found.line

    def files(self) -> tuple[str, int]:
        first = self.seen.built.cables[0]
        return first.file, 1

    def ports(self, cable: int) -> tuple[int, int]:
        return int(self.ends[0][cable]), int(self.ends[1][cable])

    def nodes(self, cable: int) -> tuple[int, int]:
        return int(self.seen.a[cable]), int(self.seen.b[cable])

    def end(self, cable: int, side: int) -> str:
        """A cable's end in the design's words, or where it has none in those of the dump."""
        port = self.ports(cable)[side]
        if port >= 0:
            return self.plan.name(port)
        node = self.nodes(cable)[side]
        device = int(self.match.device[node])
        own = self.seen.built.cables[cable]
        text = own.b_port if side else own.a_port
        return f"{self.plan.net.name(device) if device >= 0 else self.seen.name(node)} port {text}"


def opened(plan: Plan, seen: Sight, match: Match) -> Open:
    """What is right set aside. A cable whose ports are not told counts as any link between its devices."""
    import numpy as np

    a, b = ends(plan, seen, match.device)
    ok = right(plan, seen, match.device)
    there = np.zeros(plan.net.links, dtype=bool)
    there[plan.link[a[ok]]] = True
    found = Open(plan, seen, match, (a, b), ok, set(), set())
    found.paired = dict(zip(np.flatnonzero(ok).tolist(), plan.link[a[ok]].tolist(), strict=True))
    links, cables = np.flatnonzero(~there), np.flatnonzero(~ok)
    _loose(found, links.tolist(), cables.tolist())
    return found


def _loose(found: Open, links: list[int], cables: list[int]) -> None:
    """Cables with a port that is not told take any link between their devices that nothing else is."""
    plan, device = found.plan, found.match.device
    between: dict[tuple[int, int], list[int]] = {}
    loose = [c for c in cables if min(found.ports(c)) < 0 and min(int(device[n]) for n in found.nodes(c)) >= 0]
    if loose:
        for link in reversed(links):
            pair = sorted((int(plan.a[link]) // plan.stride, int(plan.b[link]) // plan.stride))
            between.setdefault((pair[0], pair[1]), []).append(link)
    taken: set[int] = set()
    for cable in loose:
        pair = sorted(int(device[n]) for n in found.nodes(cable))
        rest = between.get((pair[0], pair[1]), [])
        fitting = next((k for k in range(len(rest) - 1, -1, -1) if _fits(found, cable, rest[k])), None)
        if fitting is not None:
            found.paired[cable] = rest.pop(fitting)
            taken.add(found.paired[cable])
            found.ok[cable] = True
    found.links = {link for link in links if link not in taken}
    found.cables = {cable for cable in cables if not found.ok[cable]}
    for link in found.links:
        found.meant[int(plan.a[link])] = found.meant[int(plan.b[link])] = link
    for cable in found.cables:
        for port in found.ports(cable):
            if port >= 0:
                found.built[port] = cable


def _fits(found: Open, cable: int, link: int) -> bool:
    """Whether the ports of a cable that are told are those of a link."""
    told = [port for port in found.ports(cable) if port != UNKNOWN]
    return all(port in (int(found.plan.a[link]), int(found.plan.b[link])) for port in told)


def degrees(found: Open) -> Counter[int]:
    """How many links each device is meant to have."""
    import numpy as np

    plan = found.plan
    many = np.bincount(np.concatenate([plan.a, plan.b]) // plan.stride, minlength=plan.net.size)
    return Counter(dict(enumerate(many.tolist())))


def other_end(found: Open, link: int, device: int) -> int:
    plan = found.plan
    a, b = int(plan.a[link]) // plan.stride, int(plan.b[link]) // plan.stride
    return b if a == device else a
