"""The one canonical style: indentation, blanks, alignment. Works on tokens, so no comment or line can be lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from cmxdsl.records import define, field
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.lexer import Token, lex
from cmxdsl.syntax.tokens import GOES_ON, UNFINISHED
from cmxdsl.syntax.words import SOFT

INDENT = 4
MAX_BLANK = 2  # blank lines in a row that are kept
MAX_PADDING = 24  # cells that differ more in width are not aligned

_OPEN, _CLOSE = {"LPAR", "LSQB", "LBRACE"}, {"RPAR", "RSQB", "RBRACE"}
_VALUE_ENDS = {"NAME", "NUMBER", "SIZE", "STRING", "RPAR", "RSQB", "TRUE", "FALSE", "UNKNOWN"}
_TIGHT_AFTER = {"LPAR", "LSQB", "DOT", "DOTS", "BELOW", "CIRCUMFLEX"}
_TIGHT_BEFORE = {"RPAR", "RSQB", "COMMA", "SEMICOLON", "DOT", "DOTS", "BELOW", "COLON", "CIRCUMFLEX"}


@define
class _Line:
    """One line of output in the making."""

    tokens: list[Token]
    depth: int = 0  # braces around it
    goes_on: bool = False  # it continues the statement of the line before
    blank_before: int = 0
    comment: str = ""  # a comment at its end
    kind: str = ""  # lines of one kind that stand together have their cells aligned
    cells: list[str] = field(factory=list)
    anchors: list[str] = field(factory=list)  # what starts each cell but the first


def formatted(text: str) -> str:
    """The text in canonical style. It must be free of syntax errors."""
    lines = list(_lines(text))
    _indent(lines)
    for line in lines:
        _compose(line)
    _align(lines)
    out = []
    for line in lines:
        out += [""] * line.blank_before
        out.append(_indented(line))
    _align_comments(lines, out)
    return "\n".join(text.rstrip() for text in out) + "\n" if out else ""


def _lines(text: str) -> Iterator[_Line]:
    """The tokens by line, newlines dropped, `;` kept as tokens of their own unless it ends a line."""
    current: list[Token] = []
    blank = 0
    started = False
    for token in lex(text):
        if token.type != "_NL":
            current.append(token)
            continue
        for piece in re.findall(r"\r?\n|;", token.text):
            if piece == ";":
                if current:
                    current.append(Token("SEMICOLON", ";"))
                continue
            if current:
                yield _line(current, blank if started else 0)
                current, blank, started = [], 0, True
            else:
                blank = min(MAX_BLANK, blank + 1)
    if current:
        yield _line(current, blank if started else 0)


def _line(tokens: list[Token], blank: int) -> _Line:
    line = _Line(tokens, blank_before=blank)
    while (last := max((k for k, t in enumerate(tokens) if t.type != "COMMENT"), default=-1)) >= 0:
        if tokens[last].type != "SEMICOLON":  # a `;` that ends a line says nothing, comments behind it or not
            break
        del tokens[last]
    if len(tokens) > 1 and tokens[-1].type == "COMMENT" and "\n" not in tokens[-1].text:
        line.comment = tokens.pop().text.rstrip()
    return line


def _indent(lines: list[_Line]) -> None:
    """How deep each line stands, and whether it goes on from the one before."""
    depth = brackets = 0
    previous: Token | None = None
    for line in lines:
        code = [t for t in line.tokens if t.type != "COMMENT"]
        line.depth = depth
        if code:
            leading = 0
            for token in code:
                if token.type != "RBRACE":
                    break
                leading += 1
            line.depth = depth - leading
            first = code[0].type
            joined = previous is not None and (
                previous.type in UNFINISHED - {"LBRACE"} or first in GOES_ON - {"LBRACE"}
            )
            line.goes_on = (brackets > 0 or joined) and first not in ("RPAR", "RSQB", "RBRACE")
            for token in code:
                depth += (token.type == "LBRACE") - (token.type == "RBRACE")
                brackets += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
            previous = code[-1]
        elif brackets > 0:
            line.goes_on = True
        if line.blank_before and code and code[0].type == "RBRACE":
            line.blank_before = 0
    for above, line in pairwise(lines):
        if above.tokens and above.tokens[-1].type == "LBRACE":
            line.blank_before = 0


def _compose(line: _Line) -> None:
    """The line's text, in the cells that a run of such lines is aligned by."""
    tight = brackets = 0
    before: Token | None = None
    previous: Token | None = None
    line.kind = _kind(line.tokens)
    line.cells = [""]
    for token in line.tokens:
        anchor = _anchor(line, token, previous, brackets)
        if anchor:
            line.cells.append(_text(token))
            line.anchors.append(anchor)
        else:
            base = token.type == "COLON" and brackets == 0 and _defines(line.tokens)  # `chip H200 : H100`
            space = previous is not None and (base or _blank(before, previous, token, tight))
            space = space and bool(line.cells[-1])
            line.cells[-1] += " " * space + _text(token)
        tight += (token.type in ("LSQB", "AT")) - (token.type == "RSQB")
        brackets += (token.type in _OPEN) - (token.type in _CLOSE)
        before, previous = previous, token


def _defines(tokens: list[Token]) -> bool:
    """Whether the line starts a definition: a kind and a name."""
    start = 1 if tokens and tokens[0].text == "private" else 0
    return [t.type for t in tokens[start : start + 2]] == ["NAME", "NAME"] and tokens[start].text not in SOFT


