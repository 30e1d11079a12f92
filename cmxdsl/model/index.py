"""Index arithmetic: ranges and sizes of index expressions, without expanding them where possible.

A domain is a box of index variables. An affine expression over a box has an exact range by interval arithmetic;
anything else is enumerated in bulk with NumPy, up to `LIMIT` tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from cmxdsl.limits import LimitExceeded, over
from cmxdsl.model.expr import Ask, Const, Expr, Op, Var
from cmxdsl.records import frozen
from cmxdsl.units import Quantity

LIMIT = 20_000_000  # tuples that one check may enumerate
CHUNK = 1 << 20  # tuples that are enumerated at a time
MOST_KEPT = 40_000_000  # numbers of the tuples that are kept at once; 320 MB
SMALL = 50_000  # up to here plain Python is done before NumPy is even imported
INT_LIMIT = 2**62  # index arithmetic stays within 64-bit integers


class TooMany(LimitExceeded):
    """An enumeration would pass `LIMIT`; `size` is what it would have taken."""

    def __init__(self, size: int, limit: int = LIMIT) -> None:
        super().__init__(over(size, limit, "tuples of indices"))
        self.size = size


class BadIndex(Exception):
    """An index expression that has no whole-number value; the message says why."""


@frozen
class Dim:
    """An index variable and its range: start, start + 1, …, stop - 1."""

    name: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        return max(0, self.stop - self.start)


Domain = tuple[Dim, ...]


def size(domain: Domain) -> int:
    """How many tuples the domain has."""
    return prod(d.size for d in domain)


@frozen
class Affine:
    """constant + Σ coefficient · variable; no coefficient is zero."""

    constant: int
    coefficients: Mapping[str, int]


def integer(expr: Const) -> int:
    """A constant as a whole number; raises BadIndex."""
    value = expr.value
    if isinstance(value, Quantity) and value.is_integer:
        whole = value.value.numerator
        if abs(whole) > INT_LIMIT:
            raise BadIndex("an index this large cannot exist")
        return whole
    raise BadIndex("an index is a plain whole number")


def variables(expr: Expr) -> set[str]:
    """The index variables in an expression."""
    if isinstance(expr, Var):
        return {expr.name}
    if isinstance(expr, Op):
        return set().union(*(variables(o) for o in expr.operands))
    return set()


def affine(expr: Expr) -> Affine | None:
    """The affine form, or None when the expression has none."""
    match expr:
        case Const():
            return Affine(integer(expr), {})
        case Var(name):
            return Affine(0, {name: 1})
        case Op("-", (a,)):
            return _scaled(affine(a), -1)
        case Op("+" | "-", (a, b)):
            return _sum(affine(a), affine(b), 1 if expr.operator == "+" else -1)
        case Op("*", (a, b)):
            left, right = affine(a), affine(b)
            if left is not None and right is not None:
                if not left.coefficients:
                    return _scaled(right, left.constant)
                if not right.coefficients:
                    return _scaled(left, right.constant)
    return None


def _scaled(a: Affine | None, factor: int) -> Affine | None:
    if a is None:
        return None
    return Affine(a.constant * factor, {v: c * factor for v, c in a.coefficients.items() if c * factor})


def _sum(a: Affine | None, b: Affine | None, sign: int) -> Affine | None:
    if a is None or b is None:
        return None
    coefficients = dict(a.coefficients)
    for v, c in b.coefficients.items():
        coefficients[v] = coefficients.get(v, 0) + sign * c
    return Affine(a.constant + sign * b.constant, {v: c for v, c in coefficients.items() if c})


def interval(expr: Expr, domain: Domain) -> tuple[int, int]:
    """A range that holds all values over a domain that is not empty; exact for an affine expression."""
    form = affine(expr)
    dims = {d.name: d for d in domain}
    if form is not None:
        low = high = form.constant
        for v, c in form.coefficients.items():
            ends = (c * dims[v].start, c * (dims[v].stop - 1))
            low, high = low + min(ends), high + max(ends)
    else:
        low, high = _interval(expr, domain)
    if max(abs(low), abs(high)) > INT_LIMIT:
        raise BadIndex("an index expression with values past 2^62")
    return low, high


def _interval(expr: Expr, domain: Domain) -> tuple[int, int]:
    if isinstance(expr, Ask):
        raise BadIndex("an index cannot depend on totals of the design")
    assert isinstance(expr, Op)
    if expr.operator == "if":
        return _either(expr.operands, domain)
    ranges = [interval(o, domain) for o in expr.operands]
    if expr.operator == "-" and len(ranges) == 1:
        return -ranges[0][1], -ranges[0][0]
    if len(ranges) != 2 or expr.operator not in ("+", "-", "*", "div", "mod"):
        raise BadIndex(f"`{expr.operator}` gives no whole number" + (": use `div`" if expr.operator == "/" else ""))
    (a, b), (c, d) = ranges
    if expr.operator == "+":
        return a + c, b + d
    if expr.operator == "-":
        return a - d, b - c
    if expr.operator == "*":
        corners = [a * c, a * d, b * c, b * d]
        return min(corners), max(corners)
    if c <= 0:
        raise BadIndex(f"the right side of `{expr.operator}` must be above zero")
    if expr.operator == "div":
        corners = [a // c, a // d, b // c, b // d]
        return min(corners), max(corners)
    return (a % c, b % c) if c == d and a // c == b // c else (0, d - 1)


def _either(operands: tuple[Expr, ...], domain: Domain) -> tuple[int, int]:
    """A range that holds both sides of `a if c else b`."""
    then, condition, otherwise = operands
    check_condition(condition, domain)
    (a, b), (c, d) = interval(then, domain), interval(otherwise, domain)
    return min(a, c), max(b, d)


def check_condition(expr: Expr, domain: Domain) -> None:
    """Raise BadIndex unless the expression is true or false for every tuple of the domain."""
    match expr:
        case Const(bool()):
            return
        case Op("and" | "or" | "not" | "if", operands):
            for operand in operands:
                check_condition(operand, domain)
        case Op("==" | "!=" | "<" | "<=" | ">" | ">=", operands):
            for operand in operands:
                interval(operand, domain)
        case Ask():
            raise BadIndex("an index cannot depend on totals of the design")
        case _:
            raise BadIndex("a condition is true or false, such as `i < j`")


def at_extreme(form: Affine, domain: Domain, highest: bool) -> dict[str, int]:
    """The tuple at which an affine expression is highest or lowest."""
    return {d.name: d.stop - 1 if (form.coefficients.get(d.name, 0) > 0) == highest else d.start for d in domain}


# --- bulk evaluation --------------------------------------------------------------------------------------

_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,  # a truth counts as 0 or 1
    "div": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "if": lambda then, condition, otherwise: _where(condition, then, otherwise),
}


def _where(condition: Any, then: Any, otherwise: Any) -> Any:
    """One of two values, or of whole arrays of them."""
    if getattr(condition, "shape", ()) == ():
        return then if condition else otherwise
    import numpy as np

    return np.where(condition, then, otherwise)


def evaluate(expr: Expr, env: Mapping[str, Any]) -> Any:
    """The value of an index expression or a condition for integers, or for whole arrays of them at once."""
    if isinstance(expr, Const):
        return expr.value if isinstance(expr.value, bool) else integer(expr)
    if isinstance(expr, Var):
        return env[expr.name]
    if isinstance(expr, Ask):
        raise BadIndex("an index cannot depend on totals of the design")
    values = [evaluate(o, env) for o in expr.operands]
    if expr.operator == "not":
        return values[0] ^ True
    if len(values) == 1:
        return -values[0]
    if expr.operator not in _OPERATIONS:
        raise BadIndex(f"`{expr.operator}` gives no whole number" + (": use `div`" if expr.operator == "/" else ""))
    return _OPERATIONS[expr.operator](*values)


_WRITTEN = {"div": "//", "mod": "%", "and": "&", "or": "|"}


def compiled(expr: Expr, names: Sequence[str]) -> Callable[..., Any]:
    """The expression as a function of the variables `names`, in that order: as `evaluate`, for many tuples one by one.

    Only whole numbers, the variables' positions and the operators of index arithmetic get into its text.
    """
    positions = {name: f"v{k}" for k, name in enumerate(names)}

    def text(e: Expr) -> str:
        if isinstance(e, Const):
            return str(e.value) if isinstance(e.value, bool) else str(integer(e))
        if isinstance(e, Var):
            return positions[e.name]
        if isinstance(e, Ask):
            raise BadIndex("an index cannot depend on totals of the design")
        inner = [text(o) for o in e.operands]
        if e.operator == "not":
            return f"({inner[0]} ^ True)"
        if len(inner) == 1:
            return f"(-{inner[0]})"
        if e.operator not in _OPERATIONS:
            raise BadIndex(f"`{e.operator}` gives no whole number")
        if e.operator == "if":
            return f"({inner[0]} if {inner[1]} else {inner[2]})"
        return f"({inner[0]} {_WRITTEN.get(e.operator, e.operator)} {inner[1]})"

    try:
        made: Callable[..., Any] = eval(f"lambda {', '.join(positions.values())}: {text(expr)}", {"__builtins__": {}})
    except (SyntaxError, MemoryError, RecursionError):  # nested too deeply for Python's own parser
        return lambda *values: evaluate(expr, dict(zip(names, values, strict=True)))
    return made


def chunks(domain: Domain, where: Expr | None = None) -> Iterator[dict[str, Any]]:
    """All tuples of the domain that satisfy `where`, in lexical order, some at a time: one array per variable.

    Raises TooMany before anything is made.
    """
    import numpy as np

    total = size(domain)
    if total > LIMIT:
        raise TooMany(total)
    if not domain:  # one tuple of nothing
        yield {}
        return
    shape = [d.size for d in domain]
    for start in range(0, total, CHUNK):
        flat = np.arange(start, min(total, start + CHUNK), dtype=np.int64)
        places = np.unravel_index(flat, shape)
        env = {d.name: place + d.start for d, place in zip(domain, places, strict=True)}
        if where is not None:
            keep = np.broadcast_to(np.asarray(evaluate(where, env), dtype=bool), flat.shape)
            env = {name: values[keep] for name, values in env.items()}
        yield env


def tuples(domain: Domain, where: Expr | None = None) -> dict[str, Any]:
    """All tuples of the domain that satisfy `where`, as one array per variable, in lexical order. Raises TooMany."""
    import numpy as np

    if not domain:
        return {}
    found, kept = [], 0
    for env in chunks(domain, where):
        found.append(env)
        kept += len(domain) * len(env[domain[0].name])
        if kept > MOST_KEPT:
            raise TooMany(size(domain), MOST_KEPT // len(domain))
    none = np.empty(0, dtype=np.int64)
    return {d.name: np.concatenate([none, *(env[d.name] for env in found)]) for d in domain}


def each(domain: Domain, where: Expr | None = None) -> Iterator[dict[str, int]]:
    """The same tuples one by one, for small domains."""
    names = [d.name for d in domain]
    condition = compiled(where, names) if where is not None else None
    for values in product(*(range(d.start, d.stop) for d in domain)):
        if condition is None or condition(*values):
            yield dict(zip(names, values, strict=True))


def count(domain: Domain, where: Expr | None) -> int:
    """How many tuples satisfy `where`: a product, unless there is a condition to enumerate."""
    if where is None or size(domain) == 0:
        return size(domain)
    used = variables(where)
    inner = tuple(d for d in domain if d.name in used)  # the others only multiply
    outer = prod(d.size for d in domain if d.name not in used)
    if not inner:
        return outer * int(bool(evaluate(where, {})))
    return outer * sum(len(env[inner[0].name]) for env in chunks(inner, where))
