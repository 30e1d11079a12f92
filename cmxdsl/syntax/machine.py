"""The LALR machine: drives the tables over tokens and makes nodes as it reduces, with no tree between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from operator import itemgetter
from typing import Any

from cmxdsl.records import define, field
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.build import Builder, Maker
from cmxdsl.syntax.build_expressions import MAKERS
from cmxdsl.syntax.lexer import Token
from cmxdsl.syntax.tables import NONE, tables

_Pick = Callable[[list[Any]], Any]
_Rule = tuple[int, str, Maker | None, bool, _Pick | None]
_STARTS = frozenset({"_NL", "LBRACE"})


@cache
def _rules() -> tuple[_Rule, ...]:
    """By number: symbols, origin, what makes its node (None for a list), whether it passes one on, what it takes."""
    return tuple(
        (rule.size, rule.origin, MAKERS[rule.name] if rule.name else None, rule.name is None, _pick(rule.taken))
        for rule in tables().rules
    )


def _pick(taken: tuple[int, ...] | None) -> _Pick | None:
    """What a rule takes of its symbols' values, behind which stands a None for all that was left out."""
    if taken is None:
        return None
    if any(k < NONE for k in taken):
        return partial(_spliced, taken)
    if len(taken) > 1:
        return itemgetter(*taken)
    return itemgetter(slice(taken[0], taken[0] + 1 or None) if taken else slice(0))


def _spliced(taken: tuple[int, ...], parts: list[Any]) -> list[Any]:
    given: list[Any] = []
    for k in taken:
        if k >= NONE:
            given.append(parts[k])
        elif given:
            given += parts[-2 - k]
        else:
            given = parts[-2 - k]  # a list that grows at its end is never copied
    return given


_jumps: dict[
    tuple[int, int, str], int
] = {}  # where rules that only pass one node on lead: nine lie around every number


def _jump(below: int, state: int, kind: str) -> int:
    """The state after all rules that only pass on what `state`, on top of `below`, stands for, before a token."""
    known, rules = tables(), _rules()
    at = state
    while (action := known.rows[at].get(kind, 0)) < 0 and rules[-action][3] and rules[-action][0] == 1:
        at = known.gotos[below][rules[-action][1]]
    _jumps[below, state, kind] = at
    return at


def starts(token: Token | None) -> bool:
    """Whether a statement starts behind this token."""
    return token is None or token.type in _STARTS


