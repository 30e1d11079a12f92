"""The parts of the library, for those who choose among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import Project, elaborate
from cmxdsl.elaborate.packages import LibraryFault
from cmxdsl.model import Component
from cmxdsl.records import evolve, frozen
from cmxdsl.schema import KINDS
from cmxdsl.source import Source

_SHAPES = "std.topologies"  # its endpoints and routers are shapes, not parts


@frozen
class Part:
    """A definition of a library, with its parameters' defaults: its module, its parameters as written there, and the
    definitions that are variants of it."""

    module: str
    component: Component
    parameters: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """What it is listed under: its role, else its kind; a network by name is a `topology`."""
        if self.module == _SHAPES:
            return "topology"
        return self.component.text("role") or self.component.kind


def library_parts(root: Path | None = None, faults: list[LibraryFault] | None = None) -> tuple[Part, ...]:
    """Every part, protocol and topology of the library and, with `root`, of the libraries that the project there
    allows, by module and then as written there. What keeps a library from being read goes to `faults`."""
    project = Project(root or Path(), Findings())
    modules = project.modules(faults) if root is not None else [m for m in project.modules() if m.startswith("std.")]
    main = project.add("<parts>", Source("<parts>", "".join(f"use {m}\n" for m in modules)), None)
    project.follow_uses()
    found: list[Part] = []
    for use, scope in main.used:
        module = use.module
        for component in elaborate(project, scope).roots:
            node = scope.definitions[component.name]
            if _listed(module, component) and not node.private:
                parameters = tuple(scope.source.between(p.span) for p in node.parameters)
                found.append(Part(module, component, parameters))
    return tuple(evolve(p, variants=_variants(p, found)) for p in found)


def _listed(module: str, component: Component) -> bool:
    if module == _SHAPES:
        return component.kind == "system"
    return KINDS[component.kind].part or component.kind == "protocol"


def _variants(part: Part, parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(p.component.name for p in parts if p.component.bases[:1] == (part.component.name,))


def speakers(part: Part, parts: Iterable[Part]) -> tuple[str, ...]:
    """The parts with ports that speak a protocol."""
    return tuple(
        p.component.name
        for p in parts
        if any(port.protocol.name == part.component.name for port in p.component.ports.values())
    )


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
    said = (
        component.kind,
        component.text("role"),
        component.text("vendor"),
        component.text("description"),
        component.doc,
        part.module.replace(".", " "),
        part.group,
    )
    begins = any(w.startswith(word) for text in said for w in text.casefold().replace("-", " ").split())
    return word in component.name.casefold() or begins
