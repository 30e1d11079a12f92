"""What a plane's index expressions let one hope of its symmetry; `symmetry.proved` tries it on the links.

Each index of an end is read as a sum of variables that behave like digits: `i`, `4*c + q`, `i div 4` (which makes `i` a
number of two digits), `(i + 1) mod n` (as `i`: it goes round with it). A digit of a dimension moves with the variable
that gives it, and so with every other digit that this variable gives. Nothing here has to be right, only likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from cmxdsl.analysis.base.planes import PlacedLink
from cmxdsl.analysis.base.ports import Names
from cmxdsl.analysis.network.symmetry import PERMUTED, Cell, Digit, DimId, Hope, Symmetry, dims_of
from cmxdsl.model import Component, Const, Dim, Expr, Op, Var, index
from cmxdsl.model.index_image import Image, in_digits
from cmxdsl.records import define, field, frozen

MAX_CUTS = 64  # of one class; beyond, its values are fixed

Variable = tuple[int, str]  # a pattern by its number, and one of its variables
Place = tuple[DimId | Variable, int]  # a digit by the weight that it starts at


@frozen
class _Term:
    """A variable that gives the digits of a dimension from `weight` on."""

    dim: DimId
    weight: int
    variable: Variable


@define
class _Reading:
    """Collected from all patterns: where dimensions and variables are split, and at which values they are cut."""

    sizes: dict[DimId, int]
    ranges: dict[Variable, Dim] = field(factory=dict)
    terms: list[_Term] = field(factory=list)
    splits: dict[DimId | Variable, set[int]] = field(factory=dict)
    cuts: dict[DimId | Variable, set[int]] = field(factory=dict)


def hoped(root: Component, patterns: list[PlacedLink], paths: Iterable[Names]) -> Hope:
    """The symmetry that the index expressions of a plane suggest."""
    dims = {names: dims_of(root, names) for names in paths}
    sizes = {dim: size for names, own in dims.items() for dim, size in zip(own, root.shape_at(names), strict=True)}
    reading = _Reading(sizes)
    for number, pattern in enumerate(patterns):
        _read(reading, number, pattern, [d for names in pattern.paths for d in dims[names]])
    _spread(reading)
    return _classes(reading, dims)


def _read(reading: _Reading, number: int, pattern: PlacedLink, dims: list[DimId]) -> None:
    """The terms of both ends of a pattern."""
    image = pattern.ends[0][0]
    written = [expr for end, _, _ in pattern.ends for expr in end.indices]
    bare = [_turned(e, reading.sizes[d], image.domain) or e for e, d in zip(written, dims, strict=True)]
    split = in_digits(Image(tuple(bare), image.domain, image.where))
    ranges = {d.name: d for d in split.domain}
    reading.ranges |= {(number, name): d for name, d in ranges.items()}
    for expr, dim in zip(split.indices, dims, strict=True):
        form = index.affine(expr)
        if form is not None and not form.coefficients:
            reading.cuts.setdefault(dim, set()).update((form.constant, form.constant + 1))
        elif form is not None and form.constant == 0 and _is_number(form.coefficients, ranges, reading.sizes[dim]):
            for name, weight in form.coefficients.items():
                reading.terms.append(_Term(dim, weight, (number, name)))
                reading.splits.setdefault(dim, set()).add(weight)
    for expr, value in (pair for read in (split.where, *split.indices) for pair in _compared(read)):
        form = index.affine(expr)
        if form is not None and form.constant == 0 and all(weight > 0 for weight in form.coefficients.values()):
            names = {weight: name for name, weight in form.coefficients.items()}
            for weight, digits in _at_digits(value, sorted(names)):
                reading.cuts.setdefault((number, names[weight]), set()).update(digits)
    for name, d in ranges.items():
        reading.cuts.setdefault((number, name), set()).update((d.start, d.stop))


def _turned(expr: Expr, size: int, domain: index.Domain) -> Expr | None:
    """The variable that `(v + …) mod n` goes round with, n being the dimension's size."""
    match expr:
        case Op("mod", (inner, Const() as modulus)) if index.integer(modulus) == size:
            ranges = {d.name: d.size for d in domain}
            found = [v for v in _added(inner) if ranges[v.name] == size]
            return found[0] if found else None
    return None


def _added(expr: Expr) -> list[Var]:
    """The variables that are added at the top of a sum."""
    match expr:
        case Var():
            return [expr]
        case Op("+", (a, b)):
            return _added(a) + _added(b)
        case Op("-", (a, _)):
            return _added(a)
    return []


def _is_number(coefficients: Mapping[str, int], ranges: Mapping[str, Dim], size: int) -> bool:
    """Whether terms are the digits of a number below `size`: each weight divides the next, and no digit overflows."""
    terms = sorted((weight, name) for name, weight in coefficients.items())
    weights = [weight for weight, _ in terms]
    if weights[0] != 1:
        return False
    return all(
        above % weight == 0 and ranges[name].start >= 0 and ranges[name].stop * weight <= above
        for (weight, name), above in zip(terms, [*weights[1:], size], strict=True)
    )


