"""Syntax to model: names, parameters, expressions, index notation, imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from sys import getrecursionlimit, setrecursionlimit

from cmxdsl.diagnostics import Findings, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.arguments import Request
from cmxdsl.elaborate.declarations import declare_words
from cmxdsl.elaborate.definitions import Elaborator
from cmxdsl.elaborate.expressions import constant
from cmxdsl.elaborate.file_names import file_scope
from cmxdsl.elaborate.overrides import override_findings
from cmxdsl.elaborate.project import FileScope, Project
from cmxdsl.elaborate.same import Same
from cmxdsl.model import Component, Memo, Value
from cmxdsl.records import field, frozen
from cmxdsl.schema import KINDS
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse


@frozen
class Elaborated:
    """A file's components: all that stand on their own, and the one that is the design."""

    top: Component | None
    roots: tuple[Component, ...]
    main: FileScope
    named: frozenset[Same]  # the definitions that others name
    memo: Memo = field(factory=Memo, repr=False)  # what was answered about the components


def elaborate(
    project: Project,
    main: FileScope,
    top: str | None = None,
    sets: Mapping[str, str] | None = None,
    alone: bool = False,
) -> Elaborated:
    """Elaborate every definition of `main` that needs no arguments, and choose the design among them.

    With `alone` only the definition `top` and what is in it, without published figures: for other parameters of a
    design that was elaborated whole before.

    `sets` gives values to the design's parameters, as text: `racks` or `CloudMatrix384.racks` to `24`.
    """
    elaborator = Elaborator(project, project.findings, declare_words(project), published=not alone)
    for scope in project.scopes.values():
        project.findings.extend(override_findings(scope))
    for definition in main.node.definitions:  # their names are taken before those of parts
        elaborator.name_of(main, definition)
    with deep_recursion():
        made: dict[Same, Component | None] = {}
        for definition in main.node.definitions if not alone else ():
            if all(p.default is not None for p in definition.parameters):
                span = definition.name.span
                made[Same(definition)] = elaborator.instantiate(Request(main, definition, (), span, None))
            elif definition.name.text != top:
                _names_in(elaborator, main, definition)
        for let in main.node.lets if not alone else ():
            if let.parameters is None:
                elaborator.let_value(main, let)
            elif (function := elaborator.file_let(let.name.text, file_scope(elaborator, main))) is not None:
                elaborator.check_function(function)
        chosen = _choose(main, elaborator, top)
        component = made.get(Same(chosen)) if chosen is not None else None
        if chosen is not None and (sets or Same(chosen) not in made):
            given = _given(elaborator, main, chosen, sets or {})
            if given is not None:
                component = elaborator.instantiate(Request(main, chosen, (), chosen.name.span, None), given=given)
            else:
                component = None
    roots = tuple(c for c in made.values() if c is not None)
    return Elaborated(component, roots, main, frozenset(elaborator.visited))


def _names_in(elaborator: Elaborator, main: FileScope, definition: n.Definition) -> None:
    """Count what a definition that cannot stand alone names as used."""
    for node in n.walk(definition):
        if isinstance(node, n.TypeRef):
            elaborator.visited |= {Same(d) for _, d in main.find(node.dotted)}


def _choose(main: FileScope, elaborator: Elaborator, top: str | None) -> n.Definition | None:
    """The definition named `top`, else the only outermost one of the highest packaging level."""
    candidates = [d for d in main.node.definitions if not KINDS[d.kind.text].bare]
    if top is not None:
        found = next((d for d in candidates if d.name.text == top), None)
        if found is None:
            fix = nearest(top, [d.name.text for d in candidates]).text
            elaborator.findings.add(rules.TOP.at(main.source.start(), f"there is no component `{top}` here", fix))
        return found
    roots = [d for d in candidates if Same(d) not in elaborator.visited]
    highest = max((KINDS[d.kind.text].level for d in roots), default=0)
    outermost = [d for d in roots if KINDS[d.kind.text].level == highest]
    return outermost[0] if len(outermost) == 1 else None


def _given(
    elaborator: Elaborator, main: FileScope, definition: n.Definition, sets: Mapping[str, str]
) -> dict[str, Value] | None:
    """The values of `--set`, parsed as expressions."""
    values: dict[str, Value] = {}
    names = [p.name.text for p in definition.parameters]
    for number, (key, text) in enumerate(sets.items(), start=1):
        name = key.removeprefix(definition.name.text + ".")
        source = Source(f"--set {key}", f"let value = {text}")
        elaborator.project.scopes[source.file] = FileScope(source, n.File(source.start(), (), "", ()))
        span = Span(source.file, 1, 13, 1, 13 + max(1, len(text)))
        if name not in names:
            fix = nearest(name, names).text or (f"it has {', '.join(names)}" if names else "it has no parameters")
            message = f"`{definition.name.text}` has no parameter `{name}`"
            elaborator.findings.add(rules.ARGUMENT.at(span, message, fix))
            return None
        findings = Findings()
        lets = parse(source, KINDS, findings).lets
        elaborator.findings.extend(findings.items)
        value = constant(lets[0].claim.value, file_scope(elaborator, main)) if lets else None
        if value is None or number > 1000:
            return None
        values[name] = value
    return values


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room for the deepest text that the limits allow (64 levels of components, 256 operators)."""
    before = getrecursionlimit()
    setrecursionlimit(max(before, 10_000))
    try:
        yield
    finally:
        setrecursionlimit(before)


__all__ = ["Elaborated", "FileScope", "Project", "Same", "elaborate"]
