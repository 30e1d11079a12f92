"""`plane` and `attribute` at the top of a file: words that the schema does not have, seen wherever the file is used.

A word means one thing in a whole design, since planes and attributes of all its files meet in its totals.
"""

from __future__ import annotations

from collections.abc import Container

from cmxdsl.diagnostics import Related, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.project import FileScope, Project
from cmxdsl.elaborate.values import EXTENSION
from cmxdsl.schema import BY_NAME, KINDS, PLANES, AttributeSpec, Vocabulary, extended, own_attribute
from cmxdsl.syntax import nodes as n
from cmxdsl.units.dimension import NAMES, PRICES
from cmxdsl.units.scales import DIFFERENCES, POINTS

# What a declared attribute can be, as one word: `failure_rate` for the dimension that messages call `failure rate`.
TYPES: dict[str, str] = {
    name.replace(" ", "_"): name for name in ("text", "flag", "count", "size", *PRICES, *NAMES, *POINTS, *DIFFERENCES)
}
_NO_SUM = {"text", "flag", "size", *POINTS}


def declare_words(project: Project) -> Vocabulary:
    """The words of a whole design; each file is given those that it sees, and what is wrong is reported."""
    first: dict[str, n.Declared | n.Plane] = {}
    planes: dict[FileScope, dict[str, str]] = {}
    attributes: dict[FileScope, dict[str, AttributeSpec]] = {}
    for scope in project.scopes.values():
        planes[scope], attributes[scope] = {}, {}
        for node in scope.node.items:
            if isinstance(node, n.Plane) and _is_new(project, first, node, "plane", PLANES):
                planes[scope][node.dotted] = node.meaning
            elif isinstance(node, n.Declared):
                row = _row(project, node)
                if _is_new(project, first, node, "attribute", BY_NAME) and row is not None:
                    attributes[scope][row.name] = row
    for scope in project.scopes.values():
        seen = (scope, *(used for _, used in scope.used))
        scope.vocabulary = extended(
            {name: meaning for s in seen for name, meaning in planes[s].items()},
            {name: row for s in seen for name, row in attributes[s].items()},
        )
    return extended(
        {name: meaning for own in planes.values() for name, meaning in own.items()},
        {name: row for own in attributes.values() for name, row in own.items()},
    )


def _is_new(
    project: Project,
    first: dict[str, n.Declared | n.Plane],
    node: n.Declared | n.Plane,
    what: str,
    known: Container[str],
) -> bool:
    """Whether no other declaration has the word; reported where one does."""
    word, span = node.dotted, node.at
    key = f"{what} {word}"
    if word in known:
        message = f"`{word}` is {'a plane' if what == 'plane' else 'an attribute'} of the language already"
        project.findings.add(rules.DUPLICATE.at(span, message, "give it another name"))
    elif key in first:
        related = [Related(first[key].at, "first declared here")]
        help = "declare it in one file, and `use` that in the others"
        project.findings.add(rules.DUPLICATE.at(span, f"`{word}` is declared twice in this design", help, related))
    else:
        first[key] = node
        return True
    return False


def _row(project: Project, node: n.Declared) -> AttributeSpec | None:
    """The attribute as a row of the schema; each part of its kinds is expected to state it. None after an error."""
    findings, name, fine = project.findings, node.dotted, True
    type_ = TYPES.get(node.type.text)
    if type_ is None:
        fix = nearest(node.type.text, TYPES) or "such as `power`, `money`, `count` or `text`"
        findings.add(rules.UNKNOWN_TYPE.at(node.type.span, f"unknown attribute type `{node.type.text}`", fix))
        fine = False
    for kind in node.kinds:
        if kind.text not in KINDS:
            fix = nearest(kind.text, KINDS) or f"the kinds are {', '.join(KINDS)}"
            findings.add(rules.UNKNOWN_KIND.at(kind.span, f"there is no kind `{kind.text}`", fix))
            fine = False
    head = name.partition(".")[0]
    if name.startswith(EXTENSION):
        message, help = "what starts with `x.` needs no declaration", "leave `x.` out, and it is checked"
        findings.add(rules.UNDECLARABLE.at(node.at, message, help))
        fine = False
    elif (head in BY_NAME and head != name) or any(other.startswith(name + ".") for other in BY_NAME):
        message = f"`{head}` is {'an attribute' if head in BY_NAME else 'a group'} of the language, and cannot be both"
        findings.add(rules.UNDECLARABLE.at(node.at, message, "give it another name"))
        fine = False
    if node.adds and type_ in _NO_SUM:
        message = f"`{name}` cannot add up: it is a {type_}"
        findings.add(rules.UNDECLARABLE.at(node.at, message, "remove `adds`"))
        fine = False
    if not fine or type_ is None:
        return None
    return own_attribute(name, type_, tuple(kind.text for kind in node.kinds), node.meaning, node.adds)
