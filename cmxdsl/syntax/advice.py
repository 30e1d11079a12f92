"""What was probably meant where the text does not follow the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from cmxdsl.diagnostics import listing, nearest
from cmxdsl.fixes import Confidence, Edit, Fix, Help, before
from cmxdsl.records import frozen
from cmxdsl.source import Source, Span
from cmxdsl.syntax.lexer import Token
from cmxdsl.syntax.machine import starts

SAFE = Confidence.SAFE


@frozen
class Stuck:
    """Where the parser could not go on: the token, the two before it, and what it would have taken instead."""

    source: Source
    token: Token
    previous: Token | None
    earlier: Token | None
    accepts: Callable[[str], bool]
    inside: bool  # some brace is open
    kinds: Collection[str]
    keywords: Collection[str]
    clauses: Collection[str]  # the keywords that could come next
    at_top: Collection[str]  # the words that start something at the top of a file
    within: Collection[str]  # and in a component
    whole: bool  # the statement is complete, and the token starts another one

    @property
    def word(self) -> str:
        return self.token.text

    def span(self, token: Token) -> Span:
        return token.span(self.source.file)

    @property
    def here(self) -> Span:
        return self.span(self.token)

    def starts(self) -> bool:
        """Whether a statement starts at the token."""
        return starts(self.previous)

    def behind(self, token: Token) -> str:
        """The rest of a token's line, from its start."""
        return self.source.line(token.line)[token.column - 1 :]


def advice(place: Stuck) -> Help:
    """What to write; false when nothing is known."""
    return next((help for find in _ADVICE for help in find(place) if help), Help())


def _between(one: Span, other: Span, text: str) -> Edit:
    """An edit of what stands between two spans."""
    return Edit(Span(one.file, one.end_line, one.end_column, other.line, other.column), text)


# --- other languages --------------------------------------------------------------------------------------

_IMPORTS = {"import", "include", "from", "using"}
_USE = 'a file or a module of the library is brought in with `use "parts.cmx"`, `use std.nvidia`'


def _imported(p: Stuck) -> Iterator[Help]:
    if p.starts() and not p.inside and p.word in _IMPORTS:
        plain = re.match(r'(?:import|include|using)\s+("[^"]*"|std\.\w+)\s*;?\s*(//.*)?$', p.behind(p.token))
        yield Help(_USE, (Fix("Change to `use`", (Edit(p.here, "use"),), SAFE),) if plain else ())


def _constant(p: Stuck) -> Iterator[Help]:
    """`const n = 3`: a name at the top of a file stops the parser, inside a component the name behind it does."""
    word = p.token if p.starts() else p.previous if starts(p.earlier) else None
    found = re.match(r"(?:const|var|val|auto|set)\s+(\w+)\s*=[^=]", p.behind(word)) if word is not None else None
    if found and word is not None:
        fix = Fix("Change to `let`", (Edit(p.span(word), "let"),), SAFE)
        yield Help(f"a value is named with `let`: `let {found[1]} = …`", (fix,))


def _loop(p: Stuck) -> Iterator[Help]:
    line = p.source.line(p.here.line)[: p.here.column - 1]
    if p.token.type == "LBRACE" and re.match(r"\s*for\b", line):
        yield Help("a range comes after its statement: `link a[i].p -- b[i].p for i in 0..3`")


def _range_call(p: Stuck) -> Iterator[Help]:
    """`for i in range(14)`."""
    if p.previous is None or p.previous.type != "RPAR" or not p.accepts("DOTS"):
        return
    line = p.source.line(p.previous.line)
    found = re.search(r"\brange\s*\(([^()]*)\)$", line[: p.previous.end_column - 1])
    parts = [part.strip() for part in found[1].split(",")] if found else []
    if found is None or len(parts) not in (1, 2) or not all(parts):
        return
    low, stop = ("0", *parts)[-2:]
    high = str(int(stop) - 1) if stop.isdigit() and int(stop) else f"{stop} - 1"
    span = Span(p.source.file, p.previous.line, found.start() + 1, p.previous.line, found.end() + 1)
    fix = Fix(f"Change to `{low}..{high}`", (Edit(span, f"{low}..{high}"),), SAFE)
    yield Help(f"a range is written with both its ends: `{low}..{high}`", (fix,))


