"""The runs of a report: what each comes to, where its time goes, and the pictures of it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from cmxdsl.analysis.collectives import TooMuchTraffic
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Run, Subject
from cmxdsl.outputs.drawings.work import picture
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.outputs.tables import perf

NOTE = (
    "<p class=note>Derived from the described links and from rates that were measured on the parts; docs/work.md says "
    "how far to trust it.</p>"
)
VIEWS = {
    "training": (("parts", "where time goes"), ("timeline", "a step"), ("roofline", "operations under the roofline")),
    "serving": (("parts", "where time goes"), ("curve", "how fast each token comes, and how many do")),
}


def work_section(subject: Subject, table: Callable[..., str]) -> str:
    """As HTML, empty where there is no run; `table` writes one."""
    if not subject.top.runs:
        return ""
    return "".join(_run(subject, run, table) for run in subject.top.runs) + NOTE


def _run(subject: Subject, run: Run, table: Callable[..., str]) -> str:
    try:
        made = perf.tables(subject, run)
    except (LimitExceeded, TooMuchTraffic) as error:
        return f"<h3>{escape(run.name)}</h3><p class=note>This run was not looked at: {escape(str(error))}</p>"
    title, *rest = made
    text = f"<h3>{escape(title.title)}</h3>"
    for one in made:
        heading = f"<h4>{escape(one.title)}</h4>" if one in rest and one.title else ""
        numeric = {k for k, column in enumerate(one.columns) if column.numeric}
        text += heading + table([c.title for c in one.columns], one.rows, numeric)
    for view, what in VIEWS[run.work.kind]:
        try:
            svg = picture(subject, [run], view)
        except Unwritable:
            continue  # the table has said what is missing
        text += (
            f"<figure class=plan tabindex=0><figcaption>{escape(run.name)}: {what}</figcaption>"
            f"<div class=scroll>{svg}</div></figure>"
        )
    return text
