"""From characters to the tokens that the grammar wants: comments aside, newlines only where they count."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from cmxdsl.diagnostics import Findings
from cmxdsl.records import define, field
from cmxdsl.source import Source
from cmxdsl.syntax import rules
from cmxdsl.syntax.lexer import Token
from cmxdsl.syntax.nodes import Comment
from cmxdsl.syntax.repairs import ODD, Repair
from cmxdsl.syntax.words import ANY, SOFT, Soft

MAX_DEPTH = 64  # brackets and braces inside each other
MAX_OPERATORS = 256  # in one statement
MAX_NUMBER = 64  # characters of one number

_OPEN = {"LPAR", "LSQB", "LBRACE"}
_CLOSE = {"RPAR", "RSQB", "RBRACE"}
OPERATORS = {"COMPARE", "PLUS", "MINUS", "STAR", "SLASH", "DIV", "MOD", "AND", "OR", "NOT", "CIRCUMFLEX"}
CLAUSES = {
    "OVER",
    "VIA",
    "BUNDLE",
    "WHERE",
    "FOR",
    "IN",
    "AT",
    "FROM",
    "ESTIMATED",
    "CALIBRATED",
    "DIFFERS",
    "WITHIN",
    "ALSO",
    "ELSE",
}
_JOINTS = {"COMMA", "DOT", "COLON", "EQUAL", "LINK_OP", "DOTS", "BELOW"}

# A newline after the first, or before the second, cannot end a statement: nothing is complete there.
UNFINISHED = OPERATORS | CLAUSES | _JOINTS | {"LPAR", "LSQB", "LBRACE", "IF"}
GOES_ON = (OPERATORS - {"NOT"}) | CLAUSES | _JOINTS | {"RPAR", "RSQB", "LBRACE"}


@define
class Trivia:
    """What the grammar does not see: comments, and the doc text that belongs to the statement on a line."""

    comments: list[Comment] = field(factory=list)
    docs: dict[int, str] = field(factory=dict)
    file_doc: str = ""
    ahead: Token | None = None  # the token behind the newline that was read last
    stopped: bool = False  # a limit was passed: the rest of the text was not read


def filtered(
    tokens: Iterable[Token], source: Source, kinds: Container[str], trivia: Trivia, findings: Findings
) -> Iterator[Token]:
    """The tokens for the grammar; what is wrong with single tokens goes to `findings`."""
    return _softened(_counted(tokens, source, trivia, findings), kinds)


_ASIDE = frozenset({"COMMENT", "_NL"}) | ODD
_NESTED = {**dict.fromkeys(_OPEN, 1), **dict.fromkeys(_CLOSE, -1)}
_COUNTED = frozenset({*OPERATORS, "IF", *_NESTED})


def _counted(  # noqa: C901, PLR0915  one loop, since calls would take longer than what they do
    tokens: Iterable[Token], source: Source, trivia: Trivia, findings: Findings
) -> Iterator[Token]:
    """Comments set aside, newlines kept where a statement can end, odd tokens repaired, limits held."""
    file = source.file
    repair = Repair(source, findings)
    previous: Token | None = None
    newline: Token | None = None
    pending: list[str] = []
    file_doc: list[str] = []
    depth = operators = 0

    for token in tokens:
        kind = token.type
        if repair.skipped and repair.within(token):
            continue
        if kind in _ASIDE:
            if kind == "_NL":
                newline = newline or token
                if ";" in token.text and ";" not in newline.text:
                    newline = token
                continue
            if kind == "COMMENT":
                text = token.text.rstrip("\r")
                trivia.comments.append(Comment(token.span(file), text))
                if text.startswith("//!"):
                    file_doc.append(text[3:].strip())
                elif text.startswith("///") and not text.startswith("////") and (newline or previous is None):
                    pending.append(text[3:].strip())
                continue
            meant = repair.meant(token)
            if meant is None:
                continue
            token, kind = meant, meant.type

        if newline is not None:
            ends = ";" in newline.text or (previous and previous.type not in UNFINISHED and kind not in GOES_ON)
            if ends and previous is not None and previous.type not in ("_NL", "LBRACE"):
                trivia.ahead = token
                yield newline
                previous = newline
                operators = 0
            newline = None
        if pending:
            trivia.docs[token.line] = "\n".join(pending)
            pending = []

        if kind in _COUNTED:
            depth += _NESTED.get(kind, 0)
            operators += kind not in _NESTED
            if depth > MAX_DEPTH or operators > MAX_OPERATORS:
                what = (
                    f"brackets nested too deep (limit {MAX_DEPTH})"
                    if depth > MAX_DEPTH
                    else f"too many operators in one statement (limit {MAX_OPERATORS})"
                )
                findings.add(rules.TOO_COMPLEX.at(token.span(file), what, "give parts of it a name with `let`"))
                trivia.stopped = True
                break
        elif kind == "NUMBER" and len(token.text) > MAX_NUMBER:
            what = f"the number is too long (limit {MAX_NUMBER} characters)"
            findings.add(rules.LONG_NUMBER.at(token.span(file), what))
            token = token.like("NUMBER", "0")
        previous = token
        yield token
    trivia.file_doc = "\n".join(file_doc)


_STARTS = frozenset({"_NL", "LBRACE", "RBRACE", "PRIVATE"})  # a statement may start behind them


def _softened(tokens: Iterator[Token], kinds: Container[str]) -> Iterator[Token]:
    """Names made KIND, or what a soft word is called, where they stand for it."""
    previous, first, depth = "_NL", "", 0
    held: Token | None = None  # a word at the start of a statement: the token behind it says what it is
    for token in tokens:
        kind = token.type
        if held is not None:
            held = _started(held, token, depth)
            yield held
            previous = first = held.type
            held = None
        if kind == "LBRACE":
            depth += 1
        elif kind == "RBRACE":
            depth -= 1
        starts = previous in _STARTS
        if kind == "NAME":
            word = token.text
            soft = SOFT.get(word)
            if starts and (word in kinds or (soft is not None and not soft.inside)):
                held = token
                continue
            if soft is not None and soft.inside in (first, ANY) and previous in soft.after:
                token = token.like(soft.terminal, word)
                kind = soft.terminal
        if starts:
            first = kind
        previous = kind
        yield token
    if held is not None:
        yield held


def _started(word: Token, behind: Token, depth: int) -> Token:
    """A word at the start of a statement as what it is there, by the token behind it and the open braces."""
    soft = SOFT.get(word.text) or Soft("KIND", "")
    if behind.type not in soft.before or (soft.top and depth):
        return word
    return word.like(soft.terminal, word.text)
