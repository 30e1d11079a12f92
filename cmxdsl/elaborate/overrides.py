"""`override`: a variant says so where it replaces an instance, a port or a `let` of its base.

This is a question about the text alone, whatever the parameters: what stands in a branch of an `if` counts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmxdsl.diagnostics import Diagnostic, Related, article, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.arguments import bases
from cmxdsl.elaborate.project import FileScope
from cmxdsl.fixes import Edit, Fix, before
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n

_WORDS: dict[type, str] = {n.Instance: "instance", n.Port: "port", n.Expose: "port", n.Let: "let"}


def override_findings(file: FileScope) -> Iterator[Diagnostic]:
    """What is wrong with the `override`s of a file, and where one is missing."""
    for let in file.node.lets:
        if let.override:
            yield _nothing(file, let, "a `let` at the top of a file has nothing to replace")
    for definition in file.node.definitions:
        above = [base for _, base, _ in bases(file, definition)]
        for node in named(definition.body):
            if node.override and definition.base is None:
                message = f"`{definition.name.text}` is not a variant: there is nothing to replace"
                yield _nothing(file, node, message)
            elif definition.base is not None:
                yield from _against(file, node, definition.base.dotted, above, _lost(definition, above))


def _against(file: FileScope, node: n.Named, base: str, above: list[n.Definition], lost: bool) -> Iterator[Diagnostic]:
    """A statement of a variant against what its bases have."""
    what, name = _WORDS[type(node)], node.name.text
    known = [other for definition in above for other in named(definition.body)]
    same = [other for other in known if other.name.text == name]
    if any(_WORDS[type(other)] == what for other in same):
        if not node.override:
            first = next(other for other in same if _WORDS[type(other)] == what)
            related = [Related(first.name.span, "it replaces this")]
            message = f"`{base}` has {article(what)} `{name}` already"
            fixes = [Fix("Write `override`", (Edit(before(node.span), "override "),))]
            yield rules.NO_OVERRIDE.at(node.span.to(node.name.span), message, "", related, fixes)
    elif node.override and not same and not lost:
        names = {other.name.text for other in known if _WORDS[type(other)] == what}
        message = f"`{base}` has no {what} `{name}` to replace"
        near = nearest(name, names)
        yield rules.OVERRIDES_NOTHING.at(node.name.span, message, near) if near else _nothing(file, node, message)


def _nothing(file: FileScope, node: n.Named, message: str) -> Diagnostic:
    """The finding for a word `override` that can go, with the blanks behind it."""
    word = word_span(node)
    behind = file.source.line(word.line)[word.end_column - 1 :]
    blanks = len(behind) - len(behind.lstrip())
    whole = Span(word.file, word.line, word.column, word.line, word.end_column + blanks)
    return rules.OVERRIDES_NOTHING.at(word, message, fixes=[Fix("Remove `override`", (Edit(whole, ""),))])


def _lost(definition: n.Definition, above: list[n.Definition]) -> bool:
    """Whether a base may have more than can be seen: it was not found, or part of it could not be read."""
    last = above[-1] if above else definition
    return last.base is not None or any(isinstance(node, n.Broken) for base in above for node in n.walk(base))


def word_span(node: n.Named) -> Span:
    """Where the word `override` stands."""
    start = node.span
    return Span(start.file, start.line, start.column, start.line, start.column + len("override"))


def named(statements: Iterable[n.Statement]) -> Iterator[n.Named]:
    """The statements that give something a name, those in the branches of `if`s with them."""
    for statement in statements:
        if isinstance(statement, n.Named):
            yield statement
        elif isinstance(statement, n.If):
            for branch in statement.branches:
                yield from named(branch.body)
            yield from named(statement.otherwise)
