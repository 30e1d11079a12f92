"""The intermediate representation: the elaborated symbolic design as JSON, and back.

`ir_schema` makes its JSON Schema. Components stand in one flat object, by id, and name
each other by id, so that the size of the text follows the size of the source and not of the machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from cmxdsl.limits import LimitExceeded, over
from cmxdsl.model import (
    UNKNOWN,
    Ask,
    Component,
    Const,
    Expr,
    Op,
    Pair,
    Subject,
    Unknown,
    Value,
    Var,
)
from cmxdsl.model import component as component_module
from cmxdsl.model import expr as expr_module
from cmxdsl.model.expr import inside_out, parts
from cmxdsl.outputs import ir_schema
from cmxdsl.outputs.kit.value_format import as_number
from cmxdsl.records import evolve
from cmxdsl.schema import Vocabulary, extended, own_attribute
from cmxdsl.source import Span
from cmxdsl.units import Dimension, Quantity, unit
from cmxdsl.units.text import base_unit

VERSION = 1


def to_ir(top: Component) -> dict[str, Any]:
    """The design as JSON-ready data."""
    plain = _writer()
    components = {c.id: plain(c) for c in _reachable(top)}
    return {"cmx_ir": VERSION, "design": top.id, **_own(top.vocabulary), "components": components}


def _own(words: Vocabulary) -> dict[str, Any]:
    """The planes and the attributes that the design declares, where it does."""
    rows = {
        r.name: {"type": r.type, "kinds": list(r.kinds), "meaning": r.meaning, "adds": r.total}
        for r in words.own.values()
    }
    found = {"planes": dict(words.own_planes), "attributes": rows}
    return {name: what for name, what in found.items() if what}


def from_ir(data: Mapping[str, Any]) -> Component:
    """The design that `to_ir` wrote; raises ValueError for data of another version or shape."""
    if data.get("cmx_ir") != VERSION:
        raise ValueError(f"this is not cmx IR of version {VERSION}")
    rows = {
        name: own_attribute(name, row["type"], tuple(row["kinds"]), row["meaning"], row["adds"])
        for name, row in data.get("attributes", {}).items()
    }
    return _Reader(data["components"], extended(data.get("planes", {}), rows)).component(data["design"])


def schema() -> dict[str, Any]:
    """The JSON Schema of the IR."""
    _resolved()
    return ir_schema.schema(VERSION)


def write(subject: Subject, format: str = "json") -> str:
    """The design as JSON."""
    return write_ir(subject.top)


def write_ir(top: Component) -> str:
    return json.dumps(to_ir(top), indent=1, ensure_ascii=False) + "\n"


def write_schema() -> str:
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _reachable(top: Component) -> Iterator[Component]:
    """Every component that the design names in any way, each once, in a fixed order."""
    seen: dict[Component, None] = {top: None}
    queue = [top]
    while queue:
        here = queue.pop(0)
        for other in _named(here):
            if other not in seen:
                seen[other] = None
                queue.append(other)
    yield from seen


def _named(component: Component) -> Iterator[Component]:
    yield from (i.component for i in component.instances.values())
    yield from (p.protocol for p in component.ports.values())
    for link in component.links:
        yield from link.media
        if link.adapter is not None:
            yield link.adapter
    for attribute in component.attributes.values():
        for claim in (attribute.claim, *attribute.also):
            yield from (c for c in (claim.value, claim.source) if isinstance(c, Component))
    yield from (run.work for run in component.runs)
    yield from (v for v in component.arguments.values() if isinstance(v, Component))
    yield from (e.cited for e in component.expectations if e.cited is not None)
    asked = [r.condition for r in component.requirements] + [e.expression for e in component.expectations]
    for expr in asked:
        yield from (part.of for part in inside_out(expr) if isinstance(part, Ask) and isinstance(part.of, Component))


# --- writing ----------------------------------------------------------------------------------------------


def _value(value: Value) -> Any:
    if isinstance(value, Quantity):
        data: dict[str, Any] = {"value": as_number(value.value), "unit": base_unit(value.dimension)}
        if isinstance(data["value"], float) and Fraction(repr(data["value"])) != value.value:
            data["exact"] = str(value.value)
        if value.point:
            data["point"] = True
        return data
    if isinstance(value, Unknown):
        return {"unknown": True}
    if isinstance(value, Pair):
        return {"width": _value(value.width), "depth": _value(value.depth)}
    if isinstance(value, tuple):
        return [_value(v) for v in value]
    return {"component": value.id} if isinstance(value, Component) else value


MAX_PARTS = 100_000  # of one expression, written out


def _expr(expr: Expr | None) -> Any:
    """An expression written out. Raises LimitExceeded for one whose shared parts would fill the file."""
    if expr is None:
        return None
    if (many := parts(expr)) > MAX_PARTS:
        raise LimitExceeded(over(many, MAX_PARTS, "parts of one expression"))
    return _written(expr)


def _written(expr: Expr) -> Any:
    match expr:
        case Const(value):
            return {"const": _value(value)}
        case Var(name):
            return {"index": name}
        case Op(operator):
            return {"op": operator, "of": [_written(o) for o in expr.operands]}
        case Ask(function, arguments, part, of, among):
            data: dict[str, Any] = {"ask": function, "of": [_written(a) for a in arguments]}
            if part:
                data["part"] = list(part)
            if among:
                data["among"] = among
            return data | ({"component": of.id} if of is not None else {})
    raise AssertionError(expr)


def _span(span: Span) -> list[Any]:
    return [span.file, span.line, span.column, span.end_line, span.end_column]


@cache
def _writer() -> Callable[[Component], dict[str, Any]]:
    converter = _converter()
    for kind in (Quantity, Unknown, Pair):
        converter.register_unstructure_hook(kind, _value)
    for node in (Const, Var, Op, Ask):
        converter.register_unstructure_hook(node, _expr)
    converter.register_unstructure_hook(Span, _span)
    converter.register_unstructure_hook_func(ir_schema.is_value, _value)
    converter.register_unstructure_hook_func(ir_schema.is_expr, _expr)
    plain = make_dict_unstructure_fn(Component, converter, id=override(omit=True), vocabulary=override(omit=True))
    converter.register_unstructure_hook(Component, lambda c: c.id)
    return plain


@cache
def _resolved() -> None:
    """Name the classes that the model's annotations name, some of which it imports for type checkers only."""
    for cls in (Const, Var, Op, Ask, *ir_schema.OBJECTS):
        attrs.resolve_types(cls, {**vars(component_module), **vars(expr_module), "Component": Component})


