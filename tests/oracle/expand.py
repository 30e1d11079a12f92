"""Every device, port, link and medium of a design, one by one, with the rack that each stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from .parts import Expr, Part, Pattern, Port, evaluate, every, tuples

Path = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(eq=False)
class Thing:
    """One component: where it is, what holds it, and the rack that it stands in (or is)."""

    path: Path
    part: Part
    holder: Thing | None
    rack: Path | None


@dataclass
class Joint:
    """One link: its two (device, port name, port index); which pattern of which thing it is of, and its carrier there."""

    a: tuple[Path, str, tuple[int, ...]]
    b: tuple[Path, str, tuple[int, ...]]
    owner: Path
    pattern: Pattern
    carrier: int
    plane: str
    rate: Fraction | None


@dataclass
class Machine:
    """What a design amounts to. `faults` holds the code of everything that a design must not do."""

    things: dict[Path, Thing] = field(default_factory=dict)
    joints: list[Joint] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    broken: set[tuple[int, str]] = field(default_factory=set)  # exposed ports that do not lead to ports

    def port(self, end: tuple[Path, str, tuple[int, ...]]) -> Port:
        return self.things[end[0]].part.ports[end[1]]


class Fault(Exception):
    """What is wrong, by the code that cmx gives it."""


Choose = Callable[[Machine, Thing, Pattern, list[Joint]], list[tuple[Pattern, list[Joint]]]]


def expand(top: Part, choose: Choose | None = None) -> Machine:
    """The machine. Patterns with a mistake are left out and their mistake is kept. `choose` decides which media the
    links of an open choice take; without it they take none."""
    machine = Machine()

    def visit(path: Path, part: Part, holder: Thing | None, rack: Path | None) -> None:
        thing = Thing(path, part, holder, path if part.kind == "rack" and rack is None else rack)
        machine.things[path] = thing
        for name, (shape, inner) in part.instances.items():
            for index in every(shape):
                visit((*path, (name, index)), inner, thing, thing.rack)

    visit((), top, None, None)
    checked: set[int] = set()
    for thing in machine.things.values():
        if id(thing.part) not in checked:
            checked.add(id(thing.part))
            _exposed(machine, thing)
    for thing in machine.things.values():
        for pattern in thing.part.links:
            try:
                joints = links_of(machine, thing, pattern)
            except Fault as fault:
                machine.faults.add(str(fault))
                continue
            machine.joints += joints
            some = choose(machine, thing, pattern, joints) if choose and pattern.choices else [(pattern, joints)]
            for new, own in some:
                machine.faults |= _judged(machine, new, own)
    machine.faults |= _twice(machine)
    return machine


def links_of(machine: Machine, owner: Thing, pattern: Pattern) -> list[Joint]:
    found: list[Joint] = []
    for number, at in enumerate(tuples(pattern.ranges, pattern.where)):
        a, b = (_reach(machine, owner, end, at) for end in (pattern.a, pattern.b))
        one, other = machine.port(a), machine.port(b)
        rates = [p.rate for p in (one, other) if p.rate is not None]
        rate = min(rates) if len(rates) == 2 else None
        found.append(Joint(a, b, owner.path, pattern, number // pattern.bundle, one.plane, rate))
    if pattern.adapter is None and not _understood(owner.part, pattern):
        machine.faults.add("CMX0502")
    return found


def _judged(machine: Machine, pattern: Pattern, found: list[Joint]) -> set[str]:
    """What is wrong with the media of a pattern's links."""
    faults = set()
    known = {p.rate for j in found for p in (machine.port(j.a), machine.port(j.b)) if p.rate is not None}
    medium = pattern.medium if found else None
    carries = (medium.number("line_rate") or medium.number("rate")) if medium is not None else None
    if carries is not None and known and carries < min(known) * pattern.bundle:
        faults.add("CMX0551")
    if pattern.medium is not None and _apart(machine, found, pattern):
        faults.add("CMX0561")
    if len(found) % pattern.bundle:
        faults.add("CMX0556")
    return faults


def _understood(owner: Part, pattern: Pattern) -> bool:
    """Whether both ends speak one protocol, or one that is a variant of the other's; links there may be none."""
    one, other = (port_at(owner, end) for end in (pattern.a, pattern.b))
    return bool({one.protocol, other.protocol} & one.related & other.related)


def port_at(part: Part, path: list[tuple[str, list[Expr]]]) -> Port:
    """The port that a path names, whatever its indices."""
    for name, _ in path[:-1]:
        part = part.instances[name][1]
    return part.ports[path[-1][0]]


def _apart(machine: Machine, found: list[Joint], pattern: Pattern) -> bool:
    """Whether links that share a medium end in different racks; the far ends of a breakout may."""
    assert pattern.medium is not None
    far = pattern.medium.inner("far") is not None
    for first in range(0, len(found), pattern.bundle):
        together = found[first : first + pattern.bundle]
        near, other = (
            {machine.things[end[0]].rack for end in side} for side in ([j.a for j in together], [j.b for j in together])
        )
        if len(near) > 1 or (len(other) > 1 and not far):
            return True
    return False


def _reach(
    machine: Machine, owner: Thing, end: list[tuple[str, list[Expr]]], at: dict[str, int]
) -> tuple[Path, str, tuple[int, ...]]:
    """The real port that a path leads to for one tuple, exposed ports followed."""
    here = owner
    for name, indices in end[:-1]:
        shape, _ = here.part.instances[name]
        here = machine.things[(*here.path, (name, _index(indices, at, shape)))]
    name, indices = end[-1]
    port = here.part.ports[name]
    index = _index(indices, at, port.shape)
    if port.exposes is None:
        return here.path, name, index
    if (id(here.part), name) in machine.broken:
        raise Fault("CMX0402")
    variables, target = port.exposes
    return _reach(machine, here, target, dict(zip((v for v, _ in variables), index, strict=True)))


def _index(indices: list[Expr], at: dict[str, int], shape: tuple[int, ...]) -> tuple[int, ...]:
    values = tuple(int(evaluate(e, at)) for e in indices)
    if any(not 0 <= value < size for value, size in zip(values, shape, strict=True)):
        raise Fault("CMX0402")
    return values


def _exposed(machine: Machine, thing: Thing) -> None:
    """Whether an exposed port leads somewhere for each of its indices, used or not; where one does not, no link that
    leads through it is looked at."""
    broken = set()
    for name, port in thing.part.ports.items():
        for index in every(port.shape) if port.exposes is not None else ():
            try:
                _reach(machine, thing, [(name, list(index))], {})
            except Fault as fault:
                machine.faults.add(str(fault))
                broken.add((id(thing.part), name))
    machine.broken |= broken


def _twice(machine: Machine) -> set[str]:
    taken = set()
    for joint in machine.joints:
        for end in (joint.a, joint.b):
            if end in taken and not machine.port(end).shared:
                return {"CMX0501"}
            taken.add(end)
    return set()
