"""Names at the top of a file, where there is no component around (see `expressions.Names`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import Env
from cmxdsl.elaborate.project import FileScope
from cmxdsl.model import Component, Expr
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n

if TYPE_CHECKING:
    from cmxdsl.elaborate.elaborator import Elaborator


@define(eq=False)
class FileNames:
    """Answers for names at the top of a file, where there is no component around."""

    elaborator: Elaborator
    file: FileScope

    @property
    def findings(self) -> Findings:
        return self.elaborator.findings

    def lookup(self, path: n.Path, env: Env) -> Expr | bool | None:
        return self.elaborator.file_lookup(path, env)

    def visible(self) -> list[str]:
        return [*self.file.lets, *self.file.names()]

    def definition(self, name: str, span: Span, env: Env, quiet: bool = False) -> Component | bool | None:
        return self.elaborator.by_name(name, span, env, quiet)

    def made(self, type_: n.TypeRef, env: Env) -> Component | None:
        return self.elaborator.with_arguments(type_, env)

    def part(self, path: n.Path, env: Env) -> tuple[str, ...] | None:
        self.findings.add(rules.UNKNOWN_PART.at(path.span, f"there is no component around that has `{path.dotted}`"))
        return None

    def below(self, part: tuple[str, ...]) -> tuple[Component, int] | None:
        return None

    def lost(self, name: str) -> bool:
        return self.file.lost(name)
