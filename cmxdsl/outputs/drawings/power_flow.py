"""Where the power goes, as a Sankey diagram: from the sources to the racks of each kind, and in them to the parts.

A band is as wide as the power that goes there, so that at each bar the bands add up to it. Parts of links count for the
racks of their ends, as everywhere. Where nothing is linked on the power plane, the picture begins with the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from cmxdsl.analysis.base.holders import holdings
from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.analysis.power.feeds import PowerLoop
from cmxdsl.analysis.totals.power import power
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.kit.svg import INK, MUTED, Drawing, text_width
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.records import field, frozen
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import POWER

ATTRIBUTE = "power.peak"
LEAST = Fraction(1, 200)  # of all power: parts that take less are drawn together
HIGH, BAR, GAP, LEFT, BETWEEN = 430.0, 14.0, 6.0, 16.0, 250.0
SLOT = 28.0  # the least height of a bar with its two lines of text
HUES = {
    "accelerators": "#3570ad",
    "other chips": "#3f8f5b",
    "switches": "#b5562c",
    "optics and cables": "#7d5ba6",
    "boards, racks, fans, the rest": "#8a7a1f",
    "lost in conversion": "#a3344f",
}
LOST, REST = "lost in conversion", "boards, racks, fans, the rest"
_KINDS = {
    "switch": "switches",
    "optic": "optics and cables",
    "cable": "optics and cables",
    "fiber": "optics and cables",
}


@frozen
class Bar:
    """A bar of a column: what it is called, its watts, and the sort of thing that gives its colour (empty: several)."""

    id: str
    label: str
    watts: Fraction
    sort: str = ""


@frozen
class Band:
    """Power from one bar to another in the next column, in watts."""

    a: str
    b: str
    watts: Fraction
    sort: str = ""


@frozen
class Flow:
    """Columns of bars from the sources to the parts, and the bands between them."""

    columns: tuple[tuple[Bar, ...], ...]
    bands: tuple[Band, ...]
    notes: tuple[str, ...] = field(default=())


def power_flow(subject: Subject, options: Options) -> tuple[Drawing, list[str]]:
    """The view. Raises ViewFault where no part states its power."""
    found = flow(subject)
    drawing = Drawing(f"{subject.top.name}: where the power goes")
    drawing.text(16, 30, drawing.title, 16, bold=True)
    drawing.text(16, 49, "peak power; a band is as wide as the power that it carries", 11, MUTED)
    y = 66.0
    for note in found.notes:
        drawing.text(16, y, note, 11, MUTED)
        y += 16
    _draw(drawing, found, y + 14)
    used = {bar.sort for column in found.columns for bar in column}
    drawing.legend(LEFT, drawing.height + 26, {sort: hue for sort, hue in HUES.items() if sort in used})
    return drawing, []


# --- what flows where -------------------------------------------------------------------------------------


def sort_of(part: Component) -> str:
    """The sort of a part, one of `HUES`."""
    if is_accelerator(part):
        return "accelerators"
    chip = part.kind in ("chip", "die") or part.text("role") in ("processor", "nic")
    return _KINDS.get(part.kind, "other chips" if chip else REST)


def flow(subject: Subject) -> Flow:
    """Peak power from the sources to the parts. Raises ViewFault where no part states its power, index.TooMany."""
    total = subject.total(ATTRIBUTE)
    if total.value is None or not total.value.value:
        raise ViewFault(f"no part of `{subject.top.name}` states its peak power")
    whole = total.value.value
    notes = [f"not in the picture: {total.missing:,} parts whose power is not known"] if total.missing else []
    machine = Bar("machine", subject.top.name, whole)
    sources, bands = _sources(subject, whole)
    holders: list[Bar] = []
    parts: dict[str, dict[str, Fraction]] = {}
    sorts: dict[str, str] = {}
    counts: dict[str, int | Fraction] = {}
    found = holdings(subject, lambda c: c.kind == "rack")
    held = [(h.component.id, f"{h.component.name} × {h.count:,}", h.parts) for h in found.holders]
    outside = [("", "in no rack", found.outside)]
    alone = [h.component for h in found.holders] == [subject.top]  # one rack: it is the machine
    for name, label, inside in [*held, *outside]:
        watts = _watts(inside)
        if not watts:
            continue
        at = "machine" if alone or not held else f"rack {name}"
        if at != "machine":
            holders.append(Bar(at, label, sum(watts.values(), Fraction(0))))
            bands.append(Band("machine", at, holders[-1].watts))
        for part, value in watts.items():
            own = parts.setdefault(part.name, {})
            own[at] = own.get(at, Fraction(0)) + value
            sorts[part.name] = sort_of(part)
            counts[part.name] = counts.get(part.name, 0) + inside[part]
    last, more = _parts(parts, sorts, counts, whole)
    holders.sort(key=lambda bar: (-bar.watts, bar.id))
    lost = [Bar(LOST, LOST, band.watts, LOST) for band in bands if band.b == LOST]
    columns = (tuple(sources), (machine, *lost), tuple(holders), tuple(last))
    return Flow(tuple(column for column in columns if column), (*bands, *more), tuple(notes))


def _watts(parts: Mapping[Component, int | Fraction]) -> dict[Component, Fraction]:
    """What the parts that state their power draw together, by part."""
    found = {}
    for part, many in parts.items():
        own = part.quantity(ATTRIBUTE)
        if own is not None and own.value * many > 0:
            found[part] = own.value * many
    return found


def _sources(subject: Subject, whole: Fraction) -> tuple[list[Bar], list[Band]]:
    """What enters the machine and what is lost on the way, where the power plane says so."""
    try:
        tree = power(subject).tree
    except PowerLoop:  # an error of the design, which its check reports
        tree = None
    if tree is None or tree.facility.entering <= 0:
        return [], []
    entering, lost = (Fraction(round(w, 3)) for w in (tree.facility.entering, tree.facility.lost))
    into = min(entering - lost, whole)
    unfed = whole - into
    bars = [Bar("sources", "the sources", into + lost)]
    bands = [Band("sources", "machine", into)]
    if lost > 0:
        bands.append(Band("sources", LOST, lost, LOST))
    if unfed > whole / 10**6:
        bars.append(Bar("unfed", "fed by no link", unfed))
        bands.append(Band("unfed", "machine", unfed))
    return bars, bands


def _parts(
    parts: dict[str, dict[str, Fraction]], sorts: dict[str, str], counts: dict[str, int | Fraction], whole: Fraction
) -> tuple[list[Bar], list[Band]]:
    """The parts, most first, small ones together, and the bands that lead to them."""
    sums = {name: sum(own.values(), Fraction(0)) for name, own in parts.items()}
    large = sorted((n for n in parts if sums[n] >= whole * LEAST), key=lambda n: (-sums[n], n))
    small = sorted(n for n in parts if sums[n] < whole * LEAST)
    if len(small) == 1:
        large, small = [*large, *small], []
    bars = [Bar(f"part {n}", f"{n} × {float(counts[n]):,.6g}", sums[n], sorts[n]) for n in large]
    bands = [Band(rack, f"part {n}", watts, sorts[n]) for n in large for rack, watts in parts[n].items()]
    if small:
        bars.append(Bar("rest", f"{len(small)} other parts", sum((sums[n] for n in small), Fraction(0)), REST))
        together: dict[str, Fraction] = {}
        for name in small:
            for rack, watts in parts[name].items():
                together[rack] = together.get(rack, Fraction(0)) + watts
        bands += [Band(rack, "rest", watts, REST) for rack, watts in together.items()]
    return bars, bands


# --- drawing ----------------------------------------------------------------------------------------------


def _draw(drawing: Drawing, found: Flow, top: float) -> None:
    most = max(sum(bar.watts for bar in column) for column in found.columns)
    scale = HIGH / float(most)

    def slots(column: tuple[Bar, ...]) -> list[float]:
        return [max(float(bar.watts) * scale, SLOT) for bar in column]

    high = max(sum(slots(column)) + (len(column) - 1) * GAP for column in found.columns)
    label = max(text_width(bar.label, 11) for column in found.columns[:-1] for bar in column)
    step = max(BETWEEN, label + BAR + 60)
    places: dict[str, tuple[float, float]] = {}
    for k, column in enumerate(found.columns):
        y = top + (high - sum(slots(column)) - (len(column) - 1) * GAP) / 2
        for bar, slot in zip(column, slots(column), strict=True):
            places[bar.id] = (LEFT + k * step, y + (slot - float(bar.watts) * scale) / 2)
            y += slot + GAP
    filled: dict[tuple[str, bool], float] = {}
    order = {bar.id: number for number, bar in enumerate(bar for column in found.columns for bar in column)}
    for band in sorted(found.bands, key=lambda b: (order[b.a], order[b.b])):
        tall = float(band.watts) * scale
        ends = []
        for name, out in ((band.a, True), (band.b, False)):
            x, y = places[name]
            start = y + filled.get((name, out), 0.0)
            filled[name, out] = filled.get((name, out), 0.0) + tall
            ends.append((x + (BAR if out else 0), start))
        hue = HUES.get(band.sort, MUTED)
        drawing.band(ends[0], ends[1], tall, hue, f"{_shown(band.watts)} to {_name(found, band.b)}")
    for column in found.columns:
        for bar in column:
            x, y = places[bar.id]
            tall = max(float(bar.watts) * scale, 1.0)
            drawing.rect(x, y, BAR, tall, HUES.get(bar.sort, INK), hint=f"{bar.label}: {_shown(bar.watts)}")
            middle = y + tall / 2
            drawing.text(x + BAR + 6, middle - 1, bar.label, 11, bold=True)
            drawing.text(x + BAR + 6, middle + 11, f"{_shown(bar.watts)}, {_share(bar.watts, found)}", 10, MUTED)


def _name(found: Flow, name: str) -> str:
    return next(bar.label for column in found.columns for bar in column if bar.id == name)


def _share(watts: Fraction, found: Flow) -> str:
    machine = next(bar.watts for column in found.columns for bar in column if bar.id == "machine")
    return f"{float(watts / machine):.1%}"


def _shown(watts: Fraction) -> str:
    return show(Quantity(watts, POWER), places=4)
