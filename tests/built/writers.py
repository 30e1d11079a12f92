"""Dumps of simulated machines, written from lists of cables by no code of the package.

A machine is a list of cables `(device, port, device, port)` with ports from 0, the design's names, and what kind each
device is. The texts follow the formats of the tools: infiniband-diags 44, lldpd 1.0, SONiC, Arista EOS, PTM.
"""

from __future__ import annotations

import json
from collections import defaultdict

from attrs import define, field

Wire = tuple[str, int, str, int]


@define
class Machine:
    wires: list[Wire]
    switches: set[str]
    called: dict[str, str] = field(factory=dict)
    rates: dict[int, str] = field(factory=dict)

    def name(self, device: str) -> str:
        return self.called.get(device, device)

    @property
    def devices(self) -> list[str]:
        return sorted({d for w in self.wires for d in (w[0], w[2])})


def guid(machine: Machine, device: str) -> str:
    return f"{0xE09D730000000000 + 16 * (sorted(set(machine.devices) | machine.switches).index(device) + 1):016x}"


def ibnetdiscover(machine: Machine, rate: str = "4xNDR") -> str:
    at: dict[str, list[tuple[int, str, int, str]]] = defaultdict(list)
    for k, (a, p, b, q) in enumerate(machine.wires):
        speed = machine.rates.get(k, rate)
        at[a].append((p, b, q, speed))
        at[b].append((q, a, p, speed))
    out = ["#", "# Topology file: generated on Mon Jan  5 10:00:00 2026", "#", ""]
    keys = {d: ("S-" if d in machine.switches else "H-") + guid(machine, d) for d in machine.devices}
    for device in machine.devices:
        switch = device in machine.switches
        own = keys[device][2:]
        out += ["vendid=0x2c9", "devid=0xd2f2" if switch else "devid=0x1021", f"sysimgguid=0x{own}"]
        out.append(f"switchguid=0x{own}({own})" if switch else f"caguid=0x{own}")
        kind, more = ("Switch", " enhanced port 0 lid 7 lmc 0") if switch else ("Ca", "")
        out.append(f'{kind}\t65 "{keys[device]}"\t\t# "{machine.name(device)}"{more}')
        for port, far, far_port, speed in sorted(at[device]):
            own_guid = "" if switch else f"({own})"
            far_guid = "" if far in machine.switches else f"({keys[far][2:]}) "
            out.append(
                f'[{port + 1}]{own_guid} \t"{keys[far]}"[{far_port + 1}]{far_guid}\t\t# "{machine.name(far)}" lid 9 {speed}'
            )
        out.append("")
    return "\n".join(out)


def iblinkinfo(machine: Machine) -> str:
    lids = {d: k + 1 for k, d in enumerate(machine.devices)}
    out = []
    for device in machine.devices:
        switch = device in machine.switches
        head = (
            f"Switch: 0x{guid(machine, device)} {machine.name(device)}:" if switch else f"CA: {machine.name(device)}:"
        )
        out.append(head)
        for a, p, b, q in machine.wires:
            for near, port, far, far_port in ((a, p, b, q), (b, q, a, p)):
                if near == device:
                    out.append(
                        f"      {'' if switch else '0x' + guid(machine, device) + ' '}{lids[near]:>5}  {port + 1:>3}[  ] "
                        f"==( 4X      106.25 Gbps Active/  LinkUp)==>  {lids[far]:>5}  {far_port + 1:>3}[  ] "
                        f'"{machine.name(far)}" ( )'
                    )
        out.append(f'      {lids[device]:>5}   64[  ] ==(                Down/ Polling)==>             [  ] "" ( )')
    return "\n".join(out) + "\n"


def topo(machine: Machine) -> str:
    out = []
    for device in machine.devices:
        out.append(f"{'QM9700' if device in machine.switches else 'HCA_1'} {machine.name(device)}")
        for a, p, b, q in machine.wires:
            for near, port, far, far_port in ((a, p, b, q), (b, q, a, p)):
                if near == device:
                    kind = "QM9700" if far in machine.switches else "HCA_1"
                    out.append(f"   P{port + 1} -4x-100G-> {kind} {machine.name(far)} P{far_port + 1}")
        out.append("")
    return "\n".join(out)


def lldpd(machine: Machine, device: str) -> str:
    """What `lldpcli -f json show neighbors` prints on one device."""
    interfaces = []
    for a, p, b, q in machine.wires:
        for near, port, far, far_port in ((a, p, b, q), (b, q, a, p)):
            if near == device:
                row = {
                    "via": "LLDP",
                    "rid": "1",
                    "age": "0 day, 00:00:10",
                    "chassis": {
                        machine.name(far): {"id": {"type": "mac", "value": "52:54:00:00:00:01"}, "descr": "switch"}
                    },
                    "port": {
                        "id": {"type": "ifname", "value": f"swp{far_port + 1}"},
                        "descr": f"swp{far_port + 1}",
                        "ttl": "120",
                    },
                }
                interfaces.append({f"swp{port + 1}": row})
    found = interfaces[0] if len(interfaces) == 1 else interfaces
    return json.dumps({"lldp": {"interface": found}}, indent=2)


def arista(machine: Machine, device: str) -> str:
    rows = [
        {
            "port": f"Ethernet{port + 1}/1",
            "neighborDevice": machine.name(far),
            "neighborPort": f"Ethernet{far_port + 1}/1",
            "ttl": 120,
        }
        for a, p, b, q in machine.wires
        for near, port, far, far_port in ((a, p, b, q), (b, q, a, p))
        if near == device
    ]
    return json.dumps({"lldpNeighbors": rows})


def sonic(machine: Machine, device: str) -> str:
    lines = [
        "Capability codes: (R) Router, (B) Bridge, (O) Other",
        f"{'LocalPort':<11}  {'RemoteDevice':<40}  {'RemotePortID':<14}  Capability    RemotePortDescr",
        f"{'-' * 11}  {'-' * 40}  {'-' * 14}  ------------  ---------------",
    ]
    for a, p, b, q in machine.wires:
        for near, port, far, far_port in ((a, p, b, q), (b, q, a, p)):
            if near == device:
                lines.append(
                    f"Ethernet{8 * port:<3}  {machine.name(far):<40}  Ethernet{8 * far_port:<6}  BR            up"
                )
    lines += ["-" * 50, f"Total entries displayed:  {len(lines) - 3}"]
    return "\n".join(lines) + "\n"


def ptm(machine: Machine) -> str:
    edges = [f'"{machine.name(a)}":"swp{p + 1}" -- "{machine.name(b)}":"swp{q + 1}";' for a, p, b, q in machine.wires]
    nodes = [f'"{machine.name(d)}" [function="leaf"];' for d in machine.devices]
    return "graph G {\n" + "\n".join(nodes + edges) + "\n}\n"


def cvt(machine: Machine) -> str:
    rows = ["A-Rack,A-U,A-Node Name,A-Type,A-Port,Z-Rack,Z-RU,Z-Node Name,Z-Type,Z-Port"]
    for a, p, b, q in machine.wires:
        ends = [
            f"R1,1,{machine.name(d)},{'Switch' if d in machine.switches else 'Host'},swp{k + 1}"
            for d, k in ((a, p), (b, q))
        ]
        rows.append(",".join(ends))
    return "\n".join(rows) + "\n"
