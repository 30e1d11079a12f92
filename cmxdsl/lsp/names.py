"""Names: what stands at a place, where it is defined, and everywhere it is used."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.elaborate import FileScope
from cmxdsl.lsp.documents import Analysis
from cmxdsl.records import frozen
from cmxdsl.schema import FUNCTIONS
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n


@frozen
class Symbol:
    """A named thing: where its name is defined, in which file and definition (None at the top of the file)."""

    name: str
    span: Span
    file: FileScope
    owner: n.Definition | None
    node: n.Node


def symbol_at(analysis: Analysis, line: int, column: int) -> Symbol | None:
    """What the name at a place means."""
    around = analysis.node_at(line, column)
    name = next((x for x in reversed(around) if isinstance(x, n.Name)), None)
    if name is None:
        return None
    holder = around[around.index(name) - 1] if around[0] is not name else None
    plain_call = isinstance(holder, n.Call) and holder.qualifier is None and holder.function.text in FUNCTIONS
    if isinstance(holder, (n.Attribute, n.Plane)) or (isinstance(holder, n.Declared) and name in holder.key):
        group = next((f"{x.name.text}." for x in around if isinstance(x, n.Group)), "")
        return _word(analysis.main, group + holder.dotted)
    if isinstance(holder, _WORDS) or plain_call or (isinstance(holder, n.Definition) and name is holder.kind):
        return None
    owner = next((x for x in around if isinstance(x, n.Definition)), None)
    if isinstance(holder, n.Argument) and name is holder.name:
        return _parameter(analysis, around, name, owner)
    local = _of_function(analysis, around, name, owner) or _index(analysis, around, name, owner)
    if local is not None:
        return local
    if isinstance(holder, n.Use):
        return _file(analysis.main, name)
    if isinstance(holder, n.Call) or (isinstance(holder, n.TypeRef) and holder.qualifier is not None):
        dotted = (holder if isinstance(holder, n.TypeRef) else holder.type).dotted
        return _file(analysis.main, name) if name is holder.qualifier else meaning(analysis, dotted, owner)
    path = next((x for x in reversed(around) if isinstance(x, n.Path)), None)
    if path is not None:
        return _along(analysis, path, name, owner)
    return meaning(analysis, name.text, owner)


def used_at(analysis: Analysis, line: int, column: int) -> FileScope | None:
    """The file or the module of the library that the `use` at a place reads."""
    use = next((x for x in analysis.node_at(line, column) if isinstance(x, n.Use)), None)
    return next((scope for other, scope in analysis.main.used if other is use), None)


def _file(scope: FileScope, name: n.Name) -> Symbol | None:
    """The used file that goes by a name."""
    use = scope.aliases.get(name.text)
    return Symbol(name.text, use.alias.span, scope, None, use) if use is not None and use.alias is not None else None


# What holds words of the language and of the schema, which nobody defines in a text.
_WORDS = (n.Group, n.Coordinate, n.Declared)


def _parameter(analysis: Analysis, around: list[n.Node], name: n.Name, owner: n.Definition | None) -> Symbol | None:
    """The parameter that `name` in `Type(name = 3)` or `f(name = 3)` gives a value to."""
    called = next((x for x in reversed(around) if isinstance(x, n.TypeRef | n.Call)), None)
    if called is None:
        return None
    dotted = called.dotted if isinstance(called, n.TypeRef) else called.type.dotted
    symbol = meaning(analysis, dotted, owner)
    if symbol is not None and isinstance(symbol.node, n.Definition):
        return _inside(symbol.file, symbol.node, name.text, analysis)
    for parameter in (symbol.node.parameters or ()) if symbol is not None and isinstance(symbol.node, n.Let) else ():
        if parameter.name.text == name.text:
            assert symbol is not None
            return Symbol(name.text, parameter.name.span, symbol.file, symbol.owner, parameter)
    return None


def _of_function(analysis: Analysis, around: list[n.Node], name: n.Name, owner: n.Definition | None) -> Symbol | None:
    """The parameter that a name in a function's expression means, where it starts a path."""
    let = next((x for x in around if isinstance(x, n.Let)), None)
    path = next((x for x in reversed(around) if isinstance(x, n.Path)), None)
    if let is None or (path is not None and path.segments[0].name is not name):
        return None
    for parameter in let.parameters or ():
        if parameter.name.text == name.text and (path is not None or parameter.name is name):
            return Symbol(name.text, parameter.name.span, analysis.main, owner, parameter)
    return None


