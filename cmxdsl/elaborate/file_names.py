"""Names at the top of a file, where there is no component around (see `scope.Names`)."""

from __future__ import annotations

from cmxdsl.elaborate import rules
from cmxdsl.elaborate.project import FileScope
from cmxdsl.elaborate.scope import Absent, Defined, Found, Maker, Reported, Scope
from cmxdsl.model import Claim, Component, Expr, Instance, Port
from cmxdsl.records import define, field
from cmxdsl.syntax import nodes as n


@define(eq=False)
class FileNames:
    """Answers for names at the top of a file."""

    maker: Maker
    file: FileScope
    reads: list[Claim] = field(factory=list)

    @property
    def name(self) -> str:
        return self.file.source.file

    def lookup(self, path: n.Path, scope: Scope) -> Found[Expr] | Absent | Reported:
        return self.maker.file_lookup(path, scope)

    def let(self, name: str, scope: Scope) -> Defined | None:
        return self.maker.file_let(name, scope)

    def visible(self) -> list[str]:
        return [*self.file.lets, *self.file.names()]

    def lost(self, name: str) -> bool:
        return self.file.lost(name)

    def part(self, path: n.Path, scope: Scope) -> tuple[str, ...] | None:
        message = f"there is no component around that has `{path.dotted}`"
        scope.findings.add(
            rules.UNKNOWN_PART.at(path.span, message, "ask about a part inside the component that has it")
        )
        return None

    def below(self, part: tuple[str, ...]) -> tuple[Component, int] | None:
        return None

    def instance(self, name: str) -> Instance | None:
        return None

    def port(self, name: str) -> Port | None:
        return None

    def item_names(self, ports: bool) -> list[str]:
        return []

    def run_names(self) -> list[str]:
        return []

    def failed_item(self, name: str) -> bool:
        return False

    def is_value(self, name: str) -> bool:
        return bool(self.file.find_lets(name))


def file_scope(maker: Maker, file: FileScope) -> Scope:
    """The scope at the top of a file."""
    return Scope(FileNames(maker, file), maker, file, {})
