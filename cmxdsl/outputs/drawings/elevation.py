"""Rack elevations: what fills which unit, seen from the front or the rear, a whole row side by side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby

from cmxdsl.analysis.physical.attribution import Alike, Attribution, Between, attribution, between
from cmxdsl.analysis.physical.floor import Site, each_row, floor_of, sites
from cmxdsl.analysis.physical.rack_units import Slot, slots, unit_name, units_in
from cmxdsl.analysis.power.heat import heat_of
from cmxdsl.diagnostics import listing
from cmxdsl.model import Component, Subject, index
from cmxdsl.outputs.kit.palette import dims, tint
from cmxdsl.outputs.kit.svg import INK, MUTED, RULE, Drawing, text_width
from cmxdsl.outputs.kit.value_format import between_text
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.records import evolve, frozen
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import POWER

LINE = 8  # racks side by side; in a longer row equal neighbours are drawn once, and the rest goes on below
NAMED = 24  # racks of one name that are drawn
LIMIT = 120  # racks in one picture
UNPLACED = 6  # lines about devices without a unit
_UNIT, _GUTTER, _GAP = 15.0, 24.0, 22.0
_WIDE = 190.0  # of a rack

_HATCHES = 6  # strokes across a unit


@frozen
class RackView:
    """A rack to draw: what it is called, and for how many it stands, up to the `last` one."""

    label: str
    rack: Component
    many: int = 1
    held: tuple[Alike, ...] = ()  # what they hold, with their share of links' parts
    last: str = ""

    @property
    def title(self) -> str:
        """`compute[0…5] × 6`."""
        many = f" × {self.many:,}" if self.many > 1 else ""
        if not self.last:
            return self.label + many
        first, last = (re.fullmatch(r"(.*\[(?:.*, )?)(\d+)\]", label) for label in (self.label, self.last))
        if first and last and first[1] == last[1]:
            return f"{first[1]}{first[2]}…{last[2]}]{many}"
        return f"{self.label} to {self.last}{many}"


def elevation(subject: Subject, options: Options) -> tuple[Drawing, list[str]]:
    """The racks of a design row by row, or those that `options.rack` names, these from both sides."""
    top = subject.top
    rows, notes = chosen(subject, options)
    faces = ["front", "rear"] if options.rack or options.face == "both" else [options.face]
    drawing = Drawing(f"{top.name}: rack elevations")
    drawing.text(16, 30, f"{top.name}: rack elevations, {' and '.join(faces)}", 16, bold=True)
    y = 44.0
    for title, racks in rows:
        if title:
            drawing.text(16, y + 14, title, 11, MUTED)
            y += 22
        for k in range(0, len(racks), LINE):
            line = racks[k : k + LINE]
            tallest = max(units_in(view.rack) for view in line)
            below, x = y, 16.0
            for view in line:
                for face in faces:
                    named = view.rack.name + (f", {face}" if len(faces) > 1 else "")
                    taken, bottom = _rack(drawing, view, face, named, subject, x, y, tallest)
                    x, below = x + taken + _GAP, max(below, bottom)
            y = below + 24
    return drawing, notes


def chosen(subject: Subject, options: Options) -> tuple[list[tuple[str, list[RackView]]], list[str]]:
    """The racks to draw, by row. Raises ViewFault."""
    if options.rack:
        found = [view for _, row in _all(subject)[0] for view in row if _named(view, options.rack)]
        if not found:
            racks = sorted({re.sub(r"\[.*?\]", "", v.label) for _, row in _all(subject)[0] for v in row})
            known = listing(racks) or "none"
            raise ViewFault(f"there is no rack `{options.rack}`: there are {known}")
        return [("", found[:NAMED])], _left_out(len(found), NAMED)
    rows, notes = _all(subject)
    if not rows:
        raise ViewFault(f"`{subject.top.name}` has no racks")
    if sum(len(row) for _, row in rows) > LIMIT:
        rows = list(_alike(rows))
    folded = [(title, row if len(row) <= LINE else list(_folded(row))) for title, row in rows]
    shown, count = [], 0
    for title, row in folded:
        if count < LIMIT:
            shown.append((title, row[: LIMIT - count]))
        count += len(row)
    return shown, [*notes, *_left_out(count, LIMIT)]


def _left_out(count: int, limit: int) -> list[str]:
    return [f"{count - limit:,} racks are left out: name some with `--rack`"] if count > limit else []


def _named(view: RackView, wanted: str) -> bool:
    plain = re.sub(r"\s", "", wanted)
    label = re.sub(r"\s", "", view.label)
    return plain in (label, re.sub(r"\[.*?\]", "", label), view.rack.name)


def _all(subject: Subject) -> tuple[list[tuple[str, list[RackView]]], list[str]]:
    """The racks row by row; where none is placed on a floor, each definition once."""
    top = subject.top
    floor = floor_of(top)
    try:
        placed = sites(top, floor) if floor is not None else []
    except index.TooMany as error:
        return _by_definition(subject), [f"{error.size:,} racks: each definition is drawn once"]
    rows = []
    found = attribution(subject)
    for _, row in each_row(placed):
        number = row[0].row
        title = f"row {number}" if number is not None else ""
        rows.append((title, [RackView(site.label, site.what, 1, _held(found, site)) for site in row]))
    return (rows, []) if rows else (_by_definition(subject), [])


def _held(found: Attribution, site: Site) -> tuple[Alike, ...]:
    one = found.at(site.label)
    return (one,) if one is not None else tuple(found.of(site.what))


def _by_definition(subject: Subject) -> list[tuple[str, list[RackView]]]:
    found = attribution(subject)
    racks = sorted({one.component for one in found.classes}, key=lambda c: c.id)
    views = []
    for rack in racks:
        held = tuple(found.of(rack))
        views.append(RackView(rack.name, rack, sum(one.count for one in held), held))
    return [("", views)] if views else []


def _alike(rows: list[tuple[str, list[RackView]]]) -> Iterator[tuple[str, list[RackView]]]:
    """Neighbouring rows of the same racks as one."""
    for _, group in groupby(rows, key=lambda row: tuple(view.rack.id for view in row[1])):
        same = list(group)
        first, last = same[0][0], same[-1][0]
        plural = f"rows {first.removeprefix('row ')} to {last.removeprefix('row ')}, the first of them"
        columns = zip(*(row for _, row in same), strict=True)
        views = [evolve(column[0], held=_together(column)) for column in columns]
        yield (first if len(same) == 1 else plural), views


def _folded(row: list[RackView]) -> Iterator[RackView]:
    """Equal neighbours as one."""
    for _, group in groupby(row, key=lambda view: view.rack.id):
        views = list(group)
        last = views[-1].label if len(views) > 1 else ""
        yield RackView(views[0].label, views[0].rack, len(views), _together(views), last)


def _together(views: Iterable[RackView]) -> tuple[Alike, ...]:
    """All that the racks of some views hold, each class once."""
    return tuple({id(one): one for view in views for one in view.held}.values())


def facts(rack: Component, held: tuple[Alike, ...], devices: list[Slot]) -> list[str]:
    """What a rack amounts to with its share of its links' parts: units, power, mass; of several the least and most."""
    units, name = units_in(rack), unit_name(rack)
    taken = {u for slot in devices for u in slot.units}
    lines = [f"{len(taken)} of {units} {name} used, {units - len(taken)} free"]
    power, mass = (between([one.total(name) for one in held]) for name in ("power.peak", "mass"))
    feed = rack.quantity("feed")
    if power.most.value is not None:
        fed = f" of {show(feed, 'W')}" if feed is not None else ""
        lines.append(f"{_at_least(power)}{between_text(power, 'W')} peak{fed}")
    warm = [heat_of(one, "power.peak") for one in held]
    ways = (([w.air for w in warm], "air"), ([w.liquid for w in warm], "liquid"))
    parts = [f"{_watts(watts)} to {way}" for watts, way in ways if any(watts)]
    lines += [", ".join(parts)] if parts else []
    if mass.most.value is not None:
        lines.append(_at_least(mass) + between_text(mass, "kg"))
    return lines


