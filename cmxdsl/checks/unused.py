"""CMX08xx: what is there and does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.checks.registry import Context, Per, check
from cmxdsl.diagnostics import Diagnostic, Rule, Severity
from cmxdsl.elaborate import FileScope, Same
from cmxdsl.fixes import Confidence
from cmxdsl.model import Component
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import without, without_definition

UNUSED_DEFINITION = Rule(
    "CMX0801",
    "Unused definition",
    "The file has a design, and this definition is no part of it. A file that only has parts for others has no "
    "such findings.",
    "chip A { }\nchip B { }\nsystem S {\n    a[8]: A\n}\n",
    Severity.WARNING,
    fix="remove it, move it to a parts file, or use it",
)
UNUSED_PARAMETER = Rule(
    "CMX0802",
    "Unused parameter",
    "Nothing in the definition depends on it.",
    "chip A { }\nboard B(chips: count = 8) {\n    a[4]: A\n}\n",
    Severity.WARNING,
    fix="remove it, or let something depend on it",
)
UNUSED_LET = Rule(
    "CMX0803",
    "Unused `let`",
    "Nothing reads the value.",
    "chip A {\n    let watts = 700 W\n    power { peak = 600 W }\n}\n",
    Severity.WARNING,
    fix="remove it, or use it",
)
UNUSED_USE = Rule(
    "CMX0804",
    "Unused `use`",
    "This file uses no name that the file or module defines or declares.",
    "use std.optics\nchip A { }\n",
    Severity.WARNING,
)


@check(Per.FILE, UNUSED_DEFINITION)
def definitions(file: FileScope, context: Context) -> Iterator[Diagnostic]:
    top = context.top
    if top is None or not top.whole or not _is_a_design(top):
        return
    tried = frozenset().union(*(_words(test) for test in file.node.tests))
    for definition in file.node.definitions:
        if definition.name.text in tried:
            continue
        if Same(definition) not in context.design.named and definition.name.text != top.name:
            name = definition.name.text
            fixes = [without_definition(file.source, definition)]
            yield UNUSED_DEFINITION.at(definition.name.span, f"`{name}` is not part of `{top.name}`", fixes=fixes)


def _is_a_design(top: Component) -> bool:
    """A system or a site, or something smaller that is held to figures; a file of parts may hold a rack as well."""
    return top.kind in ("system", "site") or bool(top.requirements or top.expectations)


@check(Per.FILE, UNUSED_PARAMETER, UNUSED_LET)
def values(file: FileScope, context: Context) -> Iterator[Diagnostic]:
    in_file = _words(file.node) if file.node.lets and context.top is not None else frozenset()
    for let in file.node.lets:
        if context.top is not None and let.name.text not in in_file:
            yield _unused(file, let)
        yield from _unread(let)
    for definition in file.node.definitions:
        lets = list(_lets(definition.body))
        if not (lets or definition.parameters) or _broken(definition):
            continue
        words = _words(definition)
        for parameter in definition.parameters:
            if parameter.name.text not in words:
                message = f"`{definition.name.text}` does not use its parameter `{parameter.name.text}`"
                yield UNUSED_PARAMETER.at(parameter.name.span, message)
        for let in lets:
            if let.name.text not in words:
                yield _unused(file, let)
            yield from _unread(let)


def _unused(file: FileScope, let: n.Let) -> Diagnostic:
    fixes = [without(file.source, let, Confidence.SAFE)]
    return UNUSED_LET.at(let.name.span, f"nothing reads `{let.name.text}`", fixes=fixes)


def _lets(statements: tuple[n.Statement, ...]) -> Iterator[n.Let]:
    """The `let`s among statements and in the branches of their `if`s."""
    for statement in statements:
        if isinstance(statement, n.Let):
            yield statement
        elif isinstance(statement, n.If):
            for branch in statement.branches:
                yield from _lets(branch.body)
            yield from _lets(statement.otherwise)


def _unread(let: n.Let) -> Iterator[Diagnostic]:
    """The parameters that a function does not use."""
    words = _words(let) if let.parameters else frozenset()
    for parameter in let.parameters or ():
        if parameter.name.text not in words:
            message = f"`{let.name.text}` does not use its parameter `{parameter.name.text}`"
            yield UNUSED_PARAMETER.at(parameter.name.span, message)


def _broken(definition: n.Definition) -> bool:
    return any(isinstance(node, n.Broken) for node in n.walk(definition))


def _words(node: n.Node) -> frozenset[str]:
    """The names that are read: starts of paths, types, functions."""
    found = set()
    for here in n.walk(node):
        if isinstance(here, n.Path):
            found |= {here.segments[0].name.text, here.dotted}
        elif isinstance(here, n.TypeRef):
            found.add((here.qualifier or here.name).text)
        elif isinstance(here, n.Call):
            found.add((here.qualifier or here.function).text)
        elif isinstance(here, n.Group):
            found |= {f"{here.name.text}.{a.dotted}" for a in here.body if isinstance(a, n.Attribute)}
        elif isinstance(here, n.Attribute):
            found.add(here.dotted)
    return frozenset(found)


@check(Per.FILE, UNUSED_USE)
def uses(file: FileScope, context: Context) -> Iterator[Diagnostic]:
    if not file.used or not file.node.definitions or any(isinstance(i, n.Broken) for i in file.node.items):
        return
    words = _words(file.node)
    for use, other in file.used:
        names = [*other.definitions, *other.lets] if use.alias is None else [use.alias.text]
        names += [word.dotted for word in other.node.declared]
        if not any(name in words for name in names):
            what = use.module or use.path
            fixes = [without(file.source, use, Confidence.SAFE)]
            yield UNUSED_USE.at(use.span, f"nothing from `{what}` is used here", "remove the line", fixes=fixes)
