"""The machine at work, as tables, JSON and pictures: what `cmx perf` writes."""

from __future__ import annotations

from cmxdsl.model import Run, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED
from cmxdsl.outputs.registry import Files, Unwritable


def write(
    subject: Subject,
    format: str,
    run: str = "",
    view: str = "parts",
    search: int = 0,
    width: int = UNWRAPPED,
    color: bool = False,
) -> str:
    """The runs of a design, or one of them; with `search` so many of the best splits over the same chips. Raises
    Unwritable, LimitExceeded."""
    runs = _runs(subject, run)
    if search:
        from cmxdsl.outputs.tables import search as searching

        if format == "svg":
            raise Unwritable("a search has no picture: choose table, markdown or json")
        return searching.write(subject, format, runs, search, width, color)
    if format == "svg":
        from cmxdsl.outputs.drawings.work import picture

        return picture(subject, runs, view)
    from cmxdsl.outputs.tables import perf

    return perf.write(subject, format, runs, width, color)


def files(subject: Subject) -> Files:
    """What `cmx build` leaves, where there is a run."""
    if subject.top.runs:
        yield "perf.txt", write(subject, "table")
        yield "perf.json", write(subject, "json")


def _runs(subject: Subject, name: str) -> tuple[Run, ...]:
    runs = subject.top.runs
    if not runs:
        raise Unwritable(f"`{subject.top.name}` has no run: `run NAME: WORK over … at …` makes one")
    found = tuple(run for run in runs if name in ("", run.name))
    if not found:
        raise Unwritable(f"there is no run `{name}`: there are {', '.join(run.name for run in runs)}")
    return found
