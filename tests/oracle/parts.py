"""Components with their arguments filled in, as plain data, and the value of an index expression.

An expression is an int, a name, or a tuple of an operator and its operands: `("+", "i", 1)`. A value is a number in base
units (W, b/s, m, kg, a currency), a text, a flag, a list, a part, or UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

Expr = Any
UNKNOWN = object()


@dataclass(eq=False)
class Port:
    """An array of ports; `exposes` names the variables and the inner port that they lead to."""

    shape: tuple[int, ...]
    protocol: str
    related: frozenset[str]  # the protocol and those that it is a variant of
    plane: str
    rate: Fraction | None
    shared: bool
    exposes: tuple[list[tuple[str, int]], list[tuple[str, list[Expr]]]] | None = None
    feeds: bool = False  # delivers power

    @property
    def count(self) -> int:
        return len(list(every(self.shape)))


@dataclass(eq=False)
class Pattern:
    """A statement in index notation. Paths are (name, indices) pairs; of a link, the last names a port."""

    a: list[tuple[str, list[Expr]]]
    b: list[tuple[str, list[Expr]]]
    ranges: list[tuple[str, int, int]]  # both ends included
    where: Expr | None = None
    medium: Part | None = None
    adapter: Part | None = None
    bundle: int = 1
    choices: tuple[Part, ...] = ()  # of `over auto`, until one is chosen


@dataclass(eq=False)
class Place:
    path: list[tuple[str, list[Expr]]]
    ranges: list[tuple[str, int, int]]
    where: Expr | None
    at: dict[str, Expr]


@dataclass(eq=False)
class Part:
    kind: str
    name: str
    attributes: dict[str, Any] = field(default_factory=dict)
    instances: dict[str, tuple[tuple[int, ...], Part]] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    links: list[Pattern] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def number(self, name: str) -> Fraction | None:
        """An attribute that is a number and known."""
        value = self.attributes.get(name)
        known = isinstance(value, (int, Fraction)) and not isinstance(value, bool)
        return Fraction(value) if known else None

    def inner(self, name: str) -> Part | None:
        value = self.attributes.get(name)
        return value if isinstance(value, Part) else None


def evaluate(expr: Expr, at: Mapping[str, Any]) -> Any:
    """The value of an index expression or condition. Raises KeyError for a variable without a value."""
    if isinstance(expr, str):
        return at[expr]
    if not isinstance(expr, tuple):
        return expr
    operator, *operands = expr
    values = [evaluate(o, at) for o in operands]
    if operator == "not":
        return not values[0]
    if len(values) == 1:
        return -values[0]
    x, y = values
    match operator:
        case "+":
            return x + y
        case "-":
            return x - y
        case "*":
            return x * y
        case "div":
            return x // y
        case "mod":
            return x - y * (x // y)
        case "==":
            return x == y
        case "!=":
            return x != y
        case "<":
            return x < y
        case "<=":
            return x <= y
        case ">":
            return x > y
        case ">=":
            return x >= y
        case "and":
            return x and y
        case "or":
            return x or y
    raise ValueError(operator)


def tuples(ranges: list[tuple[str, int, int]], where: Expr | None) -> Iterator[dict[str, int]]:
    """Every tuple of the ranges that satisfies a condition, the last variable fastest."""
    for values in product(*(range(low, high + 1) for _, low, high in ranges)):
        at = dict(zip((name for name, _, _ in ranges), values, strict=True))
        if where is None or evaluate(where, at):
            yield at


def every(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The indices of every element of an array."""
    yield from product(*(range(size) for size in shape))
