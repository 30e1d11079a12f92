"""Where a device stands, for those who walk to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from cmxdsl.analysis.network.wiring import Plan
from cmxdsl.analysis.physical.floor import Stand, outer, stand
from cmxdsl.model import Component, index
from cmxdsl.records import define, field


class Place(NamedTuple):
    """The row of racks (as the floor counts them), the rack by its name, and the unit in it from the bottom; `row` and
    `unit` are -1 and 0 where the design does not place it."""

    row: int
    rack: str
    unit: int

    def __str__(self) -> str:
        unit = f" U{self.unit}" if self.unit else ""
        return self.rack + unit if self.rack else ""


NOWHERE = Place(-1, "", 0)


@define
class Places:
    """Where the devices of a plane stand; each array is looked up once."""

    top: Component
    plan: Plan
    _known: dict[int, tuple[Stand, Any] | None] = field(factory=dict)

    def of(self, device: int) -> Place:
        group = self.plan.net.group_of(device)
        if group.start not in self._known:
            steps, dims = outer(self.top, group.names)
            at = stand(self.top, steps)
            self._known[group.start] = None if at is None else (at, dims)
        found = self._known[group.start]
        if found is None:
            return NOWHERE
        at, dims = found
        number, env = device - group.start, {}
        for dim in reversed(dims):
            number, env[dim.name] = divmod(number, dim.size)
        digits = [[int(index.evaluate(e, env)) for e in step.indices] for step in at.path]
        words = (s.name + (f"[{', '.join(map(str, d))}]" if d else "") for s, d in zip(at.path, digits, strict=True))
        row = -1
        if at.position is not None and at.position.by_tile:
            row = int(index.evaluate(at.position.row, env))
        unit = int(index.evaluate(at.unit, env)) if at.unit is not None else 0
        return Place(row, ".".join(words) or self.top.name, unit)
