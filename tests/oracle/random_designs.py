"""Random designs, right and wrong ones, from a seed: arrays in arrays, variants, parameters, overrides, links of all kinds.

What is drawn is small, so that it can be expanded, and leans on what is right: most links lead to ports that are free.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .counts import free_ports
from .definitions import Definition, Refused, Statement, build
from .expand import expand
from .parts import UNKNOWN, Expr, Part

MOST_LINKS = 48  # of one pattern
VARIABLES = "ijkl"
NUMBERS = {"power.typical": ("W", 0), "power.peak": ("W", 200), "price": ("USD", 0), "mass": ("kg", 0)}


@dataclass
class Group:
    """Ports that a link can name: the steps down to them, the sizes of each, and their protocol."""

    steps: list[tuple[str, tuple[int, ...]]]
    protocol: str
    rate: Any
    order: list[int] = field(default_factory=list)  # in which its dimensions are counted
    taken: int = 0

    @property
    def sizes(self) -> list[int]:
        return [size for _, shape in self.steps for size in shape]

    @property
    def size(self) -> int:
        total = 1
        for size in self.sizes:
            total *= size
        return total

    def path(self, indices: list[Expr]) -> list[tuple[str, list[Expr]]]:
        left = list(indices)
        return [(name, [left.pop(0) for _ in shape]) for name, shape in self.steps]


@dataclass
class Draw:
    """A design in the making."""

    rng: random.Random
    wild: float  # how often a pattern is drawn without a look at what is right
    placed: float = 0.7  # the share of arrays that have a place
    made: list[Definition] = field(default_factory=list)
    pool: dict[str, list[Definition]] = field(default_factory=dict)

    def maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def add(self, definition: Definition) -> Definition:
        self.made.append(definition)
        self.pool.setdefault(definition.kind, []).append(definition)
        return definition

    def pick(self, *kinds: str) -> Definition:
        return self.rng.choice([d for kind in kinds for d in self.pool.get(kind, [])])


def design(seed: int) -> tuple[list[Definition], Definition]:
    """All definitions of a file, in order, and the one that the file is about."""
    rng = random.Random(seed)
    draw = Draw(rng, rng.choice([0.0, 0.0, 0.1]))
    _protocols(draw)
    _media(draw)
    for n in range(rng.randint(1, 3)):
        _device(draw, "chip", f"Chip{n}")
    for n in range(rng.randint(0, 2)):
        _device(draw, "switch", f"Switch{n}")
    for n in range(rng.randint(0, 2)):
        _assembly(draw, "board", f"Board{n}", ("chip", "switch"))
    hall = draw.maybe(0.5)  # all stands in racks, and most of it in its place
    draw.placed = 0.95 if hall else 0.7
    for n in range(rng.randint(1 if hall else 0, 2)):
        _assembly(draw, "rack", f"Rack{n}", ("board", "switch", "chip") if "board" in draw.pool else ("chip", "switch"))
    if draw.maybe(0.3):
        _assembly(draw, "system", "Pod", ("rack", "rack", "switch"))
    inside = ("rack", "rack", "system") if hall else ("rack", "rack", "system", "board", "switch", "chip")
    return draw.made, _assembly(draw, "system", "Top", inside)


def _protocols(draw: Draw) -> None:
    rng = draw.rng
    for name in ("P", "Q")[: rng.randint(1, 2)]:
        body: list[Statement] = [("attribute", "plane", rng.choice(["scale_up", "scale_out"]), "text")]
        if draw.maybe(0.9):
            body.append(("attribute", "rate", rng.choice([50, 100, 200]), "Gb/s"))
        if draw.maybe(0.1):
            body.append(("attribute", "shared", True, ""))
        draw.add(Definition("protocol", name, body=body))
    if draw.maybe(0.2):
        faster = [("attribute", "rate", 200, "Gb/s")]
        draw.add(Definition("protocol", "P2", base=draw.pool["protocol"][0], body=faster))


def _numbers(draw: Draw, owner: str, share: float = 0.6) -> Iterator[Statement]:
    """Power, price and mass, some of them unknown, some worked out from a parameter or another attribute."""
    rng = draw.rng
    for name, (unit, least) in NUMBERS.items():
        if not draw.maybe(share):
            continue
        if draw.maybe(0.15):
            yield "attribute", name, UNKNOWN, unit
        elif owner and draw.maybe(0.3):
            yield "attribute", name, ("+", least, ("*", owner, rng.randint(1, 9))), unit
        else:
            yield "attribute", name, least + rng.randint(0, 20) * 5, unit


def _media(draw: Draw) -> None:
    rng = draw.rng

    def maybe_pieces() -> list[Statement]:
        return [("attribute", "pieces", rng.randint(2, 4), "")] if draw.maybe(0.3) else []

    def maybe_reach() -> list[Statement]:
        return [("attribute", "reach", rng.choice([2, 3, 5, 8, 15, 30]), "m")] if draw.maybe(0.4) else []

    rate = ("attribute", "rate", 400, "Gb/s")

    def maybe_lengths() -> list[Statement]:
        return [("lengths", "lengths", sorted(rng.sample([1, 2, 3, 5, 7, 10, 20, 50], 4)))] if draw.maybe(0.8) else []

    draw.add(
        Definition(
            "cable", "Copper", body=[rate, *maybe_pieces(), *maybe_lengths(), *maybe_reach(), *_numbers(draw, "")]
        )
    )
    mode = ("attribute", "mode", "single_mode", "text")
    glass = draw.add(Definition("fiber", "Glass", body=[mode, *maybe_pieces(), *maybe_lengths(), *_numbers(draw, "")]))
    plug = ("attribute", "fiber", glass, "text")
    one = draw.add(Definition("optic", "Plug", body=[rate, mode, plug, *maybe_reach(), *_numbers(draw, "")]))
    far = ("attribute", "far", one, "text")
    draw.add(Definition("optic", "Breakout", body=[rate, mode, plug, far, *_numbers(draw, "")]))
    serves = [("attribute", "serves", rng.randint(1, 6), "")] if draw.maybe(0.6) else []
    draw.add(Definition("module", "Adapter", body=[*serves, *_numbers(draw, "")]))


def _device(draw: Draw, kind: str, name: str) -> None:
    rng = draw.rng
    parameters = {"n": rng.randint(1, 3)} if draw.maybe(0.6) else {}
    owner = "n" if parameters else ""
    body: list[Statement] = list(_numbers(draw, owner))
    if kind == "switch":
        body.append(("attribute", "height", rng.randint(1, 2), "U"))
    if kind == "chip" and draw.maybe(0.5):
        body.append(("attribute", "role", rng.choice(["accelerator", "processor", "nic"]), "text"))
    if kind == "chip" and draw.maybe(0.2):
        die = draw.add(Definition("die", f"Die{name}", body=[s for s in _numbers(draw, "") if s[1] != "mass"]))
        body.append(("instance", "die", [rng.randint(1, 2)] if draw.maybe(0.5) else [], die, {}, []))
    for port in ("p", "q", "r")[: rng.randint(1, 3)]:
        most = 4 if kind == "chip" else 8
        dims = [rng.randint(1, most) for _ in range(rng.choice([0, 1, 1, 1, 2]))]
        if len(dims) == 2:
            dims = [min(3, d) for d in dims]
        if owner and dims and draw.maybe(0.4):
            dims[0] = ("+", "n", rng.randint(0, 2))
        rate = rng.choice([25, 50, 100, 400]) if draw.maybe(0.15) else None
        body.append(("port", port, dims, draw.pick("protocol"), rate))
    if owner and draw.maybe(0.3):
        body.append(
            (
                "if",
                (">", "n", 1),
                [("attribute", "part_number", "many", "text")],
                [("port", "s", [2], draw.pick("protocol"), None)],
            )
        )
        body = [_quoted(s) for s in body]
    base = draw.add(Definition(kind, name, parameters, body=body))
    if draw.maybe(0.35):  # a variant: its base's, with some numbers and ports of its own
        given = {"n": ("+", "m", 1)} if owner and draw.maybe(0.5) else {}
        own = {"m": rng.randint(0, 2)} if given else {}
        extra = list(_numbers(draw, "m" if own else "", 0.3))
        if draw.maybe(0.4):
            own_port: Statement = ("port", rng.choice(["p", "t"]), [rng.randint(1, 3)], draw.pick("protocol"), None)
            says = own_port[1] == "p" if not draw.maybe(draw.wild) else draw.maybe(0.5)  # `p` is of the base
            extra.append(("override", own_port) if says else own_port)
        draw.add(Definition(kind, f"{name}B", own, base, given, extra))


def _quoted(statement: Statement) -> Statement:
    """Texts as the file writes them."""
    if statement[0] == "if":
        return ("if", statement[1], *([_quoted(s) for s in branch] for branch in statement[2:]))
    if statement[:2] == ("attribute", "part_number"):
        return ("attribute", "part_number", f'"{statement[2]}"', "text")
    return statement


def _assembly(draw: Draw, kind: str, name: str, inside: tuple[str, ...]) -> Definition:
    """A board, rack or system with instances, links between them, and ports that it exposes."""
    rng = draw.rng
    body: list[Statement] = list(_numbers(draw, "", 0.3))
    definition = Definition(kind, name, body=body)
    if kind == "rack":
        body.append(("attribute", "height", 42, "U"))
    if kind == "board":
        body.append(("attribute", "height", rng.randint(1, 3), "U"))
    if draw.maybe(0.3):
        definition.parameters["n"] = rng.randint(1, 2)
        body.append(("let", "half", ("+", ("div", "n", 2), 1)))
    held: list[tuple[str, list[Expr], Definition]] = []
    for number in range(rng.randint(1, 3)):
        kinds = [k for k in inside if k in draw.pool] or ["chip"]
        inner = rng.choice(draw.pool[rng.choice(kinds)])
        dims: list[Expr] = [rng.randint(1, 4 if kind == "board" else 3) for _ in range(rng.choice([0, 1, 1, 1, 2]))]
        if dims and draw.maybe(0.02):
            dims[0] = 0
        if definition.parameters and dims and draw.maybe(0.4):
            dims[-1] = rng.choice(["n", "half", ("*", 2, "n")])
        given = {n: rng.randint(1, 3) for n in inner.parameters if draw.maybe(0.5)}
        over = list(_numbers(draw, "", 0.2)) if draw.maybe(0.3) else []
        body.append(("instance", f"{'abc'[number]}{kind[0]}", dims, inner, given, over))
        held.append((f"{'abc'[number]}{kind[0]}", dims, inner))
    if kind == "rack":
        body += _stacked(draw, held)
    if kind == "system":
        body += _floor(draw, held)
    try:
        part = build(definition, {})
    except Refused:
        return draw.add(definition)
    used = {key for key, (total, free) in free_ports(expand(part)).items() if free < total}
    groups = [g for g in _groups(part) if draw.maybe(draw.wild) or _leads_to(part, g) not in used]
    for group in groups:
        group.order = (
            rng.sample(range(len(group.sizes)), len(group.sizes)) if draw.maybe(0.3) else list(range(len(group.sizes)))
        )
    links: list[Statement] = []
    for _ in range(rng.randint(0, 4)):
        found = _link(draw, kind, [g for g in groups if g.size and (draw.maybe(draw.wild) or g.taken < g.size)])
        if found is not None:
            links.append(found)
            busy = {_leads_to(part, g) for g in groups if g.taken}
            groups = [g for g in groups if g.taken or _leads_to(part, g) not in busy]
    body += links
    if kind != "system":
        for number, group in enumerate(rng.sample(groups, min(len(groups), rng.randint(0, 2)))):
            body.append(_expose(draw, f"x{number}", group))
    return draw.add(definition)


def _stacked(draw: Draw, held: list[tuple[str, list[Expr], Definition]]) -> Iterator[Statement]:
    """Devices of a rack one above the other, from some unit on; now and then one array is left out."""
    rng = draw.rng
    unit = rng.randint(1, 6)
    for name, dims, inner in held:
        if inner.kind not in ("board", "switch") or not draw.maybe(draw.placed):
            continue
        variables, number, step = _numbered(dims)
        height = rng.randint(3, 4)  # no device is higher
        yield "place", [(name, variables)], {"U": ("+", unit, ("*", height, number))}, [], None
        unit += height * (step if isinstance(step, int) else 4) + rng.randint(0, 5)


def _numbered(dims: list[Expr]) -> tuple[list[Expr], Expr, Expr]:
    """Variables that stand bare for the dimensions of an array, the number of an element, and how many there are."""
    names: list[Expr] = list(VARIABLES[: len(dims)])
    number: Expr = 0
    many: Expr = 1
    for name, size in zip(names, dims, strict=True):
        number = name if number == 0 else ("+", ("*", size, number), name)
        many = many * size if isinstance(many, int) and isinstance(size, int) else 6
    return names, number, many


def _floor(draw: Draw, held: list[tuple[str, list[Expr], Definition]]) -> Iterator[Statement]:
    """A floor, and where racks and systems of racks stand on it: by rows and columns, or by metres."""
    rng = draw.rng
    if not draw.maybe(draw.placed):
        return
    yield "size", "floor.pitch", 600, 1200
    wanted = {"floor.aisle": (1200, 1.0), "floor.hot_aisle": (900, 0.5), "floor.tray": (rng.choice([1500, 2700]), 0.9)}
    for name, (millimetres, share) in wanted.items():
        if draw.maybe(share):
            yield "attribute", name, Fraction(millimetres, 1000), "m"
    if draw.maybe(0.6):
        yield "attribute", "floor.slack", Fraction(rng.choice([5, 10, 15]), 100), ""
    if draw.maybe(0.4):
        yield "attribute", "floor.cross", rng.randint(1, 4), ""
    if draw.maybe(0.3):
        yield "size", "floor.origin", rng.randint(0, 3000), rng.randint(0, 3000)
    column = 0
    for name, dims, inner in held:
        if inner.kind not in ("rack", "system") or not draw.maybe(draw.placed):
            continue
        variables, number, many = _numbered(dims)
        if inner.kind == "rack" and draw.maybe(0.15):
            yield (
                "place",
                [(name, variables)],
                {"x": ("+", 20_000, ("*", 700, number)), "y": 9_000 + 100 * column},
                [],
                None,
            )
        elif draw.maybe(0.5) and inner.kind == "rack":
            deep = rng.randint(2, 3)
            yield (
                "place",
                [(name, variables)],
                {"row": ("div", number, deep), "col": ("+", column, ("mod", number, deep))},
                [],
                None,
            )
            column += deep
        else:
            wide = 30 if inner.kind == "system" else 1
            yield (
                "place",
                [(name, variables)],
                {"row": rng.randint(0, 3), "col": ("+", column, ("*", wide, number))},
                [],
                None,
            )
            column += wide * (many if isinstance(many, int) else 6)


def _groups(part: Part, steps: tuple[tuple[str, tuple[int, ...]], ...] = (), depth: int = 0) -> Iterator[Group]:
    """Every group of ports below a part, inner and exposed ones."""
    for name, (shape, inner) in part.instances.items():
        path = (*steps, (name, shape))
        for port, found in inner.ports.items():
            yield Group([*path, (port, found.shape)], found.protocol, found.rate)
        if depth < 2:
            yield from _groups(inner, path, depth + 1)


def _leads_to(part: Part, group: Group) -> tuple[tuple[str, ...], str]:
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


def _link(draw: Draw, kind: str, groups: list[Group]) -> Statement | None:
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


def _expose(draw: Draw, name: str, group: Group) -> Statement:
    """A group of ports under a new name: its indices in their own order or another, or a part of them."""
    rng = draw.rng
    names = list("uvwxyz"[: len(group.sizes)])
    if len(names) == 1 and group.size > 1 and draw.maybe(0.3):
        first = rng.randint(0, group.size - 1)
        return ("expose", name, ["u"], group.path([("+", "u", first)]), [("u", 0, group.size - 1 - first)])
    if group.size > 1 and draw.maybe(0.2):
        return ("expose", name, ["u"], group.path(_digits("u", group)), [("u", 0, group.size - 1)])
    return ("expose", name, rng.sample(names, len(names)), group.path(list(names)), [])
