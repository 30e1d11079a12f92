"""What stands in racks, or in others of one kind, and what in none: each part once, so that they add up to the whole.

A transceiver belongs to the rack of its end; of a cable, a fiber or an adapter half belongs to the rack of each end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from cmxdsl.model import Component, End, Link, Subject, descendants, shares
from cmxdsl.records import define, field, frozen

Parts = Mapping[Component, int | Fraction]
Wanted = Callable[[Component], bool]


@frozen
class Holding:
    """All of one component: how many there are, and the parts in all of them."""

    component: Component
    count: int
    parts: Parts


@frozen
class Holdings:
    """The outermost components of some sort with what is in them, and what is in none of them."""

    holders: tuple[Holding, ...]
    outside: Parts


def taken(owner: Component, end: End, wanted: Wanted) -> tuple[Component, int] | None:
    """What of the wanted an end of a link is in, and how many steps lead there; None where it is in none."""
    here = owner
    for k, step in enumerate(end.steps, start=1):
        here = here.instances[step.name].component
        if wanted(here):
            return here, k
    return None


def add(parts: dict[Component, int | Fraction], more: Parts, times: int | Fraction = 1) -> None:
    for part, many in more.items():
        parts[part] = parts.get(part, 0) + many * times


@define
class _Maker:
    wanted: Wanted
    counts: dict[Component, int] = field(factory=dict)
    parts: dict[Component, dict[Component, int | Fraction]] = field(factory=dict)
    outside: dict[Component, int | Fraction] = field(factory=dict)


def holdings(subject: Subject, wanted: Wanted) -> Holdings:
    """The outermost components below `top`, or itself, that are `wanted`. By multiplicity, never one by one."""
    top = subject.top
    maker = _Maker(wanted)
    many: dict[Component, int] = {top: 1}
    for component in descendants(top):
        times = many.get(component, 0)
        if not times:
            continue
        if wanted(component):
            maker.counts[component] = times
            add(maker.parts.setdefault(component, {}), subject.of(component).counts, times)
            continue
        add(maker.outside, {component: times})
        for instance in component.instances.values():
            many[instance.component] = many.get(instance.component, 0) + times * instance.count
        for link in component.links:
            _share_out(maker, component, link, times)
    found = (Holding(one, count, maker.parts[one]) for one, count in maker.counts.items())
    return Holdings(tuple(sorted(found, key=lambda h: h.component.id)), maker.outside)


def _share_out(maker: _Maker, owner: Component, link: Link, times: int) -> None:
    """The parts of a pattern that is there so many times, to where its ends are."""
    if not link.count:
        return
    near, far = (taken(owner, end, maker.wanted) for end in (link.a, link.b))
    for share in shares(link):
        for at, amount in ((near, share.near), (far, share.far)):
            held = maker.parts.setdefault(at[0], {}) if at is not None else maker.outside
            add(held, {share.part: amount}, times)