_PARTS = {"<": (0,), ">=": (0,), ">": (1,), "<=": (1,), "==": (0, 1), "!=": (0, 1)}  # where `v < 3` divides: at 3 + 0
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _compared(where: Expr | None) -> Iterator[tuple[Expr, int]]:
    """What a condition, or a choice in an index, compares with constants, and the values that divide its range."""
    match where:
        case Op(sign, (Const() as value, Var() | Op() as expr)) if sign in _PARTS:
            yield from _compared(Op(_MIRRORED.get(sign, sign), (expr, value)))
        case Op(sign, (Var() | Op() as expr, Const() as value)) if sign in _PARTS:
            yield from ((expr, index.integer(value) + after) for after in _PARTS[sign])
        case Op(_, operands):
            for operand in operands:
                yield from _compared(operand)


def _at_digits(value: int, weights: Sequence[int]) -> Iterator[tuple[int, set[int]]]:
    """Where to cut the digits of a number that is cut at a value; one with a remainder below is cut on both sides."""
    for weight, above in zip(weights, [*weights[1:], None], strict=True):
        digit = (value if above is None else value % above) // weight
        yield weight, {digit, digit + 1} if value % weight else {digit}


def _spread(reading: _Reading) -> None:
    """Split what gives, or is given, a number that is split; a dimension that cannot be split so loses its terms."""
    near: dict[DimId | Variable, list[_Term]] = {}
    for term in reading.terms:
        near.setdefault(term.dim, []).append(term)
        near.setdefault(term.variable, []).append(term)
    todo = list(reading.terms)
    while todo:
        term = todo.pop()
        of_dim, of_variable = (reading.splits.setdefault(key, {1}) for key in (term.dim, term.variable))
        end = reading.ranges[term.variable].stop * term.weight
        down = {s // term.weight for s in of_dim if s % term.weight == 0 and s < end}
        up = {s * term.weight for s in of_variable}
        for key, splits, new in ((term.dim, of_dim, up), (term.variable, of_variable, down)):
            if not new <= splits:
                splits |= new
                todo += near[key]
    bad = {
        key
        for key, splits in reading.splits.items()
        if any(b % a for a, b in pairwise([*sorted(splits), *_end(reading, key)]))
    }
    reading.terms = [t for t in reading.terms if t.dim not in bad and t.variable not in bad]
    for key in bad:
        reading.splits[key] = {1}


def _end(reading: _Reading, key: DimId | Variable) -> list[int]:
    """The size of a dimension, which its digits have to fill."""
    return [reading.sizes[key]] if key in reading.sizes else []


def _classes(reading: _Reading, dims: Mapping[Names, list[DimId]]) -> Hope:
    """Digits joined to classes, and the classes' cells: all values as far as every digit goes, and so on."""
    parent: dict[Place, Place] = {}

    def find(place: Place) -> Place:
        while (above := parent.setdefault(place, place)) != place:
            parent[place] = place = parent[above]
        return place

    for term in reading.terms:
        for weight in reading.splits[term.variable]:
            one, other = find((term.dim, weight * term.weight)), find((term.variable, weight))
            parent[other] = one
    number_of: dict[Place, int] = {}
    sizes: list[set[int]] = []
    cuts: list[set[int]] = []
    digits_of: dict[DimId, list[Digit]] = {}
    for dim, size in reading.sizes.items():
        splits = sorted(reading.splits.get(dim, {1}))
        made = []
        for weight, above in zip(splits, [*splits[1:], size], strict=True):
            top = find((dim, weight))
            if top not in number_of:
                number_of[top] = len(sizes)
                sizes.append(set())
                cuts.append(set())
            cls = number_of[top]
            sizes[cls].add(above // weight)
            made.append(Digit(cls, above // weight, weight))
        digits_of[dim] = made[::-1]
    for key, values in reading.cuts.items():
        for value in values:
            for weight, at in _at_digits(value, sorted(reading.splits.get(key, {1}))):
                if (top := find((key, weight))) in number_of:
                    cuts[number_of[top]] |= at
    cells = tuple(_cells(own) for own in sizes)
    finer = tuple(tuple(sorted(c)) if len(c) <= MAX_CUTS else () for c in cuts)
    digits = {names: _in_array(own, digits_of, reading.sizes) for names, own in dims.items()}
    roots = {dim: own[0].cls for dim, own in digits_of.items()}
    return Hope(Symmetry(digits, cells, roots), finer)


def _cells(sizes: set[int]) -> tuple[Cell, ...]:
    ends = sorted(sizes)
    return tuple(Cell(start, stop, PERMUTED) for start, stop in pairwise([0, *ends]))


def _in_array(
    dims: list[DimId], digits_of: Mapping[DimId, list[Digit]], sizes: Mapping[DimId, int]
) -> tuple[Digit, ...]:
    """The digits of an array's numbers from those of its dimensions, the last of which is the lowest."""
    found: list[Digit] = []
    weight = 1
    for dim in reversed(dims):
        found += [Digit(d.cls, d.size, d.stride * weight) for d in reversed(digits_of[dim])]
        weight *= sizes[dim]
    return tuple(reversed(found))
