"""Numbers of a machine: parts, totals, ports, planes, and the same by rack."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from .expand import Joint, Machine, Path
from .parts import UNKNOWN, Part

OWED = {  # kinds that state the attribute, or are known not to
    "power.typical": ("chip", "switch", "optic"),
    "power.peak": ("chip", "switch", "optic"),
    "price": ("chip", "switch", "optic", "cable", "fiber"),
    "mass": ("rack", "chassis", "board"),
}
Standing = tuple[Part, Path | None, Fraction]  # a part, the rack it stands in, and how much of it stands there


def carriers(machine: Machine) -> Iterator[list[Joint]]:
    """The links of each cable, fiber or pair of transceivers."""
    found: dict[tuple[Path, int, int], list[Joint]] = defaultdict(list)
    for joint in machine.joints:
        found[joint.owner, id(joint.pattern), joint.carrier].append(joint)
    yield from found.values()


def standing(machine: Machine) -> Iterator[Standing]:
    """Every part, where it stands: a medium or adapter is half at each end, a transceiver at its end.

    The parts of a bundle stand where its first link ends; those at the far end of a breakout where each link ends.
    """
    half = Fraction(1, 2)
    for thing in machine.things.values():
        yield thing.part, thing.rack, Fraction(1)
    for joints in carriers(machine):
        medium = joints[0].pattern.medium
        if medium is None:
            continue
        racks = [machine.things[end[0]].rack for end in (joints[0].a, joints[0].b)]
        laid = medium
        if medium.kind == "optic":
            far = medium.inner("far")
            yield medium, racks[0], Fraction(1)
            if far is None:
                yield medium, racks[1], Fraction(1)
            for joint in joints if far is not None else ():
                yield far, machine.things[joint.b[0]].rack, Fraction(1)
            if (fiber := medium.inner("fiber")) is None:
                continue
            laid = fiber
        for rack in racks:
            yield laid, rack, half * (laid.number("pieces") or 1)
    for joints in _by_pattern(machine):
        adapter = joints[0].pattern.adapter
        if adapter is None:
            continue
        serves = int(adapter.number("serves") or 1)
        for first in range(0, len(joints), serves):
            for end in (joints[first].a, joints[first].b):
                yield adapter, machine.things[end[0]].rack, half


def _by_pattern(machine: Machine) -> Iterator[list[Joint]]:
    found: dict[tuple[Path, int], list[Joint]] = defaultdict(list)
    for joint in machine.joints:
        found[joint.owner, id(joint.pattern)].append(joint)
    yield from found.values()


def counts(machine: Machine) -> dict[str, int]:
    """How many of each part, by name."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for part, _, share in standing(machine):
        found[part.name] += share
    assert all(n.denominator == 1 for n in found.values())
    return {name: int(n) for name, n in sorted(found.items())}


@dataclass
class Sum:
    """A sum and how many parts it is made of; `missing` ones owe the attribute and do not state it."""

    value: Fraction = Fraction(0)
    known: Fraction = Fraction(0)
    missing: Fraction = Fraction(0)


@dataclass
class Totals:
    whole: Sum = field(default_factory=Sum)
    racks: dict[Path | None, Sum] = field(default_factory=lambda: defaultdict(Sum))


def totals(machine: Machine, attribute: str) -> Totals:
    """The sum of an attribute over all parts, and over those of each rack (None: those that stand in none)."""
    found = Totals()
    for part, rack, share in standing(machine):
        for into in (found.whole, found.racks[rack]):
            value = part.number(attribute)
            if value is not None:
                into.value += value * share
                into.known += share
            elif part.attributes.get(attribute) is UNKNOWN or (
                attribute not in part.attributes
                and part.kind in OWED.get(attribute, ())
                and not _said_below(part, attribute)
            ):
                into.missing += share
    return found


def _said_below(part: Part, attribute: str) -> bool:
    """Whether something inside says it, so that a package need not say again what its dies do."""
    return any(attribute in inner.attributes or _said_below(inner, attribute) for _, inner in part.instances.values())


@dataclass
class Plane:
    """A network's counts, and the rates of its links and of its endpoints' linked ports, where each is known."""

    links: int = 0
    ports: int = 0
    used: int = 0
    endpoints: int = 0
    switches: int = 0
    bandwidth: Fraction = Fraction(0)
    media: Counter[str] = field(default_factory=Counter)


def planes(machine: Machine) -> dict[str, Plane]:
    """Each network that has a port or a link."""
    found: dict[str, Plane] = defaultdict(Plane)
    for thing in machine.things.values():
        mine: Counter[str] = Counter()
        for port in thing.part.ports.values():
            if port.exposes is None:
                mine[port.plane] += port.count
        for name, size in mine.items():
            if size:
                found[name].ports += size
                if thing.part.kind == "switch":
                    found[name].switches += 1
                else:
                    found[name].endpoints += 1
    for joint in machine.joints:
        plane = found[joint.plane]
        plane.links += 1
        plane.bandwidth += joint.rate or 0
    for name, plane in found.items():
        plane.used = len({end for j in machine.joints for end in (j.a, j.b) if machine.port(end).plane == name})
    return dict(found)


def free_ports(machine: Machine) -> dict[tuple[tuple[str, ...], str], tuple[int, int]]:
    """For each group of ports, by the names that lead to it: how many there are, and how many have no link."""
    used = Counter(end[:2] for end in {end for joint in machine.joints for end in (joint.a, joint.b)})
    found: dict[tuple[tuple[str, ...], str], tuple[int, int]] = {}
    for thing in machine.things.values():
        names = tuple(name for name, _ in thing.path)
        for name, port in thing.part.ports.items():
            if port.exposes is None:
                total, free = found.get((names, name), (0, 0))
                found[names, name] = (total + port.count, free + port.count - used[thing.path, name])
    return found
