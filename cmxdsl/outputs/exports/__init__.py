"""What other tools read: each format a file of its own, listed here with who reads it and what it cannot say.

`proved` is the reader, and its version, that a test gives the output to; docs/interchange.md is made from these rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from cmxdsl.model import Subject
from cmxdsl.outputs.exports.cabling import cabling
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.records import frozen

_HERE = "cmxdsl.outputs.exports"


@frozen
class Export:
    """A format: who reads it, by what it was proved, what is lost, and the function that writes it: a plane of the
    design, or with `whole` the design."""

    name: str
    title: str
    suffix: str
    readers: str
    proved: str
    lost: str
    function: str
    whole: bool = False


_ROWS = (
    Export(
        "graphml",
        "devices and links of a plane",
        "graphml",
        "networkx, Gephi, yEd, igraph",
        "networkx 3.6",
        "racks and parts that hold devices, but for their names in the paths",
        f"{_HERE}.graphs:graphml",
    ),
    Export(
        "gexf",
        "devices and links of a plane",
        "gexf",
        "Gephi, networkx",
        "networkx 3.6",
        "as of GraphML",
        f"{_HERE}.graphs:gexf",
    ),
    Export(
        "node-link",
        "devices and links of a plane, as JSON",
        "json",
        "networkx `node_link_graph`, d3",
        "networkx 3.6",
        "as of GraphML",
        f"{_HERE}.graphs:node_link",
    ),
    Export(
        "links",
        "a row for each link, with ports, rate and medium",
        "csv",
        "spreadsheets, pandas",
        "`cmx verify`, Python's csv",
        "devices without links",
        f"{_HERE}.lists:links",
    ),
    Export(
        "devices",
        "a row for each device, with its part, role and ports",
        "csv",
        "spreadsheets, pandas",
        "Python's csv",
        "links",
        f"{_HERE}.lists:devices",
    ),
    Export(
        "links-parquet",
        "a row for each link, as Parquet, with rates in b/s (extra `parquet`)",
        "parquet",
        "pandas, DuckDB, Spark",
        "pyarrow 26",
        "devices without links",
        f"{_HERE}.parquet:links",
    ),
    Export(
        "devices-parquet",
        "a row for each device, as Parquet (extra `parquet`)",
        "parquet",
        "pandas, DuckDB, Spark",
        "pyarrow 26",
        "links",
        f"{_HERE}.parquet:devices",
    ),
    Export(
        "ptm",
        "topology as the Prescriptive Topology Manager and NVIDIA's CVT have it",
        "dot",
        "ptmd of Cumulus Linux, CVT, Graphviz",
        "Graphviz, `cmx verify`",
        "rates and media",
        f"{_HERE}.lists:ptm",
    ),
    Export(
        "ibnetdiscover",
        "what `ibnetdiscover` would print of the plane",
        "out",
        "ibsim, topograph, `cmx verify`",
        "ibsim 0.10 simulates it, and `ibnetdiscover` 44 prints it back",
        "media and lengths; GUIDs and LIDs are made up",
        f"{_HERE}.infiniband:ibnetdiscover",
    ),
    Export(
        "ibdm-topo",
        "a `.topo` file of ibdiagnet",
        "topo",
        "ibdiagnet, UFM, CVT, `cmx verify`",
        "`cmx verify`",
        "media and lengths; a space in a name becomes `_`, so that a map does not tell adapters by their hosts",
        f"{_HERE}.infiniband:topo",
    ),
    Export(
        "infragraph",
        "InfraGraph: parts with their ports, arrays, and edges by slices, as YAML",
        "yaml",
        "infragraph, `cmx verify`, `cmx import`",
        "infragraph 3.1: its own graph has each link, port by port",
        "names of ports, which are counted; media, but for a name; latencies",
        f"{_HERE}.infragraph:infragraph",
    ),
    Export(
        "slurm-tree",
        "`topology.conf` for topology/tree",
        "conf",
        "slurmctld",
        "slurmctld 22.05: `scontrol show topology`",
        "rails: switches of one tier that the same hosts reach become one",
        f"{_HERE}.slurm:tree",
    ),
    Export(
        "slurm-block",
        "`topology.conf` for topology/block: scale-up domains",
        "conf",
        "slurmctld",
        "the grammar of topology.conf(5)",
        "everything but the domains",
        f"{_HERE}.slurm:block",
    ),
    Export(
        "slurm-yaml",
        "`topology.yaml`: the tree, and the blocks where there are any",
        "yaml",
        "slurmctld from 25.05 on",
        "a YAML parser, the keys of topology.yaml(5)",
        "as of slurm-tree",
        f"{_HERE}.slurm:both",
    ),
    Export(
        "astra-sim",
        "`network.yml` of ASTRA-sim's analytical network: a plane that is proved to be a product",
        "yml",
        "ASTRA-sim, its network library",
        "astra-network-analytical 599a047: its parser, its delays",
        "which link is which: `astra-sim-npus` has that of devices",
        f"{_HERE}.astra_sim:topology",
    ),
    Export(
        "astra-sim-system",
        "`system.json` of ASTRA-sim: algorithms by dimension, memory, peak rate",
        "json",
        "ASTRA-sim",
        "Python's json, the keys of ASTRA-sim's examples",
        "everything but the chip; other settings are those of its examples",
        f"{_HERE}.astra_sim:system",
    ),
    Export(
        "astra-sim-npus",
        "which device is which NPU of ASTRA-sim",
        "csv",
        "people, scripts",
        "Python's csv",
        "links",
        f"{_HERE}.astra_sim:npus",
    ),
    Export(
        "booksim",
        "network file of BookSim's `anynet`: routers and the nodes at them",
        "anynet",
        "BookSim 2",
        "BookSim 2 (28f4329) runs uniform traffic over it: its hops are those of `cmx fabric`",
        "latencies: a channel takes a cycle; parallel links are one; an endpoint injects at the rate of one channel",
        f"{_HERE}.booksim:anynet",
    ),
    Export(
        "booksim-nodes",
        "which device is which node and router of BookSim",
        "csv",
        "people, scripts",
        "Python's csv",
        "links",
        f"{_HERE}.booksim:numbers",
    ),
    Export(
        "ns3",
        "topology text of RDMA simulators on ns-3: nodes, switches, links with rate and delay",
        "txt",
        "HPCC's simulator and those made from it, ASTRA-sim's ns-3 network",
        "the form that their readers take, read back with equal distances, rates and delays",
        "parallel links become one; names: `ns3-nodes` has them",
        f"{_HERE}.ns3:topology",
    ),
    Export(
        "ns3-nodes",
        "which device is which node of ns-3",
        "csv",
        "people, scripts",
        "Python's csv",
        "links",
        f"{_HERE}.ns3:nodes",
    ),
    Export(
        "cyclonedx",
        "hardware bill of materials, CycloneDX 1.6",
        "json",
        "Dependency-Track and other SBOM tools",
        "cyclonedx-python-lib 11: its schema",
        "where parts stand and what they are linked to",
        f"{_HERE}.cyclonedx:write",
        whole=True,
    ),
)
EXPORTS = {row.name: row for row in _ROWS}


def write(subject: Subject, format: str, *, plane: str = "", names: str = "") -> Iterable[str | bytes]:
    """A plane of the design (of its most important one, unless said) in a format; devices are called as the map `names`
    says (see docs/interchange.md). Raises Unwritable, Unread, LimitExceeded."""
    if format not in EXPORTS:
        raise Unwritable(f"there is no format `{format}`: it is one of {', '.join(EXPORTS)}")
    row = EXPORTS[format]
    module, _, function = row.function.partition(":")
    made: Iterable[str | bytes] = getattr(import_module(module), function)(
        subject if row.whole else cabling(subject, plane, names)
    )
    return made
