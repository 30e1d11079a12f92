"""What cmx says of a design beside what counting says: the differences, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import cmxdsl
from cmxdsl.analysis.base.holders import holdings
from cmxdsl.analysis.base.planes import planes as planes_of
from cmxdsl.analysis.base.ports import PortMap, port_groups
from cmxdsl.analysis.physical.attribution import attribution, is_rack
from cmxdsl.analysis.physical.cables import bundles, cable_groups, purchases
from cmxdsl.analysis.physical.cables import count as count_cables
from cmxdsl.analysis.physical.schedule import schedule
from cmxdsl.analysis.totals.summary import summary
from cmxdsl.model import Component, Subject, total_of

from . import counts, lengths
from .choosing import choose
from .definitions import TRAVELS, Refused, build, text_of
from .expand import Machine, Path, expand
from .random_designs import design

DECIDED = {
    "CMX0217",
    "CMX0218",
    "CMX0401",
    "CMX0402",
    "CMX0403",
    "CMX0404",
    "CMX0501",
    "CMX0502",
    "CMX0551",
    "CMX0556",
    "CMX0561",
}
LET_PASS = {"CMX0556"}  # a warning: the design stands


@dataclass
class Opinion:
    """A random design as counting sees it: its text, what is wrong with it, and the machine where one can be made."""

    text: str
    top: str
    faults: set[str]
    refused: str
    machine: Machine | None


def opinion(seed: int) -> Opinion:
    definitions, top = design(seed)
    faults: set[str] = set()
    machine = None
    for definition in definitions:
        if definition.kind in TRAVELS:
            continue
        try:
            machine = expand(build(definition, {}), choose)
        except Refused as refused:
            return Opinion(text_of(definitions), top.name, set(), str(refused), None)
        faults |= machine.faults
    return Opinion(text_of(definitions), top.name, faults, "", machine)


def differences(mine: Opinion) -> Iterator[str]:
    """Where cmx and counting disagree about a random design."""
    theirs = cmxdsl.loads(mine.text, top=mine.top)
    codes = {d.code for d in theirs.diagnostics}
    if mine.refused:
        if mine.refused not in codes:
            yield f"{mine.refused} is missing; found are {sorted(codes)}"
        return
    if codes & DECIDED != mine.faults:
        yield f"findings: cmx {sorted(codes & DECIDED)}, counted {sorted(mine.faults)}"
        return
    if mine.faults <= LET_PASS and mine.machine is not None:
        yield from of_numbers(theirs.component, mine.machine)


def of_numbers(theirs: Component, machine: Machine) -> Iterator[str]:
    """Where they disagree about the numbers of a design that both understand."""
    subject = Subject(theirs)
    yield from _unlike("parts", summary(subject).counts, counts.counts(machine))
    for attribute in counts.OWED:
        total = subject.total(attribute)
        mine = counts.totals(machine, attribute).whole
        value = total.value.value if total.value is not None else 0
        yield from _unlike(
            f"total of {attribute}", (value, total.known, total.missing), (mine.value, mine.known, mine.missing)
        )
    found = planes_of(subject)
    planes = counts.planes(machine)
    for name in {*found, *planes}:
        if name not in found or name not in planes:
            yield f"plane {name}: cmx {name in found}, counted {name in planes}"
            continue
        one, other = found[name], planes[name]
        numbers = (one.links, one.ports, one.connected, one.endpoints, one.switches, one.others)
        counted = (other.links, other.ports, 2 * other.links, other.endpoints, other.switches, other.others)
        yield from _unlike(f"plane {name}", numbers, counted)
        if other.links:
            whole = other.bandwidth.value if not other.bandwidth.missing else None
            rate = one.link_bandwidth.value if one.link_bandwidth is not None else None
            yield from _unlike(f"bandwidth of {name}", rate, whole)
        for what, theirs_, mine in (
            ("injection", one.injection, other.injection),
            ("port rate", one.port_rate, other.port_rate),
        ):
            stated = (theirs_.known.value, theirs_.ports - theirs_.missing, theirs_.missing)
            yield from _unlike(f"{what} of {name}", stated, (mine.value, mine.known, mine.missing))
    yield from of_racks(subject, machine)
    yield from of_cables(subject, machine)
    cable_groups: Counter[tuple[tuple[str, ...], str]] = Counter()
    free: Counter[tuple[tuple[str, ...], str]] = Counter()
    shared = set()
    for group in port_groups(theirs, PortMap()):
        key = (group.names[:-1], group.names[-1])
        cable_groups[key] += group.total
        free[key] += group.total - group.used
        if group.port.get("shared") is True:
            shared.add(key)
    for key, (total, left) in counts.free_ports(machine).items():
        if key not in shared and total:
            yield from _unlike(f"free ports of {key}", (cable_groups[key], free[key]), (total, left))


def of_racks(subject: Subject, machine: Machine) -> Iterator[str]:
    """Where they disagree about what is in each rack, and about what is in none."""
    found = attribution(subject)
    outside = {part: many for part, many in holdings(subject, is_rack).outside.items() if many}
    for attribute in counts.OWED:
        totals = counts.totals(machine, attribute)
        none = totals.racks.get(None, counts.Sum())
        left = total_of(outside, attribute)
        value = left.value.value if left.value is not None else 0
        yield from _unlike(
            f"{attribute} outside of racks", (value, left.known, left.missing), (none.value, none.known, none.missing)
        )
        for path, mine in totals.racks.items():
            one = found.at(_label(path) or subject.top.name) if path is not None else None
            if path is None:
                continue
            if one is None:
                yield f"rack {_label(path)} is missing"
                continue
            total = one.total(attribute)
            value = total.value.value if total.value is not None else 0
            yield from _unlike(
                f"{attribute} of {_label(path)}",
                (value, total.known, total.missing),
                (mine.value, mine.known, mine.missing),
            )


def _label(path: Path) -> str:
    return ".".join(name + (f"[{', '.join(map(str, index))}]" if index else "") for name, index in path)


def of_cables(subject: Subject, machine: Machine) -> Iterator[str]:
    """Where they disagree about the cables that are laid: all of them, listed, bought and bundled."""
    mine = lengths.cables(machine)
    listed = list(schedule(subject))
    grouped = cable_groups(subject)
    yield from _unlike("cables", (count_cables(subject), len(listed)), (len(mine), len(mine)))
    found = Counter((c.carrier.name if c.carrier is not None else "", c.a.rack, c.b.rack, c.links) for c in listed)
    yield from _unlike(
        "schedule", found, Counter((c.part.name, *(_label(r or ()) for r in c.racks), c.links) for c in mine)
    )
    routes = Counter(
        (
            c.carrier.name if c.carrier is not None else "",
            _micro(c.metres),
            c.stock.value if c.stock is not None else None,
        )
        for c in listed
    )
    yield from _unlike("lengths", routes, Counter((c.part.name, _micro(c.metres), c.stock) for c in mine))
    bought: Counter[str] = Counter()
    for line in purchases(grouped):
        if line.part.kind in ("cable", "fiber"):
            bought[line.part.name] += line.quantity
    yield from _unlike("purchase", bought, Counter(c.part.name for c in mine))
    joined = Counter(frozenset(c.racks) for c in mine)
    yield from _unlike("bundles", sorted(b.cables for b in bundles(grouped)), sorted(joined.values()))


def _micro(metres: Fraction | None) -> int | None:
    """Whole micrometres, rounded up as routes are."""
    return None if metres is None else -(-metres.numerator * 1_000_000 // metres.denominator)


def _unlike(what: str, theirs: object, mine: object) -> Iterator[str]:
    if theirs != mine:
        yield f"{what}: cmx {theirs}, counted {mine}"
