"""Cases by number: case `n` of a seed is the same text and the same output each time."""

from __future__ import annotations

import contextlib
import io
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

from cmxdsl import Design
from cmxdsl.design import NoDesign, _finished
from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import Project
from cmxdsl.limits import LimitExceeded
from cmxdsl.outputs.options import ViewFault
from cmxdsl.outputs.writers import OWN
from cmxdsl.schema import KINDS, VIEWS
from cmxdsl.source import Source
from cmxdsl.syntax import parse
from cmxdsl.syntax.format import formatted, meaning
from cmxdsl.syntax.incremental import PieceParser

from .mutate import mutated, seeds

SECONDS = 30  # of processor time for one case: searches of a large network may take ten


class TooSlow(Exception):
    """A case took more than its time."""


@frozen
class Failed:
    """A case that did not end in an answer or a finding."""

    case: str
    text: str
    output: str
    problem: str


_LIBRARY = PieceParser()


def load(text: str) -> Design:
    """As `cmxdsl.loads`, the library parsed once for all cases."""
    findings = Findings()
    project = Project(Path("/nonexistent"), findings, {}, _LIBRARY)
    main = project.add("<text>", Source("<text>", text), Path("/nonexistent"))
    return _finished(project, main, "<text>", None, None)


def _fmt(design: Design) -> None:
    if any(d.code.startswith("CMX01") for d in design.diagnostics):
        return
    text = design.sources["<text>"].text
    new = formatted(text)
    before, after = (meaning(parse(Source("", t), KINDS, Findings())) for t in (text, new))
    assert before == after and formatted(new) == new


def _files(name: str) -> Callable[[Design], Any]:
    def write(design: Design) -> None:
        for _, made in OWN[name].files(design.subject):
            for _ in () if isinstance(made, (str, bytes)) else made:
                pass

    return write


def outputs() -> dict[str, Callable[[Design], Any]]:
    """What is asked of a case besides its findings, by name."""
    found: dict[str, Callable[[Design], Any]] = {
        "explain": Design.explain,
        "summary": Design.summary,
        "ir": Design.ir,
        "report": Design.report,
        "bom": Design.bom,
        "racks": lambda d: d.bom("rack"),
        "expect": Design.all_expectations,
        "fmt": _fmt,
    }
    for name in ("cables", "fabric", "optics", "power"):
        found[f"write {name}"] = _files(name)
    for view in VIEWS:
        graph = view in ("topology", "hierarchy", "links")
        found[f"draw {view}"] = lambda d, view=view, graph=graph: d.render(view, "dot" if graph else "svg")
    return found


@contextlib.contextmanager
def _timed(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def one(text: str, output: str) -> str:
    """Check a text and ask for one output: what went wrong, or nothing."""
    try:
        with _timed(SECONDS), contextlib.redirect_stdout(io.StringIO()):
            design = load(text)
            design.explain()
            outputs()[output](design)
    except (NoDesign, ViewFault, LimitExceeded):
        return ""
    except Exception:
        return traceback.format_exc(limit=-8)
    return ""


def case(seed: int, number: int, texts: list[str]) -> tuple[str, str]:
    """A case's text and the output that it is asked for."""
    random = Random(f"{seed}/{number}")
    return mutated(random, texts), random.choice(list(outputs()))


def cases(seed: int, numbers: range) -> list[Failed]:
    """The cases that failed."""
    texts, failed = seeds(), []
    for number in numbers:
        text, output = case(seed, number, texts)
        problem = one(text, output)
        if problem:
            failed.append(Failed(f"{seed}/{number}", text, output, problem))
    return failed
