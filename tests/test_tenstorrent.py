"""Tenstorrent's descriptors: a real cluster with cables missing, templates within templates, and broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.verification.verdict import verify
from cmxdsl.cli.main import cli
from cmxdsl.importing import imported
from cmxdsl.readers import Unread, format_of, read
from cmxdsl.readers.textproto import Message, textproto_of

from .test_docs import fences

FILES = Path(__file__).parent / "built"
GSD, CLUSTER = FILES / "quietbox_gsd.yaml", FILES / "16_n300_lb_cluster.textproto"
pytest.importorskip("yaml")


def test_what_is_missing_of_two_quietboxes(tmp_path: Path) -> None:
    """By hand: of node 03 the link of trays 3 and 1 on channel 8, and between the nodes tray 1 on channel 11, tray 3 on 9
    and 4; channels count from 4."""
    (meant,) = [text for place, text in fences("cmx") if place.startswith("verify") and "QuietBoxes" in text]
    names = tmp_path / "names.csv"
    names.write_text(
        'design,device,port\n"card[b, t]",bh-qbae-{b + 3:02}/tray{t + 1}/asic0\n'
        '"card[b, t].ch[c]",bh-qbae*/tray*/asic0,{c + 4}\n'
    )
    design = cmxdsl.loads(meant)
    assert sum(link.count for link in design.component.links) == 32
    found = verify(design.subject, read([str(GSD)]), "scale_up", str(names))
    assert (found.meant, found.right, found.cables) == (32, 28, 28)
    said = " ".join(cause.message for cause in found.causes)
    assert "3 of the 8 cables of `card[0, 2]`" in said and "`card[0, 0].ch[7]` to `card[1, 0].ch[7]`" in said


def test_the_descriptors_are_recognised() -> None:
    assert format_of(GSD, "") == "tt-system" and format_of(CLUSTER, "") == "tt-cabling"


def test_templates_are_laid_out() -> None:
    """By hand: six cables in each of four superpods, and six between them; sixteen nodes with four boards each."""
    built = read([str(CLUSTER)])
    assert (len(built.cables), len(built.devices)) == (4 * 6 + 6, 64)
    ends = {frozenset((built.devices[c.a].name, built.devices[c.b].name)) for c in built.cables}
    assert frozenset(("superpod3/node2/tray4", "superpod3/node4/tray2")) in ends
    assert frozenset(("superpod1/node4/tray4", "superpod4/node1/tray2")) in ends
    made = imported([str(CLUSTER)], plane="scale_up")
    assert "superpod_node[4, 4, 4]" in made.text and "does not describe N300_LB" in made.text


NODE = """
node_descriptors { key: "qb" value {
  boards { board { tray_id: 1 board_type: "P150" } board { tray_id: 2 board_type: 'P150' } }
  port_type_connections { key: "QSFP" value { connections { port_a { tray_id: 1 port_id: 2 } port_b { tray_id: 2 port_id: 2 } } } }
} }
graph_templates { key: "two" value {
  children { name: "a" node_ref { node_descriptor: "qb" } }   # comments go
  children { name: "b" node_ref: { node_descriptor: "qb" }, }
  internal_connections < key: "QSFP" value < connections <
      port_a < path: "a" tray_id: 1 port_id: 1 > port_b < path: ["b"] tray_id: 1; port_id: 1 > > > >
} }
root_instance { template_name: "two"
  child_mappings { key: "a" value { host_id: 0 } } child_mappings { key: "b" value { host_id: 1 } } }
