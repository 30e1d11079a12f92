"""From Lark's trees to syntax nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from attrs import define
from lark import Token, Tree

from cmxdsl.diagnostics import Findings
from cmxdsl.fixes import Edit, Fix, Help, before
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import rules
from cmxdsl.syntax.repairs import span_of
from cmxdsl.syntax.tokens import Trivia

_NUMBER = re.compile(r"([0-9][0-9_]*(?:\.[0-9][0-9_]*)?)(?:[eE]([+-]?[0-9]+)(?![A-Za-z]))?[ \t]*(.*)")
_SIZE = re.compile(r"(.*?)[ \t]+[x×][ \t]+([0-9].*)")
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|.)")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
MAX_EXPONENT = 300


@define
class Builder:
    """Turns one file's tree into nodes; what it finds wrong inside tokens goes to `findings`."""

    file: str
    trivia: Trivia
    findings: Findings

    def node(self, tree: Any) -> Any:
        """The node of a tree; None stays None."""
        if tree is None:
            return None
        if isinstance(tree, Token):
            return self.name(tree)
        return _BUILD[tree.data](self, tree.children, self.span(tree))

    def span(self, tree: Tree[Any]) -> Span:
        m = tree.meta
        if m.empty:
            return Span(self.file, 1, 1, 1, 1)
        return Span(self.file, m.line, m.column, m.end_line, m.end_column)

    def name(self, token: Token) -> n.Name:
        return n.Name(span_of(self.file, token), str(token))

    def many(self, trees: list[Any]) -> tuple[Any, ...]:
        return tuple(self.node(t) for t in trees if t is not None)

    def inside(self, tree: Any) -> tuple[Any, ...]:
        """The nodes of an optional bracketed list."""
        return () if tree is None else self.many(tree.children)

    def doc(self, span: Span) -> str:
        return self.trivia.docs.get(span.line, "")

    def text(self, token: Token) -> str:
        """The value of a STRING token."""

        def escape(match: re.Match[str]) -> str:
            code = match[1]
            if code in _ESCAPES:
                return _ESCAPES[code]
            if code.startswith("u{") and int(code[2:-1], 16) < 0x110000 and not 0xD800 <= int(code[2:-1], 16) < 0xE000:
                return chr(int(code[2:-1], 16))
            at = span_of(self.file, token)
            column = at.column + 1 + match.start()
            span = Span(self.file, at.line, column, at.line, column + 2)
            fix = Fix("Write a backslash: `\\\\`", (Edit(before(span), "\\"),))
            help = Help("a backslash itself is `\\\\`", (fix,))
            self.findings.add(rules.BAD_ESCAPE.at(span, f"unknown escape `{match[0]}`", help))
            return ""

        return _ESCAPE.sub(escape, str(token)[1:-1])

    def number(self, text: str, span: Span) -> n.Number:
        match = _NUMBER.fullmatch(text)
        assert match is not None, text
        exponent = int(match[2] or 0)
        if abs(exponent) > MAX_EXPONENT:
            self.findings.add(rules.LONG_NUMBER.at(span, f"an exponent is at most {MAX_EXPONENT}"))
            exponent = 0
        value = Fraction(match[1].replace("_", "")) * Fraction(10) ** exponent
        return n.Number(span, value, match[3].strip(), text)


Build = Callable[[Builder, list[Any], Span], Any]
_BUILD: dict[str, Build] = {}


def _rule(*names: str) -> Callable[[Build], Build]:
    def register(build: Build) -> Build:
        for name in names:
            _BUILD[name] = build
        return build

    return register


@_rule("start")
def _start(b: Builder, c: list[Any], span: Span) -> n.File:
    return n.File(span, b.many(c), b.trivia.file_doc, tuple(b.trivia.comments))


@_rule("use")
def _use(b: Builder, c: list[Any], span: Span) -> n.Use:
    what, _, alias = c
    if isinstance(what, Token):
        return n.Use(span, b.text(what), "", span_of(b.file, what), b.node(alias))
    return n.Use(span, "", ".".join(str(t) for t in what.children), b.span(what), b.node(alias))


@_rule("plane")
def _plane(b: Builder, c: list[Any], span: Span) -> n.Plane:
    return n.Plane(span, (b.name(c[1]),), b.text(c[2]))


