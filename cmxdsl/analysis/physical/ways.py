"""How long the links of a pattern are, at every place in the design where their owner stands.

Seen from the owner alone, a length is not known: which rows are between two racks, and where the next cross tray is,
depends on where the owner itself stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cmxdsl.analysis.base.ports import Names, paths
from cmxdsl.analysis.physical.farthest import farthest, holds
from cmxdsl.analysis.physical.floor import element, floor_of, outer, stand
from cmxdsl.analysis.physical.routes import Route, route
from cmxdsl.model import Component, Link, Step, Subject, index, remembered
from cmxdsl.model.arithmetic import both, constant, negated
from cmxdsl.records import frozen


@frozen
class RouteLengths:
    """The lengths at one place: the steps down to it, their variables and those of the links, and the route, None where
    no length is known."""

    steps: tuple[Step, ...]
    domain: index.Domain
    route: Route | None


@frozen
class Length:
    """The length that the longest link of a pattern needs, the indices at which it is, and in what; `place` is empty
    where it is the same wherever the owner stands.

    `whole`: every link of the pattern has a known length.
    """

    metres: Fraction
    at: dict[str, int]
    place: str
    whole: bool


@remembered()
def standing(subject: Subject) -> dict[Component, list[Names]]:
    """Where each component stands. Raises TooManyPaths."""
    found: dict[Component, list[Names]] = {}
    for names, component, many in paths(subject.top):
        if many:
            found.setdefault(component, []).append(names)
    return found


def ways(subject: Subject, component: Component, link: Link) -> Iterator[RouteLengths]:
    """The lengths of a pattern at each place of its owner, or as the owner sees them where it stands in no design or
    they are all inside one rack. Raises TooManyPaths."""
    floor = floor_of(subject.top, component)
    own = route(stand(component, link.a.steps), stand(component, link.b.steps), floor)
    if component is subject.top or own is None or own.inside == constant(1):
        yield RouteLengths((), link.domain, own)
        return
    for names in standing(subject).get(component, [()]):
        steps, dims = outer(subject.top, names) if names else ((), ())
        here = subject.top if names else component
        a, b = (stand(here, (*steps, *end.steps)) for end in (link.a, link.b))
        yield RouteLengths(steps, dims + link.domain, route(a, b, floor))


def longest(subject: Subject, component: Component, link: Link) -> Length | None:
    """The longest link of a pattern wherever its owner stands, or None when no length is known. Raises
    LimitExceeded."""
    if link.count == 0:
        return None
    best: Length | None = None
    whole = True
    for way in ways(subject, component, link):
        if way.route is None:
            whole = False
            continue
        known = negated(way.route.unknown) if way.route.unknown is not None else None
        found = farthest(way.route.length, way.domain, both(link.where, known))
        whole = whole and (way.route.unknown is None or not holds(way.route.unknown, way.domain, link.where))
        if found is not None and (best is None or found[0] > best.metres * 1_000_000):
            at = {d.name: d.start for d in way.domain} | found[1]
            mine = {d.name: found[1][d.name] for d in link.domain if d.name in found[1]}
            depends = index.variables(way.route.length) - {d.name for d in link.domain}
            place = ".".join(element(step, at) for step in way.steps) if depends else ""
            best = Length(Fraction(found[0], 1_000_000), mine, place, whole)
    return None if best is None else Length(best.metres, best.at, best.place, whole)