"""
FACTORY = """
hosts { hostname: "host-a" } hosts { hostname: "host-b" } hosts { hostname: "host-c" } hosts { hostname: "host-d" }
board_types { board_locations { tray_id: 1 board_type: "N300" } }
eth_connections {
  connection { endpoint_a { host_id: 0 tray_id: 2 } endpoint_b { host_id: 1 tray_id: 1 } }
  connection { endpoint_a { host_id: 1 tray_id: 2 } endpoint_b { host_id: 2 tray_id: 1 } }
  connection { endpoint_a { host_id: 2 tray_id: 2 } endpoint_b { host_id: 3 tray_id: 1 } }
  connection { endpoint_a { host_id: 3 tray_id: 2 } endpoint_b { tray_id: 1 chan_id: 3 } }
}
"""


def test_nodes_that_are_described_have_their_own_cables(tmp_path: Path) -> None:
    (tmp_path / "c.textproto").write_text(NODE)
    built = read([str(tmp_path / "c.textproto")])
    ends = sorted(sorted((built.devices[c.a].name, built.devices[c.b].name)) for c in built.cables)
    assert ends == [["a/tray1", "a/tray2"], ["a/tray1", "b/tray1"], ["b/tray1", "b/tray2"]]
    assert {d.part for d in built.devices} == {"P150"} and not built.notes


def test_sockets_are_numbered_by_their_kind(tmp_path: Path) -> None:
    more = 'internal_connections { key: "QSFP_DD" value { connections { port_a { path: "a" tray_id: 1 port_id: 1 } port_b { path: "b" tray_id: 1 port_id: 1 } } } }'
    (tmp_path / "c.textproto").write_text(
        NODE.replace("  internal_connections <", f"  {more}\n  internal_connections <")
    )
    built = read([str(tmp_path / "c.textproto")])
    assert sorted(c.a_port for c in built.cables) == ["qsfp1", "qsfp2", "qsfp2", "qsfp_dd1"] and not built.problems


def test_a_descriptor_without_cables_says_where_they_are(tmp_path: Path) -> None:
    text = 'graph_templates { key: "q" value { children { name: "n" node_ref { node_descriptor: "P300" } } } }'
    text += ' root_instance { template_name: "q" child_mappings { key: "n" value { host_id: 0 } } }'
    (tmp_path / "c.textproto").write_text(text)
    with pytest.raises(Unread) as error:
        read([str(tmp_path / "c.textproto")])
    assert "cables inside of a node are not in the file" in error.value.finding.message


def test_a_factory_descriptor(tmp_path: Path) -> None:
    (tmp_path / "f.textproto").write_text(FACTORY)
    built = read([str(tmp_path / "f.textproto")])
    last = built.cables[-1]
    assert len(built.cables) == 4 and built.devices[last.b].name == "host-a/tray1/asic0" and last.b_port == "3"
    assert built.devices[last.b].part == "N300" and built.devices[last.a].part == ""


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (NODE.replace('path: "a"', 'path: "z"'), 10, "leads to no node"),
        (NODE.replace('key: "a" value { host', 'key: "z" value { host'), 13, "has no child `z`"),
        (NODE.replace('template_name: "two"', 'template_name: "three"'), 12, "no template `three`"),
        (NODE.replace("port_a < path", "port_c < path"), 9, "no `port_a`"),
        (NODE.rstrip()[:-2], 13, "is not closed"),
        (NODE + "}", 14, "`}` has no place"),
        (NODE.replace('"qb" value', '"qb valu'), 2, "not a protocol buffer"),
        ("root_instance {", 1, "not closed"),
        ("root_instance", 1, "in the middle of a field"),
        ("root_instance: }", 1, "has no value"),
        ("root_instance 3", 1, "has no value"),
        ("hosts { hostname: [1, {] }", 1, "a list holds"),
        ("hosts {" * 200, 1, "nested too deep"),
        ("hosts { }", 1, "neither"),
        (FACTORY.replace("endpoint_a { host_id: 1", "endpoint_a { host_id: 9"), 6, "no host 9"),
        (FACTORY.replace("endpoint_a { host_id: 2", "end { host_id: 2"), 7, "no `endpoint_a`"),
    ],
    ids=lambda v: str(v)[-24:],
)
def test_broken_descriptors_are_located(tmp_path: Path, text: str, line: int, said: str) -> None:
    (tmp_path / "d.textproto").write_text(text)
    with pytest.raises(Unread) as error:
        read([str(tmp_path / "d.textproto")], "tt-cabling")
    assert said in error.value.finding.message and error.value.finding.span.line == line


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (", {host_name: bh-qbae-04, tray_id: 3, asic_location: 0, chan_id: 10}]", "]", 49, "two ends"),
        ("chan_id: 10}, {", "channel: 10}, {", 49, "no `chan_id`"),
        ("tray_id: 1\n", "tray: 1\n", 5, "no `tray_id`"),
        ("compute_node_specs:", "- compute_node_specs:", 48, "not YAML"),
    ],
)
def test_broken_system_descriptors_are_located(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    text = GSD.read_text()
    assert old in text
    (tmp_path / "g.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(Unread) as error:
        read([str(tmp_path / "g.yaml")], "tt-system")
    assert said in error.value.finding.message and error.value.finding.span.line == line


@pytest.mark.parametrize("path", [GSD, CLUSTER], ids=lambda p: p.suffix)
def test_a_file_that_is_cut_anywhere_is_refused_or_read(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    name = "tt-system" if path is GSD else "tt-cabling"
    for k in range(40):
        (tmp_path / path.name).write_bytes(data[: len(data) * k // 40])
        run = CliRunner().invoke(cli, ["import", str(tmp_path / path.name), "--from", name], catch_exceptions=False)
        assert run.exit_code == 0 or "CMX120" in run.output


# --- laws -------------------------------------------------------------------------------------------------

_names = st.from_regex("[a-z][a-z_]{0,5}", fullmatch=True)
_texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8)
_trees = st.recursive(
    st.lists(st.tuples(_names, _texts), max_size=4),
    lambda inner: st.lists(st.tuples(_names, _texts | inner), max_size=4),
    max_leaves=12,
)


def _written(tree: list[tuple[str, object]]) -> str:
    parts = []
    for name, value in tree:
        if isinstance(value, str):
            quoted = value.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'{name}: "{quoted}"')
        else:
            parts.append(f"{name} {{ {_written(value)} }}\n")  # type: ignore[arg-type]
    return " ".join(parts)


def _same(message: Message, tree: list[tuple[str, object]]) -> bool:
    wanted: dict[str, list[object]] = {}
    for name, value in tree:
        wanted.setdefault(name, []).append(value)
    if wanted.keys() != message.fields.keys():
        return False
    for name, values in wanted.items():
        for have, want in zip(message.fields[name], values, strict=True):
            if isinstance(have, Message) != (not isinstance(want, str)):
                return False
            if isinstance(have, Message) and not _same(have, want):  # type: ignore[arg-type]
                return False
            if isinstance(have, str) and have != want:
                return False
    return True


@given(_trees)
def test_what_is_written_as_text_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, tree: list[tuple[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("proto") / "x.textproto"
    path.write_text(_written(tree), encoding="utf-8")
    assert _same(textproto_of(path, "x"), tree)
