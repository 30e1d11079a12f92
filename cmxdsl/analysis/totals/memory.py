"""Whose memory it is: HBM of accelerators and DRAM of hosts differ tenfold in bandwidth and are not one figure."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.analysis.base.roles import is_accelerator, is_host
from cmxdsl.model import Component, Subject, Total, descendants
from cmxdsl.records import frozen


@frozen
class MemoryTotals:
    """An attribute of memory by whose it is: of accelerators with what is inside them, of host processors likewise, of
    other parts, and the sum of these."""

    accelerator: Total
    host: Total
    other: Total
    all: Total

    @property
    def several(self) -> bool:
        """Whether it is of more than one of them, so that the sum adds unlike things."""
        return sum(bool(t.known or t.missing) for t in (self.accelerator, self.host, self.other)) > 1


def memory(subject: Subject, attribute: str) -> MemoryTotals:
    """`memory.capacity` or `memory.bandwidth` below `root`, each part counted for the outermost accelerator or host
    processor that it is in."""
    roles = dict.fromkeys(("accelerator", "host"), _NOTHING)
    for part, many in _outermost(subject.top).items():
        role = "accelerator" if is_accelerator(part) else "host"
        roles[role] = _plus(roles[role], subject.of(part).total(attribute), many)
    whole = subject.total(attribute)
    inside = _plus(roles["accelerator"], roles["host"])
    return MemoryTotals(roles["accelerator"], roles["host"], _plus(whole, inside, -1), whole)


_NOTHING = Total({}, 0, 0, {}, ())


def _outermost(root: Component) -> dict[Component, int]:
    """Accelerators and host processors that are in no other one, and how many there are of each."""
    counts = {root: 1}
    found: dict[Component, int] = {}
    for component in descendants(root):
        many = counts.get(component, 0)
        if many and (is_accelerator(component) or is_host(component)):
            found[component] = many
            continue
        for instance in component.instances.values():
            counts[instance.component] = counts.get(instance.component, 0) + many * instance.count
    return found


def _plus(a: Total, b: Total, many: int = 1) -> Total:
    """The total of one subtree and of `many` of another; -1 takes one out of what contains it."""
    sums = {d: a.sums.get(d, Fraction(0)) + b.sums.get(d, Fraction(0)) * many for d in (*a.sums, *b.sums)}
    shares = {k: a.shares.get(k, 0) + b.shares.get(k, 0) * many for k in (*a.shares, *b.shares)}
    known, missing = a.known + b.known * many, a.missing + b.missing * many
    lacking = tuple(dict.fromkeys((*a.lacking, *b.lacking))) if missing else ()
    return Total(sums if known else {}, known, missing, {k: n for k, n in shares.items() if n}, lacking)