def _kind(tokens: list[Token]) -> str:
    """What a line that holds one statement, or its start, is aligned with; nothing for other lines."""
    types = [t.type for t in tokens]
    if tokens and tokens[0].text in ("override", "private") and types[1:2] and types[1] in SOFT[tokens[0].text].before:
        del types[0]
    if "SEMICOLON" in types or not types:
        return ""
    if types[0] in ("EXPECT", "PLACE", "LET", "PORT"):
        return types[0]
    if types[0] == "NAME" and types[1:2] in (["EQUAL"], ["DOT"]):
        return "attribute"
    return "instance" if types[0] == "NAME" and types[1:2] in (["COLON"], ["LSQB"]) else ""


_ANCHORS = {
    "EQUAL": "=",
    "AT": "at",
    "WITHIN": "within",
    "FROM": "source",
    "ESTIMATED": "source",
    "CALIBRATED": "source",
    "FOR": "for",
}


def _anchor(line: _Line, token: Token, previous: Token | None, brackets: int) -> str:
    """What a token starts a new cell as, if it does: outside of brackets, and each kind of cell once."""
    if not line.kind or brackets or previous is None:
        return ""
    if previous.type == "COLON" and "type" not in line.anchors:
        return "type"
    anchor = _ANCHORS.get(token.type, "")
    return "" if anchor in line.anchors or (anchor == "=" and "type" in line.anchors) else anchor


def _text(token: Token) -> str:
    """A token as it is written; a number and its unit with one blank between, none before `%`."""
    if token.type == "COMMENT":
        return token.text.replace("\r\n", "\n").rstrip()
    if token.type == "NUMBER":
        match = re.fullmatch(r"([0-9][0-9_.]*(?:[eE][+-]?[0-9]+(?![A-Za-z]))?)[ \t]*(.*)", token.text)
        assert match is not None
        return match[1] + ("" if match[2] in ("", "%") else " ") + match[2]
    if token.type == "SIZE":
        return re.sub(r"[ \t]+", " ", token.text).replace("×", "x")
    return token.text


def _blank(before: Token | None, left: Token, right: Token, tight: int) -> bool:
    """Whether a blank stands between two tokens; `before` is the one before `left`, `tight` is set in indices."""
    a, b = left.type, right.type
    if b == "COMMENT" or a == "COMMENT":
        return True
    if a in _TIGHT_AFTER or b in _TIGHT_BEFORE:
        return False
    if "STAR" in (a, b) and tight > 0:  # 4*c + q in indices, but a unit would take what stands right behind it
        number = left if b == "STAR" else before
        return number is not None and number.type == "NUMBER" and bool(re.search(r"[A-Za-zµμΩ°%]", number.text))
    if b in ("LSQB", "LPAR"):
        return not (a == "NAME" or (a == "RSQB" and b == "LSQB"))
    sign = a == "MINUS" and (before is None or before.type not in _VALUE_ENDS)
    return not sign or b == "MINUS"  # two signs together would be a link


def _indented(line: _Line) -> str:
    return " " * (INDENT * (line.depth + line.goes_on)) + " ".join(line.cells)


def _align(lines: list[_Line]) -> None:
    """Align the cells of neighbouring lines of one kind and depth, unless they differ much in width."""
    run: list[_Line] = []
    for line in [*lines, None]:
        if run and (line is None or _apart(run[-1], line)):
            _align_from(run, 0)
            run = []
        if line is not None and line.kind and not line.goes_on:
            run.append(line)


def _apart(above: _Line, line: _Line) -> bool:
    return bool(line.blank_before) or line.kind != above.kind or line.depth != above.depth or line.goes_on


def _align_from(run: list[_Line], column: int) -> None:
    """Pad one column of a run, then the next columns of those lines that go on alike."""
    group: list[_Line] = []
    for line in [*run, None]:
        if group and (line is None or not _alike(group, line, column)):
            width = max(len(member.cells[column]) for member in group)
            for member in group:
                member.cells[column] = member.cells[column].ljust(width)
            _align_from(group, column + 1)
            group = []
        if line is not None and len(line.cells) > column + 1:
            group.append(line)


def _alike(group: list[_Line], line: _Line, column: int) -> bool:
    if len(line.cells) <= column + 1 or line.anchors[column] != group[0].anchors[column]:
        return False
    widths = [len(member.cells[column]) for member in (*group, line)]
    return max(widths) - min(widths) <= MAX_PADDING


def _align_comments(lines: list[_Line], out: list[str]) -> None:
    """Put the comments at the ends of neighbouring lines into one column."""
    places: list[int] = []
    position = -1
    for line in lines:
        position += line.blank_before + 1
        places.append(position)
    run: list[tuple[int, str]] = []
    for line, place in zip(lines, places, strict=True):
        if run and (line.blank_before or not line.comment):
            _pad_comments(run, out)
            run = []
        if line.comment:
            run.append((place, line.comment))
    _pad_comments(run, out)


def _pad_comments(run: list[tuple[int, str]], out: list[str]) -> None:
    column = max((len(out[place]) for place, _ in run), default=0) + 2
    for place, comment in run:
        out[place] = out[place].ljust(column) + comment


# --- sameness ---------------------------------------------------------------------------------------------


def meaning(node: Any) -> Any:
    """A node without what formatting may change: places, and how a number is spelled."""
    if isinstance(node, n.Node):
        names = (name for name in type(node).fields if name != "text" or not isinstance(node, n.Number))
        values = (getattr(node, name) for name in names)
        return (type(node).__name__, *(meaning(value) for value in values if not isinstance(value, Span)))
    if isinstance(node, tuple):
        return tuple(meaning(item) for item in node)
    if isinstance(node, str):
        return node.replace("\r\n", "\n").rstrip()
    return node
