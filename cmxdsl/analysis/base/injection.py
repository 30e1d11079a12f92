"""What endpoints can put into a plane: the rate of their linked ports, and of all of their ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from cmxdsl.analysis.base.ports import Names, paths
from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.model import Component, Link, Port, Subject, descendants, remembered
from cmxdsl.records import frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import RATE


def plane_of(component: Component, link: Link) -> str:
    """The plane a link of `component` belongs to: that of its first end."""
    return component.resolve(link.a)[1].plane


def port_rates(component: Component, link: Link) -> tuple[Quantity | None, Quantity | None]:
    """The rates of the ports at a link's two ends, each way."""
    return component.resolve(link.a)[1].rate, component.resolve(link.b)[1].rate


def known_rate(component: Component, link: Link) -> Quantity | None:
    """What a link runs at, at most: the slower of the rates that its ends state; None when neither does."""
    known = [rate for rate in port_rates(component, link) if rate is not None]
    return min(known, key=lambda r: r.value) if known else None


def link_rate(component: Component, link: Link) -> Quantity | None:
    """Rate of one link, each way: the slower end's, or None when an end's is not known."""
    return None if None in port_rates(component, link) else known_rate(component, link)


def ports_on(component: Component, plane: str) -> list[Port]:
    """A component's own ports on a plane; exposed ones stand for inner ports."""
    return [p for p in component.ports.values() if p.exposes is None and p.plane == plane and p.count]


def port_count(component: Component, plane: str) -> int:
    """How many of them there are."""
    return sum(p.count for p in ports_on(component, plane))


@remembered()
def endpoint_kinds(subject: Subject, plane: str) -> frozenset[Component]:
    """The components whose instances are endpoints of a plane, of those below `root` with ports on it: accelerators
    where there are any, else all that are no switches, else all."""
    ported = frozenset(c for c, many in subject.counts.items() if many and ports_on(c, plane))
    accelerators = frozenset(c for c in ported if is_accelerator(c))
    return accelerators or frozenset(c for c in ported if c.kind != "switch") or ported


@frozen
class Rate:
    """The rate of `ports` ports, each way: `known` is the sum over all but `missing` of them, whose rate is not known
    because the ports in `lacking` do not state it."""

    known: Quantity
    ports: int
    missing: int
    lacking: tuple[str, ...]

    @property
    def value(self) -> Quantity | None:
        """The sum; None where a part of it is not known."""
        return None if self.missing else self.known

    @property
    def coverage(self) -> Fraction | None:
        """The share of the ports whose rate is known; None where there are none."""
        return Fraction(self.ports - self.missing, self.ports) if self.ports else None


@frozen
class _Share:
    """Ports of one rate: how many, the rate, and the ports that leave it unknown."""

    count: int
    rate: Quantity | None
    lacking: tuple[str, ...]


def _summed(shares: Iterable[_Share]) -> Rate:
    total, ports, missing = Fraction(0), 0, 0
    lacking: list[str] = []
    for share in shares:
        ports += share.count
        if share.rate is not None:
            total += share.rate.value * share.count
        elif share.count:
            missing += share.count
            lacking += share.lacking
    return Rate(Quantity(total, RATE), ports, missing, tuple(dict.fromkeys(lacking)))


def injection(subject: Subject, plane: str, part: Names = ()) -> Rate:
    """The rate of the linked ports of endpoints, each port at the rate that its link runs at: of all below `root`, or
    of those at or below the path `part`, wherever in `root` their links are stated. Raises ports.TooManyPaths."""
    ends = endpoint_kinds(subject.of(subject.top.at(part)[0]), plane)
    return _summed(_linked(subject, plane, part, ends))


def _linked(subject: Subject, plane: str, part: Names, ends: frozenset[Component]) -> Iterator[_Share]:
    for names, component, many in _places(subject, part):
        for link in component.links:
            if plane_of(component, link) != plane:
                continue
            rate = link_rate(component, link)
            found = [component.resolve(end) for end in (link.a, link.b)]
            lacking = tuple(f"{owner.name}.{port.name}" for owner, port in found if port.rate is None)
            for end, (owner, _) in zip((link.a, link.b), found, strict=True):
                path = (*names, *end.names[:-1])
                if owner in ends and path[: len(part)] == part:
                    yield _Share(link.count * many, rate, lacking)


def _places(subject: Subject, part: Names) -> Iterator[tuple[Names, Component, int]]:
    """Every component with links, and how many there are; by its paths where these matter."""
    root = subject.top
    if not part:
        for component, many in subject.counts.items():
            yield (), component, many
        return
    linked = {c for c in descendants(root) if c.links}
    for names, component, many in paths(root):
        common = min(len(names), len(part))
        if component in linked and names[:common] == part[:common]:
            yield names, component, many


def port_rate(subject: Subject, plane: str, part: Names = ()) -> Rate:
    """The rate of all ports of endpoints, linked or not."""
    where, times = subject.top.at(part)
    ends = endpoint_kinds(subject.of(where), plane)
    return _summed(
        _Share(port.count * many * times, port.rate, (f"{component.name}.{port.name}",))
        for component, many in subject.of(where).counts.items()
        if component in ends
        for port in ports_on(component, plane)
    )
