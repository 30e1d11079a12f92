"""As built against as designed: everything that `cmx verify` says."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

from cmxdsl.analysis.network.wiring import Plan, plan
from cmxdsl.analysis.verification import parts, rules
from cmxdsl.analysis.verification.causes import Cause, Open, Task, opened
from cmxdsl.analysis.verification.diagnosis import diagnose
from cmxdsl.analysis.verification.matching import Match, match
from cmxdsl.analysis.verification.naming import Naming, naming
from cmxdsl.analysis.verification.places import Places
from cmxdsl.analysis.verification.sight import UNKNOWN, Sight, sight
from cmxdsl.diagnostics import Diagnostic, Severity
from cmxdsl.model import Subject
from cmxdsl.readers import Built
from cmxdsl.records import field, frozen

HALF = 0.5  # of devices and cables below which it is another fabric
INCOMPLETE = frozenset({rules.MISSING.code, rules.ABSENT.code})
_WRONG = frozenset(
    rule.code
    for rule in (
        rules.EXTRA,
        rules.SWAPPED,
        rules.MISPLACED,
        rules.TURNED,
        rules.STANDS_FOR,
        rules.STRANGE,
        rules.APART,
    )
)


@frozen
class Verdict:
    """What was found. `meant` are the links of the design, `right` those that are as meant; of the cables that were
    seen `cables` is the number and `wrong` those that are not.

    `named` devices are told by a name or a GUID, `placed` ones by what they are plugged into; where `chosen` is above
    0, devices that are alike were told apart by choosing. `least` says why no fewer changes explain what was seen, or
    that this is not proved.
    """

    plan: Plan = field(repr=False)
    seen: Sight = field(repr=False)
    match: Match = field(repr=False)
    places: Places = field(repr=False)
    ok: Any = field(repr=False)
    causes: tuple[Cause, ...]
    meant: int
    right: int
    cables: int
    named: int
    placed: int
    chosen: int
    least: str
    assumed: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Links of the design of which neither end has a cable that should be elsewhere."""
        return sum(len(c.missing) for c in self.causes if c.rule.code in INCOMPLETE)

    @property
    def misplaced(self) -> int:
        """Cables that are not where they are meant, those of devices that should not be there with them; parallel ones
        that are crossed are right enough."""
        return sum(len(c.wrong) for c in self.causes if c.rule.code in _WRONG)

    @cached_property
    def called(self) -> dict[int, str]:
        """What each device of the plan that was seen calls itself."""
        return {d: self.seen.name(n) for n, d in enumerate(self.match.device.tolist()) if d >= 0}

    @property
    def another(self) -> bool:
        return any(cause.rule is rules.ANOTHER for cause in self.causes)

    def worst(self, partial: bool) -> list[Cause]:
        """The causes that count: all errors and warnings, without what is not there yet where that is expected."""
        return [
            c
            for c in self.causes
            if c.rule.severity is not Severity.NOTE and not (partial and c.rule.code in INCOMPLETE)
        ]


def verify(subject: Subject, built: Built, plane: str, names: str = "") -> Verdict:
    """Compares a plane of a design with what was seen of it; `names` is a file that maps names.

    Raises LimitExceeded, readers.Unread.
    """
    meant = plan(subject, plane)
    known = naming(meant, subject.top, names)
    return compared(subject, meant, known, built.on(plane))


def compared(subject: Subject, meant: Plan, known: Naming, built: Built) -> Verdict:
    """The same, for names that were read."""
    seen = sight(built, meant, known)
    found = match(meant, seen)
    state = opened(meant, seen, found)
    right = int(state.ok.sum())
    tell = _told(state)
    if _another(state, right):
        state.causes = [_elsewhere(state, right)]
    else:
        _twice(state)
        diagnose(state)
        _unnamed(state)
        parts.look(state, subject)
    causes = tuple(sorted(state.causes, key=_order))
    changes = meant.net.links - right + len(state.ok) - right
    return Verdict(
        meant,
        seen,
        found,
        Places(subject.top, meant),
        state.ok,
        causes,
        meant.net.links,
        right,
        len(built.cables),
        found.named,
        found.found,
        found.chosen,
        _least(found, seen, changes),
        tell,
    )


def _order(cause: Cause) -> tuple[int, int, str, tuple[str, int], str]:
    """The worst first, then what explains most."""
    return cause.rule.severity.rank, -cause.links, cause.rule.code, cause.seen, cause.message


