"""The library that comes with the tool: its modules, and what each defines."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from cmxdsl.diagnostics import Findings
from cmxdsl.fixes import Confidence, Edit, Fix, Help
from cmxdsl.schema import KINDS
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse
from cmxdsl.syntax.fixes import used

_FOLDER = Path(__file__).parents[1] / "library"


def std_modules() -> list[str]:
    """The modules of the library."""
    return sorted(p.stem for p in _FOLDER.glob("*.cmx"))


def module_file(module: str) -> Path:
    """The file of a module."""
    return _FOLDER / f"{module}.cmx"


def module_text(module: str) -> str:
    """The text of a module."""
    return module_file(module).read_text(encoding="utf-8")


@cache
def module_node(key: str, module: str) -> tuple[Source, n.File]:
    """A module read: once in a process, for all the files that use it. A test holds the library to have no mistake."""
    source, findings = Source(key, module_text(module)), Findings()
    node = parse(source, KINDS, findings)
    assert not findings.items
    return source, node


def library_help(name: str, span: Span, source: Source, file: n.File) -> Help:
    """How a file can use the definition of the library that has this name, however written; nothing when none has."""
    for known, module in library_names().items():
        if known == name:
            return Help(f"add `use std.{module}`", (used(source, file, f"std.{module}", Confidence.SAFE),))
        if known.casefold() == name.casefold():
            use = used(source, file, f"std.{module}")
            fix = Fix(f"Change to `{known}`, and add `use std.{module}`", (*use.edits, Edit(span, known)))
            return Help(f"did you mean `{known}`, of `std.{module}`?", (fix,))
    return Help()


@cache
def library_names() -> dict[str, str]:
    """The module of every definition of the library, read off the starts of its lines."""
    names: dict[str, str] = {}
    for module in std_modules():
        names |= dict.fromkeys(re.findall(r"^[a-z]+ ([A-Z]\w*)", module_text(module), re.MULTILINE), module)
    return names