@_rule("declared")
def _declared(b: Builder, c: list[Any], span: Span) -> n.Declared:
    _, key, type_, _, *kinds, meaning, adds = c
    return n.Declared(span, b.many(key.children), b.name(type_), b.many(kinds), b.text(meaning), adds is not None)


@_rule("definition")
def _definition(b: Builder, c: list[Any], span: Span) -> n.Definition:
    private, kind, name, parameters, base, block = c
    return n.Definition(
        span, private is not None, b.name(kind), b.name(name), b.inside(parameters), b.node(base), b.inside(block),
        b.doc(span),
    )  # fmt: skip


@_rule("parameter")
def _parameter(b: Builder, c: list[Any], span: Span) -> n.Parameter:
    return n.Parameter(span, b.name(c[0]), b.name(c[1]), b.node(c[2]))


@_rule("type")
def _type(b: Builder, c: list[Any], span: Span) -> n.TypeRef:
    qualifier, name, arguments = c
    return n.TypeRef(span, b.node(qualifier), b.name(name), _arguments(b, arguments))


def _arguments(b: Builder, tree: Any) -> tuple[n.Argument, ...]:
    made = []
    for node in b.inside(tree):
        made.append(node if isinstance(node, n.Argument) else n.Argument(node.span, None, node))
    return tuple(made)


@_rule("named")
def _named(b: Builder, c: list[Any], span: Span) -> n.Argument:
    return n.Argument(span, b.name(c[0]), b.node(c[1]))


@_rule("within_part")
def _within_part(b: Builder, c: list[Any], span: Span) -> n.Argument:
    return n.Argument(span, n.Name(span, "in"), b.node(c[0]))


@_rule("attribute")
def _attribute(b: Builder, c: list[Any], span: Span) -> n.Attribute:
    return n.Attribute(span, b.many(c[0].children), b.many(c[1:]))


@_rule("group")
def _group(b: Builder, c: list[Any], span: Span) -> n.Group:
    return n.Group(span, b.name(c[0]), b.inside(c[1]))


def _claim(kind: str) -> Build:
    def build(b: Builder, c: list[Any], span: Span) -> n.Claim:
        return n.Claim(span, b.node(c[0]), kind, b.text(c[1]) if len(c) > 1 else "")

    return build


_BUILD.update({"claim": _claim(""), "published": _claim("published"), "estimated": _claim("estimated")})


@_rule("instance")
def _instance(b: Builder, c: list[Any], span: Span) -> n.Instance:
    word, name, dims, type_, block = c
    return n.Instance(span, word is not None, b.name(name), b.inside(dims), b.node(type_), b.inside(block), b.doc(span))


@_rule("port")
def _port(b: Builder, c: list[Any], span: Span) -> n.Port:
    word, name, dims, protocol, block = c
    return n.Port(span, word is not None, b.name(name), b.inside(dims), b.node(protocol), b.inside(block), b.doc(span))


@_rule("expose")
def _expose(b: Builder, c: list[Any], span: Span) -> n.Expose:
    word, name, dims, target, ranges = c
    return n.Expose(span, word is not None, b.name(name), b.inside(dims), b.node(target), b.inside(ranges), b.doc(span))


@_rule("link")
def _link(b: Builder, c: list[Any], span: Span) -> n.Link:
    a, z, over, via, bundle, where, ranges = c
    return n.Link(
        span, b.node(a), b.node(z), b.node(over), b.node(via), b.node(bundle), b.node(where), b.inside(ranges)
    )


@_rule("over", "via", "bundle", "where", "within")
def _clause(b: Builder, c: list[Any], span: Span) -> Any:
    return b.node(c[0])


def _range(open: bool) -> Build:
    def build(b: Builder, c: list[Any], span: Span) -> n.Range:
        return n.Range(span, b.name(c[0]), b.node(c[1]), b.node(c[2]), open)

    return build


_BUILD.update({"range": _range(open=False), "half_open": _range(open=True)})


@_rule("place")
def _place(b: Builder, c: list[Any], span: Span) -> n.Place:
    *parts, where, ranges = c
    return n.Place(span, b.node(parts[0]), b.many(parts[1:]), b.node(where), b.inside(ranges))


@_rule("coordinate")
def _coordinate(b: Builder, c: list[Any], span: Span) -> n.Coordinate:
    return n.Coordinate(span, b.name(c[0]), b.node(c[1]))


