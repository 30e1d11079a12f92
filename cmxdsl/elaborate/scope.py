"""What a name means where it stands: the one protocol that statements and expressions see of what is around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from cmxdsl.diagnostics import Findings
from cmxdsl.model import Claim, Component, Const, Expr, Instance, Port, Value
from cmxdsl.records import evolve, field, frozen
from cmxdsl.schema import Vocabulary
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n

if TYPE_CHECKING:
    from cmxdsl.elaborate.project import FileScope

T = TypeVar("T")


@frozen
class Found(Generic[T]):
    """What a name means."""

    value: T


@frozen
class Absent:
    """Nothing has the name; whoever asked says so, or looks elsewhere."""


@frozen
class Reported:
    """What has the name is in error, which was reported already: nothing more is to be said."""


ABSENT = Absent()
REPORTED = Reported()


class Names(Protocol):
    """What a statement can see around it; a component and a file each answer for their own names."""

    @property
    def name(self) -> str:
        """Of the component, for messages."""

    @property
    def reads(self) -> list[Claim]:
        """The claims that were read so far, for whoever says where a value comes from."""

    def let(self, name: str, scope: Scope) -> Defined | None:
        """The `let` that a name means: the component's own, or one at the top of a file."""

    def lookup(self, path: n.Path, scope: Scope) -> Found[Expr] | Absent | Reported:
        """The meaning of a path as a value."""

    def visible(self) -> list[str]:
        """Names for suggestions."""

    def lost(self, name: str) -> bool:
        """Whether the name may stand in text that could not be read."""

    def part(self, path: n.Path, scope: Scope) -> tuple[str, ...] | None:
        """The instance path that `in = …` names, or None after reporting."""

    def below(self, part: tuple[str, ...]) -> tuple[Component, int] | None:
        """The finished component at an instance path and how many there are."""

    def instance(self, name: str) -> Instance | None:
        """An instance of the component, elaborated; None where there is none or it is in error."""

    def port(self, name: str) -> Port | None:
        """A port of the component, likewise."""

    def item_names(self, ports: bool) -> list[str]:
        """The names of the component's ports, or of its instances."""

    def run_names(self) -> list[str]:
        """The names of the component's runs."""

    def failed_item(self, name: str) -> bool:
        """Whether the instance or port is there but had an error of its own."""

    def is_value(self, name: str) -> bool:
        """Whether a bare name in brackets is a known value rather than an index variable."""


class Maker(Protocol):
    """What makes components of definitions (see `definitions.Elaborator`)."""

    @property
    def findings(self) -> Findings:
        """Where errors go."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The planes and the attributes of the whole design."""

    @property
    def published(self) -> bool:
        """Whether published figures are elaborated."""

    def by_name(self, name: str, span: Span, scope: Scope) -> Found[Component] | Absent | Reported:
        """The component of a definition with its parameters' defaults."""

    def with_arguments(self, type_: n.TypeRef, scope: Scope) -> Component | None:
        """The component of `Definition(argument, …)` given as a value; None after reporting."""

    def component(
        self, type_: n.TypeRef, scope: Scope, want: str, overrides: tuple[n.Statement, ...]
    ) -> Component | None:
        """The component of a type. `want`: component, protocol or medium; None after reporting."""

    def file_lookup(self, path: n.Path, scope: Scope) -> Found[Expr] | Absent | Reported:
        """The meaning of a path at the top of the file."""

    def file_let(self, name: str, scope: Scope) -> Defined | None:
        """The `let` at the top of a file that a name means; None where there is none, or more than one."""

    def call(self, node: n.Call, function: Defined, scope: Scope) -> Expr | None:
        """What a function comes to for the arguments of a call; None after reporting."""

    def check_function(self, function: Defined) -> bool:
        """Whether a function is sound by itself, before and without any call; reported where it is not."""

    def text_of(self, span: Span) -> str:
        """The source text of a span, on one line."""


@frozen(eq=False)
class Defined:
    """A `let` and the scope that it stands in."""

    node: n.Let
    scope: Scope


@frozen
class Scope:
    """Where a statement or an expression stands: who answers for names, the file, the parameters, and the indices that
    may be open."""

    names: Names
    maker: Maker
    file: FileScope
    parameters: dict[str, Value]
    indices: Collection[str] = ()
    arguments: Mapping[str, Expr] = field(factory=dict)  # of the function whose value is computed

    @property
    def findings(self) -> Findings:
        return self.maker.findings

    def component(self, name: str) -> Component | None:
        """The definition that an argument or a parameter stands for."""
        argument = self.arguments.get(name)
        value = argument.value if isinstance(argument, Const) else self.parameters.get(name)
        return value if isinstance(value, Component) else None

    def with_indices(self, indices: Collection[str]) -> Scope:
        return evolve(self, indices=indices)
