"""Definitions as they are written: their text, and the part that one is for given arguments.

A statement is a tuple whose first word says what it is:

    ("attribute", name, value, unit)            value: a number, a text, a flag, a definition, UNKNOWN or an expression
    ("let", name, expression)
    ("instance", name, dims, definition, arguments, overrides)
    ("port", name, dims, protocol, rate or None)
    ("expose", name, variables, path, ranges)
    ("link", a, b, medium, several to choose from or None, adapter or None, bundle, where or None, ranges)
    ("place", path, coordinates, ranges, where or None)       x and y are in millimetres
    ("size", name, width, depth)                              in millimetres
    ("lengths", name, metres)
    ("override", statement)                                   in a variant: the port or instance replaces its base's
    ("if", condition, statements, statements)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .expand import port_at
from .parts import UNKNOWN, Expr, Part, Pattern, Place, Port, evaluate

UNITS = {"": 1, "W": 1, "USD": 1, "kg": 1, "m": 1, "Gb/s": 10**9, "GB": 8 * 10**9, "U": Fraction(4445, 100_000)}
Statement = tuple[Any, ...]
TRAVELS = ("protocol", "cable", "fiber", "optic")


@dataclass(eq=False)
class Definition:
    kind: str
    name: str
    parameters: dict[str, int] = field(default_factory=dict)
    base: Definition | None = None
    given: dict[str, Expr] = field(default_factory=dict)  # to the base, over this one's parameters
    body: list[Statement] = field(default_factory=list)


class Refused(Exception):
    """A mistake that keeps a part from being made, by its code."""


# --- text -------------------------------------------------------------------------------------------------


def written(expr: Expr, inner: bool = False) -> str:
    if expr is UNKNOWN:
        return "unknown"
    if isinstance(expr, Definition):
        return expr.name
    if isinstance(expr, Fraction):
        return f"{float(expr):g}"  # tenths and hundredths, all of them
    if isinstance(expr, bool):
        return str(expr).lower()
    if not isinstance(expr, tuple):
        return str(expr)
    operator, *operands = expr
    words = [written(o, inner=True) for o in operands]
    text = f"{operator} {words[0]}" if len(words) == 1 else f"{words[0]} {operator} {words[1]}"
    return f"({text})" if inner or len(words) == 1 else text


def _path(path: list[tuple[str, list[Expr]]]) -> str:
    return ".".join(name + (f"[{', '.join(written(e) for e in indices)}]" if indices else "") for name, indices in path)


def _for(ranges: list[tuple[str, Expr, Expr]]) -> str:
    return " for " + ", ".join(f"{v} in {written(low)}..{written(high)}" for v, low, high in ranges) if ranges else ""


def _dims(dims: list[Expr]) -> str:
    return f"[{', '.join(written(d) for d in dims)}]" if dims else ""


def _arguments(given: Mapping[str, Expr]) -> str:
    return "(" + ", ".join(f"{n} = {written(e)}" for n, e in given.items()) + ")" if given else ""


def _over(medium: Definition | tuple[Definition, ...]) -> str:
    return f"auto({', '.join(m.name for m in medium)})" if isinstance(medium, tuple) else medium.name


def _coordinate(axis: str, expr: Expr) -> str:
    return f"{written(expr, inner=True)} * 1 mm" if axis in ("x", "y") else written(expr)


def _statement(statement: Statement, indent: str) -> Iterator[str]:
    match statement:
        case ("attribute", name, value, unit):
            unit = (
                "" if value is UNKNOWN or unit == "text" else f" * 1 {unit}" if isinstance(value, tuple) else f" {unit}"
            )
            yield f"{name} = {written(value, inner=isinstance(value, tuple))}{unit}".rstrip()
        case ("let", name, expr):
            yield f"let {name} = {written(expr)}"
        case ("instance", name, dims, definition, arguments, overrides):
            body = "; ".join(line for s in overrides for line in _statement(s, ""))
            over = f" {{ {body} }}" if body else ""
            yield f"{name}{_dims(dims)}: {definition.name}{_arguments(arguments)}{over}"
        case ("port", name, dims, protocol, rate):
            yield f"port {name}{_dims(dims)}: {protocol.name}" + (f" {{ rate = {rate} Gb/s }}" if rate else "")
        case ("expose", name, variables, path, ranges):
            yield f"port {name}{_dims(variables)} = {_path(path)}{_for(ranges)}"
        case ("link", a, b, medium, adapter, bundle, where, ranges):
            words = f"link {_path(a)} -- {_path(b)}"
            words += f" over {_over(medium)}" if medium else ""
            words += f" via {adapter.name}" if adapter else ""
            words += f" bundle {bundle}" if bundle > 1 else ""
            words += f" where {written(where)}" if where is not None else ""
            yield words + _for(ranges)
        case ("place", path, coordinates, ranges, where):
            at = ", ".join(f"{axis} {_coordinate(axis, e)}" for axis, e in coordinates.items())
            yield (
                f"place {_path(path)} at {at}"
                + (f" where {written(where)}" if where is not None else "")
                + _for(ranges)
            )
        case ("size", name, width, depth):
            yield f"{name} = {width} mm x {depth} mm"
        case ("lengths", name, metres):
            yield f"{name} = [{', '.join(f'{m} m' for m in metres)}]"
        case ("override", inner):
            yield from (f"override {line}" for line in _statement(inner, indent))
        case ("if", condition, yes, no):
            yield f"if {written(condition)} {{"
            yield from (f"    {line}" for s in yes for line in _statement(s, indent))
            yield "} else {"
            yield from (f"    {line}" for s in no for line in _statement(s, indent))
            yield "}"
        case ("text", text):
            yield text


def text_of(definitions: list[Definition]) -> str:
    """A file with the definitions."""
    lines: list[str] = []
    for d in definitions:
        parameters = ", ".join(f"{n}: count = {v}" for n, v in d.parameters.items())
        head = f"{d.kind} {d.name}" + (f"({parameters})" if parameters else "")
        head += f" : {d.base.name}{_arguments(d.given)}" if d.base is not None else ""
        lines.append(head + " {")
        lines += [f"    {line}" for s in d.body for line in _statement(s, "    ")]
        lines.append("}")
    return "\n".join(lines) + "\n"


# --- parts ------------------------------------------------------------------------------------------------


def build(
    definition: Definition,
    arguments: Mapping[str, int],
    overrides: tuple[list[Statement], dict[str, Any]] | None = None,
) -> Part:
    """The part that a definition is for given arguments. Raises Refused."""
    layers = _layers(definition, arguments)
    if overrides is not None:
        layers.append(overrides)
    flat: list[tuple[int, Statement, dict[str, Any]]] = []
    for depth, (statements, values) in enumerate(layers):
        names = dict(values)
        for s in statements:
            if s[0] == "let":
                names[s[1]] = evaluate(s[2], names)
        waiting = list(statements)
        while waiting:
            s = waiting.pop(0)
            replaces = s[0] == "override"
            s = s[1] if replaces else s
            if s[0] in ("instance", "port", "expose"):
                below = any(
                    other[0] in ("instance", "port", "expose") and other[1] == s[1] and k < depth
                    for k, other, _ in flat
                )
                if below != replaces:
                    raise Refused("CMX0218" if replaces else "CMX0217")
            if s[0] == "if":
                waiting = [*(s[2] if evaluate(s[1], names) else s[3]), *waiting]
            else:
                flat.append((depth, s, names))
    part = Part(definition.kind, definition.name)
    last = {
        (s[0] == "attribute", s[1]): (depth, s)
        for depth, s, _ in flat
        if s[0] in ("attribute", "instance", "port", "expose")
    }
    for _, s, names in flat:
        if s[0] in ("attribute", "instance", "port", "expose") and last[s[0] == "attribute", s[1]][1] is not s:
            continue  # a variant says it anew
        match s:
            case ("attribute", name, value, unit):
                part.attributes[name] = _value(value, unit, names)
            case ("size", name, width, depth):
                part.attributes[name] = [Fraction(width, 1000), Fraction(depth, 1000)]
            case ("lengths", name, metres):
                part.attributes[name] = [Fraction(m) for m in metres]
            case ("instance", name, dims, inner, given, over):
                args = {n: evaluate(e, names) for n, e in given.items()}
                made = build(inner, args, (over, names) if over else None)
                part.instances[name] = (_sizes(dims, names), made)
            case ("port", name, dims, protocol, rate):
                part.ports[name] = _port(build(protocol, {}), protocol, _sizes(dims, names), rate)
    for _, s, names in flat:
        if s[0] == "expose" and last[False, s[1]][1] is s:
            _, name, variables, path, ranges = s
            bound, resolved = _bound(part, [path], ranges, names)
            inner_port = port_at(part, path)
            sizes = {v: high + 1 for v, _, high in bound}
            part.ports[name] = Port(
                tuple(sizes[v] for v in variables),
                inner_port.protocol,
                inner_port.related,
                inner_port.plane,
                inner_port.rate,
                inner_port.shared,
                ([(v, sizes[v]) for v in variables], resolved[0]),
            )
    for _, s, names in flat:
        match s:
            case ("link", a, b, medium, adapter, bundle, where, ranges):
                bound, (end_a, end_b) = _bound(part, [a, b], ranges, names)
                condition = _closed(where, names, bound) if where is not None else None
                over = build(medium, {}) if isinstance(medium, Definition) else None
                open_ = tuple(build(m, {}) for m in medium) if isinstance(medium, tuple) else ()
                via = build(adapter, {}) if adapter is not None else None
                part.links.append(Pattern(end_a, end_b, bound, condition, over, via, bundle, open_))
            case ("place", path, coordinates, ranges, where):
                bound, (at,) = _bound(part, [path], ranges, names)
                condition = _closed(where, names, bound) if where is not None else None
                thousands = {axis: ("*", e, 1000) if axis in ("x", "y") else e for axis, e in coordinates.items()}
                expressions = {axis: _closed(e, names, bound) for axis, e in thousands.items()}
                part.places.append(Place(at, bound, condition, expressions))
    return part


def _layers(definition: Definition, arguments: Mapping[str, int]) -> list[tuple[list[Statement], dict[str, Any]]]:
    """The statements of the bases and of the definition, each with the values of its own parameters."""
    values = {**definition.parameters, **arguments}
    below = []
    if definition.base is not None:
        below = _layers(definition.base, {n: evaluate(e, values) for n, e in definition.given.items()})
    return [*below, (definition.body, values)]


def _value(value: Any, unit: str, names: Mapping[str, Any]) -> Any:
    if isinstance(value, Definition):
        return build(value, {})
    if value is UNKNOWN or unit == "text":
        return value
    if isinstance(value, (str, tuple)):
        try:
            value = evaluate(value, names)
        except KeyError:
            return value  # a word, such as `accelerator`
    return value if isinstance(value, bool) else Fraction(value) * UNITS[unit]


def _sizes(dims: list[Expr], names: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(evaluate(d, names)) for d in dims)


def _port(protocol: Part, definition: Definition, shape: tuple[int, ...], rate: int | None) -> Port:
    related, base = {definition.name}, definition.base
    while base is not None:
        related.add(base.name)
        base = base.base
    own = Fraction(rate) * 10**9 if rate else protocol.number("rate")
    plane, shared = protocol.attributes["plane"], protocol.attributes.get("shared") is True
    return Port(shape, definition.name, frozenset(related), plane, own, shared)


def _bound(
    part: Part,
    paths: list[list[tuple[str, list[Expr]]]],
    ranges: list[tuple[str, Expr, Expr]],
    names: Mapping[str, Any],
) -> tuple[list[tuple[str, int, int]], list[list[tuple[str, list[Expr]]]]]:
    """The variables of a statement with their ranges: those of `for`, then those that stand bare in order."""
    bound = {v: (int(evaluate(low, names)), int(evaluate(high, names))) for v, low, high in ranges}
    fixed = set(bound)
    for path in paths:
        here = part
        for name, indices in path:
            shape = here.instances[name][0] if name in here.instances else here.ports[name].shape
            if len(shape) != len(indices):
                raise Refused("CMX0404")
            for expr, size in zip(indices, shape, strict=True):
                bare = isinstance(expr, str) and expr not in names and expr not in fixed
                if bare and bound.setdefault(expr, (0, size - 1)) != (0, size - 1):
                    raise Refused("CMX0401")
            here = here.instances[name][1] if name in here.instances else here
    listed = [(v, low, high) for v, (low, high) in bound.items()]
    return listed, [[(n, [_closed(e, names, listed) for e in indices]) for n, indices in path] for path in paths]


def _closed(expr: Expr, names: Mapping[str, Any], bound: list[tuple[str, int, int]]) -> Expr:
    """An expression with the values of parameters in it, only variables left open. Raises Refused."""
    if isinstance(expr, tuple):
        return (expr[0], *(_closed(e, names, bound) for e in expr[1:]))
    if isinstance(expr, str) and expr not in {v for v, _, _ in bound}:
        if expr not in names:
            raise Refused("CMX0403")
        return int(names[expr])
    return expr
