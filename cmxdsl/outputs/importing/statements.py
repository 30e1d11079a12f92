"""A pattern of links as one statement: variables, index expressions, ranges, conditions."""

from __future__ import annotations

from itertools import product

from cmxdsl.analysis.importing.arrays import Devices
from cmxdsl.analysis.importing.network import Pattern, Side
from cmxdsl.analysis.importing.progressions import Progression, Step
from cmxdsl.records import define, field, frozen

_LETTERS = "ijkmnpqrstuvwxyzabcdefgh"
_TRIED = 1_000_000  # pairs of indices of a triangle that a wider range is tried on


@frozen
class Column:
    """An index that a row's column stands for: the array's size in it and the word that names its variable."""

    size: int
    word: str
    device: bool


@define
class Affine:
    """`constant + sum(factor * term)`: a term is a variable, or one that goes round: `(i + 1) mod 8`."""

    constant: int = 0
    terms: dict[str, int] = field(factory=dict)

    def add(self, term: str, factor: int) -> None:
        self.terms[term] = self.terms.get(term, 0) + factor

    @property
    def bare(self) -> str:
        """The variable that this is, and nothing else."""
        if self.constant == 0 and len(self.terms) == 1:
            ((term, factor),) = self.terms.items()
            return term if factor == 1 and term.isidentifier() else ""
        return ""

    def __str__(self) -> str:
        parts = [(f, t) for t, f in sorted(self.terms.items(), key=lambda x: (x[1] < 0, -abs(x[1]))) if f]
        if self.constant > 0 or (self.constant and parts) or not parts:
            parts.insert(0 if parts and parts[0][0] < 0 and self.constant > 0 else len(parts), (self.constant, ""))
        text = ""
        for factor, term in parts:
            size = abs(factor)
            one = str(size) if not term else term if size == 1 else f"{size}*{term}"
            text += (f" - {one}" if text else f"-{one}") if factor < 0 else (f" + {one}" if text else one)
        return text


@frozen
class Variable:
    """A variable in place of a step's count: `t = sign * (variable - start)`, less `lean` times the first step's t."""

    name: str
    start: int
    sign: int
    count: int
    column: int
    lean: int = 0

    @property
    def low(self) -> int:
        return self.start if self.sign > 0 else self.start - self.count + 1


def statement(pattern: Pattern, devices: tuple[Devices, ...]) -> str:
    """`link leaf[l].p[s] -- spine[s].p[l]`, with ranges and a condition where they are needed."""
    columns = [c for side in pattern.sides for c in _columns(devices, side)]
    rows = pattern.rows
    variables = _variables(rows, columns)
    indices = [_index(rows, variables, c) for c in range(len(columns))]
    ranges = {v.name: (v.low, v.low + v.count - 1) for v in variables}
    where = ""
    if rows.short is not None:
        ranges, where = _triangle(rows, variables)
        ranges = _widened(rows, variables, columns, indices, ranges)
    given = [
        f"{name} in {low}..{high}"
        for name, (low, high) in ranges.items()
        if not _whole(name, low, high, columns, indices)
    ]
    at = 0
    ends = []
    for side in pattern.sides:
        array = devices[side.device]
        port = array.ports[side.port]
        inner, outer = at + len(array.shape), at + len(array.shape) + len(port.shape)
        ends.append(f"{array.name}{_list(indices[at:inner])}.{port.name}{_list(indices[inner:outer])}")
        at = outer
    text = f"link {ends[0]} -- {ends[1]}"
    text += f" where {where}" if where else ""
    return text + (f" for {', '.join(given)}" if given else "")


def _list(indices: list[Affine]) -> str:
    return f"[{', '.join(map(str, indices))}]" if indices else ""


def _columns(devices: tuple[Devices, ...], side: Side) -> list[Column]:
    array = devices[side.device]
    port = array.ports[side.port]
    words = array.name.split("_")
    named = [Column(n, words[max(0, k - len(array.shape))], True) for k, n in enumerate(array.shape)]
    return named + [Column(n, port.name, False) for n in port.shape]


def _variables(rows: Progression, columns: list[Column]) -> list[Variable]:
    """One for each step, equal to an index where some index moves with that step alone."""
    taken: set[str] = set()
    made: list[Variable] = []
    for k, step in enumerate(rows.steps):
        leaning = rows.short is not None and k == 1
        others = [s for n, s in enumerate(rows.steps) if n != k and not (leaning and n == 0)]
        best = min(
            (
                (_rank(columns[c], step, v), c)
                for c, v in enumerate(step.step)
                if _alone(step, others, c) and (v == 1 or (not step.turned and not leaning and rows.short is None))
            ),
            default=None,
        )
        column = best[1] if best is not None else -1
        word = columns[column].word if column >= 0 else ""
        name = next(x for x in (word[:1].lower(), *_LETTERS) if x.isalpha() and x not in taken)
        taken.add(name)
        if column < 0:
            made.append(Variable(name, 0, 1, step.many, -1))
        else:
            lean = rows.steps[0].step[column] if leaning else 0
            made.append(Variable(name, rows.start[column], step.step[column], step.many, column, lean))
    return made


