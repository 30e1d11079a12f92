"""Floors: where racks stand, in rows and columns or in metres, and which way they face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import prod
from typing import Any

from cmxdsl.analysis.base.ports import Names
from cmxdsl.model import Component, Const, Dim, Expr, Op, Pair, Placement, Step, Subject, Var, index
from cmxdsl.model.arithmetic import Term, both, compared, constant, is_zero, minus, over, plus, times
from cmxdsl.model.index_image import Image
from cmxdsl.records import evolve, frozen
from cmxdsl.source import Span
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import LENGTH

MAX_RACKS = 50_000  # racks that are listed one by one
_ZERO = constant(0)


def micrometres(metres: Fraction) -> int:
    """Lengths are whole micrometres inside, for integers and arrays alike."""
    return round(metres * 1_000_000)


@frozen
class Floor:
    """The floor's measures in micrometres; `slack` is a share.

    Rows run along x, and face each other in pairs: `aisle` is the cold aisle between the fronts of a pair, `hot_aisle`
    lies behind. `cross` is the distance between cross trays, 0 where rows are joined straight across.
    """

    width: int
    depth: int
    aisle: int
    hot_aisle: int
    tray: int
    slack: Fraction
    cross: int = 0
    x0: int = 0  # where the first tile's corner is in the room
    y0: int = 0

    def y(self, row: Term) -> Expr:
        """Where a row starts."""
        if self.aisle == self.hot_aisle:
            return times(row, self.depth + self.aisle)
        aisles = plus(times(over(plus(row, 1), 2), self.aisle), times(over(row, 2), self.hot_aisle))
        return plus(times(row, self.depth), aisles)


def floor_of(*components: Component) -> Floor | None:
    """The floor that the first of the components with a `floor.pitch` states."""
    for component in components:
        pitch = component.get("floor.pitch")
        if isinstance(pitch, Pair):
            found = {n: component.quantity(f"floor.{n}") for n in ("aisle", "hot_aisle", "tray", "slack", "cross")}
            value = {n: q.value if q is not None else Fraction(0) for n, q in found.items()}
            width = micrometres(pitch.width.value)
            hot = value["hot_aisle"] if found["hot_aisle"] is not None else value["aisle"]
            origin = component.get("floor.origin")
            corner = [q.value for q in (origin.width, origin.depth)] if isinstance(origin, Pair) else [Fraction(0)] * 2
            return Floor(
                width,
                micrometres(pitch.depth.value),
                micrometres(value["aisle"]),
                micrometres(hot),
                micrometres(value["tray"]),
                value["slack"],
                int(value["cross"]) * width,
                micrometres(corner[0]),
                micrometres(corner[1]),
            )
    return None


@frozen
class Position:
    """A place on a floor: row and column, and an offset in micrometres, as expressions or numbers.

    A placement says one or the other; a system placed inside another adds its own to that.
    """

    row: Expr = _ZERO
    col: Expr = _ZERO
    x: Expr = _ZERO
    y: Expr = _ZERO

    def plus(self, other: Position) -> Position:
        return Position(*(plus(a, b) for a, b in zip(self._all, other._all, strict=True)))

    def replaced(self, values: Mapping[str, Expr]) -> Position:
        return Position(*(replace(e, values) for e in self._all))

    def within(self, condition: Expr) -> Position:
        """This place where a condition holds, nothing elsewhere: the parts of a whole add up."""
        return Position(*(times(condition, e) for e in self._all))

    @property
    def _all(self) -> tuple[Expr, ...]:
        return (self.row, self.col, self.x, self.y)

    @property
    def by_tile(self) -> bool:
        """Whether rows and columns say all."""
        return is_zero(self.x) and is_zero(self.y)

    def on(self, floor: Floor) -> tuple[Expr, Expr]:
        """x and y of the tile's corner in micrometres."""
        x, y = plus(times(self.col, floor.width), self.x), plus(floor.y(self.row), self.y)
        return (plus(x, floor.x0), plus(y, floor.y0)) if self.by_tile else (x, y)

    @property
    def variables(self) -> set[str]:
        return set().union(*(index.variables(e) for e in self._all))


def position_of(placement: Placement) -> Position:
    return Position(*(placement.coordinates.get(axis, _ZERO) for axis in ("row", "col", "x", "y")))


