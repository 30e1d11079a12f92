"""Symmetry of a plane: which digits of device numbers can be exchanged without changing a link.

A device's number is mixed-radix: each dimension of its array is a digit, or several where links split it (`i div 4`,
`4*c + q`). Digits that links tie together form a class and move together: exchanging two values of a class exchanges
them in each of its digits, everywhere. The values of a class fall into cells. Those of a *permuted* cell can be put in
any order, those of a *rotated* one can be turned round, and those of a *fixed* one stay where they are. All these moves
together are a group; devices, links and pairs are alike when one of its moves takes one to the other.

What is said here of classes and cells is a proposal (`analysis.indices`) until `proved` has applied it to the links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from cmxdsl.analysis.base.ports import Names
from cmxdsl.model import Component
from cmxdsl.records import evolve, frozen

DimId = tuple[Names, int]  # an array by its path, and which of its dimensions

PERMUTED, ROTATED, FIXED = "permuted", "rotated", "fixed"


@frozen
class Digit:
    """A digit of the numbers of an array's devices, `number // stride % size`, and the class that it moves with."""

    cls: int
    size: int
    stride: int


@frozen
class Cell:
    """The values from `start` to `stop` - 1 of a class, and how they can be moved."""

    start: int
    stop: int
    kind: str

    @property
    def size(self) -> int:
        return self.stop - self.start


@frozen
class Symmetry:
    """The digits of each array's numbers, the highest first; the cells of each class, ascending; and the class of each
    dimension's highest digit. A digit of fewer values than its class has whole cells only."""

    digits: Mapping[Names, tuple[Digit, ...]]
    cells: tuple[tuple[Cell, ...], ...]
    _roots: Mapping[DimId, int]

    def root(self, dim: DimId) -> int:
        """The class that a dimension moves with."""
        return self._roots[dim]


@frozen
class Hope:
    """A symmetry to be tried, and by class the values at which to cut a cell that fails."""

    symmetry: Symmetry
    finer: tuple[tuple[int, ...], ...]


def dims_of(root: Component, names: Names) -> list[DimId]:
    """The dimensions of a path of arrays, from the outermost."""
    found: list[DimId] = []
    here = root
    for k, name in enumerate(names):
        shape = here.instances[name].shape
        found += [(names[: k + 1], axis) for axis in range(len(shape))]
        here = here.instances[name].component
    return found


# --- proof ------------------------------------------------------------------------------------------------


@frozen
class Links:
    """The links of one pattern: the arrays of both ends, and the numbers of the devices within these."""

    paths: tuple[Names, ...]
    ends: tuple[Any, ...]


def proved(hope: Hope, links: list[Links]) -> Symmetry:
    """The symmetry that the links have, of what is hoped for.

    A cell is permuted when two moves map the links of every pattern onto themselves: exchanging its first two values,
    and turning all round by one; for these generate every order. It is rotated when only the second does, and is all of
    its class, whose digits then have one size. A cell for which neither holds is cut and each part tried; what fails
    then is fixed.
    """
    touching: dict[int, list[Links]] = {}
    for group in links:
        for cls in {d.cls for names in group.paths for d in hope.symmetry.digits[names]}:
            touching.setdefault(cls, []).append(group)

    def tried(cls: int, start: int, stop: int) -> Cell:
        def kept(stop: int) -> bool:
            return all(_kept(hope.symmetry, cls, start, stop, group) for group in touching.get(cls, ()))

        if stop - start == 1 or (kept(start + 2) and (stop - start == 2 or kept(stop))):
            return Cell(start, stop, PERMUTED)
        if len(hope.symmetry.cells[cls]) == 1 and hope.symmetry.cells[cls][0].size == stop - start and kept(stop):
            return Cell(start, stop, ROTATED)
        return Cell(start, stop, FIXED)

    found: list[tuple[Cell, ...]] = []
    for cls, cells in enumerate(hope.symmetry.cells):
        mine: list[Cell] = []
        for cell in cells:
            whole = tried(cls, cell.start, cell.stop)
            cuts = [c for c in hope.finer[cls] if cell.start < c < cell.stop]
            if whole.kind != FIXED or not cuts:
                mine.append(whole)
            else:
                ends = pairwise([cell.start, *cuts, cell.stop])
                mine += [tried(cls, start, stop) for start, stop in ends]
        found.append(tuple(mine))
    return evolve(hope.symmetry, cells=tuple(found))


def _kept(hoped: Symmetry, cls: int, start: int, stop: int, links: Links) -> bool:
    """Whether turning the values from `start` to `stop` - 1 round by one maps the links of a pattern onto themselves:
    the moved links are, as a multiset of pairs without order, the same before and after."""
    import numpy as np

    moved = []
    for names, number in zip(links.paths, links.ends, strict=True):
        there = number.astype(np.int64)
        for digit in hoped.digits[names]:
            if digit.cls == cls and digit.size > start:
                value = number // digit.stride % digit.size
                inside = (value >= start) & (value < stop)
                there += np.where(inside, np.where(value == stop - 1, start - stop + 1, 1) * digit.stride, 0)
        moved.append(there)
    (a, b), (x, y) = links.ends, moved
    some = (a != x) | (b != y)
    radix = max(int(side.max(initial=0)) for side in (a, b, x, y)) + 1
    before, after = (
        np.sort(_pair(one[some].astype(np.int64), other[some].astype(np.int64), radix, links.paths), kind="stable")
        for one, other in ((a, b), (x, y))
    )
    return bool(np.array_equal(before, after))


