"""Text to syntax nodes, with recovery: one mistake, one finding, and the statements around it kept."""

from __future__ import annotations

import gc
import re
from collections.abc import Collection, Iterator
from functools import cache

from cmxdsl.diagnostics import Diagnostic, Findings, Related
from cmxdsl.fixes import Edit, Fix, Help, after
from cmxdsl.records import define, field
from cmxdsl.source import Source, Span
from cmxdsl.syntax import indented, rules
from cmxdsl.syntax.advice import Stuck, advice
from cmxdsl.syntax.build import Builder
from cmxdsl.syntax.lexer import Token, keywords, lex
from cmxdsl.syntax.machine import Stacks
from cmxdsl.syntax.nodes import File
from cmxdsl.syntax.tokens import Trivia, filtered
from cmxdsl.syntax.words import SOFT


def parse(source: Source, kinds: Collection[str], findings: Findings) -> File:
    """The file's syntax; whatever was wrong is in `findings` and left out of the nodes. Blocks written by indentation
    are read too where that leaves less to find."""
    own = Findings()
    node = once(source, kinds, own)
    if own.items and (blocks := indented.blocks(source)):
        other = Findings()
        read = once(indented.braced(source, blocks), kinds, other)
        if len(other.items) < len(own.items):
            node, own = read, other
            findings.extend(indented.told(source, block) for block in blocks)
    findings.extend(own.items)
    return node


def once(source: Source, kinds: Collection[str], findings: Findings) -> File:
    """The same by the grammar alone."""
    collecting = gc.isenabled()
    gc.disable()  # millions of nodes are made here, and none of them is garbage
    try:
        return _run(source, kinds, findings).parse()
    finally:
        if collecting:
            gc.enable()


def _run(source: Source, kinds: Collection[str], findings: Findings) -> Parse:
    trivia = Trivia()
    tokens = filtered(lex(source.text), source, kinds, trivia, findings)
    return Parse(source, tokens, Stacks(Builder(source.file, trivia)), findings, kinds, trivia)


def following(text: str, kinds: Collection[str]) -> frozenset[str]:
    """The keywords that may come next in a file that starts with `text`; `NAME` and `KIND` stand for any such word."""
    expected = _run(Source("", text), kinds, Findings()).prefix()
    return frozenset(k.lower() if k not in ("NAME", "KIND") else k for k in expected if k.isalpha())


@cache
def starting() -> tuple[frozenset[str], frozenset[str]]:
    """The words that start something at the top of a file, and in a component; KIND stands for those of the kinds."""
    words = {*keywords(), *SOFT, "KIND"}
    at_top, inside = following("", ("chip",)), following("chip A {\n", ("chip",))
    return at_top & words, inside & words


_SPOKEN = {
    "_NL": "the end of the statement",
    "$END": "the end of the file",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COMMA": "`,`",
    "DOT": "`.`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "LINK_OP": "`--`",
    "DOTS": "`..`",
    "BELOW": "`..<`",
    "NAME": "a name",
    "STRING": 'a text in `"`',
    "KIND": "a definition",
}
_SOFT_STARTS = {soft.terminal for soft in SOFT.values() if not soft.inside}
_VALUE = {"NUMBER", "STRING", "SIZE", "TRUE", "FALSE", "UNKNOWN", "LPAR", "LSQB", "NAME", "MINUS"}
_BEHIND_NAMES = {"EQUAL", "COLON", "DOT", "LSQB", "LBRACE"}  # behind the name of an attribute or a part
_OPERATORS = {"PLUS", "MINUS", "STAR", "SLASH", "DIV", "MOD", "COMPARE", "AND", "OR", "IF", "CIRCUMFLEX"}


