"""The public face: load a design, ask it for its findings, bill of materials, summary and pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cmxdsl.compile import compiled
from cmxdsl.diagnostics import Diagnostic, Findings, Severity, render
from cmxdsl.elaborate import FileScope, Project, Same
from cmxdsl.elaborate.rules import TOP
from cmxdsl.model import Component, Memo, Subject
from cmxdsl.records import field, frozen
from cmxdsl.schema import KINDS
from cmxdsl.source import Source, Span, project_root

if TYPE_CHECKING:
    from cmxdsl.analysis.network.answers import Answers
    from cmxdsl.analysis.physical.cables import CableGroup as Cables
    from cmxdsl.analysis.physical.optical_budget import Budget
    from cmxdsl.analysis.queries.published import Verdict
    from cmxdsl.analysis.totals.bom import Bom
    from cmxdsl.analysis.totals.power import Power
    from cmxdsl.analysis.totals.summary import Summary
    from cmxdsl.asking import Reply
    from cmxdsl.outputs.registry import Written


class NoDesign(Exception):
    """The file has no single design to answer for; `diagnostic` says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@frozen(eq=False)
class Design:
    """A loaded design.

    `top` is the component that the outputs are about, or None when the file has no single one; `roots` are all
    components of the file that need no arguments. `diagnostics` are
    all findings, sorted by place. Everything else is derived from `top` when asked for.
    """

    top: Component | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source] = field(repr=False)
    file: str = ""
    candidates: tuple[str, ...] = ()
    roots: tuple[Component, ...] = field(default=(), repr=False)
    memo: Memo = field(factory=Memo, repr=False)  # what was answered about them
    texts: tuple[Project, FileScope] | None = field(default=None, repr=False)  # what it was made from

    @property
    def name(self) -> str:
        return self.top.name if self.top is not None else ""

    @property
    def ok(self) -> bool:
        """True when no finding is an error."""
        return all(d.severity is not Severity.ERROR for d in self.diagnostics)

    @property
    def component(self) -> Component:
        """`top`; raises NoDesign when there is none."""
        if self.top is not None:
            return self.top
        raise NoDesign(self._no_design())

    def _no_design(self) -> Diagnostic:
        start = Span(self.file, 1, 1, 1, 1)
        if not self.candidates:
            return TOP.at(start, "the file has no component that could be built")
        fix = f"choose one with `--top`: {', '.join(self.candidates)}"
        return TOP.at(start, "the file has several designs", fix)

    @property
    def subject(self) -> Subject:
        """`top` with what was already answered about it, as every analysis and output takes it; raises NoDesign."""
        return Subject(self.component, self.memo)

    @property
    def subject_if_any(self) -> Subject | None:
        """The same, or None when there is no design to answer for."""
        return self.subject if self.top is not None else None

    def explain(self) -> str:
        """All findings as text with excerpts."""
        return "\n\n".join(render(d, self.sources) for d in self.diagnostics)

    def bom(self, by: str | None = None) -> Bom:
        """The bill of materials; `by` a kind of component (`rack`, `board`, …) breaks it down."""
        from cmxdsl.analysis.totals.bom import bom

        return bom(self.subject, by)

    def cables(self) -> list[Cables]:
        """The cables that are laid: by link pattern, pair of racks and length, with the stocked length of each."""
        from cmxdsl.analysis.physical.cables import cable_groups

        return cable_groups(self.subject)

    def fabric(self, plane: str = "", among: str = "", failures: int = 0) -> list[Answers]:
        """What each network can do, or the one of a `plane`: tiers, distances, throughput, bisection, failures.

        `among` names the endpoints that are asked about, `failures` how many at once are tried for what they leave of
        throughput and bisection (0 to 2). Raises answers.NoPlane, ends.NoEndpoint, LimitExceeded.
        """
        from cmxdsl.analysis.network.answers import answers, of_planes

        return of_planes(self.subject, plane, lambda name: answers(self.subject, name, failures, among))

    def optics(self) -> list[Budget]:
        """The power budget of every optical link pattern, at its longest link."""
        from cmxdsl.analysis.physical.optical_budget import budgets

        return budgets(self.subject)

    def power(self, load: str = "peak") -> Power:
        """The power tree at `peak` or `typical` load, what failures take with them, and the heat of racks and loops.
        Raises feeds.PowerLoop."""
        from cmxdsl.analysis.totals.power import power

        return power(self.subject, load)

    def summary(self) -> Summary:
        """Compute, memory, bandwidth, power, price and mass, with coverage."""
        from cmxdsl.analysis.totals.summary import summary

        return summary(self.subject)

    def ask(self, expression: str) -> Reply:
        """The answer to any expression of the language about `top`, as its `require`s could hold it: value, unit,
        coverage. A mistake in the expression becomes `diagnostics` of the reply."""
        from cmxdsl.asking import ask

        subject = self.subject
        assert self.texts is not None
        return ask(*self.texts, subject, expression)

    def expectations(self) -> list[Verdict]:
        """Every published figure with the derived value and a verdict."""
        from cmxdsl.analysis.queries.published import verdicts

        return verdicts(self.subject)

    def all_expectations(self) -> list[Verdict]:
        """The same for everything in the file, however many designs it holds."""
        from cmxdsl.analysis.queries.published import verdicts

        return verdicts(*(Subject(c, self.memo) for c in (self.top, *self.roots) if c is not None))

    def write(self, name: str, format: str = "", **options: object) -> Written:
        """The design as one of `outputs.writers` writes it, in one of its formats: a text, bytes, or pieces of them.

        Options are those of the command of that name: `design.write("cables", "csv", what="schedule")`. Raises
        registry.Unwritable.
        """
        from cmxdsl.outputs.writers import writer

        return writer(name).write(self.subject, format, **options)

    def export(self, format: str, *, plane: str = "", names: str = "") -> Iterable[str | bytes]:
        """A plane for another tool, in pieces: see `outputs.exports.write` for formats, names and what it raises."""
        from cmxdsl.outputs.exports import write

        return write(self.subject, format, plane=plane, names=names)

    def render(self, view: str = "topology", format: str = "svg", **options: object) -> bytes:
        """A picture: `view` is one of `schema.VIEWS`, or of the design's own; `format` as `cmx render` has.

        Options: `plane`, `unfold` (paths), `depth`, `component` (for `links`), `rack` and `face` (for `elevation`).
        """
        from cmxdsl.outputs.options import Options
        from cmxdsl.outputs.pictures import picture

        return picture(self.subject, view, format, Options(**options)).data  # type: ignore[arg-type]

    def report(self, live: bool = False) -> str:
        """The interactive report as one HTML page; of what stands, when there are errors. Raises NoDesign where there
        are none and yet no design; a `live` page says so itself."""
        from cmxdsl.outputs.report import Material, write_report

        if self.ok and not live:
            self.component  # noqa: B018  it raises
        found = (*self.diagnostics, self._no_design()) if self.ok and self.top is None else self.diagnostics
        return write_report(Material(self.subject_if_any, found, self.sources, self.file, live))

    def ir(self) -> dict[str, object]:
        """The elaborated symbolic design as JSON-ready data (see `docs/ir.md`)."""
        from cmxdsl.outputs.ir import to_ir

        return to_ir(self.component)

    def _repr_html_(self) -> str:
        """What a notebook shows: a picture, and what is wrong, which is all where nothing could be built."""
        from html import escape

        found = [d for d in self.diagnostics if d.severity is not Severity.NOTE]
        found += [self._no_design()] if self.top is None and self.ok else []
        wrong = "".join(f"<pre>{escape(render(d, self.sources))}</pre>" for d in found)
        if self.top is None:
            return wrong
        picture = self.render("topology" if self.summary().planes else "hierarchy").decode()
        return picture[picture.index("<svg") :] + wrong

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Design) and self.ir() == other.ir()

    __hash__ = None  # type: ignore[assignment]