def _converter() -> Converter:
    _resolved()
    return Converter(forbid_extra_keys=True, prefer_attrib_converters=True)


# --- reading ----------------------------------------------------------------------------------------------


class _Reader:
    """Makes components from their data when another names them."""

    def __init__(self, data: Mapping[str, Any], vocabulary: Vocabulary) -> None:
        self.data = data
        self.vocabulary = vocabulary
        self.made: dict[str, Component] = {}
        converter = _converter()
        converter.register_structure_hook(Quantity, lambda d, _: _quantity(d))
        converter.register_structure_hook(Span, lambda d, _: Span(*d))
        converter.register_structure_hook(Component, lambda id, _: self.component(id))
        converter.register_structure_hook_func(ir_schema.is_expr, lambda d, _: self.expr(d) if d is not None else None)
        converter.register_structure_hook_func(ir_schema.is_value, lambda d, _: self.value(d))
        self.plain = make_dict_structure_fn(Component, converter, vocabulary=override(omit=True))

    def component(self, id: str) -> Component:
        if id not in self.made:
            made = self.plain({"id": id, **self.data[id]}, Component)
            self.made[id] = evolve(made, vocabulary=self.vocabulary)
        return self.made[id]

    def value(self, data: Any) -> Value:
        if isinstance(data, list):
            return tuple(self.value(d) for d in data)
        if not isinstance(data, dict):
            return data  # type: ignore[no-any-return]
        if "unknown" in data:
            return UNKNOWN
        if "width" in data:
            return Pair(_quantity(data["width"]), _quantity(data["depth"]))
        return self.component(data["component"]) if "component" in data else _quantity(data)

    def expr(self, data: Any) -> Expr:
        if "const" in data:
            return Const(self.value(data["const"]))
        if "index" in data:
            return Var(data["index"])
        operands = tuple(self.expr(d) for d in data["of"])
        if "op" in data:
            return Op(data["op"], operands)
        of = self.component(data["component"]) if "component" in data else None
        return Ask(data["ask"], operands, tuple(data.get("part", ())), of, data.get("among", ""))


def _quantity(data: Mapping[str, Any]) -> Quantity:
    dimension = unit(data["unit"]).dimension if data["unit"] else Dimension()
    exact = Fraction(data["exact"]) if "exact" in data else Fraction(repr(data["value"]))
    return Quantity(exact, dimension, data.get("point", False))