def _at_least(found: Between) -> str:
    return "" if found.most.complete else "at least "


def _watts(values: list[Fraction]) -> str:
    texts = (show(Quantity(value, POWER), "W", places=3) for value in (min(values), max(values)))
    return " to ".join(dict.fromkeys(texts))


def unplaced(rack: Component) -> list[str]:
    """What is in a rack and has no unit; `2 of b[4] B` where some have one."""
    placed: Counter[str] = Counter()
    for placement in rack.placements:
        placed[placement.path[0].name] += placement.count if len(placement.path) == 1 else 1
    found = []
    for name, instance in rack.instances.items():
        lacking = instance.count - placed[name]
        # of a placed part inside of another nothing says here how much of that other stands
        if lacking > 0 and (not placed[name] or all(len(p.path) == 1 for p in rack.placements)):
            some = f"{lacking:,} of " if placed[name] else ""
            found.append(f"{some}{name}{dims(instance.shape)} {instance.component.name}")
    return found


def _rack(
    drawing: Drawing,
    view: RackView,
    face: str,
    named: str,
    subject: Subject,
    x: float,
    y: float,
    tallest: int,
) -> tuple[float, float]:
    """Draw one rack with its top at the height of the tallest; its width and where it ends."""
    rack, units = view.rack, units_in(view.rack)
    devices = _slots(rack)
    beside = [s for s in devices if s.zero_u]
    drawing.text(x + _GUTTER, y + 12, view.title, 11, bold=True, width=_WIDE)
    drawing.text(x + _GUTTER, y + 25, named, 9, MUTED, width=_WIDE)
    base = y + 32 + (tallest - units) * _UNIT
    left = x + _GUTTER
    drawing.rect(left - 4, base - 4, _WIDE + 8, units * _UNIT + 8, "#f7f8fa", "#6b7787", radius=3)
    for unit in range(1, units + 1):
        top = base + (units - unit) * _UNIT
        drawing.rect(left, top, _WIDE, _UNIT, "#ffffff", "#e3e7ec")
        drawing.text(left - 8, top + _UNIT - 4.5, str(unit), 7.5, MUTED, anchor="end")
    for slot in devices:
        if slot.height and not slot.zero_u and slot.unit >= 1:
            _device(drawing, slot, face, subject, left, base + (units - slot.unit - slot.height + 1) * _UNIT)
    loose = unplaced(rack)
    if loose:
        _hatch(drawing, devices, units, left, base)
    for k, slot in enumerate(beside):
        strip = left + _WIDE + 8 + 14 * k
        drawing.rect(strip, base, 11, units * _UNIT, tint(slot.component), "#6b7787", radius=2, hint=_hint(slot))
        room = units * _UNIT - 8
        drawing.text(
            strip + 8.5, base + units * _UNIT - 5, f"{slot.label}  {slot.component.name}", 8, width=room, turned=True
        )
    bottom = base + units * _UNIT + 8
    lines = facts(rack, view.held, [s for s in devices if not s.zero_u])
    lines += [f"not placed: {text}" for text in loose[:UNPLACED]]
    lines += [f"not placed: {len(loose) - UNPLACED:,} more kinds of device"] if len(loose) > UNPLACED else []
    for line in lines:
        bottom += 12
        drawing.text(left, bottom, line, 8.5, MUTED, width=_WIDE + 12 * len(beside))
    return _GUTTER + _WIDE + 8 + 14 * len(beside), bottom


