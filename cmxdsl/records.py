"""Objects that a long file makes a million of, and classes that a start makes dozens of: both for next to nothing.

As `attrs.frozen` with slots, but the code that attrs compiles for each class took a sixth of a start; here all classes
with as many fields share one. That nothing is assigned to is for the type checker to hold: at run time it would take
half of the time of making a node.
"""

from __future__ import annotations

from functools import cache
from types import CodeType, FunctionType
from typing import Any, dataclass_transform


@cache
def _constructor(fields: int) -> CodeType:
    """`def __init__(self, a0, a1): self.b0 = a0; self.b1 = a1`, for so many fields."""
    arguments = "".join(f", a{k}" for k in range(fields))
    body = "; ".join(f"self.b{k} = a{k}" for k in range(fields)) or "pass"
    made: dict[str, FunctionType] = {}
    exec(f"def __init__(self{arguments}): {body}", made)  # nothing but numbers goes into this text
    return made["__init__"].__code__


@dataclass_transform(frozen_default=True)
class _Recorded(type):
    """Fields are what the class and its bases annotate, in order; each becomes a slot."""

    fields: tuple[str, ...]

    def __new__(mcs, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> _Recorded:
        own = tuple(space.get("__annotations__", ()))
        space["__slots__"] = own
        made = super().__new__(mcs, name, bases, space)
        made.fields = (*(made.__base__.fields if isinstance(made.__base__, _Recorded) else ()), *own)
        made.__match_args__ = made.fields  # type: ignore[attr-defined,misc]
        code = _constructor(len(made.fields))
        named = code.replace(co_varnames=("self", *made.fields), co_names=made.fields, co_qualname=f"{name}.__init__")
        made.__init__ = FunctionType(named, {}, "__init__")  # type: ignore[misc]
        return made


class Record(metaclass=_Recorded):
    """An object that does not change, equal to another of its class with equal fields."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).fields)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in type(self).fields)))