def _alone(step: Step, others: list[Step], column: int) -> bool:
    turned = {c for c, _ in step.turned}
    return abs(step.step[column]) == 1 and column not in turned and not any(s.step[column] for s in others)


def _rank(column: Column, step: Step, v: int) -> tuple[bool, bool, bool]:
    return v < 0, column.size != step.many, not column.device


def _times(variables: list[Variable], k: int) -> Affine:
    """A step's t by the variables."""
    v = variables[k]
    t = Affine(-v.sign * v.start, {v.name: v.sign})
    if v.lean:
        first = _times(variables, 0)
        t.constant -= v.lean * first.constant
        for term, factor in first.terms.items():
            t.add(term, -v.lean * factor)
    return t


def _index(rows: Progression, variables: list[Variable], column: int) -> Affine:
    index = Affine(rows.start[column])
    for k, (step, v) in enumerate(zip(rows.steps, variables, strict=True)):
        factor = step.step[column]
        if not factor:
            continue
        shift = dict(step.turned).get(column)
        if shift is None:
            t = _times(variables, k)
            index.constant += factor * t.constant
            for term, times in t.terms.items():
                index.add(term, factor * times)
        else:
            index.constant -= factor * shift
            ahead = (shift - v.start) % step.many
            index.add(f"(({v.name} + {ahead}) mod {step.many})" if ahead else f"({v.name} mod {step.many})", factor)
    index.terms = {term: factor for term, factor in index.terms.items() if factor}
    if len(index.terms) == 1 and not index.constant:
        ((term, factor),) = index.terms.items()
        if factor == 1 and term.startswith("(("):
            index.terms = {term[1:-1]: 1}
    return index


def _whole(name: str, low: int, high: int, columns: list[Column], indices: list[Affine]) -> bool:
    """Whether a variable finds its range itself: alone in brackets, over the same whole dimension wherever it is."""
    sizes = {c.size for c, index in zip(columns, indices, strict=True) if index.bare == name}
    return sizes == {high + 1} and low == 0


# --- triangles --------------------------------------------------------------------------------------------


def _bounds(rows: Progression, variables: list[Variable]) -> tuple[Affine, Affine]:
    """The least value of the second variable and the one past its greatest, by the first variable."""
    assert rows.short is not None
    outer, inner = _times(variables, 0), variables[1]
    low, high = Affine(inner.start), Affine(inner.start + rows.steps[1].many)
    for bound, lean in ((low, inner.lean), (high, inner.lean + rows.short.change)):
        bound.constant += lean * outer.constant
        for term, factor in outer.terms.items():
            bound.add(term, lean * factor)
        bound.terms = {t: f for t, f in bound.terms.items() if f}
    return low, high


def _value(affine: Affine, name: str, at: int) -> int:
    return affine.constant + affine.terms.get(name, 0) * at


def _triangle(rows: Progression, variables: list[Variable]) -> tuple[dict[str, tuple[int, int]], str]:
    """The ranges of all variables, and the condition on the first two."""
    outer, inner, *rest = variables
    low, high = _bounds(rows, variables)
    first = (outer.low, outer.low + outer.count - 1)
    ends = [f(b, outer.name, o) for f in (_value,) for b in (low, high) for o in first]
    ranges = {outer.name: first, inner.name: (min(ends[:2]), max(ends[2:]) - 1)}
    ranges |= {v.name: (v.low, v.low + v.count - 1) for v in rest}
    said = []
    if low.terms:
        sign = "<" if low.constant > 0 else "<="
        low.constant -= sign == "<"
        said.append(f"{low} {sign} {inner.name}")
    if high.terms:
        said.append(f"{inner.name} < {high}")
    return ranges, " and ".join(said)


def _widened(
    rows: Progression,
    variables: list[Variable],
    columns: list[Column],
    indices: list[Affine],
    ranges: dict[str, tuple[int, int]],
) -> dict[str, tuple[int, int]]:
    """Whole dimensions for ranges, where the condition leaves out what is more."""
    outer, inner = variables[0].name, variables[1].name
    low, high = _bounds(rows, variables)
    wide = dict(ranges)
    for name in (outer, inner):
        sizes = {c.size for c, index in zip(columns, indices, strict=True) if index.bare == name}
        if len(sizes) == 1:
            wide[name] = (0, max(*sizes, ranges[name][1] + 1) - 1)
    if (wide[outer][1] + 1) * (wide[inner][1] + 1) > _TRIED:
        return ranges

    def kept(of: dict[str, tuple[int, int]]) -> set[tuple[int, int]]:
        pairs = product(*(range(of[n][0], of[n][1] + 1) for n in (outer, inner)))
        return {
            (o, i)
            for o, i in pairs
            if (not low.terms or _value(low, outer, o) <= i) and (not high.terms or i < _value(high, outer, o))
        }

    return wide if kept(wide) == kept(ranges) else ranges
