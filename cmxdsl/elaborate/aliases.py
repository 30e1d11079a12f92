"""A clash of two used files, put right: one of them gets a name, which is written before all that is taken from it."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.elaborate.project import FileScope, alias_for
from cmxdsl.fixes import Edit, Fix, after, before
from cmxdsl.syntax import nodes as n


def aliases(file: FileScope, name: str) -> Iterator[Fix]:
    """For each used file that has the name: give that file a name of its own."""
    for use, other in file.used:
        items: dict[str, n.Definition | n.Let] = {**other.definitions, **other.lets}
        offered = {word for word, item in items.items() if not item.private}
        if use.alias is not None or name not in offered:
            continue
        alias = alias_for(other.source.file)
        known = offered - {*file.definitions, *file.lets}
        words = [word for word in _first_words(file.node) if word.text in known]
        edits = (Edit(after(use.place), f" as {alias}"), *(Edit(before(word.span), f"{alias}.") for word in words))
        yield Fix(f"Take `{name}` from `{use.module or use.path}`, as `{alias}.{name}`", edits)


def _first_words(root: n.Node) -> Iterator[n.Name]:
    """The names that may be those of definitions and of values at the top of a file."""
    for node in n.walk(root):
        if isinstance(node, n.TypeRef):
            yield node.qualifier or node.name
        elif isinstance(node, n.Call):
            yield node.qualifier or node.function
        elif isinstance(node, n.Path):
            yield node.segments[0].name
