"""Random designs, right and wrong ones, from a seed: arrays in arrays, variants, parameters, overrides, links of all kinds.

What is drawn is small, so that it can be expanded, and leans on what is right: most links lead to ports that are free.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from .counts import free_ports
from .definitions import Definition, Refused, Statement, build
from .expand import expand
from .parts import UNKNOWN, Expr
from .random_draws import NUMBERS, VARIABLES, Draw
from .random_links import drawn_link, expose, groups_of, leads_to


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
    groups = [g for g in groups_of(part) if draw.maybe(draw.wild) or leads_to(part, g) not in used]
    for group in groups:
        group.order = (
            rng.sample(range(len(group.sizes)), len(group.sizes)) if draw.maybe(0.3) else list(range(len(group.sizes)))
        )
    links: list[Statement] = []
    for _ in range(rng.randint(0, 4)):
        found = drawn_link(draw, kind, [g for g in groups if g.size and (draw.maybe(draw.wild) or g.taken < g.size)])
        if found is not None:
            links.append(found)
            busy = {leads_to(part, g) for g in groups if g.taken}
            groups = [g for g in groups if g.taken or leads_to(part, g) not in busy]
    body += links
    if kind != "system":
        for number, group in enumerate(rng.sample(groups, min(len(groups), rng.randint(0, 2)))):
            body.append(expose(draw, f"x{number}", group))
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
