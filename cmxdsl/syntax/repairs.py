"""Single tokens that the language does not have, each told once and read as what is meant, so that parsing goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import define
from lark import Token

from cmxdsl.diagnostics import Findings
from cmxdsl.fixes import Confidence, Edit, Fix, Help, after
from cmxdsl.source import Source, Span
from cmxdsl.syntax import rules

_QUOTED = re.compile(r"'[^'\n]*'|“[^”\n]*”|”[^”\n]*”")
# Characters that other languages use: the token that is meant, and how it is written here.
_MEANT = {
    "&": ("AND", "and"), "|": ("OR", "or"), "!": ("NOT", "not"), "%": ("MOD", "mod"),
    "–": ("LINK_OP", "--"), "—": ("LINK_OP", "--"), "→": ("LINK_OP", "--"),
}  # fmt: skip


def span_of(file: str, token: Token) -> Span:
    """Where a token stands."""
    line, column = token.line or 1, token.column or 1
    return Span(file, line, column, token.end_line or line, token.end_column or column + max(1, len(token)))


def repaired(tokens: Iterable[Token], source: Source, findings: Findings) -> Iterator[Token]:
    """The tokens; those that do not belong are reported, and replaced or left out where their meaning is plain."""
    return _Repair(source, findings).run(tokens)


@define
class _Repair:
    source: Source
    findings: Findings
    skipped: tuple[int, int] = (0, 0)  # line and column before which nothing is read

    def run(self, tokens: Iterable[Token]) -> Iterator[Token]:
        for token in tokens:
            if token.type != "_NL" and ((token.line or 0), (token.column or 0)) < self.skipped:
                continue
            match token.type:
                case "OPEN_STRING":
                    yield self.open_string(token)
                case "OPEN_COMMENT":
                    self.open_comment(token)
                case "STRAY":
                    yield from self.stray(token)
                case _:
                    yield token

    def open_string(self, token: Token) -> Token:
        span = span_of(self.source.file, token)
        fix = Fix('Close it with `"`', (Edit(after(span), '"'),))
        help = Help('end it with `"` on the same line', (fix,))
        self.findings.add(rules.OPEN_STRING.at(span, "this text is not closed", help))
        return Token.new_borrow_pos("STRING", str(token).rstrip("\\") + '"', token)

    def open_comment(self, token: Token) -> None:
        span = span_of(self.source.file, token)
        start = Span(span.file, span.line, span.column, span.line, span.column + 2)
        end = len(self.source.line(span.line)) + 1
        fix = Fix("Close it with `*/`", (Edit(Span(span.file, span.line, end, span.line, end), " */"),))
        help = Help("end it with `*/`", (fix,))
        self.findings.add(rules.OPEN_COMMENT.at(start, "this comment is never closed", help))

    def stray(self, token: Token) -> Iterator[Token]:
        span, char = span_of(self.source.file, token), str(token)
        line = self.source.line(span.line)
        quoted = _QUOTED.match(line, span.column - 1)
        if char == "#":
            self.skipped = (span.line, len(line) + 2)
            help = Help("a comment starts with `//`", instead="//", confidence=Confidence.SAFE)
            self.report(span, help, "`#` does not start a comment")
        elif quoted is not None:
            self.skipped = (span.line, quoted.end() + 1)
            both = Span(span.file, span.line, span.column, span.line, quoted.end() + 1)
            text = f'"{quoted[0][1:-1]}"'
            help = Help('a text stands in double quotes: `"…"`', instead=text, confidence=Confidence.SAFE)
            self.report(both, help, f"`{char}` does not start a text")
            yield Token.new_borrow_pos("STRING", text, token)
        elif char in _MEANT:
            kind, word = _MEANT[char]
            if line[span.column : span.column + 1] == char:  # `&&`, `||`
                self.skipped = (span.line, span.column + 2)
                span = Span(span.file, span.line, span.column, span.line, span.column + 2)
            ahead = " " if word.isalpha() and line[: span.column - 1].strip() and line[span.column - 2] != " " else ""
            behind = " " if word.isalpha() and line[span.end_column - 1 : span.end_column] != " " else ""
            what = "the two ends of a link are joined by" if kind == "LINK_OP" else "write"
            fix = Fix(f"Change to `{word}`", (Edit(span, ahead + word + behind),), Confidence.SAFE)
            self.report(span, Help(f"{what} `{word}`", (fix,)))
            yield Token.new_borrow_pos(kind, word, token)
        else:
            self.report(span, Help(fixes=(Fix(f"Remove `{char}`", (Edit(span, ""),)),) if char.isprintable() else ()))
            yield token

    def report(self, span: Span, help: Help, message: str = "") -> None:
        text = self.source.line(span.line)[span.column - 1 : span.end_column - 1]
        shown = text if text.isprintable() else f"U+{ord(text[:1] or chr(0)):04X}"
        self.findings.add(rules.STRAY_CHARACTER.at(span, message or f"`{shown}` has no meaning here", help))
