"""What each rack holds: all in it, and its share of the parts of links whose ends are in it, as `holders` has it.

Racks of one array may hold different amounts: those that hold the same are one class. Where several links share a part,
the first of them says where it stands; an adapter that many links pass through is shared by all of them alike.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from cmxdsl.analysis.base import bundling, ports
from cmxdsl.analysis.base.bundling import Columns, Tuples, columns_of
from cmxdsl.analysis.base.cooling import Way, cooled_along
from cmxdsl.analysis.base.holders import Parts, Wanted, add, holdings, taken
from cmxdsl.analysis.base.ports import Names, numbered, steps_of
from cmxdsl.analysis.physical.floor import outer
from cmxdsl.model import (
    Component,
    Dim,
    End,
    Expr,
    Link,
    Subject,
    Total,
    Var,
    descendants,
    index,
    remembered,
    shares,
    total_of,
)
from cmxdsl.model.arithmetic import mixed
from cmxdsl.records import define, evolve, field, frozen

Held = tuple[Component, Way]  # a part, and how the device in the rack is cooled at whose end it is


def is_rack(component: Component) -> bool:
    return component.kind == "rack"


@frozen
class Alike:
    """Racks of one array that hold the same: how many, one of them, all parts in it, and which are its links'.

    `unsure` are parts of links of which it is not known how they spread over the array.
    """

    component: Component
    count: int
    example: str
    parts: Parts
    at_ends: Mapping[Held, Fraction]
    unsure: frozenset[Component] = frozenset()

    @property
    def at_ends_by_part(self) -> Parts:
        """The parts of links alone."""
        found: dict[Component, int | Fraction] = {}
        for (part, _), many in self.at_ends.items():
            add(found, {part: many})
        return found

    def total(self, attribute: str) -> Total:
        """The sum over the parts in one."""
        return total_of(self.parts, attribute, self.unsure)


@frozen
class Array:
    """The racks at one path: their classes, and the class of each by its number."""

    names: Names
    steps: tuple[tuple[int, ...], ...]
    classes: tuple[Alike, ...]
    which: _Which | None = field(default=None, eq=False, repr=False)

    def at(self, number: int) -> Alike:
        return self.classes[0 if self.which is None else self.which[number]]


@frozen
class Attribution:
    """The racks of a design, by array."""

    arrays: tuple[Array, ...]

    @property
    def classes(self) -> Iterator[Alike]:
        return (one for array in self.arrays for one in array.classes)

    def of(self, component: Component) -> list[Alike]:
        """The classes of one component's."""
        return [one for one in self.classes if one.component is component]

    def at(self, label: str) -> Alike | None:
        """What the rack holds that is called so: `pod[2].compute[3]`; where it is the whole design, by its own name."""
        names = tuple(_INDICES.sub("", label).split("."))
        array = next((a for a in self.arrays if a.names in ((), names)), None)
        if array is None:
            return None
        number = 0
        digits = (int(digit) for digit in _DIGITS.findall("".join(_INDICES.findall(label))))
        for digit, size in zip(digits, (size for step in array.steps for size in step), strict=True):
            number = number * size + digit
        return array.at(number)


_INDICES, _DIGITS = re.compile(r"\[[^\]]*\]"), re.compile(r"\d+")


def alike(subject: Subject, top: Component | None) -> list[Alike]:
    """A component's classes in a design `top`; where it is in none, it holds what is in it."""
    component = subject.top
    found = attribution(subject.of(top), lambda c: c is component).classes if top is not None else ()
    return list(found) or [Alike(component, 1, component.name, subject.counts, {})]


