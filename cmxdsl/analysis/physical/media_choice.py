"""Media left to the tool: `over auto(A, B, C)` becomes the cheapest that reaches, for each length on its own."""

from __future__ import annotations

from itertools import pairwise

from cmxdsl.analysis.physical.farthest import holds
from cmxdsl.analysis.physical.floor import Floor, floor_of, stand
from cmxdsl.analysis.physical.routes import Route, route
from cmxdsl.elaborate import Elaborated
from cmxdsl.model import Component, Expr, Instance, Link, descendants, index, parts_of
from cmxdsl.model.arithmetic import both, compared, negated
from cmxdsl.records import evolve
from cmxdsl.units import Quantity


def choose_media(elaborated: Elaborated) -> Elaborated:
    """A file's components with every choice of media made."""
    roots = {root: settled(root) for root in (elaborated.top, *elaborated.roots) if root is not None}
    top = roots[elaborated.top] if elaborated.top is not None else None
    return evolve(elaborated, top=top, roots=tuple(roots[root] for root in elaborated.roots))


def settled(top: Component) -> Component:
    """The same design with every choice of media made; `top` itself when there was none to make.

    A pattern whose links differ in length becomes one pattern for each medium, told apart by `where`.
    """
    if not any(len(link.media) > 1 for component in descendants(top) for link in component.links):
        return top
    floor = floor_of(top)
    done: dict[Component, Component] = {}

    def rebuilt(component: Component) -> Component:
        if component not in done:
            instances = {
                name: evolve(instance, component=rebuilt(instance.component))
                for name, instance in component.instances.items()
            }
            links = tuple(part for link in component.links for part in split(component, link, floor))
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


def split(component: Component, link: Link, floor: Floor | None) -> list[Link]:
    """A pattern as one for each medium that its lengths call for; as it was where no length is known.

    Links of unknown length keep all media. A pattern with too many lengths to count, which need different media, keeps
    them too; CMX0562 and CMX0004 say so.
    """
    if len(link.media) < 2 or not link.count:
        return [link]
    way = route(stand(component, link.a.steps), stand(component, link.b.steps), floor)
    if way is None:
        return [link]
    try:
        parts = _parts(link, way)
    except index.TooMany:
        return [link]
    whole = len(parts) == 1 and parts[0].count == link.count
    return [evolve(link, media=parts[0].media)] if whole else parts


def _parts(link: Link, way: Route) -> list[Link]:
    """One pattern for each stretch of lengths in which the same media reach. Raises LimitExceeded."""
    known = negated(way.unknown) if way.unknown is not None else None
    reaches = {m: limit(m) for m in link.media}
    stops = [int(stop * 1_000_000) for stop in sorted({q.value for q in reaches.values() if q is not None})]
    found: list[tuple[tuple[Component, ...], Expr | None]] = []
    for low, high in pairwise([None, *stops, None]):
        here = both(
            known,
            compared(">", way.length, low) if low is not None else None,
            compared("<=", way.length, high) if high is not None else None,
        )
        able = [m for m, q in reaches.items() if q is None or (high is not None and int(q.value * 1_000_000) >= high)]
        # where nothing reaches a finding says so, and the one that reaches farthest stands for it
        medium = cheapest(link, able)
        if medium is None:
            medium = max(link.media, key=lambda m: reaches[m].value)  # type: ignore[union-attr]
        found.append(((medium,), here))
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
