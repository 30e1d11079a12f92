"""Text to syntax nodes, with recovery: one mistake, one finding, and the statements around it kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from attrs import define, field
from lark import Lark, Token, Tree, UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from cmxdsl.diagnostics import Diagnostic, Findings, Related
from cmxdsl.fixes import Edit, Fix, Help, after
from cmxdsl.source import Source, Span
from cmxdsl.syntax import rules, tables
from cmxdsl.syntax.advice import Place, advice, starts
from cmxdsl.syntax.build import Builder
from cmxdsl.syntax.nodes import File
from cmxdsl.syntax.repairs import span_of
from cmxdsl.syntax.tokens import Trivia, filtered
from cmxdsl.syntax.words import SOFT


def grammar_text() -> str:
    """The grammar, from the installed package or from the source tree."""
    package = Path(__file__).parents[1]
    packaged = package / "grammar" / "cmx.lark"
    return (packaged if packaged.is_file() else package.parent / "grammar" / "cmx.lark").read_text(encoding="utf-8")


@cache
def _lark() -> Lark:
    grammar = grammar_text()
    compiled = Path(__file__).with_name("tables.json")
    if compiled.is_file():
        parser = tables.restore(compiled.read_text(encoding="utf-8"), grammar)
        if parser is not None:
            return _shortened(parser)
    return _shortened(tables.build(grammar))


def _shortened(parser: Lark) -> Lark:
    """Let a rule that only passes one node on do just that: nine such rules lie around every number."""
    callbacks: dict[Any, Any] = parser.parse_interactive("").parser_state.parse_conf.callbacks
    for rule in callbacks:
        if rule.options.expand1 and not rule.alias and len(rule.expansion) == 1 and not rule.expansion[0].is_term:
            callbacks[rule] = itemgetter(0)
    return parser


def keywords() -> frozenset[str]:
    """The reserved words, read from the grammar."""
    return frozenset(str(t.pattern.value) for t in _lark().terminals if t.pattern.value.isalpha())


def raw_tokens(text: str) -> Iterator[Token]:
    """Every token of a text, comments and newlines too."""
    return _lark().lex(text)


def parse(source: Source, kinds: Collection[str], findings: Findings) -> File:
    """The file's syntax; whatever was wrong is in `findings` and left out of the nodes."""
    trivia = Trivia()
    lark = _lark()
    tokens = filtered(lark.lex(source.text), source, kinds, trivia, findings)
    tree = _Run(source, tokens, lark.parse_interactive("").parser_state, findings, kinds, trivia).parse()
    node = Builder(source.file, trivia, findings).node(tree)
    assert isinstance(node, File)
    return node


def following(text: str, kinds: Collection[str]) -> frozenset[str]:
    """The keywords that may come next in a file that starts with `text`; `NAME` and `KIND` stand for any such word."""
    trivia, findings, source = Trivia(), Findings(), Source("", text)
    lark = _lark()
    tokens = filtered(lark.lex(text), source, kinds, trivia, findings)
    run = _Run(source, tokens, lark.parse_interactive("").parser_state, findings, kinds, trivia)
    return frozenset(k.lower() if k not in ("NAME", "KIND") else k for k in run.prefix() if k.isalpha())


@cache
def starting() -> tuple[frozenset[str], frozenset[str]]:
    """The words that start something at the top of a file, and in a component; KIND stands for those of the kinds."""
    words = {*keywords(), *SOFT, "KIND"}
    at_top, inside = following("", ("chip",)), following("chip A {\n", ("chip",))
    return at_top & words, inside & words


_SPOKEN = {
    "_NL": "the end of the statement", "$END": "the end of the file", "LBRACE": "`{`", "RBRACE": "`}`", "LPAR": "`(`",
    "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "COMMA": "`,`", "DOT": "`.`", "COLON": "`:`", "EQUAL": "`=`",
    "LINK_OP": "`--`", "DOTS": "`..`", "BELOW": "`..<`", "NAME": "a name",
    "STRING": 'a text in `"`', "KIND": "a definition",
}  # fmt: skip
_SOFT_STARTS = {soft.terminal for soft in SOFT.values() if not soft.inside}
_VALUE = {"NUMBER", "STRING", "SIZE", "TRUE", "FALSE", "UNKNOWN", "LPAR", "LSQB", "NAME", "MINUS"}
_OPERATORS = {"PLUS", "MINUS", "STAR", "SLASH", "DIV", "MOD", "COMPARE", "AND", "OR", "IF", "CIRCUMFLEX"}


