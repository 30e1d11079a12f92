"""Arguments and parameters: what a definition is given, what it inherits, and what its defaults come to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeVar

from cmxdsl.diagnostics import Diagnostic, Findings, Related, nearest, quoted
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import constant
from cmxdsl.elaborate.file_names import file_scope
from cmxdsl.elaborate.project import FileScope
from cmxdsl.elaborate.same import Same
from cmxdsl.elaborate.scope import Maker, Scope
from cmxdsl.elaborate.values import PARAMETER_TYPES, fit
from cmxdsl.model import Unknown, Value
from cmxdsl.records import evolve, frozen
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n

Given = dict[str, tuple[Value, Span]]
MAX_DEPTH = 64  # components inside each other, and variants of variants
T = TypeVar("T")


def bases(file: FileScope, definition: n.Definition) -> Iterator[tuple[FileScope, n.Definition, n.TypeRef]]:
    """A variant's bases, nearest first, and how each is named: as many as components may nest, and one."""
    seen = {Same(definition)}
    while definition.base is not None and len(seen) <= MAX_DEPTH + 1:
        named = definition.base
        found = file.find(named.dotted)
        if len(found) != 1 or Same(found[0][1]) in seen:
            return
        file, definition = found[0]
        seen.add(Same(definition))
        yield file, definition, named


def inherited(file: FileScope, definition: n.Definition) -> list[tuple[n.Parameter, FileScope]]:
    """The parameters of a variant's bases that it neither declares again nor gives arguments for."""
    found: list[tuple[n.Parameter, FileScope]] = []
    taken = {p.name.text for p in definition.parameters}
    for home, base, named in bases(file, definition):
        given = {a.name.text for a in named.arguments if a.name is not None}
        positional = sum(a.name is None for a in named.arguments)
        for position, parameter in enumerate(base.parameters):
            name = parameter.name.text
            if position >= positional and name not in given and name not in taken:
                found.append((parameter, home))
            taken.add(name)
    return found


@frozen
class Request:
    """A definition as it is asked for: where it stands, its arguments, the place and the scope of whoever asks."""

    file: FileScope
    definition: n.Definition
    arguments: tuple[n.Argument, ...]
    span: Span
    scope: Scope | None

    @property
    def name(self) -> str:
        return self.definition.name.text


def bind(maker: Maker, call: Request, given: Mapping[str, Value]) -> dict[str, Value] | None:
    """The parameters' values, from arguments, `given` and defaults, held to their types; None after an error."""
    own = call.definition.parameters
    parameters = [*((p, call.file) for p in own), *inherited(call.file, call.definition)]
    names = [p.name.text for p, _ in parameters]
    passed: Given | None = arguments_of(
        maker.findings, call.name, call.arguments, names, lambda node: _constant(node, call.scope)
    )
    failed = passed is None
    values: Given = {**(passed or {}), **{name: (value, call.span) for name, value in given.items() if name in names}}
    above = {p.name.text for _, base, _ in bases(call.file, call.definition) for p in base.parameters} - set(names)
    bound: dict[str, Value] = {}
    for parameter, home in parameters:
        name = parameter.name.text
        if name not in values:
            if parameter not in own and _leans(parameter, above):
                above.add(name)  # the base works it out, from what it is given
                continue
            default = _default(maker, home, parameter, bound)
            if default is None:
                if not failed and parameter.default is None:
                    lacking(maker.findings, call.name, call.span, parameter)
                failed = True
                continue
            values[name] = default
        fitted = held(maker.findings, parameter, *values[name])
        failed = failed or fitted is None
        if fitted is not None:
            bound[name] = fitted
    return None if failed else bound


def _constant(node: n.Expr, scope: Scope | None) -> Value | None:
    assert scope is not None
    return constant(node, scope)


def arguments_of(
    findings: Findings,
    called: str,
    arguments: Iterable[n.Argument],
    names: list[str],
    read: Callable[[n.Expr], T | None],
) -> dict[str, tuple[T, Span]] | None:
    """The arguments by the names of their parameters, each read and with its place; None after an error."""
    values: dict[str, tuple[T, Span]] = {}
    failed = False
    for position, argument in enumerate(arguments):
        if argument.name is None and position >= len(names):
            message = f"`{called}` takes {len(names) or 'no'} argument{'s' * (len(names) != 1)}"
            findings.add(rules.ARGUMENT.at(argument.span, message))
            return None
        name = names[position] if argument.name is None else argument.name.text
        if name not in names:
            here = argument.name.span if argument.name is not None else argument.span
            fix = nearest(name, names).on(here) or (f"it has {quoted(names)}" if names else "it has no parameters")
            findings.add(rules.ARGUMENT.at(argument.span, f"`{called}` has no parameter `{name}`", fix))
            failed = True
            continue
        if name in values:
            findings.add(rules.ARGUMENT.at(argument.span, f"`{name}` is given twice"))
            failed = True
            continue
        value = read(argument.value)
        failed = failed or value is None
        if value is not None:
            values[name] = (value, argument.value.span)
    return None if failed else values


def _default(
    maker: Maker, home: FileScope, parameter: n.Parameter, bound: dict[str, Value]
) -> tuple[Value, Span] | None:
    """A parameter's default, which may lean on the parameters before it; None where it has none or is in error."""
    if parameter.default is None:
        return None
    value = constant(parameter.default, evolve(file_scope(maker, home), parameters=bound))
    return None if value is None else (value, parameter.default.span)


def lacking(findings: Findings, called: str, span: Span, parameter: n.Parameter) -> None:
    """Report that a call says nothing about a parameter that has no default."""
    name = parameter.name.text
    related = [Related(parameter.span, "declared here, without a default")]
    message = f"`{called}` needs a value for its parameter `{name}`"
    findings.add(rules.ARGUMENT.at(span, message, f"write `{name} = …`", related))


def held(findings: Findings, parameter: n.Parameter, value: Value, span: Span) -> Value | None:
    """A value held to its parameter's type; None after an error."""
    type_ = parameter.type.text
    if type_ not in PARAMETER_TYPES:
        fix = nearest(type_, PARAMETER_TYPES) or "such as `count`, `power` or `chip`"
        findings.add(rules.UNKNOWN_TYPE.at(parameter.type.span, f"unknown parameter type `{type_}`", fix))
        return None
    if isinstance(value, Unknown):
        return value
    result = fit(value, type_, parameter.name.text, span)
    if isinstance(result, Diagnostic):
        findings.add(result)
        return None
    return result


def _leans(parameter: n.Parameter, names: Collection[str]) -> bool:
    """Whether a parameter's default names one of `names`."""
    paths = n.walk(parameter.default) if parameter.default is not None else ()
    return any(isinstance(x, n.Path) and x.bare in names for x in paths)
