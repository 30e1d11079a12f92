"""What the functions of the language compute, as far as a subject can tell."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from cmxdsl.model.component import Component
from cmxdsl.model.expr import UNKNOWN, Unknown, Value, describe
from cmxdsl.model.subject import Subject
from cmxdsl.schema import FUNCTIONS
from cmxdsl.units import Quantity, UnitFault, number, show


class FunctionFault(Exception):
    """Arguments that a function cannot take; the message says why, and `fix` what to write."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


def pure(name: str, arguments: list[Value]) -> Value:
    """abs, ceil, floor, round, min, max, text of values."""
    if any(isinstance(a, Unknown) for a in arguments):
        return UNKNOWN
    if name == "text":
        return as_text(arguments[0])
    quantities = [a for a in arguments if isinstance(a, Quantity)]
    if len(quantities) != len(arguments):
        raise FunctionFault(f"`{name}` needs numbers", "give numbers with their units, such as `700 W`")
    first = quantities[0]
    if name in ("min", "max"):
        best = first
        for q in quantities[1:]:
            order = q.compare(best)
            best = q if (order < 0) == (name == "min") and order != 0 else best
        return best
    if name == "abs":
        return abs(first)
    if not first.dimension.is_none:
        raise FunctionFault(f"`{name}` needs a plain number", "divide by a unit first, such as `/ (1 kW)`")
    rounded = ceil(first.value) if name == "ceil" else floor(first.value) if name == "floor" else round(first.value)
    return number(rounded)


def as_text(value: Value) -> str:
    """A value as a text: a number in its usual unit, to 12 digits, without marks between the thousands."""
    if isinstance(value, Quantity):
        return show(value, places=12).replace(",", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Component):
        return value.name
    if isinstance(value, str):
        return value
    message = f"`text` takes a number, a text, a flag or a definition, and this is {describe(value)}"
    raise FunctionFault(message, "give one of its numbers")


def answer(subject: Subject, name: str, arguments: list[Value], many: int) -> Value:
    """total, count, min, max or mean over `many` of a subject, or a pure function of values."""
    word = arguments[0]
    if not FUNCTIONS[name].asks or len(arguments) != 1 or not isinstance(word, str):
        return pure(name, arguments)
    if name == "count":
        return number(subject.count(word) * many)
    if name == "total":
        return times(total(subject, word), many)
    return spread(name, subject, word)


def times(value: Value, many: int) -> Value:
    return value * number(many) if isinstance(value, Quantity) else value


def total(subject: Subject, attribute: str) -> Value:
    """The sum of an attribute, unknown when any part that owes it does not state it."""
    found = subject.total(attribute)
    if len(found.sums) > 1:
        raise UnitFault(f"`{attribute}` is given in different currencies", "convert them with a rate")
    value = found.value
    return value if found.complete and value is not None else UNKNOWN


def spread(name: str, subject: Subject, attribute: str) -> Value:
    """The least, greatest or mean value of an attribute over the parts; unknown when any part that owes it does not
    state it."""
    if subject.total(attribute).missing:
        return UNKNOWN
    return known_spread(name, subject, attribute)


def known_spread(name: str, subject: Subject, attribute: str) -> Value:
    """The same over the parts that state it: the greatest of all is at least the greatest known, the least at most the
    least known."""
    values = subject.values(attribute)
    if not values:
        return UNKNOWN
    if name == "mean":
        parts = sum(many for _, many in values)
        weighted = sum((q.value * many for q, many in values), Fraction(0))
        return Quantity(weighted / parts, values[0][0].dimension, values[0][0].point)
    return pure(name, [q for q, _ in values])
