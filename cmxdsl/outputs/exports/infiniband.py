"""A plane as InfiniBand's tools print it: `ibnetdiscover` (infiniband-diags 44), and the `.topo` of ibdiagnet."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose
from typing import NamedTuple

from cmxdsl.analysis.base.injection import port_count
from cmxdsl.outputs.exports.cabling import Cabling, plain
from cmxdsl.readers.infiniband import LANE

_FIRST = 0xE09D_7300_0000_0000  # GUIDs are made up, from here on
_FOUR = 4  # lanes of a port, as all rates since SDR have them


def _speed(rate: float | None) -> str:
    """The name of four lanes' rate: `NDR`; empty where none is that fast."""
    if rate is None:
        return ""
    return next((name for name, lane in LANE.items() if isclose(rate, _FOUR * lane, rel_tol=0.03)), "")


class _Wire(NamedTuple):
    """What hangs on a port: the port's number from 1, the device and the port at the other end, and the name of the
    rate, empty where none is that fast."""

    port: int
    device: int
    far: int
    speed: str


def _wires(plane: Cabling, device: int) -> Iterator[_Wire]:
    stride = plane.plan.stride
    for port in plane.at(device):
        there, number = divmod(int(plane.plan.far[port]), stride)
        yield _Wire(port % stride + 1, there, number + 1, _speed(plane.rate(int(plane.plan.link[port]))))


def ibnetdiscover(plane: Cabling) -> Iterator[str]:
    """A block a device; ports count from 1. Adapters stand for endpoints, one each, with a GUID of its own."""
    yield "#\n# Topology file: made from a design, and not discovered\n#\n"
    for device in range(plane.size):
        part = plane.component(device)
        switch = part.kind == "switch"
        guid = _guid(device)
        ports = port_count(part, plane.plan.plane)
        yield f"\nvendid=0x0\ndevid=0x0\nsysimgguid=0x{guid}\n"
        yield f"switchguid=0x{guid}({guid})\n" if switch else f"caguid=0x{guid}\n"
        kind, more = ("Switch", f" enhanced port 0 lid {device + 1} lmc 0") if switch else ("Ca", "")
        yield f'{kind}\t{ports} "{_key(plane, device)}"\t\t# "{_described(plane, device)}"{more}\n'
        own = "" if switch else f"({guid})"
        for wire in _wires(plane, device):
            speed = f" {_FOUR}x{wire.speed}" if wire.speed else ""
            yield (
                f'[{wire.port}]{own}\t"{_key(plane, wire.device)}"[{wire.far}]'
                f'\t\t# "{_described(plane, wire.device)}" lid {wire.device + 1}{speed}\n'
            )


def _guid(device: int) -> str:
    return f"{_FIRST + 16 * (device + 1):016x}"


def _key(plane: Cabling, device: int) -> str:
    return f"{'S' if plane.component(device).kind == 'switch' else 'H'}-{_guid(device)}"


def _described(plane: Cabling, device: int) -> str:
    return plane.name(device).replace('"', "'")


def topo(plane: Cabling) -> Iterator[str]:
    """A block a device: its type, its name, and a line for each of its ports that is linked."""
    types = {g.component: plain(g.component.text("part_number") or g.component.name) for g in plane.net.groups}
    for device in range(plane.size):
        wires = list(_wires(plane, device))
        if not wires:
            continue
        yield f"{types[plane.component(device)]} {_word(plane, device)}\n"
        for wire in wires:
            arrow = f"-{_FOUR}x-{LANE[wire.speed] / 1e9:g}G->" if wire.speed else "->"
            far = f"{types[plane.component(wire.device)]} {_word(plane, wire.device)} P{wire.far}"
            yield f"   P{wire.port} {arrow} {far}\n"
        yield "\n"


def _word(plane: Cabling, device: int) -> str:
    return plane.name(device).replace(" ", "_").replace("#", "_")
