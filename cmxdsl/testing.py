"""Tests of parts: each `test` of a file put together and checked by itself, against what it says must be found."""

from __future__ import annotations

from cmxdsl.analysis.physical.media_choice import choose_media
from cmxdsl.checks import catalogue, run
from cmxdsl.diagnostics import Diagnostic, Findings, Severity, nearest
from cmxdsl.elaborate import FileScope, Project, elaborate
from cmxdsl.elaborate.declarations import declare_words
from cmxdsl.elaborate.overrides import override_findings
from cmxdsl.elaborate.rules import NOT_FOUND
from cmxdsl.records import evolve, frozen
from cmxdsl.source import Source
from cmxdsl.syntax import nodes as n


@frozen
class TestResult:
    """What came of a test: what it found as expected, what nobody expected, and what it did not find."""

    test: n.Test
    found: tuple[Diagnostic, ...]
    unexpected: tuple[Diagnostic, ...]
    missing: tuple[Diagnostic, ...]

    @property
    def name(self) -> str:
        return self.test.title.text

    @property
    def failures(self) -> tuple[Diagnostic, ...]:
        return (*self.unexpected, *self.missing)

    @property
    def passed(self) -> bool:
        return not self.failures


@frozen
class Results:
    """The tests of a file. With `broken`, what is wrong with the file itself, none of them was run."""

    file: str
    sources: dict[str, Source]
    outcomes: tuple[TestResult, ...]
    broken: tuple[Diagnostic, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.broken and all(o.passed for o in self.outcomes)


def run_tests(project: Project, main: FileScope) -> Results:
    """Run the tests of `main`, a file that `project` opened. Each sees what the file sees, and no other test."""
    project.follow_uses()
    declare_words(project)
    for scope in project.scopes.values():
        project.findings.extend(override_findings(scope))
    before = project.findings.sorted()
    known = frozenset((d.code, d.span, d.message) for d in before)
    errors = tuple(d for d in before if d.severity is Severity.ERROR)
    file = main.source.file
    if errors:
        return Results(file, project.sources, (), errors if main.node.tests or main.node.broken else ())
    outcomes = []
    for test in main.node.tests:
        found = _found(project, main, test)
        outcomes.append(_outcome(test, tuple(d for d in found if (d.code, d.span, d.message) not in known)))
    return Results(file, project.sources, tuple(outcomes))


def _found(project: Project, main: FileScope, test: n.Test) -> tuple[Diagnostic, ...]:
    """The findings of a test's own system, in a file that has nothing else to elaborate."""
    body = tuple(s for s in test.definition.body if not isinstance(s, n.Finds))
    d = test.definition
    system = n.Definition(d.span, d.private, d.kind, d.name, d.parameters, d.base, body, d.doc)
    node = n.File(main.node.span, (*main.node.uses, *main.node.declared, system), "", ())
    alone = evolve(main, node=node)
    scopes = {key: alone if scope is main else scope for key, scope in project.scopes.items()}
    own = evolve(project, findings=Findings(), scopes=scopes)
    design = choose_media(elaborate(own, alone))
    run(design, own.findings, whole_file=False)
    return own.findings.sorted()


def _outcome(test: n.Test, found: tuple[Diagnostic, ...]) -> TestResult:
    """The findings sorted by what the test expects. Notes are expected by nobody, and need not be."""
    wanted = [s for s in test.definition.body if isinstance(s, n.Finds)]
    expected = tuple(d for d in found if any(_meets(d, w) for w in wanted))
    unexpected = tuple(d for d in found if d not in expected and d.severity is not Severity.NOTE)
    missing = tuple(_missing(w, unexpected) for w in wanted if not any(_meets(d, w) for d in found))
    if not test.definition.body:
        help = "put parts together in it, with a `require`, or a `finds`"
        missing = (NOT_FOUND.at(test.title.span, f"the test `{test.title.text}` is empty", help),)
    return TestResult(test, expected, unexpected, missing)


def _meets(found: Diagnostic, wanted: n.Finds) -> bool:
    return found.code == wanted.code.text and wanted.text in found.message


def _missing(wanted: n.Finds, unexpected: tuple[Diagnostic, ...]) -> Diagnostic:
    code, known = wanted.code.text, catalogue()
    if code not in known:
        return NOT_FOUND.at(wanted.code.span, f"no finding has the code `{code}`", nearest(code, known))
    words = f" with “{wanted.text}” in its message" if wanted.text else ""
    others = f"; it finds {', '.join(sorted({d.code for d in unexpected}))}" if unexpected else ""
    return NOT_FOUND.at(wanted.span, f"this test does not find {code}{words}{others}")
