"""Index arithmetic as expressions: sums, differences, amounts, the lesser of two; constants are folded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cmxdsl.model.expr import Const, Expr, Op
from cmxdsl.units import Quantity, number

Term = Expr | int


def constant(value: int) -> Const:
    return Const(number(value))


def _value(term: Term) -> int | None:
    """The number that a term is, if it is one."""
    if isinstance(term, int):
        return term
    whole = isinstance(term, Const) and isinstance(term.value, Quantity) and term.value.is_integer
    return int(term.value.value) if whole else None  # type: ignore[union-attr]


def _expr(term: Term) -> Expr:
    return constant(term) if isinstance(term, int) else term


def plus(a: Term, b: Term) -> Expr:
    x, y = _value(a), _value(b)
    if x is not None and y is not None:
        return constant(x + y)
    if x == 0 or y == 0:
        return _expr(b if x == 0 else a)
    return Op("+", (_expr(a), _expr(b)))


def minus(a: Term, b: Term) -> Expr:
    x, y = _value(a), _value(b)
    if x is not None and y is not None:
        return constant(x - y)
    return _expr(a) if y == 0 else Op("-", (_expr(a), _expr(b)))


def times(a: Term, b: Term) -> Expr:
    x, y = _value(a), _value(b)
    if x is not None and y is not None:
        return constant(x * y)
    if 0 in (x, y):
        return constant(0)
    if 1 in (x, y):
        return _expr(b if x == 1 else a)
    return Op("*", (_expr(a), _expr(b)))


def over(a: Term, b: int) -> Expr:
    """The quotient, rounded down."""
    x = _value(a)
    return constant(x // b) if x is not None else Op("div", (_expr(a), constant(b)))


def absolute(a: Term) -> Expr:
    """The amount: `a * (1 - 2 * (a < 0))`, since a truth counts as 0 or 1."""
    x = _value(a)
    if x is not None:
        return constant(abs(x))
    negative = Op("<", (_expr(a), constant(0)))
    return times(a, Op("-", (constant(1), Op("*", (constant(2), negative)))))


def amount_in(expr: Expr) -> Expr | None:
    """The `a` of an expression that `absolute(a)` made, or None for any other."""
    match expr:
        case Op("*", (a, Op("-", (Const(), Op("*", (Const(), Op("<", (same, Const())))))))) if a == same:
            return a if absolute(a) == expr else None
    return None


def lesser(a: Term, b: Term) -> Expr:
    return over(minus(plus(a, b), absolute(minus(a, b))), 2)


def both(*conditions: Expr | None) -> Expr | None:
    """The conditions joined by `and`; None when there is none."""
    whole: Expr | None = None
    for condition in conditions:
        if condition is not None:
            whole = condition if whole is None else Op("and", (whole, condition))
    return whole


def compared(operator: str, a: Term, b: Term) -> Expr:
    return Op(operator, (_expr(a), _expr(b)))


def mixed(digits: Iterable[Term], sizes: Iterable[int]) -> Expr:
    """The mixed-radix number of an element: its index in each dimension, of so many."""
    key: Expr = constant(0)
    for digit, size in zip(digits, sizes, strict=True):
        key = plus(times(key, size), digit)
    return key


def negated(condition: Expr) -> Expr:
    """The condition's opposite, as 0 or 1 where it is a number."""
    x = _value(condition)
    return constant(int(not x)) if x is not None else Op("not", (condition,))


def is_zero(term: Any) -> bool:
    return _value(term) == 0