def replace(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """An expression with other expressions in the place of its variables."""
    if isinstance(expr, Var):
        return values.get(expr.name, expr)
    if isinstance(expr, Op):
        return Op(expr.operator, tuple(replace(o, values) for o in expr.operands))
    return expr


# --- which racks stand where ------------------------------------------------------------------------------


@frozen
class Spot:
    """What stands on a floor, a rack or a fixture: its path and its position over a domain."""

    path: tuple[Step, ...]
    what: Component
    position: Position
    domain: index.Domain
    where: Expr | None
    faces: str
    span: Span

    @property
    def label(self) -> str:
        return ".".join(s.name for s in self.path)

    @property
    def image(self) -> Image:
        """Its rows and columns."""
        return Image((self.position.row, self.position.col), self.domain, self.where)

    @property
    def count(self) -> int:
        return index.count(self.domain, self.where)


def on_floor(placement: Placement) -> bool:
    return bool({"row", "col", "x", "y"} & set(placement.coordinates))


def spots(component: Component, kind: str = "rack", depth: int = 0) -> list[Spot]:
    """What of a kind is placed in `component`; that of systems inside it is shifted to where the system stands."""
    found = []
    placed: set[str] = set()
    for placement in component.placements:
        if not on_floor(placement) or placement.count == 0:
            continue
        names = tuple(s.name for s in placement.path)
        placed.add(names[0])
        target, _ = component.at(names)
        if target.kind == kind:
            found.append(
                Spot(
                    placement.path,
                    target,
                    position_of(placement),
                    placement.domain,
                    placement.where,
                    faces_of(placement),
                    placement.span,
                )
            )
        elif target.kind != "rack":
            found += [_shifted(inner, placement, depth) for inner in spots(target, kind, depth + 1)]
    for name, instance in component.instances.items():
        if name not in placed and instance.count == 1 and instance.component.kind in ("system", "site"):
            step = Step(name, tuple(_ZERO for _ in instance.shape))
            found += [evolve(s, path=(step, *s.path)) for s in spots(instance.component, kind, depth + 1)]
    return found


def faces_of(placement: Placement) -> str:
    faces = placement.coordinates.get("faces")
    return str(faces.value) if isinstance(faces, Const) else ""


def _shifted(inner: Spot, outer: Placement, depth: int) -> Spot:
    rename: dict[str, Expr] = {d.name: Var(f"{d.name}'{depth}") for d in inner.domain}
    domain = outer.domain + tuple(Dim(f"{d.name}'{depth}", d.start, d.stop) for d in inner.domain)
    where = both(outer.where, None if inner.where is None else replace(inner.where, rename))
    steps = tuple(Step(s.name, tuple(replace(e, rename) for e in s.indices)) for s in inner.path)
    position = position_of(outer).plus(inner.position.replaced(rename))
    return Spot((*outer.path, *steps), inner.what, position, domain, where, inner.faces, outer.span)


def floor_area(subject: Subject) -> Quantity | None:
    """Floor taken by the placed racks, aisles between them not counted, or None when nothing says."""
    top = subject.top
    floor = floor_of(top)
    racks = sum(s.count for s in spots(top)) if floor is not None else 0
    if floor is None or racks == 0:
        return None
    return Quantity(Fraction(floor.width * floor.depth, 10**12) * racks, LENGTH**2)


@frozen
class Site:
    """One rack or fixture on a floor: corner of its tile in micrometres, row and column, where its front looks."""

    label: str
    what: Component
    x: int
    y: int
    row: int | None
    col: int | None
    faces: str
    span: Span


def sites(top: Component, floor: Floor, kind: str = "rack") -> list[Site]:
    """Every rack (or what else stands) on the floor, by row and column. Raises index.TooMany."""
    found = []
    for spot in spots(top, kind):
        if spot.count > MAX_RACKS:
            raise index.TooMany(spot.count, MAX_RACKS)
        wanted = (*spot.position.on(floor), spot.position.row, spot.position.col)
        numbers = [index.compiled(e, [d.name for d in spot.domain]) for e in wanted]
        for at in index.each(spot.domain, spot.where):
            x, y, row, col = (int(number(*at.values())) for number in numbers)
            tiled = spot.position.by_tile
            faces = spot.faces or ("north" if tiled and row % 2 else "south")
            label = ".".join(element(s, at) for s in spot.path)
            found.append(Site(label, spot.what, x, y, row if tiled else None, col if tiled else None, faces, spot.span))
    return sorted(found, key=lambda s: (s.y, s.x, s.label))


def element(step: Step, at: Mapping[str, int]) -> str:
    """`compute[3]`."""
    indices = ", ".join(str(index.evaluate(e, at)) for e in step.indices)
    return f"{step.name}[{indices}]" if indices else step.name


# --- where the steps of a path stand ----------------------------------------------------------------------


@frozen
class Stand:
    """Where an end of a link is: its rack, the rack's position and the unit in it, each None when not known.

    `loose` are the steps down to the last array on the way that nothing places, where it has several elements: a
    position is that from wherever its element stands.
    """

    rack: Component
    path: tuple[Step, ...]
    position: Position | None
    unit: Expr | None
    loose: tuple[Step, ...] = ()

    @property
    def variables(self) -> set[str]:
        used = self.position.variables if self.position is not None else set()
        return used | (index.variables(self.unit) if self.unit is not None else set())


def stand(component: Component, steps: tuple[Step, ...]) -> Stand | None:
    """The rack that holds the end of a path, as seen from a component; None outside of racks. A rack that nothing
    places has no position, even in what has one."""
    here, position, taken = component, Position(), 0
    loose: tuple[Step, ...] = ()
    if here.kind == "rack":
        return Stand(here, (), None, _unit(here, steps))
    while taken < len(steps):
        hit = _place(here, steps[taken:], on_floor)
        many = 1
        if hit is not None:
            many, places = hit
            parts = [(c, position_of(p).replaced(v)) for p, v, c in places]
            for condition, part in parts:
                position = position.plus(part if condition is None else part.within(condition))
        elif here.instances[steps[taken].name].count > 1:
            loose = steps[: taken + 1]
        here, _ = here.at(tuple(s.name for s in steps[taken : taken + many]))
        taken += many
        if here.kind == "rack":
            unit = _unit(here, steps[taken:])
            return Stand(here, steps[:taken], position if hit is not None else None, unit, loose)
    return None


def outer(top: Component, names: Names) -> tuple[tuple[Step, ...], index.Domain]:
    """The steps down to a component, an index variable for each array on the way."""
    steps: list[Step] = []
    dims: list[Dim] = []
    here = top
    for name in names:
        instance = here.instances[name]
        own = [Dim(f"#{len(dims) + k}", 0, size) for k, size in enumerate(instance.shape)]
        steps.append(Step(name, tuple(Var(d.name) for d in own)))
        dims += own
        here = instance.component
    return tuple(steps), tuple(dims)


def _unit(rack: Component, steps: tuple[Step, ...]) -> Expr | None:
    hit = _place(rack, steps, lambda p: "U" in p.coordinates)
    if hit is None:
        return None
    unit: Expr = _ZERO
    for placement, values, condition in hit[1]:
        level = replace(placement.coordinates["U"], values)
        unit = plus(unit, level if condition is None else times(condition, level))
    return unit


_Hit = tuple[Placement, dict[str, Expr], Expr | None]


def _place(here: Component, steps: tuple[Step, ...], wanted: Any) -> tuple[int, list[_Hit]] | None:
    """The placements that together place every element of an array, the first of `steps` or a few of them: how many
    steps that takes, and for each placement what its variables are there and the condition under which it counts."""
    by_length: dict[int, list[Placement]] = {}
    for placement in here.placements_of(steps[0].name) if steps else ():
        names = [s.name for s in placement.path]
        if wanted(placement) and names == [s.name for s in steps[: len(names)]]:
            by_length.setdefault(len(names), []).append(placement)
    for length, placements in sorted(by_length.items()):
        every = prod(here.shape_at(tuple(s.name for s in steps[:length])))
        hits = [_matched(p, steps[:length], every) for p in placements]
        if sum(p.count for p in placements) == every and None not in hits:
            return length, [h for h in hits if h is not None]
    return None


def _matched(placement: Placement, steps: tuple[Step, ...], every: int) -> _Hit | None:
    """What a placement's variables are for the elements that `steps` name, and when it places them."""
    values: dict[str, Expr] = {}
    conditions: list[Expr] = []
    for mine, theirs in zip(placement.path, steps, strict=True):
        for own, other in zip(mine.indices, theirs.indices, strict=True):
            form = index.affine(own)
            if form is None or len(form.coefficients) > 1:
                return None
            shifted = minus(other, form.constant)
            if not form.coefficients:
                conditions.append(compared("==", shifted, 0))
                continue
            ((name, factor),) = form.coefficients.items()
            if name in values or factor < 0:
                return None
            if factor > 1:
                conditions.append(compared("==", Op("mod", (shifted, constant(factor))), 0))
                shifted = over(shifted, factor)
            values[name] = shifted
    if any(d.name not in values for d in placement.domain):
        return None
    if placement.count == every:
        return placement, values, None
    for d in placement.domain:
        conditions.append(compared(">=", values[d.name], d.start))
        conditions.append(compared("<", values[d.name], d.stop))
    if placement.where is not None:
        conditions.append(replace(placement.where, values))
    return placement, values, both(*conditions)


def each_row(found: list[Site]) -> Iterator[tuple[int, list[Site]]]:
    """The sites by where their row starts, from left to right."""
    rows: dict[int, list[Site]] = {}
    for site in found:
        rows.setdefault(site.y, []).append(site)
    for y in sorted(rows):
        yield y, sorted(rows[y], key=lambda s: s.x)
