"""An expression put to a finished component, seen as from inside its braces."""

from __future__ import annotations

from cmxdsl.diagnostics import Diagnostic, Findings
from cmxdsl.elaborate import FileScope, Project, deep_recursion
from cmxdsl.elaborate.component import Body
from cmxdsl.elaborate.definitions import Elaborator
from cmxdsl.elaborate.expressions import resolve
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Component, Expr
from cmxdsl.records import evolve, frozen
from cmxdsl.schema import KINDS
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse
from cmxdsl.syntax.rules import UNEXPECTED

FILE = "<expression>"  # the name under which findings show an expression
_BEFORE = "let value = "  # what makes an expression a text that can be parsed


@frozen
class Resolved:
    """A resolved expression; None where `diagnostics` say why there is none. Places count from its first character."""

    text: str
    expr: Expr | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def span(self) -> Span:
        return Span(FILE, 1, 1, 1, 1 + max(1, len(self.text)))


def question(project: Project, main: FileScope, component: Component, text: str) -> Resolved:
    """What an expression means for a component that `main` defines: its own names, its parts', the file's."""
    text = " ".join(text.split())
    findings = Findings()
    node = _parsed(text, findings)
    expr = None if node is None else _resolved(project, main, component, node, findings)
    found = findings.sorted()
    own = tuple(_moved(d) for d in found if d.span.file == FILE)
    return Resolved(text, expr, own or (() if expr is not None else found))


def _parsed(text: str, findings: Findings) -> n.Expr | None:
    source = Source(FILE, _BEFORE + text)
    file = parse(source, KINDS, findings)
    if findings.items:
        return None
    alone = len(file.lets) == 1 and not file.definitions and not file.uses
    if not alone or file.lets[0].claim.kind:
        whole = Span(FILE, 1, 1 + len(_BEFORE), 1, 1 + len(_BEFORE) + max(1, len(text)))
        findings.add(UNEXPECTED.at(whole, "one expression is needed here", "give each one as an argument of its own"))
        return None
    return file.lets[0].claim.value


def _resolved(project: Project, main: FileScope, component: Component, node: n.Expr, findings: Findings) -> Expr | None:
    found = main.find(component.name)
    if not found:
        return None
    file, definition = found[0]
    elaborator = Elaborator(project, findings)
    body = Body(elaborator, component.name, component.kind, component.span)
    parameters = dict(component.arguments)
    with deep_recursion():
        if not elaborator.add_layers(body, file, definition, parameters, []):
            return None
        body.gather()
        return resolve(node, Scope(body, elaborator, file, parameters))


def _moved(d: Diagnostic) -> Diagnostic:
    related = tuple(evolve(r, span=_shifted(r.span)) for r in d.related)
    return evolve(d, span=_shifted(d.span), related=related)


def _shifted(span: Span) -> Span:
    """A place in the expression, without what was put before it."""
    if span.file != FILE:
        return span
    start, end = (max(1, column - len(_BEFORE)) for column in (span.column, span.end_column))
    return span._replace(column=start, end_column=max(end, start + 1))
