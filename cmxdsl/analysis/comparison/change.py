"""What a change of a design means: parts, links, cable, power, price, bandwidth, findings, and how near limits are."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cmxdsl.analysis.base.injection import Rate
from cmxdsl.analysis.base.planes import planes
from cmxdsl.analysis.network.failures import Worst, worst_of
from cmxdsl.analysis.physical.cables import by_length
from cmxdsl.analysis.queries.evaluate import evaluate
from cmxdsl.analysis.work.figures import work_figures
from cmxdsl.analysis.work.jobs import run_names
from cmxdsl.diagnostics import Diagnostic
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Op, Subject, descendants
from cmxdsl.model.functions import FunctionFault
from cmxdsl.records import frozen
from cmxdsl.schema import FAILURES
from cmxdsl.units import Quantity, TooLarge, UnitFault, number
from cmxdsl.units.dimension import LENGTH

NEAR = Fraction(1, 20)  # a requirement this near its limit is worth knowing


@frozen
class PartChange:
    """A part whose number or attributes changed: `was` its name before, where it was renamed."""

    name: str
    kind: str
    before: int
    after: int
    was: str = ""
    changed: tuple[str, ...] = ()


@frozen
class Change:
    """A figure before and after; None where it is not known."""

    name: str
    unit: str
    before: Quantity | None
    after: Quantity | None


@frozen
class Limit:
    """A requirement with how far it is from its limit, as a share of it, before and after; negative beyond it. None
    where that is not known, `undecided` why it is not now."""

    text: str
    reason: str
    before: Fraction | None
    after: Fraction | None
    undecided: str = ""


@frozen
class Difference:
    """What changed. `appeared` and `gone` are findings, told apart by what they say and not by where they stand."""

    old: str
    new: str
    parts: tuple[PartChange, ...]
    figures: tuple[Change, ...]
    links: tuple[tuple[str, str, int, int], ...]
    appeared: tuple[Diagnostic, ...]
    gone: tuple[Diagnostic, ...]
    limits: tuple[Limit, ...]

    @property
    def empty(self) -> bool:
        return not (self.parts or self.figures or self.links or self.appeared or self.gone)


def difference(
    old: Subject | None,
    old_findings: tuple[Diagnostic, ...],
    new: Subject | None,
    new_findings: tuple[Diagnostic, ...],
) -> Difference:
    """The difference of two designs, either of which may have errors or be missing."""
    known = {(d.code, d.message) for d in old_findings}
    still = {(d.code, d.message) for d in new_findings}
    parts = tuple(_parts(old, new))
    renamed = {p.was: p.name for p in parts if p.was}
    return Difference(
        old.top.name if old is not None else "",
        new.top.name if new is not None else "",
        parts,
        tuple(c for c in _figures(old, new) if c.before != c.after),
        tuple(_links(old, new, renamed)),
        tuple(d for d in new_findings if (d.code, d.message) not in known),
        tuple(d for d in old_findings if (d.code, d.message) not in still),
        tuple(_limits(old, new)),
    )


# --- parts ------------------------------------------------------------------------------------------------


def _by_name(subject: Subject | None) -> dict[str, tuple[Component, int]]:
    found: dict[str, tuple[Component, int]] = {}
    if subject is not None:
        for part, many in subject.counts.items():
            if many and part is not subject.top:
                found[part.name] = (part, many + (found[part.name][1] if part.name in found else 0))
    return found


def _parts(old: Subject | None, new: Subject | None) -> Iterator[PartChange]:
    """Parts that came, went, were renamed, or changed in number or attributes."""
    was, now = _by_name(old), _by_name(new)
    came, went = [n for n in now if n not in was], [n for n in was if n not in now]
    renamed: dict[str, str] = {}
    for name in came:
        part, many = now[name]
        like = [n for n in went if n not in renamed.values() and _alike(was[n][0], part)]
        same = [n for n in like if was[n][1] == many]
        if len(same or like) >= 1:
            renamed[name] = (same or like)[0]
    for name in sorted({*now, *(n for n in went if n not in renamed.values())}):
        earlier = renamed.get(name, name)
        part = (now.get(name) or was[earlier])[0]
        b, a = (side[n][1] if n in side else 0 for side, n in ((was, earlier), (now, name)))
        changed = tuple(_attributes(was[earlier][0], now[name][0])) if earlier in was and name in now else ()
        if b != a or changed or earlier != name:
            yield PartChange(name, part.kind, b, a, earlier if earlier != name else "", changed)


def _alike(a: Component, b: Component) -> bool:
    """Whether one may be the other under a new name: the same kind, attributes and contents."""
    return (
        a.kind == b.kind
        and not list(_attributes(a, b))
        and set(a.instances) == set(b.instances)
        and (set(a.ports) == set(b.ports))
    )


def _attributes(a: Component, b: Component) -> Iterator[str]:
    for name in sorted({*a.attributes, *b.attributes}):
        x, y = a.attributes.get(name), b.attributes.get(name)
        left, right = (v.value if v is not None else None for v in (x, y))
        if isinstance(left, Component) and isinstance(right, Component):
            left, right = left.name, right.name
        if left != right:
            yield name


# --- figures ----------------------------------------------------------------------------------------------


def _figures(old: Subject | None, new: Subject | None) -> Iterator[Change]:
    both = (old, new)
    rows = {name: row for s in both if s is not None for name, row in s.top.vocabulary.attributes.items()}
    for row in rows.values():
        if row.total:
            a, b = (s.total(row.name).value if s is not None else None for s in both)
            yield Change(row.name, row.unit, a, b)
    metres = [_cable(s) for s in both]
    for name in sorted({*metres[0], *metres[1]}):
        yield Change(f"length of {name}", "m", *(m.get(name) for m in metres))
    mine = [planes(s) if s is not None else {} for s in both]
    for name in dict.fromkeys((*mine[0], *mine[1])):
        for what, unit in (("links", ""), ("injection", "B/s"), ("port_rate", "B/s"), ("link_bandwidth", "B/s")):
            values = [getattr(m[name], what) if name in m else None for m in mine]
            a, b = (_figure(v) for v in values)
            yield Change(f"{name.replace('_', '-')} {what.replace('_', ' ')}", unit, a, b)
        yield from _failing(both, name)
    yield from _at_work(both)


def _at_work(both: tuple[Subject | None, Subject | None]) -> Iterator[Change]:
    """What each run comes to; None where it is not there, or where something is not known."""
    names = [run_names(s) if s is not None else [] for s in both]
    for name in dict.fromkeys((*names[0], *names[1])):
        told = [
            {f.name: f for f in work_figures(s, name)} if s is not None and name in names[k] else {}
            for k, s in enumerate(both)
        ]
        for figure in dict.fromkeys((*told[0], *told[1])):
            one = (told[0].get(figure) or told[1][figure]).unit
            a, b = (t[figure].value if figure in t else None for t in told)
            yield Change(f"{name}: {figure}", one, a, b)


def _failing(both: tuple[Subject | None, Subject | None], plane: str) -> Iterator[Change]:
    """What the worst failure of each kind takes with it; None where that is not decided."""
    for kind in FAILURES:
        was, now = (worst_of(s, plane, kind) if s is not None else Worst() for s in both)
        for what, unit, figure in (
            ("endpoints isolated", "", "isolated"),
            ("islands", "", "islands"),
            ("rate kept", "%", "kept"),
        ):
            values = (getattr(worst, figure) for worst in (was, now))
            a, b = (number(Fraction(v).limit_denominator(10**6)) if v is not None else None for v in values)
            yield Change(f"{plane.replace('_', '-')} {what} after one {kind}", unit, a, b)


def _figure(value: Quantity | Rate | int | None) -> Quantity | None:
    """A plane's figure; None where it is not known."""
    if isinstance(value, int):
        return Quantity(Fraction(value))
    return value.value if isinstance(value, Rate) else value


