"""What ranks say to one another, and how long it takes on the described fabric."""

from __future__ import annotations

from typing import Any, Protocol

from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import Placed, placed
from cmxdsl.model import Subject, remembered
from cmxdsl.records import define, field


class Talk(Protocol):
    """Times of collectives among the groups of a parallel dimension."""

    def seconds(self, dimension: str, kind: str, size: float) -> float:
        """Seconds of a collective of `size` bytes, as nccl-tests count them, by all groups of a dimension at once.

        A dimension is one of `PARALLEL`; `replicas` are the data and context ranks together, which hold the same
        weights, and `expert replicas` those of them that hold the same experts.
        """

    @property
    def notes(self) -> tuple[str, ...]:
        """What the times assume."""


@define(eq=False)
class FabricTalk:
    """Collectives over the fabric of a machine, each group of each dimension laid out once."""

    machine: Any
    where: Placed
    _paths: dict[str, Any] = field(factory=dict)
    _times: dict[tuple[str, str, float], float] = field(factory=dict)
    _notes: dict[str, None] = field(factory=dict)

    def seconds(self, dimension: str, kind: str, size: float) -> float:
        key = (dimension, kind, size)
        if key not in self._times:
            self._times[key] = self._timed(dimension, kind, size)
        return self._times[key]

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def _timed(self, dimension: str, kind: str, size: float) -> float:
        from cmxdsl.analysis.collectives import NoPath, TooMuchTraffic, prepared

        if dimension not in self._paths:
            axes = self.axes(dimension)
            try:
                self._paths[dimension] = prepared(self.machine, self.where.ranks, axes) if axes else None
            except NoPath as error:
                raise Lacking(f"a way between the ranks of {dimension}: {error}") from None
        paths = self._paths[dimension]
        if paths is None or paths.ranks < 2:
            return 0.0
        try:
            found = paths.time(kind, size)
        except (NoPath, TooMuchTraffic) as error:
            raise Lacking(f"a way for {kind} between the ranks of {dimension}: {error}") from None
        self._notes.update(dict.fromkeys(found.notes))
        return float(found.seconds)

    def axes(self, dimension: str) -> tuple[int, ...]:
        """The dimensions of the array of ranks that form a group."""
        own = self.where.axes
        if dimension not in ("replicas", "expert replicas"):
            return own.get(dimension, ())
        both = (*own.get("data", ()), *own.get("context", ()))
        return both if dimension == "replicas" else tuple(a for a in both if a not in own.get("expert", ()))


@remembered()
def talk(subject: Subject, name: str) -> FabricTalk:
    """The fabric under a run. Raises Lacking, KeyError."""
    from cmxdsl.analysis.collectives import NoPath, machine

    try:
        return FabricTalk(machine(subject), placed(subject, name))
    except NoPath as error:
        raise Lacking(str(error)) from None
