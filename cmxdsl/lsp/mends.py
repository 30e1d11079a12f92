"""Mends: the edits that make a finding go away, by its rule. A rule stands here when its mend is known exactly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from attrs import frozen

from cmxdsl.diagnostics import Diagnostic
from cmxdsl.elaborate import FileScope
from cmxdsl.elaborate.overrides import word_span
from cmxdsl.elaborate.project import alias_for
from cmxdsl.lsp.documents import Analysis, nodes_at
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n

N = TypeVar("N", bound=n.Node)
MAX_CHOICES = 6  # media offered for one link


@frozen
class Edit:
    """What to do, in words, and the texts that take the place of spans; `sure` when it is the only mend."""

    title: str
    changes: tuple[tuple[Span, str], ...]
    sure: bool = True


@frozen
class Place:
    """A finding, the file it is in, and the nodes around it, outermost first."""

    analysis: Analysis
    diagnostic: Diagnostic
    scope: FileScope
    around: tuple[n.Node, ...]

    @property
    def source(self) -> Source:
        return self.scope.source

    @property
    def text(self) -> str:
        """The text that the finding points at, on its first line."""
        s = self.diagnostic.span
        end = s.end_column - 1 if s.end_line == s.line else None
        return self.source.line(s.line)[s.column - 1 : end]

    def inner(self, kind: type[N]) -> N | None:
        """The innermost node of a kind around the finding."""
        return next((x for x in reversed(self.around) if isinstance(x, kind)), None)

    def replaced(self, title: str, text: str) -> Edit:
        return Edit(title, ((self.diagnostic.span, text),))


def _at(file: str, line: int, column: int) -> Span:
    return Span(file, line, column, line, column)


def _after(span: Span) -> Span:
    return _at(span.file, span.end_line, span.end_column)


def _lines(source: Source, first: int, last: int) -> Span:
    """Whole lines, with the line end of the last."""
    if last < len(source.lines):
        return Span(source.file, first, 1, last + 1, 1)
    return Span(source.file, first, 1, last, len(source.lines[-1]) + 1)


def _removal(source: Source, span: Span) -> Span:
    """A statement, and what would be left of its lines without it."""
    before = source.line(span.line)[: span.column - 1]
    after = source.line(span.end_line)[span.end_column - 1 :]
    rest = re.match(r"[ \t]*;?[ \t]*", after)
    assert rest is not None
    if not before.strip() and not after[rest.end() :].strip():
        return _lines(source, span.line, span.end_line)
    return Span(span.file, span.line, span.column, span.end_line, span.end_column + rest.end())


# --- the text ---------------------------------------------------------------------------------------------


def _meant(place: Place) -> Iterator[Edit]:
    meant = re.search(r"did you mean `([^`]+)`\?", place.diagnostic.help)
    if meant:
        new = meant[1]
        if "." in new and "." not in place.text:  # inside a group only the last word stands
            new = new.rpartition(".")[2]
        yield place.replaced(f"Change to `{new}`", new)


def _remove_text(place: Place) -> Iterator[Edit]:
    yield place.replaced(f"Remove `{place.text}`", "")


def _close_text(place: Place) -> Iterator[Edit]:
    yield Edit('Close it with `"`', ((_after(place.diagnostic.span), '"'),))


def _close_comment(place: Place) -> Iterator[Edit]:
    line = place.diagnostic.span.line
    end = _at(place.source.file, line, len(place.source.line(line)) + 1)
    yield Edit("Close it with `*/`", ((end, " */"),))


def _close_brace(place: Place) -> Iterator[Edit]:
    """Behind the last line before the next definition and the comments that lead up to it."""
    source, related = place.source, place.diagnostic.related
    line = related[0].span.line if related else len(source.lines) + 1
    while line > 1 and re.fullmatch(r"\s*(//.*)?", source.line(line - 1)):
        line -= 1
    where = _at(source.file, line - 1, len(source.line(line - 1)) + 1)
    yield Edit("Close it with `}`", ((where, "\n}"),))


def _double_backslash(place: Place) -> Iterator[Edit]:
    yield place.replaced("Write a backslash: `\\\\`", "\\" + place.text)


# --- names and values -------------------------------------------------------------------------------------


def _add_use(place: Place) -> Iterator[Edit]:
    add = re.fullmatch(r"add `(use [\w.]+)`", place.diagnostic.help)
    if add:
        yield Edit(f"Add `{add[1]}`", ((_at(place.source.file, 1, 1), add[1] + "\n"),))


def _own_attribute(place: Place) -> Iterator[Edit]:
    if "`x." in place.diagnostic.help and place.inner(n.Group) is None:
        yield place.replaced(f"Make it an attribute of your own: `x.{place.text}`", f"x.{place.text}")


def _remove_statement(place: Place) -> Iterator[Edit]:
    statement = place.inner(n.Statement) or place.inner(n.Use)
    if statement is not None:
        yield Edit("Remove this statement", ((_removal(place.source, statement.span), ""),))


def _remove_definition(place: Place) -> Iterator[Edit]:
    definition = place.inner(n.Definition)
    if definition is not None:
        first = definition.span.line
        while first > 1 and place.source.line(first - 1).startswith("///"):
            first -= 1
        span = _removal(place.source, definition.span)
        whole = Span(span.file, first, 1, span.end_line, span.end_column) if span.column == 1 else span
        yield Edit(f"Remove `{definition.name.text}`", ((whole, ""),))


def _unit(place: Place) -> Iterator[Edit]:
    """A plain number where a quantity is needed: the usual unit of the attribute."""
    number, usual = place.inner(n.Number), re.fullmatch(r"such as `[\d.,]+ (.+)`", place.diagnostic.help)
    if number is not None and not number.unit and usual:
        yield Edit(f"Write `{number.text} {usual[1]}`", ((_after(number.span), f" {usual[1]}"),), sure=False)


def _whole(place: Place) -> Iterator[Edit]:
    for function in ("ceil", "floor"):
        yield Edit(f"Round it with `{function}`", ((place.diagnostic.span, f"{function}({place.text})"),), sure=False)


def _state(place: Place) -> Iterator[Edit]:
    """`NAME = unknown` for a required attribute."""
    name = re.search(r"needs `([\w.]+)`", place.diagnostic.message)
    definition = place.inner(n.Definition)
    if name and definition is not None:
        yield _stated(place.source, definition, f"{name[1]} = unknown", sure=True)


def _stated(source: Source, definition: n.Definition, statement: str, sure: bool) -> Edit:
    """A statement at the start of a definition's body."""
    line = definition.name.span.end_line
    column = source.line(line).index("{", definition.name.span.end_column - 1) + 1
    rest = source.line(line)[column:].strip()
    text = f"\n    {statement}" if not rest else f" {statement}" + (";" if rest != "}" else "")
    return Edit(f"Add `{statement}`", ((_at(source.file, line, column + 1), text),), sure)


