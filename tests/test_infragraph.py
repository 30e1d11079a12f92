"""InfraGraph in: its own graph of its own blueprints, slices by Python's rule, and files that are broken."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmxdsl.importing import imported
from cmxdsl.limits import LimitExceeded
from cmxdsl.readers import Built, Unread, format_of, read

pytest.importorskip("yaml")
CLOS = Path(__file__).parent / "built" / "infragraph_clos.yaml"


def test_a_fat_tree() -> None:
    """By hand: radix 8 in two tiers has 8 leaves with 4 links up and 4 down, 4 spines, 16 servers of two adapters."""
    assert format_of(CLOS, "") == "infragraph"
    built = read([str(CLOS)])
    assert len(built.cables) == 8 * 4 + 16 * 2 and built.portless
    assert sum(d.name.endswith("asic.0") for d in built.devices) == 12
    made = imported([str(CLOS)])
    assert "144 links inside of devices are left out" in made.text  # 16 servers of 9; those of ports are not counted


def _own_graph(infrastructure: Any) -> set[frozenset[str]]:
    """InfraGraph's links between instances, a port as the component that it hangs on."""
    from infragraph.infragraph_service import InfraGraphService  # type: ignore[import-not-found]

    service = InfraGraphService()
    service.set_graph(infrastructure)
    graph = service.get_networkx_graph()

    def owner(node: str) -> str:
        return ".".join(node.split(".")[:2])

    def hub(node: str) -> str:
        inside = {n for n in graph[node] if owner(n) == owner(node)}
        if graph.nodes[node]["type"] == "port" and len(inside) == 1:
            return next(iter(inside))
        return node

    links = [frozenset((hub(a), hub(b))) for a, b in graph.edges if owner(a) != owner(b)]
    return set(links)


@pytest.mark.parametrize("name", ["clos2", "clos3", "dragonfly", "single"])
def test_its_blueprints_come_out_as_its_own_graph(name: str, tmp_path: Path) -> None:
    pytest.importorskip("infragraph")
    from infragraph.blueprints.devices.generic.generic_switch import Switch  # type: ignore[import-not-found]
    from infragraph.blueprints.devices.generic.server import Server  # type: ignore[import-not-found]
    from infragraph.blueprints.fabrics.clos_fat_tree_fabric import ClosFatTreeFabric  # type: ignore[import-not-found]
    from infragraph.blueprints.fabrics.dragonfly_fabric import DragonflyFabric  # type: ignore[import-not-found]
    from infragraph.blueprints.fabrics.single_tier_fabric import SingleTierFabric  # type: ignore[import-not-found]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fabric = {
            "clos2": lambda: ClosFatTreeFabric(Switch(port_count=8), Server(), 2, []),
            "clos3": lambda: ClosFatTreeFabric(Switch(port_count=4), Server(), 3, []),
            "dragonfly": lambda: DragonflyFabric(Switch(port_count=8), Server(), 4, 2, 2),
            "single": lambda: SingleTierFabric(Server(), 4),
        }[name]()
        wanted = _own_graph(fabric)
    (tmp_path / "f.yaml").write_text(fabric.serialize(fabric.YAML))
    built = read([str(tmp_path / "f.yaml")], "infragraph")
    assert {frozenset((built.devices[c.a].name, built.devices[c.b].name)) for c in built.cables} == wanted
    assert imported([str(tmp_path / "f.yaml")]).text


BASE = """\
devices:
  - name: host
    components:
      - {name: nic, count: 4, choice: nic}
      - {name: xpu, count: 4, choice: xpu}
    links: [{name: pcie, physical: {bandwidth: {choice: gigabytes_per_second, gigabytes_per_second: 32}}}]
    edges:
      - {scheme: one2one, link: pcie, ep1: {component: nic}, ep2: {component: xpu}}
  - name: box
    components:
      - {name: port, count: 8, choice: port}
      - {name: chip, count: 1, choice: switch}
      - {name: card, count: 1, choice: device}
    edges:
      - {scheme: many2many, link: x, ep1: {component: port}, ep2: {component: chip}}
  - name: card
    components: [{name: eye, count: 2, choice: custom, custom: {type: eye}}]
instances:
  - {name: h, device: host, count: 2}
  - {name: b, device: box, count: 1}
links: [{name: net, physical: {bandwidth: {choice: gigabits_per_second, gigabits_per_second: 400}}}]
edges:
  - scheme: one2one
    link: net
    ep1: {instance: "h[0:2]", component: "nic[0:4]"}
    ep2: {instance: "b[0]", component: "port[0:8]"}
"""


def links(built: Built) -> set[tuple[str, str, str, str]]:
    return {(built.devices[c.a].name, c.a_port, built.devices[c.b].name, c.b_port) for c in built.cables}


