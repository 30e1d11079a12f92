"""Where things stand: units in racks, racks on floors, and the least length of the links between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import Any

from attrs import frozen

from cmxdsl.model import Component, Const, Dim, End, Expr, Link, Op, Pair, Placement, Step, Var, index
from cmxdsl.model.image import Image
from cmxdsl.source import Span
from cmxdsl.units import Quantity, number
from cmxdsl.units.dimension import LENGTH

UNIT = Fraction(4445, 100_000)  # metres: 1.75 inch
_ZERO = Const(number(0))


@frozen
class Slot:
    """A device in a rack: its lowest unit (from 1), how many units it fills, its side and face."""

    label: str
    component: Component
    unit: int
    height: int
    side: str
    face: str
    placement: Placement

    @property
    def units(self) -> range:
        return range(self.unit, self.unit + self.height)


def slots(rack: Component) -> list[Slot]:
    """The devices placed in a rack at a `U`; those without a height fill none. Raises index.TooMany."""
    found = []
    for placement in rack.placements:
        if "U" not in placement.coordinates or placement.count == 0:
            continue
        device, _ = rack.at(tuple(s.name for s in placement.path))
        height = device.quantity("height")
        units = ceil(height.value / UNIT) if height is not None else 0
        for at in _each(placement):
            label = ".".join(_element(s, at) for s in placement.path)
            unit = int(index.evaluate(placement.coordinates["U"], at))
            found.append(
                Slot(
                    label,
                    device,
                    unit,
                    units,
                    _symbol(placement, "side"),
                    _symbol(placement, "face"),
                    placement,
                )
            )
    return found


def _each(placement: Placement) -> Iterator[dict[str, int]]:
    """Each tuple of a placement's domain."""
    if index.size(placement.domain) > index.LIMIT // 100:
        raise index.TooMany(index.size(placement.domain))
    yield from index.each(placement.domain, placement.where)


def _element(step: Step, at: Mapping[str, int]) -> str:
    indices = ", ".join(str(index.evaluate(e, at)) for e in step.indices)
    return f"{step.name}[{indices}]" if indices else step.name


def _symbol(placement: Placement, axis: str) -> str:
    expr = placement.coordinates.get(axis)
    return str(expr.value) if isinstance(expr, Const) else ""


# --- floors -----------------------------------------------------------------------------------------------


@frozen
class Spot:
    """Racks on a floor: row and column as expressions over a domain."""

    label: str
    rack: Component
    row: Expr
    col: Expr
    domain: index.Domain
    where: Expr | None
    span: Span

    @property
    def image(self) -> Image:
        return Image((self.row, self.col), self.domain, self.where)


def spots(component: Component, depth: int = 0) -> list[Spot]:
    """The racks placed in `component`, those of placed systems inside it shifted to where the system stands."""
    found = []
    for placement in component.placements:
        at = placement.coordinates
        if not {"row", "col"} & set(at) or placement.count == 0:
            continue
        names = tuple(s.name for s in placement.path)
        target, _ = component.at(names)
        row, col = at.get("row", _ZERO), at.get("col", _ZERO)
        label = ".".join(names)
        if target.kind == "rack":
            found.append(Spot(label, target, row, col, placement.domain, placement.where, placement.span))
            continue
        for inner in spots(target, depth + 1):
            found.append(_shifted(inner, label, row, col, placement, depth))
    return found


def _shifted(inner: Spot, label: str, row: Expr, col: Expr, outer: Placement, depth: int) -> Spot:
    rename = {d.name: Var(f"{d.name}'{depth}") for d in inner.domain}

    def renamed(expr: Expr) -> Expr:
        if isinstance(expr, Var):
            return rename[expr.name]
        if isinstance(expr, Op):
            return Op(expr.operator, tuple(renamed(o) for o in expr.operands))
        return expr

    domain = outer.domain + tuple(Dim(rename[d.name].name, d.start, d.stop) for d in inner.domain)
    conditions = [outer.where, None if inner.where is None else renamed(inner.where)]
    known = tuple(c for c in conditions if c is not None)
    where = Op("and", known) if len(known) == 2 else known[0] if known else None
    return Spot(
        f"{label}.{inner.label}", inner.rack, Op("+", (row, renamed(inner.row))),
        Op("+", (col, renamed(inner.col))), domain, where, outer.span,
    )  # fmt: skip


@frozen
class Floor:
    """The floor's measures, in metres: one rack's width and depth, the aisle, the tray's height, the slack."""

    width: Fraction
    depth: Fraction
    aisle: Fraction
    tray: Fraction
    slack: Fraction


def floor_of(*components: Component) -> Floor | None:
    """The floor that the first of the components with a `floor.pitch` states."""
    for component in components:
        pitch = component.get("floor.pitch")
        if isinstance(pitch, Pair):
            aisle, tray, slack = (component.quantity(f"floor.{n}") for n in ("aisle", "tray", "slack"))
            return Floor(
                pitch.width.value,
                pitch.depth.value,
                aisle.value if aisle else Fraction(0),
                tray.value if tray else Fraction(0),
                slack.value if slack else Fraction(0),
            )
    return None


def floor_area(top: Component) -> Quantity | None:
    """Floor taken by the placed racks, aisles between them not counted, or None when nothing says."""
    floor = floor_of(top)
    racks = sum(index.count(s.domain, s.where) for s in spots(top)) if floor is not None else 0
    if floor is None or racks == 0:
        return None
    return Quantity(floor.width * floor.depth * racks, LENGTH**2)