@define(eq=False)
class Stacks:
    """A parse as far as it has come. The stack is three lists: states, values, and the places that the values fill."""

    builder: Builder
    states: list[int] = field(factory=lambda: [0])
    values: list[Any] = field(factory=lambda: [None])
    places: list[Any] = field(factory=lambda: [None])  # tokens and spans
    previous: Token | None = None
    earlier: Token | None = None  # the one before the previous
    first: Token | None = None  # of the statement
    result: Any = None

    def run(self, tokens: Iterator[Token], heed: bool = True) -> Token | None:  # noqa: C901, PLR0915  one hot loop
        """Take tokens for as long as they fit; the first that does not, or None behind the last one.

        With `heed`, a newline where a brace seems to be missing is handed back too. One loop that calls nothing but
        the makers, since the time of reading a long file goes here.
        """
        known = tables()
        rows, gotos, end, rules, jumps = known.rows, known.gotos, known.end, _rules(), _jumps
        states, values, places = self.states, self.values, self.places
        builder, trivia, file, new = self.builder, self.builder.trivia, self.builder.file, tuple.__new__
        previous, earlier, first = self.previous, self.earlier, self.first
        state, unfit = states[-1], None
        for token in tokens:
            kind = token.type
            if kind == "_NL" and heed and "LBRACE" in rows[state] and self._misses_brace(trivia.ahead, first):
                unfit = token
                break
            while (action := rows[state].get(kind, 0)) < 0:
                size, origin, make, passes, pick = rules[-action]
                if size == 1:
                    if passes:
                        key = (states[-2], state, kind)
                        state = states[-1] = jumps.get(key) or _jump(*key)
                        continue
                    place = places[-1]
                    if place.__class__ is Token:
                        places[-1] = place = new(Span, (file, *place[2:]))
                    if make is not None and pick is None:
                        values[-1] = make(builder, place, values[-1])
                        state = states[-1] = gotos[states[-2]][origin]
                        if state != end:
                            continue
                        self.result = values[-1]
                        return None
                    parts = [values.pop()]
                    del states[-1]
                else:
                    parts = []
                    place = Span(file, 1, 1, 1, 1)
                    if size:
                        left, right = places[-size], places[-1]
                        place = new(Span, (file, left.line, left.column, right.end_line, right.end_column))
                        parts = values[-size:]
                        del states[-size:], values[-size:], places[-size:]
                    places.append(place)
                if pick is not None:
                    parts.append(None)
                    parts = pick(parts)
                values.append(make(builder, place, *parts) if make is not None else parts[0] if passes else parts)
                state = gotos[states[-1]][origin]
                states.append(state)
                if state == end:
                    self.result = values[-1]
                    return None
            if action == 0:
                unfit = token
                break
            states.append(action)
            values.append(token)
            places.append(token)
            state = action
            if previous is None or previous.type in _STARTS:
                first = token
            earlier, previous = previous, token
        self.previous, self.earlier, self.first = previous, earlier, first
        return unfit

    def _misses_brace(self, ahead: Token | None, first: Token | None) -> bool:
        """Whether what follows a newline stands as in a block that nothing opened."""
        if ahead is None or first is None:
            return False
        if ahead.column > first.column:
            return True
        return ahead.type not in tables().rows[0] and ahead.type != "$END" and not self.open_braces()

    def put(self, token: Token) -> None:
        """Take a token that the text does not have; what came before it stays what it was."""
        place = self.previous, self.earlier, self.first
        unfit = self.run(iter((token,)), heed=False)
        assert unfit is None, unfit
        self.previous, self.earlier, self.first = place

    def accepts(self, kind: str) -> bool:
        """Whether a token of this kind could come now: the moves on the states alone, so that nothing is made."""
        known, rules = tables(), _rules()
        stack = list(self.states)
        while (action := known.rows[stack[-1]].get(kind, 0)) < 0:
            size, origin, *_ = rules[-action]
            del stack[len(stack) - size :]
            stack.append(known.gotos[stack[-1]][origin])
            if stack[-1] == known.end:
                return kind == "$END"
        return action > 0

    def expected(self) -> set[str]:
        """The kinds of token that could come now."""
        return {kind for kind in tables().rows[self.states[-1]] if kind != "BROKEN" and self.accepts(kind)}

    def open_braces(self) -> list[Token]:
        """The braces that nothing has closed. (One that is closed stays on the stack until the next token comes.)"""
        found: list[Token] = []
        for value in self.values:
            if isinstance(value, Token) and value.type == "LBRACE":
                found.append(value)
            elif isinstance(value, Token) and value.type == "RBRACE" and found:
                found.pop()
        return found

    def unwind(self) -> tuple[int, list[str]]:
        """Drop what was begun until BROKEN could stand here: how many open braces were dropped, and the words."""
        braces, words, place = 0, list[str](), None
        while "BROKEN" not in tables().rows[self.states[-1]]:
            self.states.pop()
            value, place = self.values.pop(), self.places.pop()
            braces += isinstance(value, Token) and value.type == "LBRACE"
            words += _words(value)
        if place is not None:
            self.builder.forget(place.line, place.column)
        return braces, words


def _words(value: Any) -> list[str]:
    """The names inside a half-built value."""
    found: list[str] = []
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, Token):
            found += [here.text] if here.type in ("NAME", "KIND") else []
        elif isinstance(here, (list, tuple)):
            stack.extend(here)
        elif isinstance(here, n.Node):
            found += [node.text for node in n.walk(here) if isinstance(node, n.Name) and node.text != "in"]
    return found
