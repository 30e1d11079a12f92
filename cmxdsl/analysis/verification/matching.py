"""Which device of the design each built one is, where names do not tell.

Colours are refined as Weisfeiler and Leman have it, with the numbers of ports in them: devices are told apart by what
they are joined to, port by port, and a device of either side that has a colour of its own is its like on the other.
What is found votes for its neighbours: the built device at a port whose far end is known should be the one that the
design has there.
A name is never outvoted. Where all are alike, one of the smallest class is chosen, since a machine that is the design
in every port is that under each such choice.
"""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import Any

from cmxdsl.analysis.base.injection import port_count
from cmxdsl.analysis.network.wiring import Plan
from cmxdsl.analysis.verification.sight import UNKNOWN, Sight
from cmxdsl.records import frozen

ROUNDS = 5  # of refinement: how far a device sees
CHOICES = 64  # devices that are chosen one after the other where nothing is unique
TRIES = 8  # first choices of which the best is kept
WAYS = 50_000  # to tell who is who, all of which are tried

_MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


@frozen
class Match:
    """The device of the plan that each node is, UNKNOWN for none; how many were told by a name; whether any was chosen
    among several that are alike."""

    device: Any
    named: int
    found: int
    chosen: int
    tried: int = 0  # all ways to tell who is who, where they are so few that each was tried


def _mixed(*words: Any) -> Any:
    """Numbers of 64 bits that tell tuples of numbers apart."""
    import numpy as np

    total: Any = np.uint64(0x243F6A8885A308D3)
    with np.errstate(over="ignore"):
        for k, word in enumerate(words):
            value = np.asarray(word).astype(np.uint64) * np.uint64(_MIX[k % 3]) + np.uint64(k + 1)
            value ^= value >> np.uint64(29)
            total = (total ^ value) * np.uint64(0xBF58476D1CE4E5B9)
            total ^= total >> np.uint64(32)
    return total


def _halves(seen: Sight) -> tuple[Any, Any, Any, Any]:
    """Each cable from both of its ends: the node, its port, the far node, its port."""
    import numpy as np

    return (
        np.concatenate([seen.a, seen.b]),
        np.concatenate([seen.a_port, seen.b_port]),
        np.concatenate([seen.b, seen.a]),
        np.concatenate([seen.b_port, seen.a_port]),
    )


def _refined(size: int, colour: Any, halves: tuple[Any, Any, Any, Any]) -> Any:
    import numpy as np

    own, port, far, far_port = halves
    total = np.zeros(size, dtype=np.uint64)
    with np.errstate(over="ignore"):
        np.add.at(total, own, _mixed(port + 1, far_port + 1, colour[far]))
    return _mixed(colour, total)


def match(plan: Plan, seen: Sight) -> Match:
    """The best match that was found, of up to TRIES first choices."""
    start = seen.known.copy()
    named = int((start >= 0).sum())
    if named == seen.nodes:
        return Match(start, named, 0, 0)
    few = _every(plan, seen, start)
    if few is not None:
        return Match(few[0], named, int((few[0] >= 0).sum()) - named, 0, few[1])
    halves = _halves(seen)
    best: tuple[int, Any, int] | None = None
    for first in range(TRIES):
        device, chosen = _grown(plan, seen, start.copy(), halves, first)
        score = agreement(plan, seen, device)
        if best is None or score > best[0]:
            best = score, device, chosen
        if not chosen or score >= len(seen.a) * 0.6:
            break
    assert best is not None
    return Match(best[1], named, int((best[1] >= 0).sum()) - named, best[2])


def _every(plan: Plan, seen: Sight, start: Any) -> tuple[Any, int] | None:
    """The best of all ways to tell who is who, and how many there are; None where they are more than WAYS. Nodes that a
    tool calls switches or endpoints are devices of that kind; the first of equals is taken."""
    import numpy as np

    if (seen.a_port < 0).any() or (seen.b_port < 0).any():
        return None  # ports say which way is better
    strangers = np.flatnonzero(start < 0)
    free = np.ones(plan.net.size, dtype=bool)
    free[start[start >= 0]] = False
    switch = plan.net.mask(switches=True).astype(np.int64)
    if (seen.kind[strangers] >= 0).all():
        kinds = [(strangers[seen.kind[strangers] == k], np.flatnonzero(free & (switch == k))) for k in (0, 1)]
    else:
        kinds = [(strangers, np.flatnonzero(free))]
    ways, sizes = 1, [max(len(nodes), len(devices)) for nodes, devices in kinds]
    for size in sizes:
        ways *= factorial(min(size, 20))
    if ways > WAYS or ways * len(seen.a) > WAYS * 40:
        return None
    tables = []
    for (nodes, devices), size in zip(kinds, sizes, strict=True):
        padded = np.full(size, UNKNOWN)
        padded[: len(devices)] = devices
        tables.append(
            padded[np.array(list(permutations(range(size))), dtype=np.int64).reshape(-1, size)[:, : len(nodes)]]
        )
    best: tuple[int, Any] | None = None
    last, others = tables[-1], tables[:-1] or [np.zeros((1, 0), dtype=np.int64)]
    for first in others[0]:
        trials = np.repeat(start[None, :], len(last), axis=0)
        trials[:, kinds[-1][0]] = last
        if len(tables) > 1:
            trials[:, kinds[0][0]] = first
        scores = right(plan, seen, trials).sum(axis=-1)
        most = int(scores.argmax())
        if best is None or int(scores[most]) > best[0]:
            best = int(scores[most]), trials[most]
    assert best is not None
    return best[1], ways