def load(
    path: str | os.PathLike[str],
    *,
    top: str | None = None,
    parameters: Mapping[str, str] | None = None,
    root: str | os.PathLike[str] | None = None,
    text: str | None = None,
    texts: Mapping[Path, str] | None = None,
    locked: bool = False,
) -> Design:
    """Load a `.cmx` file. Mistakes in it become `diagnostics`, never exceptions.

    `top` names the component to answer for, `parameters` gives its parameters as text, `root` is the folder
    that `use` may read in (found by itself otherwise), `text` replaces the file's content, and
    `texts` those of files by their resolved paths. With `locked` a library that is not as `cmx.lock` has it is refused.
    """
    findings = Findings()
    place = Path(path)
    folder = Path(root).resolve() if root is not None else project_root(place)
    overlay = {**(texts or {}), **({place.resolve(): text} if text is not None else {})}
    project = Project(folder, findings, overlay, locked=locked)
    main = project.open(place, str(path))
    return _finished(project, main, str(path), top, parameters)


def loads(
    text: str | bytes,
    *,
    name: str = "<text>",
    top: str | None = None,
    parameters: Mapping[str, str] | None = None,
    root: str | os.PathLike[str] | None = None,
) -> Design:
    """Load a design from text; its `use`s are relative to `root` (the working folder by default)."""
    findings = Findings()
    folder = Path(root if root is not None else Path.cwd()).resolve()
    project = Project(folder, findings)
    if isinstance(text, bytes):
        decoded = project.decode(text, name, Span(name, 1, 1, 1, 1))
        if isinstance(decoded, Diagnostic):
            findings.add(decoded)
            return _finished(project, None, name, top, parameters)
        text = decoded
    main = project.add(name, Source(name, text), folder)
    return _finished(project, main, name, top, parameters)


def _finished(
    project: Project, main: FileScope | None, name: str, top: str | None, parameters: Mapping[str, str] | None
) -> Design:
    findings = project.findings
    if main is None:
        return Design(None, findings.sorted(), project.sources, name)
    elaborated = compiled(project, main, top, parameters)
    candidates = tuple(
        d.name.text for d in main.node.definitions if not KINDS[d.kind.text].bare and Same(d) not in elaborated.named
    )
    return Design(
        elaborated.top,
        findings.sorted(),
        project.sources,
        name,
        candidates,
        elaborated.roots,
        elaborated.memo,
        (project, main),
    )
