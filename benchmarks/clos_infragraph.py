"""A fat tree built by infragraph from its own blueprint: radix and tiers by argument, or the one of `clos.cmx`
(8,192 hosts, radix 128, two tiers). Prints seconds, and the number of edges."""

import sys
import time

from infragraph import Component, Device
from infragraph.blueprints.devices.generic.generic_switch import Switch
from infragraph.blueprints.fabrics.clos_fat_tree_fabric import ClosFatTreeFabric
from infragraph.infragraph_service import InfraGraphService


class Host(Device):
    """One adapter and nothing else, as in `clos.cmx`."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "host"
        nic = self.components.add(name="nic", count=1)
        nic.choice = Component.NIC
        cpu = self.components.add(name="cpu", count=1)
        cpu.choice = Component.CPU
        link = self.links.add(name="ic")
        edge = self.edges.add(scheme="many2many", link=link.name)
        edge.ep1.component = cpu.name
        edge.ep2.component = nic.name


radix, tiers = (int(word) for word in sys.argv[1:]) if len(sys.argv) > 1 else (128, 2)
start = time.perf_counter()
service = InfraGraphService()
service.set_graph(ClosFatTreeFabric(Switch(port_count=radix), Host(), tiers, []))
edges = service.get_networkx_graph().number_of_edges()
print(time.perf_counter() - start, edges)