@frozen
class _Stand:
    """Where an end of a link is: its rack's row and column, and its height above the floor, if known."""

    rack: Component
    path: tuple[Step, ...]
    row: Expr | None
    col: Expr | None
    unit: Expr | None


def _stand(component: Component, end: End) -> _Stand | None:
    """The rack that holds an end, as seen from the component of the link; None outside of racks."""
    here, placed = component, False
    row: Expr = _ZERO
    col: Expr = _ZERO
    position = 0
    steps = end.steps
    while position < len(steps):
        hit = _covering(here, steps[position:], ("row", "col"))
        taken = len(hit[0].path) if hit is not None else 1
        if hit is not None:
            placement, values = hit
            row = Op("+", (row, _replace(placement.coordinates.get("row", _ZERO), values)))
            col = Op("+", (col, _replace(placement.coordinates.get("col", _ZERO), values)))
            placed = True
        here, _ = here.at(tuple(s.name for s in steps[position : position + taken]))
        position += taken
        if here.kind == "rack":
            unit = _covering(here, steps[position:], ("U",))
            level = _replace(unit[0].coordinates["U"], unit[1]) if unit is not None else None
            return _Stand(here, steps[:position], row if placed else None, col if placed else None, level)
    return None


def _covering(
    here: Component, steps: tuple[Step, ...], axes: tuple[str, ...]
) -> tuple[Placement, dict[str, Expr]] | None:
    """The placement of `here` that places the first of `steps`, and what its variables are there."""
    for placement in here.placements:
        path = placement.path
        if not set(axes) & set(placement.coordinates) or placement.where is not None:
            continue
        if [s.name for s in path] != [s.name for s in steps[: len(path)]]:
            continue
        values: dict[str, Expr] = {}
        for mine, theirs in zip(path, steps, strict=False):
            for variable, expr in zip(mine.indices, theirs.indices, strict=True):
                if isinstance(variable, Var):
                    values[variable.name] = expr
                elif variable != expr:
                    break
            else:
                continue
            break
        else:
            if all(d.name in values for d in placement.domain):
                return placement, values
    return None


def _replace(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    if isinstance(expr, Var):
        return values[expr.name]
    if isinstance(expr, Op):
        return Op(expr.operator, tuple(_replace(o, values) for o in expr.operands))
    return expr


@frozen
class Length:
    """The least length that the longest link of a pattern needs, and the indices at which it is."""

    metres: Fraction
    at: dict[str, int]
    between_racks: bool


def longest(component: Component, link: Link, floor: Floor | None) -> Length | None:
    """The longest link of a pattern, or None when positions are not known. Raises index.TooMany.

    Between racks: up from each end to the tray, along columns and rows, down again, plus slack. Inside one
    rack: the distance of the two units, a lower bound.
    """
    a, b = _stand(component, link.a), _stand(component, link.b)
    if a is None or b is None or link.count == 0:
        return None
    if a.path == b.path:
        if a.unit is None or b.unit is None:
            return None
        return _farthest(link, [a.unit, b.unit], lambda u, v: abs(u - v) * _UNIT, Fraction(0), False)
    if floor is None or a.row is None or a.col is None or b.row is None or b.col is None:
        return None
    pitch_row, pitch_col = _micrometres(floor.depth + floor.aisle), _micrometres(floor.width)
    drops = [_micrometres(floor.tray if s.unit is not None else floor.tray - _height(s)) for s in (a, b)]
    units = [s.unit if s.unit is not None else _ZERO for s in (a, b)]

    def route(row_a: Any, col_a: Any, row_b: Any, col_b: Any, unit_a: Any, unit_b: Any) -> Any:
        along = abs(row_a - row_b) * pitch_row + abs(col_a - col_b) * pitch_col
        return along + _positive(drops[0] - unit_a * _UNIT) + _positive(drops[1] - unit_b * _UNIT)

    return _farthest(link, [a.row, a.col, b.row, b.col, *units], route, floor.slack, True)


_UNIT = 44_450  # micrometres in a rack unit: lengths are whole numbers inside, for integers and arrays alike


def _micrometres(metres: Fraction) -> int:
    return round(metres * 1_000_000)


def _positive(value: Any) -> Any:
    return (value + abs(value)) // 2


def _height(stand: _Stand) -> Fraction:
    height = stand.rack.quantity("height")
    return height.value if height is not None else Fraction(0)


def _farthest(
    link: Link, expressions: list[Expr], distance: Callable[..., Any], slack: Fraction, between: bool
) -> Length | None:
    """The greatest distance (in micrometres) over a pattern; only the variables that positions depend on count."""
    used = set().union(*(index.variables(e) for e in expressions))
    if link.where is not None:
        used |= index.variables(link.where)
    domain = tuple(d for d in link.domain if d.name in used)
    if index.size(domain) <= index.SMALL // 25:
        found = [(distance(*(index.evaluate(e, at) for e in expressions)), at) for at in index.each(domain, link.where)]
        best, at = max(found, key=lambda pair: pair[0], default=(None, {}))
    else:
        import numpy as np

        env = index.tuples(domain, link.where)
        far = distance(*(index.evaluate(e, env) for e in expressions))
        position = int(np.argmax(far)) if len(far) else -1
        best = int(far[position]) if len(far) else None
        at = {name: int(values[position]) for name, values in env.items()}
    return None if best is None else Length(Fraction(best, 1_000_000) * (1 + slack), at, between)
