"""Graphs in: what cmx and networkx write is read back link for link; broken files are refused where they are broken."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.cli.main import cli
from cmxdsl.importing import imported
from cmxdsl.outputs.exports import write
from cmxdsl.readers import READERS, Built, Unread, format_of, read

from .conftest import ROOT

FORMATS = ("graphml", "gexf", "node-link")


def ends(built: Built) -> Counter[frozenset[tuple[str, str]]]:
    return Counter(
        frozenset(((built.devices[c.a].name, c.a_port), (built.devices[c.b].name, c.b_port))) for c in built.cables
    )


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["cloudmatrix384", "gb200_nvl72"])
def test_an_export_comes_back_link_for_link(name: str, format: str, tmp_path: Path) -> None:
    design = cmxdsl.load(ROOT / "designs" / f"{name}.cmx")
    plane = "scale_up"
    wanted = Counter(
        frozenset(((row["a_device"], row["a_port"]), (row["b_device"], row["b_port"])))
        for row in csv.DictReader("".join(write(design.subject, "links", plane=plane)).splitlines())
    )
    file = tmp_path / "graph"
    file.write_text("".join(write(design.subject, format, plane=plane)), encoding="utf-8")
    assert format_of(file, "graph") == format
    built = read([str(file)])
    assert ends(built) == wanted and not built.portless and not built.problems
    if name == "gb200_nvl72":
        assert imported([str(file)], plane=plane).text  # which compares it with the file


def _graph(seed: int) -> nx.MultiGraph:
    """A random multigraph with the ports of its links."""
    plain = nx.gnm_random_graph(12, 30, seed=seed)
    graph = nx.MultiGraph()
    graph.add_nodes_from((f"box{n}", {"switch": n < 4}) for n in plain)
    used: Counter[str] = Counter()
    for a, b in [*plain.edges, *list(plain.edges)[:5]]:  # some twice
        for n in (a, b):
            used[f"box{n}"] += 1
        graph.add_edge(
            f"box{a}", f"box{b}", source_port=f"p{used[f'box{a}']}", target_port=f"p{used[f'box{b}']}", rate=1e11
        )
    return graph


def _written(graph: Any, format: str, path: Path) -> str:
    if format == "graphml":
        nx.write_graphml(graph, path)
    elif format == "gexf":
        nx.write_gexf(graph, path)
    else:
        path.write_text(json.dumps(nx.node_link_data(graph, edges="edges")))
    return str(path)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("seed", range(3))
def test_what_networkx_writes(format: str, seed: int, tmp_path: Path) -> None:
    graph = _graph(seed)
    file = _written(graph, format, tmp_path / "graph")
    built = read([file], format)
    assert ends(built) == Counter(
        frozenset(((a, d["source_port"]), (b, d["target_port"]))) for a, b, d in graph.edges(data=True)
    )
    assert {d.name: d.kind for d in built.devices} == {
        n: "switch" if d["switch"] else "endpoint" for n, d in graph.nodes(data=True)
    }
    assert {c.rate for c in built.cables} == {1e11}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("directed", [False, True])
def test_a_graph_without_ports_is_imported_and_not_compared(format: str, directed: bool, tmp_path: Path) -> None:
    graph: Any = nx.hypercube_graph(3)
    graph = nx.relabel_nodes(graph, {n: f"node{''.join(map(str, n))}" for n in graph})
    graph = graph.to_directed() if directed else graph
    file = _written(graph, format, tmp_path / "cube")
    built = read([file], format)
    assert len(built.cables) == 12 and built.portless
    made = imported([file], reader=format)
    assert "Ports are not in the file" in made.text
    (tmp_path / "d.cmx").write_text(made.text)
    run = CliRunner().invoke(cli, ["verify", str(tmp_path / "d.cmx"), "--built", file, "--reader", format])
    assert run.exit_code == 2 and "names no ports" in run.output


GRAPHML = '<graphml><graph edgedefault="undirected">{}</graph></graphml>'
NODES = '<node id="a"/><node id="b"/>'
PORTS = '<data key="source_port">1</data><data key="target_port">{}</data>'


@pytest.mark.parametrize(
    ("format", "text", "line", "said"),
    [
        ("graphml", "<graphml/>", 1, "no `graph`"),
        ("graphml", GRAPHML.format(NODES + '\n<node id="a"/>'), 2, "two nodes are called `a`"),
        ("graphml", GRAPHML.format("<node/>"), 1, "has no `id`"),
        ("graphml", GRAPHML.format(NODES + '\n\n<edge source="a" target="c"/>'), 3, "`c`, which is no node"),
        (
            "graphml",
            GRAPHML.format(
                NODES + f'<edge source="a" target="b">{PORTS.format(2)}</edge>\n<edge source="a" target="b"/>'
            ),
            2,
            "as others have",
        ),
        ("graphml", GRAPHML.format(NODES)[:30], 1, "not XML"),
        ("gexf", "<gexf/>", 1, "no `graph`"),
        ("gexf", '<!DOCTYPE x [<!ENTITY a "b">]><gexf/>', 1, "an entity"),
        ("node-link", "{}", 1, "no list `nodes`"),
        ("node-link", '{"nodes": [{"id": 1}], "edges": 3}', 1, "no list `edges`"),
        ("node-link", '{"nodes": [1], "edges": []}', 1, "no list `nodes`"),
        ("node-link", '{"nodes": [{"id": 1}],\n"edges": [', 2, "not JSON"),
        ("node-link", "[]", 1, "no list `nodes`"),
    ],
    ids=lambda v: str(v)[:20],
)
def test_broken_graphs_are_located(tmp_path: Path, format: str, text: str, line: int, said: str) -> None:
    (tmp_path / "g").write_text(text)
    with pytest.raises(Unread) as error:
        read([str(tmp_path / "g")], format)
    assert said in error.value.finding.message and error.value.finding.span.line == line


def test_a_port_with_two_links_is_a_contradiction(tmp_path: Path) -> None:
    edges = "".join(f'<edge source="a" target="{b}">{PORTS.format(3)}</edge>' for b in "bc")
    (tmp_path / "g").write_text(GRAPHML.format(NODES + '<node id="c"/>' + edges))
    assert [d.code for d in read([str(tmp_path / "g")], "graphml").problems] == ["CMX1203"]


def test_the_command_knows_every_reader() -> None:
    from cmxdsl.cli.importing import PART_NAMES
    from cmxdsl.cli.verify import READER_NAMES
    from cmxdsl.outputs.importing.formats import IMPORTS

    assert sorted(PART_NAMES) == sorted(IMPORTS)
    assert sorted(READER_NAMES) == sorted(READERS)
    listed = CliRunner().invoke(cli, ["import", "--list"]).output
    assert all(name in listed for name in (*READERS, "device-type", "nccl", "hwloc", "nvidia-smi"))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda e: e[0] != e[1]), min_size=1, max_size=30)
)
def test_any_graph_is_imported_exactly(tmp_path_factory: pytest.TempPathFactory, edges: list[tuple[int, int]]) -> None:
    """The import compares its design with the file before it hands it over."""
    graph = nx.MultiGraph()
    graph.add_edges_from((f"box{a}", f"box{b}") for a, b in edges)
    made = imported([_written(graph, "graphml", tmp_path_factory.mktemp("g") / "g.graphml")])
    assert sum(p.rows.size for p in made.found.patterns) == len(edges)