def _height(place: Place) -> Iterator[Edit]:
    name = re.search(r"give `(\w+)` a height", place.diagnostic.help)
    for scope, definition in place.scope.find(name[1] if name else ""):
        if not scope.library:
            yield _stated(scope.source, definition, "height = 1 U", sure=False)


def _percent(place: Place) -> Iterator[Edit]:
    attribute = place.inner(n.Attribute)
    value = attribute.claims[0].value if attribute is not None else None
    if isinstance(value, n.Number) and not value.unit:
        yield Edit(f"Write `{value.text}%`", ((_after(value.span), "%"),))


def _swap(place: Place) -> Iterator[Edit]:
    """Typical and peak power, each in the place of the other."""
    definition = place.inner(n.Definition)
    attributes = [x for x in n.walk(definition) if isinstance(x, n.Attribute)] if definition is not None else []
    spans = [a.claims[0].value.span for a in attributes if a.key[-1].text in ("typical", "peak")]
    if len(spans) == 2:
        one, other = (place.source.line(s.line)[s.column - 1 : s.end_column - 1] for s in spans)
        yield Edit("Swap the two numbers", ((spans[0], other), (spans[1], one)), sure=False)


# --- links and places -------------------------------------------------------------------------------------


def _range(place: Place) -> Iterator[Edit]:
    shown = re.search(r"`(for \w+ in \d+\.\.\d+)`", place.diagnostic.help)
    statement = place.inner(n.Statement)
    if shown and isinstance(statement, (n.Link, n.Place, n.Expose)) and not statement.ranges:
        yield Edit(f"Add `{shown[1]}`", ((_after(statement.span), f" {shown[1]}"),))


def _indices(place: Place) -> Iterator[Edit]:
    shown = re.fullmatch(r"write `(\w+)(\[.+\])`", place.diagnostic.help)
    if shown and place.text == shown[1]:
        yield place.replaced(f"Write `{shown[1]}{shown[2]}`", shown[1] + shown[2])


def _div(place: Place) -> Iterator[Edit]:
    operation = place.inner(n.Operation)
    if operation is not None and operation.operator == "/":
        one, other = operation.operands
        between = Span(one.span.file, one.span.end_line, one.span.end_column, other.span.line, other.span.column)
        yield Edit("Divide with `div`", ((between, " div "),))


