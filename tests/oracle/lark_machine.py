"""The parser with Lark in the place of our lexer and our machine: the same recovery, driven by the library."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import lark
from attrs import define, field
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from cmxdsl.diagnostics import Findings
from cmxdsl.schema import KINDS
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import tables
from cmxdsl.syntax.build import Builder
from cmxdsl.syntax.build_expressions import MAKERS
from cmxdsl.syntax.lexer import Token
from cmxdsl.syntax.machine import Stacks, starts
from cmxdsl.syntax.parser import Parse
from cmxdsl.syntax.tokens import Trivia, filtered


@cache
def library() -> lark.Lark:
    return tables.lark(tables.grammar_text())  # type: ignore[no-any-return]


def lex(text: str) -> Iterator[Token]:
    """The tokens that Lark finds."""
    for t in library().lex(text):
        yield Token(t.type, str(t), t.line, t.column, t.end_line, t.end_column)


def parse(source: Source, findings: Findings) -> n.File:
    """As `cmxdsl.syntax.parse`."""
    trivia = Trivia()
    machine = LarkMachine(Builder(source.file, trivia))
    return Parse(
        source, filtered(lex(source.text), source, KINDS, trivia, findings), machine, findings, KINDS, trivia
    ).parse()


@define(eq=False)
class LarkMachine(Stacks):
    """Lark's own stack and trees; the nodes are made from the one tree at the end."""

    state: Any = field(factory=lambda: library().parse_interactive("").parser_state)

    def run(self, tokens: Iterator[Token], heed: bool = True) -> Token | None:
        for token in tokens:
            missing = heed and token.type == "_NL" and self._misses_brace(self.builder.trivia.ahead, self.first)
            if missing and self.accepts("LBRACE"):
                return token
            theirs = lark.Token(token.type, token.text, 0, *token[2:])
            try:
                tree = self.state.feed_token(theirs, token.type == "$END")
            except UnexpectedToken:
                return token
            if token.type == "$END":
                self.result = self.node(tree)
                return None
            if starts(self.previous):
                self.first = token
            self.earlier, self.previous = self.previous, token
        return None

    def accepts(self, kind: str) -> bool:
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
        kinds = self.state.parse_conf.parse_table.states[self.state.position]
        return {kind for kind in kinds if kind.upper() == kind and kind != "BROKEN" and self.accepts(kind)}

    def open_braces(self) -> list[Token]:
        self.values = [self.ours(v) if isinstance(v, lark.Token) else None for v in self.state.value_stack]
        return super().open_braces()

    def unwind(self) -> tuple[int, list[str]]:
        braces, words = 0, list[str]()
        while "BROKEN" not in self.state.parse_conf.parse_table.states[self.state.position]:
            self.state.state_stack.pop()
            value = self.state.value_stack.pop()
            braces += isinstance(value, lark.Token) and value.type == "LBRACE"
            every = value.scan_values(lambda _: True) if isinstance(value, lark.Tree) else [value]
            words += [str(token) for token in every if token is not None and token.type in ("NAME", "KIND")]
        return braces, words

    def ours(self, t: lark.Token) -> Token:
        return Token(t.type, str(t), t.line, t.column, t.end_line, t.end_column)

    def node(self, tree: Any) -> Any:
        if tree is None:
            return None
        if isinstance(tree, lark.Token):
            return self.ours(tree)
        m = tree.meta
        span = (1, 1, 1, 1) if m.empty else (m.line, m.column, m.end_line, m.end_column)
        return MAKERS[tree.data](self.builder, Span(self.builder.file, *span), *map(self.node, tree.children))