@_rule("let")
def _let(b: Builder, c: list[Any], span: Span) -> n.Let:
    word, name, parameters, claim = c
    taken = b.inside(parameters) if parameters is not None else None
    return n.Let(span, word is not None, b.name(name), taken, b.node(claim), b.doc(span))


@_rule("if_")
def _if(b: Builder, c: list[Any], span: Span) -> n.If:
    *pairs, otherwise = c
    branches = []
    for condition, block in zip(pairs[::2], pairs[1::2], strict=True):
        branches.append(n.Branch(b.span(block), b.node(condition), b.inside(block)))
    return n.If(span, tuple(branches), b.inside(otherwise.children[0]) if otherwise is not None else ())


def _require(soft: bool) -> Build:
    def build(b: Builder, c: list[Any], span: Span) -> n.Require:
        return n.Require(span, b.node(c[0]), b.text(c[1]) if c[1] is not None else "", soft)

    return build


_BUILD.update({"require": _require(soft=False), "prefer": _require(soft=True)})


@_rule("expect")
def _expect(b: Builder, c: list[Any], span: Span) -> n.Expect:
    return n.Expect(span, b.node(c[0]), b.node(c[1]), b.node(c[2]), b.text(c[3]))


@_rule("view")
def _view(b: Builder, c: list[Any], span: Span) -> n.View:
    return n.View(span, b.name(c[1]), b.many(c[2:]), b.doc(span))


@_rule("setting")
def _setting(b: Builder, c: list[Any], span: Span) -> n.Setting:
    return n.Setting(span, b.name(c[0]), b.many(c[1:]))


@_rule("broken")
def _broken(b: Builder, c: list[Any], span: Span) -> n.Broken:
    return n.Broken(span, frozenset(str(c[0]).split()))


# --- expressions ----------------------------------------------------------------------------------------


@_rule("number")
def _number(b: Builder, c: list[Any], span: Span) -> n.Number:
    return b.number(str(c[0]), span)


@_rule("size")
def _size(b: Builder, c: list[Any], span: Span) -> n.Size:
    match = _SIZE.fullmatch(str(c[0]))
    assert match is not None
    return n.Size(span, b.number(match[1], span), b.number(match[2], span))


@_rule("text")
def _text(b: Builder, c: list[Any], span: Span) -> n.Text:
    return n.Text(span, b.text(c[0]))


@_rule("true", "false")
def _flag(b: Builder, c: list[Any], span: Span) -> n.Flag:
    return n.Flag(span, span.end_column - span.column == len("true"))


@_rule("unknown")
def _unknown(b: Builder, c: list[Any], span: Span) -> n.Unknown:
    return n.Unknown(span)


@_rule("list")
def _list(b: Builder, c: list[Any], span: Span) -> n.ListOf:
    return n.ListOf(span, b.many(c))


@_rule("call")
def _call(b: Builder, c: list[Any], span: Span) -> n.Call:
    path = b.node(c[0])
    *before, function = path.segments
    if len(before) > 1 or any(segment.indices for segment in path.segments):
        help = "it is one name, or `FILE.NAME` with the name that `use … as FILE` gives a file"
        b.findings.add(rules.UNEXPECTED.at(path.span, "this is no name of a function or a definition", help))
    return n.Call(span, before[0].name if before else None, function.name, _arguments(b, c[1]))


@_rule("path")
def _path(b: Builder, c: list[Any], span: Span) -> n.Path:
    return n.Path(span, b.many(c))


@_rule("segment")
def _segment(b: Builder, c: list[Any], span: Span) -> n.Segment:
    return n.Segment(span, b.name(c[0]), b.inside(c[1]))


@_rule("compare", "binary")
def _infix(b: Builder, c: list[Any], span: Span) -> n.Operation:
    return n.Operation(span, str(c[1]), (b.node(c[0]), b.node(c[2])))


def _fixed(operator: str) -> Build:
    def build(b: Builder, c: list[Any], span: Span) -> n.Operation:
        operands = tuple(b.node(x) for x in c if not (isinstance(x, Token) and x.type == "MINUS"))
        return n.Operation(span, operator, operands)

    return build


_BUILD.update({"or_": _fixed("or"), "and_": _fixed("and"), "not_": _fixed("not"),
               "negative": _fixed("-"), "power": _fixed("^"), "choice": _fixed("if")})  # fmt: skip