def _pair(a: Any, b: Any, radix: int, paths: tuple[Names, ...]) -> Any:
    """One number for each pair; devices of one array have no order."""
    import numpy as np

    if paths[0] != paths[1]:
        return a * radix + b
    return np.minimum(a, b) * radix + np.maximum(a, b)


# --- classes ----------------------------------------------------------------------------------------------


Seen = Mapping[int, frozenset[int]]  # the values of each class met so far


def seen_in(symmetric: Symmetry, names: Names, number: int) -> Seen:
    """The values of each class in a device's number within its array."""
    found: dict[int, frozenset[int]] = {}
    for d in symmetric.digits[names]:
        found[d.cls] = found.get(d.cls, frozenset()) | {number // d.stride % d.size}
    return found


def representatives(symmetric: Symmetry, names: Names, seen: Seen) -> Iterator[tuple[int, int]]:
    """Of an array's devices one of each class, and how many are in it, when devices with the values `seen` stay where
    they are; classes may come in parts."""
    digits = symmetric.digits[names]

    def grown(place: int, number: int, many: int, known: Seen) -> Iterator[tuple[int, int, Seen]]:
        d = digits[place]
        mine = known.get(d.cls, frozenset())
        again = any(other.cls == d.cls for other in digits[place + 1 :])
        for value, alike in _choices(symmetric.cells[d.cls], d.size, mine):
            yield number + value * d.stride, many * alike, {**known, d.cls: mine | {value}} if again else known

    stack: list[Iterator[tuple[int, int, Seen]]] = [iter([(0, 1, seen)])]
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        elif len(stack) > len(digits):
            yield found[:2]
        else:
            stack.append(grown(len(stack) - 1, *found))


def _choices(cells: tuple[Cell, ...], size: int, seen: frozenset[int]) -> Iterator[tuple[int, int]]:
    """The values of a digit that no move which keeps `seen` takes to one another, and how many each stands for."""
    for cell in cells:
        if cell.start >= size:
            return
        values = range(cell.start, cell.stop)
        if cell.kind == FIXED or (cell.kind == ROTATED and seen):
            yield from ((value, 1) for value in values)
            continue
        yield from ((value, 1) for value in sorted(seen) if value in values)
        new = next((value for value in values if value not in seen), None)
        if new is not None:
            yield new, cell.size - sum(value in values for value in seen)


def orbits(symmetric: Symmetry, links: Links) -> tuple[Any, int]:
    """For each link of a pattern the number of its class, and how many classes there are.

    Moves act on each class by itself, so two ordered pairs of devices are alike when in each class their digits are:
    in the same cells (and of a fixed one the same values), and equal to one another in the same places where values
    are permuted, or equally far apart where they are rotated.
    """
    import numpy as np

    ends = list(zip(links.paths, links.ends, strict=True))
    ways = [ends, ends[::-1]] if links.paths[0] == links.paths[1] else [ends]  # devices of one array have no order
    keys: Any = np.zeros((len(ways), len(links.ends[0])), dtype=np.int64)
    top = 1
    for cls in sorted({d.cls for names in links.paths for d in symmetric.digits[names]}):
        cells = symmetric.cells[cls]
        n = cells[-1].stop
        homes = [np.arange(c.start, c.stop) if c.kind == FIXED else np.full(c.size, c.start) for c in cells]
        home = np.concatenate(homes)  # of each value: what of it stays the same
        turned, moved = cells[0].kind == ROTATED, any(c.kind == PERMUTED for c in cells)
        values = _values(symmetric, cls, ways)
        for k, value in enumerate(values):
            if len(cells) > 1 or not (turned or moved):
                keys, top = _with(keys, top, home[value], n)
            if turned and k:
                keys, top = _with(keys, top, (value - values[0]) % n, n)
            for before in values[:k] if moved else ():
                keys, top = _with(keys, top, value == before, 2)
    return _compact(keys.min(axis=0), top)


def _values(symmetric: Symmetry, cls: int, ways: list[list[tuple[Names, Any]]]) -> list[Any]:
    """The digits of a class in both ends of links, each an array of a row for each way to order the ends."""
    import numpy as np

    rows = [
        [number // d.stride % d.size for names, number in way for d in symmetric.digits[names] if d.cls == cls]
        for way in ways
    ]
    return [np.stack(same) for same in zip(*rows, strict=True)]


def _with(keys: Any, top: int, code: Any, radix: int) -> tuple[Any, int]:
    """Keys below `top` with one more code below `radix`; numbered anew where they would grow past 64 bits."""
    if top * radix >= 2**62:
        keys, top = _compact(keys, top)
    return keys * radix + code, top * radix


def _compact(keys: Any, top: int) -> tuple[Any, int]:
    """Keys below `top` numbered from 0 in the same order, and how many there are."""
    import numpy as np

    if top > 4 * keys.size + 1024:
        values, found = np.unique(keys, return_inverse=True)
        return found.reshape(keys.shape), len(values)
    here = np.zeros(top, dtype=bool)
    here[keys.ravel()] = True
    return (np.cumsum(here) - 1)[keys], int(here.sum())
