"""What the sides of a comparison came to, in words: for a rule that does not hold, and for whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from cmxdsl.analysis.queries.answers import Answer
from cmxdsl.model import Ask, Component, Const, Expr, Op, Pair, Unknown, Value, Var
from cmxdsl.model.expr import inside_out, operands, parts
from cmxdsl.schema import BY_NAME, FUNCTIONS
from cmxdsl.units import Quantity, show

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_BINDS = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(COMPARISONS, 4),
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "div": 6,
    "mod": 6,
    "^": 8,
}
_PREFIX = {"not": 3, "-": 7}

LONGEST = 60  # parts of an expression that is written out
MOST = 8  # questions of one side whose answers are told

Evaluate = Callable[[Expr], Answer | None]


def written(expr: Expr, least: int = 0) -> str:
    """An expression as text, in brackets where it binds less than `least`."""
    match expr:
        case Const(value):
            return value_words(value)
        case Ask():
            inside = [written(a) for a in expr.arguments]
            where = ".".join(expr.part) or (expr.of.name if expr.of is not None else "")
            return f"{expr.function}({', '.join([*inside, *([f'in = {where}'] if where else [])])})"
        case Op(operator, (operand,)):
            strength = _PREFIX[operator]
            text = f"{operator}{' ' * operator.isalpha()}{written(operand, strength)}"
        case Op("if", (then, condition, otherwise)):
            strength = 0
            text = f"{written(then, 1)} if {written(condition, 1)} else {written(otherwise)}"
        case Op(operator, (a, b)):
            strength = _BINDS[operator]
            text = f"{written(a, strength)} {operator} {written(b, strength + 1)}"
        case Var(name):
            return name
        case _:
            raise AssertionError(expr)
    return f"({text})" if strength < least else text


def value_words(value: Value, unit: str = "") -> str:
    """A value for people, a quantity in a unit where it is of its dimension."""
    if isinstance(value, Quantity):
        fits = bool(unit) and (not value.dimension.is_none or unit in ("%", "ppm"))
        return show(value, unit if fits else None)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Pair):
        return f"{show(value.width)} x {show(value.depth)}"
    if isinstance(value, tuple):
        return ", ".join(value_words(v, unit) for v in value)
    if isinstance(value, Component):
        return value.name
    return "unknown" if isinstance(value, Unknown) else str(value)


def unit_of(expr: Expr) -> str:
    """The unit that an expression is printed in: of the attributes that it asks for."""
    units: dict[int, str] = {}  # by the id of a part, which `expr` keeps
    for part in inside_out(expr):
        inside = operands(part)[::2] if isinstance(part, Op) and part.operator == "if" else operands(part)
        inner = next((unit for o in inside if (unit := units[id(o)])), "")  # a condition gives no unit
        if isinstance(part, Ask):
            named = (a.value for a in part.arguments if isinstance(a, Const) and isinstance(a.value, str))
            own = next((BY_NAME[name].unit for name in named if name in BY_NAME), "")
            units[id(part)] = FUNCTIONS[part.function].unit or own or inner
        else:
            shared = isinstance(part, Op) and part.operator in ("*", "/", "^") and inner == "%"
            units[id(part)] = "" if shared else inner
    return units[id(expr)]


def answer_words(expr: Expr, answer: Answer) -> str:
    """A value with its unit, bounds where it is unknown, and the share of the parts that it covers."""
    unit, bounds = unit_of(expr), answer.bounds
    if isinstance(answer.value, Unknown):
        known = [
            f"{words} {value_words(bound, unit)}"
            for words, bound in (("at least", bounds.least), ("at most", bounds.most))
            if bound is not None
        ]
        text = ", ".join(["unknown", *known])
    else:
        text = value_words(answer.value, unit)
    return f"{text} ({share_words(answer.coverage)} covered)" if answer.coverage is not None else text


def share_words(share: Fraction) -> str:
    """`100%`, or the share rounded down, so that what is not whole never looks so."""
    percent = share * 100
    return f"{int(percent)}%" if percent >= 1 or percent == 0 else "<1%"


def sides(expr: Expr, evaluate: Evaluate) -> Iterator[str]:
    """What each side of every comparison in a condition came to, and what the questions in a side came to. A part that
    stands in several places is told of once."""
    stack, seen = [expr], set[int]()
    while stack:
        part = stack.pop()
        if id(part) in seen:  # a `let` that is read twice is one object; `expr` keeps it
            continue
        seen.add(id(part))
        if isinstance(part, Op) and part.operator in COMPARISONS:
            for operand in part.operands:
                if isinstance(operand, Const):
                    yield f"the other side is {value_words(operand.value, unit_of(part))}"
                else:
                    yield from _side(operand, evaluate)
        elif isinstance(part, Op):
            stack += reversed(part.operands)
        elif isinstance(part, Ask):
            yield from _side(part, evaluate)


def _side(expr: Expr, evaluate: Evaluate) -> Iterator[str]:
    answer = evaluate(expr)
    if answer is not None:
        yield f"{_named(expr)} is {answer_words(expr, answer)}"
    found = list(questions(expr)) if isinstance(expr, Op) else []
    for question in found[:MOST]:
        known = evaluate(question)
        if known is not None:
            yield f"{_named(question)} is {answer_words(question, known)}"
    if len(found) > MOST:
        yield f"{len(found) - MOST:,} more questions: `cmx ask` answers each"


def _named(expr: Expr) -> str:
    """An expression, or what stands for it where it is too long to be written out."""
    if parts(expr) <= LONGEST:
        return written(expr)
    return f"{expr.function}(…)" if isinstance(expr, Ask) else "this side"


def questions(expr: Expr) -> Iterator[Ask]:
    """The outermost questions in an expression, each once."""
    stack, seen = [expr], set()
    while stack:
        part = stack.pop()
        if isinstance(part, Ask):
            yield part
        elif id(part) not in seen:  # a `let` that is read twice is one object; `expr` keeps it
            seen.add(id(part))
            stack.extend(reversed(operands(part)))
