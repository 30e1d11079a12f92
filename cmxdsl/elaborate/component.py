"""One component in the making: each of the statements that were gathered is elaborated when it is first asked for."""

from __future__ import annotations

from typing import Any, TypeVar

from cmxdsl.diagnostics import nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.attributes import make_attribute, missing
from cmxdsl.elaborate.expressions import attribute_of, let_value, uncalled
from cmxdsl.elaborate.gathered import Entry, Gathered
from cmxdsl.elaborate.scope import REPORTED, Absent, Defined, Found, Reported, Scope
from cmxdsl.elaborate.statements import IN_ORDER, NAMED
from cmxdsl.elaborate.statements.expose import elaborate_expose
from cmxdsl.elaborate.statements.instance import elaborate_instance
from cmxdsl.elaborate.statements.port import elaborate_port
from cmxdsl.model import (
    UNKNOWN,
    Attribute,
    Claim,
    Component,
    Const,
    Expr,
    Instance,
    Port,
    Value,
)
from cmxdsl.records import define, field
from cmxdsl.schema import attributes_of
from cmxdsl.syntax import nodes as n

T = TypeVar("T")


@define(eq=False)
class Body(Gathered):
    """A component being built. Answers for names (see `scope.Names`)."""

    reads: list[Claim] = field(factory=list)  # claims read while an attribute is computed
    chain: list[str] = field(factory=list)  # what is being computed, for cycles

    # --- names (see scope.Names) --------------------------------------------------------------------

    def visible(self) -> list[str]:
        return [*self.lets, *self.attributes, *self.instances, *self.layers[-1].scope.file.names()]

    def lost(self, name: str) -> bool:
        return name in self.broken or any(layer.scope.file.lost(name) for layer in self.layers)

    def is_value(self, name: str) -> bool:
        """Whether a bare name in brackets is a known value rather than an index variable."""
        return (
            name in self.lets
            or name in self.attributes
            or any(layer.scope.file.find_lets(name) for layer in self.layers)
        )

    def failed_item(self, name: str) -> bool:
        """Whether the instance or port is there but had an error of its own."""
        entry = self.instances.get(name) or self.ports.get(name)
        return entry is not None and entry.value is None and entry.state == "done"

    def run_names(self) -> list[str]:
        return list(self.named["runs"])

    def item_names(self, ports: bool) -> list[str]:
        return list(self.ports if ports else self.instances)

    def let(self, name: str, scope: Scope) -> Defined | None:
        entry = self.lets.get(name)
        return Defined(entry.node, entry.scope) if entry is not None else self.maker.file_let(name, scope)

    def lookup(self, path: n.Path, scope: Scope) -> Found[Expr] | Absent | Reported:
        first, name = path.segments[0].name.text, path.dotted
        if path.bare in self.lets:
            if self.lets[first].node.parameters is not None:
                self.findings.add(uncalled(path))
                return REPORTED
            return _found(self.let_value(first))
        if name in self.attributes:
            attribute = self.attribute(name)
            return REPORTED if attribute is None else Found(self.read(attribute))
        if name in self.rows(scope) and first not in self.instances:
            return Found(Const(UNKNOWN))
        if first in self.instances:
            instance = self.instance(first)
            return REPORTED if instance is None else _found(self.inner(instance, path, 1, scope))
        value = scope.parameters.get(first)
        if isinstance(value, Component):
            return _found(attribute_of(value, path, 1, scope))
        if first in self.ports:
            self.findings.add(rules.UNKNOWN_NAME.at(path.span, f"`{first}` is a port, and a value is needed here"))
            return REPORTED
        return self.maker.file_lookup(path, scope)

    def read(self, attribute: Attribute) -> Expr:
        self.reads.append(attribute.claim)
        return Const(attribute.value)

    def inner(self, instance: Instance, path: n.Path, at: int, scope: Scope) -> Expr | None:
        """`npu.power.peak`: an attribute of an inner component, which all elements of the array share."""
        component = instance.component
        while at < len(path.segments) and path.segments[at].name.text in component.instances:
            component = component.instances[path.segments[at].name.text].component
            at += 1
        return attribute_of(component, path, at, scope)

    def part(self, path: n.Path, scope: Scope) -> tuple[str, ...] | None:
        names: list[str] = []
        here: Component | None = None
        for segment in path.segments:
            name = segment.name.text
            known = self.instances if here is None else here.instances
            if name not in known:
                if not (here is None and self.lost(name)):
                    owner = self.name if here is None else here.name
                    fix = nearest(name, [*known, *([] if here else scope.file.names())])
                    self.findings.add(
                        rules.UNKNOWN_PART.at(segment.name.span, f"`{owner}` has no instance `{name}`", fix)
                    )
                return None
            instance = self.instance(name) if here is None else here.instances[name]
            if instance is None:
                return None
            if segment.indices:
                self.findings.add(
                    rules.RANK.at(segment.span, "`in` is about a whole array", f"leave the indices of `{name}` out")
                )
                return None
            names.append(name)
            here = instance.component
        return tuple(names)

    def below(self, part: tuple[str, ...]) -> tuple[Component, int] | None:
        first = self.instance(part[0])
        if first is None:
            return None
        component, many = first.component.at(part[1:])
        return component, many * first.count

    # --- elaborating on demand ----------------------------------------------------------------------------

    def once(self, names: dict[str, Entry], name: str, what: str, make: Any) -> Any:
        """The elaborated thing, made at the first call; None after an error."""
        entry = names.get(name)
        if entry is None:
            return None
        if entry.state == "busy":
            loop = [*self.chain[self.chain.index(what) :], what]
            chain = " → ".join(f"`{w}`" for w in loop)
            self.findings.add(rules.VALUE_CYCLE.at(entry.span, f"these depend on each other: {chain}"))
            return None
        if entry.state == "new":
            entry.state = "busy"
            self.chain.append(what)
            entry.value = make(entry)
            self.chain.pop()
            entry.state = "done"
            if entry.value is None:
                self.whole = False
        return entry.value

    def let_value(self, name: str) -> Expr | None:
        def make(entry: Entry) -> tuple[Expr, tuple[Claim, ...]] | None:
            return let_value(Defined(entry.node, entry.scope))

        found = self.once(self.lets, name, name, make)
        if found is None:
            return None
        value, reads = found
        self.reads.extend(reads)
        return value  # type: ignore[no-any-return]

    def attribute(self, name: str) -> Attribute | None:
        def make(entry: Entry) -> Attribute | None:
            return make_attribute(entry.scope, name, entry.node, self.rows(entry.scope).get(name), self.reads)

        return self.once(self.attributes, name, name, make)  # type: ignore[no-any-return]

    def instance(self, name: str) -> Instance | None:
        def make(entry: Entry) -> Instance | None:
            return elaborate_instance(entry.scope, entry.node)

        return self.once(self.instances, name, name, make)  # type: ignore[no-any-return]

    def port(self, name: str) -> Port | None:
        def make(entry: Entry) -> Port | None:
            if isinstance(entry.node, n.Expose):
                return elaborate_expose(entry.scope, entry.node)
            return elaborate_port(entry.scope, entry.node, self.reads)

        return self.once(self.ports, name, name, make)  # type: ignore[no-any-return]

    # --- the whole ----------------------------------------------------------------------------------------

    def build(self, id: str, bases: tuple[str, ...], arguments: dict[str, Value], doc: str) -> Component:
        """Everything elaborated, errors reported, what failed left out."""
        attributes = {name: a for name in self.attributes if (a := self.attribute(name)) is not None}
        instances = {name: i for name in self.instances if (i := self.instance(name)) is not None}
        ports = {name: p for name in self.ports if (p := self.port(name)) is not None}
        for name, entry in self.lets.items():
            if entry.node.parameters is not None:
                self.whole = self.maker.check_function(Defined(entry.node, entry.scope)) and self.whole
            else:
                self.let_value(name)
        kept: dict[str, list[Any]] = {name: [] for name, _ in IN_ORDER.values()}
        for statement, scope in self.others:
            name, elaborated = IN_ORDER[type(statement)]
            self.keep(kept[name], elaborated(scope, statement))
        for name, elaborated in NAMED.values():
            kept[name] = []
            for entry in self.named[name].values():
                self.keep(kept[name], elaborated(entry.scope, entry.node))
        self.check_required()
        whole = self.whole and all(i.component.whole for i in instances.values())
        return Component(
            id=id,
            name=self.name,
            kind=self.kind,
            bases=bases,
            arguments=arguments,
            attributes=attributes,
            instances=instances,
            ports=ports,
            span=self.span,
            doc=doc,
            whole=whole,
            vocabulary=self.maker.vocabulary,
            **{name: tuple(items) for name, items in kept.items()},
        )

    def keep(self, made: list[T], item: T | None) -> None:
        """Add what was elaborated; what failed leaves the component with a gap."""
        if item is None:
            self.whole = False
        else:
            made.append(item)

    def check_required(self) -> None:
        if not self.broken and self.whole:
            lacking = [
                row
                for name, row in attributes_of(self.kind).items()
                if self.kind in row.required and name not in self.attributes
            ]
            self.findings.extend(missing(self.name, self.kind, self.span, self.layers[-1].scope.file, lacking))


def _found(expr: Expr | None) -> Found[Expr] | Reported:
    """What a name means, where an error in it was reported already."""
    return REPORTED if expr is None else Found(expr)
