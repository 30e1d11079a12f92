"""The greatest value of an index expression over a domain: by enumeration, or by bounds where that takes too long.

Bounds come from interval arithmetic over boxes of indices (Moore, Interval Analysis, 1966), and boxes that may hold
more than what was found are halved: branch and bound. The answer is exact, or index.TooMany is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from itertools import product

from cmxdsl.model import Const, Expr, Op, index
from cmxdsl.model.arithmetic import amount_in, constant

MAX_BOXES = 20_000  # boxes that are looked at; a second or two
_CORNERS = 64  # corners of a box that are tried

Found = tuple[int, dict[str, int]]
Range = tuple[int, int]
Box = Mapping[str, Range]


def farthest(measure: Expr, domain: index.Domain, where: Expr | None = None) -> Found | None:
    """The greatest value where a condition holds, and indices at which it is; None where the condition never holds.

    Variables that neither depends on do not count. Raises index.TooMany.
    """
    used = index.variables(measure) | (index.variables(where) if where is not None else set())
    domain = tuple(d for d in domain if d.name in used)
    size = index.size(domain)
    if size == 0:
        return None
    if size > index.SMALL:
        try:
            return by_bounds(measure, domain, where, min(MAX_BOXES, size // 1000))
        except index.TooMany:
            if size > index.LIMIT:
                raise
    if size <= index.SMALL // 25:
        value = index.compiled(measure, [d.name for d in domain])
        found = [(int(value(*at.values())), at) for at in index.each(domain, where)]
        return max(found, key=lambda pair: pair[0], default=None)
    import numpy as np

    env = index.tuples(domain, where)
    far = np.broadcast_to(index.evaluate(measure, env), len(next(iter(env.values()))))
    if not len(far):
        return None
    position = int(np.argmax(far))
    return int(far[position]), {name: int(values[position]) for name, values in env.items()}


def holds(condition: Expr, domain: index.Domain, where: Expr | None = None) -> bool:
    """Whether a condition holds anywhere. Raises index.TooMany."""
    both = condition if where is None else Op("and", (where, condition))
    return farthest(constant(0), domain, both) is not None


def by_bounds(measure: Expr, domain: index.Domain, where: Expr | None = None, limit: int = MAX_BOXES) -> Found | None:
    """The greatest value, by branch and bound. Raises index.TooMany when `limit` boxes do not decide."""
    names = [d.name for d in domain]
    value, bound = index.compiled(measure, names), bounds(measure)
    allowed = index.compiled(where, names) if where is not None else None
    may = bounds(where) if where is not None else None
    best: Found | None = None
    waiting: list[tuple[int, int, tuple[Range, ...]]] = []
    taken = 0

    def look(box: tuple[Range, ...]) -> None:
        """Try a box's corners, and keep it where more may be inside."""
        nonlocal best, taken
        taken += 1
        if taken > limit:
            raise index.TooMany(index.size(domain))
        ranges = dict(zip(names, box, strict=True))
        if may is not None and not may(ranges)[1]:
            return
        most = bound(ranges)[1]
        if best is not None and most <= best[0]:
            return
        corners = product(*((low, high) if low != high else (low,) for low, high in box))
        for at, _ in zip(corners, range(_CORNERS), strict=False):
            if allowed is None or allowed(*at):
                here = int(value(*at))
                if best is None or here > best[0]:
                    best = here, dict(zip(names, at, strict=True))
        if any(low != high for low, high in box):
            heappush(waiting, (-most, taken, box))

    look(tuple((d.start, d.stop - 1) for d in domain))
    while waiting and (best is None or -waiting[0][0] > best[0]):
        _, _, box = heappop(waiting)
        wide = max(range(len(box)), key=lambda k: box[k][1] - box[k][0])
        low, high = box[wide]
        middle = (low + high) // 2
        for half in ((low, middle), (middle + 1, high)):
            look((*box[:wide], half, *box[wide + 1 :]))
    return best


# --- bounds -----------------------------------------------------------------------------------------------


def bounds(expr: Expr) -> Callable[[Box], Range]:
    """A function that gives least and greatest values which hold an expression over a box; a truth is 0 or 1.

    They are exact for an affine expression.
    """
    form = index.affine(expr) if not isinstance(expr, Const) or not isinstance(expr.value, bool) else None
    if form is not None:
        terms = tuple(form.coefficients.items())
        start = form.constant

        def linear(box: Box) -> Range:
            low = high = start
            for name, factor in terms:
                ends = (factor * box[name][0], factor * box[name][1])
                low, high = low + min(ends), high + max(ends)
            return low, high

        return linear
    if isinstance(expr, Const):
        fixed = int(expr.value is True)
        return lambda box: (fixed, fixed)
    inner = amount_in(expr)
    if inner is not None:
        signed = bounds(inner)

        def amount(box: Box) -> Range:
            low, high = signed(box)
            return (0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))

        return amount
    if not isinstance(expr, Op):
        raise index.BadIndex("an index cannot depend on totals of the design")
    parts = [bounds(o) for o in expr.operands]
    rule = _RANGES["negative" if expr.operator == "-" and len(parts) == 1 else expr.operator]
    return lambda box: rule(*(part(box) for part in parts))


def _product(a: Range, b: Range) -> Range:
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def _quotient(a: Range, b: Range) -> Range:
    corners = [x // y for x in a for y in b]
    return min(corners), max(corners)


def _remainder(a: Range, b: Range) -> Range:
    (low, high), (least, most) = a, b
    same = least == most and low // least == high // least
    return (low % least, high % least) if same else (0, min(most - 1, high) if low >= 0 else most - 1)


def _truth(sure: bool, never: bool) -> Range:
    return int(sure), int(not never)


def _equal(a: Range, b: Range) -> Range:
    return _truth(a[0] == a[1] == b[0] == b[1], a[1] < b[0] or b[1] < a[0])


def _not(a: Range) -> Range:
    return 1 - a[1], 1 - a[0]


_RANGES: dict[str, Callable[..., Range]] = {
    "negative": lambda a: (-a[1], -a[0]),
    "+": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "-": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "*": _product,
    "div": _quotient,
    "mod": _remainder,
    "==": _equal,
    "!=": lambda a, b: _not(_equal(a, b)),
    "<": lambda a, b: _truth(a[1] < b[0], a[0] >= b[1]),
    "<=": lambda a, b: _truth(a[1] <= b[0], a[0] > b[1]),
    ">": lambda a, b: _truth(a[0] > b[1], a[1] <= b[0]),
    ">=": lambda a, b: _truth(a[0] >= b[1], a[1] < b[0]),
    "and": lambda a, b: (a[0] & b[0], a[1] & b[1]),
    "or": lambda a, b: (a[0] | b[0], a[1] | b[1]),
    "not": _not,
    "if": lambda a, c, b: a if c[0] else b if not c[1] else (min(a[0], b[0]), max(a[1], b[1])),
}
