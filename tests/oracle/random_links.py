"""Random links: most lead to ports that are free, by index patterns of every form; some are spoilt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .definitions import Statement
from .parts import Expr, Part
from .random_draws import MOST_LINKS, VARIABLES, Draw, Group


def groups_of(part: Part, steps: tuple[tuple[str, tuple[int, ...]], ...] = (), depth: int = 0) -> Iterator[Group]:
    """Every group of ports below a part, inner and exposed ones."""
    for name, (shape, inner) in part.instances.items():
        path = (*steps, (name, shape))
        for port, found in inner.ports.items():
            yield Group([*path, (port, found.shape)], found.protocol, found.rate)
        if depth < 2:
            yield from groups_of(inner, path, depth + 1)


def leads_to(part: Part, group: Group) -> tuple[tuple[str, ...], str]:
    """The names down to the real ports of a group, exposed ones followed."""
    names, (port, _) = [name for name, _ in group.steps[:-1]], group.steps[-1]
    while True:
        here = part
        for name in names:
            here = here.instances[name][1]
        exposes = here.ports[port].exposes
        if exposes is None:
            return tuple(names), port
        names += [name for name, _ in exposes[1][:-1]]
        port = exposes[1][-1][0]


def _digits(number: Expr, group: Group) -> list[Expr]:
    """The indices of the port with a number, dimensions counted in the group's order."""
    sizes, indices = group.sizes, [0] * len(group.sizes)
    step = 1
    for position, dim in enumerate(reversed(group.order)):
        size = sizes[dim]
        expr: Expr = number if step == 1 else ("div", number, step)
        last = position == len(group.order) - 1
        indices[dim] = 0 if size == 1 else expr if last else ("mod", expr, size)  # type: ignore[call-overload]
        step *= size
    return indices


def drawn_link(draw: Draw, kind: str, groups: list[Group]) -> Statement | None:
    rng = draw.rng
    if len(groups) < 1:
        return None
    a = rng.choice(groups)
    alike = [g for g in groups if g is not a and g.protocol == a.protocol]
    if not alike and not draw.maybe(draw.wild * 2):
        return None
    b = rng.choice(alike) if alike and not draw.maybe(draw.wild / 2) else rng.choice(groups)
    if draw.maybe(draw.wild):
        where, ranges, one, other = _anything(draw, a, b)
    elif a.taken == 0 and b.taken == 0 and a.size <= min(b.size, MOST_LINKS) and draw.maybe(0.5):
        where, ranges, one, other = _bare(draw, a, b)
    else:
        drawn = _counted(draw, a, b)
        if drawn is None:
            return None
        where, ranges, one, other = drawn
    if draw.maybe(draw.wild):
        one, other, where, ranges = _spoilt(draw, one, other, where, ranges)
    medium = rng.choice([None, draw.pick("cable"), draw.pick("fiber"), draw.pick("optic"), draw.pick("optic")])
    if medium is not None and draw.maybe(0.25):
        several = [d for kind in ("cable", "fiber", "optic") for d in draw.pool[kind]]
        medium = tuple(rng.sample(several, rng.randint(2, 3)))  # `over auto`
    adapter = draw.pick("module") if draw.maybe(0.15) else None
    bundle = rng.choice([1, 1, 2, 3, 4]) if medium is not None and a.rate is not None and a.rate <= 100 * 10**9 else 1
    return ("link", a.path(one), b.path(other), medium, adapter, bundle, where, ranges)


Drawn = tuple[Expr | None, list[tuple[str, Expr, Expr]], list[Expr], list[Expr]]


def _counted(draw: Draw, a: Group, b: Group) -> Drawn | None:
    """The next free ports of both sides, in order or shuffled, by one variable or two."""
    rng = draw.rng
    most = min(a.size - a.taken, b.size - b.taken, MOST_LINKS)
    if most < 1:
        return None
    many = most if draw.maybe(0.5) else rng.randint(1, most)
    outer = rng.choice([d for d in range(1, many + 1) if many % d == 0])
    inner = many // outer
    ranges: list[tuple[str, Expr, Expr]] = (
        [("i", 0, many - 1)] if draw.maybe(0.5) else [("i", 0, outer - 1), ("j", 0, inner - 1)]
    )
    number: Expr = "i" if len(ranges) == 1 else ("+", ("*", inner, "i"), "j")
    turned = number
    match rng.randint(0, 4):
        case 0 if many > 1:
            turned = ("-", many - 1, number)
        case 1 if many > 1:
            turned = ("mod", ("+", number, rng.randint(1, many - 1)), many)
        case 2 if len(ranges) == 2:
            turned = ("+", ("*", outer, "j"), "i")
    first: Expr = number if a.taken == 0 else ("+", number, a.taken)
    second: Expr = turned if b.taken == 0 else ("+", turned, b.taken)
    where = _condition(draw, ranges) if draw.maybe(0.2) else None
    a.taken += many
    b.taken += many
    return where, ranges, _digits(first, a), _digits(second, b)


