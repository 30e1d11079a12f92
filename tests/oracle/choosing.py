"""`over auto(A, B)`: for each link the cheapest medium that reaches, and one pattern for each medium that is taken."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from .expand import Joint, Machine, Thing, links_of
from .lengths import LAID, Places, metres, places
from .parts import Part, Pattern

Chosen = list[tuple[Pattern, list[Joint]]]


def choose(machine: Machine, owner: Thing, pattern: Pattern, joints: list[Joint]) -> Chosen:
    """The links of a pattern by the medium that each takes, and which share a carrier then; where a length is not known,
    the medium named first counts, and so it does for all where they would take others in another such part."""
    where = places(machine)
    taken: dict[str, list[Joint]] = defaultdict(list)
    wanted = [_wanted(machine, owner, pattern, j, where) for j in joints]
    alike = (t for t in machine.things.values() if t.part is not owner.part and _same(t.part, owner.part))
    others = [t for t in machine.things.values() if t.part is owner.part] + list(alike)
    for other in others:
        patterns = [p for p in other.part.links if _text(p) == _text(pattern)]
        mine = [_wanted(machine, other, p, j, where) for p in patterns[:1] for j in links_of(machine, other, p)]
        if [m and m.name for m in mine] != [m and m.name for m in wanted]:
            wanted = [None] * len(joints)
            break
    for joint, found_medium in zip(joints, wanted, strict=True):
        medium = found_medium or pattern.choices[0]
        # links that keep all media, since their length is not known, are a pattern of their own
        taken[medium.name if found_medium is not None else ""].append(joint)
    found: Chosen = []
    for name, own in taken.items():
        medium = next((m for m in pattern.choices if m.name == name), pattern.choices[0])
        new = replace(pattern, medium=medium, choices=())
        for number, joint in enumerate(own):
            joint.pattern, joint.carrier = new, number // pattern.bundle
        found.append((new, own))
    return found


def _wanted(machine: Machine, owner: Thing, pattern: Pattern, joint: Joint, where: Places) -> Part | None:
    far = metres(machine, joint, where) if owner.part.kind in LAID else None
    return None if far is None else _cheapest(pattern.choices, far, pattern.bundle)


def _same(one: Part, other: Part) -> bool:
    """Whether two parts are one component: made from one definition, with the same arguments and overrides."""
    return one.name == other.name and _said(one) == _said(other)


def _said(part: Part) -> str:
    inner = [(name, shape, _said(p)) for name, (shape, p) in part.instances.items()]
    numbers = {n: v for n, v in part.attributes.items() if not isinstance(v, Part)}
    return repr((part.name, sorted(map(repr, numbers.items())), inner, [_text(p) for p in part.links]))


def _text(pattern: Pattern) -> str:
    return repr(
        (pattern.a, pattern.b, pattern.ranges, pattern.where, pattern.bundle, [m.name for m in pattern.choices])
    )


def _cheapest(media: tuple[Part, ...], far: Fraction, bundle: int) -> Part:
    """Of those that reach, or else of those that reach farthest, the one that costs least; the first named of equals."""
    up = Fraction(-(-far.numerator * 1_000_000 // far.denominator), 1_000_000)  # routes are whole micrometres
    reach = {m.name: _reach(m) for m in media}
    able = [m for m in media if reach[m.name] is None or reach[m.name] >= up]  # type: ignore[operator]
    if not able:
        return max(media, key=lambda m: reach[m.name])  # type: ignore[arg-type,return-value]
    priced = [m for m in able if _price(m, bundle) is not None]
    return min(priced, key=lambda m: _price(m, bundle)) if priced else able[0]  # type: ignore[arg-type,return-value]


def _reach(medium: Part) -> Fraction | None:
    """The longest link that it serves, itself or its fiber, and the longest length in which they come."""
    found = []
    for part in (medium, medium.inner("fiber")):
        if part is not None:
            listed = part.attributes.get("lengths")
            found += [part.number("reach"), part.number("length"), *([max(listed)] if isinstance(listed, list) else [])]
    return min((q for q in found if q is not None), default=None)


def _price(medium: Part, bundle: int) -> Fraction | None:
    """A cable, or an optic at each end (of a breakout one for each link at the far end), and all pieces of fiber."""
    parts: list[tuple[Part | None, int]] = [(medium, int(medium.number("pieces") or 1))]
    if medium.kind == "optic":
        fiber, far = medium.inner("fiber"), medium.inner("far")
        parts = [
            (medium, 2 if far is None else 1),
            (far, bundle),
            (fiber, int(fiber.number("pieces") or 1) if fiber else 1),
        ]
    total = Fraction(0)
    for part, many in parts:
        if part is not None:
            price = part.number("price")
            if price is None:
                return None
            total += price * many
    return total
