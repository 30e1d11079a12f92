"""Rows of whole numbers as few progressions in several directions: what becomes a statement with index variables.

A progression is the rows `start + t1*step1 + t2*step2 + …` for every t below the counts. Rows are put into runs of one
step, those into runs of runs, and so on; nothing is left out and nothing is there twice, whatever the rows are. How few
come out depends on the order in which rows are looked at, so several are tried. Time is n log n in the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

Row = tuple[int, ...]
FEW = 4  # two rows whose step fewer share are together by chance
MANY = 8  # rows of a progression that is not there by chance
MOST_BEGUN = 3  # orders that are gone on with: those in which the first runs are fewest
MOST_MATCHED = 5_000  # progressions among which rings and triangles are looked for


class Step(NamedTuple):
    """A direction and how many rows lie along it. In the columns of `turned` it goes round: by
    `step * ((t + shift) mod count)` and not by `step * (t + shift)`."""

    step: Row
    many: int
    turned: tuple[tuple[int, int], ...] = ()


class Short(NamedTuple):
    """With each step of the first direction the second has `change` more rows: a triangle."""

    change: int


class Progression(NamedTuple):
    start: Row
    steps: tuple[Step, ...]
    short: Short | None = None

    @property
    def size(self) -> int:
        if self.short is not None:
            first, second = self.steps[0], self.steps[1]
            total = sum(second.many + self.short.change * t for t in range(first.many))
            rest = self.steps[2:]
        else:
            total, rest = 1, self.steps
        for step in rest:
            total *= step.many
        return total

    def rows(self) -> Iterator[Row]:
        """Every row: what the tests hold `cover` to."""
        for times in product(*(range(s.many) for s in self._widest())):
            if self.short is None or times[1] < self.steps[1].many + self.short.change * times[0]:
                yield tuple(
                    first + sum(along(step, column, t) for step, t in zip(self.steps, times, strict=True))
                    for column, first in enumerate(self.start)
                )

    def _widest(self) -> tuple[Step, ...]:
        if self.short is None or self.short.change <= 0:
            return self.steps
        outer, inner, *rest = self.steps
        return (outer, inner._replace(many=inner.many + self.short.change * (outer.many - 1)), *rest)


def along(step: Step, column: int, t: int) -> int:
    """How far a column is from its start after t steps."""
    shift = dict(step.turned).get(column)
    if shift is None:
        return step.step[column] * t
    return step.step[column] * ((t + shift) % step.many - shift)


def cover(rows: Sequence[Row], orders: Sequence[Row]) -> list[Progression]:
    """All rows, each in exactly one progression. `orders` are orders of the columns to look at rows in. The rows are
    all different and as long as each order."""
    if not rows:
        return []
    single = [Progression(row, ()) for row in rows]
    begun = sorted((_run_together(single, order) for order in orders), key=len)
    most = MOST_BEGUN if 2 * len(begun[0]) < len(rows) else 1
    best = min((_finished(found, orders) for found in begun[:most]), key=len)
    return sorted(best, key=lambda p: (-p.size, p.start))


def _finished(found: list[Progression], orders: Sequence[Row]) -> list[Progression]:
    while True:
        fewest = min((_run_together(found, order) for order in orders), key=len)
        if len(fewest) <= MOST_MATCHED:
            fewest = _turned(fewest)
        gained = len(found) - len(fewest)
        if gained:
            found = fewest
        if gained <= len(found) // 100:  # what is left is no pattern
            break
    return _triangles(found, orders) if len(found) <= MOST_MATCHED else found


def _run_together(found: list[Progression], order: Row) -> list[Progression]:
    """Runs of progressions of one shape become one each."""
    alike: dict[tuple[Step, ...], list[Row]] = defaultdict(list)
    for progression in found:
        alike[progression.steps].append(progression.start)
    made = []
    for steps, starts in alike.items():
        for start, step, count in _runs(starts, order, steps):
            made.append(Progression(start, tuple(sorted((*steps, Step(step, count)))) if count > 1 else steps))
    return made


def _runs(starts: list[Row], order: Row, inside: tuple[Step, ...]) -> Iterator[tuple[Row, Row, int]]:
    """Greatest stretches of equal differences among rows in an order: where each starts, its step, its length. What is
    `inside` moves along already."""
    import numpy as np

    if len(starts) == 1:
        yield starts[0], (), 1
        return
    table = np.array(starts, dtype=np.int64)
    table = table[np.lexsort(tuple(table[:, c] for c in reversed(order)))]
    steps = table[1:] - table[:-1]
    slow = (steps[:, list(order)] != 0).argmax(axis=1)  # how early in the order a column changes
    breaks = np.flatnonzero((steps[1:] != steps[:-1]).any(axis=1)) + 1
    ends = np.append(breaks, len(steps))[np.searchsorted(breaks, np.arange(len(steps)), side="right")].tolist()
    mixed = steps @ _odd(steps.shape[1])  # two steps that came to the same would make a run be taken, not a row lost
    _, kinds, many = np.unique(mixed, return_inverse=True, return_counts=True)
    shared = many[kinds].tolist()
    rows, moves, speed = table.tolist(), steps.tolist(), slow.tolist()
    at, last = 0, len(rows) - 1
    while at <= last:
        end = ends[at] if at < last else at
        if end < last and (speed[end] > speed[at] or ends[end] - end > end - at):
            end -= 1  # the last one begins a faster or a longer run
        if end == at + 1 and shared[at] < FEW and not _plain(moves[at], inside):
            end = at
        yield tuple(rows[at]), tuple(moves[at]) if end > at else (), end - at + 1
        at = end + 1


def _plain(step: Sequence[int], inside: tuple[Step, ...]) -> bool:
    """Whether two rows that are so far apart are more than chance: the next element, or past all that is inside."""
    reach = [sum(abs(s.step[c]) * (s.many - 1) for s in inside) for c in range(len(step))]
    if prod(s.many for s in inside) < MANY:
        return all(v in (0, 1, far + 1) for v, far in zip(step, reach, strict=True))
    return all(v == 0 or v > far for v, far in zip(step, reach, strict=True))


def _odd(count: int) -> Any:
    """Odd factors that tell rows of whole numbers apart by one number each."""
    import numpy as np

    return np.array([pow(0x9E37_79B9_7F4A_7C15, k + 1, 1 << 63) for k in range(count)])


# --- rings ------------------------------------------------------------------------------------------------


def _turned(found: list[Progression]) -> list[Progression]:
    """Where one progression goes on from another but for columns that start again: one, in which they go round."""
    there = {(p.start, p.steps): p for p in found}
    counts = sorted({s.many for p in found for s in p.steps})
    gone: set[Progression] = set()
    made = []
    for one in found:
        if one in gone:
            continue
        for at, step in enumerate(one.steps):
            rest = one.steps[:at] + one.steps[at + 1 :]
            hit = None if step.turned else _continued(one, step, rest, there, counts)
            if hit is not None and hit[0] not in gone and hit[0] != one:
                other, columns = hit
                count = step.many + (_count(other, step.step) if len(other.steps) > len(rest) else 1)
                shift = count - step.many
                whole = Step(step.step, count, tuple((c, shift) for c in columns))
                start = list(one.start)
                gone |= {one, other}
                made.append(Progression(tuple(start), tuple(sorted((*rest, whole)))))
                break
    return [p for p in found if p not in gone] + made


def _count(progression: Progression, step: Row) -> int:
    return next(s.many for s in progression.steps if s.step == step and not s.turned)


def _continued(
    one: Progression,
    step: Step,
    rest: tuple[Step, ...],
    there: dict[tuple[Row, tuple[Step, ...]], Progression],
    counts: list[int],
) -> tuple[Progression, tuple[int, ...]] | None:
    """What goes on where `one` ends along a step, and the columns that start again."""
    moving = [c for c, v in enumerate(step.step) if v]
    for more in (1, *(c for c in counts if c <= step.many)):
        shapes = [rest] if more == 1 else [tuple(sorted((*rest, Step(step.step, more))))]
        period = step.many + more
        for bits in range(1, 1 << len(moving)):
            columns = tuple(c for k, c in enumerate(moving) if bits >> k & 1)
            if len(columns) == len(moving):
                continue
            start = tuple(
                s + step.step[c] * (step.many - (period if c in columns else 0)) for c, s in enumerate(one.start)
            )
            for shape in shapes:
                other = there.get((start, shape))
                if other is not None:
                    return other, columns
    return None


# --- triangles --------------------------------------------------------------------------------------------


def _triangles(found: list[Progression], orders: Sequence[Row]) -> list[Progression]:
    """Runs of which each is longer or shorter than the one before by the same become one."""
    best = found
    for order in orders:
        tried = _triangles_in(found, order)
        if len(tried) < len(best):
            best = tried
    return best


def _triangles_in(found: list[Progression], order: Row) -> list[Progression]:
    def key(row: Row) -> Row:
        return tuple(row[c] for c in order)

    single = {p.start: p for p in found if not p.steps}
    alike: dict[tuple[Row, tuple[Step, ...]], list[tuple[Progression, int]]] = defaultdict(list)
    for progression in found:
        for at, one in enumerate(progression.steps):
            if not one.turned and progression.short is None:
                rest = progression.steps[:at] + progression.steps[at + 1 :]
                alike[one.step, rest].append((progression, one.many))
    gone: set[Progression] = set()
    made = []
    for (inner, rest), group in sorted(alike.items()):
        rows = sorted((x for x in group if x[0] not in gone), key=lambda x: key(x[0].start))
        at = 0
        while at + 1 < len(rows):
            step, change = _between(rows[at], rows[at + 1])
            end = at + 1
            while change and end + 1 < len(rows) and _between(rows[end], rows[end + 1]) == (step, change):
                end += 1
            if not change or end < at + 2 - (not rest and _apex(rows[end], step, change, single) is not None):
                at += 1
                continue
            taken = [p for p, _ in rows[at : end + 1]]
            first, many, count = rows[at][0].start, len(taken), rows[at][1]
            for far, towards in ((rows[end], 1), (rows[at], -1)):
                apex = None if rest else _apex(far, step, change, single, towards)
                if apex is not None and apex not in gone:
                    taken.append(apex)
                    many += 1
                    if towards < 0:
                        first, count = apex.start, 1
            gone.update(taken)
            made.append(Progression(first, (Step(step, many), Step(inner, count), *rest), Short(change)))
            at = end + 1
    return [p for p in found if p not in gone] + made


def _between(one: tuple[Progression, int], other: tuple[Progression, int]) -> tuple[Row, int]:
    step = tuple(b - a for a, b in zip(one[0].start, other[0].start, strict=True))
    return step, other[1] - one[1]


def _apex(
    end: tuple[Progression, int], step: Row, change: int, single: dict[Row, Progression], towards: int = 1
) -> Progression | None:
    """The single row that a triangle ends in."""
    if end[1] + towards * change != 1:
        return None
    return single.get(tuple(s + towards * v for s, v in zip(end[0].start, step, strict=True)))
