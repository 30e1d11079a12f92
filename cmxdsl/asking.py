"""Questions about a loaded design: any expression of the language, answered with its unit and what it covers."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.queries.answers import Answer
from cmxdsl.analysis.queries.sides import answer_words
from cmxdsl.checks.requirements import answered
from cmxdsl.diagnostics import Diagnostic, render
from cmxdsl.elaborate import FileScope, Project
from cmxdsl.elaborate.asking import FILE, Resolved, question
from cmxdsl.model import Subject, Unknown, Value
from cmxdsl.records import frozen
from cmxdsl.source import Source


@frozen
class Reply:
    """The answer to an expression; `answer` is None where `diagnostics` say why there is none.

    `value` is a Quantity (exact, in base units), a text, a flag, a component, or `unknown`; `coverage` the share of the
    parts that should state what it is made of which do, None where it is not made of parts; `lacking` what is missing.
    """

    question: Resolved
    answer: Answer | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """True where the expression has an answer, be it `unknown`."""
        return self.answer is not None

    @property
    def expression(self) -> str:
        return self.question.text

    @property
    def value(self) -> Value | None:
        return self.answer.value if self.answer is not None else None

    @property
    def known(self) -> bool:
        return self.answer is not None and not isinstance(self.answer.value, Unknown)

    @property
    def coverage(self) -> Fraction | None:
        return self.answer.coverage if self.answer is not None else None

    @property
    def lacking(self) -> tuple[str, ...]:
        return self.answer.lacking if self.answer is not None and not self.known else ()

    @property
    def text(self) -> str:
        """The value with its unit and coverage, as `require` prints it."""
        if self.answer is None or self.question.expr is None:
            return "no answer"
        return answer_words(self.question.expr, self.answer)

    def explain(self) -> str:
        """The diagnostics as text, with carets in the expression."""
        sources = {FILE: Source(FILE, self.question.text)}
        return "\n\n".join(render(d, sources) for d in self.diagnostics)


def ask(project: Project, main: FileScope, subject: Subject, expression: str) -> Reply:
    """The answer to an expression about a component of `main`."""
    asked = question(project, main, subject.top, expression)
    if asked.expr is None:
        return Reply(asked, None, asked.diagnostics)
    found = answered(asked.expr, subject, asked.span, asked.text)
    return Reply(asked, None, (found,)) if isinstance(found, Diagnostic) else Reply(asked, found, ())
