"""The power tree: what flows through each feed, UPS, PDU, busbar, rectifier and converter, and what fails with it.

A device's demand is the power of what is in it and is not fed on its own, plus what its outlets deliver over its
efficiency. Several inputs share a demand equally, and those that are left take all of it when one fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.power.feeds import PowerDevices, PowerNet
from cmxdsl.model import Subject, index
from cmxdsl.records import frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import POWER

OVER = 1 + 1e-9  # rounding overloads nothing


@frozen
class PowerFlow:
    """What flows, in watts, for each device: demand at its inputs, what it delivers, what it draws itself; and which
    devices have no live input left (`dark`)."""

    demand: Any
    delivered: Any
    own: Any
    dark: Any
    by_link: Any


def flow(plane: PowerNet, own: Any, failed: Iterable[int] = ()) -> PowerFlow:
    """What flows for given loads with some devices out of service: level by level, from the loads to the sources."""
    import numpy as np

    size = plane.size
    efficiency = np.ones(size)
    for group in plane.groups:
        efficiency[group.start : group.start + group.count] = group.efficiency
    dark = np.zeros(size, dtype=bool)
    dark[list(failed)] = True
    fed = np.zeros(size, dtype=bool)
    fed[plane.drawer] = True
    for level in range(int(plane.order.max(initial=0)), -1, -1):  # from the sources down: what has no live input
        live = np.zeros(size, dtype=bool)
        live[plane.drawer[~dark[plane.feeder]]] = True
        dark |= fed & ~live & (plane.order == level)
    live_link = ~dark[plane.feeder] & ~dark[plane.drawer]
    inputs = np.bincount(plane.drawer[live_link], minlength=size)
    own = np.where(dark, 0.0, own)
    delivered, demand = np.zeros(size), np.zeros(size)
    by_link = np.zeros(len(plane.feeder))
    for level in range(int(plane.order.max(initial=0)) + 1):
        here = plane.order == level
        demand[here] = own[here] + delivered[here] / efficiency[here]
        links = live_link & here[plane.drawer]
        by_link[links] = demand[plane.drawer[links]] / inputs[plane.drawer[links]]
        delivered += np.bincount(plane.feeder[links], by_link[links], minlength=size)
    return PowerFlow(demand, delivered, own, dark, by_link)


@frozen
class PowerLoad:
    """One array of devices: the most and the least that one of them delivers (or draws, where it feeds nothing)."""

    group: PowerDevices
    feeds: bool
    most: float
    least: float
    at: str
    loss: float
    inputs: int

    @property
    def share(self) -> float | None:
        """The most that one delivers, over what it can; `inf` where it can deliver nothing, None where that is not
        said."""
        capacity = self.group.capacity
        if not self.feeds or capacity is None:
            return None
        return self.most / float(capacity) if capacity else float("inf") if self.most > 0 else 0.0

    @property
    def overloaded(self) -> bool:
        return self.share is not None and self.share > OVER


def loads(plane: PowerNet, found: PowerFlow) -> list[PowerLoad]:
    """Every array of devices with what flows through it, from the sources down."""
    import numpy as np

    feeding = np.zeros(plane.size, dtype=bool)
    feeding[plane.feeder] = True
    inputs = np.bincount(plane.drawer, minlength=plane.size)
    result = []
    for group in plane.groups:
        part = slice(group.start, group.start + group.count)
        feeds = bool(feeding[part].any())
        values = (found.delivered if feeds else found.demand)[part]
        loss = float((found.demand - found.delivered - found.own)[part].sum()) if feeds else 0.0
        most = int(values.argmax())
        result.append(
            PowerLoad(
                group,
                feeds,
                float(values[most]),
                float(values.min()),
                plane.name(group.start + most),
                loss,
                int(inputs[part].max()),
            )
        )
    deepest = {g.names: int(plane.order[g.start : g.start + g.count].max()) for g in plane.groups}
    return sorted(result, key=lambda load: (-deepest[load.group.names], load.group.names))


def phases(plane: PowerNet, found: PowerFlow) -> list[tuple[PowerDevices, str, list[float]]]:
    """For each array whose outlets take phases in turn, the device with the worst balance and its load on each."""
    import numpy as np

    result = []
    for group in plane.groups:
        stated = group.component.quantity("phases")
        if stated is None or stated.value < 2:
            continue
        many = int(stated.value)
        mine = (plane.feeder >= group.start) & (plane.feeder < group.start + group.count)
        if not mine.any():
            continue
        if group.count * many > index.LIMIT:
            raise index.TooMany(group.count * many)
        table = np.zeros((group.count, many))
        np.add.at(table, (plane.feeder[mine] - group.start, plane.outlet[mine] % many), found.by_link[mine])
        mean = table.mean(axis=1)
        spread = (table.max(axis=1) - mean) / np.where(mean > 0, mean, 1)
        worst = int(spread.argmax())
        result.append((group, plane.name(group.start + worst), [float(v) for v in table[worst]]))
    return result


def imbalance(loads_by_phase: list[float]) -> float:
    """How far the most loaded phase is above the mean."""
    mean = sum(loads_by_phase) / len(loads_by_phase)
    return (max(loads_by_phase) - mean) / mean if mean else 0.0


@frozen
class Facility:
    """What enters, what the machine itself draws, what cooling draws, what conversion loses; all in watts."""

    entering: float
    machine: float
    cooling: float
    lost: float
    unfed: float

    @property
    def pue(self) -> float | None:
        """All power over that of the machine (ISO/IEC 30134-2); None when not all of it is fed by the tree."""
        if self.machine <= 0 or self.unfed > 1e-6 * self.machine:
            return None
        return self.entering / self.machine


def facility(subject: Subject, plane: PowerNet, found: PowerFlow, attribute: str) -> Facility:
    """The whole: sources are the devices that nothing feeds."""
    import numpy as np

    fed = np.zeros(plane.size, dtype=bool)
    fed[plane.drawer] = True
    feeding = np.zeros(plane.size, dtype=bool)
    feeding[plane.feeder] = True
    entering = float(found.demand[~fed & feeding].sum())
    cooling = machine = 0.0
    for group in plane.groups:
        part = slice(group.start, group.start + group.count)
        total = float(found.own[part][fed[part] | feeding[part]].sum())
        if group.component.text("role") == "cooling":
            cooling += total
        else:
            machine += total
    everything = subject.total(attribute).value
    whole = float(everything.value) if isinstance(everything, Quantity) else 0.0
    lost = entering - machine - cooling
    return Facility(entering, machine, cooling, lost, max(0.0, whole - machine - cooling))


def watts(value: float) -> Quantity:
    """Watts as a quantity, to a hundredth."""
    return Quantity(Fraction(round(value * 100), 100), POWER)
