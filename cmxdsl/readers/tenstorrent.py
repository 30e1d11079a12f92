"""Tenstorrent's descriptions of clusters: what links were found, what links there should be, and which cables.

- The global system descriptor is what its validation saw: Ethernet links between chips, as YAML.
- The factory system descriptor has the same of what was meant, as a protocol buffer's text.
- A cabling descriptor has cables between the sockets of boards, in templates that hold templates.

A device is a chip, `host/tray1/asic0`, with its channels as ports; of a cabling descriptor it is a board,
`pod1/node2/tray1`, with its sockets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cmxdsl.readers.built import Built, damaged
from cmxdsl.readers.textproto import Message, textproto_of
from cmxdsl.readers.yaml_text import Listing, Mapping, Scalar, Value, yaml_of
from cmxdsl.records import define, field

MAX_LEVELS = 50  # of templates inside one another
_BEGINS = re.compile(r"^\s*(?:graph_templates|root_instance|eth_connections|node_descriptors|hosts)\s*:?\s*\{", re.M)
_NUMBER = re.compile(r"[0-9]{1,19}")


def looks_like_gsd(head: str) -> bool:
    return re.search(r"^(?:compute_node_specs|(?:local|global)_eth_connections):", head, re.M) is not None


def looks_like_textproto(head: str) -> bool:
    return (
        re.search(r"^\s*(?:graph_templates|root_instance|eth_connections|node_descriptors|hosts)\s*:?\s*\{", head, re.M)
        is not None
    )


# --- what was seen ----------------------------------------------------------------------------------------


def read_gsd(path: Path, file: str, built: Built) -> None:
    """A global system descriptor. Raises Unread, LimitExceeded."""
    data = yaml_of(path, file)
    if not isinstance(data, Mapping):
        raise damaged(file, data.line, "a system descriptor is a mapping of keys to values")
    hosts = data.entries.get("compute_node_specs")
    for host, spec in hosts.entries.items() if isinstance(hosts, Mapping) else ():
        for tray in _items(spec, "asic_info"):
            board = _scalar(tray, "board_type", file, "")
            for asic in _items(tray, "asics"):
                name = _chip(host, _scalar(tray, "tray_id", file), _scalar(asic, "asic_location", file, "0"))
                ident = _scalar(asic, "asic_id", file, "")
                guid = f"{int(ident):016x}" if _NUMBER.fullmatch(ident) else ""
                built.device(name, file, asic.line, name=name, guid=guid, kind="endpoint", part=board)
    for key in ("local_eth_connections", "global_eth_connections"):
        for pair in _items(data, key):
            if not isinstance(pair, Listing) or len(pair.items) != 2:
                raise damaged(file, pair.line, "a connection has two ends")
            ends = []
            for end in pair.items:
                host = _scalar(end, "host_name", file)
                name = _chip(host, _scalar(end, "tray_id", file), _scalar(end, "asic_location", file, "0"))
                device = built.device(name, file, end.line, name=name, kind="endpoint")
                ends.append((device, _scalar(end, "chan_id", file)))
            built.cable(ends[0], ends[1], (file, pair.line))


def _items(value: Value, key: str) -> Iterator[Value]:
    found = value.entries.get(key) if isinstance(value, Mapping) else None
    yield from found.items if isinstance(found, Listing) else ()


def _scalar(value: Value, key: str, file: str, otherwise: str | None = None) -> str:
    found = value.entries.get(key) if isinstance(value, Mapping) else None
    if isinstance(found, Scalar) and not found.empty:
        return found.text
    if otherwise is None:
        raise damaged(file, value.line, f"an entry has no `{key}`")
    return otherwise


def _chip(host: str, tray: str, asic: str) -> str:
    return f"{host}/tray{tray}/asic{asic}"


# --- what was meant ---------------------------------------------------------------------------------------


def read_textproto(path: Path, file: str, built: Built) -> None:
    """A factory system descriptor or a cabling descriptor. Raises Unread, LimitExceeded."""
    data = textproto_of(path, file)
    if data.message("root_instance") is not None:
        _Cabling(file, built, data).read()
    elif data.message("eth_connections") is not None:
        _factory(data, file, built)
    else:
        raise damaged(file, 1, "there are neither `eth_connections` nor a `root_instance`")


def _factory(data: Message, file: str, built: Built) -> None:
    hosts = [host.text("hostname") for host in data.messages("hosts")]
    boards = {}
    for types in data.messages("board_types"):
        for spot in types.messages("board_locations"):
            boards[spot.text("host_id", "0"), spot.text("tray_id", "0")] = spot.text("board_type")
    for links in data.messages("eth_connections"):
        for link in links.messages("connection"):
            ends = []
            for side in ("endpoint_a", "endpoint_b"):
                end = link.message(side)
                if end is None:
                    raise damaged(file, link.line, f"a connection has no `{side}`")
                number, tray = end.text("host_id", "0"), end.text("tray_id", "0")
                if not _NUMBER.fullmatch(number) or int(number) >= len(hosts):
                    raise damaged(file, end.line, f"there is no host {number[:20]}: there are {len(hosts)}")
                name = _chip(hosts[int(number)] or f"host{number}", tray, end.text("asic_location", "0"))
                part = boards.get((number, tray), "")
                device = built.device(name, file, end.line, name=name, kind="endpoint", part=part)
                ends.append((device, end.text("chan_id", "0")))
            built.cable(ends[0], ends[1], (file, link.line))


@define
class _Cabling:
    file: str
    built: Built
    data: Message
    templates: dict[str, Message] = field(factory=dict)
    nodes: dict[str, Message] = field(factory=dict)
    kinds: dict[tuple[str, ...], str] = field(factory=dict)  # what each node is
    trays: dict[str, dict[str, int]] = field(factory=dict)  # the boards that cables lead to in each kind, and a line

    def read(self) -> None:
        self.templates = dict(self._map(self.data, "graph_templates"))
        self.nodes = dict(self._map(self.data, "node_descriptors"))
        root = self.data.message("root_instance")
        assert root is not None
        self._instance(root, root.text("template_name"), (), 0)
        for path, kind in self.kinds.items():  # like nodes have like boards, with a cable or without
            for tray, line in self.trays.get(kind, {}).items():
                name = self._board(path, tray)
                self.built.device(name, self.file, line, name=name, kind="endpoint")
        unknown = sorted(set(self.kinds.values()) - set(self.nodes))
        if unknown:
            names = ", ".join(name or "its nodes" for name in unknown[:5])
            self.built.notes.append(f"Cables inside of a node are not in the file, as it does not describe {names}.")

    def _map(self, message: Message, name: str) -> Iterator[tuple[str, Message]]:
        """A map of the schema: entries with a key and a value."""
        for entry in message.messages(name):
            value = entry.message("value")
            if value is None:
                raise damaged(self.file, entry.line, f"an entry of `{name}` has no value")
            yield entry.text("key"), value

    def _instance(self, instance: Message, template_name: str, path: tuple[str, ...], level: int) -> None:
        """A template at a place: its children, then its cables between what they hold."""
        template = self.templates.get(template_name)
        if template is None:
            raise damaged(self.file, instance.line, f"there is no template `{template_name[:40]}`")
        if level > MAX_LEVELS:
            raise damaged(self.file, instance.line, "templates are nested too deep")
        children = {child.text("name"): child for child in template.messages("children")}
        below: dict[str, Message] = {}
        for name, mapping in self._map(instance, "child_mappings"):
            child = children.get(name)
            inner = mapping.message("sub_instance")
            if child is None and inner is None:
                raise damaged(self.file, mapping.line, f"`{template_name[:40]}` has no child `{name[:40]}`")
            below[name] = mapping
            if inner is not None:
                reference = child.message("graph_ref") if child is not None else None
                called = inner.text("template_name") or (
                    reference.text("graph_template") if reference else template_name
                )
                self._instance(inner, called, (*path, name), level + 1)
            elif child is not None:
                self._node(child, (*path, name))
        for kind, cables in self._map(template, "internal_connections"):
            for cable in cables.messages("connections"):
                self._cable(cable, kind, path, below)

    def _node(self, child: Message, path: tuple[str, ...]) -> None:
        reference = child.message("node_ref")
        called = reference.text("node_descriptor") if reference is not None else ""
        self.kinds[path] = called
        node = self.nodes.get(called)
        if node is None:
            return
        for boards in node.messages("boards"):
            for board in boards.messages("board"):
                name = self._board(path, board.text("tray_id", "0"))
                self.built.device(name, self.file, board.line, name=name, part=board.text("board_type"))
        for kind, cables in self._map(node, "port_type_connections"):
            for cable in cables.messages("connections"):
                self._cable(cable, kind, path, None)

    def _cable(self, cable: Message, kind: str, path: tuple[str, ...], below: dict[str, Message] | None) -> None:
        """A cable between sockets of a kind, which are numbered by their kind."""
        ends = []
        for side in ("port_a", "port_b"):
            end = cable.message(side)
            if end is None:
                raise damaged(self.file, cable.line, f"a connection has no `{side}`")
            inner = tuple(end.texts("path"))
            if below is not None and (not inner or inner[0] not in below):
                raise damaged(self.file, end.line, f"the path {list(inner)[:5]} leads to no node that is there")
            tray = end.text("tray_id", "0")
            name = self._board((*path, *inner), tray)
            self.trays.setdefault(self.kinds.get((*path, *inner), ""), {}).setdefault(tray, end.line)
            device = self.built.device(name, self.file, end.line, name=name, kind="endpoint")
            ends.append((device, f"{kind.lower()}{end.text('port_id', '0')}"))
        self.built.cable(ends[0], ends[1], (self.file, cable.line))

    def _board(self, path: tuple[str, ...], tray: str) -> str:
        return "/".join((*path, f"tray{tray}"))


__all__ = ["looks_like_gsd", "looks_like_textproto", "read_gsd", "read_textproto"]
