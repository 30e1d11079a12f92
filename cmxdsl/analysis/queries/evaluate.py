"""The value of an expression about a finished design: what `require`, `prefer` and `expect` ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from importlib import import_module

from cmxdsl.analysis.network.ends import NoEndpoint
from cmxdsl.analysis.queries.answers import Answer, Question
from cmxdsl.model import UNKNOWN, Ask, Component, Const, Expr, Op, Subject, Unknown, Value
from cmxdsl.model import functions as f
from cmxdsl.model.bounds import OPEN, Bounds, bounded, bounds_of, spanning
from cmxdsl.model.expr import apply
from cmxdsl.records import define, evolve, field
from cmxdsl.schema import FUNCTIONS
from cmxdsl.units import Quantity, number


def evaluate(expr: Expr, subject: Subject) -> Answer:
    """The expression's value for a subject. Raises UnitFault, TooLarge, FunctionFault or LimitExceeded."""
    return _Evaluation(subject).of(expr)


@define
class _Evaluation:
    """One expression about one subject. A part that stands in several places is evaluated once, and of a choice only
    the side that is chosen; the depth of expressions is limited where they are made."""

    subject: Subject
    _known: dict[int, Answer] = field(factory=dict)  # by the id of a part, which the expression keeps

    def of(self, part: Expr) -> Answer:
        if id(part) not in self._known:
            self._known[id(part)] = self._of(part)
        return self._known[id(part)]

    def _of(self, part: Expr) -> Answer:
        match part:
            case Const(value):
                return Answer(value)
            case Op("if", (then, asked, otherwise)):
                return self._choice(then, self.of(asked), otherwise)
            case Op(operator, operands):
                return _applied(operator, [self.of(o) for o in operands])
            case Ask(_, arguments):
                return _ask(part, [self.of(a) for a in arguments], self.subject)
        raise AssertionError(part)

    def _choice(self, then: Expr, condition: Answer, otherwise: Expr) -> Answer:
        """`then if condition else otherwise`; where the condition is unknown, what both sides have in common."""
        if isinstance(condition.value, bool):
            side = self.of(then if condition.value else otherwise)
            return evolve(side, coverage=_least_covered((side, condition)))
        sides = (self.of(then), self.of(otherwise))
        value = apply("if", (sides[0].value, condition.value, sides[1].value))
        covered = _least_covered((*sides, condition))
        if not isinstance(value, Unknown):
            return Answer(value, (), OPEN, covered)
        lacking = tuple(dict.fromkeys(name for a in (condition, *sides) for name in a.lacking))
        return Answer(value, lacking, spanning(*(bounds_of(a.value, a.bounds) for a in sides)), covered)


def _applied(operator: str, answers: list[Answer]) -> Answer:
    value, bounds = apply(operator, tuple(a.value for a in answers)), OPEN
    if isinstance(value, Unknown):
        value, bounds = bounded(operator, tuple(bounds_of(a.value, a.bounds) for a in answers))
    lacking = tuple(dict.fromkeys(name for a in answers for name in a.lacking))
    return Answer(value, lacking if isinstance(value, Unknown) else (), bounds, _least_covered(answers))


def _least_covered(answers: Iterable[Answer]) -> Fraction | None:
    return min((a.coverage for a in answers if a.coverage is not None), default=None)


# By the file of this folder that answers them; what is in none, `model.functions` does.
ROOMS: dict[str, tuple[str, ...]] = {
    "planes": (
        "links",
        "ports",
        "injection",
        "port_rate",
        "margin",
        "components",
        "diameter",
        "hops",
        "oversubscription",
        "taper",
        "bisection",
        "latency",
        "edge_disjoint",
        "node_disjoint",
        "rails",
        "throughput",
        "permutation",
        "isolated",
        "islands",
        "kept",
        "throughput_left",
        "bisection_left",
    ),
    "usage": ("pue",),
    "models": ("parameters", "active_parameters", "forward_flops", "training_flops", "kv_cache"),
    "runs": tuple(name for name, row in FUNCTIONS.items() if row.takes[:1] == ("run",) and name != "price_per_token"),
    "owning": ("tco", "cost_per_hour", "price_per_token", "mtbf", "goodput", "availability", "spares"),
    "collectives": ("collective", "bus_bandwidth", "collective_bound"),
}
_ROOM_OF = {function: room for room, functions in ROOMS.items() for function in functions}


def answers(room: str) -> dict[str, Callable[[Question], Answer]]:
    """What a file of this folder answers, which is imported when it is first asked."""
    found: dict[str, Callable[[Question], Answer]] = import_module(f"{__package__}.{room}").ANSWERS
    return found


def _ask(ask: Ask, arguments: list[Answer], subject: Subject) -> Answer:
    where, many = (ask.of, 1) if isinstance(ask.of, Component) else subject.top.at(ask.part)
    question = Question(ask, tuple(a.value for a in arguments), subject.of(where), subject, many)
    if ask.function in _ROOM_OF:
        try:
            return answers(_ROOM_OF[ask.function])[ask.function](question)
        except NoEndpoint as error:
            raise f.FunctionFault(str(error), "name a part that links join to others") from None
    if ask.function == "coverage":
        coverage = question.about.total(question.word).coverage
        return Answer(UNKNOWN if coverage is None else number(coverage), (f"parts that should state {question.word}",))
    return _added_up(question, arguments)


def _added_up(question: Question, arguments: list[Answer]) -> Answer:
    """A total, count, least, greatest or mean over parts, or a function of values."""
    about, first = question.about, question.values[0] if question.values else UNKNOWN
    value = f.answer(about, question.function, list(question.values), question.many)
    if not isinstance(first, str) or not FUNCTIONS[question.function].asks:
        return Answer(value, tuple(name for a in arguments for name in a.lacking), OPEN, _least_covered(arguments))
    if question.function == "count":
        return Answer(value)
    total = about.total(first)
    lacking = total.lacking or (f"any part with {first}",)
    return Answer(value, lacking, _extreme(question.function, value, about, first), total.coverage)


def _extreme(function: str, value: Value, subject: Subject, attribute: str) -> Bounds:
    """What the parts that state an attribute say about an unknown greatest or least value of it."""
    if function not in ("max", "min") or not isinstance(value, Unknown):
        return OPEN
    known = f.known_spread(function, subject, attribute)
    if not isinstance(known, Quantity):
        return OPEN
    return Bounds(known, None) if function == "max" else Bounds(None, known)
