"""The soft words: words of the language in one place, and plain names in all others. A new one is a new row.

The reserved words are the grammar's own (`parser.keywords`).
"""

from __future__ import annotations

from cmxdsl.records import frozen


@frozen
class Soft:
    """A soft word becomes `terminal` where it stands so.

    `inside` is the terminal that its statement starts with, and empty for a word that starts one itself; then a token
    of a kind in `before` follows it on its line, and with `top` the statement is outside of all braces. `after` are the
    kinds of token that a word inside a statement follows; `inside` is `ANY` where these alone say enough.
    """

    terminal: str
    meaning: str
    inside: str = ""
    before: frozenset[str] = frozenset({"NAME"})
    after: frozenset[str] = frozenset()
    top: bool = False


ANY = "any statement"
AFTER_NUMBERS = frozenset({"step"})  # names that may follow a number, and so are no units

SOFT: dict[str, Soft] = {
    "view": Soft("VIEW", "keeps a picture with the design"),
    "study": Soft("STUDY", "asks a design for many values of its parameters, and for the best"),
    "run": Soft("RUN", "places a training or a serving of a model on chips"),
    "override": Soft("OVERRIDE", "replaces what the base of a variant has", before=frozenset({"NAME", "PORT", "LET"})),
    "private": Soft(
        "PRIVATE", "a definition or a value that other files cannot see", before=frozenset({"NAME", "LET"}), top=True
    ),
    "plane": Soft("PLANE", "a network plane of your own", top=True),
    "attribute": Soft("ATTRIBUTE", "an attribute of your own, checked like the others", top=True),
    "test": Soft("TEST", "parts put together to try them, by `cmx test`", before=frozenset({"STRING"}), top=True),
    "finds": Soft("FINDS", "a finding that a test expects"),
    "as": Soft("AS", "the name that a used file goes by here", "USE", after=frozenset({"NAME", "STRING"})),
    "of": Soft("OF", "the kinds that have the attribute", "ATTRIBUTE", after=frozenset({"NAME"})),
    "to": Soft("TO", "what a guess was fitted to", ANY, after=frozenset({"CALIBRATED"})),
    "adds": Soft("ADDS", "the attribute adds up over a design", "ATTRIBUTE", after=frozenset({"STRING"})),
}