def agreement(plan: Plan, seen: Sight, device: Any) -> int:
    """How many cables are where the design has them."""
    return int(right(plan, seen, device).sum())


def right(plan: Plan, seen: Sight, device: Any) -> Any:
    """Which cables are where the design has them, by the ports of both ends; of several matches at once where `device`
    has a row for each."""
    a, b = ends(plan, seen, device)
    return (a >= 0) & (b >= 0) & (plan.far[a] == b)


def ends(plan: Plan, seen: Sight, device: Any) -> tuple[Any, Any]:
    """The ports of the plan at both ends of each cable; UNKNOWN where device or port are, or the device has no such."""
    import numpy as np

    groups = plan.net.groups
    each = [port_count(g.component, plan.plane) for g in groups]
    many = np.repeat(each, [g.count for g in groups])
    found = []
    for node, port in ((seen.a, seen.a_port), (seen.b, seen.b_port)):
        there = device[..., node]
        found.append(np.where((there >= 0) & (port >= 0) & (port < many[there]), there * plan.stride + port, UNKNOWN))
    return found[0], found[1]


def _grown(plan: Plan, seen: Sight, device: Any, halves: Any, first: int) -> tuple[Any, int]:
    """A match grown from names, from what is unique, and from choices."""
    chosen, told = 0, bool((seen.a_port >= 0).any() or (seen.b_port >= 0).any())
    classes = _unique(plan, seen, device, halves)
    _voted(plan, seen, device, halves)
    while chosen < CHOICES and (device < 0).any():
        pick = _choice(device, classes, first if not chosen and not (seen.known >= 0).any() else 0)
        if pick is None:
            break
        device[pick[0]] = pick[1]
        chosen += 1
        if not told:  # without ports a choice says nothing but by the colours that it changes
            classes = _unique(plan, seen, device, halves)
        _voted(plan, seen, device, halves)
    _displaced(plan, seen, device)
    _exchanged(plan, seen, device, halves)
    return device, chosen


def _displaced(plan: Plan, seen: Sight, device: Any) -> None:
    """Nodes with one cable, at a port whose own cable is at another's: who follows from port to port to a device that
    is not there has found where the ring of exchanged cables closes."""
    import numpy as np

    lone = np.bincount(np.concatenate([seen.a, seen.b]), minlength=seen.nodes) == 1
    if not ((device < 0) & lone).any():
        return
    a, b = ends(plan, seen, device)
    joined = np.full(plan.net.size * plan.stride, UNKNOWN)
    both = (a >= 0) & (b >= 0)
    joined[a[both]], joined[b[both]] = b[both], a[both]
    starts = [
        (int(node[k]), int(port[k]))
        for node, port in ((seen.a, b), (seen.b, a))
        for k in np.flatnonzero(lone[node] & (device[node] < 0) & (port >= 0)).tolist()
    ]
    switch = plan.net.mask(switches=True)
    taken = set(device[device >= 0].tolist())
    for node, port in sorted(starts):
        passed: set[int] = set()
        while port >= 0 and port not in passed and plan.far[port] >= 0:
            passed.add(port)
            due = int(plan.far[port]) // plan.stride
            if due not in taken and len(passed) > 1 and seen.kind[node] in (-1, int(switch[due])):
                device[node] = due
                taken.add(due)
                break
            port = int(joined[plan.far[port]])


def _exchanged(plan: Plan, seen: Sight, device: Any, halves: Any) -> None:
    """Two nodes without names that each have more neighbours of the other's place than of their own change places, as
    where a swapped cable told one by what it should not be plugged into."""
    import numpy as np

    own, _, far, far_port = halves
    asks = (device[own] >= 0) & (device[far] >= 0) & (far_port >= 0)
    should = plan.far[device[far[asks]] * plan.stride + far_port[asks]]
    node, there = own[asks][should >= 0], should[should >= 0] // plan.stride
    key, votes = np.unique(node * plan.net.size + there, return_counts=True)
    node, there = key // plan.net.size, key % plan.net.size
    here = np.zeros(seen.nodes, dtype=np.int64)
    stays = there == device[node]
    here[node[stays]] = votes[stays]
    more = (votes > here[node]) & (seen.known[node] < 0)
    wish = dict(zip(node[more].tolist(), there[more].tolist(), strict=True))
    at = {int(device[n]): n for n in wish}
    for one, place in sorted(wish.items()):
        other = at.get(place)
        if other is not None and wish[other] == device[one] and device[other] == place:
            device[one], device[other] = device[other], device[one]


