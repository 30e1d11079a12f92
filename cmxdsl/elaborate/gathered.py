"""The statements of a component sorted by what they name, those of its bases below its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cmxdsl.diagnostics import Findings, Related
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.attributes import group_of
from cmxdsl.elaborate.expressions import constant
from cmxdsl.elaborate.scope import Maker, Scope
from cmxdsl.elaborate.statements import NAMED
from cmxdsl.elaborate.values import EXTENSION, unknown_attribute
from cmxdsl.fixes import Confidence
from cmxdsl.model import Unknown
from cmxdsl.records import define, field, frozen
from cmxdsl.schema import KINDS, AttributeSpec
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import without

STRUCTURE = (n.Instance, n.Port, n.Expose, n.Link, n.Place, *NAMED)  # what a kind with attributes alone does not have


@frozen(eq=False)
class Layer:
    """The statements of one definition on the way from base to variant, and where their names are looked up."""

    statements: tuple[n.Statement, ...]
    scope: Scope
    figures: bool = True  # whether what was published holds here: not from a base that is a machine of its own


@define(eq=False)
class Entry:
    """A named thing: its statement, the layer it comes from, and its elaborated value once asked for."""

    node: Any
    scope: Scope
    layer: int
    span: Span
    state: str = "new"  # new, busy, done
    value: Any = None


@define(eq=False)
class Gathered:
    """What a component's statements name, and the statements that name nothing (`others`)."""

    maker: Maker
    name: str
    kind: str
    span: Span
    layers: list[Layer] = field(factory=list)
    attributes: dict[str, Entry] = field(factory=dict)
    lets: dict[str, Entry] = field(factory=dict)
    instances: dict[str, Entry] = field(factory=dict)
    ports: dict[str, Entry] = field(factory=dict)
    named: dict[str, dict[str, Entry]] = field(factory=lambda: {kept: {} for kept, _ in NAMED.values()})
    others: list[tuple[n.Statement, Scope]] = field(factory=list)
    broken: set[str] = field(factory=set)
    whole: bool = True

    @property
    def findings(self) -> Findings:
        return self.maker.findings

    @property
    def bare(self) -> bool:
        """Whether it has attributes only."""
        return KINDS[self.kind].bare

    def rows(self, scope: Scope) -> dict[str, AttributeSpec]:
        """The attributes that it may have, as far as they are known where a statement stands."""
        return scope.file.vocabulary.attributes_of(self.kind)

    def gather(self) -> None:
        """Sort the statements by name; `if`s last, since their conditions may use what stands outside them."""
        choices: list[tuple[n.If, int, Scope]] = []
        for depth, layer in enumerate(self.layers):
            for statement in layer.statements:
                if isinstance(statement, n.If):
                    choices.append((statement, depth, layer.scope))
                else:
                    self.add(statement, depth, layer.scope)
        while choices:
            node, depth, scope = choices.pop(0)
            for statement in self.chosen(node, scope):
                if isinstance(statement, n.If):
                    choices.append((statement, depth, scope))
                else:
                    self.add(statement, depth, scope)

    def chosen(self, node: n.If, scope: Scope) -> tuple[n.Statement, ...]:
        """The statements of the branch that applies."""
        for branch in node.branches:
            value = constant(branch.condition, scope)
            if value is True:
                return branch.body
            if value is not False:
                if value is not None:
                    why = "is unknown" if isinstance(value, Unknown) else "is neither true nor false"
                    self.findings.add(rules.UNDECIDED_IF.at(branch.condition.span, f"this condition {why}"))
                self.whole = False
                return ()
        return node.otherwise

    def add(self, statement: n.Statement, depth: int, scope: Scope) -> None:
        match statement:
            case n.Attribute():
                self.add_attribute("", statement, depth, scope)
            case n.Group(name=name, body=body):
                self.add_group(name, body, depth, scope)
            case n.Let(name=name):
                self.declare(self.lets, name, statement, depth, scope)
            case n.Broken(names=names):
                self.broken |= names
                self.whole = False
            case n.Instance(name=name) if not self.bare:
                self.declare(self.instances, name, statement, depth, scope)
            case n.Port(name=name) | n.Expose(name=name) if not self.bare:
                self.declare(self.ports, name, statement, depth, scope)
            case n.View(name=name) | n.Run(name=name) | n.Study(name=name) if not self.bare:
                self.enter(self.named[NAMED[type(statement)][0]], name.text, statement, depth, scope, name.span)
            case _ if self.bare and isinstance(statement, STRUCTURE):
                what = {"Expose": "port"}.get(type(statement).__name__, type(statement).__name__.lower())
                message = f"a {self.kind} has no {what}s: it has attributes only"
                self.findings.add(rules.MISPLACED.at(statement.span, message))
            case n.Expect() if not (self.maker.published and self.layers[depth].figures):
                pass
            case _:
                self.others.append((statement, scope))

    def add_group(self, name: n.Name, body: Iterable[n.Statement], depth: int, scope: Scope) -> None:
        if not group_of(self.kind, name, scope):
            return
        for statement in body:
            if isinstance(statement, n.Attribute):
                self.add_attribute(name.text + ".", statement, depth, scope)
            elif isinstance(statement, n.Broken):
                self.broken |= statement.names
                self.whole = False
            else:
                self.findings.add(rules.MISPLACED.at(statement.span, f"`{name.text}` takes attributes only"))

    def add_attribute(self, prefix: str, node: n.Attribute, depth: int, scope: Scope) -> None:
        name = prefix + ".".join(k.text for k in node.key)
        span = node.key[0].span.to(node.key[-1].span)
        rows = self.rows(scope)
        if name not in rows and not name.startswith(EXTENSION):
            if node.key[0].text not in self.broken and not scope.file.poison:
                self.findings.add(unknown_attribute(name, span, self.kind, rows, prefix))
            self.whole = False
            return
        self.enter(self.attributes, name, node, depth, scope, span)

    def declare(self, names: dict[str, Entry], name: n.Name, node: n.Statement, depth: int, scope: Scope) -> None:
        for other in (self.lets, self.instances, self.ports):
            earlier = other.get(name.text)
            if other is not names and earlier is not None:
                self.twice(name.text, name.span, earlier, node, scope)
                return
        self.enter(names, name.text, node, depth, scope, name.span)

    def enter(
        self, names: dict[str, Entry], name: str, node: n.Statement, depth: int, scope: Scope, span: Span
    ) -> None:
        earlier = names.get(name)
        if earlier is not None and earlier.layer == depth:
            both = isinstance(node, n.Attribute) and any(c.kind for c in node.claims)
            keep = "remove one, or keep both in one line: `… also VALUE from …`" * both
            self.twice(name, span, earlier, node, scope, keep)
        elif earlier is None or earlier.layer < depth:
            names[name] = Entry(node, scope, depth, span)

    def twice(self, name: str, span: Span, first: Entry, node: n.Statement, scope: Scope, help: str = "") -> None:
        related = [Related(first.span, "first defined here")]
        same = self.maker.text_of(first.node.span) == self.maker.text_of(node.span)
        fixes = [without(scope.file.source, node, Confidence.SAFE if same else Confidence.LIKELY)]
        message = f"`{name}` is defined twice in `{self.name}`"
        self.findings.add(rules.DUPLICATE.at(span, message, help, related, fixes))
