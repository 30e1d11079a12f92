"""How much all-to-all throughput and bisection failures leave, as shares of what there was.

Both are about the endpoints that are asked about, have not failed and are not isolated; what is lost with the others is
part of the loss. *Throughput left*: what they send together under the best routing, in proportion to what each injected
before, over what all sent together before; 0 where two of them no longer reach each other. *Bisection left*: the least
rate between halves of them over that of before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from cmxdsl.analysis.network.bisection import MAX_SIDES, bisection
from cmxdsl.analysis.network.distances import TooManySearches, distances
from cmxdsl.analysis.network.ends import asked
from cmxdsl.analysis.network.failures import Which, couples, ordered, pairs
from cmxdsl.analysis.network.faults import Faults, faults
from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.analysis.network.metrics import carried, network, per_pair
from cmxdsl.analysis.network.reduced import without
from cmxdsl.analysis.network.throughput import ProgramTooLarge, all_to_all
from cmxdsl.analysis.network.traffic import traffic
from cmxdsl.analysis.network.trees import MAX_WORK
from cmxdsl.model import Component, Subject, remembered
from cmxdsl.records import define, frozen

VARIABLES = 60_000  # of all linear programs together; half a minute
STEPS = 10_000_000_000  # of searches and halves, in additions; some tens of seconds
EACH_SIDE = 250  # steps that one side of the switches takes for each endpoint
CLOSE = 1e-6  # what the solver leaves open


@frozen
class Left:
    """The least share that a failure of an array leaves: from `low` to `high`, which the failure of `where` has. Where
    they differ the share is not decided, and `why` says so."""

    low: float
    high: float
    where: str
    why: str = ""

    @property
    def share(self) -> float | None:
        return self.high if self.high - self.low <= CLOSE else None


@frozen
class Remains:
    throughput: Left
    bisection: Left


@define
class _Room:
    """What is left of the work that may be done."""

    variables: int
    steps: int


@frozen
class _Before:
    """All-to-all traffic together and the bisection, in b/s, before a failure; a text says why one is not known."""

    total: float | str
    halves: float | str


@remembered(keep=8)
def remains(subject: Subject, plane: str, together: int = 1, among: str = "") -> dict[tuple[str, str], Remains]:
    """What the worst failure of each kind and array leaves, by both, as `failures` names them; two at once where
    `together` is 2. Nothing where a rate is not known. Raises ends.NoEndpoint, LimitExceeded."""
    import numpy as np

    root = subject.top
    net = asked(subject, plane, among)
    if not net.links or bool(np.isnan(net.rate).any()):
        return {}
    before = _before(subject, plane, among)
    arrays = list(faults(subject, net))
    some: list[tuple[Faults, ...]] = [(array,) for array in arrays] if together == 1 else list(couples(arrays))
    seen: dict[bytes, tuple[Left, Left]] = {}
    room = _Room(VARIABLES, STEPS)
    found: dict[tuple[str, str], list[Remains]] = {}
    for k, mine in enumerate(some):
        own = _Room(room.variables // (len(some) - k), room.steps // (len(some) - k))
        given = own.variables, own.steps
        one = _worst(net, root, before, mine, own, seen)
        room.variables -= given[0] - own.variables
        room.steps -= given[1] - own.steps
        if one is not None:
            key = " and ".join(a.kind for a in mine), " and ".join(a.label for a in mine)
            found.setdefault(key, []).append(one)
    return {
        key: Remains(least(r.throughput for r in these), least(r.bisection for r in these))
        for key, these in found.items()
    }


def _before(subject: Subject, plane: str, among: str) -> _Before:
    known, found = network(subject, plane, among), traffic(subject, plane, among)
    total: float | str
    if found.best is not None:
        total = found.best.rate * known.demands
    elif known.endpoints < 2:
        total = "there are no two endpoints"
    else:
        total = found.too_hard or "not all endpoints reach one another before"
    halves = known.bisection
    if halves is None:
        return _Before(total, "there are no two endpoints")
    if not halves.exact:
        return _Before(total, "it is only known between bounds before")
    return _Before(total, halves.high or "it is none before")


def _trials(arrays: tuple[Faults, ...]) -> Iterator[tuple[Which, int]]:
    """One of each class of like failures, and how many are in it."""
    if len(arrays) == 2:
        yield from pairs(*arrays)
        return
    numbers, many = arrays[0].classes()
    for number, of in zip(numbers.tolist(), many.tolist(), strict=True):
        yield ((arrays[0], number),), of


def _worst(
    net: Fabric,
    root: Component,
    before: _Before,
    arrays: tuple[Faults, ...],
    room: _Room,
    seen: dict[bytes, tuple[Left, Left]],
) -> Remains | None:
    count = ordered(*arrays) if len(arrays) == 2 else arrays[0].count
    if not count:
        return None
    found: list[tuple[Left, Left]] = []
    tried, cost = 0, net.links * 200 + net.size * 50 + sum(array.cost for array in arrays)
    for which, many in _trials(arrays):
        if room.steps < cost or (found and max(side.high for side in found[-1]) <= 0):
            break  # nothing is worse than none
        room.steps -= cost
        name = " and ".join(array.name(number) for array, number in which)
        found.append(_left(net, root, before, which, name, room, seen))
        tried += many
    sides = []
    for k in (0, 1):
        own = [two[k] for two in found]
        if tried < count:
            own.append(Left(0.0, float("inf"), "", f"{tried:,} of {count:,} were tried"))
        sides.append(least(own))
    return Remains(*sides)


def least(found: Iterable[Left]) -> Left:
    """The least of all; what is not decided counts unless something else is as bad as it can be."""
    every = list(found)
    worst, lowest = min(every, key=lambda one: one.high), min(every, key=lambda one: one.low)
    share = Left(lowest.low, worst.high, worst.where)
    return share if share.share is not None else Left(lowest.low, worst.high, worst.where, lowest.why)


def _unknown(why: str) -> Left:
    return Left(0.0, float("inf"), "", why)


def _left(
    net: Fabric,
    root: Component,
    before: _Before,
    which: Which,
    name: str,
    room: _Room,
    seen: dict[bytes, tuple[Left, Left]],
) -> tuple[Left, Left]:
    """What is left when these fail together."""
    rest = without(net, which)
    key = blake2b(b"".join(some.tobytes() for some in (rest.among, rest.a, rest.b, rest.rate))).digest()
    if key not in seen or seen[key][0].why:
        seen[key] = _measured(rest, root, before, _lost(net, rest), room)
    return tuple(Left(one.low, one.high, name, one.why) for one in seen[key])  # type: ignore[return-value]


def _lost(net: Fabric, rest: Fabric) -> float:
    """The most that any cut between halves of the endpoints loses, in b/s.

    Halves of those that are left are part of halves of all, so the cut loses no more than the links that are gone. Of a
    switch that has none left half of them: it may stand on either side, and on the better one it adds no more.
    """
    import numpy as np

    old, new = roles(net), roles(rest)
    linked = np.bincount(rest.a, minlength=net.size) + np.bincount(rest.b, minlength=net.size) > 0
    free = old.passes & ~old.ends & ~linked
    counted = [role.ends | role.passes for role in (old, new)]
    whole, left = (
        float(plane.rate[there[plane.a] & there[plane.b]].sum())
        for plane, there in zip((net, rest), counted, strict=True)
    )
    touching = counted[0][net.a] & counted[0][net.b] & (free[net.a] | free[net.b])
    return whole - left - float(net.rate[touching].sum()) / 2


def _measured(rest: Fabric, root: Component, before: _Before, lost: float, room: _Room) -> tuple[Left, Left]:
    role = roles(rest)
    count = int(role.ends.sum())
    if count < 2:
        return Left(0.0, 0.0, ""), Left(0.0, 0.0, "")
    sources = sum(bool(role.ends[number]) for number, _ in rest.members)
    searches = sources * (2 * rest.links + rest.size) * 20
    pair, joined = None, True
    if searches <= room.steps:
        room.steps -= searches
        try:
            found = distances(rest)
            joined = not found.unreached
            pair = per_pair(rest, found)[0] if joined else None
        except TooManySearches:
            searches = room.steps + 1
    halves, most = _halves(rest, root, before, lost, pair, joined, count, room)
    if isinstance(before.total, str):
        return _unknown(before.total), halves
    if not joined:
        return Left(0.0, 0.0, ""), halves
    if pair is None:
        return _unknown("too many endpoints are unlike each other then"), halves
    low, high = (one * role.demands / before.total for one in (pair, most))
    if high - low > CLOSE * high:
        work = 100 * sources * 2 * rest.links
        try:
            if work > room.steps:
                raise ProgramTooLarge
            room.steps -= work
            flow = all_to_all(rest, room.variables)
        except ProgramTooLarge:
            return Left(low, high, "", "the linear program for its throughput is too large"), halves
        if flow is None:
            return Left(low, high, "", "the linear program for its throughput was not solved"), halves
        room.variables -= flow.variables
        low = high = flow.rate * role.demands / before.total
    return Left(low, high, ""), halves


def _halves(
    rest: Fabric,
    root: Component,
    before: _Before,
    lost: float,
    pair: float | None,
    joined: bool,
    count: int,
    room: _Room,
) -> tuple[Left, float]:
    """Of the bisection; and the most that two endpoints of weight one can exchange, by what every endpoint or the least
    halves let through."""
    import numpy as np

    role = roles(rest)
    weight, own = role.weight[role.ends], rest.own[role.ends]
    most = float(min((own / np.maximum(weight * (weight.sum() - weight), 1e-300)).min(), np.inf))
    cost = rest.links * 400 + min(count * count, MAX_WORK)
    if cost > room.steps:
        return _unknown("there is no room for the work"), most
    room.steps -= cost
    share = carried(rest, role.ends, np.where(role.ends, rest.own, 0.0)) if joined else 0.0
    found = bisection(rest, root, pair, share, min(MAX_SIDES, room.steps // EACH_SIDE))
    if found is None:
        return _unknown("a rate is not known"), most
    room.steps -= EACH_SIDE * found.tried
    if np.array_equal(own, rest.injects[role.ends]):  # else halves are not weighed by what is asked
        most = min(most, found.high / found.cut.product)
    if isinstance(before.halves, str):
        return _unknown(before.halves), most
    high = found.high / before.halves
    low = min(high, max(found.low, before.halves - lost) / before.halves)
    why = "" if high - low <= CLOSE else "the bisection is only known between bounds then"
    return Left(low, high, "", why), most
