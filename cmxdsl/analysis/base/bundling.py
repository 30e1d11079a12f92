"""Links in bundles: which share a cable, and where each bundle's ends are, counted in bulk.

The links of a pattern have an order, that of its tuples with the last variable fastest. Each `bundle` of them in turn
share one cable, anew in each instance of the component that has the links. What is not whole is the last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from cmxdsl.model import Expr, index
from cmxdsl.records import frozen

FEW = index.SMALL // 25  # up to here tuples are taken one by one


@frozen
class Tuples:
    """Links over `outer`, the indices of the instances that have them, and over their own `domain`."""

    outer: index.Domain
    domain: index.Domain
    where: Expr | None

    @property
    def all(self) -> index.Domain:
        return self.outer + self.domain


@frozen
class Tally:
    """How many bundles have the values `key`, and how many links are in them."""

    key: tuple[int, ...]
    bundles: int
    links: int


def tally(pattern: Tuples, keys: list[Expr], bundle: int = 1, longest: bool = False) -> list[Tally]:
    """The bundles by what `keys` are for the first link of each, in order; the last key, where it is the `longest`,
    is the greatest of all its links. Raises index.TooMany."""
    columns, bundles, links = columns_of(pattern, keys, bundle, longest)
    every: tuple[list[Any], ...] = tuple(list(map(int, column)) for column in (*columns, bundles, links))
    return [Tally(tuple(row[:-2]), row[-2], row[-1]) for row in zip(*every, strict=True)]


Columns = tuple[Sequence[Any], Any, Any]  # of each key its values, then bundles and links: lists, or arrays when many


def columns_of(pattern: Tuples, keys: list[Expr], bundle: int = 1, longest: bool = False) -> Columns:
    """The same as columns."""
    reduced = _reduced(pattern, keys, bundle)
    found = _few if index.size(reduced.pattern.all) <= FEW else _many
    return found(reduced, keys, longest)


@frozen
class _Reduced:
    """The same question with fewer tuples: each stands for `times` bundles of `links`, or for so many links of one."""

    pattern: Tuples
    bundle: int
    times: int
    links: int


def _reduced(pattern: Tuples, keys: list[Expr], bundle: int) -> _Reduced:
    """Variables that no key depends on only multiply, if they are outside of bundles or make up whole ones."""
    used = set().union(*(index.variables(e) for e in keys))
    used |= index.variables(pattern.where) if pattern.where is not None else set()
    outer = tuple(d for d in pattern.outer if d.name in used)
    times = prod(d.size for d in pattern.outer if d.name not in used)
    if bundle == 1:
        inner = tuple(d for d in pattern.domain if d.name in used)
        times *= prod(d.size for d in pattern.domain if d.name not in used)
        return _Reduced(Tuples(outer, inner, pattern.where), 1, times, 1)
    last = len(pattern.domain)
    while last and pattern.domain[last - 1].name not in used:
        last -= 1
    inner, free = pattern.domain[:last], prod(d.size for d in pattern.domain[last:])
    if free and free % bundle == 0:
        kept = tuple(d for d in inner if d.name in used)
        times *= prod(d.size for d in inner if d.name not in used) * (free // bundle)
        return _Reduced(Tuples(outer, kept, pattern.where), 1, times, bundle)
    if free and bundle % free == 0:
        return _Reduced(Tuples(outer, inner, pattern.where), bundle // free, times, free)
    return _Reduced(Tuples(outer, pattern.domain, pattern.where), bundle, times, 1)


def _few(asked: _Reduced, keys: list[Expr], longest: bool) -> Columns:
    pattern, bundle = asked.pattern, asked.bundle
    numbers = [index.compiled(e, [d.name for d in pattern.all]) for e in keys]
    counts: dict[tuple[int, ...], list[int]] = {}
    for outer in index.each(pattern.outer):
        rows = [tuple(int(n(*outer.values(), *at.values())) for n in numbers) for at in _each(pattern, outer)]
        for start in range(0, len(rows), bundle):
            together = rows[start : start + bundle]
            key = (*together[0][:-1], max(row[-1] for row in together)) if longest else together[0]
            found = counts.setdefault(key, [0, 0])
            found[0] += asked.times
            found[1] += asked.times * asked.links * len(together)
    order = sorted(counts)
    bundles, links = ([counts[key][k] for key in order] for k in (0, 1))
    return [[key[k] for key in order] for k in range(len(keys))], bundles, links


def _each(pattern: Tuples, outer: dict[str, int]) -> Iterator[dict[str, int]]:
    """A pattern's own tuples, in order."""
    return index.each(pattern.domain, pattern.where)


