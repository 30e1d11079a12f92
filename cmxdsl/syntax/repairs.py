"""Single tokens that the language does not have, each told once and read as what is meant, so that parsing goes on."""

from __future__ import annotations

import re

from cmxdsl.diagnostics import Findings
from cmxdsl.fixes import Confidence, Edit, Fix, Help, after
from cmxdsl.records import define
from cmxdsl.source import Source, Span
from cmxdsl.syntax import rules
from cmxdsl.syntax.lexer import Token

_QUOTED = re.compile(r"'[^'\n]*'|“[^”\n]*”|”[^”\n]*”")
# Characters that other languages use: the token that is meant, and how it is written here.
_MEANT = {
    "&": ("AND", "and"),
    "|": ("OR", "or"),
    "!": ("NOT", "not"),
    "%": ("MOD", "mod"),
    "–": ("LINK_OP", "--"),
    "—": ("LINK_OP", "--"),
    "→": ("LINK_OP", "--"),
}


ODD = frozenset({"OPEN_STRING", "OPEN_COMMENT", "STRAY"})  # the tokens that no rule takes


@define
class Repair:
    """Reports the odd tokens of one text, and says what is meant by each."""

    source: Source
    findings: Findings
    skipped: tuple[int, int] | None = None  # line and column before which nothing is read

    def within(self, token: Token) -> bool:
        """Whether a token lies in what an earlier one was read with."""
        return self.skipped is not None and (token.line, token.column) < self.skipped and token.type != "_NL"

    def meant(self, token: Token) -> Token | None:
        """The token to read in the place of an odd one: itself where nothing else is plain, None for nothing."""
        match token.type:
            case "OPEN_STRING":
                return self.open_string(token)
            case "OPEN_COMMENT":
                self.open_comment(token)
                return None
            case _:
                return self.stray(token)

    def open_string(self, token: Token) -> Token:
        span = token.span(self.source.file)
        fix = Fix('Close it with `"`', (Edit(after(span), '"'),))
        help = Help('end it with `"` on the same line', (fix,))
        self.findings.add(rules.OPEN_STRING.at(span, "this text is not closed", help))
        return token.like("STRING", token.text.rstrip("\\") + '"')

    def open_comment(self, token: Token) -> None:
        span = token.span(self.source.file)
        start = Span(span.file, span.line, span.column, span.line, span.column + 2)
        end = len(self.source.line(span.line)) + 1
        fix = Fix("Close it with `*/`", (Edit(Span(span.file, span.line, end, span.line, end), " */"),))
        help = Help("end it with `*/`", (fix,))
        self.findings.add(rules.OPEN_COMMENT.at(start, "this comment is never closed", help))

    def stray(self, token: Token) -> Token | None:
        span, char = token.span(self.source.file), token.text
        line = self.source.line(span.line)
        quoted = _QUOTED.match(line, span.column - 1)
        if char == "#":
            self.skipped = (span.line, len(line) + 2)
            help = Help("a comment starts with `//`", instead="//", confidence=Confidence.SAFE)
            self.report(span, help, "`#` does not start a comment")
            return None
        if quoted is not None:
            self.skipped = (span.line, quoted.end() + 1)
            both = Span(span.file, span.line, span.column, span.line, quoted.end() + 1)
            text = f'"{quoted[0][1:-1]}"'
            help = Help('a text is written in double quotes: `"…"`', instead=text, confidence=Confidence.SAFE)
            self.report(both, help, f"`{char}` does not start a text")
            return token.like("STRING", text)
        if char in _MEANT:
            kind, word = _MEANT[char]
            if line[span.column : span.column + 1] == char:  # `&&`, `||`
                self.skipped = (span.line, span.column + 2)
                span = Span(span.file, span.line, span.column, span.line, span.column + 2)
            ahead = " " if word.isalpha() and line[: span.column - 1].strip() and line[span.column - 2] != " " else ""
            behind = " " if word.isalpha() and line[span.end_column - 1 : span.end_column] != " " else ""
            what = "the two ends of a link are joined by" if kind == "LINK_OP" else "write"
            fix = Fix(f"Change to `{word}`", (Edit(span, ahead + word + behind),), Confidence.SAFE)
            self.report(span, Help(f"{what} `{word}`", (fix,)))
            return token.like(kind, word)
        self.report(span, Help(fixes=(Fix(f"Remove `{char}`", (Edit(span, ""),)),) if char.isprintable() else ()))
        return token

    def report(self, span: Span, help: Help, message: str = "") -> None:
        text = self.source.line(span.line)[span.column - 1 : span.end_column - 1]
        shown = text if text.isprintable() else f"U+{ord(text[:1] or chr(0)):04X}"
        self.findings.add(rules.STRAY_CHARACTER.at(span, message or f"`{shown}` has no meaning here", help))