@define
class Parse:
    """One parse. Yacc's way with mistakes: unwind to a state that takes BROKEN, skip to the statement's end."""

    source: Source
    tokens: Iterator[Token]
    machine: Stacks
    findings: Findings
    kinds: Collection[str]
    trivia: Trivia
    braces: list[Token] = field(factory=list)  # supplied where they were missing
    pushed: list[Token] = field(factory=list)

    def next(self) -> Token:
        if self.pushed:
            return self.pushed.pop()
        token = next(self.tokens, None)
        return token if token is not None else (self.machine.previous or Token("$END", "")).like("$END", "")

    def parse(self) -> File:
        machine = self.machine
        while machine.result is None:
            token = None if self.pushed else machine.run(self.tokens)
            token = self.supplied(self.next() if token is None else token)
            if machine.run(iter((token,)), heed=False) is not None:
                self.recover(token)
        self.findings.extend(machine.builder.found)
        assert isinstance(machine.result, File)
        return machine.result

    def supplied(self, token: Token) -> Token:
        """The token, or where a line ends that must go on with `{`, that brace: what follows is then read as meant."""
        machine = self.machine
        first, previous = machine.first, machine.previous
        if token.type != "_NL" or first is None or previous is None or not machine.accepts("LBRACE"):
            return token
        following = self.next()
        self.pushed.append(following)
        deeper = following.type != "$END" and following.column > first.column
        closes = following.type == "RBRACE" and not machine.open_braces()
        flat = not machine.open_braces() and self.inside(following)
        if not (deeper or closes or flat) or (machine.accepts("_NL") and machine.open_braces()):
            return token
        brace = previous.like("LBRACE", "{")
        here = after(previous.span(self.source.file))
        shown = Span(here.file, here.line, here.column, here.line, here.column + 1)
        help = Help(f"put `{{` after `{previous}`", (Fix("Add `{`", (Edit(here, " {"),)),))
        self.report(rules.UNEXPECTED.at(shown, "the line ends here; expected `{`", help))
        self.braces.append(brace)
        return brace

    def inside(self, token: Token) -> bool:
        """Whether a statement starts with a token that was handed back, one that only stands in a block."""
        if token.type != "NAME":
            at_top, inside = starting()
            return _word(token) in inside - at_top
        self.pushed.pop()
        second = self.next()
        self.pushed += [second, token]
        return second.type in _BEHIND_NAMES

    def prefix(self) -> set[str]:
        """What the parser could take behind the last token."""
        while (token := self.next()).type != "$END":
            if self.machine.run(iter((token,)), heed=False) is not None:
                self.recover(token)
        return self.machine.expected()

    def recover(self, token: Token) -> None:
        braces = self.machine.open_braces()
        at_top, inside = starting()
        starts = _word(token) in at_top - inside and token.column == 1
        if braces and (token.type == "$END" or starts) and self.machine.accepts("RBRACE"):
            self.close(braces, token)
        elif token.type == "RBRACE" and not braces:
            span = token.span(self.source.file)
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
        here = token.span(self.source.file)
        span = braces[-1].span(self.source.file)
        before = "the end of the file" if token.type == "$END" else f"this `{token}`"
        related = [] if token.type == "$END" else [Related(here, "the next definition starts here")]
        if braces[-1] not in self.braces:
            help = Help(f"put `}}` before {before}", (self.closed_before(token),))
            self.report(rules.UNCLOSED.at(span, "this `{` is never closed", help, related))
        for _ in braces:
            self.machine.put(token.like("RBRACE", "}"))
        if token.type != "$END":
            self.machine.put(token.like("_NL", "\n"))
        self.pushed.append(token)

    def closed_before(self, token: Token) -> Fix:
        """A brace behind the last line before the next definition and the comments that lead up to it."""
        lines = self.source.lines
        line = len(lines) + 1 if token.type == "$END" else token.line
        while line > 1 and re.fullmatch(r"\s*(//.*)?", self.source.line(line - 1)):
            line -= 1
        end = len(self.source.line(line - 1)) + 1
        return Fix("Close it with `}`", (Edit(Span(self.source.file, line - 1, end, line - 1, end), "\n}"),))

    def unexpected(self, token: Token) -> Diagnostic:
        expected = self.machine.expected()
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
        return rules.UNEXPECTED.at(token.span(self.source.file), message, help)

    def place(self, token: Token, clauses: list[str]) -> Stuck:
        words = tuple(c.lower() for c in clauses)
        machine = self.machine
        return Stuck(
            self.source,
            token,
            machine.previous,
            machine.earlier,
            machine.accepts,
            bool(machine.open_braces()),
            self.kinds,
            keywords(),
            words,
            *starting(),
            self.complete_before(token),
        )

    def skip(self, token: Token) -> None:
        """Put BROKEN in the place of the statement that `token` stands in."""
        if self.complete_before(token):
            self.machine.put(token.like("_NL", "\n"))
        depth, names = self.machine.unwind()
        while token.type != "$END":
            if depth <= 0 and (token.type in ("_NL", "RBRACE")):
                break
            depth += (token.type == "LBRACE") - (token.type == "RBRACE")
            if token.type in ("NAME", "KIND"):
                names.append(token.text)
            self.machine.previous = token
            token = self.next()
        self.machine.put(token.like("BROKEN", " ".join(names)))
        self.pushed.append(token)

    def complete_before(self, token: Token) -> bool:
        """True when the statement is whole and `token` starts another one: only the newline is missing."""
        return _word(token) in starting()[0] | starting()[1] and self.machine.accepts("_NL")


def _word(token: Token) -> str:
    """A token as the word that `starting` has for it."""
    return token.type if token.type == "KIND" else token.type.lower()


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
