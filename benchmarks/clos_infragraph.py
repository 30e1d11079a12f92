"""The two-tier Clos of `clos.cmx`, built by infragraph from its own blueprint: 8,192 hosts, radix 128."""

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


service = InfraGraphService()
service.set_graph(ClosFatTreeFabric(Switch(port_count=128), Host(), 2, []))
print(service.get_networkx_graph().number_of_edges())
