"""From characters to the tokens that the grammar wants: comments aside, newlines only where they count."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from attrs import define, field
from lark import Token

from cmxdsl.diagnostics import Findings
from cmxdsl.source import Source
from cmxdsl.syntax import rules
from cmxdsl.syntax.nodes import Comment
from cmxdsl.syntax.repairs import repaired, span_of
from cmxdsl.syntax.words import SOFT, Soft

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
    stopped: bool = False  # a limit was passed: the rest of the text was not read


def filtered(
    tokens: Iterable[Token], source: Source, kinds: Container[str], trivia: Trivia, findings: Findings
) -> Iterator[Token]:
    """The tokens for the grammar; what is wrong with single tokens goes to `findings`."""
    return _softened(_counted(tokens, source, trivia, findings), kinds)


def _counted(tokens: Iterable[Token], source: Source, trivia: Trivia, findings: Findings) -> Iterator[Token]:
    """Comments set aside, newlines kept where a statement can end, limits held."""
    previous: Token | None = None
    newline: Token | None = None
    pending: list[str] = []
    file_doc: list[str] = []
    depth = operators = 0

    for token in repaired(tokens, source, findings):
        kind = token.type
        if kind == "COMMENT":
            text = str(token).rstrip("\r")
            trivia.comments.append(Comment(span_of(source.file, token), text))
            if text.startswith("//!"):
                file_doc.append(text[3:].strip())
            elif text.startswith("///") and not text.startswith("////") and (newline or previous is None):
                pending.append(text[3:].strip())
            continue
        if kind == "_NL":
            newline = newline or token
            if ";" in token and ";" not in newline:
                newline = token
            continue
        if kind == "NUMBER" and len(token) > MAX_NUMBER:
            findings.add(
                rules.LONG_NUMBER.at(
                    span_of(source.file, token), f"the number is too long (limit {MAX_NUMBER} characters)"
                )
            )
            token = Token.new_borrow_pos("NUMBER", "0", token)

        if newline is not None:
            ends = ";" in newline or (previous and previous.type not in UNFINISHED and kind not in GOES_ON)
            if ends and previous is not None and previous.type not in ("_NL", "LBRACE"):
                yield newline
                previous = newline
                operators = 0
            newline = None
        if pending:
            trivia.docs[token.line or 0] = "\n".join(pending)
            pending = []

        depth += (kind in _OPEN) - (kind in _CLOSE)
        operators += kind in OPERATORS or kind == "IF"
        if depth > MAX_DEPTH or operators > MAX_OPERATORS:
            what = (
                f"brackets nested too deep (limit {MAX_DEPTH})"
                if depth > MAX_DEPTH
                else f"too many operators in one statement (limit {MAX_OPERATORS})"
            )
            findings.add(rules.TOO_COMPLEX.at(span_of(source.file, token), what, "give parts of it a name with `let`"))
            trivia.stopped = True
            break
        previous = token
        yield token
    trivia.file_doc = "\n".join(file_doc)


def _softened(tokens: Iterator[Token], kinds: Container[str]) -> Iterator[Token]:
    """Names made KIND, or what a soft word is called, where they stand for it."""
    previous, first, depth = "_NL", "", 0
    held: Token | None = None  # a word at the start of a statement: the token behind it says what it is
    for token in tokens:
        if held is not None:
            held = _started(held, token, depth)
            yield held
            previous = first = held.type
            held = None
        depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        starts = previous in ("_NL", "LBRACE", "RBRACE", "PRIVATE")
        soft = SOFT.get(token) if token.type == "NAME" else None
        if starts and token.type == "NAME" and (token in kinds or (soft is not None and not soft.inside)):
            held = token
            continue
        if soft is not None and soft.inside and soft.inside == first and previous in soft.after:
            token = Token.new_borrow_pos(soft.terminal, str(token), token)
        first = token.type if starts else first
        previous = token.type
        yield token
    if held is not None:
        yield held


def _started(word: Token, behind: Token, depth: int) -> Token:
    """A word at the start of a statement as what it is there, by the token behind it and the open braces."""
    soft = SOFT.get(word) or Soft("KIND", "")
    if behind.type not in soft.before or (soft.top and depth):
        return word
    return Token.new_borrow_pos(soft.terminal, str(word), word)
