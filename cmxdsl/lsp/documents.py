"""What the server knows of the open files: their texts, the last analysis that stands, and positions in both worlds."""

from __future__ import annotations

from pathlib import Path

from attrs import define, field, frozen

from cmxdsl.checks import run
from cmxdsl.diagnostics import Diagnostic, Findings
from cmxdsl.elaborate import Elaborated, FileScope, Project, elaborate, project_root
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.incremental import PieceParser


@frozen
class Analysis:
    """A file as it stands: its syntax, what it elaborates to, and the findings of every file it reaches."""

    path: Path
    project: Project
    main: FileScope
    elaborated: Elaborated
    diagnostics: tuple[Diagnostic, ...]

    @property
    def source(self) -> Source:
        return self.main.source

    def scope_of(self, file: str) -> FileScope | None:
        """The scope of a file by the name that spans have."""
        return next((s for s in self.project.scopes.values() if s.source.file == file), None)

    def node_at(self, line: int, column: int) -> list[n.Node]:
        """The nodes around a place (from 1, code points), outermost first."""
        found: list[n.Node] = []
        here: n.Node | None = self.main.node
        while here is not None:
            inner = None
            for child in n.children(here):
                if _holds(child.span, line, column):
                    inner = child
            if inner is not None:
                found.append(inner)
            here = inner
        return found


def _holds(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


@define
class Workspace:
    """The texts of open files, and the analysis of each."""

    texts: dict[Path, str] = field(factory=dict)
    good: dict[Path, Analysis] = field(factory=dict)
    parser: PieceParser = field(factory=PieceParser)

    def analyse(self, path: Path) -> Analysis | None:
        """Analyse a file with all open texts in place of what is on the disk; None when it cannot be read."""
        findings = Findings()
        overlay = {p.resolve(): t for p, t in self.texts.items()}
        project = Project(project_root(path), findings, overlay, self.parser)
        main = project.open(path, str(path))
        if main is None:
            return None
        project.settle()
        elaborated = elaborate(project, main)
        run(elaborated, findings)
        analysis = Analysis(path, project, main, elaborated, findings.sorted())
        self.good[path] = analysis
        return analysis

    def of(self, path: Path) -> Analysis | None:
        """The last analysis of a file, made now when there is none."""
        return self.good.get(path) or self.analyse(path)
