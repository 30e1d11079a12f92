"""NetBox's API and Redfish as dumps: the links of a small machine, its damage, and files that are broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.verification.verdict import verify
from cmxdsl.cli.main import cli
from cmxdsl.importing import imported
from cmxdsl.readers import Built, Unread, format_of, read

DESIGN = """
protocol Eth { plane = scale_out; rate = 400 Gb/s }
switch Leaf { part_number = "SN5600"; port swp[4]: Eth }
switch Spine { part_number = "SN5600"; port swp[4]: Eth }
system Fabric {
    leaf[2]: Leaf
    spine[2]: Spine
    link leaf[l].swp[2*s + k] -- spine[s].swp[2*l + k] for l in 0..1, s in 0..1, k in 0..1
}
"""
WIRES = [
    (f"leaf{a + 1}", f"swp{2 * s + k + 1}", f"spine{s + 1}", f"swp{2 * a + k + 1}")
    for a in range(2)
    for s in range(2)
    for k in range(2)
]
NAMES = "design,device,port\nleaf[i],leaf{i + 1},\nspine[i],spine{i + 1},\nleaf[i].swp[p],leaf*,swp{p + 1}\nspine[i].swp[p],spine*,swp{p + 1}\n"


def _side(device: str, port: str) -> dict[str, Any]:
    return {
        "object_type": "dcim.interface",
        "object": {"id": 1, "device": {"id": 3, "name": device}, "name": port},
    }


def cables(wires: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "id": k,
            "type": "dac-passive",
            "a_terminations": [_side(a, p)],
            "b_terminations": [_side(b, q)],
            "status": {"value": "connected", "label": "Connected"},
            "length": 150.0,
            "length_unit": {"value": "cm", "label": "Centimeters"},
        }
        for k, (a, p, b, q) in enumerate(wires)
    ]


def old_cables(wires: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    """As NetBox before 3.3 has them."""
    return [
        {
            "termination_a_type": "dcim.interface",
            "termination_a": {"device": {"name": a}, "name": p},
            "termination_b_type": "dcim.interface",
            "termination_b": {"device": {"name": b}, "name": q},
            "status": "connected",
            "length": None,
        }
        for a, p, b, q in wires
    ]


def interfaces(wires: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    ends = [*wires, *((b, q, a, p) for a, p, b, q in wires)]
    return [
        {
            "device": {"name": a},
            "name": p,
            "type": {"value": "400gbase-x-osfp"},
            "speed": None,
            "connected_endpoints": [{"device": {"name": b}, "name": q}],
            "connected_endpoints_type": "dcim.interface",
        }
        for a, p, b, q in ends
    ]


def redfish(wires: list[tuple[str, str, str, str]], lldp: bool = False) -> dict[str, Any]:
    """The leaves' managements, in one file."""
    found: dict[str, Any] = {}
    for a, p, b, q in wires:
        found[f"/redfish/v1/Fabrics/F/Switches/{a}"] = {"Model": "SN5600", "FirmwareVersion": "5.9"}
        port = {
            "@odata.type": "#Port.v1_6_0.Port",
            "PortId": p,
            "LinkStatus": "LinkUp",
            "CurrentSpeedGbps": 400,
            "Width": 8,
        }
        if lldp:
            port["Ethernet"] = {"LLDPReceive": {"SystemName": b, "PortId": q}}
        else:
            port["Links"] = {"ConnectedPorts": [{"@odata.id": f"/redfish/v1/Fabrics/F/Switches/{b}/Ports/{q}"}]}
        found[f"/redfish/v1/Fabrics/F/Switches/{a}/Ports/{p[3:]}"] = port
    return found


FORMS = {
    "cables": lambda w: {"count": len(w), "next": None, "previous": None, "results": cables(w)},
    "list": cables,
    "old": old_cables,
    "interfaces": interfaces,
    "redfish": redfish,
    "lldp": lambda w: redfish(w, lldp=True),
}


def saved(tmp_path: Path, data: object, name: str = "dump.json") -> str:
    (tmp_path / name).write_text(json.dumps(data, indent=1))
    return str(tmp_path / name)


