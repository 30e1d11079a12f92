"""Everything about a design's power together: the tree, what failures take with them, and where the heat goes."""

from __future__ import annotations

from cmxdsl.analysis.network.feeding import power_failures
from cmxdsl.analysis.power import feeds, heat, loads, outages
from cmxdsl.model import Subject, remembered
from cmxdsl.records import field, frozen


@frozen
class PowerTree:
    """The power plane under a load: the facility as a whole, each array of devices, the phases of each array that has
    some (its loads in watts), and the worst failures of each array that feeds others."""

    net: feeds.PowerNet = field(repr=False)
    facility: loads.Facility
    devices: tuple[loads.PowerLoad, ...]
    phases: tuple[tuple[feeds.PowerDevices, str, list[float]], ...]
    failures: tuple[outages.Outages, ...]


@frozen
class Power:
    """At `peak` or `typical` load. `tree` is None where nothing is linked on the power plane; `racks` have the heat of
    each sort of rack, `loops` that of each liquid loop."""

    load: str
    tree: PowerTree | None
    racks: tuple[heat.RackHeat, ...]
    loops: tuple[heat.Loop, ...]


@remembered()
def power(subject: Subject, load: str = "peak") -> Power:
    """Raises index.TooMany, ports.TooManyPaths, feeds.PowerLoop."""
    attribute = f"power.{load}"
    tree = _tree(subject, attribute) if feeds.has_power(subject) else None
    return Power(load, tree, tuple(heat.racks(subject, attribute)), tuple(heat.loops(subject, attribute)))


def _tree(subject: Subject, attribute: str) -> PowerTree:
    net = feeds.net(subject)
    own = feeds.demands(net, subject.top, attribute)
    found = loads.flow(net, own)
    return PowerTree(
        net,
        loads.facility(subject, net, found, attribute),
        tuple(loads.loads(net, found)),
        tuple(loads.phases(net, found)),
        tuple(power_failures(subject, net, own)),
    )