def _unique(plan: Plan, seen: Sight, device: Any, halves: Any) -> tuple[Any, Any]:
    """Matches nodes whose colour one device of either side has; the colours that were reached, of both sides."""
    import numpy as np

    switch = plan.net.mask(switches=True).astype(np.int64)
    told = seen.kind if (seen.kind >= 0).all() else np.zeros_like(seen.kind)
    meant, built = _mixed(switch if (seen.kind >= 0).all() else 0 * switch), _mixed(told)
    fixed = np.flatnonzero(device >= 0)
    meant[device[fixed]] = _mixed(device[fixed], 7, 7)
    built[fixed] = _mixed(device[fixed], 7, 7)
    wires = (
        np.concatenate([plan.a, plan.b]) // plan.stride,
        np.concatenate([plan.a, plan.b]) % plan.stride,
        np.concatenate([plan.b, plan.a]) // plan.stride,
        np.concatenate([plan.b, plan.a]) % plan.stride,
    )
    if (seen.a_port < 0).any() or (seen.b_port < 0).any():  # what is not told on one side cannot tell on the other
        wires = (wires[0], 0 * wires[1], wires[2], 0 * wires[3])
        halves = (halves[0], 0 * halves[1], halves[2], 0 * halves[3])
    taken = np.zeros(plan.net.size, dtype=bool)
    taken[device[fixed]] = True
    before = 0
    for _ in range(ROUNDS):
        meant, built = _refined(plan.net.size, meant, wires), _refined(seen.nodes, built, halves)
        of_meant, place, many = np.unique(meant, return_index=True, return_counts=True)
        of_built, node, count = np.unique(built, return_index=True, return_counts=True)
        _, i, j = np.intersect1d(of_meant[many == 1], of_built[count == 1], assume_unique=True, return_indices=True)
        place, node = place[many == 1][i], node[count == 1][j]
        fresh = (device[node] < 0) & ~taken[place]
        device[node[fresh]] = place[fresh]
        taken[place[fresh]] = True
        classes = len(of_meant)
        if classes == before:
            break
        before = classes
    return meant, built


def _voted(plan: Plan, seen: Sight, device: Any, halves: Any) -> None:
    """Matches nodes that are where the design has a device, by the ports of neighbours; the most votes first."""
    import numpy as np

    own, port, far, far_port = halves
    switch = plan.net.mask(switches=True)
    taken = np.zeros(plan.net.size, dtype=bool)
    taken[device[device >= 0]] = True
    while True:
        asks = np.flatnonzero((device[own] < 0) & (device[far] >= 0) & (far_port >= 0))
        if not len(asks):
            return
        should = plan.far[device[far[asks]] * plan.stride + far_port[asks]]
        asks, should = asks[should >= 0], should[should >= 0]
        there, its = should // plan.stride, should % plan.stride
        node = own[asks]
        fits = ~taken[there] & ((seen.kind[node] < 0) | (seen.kind[node] == switch[there]))
        node, there, weight = node[fits], there[fits], 1 + (its == port[asks])[fits]
        if not len(node):
            return
        key, inverse = np.unique(node * plan.net.size + there, return_inverse=True)
        votes = np.bincount(inverse, weight).astype(np.int64)
        node, there = key // plan.net.size, key % plan.net.size
        order = np.lexsort((there, node, -votes))
        node, there, votes = node[order], there[order], votes[order]
        best_of_node = np.zeros(seen.nodes, dtype=np.int64)
        best_of_there = np.zeros(plan.net.size, dtype=np.int64)
        np.maximum.at(best_of_node, node, votes)
        np.maximum.at(best_of_there, there, votes)
        leads = (votes == best_of_node[node]) & (votes == best_of_there[there])
        node, there = node[leads], there[leads]
        _, first = np.unique(node, return_index=True)
        node, there = node[first], there[first]
        _, first = np.unique(there, return_index=True)
        node, there = node[first], there[first]
        device[node] = there
        taken[there] = True


def _choice(device: Any, classes: tuple[Any, Any], first: int) -> tuple[int, int] | None:
    """A node and a device of the same colour, of the smallest class; `first` counts the devices of it."""
    import numpy as np

    meant, built = classes
    free = np.ones(len(meant), dtype=bool)
    free[device[device >= 0]] = False
    nodes, devices = np.flatnonzero(device < 0), np.flatnonzero(free)
    common, many = np.unique(meant[devices], return_counts=True)
    there = np.isin(common, built[nodes])
    if not there.any():
        return None
    colour = common[there][int(many[there].argmin())]
    ours, theirs = nodes[built[nodes] == colour], devices[meant[devices] == colour]
    return int(ours[0]), int(theirs[first % len(theirs)])