def _spare(place: Place) -> Iterator[Edit]:
    port = place.inner(n.Port)
    if port is not None and not port.overrides:
        yield Edit("Mark it as spare", ((_after(port.protocol.span), " { x.spare = true }"),), sure=False)


def _medium(place: Place) -> Iterator[Edit]:
    """Each medium that can be seen from the link."""
    link = place.inner(n.Link)
    if link is not None and link.over is None:
        names = [x for x in place.scope.names() if place.scope.find(x)[0][1].kind.text in ("optic", "cable")]
        for name in names[:MAX_CHOICES]:
            yield Edit(f"Add `over {name}`", ((_after(link.b.span), f" over {name}"),), sure=False)


def _bytes(place: Place) -> Iterator[Edit]:
    """`80 Gb` as `80 GB`."""
    text = re.sub(r"b(it)?(?=/|$)", "B", place.text)
    yield Edit(f"Write `{text}`", ((place.diagnostic.span, text),), sure=False)


# --- variants and used files ------------------------------------------------------------------------------


def _override(place: Place) -> Iterator[Edit]:
    start = place.diagnostic.span
    yield Edit("Write `override`", ((_at(start.file, start.line, start.column), "override "),))


def _no_override(place: Place) -> Iterator[Edit]:
    node = place.inner(n.Named)
    if node is not None:
        word = word_span(node)
        after = place.source.line(word.line)[word.end_column - 1 :]
        behind = word.end_column + len(after) - len(after.lstrip())
        yield Edit("Remove `override`", ((Span(word.file, word.line, word.column, word.line, behind), ""),))


def _alias(place: Place) -> Iterator[Edit]:
    """For each used file that has the name: give that file a name, and write it before all that is named of it."""
    for use, other in place.scope.used:
        name = place.text
        if use.alias is None and name in {*other.definitions, *other.lets}:
            alias = alias_for(other.source.file)
            known = {*other.definitions, *other.lets} - {*place.scope.definitions, *place.scope.lets}
            changes = [(_after(use.place), f" as {alias}")]
            for word in _first_words(place.scope.node):
                if word.text in known:
                    changes.append((_at(word.span.file, word.span.line, word.span.column), f"{alias}."))
            yield Edit(
                f"Take `{name}` from `{use.module or use.path}`, as `{alias}.{name}`", tuple(changes), sure=False
            )


def _first_words(root: n.Node) -> Iterator[n.Name]:
    """The names that may be those of definitions and of values at the top of a file."""
    for node in n.walk(root):
        if isinstance(node, n.TypeRef):
            yield node.qualifier or node.name
        elif isinstance(node, n.Call):
            yield node.qualifier or node.function
        elif isinstance(node, n.Path):
            yield node.segments[0].name


_ANY = (_meant, _add_use)
_BY_RULE: dict[str, Callable[[Place], Iterator[Edit]]] = {
    "CMX0102": _remove_text,
    "CMX0103": _close_text,
    "CMX0104": _close_comment,
    "CMX0105": _close_brace,
    "CMX0106": _remove_text,
    "CMX0109": _double_backslash,
    "CMX0203": _own_attribute,
    "CMX0206": _remove_statement,
    "CMX0207": _alias,
    "CMX0217": _override,
    "CMX0218": _no_override,
    "CMX0302": _unit,
    "CMX0305": _whole,
    "CMX0306": _state,
    "CMX0310": _bytes,
    "CMX0401": _range,
    "CMX0404": _indices,
    "CMX0405": _div,
    "CMX0408": _remove_statement,
    "CMX0506": _spare,
    "CMX0557": _medium,
    "CMX0604": _height,
    "CMX0606": _remove_statement,
    "CMX0702": _swap,
    "CMX0703": _percent,
    "CMX0801": _remove_definition,
    "CMX0803": _remove_statement,
    "CMX0804": _remove_statement,
}


def mends(analysis: Analysis, diagnostic: Diagnostic) -> tuple[Edit, ...]:
    """The edits that mend a finding; none when its mend is a decision that only its author can take."""
    scope = analysis.scope_of(diagnostic.span.file)
    if scope is None or scope.library:
        return ()
    around = tuple(nodes_at(scope.node, diagnostic.span.line, diagnostic.span.column))
    place = Place(analysis, diagnostic, scope, around)
    own = _BY_RULE.get(diagnostic.code)
    return tuple(edit for find in (*_ANY, *([own] if own else [])) for edit in find(place))
