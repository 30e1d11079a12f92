"""Expressions of the model: names are resolved, what can be computed is computed, indices are left open."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from cmxdsl.records import field, frozen
from cmxdsl.source import Span
from cmxdsl.units import NOT_ZERO, ZERO, Quantity, TooLarge, UnitFault, number


class Definition:
    """A definition with its arguments filled in, as far as expressions know it: a value that others may name. The only
    one there is, is `component.Component`, which holds expressions."""

    __slots__ = ()
    id: str
    name: str
    kind: str


@frozen
class Unknown:
    """The value of what is not known. Whatever is computed with it is unknown too."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()
CONDITION = "write a comparison, such as `n > 8`, or a flag"


@frozen
class Pair:
    """A width and a depth, both lengths."""

    width: Quantity
    depth: Quantity


Value = Quantity | str | bool | Unknown | Pair | tuple[Any, ...] | Definition


@frozen
class Const:
    """A value."""

    value: Value


@frozen
class Var:
    """An index variable."""

    name: str


@frozen
class Op:
    """An operator on operands; `a if c else b` has them in the order of the text."""

    operator: str
    operands: tuple[Expr, ...]
    span: Span | None = field(default=None, eq=False, repr=False)

    @cached_property
    def depth(self) -> int:
        """Levels of operators and questions."""
        return 1 + max((depth(o) for o in self.operands), default=0)


@frozen
class Ask:
    """A question about a design, such as `total(power.peak, in = compute)`.

    `part` is the path of instances it is about (the whole component when empty); `of` another component; `among` the
    endpoints of a plane that it is asked of, by path, part or kind (the accelerators, or all, when empty).
    """

    function: str
    arguments: tuple[Expr, ...]
    part: tuple[str, ...] = ()
    of: Definition | None = None
    among: str = ""
    span: Span | None = field(default=None, eq=False, repr=False)

    @cached_property
    def depth(self) -> int:
        """As `Op.depth`."""
        return 1 + max((depth(a) for a in self.arguments), default=0)


Expr = Const | Var | Op | Ask
MAX_TEXT = 10_000  # characters of a text that is joined
OPERATORS = ("+", "-", "*", "/", "^", "div", "mod", "==", "!=", "<", "<=", ">", ">=", "and", "or", "not", "if")


def depth(expr: Expr) -> int:
    """How many operators and questions stand inside each other in an expression."""
    return expr.depth if isinstance(expr, (Op, Ask)) else 0


def operands(expr: Expr) -> tuple[Expr, ...]:
    """The expressions right inside."""
    return expr.operands if isinstance(expr, Op) else expr.arguments if isinstance(expr, Ask) else ()


def inside_out(expr: Expr) -> list[Expr]:
    """Every distinct part of an expression once, operands before what they stand in.

    A `let` that is read twice is one object in two places: a walk that follows places doubles with each such `let`.
    """
    found: list[Expr] = []
    seen: set[int] = set()  # ids of parts of `expr`, which keeps them
    stack: list[tuple[Expr, bool]] = [(expr, False)]
    while stack:
        part, done = stack.pop()
        if done:
            found.append(part)
        elif id(part) not in seen:
            seen.add(id(part))
            stack.append((part, True))
            stack.extend((o, False) for o in reversed(operands(part)))
    return found


def parts(expr: Expr) -> int:
    """How many parts an expression has when it is written out, those that it shares each time."""
    found: dict[int, int] = {}  # by the id of a part, which `expr` keeps
    for part in inside_out(expr):
        found[id(part)] = 1 + sum(found[id(o)] for o in operands(part))
    return found[id(expr)]


def describe(value: Value) -> str:
    """What kind of value it is, for messages."""
    if isinstance(value, bool):
        return "a flag"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, Quantity):
        from cmxdsl.units import name_of

        name = name_of(value.dimension)
        return f"a plain {name}" if name == "number" else f"a value of {name}"
    if isinstance(value, tuple):
        return "a list"
    if isinstance(value, Pair):
        return "a size"
    return "unknown" if isinstance(value, Unknown) else f"a {value.kind}"


def apply(operator: str, operands: tuple[Value, ...]) -> Value:
    """The operator's result. Raises UnitFault for operands that do not go together, TooLarge for giants."""
    if operator in ("and", "or", "not"):
        return _logic(operator, operands)
    if operator == "if":
        return _chosen(*operands)
    if any(isinstance(o, Unknown) for o in operands):
        return UNKNOWN
    if operator in ("==", "!="):
        a, b = operands
        if isinstance(a, Quantity) and isinstance(b, Quantity):
            return (a.compare(b) == 0) == (operator == "==")
        if type(a) is not type(b):
            raise UnitFault(f"cannot compare {describe(a)} with {describe(b)}", "compare two values of one type")
        return (a == b) == (operator == "==")
    if operator == "+" and any(isinstance(o, str) for o in operands):
        return _joined(operands)
    quantities = []
    for operand in operands:
        if not isinstance(operand, Quantity):
            raise UnitFault(f"`{operator}` needs numbers, and this is {describe(operand)}", "give a number")
        quantities.append(operand)
    if len(quantities) == 1:
        return -quantities[0]
    return _arithmetic(operator, quantities[0], quantities[1])


def _arithmetic(operator: str, a: Quantity, b: Quantity) -> Value:
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
        case "^":
            if not b.is_integer:
                raise UnitFault("an exponent is a whole number", "such as `^ 2`; there are no roots")
            return a.power(int(b.value)) if abs(b.value) <= 64 else a.power(65)
        case "div" | "mod":
            if a.dimension != b.dimension or a.point or b.point:
                raise UnitFault(f"`{operator}` needs two values of the same dimension", "give both the same dimension")
            if b.value == 0:
                raise UnitFault(ZERO, NOT_ZERO)
            return number(a.value // b.value) if operator == "div" else Quantity(a.value % b.value, a.dimension)
    order = a.compare(b)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _chosen(then: Value, condition: Value, otherwise: Value) -> Value:
    """`then if condition else otherwise`. Where the condition is unknown, what both sides agree on."""
    if isinstance(condition, Unknown):
        return then if then == otherwise else UNKNOWN
    if not isinstance(condition, bool):
        raise UnitFault(f"`if` needs true or false, and this is {describe(condition)}", CONDITION)
    return then if condition else otherwise


def _joined(operands: tuple[Value, ...]) -> str:
    texts = [o for o in operands if isinstance(o, str)]
    if len(texts) != len(operands):
        other = next(o for o in operands if not isinstance(o, str))
        raise UnitFault(f"`+` joins two texts, and this is {describe(other)}", "make it a text: `text(…)`")
    if sum(len(text) for text in texts) > MAX_TEXT:
        raise TooLarge(f"a text of more than {MAX_TEXT:,} characters")
    return "".join(texts)


def _logic(operator: str, operands: tuple[Value, ...]) -> Value:
    for operand in operands:
        if not isinstance(operand, (bool, Unknown)):
            raise UnitFault(f"`{operator}` needs true or false, and this is {describe(operand)}", CONDITION)
    if operator == "not":
        return UNKNOWN if isinstance(operands[0], Unknown) else not operands[0]
    decisive = operator == "or"
    if any(o is decisive for o in operands):
        return decisive
    return UNKNOWN if any(isinstance(o, Unknown) for o in operands) else not decisive
