"""The cables on the floor plan: bundles from rack to rack as bows above one row, the trays of several as bands."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

from cmxdsl.analysis.base.ports import TooManyPaths
from cmxdsl.analysis.physical.cables import Bundle, Racks, bundles, cable_groups
from cmxdsl.analysis.physical.floor import Site
from cmxdsl.analysis.physical.trays import Stretch, stretches, tray_section
from cmxdsl.model import Subject, index
from cmxdsl.outputs.drawings.floorplan import FloorPlan, frame, ground, plan_of, rack
from cmxdsl.outputs.kit.palette import tint
from cmxdsl.outputs.kit.svg import INK, MUTED, Drawing, text_width
from cmxdsl.outputs.options import Options, ViewFault

LINE, FULL = "#3f6ea8", "#c8452c"
BOWS = 400  # bundles drawn one by one; more are drawn as trays
_TALL = 0.2  # a bow's height to its width


def cables(subject: Subject, options: Options) -> tuple[Drawing, list[str]]:
    """Where the cables lie and how many there are."""
    top = subject.top
    try:
        racks = Racks(top)
        found = [b for b in bundles(cable_groups(subject, racks, measured=False)) if 0 <= b.a != b.b]
    except (index.TooMany, TooManyPaths):
        raise ViewFault("the design has too many racks or cables to draw: choose a part with `--top`") from None
    if not found:
        raise ViewFault(f"`{top.name}` has no cables from rack to rack")
    plan = plan_of(top, 64.0)
    number = racks.numbers()
    sites = {number[site.label]: site for site in plan.racks if site.label in number}
    placed = [b for b in found if b.a in sites and b.b in sites]
    if not placed:
        raise ViewFault(
            f"no two racks of `{top.name}` that a cable joins have a place: `place rack[r] at row 0, col r`"
        )
    drawing = Drawing(f"{top.name}: cables")
    bows = len({site.y for site in plan.racks}) == 1 and len(found) <= BOWS
    if bows:
        longest = max(abs(sites[b.a].x - sites[b.b].x) for b in placed)
        high = plan.px(longest) * _TALL - plan.px(max(plan.floor.aisle, plan.floor.hot_aisle))
        plan = plan_of(top, 70.0 + max(0.0, high))
    drawing.text(16, 30, f"{top.name}: cables from rack to rack", 16, bold=True)
    drawing.text(16, 50, _total(found, racks), 10, MUTED)
    ground(drawing, plan)
    for site in plan.racks:
        rack(drawing, plan, site, tint(site.what), "")
    if bows:
        _bows(drawing, plan, found, sites, racks)
    else:
        _trays(drawing, plan, stretches(plan.floor, found, sites), tray_section(top))
    frame(drawing, plan)
    missing = sorted({racks.label(n) for b in found for n in (b.a, b.b) if n not in sites})
    return drawing, [f"{len(missing):,} racks with cables have no place, such as `{missing[0]}`"] if missing else []


def _total(found: list[Bundle], racks: Racks) -> str:
    most = max(found, key=lambda b: (b.cables, -b.a, -b.b))
    pair = f"{racks.label(most.a)} to {racks.label(most.b)}"
    all_ = f"{sum(b.cables for b in found):,} cables in {len(found):,} bundle{'s' * (len(found) != 1)}"
    return f"{all_}; the largest, {pair}: {most.cables:,}"


def _bows(drawing: Drawing, plan: FloorPlan, found: list[Bundle], sites: dict[int, Site], racks: Racks) -> None:
    most = max(b.cables for b in found)
    for bundle in sorted(found, key=lambda b: (b.cables, b.a, b.b)):
        if bundle.a not in sites or bundle.b not in sites:
            continue
        (xa, _), (xb, _) = plan.center(sites[bundle.a]), plan.center(sites[bundle.b])
        top = plan.y(sites[bundle.a].y)
        hint = f"{racks.label(bundle.a)} to {racks.label(bundle.b)}: {bundle.cables:,} cables, {bundle.links:,} links"
        drawing.arc(xa, top, xb, abs(xa - xb) * _TALL, LINE, 0.6 + 3.4 * sqrt(bundle.cables / most), hint)


def _trays(drawing: Drawing, plan: FloorPlan, found: list[Stretch], limit: Fraction | None) -> None:
    """Each stretch as a band, as wide as it holds cables; red where it is over-full."""
    most = max((s.cables for s in found), default=1)
    widest = min(26.0, plan.px(plan.floor.depth) * 0.5)
    for s in sorted(found, key=lambda s: s.cables):
        width = 1.2 + (widest - 1.2) * sqrt(s.cables / most)
        full = limit is not None and s.section > limit
        drawing.line(plan.x(s.x1), plan.y(s.y1), plan.x(s.x2), plan.y(s.y2), FULL if full else LINE, width, 0.6)
    for s in found:
        fill = f"{s.cables:,}" + (f" · {float(s.section / limit):.0%} of its fill" if limit and s.section else "")
        if text_width(fill, 8, True) + 8 > abs(plan.x(s.x2) - plan.x(s.x1)) + abs(plan.y(s.y2) - plan.y(s.y1)):
            fill = f"{s.cables:,}"
        x, y = (plan.x(s.x1) + plan.x(s.x2)) / 2, (plan.y(s.y1) + plan.y(s.y2)) / 2
        room = max(abs(plan.x(s.x2) - plan.x(s.x1)), abs(plan.y(s.y2) - plan.y(s.y1)))
        if room > text_width(fill, 8, True) + 8:
            wide = text_width(fill, 8, True) + 6
            drawing.rect(x - wide / 2, y - 6, wide, 12, "#ffffff", radius=3, opacity=0.85)
            drawing.text(x, y + 3, fill, 8, INK, bold=True, anchor="middle")
