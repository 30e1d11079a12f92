"""Syntax expressions to model expressions: names looked up, dimensions checked, constants folded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from cmxdsl.diagnostics import Diagnostic, article, closest, meant, nearest, quoted
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.evaluation import applied, evaluated
from cmxdsl.elaborate.library import library_help
from cmxdsl.elaborate.scope import Defined, Found, Reported, Scope
from cmxdsl.elaborate.sources import cited
from cmxdsl.elaborate.values import EXTENSION, rounded, unknown_attribute
from cmxdsl.fixes import Confidence, Help, change
from cmxdsl.model import UNKNOWN, Ask, Claim, Component, Const, Expr, Op, Pair, Unknown, Value, Var
from cmxdsl.model.expr import depth, describe
from cmxdsl.model.functions import FunctionFault, pure
from cmxdsl.records import define, field
from cmxdsl.schema import FUNCTIONS, KINDS, WORDS, FunctionSpec
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import product_help
from cmxdsl.units import Quantity, UnitFault, UnknownUnit, quantity, unit_words
from cmxdsl.units import number as plain
from cmxdsl.units.table import BY_SYMBOL, UNITS

MAX_LEVELS = 256  # of operators and questions inside each other, those in named values counted


def resolve(node: n.Expr, scope: Scope) -> Expr | None:
    """The model expression, or None after an error was reported."""
    match node:
        case n.Number():
            found = number(node, scope)
            return None if found is None else Const(found)
        case n.Text(value=text):
            return Const(text)
        case n.Flag(value=flag):
            return Const(flag)
        case n.Unknown():
            return Const(UNKNOWN)
        case n.Size(width=width, depth=depth):
            w, d = number(width, scope), number(depth, scope)
            return None if w is None or d is None else Const(Pair(w, d))
        case n.ListOf(items=items):
            values = [constant(item, scope) for item in items]
            return None if any(v is None for v in values) else Const(tuple(values))
        case n.Path():
            return _path(node, scope)
        case n.Operation():
            return _operation(node, scope)
        case n.Call():
            return _call(node, scope)
    raise AssertionError(node)


def number(node: n.Number, scope: Scope) -> Quantity | None:
    """A number with its unit."""
    if node.value == 0 and not node.unit:
        return Quantity(Fraction(0))
    try:
        return quantity(node.value, node.unit)
    except UnknownUnit as error:
        at = node.text.rfind(error.word)
        start = node.span.column + max(0, at)
        span = Span(node.span.file, node.span.line, start, node.span.line, start + len(error.word))
        help = computed_unit(node, scope) or nearest(error.word, unit_words()) or _by_meaning(error.word)
        if not help and error.word == "x":
            help = Help("a product is written `*`")
        scope.findings.add(rules.UNKNOWN_UNIT.at(span, f"unknown unit `{error.word}`", help))
    except UnitFault as error:
        scope.findings.add(rules.OPERANDS.at(node.span, str(error), error.fix))
    return None


def computed_unit(node: n.Expr, scope: Scope) -> Help:
    """`10 kW/p`, where `p` is a name or no unit: the lexer takes it for part of the unit, as no blanks stand around."""
    found = re.fullmatch(r"([^*/·]+)([*/])(\w+)(.*)", node.unit) if isinstance(node, n.Number) else None
    if found is None or not isinstance(node, n.Number):
        return Help()
    head, sign, word, rest = found.groups()
    named = (
        word in scope.arguments or word in scope.parameters or word in scope.indices or word in scope.names.visible()
    )
    if not named and (len(word) > 1 or word in BY_SYMBOL):
        return Help()
    text = f"{node.text[: len(node.text) - len(node.unit)]}{head} {sign} {word}{rest}"
    what = f"`{word}` is read as a unit here; put blanks around `{sign}` to compute with a name: `{text}`"
    return Help(what, (change(node.span, text, Confidence.SAFE),) if named else ())


def _by_meaning(word: str) -> Help:
    """`watt` is written `W`: the unit whose name is close to the word."""
    names = {unit.meaning.split()[0].strip(","): unit.symbol for unit in reversed(UNITS)}
    close = closest(word.lower().removesuffix("s"), names)
    return meant(names[close] if close else None)


def constant(node: n.Expr, scope: Scope) -> Value | None:
    """The value of an expression that must be known now, or None after an error was reported."""
    expr = resolve(node, scope)
    return None if expr is None else evaluated(expr, node.span, scope)


def _operation(node: n.Operation, scope: Scope) -> Expr | None:
    if node.operator == "if":
        return _choice(node, scope)
    for operand in node.operands:
        if help := product_help(operand):
            message = "a size (width x depth) cannot be used in arithmetic"
            scope.findings.add(rules.OPERANDS.at(operand.span, message, help))
            return None
    operands = [resolve(o, scope) for o in node.operands]
    return _operated(node, operands, scope)


def _choice(node: n.Operation, scope: Scope) -> Expr | None:
    """`a if c else b`: a side that is known not to apply is not computed, as in the statement."""
    then, asked, otherwise = node.operands
    condition = resolve(asked, scope)
    if isinstance(condition, Const) and isinstance(condition.value, bool):
        return resolve(then if condition.value else otherwise, scope)
    return _operated(node, [resolve(then, scope), condition, resolve(otherwise, scope)], scope)


def _operated(node: n.Operation, operands: list[Expr | None], scope: Scope) -> Expr | None:
    if any(o is None for o in operands):
        return None
    known = tuple(o for o in operands if o is not None)
    if all(isinstance(o, Const) for o in known):
        values = tuple(o.value for o in known if isinstance(o, Const))
        value = applied(node.operator, values, node.span, scope.findings)
        return None if value is None else Const(value)
    return _limited(Op(node.operator, known, node.span), node.span, scope)


def _limited(expr: Expr, span: Span, scope: Scope) -> Expr | None:
    """The expression, unless its parts and the values that it names stand too deep inside each other."""
    if depth(expr) <= MAX_LEVELS:
        return expr
    message = f"with the values that it names, this nests deeper than {MAX_LEVELS} levels of operators"
    scope.findings.add(rules.TOO_LARGE.at(span, message, "ask for the value in fewer steps"))
    return None


def let_value(let: Defined) -> tuple[Expr, tuple[Claim, ...]] | None:
    """The value of a `let`, and the claims that it rests on: its own, or those that it is computed from."""
    reads, claim = let.scope.names.reads, let.node.claim
    mark = len(reads)
    value = resolve(claim.value, let.scope)
    used, reads[mark:] = tuple(reads[mark:]), []
    if value is None:
        return None
    if claim.kind:
        note, source = cited(let.scope, claim.cited, f"`{let.node.name.text}`") if claim.cited else (claim.note, None)
        used = (Claim(value.value if isinstance(value, Const) else UNKNOWN, claim.kind, note, source),)
    return value, used


def attribute_of(component: Component, path: n.Path, at: int, scope: Scope) -> Expr | None:
    """The attribute of a component that the rest of a path names; None after an error was reported."""
    name = ".".join(s.name.text for s in path.segments[at:])
    if not name:
        what = f"`{path.dotted}` is {article(component.kind)}, and a value is needed here"
        scope.findings.add(rules.UNKNOWN_NAME.at(path.span, what, f"name one of its attributes: `{path.dotted}.price`"))
        return None
    found = component.attributes.get(name)
    if found is not None:
        scope.names.reads.append(found.claim)
        return Const(found.value)
    if name in (rows := scope.file.vocabulary.attributes_of(component.kind)) or name.startswith(EXTENSION):
        return Const(UNKNOWN)
    scope.findings.add(unknown_attribute(name, path.segments[at].span.to(path.span), component.kind, rows))
    return None


def uncalled(path: n.Path) -> Diagnostic:
    """The finding for a function that stands without its arguments."""
    name = path.dotted
    return rules.UNKNOWN_NAME.at(path.span, f"`{name}` is a function, and a value is needed here", f"write `{name}(…)`")


def _path(node: n.Path, scope: Scope) -> Expr | None:
    name = node.bare
    argument = scope.arguments.get(node.segments[0].name.text)
    if argument is not None:
        component = argument.value if isinstance(argument, Const) else None
        if not isinstance(component, Component) or name is not None:
            return argument
        return attribute_of(component, node, 1, scope)
    if name is not None:
        if name in scope.indices:
            return Var(name)
        if name in scope.parameters:
            return Const(scope.parameters[name])
    found = scope.names.lookup(node, scope)
    if isinstance(found, Found):
        return found.value
    if isinstance(found, Reported):
        return None
    first = node.segments[0].name
    if not scope.names.lost(first.text):
        name, span, _ = scope.file.split(node)  # with the name of a used file in front, if that is what it starts with
        candidates = [*scope.arguments, *scope.names.visible(), *scope.parameters, *scope.indices]
        scope.findings.add(
            rules.UNKNOWN_NAME.at(
                span,
                f"unknown name `{name}`",
                library_help(name, span, scope.file.source, scope.file.node)
                or nearest(name, candidates)
                or (f"known names are {quoted(candidates)}" if candidates else ""),
            )
        )
    return None


# --- calls ------------------------------------------------------------------------------------------------


def _call(node: n.Call, scope: Scope) -> Expr | None:
    spec = FUNCTIONS.get(node.function.text) if node.qualifier is None else None
    if spec is None:
        return _call_of_name(node, scope)
    given = _given(node, spec, scope)
    if given is None:
        return None
    words = given.words
    takes = spec.takes[0] if spec.takes else ""
    if takes == "values" and (len(words) != 1 or not _is_attribute(words[0], scope)):
        return _pure(node, spec, words, scope)
    if takes == "value" and not spec.asks:
        return _pure(node, spec, words, scope)
    if len(words) != len(spec.takes):
        number = {0: "no argument but `in`", 1: "one argument"}.get(len(spec.takes), f"{len(spec.takes)} arguments")
        message = f"`{spec.name}` takes {number}"
        scope.findings.add(rules.ARGUMENT.at(node.span, message, f"such as `{spec.example}`"))
        return None
    kinds = ("attribute",) if takes == "values" else spec.takes
    runs = _runs(given, scope) if "run" in kinds else []
    about = [_question(word, kind, spec, scope, runs) for word, kind in zip(words, kinds, strict=True)]
    known = tuple(one for one in about if one is not None)
    if len(known) < len(about):
        return None
    return Ask(spec.name, known, given.part, given.of, given.among, node.span)


def _call_of_name(node: n.Call, scope: Scope) -> Expr | None:
    """A named function of a file, or a definition with its arguments."""
    findings, name = scope.findings, node.function.text
    let = scope.names.let(node.type.dotted, scope)
    if let is not None and let.node.parameters is not None:
        return scope.maker.call(node, let, scope)
    if node.qualifier is not None or scope.file.find(name) or scope.file.hidden(name):
        made = scope.maker.with_arguments(node.type, scope)
        return Const(made) if made is not None else None
    if let is not None:
        message = f"`{name}` is a value and takes no arguments"
        findings.add(rules.UNKNOWN_FUNCTION.at(node.function.span, message, f"write `{name}` alone"))
        return None
    known = nearest(name, FUNCTIONS) or f"the functions are {', '.join(sorted(FUNCTIONS))}"
    findings.add(rules.UNKNOWN_FUNCTION.at(node.function.span, f"unknown function `{name}`", known))
    return None


@define
class _Given:
    """The arguments of a call: those without a name, what `in = …` names, and `among = …`."""

    words: list[n.Expr] = field(factory=list)
    part: tuple[str, ...] = ()
    of: Component | None = None
    among: str = ""


def _given(node: n.Call, spec: FunctionSpec, scope: Scope) -> _Given | None:
    found, findings = _Given(), scope.findings
    for argument in node.arguments:
        if argument.name is None:
            found.words.append(argument.value)
        elif argument.name.text == "in" and spec.asks:
            subject = _subject(argument.value, scope)
            if subject is None:
                return None
            found.part, found.of = (subject, None) if isinstance(subject, tuple) else ((), subject)
        elif argument.name.text == "among" and spec.ends:
            if not isinstance(argument.value, n.Path):
                findings.add(rules.WRONG_TYPE.at(argument.span, "`among` takes a path of instances, a part or a kind"))
                return None
            found.among = argument.value.dotted
        else:
            findings.add(rules.ARGUMENT.at(argument.span, f"`{spec.name}` has no parameter `{argument.name.text}`"))
            return None
    return found


def _subject(node: n.Expr, scope: Scope) -> tuple[str, ...] | Component | None:
    """What `in = …` names: instances of this component, or another definition."""
    if not isinstance(node, n.Path):
        scope.findings.add(rules.WRONG_TYPE.at(node.span, "`in` takes a path of instances or a definition"))
        return None
    name = scope.file.whole_name(node)
    if name is not None:
        value = scope.component(name)
        if value is not None:
            return value
        found = scope.maker.by_name(name, node.span, scope)
        if isinstance(found, Found):
            return found.value
        if isinstance(found, Reported):
            return None
    return scope.names.part(node, scope)


def _is_attribute(node: n.Expr, scope: Scope) -> bool:
    known = scope.file.vocabulary.attributes
    return isinstance(node, n.Path) and (node.dotted in known or node.dotted.startswith("x."))


def _question(node: n.Expr, takes: str, spec: FunctionSpec, scope: Scope, runs: Sequence[str]) -> Expr | None:
    """One argument of a question about a design."""
    word = node.dotted if isinstance(node, n.Path) else ""
    if takes == "attribute":
        return _attribute_word(node, word, spec, scope)
    if takes in ("value", "size"):
        return resolve(node, scope)
    if takes == "run":
        return _run_word(node, word, runs, scope)
    if takes == "length":
        whole = whole_number(node, scope, "a length in tokens", low=1)
        return None if whole is None else Const(plain(whole))
    if takes == "plane" or takes in WORDS:
        return _word(node, word, takes, scope)
    return _definition_word(node, word, spec, scope)


def _attribute_word(node: n.Expr, word: str, spec: FunctionSpec, scope: Scope) -> Expr | None:
    """The name of an attribute: for `total`, of one that adds up."""
    known = scope.file.vocabulary.attributes
    row = known.get(word)
    if (row is not None and (row.total or spec.name != "total")) or word.startswith("x."):
        return Const(word)
    if row is not None:
        message = f"`{word}` does not add up over a design"
        adds = ", ".join(r.name for r in known.values() if r.total)
        scope.findings.add(rules.ARGUMENT.at(node.span, message, f"`total` takes {adds}"))
    else:
        message = f"unknown attribute `{word}`"
        scope.findings.add(rules.UNKNOWN_ATTRIBUTE.at(node.span, message, nearest(word, known)))
    return None


def _runs(given: _Given, scope: Scope) -> list[str]:
    """The names of the runs of what is asked about."""
    below = scope.names.below(given.part) if given.part else None
    inner = given.of or (below[0] if below is not None else None)
    return scope.names.run_names() if inner is None else [run.name for run in inner.runs]


def _run_word(node: n.Expr, word: str, runs: Sequence[str], scope: Scope) -> Expr | None:
    """A run of the component that is asked about."""
    if word not in runs and not scope.names.lost(word):
        known = f"it is one of {quoted(runs)}" if runs else "`run NAME: WORK over … at …` makes one"
        scope.findings.add(rules.UNKNOWN_NAME.at(node.span, f"there is no run `{word}`", nearest(word, runs) or known))
    return Const(word) if word in runs else None


def _word(node: n.Expr, word: str, takes: str, scope: Scope) -> Expr | None:
    """One of a list of words, planes among them."""
    words: Mapping[str, object] = scope.file.vocabulary.planes if takes == "plane" else WORDS[takes]
    if word in words:
        return Const(word)
    what = {"plane": "not a plane", "failure": "no kind of failure"}.get(takes, f"no {takes}")
    help = nearest(word, words) or f"one of {', '.join(words)}"
    scope.findings.add(rules.WRONG_TYPE.at(node.span, f"`{word}` is {what}", help))
    return None


def _definition_word(node: n.Expr, word: str, spec: FunctionSpec, scope: Scope) -> Expr | None:
    """The name of a definition or a kind, whose parts are counted."""
    name = scope.file.whole_name(node) if isinstance(node, n.Path) else None
    if name is not None:
        value = scope.component(name)
        if value is not None:
            return Const(value.name)
        found = scope.maker.by_name(name, node.span, scope)
        if isinstance(found, Found):
            return Const(found.value.name)
        if isinstance(found, Reported):
            return None
        if name in KINDS:
            return Const(name)
        if scope.names.lost(name):
            return None
    message = f"`{spec.name}` counts parts of a definition, and `{word}` is not one"
    help = library_help(word, node.span, scope.file.source, scope.file.node)
    known = nearest(word, [*scope.file.names(), *KINDS])
    hint = help or known or "define it, or name a kind such as `chip`"
    scope.findings.add(rules.UNKNOWN_DEFINITION.at(node.span, message, hint))
    return None


def _pure(node: n.Call, spec: FunctionSpec, plain: list[n.Expr], scope: Scope) -> Expr | None:
    if not plain or (spec.takes == ("value",) and len(plain) != 1):
        findings = scope.findings
        findings.add(rules.ARGUMENT.at(node.span, f"wrong number of arguments for `{spec.name}`", spec.example))
        return None
    operands = [resolve(p, scope) for p in plain]
    if any(o is None for o in operands):
        return None
    known = tuple(o for o in operands if o is not None)
    if not all(isinstance(o, Const) for o in known):
        return _limited(Ask(spec.name, known, span=node.span), node.span, scope)
    try:
        return Const(pure(spec.name, [o.value for o in known if isinstance(o, Const)]))
    except (UnitFault, FunctionFault) as error:
        scope.findings.add(rules.OPERANDS.at(node.span, str(error), error.fix))
    return None


def whole_number(node: n.Expr, scope: Scope, what: str, low: int = 0) -> int | None:
    """A count of at least `low`, or None after reporting."""
    value = constant(node, scope)
    if value is None:
        return None
    if isinstance(value, Quantity) and value.is_integer and value.value >= low:
        return int(value.value)
    if isinstance(value, Unknown):
        shown = "it is unknown"
    elif isinstance(value, Quantity) and value.dimension.is_none:
        from cmxdsl.units import show

        shown = f"this is {show(value)}"
    else:
        shown = f"this is {describe(value)}"
    least = "zero" if low == 0 else str(low)
    message = f"{what} is a whole number from {least} up, and {shown}"
    fixes = rounded(node.span, value)
    scope.findings.add(rules.NOT_COUNT.at(node.span, message, product_help(node), fixes=fixes))
    return None


MAX_ARRAY = 10**9  # elements


def array_shape(dims: tuple[n.Expr, ...], scope: Scope) -> tuple[int, ...] | None:
    """The sizes of an array, or None after reporting."""
    sizes = []
    for dim in dims:
        size = whole_number(dim, scope, "an array's size")
        if size is not None and size > MAX_ARRAY:
            scope.findings.add(rules.TOO_LARGE.at(dim.span, f"too many elements in an array (limit {MAX_ARRAY:,})"))
            size = None
        sizes.append(size)
    return None if any(s is None for s in sizes) else tuple(s for s in sizes if s is not None)
