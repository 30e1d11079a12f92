"""A question of the language about a design, and what its answer says besides its value."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.model import UNKNOWN, Ask, Subject, Value
from cmxdsl.model.bounds import OPEN, Bounds
from cmxdsl.records import frozen


@frozen
class Answer:
    """A value, the names of the parts that kept it from being known, the bounds of an unknown one, and the share of the
    parts that should be known which are (None where the value is not made of parts)."""

    value: Value
    lacking: tuple[str, ...] = ()
    bounds: Bounds = OPEN
    coverage: Fraction | None = None


@frozen
class Question:
    """A function of the language and the values of its arguments, `about` a part that stands `many` times in the
    subject that the expression is of (`whole`)."""

    ask: Ask
    values: tuple[Value, ...]
    about: Subject
    whole: Subject
    many: int

    @property
    def function(self) -> str:
        return self.ask.function

    @property
    def word(self) -> str:
        """The first argument: an attribute, a plane or a part by its name."""
        return str(self.values[0]) if self.values else ""

    @property
    def among(self) -> str:
        """The endpoints that are asked about, as they are named."""
        return self.ask.among


def shared(share: float | None, lacking: tuple[str, ...] = ()) -> Answer:
    """A share or a ratio, to a millionth; where there is none, what it lacks."""
    return Answer(UNKNOWN, lacking) if share is None else Answer(ratio(share))


def ratio(value: float | Fraction) -> Value:
    """A number, to a millionth."""
    from cmxdsl.units import number

    return number(Fraction(value).limit_denominator(10**6))
