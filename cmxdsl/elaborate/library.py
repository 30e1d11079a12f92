"""The library that comes with the tool: its modules, and what each defines."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "library"


def std_modules() -> list[str]:
    """The modules of the library."""
    return sorted(p.stem for p in _FOLDER.glob("*.cmx"))


def module_text(module: str) -> str:
    """The text of a module."""
    return (_FOLDER / f"{module}.cmx").read_text(encoding="utf-8")


def module_file(shown: str) -> Path | None:
    """The file of the module that spans call `shown` (`std/nvidia.cmx`); None where that is no module's name."""
    head, _, name = shown.partition("/")
    return _FOLDER / name if head == "std" and name.removesuffix(".cmx") in std_modules() else None


def library_mend(name: str) -> str:
    """How to use the definition of the library that has this name, however written; nothing when none has."""
    for known, module in library_names().items():
        if known.casefold() == name.casefold():
            return f"add `use std.{module}`" if known == name else f"did you mean `{known}`, of `std.{module}`?"
    return ""


@cache
def library_names() -> dict[str, str]:
    """The module of every definition of the library, read off the starts of its lines."""
    names: dict[str, str] = {}
    for module in std_modules():
        names |= dict.fromkeys(re.findall(r"^[a-z]+ ([A-Z]\w*)", module_text(module), re.MULTILINE), module)
    return names
