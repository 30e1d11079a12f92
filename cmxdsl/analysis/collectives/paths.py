"""The time of collectives over one mapping: what the fabric has to say is found once, the rest is arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Any

from cmxdsl.analysis.collectives.bounds import Bound
from cmxdsl.analysis.collectives.groups import Groups, traffic
from cmxdsl.analysis.collectives.library import UNKNOWN, CollectiveLibrary
from cmxdsl.analysis.collectives.machine import NoPath, Wires
from cmxdsl.analysis.collectives.plans import Plan, plans
from cmxdsl.analysis.collectives.roads import Roads, TooMuchTraffic
from cmxdsl.analysis.collectives.traffic import Load, everyone, laid
from cmxdsl.records import define, evolve, field, frozen
from cmxdsl.schema import COLLECTIVES

KINDS = tuple(COLLECTIVES)


class NoReduction(Exception):
    """A plane whose switches do not all add up what passes."""


@frozen
class Timed:
    """One collective of all groups at once. `seconds` is the calibrated estimate, `described` the time of the same
    algorithm on the links at their full rate, with the latencies that are described, and `bound` what no algorithm is
    faster than, which is worked out when it is first asked for (`limit`). `latency` is the part of `seconds` that is
    there at no size; `bus_bandwidth`, in B/s, is that of nccl-tests. `loaded` is the kind of link that takes
    longest."""

    kind: str
    size: float
    seconds: float
    described: float
    algorithm: str
    latency: float
    bus_bandwidth: float
    loaded: str
    notes: tuple[str, ...]
    limit: Callable[[], Bound] = field(repr=False, eq=False)

    @property
    def bound(self) -> float:
        """Seconds that no algorithm is faster than."""
        least = self.limit()
        return max(least.latency, self.size * least.slope)

    @property
    def algorithm_bandwidth(self) -> float:
        """Bytes a second, in B/s."""
        return self.size / self.seconds if self.seconds else 0.0


@frozen
class TimedPlan:
    """A plan on this fabric. Bytes take `slope` seconds each on the most loaded link, and chunks wait `fill` seconds in
    all; described, `bare` seconds and `full` ones for each byte."""

    name: str
    latency: float
    slope: float
    fill: float
    bare: float
    full: float
    where: str

    def seconds(self, size: float) -> float:
        """The estimate for a size in bytes (see `library`)."""
        wire = size * self.slope
        return self.latency + wire + 2 * sqrt(wire * self.fill)


def bus_factor(kind: str, ranks: int) -> float:
    """Bus bandwidth over algorithm bandwidth (NVIDIA/nccl-tests, doc/PERFORMANCE.md)."""
    if kind == "all_reduce":
        return 2 * (ranks - 1) / ranks
    return (ranks - 1) / ranks if kind in ("reduce_scatter", "all_gather", "all_to_all") else 1.0


@define(eq=False)
class Paths:
    """The groups of a parallel dimension on their fabric. Each pattern of traffic is laid over it when first asked for;
    after that a time of any size is arithmetic."""

    groups: Groups
    library: CollectiveLibrary
    bound: Callable[[str], Bound]
    road: Callable[[Wires], Roads]
    _loads: dict[str, Load | Exception] = field(factory=dict)
    _ways: dict[str, tuple[list[TimedPlan], tuple[str, ...]]] = field(factory=dict)

    @property
    def ranks(self) -> int:
        """How many ranks a group has."""
        return self.groups.size

    def time(self, kind: str, size: float) -> Timed:
        """The best algorithm's time for `size` bytes, as nccl-tests count them: of the buffer that a rank holds before
        or after, whichever is larger. Raises NoPath, TooMuchTraffic, ValueError for no kind of `KINDS` or a
        negative size."""
        if kind not in KINDS:
            raise ValueError(f"`{kind}` is no collective: they are {', '.join(KINDS)}")
        if not size >= 0:
            raise ValueError("a collective's size is no less than 0 B")
        if self.ranks < 2:
            alone = ("one chip has nothing to send",)
            return Timed(kind, size, 0.0, 0.0, "none", 0.0, 0.0, "", alone, lambda: Bound(0.0, 0.0))
        ways, notes = self.ways(kind)
        best = min(ways, key=lambda way: way.seconds(size))
        seconds = best.seconds(size)
        return Timed(
            kind,
            size,
            seconds,
            best.bare + size * best.full,
            best.name,
            best.latency,
            bus_factor(kind, self.ranks) * size / seconds if seconds else 0.0,
            best.where,
            notes,
            partial(self.bound, kind),
        )

    def ways(self, kind: str) -> tuple[list[TimedPlan], tuple[str, ...]]:
        """Each algorithm of the library, and what is assumed. Raises NoPath, TooMuchTraffic."""
        if kind not in self._ways:
            self._ways[kind] = self._found(kind)
        return self._ways[kind]

    def every(self, kind: str) -> dict[str, tuple[float, float]]:
        """Of every algorithm, in the library or not: seconds described for no bytes, and for each byte."""
        found = {}
        for plan in plans(kind, self.groups.across, self.groups.inside, self.groups.dims):
            if not isinstance(loads := self._plan(plan), Exception):
                found[plan.name] = self._described(plan, loads)[:2]
        return found

    def _found(self, kind: str) -> tuple[list[TimedPlan], tuple[str, ...]]:
        ways: list[TimedPlan] = []
        failed: list[tuple[str, Exception]] = []
        for plan in plans(kind, self.groups.across, self.groups.inside, self.groups.dims):
            row = self.library.table.get(plan.family)
            if row is None:
                continue
            loads = self._plan(plan)
            if isinstance(loads, Exception):
                failed.append((plan.name, loads))
                continue
            bare, full, where = self._described(plan, loads)
            slope = sum(_at_once(phase, loads, lambda load: load.reached) for phase in plan.phases)
            wait = sum(many * (row.far if _is_far(at) else row.near) for at, many in plan.steps)
            fill = sum(many * (row.chunk_far if _is_far(at) else row.chunk_near) for at, many in plan.stages)
            ways.append(TimedPlan(plan.name, row.start + wait, slope / row.reach, fill, bare, full, where))
        if not ways:
            why = "; ".join(dict.fromkeys(f"{name}: {error}" for name, error in failed))
            hard = any(isinstance(error, TooMuchTraffic) for _, error in failed)
            raise TooMuchTraffic(why) if hard else NoPath(why or f"no algorithm for {kind}")
        return ways, self._notes(failed)

    def _notes(self, failed: list[tuple[str, Exception]]) -> tuple[str, ...]:
        notes = [*self.groups.notes]
        for wires in (self.groups.near if self.groups.inside > 1 else None, self.groups.far):
            if wires is None:
                continue
            road = self.road(wires)
            notes += [f"`{name}` states no efficiency: its full rate is taken" for name in road.unstated]
            if road.lacking:
                notes.append(f"no latency of {wires.plane} is described: {'; '.join(road.lacking)}")
        if self.library is UNKNOWN:
            notes.append(f"these chips' library has no published model of its latencies: {UNKNOWN.era} is taken")
        else:
            notes.append(f"latencies of {self.library.era}")
        notes += [f"left out: {name}: {error}" for name, error in failed if not isinstance(error, NoReduction)]
        return tuple(dict.fromkeys(notes))

    def _plan(self, plan: Plan) -> dict[str, Load] | Exception:
        """The loads of a plan's patterns, or why one cannot be."""
        found: dict[str, Load] = {}
        for name in dict.fromkeys(n for part in (*plan.phases, plan.steps) for n, _ in part):
            load = self._load(name)
            if isinstance(load, Exception):
                return load
            found[name] = load
        return found

    def _load(self, pattern: str) -> Load | Exception:
        if pattern not in self._loads:
            self._loads[pattern] = self._laid(pattern)
        return self._loads[pattern]

    def _laid(self, pattern: str) -> Load | Exception:
        """The least load of the ways to send a pattern, or why there is none."""
        found: list[Load] = []
        why: Exception = NoPath("no plane joins the chips")
        for wires, one, times in traffic(self.groups, pattern):
            share = 1.0
            if pattern.startswith("switch"):
                switches = reduction(wires)
                if switches is None:
                    return NoReduction(f"a switch of {wires.plane} adds up nothing")
                share = switches
            try:
                load = laid(wires, self.road(wires), one)
            except (NoPath, TooMuchTraffic) as error:
                known = everyone(wires, self.road(wires), one) if isinstance(error, TooMuchTraffic) else None
                if known is None:
                    why = error
                    continue
                load = known
            found.append(evolve(load, seconds=load.seconds * times, reached=load.reached * times / share))
        return min(found, key=lambda load: load.reached) if found else why

    def _described(self, plan: Plan, loads: dict[str, Load]) -> tuple[float, float, str]:
        slope = sum(_at_once(phase, loads, lambda load: load.seconds) for phase in plan.phases)
        latency = sum(many * loads[name].latency for name, many in plan.steps)
        most = max(((share * loads[n].seconds, loads[n].where) for phase in plan.phases for n, share in phase))
        return latency, slope, most[1]


def _at_once(phase: Any, loads: dict[str, Load], seconds: Callable[[Load], float]) -> float:
    """Seconds a byte of patterns that run together: those on one plane share it."""
    planes: dict[str, float] = {}
    for name, share in phase:
        load = loads[name]
        planes[load.plane] = planes.get(load.plane, 0.0) + share * seconds(load)
    return max(planes.values())


def _is_far(pattern: str) -> bool:
    """Whether a pattern's messages leave the scale-up domain."""
    return pattern.endswith("@far")


def reduction(wires: Wires) -> float | None:
    """The share of the attainable rate at which all switches of a plane add up what passes; None where one does not."""
    import numpy as np

    linked = np.diff(wires.net.indptr) > 0
    switches = [g.component for g in wires.net.groups if g.switch and linked[g.start : g.start + g.count].any()]
    if not switches or not all(s.get("reduces") is True for s in switches):
        return None
    return min(float(q.value) if (q := s.quantity("reduction_efficiency")) is not None else 1.0 for s in switches)