def _coordinate(p: Stuck) -> Iterator[Help]:
    """`at U3`, `at row=3`."""
    axis = p.previous
    if axis is None or p.earlier is None or p.earlier.type not in ("AT", "COMMA") or axis.type != "NAME":
        return
    if not p.accepts("NUMBER"):
        return
    if p.token.type == "EQUAL":
        yield Help(
            f"a coordinate has no `=`: `{axis} …`",
            (Fix("Remove `=`", (Edit(Span(*_spaced(p)), " "),), SAFE),),
        )
    joined = re.fullmatch(r"([A-Za-z]+)(\d+)", axis.text)
    if joined:
        text = f"{joined[1]} {joined[2]}"
        yield Help(f"did you mean `{text}`?", (Fix(f"Change to `{text}`", (Edit(p.span(axis), text),), SAFE),))


def _spaced(p: Stuck) -> tuple[str, int, int, int, int]:
    """The token with the blanks around it."""
    here, line = p.here, p.source.line(p.here.line)
    start, end = here.column - 1, here.end_column - 1
    while start and line[start - 1] in " \t":
        start -= 1
    while end < len(line) and line[end] in " \t":
        end += 1
    return here.file, here.line, start + 1, here.line, end + 1


def _power(p: Stuck) -> Iterator[Help]:
    if p.token.type == "STAR" and p.previous is not None and p.previous.type == "STAR":
        both = p.span(p.previous).to(p.here)
        yield Help("a power is written `^`", (Fix("Change to `^`", (Edit(both, "^"),), SAFE),))


def _minus_minus(p: Stuck) -> Iterator[Help]:
    if p.token.type == "LINK_OP" and p.accepts("MINUS"):
        fix = Fix("Change to `- -`", (Edit(Span(*_spaced(p)), " - -"),), SAFE)
        yield Help("`--` joins the two ends of a link; a negative number is subtracted with `- -`", (fix,))


def _product(p: Stuck) -> Iterator[Help]:
    """`2 x n`: the lexer takes `x` for the number's unit."""
    number = p.previous
    if number is None or number.type != "NUMBER" or p.token.type not in ("NAME", "LPAR"):
        return
    found = re.fullmatch(r"([0-9_.]+)[ \t]*([x×])", number.text)
    if found:
        column = number.column + found.start(2)
        sign = Span(p.source.file, number.line, column, number.line, column + 1)
        text = f"{found[1]} * {p.word}"
        space = "" if number.text[found.start(2) - 1] == " " else " "
        yield Help(f"a product is written `*`: `{text}`", (Fix("Change to `*`", (Edit(sign, space + "*"),), SAFE),))


# --- statements -------------------------------------------------------------------------------------------


def _next_statement(p: Stuck) -> Iterator[Help]:
    if p.whole:
        fix = Fix("Put `;` before it", (Edit(before(p.here), "; "),))
        yield Help(f"`{p.word}` starts a new statement: put it on a line of its own, or `;` before it", (fix,))


