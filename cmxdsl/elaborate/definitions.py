"""From definitions to components: each made once for each distinct arguments, cycles refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from cmxdsl.diagnostics import Findings, Related, article, meant, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.aliases import aliases
from cmxdsl.elaborate.arguments import MAX_DEPTH, Request, bases, bind, inherited
from cmxdsl.elaborate.component import Body
from cmxdsl.elaborate.expressions import let_value, uncalled
from cmxdsl.elaborate.file_names import file_scope
from cmxdsl.elaborate.functions import Functions
from cmxdsl.elaborate.gathered import Layer
from cmxdsl.elaborate.library import library_help
from cmxdsl.elaborate.project import FileScope, Project, alias_for
from cmxdsl.elaborate.same import Same
from cmxdsl.elaborate.scope import ABSENT, REPORTED, Absent, Defined, Found, Reported, Scope
from cmxdsl.fixes import Help
from cmxdsl.model import Attribute, Claim, Component, Const, Expr, Value
from cmxdsl.records import define, evolve, field
from cmxdsl.schema import KINDS, STANDARD, Vocabulary
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, show

Definition = tuple[FileScope, n.Definition]


_NEEDED = {
    "component": "a component",
    "protocol": "a protocol",
    "source": "a source",
    "medium": "an optic, a cable or a fiber",
    "work": "a training or a serving",
}


@define(eq=False)
class Elaborator:
    """Makes components, and remembers them."""

    project: Project
    findings: Findings
    vocabulary: Vocabulary = STANDARD
    made: dict[Any, Component | None] = field(factory=dict)
    ids: dict[str, int] = field(factory=dict)
    called: dict[str, Same] = field(factory=dict)  # the definition that goes by each name
    stack: list[tuple[n.Definition, Span]] = field(factory=list)
    lets: dict[Same, Found[tuple[Expr, tuple[Claim, ...]]] | Reported | Literal["busy"]] = field(factory=dict)
    defined: dict[Same, Defined] = field(factory=dict)
    functions: Functions = field(factory=Functions)
    visited: set[Same] = field(factory=set)  # definitions that something named
    published: bool = True  # whether published figures are elaborated: they are of the design as it is written

    # --- definitions by name ------------------------------------------------------------------------------

    def find(self, name: str, span: Span, file: FileScope) -> Found[Definition] | Absent | Reported:
        """The definition of a name, counted as used; an ambiguity is reported."""
        found = file.find(name)
        if len(found) > 1:
            self.ambiguous(file, name, span, [(scope, d.name) for scope, d in found])
            return REPORTED
        if not found:
            for other, hidden in file.hidden(name):
                related = [Related(hidden.name.span, "defined here")]
                message = f"`{name}` is private to `{other.source.file}`"
                self.findings.add(rules.PRIVATE.at(span, message, "", related))
                return REPORTED
            return ABSENT
        self.visited.add(Same(found[0][1]))
        return Found(found[0])

    def ambiguous(self, file: FileScope, name: str, span: Span, found: list[tuple[FileScope, n.Name]]) -> None:
        """Report a name that stands for things of several used files."""
        related = [Related(name_.span, f"in `{scope.source.file}`") for scope, name_ in found]
        alias = alias_for(found[-1][0].source.file)
        help = f"give one of the files a name, `use … as {alias}`, and write `{alias}.{name}`"
        message = f"`{name}` is defined in {len(found)} files that this one uses"
        self.findings.add(rules.AMBIGUOUS.at(span, message, help, related, aliases(file, name)))

    def by_name(self, name: str, span: Span, scope: Scope) -> Found[Component] | Absent | Reported:
        """The component of a definition with its parameters' defaults."""
        found = self.find(name, span, scope.file)
        if not isinstance(found, Found):
            return found
        component = self.instantiate(Request(*found.value, (), span, scope))
        return REPORTED if component is None else Found(component)

    def with_arguments(self, type_: n.TypeRef, scope: Scope) -> Component | None:
        """The component of `Definition(argument, …)` given as a value."""
        found = self.named(type_.dotted, type_.names, scope)
        return self.instantiate(Request(*found, type_.arguments, type_.span, scope)) if found is not None else None

    def named(self, name: str, span: Span, scope: Scope) -> Definition | None:
        """The definition that a type or a base names; None after an error was reported."""
        found = self.find(name, span, scope.file)
        if isinstance(found, Found):
            return found.value
        if isinstance(found, Absent) and not scope.file.lost(name):
            help = (
                self.elsewhere(name, span, scope.file)
                or nearest(name, scope.file.names())
                or "define it, or `use` the file that does"
            )
            self.findings.add(rules.UNKNOWN_DEFINITION.at(span, f"unknown definition `{name}`", help))
        return None

    def elsewhere(self, name: str, span: Span, near: FileScope) -> str | Help:
        """A hint when a file of the design defines the name, only not one that can be seen from here, or not so."""
        for use, used in near.used:
            if use.alias is not None and name in used.definitions and not used.definitions[name].private:
                return meant(f"{use.alias.text}.{name}")
        for scope in self.project.scopes.values():
            if name in scope.definitions and not scope.definitions[name].private and not scope.library:
                return f"`{scope.source.file}` defines it: `use` that file here"
        return library_help(name, span, near.source, near.node)

    def component(
        self, type_: n.TypeRef, scope: Scope, want: str, overrides: tuple[n.Statement, ...]
    ) -> Component | None:
        """The component of a type, its arguments filled in. `want`: component, protocol, medium or source."""
        name, span = type_.dotted, type_.names
        value = scope.parameters.get(name)
        if isinstance(value, Component):
            if type_.arguments or overrides:
                message = f"`{name}` is a parameter, whose arguments are fixed where it is given"
                self.findings.add(rules.ARGUMENT.at(type_.span, message))
                return None
            return value if self.is_wanted(value.kind, value.name, want, span) else None
        found = self.named(name, span, scope)
        if found is None or not self.is_wanted(found[1].kind.text, name, want, span):
            return None
        return self.instantiate(Request(*found, type_.arguments, type_.span, scope), overrides)

    def is_wanted(self, kind: str, name: str, want: str, span: Span) -> bool:
        media = ("optic", "cable", "fiber")
        fits = {
            "component": not KINDS[kind].bare,
            "protocol": kind == "protocol",
            "source": kind == "source",
            "medium": kind in media,
            "work": kind in ("training", "serving"),
        }[want]
        if not fits:
            fix = ""
            if want == "component" and kind in media:
                fix = "media are named by links: `link A -- B over " + name + "`"
            elif want == "component" and kind == "protocol":
                fix = "a port names its protocol: `port p: " + name + "`"
            self.findings.add(
                rules.NOT_A.at(span, f"{_NEEDED[want]} is needed here, and `{name}` is {article(kind)}", fix)
            )
        return fits

    # --- making -------------------------------------------------------------------------------------------

    def instantiate(
        self, call: Request, overrides: tuple[n.Statement, ...] = (), given: Mapping[str, Value] | None = None
    ) -> Component | None:
        """The component that a call asks for, with an instance's overrides; None after an error."""
        definition, span = call.definition, call.span
        if any(d is definition for d, _ in self.stack):
            self.cycle(definition, span)
            return None
        if len(self.stack) >= MAX_DEPTH:
            self.findings.add(rules.TOO_DEEP.at(span, f"components are nested too deep (limit {MAX_DEPTH} levels)"))
            return None
        if sum(1 for _ in bases(call.file, definition)) > MAX_DEPTH:
            message = f"`{definition.name.text}` is a variant of more than {MAX_DEPTH} others, one of the next"
            self.findings.add(rules.TOO_DEEP.at(definition.name.span, message))
            return None
        self.stack.append((definition, span))
        try:
            parameters = bind(self, call, given or {})
            if parameters is None:
                return None
            key: Any = (Same(definition), tuple(parameters.items()))
            if overrides and call.scope is not None:  # what they say may depend on whatever can be seen from there
                key = (key, overrides[0].span, Same(call.scope.names), tuple(call.scope.parameters.items()))
            if key not in self.made:
                self.made[key] = None
                self.made[key] = self.make(call, parameters, overrides)
            return self.made[key]
        finally:
            self.stack.pop()

    def cycle(self, definition: n.Definition, span: Span) -> None:
        start = next(k for k, (d, _) in enumerate(self.stack) if d is definition)
        names = [d.name.text for d, _ in self.stack[start:]] + [definition.name.text]
        related = [Related(s, f"`{d.name.text}` is used here") for d, s in self.stack[start + 1 :]]
        chain = " → ".join(f"`{name}`" for name in names)
        self.findings.add(rules.CYCLE.at(span, f"a component cannot contain itself: {chain}", "", related))

    def make(self, call: Request, parameters: dict[str, Value], overrides: tuple[n.Statement, ...]) -> Component | None:
        definition = call.definition
        body = Body(self, self.name_of(call.file, definition), definition.kind.text, definition.name.span)
        bases: list[str] = []
        if not self.add_layers(body, call.file, definition, parameters, bases):
            return None
        if overrides and call.scope is not None:
            body.layers.append(Layer(self.only_attributes(overrides), call.scope))
        body.gather()
        return body.build(self.identity(body.name, parameters), tuple(bases), parameters, definition.doc)

    def add_layers(
        self,
        body: Body,
        file: FileScope,
        definition: n.Definition,
        parameters: dict[str, Value],
        bases: list[str],
    ) -> bool:
        """The layers of a definition, its bases' first; False after an error."""
        scope = Scope(body, self, file, parameters)
        if definition.base is not None and not self.add_base(body, scope, definition, parameters, bases):
            return False
        template = any(p.default is None for p in definition.parameters)
        body.layers.append(Layer(definition.body, scope, template or definition.name.span == body.span))
        return True

    def add_base(
        self, body: Body, scope: Scope, definition: n.Definition, parameters: dict[str, Value], bases: list[str]
    ) -> bool:
        """The layers of a variant's base, and the parameters that the variant has from it."""
        assert definition.base is not None
        name, span = definition.base.dotted, definition.base.names
        found = self.named(name, span, scope)
        if found is None:
            return False
        file, base = found
        if base.kind.text != definition.kind.text:
            kind, other = article(definition.kind.text), article(base.kind.text)
            message = f"`{definition.name.text}` is {kind}, and its base is {other}"
            self.findings.add(rules.NOT_A.at(span, message, "a variant is of its base's kind"))
            return False
        if any(d is base for d, _ in self.stack):
            self.cycle(base, span)
            return False
        around = evolve(file_scope(self, scope.file), parameters=parameters)
        names = dict.fromkeys(p.name.text for p, _ in inherited(scope.file, definition))  # ordered, as names show it
        passed = {name: value for name, value in parameters.items() if name in names}
        bound = bind(self, Request(file, base, definition.base.arguments, definition.base.span, around), passed)
        if bound is None:
            return False
        parameters |= {name: bound[name] for name in names if name in bound and name not in parameters}
        bases.append(self.name_of(file, base))
        self.stack.append((base, span))
        try:
            return self.add_layers(body, file, base, bound, bases)
        finally:
            self.stack.pop()

    def only_attributes(self, overrides: tuple[n.Statement, ...]) -> tuple[n.Statement, ...]:
        """The overrides that may stand in an instance's braces; the others are reported."""
        kept = []
        for statement in overrides:
            if isinstance(statement, (n.Attribute, n.Group, n.Broken)):
                kept.append(statement)
                continue
            message = "an instance's braces take attributes only"
            fix = "make a variant for anything more: `kind Name : Base { … }`"
            self.findings.add(rules.MISPLACED.at(statement.span, message, fix))
        return tuple(kept)

    def name_of(self, file: FileScope, definition: n.Definition) -> str:
        """What a definition is called in the design: its name, and its file where another has the name already."""
        plain, stem, number = definition.name.text, Path(file.source.file).stem, 1
        name = plain
        while self.called.setdefault(name, Same(definition)) != Same(definition):
            name = f"{plain} ({stem}{f' {number}' if number > 1 else ''})"
            number += 1
        return name

    def identity(self, name: str, parameters: Mapping[str, Value]) -> str:
        """A name for the component that no other has: the definition's, with arguments where it has some."""
        if parameters:
            name += "(" + ", ".join(f"{k}={_brief(v)}" for k, v in parameters.items()) + ")"
        self.ids[name] = self.ids.get(name, 0) + 1
        return name if self.ids[name] == 1 else f"{name}#{self.ids[name]}"

    # --- values of a file ---------------------------------------------------------------------------------

    def file_lookup(self, path: n.Path, scope: Scope) -> Found[Expr] | Absent | Reported:
        """A file's `let`, a definition, or an attribute of one."""
        name, span, rest = scope.file.split(path)
        lets = scope.file.find_lets(name) if not rest else []
        if len(lets) > 1:
            self.ambiguous(scope.file, name, span, [(file, let.name) for file, let in lets])
            return REPORTED
        if lets:
            return self.file_value(path, scope, *lets[0])
        if name in scope.file.aliases:
            message = f"`{name}` is what a used file is called, and a value is needed here"
            self.findings.add(rules.UNKNOWN_NAME.at(span, message, f"name something in it: `{name}.…`"))
            return REPORTED
        component = self.by_name(name, span, scope)
        if not isinstance(component, Found):
            return component
        if not rest:
            return Found(Const(component.value))
        attribute = component.value.attributes.get(rest)
        if isinstance(attribute, Attribute):
            scope.names.reads.append(attribute.claim)
            return Found(Const(attribute.value))
        message = f"`{component.value.name}` has no attribute `{rest}`"
        words = rest.count(".") + 1
        own = path.segments[-words].span.to(path.span)
        near = nearest(rest, component.value.attributes).on(own)
        self.findings.add(rules.UNKNOWN_ATTRIBUTE.at(path.span, message, near))
        return REPORTED

    def file_value(self, path: n.Path, scope: Scope, file: FileScope, let: n.Let) -> Found[Expr] | Reported:
        """What a path that names a `let` at the top of a file stands for."""
        if let.parameters is not None:
            self.findings.add(uncalled(path))
            return REPORTED
        state = self.let_value(file, let)
        if not isinstance(state, Found):
            return state
        value, reads = state.value
        scope.names.reads.extend(reads)
        return Found(value)

    def let_value(self, file: FileScope, let: n.Let) -> Found[tuple[Expr, tuple[Claim, ...]]] | Reported:
        """The value of a `let` at the top of a file, and the claims that it rests on."""
        key = Same(let)
        state = self.lets.get(key)
        if state == "busy":
            self.findings.add(rules.VALUE_CYCLE.at(let.name.span, f"`{let.name.text}` depends on itself"))
            return REPORTED
        if state is None:
            self.lets[key] = "busy"
            value = let_value(Defined(let, file_scope(self, file)))
            state = self.lets[key] = REPORTED if value is None else Found(value)
        return state

    def file_let(self, name: str, scope: Scope) -> Defined | None:
        """The `let` at the top of a file that a name means here."""
        found = scope.file.find_lets(name)
        if len(found) != 1:
            return None
        file, let = found[0]
        return self.defined.setdefault(Same(let), Defined(let, file_scope(self, file)))

    def call(self, node: n.Call, function: Defined, scope: Scope) -> Expr | None:
        """What a function comes to for the arguments of a call."""
        return self.functions.call(node, function, scope)

    def check_function(self, function: Defined) -> bool:
        """Whether a function is sound by itself."""
        return self.functions.check(function)

    def text_of(self, span: Span) -> str:
        """The source text of a span, on one line."""
        source = self.project.sources.get(span.file)
        return source.between(span) if source is not None else ""


def _brief(value: Value) -> str:
    if isinstance(value, Quantity):
        return show(value, places=6).replace(",", "")
    if isinstance(value, Component):
        return value.id
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
