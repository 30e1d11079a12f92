"""CMX09xx: what a design requires, prefers and is expected to be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cmxdsl.analysis.queries.answers import Answer
from cmxdsl.analysis.queries.evaluate import evaluate
from cmxdsl.analysis.queries.published import judge
from cmxdsl.analysis.queries.sides import sides
from cmxdsl.checks.registry import Context, Per, check, not_decided
from cmxdsl.checks.slips import slip
from cmxdsl.diagnostics import Diagnostic, Rule, Severity, listing, quoted
from cmxdsl.elaborate.rules import OPERANDS, TOO_LARGE
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Expr, Requirement, Subject, Unknown
from cmxdsl.model.functions import FunctionFault
from cmxdsl.source import Span
from cmxdsl.units import Quantity, TooLarge, UnitFault, show

_FAMILIES = (
    ("fp64", "fp32", "bf16"),
    ("fp64_matrix", "fp32_matrix", "tf32", "bf16", "fp8", "fp6", "fp4"),
    ("tf32", "fp16", "fp8"),
    ("int8", "int4"),
)
_CHIP = "chip A { power { peak = 700 W } }\n"

REQUIRED = Rule(
    "CMX0901",
    "A requirement is not met",
    "`require` is a rule of the design: when it is false the design is wrong.",
    _CHIP + 'system S {\n    a[8]: A\n    require total(power.peak) <= 5 kW, "the room\'s feed"\n}\n',
)
UNDECIDED = Rule(
    "CMX0902",
    "A requirement cannot be decided",
    "Something that it asks about is unknown. It never passes in silence: state the missing numbers, with "
    "`estimated` where they are guesses.",
    "chip A { }\nsystem S {\n    a[8]: A\n    require total(power.peak) <= 5 kW\n}\n",
    fix='state the missing numbers; a guess is written `= 10 W estimated "why"`',
)
PREFERRED = Rule(
    "CMX0903",
    "A preference is not met",
    "`prefer` is a wish: when it is false or cannot be decided, that is worth knowing.",
    _CHIP + "system S {\n    a[8]: A\n    prefer total(power.peak) <= 5 kW\n}\n",
    Severity.WARNING,
)
EXPECTED = Rule(
    "CMX0904",
    "A derived value is not what was published",
    "`expect` records a published figure. The value derived from the design lies outside its tolerance: either the "
    "design or the figure is wrong.",
    _CHIP + 'system S {\n    a[8]: A\n    expect total(power.peak) = 10 kW within 5% from "data sheet"\n}\n',
    fix="fix the design, allow what the source rounds with `within`, or say behind the source why it `differs`",
)
NO_DIFFERENCE = Rule(
    "CMX0909",
    "A figure that is said to differ is met",
    "`differs` says why a published figure does not come out, and makes it no error. Once the figure is met, "
    "the explanation is old, and would hide the next mistake.",
    _CHIP + 'system S {\n    a[8]: A\n    expect count(A) = 8 from "data sheet" differs "spares are counted"\n}\n',
    Severity.WARNING,
    fix="remove `differs`",
)
SLOWER = Rule(
    "CMX0908",
    "Numbers of a part contradict each other",
    "A narrower number format is at least as fast as a wider one. Often the two are from different sources, one with "
    "sparsity and one dense, or they are swapped.",
    "chip A {\n    compute { bf16 = 990 TFLOPS; fp8 = 500 TFLOPS }\n}\n",
    Severity.WARNING,
    fix="check both numbers, and that both are dense",
)
UNDECIDED_FIGURE = Rule(
    "CMX0905",
    "A published figure cannot be compared",
    "The value to compare with is unknown, since some parts do not state what it is made of.",
    'chip A { }\nsystem S {\n    a[8]: A\n    expect total(power.peak) = 10 kW within 5% from "data sheet"\n}\n',
    fix='state the missing numbers; a guess is written `= 10 W estimated "why"`',
)
INCOMPLETE = Rule(
    "CMX0906",
    "A total does not cover all parts",
    "Some parts that should state the attribute do not, so that its total is of the others only. Summaries show the "
    "coverage beside the number.",
    "chip A { power { peak = 700 W } }\nchip B { }\nsystem S {\n    a[8]: A\n    b: B\n}\n",
    Severity.NOTE,
)
CONTRADICTION = Rule(
    "CMX0907",
    "Two sources disagree about a number",
    "`also` records what another source says. The first value counts; the difference is shown so that it is not "
    "forgotten.",
    'chip A {\n    compute { bf16 = 780 TFLOPS from "one" also 752 TFLOPS from "two" }\n}\n',
    Severity.NOTE,
    fix="nothing to fix: both are recorded, and the first counts",
)
MAX_PARTS = 10**15


@check(Per.COMPONENT, REQUIRED, UNDECIDED, PREFERRED)
def requirements(component: Component, context: Context) -> Iterator[Diagnostic]:
    if not component.whole:
        return  # what was left out would be missed here again
    for requirement in component.requirements:
        answer = answered(requirement.condition, context.of(component), requirement.span, requirement.text)
        if isinstance(answer, Diagnostic):
            yield answer
            continue
        yield from _verdict(requirement, answer, component, context)


def _verdict(requirement: Requirement, answer: Answer, component: Component, context: Context) -> Iterator[Diagnostic]:
    if answer.value is True:
        return
    where, reason = _inside(component), f": {requirement.reason}" if requirement.reason else ""
    values = _sides(requirement.condition, component, context)
    if isinstance(answer.value, Unknown):
        lacking = f"not known for {quoted(answer.lacking)}" if answer.lacking else "something is unknown"
        rule = PREFERRED if requirement.soft else UNDECIDED
        told = "; ".join(words for words in (lacking, values) if words)
        yield rule.at(requirement.span, f"{where}`{requirement.text}` cannot be decided{reason}", told)
    elif answer.value is False:
        rule = PREFERRED if requirement.soft else REQUIRED
        yield rule.at(requirement.span, f"{where}`{requirement.text}` is false{reason}", values)
    else:
        yield OPERANDS.at(requirement.span, "a requirement is true or false", "compare it, such as `… <= 2 MW`")


def _inside(component: Component) -> str:
    """Which variant a finding is about, where its line is shared by all variants of a base."""
    return f"in `{component.name}`, " if component.bases else ""


def answered(expr: Expr, subject: Subject, span: Span, text: str) -> Answer | Diagnostic:
    """The value of an expression, or the finding that says why it has none."""
    try:
        return evaluate(expr, subject)
    except (UnitFault, FunctionFault) as error:
        return OPERANDS.at(span, str(error), error.fix)
    except TooLarge as error:
        return TOO_LARGE.at(span, str(error))
    except LimitExceeded as error:
        return not_decided(span, f"`{text}`", error)


def _sides(expr: Expr, component: Component, context: Context) -> str:
    """What the sides of a condition came to, for the message."""

    def known(part: Expr) -> Answer | None:
        answer = answered(part, context.of(component), component.span, "this side")
        return answer if isinstance(answer, Answer) else None

    return "; ".join(dict.fromkeys(sides(expr, known)))


@check(Per.COMPONENT, EXPECTED, UNDECIDED_FIGURE, NO_DIFFERENCE)
def expectations(component: Component, context: Context) -> Iterator[Diagnostic]:
    if not component.whole:
        return
    for expectation in component.expectations:
        answer = answered(expectation.expression, context.of(component), expectation.span, expectation.text)
        if isinstance(answer, Diagnostic):
            yield answer
            continue
        try:
            verdict = judge(expectation, answer)
        except UnitFault as error:
            yield OPERANDS.at(expectation.span, str(error), error.fix)
            continue
        if verdict.holds is None:
            lacking = f"not known for {quoted(answer.lacking)}" if answer.lacking else ""
            message = f"{_inside(component)}`{expectation.text}` is unknown, and {verdict.published_text} was published"
            yield UNDECIDED_FIGURE.at(expectation.span, message, lacking)
        elif verdict.holds and expectation.differs:
            message = f"{_inside(component)}`{expectation.text}` is {verdict.derived_text}, as was published"
            yield NO_DIFFERENCE.at(expectation.span, message)
        elif verdict.word == "OFF":
            message = (
                f"{_inside(component)}`{expectation.text}` is {verdict.derived_text}, and {verdict.published_text} was "
                f"published: {verdict.deviation_text} off, {verdict.tolerance_text} allowed"
            )
            yield EXPECTED.at(expectation.span, message, slip(verdict.derived, expectation.published))


@check(Per.COMPONENT, SLOWER)
def formats(component: Component, context: Context) -> Iterator[Diagnostic]:
    """Each number format is at least as fast as the wider one before it."""
    for family in _FAMILIES:
        stated = [(name, q) for name in family if (q := component.quantity(f"compute.{name}")) is not None]
        for (wide, fast), (narrow, slow) in pairwise(stated):
            if slow.value < fast.value:
                span = component.attributes[f"compute.{narrow}"].span or component.span
                message = f"`{component.name}` does {show(slow, 'OPS')} in {narrow} and {show(fast, 'OPS')} in {wide}"
                yield SLOWER.at(span, message)


@check(Per.DESIGN, INCOMPLETE)
def incomplete(top: Component, context: Context) -> Iterator[Diagnostic]:
    if not top.whole:
        return
    for row in top.vocabulary.attributes.values():
        if not row.owed:
            continue
        total = context.of(top).total(row.name)
        if total.known and total.missing:
            names = listing((f"`{n}`" for n in total.lacking), 5)
            share = total.known * 100 // (total.known + total.missing)
            message = f"`{row.name}` is known for {share}% of the parts that should state it"
            yield INCOMPLETE.at(top.span, message, f"missing for {names}")


@check(Per.COMPONENT, CONTRADICTION)
def disagreements(component: Component, context: Context) -> Iterator[Diagnostic]:
    for attribute in component.attributes.values():
        for other in attribute.also:
            if other.value != attribute.value and attribute.span is not None and isinstance(other.value, Quantity):
                value = attribute.value
                mine = show(value) if isinstance(value, Quantity) else str(value)
                message = (
                    f"`{attribute.name}` is {mine} here, and {show(other.value)} by {other.note or 'another source'}"
                )
                both = "nothing to fix: both are recorded, and the first counts"
                reason = slip(value, other.value) if isinstance(value, Quantity) else ""
                yield CONTRADICTION.at(attribute.span, message, "; ".join(words for words in (reason, both) if words))


@check(Per.DESIGN, TOO_LARGE)
def too_many_parts(top: Component, context: Context) -> Iterator[Diagnostic]:
    parts = sum(context.of(top).counts.values())
    if parts > MAX_PARTS:
        yield TOO_LARGE.at(top.span, f"too many parts: {parts:,} (limit {MAX_PARTS:,})")
