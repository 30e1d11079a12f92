"""Numbers of a machine: parts, totals, ports, planes, and the same by rack."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from .expand import Joint, Machine, Path, Thing
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
        many = -(-len(joints) // int(adapter.number("serves") or 1))
        for joint in joints:  # all of them share the adapters alike
            for end in (joint.a, joint.b):
                yield adapter, machine.things[end[0]].rack, half * many / len(joints)


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
                and (attribute == "mass" or not _said_below(part, attribute))
            ):
                into.missing += share
    return found


def _said_below(part: Part, attribute: str) -> bool:
    """Whether something inside says it, so that a package need not say again what its dies do. Mass is a part's own."""
    return any(attribute in inner.attributes or _said_below(inner, attribute) for _, inner in part.instances.values())


@dataclass
class Plane:
    """A network's counts and rates. A rate is the sum of what is known, and how many links or ports it leaves out."""

    links: int = 0
    ports: int = 0
    endpoints: int = 0
    switches: int = 0
    others: int = 0
    bandwidth: Sum = field(default_factory=Sum)
    injection: Sum = field(default_factory=Sum)
    port_rate: Sum = field(default_factory=Sum)


def planes(machine: Machine) -> dict[str, Plane]:
    """Each network that has a port or a link."""
    found: dict[str, Plane] = defaultdict(Plane)
    on: dict[str, list[Thing]] = defaultdict(list)
    for thing in machine.things.values():
        for name in {p.plane for p in thing.part.ports.values() if p.exposes is None and p.count}:
            on[name].append(thing)
    for name, things in on.items():
        plane, ends = found[name], {t.path for t in endpoints(things)}
        plane.endpoints = len(ends)
        plane.switches = sum(t.path not in ends and t.part.kind == "switch" for t in things)
        plane.others = len(things) - plane.endpoints - plane.switches
        for thing in things:
            for port in thing.part.ports.values():
                if port.plane == name and port.exposes is None:
                    plane.ports += port.count
                    if thing.path in ends:
                        _add(plane.port_rate, port.rate, port.count)
        for joint in machine.joints:
            if joint.plane == name:
                plane.links += 1
                _add(plane.bandwidth, joint.rate, 1)
                _add(plane.injection, joint.rate, sum(end[0] in ends for end in (joint.a, joint.b)))
    return dict(found)


def endpoints(things: list[Thing]) -> list[Thing]:
    """Of what has ports on a plane: accelerators where there are any, else all that is no switch, else everything."""
    chosen = [t for t in things if computes(t.part)]
    return chosen or [t for t in things if t.part.kind != "switch"] or things


def computes(part: Part) -> bool:
    """Whether it is an accelerator: its role says so, or it states its compute and no role."""
    role = part.attributes.get("role")
    stated = any(a.startswith("compute.") and v is not UNKNOWN for a, v in part.attributes.items())
    return part.kind == "chip" and (role == "accelerator" or (role is None and stated))


def _add(into: Sum, rate: Fraction | None, many: int) -> None:
    if rate is None:
        into.missing += many
    else:
        into.value += rate * many
        into.known += many


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
