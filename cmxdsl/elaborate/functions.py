"""Functions of one's own: `let f(x: power) = …`, an expression with names for what it is given.

A call is replaced by the function's expression. No function leads back to itself, so that this ends; limits on depth,
on the calls and on the size of what comes out keep it short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from cmxdsl.diagnostics import Related
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.arguments import arguments_of, held, lacking
from cmxdsl.elaborate.expressions import let_value, resolve
from cmxdsl.elaborate.same import Same
from cmxdsl.elaborate.scope import Defined, Scope
from cmxdsl.elaborate.values import PARAMETER_TYPES
from cmxdsl.model import Ask, Claim, Const, Expr, Op, Value, Var
from cmxdsl.model.expr import apply
from cmxdsl.records import define, evolve, field
from cmxdsl.schema import FUNCTIONS, KINDS, Vocabulary
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, TooLarge, UnitFault, number
from cmxdsl.units.dimension import CURRENCIES, NAMES, PRICES, money
from cmxdsl.units.scales import DIFFERENCES, POINTS

MAX_CALLS = 50_000  # different calls in one design
MAX_SIZE = 1024  # operators and questions in what a call comes to
MAX_DEPTH = 64  # functions inside each other

_ARGUMENT = "argument"  # an operator for what is not given yet, while a function is checked without a call

Result = tuple[Expr, tuple[Claim, ...]] | None


@define(eq=False)
class Functions:
    """What the functions of a design came to so far, for the arguments that they were given."""

    made: dict[Any, Result] = field(factory=dict)
    sound: dict[tuple[Same, Same], bool] = field(factory=dict)
    called: set[Same] = field(factory=set)
    depth: int = 0
    stopped: bool = False  # a limit on all calls was reached and reported

    def call(self, node: n.Call, function: Defined, scope: Scope) -> Expr | None:
        """What a function comes to for a call's arguments; the claims it rests on count as read by the caller."""
        arguments = _bound(node, function, scope)
        if not self.acyclic(function) or arguments is None:
            return None
        found = self.value(function, arguments, node.span)
        if found is None:
            return None
        value, reads = found
        scope.names.reads.extend(reads)
        return value

    def value(self, function: Defined, arguments: Mapping[str, Expr], span: Span) -> Result:
        """The function's expression with its arguments in place, made once for the same arguments."""
        key = (Same(function.node), Same(function.scope.names), tuple(arguments.values()))
        if key in self.made:
            return self.made[key]
        findings = function.scope.findings
        if self.depth >= MAX_DEPTH:
            findings.add(rules.EXPANSION.at(span, f"functions call each other deeper than {MAX_DEPTH} levels here"))
            return None
        if len(self.made) >= MAX_CALLS:
            if not self.stopped:
                message = f"the design makes more than {MAX_CALLS:,} different calls of functions"
                findings.add(rules.EXPANSION.at(span, message))
            self.stopped = True
            return None
        self.called.add(Same(function.node))
        self.made[key] = None
        self.depth += 1
        try:
            found = let_value(Defined(function.node, evolve(function.scope, arguments=arguments, indices=())))
        finally:
            self.depth -= 1
        if found is not None and not _is_small(found[0]):
            message = f"`{function.node.name.text}` comes to more than {MAX_SIZE:,} operators here"
            findings.add(rules.EXPANSION.at(span, message))
            found = None
        self.made[key] = found
        return found

    # --- without a call -------------------------------------------------------------------------------------

    def acyclic(self, function: Defined) -> bool:
        """Whether no chain of calls and values leads from a function back to it; a loop is reported once."""
        key = (Same(function.node), Same(function.scope.names))
        if key not in self.sound:
            loop = _loop(function)
            self.sound[key] = not loop
            if loop:
                for other in loop[:-1]:
                    self.sound[Same(other.node), Same(other.scope.names)] = False
                chain = " → ".join(f"`{f.node.name.text}`" for f in loop)
                related = [Related(f.node.name.span, f"through `{f.node.name.text}`") for f in loop[1:-1]]
                message = f"a function cannot call itself: {chain}"
                function.scope.findings.add(rules.RECURSION.at(function.node.name.span, message, "", related))
        return self.sound[key]

    def check(self, function: Defined) -> bool:
        """Whether a function is sound by itself: its name, its parameters, and what its expression names.

        The expression is resolved with a stand-in for each argument, unless it needs values to be known at once.
        """
        node, findings = function.node, function.scope.findings
        name, parameters = node.name.text, node.parameters or ()
        fine = self.acyclic(function)
        if name in FUNCTIONS:
            findings.add(rules.DUPLICATE.at(node.name.span, f"`{name}` is a function of the language"))
            fine = False
        seen: dict[str, n.Parameter] = {}
        for parameter in parameters:
            if seen.setdefault(parameter.name.text, parameter) is not parameter:
                findings.add(rules.DUPLICATE.at(parameter.name.span, f"`{parameter.name.text}` is a parameter twice"))
                fine = False
        types = [p.type.text for p in parameters]
        for parameter in parameters:
            if parameter.type.text not in PARAMETER_TYPES:
                held(findings, parameter, number(0), parameter.type.span)  # it says that there is no such type
                fine = False
        if not fine or Same(node) in self.called or any(type_ in KINDS for type_ in types) or _needs_values(function):
            return fine
        arguments = {p.name.text: Op(_ARGUMENT, (Const(_example(p.type.text)),)) for p in parameters}
        return self.value(function, arguments, node.name.span) is not None


