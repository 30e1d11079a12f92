"""Readers of what tools on a real machine print. Nothing in a dump is run or followed; every reader has limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cmxdsl.readers.built import Built, Cable, Device, Unread, damaged, place
from cmxdsl.readers.columns import is_header, read_csv, read_workbook
from cmxdsl.readers.graphs import (
    looks_like_gexf,
    looks_like_graphml,
    looks_like_node_link,
    read_gexf,
    read_graphml,
    read_node_link,
)
from cmxdsl.readers.hwloc import looks_like_hwloc, read_hwloc
from cmxdsl.readers.infiniband import read_iblinkinfo, read_ibnetdiscover, read_topo
from cmxdsl.readers.infragraph import looks_like_infragraph, read_infragraph
from cmxdsl.readers.lldp import read_dot, read_lldp, read_sonic
from cmxdsl.readers.machine import Machine, built_of
from cmxdsl.readers.nccl import looks_like_nccl, read_nccl
from cmxdsl.readers.netbox import looks_like_netbox, read_netbox
from cmxdsl.readers.redfish import looks_like_redfish, read_redfish
from cmxdsl.readers.rules import NO_LINKS, UNKNOWN_FORMAT
from cmxdsl.readers.tenstorrent import looks_like_gsd, looks_like_textproto, read_gsd, read_textproto
from cmxdsl.readers.topo_matrix import looks_like_matrix, read_matrix
from cmxdsl.records import frozen

_HEAD = 65_536  # bytes that a format is told by


@frozen
class Reader:
    """A format: its name, what prints it, how it is told from others by the beginning of a file, how it is read; with
    what that was proved, and what of it is lost."""

    name: str
    prints: str
    looks: Callable[[str], bool]
    read: Callable[[Path, str, Built], None]
    proved: str
    lost: str
    counted: bool = False  # ports are numbered from 1


def _begins(*starts: str) -> Callable[[str], bool]:
    def looks(head: str) -> bool:
        return any(line.startswith(starts) for line in head.splitlines()[:200])

    return looks


def _is_table(head: str) -> bool:
    rows = [line for line in head.splitlines() if line.strip() and not line.startswith("##")]
    return any(is_header(row.split(","), {}) for row in rows[:3])


def _inside(reading: Callable[[Path, str], Machine]) -> Callable[[Path, str, Built], None]:
    def read(path: Path, file: str, built: Built) -> None:
        built_of(reading(path, file), built, file)

    return read


READERS: dict[str, Reader] = {
    row.name: row
    for row in (
        Reader(
            "ibnetdiscover",
            "`ibnetdiscover`",
            _begins("Switch\t", "Ca\t", "Hca\t", "vendid="),
            read_ibnetdiscover,
            "`ibnetdiscover` 44 on a fabric that ibsim 0.10 simulates; NVIDIA's public dump of a SuperPOD",
            "LIDs, routers",
            True,
        ),
        Reader(
            "iblinkinfo",
            "`iblinkinfo`",
            _begins("CA: ", "Switch: 0x"),
            read_iblinkinfo,
            "texts in the form of its manual",
            "which ports are down, but for their number",
            True,
        ),
        Reader(
            "sonic",
            "SONiC's `show lldp table`",
            _begins("LocalPort "),
            read_sonic,
            "texts in the form of its manual",
            "rates, capabilities",
        ),
        Reader(
            "lldp",
            "`lldpcli -f json show neighbors`; Arista's `show lldp neighbors | json`",
            lambda head: '"lldp' in head,
            read_lldp,
            "lldpd 1.0.16 in network namespaces; Arista's JSON in the form of its manual",
            "rates, descriptions, neighbours without a name",
        ),
        Reader(
            "netbox",
            "NetBox's API: `/api/dcim/cables/`, `/interfaces/`, `/devices/`",
            looks_like_netbox,
            read_netbox,
            "JSON in the form of NetBox 3.2 and of 4",
            "power and consoles; cables that branch or end at a panel, which it says",
        ),
        Reader(
            "redfish",
            "Redfish: the resources of one machine as a JSON file",
            looks_like_redfish,
            read_redfish,
            "JSON in the form of the schema Port 1.6",
            "neighbours that are known by a MAC address alone, which it says",
        ),
        Reader(
            "graphml",
            "`cmx export`, networkx, yEd: a graph of devices",
            looks_like_graphml,
            read_graphml,
            "networkx 3.6, `cmx export`",
            "parts, media, whatever else nodes and edges have",
        ),
        Reader(
            "gexf",
            "`cmx export`, networkx, Gephi: the same",
            looks_like_gexf,
            read_gexf,
            "networkx 3.6, `cmx export`",
            "as of GraphML",
        ),
        Reader(
            "node-link",
            "`cmx export`, networkx: the same as JSON",
            looks_like_node_link,
            read_node_link,
            "networkx 3.6, `cmx export`",
            "as of GraphML",
        ),
        Reader(
            "nccl",
            "NCCL's topology of one machine (`NCCL_TOPO_DUMP_FILE`)",
            looks_like_nccl,
            _inside(read_nccl),
            "Azure's files, a dump of an HGX H200",
            "as of `cmx import`; ports have no numbers, and are told by what they lead to",
        ),
        Reader(
            "hwloc",
            "hwloc's XML of one machine: `lstopo machine.xml`",
            looks_like_hwloc,
            _inside(read_hwloc),
            "hwloc's own tests",
            "as of NCCL's",
        ),
        Reader(
            "nvidia-smi",
            "`nvidia-smi topo -m`",
            looks_like_matrix,
            _inside(read_matrix),
            "matrices of an HGX H200, an HGX H100, an A800",
            "as of NCCL's; rates",
        ),
        Reader(
            "infragraph",
            "InfraGraph: devices, instances, edges as YAML",
            looks_like_infragraph,
            read_infragraph,
            "infragraph 3.1: its own graph of its blueprints",
            "links inside of devices, where there are others; latencies; annotations",
        ),
        Reader(
            "dot",
            "PTM's `topology.dot`",
            lambda head: '" -- "' in head and "graph" in head,
            read_dot,
            "`cmx export`, whose file Graphviz reads",
            "attributes",
        ),
        Reader(
            "tt-system",
            "Tenstorrent's global system descriptor: links that were found",
            looks_like_gsd,
            read_gsd,
            "its public record of two QuietBoxes",
            "motherboards, metrics",
        ),
        Reader(
            "tt-cabling",
            "Tenstorrent's factory system descriptor and cabling descriptor: what was meant",
            looks_like_textproto,
            read_textproto,
            "its public descriptor of sixteen nodes",
            "where hosts stand; cables inside of nodes that the file does not describe, which it says",
        ),
        Reader(
            "csv",
            "a list of cables: cmx, NVIDIA CVT, NetBox, SONiC's lab files",
            _is_table,
            read_csv,
            "`cmx cables`, `cmx export`",
            "columns without a meaning",
        ),
        Reader(
            "xlsx",
            "NVIDIA CVT's workbook",
            lambda head: head.startswith("PK\x03\x04"),
            read_workbook,
            "workbooks of openpyxl 3.1 with its columns",
            "sheets after the first that lists cables",
        ),
        Reader(
            "topo",
            "`ibdiagnet`, `ibdmchk`",
            lambda head: "->" in head and '"' not in head,
            read_topo,
            "`cmx export`; texts in the form of its manual",
            "configurations of modular systems",
        ),
    )
}


def format_of(path: Path, file: str) -> str:
    """The format that a file's beginning is in. Raises Unread."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD).decode("utf-8", "replace")
    for name, reader in READERS.items():
        if reader.looks(head):
            return name
    raise damaged(file, 1, "this is in none of the formats that are read", head.split("\n", 1)[0], UNKNOWN_FORMAT)


