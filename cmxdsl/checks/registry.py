"""How a check is written: a small function that looks at one thing and yields findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from cmxdsl.analysis.base.ports import PortMap
from cmxdsl.analysis.physical.attribution import Alike, alike
from cmxdsl.diagnostics import Diagnostic, Rule
from cmxdsl.elaborate import Elaborated, FileScope
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Subject
from cmxdsl.records import define, field
from cmxdsl.source import Span
from cmxdsl.syntax.rules import NOT_DECIDED


@define
class Context:
    """What checks share: the elaborated file and the answers remembered so far."""

    design: Elaborated
    clean: bool = True  # no error was found so far
    ports: PortMap = field(factory=PortMap)
    _files: dict[str, FileScope] | None = None
    _held: dict[Component, list[Alike]] = field(factory=dict)

    def of(self, component: Component) -> Subject:
        """A component, with what was already answered about the design."""
        return Subject(component, self.design.memo)

    def held(self, component: Component) -> list[Alike]:
        """What each of a component holds with its share of links' parts, those that hold the same together."""
        if component not in self._held:
            self._held[component] = alike(self.of(component), self.top)
        return self._held[component]

    def file_of(self, span: Span) -> FileScope | None:
        """The file of the project that a span is in; None for the library's, which nobody edits."""
        if self._files is None:
            self._files, pending = {}, [self.design.main]
            while pending:
                file = pending.pop()
                if file.source.file not in self._files and not file.library:
                    self._files[file.source.file] = file
                    pending += [other for _, other in file.used]
        return self._files.get(span.file)

    @property
    def top(self) -> Component | None:
        return self.design.top


class Per(Enum):
    """What a check is called with: each component once, the design, or the file.

    A file is only checked when nothing in it is wrong: what seems unused may be used where the mistake is.
    """

    COMPONENT = "component"
    DESIGN = "design"
    FILE = "file"


Check = Callable[[Any, Context], Iterator[Diagnostic]]


UNCOUNTED = LimitExceeded("the ends of links in it are too many to count")


def not_decided(span: Span, what: str, error: LimitExceeded, help: str = "") -> Diagnostic:
    """The finding that a limit left a question open; `what`: `whether a port is used twice`."""
    return NOT_DECIDED.at(span, f"not decided: {what}: {error}", help)


def check(per: Per, *rules: Rule) -> Callable[[Check], Check]:
    """Marks a function as a check of `rules`; `cmxdsl.checks` finds it in its module."""

    def mark(function: Check) -> Check:
        function.per = per  # type: ignore[attr-defined]
        function.rules = rules  # type: ignore[attr-defined]
        return function

    return mark