def _bound(node: n.Call, function: Defined, scope: Scope) -> dict[str, Expr] | None:
    """The arguments by the names of the parameters, defaults filled in, held to their types; None after an error."""
    findings, called = scope.findings, function.node.name.text
    parameters = function.node.parameters or ()
    names = [p.name.text for p in parameters]
    passed: dict[str, tuple[Expr, Span]] | None = arguments_of(
        findings, called, node.arguments, names, lambda value: resolve(value, scope)
    )
    if passed is None:
        return None
    bound: dict[str, Expr] = {}
    failed = False
    for parameter in parameters:
        given = passed.get(parameter.name.text)
        if given is None and parameter.default is None:
            lacking(findings, called, node.span, parameter)
            failed = True
            continue
        if given is None:
            assert parameter.default is not None
            default = resolve(parameter.default, evolve(function.scope, arguments=bound, indices=()))
            given = (default, parameter.default.span) if default is not None else None
        expr = _held(parameter, *given, scope) if given is not None else None
        failed = failed or expr is None
        if expr is not None:
            bound[parameter.name.text] = expr
    return None if failed else bound


def _held(parameter: n.Parameter, expr: Expr, span: Span, scope: Scope) -> Expr | None:
    """An argument held to its parameter's type; one that is not known yet by the dimension that it will have."""
    if isinstance(expr, Const):
        value = held(scope.findings, parameter, expr.value, span)
        return None if value is None else Const(value)
    if not _is_small(expr):  # before it is looked at in other ways, which follow each of its places
        message = f"`{parameter.name.text}` is given more than {MAX_SIZE:,} operators"
        scope.findings.add(rules.EXPANSION.at(span, message))
        return None
    example = stand_in(expr, scope.file.vocabulary)
    if example is not None and held(scope.findings, parameter, example, span) is None:
        return None
    return expr


def stand_in(expr: Expr, vocabulary: Vocabulary) -> Value | None:
    """Some value of the type that an expression will have, 1 in its unit; None where that cannot be told."""
    match expr:
        case Const(value):
            return value
        case Var():
            return number(1)
        case Ask():
            return _asked(expr, vocabulary)
        case Op("argument", (Const(value),)):
            return value
        case Op("if", (then, _, otherwise)):
            found = stand_in(then, vocabulary)
            return found if found is not None else stand_in(otherwise, vocabulary)
        case Op(operator, operands):
            values = [stand_in(o, vocabulary) for o in operands]
            if any(v is None for v in values):
                return None
            try:
                made = apply(operator, tuple(v for v in values if v is not None))
            except (UnitFault, TooLarge):
                return None  # said where it is computed
            return Quantity(Fraction(1), made.dimension, made.point) if isinstance(made, Quantity) else made
    raise AssertionError(expr)


def _asked(ask: Ask, vocabulary: Vocabulary) -> Value | None:
    gives = FUNCTIONS[ask.function].gives
    if gives != "argument":
        return _example(gives)
    first = ask.arguments[0]
    if not (isinstance(first, Const) and isinstance(first.value, str)):
        return stand_in(first, vocabulary)
    row = vocabulary.attributes.get(first.value)
    return _example(row.type) if row is not None and row.type in (*PARAMETER_TYPES, *PRICES) else None


def _example(type_: str) -> Value:
    """A value of a parameter's type."""
    if type_ in ("text", "flag"):
        return "" if type_ == "text" else True
    if type_ in PRICES:
        return Quantity(Fraction(1), money(next(iter(CURRENCIES))) / PRICES[type_])
    dimension = POINTS.get(type_) or DIFFERENCES.get(type_) or NAMES.get(type_)
    return number(1) if dimension is None else Quantity(Fraction(1), dimension, type_ in POINTS)


def _is_small(expr: Expr) -> bool:
    """Whether an expression has no more than `MAX_SIZE` operators and questions."""
    left, stack = MAX_SIZE, [expr]
    while stack and left >= 0:
        here = stack.pop()
        if isinstance(here, Op | Ask):
            left -= 1
            stack.extend(here.operands if isinstance(here, Op) else here.arguments)
    return left >= 0


def _loop(function: Defined) -> list[Defined]:
    """A chain of `let`s that starts and ends with a function, each naming the next; empty where there is none."""
    came: dict[Same, Defined | None] = {Same(function.node): None}
    waiting = [function]
    while waiting:
        here = waiting.pop()
        for other in _named(here):
            if other.node is function.node:
                chain, back = [other], here
                while True:
                    chain.append(back)
                    before = came[Same(back.node)]
                    if before is None:
                        return chain[::-1]
                    back = before
            if Same(other.node) not in came:
                came[Same(other.node)] = here
                waiting.append(other)
    return []


def _named(function: Defined) -> Iterator[Defined]:
    """The `let`s that the expression of one names."""
    node, scope = function.node, function.scope
    own = {p.name.text for p in node.parameters or ()}
    expressions = [node.claim.value, *(p.default for p in node.parameters or () if p.default is not None)]
    for here in (x for expr in expressions for x in n.walk(expr)):
        name = here.type.dotted if isinstance(here, n.Call) else None
        if isinstance(here, n.Path) and here.segments[0].name.text not in own:
            name = scope.file.whole_name(here)
        found = scope.names.let(name, scope) if name is not None else None
        if found is not None:
            yield found


def _needs_values(function: Defined) -> bool:
    """Whether the expression has a list, or gives a definition arguments: both need values that are known."""
    for here in n.walk(function.node.claim.value):
        if isinstance(here, n.ListOf):
            return True
        if isinstance(here, n.Call) and here.function.text not in FUNCTIONS:
            let = function.scope.names.let(here.type.dotted, function.scope)
            if let is None or let.node.parameters is None:
                return True
    return False
