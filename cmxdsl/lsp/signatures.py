"""What a call takes, while it is written."""

from __future__ import annotations

import re

from cmxdsl.lsp.documents import Analysis
from cmxdsl.lsp.hover import typed
from cmxdsl.schema import FUNCTIONS
from cmxdsl.syntax import nodes as n


def signature_at(analysis: Analysis, before: str) -> tuple[str, list[str], str, int] | None:
    """The label, the parameters, the meaning and the active parameter of the call that a line's start is in."""
    depth, active = 0, 0
    for position in range(len(before) - 1, -1, -1):
        char = before[position]
        if char in ")]":
            depth += 1
        elif char in "([":
            if depth == 0:
                break
            depth -= 1
        elif char == "," and depth == 0:
            active += 1
    else:
        return None
    word = re.search(r"(\w+)\s*$", before[:position])
    if word is None or before[position] != "(":
        return None
    name = word[1]
    if name in FUNCTIONS:
        spec = FUNCTIONS[name]
        names = [*spec.takes, *(["in = PART"] if spec.asks else [])]
        return f"{name}({', '.join(names)})", names, spec.meaning, active
    for _, definition in analysis.main.find(name):
        names = typed(definition.parameters)
        return f"{name}({', '.join(names)})", names, definition.doc, active
    lets = [x for x in n.walk(analysis.main.node) if isinstance(x, n.Let) and x.name.text == name]
    for let in (*lets, *(let for _, let in analysis.main.find_lets(name))):
        if let.parameters is not None:
            names = typed(let.parameters)
            return f"{name}({', '.join(names)})", names, let.doc, active
    return None
