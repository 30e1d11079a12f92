"""What each rule of the grammar makes: the values of its parts to a syntax node."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from cmxdsl.diagnostics import Diagnostic
from cmxdsl.fixes import Edit, Fix, Help, before
from cmxdsl.records import define, field
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import rules
from cmxdsl.syntax.lexer import Token
from cmxdsl.syntax.tokens import Trivia

_NUMBER = re.compile(r"([0-9][0-9_]*(?:\.[0-9][0-9_]*)?)(?:[eE]([+-]?[0-9]+)(?![A-Za-z]))?[ \t]*(.*)")
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|.)")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
MAX_EXPONENT = 300


new = tuple.__new__  # of a Span: its own constructor takes twice as long


class Block(NamedTuple):
    """What stands in braces, and where."""

    span: Span
    body: tuple[Any, ...]


@define(eq=False)
class Builder:
    """Makes the nodes of one file; what it finds wrong inside tokens is in `found`, in the order of the text.

    A maker is called with the span of its rule and the values of its parts: tokens, what other makers made, and None
    for a part that was left out.
    """

    file: str
    trivia: Trivia
    found: list[Diagnostic] = field(factory=list)
    numbers: dict[str, tuple[Fraction, str]] = field(factory=dict)  # those that were read, by their text

    def forget(self, line: int, column: int) -> None:
        """Drop what was found from a place on: the text there is given up for another reason."""
        self.found = [d for d in self.found if (d.span.line, d.span.column) < (line, column)]

    def name(self, token: Token) -> n.Name:
        return n.Name(new(Span, (self.file, *token[2:])), token.text)

    def names(self, tokens: tuple[Token, ...]) -> tuple[n.Name, ...]:
        return tuple([self.name(token) for token in tokens])

    def doc(self, span: Span) -> str:
        return self.trivia.docs.get(span.line, "")

    def text(self, token: Token) -> str:
        """The value of a STRING token."""
        inner = token.text[1:-1]
        return _ESCAPE.sub(lambda match: self._escape(match, token), inner) if "\\" in inner else inner

    def _escape(self, match: re.Match[str], token: Token) -> str:
        code = match[1]
        if code in _ESCAPES:
            return _ESCAPES[code]
        if code.startswith("u{") and int(code[2:-1], 16) < 0x110000 and not 0xD800 <= int(code[2:-1], 16) < 0xE000:
            return chr(int(code[2:-1], 16))
        column = token.column + 1 + match.start()
        span = Span(self.file, token.line, column, token.line, column + 2)
        fix = Fix("Write a backslash: `\\\\`", (Edit(before(span), "\\"),))
        help = Help("a backslash itself is `\\\\`", (fix,))
        self.found.append(rules.BAD_ESCAPE.at(span, f"unknown escape `{match[0]}`", help))
        return ""

    def number(self, text: str, span: Span) -> n.Number:
        known = self.numbers.get(text)
        return n.Number(span, known[0], known[1], text) if known is not None else self._number(text, span)

    def _number(self, text: str, span: Span) -> n.Number:
        match = _NUMBER.fullmatch(text)
        assert match is not None, text
        exponent = int(match[2] or 0)
        value, unit = Fraction(match[1].replace("_", "")), match[3].strip()
        if abs(exponent) > MAX_EXPONENT:
            self.found.append(rules.LONG_NUMBER.at(span, f"an exponent is at most {MAX_EXPONENT}"))
        else:
            value *= Fraction(10) ** exponent
            self.numbers[text] = value, unit
        return n.Number(span, value, unit, text)


Maker = Callable[..., Any]
MAKERS: dict[str, Maker] = {}


def rule(*names: str) -> Callable[[Maker], Maker]:
    def register(make: Maker) -> Maker:
        for name in names:
            MAKERS[name] = make
        return make

    return register


def held(listed: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """What stands in an optional list."""
    return listed or ()


def _body(block: Block | None) -> tuple[Any, ...]:
    return block.body if block is not None else ()


@rule("module", "key", "parameters", "index", "ranges", "dimensions")
def _listed(b: Builder, span: Span, *parts: Any) -> tuple[Any, ...]:
    return parts if parts[0] is not None else ()  # `()` in brackets


@rule("block")
def _block(b: Builder, span: Span, *statements: Any) -> Block:
    return Block(span, statements if statements[0] is not None else ())


@rule("over", "via", "bundle", "where", "within", "else_")
def _clause(b: Builder, span: Span, value: Any) -> Any:
    return value


# --- files and definitions ------------------------------------------------------------------------------


@rule("start")
def _start(b: Builder, span: Span, *items: Any) -> n.File:
    return n.File(span, items if items[0] is not None else (), b.trivia.file_doc, tuple(b.trivia.comments))


@rule("use")
def _use(b: Builder, span: Span, what: Any, as_: Token | None, alias: Token | None) -> n.Use:
    name = b.name(alias) if alias is not None else None
    if isinstance(what, Token):
        return n.Use(span, b.text(what), "", what.span(b.file), name)
    place = what[0].span(b.file).to(what[-1].span(b.file))
    return n.Use(span, "", ".".join(token.text for token in what), place, name)


@rule("plane")
def _plane(b: Builder, span: Span, word: Token, name: Token, meaning: Token) -> n.Plane:
    return n.Plane(span, (b.name(name),), b.text(meaning))


@rule("declared")
def _declared(b: Builder, span: Span, word: Token, key: tuple[Token, ...], type: Token, of: Token, *rest: Any) -> Any:
    *kinds, meaning, adds = rest
    return n.Declared(span, b.names(key), b.name(type), b.names(tuple(kinds)), b.text(meaning), adds is not None)


@rule("test")
def _test(b: Builder, span: Span, word: Token, title: Token, *statements: Any) -> n.Test:
    name = n.Name(title.span(b.file), b.text(title))
    kind = n.Name(word.span(b.file), "system")
    body = statements if statements[0] is not None else ()
    return n.Test(span, n.Definition(span, False, kind, name, (), None, body, b.doc(span)))


@rule("definition")
def _definition(
    b: Builder, span: Span, private: Token | None, kind: Token, name: Token, parameters: Any, base: Any, block: Any
) -> n.Definition:
    return n.Definition(
        span, private is not None, b.name(kind), b.name(name), held(parameters), base, _body(block), b.doc(span)
    )


@rule("parameter")
def _parameter(b: Builder, span: Span, name: Token, type: Token, default: Any) -> n.Parameter:
    return n.Parameter(span, b.name(name), b.name(type), default)


@rule("type")
def _type(b: Builder, span: Span, qualifier: Token | None, name: Token, arguments: Any) -> n.TypeRef:
    return n.TypeRef(span, b.name(qualifier) if qualifier is not None else None, b.name(name), held(arguments))


@rule("arguments")
def _arguments(b: Builder, span: Span, *parts: Any) -> tuple[n.Argument, ...]:
    return tuple([p if isinstance(p, n.Argument) else n.Argument(p.span, None, p) for p in parts if p is not None])


@rule("named")
def _named(b: Builder, span: Span, name: Token, value: Any) -> n.Argument:
    return n.Argument(span, b.name(name), value)


@rule("within_part")
def _within_part(b: Builder, span: Span, value: Any) -> n.Argument:
    return n.Argument(span, n.Name(span, "in"), value)


# --- statements -----------------------------------------------------------------------------------------


@rule("attribute")
def _attribute(b: Builder, span: Span, key: tuple[Token, ...], *claims: n.Claim) -> n.Attribute:
    return n.Attribute(span, b.names(key), claims)


@rule("group")
def _group(b: Builder, span: Span, name: Token, block: Block) -> n.Group:
    return n.Group(span, b.name(name), block.body)


def _claim(kind: str) -> Maker:
    def make(b: Builder, span: Span, value: Any, *rest: Any) -> n.Claim:
        told = rest[-1] if rest else None
        if isinstance(told, n.Cited):
            return n.Claim(span, value, kind, "", told)
        return n.Claim(span, value, kind, b.text(told) if told is not None else "", None)

    return make


MAKERS.update({kind or "claim": _claim(kind) for kind in ("", "published", "estimated", "calibrated")})


@rule("cited")
def _cited(b: Builder, span: Span, text: Token) -> n.Cited:
    return n.Cited(span, None, b.text(text))


@rule("cited_source")
def _cited_source(b: Builder, span: Span, qualifier: Token | None, name: Token, place: Token | None) -> n.Cited:
    source = _type(b, span if place is None else name.span(b.file), qualifier, name, None)
    return n.Cited(span, source, b.text(place) if place is not None else "")


def _typed(kind: type[n.Instance] | type[n.Port]) -> Maker:
    def make(b: Builder, span: Span, word: Token | None, name: Token, dims: Any, type: Any, block: Any) -> Any:
        return kind(span, word is not None, b.name(name), held(dims), type, _body(block), b.doc(span))

    return make


MAKERS.update({"instance": _typed(n.Instance), "port": _typed(n.Port)})


@rule("expose")
def _expose(
    b: Builder, span: Span, word: Token | None, name: Token, dims: Any, target: n.Path, ranges: Any
) -> n.Expose:
    return n.Expose(span, word is not None, b.name(name), held(dims), target, held(ranges), b.doc(span))


@rule("link")
def _link(
    b: Builder, span: Span, a: n.Path, z: n.Path, over: Any, via: Any, bundle: Any, where: Any, ranges: Any
) -> n.Link:
    return n.Link(span, a, z, over, via, bundle, where, held(ranges))


def _range(open: bool) -> Maker:
    def make(b: Builder, span: Span, name: Token, low: Any, high: Any) -> n.Range:
        return n.Range(span, b.name(name), low, high, open)

    return make


MAKERS.update({"range": _range(open=False), "half_open": _range(open=True)})


@rule("place")
def _place(b: Builder, span: Span, path: n.Path, *rest: Any) -> n.Place:
    *coordinates, where, ranges = rest
    return n.Place(span, path, tuple(coordinates), where, held(ranges))


@rule("coordinate")
def _coordinate(b: Builder, span: Span, axis: Token, value: Any) -> n.Coordinate:
    return n.Coordinate(span, b.name(axis), value)


@rule("let")
def _let(b: Builder, span: Span, word: Token | None, name: Token, parameters: Any, claim: n.Claim) -> n.Let:
    return n.Let(span, word is not None, b.name(name), parameters, claim, b.doc(span), False)


@rule("private")
def _private(b: Builder, span: Span, word: Token, let: n.Let) -> n.Let:
    return n.Let(span, let.override, let.name, let.parameters, let.claim, b.doc(span), True)


@rule("if_")
def _if(b: Builder, span: Span, *parts: Any) -> n.If:
    *pairs, otherwise = parts
    branches = [n.Branch(block.span, test, block.body) for test, block in zip(pairs[::2], pairs[1::2], strict=True)]
    return n.If(span, tuple(branches), _body(otherwise))


def _rule_of(soft: bool) -> Maker:
    def make(b: Builder, span: Span, condition: Any, reason: Token | None) -> n.Require:
        return n.Require(span, condition, b.text(reason) if reason is not None else "", soft)

    return make


MAKERS.update({"require": _rule_of(soft=False), "prefer": _rule_of(soft=True)})


@rule("expect")
def _expect(
    b: Builder, span: Span, expression: Any, published: Any, within: Any, cited: n.Cited, differs: str | None
) -> n.Expect:
    return n.Expect(span, expression, published, within, cited, differs or "")


@rule("differs")
def _differs(b: Builder, span: Span, why: Token) -> str:
    return b.text(why)


@rule("finds")
def _finds(b: Builder, span: Span, word: Token, code: Token, part: Token | None) -> n.Finds:
    return n.Finds(span, b.name(code), b.text(part) if part is not None else "")


@rule("run")
def _run(
    b: Builder, span: Span, word: Token, name: Token, work: n.TypeRef, over: Any, path: n.Path, ranges: Any
) -> n.Run:
    return n.Run(span, b.name(name), work, held(over), path, held(ranges), b.doc(span))


@rule("view")
def _view(b: Builder, span: Span, word: Token, name: Token, *settings: Any) -> n.View:
    return n.View(span, b.name(name), settings if settings[0] is not None else (), b.doc(span))


@rule("setting")
def _setting(b: Builder, span: Span, name: Token, *values: Any) -> n.Setting:
    return n.Setting(span, b.name(name), values)


@rule("study")
def _study(b: Builder, span: Span, word: Token, name: Token, *tasks: Any) -> n.Study:
    return n.Study(span, b.name(name), tasks if tasks[0] is not None else (), b.doc(span))


@rule("vary")
def _vary(
    b: Builder, span: Span, word: Token, name: Token, low: Any, high: Any, step_word: Token | None, step: Any
) -> n.Vary:
    step_name = b.name(step_word) if step_word is not None else None
    return n.Vary(span, b.name(word), b.name(name), low, high, step_name, step)


@rule("goal")
def _goal(b: Builder, span: Span, word: Token, *answers: Any) -> n.Goal:
    named = [a if isinstance(a, n.Argument) else n.Argument(a.span, None, a) for a in answers]
    return n.Goal(span, b.name(word), tuple(named))


@rule("broken")
def _broken(b: Builder, span: Span, token: Token) -> n.Broken:
    return n.Broken(span, frozenset(token.text.split()))