def _hatch(drawing: Drawing, devices: list[Slot], units: int, left: float, base: float) -> None:
    """Mark free units of a rack that holds more than is placed: nothing says which of them are really free."""
    filled = {u for slot in devices for u in slot.units}
    for unit in range(1, units + 1):
        if unit not in filled:
            top = base + (units - unit) * _UNIT
            for k in range(_HATCHES):
                x = left + (k + 0.5) * _WIDE / _HATCHES
                drawing.line(x - _UNIT / 2, top + _UNIT, x + _UNIT / 2, top, "#c9d1da", 0.8)


def _slots(rack: Component) -> list[Slot]:
    try:
        return slots(rack)
    except index.TooMany:
        raise ViewFault(f"`{rack.name}` has too many devices to draw") from None


def _device(drawing: Drawing, slot: Slot, face: str, subject: Subject, left: float, top: float) -> None:
    """One device; seen from behind, what sits at the front is pale, and left and right are swapped."""
    other = slot.face and slot.face != face
    width, start = _WIDE, left
    if slot.half:
        width = _WIDE / 2
        start += width if (slot.side == "right") == (face == "front") else 0
    height = slot.height * _UNIT
    fill = "#f0f2f5" if other else tint(slot.component)
    drawing.rect(
        start + 1, top + 1, width - 2, height - 2, fill, RULE if other else "#6b7787", radius=2, hint=_hint(slot)
    )
    ink = MUTED if other else INK
    middle = top + height / 2
    size = min(9.0, _UNIT - 5)
    power = subject.of(slot.component).total("power.peak").value
    right = show(power, "W") if isinstance(power, Quantity) and power.value else ""
    room = width - 14 - (text_width(right, 8) + 6 if right else 0)
    label = slot.label.rpartition(".")[2]
    name = slot.component.name
    if height >= 2 * _UNIT:
        drawing.text(start + 7, middle - 1.5, label, size, ink, bold=True, width=room)
        drawing.text(start + 7, middle + 9.5, name, 8, MUTED, width=room)
    else:
        drawing.text(start + 7, middle + 3.2, label, size, ink, bold=True, width=room)
        used = text_width(label, size, True) + 6
        if room - used > 20 and name != label:
            drawing.text(start + 7 + used, middle + 3.2, name, 8, MUTED, width=room - used)
    if right:
        drawing.text(start + width - 7, middle + 3.2, right, 8, MUTED, anchor="end")