def _index(analysis: Analysis, around: list[n.Node], name: n.Name, owner: n.Definition | None) -> Symbol | None:
    """An index variable: it lives in its statement, and is defined where it is first met."""
    statement = next((x for x in around if isinstance(x, (n.Link, n.Place, n.Expose, n.Run))), None)
    if statement is None:
        return None
    ranged = [r.name for r in statement.ranges if r.name.text == name.text]
    if not ranged and meaning(analysis, name.text, owner) is not None:
        return None
    ends = [getattr(statement, end, None) for end in ("a", "b", "target", "path")]
    paths = (x for x in n.walk(statement) if isinstance(x, n.Path) and x.bare == name.text and x not in ends)
    names = [*ranged, *(x.segments[0].name for x in paths)]
    if not any(x is name for x in names):
        return None
    return Symbol(name.text, min(x.span for x in names), analysis.main, owner, statement)


def meaning(analysis: Analysis, name: str, owner: n.Definition | None) -> Symbol | None:
    """What a name means inside a definition: its parameter, its own names, its base's; else a definition."""
    if owner is not None:
        found = _inside(analysis.main, owner, name, analysis)
        if found is not None:
            return found
    for file, let in analysis.main.find_lets(name):
        return Symbol(let.name.text, let.name.span, file, None, let)
    for scope, definition in analysis.main.find(name):
        return Symbol(definition.name.text, definition.name.span, scope, None, definition)
    return _word(analysis.main, name)


def _word(scope: FileScope, name: str) -> Symbol | None:
    """A plane or an attribute that a file declares."""
    found = scope.declared(name)
    return Symbol(name, found[1].at, found[0], None, found[1]) if found is not None else None


def _inside(scope: FileScope, owner: n.Definition, name: str, analysis: Analysis, depth: int = 0) -> Symbol | None:
    for parameter in owner.parameters:
        if parameter.name.text == name:
            return Symbol(name, parameter.name.span, scope, owner, parameter)
    for node in named(owner):
        if node.name.text == name:
            return Symbol(name, node.name.span, scope, owner, node)
    if owner.base is not None and depth < 16:
        for base_scope, base in scope.find(owner.base.dotted):
            return _inside(base_scope, base, name, analysis, depth + 1)
    return None


def named(owner: n.Node) -> Iterator[n.Named]:
    """The statements of a definition that give something a name."""
    yield from (node for node in n.walk(owner) if isinstance(node, n.Named))


def _along(analysis: Analysis, path: n.Path, name: n.Name, owner: n.Definition | None) -> Symbol | None:
    """The meaning of one step of `compute[r].node[n].up`."""
    here = owner
    scope = analysis.main
    dotted = ""  # the name so far, while it is that of a used file
    for position, segment in enumerate(path.segments):
        symbol = meaning(analysis, dotted + segment.name.text, here) if position == 0 or dotted else None
        if position == 0 and symbol is None and segment.name.text in scope.aliases:
            if segment.name is name:
                return _file(scope, name)
            dotted = segment.name.text + "."
            continue
        if position > 0 and here is not None and not dotted:
            symbol = _inside(scope, here, segment.name.text, analysis)
        dotted = ""
        if segment.name is name:
            return symbol
        if symbol is None:
            return None
        type_ = symbol.node.type.dotted if isinstance(symbol.node, n.Instance) else ""
        if isinstance(symbol.node, n.Definition):
            here, scope = symbol.node, symbol.file
            continue
        next_ = symbol.file.find(type_)
        if not next_:
            return None
        scope, here = next_[0]
    return None


def occurrences(analysis: Analysis, symbol: Symbol) -> list[Span]:
    """Every place in the analysed files that names the symbol, its definition included."""
    found: set[Span] = {symbol.span}
    for scope in analysis.project.scopes.values():
        if scope.library:
            continue
        for definition in (None, *scope.node.definitions):
            root: n.Node = definition if definition is not None else scope.node
            for node in n.walk(root):
                if isinstance(node, n.Name) and node.text == symbol.name:
                    local = Analysis(analysis.path, analysis.project, scope, analysis.elaborated, ())
                    other = symbol_at(local, node.span.line, node.span.column)
                    if other is not None and other.span == symbol.span:
                        found.add(node.span)
    return sorted(found)
