"""Graphs of devices and links, as `cmx export` and networkx write them: GraphML, GEXF, node-link JSON.

An edge is a link, with the ports that it is plugged into as `source_port` and `target_port`. Where no edge has ports,
they are counted in the order of the edges, which is enough for an import and says nothing to a comparison.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from cmxdsl.readers.built import Built, damaged
from cmxdsl.readers.structured import json_of, line_of, xml_of

_TRUE, _FALSE = ("true", "1", "True"), ("false", "0", "False")
_NAMES = ("name", "label")  # what a node is called, where its own word is a number


class Node(NamedTuple):
    id: str
    values: Mapping[str, str]
    line: int


class Edge(NamedTuple):
    source: str
    target: str
    values: Mapping[str, str]
    line: int


def looks_like_graphml(head: str) -> bool:
    return "<graphml" in head


def looks_like_gexf(head: str) -> bool:
    return "<gexf" in head


def looks_like_node_link(head: str) -> bool:
    return head.lstrip()[:1] == "{" and '"nodes"' in head and re.search(r'"(?:directed|multigraph)"', head) is not None


def read_graphml(path: Path, file: str, built: Built) -> None:
    """Raises Unread, LimitExceeded."""
    root = xml_of(path, file)
    keys = {key.get("id", ""): key.get("attr.name", key.get("id", "")) for key in _all(root, "key")}
    graph = next(iter(_all(root, "graph")), None)
    if graph is None:
        raise damaged(file, line_of(root), "there is no `graph`")

    def values(element: Element) -> dict[str, str]:
        return {keys.get(d.get("key", ""), d.get("key", "")): d.text or "" for d in _all(element, "data")}

    nodes = [Node(n.get("id", ""), values(n), line_of(n)) for n in _all(graph, "node")]
    edges = [Edge(e.get("source", ""), e.get("target", ""), values(e), line_of(e)) for e in _all(graph, "edge")]
    _read(nodes, edges, graph.get("edgedefault") == "directed", file, built)


def read_gexf(path: Path, file: str, built: Built) -> None:
    """Raises Unread, LimitExceeded."""
    root = xml_of(path, file)
    graph = next(iter(_all(root, "graph")), None)
    if graph is None:
        raise damaged(file, line_of(root), "there is no `graph`")
    titles = {
        (group.get("class", ""), a.get("id", "")): a.get("title", "")
        for group in _all(graph, "attributes")
        for a in _all(group, "attribute")
    }

    def values(element: Element, kind: str) -> dict[str, str]:
        found = {"label": element.get("label", "")} if element.get("label") else {}
        for one in element.iter():
            if _plain(one.tag) == "attvalue":
                name = one.get("for", one.get("id", ""))
                found[titles.get((kind, name), name)] = one.get("value", "")
        return found

    nodes = [
        Node(n.get("id", ""), values(n, "node"), line_of(n))
        for group in _all(graph, "nodes")
        for n in _all(group, "node")
    ]
    edges = [
        Edge(e.get("source", ""), e.get("target", ""), values(e, "edge"), line_of(e))
        for group in _all(graph, "edges")
        for e in _all(group, "edge")
    ]
    _read(nodes, edges, graph.get("defaultedgetype") == "directed", file, built)


def read_node_link(path: Path, file: str, built: Built) -> None:
    """Raises Unread, LimitExceeded."""
    data = json_of(path, file)
    lists = [data.get(key) for key in ("nodes", "edges")] if isinstance(data, dict) else [None, None]
    if isinstance(data, dict) and lists[1] is None:
        lists[1] = data.get("links")  # networkx before 3.4
    for what, rows in zip(("nodes", "edges"), lists, strict=True):
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise damaged(file, 1, f"there is no list `{what}`")
    nodes = [Node(_word(row.get("id")), _words(row), 1) for row in lists[0] or ()]
    edges = [Edge(_word(row.get("source")), _word(row.get("target")), _words(row), 1) for row in lists[1] or ()]
    _read(nodes, edges, data.get("directed") is True, file, built)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _words(row: Mapping[str, object]) -> dict[str, str]:
    return {key: _word(value) for key, value in row.items() if isinstance(value, (str, int, float))}


def _all(element: Element, tag: str) -> Iterable[Element]:
    return (child for child in element if _plain(child.tag) == tag)


def _plain(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def _read(nodes: list[Node], edges: list[Edge], directed: bool, file: str, built: Built) -> None:
    numbers: dict[str, int] = {}
    for node in nodes:
        if not node.id or node.id in numbers:
            said = f"two nodes are called `{node.id[:40]}`" if node.id else "a node has no `id`"
            raise damaged(file, node.line, said)
        switch = node.values.get("switch", "")
        kind = "switch" if switch in _TRUE else "endpoint" if switch in _FALSE else ""
        called = next((node.values[key] for key in _NAMES if node.values.get(key)), node.id)
        numbers[node.id] = built.device(
            node.id, file, node.line, name=called if node.id.isdigit() else node.id, kind=kind
        )
    for edge in edges:
        for end in (edge.source, edge.target):
            if end not in numbers:
                raise damaged(file, edge.line, f"an edge leads to `{end[:40]}`, which is no node")
    ported = [bool(e.values.get("source_port")) and bool(e.values.get("target_port")) for e in edges]
    if edges and not any(ported):
        _counted(edges, numbers, directed, file, built)
        return
    if not all(ported):
        lacking = edges[ported.index(False)]
        raise damaged(file, lacking.line, "an edge has no `source_port` and `target_port`, as others have")
    for edge in edges:
        ends = (numbers[edge.source], edge.values["source_port"]), (numbers[edge.target], edge.values["target_port"])
        built.cable(*ends, (file, edge.line), rate=_rate(edge))


def _counted(edges: list[Edge], numbers: dict[str, int], directed: bool, file: str, built: Built) -> None:
    """Ports in the order of the edges. Of a directed graph, a link is an edge each way, or one either way."""
    built.portless = True
    built.notes.append("Ports are not in the file: they are counted in the order of its links.")
    ports: Counter[str] = Counter()
    back: Counter[tuple[str, str]] = Counter()
    for edge in edges:
        if directed and back[edge.target, edge.source]:
            back[edge.target, edge.source] -= 1  # the other way of a link that is there already
            continue
        back[edge.source, edge.target] += directed
        ends = []
        for end in (edge.source, edge.target):
            ports[end] += 1
            ends.append((numbers[end], str(ports[end])))
        built.cable(ends[0], ends[1], (file, edge.line), rate=_rate(edge))


def _rate(edge: Edge) -> float | None:
    """In b/s, as cmx writes it; None where it is no number."""
    try:
        rate = float(edge.values.get("rate", ""))
    except ValueError:
        return None
    return rate if 0 < rate < 1e18 else None


__all__ = [
    "looks_like_gexf",
    "looks_like_graphml",
    "looks_like_node_link",
    "read_gexf",
    "read_graphml",
    "read_node_link",
]
