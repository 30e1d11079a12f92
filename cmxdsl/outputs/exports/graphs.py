"""Devices and links as graphs: GraphML (graphml.graphdrawing.org), GEXF 1.2 (gexf.net), networkx's node-link JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from cmxdsl.analysis.base.roles import role_of
from cmxdsl.outputs.exports.cabling import Cabling, Link

_NODE = {"path": "string", "part": "string", "kind": "string", "role": "string", "switch": "boolean"}
_EDGE = {"source_port": "string", "target_port": "string", "rate": "double", "medium": "string"}


def _node(plane: Cabling, device: int) -> dict[str, object]:
    part = plane.component(device)
    return {
        "path": plane.net.name(device),
        "part": part.name,
        "kind": part.kind,
        "role": role_of(part),
        "switch": part.kind == "switch",
    }


def _edge(plane: Cabling, link: Link) -> dict[str, object]:
    """Without what is not known: an unknown rate is not 0."""
    found = {
        "source_port": plane.port(link.a_port),
        "target_port": plane.port(link.b_port),
        "rate": link.rate,
        "medium": link.medium or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def graphml(plane: Cabling) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for what, keys in (("node", _NODE), ("edge", _EDGE)):
        for key, type_ in keys.items():
            yield f'  <key id="{key}" for="{what}" attr.name="{key}" attr.type="{type_}"/>\n'
    yield f'  <graph id={quoteattr(plane.plan.plane)} edgedefault="undirected">\n'
    for device in range(plane.size):
        yield f"    <node id={quoteattr(plane.name(device))}>{_data(_node(plane, device))}</node>\n"
    for number, link in enumerate(plane.links()):
        ends = f"source={quoteattr(plane.name(link.a))} target={quoteattr(plane.name(link.b))}"
        yield f'    <edge id="{number}" {ends}>{_data(_edge(plane, link))}</edge>\n'
    yield "  </graph>\n</graphml>\n"


def _data(values: dict[str, object]) -> str:
    return "".join(f'<data key="{key}">{escape(_text(value))}</data>' for key, value in values.items())


def gexf(plane: Cabling) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">\n'
    yield '<graph defaultedgetype="undirected" mode="static">\n'
    for what, keys in (("node", _NODE), ("edge", _EDGE)):
        yield f'<attributes class="{what}">\n'
        for key, type_ in keys.items():
            yield f'  <attribute id="{key}" title="{key}" type="{type_}"/>\n'
        yield "</attributes>\n"
    yield "<nodes>\n"
    for device in range(plane.size):
        name = quoteattr(plane.name(device))
        yield f"  <node id={name} label={name}>{_values(_node(plane, device))}</node>\n"
    yield "</nodes>\n<edges>\n"
    for number, link in enumerate(plane.links()):
        ends = f"source={quoteattr(plane.name(link.a))} target={quoteattr(plane.name(link.b))}"
        yield f'  <edge id="{number}" {ends}>{_values(_edge(plane, link))}</edge>\n'
    yield "</edges>\n</graph>\n</gexf>\n"


def _values(values: dict[str, object]) -> str:
    inside = "".join(f'<attvalue for="{key}" value={quoteattr(_text(value))}/>' for key, value in values.items())
    return f"<attvalues>{inside}</attvalues>"


def node_link(plane: Cabling) -> Iterator[str]:
    graph = {"name": plane.subject.top.name, "plane": plane.plan.plane}
    yield f'{{"directed": false, "multigraph": true, "graph": {json.dumps(graph, ensure_ascii=False)},\n"nodes": ['
    for device in range(plane.size):
        row = {"id": plane.name(device), **_node(plane, device)}
        yield ("," if device else "") + "\n" + json.dumps(row, ensure_ascii=False)
    yield '],\n"edges": ['
    for number, link in enumerate(plane.links()):
        ends = {"source": plane.name(link.a), "target": plane.name(link.b), "key": number}
        yield ("," if number else "") + "\n" + json.dumps({**ends, **_edge(plane, link)}, ensure_ascii=False)
    yield "]}\n"