def heaviest(classes: Iterable[Alike], attribute: str) -> Alike | None:
    """The class that has most of an attribute; None where none is known to have any."""
    known = [(value.value, one) for one in classes if (value := one.total(attribute).value) is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


@frozen
class Between:
    """The least and the most that racks have of an attribute."""

    least: Total
    most: Total


def between(totals: Sequence[Total]) -> Between:
    """The least and the greatest of some totals; amounts that do not add up count as nothing."""

    def size(total: Total) -> Fraction:
        return total.value.value if total.value is not None else Fraction(0)

    return Between(min(totals, key=size), max(totals, key=size))


@define
class _Column:
    """How often each rack of an array holds `unit` of a part at one device: in all of them, and by number."""

    every: int = 0
    found: list[Columns] = field(factory=list)


@define
class _Shelf:
    """An array while links are looked at."""

    component: Component
    columns: dict[tuple[Held, Fraction], _Column] = field(factory=dict)
    unsure: set[Component] = field(factory=set)


@remembered(keep=4)
def attribution(subject: Subject, wanted: Wanted = is_rack) -> Attribution:
    """What each outermost component that is `wanted` holds; racks, unless others are asked for."""
    top = subject.top
    holding: dict[Component, bool] = {}
    for component in reversed(list(descendants(top))):
        inner = any(i.count and holding[i.component] for i in component.instances.values())
        holding[component] = inner or wanted(component)
    shelves: dict[Names, _Shelf] = {}
    owners: list[tuple[Names, Component]] = []
    stack: list[tuple[Names, Component]] = [((), top)] if holding[top] else []
    while stack:
        names, component = stack.pop()
        if wanted(component):
            shelves[names] = _Shelf(component)
            continue
        owners.append((names, component))
        inside = [i for i in component.instances.values() if i.count and holding[i.component]]
        stack += [((*names, i.name), i.component) for i in reversed(inside)]
        if len(owners) + len(stack) + len(shelves) > ports.MAX_PATHS:
            return _by_component(subject, wanted)
    for names, component in owners:
        steps, dims = outer(top, names)
        for link in component.links:
            for far, end in enumerate((link.a, link.b)):
                at = taken(component, end, wanted) if link.count else None
                if at is not None:
                    path = End((*steps, *end.steps), end.port)
                    shelf = shelves[path.names[: len(names) + at[1]]]
                    _share_out(top, shelf, link, far, path, len(names) + at[1], dims)
    return Attribution(tuple(_array(subject, names, shelf) for names, shelf in shelves.items()))


def _by_component(subject: Subject, wanted: Wanted) -> Attribution:
    """Where racks are in more places than can be listed: all of one kind together, and their links' parts unsure."""
    found = []
    for held in holdings(subject, wanted).holders:
        own = subject.of(held.component).counts
        unsure = frozenset(part for part, many in held.parts.items() if many != own.get(part, 0) * held.count)
        one = Alike(held.component, held.count, held.component.name, own, {}, unsure)
        found.append(Array((held.component.name,), ((held.count,),), (one,)))
    return Attribution(tuple(found))


def _share_out(top: Component, shelf: _Shelf, link: Link, far: int, path: End, steps: int, dims: index.Domain) -> None:
    """What of one pattern's parts belongs to the racks at one of its ends."""
    pattern, times = Tuples(dims, link.domain, link.where), index.size(dims)
    for share in shares(link):
        amount = share.far if far else share.near
        if not amount:
            continue
        count = -(-link.count // share.by)
        held = (share.part, cooled_along(shelf.component, path.names[steps:-1]))
        column = shelf.columns.setdefault((held, amount / count), _Column())
        try:
            _spread(top, path, steps, pattern, share.by, column, count * times)
        except index.TooMany:
            shelf.unsure.add(share.part)


def _spread(top: Component, path: End, steps: int, pattern: Tuples, by: int, column: _Column, count: int) -> None:
    """Count, by the rack where it ends, the first of each `by` links."""
    digits = [e for step in path.steps[:steps] for e in step.indices]
    sizes = top.shape_at(path.names[:steps])
    if _evenly(digits, sizes, pattern, by):
        column.every += count // prod(sizes)
        return
    column.found.append(columns_of(pattern, [mixed(digits, sizes)], by))


def _evenly(digits: list[Expr], sizes: tuple[int, ...], pattern: Tuples, by: int) -> bool:
    """Whether each rack plainly has as many: each index is a variable of its own that runs over all of its size, with
    no condition on it, and bundles are within one rack."""
    dims = {d.name: d for d in pattern.all}
    fixed = index.variables(pattern.where) if pattern.where is not None else set()
    seen: set[str] = set()
    for digit, size in zip(digits, sizes, strict=True):
        if not isinstance(digit, Var) or digit.name in seen or digit.name in fixed:
            if size == 1:
                continue
            return False
        if dims[digit.name] != Dim(digit.name, 0, size):
            return False
        seen.add(digit.name)
    own = [d.name in seen for d in pattern.domain]
    if by == 1 or not any(own):
        return True
    last = len(own) - own[::-1].index(True)
    return pattern.where is None and prod(d.size for d in pattern.domain[last:]) % by == 0


# --- classes ----------------------------------------------------------------------------------------------


def _array(subject: Subject, names: Names, shelf: _Shelf) -> Array:
    """The racks at one path, those that hold the same together, in the order of their first."""
    top = subject.top
    shapes = steps_of(top, names)
    size = prod(n for shape in shapes for n in shape)
    groups, which = _grouped(list(shelf.columns.values()), size)
    base, unsure = subject.of(shelf.component).counts, frozenset(shelf.unsure)
    found: dict[frozenset[tuple[Held, Fraction]], tuple[int, list[int]]] = {}  # a class's number, first rack and size
    merged = []
    for first, count, amounts in groups:
        held: dict[Held, Fraction] = {}
        for (what, unit), many in zip(shelf.columns, amounts, strict=True):
            if many:
                held[what] = held.get(what, Fraction(0)) + unit * many
        number, members = found.setdefault(frozenset(held.items()), (len(found), [first, 0]))
        members[1] += count
        merged.append(number)
    classes = []
    for key, (_, (first, count)) in found.items():
        parts: dict[Component, int | Fraction] = dict(base)
        for (part, _), amount in sorted(key, key=lambda item: (item[0][0].id, str(item[0][1]))):
            add(parts, {part: amount})
        label = numbered(names, shapes, first) or top.name
        classes.append(Alike(shelf.component, count, label, parts, dict(key), unsure))
    return Array(names, tuple(shapes), tuple(classes), evolve(which, classes=tuple(merged)))


@frozen
class _Which:
    """The group of each rack: `groups` of those whose `numbers` are listed, the last of all others; and its class."""

    numbers: Any
    groups: Any
    classes: tuple[int, ...] = ()

    def __getitem__(self, number: int) -> int:
        place = bisect_left(self.numbers, number)
        listed = place < len(self.numbers) and self.numbers[place] == number
        return self.classes[int(self.groups[place]) if listed else -1]


def _grouped(columns: list[_Column], size: int) -> tuple[list[tuple[int, int, list[int]]], _Which]:
    """Racks with the same amounts in all columns: the first's number, how many, the amounts; and the group of each.

    Racks that no link names by number have the same; they are the last group, if there are any.
    """
    every = [c.every for c in columns]
    total = sum(len(numbers) for c in columns for (numbers,), _, _ in c.found)
    numbers, groups, found = (_few_groups if total <= bundling.FEW else _many_groups)(columns, every)
    if len(numbers) < size:
        free = next((k for k, number in enumerate(numbers) if number != k), len(numbers))
        found.append((free, size - len(numbers), every))
    return found, _Which(numbers, groups)


_Groups = tuple[Any, Any, list[tuple[int, int, list[int]]]]


def _few_groups(columns: list[_Column], every: list[int]) -> _Groups:
    rows: dict[int, list[int]] = {}
    for k, column in enumerate(columns):
        for (numbers,), bundles, _ in column.found:
            for number, many in zip(numbers, bundles, strict=True):
                rows.setdefault(int(number), list(every))[k] += int(many)
    members: dict[tuple[int, ...], list[int]] = {}
    for number in sorted(rows):
        members.setdefault(tuple(rows[number]), []).append(number)
    group = {number: k for k, same in enumerate(members.values()) for number in same}
    found = [(same[0], len(same), list(row)) for row, same in members.items()]
    return sorted(rows), [group[number] for number in sorted(rows)], found


def _many_groups(columns: list[_Column], every: list[int]) -> _Groups:
    import numpy as np

    numbers = np.unique(np.concatenate([np.asarray(n) for c in columns for (n,), _, _ in c.found]))
    table = np.tile(np.asarray(every, dtype=np.int64), (len(numbers), 1))
    for k, column in enumerate(columns):
        for (some,), bundles, _ in column.found:
            table[np.searchsorted(numbers, np.asarray(some)), k] += np.asarray(bundles)
    rows, first, group, count = np.unique(table, axis=0, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    found = [(int(numbers[first[k]]), int(count[k]), rows[k].tolist()) for k in order]
    return numbers, np.argsort(order)[group.reshape(-1)], found