def read(files: Sequence[str], reader: str = "", columns: Mapping[str, str] | None = None) -> Built:
    """Everything in some dumps of one machine. Raises Unread, LimitExceeded, OSError."""
    built = Built()
    for file in files:
        path = Path(file)
        name = reader or ("csv" if columns and path.suffix != ".xlsx" else format_of(path, file))
        built.formats.append(name)
        if columns and name in ("csv", "xlsx"):
            (read_csv if name == "csv" else read_workbook)(path, file, built, columns)
        else:
            READERS[name].read(path, file, built)
        if len(files) == 1 and not built.cables:
            raise Unread(NO_LINKS.at(place(file, 1), f"`{file}` holds no link" + _seen(built)))
    if not built.cables:
        raise Unread(NO_LINKS.at(place(files[-1], 1), "none of the files holds a link"))
    return built


def _seen(built: Built) -> str:
    """What it has instead."""
    if built.down:
        return f": {built.down:,} ports are down"
    if built.devices:
        return f": {len(built.devices):,} devices, and no port of any is connected"
    return f": {built.notes[0][:1].lower()}{built.notes[0][1:].rstrip('.')}" if built.notes else ""


__all__ = ["READERS", "Built", "Cable", "Device", "Reader", "Unread", "format_of", "read"]
