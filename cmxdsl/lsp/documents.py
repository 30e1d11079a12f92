"""What the server knows of the open files: their texts, the last analysis that stands, and positions in both worlds."""

from __future__ import annotations

from pathlib import Path

from cmxdsl.compile import compiled
from cmxdsl.diagnostics import Diagnostic, Findings
from cmxdsl.elaborate import Elaborated, FileScope, Project
from cmxdsl.elaborate.packages import LOCK, MANIFEST
from cmxdsl.records import define, evolve, field, frozen
from cmxdsl.source import Source, Span, project_root
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import nodes_at
from cmxdsl.syntax.incremental import PieceParser
from cmxdsl.testing import run_tests


@frozen
class Analysis:
    """A file as it stands: its syntax, what it elaborates to, and the findings of every file it reaches."""

    path: Path
    project: Project
    main: FileScope
    elaborated: Elaborated
    diagnostics: tuple[Diagnostic, ...]
    before: Analysis | None = None  # the last one that could be parsed whole: what a half-written text still means

    @property
    def whole(self) -> Analysis | None:
        """This one, or when its text has syntax errors, the last one without."""
        return self.before if any(d.code.startswith("CMX01") for d in self.diagnostics) else self

    @property
    def readings(self) -> tuple[Analysis, ...]:
        """This one, and behind it the last whole one when it is another."""
        return (self,) if self.whole is None or self.whole is self else (self, self.whole)

    @property
    def source(self) -> Source:
        return self.main.source

    def scope_of(self, file: str) -> FileScope | None:
        """The scope of a file by the name that spans have."""
        return next((s for s in self.project.scopes.values() if s.source.file == file), None)

    def node_at(self, line: int, column: int) -> list[n.Node]:
        """The nodes around a place in the main file, outermost first."""
        return nodes_at(self.main.node, line, column)


@define
class Workspace:
    """The texts of open files, and the analysis of each as of its last text."""

    texts: dict[Path, str] = field(factory=dict)
    done: dict[Path, Analysis] = field(factory=dict)
    stale: set[Path] = field(factory=set)
    parser: PieceParser = field(factory=PieceParser)

    def change(self, path: Path, text: str) -> None:
        """Take a file's new text. What was analysed with the old one is out of date."""
        self.texts[path] = text
        self.touch(path)

    def close(self, path: Path) -> None:
        self.texts.pop(path, None)
        self.done.pop(path, None)
        self.touch(path)
        self.stale.discard(path)

    def touch(self, path: Path) -> None:
        """A file is not what it was: it and the open files that reach it are to be analysed again."""
        real, every = str(path.resolve()), path.name in (MANIFEST, LOCK)
        self.stale |= {p for p, a in self.done.items() if every or real in a.project.scopes} | {path}
        self.stale &= set(self.texts)

    def refresh(self) -> None:
        """Analyse what is out of date."""
        for path in sorted(self.stale):
            self.analyse(path)

    def analyse(self, path: Path) -> Analysis | None:
        """Analyse a file with all open texts in place of what is on the disk; None when it cannot be read."""
        self.stale.discard(path)
        findings = Findings()
        overlay = {p.resolve(): t for p, t in self.texts.items()}
        project = Project(project_root(path), findings, overlay, self.parser)
        main = project.open(path, str(path))
        if main is None:
            return None
        elaborated = compiled(project, main)
        if main.node.tests:
            findings.extend(d for outcome in run_tests(project, main).outcomes for d in outcome.failures)
        before = self.done.get(path)
        # One step back and no further: an analysis that held its forerunner, which holds its own, would keep them all.
        whole = before.whole if before is not None else None
        analysis = Analysis(path, project, main, elaborated, findings.sorted(), whole and evolve(whole, before=None))
        self.done[path] = analysis
        return analysis

    def of(self, path: Path) -> Analysis | None:
        """The analysis of a file's present text."""
        return self.done[path] if path in self.done and path not in self.stale else self.analyse(path)

    def found(self) -> dict[str, list[tuple[Analysis, Diagnostic]]]:
        """By file, what the analyses of all open files found in it, each finding once; open files without any too."""
        files: dict[str, list[tuple[Analysis, Diagnostic]]] = {str(path): [] for path in self.texts}
        seen: set[tuple[str, Span, str]] = set()
        for path in sorted(self.done):
            for d in self.done[path].diagnostics:
                scope = self.done[path].scope_of(d.span.file)
                key = (d.code, d.span, d.message)
                if key not in seen and scope is not None and not scope.library:
                    seen.add(key)
                    files.setdefault(d.span.file, []).append((self.done[path], d))
        return files
