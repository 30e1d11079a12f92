"""From definitions to components: each made once for each distinct arguments, cycles refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from attrs import define, field

from cmxdsl.diagnostics import Diagnostic, Findings, Related, nearest, quoted
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.body import Body, Layer
from cmxdsl.elaborate.expressions import Env, constant, resolve
from cmxdsl.elaborate.filenames import FileNames
from cmxdsl.elaborate.library import library_mend
from cmxdsl.elaborate.project import FileScope, Project
from cmxdsl.elaborate.values import PARAMETER_TYPES, fit
from cmxdsl.model import Attribute, Component, Const, Expr, Unknown, Value
from cmxdsl.schema import KINDS
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, show

MAX_DEPTH = 64


@define(eq=False)
class Elaborator:
    """Makes components, and remembers them."""

    project: Project
    findings: Findings
    made: dict[Any, Component | None] = field(factory=dict)
    ids: dict[str, int] = field(factory=dict)
    stack: list[tuple[n.Definition, Span]] = field(factory=list)
    lets: dict[int, Expr | str | None] = field(factory=dict)
    visited: set[int] = field(factory=set)  # definitions that something named

    # --- definitions by name ------------------------------------------------------------------------------

    def find(self, name: str, span: Span, file: FileScope) -> tuple[FileScope, n.Definition] | bool | None:
        """The definition of a name: None after reporting an ambiguity, False when there is none."""
        found = file.find(name)
        if len(found) > 1:
            related = [Related(d.name.span, f"in `{s.source.file}`") for s, d in found]
            self.findings.add(
                rules.AMBIGUOUS.at(span, f"`{name}` is defined in two files that this one uses", "", related)
            )
            return None
        return found[0] if found else False

    def by_name(self, name: str, span: Span, env: Env, quiet: bool = False) -> Component | bool | None:
        """The component of a definition with its parameters' defaults."""
        found = self.find(name, span, env.file)
        if isinstance(found, bool) or found is None:
            return None if found is None else self.no_definition(name, span, env, quiet)
        scope, definition = found
        self.visited.add(id(definition))
        return self.instantiate(scope, definition, (), span, env)

    def with_arguments(self, type_: n.TypeRef, env: Env) -> Component | None:
        """The component of `Definition(argument, …)` given as a value."""
        found = self.named(type_.name.text, type_.name.span, env)
        return self.instantiate(*found, type_.arguments, type_.span, env) if found is not None else None

    def named(self, name: str, span: Span, env: Env) -> tuple[FileScope, n.Definition] | None:
        """The definition that a type or a base names, counted as used; None after an error was reported."""
        found = self.find(name, span, env.file)
        if isinstance(found, bool):
            self.no_definition(name, span, env, quiet=False)
            return None
        if found is not None:
            self.visited.add(id(found[1]))
        return found

    def no_definition(self, name: str, span: Span, env: Env, quiet: bool) -> bool | None:
        if quiet:
            return False
        if not env.file.lost(name):
            mend = self.elsewhere(name) or nearest(name, env.file.names()) or "define it, or `use` the file that does"
            self.findings.add(rules.UNKNOWN_DEFINITION.at(span, f"there is no definition `{name}`", mend))
        return None

    def elsewhere(self, name: str) -> str:
        """A hint when a file of the design defines the name, only not one that can be seen from here."""
        for scope in self.project.scopes.values():
            if name in scope.definitions:
                file = scope.source.file
                if not scope.library:
                    return f"`{file}` defines it: `use` that file here"
        return library_mend(name)

    def component(self, type_: n.TypeRef, env: Env, want: str, overrides: tuple[n.Statement, ...]) -> Component | None:
        """The component of a type, its arguments filled in. `want`: component, protocol or medium."""
        name, span = type_.name.text, type_.name.span
        value = env.parameters.get(name)
        if isinstance(value, Component):
            if type_.arguments or overrides:
                message = f"`{name}` is a parameter, whose arguments are fixed where it is given"
                self.findings.add(rules.ARGUMENT.at(type_.span, message))
                return None
            return value if self.is_wanted(value.kind, value.name, want, span) else None
        found = self.named(name, span, env)
        if found is None:
            return None
        scope, definition = found
        if not self.is_wanted(definition.kind.text, name, want, span):
            return None
        return self.instantiate(scope, definition, type_.arguments, type_.span, env, overrides)

    def is_wanted(self, kind: str, name: str, want: str, span: Span) -> bool:
        media = ("optic", "cable", "fiber")
        fits = {
            "component": not KINDS[kind].travels,
            "protocol": kind == "protocol",
            "medium": kind in media,
        }[want]
        if not fits:
            needed = {
                "component": "a component",
                "protocol": "a protocol",
                "medium": "an optic, a cable or a fiber",
            }[want]
            mend = ""
            if want == "component" and kind in media:
                mend = "media are named by links: `link A -- B over " + name + "`"
            elif want == "component" and kind == "protocol":
                mend = "a port names its protocol: `port p: " + name + "`"
            self.findings.add(rules.NOT_A.at(span, f"{needed} is needed here, and `{name}` is a {kind}", mend))
        return fits

    # --- making -------------------------------------------------------------------------------------------

    def instantiate(
        self,
        scope: FileScope,
        definition: n.Definition,
        arguments: tuple[n.Argument, ...],
        span: Span,
        env: Env | None,
        overrides: tuple[n.Statement, ...] = (),
        given: Mapping[str, Value] | None = None,
    ) -> Component | None:
        """The component of a definition with these arguments; None after an error."""
        if any(d is definition for d, _ in self.stack):
            self.cycle(definition, span)
            return None
        if len(self.stack) >= MAX_DEPTH:
            self.findings.add(rules.TOO_DEEP.at(span, f"components nest deeper than {MAX_DEPTH} levels here"))
            return None
        self.stack.append((definition, span))
        try:
            parameters = self.bind(scope, definition, arguments, span, env, given)
            if parameters is None:
                return None
            key: Any = (id(definition), tuple(parameters.items()))
            if overrides and env is not None:
                key = (key, overrides[0].span, id(env.names), tuple(env.parameters.items()))
            if key not in self.made:
                self.made[key] = None
                self.made[key] = self.make(scope, definition, parameters, overrides, env)
            return self.made[key]
        finally:
            self.stack.pop()

    def cycle(self, definition: n.Definition, span: Span) -> None:
        start = next(k for k, (d, _) in enumerate(self.stack) if d is definition)
        names = [d.name.text for d, _ in self.stack[start:]] + [definition.name.text]
        related = [Related(s, f"`{d.name.text}` is used here") for d, s in self.stack[start + 1 :]]
        chain = " → ".join(f"`{name}`" for name in names)
        self.findings.add(rules.CYCLE.at(span, f"a component cannot contain itself: {chain}", "", related))

    def make(
        self,
        scope: FileScope,
        definition: n.Definition,
        parameters: dict[str, Value],
        overrides: tuple[n.Statement, ...],
        env: Env | None,
    ) -> Component | None:
        kind = definition.kind.text
        body = Body(self, definition.name.text, kind, definition.name.span)
        bases: list[str] = []
        if not self.add_layers(body, scope, definition, parameters, bases):
            return None
        if overrides and env is not None:
            body.layers.append(Layer(self.only_attributes(overrides), env))
        body.gather()
        return body.build(self.identity(definition, parameters), tuple(bases), parameters, definition.doc)

    def add_layers(
        self,
        body: Body,
        scope: FileScope,
        definition: n.Definition,
        parameters: dict[str, Value],
        bases: list[str],
    ) -> bool:
        """The layers of a definition, its bases' first."""
        env = Env(body, scope, parameters)
        if definition.base is not None:
            name, span = definition.base.name.text, definition.base.name.span
            found = self.named(name, span, env)
            if found is None:
                return False
            base_scope, base = found
            if base.kind.text != definition.kind.text:
                message = f"`{definition.name.text}` is a {definition.kind.text}, and its base is a {base.kind.text}"
                self.findings.add(rules.NOT_A.at(span, message, "a variant is of its base's kind"))
                return False
            if any(d is base for d, _ in self.stack):
                self.cycle(base, span)
                return False
            file_env = Env(FileNames(self, scope), scope, parameters)
            inherited = {p.name.text for p, _ in self.inherited(scope, definition)}
            passed = {name: value for name, value in parameters.items() if name in inherited}
            bound = self.bind(base_scope, base, definition.base.arguments, definition.base.span, file_env, passed)
            if bound is None:
                return False
            for name in inherited - parameters.keys():
                if name in bound:
                    parameters[name] = bound[name]
            bases.append(base.name.text)
            self.stack.append((base, span))
            try:
                if not self.add_layers(body, base_scope, base, bound, bases):
                    return False
            finally:
                self.stack.pop()
        template = any(p.default is None for p in definition.parameters)
        body.layers.append(Layer(definition.body, env, template or definition.name.text == body.name))
        return True

    def only_attributes(self, overrides: tuple[n.Statement, ...]) -> tuple[n.Statement, ...]:
        """The overrides that may stand in an instance's braces; the others are reported."""
        kept = []
        for statement in overrides:
            if isinstance(statement, (n.Attribute, n.Group, n.Broken)):
                kept.append(statement)
                continue
            message = "an instance's braces hold attributes only"
            mend = "make a variant for anything more: `kind Name : Base { … }`"
            self.findings.add(rules.MISPLACED.at(statement.span, message, mend))
        return tuple(kept)

    def identity(self, definition: n.Definition, parameters: Mapping[str, Value]) -> str:
        """A name for the component that no other has: the definition's, with arguments where it has some."""
        name = definition.name.text
        if parameters:
            name += "(" + ", ".join(f"{k}={_brief(v)}" for k, v in parameters.items()) + ")"
        self.ids[name] = self.ids.get(name, 0) + 1
        return name if self.ids[name] == 1 else f"{name}#{self.ids[name]}"

    def bases(self, scope: FileScope, definition: n.Definition) -> Iterator[tuple[FileScope, n.Definition, n.TypeRef]]:
        """A variant's bases, nearest first, and how each is named."""
        seen = {id(definition)}
        while definition.base is not None:
            named = definition.base
            found = scope.find(named.name.text)
            if len(found) != 1 or id(found[0][1]) in seen:
                return
            scope, definition = found[0]
            seen.add(id(definition))
            yield scope, definition, named

    def inherited(self, scope: FileScope, definition: n.Definition) -> list[tuple[n.Parameter, FileScope]]:
        """The parameters of a variant's bases that it neither declares again nor gives arguments for."""
        found: list[tuple[n.Parameter, FileScope]] = []
        taken = {p.name.text for p in definition.parameters}
        for home, base, named in self.bases(scope, definition):
            given = {a.name.text for a in named.arguments if a.name is not None}
            positional = sum(a.name is None for a in named.arguments)
            for position, parameter in enumerate(base.parameters):
                name = parameter.name.text
                if position >= positional and name not in given and name not in taken:
                    found.append((parameter, home))
                taken.add(name)
        return found

    # --- arguments ----------------------------------------------------------------------------------------

    def bind(
        self,
        scope: FileScope,
        definition: n.Definition,
        arguments: tuple[n.Argument, ...],
        span: Span,
        env: Env | None,
        given: Mapping[str, Value] | None,
    ) -> dict[str, Value] | None:
        """The parameters' values, from arguments and defaults, held to their types; None after an error."""
        values: dict[str, tuple[Value, Span]] = {}
        failed = False
        parameters = [*((p, scope) for p in definition.parameters), *self.inherited(scope, definition)]
        names = [p.name.text for p, _ in parameters]
        above = {p.name.text for _, base, _ in self.bases(scope, definition) for p in base.parameters} - set(names)
        for position, argument in enumerate(arguments):
            if argument.name is None and position >= len(names):
                message = f"`{definition.name.text}` takes {len(names) or 'no'} argument{'s' * (len(names) != 1)}"
                self.findings.add(rules.ARGUMENT.at(argument.span, message))
                return None
            name = names[position] if argument.name is None else argument.name.text
            if name not in names:
                mend = nearest(name, names) or (f"it has {quoted(names)}" if names else "it has no parameters")
                message = f"`{definition.name.text}` has no parameter `{name}`"
                self.findings.add(rules.ARGUMENT.at(argument.span, message, mend))
                failed = True
                continue
            if name in values:
                self.findings.add(rules.ARGUMENT.at(argument.span, f"`{name}` is given twice"))
                failed = True
                continue
            assert env is not None
            value = constant(argument.value, env)
            failed = failed or value is None
            if value is not None:
                values[name] = (value, argument.value.span)
        bound: dict[str, Value] = {}
        for parameter, home in parameters:
            name = parameter.name.text
            if given is not None and name in given:
                values[name] = (given[name], span)
            if name not in values and parameter not in definition.parameters and _leans(parameter, above):
                above.add(name)  # the base works it out, from what it is given
                continue
            if name not in values and parameter.default is not None:
                default = constant(parameter.default, Env(FileNames(self, home), home, bound))
                failed = failed or default is None
                if default is not None:
                    values[name] = (default, parameter.default.span)
            if name not in values:
                if not failed:
                    message = f"`{definition.name.text}` needs a value for its parameter `{name}`"
                    related = [Related(parameter.span, "declared here, without a default")]
                    self.findings.add(rules.ARGUMENT.at(span, message, f"write `{name} = …`", related))
                failed = True
                continue
            fitted = self.fit_parameter(parameter, *values[name])
            failed = failed or fitted is None
            if fitted is not None:
                bound[name] = fitted
        return None if failed else bound

    def fit_parameter(self, parameter: n.Parameter, value: Value, span: Span) -> Value | None:
        type_ = parameter.type.text
        if type_ not in PARAMETER_TYPES:
            mend = nearest(type_, PARAMETER_TYPES) or "such as `count`, `power` or `chip`"
            self.findings.add(rules.UNKNOWN_TYPE.at(parameter.type.span, f"there is no parameter type `{type_}`", mend))
            return None
        if isinstance(value, Unknown):
            return value
        result = fit(value, type_, parameter.name.text, span)
        if isinstance(result, Diagnostic):
            self.findings.add(result)
            return None
        return result

    # --- values of a file ---------------------------------------------------------------------------------

    def file_lookup(self, path: n.Path, env: Env) -> Expr | bool | None:
        """A file's `let`, a definition, or an attribute of one."""
        first = path.segments[0].name
        found = env.file.find_let(first.text)
        if found is not None and path.bare is not None:
            return self.file_let(*found)
        component = self.by_name(first.text, first.span, env, quiet=True)
        if not isinstance(component, Component):
            return component
        if path.bare is not None:
            return Const(component)
        attribute = component.attributes.get(".".join(s.name.text for s in path.segments[1:]))
        if isinstance(attribute, Attribute):
            return Const(attribute.value)
        message = f"`{component.name}` has no attribute `{path.dotted.partition('.')[2]}`"
        self.findings.add(
            rules.UNKNOWN_ATTRIBUTE.at(path.span, message, nearest(path.dotted.partition(".")[2], component.attributes))
        )
        return None

    def file_let(self, scope: FileScope, let: n.Let) -> Expr | None:
        key = id(let)
        state = self.lets.get(key, "new")
        if state == "busy":
            self.findings.add(rules.VALUE_CYCLE.at(let.name.span, f"`{let.name.text}` depends on itself"))
            return None
        if state == "new":
            self.lets[key] = "busy"
            self.lets[key] = resolve(let.claim.value, Env(FileNames(self, scope), scope, {}))
        return self.lets[key]  # type: ignore[return-value]

    def text_of(self, span: Span) -> str:
        """The source text of a span, on one line."""
        source = self.project.sources.get(span.file)
        if source is None:
            return ""
        lines = source.lines[span.line - 1 : span.end_line]
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return " ".join(" ".join(lines).split())


def _leans(parameter: n.Parameter, names: Collection[str]) -> bool:
    """Whether a parameter's default names one of `names`."""
    paths = n.walk(parameter.default) if parameter.default is not None else ()
    return any(isinstance(x, n.Path) and x.bare in names for x in paths)


def _brief(value: Value) -> str:
    if isinstance(value, Quantity):
        return show(value, places=6).replace(",", "")
    if isinstance(value, Component):
        return value.id
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