@define
class _Run:
    """One parse. Yacc's way with mistakes: unwind to a state that takes BROKEN, skip to the statement's end."""

    source: Source
    tokens: Iterator[Token]
    state: Any
    findings: Findings
    kinds: Collection[str]
    trivia: Trivia
    previous: Token | None = None
    earlier: Token | None = None  # the one before the previous
    first: Token | None = None  # of the statement
    braces: list[Token] = field(factory=list)  # supplied where they were missing
    pushed: list[Token] = field(factory=list)

    def next(self) -> Token:
        if self.pushed:
            return self.pushed.pop()
        end = self.previous
        return next(self.tokens, None) or (
            Token.new_borrow_pos("$END", "", end) if end is not None else Token("$END", "", 0, 1, 1, 1, 1)
        )

    def parse(self) -> Tree[Any]:
        while True:
            token = self.supplied(self.next())
            try:
                result = self.state.feed_token(token, token.type == "$END")
            except UnexpectedToken:
                self.recover(token)
                continue
            if token.type == "$END":
                assert isinstance(result, Tree)
                return result
            if starts(self.previous):
                self.first = token
            self.earlier, self.previous = self.previous, token

    def supplied(self, token: Token) -> Token:
        """The token, or where a line ends that must go on with `{`, that brace: what follows is then read as meant."""
        if token.type != "_NL" or self.first is None or self.previous is None or not self.accepts("LBRACE"):
            return token
        following = self.next()
        self.pushed.append(following)
        deeper = following.type != "$END" and (following.column or 1) > (self.first.column or 1)
        closes = following.type == "RBRACE" and not self.open_braces()
        if not (deeper or closes) or (self.accepts("_NL") and self.open_braces()):
            return token
        brace = Token.new_borrow_pos("LBRACE", "{", self.previous)
        here = after(span_of(self.source.file, self.previous))
        shown = Span(here.file, here.line, here.column, here.line, here.column + 1)
        help = Help(f"put `{{` behind `{self.previous}`", (Fix("Add `{`", (Edit(here, " {"),)),))
        self.report(rules.UNEXPECTED.at(shown, "the line ends here; expected `{`", help))
        self.braces.append(brace)
        return brace

    def prefix(self) -> set[str]:
        """What the parser could take behind the last token."""
        while (token := self.next()).type != "$END":
            try:
                self.state.feed_token(token)
                self.previous = token
            except UnexpectedToken:
                self.recover(token)
        return self.expected()

    def accepts(self, kind: str) -> bool:
        """Whether the parser could take a token of this kind now: its moves on the states alone.

        Trying it for real would run the tree builder, which changes the values on the stack.
        """
        table = self.state.parse_conf.parse_table
        stack = list(self.state.state_stack)
        while kind in table.states[stack[-1]]:
            action, rule = table.states[stack[-1]][kind]
            if action is Shift:
                return True
            del stack[len(stack) - len(rule.expansion) :]
            stack.append(table.states[stack[-1]][rule.origin.name][1])
            if kind == "$END" and stack[-1] == self.state.parse_conf.end_state:
                return True
        return False

    def expected(self) -> set[str]:
        table = self.state.parse_conf.parse_table.states[self.state.position]
        return {kind for kind in table if kind.isupper() and kind != "BROKEN" and self.accepts(kind)} | (
            {"_NL"} if "_NL" in table and self.accepts("_NL") else set()
        )

    def open_braces(self) -> list[Token]:
        """The braces that nothing has closed. (One that is closed stays on the stack until the next token comes.)"""
        found: list[Token] = []
        for value in self.state.value_stack:
            if isinstance(value, Token) and value.type == "LBRACE":
                found.append(value)
            elif isinstance(value, Token) and value.type == "RBRACE" and found:
                found.pop()
        return found

    def recover(self, token: Token) -> None:
        braces = self.open_braces()
        at_top, inside = starting()
        starts = _word(token) in at_top - inside and token.column == 1
        if braces and (token.type == "$END" or starts) and self.accepts("RBRACE"):
            self.close(braces, token)
        elif token.type == "RBRACE" and not braces:
            span = span_of(self.source.file, token)
            help = Help("remove it", (Fix("Remove `}`", (Edit(span, ""),)),))
            self.report(rules.UNOPENED.at(span, "this `}` has no matching `{`", help))
            after = self.next()
            if after.type != "_NL":
                self.pushed.append(after)
        else:
            if token.type != "STRAY":  # reported already
                self.report(self.unexpected(token))
            self.skip(token)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a finding, unless it only comes from a text that was cut short."""
        if not self.trivia.stopped:
            self.findings.add(diagnostic)

    def close(self, braces: list[Token], token: Token) -> None:
        """Close all open blocks before `token`, with one finding at the innermost open brace."""
        here = span_of(self.source.file, token)
        span = span_of(self.source.file, braces[-1])
        before = "the end of the file" if token.type == "$END" else f"this `{token}`"
        related = [] if token.type == "$END" else [Related(here, "the next definition starts here")]
        if not any(brace is braces[-1] for brace in self.braces):
            help = Help(f"put `}}` before {before}", (self.closed_before(token),))
            self.report(rules.UNCLOSED.at(span, "this `{` is never closed", help, related))
        for _ in braces:
            self.state.feed_token(Token.new_borrow_pos("RBRACE", "}", token))
        if token.type != "$END":
            self.state.feed_token(Token.new_borrow_pos("_NL", "\n", token))
        self.pushed.append(token)

    def closed_before(self, token: Token) -> Fix:
        """A brace behind the last line before the next definition and the comments that lead up to it."""
        lines = self.source.lines
        line = len(lines) + 1 if token.type == "$END" else token.line or 1
        while line > 1 and re.fullmatch(r"\s*(//.*)?", self.source.line(line - 1)):
            line -= 1
        end = len(self.source.line(line - 1)) + 1
        return Fix("Close it with `}`", (Edit(Span(self.source.file, line - 1, end, line - 1, end), "\n}"),))

    def unexpected(self, token: Token) -> Diagnostic:
        expected = self.expected()
        found = {"_NL": "the line ends here", "$END": "the file ends here"}.get(token.type, f"unexpected `{token}`")
        wanted: list[str] = []
        if {"NUMBER", "STRING"} <= expected:
            wanted.append("a value")
            expected -= _VALUE
        if expected >= {"PLUS", "STAR"}:
            expected -= _OPERATORS
        clauses = sorted(k for k in expected - _SOFT_STARTS if k not in _SPOKEN and k.isalpha())
        wanted += [_SPOKEN[k] for k in sorted(expected & set(_SPOKEN), key=list(_SPOKEN).index, reverse=True)]
        wanted += [f"`{k.lower()}`" for k in clauses]
        help = advice(self.place(token, clauses))
        message = found + (f"; expected {_either(wanted)}" if 0 < len(wanted) <= 5 else "")
        return rules.UNEXPECTED.at(span_of(self.source.file, token), message, help)

    def place(self, token: Token, clauses: list[str]) -> Place:
        words = tuple(c.lower() for c in clauses)
        return Place(
            self.source, token, self.previous, self.earlier, self.accepts, bool(self.open_braces()), self.kinds,
            keywords(), words, *starting(), self.complete_before(token),
        )  # fmt: skip

    def skip(self, token: Token) -> None:
        """Put BROKEN in the place of the statement that `token` stands in."""
        names: list[str] = []
        depth = 0
        if self.complete_before(token):
            self.state.feed_token(Token.new_borrow_pos("_NL", "\n", token))
        while not self.takes_broken():
            self.state.state_stack.pop()
            value = self.state.value_stack.pop()
            depth += isinstance(value, Token) and value.type == "LBRACE"
            names += _names(value)
        while token.type != "$END":
            if depth <= 0 and (token.type in ("_NL", "RBRACE")):
                break
            depth += (token.type == "LBRACE") - (token.type == "RBRACE")
            if token.type in ("NAME", "KIND"):
                names.append(str(token))
            self.previous = token
            token = self.next()
        broken = Token.new_borrow_pos("BROKEN", " ".join(names), token)
        self.state.feed_token(broken)
        self.pushed.append(token)

    def complete_before(self, token: Token) -> bool:
        """True when the statement is whole and `token` starts another one: only the newline is missing."""
        return _word(token) in starting()[0] | starting()[1] and self.accepts("_NL")

    def takes_broken(self) -> bool:
        return "BROKEN" in self.state.parse_conf.parse_table.states[self.state.position]


def _word(token: Token) -> str:
    """A token as the word that `starting` has for it."""
    return token.type if token.type == "KIND" else token.type.lower()


def _names(value: Any) -> list[str]:
    """The words inside a half-built value."""
    found, stack = [], [value]
    while stack:
        here = stack.pop()
        if isinstance(here, Token) and here.type in ("NAME", "KIND"):
            found.append(str(here))
        elif isinstance(here, Tree):
            stack.extend(here.children)
        elif isinstance(here, list):
            stack.extend(here)
    return found


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
