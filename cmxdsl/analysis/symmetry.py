"""Symmetry read from the source: which index dimensions can be permuted or rotated without changing the machine.

An index that stands bare wherever devices are named can take its values in any other order: each pattern of links is
then the same set of links. One that also occurs as `(i + c) mod n` can be rotated. Dimensions tied by a common variable
move together. `a[i] -- a[j] where i < j` is every pair once, whatever the order. Ports do not matter here: a plane is
looked at device by device.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from cmxdsl.analysis.floors import replace
from cmxdsl.analysis.planes import Pattern
from cmxdsl.analysis.ports import Names
from cmxdsl.model import Component, Const, Dim, Expr, Op, Var, index

DimId = tuple[Names, int]  # an array by its path, and which of its dimensions


@define
class Symmetry:
    """Classes of dimensions that move together: `permuted`, `rotated`, or fixed where neither holds."""

    sizes: dict[DimId, int]
    _parent: dict[DimId, DimId] = field(factory=dict)
    _fixed: set[DimId] = field(factory=set)
    _rotated: set[DimId] = field(factory=set)

    def root(self, dim: DimId) -> DimId:
        """The class of a dimension, by one of its members."""
        while self._parent.get(dim, dim) != dim:
            dim = self._parent[dim]
        return dim

    def join(self, dims: list[DimId]) -> None:
        for other in dims[1:]:
            a, b = self.root(dims[0]), self.root(other)
            if a != b:
                self._parent[b] = a
                self._fixed |= {a} if b in self._fixed else set()
                self._rotated |= {a} if b in self._rotated else set()
                if self.sizes[a] != self.sizes[b]:
                    self._fixed.add(a)

    def fix(self, dims: Iterable[DimId]) -> None:
        self._fixed |= {self.root(d) for d in dims}

    def rotate(self, dims: Iterable[DimId]) -> None:
        self._rotated |= {self.root(d) for d in dims}

    def free(self, dim: DimId) -> bool:
        """Whether any value of the dimension can be moved to any other."""
        return self.root(dim) not in self._fixed

    def rotates(self, dim: DimId) -> bool:
        return self.root(dim) in self._rotated


def dims_of(root: Component, names: Names) -> list[DimId]:
    """The dimensions of a path of arrays, from the outermost."""
    found: list[DimId] = []
    here = root
    for k, name in enumerate(names):
        shape = here.instances[name].shape
        found += [(names[: k + 1], axis) for axis in range(len(shape))]
        here = here.instances[name].component
    return found


def symmetry(root: Component, patterns: list[Pattern], paths: Iterable[Names]) -> Symmetry:
    """The symmetry that all patterns of a plane have."""
    sizes: dict[DimId, int] = {}
    for names in paths:
        here = root
        for k, name in enumerate(names):
            for axis, size in enumerate(here.instances[name].shape):
                sizes[names[: k + 1], axis] = size
            here = here.instances[name].component
    found = Symmetry(sizes)
    for pattern in patterns:
        _read(root, pattern, found)
    return found


def _read(root: Component, pattern: Pattern, found: Symmetry) -> None:
    domain = {d.name: d for d in pattern.ends[0][0].domain}
    bare: dict[str, list[DimId]] = {}
    shifted: dict[str, list[DimId]] = {}
    tainted: set[str] = set()
    pairs = pairs_in(pattern)
    for (image, _, _), names in zip(pattern.ends, pattern.paths, strict=True):
        if image.where is not None and not pairs:
            tainted |= index.variables(image.where)
        for expr, dim in zip(image.indices, dims_of(root, names), strict=True):
            variable = _shift(expr, found.sizes[dim])
            if isinstance(expr, Var):
                bare.setdefault(expr.name, []).append(dim)
            elif variable is not None:
                shifted.setdefault(variable, []).append(dim)
            else:
                found.fix([dim])
                tainted |= index.variables(expr)
    for name in {**bare, **shifted}:
        dims = [*bare.get(name, []), *shifted.get(name, [])]
        found.join(dims)
        whole = all(_whole(domain[name], found.sizes[d], name in pairs) for d in dims)
        if name in tainted or not whole:
            found.fix(dims)
        if name in shifted:
            found.rotate(dims)


def _shift(expr: Expr, size: int) -> str | None:
    """The variable of `(i + c) mod n` where n is the dimension's size."""
    match expr:
        case Op("mod", (inner, Const() as modulus)) if index.integer(modulus) == size:
            form = index.affine(inner)
            if form is not None and list(form.coefficients.values()) == [1]:
                return next(iter(form.coefficients))
    return None


def _whole(dim: Dim, size: int, pair: bool) -> bool:
    """Whether a variable takes every value of a dimension; one of a pair may leave out the end that it cannot take."""
    return dim.start <= int(pair) and dim.stop >= size - int(pair)


def pairs_in(pattern: Pattern) -> set[str]:
    """The variables of `a[i] -- a[j] where i < j`: the two ends are the same but for i and j in each other's place."""
    (one, _, _), (other, _, _) = pattern.ends
    match one.where:
        case Op("<" | ">" | "!=", (Var(i), Var(j))) if pattern.paths[0] == pattern.paths[1]:
            swapped = {i: Var(j), j: Var(i)}
            if all(replace(e, swapped) == f for e, f in zip(one.indices, other.indices, strict=True)):
                return {i, j}
    return set()