def _words(p: Stuck) -> Iterator[Help]:
    word, previous = p.word, p.previous
    if p.token.type == "KIND":
        yield Help("definitions are written at the top of a file, not inside each other")
    if p.token.type == "COMMA" and previous is not None and previous.type == "NUMBER":
        yield Help("thousands are marked with `_`: `26_000`")
    if p.token.type == "_NL" and p.accepts("WITHIN") and p.accepts("FROM"):
        yield Help('a published figure names its source: `from "…"`')
    if word in p.keywords:
        yield Help(f"`{word}` is a word of the language and cannot be a name")
    if p.token.type != "NAME":
        return
    if p.starts():
        if word in p.kinds:
            yield Help(f"a name follows `{word}`: a letter, then letters, digits and `_`")
        else:
            yield nearest(word, [*p.kinds, *p.clauses])
        return
    yield nearest(word, p.clauses)
    if starts(p.earlier) and previous is not None and previous.type == "NAME" and previous.line == p.token.line:
        yield nearest(previous.text, [*p.kinds, *({*p.at_top, *p.within} - {"KIND"})]).on(p.span(previous))


def _forms(p: Stuck) -> Iterator[Help]:
    """How what seems to be meant is written."""
    previous, earlier, word = p.previous, p.earlier, p.word
    if p.starts():
        if p.inside:
            words = ", ".join(f"`{word}`" for word in sorted(p.within))
            yield Help(f"a statement starts with a name, or with {words}")
        else:
            yield Help(f"a definition starts with its kind: {listing(f'`{k}`' for k in p.kinds)}")
        return
    assert previous is not None
    if p.accepts("LINK_OP"):
        arrow = re.match(r"<?-+>|<-+|<?=>|-", p.behind(p.token))
        if arrow and word in ("-", "<", "<="):
            span = Span(p.here.file, p.here.line, p.here.column, p.here.line, p.here.column + arrow.end())
            fix = Fix("Change to `--`", (Edit(span, "--"),), SAFE)
            yield Help("`--` is written between the two ends of a link; it has no direction", (fix,))
        ends = (Fix("Add `--`", (Edit(before(p.here), "-- "),)),) if p.token.type == "NAME" else ()
        yield Help("`--` is written between the two ends of a link", ends)
    if previous.type == "EQUAL" and p.token.type == "LBRACE" and earlier is not None:
        fix = Fix("Remove `=`", (_between(p.span(earlier), p.here, " "),), SAFE)
        yield Help(f"a group has no `=`: `{earlier} {{ … }}`", (fix,))
    if previous.type == "COLON" and p.token.type == "LSQB":
        yield _size_behind(p, previous)
    if p.token.type == "NUMBER" and p.accepts("LSQB"):
        size = Edit(
            Span(p.here.file, p.span(previous).end_line, p.span(previous).end_column, p.here.line, p.here.end_column),
            f"[{word}]",
        )
        yield Help(f"the size of an array is in brackets: `{previous}[{word}]`", (Fix(f"Write `[{word}]`", (size,)),))
    if starts(earlier) and p.accepts("EQUAL"):
        if p.token.type in ("STRING", "NUMBER"):
            fix = Fix("Add `=`", (_between(p.span(previous), p.here, " = "),), SAFE)
            yield Help(f"an attribute is written `{previous} = {word}`", (fix,))
        yield Help(f"a part is written `{word}: {previous}`, an attribute `{previous} = {word}`")
    if p.accepts("NUMBER"):
        yield Help('a value is a number with its unit, a text in `"`, a name, or computed from such')


def _size_behind(p: Stuck, colon: Token) -> Help:
    """`a: [3] A` as `a[3]: A`."""
    found = re.match(r":\s*(\[[^\[\]\n]*\])\s*(?=[A-Za-z])", p.behind(colon))
    help = f"an array's size is written after its name: `{p.earlier}[…]: …`"
    if found is None:
        return Help(help)
    start = p.span(colon)
    whole = Span(start.file, start.line, start.column, start.line, start.column + found.end())
    return Help(help, (Fix(f"Write `{p.earlier}{found[1]}: …`", (Edit(whole, f"{found[1]}: "),), SAFE),))


_ADVICE = (
    _imported,
    _constant,
    _loop,
    _range_call,
    _coordinate,
    _power,
    _minus_minus,
    _product,
    _next_statement,
    _words,
    _forms,
)
