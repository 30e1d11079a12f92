"""What an answer says besides its value."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.model import Value
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