def links(built: Built) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(((built.devices[c.a].name, c.a_port), (built.devices[c.b].name, c.b_port))) for c in built.cables}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_the_same_links(form: str, tmp_path: Path) -> None:
    file = saved(tmp_path, FORMS[form](WIRES))
    assert format_of(Path(file), file) == ("redfish" if form in ("redfish", "lldp") else "netbox")
    built = read([file])
    assert links(built) == {frozenset(((a, p), (b, q))) for a, p, b, q in WIRES} and not built.problems
    (rate,) = {c.rate for c in built.cables}
    assert rate == (None if form in ("cables", "list", "old") else 400e9)
    if form in ("cables", "list"):
        assert {c.metres for c in built.cables} == {1.5}


@pytest.mark.parametrize("form", FORMS)
def test_a_swap_is_found(form: str, tmp_path: Path) -> None:
    wires = list(WIRES)
    (a, p, b, q), (c, r, d, s) = wires[0], wires[5]
    wires[0], wires[5] = (a, p, d, s), (c, r, b, q)
    (tmp_path / "names.csv").write_text(NAMES)
    design = cmxdsl.loads(DESIGN)
    right = verify(
        design.subject, read([saved(tmp_path, FORMS[form](WIRES))]), "scale_out", str(tmp_path / "names.csv")
    )
    assert right.right == right.meant == 8 and not right.causes
    found = verify(
        design.subject, read([saved(tmp_path, FORMS[form](wires))]), "scale_out", str(tmp_path / "names.csv")
    )
    assert found.right == 6 and len(found.causes) == 1


def test_devices_of_netbox_say_what_they_are(tmp_path: Path) -> None:
    devices = [
        {"name": "leaf1", "role": {"slug": "leaf-switch"}, "device_type": {"model": "SN5600"}},
        {"name": "gpu1", "device_role": {"name": "GPU server"}, "device_type": {"model": "DGX H100"}},
        {"name": None, "device_type": {"model": "PDU"}},
    ]
    wires = [("leaf1", "swp1", "gpu1", "eth0")]
    built = read([saved(tmp_path, cables(wires), "c.json"), saved(tmp_path, devices, "d.json")])
    assert {(d.name, d.kind, d.part) for d in built.devices} == {
        ("leaf1", "switch", "SN5600"),
        ("gpu1", "endpoint", ""),
    }


def test_what_is_no_network_cable_is_left_out_and_what_is_lost_is_said(tmp_path: Path) -> None:
    rows = cables(WIRES[:1])
    for kind in ("dcim.powerport", "dcim.consoleport", "circuits.circuittermination"):
        rows.append({**cables(WIRES[1:2])[0], "b_terminations": [{"object_type": kind, "object": {}}]})
    assert not read([saved(tmp_path, rows)]).problems
    rows.append({**cables(WIRES[1:2])[0], "b_terminations": [{"object_type": "dcim.frontport", "object": {}}]})
    rows.append({**cables(WIRES[1:2])[0], "b_terminations": [_side("x", "1"), _side("x", "2")]})
    rows.append({**cables(WIRES[1:2])[0], "status": {"value": "planned"}})
    built = read([saved(tmp_path, {"next": "https://x/?offset=50", "count": 90, "results": rows})])
    assert len(built.cables) == 1
    said = [d.message for d in built.problems]
    assert ["one page" in m or "patch panel" in m or "more ends" in m for m in said] == [True] * 3
    assert "7 of 90" in said[0] and all(d.code == "CMX1205" and d.help for d in built.problems)


HOST = {
    "/redfish/v1/Systems/1": {"HostName": "gpu007", "Model": "DGX H100"},
    "/redfish/v1/Chassis/HGX": {"Links": {"ComputerSystems": [{"@odata.id": "/redfish/v1/Systems/1"}]}},
    "/redfish/v1/Chassis/HGX/NetworkAdapters/NIC1/Ports/1": {
        "LinkStatus": "LinkUp",
        "CurrentSpeedGbps": 200,
        "Ethernet": {
            "LLDPReceive": {"ChassisId": "leaf-04", "PortId": "54:65:6E:2D:47:69:67:45:31", "PortIdSubtype": "IfName"}
        },
    },
    "/redfish/v1/Chassis/HGX/NetworkAdapters/NIC2/Ports/1": {"LinkStatus": "LinkDown", "CurrentSpeedGbps": 0},
    "/redfish/v1/Chassis/HGX/NetworkAdapters/NIC3/Ports/1": {
        "Ethernet": {"LLDPReceive": {"ChassisId": "2c:23:3a:48:2f:5d", "PortId": "9C:DC:71:C3:BB:16"}}
    },
}