def _bare(draw: Draw, a: Group, b: Group) -> Drawn:
    """Every port of one side by variables that stand bare, the other's by their number."""
    names = list(VARIABLES[: len(a.sizes)]) if len(a.sizes) <= 4 else []
    if not names and a.sizes:
        found = _counted(draw, a, b)
        assert found is not None
        return found
    a.taken, b.taken = a.size, a.size
    if sorted(a.sizes) == sorted(b.sizes) and draw.maybe(0.6):
        left = list(range(len(names)))
        other: list[Expr] = []
        for size in b.sizes:
            mine = next(k for k in left if a.sizes[k] == size)
            left.remove(mine)
            other.append(names[mine])
        b.taken = b.size
        where = (
            _condition(draw, [(v, 0, s - 1) for v, s in zip(names, a.sizes, strict=True)]) if draw.maybe(0.2) else None
        )
        return where, [], list(names), other
    number: Expr = 0
    for name, size in zip(names, a.sizes, strict=True):
        number = name if number == 0 else ("+", ("*", size, number), name)
    return None, [], list(names), _digits(number, b)


def _condition(draw: Draw, ranges: list[tuple[str, Any, Any]]) -> Expr:
    rng = draw.rng
    names = [v for v, _, _ in ranges] or ["i"]
    v, w = rng.choice(names), rng.choice(names)
    return rng.choice(
        [
            ("<", v, w) if v != w else ("<", v, rng.randint(0, 5)),
            ("!=", v, rng.randint(0, 3)),
            ("==", ("mod", ("+", v, w), 2), 0),
            (">=", v, rng.randint(0, 2)),
            ("or", ("==", v, 0), (">", w, 1)),
            ("not", ("==", v, w if v != w else 1)),
        ]
    )


def _anything(draw: Draw, a: Group, b: Group) -> Drawn:
    """Indices drawn at random: most such links are wrong."""
    rng = draw.rng
    ranges: list[tuple[str, Expr, Expr]] = []
    for name in VARIABLES[: rng.randint(0, 2)]:
        low = rng.randint(0, 1)
        ranges.append((name, low, low + rng.randint(0, 3)))
    names = [v for v, _, _ in ranges]

    def index(size: int) -> Expr:
        if not names:
            return rng.randint(0, size - 1) if size and draw.maybe(0.8) else rng.choice(["i", "j"])
        v, w = rng.choice(names), rng.choice(names)
        return rng.choice(
            [
                v,
                v,
                w,
                rng.randint(0, max(0, size - 1)),
                ("+", v, rng.randint(0, 1)),
                ("-", size - 1, v),
                ("mod", ("+", v, w), max(1, size)),
                ("div", v, 2),
                ("mod", v, max(1, size)),
            ]
        )

    where = _condition(draw, ranges) if names and draw.maybe(0.3) else None
    return where, ranges, [index(s) for s in a.sizes], [index(s) for s in b.sizes]


def _spoilt(
    draw: Draw, one: list[Expr], other: list[Expr], where: Expr | None, ranges: list[tuple[str, Expr, Expr]]
) -> tuple[list[Expr], list[Expr], Expr | None, list[tuple[str, Expr, Expr]]]:
    """A pattern with one slip in it."""
    rng = draw.rng
    side = [list(one), list(other)][rng.randint(0, 1)]
    match rng.randint(0, 3):
        case 0 if other:
            k = rng.randrange(len(other))
            other = [*other[:k], ("+", other[k], rng.choice([1, -1])), *other[k + 1 :]]
        case 1 if len(side) > 1:
            other = other[::-1]
        case 2 if ranges:
            v, low, high = ranges[0]
            ranges = [(v, low, ("+", high, 1)), *ranges[1:]]
        case 3 if other:
            k = rng.randrange(len(other))
            other = [*other[:k], rng.choice([0, "i", "k"]), *other[k + 1 :]]
    return one, other, where, ranges


def expose(draw: Draw, name: str, group: Group) -> Statement:
    """A group of ports under a new name: its indices in their own order or another, or a part of them."""
    rng = draw.rng
    names = list("uvwxyz"[: len(group.sizes)])
    if len(names) == 1 and group.size > 1 and draw.maybe(0.3):
        first = rng.randint(0, group.size - 1)
        return ("expose", name, ["u"], group.path([("+", "u", first)]), [("u", 0, group.size - 1 - first)])
    if group.size > 1 and draw.maybe(0.2):
        return ("expose", name, ["u"], group.path(_digits("u", group)), [("u", 0, group.size - 1)])
    return ("expose", name, rng.sample(names, len(names)), group.path(list(names)), [])