def _many(asked: _Reduced, keys: list[Expr], longest: bool) -> Columns:
    import numpy as np

    pattern = asked.pattern
    env = index.tuples(pattern.all, pattern.where)
    size = len(next(iter(env.values())))
    if not size:
        return [[] for _ in keys], [], []
    columns = [np.broadcast_to(np.asarray(index.evaluate(e, env), dtype=np.int64), (size,)) for e in keys]
    starts = first_links(size, index.size(pattern.outer), asked.bundle)
    rows = np.stack([column[starts] for column in columns])
    if longest:
        rows[-1] = np.maximum.reduceat(columns[-1], starts)
    held = np.diff(np.append(starts, size))
    code = _coded(rows)
    _, first, place, bundles = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    links = np.bincount(place.reshape(-1), held, minlength=len(first)).astype(np.int64)
    return list(rows[:, first]), bundles * asked.times, links * (asked.times * asked.links)


def _coded(rows: Any) -> Any:
    """One number for each column, in the order of the columns."""
    import numpy as np

    code = np.zeros(rows.shape[1], dtype=np.int64)
    top = 1
    for row in rows:
        low, high = int(row.min()), int(row.max())
        if top * (high - low + 1) >= 2**62:  # numbered anew, so that it stays within 64 bits
            values, code = np.unique(code, return_inverse=True)
            row, top = np.unique(row, return_inverse=True)[1], len(values)
            low, high = 0, int(row.max())
        code = code * (high - low + 1) + (row - low)
        top *= high - low + 1
    return code


def first_links(size: int, instances: int, bundle: int) -> Any:
    """The positions, among `size` links of so many instances, of the first link of each bundle."""
    import numpy as np

    each = size // instances
    starts = np.arange(0, each, bundle)
    return (np.arange(instances)[:, None] * each + starts[None, :]).reshape(-1)


Apart = tuple[dict[str, int], dict[str, int]]


def straddling(pattern: Tuples, keys: list[Expr], bundle: int) -> Apart | None:
    """The first link of a bundle and one that is not where that is, by `keys`; None where there is none.

    Raises index.TooMany.
    """
    used = set().union(*(index.variables(e) for e in keys))
    if bundle == 1 or not used & {d.name for d in pattern.domain}:
        return None
    reduced = _reduced(pattern, keys, bundle)
    if reduced.bundle == 1:
        return None
    if index.size(reduced.pattern.all) <= FEW:
        return _few_straddling(reduced, keys)
    import numpy as np

    env = index.tuples(reduced.pattern.all, reduced.pattern.where)
    size = len(next(iter(env.values())))
    if not size:
        return None
    starts = first_links(size, index.size(reduced.pattern.outer), reduced.bundle)
    held = np.diff(np.append(starts, size))
    for expr in keys:
        column = np.broadcast_to(np.asarray(index.evaluate(expr, env), dtype=np.int64), (size,))
        first = np.repeat(starts, held)
        apart = np.flatnonzero(column != column[first])
        if len(apart):
            both = (first[apart[0]], apart[0])
            before, after = ({name: int(found[place]) for name, found in env.items()} for place in both)
            return before, after
    return None


def _few_straddling(asked: _Reduced, keys: list[Expr]) -> Apart | None:
    pattern = asked.pattern
    numbers = [index.compiled(e, [d.name for d in pattern.all]) for e in keys]
    for outer in index.each(pattern.outer):
        first: tuple[tuple[int, ...], dict[str, int]] = ((), {})
        for position, at in enumerate(_each(pattern, outer)):
            key = tuple(int(n(*outer.values(), *at.values())) for n in numbers)
            if position % asked.bundle == 0:
                first = (key, at)
            elif key != first[0]:
                return {**outer, **first[1]}, {**outer, **at}
    return None