def _hint(slot: Slot) -> str:
    top = slot.unit + slot.height - 1
    where = f"U{slot.unit}" + (f" to U{top}" if top > slot.unit else "")
    return f"{slot.label}: {slot.component.kind} {slot.component.name}, {where}"


# --- for a terminal ---------------------------------------------------------------------------------------


def in_text(subject: Subject, options: Options) -> str:
    """Each kind of rack once, as lines of text from the top unit down."""
    rows, notes = chosen(subject, options)
    seen: dict[str, list[RackView]] = {}
    for _, row in rows:
        for view in row:
            seen.setdefault(view.rack.id, []).append(view)
    blocks = [_block(views, subject, options) for views in seen.values()]
    return "\n\n".join([*blocks, *(f"note: {note}" for note in notes)]) + "\n"


def _block(views: list[RackView], subject: Subject, options: Options) -> str:
    rack, many = views[0].rack, sum(v.many for v in views)
    last = views[-1].last or views[-1].label
    names = views[0].label if last == views[0].label else f"{views[0].label} to {last}"
    devices = _slots(rack)
    wide = max([30, *(len(_line(s)) for s in devices)]) + 2
    lines = [f"{names}: {rack.name}" + (f", {many} of it" if many > 1 else "")]
    lines.append("    ┌" + "─" * wide + "┐")
    starts = {slot.unit + slot.height - 1: [] for slot in devices if slot.height}  # type: dict[int, list[Slot]]
    for slot in devices:
        if slot.height:
            starts[slot.unit + slot.height - 1].append(slot)
    filled = {u for slot in devices for u in slot.units}
    for unit in range(units_in(rack), 0, -1):
        text = "  |  ".join(_line(s) for s in starts.get(unit, ()))
        mark = " " if unit in filled else "·"
        edge = "├" if unit in starts else "│"
        lines.append(f"{unit:>3} {edge} {text or mark:<{wide - 1}}│")
    lines.append("    └" + "─" * wide + "┘")
    lines += [f"    {line}" for line in facts(rack, _together(views), [s for s in devices if not s.zero_u])]
    lines += [f"    beside the units: {s.label} {s.component.name}" for s in devices if s.zero_u]
    lines += [f"    not placed: {text}" for text in unplaced(rack)]
    return "\n".join(lines)


def _line(slot: Slot) -> str:
    side = f" ({slot.side})" if slot.half else ""
    return f"{slot.label.rpartition('.')[2]}{side}  {slot.component.name}, {slot.height} U"
