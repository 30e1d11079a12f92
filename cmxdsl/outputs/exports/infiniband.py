"""A plane as InfiniBand's tools print it: `ibnetdiscover` (infiniband-diags 44), and the `.topo` of ibdiagnet."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

from cmxdsl.analysis.base.injection import ports_on
from cmxdsl.outputs.exports.cabling import Cabling, plain
from cmxdsl.readers.infiniband import LANE

_FIRST = 0xE09D_7300_0000_0000  # GUIDs are made up, from here on
_FOUR = "4"  # lanes of a port, as all rates since SDR have them


def _speed(rate: float | None) -> str:
    """The name of four lanes' rate: `NDR`; empty where none is that fast."""
    if rate is None:
        return ""
    return next((name for name, lane in LANE.items() if isclose(rate, 4 * lane, rel_tol=0.03)), "")


def ibnetdiscover(plane: Cabling) -> Iterator[str]:
    """A block a device; ports count from 1. Adapters stand for endpoints, one each, with a GUID of its own."""
    yield "#\n# Topology file: made from a design, and not discovered\n#\n"
    stride, far, link = plane.plan.stride, plane.plan.far, plane.plan.link
    rates = plane.net.rate
    for device in range(plane.size):
        part = plane.component(device)
        switch = part.kind == "switch"
        guid = f"{_FIRST + 16 * (device + 1):016x}"
        ports = sum(p.count for p in ports_on(part, plane.plan.plane))
        yield f"\nvendid=0x0\ndevid=0x0\nsysimgguid=0x{guid}\n"
        yield f"switchguid=0x{guid}({guid})\n" if switch else f"caguid=0x{guid}\n"
        kind, more = ("Switch", f" enhanced port 0 lid {device + 1} lmc 0") if switch else ("Ca", "")
        yield f'{kind}\t{ports} "{_key(plane, device)}"\t\t# "{_described(plane, device)}"{more}\n'
        for port in plane.at(device):
            other = int(far[port])
            there, number = divmod(other, stride)
            rate = float(rates[link[port]])
            speed = _speed(None if rate != rate else rate)
            own = "" if switch else f"({guid})"
            yield (
                f'[{port % stride + 1}]{own}\t"{_key(plane, there)}"[{number + 1}]'
                f'\t\t# "{_described(plane, there)}" lid {there + 1}{f" {_FOUR}x{speed}" if speed else ""}\n'
            )


def _key(plane: Cabling, device: int) -> str:
    sort = "S" if plane.component(device).kind == "switch" else "H"
    return f"{sort}-{_FIRST + 16 * (device + 1):016x}"


def _described(plane: Cabling, device: int) -> str:
    return plane.name(device).replace('"', "'")


def topo(plane: Cabling) -> Iterator[str]:
    """A block a device: its type, its name, and a line for each of its ports that is linked."""
    stride, far, link, rates = plane.plan.stride, plane.plan.far, plane.plan.link, plane.net.rate
    types = {g.component: plain(g.component.text("part_number") or g.component.name) for g in plane.net.groups}
    for device in range(plane.size):
        ports = plane.at(device)
        if not ports:
            continue
        yield f"{types[plane.component(device)]} {_word(plane, device)}\n"
        for port in ports:
            other = int(far[port])
            there, number = divmod(other, stride)
            rate = float(rates[link[port]])
            speed = _speed(None if rate != rate else rate)
            arrow = f"-4x-{LANE[speed] / 1e9:g}G->" if speed else "->"
            yield (
                f"   P{port % stride + 1} {arrow} {types[plane.component(there)]} {_word(plane, there)} P{number + 1}\n"
            )
        yield "\n"


def _word(plane: Cabling, device: int) -> str:
    return plane.name(device).replace(" ", "_").replace("#", "_")
