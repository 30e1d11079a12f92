"""What a failure takes with it: of each array of what can fail, every one, or one of each class of like ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement

from cmxdsl.analysis.network.ends import asked
from cmxdsl.analysis.network.faults import Cables, Faults, faults
from cmxdsl.analysis.network.reach import Impact, Reach
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Subject, remembered
from cmxdsl.records import frozen

WORK = 100_000_000  # links and endpoints that the failures of one array may look at; some seconds
Which = tuple[tuple[Faults, int], ...]  # the elements that fail, each of an array
EACH = 4_000  # how many could be looked at while a failure is set up


@frozen
class Failure:
    """The failures of an array, each figure the worst of any: endpoints isolated, pairs of endpoints that lose each
    other, islands, the least share of its own rate that an endpoint keeps which is not isolated, and the share of the
    rate of all links that is gone.

    `where` isolates most, or else parts most pairs. `tried` of `count` were tried or are proved to be like one that
    was; where that is not all, worse ones may be among the rest.
    """

    kind: str
    label: str
    isolated: int
    pairs: int
    islands: int
    kept: float
    share: float
    where: str
    tried: int
    count: int

    @property
    def decided(self) -> bool:
        return self.tried == self.count


@remembered()
def failures(subject: Subject, plane: str, together: int = 1, among: str = "") -> tuple[Failure, ...]:
    """What one failure takes with it, or two at once, of every kind in turn: the worst of each array, for the endpoints
    that are asked about.

    Nothing where a rate is not known. Raises ends.NoEndpoint, LimitExceeded.
    """
    import numpy as np

    net = asked(subject, plane, among)
    if not net.links or bool(np.isnan(net.rate).any()):
        return ()
    reach = Reach(net)
    arrays = list(faults(subject, net))
    if together == 1:
        found = [_worst(reach, (array,), array.count, _single(reach, array), WORK) for array in arrays]
    else:
        both = couples(arrays)
        limit = 5 * WORK // len(both)
        found = [_worst(reach, (a, b), ordered(a, b), _double(reach, a, b), limit) for a, b in both]
    merged: dict[tuple[str, str], Failure] = {}
    for one in found:  # patterns between the same arrays are one kind of cable
        if one is not None:
            before = merged.get((one.kind, one.label))
            merged[one.kind, one.label] = one if before is None else _both(before, one)
    return tuple(sorted(merged.values(), key=_weight))


@frozen
class Worst:
    """The worst of all failures of a kind; None where a rate is not known, nothing of the kind can fail, or some were
    not tried."""

    isolated: int | None = None
    islands: int | None = None
    kept: float | None = None


def worst_of(subject: Subject, plane: str, kind: str) -> Worst:
    """What one failure of a kind takes with it at worst, between the endpoints that are asked about by default."""
    try:
        found = [f for f in failures(subject, plane) if f.kind == kind]
    except LimitExceeded:
        return Worst()
    if not found or not all(f.decided for f in found):
        return Worst()
    return Worst(max(f.isolated for f in found), max(f.islands for f in found), min(f.kept for f in found))


def _weight(found: Impact | Failure) -> tuple[float, ...]:
    """How bad, by what is lost first."""
    return found.isolated, found.pairs, found.islands, -found.kept, found.share


def _both(one: Failure, other: Failure) -> Failure:
    worse = max(one, other, key=_weight)
    return Failure(
        one.kind,
        one.label,
        worse.isolated,
        max(one.pairs, other.pairs),
        max(one.islands, other.islands),
        min(one.kept, other.kept),
        max(one.share, other.share),
        worse.where,
        one.tried + other.tried,
        one.count + other.count,
    )


def couples(arrays: list[Faults]) -> list[tuple[Faults, Faults]]:
    """Every two arrays, each with itself too; of two kinds the one that comes first is first in each."""
    rank: dict[tuple[str, str], int] = {}
    for array in arrays:
        rank.setdefault((array.kind, array.label), len(rank))

    def placed(array: Faults) -> int:
        return rank[array.kind, array.label]

    return [(b, a) if placed(b) < placed(a) else (a, b) for a, b in combinations_with_replacement(arrays, 2)]


def ordered(one: Faults, other: Faults) -> int:
    """Pairs of which the first comes from the first array."""
    return one.count * (other.count - (one is other))


@frozen
class _Trial:
    """An outcome, which elements fail, and how many failures it stands for."""

    outcome: Impact
    which: Which
    many: int


def _single(reach: Reach, array: Faults) -> Iterator[_Trial]:
    """One after the other. Cables that have others beside them, or a way around, are looked at all at once."""
    numbers, many = array.classes()
    if isinstance(array, Cables):
        links = array.grid(numbers)
        safe = reach.harmless(links, array.bundle).all(axis=1) & array.full(numbers)
        if safe.any():
            share = reach.net.rate[links[safe]].sum(axis=1) / reach.rate
            yield _Trial(
                Impact(0, 0, reach.islands, 1.0, float(share.max())),
                ((array, int(numbers[safe][share.argmax()])),),
                int(many[safe].sum()),
            )
        numbers, many = numbers[~safe], many[~safe]
    for number, of in zip(numbers.tolist(), many.tolist(), strict=True):
        yield _Trial(reach.outcome(*array.lost(number)), ((array, number),), of)


def _double(reach: Reach, one: Faults, other: Faults) -> Iterator[_Trial]:
    import numpy as np

    for which, many in pairs(one, other):
        devices, links = (np.concatenate(both) for both in zip(*(array.lost(k) for array, k in which), strict=True))
        yield _Trial(reach.outcome(devices, links), which, many)


def pairs(one: Faults, other: Faults) -> Iterator[tuple[Which, int]]:
    """One of each class of the first, and with it one of each class that the second then has; and how many ordered
    pairs are alike."""
    import numpy as np

    numbers, many = one.classes()
    for number, of in zip(numbers.tolist(), many.tolist(), strict=True):
        rest = np.arange(other.count)
        if one is other:
            rest = rest[rest != number]
        marks = one.marks(np.array(number))
        seconds, beside = other.classes(rest, tuple(marks)) if marks is not None else (rest, np.ones_like(rest))
        for second, by in zip(seconds.tolist(), beside.tolist(), strict=True):
            yield ((one, number), (other, second)), of * by


def _worst(
    reach: Reach, arrays: tuple[Faults, ...], count: int, trials: Iterator[_Trial], limit: int
) -> Failure | None:
    """The worst of the trials that the limit leaves room for; None where there is nothing to try."""
    start, tried = reach.work, 0
    worst: _Trial | None = None
    most = [0, 0, 0, 0.0]
    kept = 1.0
    for trial in trials:
        found = trial.outcome
        tried += trial.many
        most = [max(two) for two in zip(most, (found.isolated, found.pairs, found.islands, found.share), strict=True)]
        kept = min(kept, found.kept)
        if worst is None or _weight(found) > _weight(worst.outcome):
            worst = trial
        reach.work += EACH + sum(array.cost for array in arrays)
        if reach.work - start > limit:
            break
    if not count:
        return None
    twice = len(arrays) == 2 and arrays[0] is arrays[1]  # each pair was counted in either order
    return Failure(
        " and ".join(array.kind for array in arrays),
        " and ".join(array.label for array in arrays),
        int(most[0]),
        int(most[1]),
        int(most[2]),
        kept,
        most[3],
        " and ".join(array.name(number) for array, number in worst.which) if worst is not None else "",
        tried // (1 + twice),
        count // (1 + twice),
    )