def _another(state: Open, right: int) -> bool:
    """Whether less than half of either side has its like."""
    told = int((state.match.device >= 0).sum())
    cables = len(state.ok)
    far = told < HALF * state.seen.nodes or (right < HALF * HALF * cables and not state.match.named)
    return far and right < HALF * cables


def _elsewhere(state: Open, right: int) -> Cause:
    told, nodes, cables = int((state.match.device >= 0).sum()), state.seen.nodes, len(state.ok)
    message = (
        f"this looks like another fabric: {told / nodes:.0%} of its {nodes:,} devices and {right / cables:.0%} of its "
        f"{cables:,} cables match `{state.plan.plane}` of the design"
    )
    return Cause(rules.ANOTHER, message, cables, (), state.files())


def _twice(state: Open) -> None:
    """Names that two devices have."""
    devices = state.seen.built.devices
    for second, first in state.seen.twice:
        message = f"`{devices[second].name}` is the name of a device in {devices[first].file}:{devices[first].line} too"
        state.causes.append(Cause(rules.TWICE, message, 0, (), (devices[second].file, devices[second].line)))


def _unnamed(state: Open) -> None:
    """Devices that were told by their place only, where others were told by name."""
    match, seen, plan = state.match, state.seen, state.plan
    if not match.named:
        return
    alike: dict[tuple[str, str], list[int]] = {}
    for node in range(seen.nodes):
        device = int(match.device[node])
        if device >= 0 and seen.known[node] == UNKNOWN:
            alike.setdefault((plan.net.group_of(device).label, ""), []).append(node)
    for (label, _), nodes in alike.items():
        said = Counter(seen.name(n) for n in nodes)
        common = ", ".join(f"`{name}`" + (f" ({many})" if many > 1 else "") for name, many in said.most_common(3))
        more = ", …" if len(said) > 3 else ""
        message = f"{len(nodes):,} of `{label}` are told by what they are plugged into, not by name: {common}{more}"
        where = seen.built.devices[int(seen.device[nodes[0]])]
        tasks = tuple(Task(f"name it: it says `{seen.name(n)}`", int(match.device[n]), UNKNOWN) for n in nodes)
        state.causes.append(Cause(rules.NAMED, message, 0, tasks, (where.file, where.line)))


def _least(found: Match, seen: Sight, changes: int) -> str:
    if changes == 0:
        return "proved: every cable was compared, port by port" if (seen.a_port >= 0).all() else "proved for devices"
    if found.tried:
        return f"proved: all {found.tried:,} ways to tell who is who were tried"
    if found.found == 0 and found.named:
        return "proved: every device bears its name, so that what differs is what there is to change"
    return "not proved: some devices were told by what they are plugged into, and other choices may differ less"


def _told(state: Open) -> tuple[str, ...]:
    """What was taken for granted."""
    seen = state.seen
    said = []
    loose = int(((seen.a_port < 0) | (seen.b_port < 0)).sum())
    if loose:
        said.append(f"{loose:,} cables have a port whose number is not told: they are compared by their devices")
    if state.match.chosen:
        said.append(f"{state.match.chosen} devices are alike in every port; which of them is which was chosen")
    if seen.built.inner:
        said.append(f"{seen.built.inner:,} nodes inside of switches were left out")
    if seen.built.down:
        said.append(f"{seen.built.down:,} ports are listed as down")
    return tuple(said)


def finding(verdict: Verdict, cause: Cause) -> Diagnostic:
    """A cause as a finding, at its line of the dump."""
    from cmxdsl.readers.built import place

    what = f"{cause.message} ({cause.links:,} link{'s' if cause.links != 1 else ''})" if cause.links else cause.message
    help_ = cause.rule.fix
    if len(cause.tasks) == 1:
        task = cause.tasks[0]
        at = str(verdict.places.of(task.device)) if task.device >= 0 else ""
        end = verdict.plan.name(task.port) if task.port >= 0 else task.other
        end = end or (verdict.plan.net.name(task.device) if task.device >= 0 else "")
        help_ = f"at {' '.join(w for w in (at, f'`{end}`' if end else '') if w)}: {task.do}" if at or end else task.do
    return cause.rule.at(place(*cause.seen), what, help_)
