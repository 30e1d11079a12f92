"""Frozen classes, as attrs makes them, at a tenth of what that costs a start.

attrs writes and compiles code for each class, which was a third of the time of a check. Here classes with as many
fields share one constructor, and equality and hash are those of the fields' values. What a class is to attrs is worked
out when something asks (`__attrs_attrs__`), so that `attrs.fields`, its subclasses and cattrs take it for their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from operator import attrgetter
from types import CodeType, FunctionType, MemberDescriptorType
from typing import Any, NamedTuple, TypeVar, dataclass_transform, overload

T = TypeVar("T")


class _Missing:
    """No default, or a value that is still to be made."""


_MISSING = _Missing()


class Field(NamedTuple):
    """A field of a class: its default, or what makes one, and where it counts."""

    name: str
    default: Any = _MISSING
    factory: Callable[[], Any] | None = None
    repr: bool = True
    eq: bool = True
    init: bool = True


def field(
    *,
    default: Any = _MISSING,
    factory: Callable[[], Any] | None = None,
    repr: bool = True,
    eq: bool = True,
    init: bool = True,
) -> Any:
    """A field that is more than a name and a type."""
    return Field("", default, factory, repr, eq, init)


def fields_of(cls: type) -> tuple[Field, ...]:
    """The fields of a class, those of its bases first."""
    return cls.__fields__  # type: ignore[attr-defined,no-any-return]


def evolve(old: T, **changes: Any) -> T:
    """The same object with other values of some fields."""
    values = {f.name: getattr(old, f.name) for f in fields_of(type(old)) if f.init}
    if not changes.keys() <= values.keys():
        raise TypeError(f"{type(old).__name__} has no field {', '.join(changes.keys() - values.keys())}")
    return type(old)(**(values | changes))


def as_dict(value: Any) -> Any:
    """Records, and what is in them, as mappings and lists."""
    if hasattr(type(value), "__fields__"):
        return {f.name: as_dict(getattr(value, f.name)) for f in fields_of(type(value))}
    if isinstance(value, dict):
        return {as_dict(key): as_dict(item) for key, item in value.items()}
    return [as_dict(item) for item in value] if isinstance(value, (list, tuple, set, frozenset)) else value


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: Any = None, /, *, eq: bool = True) -> Any:
    """A class whose objects do not change, equal where their fields are unless `eq` is off."""
    return _made(cls, True, eq) if cls is not None else lambda cls: _made(cls, True, eq)


@overload
def define(cls: type[T], /) -> type[T]: ...
@overload
def define(*, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(field_specifiers=(field,))
def define(cls: Any = None, /, *, eq: bool = True) -> Any:
    """A class whose objects may change; equal as with `frozen`, and then not to be hashed."""
    return _made(cls, False, eq) if cls is not None else lambda cls: _made(cls, False, eq)


def _made(cls: type, frozen: bool, eq: bool) -> type:
    space = dict(vars(cls))
    own = tuple(_field(name, space.pop(name, _MISSING)) for name in space.get("__annotations__", ()))
    inherited = {f.name: f for base in reversed(cls.__mro__[1:]) for f in getattr(base, "__fields__", ())}
    fields = tuple((inherited | {f.name: f for f in own}).values())
    for slot in ("__dict__", "__weakref__", *(f.name for f in own)):
        space.pop(slot, None)
    spare = [] if any("__weakref__" in vars(base) for base in cls.__mro__[1:]) else ["__weakref__"]
    if any(isinstance(value, cached_property) for value in space.values()):
        spare += [] if any("__dict__" in vars(base) for base in cls.__mro__[1:-1]) else ["__dict__"]
    space["__slots__"] = (*(f.name for f in own if f.name not in inherited), *spare)
    space["__qualname__"] = cls.__qualname__
    space["__fields__"] = fields
    space["__match_args__"] = tuple(f.name for f in fields if f.init)
    space["__attrs_attrs__"] = _ForAttrs()
    space.setdefault("__repr__", _shown)
    if frozen:
        space["__setattr__"] = space["__delattr__"] = _refused
        space["__setstate__"] = _restored
    if eq and "__eq__" not in space:
        values = attrgetter(*compared) if (compared := [f.name for f in fields if f.eq]) else lambda _: ()
        space["__eq__"] = FunctionType(_equal.__code__, {"values": values})
        space.setdefault("__hash__", FunctionType(_hash.__code__, {"values": values, "hash": hash}) if frozen else None)
    made: Any = type(cls)(cls.__name__, cls.__bases__, space)
    if "__init__" not in space:
        made.__init__ = _constructor(made, fields)
    return made  # type: ignore[no-any-return]


def _field(name: str, default: Any) -> Field:
    if isinstance(default, Field):
        return default._replace(name=name)
    return Field(name) if isinstance(default, MemberDescriptorType) else Field(name, default)


def _constructor(made: Any, fields: tuple[Field, ...]) -> FunctionType:
    """Its arguments are the fields, in order."""
    given = [f for f in fields if f.init]
    late = {f.name: f.factory for f in given if f.factory is not None}
    after = getattr(made, "__attrs_post_init__", None)
    code = _code(len(given), bool(late) or after is not None)
    names = {f"a{k}": f.name for k, f in enumerate(given)}
    code = code.replace(
        co_varnames=tuple(names.get(v, v) for v in code.co_varnames), co_qualname=f"{made.__qualname__}.__init__"
    )
    setters = {f"set{k}": getattr(made, f.name).__set__ for k, f in enumerate(given)}
    complete = _completion(late, {f.name: getattr(made, f.name).__set__ for f in given}, after)
    defaults = tuple(f.default for f in given if f.factory is not None or f.default is not _MISSING)
    return FunctionType(code, {**setters, "complete": complete}, "__init__", defaults)


@cache
def _code(fields: int, completes: bool) -> CodeType:
    """`def __init__(self, a0, a1): set0(self, a0); set1(self, a1)` for so many fields, and `complete(self)`."""
    arguments = "".join(f", a{k}" for k in range(fields))
    body = [f"set{k}(self, a{k})" for k in range(fields)] + ["complete(self)"] * completes
    made: dict[str, FunctionType] = {}
    exec(f"def __init__(self{arguments}): {'; '.join(body) or 'pass'}", made)  # nothing but numbers goes in
    return made["__init__"].__code__


def _completion(late: dict[str, Any], setters: dict[str, Any], after: Any) -> Callable[[Any], None]:
    """What is left to do when all arguments are in their places."""

    def complete(self: Any) -> None:
        for name, factory in late.items():
            if getattr(self, name) is _MISSING:
                setters[name](self, factory())
        if after is not None:
            after(self)

    return complete


def _equal(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return values(self) == values(other)  # type: ignore[name-defined]  # noqa: F821


def _hash(self: Any) -> int:
    return hash((self.__class__, values(self)))  # type: ignore[name-defined]  # noqa: F821


def _shown(self: Any) -> str:
    shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields_of(type(self)) if f.repr)
    return f"{type(self).__qualname__.rsplit('>.', 1)[-1]}({shown})"


def _refused(self: Any, name: str, value: object = None) -> None:
    raise AttributeError(f"`{name}` of {type(self).__name__} cannot be changed")


def _restored(self: Any, state: Any) -> None:
    """What copy and pickle hand over: the values by name, of the instance and of its slots."""
    for values in state if isinstance(state, tuple) else (state,):
        for name, value in (values or {}).items():
            object.__setattr__(self, name, value)


class _ForAttrs:
    """A class as attrs would describe it, worked out when it is asked for."""

    def __get__(self, _: object, cls: type) -> Any:
        import attrs

        types: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            types |= vars(base).get("__annotations__", {})
        made = attrs.make_class(
            cls.__name__,
            {
                f.name: attrs.field(
                    default=attrs.NOTHING if f.default is _MISSING else f.default,
                    factory=f.factory,
                    repr=f.repr,
                    eq=f.eq,
                    init=f.init,
                    type=types[f.name],
                    alias=f.name,
                )
                for f in fields_of(cls)
            },
        )
        described = attrs.fields(made)
        cls.__attrs_attrs__ = described  # type: ignore[attr-defined]
        return described


# --- nodes --------------------------------------------------------------------------------------------------


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
        code = _plain(len(made.fields))
        named = code.replace(co_varnames=("self", *made.fields), co_names=made.fields, co_qualname=f"{name}.__init__")
        made.__init__ = FunctionType(named, {}, "__init__")  # type: ignore[misc]
        return made


@cache
def _plain(fields: int) -> CodeType:
    """`def __init__(self, a0, a1): self.b0 = a0; self.b1 = a1`, for so many fields."""
    arguments = "".join(f", a{k}" for k in range(fields))
    body = "; ".join(f"self.b{k} = a{k}" for k in range(fields)) or "pass"
    made: dict[str, FunctionType] = {}
    exec(f"def __init__(self{arguments}): {body}", made)
    return made["__init__"].__code__


class Record(metaclass=_Recorded):
    """A base of what a long file makes a million of: an object that only the type checker keeps from changing, since at
    run time that would take half of the time of making one. Equal to another of its class with equal fields."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).fields)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in type(self).fields)))