def test_a_host_says_its_name_and_what_it_hears(tmp_path: Path) -> None:
    built = read([saved(tmp_path, HOST)])
    assert links(built) == {frozenset((("gpu007", "NIC1/1"), ("leaf-04", "Ten-GigE1")))}
    assert built.down == 1 and "1 neighbours are known by a MAC" in built.problems[0].message
    unnamed = {k: v for k, v in HOST.items() if "Systems" not in k}
    assert {d.name for d in read([saved(tmp_path, unnamed, "gpu-9.json")]).devices} == {"gpu-9", "leaf-04"}
    nested = {"@odata.id": "/redfish/v1", "Systems": {"Members": [{"@odata.id": k, **v} for k, v in HOST.items()]}}
    assert links(read([saved(tmp_path, nested)])) == links(built)


def test_an_import_of_netbox(tmp_path: Path) -> None:
    made = imported([saved(tmp_path, interfaces(WIRES))])
    assert "8 links of 4 devices: 8 in 1 patterns" in made.text or "link leaf" in made.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"results": 3}, "no list `results`"),
        ([{"a_terminations": 1, "b_terminations": []}], "no list"),
        (
            [
                {
                    "a_terminations": [{"object_type": "dcim.interface", "object": {}}],
                    "b_terminations": [_side("a", "b")],
                }
            ],
            "without the names",
        ),
        ([{"name": "x"}], "neither a cable"),
        ([{**cables(WIRES)[0], "length_unit": "ell"}], "the length of cable 1"),
        ([{"device": {"name": "a"}, "name": "b", "connected_endpoints": 3}], "no list"),
        ([{"device": {"name": "a"}, "name": "b", "connected_endpoints": [{}]}], "without the names"),
    ],
    ids=lambda v: str(v)[:20],
)
def test_broken_answers_of_netbox(tmp_path: Path, data: object, said: str) -> None:
    with pytest.raises(Unread) as error:
        read([saved(tmp_path, data)], "netbox")
    assert said in error.value.finding.message


def test_broken_redfish(tmp_path: Path) -> None:
    deep: Any = {}
    for _ in range(150):
        deep = {"a": deep}
    for data, said in (
        ([1, 2], "no resource"),
        ({"@odata.id": "/redfish/v1"}, "no resource"),
        (deep, "nested too deep"),
    ):
        with pytest.raises(Unread) as error:
            read([saved(tmp_path, data)], "redfish")
        assert said in error.value.finding.message


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.sampled_from(sorted({
        "results", "a_terminations", "b_terminations", "object", "object_type", "device", "name", "status", "length",
        "connected_endpoints", "device_type", "role", "@odata.id", "/redfish/v1/Chassis/a/NetworkAdapters/b/Ports/c",
        "/redfish/v1/Fabrics/a/Switches/b/Ports/c", "/redfish/v1/Systems/a", "/redfish/v1/Chassis/a", "Links", "HostName",
        "Ethernet", "LLDPReceive", "ConnectedPorts", "PortId", "ComputerSystems", "LinkStatus", "CurrentSpeedGbps",
    })), x, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(_json, st.sampled_from(["netbox", "redfish"]))
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: object, reader: str) -> None:
    file = saved(tmp_path_factory.mktemp("json"), data)
    try:
        read([file], reader)
    except Unread as error:
        assert error.finding.message


def test_the_command_says_what_it_cannot_read(tmp_path: Path) -> None:
    file = saved(tmp_path, {"results": [{"device_type": {}, "name": "x"}]})
    run = CliRunner().invoke(cli, ["import", file, "--from", "netbox"], catch_exceptions=False)
    assert run.exit_code == 1 and "CMX1204" in run.output
