"""The fabric as built: what is wrong in red, what is missing dashed, what is right in grey."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from cmxdsl.analysis.network.tiers import levels
from cmxdsl.analysis.verification.rules import NAMED, PARALLEL
from cmxdsl.analysis.verification.verdict import Verdict
from cmxdsl.outputs.kit.svg import Drawing

Spots = dict[int, tuple[float, float]]
WIDE = 1400.0
HIGH = 150.0  # between tiers
MOST_GREY = 4_000  # links that are drawn though nothing is wrong with them
MOST_NAMES = 60  # devices of a tier that have room for their names
WRONG, MISSING, RIGHT, GONE, HERE = "#c62828", "#c62828", "#cfd8dc", "#ffffff", "#455a64"


def draw(verdict: Verdict) -> Drawing:
    """Every device in the row of its tier, endpoints below; where there are very many, those that something is wrong
    with are drawn apart, in the order of the design."""
    import numpy as np

    plan, net = verdict.plan, verdict.plan.net
    level = levels(net)
    present = np.zeros(net.size, dtype=bool)
    present[verdict.match.device[verdict.match.device >= 0]] = True
    missing = sorted({link for cause in verdict.causes for link in cause.missing})
    wrong = sorted({c for cause in verdict.causes if cause.rule not in (NAMED, PARALLEL) for c in cause.wrong})
    art = Drawing(f"{plan.plane} as built")
    tiers: dict[int, list[int]] = defaultdict(list)
    for device, at in enumerate(level.tolist()):
        tiers[at].append(device)
    top = max(tiers)
    place: Spots = {}
    for at, devices in tiers.items():
        step = WIDE / len(devices)
        for k, device in enumerate(devices):
            place[device] = (20 + step * (k + 0.5), 70 + (top - at) * HIGH)
    art.text(20, 24, f"{plan.plane} as built", 16, bold=True)
    art.text(
        20,
        44,
        f"{verdict.right:,} of {verdict.meant:,} links as meant; red: wrong, red and thin: missing; hollow: not there",
    )
    _lines(art, verdict, place, missing, wrong)
    for at, devices in tiers.items():
        size = max(0.6, min(7.0, WIDE / len(devices) / 2.6))
        for device in devices:
            x, y = place[device]
            there = bool(present[device])
            if len(devices) <= MOST_GREY or not there:
                art.circle(x, y, size, HERE if there else GONE, HERE if there else WRONG, net.name(device))
        if len(devices) <= MOST_NAMES:
            for device in devices:
                art.text(place[device][0] + 3, place[device][1] - size - 4, net.name(device), 7, turned=True, width=80)
        else:
            art.text(20, 70 + (top - at) * HIGH - 12, f"{len(devices):,} of {net.group_of(devices[0]).label}", 10)
    return art


def _lines(art: Drawing, verdict: Verdict, place: Spots, missing: list[int], wrong: list[int]) -> None:
    import numpy as np

    net = verdict.plan.net
    good = np.ones(net.links, dtype=bool)
    good[missing] = False
    links = np.flatnonzero(good)
    each = max(1, -(-len(links) // MOST_GREY))
    for link in links[::each].tolist():
        _line(art, place, int(net.a[link]), int(net.b[link]), RIGHT, 0.6, "")
    if each > 1:
        art.text(20, 58, f"of right links one in {each:,} is drawn", 9)
    for link in missing:
        a, b = int(net.a[link]), int(net.b[link])
        _line(art, place, a, b, MISSING, 0.7, f"missing: {net.name(a)} to {net.name(b)}")
    device: Any = verdict.match.device
    for cable in wrong:
        a, b = (int(device[int(side[cable])]) for side in (verdict.seen.a, verdict.seen.b))
        if a >= 0 and b >= 0:
            _line(art, place, a, b, WRONG, 2.2, f"wrong: {net.name(a)} to {net.name(b)}")
        elif max(a, b) >= 0:
            x, y = place[max(a, b)]
            art.line(x, y, x + 10, y + 22, WRONG, 2.2, hint="a cable to something that the design does not have")


def _line(art: Drawing, place: Spots, a: int, b: int, color: str, weight: float, hint: str) -> None:
    (x1, y1), (x2, y2) = place[a], place[b]
    art.line(x1, y1, x2, y2, color, weight, hint=hint)
