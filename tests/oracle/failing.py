"""Everything that can fail in a plane, one by one, and what is left when it does: by a search from each endpoint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import isclose, prod

import networkx as nx

from cmxdsl.analysis.network.failures import Failure, failures
from cmxdsl.analysis.network.pairs import pairs_apart
from cmxdsl.model import Subject

from . import graph
from .expand import Joint, Machine, Path
from .lengths import corner, places

Fault = tuple[frozenset[int], frozenset[int]]  # devices and links that are gone
Key = tuple[str, str]  # the kind and the label of what fails


@dataclass
class Worst:
    """The worst of each figure over all failures of a kind, and how many there are."""

    isolated: int = 0
    pairs: int = 0
    islands: int = 0
    kept: float = 1.0
    share: float = 0.0
    count: int = 0


def faults(machine: Machine, plane: str) -> dict[Key, list[Fault]]:
    """All that can fail, by kind and array; the links of a device that fails need not be named."""
    net = graph.net(machine, plane)
    number = {path: k for k, path in enumerate(net.names)}
    joints = [j for j in machine.joints if j.plane == plane]
    nothing: frozenset[int] = frozenset()
    found: dict[Key, list[Fault]] = defaultdict(list)
    for path, k in number.items():
        if net.passes[k]:
            found["switch" if net.switch[k] else "endpoint", _names(machine, path)].append((frozenset({k}), nothing))
    for links in _cables(joints).values():
        ends = (_names(machine, joints[links[0]].a[0]), _names(machine, joints[links[0]].b[0]))
        found["cable", " to ".join(ends)].append((nothing, frozenset(links)))
    for (_, names), links in _trunks(machine, joints, list(number)).items():
        found["trunk", names].append((nothing, links))
    standing: dict[Path, set[int]] = defaultdict(set)
    for path, k in number.items():
        rack = machine.things[path].rack
        if rack is not None:
            standing[rack].add(k)
    for rack, devices in standing.items():
        found["rack", _names(machine, rack)].append((frozenset(devices), nothing))
    for devices in _rows(machine, standing).values():
        found["row", "rows of racks"].append((frozenset(devices), nothing))
    return found


def _names(machine: Machine, path: Path) -> str:
    return ".".join(name for name, _ in path) or machine.things[()].part.name


def _cables(joints: list[Joint]) -> dict[tuple[Path, int, int], list[int]]:
    """The links that share a carrier; those over no medium are each on their own, and share one by `bundle` alone."""
    found: dict[tuple[Path, int, int], list[int]] = defaultdict(list)
    for k, joint in enumerate(joints):
        found[joint.owner, id(joint.pattern), joint.carrier].append(k)
    return found


def _trunks(
    machine: Machine, joints: list[Joint], devices: list[Path]
) -> dict[tuple[frozenset[Path], str], frozenset[int]]:
    """All links between two racks (or devices that are in none) that more than one cable joins."""
    order = {_names(machine, _place(machine, path)): k for k, path in reversed(list(enumerate(devices)))}
    cables = {k: cable for cable, links in _cables(joints).items() for k in links}
    between: dict[frozenset[Path], set[int]] = defaultdict(set)
    for k, joint in enumerate(joints):
        ends = frozenset(_place(machine, end[0]) for end in (joint.a, joint.b))
        if len(ends) == 2:
            between[ends].add(k)
    found = {}
    for ends, links in between.items():
        if len({cables[k] for k in links}) > 1:
            names = sorted((_names(machine, end) for end in ends), key=lambda name: order[name])
            found[ends, " to ".join(names)] = frozenset(links)
    return found


def _place(machine: Machine, path: Path) -> Path:
    rack = machine.things[path].rack
    return path if rack is None else rack


def _rows(machine: Machine, standing: dict[Path, set[int]]) -> dict[object, set[int]]:
    """The devices in the racks of each row: racks that have a place of their own, in systems that have one or are the
    only ones of their name."""
    where, rows = places(machine), dict[object, set[int]]()
    if "floor.pitch" not in machine.things[()].part.attributes:
        return rows
    for rack, devices in standing.items():
        around = [rack[:k] for k in range(1, len(rack))]
        known = all(path in where.floor or _alone(machine, path) for path in around)
        at = corner(machine, rack, where) if rack in where.floor and known else None
        if at is not None:
            rows.setdefault(at[1], set()).update(devices)
    return rows


def _alone(machine: Machine, path: Path) -> bool:
    return prod(machine.things[path[:-1]].part.instances[path[-1][0]][0]) == 1


def worst(machine: Machine, plane: str, together: int) -> dict[Key, Worst]:
    """Of each array, or each two of them, the worst failure of one element, or of any two."""
    net = graph.net(machine, plane)
    before = graph.reached(net, set())
    single = faults(machine, plane)
    found: dict[Key, Worst] = {}
    for key, these in (single if together == 1 else _two(single)).items():
        mine = found[key] = Worst(count=len(these))
        for devices, links in these:
            _count(net, before, set(devices), set(links), mine)
    return found


def _two(single: dict[Key, list[Fault]]) -> dict[Key, list[Fault]]:
    found: dict[Key, list[Fault]] = defaultdict(list)
    listed = [(key, fault) for key, these in single.items() for fault in these]
    for (one, a), (other, b) in combinations(listed, 2):
        for first, second in {(one, other), (other, one)}:  # whichever cmx names first
            key = f"{first[0]} and {second[0]}", f"{first[1]} and {second[1]}"
            found[key].append((a[0] | b[0], a[1] | b[1]))
    return found


def _count(net: graph.Net, before: dict[int, set[int]], dead: set[int], gone: set[int], into: Worst) -> None:
    gone = gone | {k for k, (a, b, _) in enumerate(net.links) if {a, b} & dead}
    left = [link for k, link in enumerate(net.links) if k not in gone]
    after = graph.reached(graph.Net(net.names, net.switch, net.ends, net.passes, left), dead)
    isolated = sum(bool(before[e]) and not after[e] for e in net.ends)
    into.isolated = max(into.isolated, isolated)
    into.pairs = max(into.pairs, sum(len(before[e] - after[e]) for e in net.ends) // 2)
    joined = nx.Graph([(e, other) for e in net.ends for other in after[e]])
    into.islands = max(into.islands, nx.number_connected_components(joined))
    for e in net.ends:
        own = sum(r * ((a == e) + (b == e)) for a, b, r in net.links)
        if after[e] and own:
            into.kept = min(into.kept, sum(r * ((a == e) + (b == e)) for a, b, r in left) / own)
    lost = sum(net.links[k][2] for k in gone) / (sum(r for _, _, r in net.links) or 1.0)
    into.share = max(into.share, lost)


def differences(subject: Subject, machine: Machine, plane: str, together: int = 1) -> Iterator[str]:
    """Where cmx and trying everything disagree about failures."""
    mine = worst(machine, plane, together)
    theirs = {(f.kind, f.label): f for f in failures(subject, plane, together)}
    if not theirs and any(j.rate is None for j in machine.joints if j.plane == plane):
        return
    theirs = {key: f for key, f in theirs.items() if "feed" not in key[0]}
    if together == 1 and set(theirs) != set(mine):
        yield f"what can fail in {plane}: cmx {sorted(theirs)}, counted {sorted(mine)}"
        return
    for key, one in theirs.items():
        other = mine.get(key, Worst())
        if not _same(one, other):
            yield f"{key} fails: cmx {one}, tried {other}"


def _same(one: Failure, other: Worst) -> bool:
    figures = (one.isolated, one.pairs, one.islands, one.count, one.tried)
    if figures != (other.isolated, other.pairs, other.islands, other.count, other.count):
        return False
    return isclose(one.kept, other.kept, abs_tol=1e-9) and isclose(one.share, other.share, abs_tol=1e-9)


def pairs(subject: Subject, machine: Machine, plane: str) -> Iterator[str]:
    """Where they disagree about which endpoints are how far apart, array by array."""
    net = graph.net(machine, plane)
    counted: dict[int, dict[frozenset[str], int]] = defaultdict(lambda: defaultdict(int))
    for a, far in graph.hops(net).items():
        for b, distance in far.items():
            if a < b:
                counted[distance][frozenset(_names(machine, net.names[k]) for k in (a, b))] += 1
    for distance in range(1, max(counted, default=0) + 2):
        apart = pairs_apart(subject, plane, distance)
        theirs = {frozenset((p.a.label, p.b.label)): p.count for p in apart.pairs}
        if theirs != dict(counted[distance]):
            yield f"{distance} links apart on {plane}: cmx {theirs}, searched {dict(counted[distance])}"