def _cable(subject: Subject | None) -> dict[str, Quantity]:
    """Metres of each cable and fiber, in the lengths that are bought; those of unknown length left out."""
    found: dict[str, Fraction] = {}
    if subject is None:
        return {}
    for group in by_length(subject):
        stock, carrier = group.stock, group.run.carrier
        if stock is not None and carrier is not None:
            found[carrier.name] = found.get(carrier.name, Fraction(0)) + stock.value * group.cables
    return {name: Quantity(value, LENGTH) for name, value in found.items()}


def _links(old: Subject | None, new: Subject | None, renamed: dict[str, str]) -> Iterator[tuple[str, str, int, int]]:
    """Link patterns that came, went or changed in number: where, the text, and how many in one of them."""
    was, now = ({} if s is None else _patterns(s.top) for s in (old, new))
    was = {(renamed.get(owner, owner), text): many for (owner, text), many in was.items()}
    for key in sorted({*was, *now}):
        if was.get(key, 0) != now.get(key, 0):
            yield (*key, was.get(key, 0), now.get(key, 0))


def _patterns(top: Component) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for component in descendants(top):
        for link in component.links:
            key = (component.name, " ".join(link.text.split()))
            found[key] = found.get(key, 0) + link.count
    return found


# --- limits -----------------------------------------------------------------------------------------------


def _limits(old: Subject | None, new: Subject | None) -> Iterator[Limit]:
    """Requirements that are now within NEAR of their limit or past it, and those whose room a limit leaves open."""
    earlier = {} if old is None else {text: room for text, _, room, _ in _rooms(old)}
    for text, reason, room, undecided in () if new is None else _rooms(new):
        near = room is not None and room < NEAR and earlier.get(text) != room
        if near or undecided:
            yield Limit(text, reason, earlier.get(text), room, undecided)


def _rooms(subject: Subject) -> Iterator[tuple[str, str, Fraction | None, str]]:
    """How far each comparison of a requirement is from turning, as a share of its right side, or why that is not
    decided. One with a mistake in it, or about something unknown, is a finding of its own."""
    for component in descendants(subject.top):
        for requirement in component.requirements:
            expr = requirement.condition
            if isinstance(expr, Op) and expr.operator in ("<=", "<", ">=", ">") and len(expr.operands) == 2:
                try:
                    left, right = (evaluate(o, subject.of(component)).value for o in expr.operands)
                except LimitExceeded as error:
                    yield requirement.text, requirement.reason, None, str(error)
                    continue
                except (UnitFault, FunctionFault, TooLarge):
                    continue
                if isinstance(left, Quantity) and isinstance(right, Quantity) and right.value:
                    room = (right.value - left.value) / abs(right.value)
                    yield requirement.text, requirement.reason, room if expr.operator[0] == "<" else -room, ""
