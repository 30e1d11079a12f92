"""The parser's tables: Lark makes them from the grammar, once; what is kept as JSON is all that a start needs.

Imports nothing of the package, since the build of the wheel runs it alone.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import cache
from itertools import groupby
from os import getpid
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("tables.json")
KEPT = frozenset({"COMMENT", "OPEN_STRING", "OPEN_COMMENT", "STRAY"})  # no rule uses them; the token filter does
FIXED = "FIXED"  # starts the names of groups of fixed texts
NONE = -1  # in what a rule takes: a part that may be left out, and was


class Production(NamedTuple):
    """A rule of the grammar.

    `name` is what the rule makes: a node by that name, the one value it takes (`None`), or a list of those that it
    takes (empty: a repetition, which the rule around it takes apart). `taken` are the symbols whose values count: `k`
    the k-th, `NONE` one left out, `-2 - k` each of the list that the k-th is; None stands for all as they are.
    """

    origin: str
    size: int
    name: str | None
    taken: tuple[int, ...] | None


class Tables(NamedTuple):
    """What drives the parser. A state's row has, for a kind of token, the state to go to, or minus a rule's number.

    A parse starts in state 0, to which no token leads, and ends in `end`.
    """

    pattern: re.Pattern[str]  # all terminals, a named group each, behind white space; the end has no name
    words: dict[str, dict[str, str]]  # by terminal: the texts of it that are terminals of their own
    ignored: frozenset[str]  # the terminals that say nothing
    lined: frozenset[str]  # the terminals that can hold a newline
    rows: list[dict[str, int]]
    gotos: list[dict[str, int]]  # by state and rule's origin
    rules: list[Production]  # from 1
    end: int


class _Keep:
    """Asks Lark to lex the terminals that no rule uses."""

    always_accept = KEPT

    def process(self, stream: Any) -> Any:
        return stream


OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "basic",
    "propagate_positions": True,
    "maybe_placeholders": True,
    "postlex": _Keep(),
}


def lark(grammar: str) -> Any:
    """Lark's own parser of the grammar."""
    from lark import Lark

    return Lark(grammar, **OPTIONS)


def compile_tables(grammar: str) -> str:
    """The tables of `grammar` as JSON text."""
    from lark.parsers.lalr_analysis import Shift

    parser = lark(grammar)
    lexer = parser._build_lexer()
    scanner = lexer.scanner
    blank, groups, fixed = _groups(scanner.terminals, lexer.ignore_types)
    words = {
        name: {t.pattern.value: t.name for t in callback.scanner.terminals} for name, callback in lexer.callback.items()
    }
    words.update(fixed)
    numbers = {rule: k for k, rule in enumerate(parser.rules, 1)}
    origins = {rule.origin.name for rule in parser.rules}
    table = parser.parser.parser._parse_table
    (start,), (end,) = table.start_states.values(), table.end_states.values()
    order = {start: 0}  # Lark's numbers differ from run to run
    for state in (states := [start]):
        for _, (action, to) in sorted(table.states[state].items()):
            if action is Shift and to not in order:
                order[to] = len(order)
                states.append(to)
    rows: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in states:
        row = {
            symbol: order[to] if action is Shift else -numbers[to]
            for symbol, (action, to) in sorted(table.states[state].items())
        }
        rows.append({symbol: to for symbol, to in row.items() if symbol not in origins})
        gotos.append({symbol: to for symbol, to in row.items() if symbol in origins})
    content = {
        "grammar": grammar,
        "pattern": f"(?:{blank})?+(?:{'|'.join(groups)}|\\Z)",
        "words": words,
        "ignored": sorted(lexer.ignore_types),
        "lined": sorted(lexer.newline_types),
        "rows": rows,
        "gotos": gotos,
        "rules": [_rule(rule) for rule in parser.rules],
        "end": order[end],
    }
    return json.dumps(content, separators=(",", ":"))


def _groups(terminals: list[Any], ignored: frozenset[str]) -> tuple[str, list[str], dict[str, dict[str, str]]]:
    """What is blank, and Lark's terminals in Lark's order, as groups of one expression.

    Texts that stand next to each other in that order are one group, and told apart by their text: a terminal that does
    not match costs least there. The blank terminal with the longest matches goes ahead of all, which changes nothing as
    long as nothing else starts with one of its characters; others are dropped as they come.
    """
    blank = next(t for t in terminals if t.name in ignored)
    groups: list[str] = []
    fixed: dict[str, dict[str, str]] = {}
    for plain, run in groupby((t for t in terminals if t is not blank), lambda t: t.pattern.type == "str"):
        if plain:
            texts = {t.pattern.value: t.name for t in run}
            name = f"{FIXED}{len(fixed)}"
            fixed[name] = texts
            groups.append(f"(?P<{name}>{'|'.join(re.escape(text) for text in texts)})")
        else:
            groups += [f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in run]
    return blank.pattern.to_regexp(), groups, fixed


def _rule(rule: Any) -> tuple[Any, ...]:
    """A rule of Lark's as one of ours: Lark leaves out the tokens that only punctuate, and says where options were not
    taken (`empty_indices`)."""
    gaps = "".join(str(int(b)) for b in rule.options.empty_indices or [False] * len(rule.expansion)).split("0")
    taken: list[int] = []
    for k, symbol in enumerate(rule.expansion):
        taken += [NONE] * len(gaps[k])
        if not (symbol.is_term and symbol.filter_out):
            taken.append(-2 - k if symbol.name.startswith("_") and not symbol.is_term else k)
    taken += [NONE] * (len(gaps[-1]) if rule.options.empty_indices else 0)
    origin = rule.origin.name
    name = rule.alias or ("" if origin.startswith("_") else origin)
    if rule.options.expand1 and not rule.alias:
        assert len(taken) == 1 and taken[0] >= 0, rule  # a rule that may pass one value on always does
        name = None
    whole = taken == list(range(len(rule.expansion)))
    return origin, len(rule.expansion), name, None if whole else taken


def restored(text: str, grammar: str) -> Tables | None:
    """The tables from `text`, or None when they were made from another grammar."""
    content = json.loads(text)
    if content.get("grammar") != grammar:
        return None
    return Tables(
        re.compile(content["pattern"]),
        content["words"],
        frozenset(content["ignored"]),
        frozenset(content["lined"]),
        [{intern(kind): action for kind, action in row.items()} for row in content["rows"]],
        content["gotos"],
        [
            Production("", 0, "", ()),
            *(Production(o, s, n, t if t is None else tuple(t)) for o, s, n, t in content["rules"]),
        ],
        content["end"],
    )


def compiled() -> Tables | None:
    """The tables that were made when the package was built, where they fit its grammar."""
    return restored(_FILE.read_text("utf-8"), grammar_text()) if _FILE.is_file() else None


@cache
def tables() -> Tables:
    """The tables of the package's grammar. In a checkout whose grammar has changed they are made anew, and kept."""
    if (known := compiled()) is None:
        grammar = grammar_text()
        text = compile_tables(grammar)
        known = restored(text, grammar)
        assert known is not None
        with suppress(OSError):  # a checkout that cannot be written to: half a second more at each start
            fresh = _FILE.with_suffix(f".{getpid()}")
            fresh.write_text(text, "utf-8")
            fresh.replace(_FILE)
    return known


def grammar_text() -> str:
    """The grammar, from the installed package or from the source tree."""
    package = Path(__file__).parents[1]
    packaged = package / "grammar" / "cmx.lark"
    return (packaged if packaged.is_file() else package.parent / "grammar" / "cmx.lark").read_text(encoding="utf-8")
