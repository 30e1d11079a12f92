"""Slurm's topology files (topology.conf(5), topology.yaml(5)): the tree of switches, and scale-up domains as blocks.

A Slurm node is a host: the outermost part around an endpoint that holds no switch of the plane. Slurm takes each host
to hang on one leaf, which rails do not allow. So a switch of level k here stands for all switches of the first k tiers
that are joined with one another and with the same hosts: the hosts under it reach each other through so many tiers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

from cmxdsl.analysis.base.planes import least_joined, planes
from cmxdsl.analysis.base.ports import Names, numbered
from cmxdsl.analysis.network.graph import Devices
from cmxdsl.analysis.network.rails import node_depth
from cmxdsl.outputs.exports.cabling import Cabling, cabling, plain
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.records import frozen

_SPREAD = "a switch is a part of the tree: the plane `{}` has no switches between its endpoints"


@frozen
class _Hosts:
    """`of` is the number of each device's host, -1 for a switch; `names` what hosts are called; `prefix` says which
    paths lead to hosts, with the number of the first of each."""

    of: Any
    names: list[str]
    prefix: dict[Names, int]


@frozen
class _Branch:
    """A switch of the tree, with the hosts or the switches below it."""

    name: str
    nodes: tuple[str, ...]
    children: tuple[str, ...]


def _hosts(plane: Cabling) -> _Hosts:
    import numpy as np

    of = np.full(plane.size, -1, dtype=np.int64)
    names: list[str] = []
    prefix: dict[Names, int] = {}
    for group in plane.net.groups:
        if group.switch or not group.count:
            continue
        depth = node_depth(plane.net, group)
        path, steps = group.names[:depth], list(group.steps[:depth])
        many = _places(group, depth)
        inner = group.count // many
        if path not in prefix:
            prefix[path] = len(names)
            for number in range(many):
                called = plane.called.get(group.start + number * inner, "").partition(" ")[0]
                names.append(plain(called or numbered(path, steps, number)))
        of[group.start : group.start + group.count] = prefix[path] + np.arange(group.count) // inner
    if len(set(names)) != len(names):
        raise Unwritable("two hosts would have one name: name every index in the map")
    return _Hosts(of, names, prefix)


def _tiers(plane: Cabling, hosts: _Hosts) -> Any:
    """How many links each switch is from the nearest endpoint; 0 for endpoints, -1 for what reaches none."""
    import numpy as np

    a, b = plane.net.a, plane.net.b
    far = plane.size + 1
    tier = np.where(hosts.of >= 0, 0, far)
    while True:
        before = tier.copy()
        np.minimum.at(tier, a, before[b] + 1)
        np.minimum.at(tier, b, before[a] + 1)
        if (tier == before).all():
            return np.where(tier >= far, -1, tier)


def branches(plane: Cabling) -> list[_Branch]:
    """The tree, leaves first. Raises Unwritable for a plane without switches."""
    import numpy as np

    hosts = _hosts(plane)
    tier = _tiers(plane, hosts)
    if not (tier > 0).any():
        raise Unwritable(_SPREAD.format(plane.plan.plane))
    many = len(hosts.names)
    node = np.where(hosts.of >= 0, hosts.of, many + np.arange(plane.size))  # hosts first, then switches
    a, b = node[plane.net.a], node[plane.net.b]
    found: list[_Branch] = []
    top: dict[int, tuple[str, ...]] = dict.fromkeys(range(many), ())  # what stands for each host so far
    for level in range(1, int(tier.max()) + 1):
        kept = (tier[plane.net.a] <= level) & (tier[plane.net.b] <= level) & (a != b)
        label = least_joined(many + plane.size, a[kept], b[kept])
        first: dict[int, int] = {}
        for device in np.flatnonzero(tier == level).tolist():
            first.setdefault(int(label[many + device]), device)
        below: dict[int, list[int]] = defaultdict(list)
        for host in range(many):
            below[int(label[host])].append(host)
        for part, device in first.items():
            inside = below.get(part, [])
            parts = dict.fromkeys(top[host][0] for host in inside if top[host])
            loose = [hosts.names[host] for host in inside if not top[host]]
            if len(parts) < 2 and not loose:
                continue  # more switches, and no more hosts: the tree is as it was
            name = plain(plane.name(device))
            if parts and loose:
                found.append(_Branch(f"{name}-hosts", tuple(loose), ()))
                parts[f"{name}-hosts"] = None
            found.append(_Branch(name, () if parts else tuple(loose), tuple(parts)))
            for host in inside:
                top[host] = (name,)
    apart = [hosts.names[host] for host in range(many) if not top[host]]
    if apart:
        raise Unwritable(f"`{apart[0]}` reaches no switch, and Slurm wants every node under one")
    return found


def _domains(plane: Cabling) -> list[list[str]]:
    """The hosts of each scale-up domain. Raises Unwritable where none has two."""
    import numpy as np

    known = planes(plane.subject)
    if plane.plan.plane == "scale_up" or "scale_up" not in known or not known["scale_up"].links:
        raise Unwritable(
            "blocks are scale-up domains of several hosts: the design has no links on `scale_up` beside another"
        )
    hosts = _hosts(plane)
    up = cabling(plane.subject, "scale_up")
    label = least_joined(up.size, up.net.a.astype(np.int64), up.net.b.astype(np.int64))
    members: dict[int, dict[int, None]] = defaultdict(dict)
    for group in up.net.groups:
        path = next((group.names[:k] for k in range(len(group.names), 0, -1) if group.names[:k] in hosts.prefix), None)
        if group.switch or path is None:
            continue
        inner = group.count // _places(group, len(path))
        for number in range(group.count):
            host = hosts.prefix[path] + number // inner
            members[int(label[group.start + number])][host] = None
    found = [[hosts.names[host] for host in sorted(domain)] for domain in members.values()]
    if not any(len(domain) > 1 for domain in found):
        raise Unwritable("each scale-up domain is one host, and topology/block would say nothing")
    return sorted(found)


def _places(group: Devices, depth: int) -> int:
    return max(1, prod(size for step in group.steps[:depth] for size in step))


def tree(plane: Cabling) -> Iterator[str]:
    yield "# topology/tree\n"
    for branch in branches(plane):
        what, below = ("Nodes", branch.nodes) if branch.nodes else ("Switches", branch.children)
        yield f"SwitchName={branch.name} {what}={hostlist(below)}\n"


def block(plane: Cabling) -> Iterator[str]:
    domains = _domains(plane)
    yield "# topology/block\n"
    for number, domain in enumerate(domains):
        yield f"BlockName=domain{number} Nodes={hostlist(domain)}\n"
    yield f"BlockSizes={min(map(len, domains))}\n"


def both(plane: Cabling) -> Iterator[str]:
    yield "- topology: tree\n  cluster_default: true\n  tree:\n    switches:\n"
    for branch in branches(plane):
        what, below = ("nodes", branch.nodes) if branch.nodes else ("children", branch.children)
        yield f'      - switch: {branch.name}\n        {what}: "{hostlist(below)}"\n'
    try:
        domains = _domains(plane)
    except Unwritable:
        return
    yield "- topology: block\n  cluster_default: false\n  block:\n"
    yield f"    block_sizes: [{min(map(len, domains))}]\n    blocks:\n"
    for number, domain in enumerate(domains):
        yield f'      - block: domain{number}\n        nodes: "{hostlist(domain)}"\n'


def hostlist(names: Iterable[str]) -> str:
    """Names with their last numbers in brackets, in order: `unit-0-node-[0-3,5]`; zeros in front are kept."""
    split = [re.fullmatch(r"(.*?)(\d{1,9})", name) or re.fullmatch(r"(.*)()", name) for name in names]
    found = [(match[1], match[2]) for match in split if match is not None]
    padded = {(prefix, len(digits)) for prefix, digits in found if digits[:1] == "0" and len(digits) > 1}
    groups: dict[tuple[str, int], list[int]] = {}
    for prefix, digits in found:
        wide = len(digits) if (prefix, len(digits)) in padded else 0
        groups.setdefault((prefix, wide if digits else -1), []).append(int(digits or 0))
    return ",".join(_ranged(prefix, wide, numbers) for (prefix, wide), numbers in groups.items())


def _ranged(prefix: str, wide: int, numbers: list[int]) -> str:
    if wide < 0:
        return prefix
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    said = [f"{low:0{wide}}" + (f"-{high:0{wide}}" if high > low else "") for low, high in runs]
    return f"{prefix}[{','.join(said)}]" if len(said) > 1 or "-" in said[0] else prefix + said[0]
