"""The validator: every check, and the catalogue of every rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType

from cmxdsl.checks import floor, light, links, media, power, power_tree, racks, requirements, unused, work
from cmxdsl.checks.registry import Check, Context, Per, not_decided
from cmxdsl.diagnostics import Diagnostic, Findings, Rule, Severity
from cmxdsl.elaborate import Elaborated
from cmxdsl.elaborate import rules as meaning_rules
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, descendants
from cmxdsl.syntax import rules as text_rules

_CHECKS: tuple[ModuleType, ...] = (links, media, light, racks, floor, power, power_tree, work, unused, requirements)


@cache
def all_checks() -> tuple[Check, ...]:
    """Every function marked with `@check`."""
    return tuple(f for module in _CHECKS for f in vars(module).values() if hasattr(f, "rules"))


@cache
def catalogue() -> dict[str, Rule]:
    """Every rule by its code, in order."""
    modules = (text_rules, meaning_rules, *_CHECKS)
    found = {r.code: r for module in modules for r in vars(module).values() if isinstance(r, Rule)}
    return dict(sorted(found.items()))


def run(design: Elaborated, findings: Findings, whole_file: bool = True, errors: bool = False) -> None:
    """Run every check on everything that was elaborated; without `whole_file` those of components and designs only,
    with `errors` those alone that can find an error."""
    clean = whole_file and all(d.severity is not Severity.ERROR for d in findings.items)
    context = Context(design, clean)
    components = _components(design)
    for function in all_checks():
        if errors and all(rule.severity is not Severity.ERROR for rule in function.rules):  # type: ignore[attr-defined]
            continue
        for subject in _subjects(function, design, components, context.clean):
            try:
                findings.extend(function(subject, context))
            except LimitExceeded as error:
                findings.add(_left_open(function, subject, error))


def _left_open(function: Check, subject: object, error: LimitExceeded) -> Diagnostic:
    """What a check that was stopped would have looked for."""
    rules: tuple[Rule, ...] = function.rules  # type: ignore[attr-defined]
    what = ", ".join(f"“{rule.title}” ({rule.code})" for rule in rules)
    span = subject.span if isinstance(subject, Component) else subject.source.start()  # type: ignore[attr-defined]
    return not_decided(span, what, error)


def _components(design: Elaborated) -> list[Component]:
    """Each component of the file once, with the media and protocols that it names."""
    found: dict[Component, None] = {}
    roots = (design.top, *design.roots) if design.top is not None else design.roots
    for root in roots:
        for component in descendants(root):
            found[component] = None
            for link in component.links:
                for part in (*link.media, link.adapter):
                    if part is not None:
                        found[part] = None
    return list(found)


def _subjects(function: Check, design: Elaborated, components: list[Component], clean: bool) -> Iterator[object]:
    per = function.per  # type: ignore[attr-defined]
    if per is Per.COMPONENT:
        yield from components
    elif per is Per.DESIGN and design.top is not None:
        yield design.top
    elif per is Per.FILE and clean:
        yield design.main
