"""The JSON Schema (2020-12) of the intermediate representation, made from the model's own classes and the schema.

A field of a class is a required property of its object. What types cannot say (which kinds, operators and functions
there are) comes from the rows that define it, so that a new row is part of the schema without another change.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args, get_origin

import attrs

from cmxdsl.model import (
    Attribute,
    Claim,
    Component,
    Const,
    Dim,
    End,
    Expectation,
    Exposure,
    Goal,
    Instance,
    Link,
    Placement,
    Port,
    Requirement,
    Run,
    Step,
    Study,
    Vary,
    View,
)
from cmxdsl.model.component import CLAIMS, GOALS
from cmxdsl.model.expr import OPERATORS
from cmxdsl.schema import AXES, FUNCTIONS, KINDS
from cmxdsl.source import Span
from cmxdsl.units import Quantity

Json = dict[str, Any]

# The classes that are written field by field; `ir` writes and reads the others by hand.
OBJECTS: tuple[type, ...] = (
    Dim,
    Step,
    End,
    Exposure,
    Claim,
    Attribute,
    Instance,
    Port,
    Link,
    Placement,
    Requirement,
    Expectation,
    View,
    Run,
    Vary,
    Goal,
    Study,
    Component,
)

_NAME = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_CALLED = {
    "type": "string",
    "pattern": r"^[A-Za-z_][A-Za-z0-9_]*( \(.+\))?$",
    "description": "a definition's name, and its file where two have the name",
}
_ID = {"type": "string", "minLength": 1, "description": "a component, by its key in `components`"}
_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}

# What the types of fields do not say, by class and field.
_NARROWER: dict[tuple[type, str], Json] = {
    **{(cls, "name"): _NAME for cls in (Step, Instance, Port, View, Run, Vary, Study)},
    (Component, "name"): _CALLED,
    (Component, "kind"): {"enum": list(KINDS)},
    (Component, "bases"): {"type": "array", "items": _CALLED},
    (Goal, "kind"): {"enum": list(GOALS)},
    (Claim, "kind"): {"enum": list(CLAIMS)},
    (Link, "bundle"): {"type": "integer", "minimum": 1},
    (Dim, "start"): {"type": "integer"},
    (Dim, "stop"): {"type": "integer"},
}


def schema(version: int) -> Json:
    """The schema of the whole document."""
    definitions = {cls.__name__.lower(): _object(cls) for cls in OBJECTS}
    definitions["placement"]["properties"]["coordinates"]["propertyNames"] = {"enum": list(AXES)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"cmx intermediate representation, version {version}",
        **_record(
            _own(),
            cmx_ir={"const": version},
            design=_ID,
            components={"type": "object", "additionalProperties": _ref("component")},
        ),
        "$defs": {"span": _span(), "quantity": _quantity(), "value": _value(), "expr": _expr(), **definitions},
    }


def _own() -> Json:
    """What the texts of a design declare, where they do."""
    kinds = {"type": "array", "items": {"enum": list(KINDS)}, "minItems": 1}
    row = _record(type=_TEXT, kinds=kinds, meaning=_TEXT, adds={"type": "boolean"})
    return {
        "planes": {"type": "object", "additionalProperties": _TEXT},
        "attributes": {"type": "object", "additionalProperties": row},
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _record(optional: Mapping[str, Json] | None = None, /, **properties: Json) -> Json:
    """An object that has these properties, may have the optional ones, and has no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
    }


def _object(cls: type) -> Json:
    fields = {f.name: _NARROWER.get((cls, f.name)) or _of(f.type) for f in attrs.fields(cls)}
    if cls is Component:
        del fields["id"], fields["vocabulary"]  # the one is the component's key, the other the whole design's
    return _record(**fields)


def _of(kind: Any) -> Json:
    """The schema of a field's type."""
    arguments, origin = get_args(kind), get_origin(kind)
    known: dict[Any, Json] = {Quantity: _ref("quantity"), Span: _ref("span"), Component: _ID}
    plain: dict[Any, Json] = {str: _TEXT, int: _COUNT, bool: {"type": "boolean"}, NoneType: {"type": "null"}}
    if kind in known or kind in plain:
        return {**known, **plain}[kind]
    if kind in OBJECTS:
        return _ref(kind.__name__.lower())
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(arguments[1])}
    if is_value(kind) or is_expr(kind):
        one = _ref("value" if is_value(kind) else "expr")
        return {"anyOf": [one, {"type": "null"}]} if NoneType in arguments else one
    return {"anyOf": [_of(argument) for argument in arguments]}


def is_value(kind: Any) -> bool:
    """Whether a type is the union of all that an attribute can be."""
    return Quantity in get_args(kind) and str in get_args(kind)


def is_expr(kind: Any) -> bool:
    """Whether a type is the union of all expressions."""
    return Const in get_args(kind)


# --- what `ir` writes by hand -----------------------------------------------------------------------------


def _span() -> Json:
    return {
        "description": "file, line, column, end line, end column; from 1, columns in code points, the end exclusive",
        "type": "array",
        "prefixItems": [_TEXT, *({"type": "integer"} for _ in range(4))],
        "minItems": 5,
        "maxItems": 5,
    }


def _quantity() -> Json:
    fraction = {"type": "string", "pattern": "^-?[0-9]+(/[0-9]+)?$"}
    return {
        "description": "a number of base units; `exact` where a float cannot hold it; `point` on scales such as °C",
        **_record({"exact": fraction, "point": {"const": True}}, value={"type": "number"}, unit=_TEXT),
    }


def _value() -> Json:
    return {
        "anyOf": [
            _ref("quantity"),
            _TEXT,
            {"type": "boolean"},
            {"type": "array", "items": _ref("value")},
            _record(unknown={"const": True}),
            _record(width=_ref("quantity"), depth=_ref("quantity")),
            _record(component=_ID),
        ]
    }


def _expr() -> Json:
    operands = {"type": "array", "items": _ref("expr")}
    part = {"type": "array", "items": _NAME}
    return {
        "anyOf": [
            _record(const=_ref("value")),
            _record(index=_TEXT),
            _record(op={"enum": list(OPERATORS)}, of={**operands, "minItems": 1, "maxItems": 3}),
            _record({"part": part, "component": _ID, "among": _TEXT}, ask={"enum": list(FUNCTIONS)}, of=operands),
        ]
    }
