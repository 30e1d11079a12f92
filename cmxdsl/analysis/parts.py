"""The parts of the library, for those who choose among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import Project, elaborate
from cmxdsl.elaborate.library import std_modules
from cmxdsl.model import Component
from cmxdsl.schema import KINDS
from cmxdsl.source import Source

_SHAPES = "topologies"  # its endpoints and routers are shapes, not parts


@frozen
class Part:
    """A definition of the library, with its parameters' defaults, and the module that has it."""

    module: str
    component: Component


def library_parts() -> tuple[Part, ...]:
    """Every part of the library, by module and then as written there."""
    from pathlib import Path

    modules = [m for m in std_modules() if m != _SHAPES]
    project = Project(Path.cwd(), Findings())
    project.add("<parts>", Source("<parts>", "".join(f"use std.{m}\n" for m in modules)), None)
    project.follow_uses()
    found = []
    for module in modules:
        for component in elaborate(project, project.scopes[f"std/{module}.cmx"]).roots:
            if KINDS[component.kind].part:
                found.append(Part(module, component))
    return tuple(found)


def matching(parts: Iterable[Part], searches: Sequence[str]) -> tuple[Part, ...]:
    """What the searches find, in their order: the part of that very name, else those of which each word of the search
    stands in the name, or begins a word of what is said of it."""
    parts = tuple(parts)
    found: dict[Part, None] = {} if searches else dict.fromkeys(parts)
    for search in searches:
        named = [p for p in parts if p.component.name.casefold() == search.casefold()]
        words = search.casefold().split()
        found.update(dict.fromkeys(named or (p for p in parts if all(_has(p, word) for word in words))))
    return tuple(found)


def _has(part: Part, word: str) -> bool:
    component = part.component
    said = (component.kind, component.text("role"), component.text("vendor"), component.text("description"),
            component.doc, part.module)  # fmt: skip
    begins = any(w.startswith(word) for text in said for w in text.casefold().replace("-", " ").split())
    return word in component.name.casefold() or begins
