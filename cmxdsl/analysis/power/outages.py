"""What fails with one device of the power tree: every device that feeds others, one after the other.

What a failure changes is followed from device to device: down to the loads that have no live input left, and from there
up to all that feed what is left. So a failure costs what it touches; one of each class of like devices is failed.
"""

from __future__ import annotations

from functools import cached_property
from heapq import heappop, heappush
from typing import Any

from cmxdsl.analysis.power.feeds import PowerDevices, PowerNet
from cmxdsl.analysis.power.loads import OVER, PowerFlow, flow
from cmxdsl.limits import Steps, TooManySteps
from cmxdsl.records import define, field, frozen

LINKS = 8_000_000  # links that all failures together may look at: some seconds


@frozen
class Outage:
    """One device that fails: the watts and the number of loads that go dark beside it, and the device that then is
    loaded most for what it can deliver, with that share; `inf` where it can deliver nothing."""

    number: int
    lost: float
    dark: int
    loaded: int
    share: float

    @property
    def overloads(self) -> bool:
        return self.share > OVER


@frozen
class Outages:
    """The failures of an array's devices that feed others: the one that takes most, and the one that loads another
    most. `tried` of `count` were tried or are proved to be like one that was; where that is not all, worse ones may be
    among the rest, and where it is none both are None."""

    group: PowerDevices
    darkest: Outage | None
    fullest: Outage | None
    tried: int
    count: int

    @property
    def decided(self) -> bool:
        return self.tried == self.count


def outages(plane: PowerNet, own: Any, alike: Any = None, limit: int | None = None) -> list[Outages]:
    """Of each array of feeding devices what its failures do, for given loads; each array has an equal part of what is
    left of the limit. Devices of an array with the same number in `alike` are known to fail alike."""
    import numpy as np

    limit = LINKS if limit is None else limit
    feeding = np.zeros(plane.size, dtype=bool)
    feeding[plane.feeder] = True
    arrays = [(g, np.flatnonzero(feeding[g.start : g.start + g.count]) + g.start) for g in plane.groups]
    arrays = [(group, numbers) for group, numbers in arrays if len(numbers)]
    tree = PowerTree(plane, own)
    found = []
    for k, (group, numbers) in enumerate(arrays):
        room = Steps(limit // (len(arrays) - k), "links to follow")
        many = np.ones(len(numbers), dtype=np.int64)
        if alike is not None:
            _, first, many = np.unique(alike[numbers], return_index=True, return_counts=True)
            order = np.argsort(first)
            numbers, many = numbers[first[order]], many[order]
        found.append(_worst(tree, group, numbers.tolist(), many.tolist(), room))
        limit -= min(room.taken, room.limit)
    return found


def _worst(tree: PowerTree, group: PowerDevices, numbers: list[int], many: list[int], room: Steps) -> Outages:
    """Of these devices, each of which stands for so many."""
    darkest = fullest = None
    tried = 0
    for number, of in zip(numbers, many, strict=True):
        try:
            one = tree.without(number, room)
        except TooManySteps:
            break
        tried += of
        if darkest is None or one.lost > darkest.lost:
            darkest = one
        if fullest is None or one.share > fullest.share:
            fullest = one
    return Outages(group, darkest, fullest, tried, sum(many))


@define
class PowerTree:
    """The power plane with what flows in it, made ready for failures."""

    plane: PowerNet
    own: Any
    _whole: PowerFlow = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._whole = flow(self.plane, self.own)

    @cached_property
    def _down(self) -> tuple[Any, Any]:
        return _rows(self.plane.feeder, self.plane.size)

    @cached_property
    def _up(self) -> tuple[Any, Any]:
        return _rows(self.plane.drawer, self.plane.size)

    @cached_property
    def _capacity(self) -> Any:
        import numpy as np

        found = np.full(self.plane.size, np.inf)
        for group in self.plane.groups:
            if group.capacity is not None:
                found[group.start : group.start + group.count] = float(group.capacity)
        return found

    @cached_property
    def _efficiency(self) -> Any:
        import numpy as np

        found = np.ones(self.plane.size)
        for group in self.plane.groups:
            found[group.start : group.start + group.count] = group.efficiency
        return found

    @cached_property
    def _fullest(self) -> Any:
        """Devices by how loaded they are when nothing fails, the most loaded first."""
        import numpy as np

        delivered, can = self._whole.delivered, self._capacity
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(delivered > 0, delivered / can, 0.0)
        return np.argsort(-shares, kind="stable")

    def _share(self, number: int, more: float) -> float:
        """What a device delivers, with so many watts more than usual, over what it can."""
        delivered, can = float(self._whole.delivered[number]) + more, float(self._capacity[number])
        if can > 0:
            return delivered / can
        return float("inf") if delivered > 0 else 0.0

    def dark(self, number: int, room: Steps) -> tuple[set[int], dict[int, int]]:
        """Devices without a live input once one has failed, it included, and how many inputs each device then lost.
        Raises TooManySteps."""
        starts, links = self._down
        ups = self._up[0]
        gone, lost, pending = {number}, dict[int, int](), [number]
        while pending:
            at = pending.pop()
            mine = links[starts[at] : starts[at + 1]]
            room.take(len(mine) + 1)
            for drawer in self.plane.drawer[mine].tolist():
                lost[drawer] = lost.get(drawer, 0) + 1
                if lost[drawer] == ups[drawer + 1] - ups[drawer] and drawer not in gone:
                    gone.add(drawer)
                    pending.append(drawer)
        return gone, lost

    def without(self, number: int, room: Steps) -> Outage:
        """What one device's failure does. Raises TooManySteps."""
        plane, whole = self.plane, self._whole
        gone, lost = self.dark(number, room)
        starts, links = self._up
        more = dict.fromkeys(gone | lost.keys(), 0.0)  # what each device has to deliver more than usual
        pending: list[tuple[int, int]] = []
        for device in more:
            heappush(pending, (int(plane.order[device]), device))
        while pending:  # what feeds a device is above it, so that all it delivers is known when its turn comes
            _, device = heappop(pending)
            mine = links[starts[device] : starts[device + 1]]
            room.take(len(mine) + 1)
            if device in gone:
                each = 0.0
            else:
                demand = float(whole.own[device] + (whole.delivered[device] + more[device]) / self._efficiency[device])
                each = demand / max(1, len(mine) - lost.get(device, 0))
            for feeder, usual in zip(plane.feeder[mine].tolist(), whole.by_link[mine].tolist(), strict=True):
                if feeder not in gone:
                    if feeder not in more:
                        more[feeder] = 0.0
                        heappush(pending, (int(plane.order[feeder]), feeder))
                    more[feeder] += each - usual
        dark = [n for n in gone if n != number and whole.own[n] > 0]
        rest = next((n for n in map(int, self._fullest) if n not in more), None)
        shares = [(self._share(n, by), -n) for n, by in more.items() if n not in gone]
        shares += [(self._share(rest, 0.0), -rest)] if rest is not None else []
        share, loaded = max(shares, default=(0.0, -number))
        return Outage(number, float(sum(whole.own[n] for n in dark)), len(dark), -loaded, share)


def _rows(side: Any, size: int) -> tuple[Any, Any]:
    """The links of each device, by where they start in the second array."""
    import numpy as np

    starts = np.concatenate([[0], np.cumsum(np.bincount(side, minlength=size))])
    return starts, np.argsort(side, kind="stable")
