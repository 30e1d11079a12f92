"""Media left to the tool: `over auto(A, B, C)` becomes the cheapest that reaches, for each length on its own."""

from __future__ import annotations

from itertools import pairwise

from cmxdsl.analysis.physical.farthest import holds
from cmxdsl.analysis.physical.floor import Floor, floor_of, stand
from cmxdsl.analysis.physical.routes import Route, route
from cmxdsl.analysis.physical.ways import RouteLengths, ways
from cmxdsl.elaborate import Elaborated
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Expr, Instance, Link, Step, Subject, descendants, index, parts_of
from cmxdsl.model.arithmetic import both, compared, constant, negated
from cmxdsl.records import evolve, frozen
from cmxdsl.units import Quantity


def choose_media(elaborated: Elaborated) -> Elaborated:
    """A file's components with every choice of media made."""
    floor = floor_of(elaborated.top) if elaborated.top is not None else None
    roots = {root: with_media(root, floor) for root in (elaborated.top, *elaborated.roots) if root is not None}
    top = roots[elaborated.top] if elaborated.top is not None else None
    return evolve(elaborated, top=top, roots=tuple(roots[root] for root in elaborated.roots))


def with_media(top: Component, otherwise: Floor | None = None) -> Component:
    """The same design with every choice of media made, on the other floor where it has none; `top` itself when there
    was none to make.

    A pattern whose links differ in length becomes one pattern for each medium, told apart by `where`.
    """
    if not any(len(link.media) > 1 for component in descendants(top) for link in component.links):
        return top
    floor = floor_of(top) or otherwise
    subject = Subject(top)
    done: dict[Component, Component] = {}

    def rebuilt(component: Component) -> Component:
        if component not in done:
            instances = {
                name: evolve(instance, component=rebuilt(instance.component))
                for name, instance in component.instances.items()
            }
            links = tuple(part for link in component.links for part in split(subject, component, link, floor))
            same = links == component.links and all(
                _same(instances[n], component.instances[n]) for n in component.instances
            )
            done[component] = component if same else evolve(component, instances=instances, links=links)
        return done[component]

    return rebuilt(top)


def _same(a: Instance, b: Instance) -> bool:
    return a.component is b.component


def limit(medium: Component) -> Quantity | None:
    """The longest link a medium serves: the least of its reach, its fiber's, and the longest length it comes in."""
    fiber = medium.get("fiber")
    parts = [medium, *([fiber] if isinstance(fiber, Component) else [])]
    known = []
    for part in parts:
        known += [part.quantity("reach"), part.quantity("length")]
        lengths = part.get("lengths")
        if isinstance(lengths, tuple) and lengths:
            known.append(max(lengths, key=lambda q: q.value))
    found = [q for q in known if q is not None]
    return min(found, key=lambda q: q.value) if found else None


def cost(link: Link, medium: Component) -> Quantity | None:
    """What one carrier of a link over a medium costs: the cable, or two optics and their fiber; None when not known."""
    one = evolve(link, media=(medium,), count=link.bundle, adapter=None)
    total: Quantity | None = None
    for part, many in parts_of(one):
        price = part.quantity("price")
        if price is None or (total is not None and price.dimension != total.dimension):
            return None
        share = Quantity(price.value * many, price.dimension)
        total = share if total is None else total + share
    return total


def split(subject: Subject, component: Component, link: Link, floor: Floor | None) -> list[Link]:
    """A pattern as one for each medium that its lengths call for; as it was where no length is known.

    Links of unknown length keep all media. So does a pattern with too many lengths to count which need different media,
    and one whose links need others at another place of its owner; CMX0562 and CMX0004 say so.
    """
    if len(link.media) < 2 or not link.count:
        return [link]
    try:
        own, others = _routes(subject, component, link, floor)
        if own is None:
            return [link]
        stretches = _stretches(link)
        parts = _parts(link, own, stretches)
        if any(_other(way, link, stretches, parts) for way in others):
            return [link]
    except LimitExceeded:
        return [link]
    whole = len(parts) == 1 and parts[0].count == link.count
    return [evolve(link, media=parts[0].media)] if whole else parts


@frozen
class _Stretch:
    """Lengths above `low` and up to `high`, in micrometres, and the medium for them."""

    medium: Component
    low: int | None
    high: int | None

    def holds(self, length: Expr) -> Expr | None:
        above = compared(">", length, self.low) if self.low is not None else None
        return both(above, compared("<=", length, self.high) if self.high is not None else None)


def _routes(
    subject: Subject, component: Component, link: Link, floor: Floor | None
) -> tuple[Route | None, list[RouteLengths]]:
    """The route that the choice is made by, at the first place of the owner; and all places, where the lengths may
    differ. Raises TooManyPaths."""
    first, *others = found = list(ways(subject, component, link))
    if not first.steps:
        return route(stand(component, link.a.steps), stand(component, link.b.steps), floor), others
    zero = [Step(s.name, tuple(constant(0) for _ in s.indices)) for s in first.steps]
    a, b = (stand(subject.top, (*zero, *end.steps)) for end in (link.a, link.b))
    own = route(a, b, floor)
    return own, [way for way in found if own is None or way.route is None or way.route.length != own.length]


def _other(way: RouteLengths, link: Link, stretches: list[_Stretch], parts: list[Link]) -> bool:
    """Whether at a place some link would need another medium. Raises LimitExceeded."""
    if way.route is None:
        return True
    for part in parts:
        for stretch in stretches:
            if part.media == (stretch.medium,):
                inside = stretch.holds(way.route.length)
                if inside is not None and holds(negated(inside), way.domain, part.where):
                    return True
    return False


def _stretches(link: Link) -> list[_Stretch]:
    """The medium for each length, from the shortest on."""
    reaches = {m: limit(m) for m in link.media}
    stops = [int(stop * 1_000_000) for stop in sorted({q.value for q in reaches.values() if q is not None})]
    found: list[_Stretch] = []
    for low, high in pairwise([None, *stops, None]):
        able = [m for m, q in reaches.items() if q is None or (high is not None and int(q.value * 1_000_000) >= high)]
        # where nothing reaches a finding says so, and the one that reaches farthest stands for it
        medium = cheapest(link, able)
        if medium is None:
            medium = max(link.media, key=lambda m: reaches[m].value)  # type: ignore[union-attr]
        found.append(_Stretch(medium, found.pop().low if found and found[-1].medium is medium else low, high))
    return found


def _parts(link: Link, way: Route, stretches: list[_Stretch]) -> list[Link]:
    """One pattern for each stretch of lengths, so that what is over one medium shares bundles. Raises LimitExceeded."""
    known = negated(way.unknown) if way.unknown is not None else None
    found: list[tuple[tuple[Component, ...], Expr | None]] = [
        ((stretch.medium,), both(known, stretch.holds(way.length))) for stretch in stretches
    ]
    if way.unknown is not None:
        found.append((link.media, way.unknown))
    if index.size(link.domain) > index.LIMIT:
        needed = [media for media, here in found if here is None or holds(here, link.domain, link.where)]
        if len(needed) == 1:
            return [evolve(link, media=needed[0])]
    counted = [(media, both(link.where, here)) for media, here in found]
    parts = [evolve(link, media=media, where=where, count=index.count(link.domain, where)) for media, where in counted]
    return [part for part in parts if part.count]


def cheapest(link: Link, media: list[Component]) -> Component | None:
    """The one that costs least; those without a price come last, in the order in which they are written."""
    costs = {m: cost(link, m) for m in media}
    return min(media, key=lambda m: (costs[m] is None, costs[m].value if costs[m] else 0), default=None)  # type: ignore[union-attr]
