"""The networks of a report: what each plane can do, and what single failures take with it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from cmxdsl.analysis.network.failures import failures
from cmxdsl.analysis.network.metrics import Network, bits
from cmxdsl.analysis.totals.summary import Summary
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Subject
from cmxdsl.outputs.report.narrative import networks
from cmxdsl.outputs.tables.fabric import failure_tables
from cmxdsl.units import show

TITLES = (
    "plane",
    "endpoints",
    "switches",
    "links",
    "diameter",
    "mean links",
    "injection, each way",
    "bisection, each way",
    "oversubscription",
    "all-to-all",
)
NOTE = (
    "<p class=note>Diameter and mean count links on shortest paths; oversubscription is that of the worst switch. "
    "<code>cmx fabric</code> says more.</p>"
)
FAILED = (
    "<p class=note>Each figure is the worst of any failure of its kind. <code>cmx fabric --failures 1</code> adds how "
    "much throughput and bisection is left.</p>"
)


def networks_section(subject: Subject, found: Summary, table: Callable[..., str]) -> str:
    """As HTML, empty where there is no network; `table` writes one."""
    rows, untold, failed = [], [], []
    for plane, net in networks(subject, found):
        if isinstance(net, str):
            untold.append(f"<p class=note>The {escape(_named(plane))} plane was not looked at: {escape(net)}</p>")
            continue
        rows.append(_row(net))
        failed.append(_failed(subject, net, table))
    lost = "".join(f"<h3>{escape(title)}</h3>{text}" for title, text in failed if text)
    whole = table(TITLES, rows, set(range(1, 10))) + NOTE if rows else ""
    return whole + "".join(untold) + lost + (FAILED if lost else "")


def _named(plane: str) -> str:
    return plane.replace("_", "-")


def _rate(value: float) -> str:
    return show(bits(value), "B/s", places=4)


def _row(net: Network) -> tuple[str, ...]:
    reach, halves = net.distances, net.bisection
    if halves is None:
        bisection = "unknown"
    else:
        bisection = _rate(halves.high) if halves.exact else f"{_rate(halves.low)} to {_rate(halves.high)}"
    over = f"{net.oversubscription:.3g} : 1" if net.oversubscription is not None else ""
    far = reach is not None and bool(reach.pairs)
    untold = "not decided" if net.too_many or net.undecided else ""
    return (
        _named(net.plane),
        f"{net.endpoints:,}{' accelerators' if net.others else ''}",
        f"{net.switches:,}",
        f"{net.links:,}",
        f"{reach.diameter}" if reach is not None and far else "not decided" if net.too_many else "",
        f"{reach.mean:.2f}" if reach is not None and far else "",
        _rate(net.injection) if net.injection else "unknown",
        bisection,
        f"no links upward: {net.stuck}" if net.stuck else over,
        f"{net.throughput:.0%}" if net.throughput is not None else untold,
    )


def _failed(subject: Subject, net: Network, table: Callable[..., str]) -> tuple[str, str]:
    """A title and the table of the failures of a plane, or why there is none."""
    title = f"{_named(net.plane)}: single failures"
    try:
        found = failures(subject, net.plane)
    except LimitExceeded as error:
        return title, f"<p class=note>Not decided: {escape(str(error))}</p>"
    if not found:
        return title, "<p class=note>Unknown: a link has no known rate.</p>" if net.injection is None else ""
    (shown, *_) = failure_tables("single failures", net, found)
    numeric = {k for k, column in enumerate(shown.columns) if column.numeric}
    return f"{_named(net.plane)}: {shown.title}", table([c.title for c in shown.columns], shown.rows, numeric)