def saved(tmp_path: Path, text: str) -> str:
    (tmp_path / "i.yaml").write_text(text)
    return str(tmp_path / "i.yaml")


def test_edges_between_instances(tmp_path: Path) -> None:
    built = read([saved(tmp_path, BASE)])
    assert links(built) == {
        (f"h.{i}.nic.{n}", "1", "b.0.chip.0", f"port.{4 * i + n}") for i in range(2) for n in range(4)
    }
    assert {c.rate for c in built.cables} == {400e9} and not built.problems
    assert "8 links inside of devices are left out." in built.notes
    assert {d.kind for d in built.devices} == {"endpoint", "switch"}


def test_edges_inside_of_devices_where_there_are_no_others(tmp_path: Path) -> None:
    built = read([saved(tmp_path, BASE[: BASE.rindex("edges:")])])
    inside = {(a, b) for a, _, b, _ in links(built)}
    assert {(f"h.{i}.nic.{n}", f"h.{i}.xpu.{n}") for i in range(2) for n in range(4)} <= inside
    assert 32e9 * 8 in {c.rate for c in built.cables}


def test_devices_inside_of_devices(tmp_path: Path) -> None:
    text = BASE.replace('component: "port[0:8]"', 'component: "card[0].eye[0:2]"').replace("nic[0:4]", "nic[1]")
    found = {(a, b) for a, _, b, _ in links(read([saved(tmp_path, text)]))}
    assert found == {("h.0.nic.1", "b.0.card.0.eye.0"), ("h.1.nic.1", "b.0.card.0.eye.1")}


def test_one2one_of_unequal_numbers_is_told(tmp_path: Path) -> None:
    built = read([saved(tmp_path, BASE.replace("port[0:8]", "port[0:5]"))])
    assert len(built.cables) == 5 and "joins 8 and 5" in built.problems[0].message and built.problems[0].span.line == 23


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("device: box", "device: bux", 20, "`bux`, which is not there"),
        ("count: 2}\n  - {name: b", "count: -2}\n  - {name: b", 19, "is not a count"),
        ("scheme: one2one\n", "scheme: none\n", 23, "neither one2one nor many2many"),
        ("h[0:2]", "g[0:2]", 23, "no instance `g"),
        ("nic[0:4]", "nik[0:4]", 23, "no component `nik"),
        ("nic[0:4]", "nic[a]", 23, "is not a slice"),
        ("nic[0:4]", "nic[0:4:0]", 23, "no step of 0"),
        ("nic[0:4]", "nic[7]", 23, "no number 7 of 4"),
        ("    ep2: {instance", "    ep3: {instance", 23, "no `ep2`"),
        ("    link: net\n    ep1", "    <<: *x\n    ep1", 24, "an alias"),
        ("name: eye, count: 2, choice: custom", "name: card, count: 2, choice: device", 1, "inside of itself"),
        ("  - name: card\n", "  - name: kard\n", 1, "no device `card`"),
    ],
)
def test_broken_files_are_located(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in BASE
    with pytest.raises(Unread) as error:
        read([saved(tmp_path, BASE.replace(old, new, 1))], "infragraph")
    assert said in error.value.finding.message and error.value.finding.span.line == line


def test_what_would_not_end_is_refused(tmp_path: Path) -> None:
    huge = BASE.replace("count: 4, choice: nic", "count: 1999999, choice: nic").replace("nic[0:4]", "nic")
    with pytest.raises(LimitExceeded):
        read([saved(tmp_path, huge.replace("scheme: one2one\n    link: net", "scheme: many2many\n    link: net"))])


@given(st.integers(1, 9), st.tuples(*[st.none() | st.integers(-10, 10)] * 3))
def test_slices_are_pythons(
    tmp_path_factory: pytest.TempPathFactory, count: int, numbers: tuple[int | None, int | None, int | None]
) -> None:
    if numbers[2] == 0:
        return
    text = ":".join("" if n is None else str(n) for n in numbers)
    wanted = list(range(count))[slice(*numbers)]
    source = BASE.replace("count: 4, choice: nic", f"count: {count}, choice: nic").replace("nic[0:4]", f"nic[{text}]")
    source = source.replace("scheme: one2one\n    link: net", "scheme: many2many\n    link: net").replace(
        "port[0:8]", "chip"
    )
    source = source.replace("h[0:2]", "h[0]")
    try:
        built = read([saved(tmp_path_factory.mktemp("s"), source)], "infragraph")
    except Unread as error:
        assert not wanted and "holds no link" in error.finding.message
        return
    if wanted:
        assert [built.devices[c.a].name for c in built.cables] == [f"h.0.nic.{n}" for n in wanted]
