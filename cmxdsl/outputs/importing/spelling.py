"""Pieces of cmx text made of what strangers wrote: no name, text or comment can end before it should."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from fractions import Fraction

from cmxdsl.schema.attributes import attributes_of, groups
from cmxdsl.syntax import keywords

MAX_NAME = 60


def literal(text: str) -> str:
    """A text as a STRING of the language."""
    return '"' + "".join(_ESCAPED.get(c) or (c if _printable(c) else f"\\u{{{ord(c):X}}}") for c in text) + '"'


_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def remark(text: str) -> str:
    """A text for the inside of a comment: one line, nothing that a terminal or an editor would act on."""
    return " ".join("".join(c if _printable(c) else " " for c in text).split())


def _printable(c: str) -> bool:
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def type_name(text: str) -> str:
    """A name for a definition: each word with a capital, `_` between digits of two words."""
    words = re.findall(r"[A-Za-z0-9]+", _ascii(text).replace("+", " Plus "))
    name = ""
    for word in words:
        name += ("_" if name[-1:].isdigit() and word[0].isdigit() else "") + word[0].upper() + word[1:]
    name = name[:MAX_NAME].rstrip("_")
    return name if name and not name[0].isdigit() else f"Part{name}"


def member_name(text: str, kind: str, taken: Container[str], otherwise: str) -> str:
    """A name for a port or an instance of a component of `kind`: that of its attributes is not for others."""
    name = "_".join(re.findall(r"[a-z0-9]+", _ascii(text).lower()))[:MAX_NAME].strip("_")
    if not name or name[0].isdigit():
        name = f"{otherwise}_{name}".rstrip("_")
    if name in keywords() or name in groups(kind) or name in attributes_of(kind):
        name = f"{name}_{otherwise}"
    return free(name, taken)


def free(name: str, taken: Container[str]) -> str:
    """The name, or the first of `name_2`, `name_3`, … that is not taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def number(value: Fraction) -> str:
    """A number that is not negative, exactly where its decimals end, else to ten digits."""
    scaled = value * 10**12
    if scaled.denominator == 1:
        whole, rest = divmod(scaled.numerator, 10**12)
        return f"{whole}.{rest:012d}".rstrip("0").rstrip(".")
    return f"{float(value):.10g}"


def plural(many: int, word: str) -> str:
    return f"{many:,} {word}" + ("" if many == 1 else "s")


__all__ = ["free", "literal", "member_name", "number", "plural", "remark", "type_name"]
