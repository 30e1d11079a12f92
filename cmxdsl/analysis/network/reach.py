"""Who still reaches whom when devices and links of a plane are gone.

Devices that pass traffic on make parts; an endpoint reaches those that have a link to a part that it has a link to, and
those that it has a link to itself. Endpoints that are linked to the same parts are counted together, and most failures
leave the parts as they are: then only the endpoints whose links are gone are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from cmxdsl.analysis.network.cuts import Cuts, cuts
from cmxdsl.analysis.network.distances import outward
from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.analysis.network.mixing import mixed
from cmxdsl.records import define, field, frozen

Parts = frozenset[int]  # the parts that an endpoint is linked to


@frozen
class Impact:
    """What a failure leaves: endpoints that now reach no other (those that failed too), pairs of endpoints that no
    longer reach each other, groups of two endpoints or more that reach one another, the least share of its own rate
    that an endpoint keeps which is not isolated, and the share of the rate of all links that is gone."""

    isolated: int
    pairs: int
    islands: int
    kept: float
    share: float


@frozen
class _Joints:
    """Pairs of devices that links join, u < v, in order; how many links do; and the pair of each link, or -1."""

    u: Any
    v: Any
    many: Any
    of: Any

    def gone(self, links: Any) -> Any:
        """The pairs all of whose links are among those given, each given once."""
        import numpy as np

        of = self.of[links]
        pairs, lost = np.unique(of[of >= 0], return_counts=True)
        return pairs[lost == self.many[pairs]]


def _joints(net: Fabric, wanted: Any) -> _Joints:
    import numpy as np

    links = np.flatnonzero(wanted & (net.a != net.b))
    low = np.minimum(net.a[links], net.b[links]).astype(np.int64)
    key = low * net.size + np.maximum(net.a[links], net.b[links])
    found, pair, many = np.unique(key, return_inverse=True, return_counts=True)
    of = np.full(net.links, -1, dtype=np.int64)
    of[links] = pair
    return _Joints(found // net.size, found % net.size, many, of)


@frozen
class _Census:
    """Unordered pairs of endpoints that reach each other, islands, endpoints that reach none, and what those are
    linked to."""

    pairs: int
    islands: int
    alone: int
    lonely: frozenset[Parts]


def _roots(sets: Iterable[Parts]) -> Callable[[int], int]:
    """One part for all those that the sets join to it."""
    parent: dict[int, int] = {}

    def root(part: int) -> int:
        while parent.setdefault(part, part) != part:
            parent[part] = part = parent[parent[part]]
        return part

    for parts in sets:
        for part in parts:
            parent[root(part)] = root(next(iter(parts)))
    return root


def _census(counts: Mapping[Parts, int]) -> _Census:
    """For how many endpoints are linked to which parts."""
    root = _roots(counts)
    here: dict[int, list[int]] = {}
    sets, many = list(counts), list(counts.values())
    pairs = 0
    for k, parts in enumerate(sets):
        met: set[int] = set()
        for part in parts:
            met.update(here.setdefault(part, []))
            here[part].append(k)
        pairs += many[k] * sum(many[j] for j in met) + (many[k] * (many[k] - 1) // 2 if parts else 0)
    size: dict[int, int] = {}
    for parts, number in counts.items():
        if parts:
            at = root(next(iter(parts)))
            size[at] = size.get(at, 0) + number
    lonely = frozenset(p for p in sets if not p or size[root(next(iter(p)))] == 1)
    return _Census(pairs, sum(s > 1 for s in size.values()), sum(counts[p] for p in lonely), lonely)


def _linked(ends: Any, who: Any, part: Any) -> tuple[Any, list[Parts]]:
    """For each of `ends`, in order, which of a list of sets of parts it is linked to; `who` is linked to `part`."""
    import numpy as np

    at = np.searchsorted(ends, who)
    width = int(part.max(initial=0)) + 1
    both = np.sort(at * width + part)  # `np.unique` hashes, which takes ten times as long for millions
    at, part = np.divmod(both[np.diff(both, prepend=-1) > 0], width)
    key = np.zeros(len(ends), dtype=np.uint64)
    np.add.at(key, at, mixed(part.astype(np.uint64) + np.uint64(1)))
    _, first, index = np.unique(key, return_index=True, return_inverse=True)
    starts, stops = np.searchsorted(at, first), np.searchsorted(at, first, side="right")
    return index, [frozenset(part[i:j].tolist()) for i, j in zip(starts.tolist(), stops.tolist(), strict=True)]


def _counted(index: Any, sets: list[Parts]) -> dict[Parts, int]:
    import numpy as np

    counts: dict[Parts, int] = {}
    for parts, number in zip(sets, np.bincount(index, minlength=len(sets)).tolist(), strict=True):
        counts[parts] = counts.get(parts, 0) + number
    return counts


@define(eq=False)
class Reach:
    """A plane that parts of can fail. `work` counts the links and endpoints that failures have looked at."""

    net: Fabric
    work: int = 0
    _seen: dict[Any, _Census] = field(factory=dict)

    @cached_property
    def roles(self) -> Any:
        return roles(self.net)

    @cached_property
    def own(self) -> Any:
        """The rate of all links of each device, in b/s."""
        import numpy as np

        net = self.net
        return np.bincount(net.a, net.rate, net.size) + np.bincount(net.b, net.rate, net.size)

    @cached_property
    def rate(self) -> float:
        """The rate of all links, in b/s."""
        return float(self.net.rate.sum()) or 1.0

    @cached_property
    def ends(self) -> Any:
        import numpy as np

        return np.flatnonzero(self.roles.ends)

    @cached_property
    def _dead(self) -> Any:
        """Which devices are gone: none, but while a failure is looked at."""
        import numpy as np

        return np.zeros(self.net.size, dtype=bool)

    @cached_property
    def _sizes(self) -> Any:
        import numpy as np

        return np.bincount(self.part)

    @cached_property
    def core(self) -> _Joints:
        """Between devices that pass traffic on."""
        return _joints(self.net, self.roles.passes[self.net.a] & self.roles.passes[self.net.b])

    @cached_property
    def direct(self) -> _Joints:
        """Between endpoints that pass none on."""
        only = self.roles.ends & ~self.roles.passes
        return _joints(self.net, only[self.net.a] & only[self.net.b])

    @cached_property
    def cuts(self) -> Cuts:
        return cuts(self.net.size, self.core.u, self.core.v)

    @cached_property
    def part(self) -> Any:
        """The part of each device; one that passes nothing on is a part of its own."""
        return self._parts([])

    @cached_property
    def _rows(self) -> tuple[Any, Any, Any]:
        """The core in compressed rows, and where each of its pairs stands there, from either side."""
        import numpy as np

        tails, heads = np.concatenate([self.core.u, self.core.v]), np.concatenate([self.core.v, self.core.u])
        order = np.argsort(tails, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=self.net.size))]).astype(np.int32)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        return starts, heads[order].astype(np.int32), place.reshape(2, -1)

    def _parts(self, broken: Any) -> Any:
        """The part of each device when these pairs of the core are joined no longer: their entries lead back to where
        they come from. Links both ways make strong components, which need no second adjacency."""
        import numpy as np
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        starts, heads, (there, back) = self._rows
        heads = heads.copy()
        heads[there[broken]], heads[back[broken]] = self.core.u[broken], self.core.v[broken]
        graph = csr_matrix((np.ones(len(heads)), heads, starts), (self.net.size, self.net.size))
        return connected_components(graph, directed=True, connection="strong")[1].astype(np.int64)

    @cached_property
    def _whole(self) -> tuple[Any, list[Parts], _Census]:
        import numpy as np

        none = np.zeros(self.net.size, dtype=bool)
        index, sets = self._links_of(self.ends, self.part, none, np.zeros(0, dtype=np.int64))
        return index, sets, self._joined(self.ends, index, sets, self.direct.u, self.direct.v)[0]

    @property
    def islands(self) -> int:
        return self._whole[2].islands

    @cached_property
    def _regions(self) -> tuple[dict[int, int], list[dict[Parts, int]]]:
        """Parts that endpoints join: of each part its region, and of each region its endpoints by what they link to."""
        index, sets, _ = self._whole
        counts = _counted(index, sets)
        root = _roots(counts)
        regions: dict[int, dict[Parts, int]] = {}
        for parts, number in counts.items():
            if parts:
                regions.setdefault(root(next(iter(parts))), {})[parts] = number
        names = {at: k for k, at in enumerate(regions)}
        return {part: names[root(part)] for parts in counts for part in parts}, list(regions.values())

    def _links_of(self, ends: Any, part: Any, dead: Any, gone: Any) -> tuple[Any, list[Parts]]:
        """What some endpoints are linked to, once devices and links are gone."""
        import numpy as np

        passes = self.roles.passes
        tails, heads, links = outward(self.net, ends[~passes[ends]])
        live = ~dead[tails] & ~dead[heads] & passes[heads] & ~np.isin(links, gone)
        own = ends[passes[ends] & ~dead[ends]]
        return _linked(ends, np.concatenate([tails[live], own]), part[np.concatenate([heads[live], own])])

    def _joined(self, ends: Any, index: Any, sets: list[Parts], u: Any, v: Any) -> tuple[_Census, Any]:
        """The census of these endpoints, and which of them reach none; u and v have links to each other."""
        import numpy as np
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        census = _census(_counted(index, sets))
        lonely = np.array([parts in census.lonely for parts in sets], dtype=bool)[index]
        if not len(u):
            return census, lonely
        at = [np.searchsorted(ends, side) for side in (u, v)]
        both, many = np.unique(index[at[0]] * len(sets) + index[at[1]], return_counts=True)
        apart = [sets[k // len(sets)].isdisjoint(sets[k % len(sets)]) for k in both.tolist()]
        pairs = census.pairs + int(many[np.array(apart, dtype=bool)].sum())
        names = {part: len(ends) + k for k, part in enumerate(sorted(frozenset().union(*sets)))}
        width = [len(parts) for parts in sets]
        flat = np.array([names[part] for parts in sets for part in sorted(parts)], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(width)])
        tails = np.repeat(np.arange(len(ends)), np.array(width)[index])
        heads = np.concatenate([flat[starts[k] : starts[k + 1]] for k in index.tolist()]) if len(flat) else tails[:0]
        tails, heads = np.concatenate([tails, at[0]]), np.concatenate([heads, at[1]])
        size = len(ends) + len(names)
        island = connected_components(csr_matrix((np.ones(len(tails)), (tails, heads)), (size, size)), directed=False)[
            1
        ]
        people = np.bincount(island[: len(ends)], minlength=size)
        alone = people[island[: len(ends)]] == 1
        return _Census(pairs, int((people > 1).sum()), int(alone.sum()), frozenset()), alone

    def harmless(self, links: Any, together: int) -> Any:
        """Of links that fail with others, `together` at most, which leave all parts and endpoints as they are."""
        import numpy as np

        ends, pair = self.roles.ends, self.core.of[links]
        many = np.append(self.core.many, 0)[pair]
        spare = many > together
        if together == 1:
            spare |= (pair >= 0) & ~np.append(self.cuts.bridges, True)[pair]
        return spare & ~ends[self.net.a[links]] & ~ends[self.net.b[links]]

    def outcome(self, devices: Any, links: Any) -> Impact:
        """What is left when these devices, and these links, fail together."""
        import numpy as np

        net, role = self.net, self.roles
        devices = np.unique(np.asarray(devices, dtype=np.int64))
        dead = self._dead
        dead[devices] = True
        gone = np.unique(np.concatenate([links, outward(net, devices)[2]]).astype(np.int64))
        touched = np.unique(np.concatenate([net.a[gone], net.b[gone], devices]).astype(np.int64))
        touched = touched[role.ends[touched]]
        parts = self._split(devices[role.passes[devices]], self.core.gone(gone))
        share = float(net.rate[gone].sum()) / self.rate
        if parts is None and not len(touched):
            dead[devices] = False
            return Impact(0, 0, self.islands, 1.0, share)
        if parts is None and not len(self.direct.u):
            census, lonely = self._looked_at(touched, dead, gone)
        else:
            census, lonely = self._searched(self.part if parts is None else parts, touched, dead, gone)
        mine = touched[~dead[touched] & ~lonely & (self.own[touched] > 0)]
        lost = np.zeros(len(mine))
        for side in (net.a, net.b):
            hit = np.isin(side[gone], mine)
            np.add.at(lost, np.searchsorted(mine, side[gone][hit]), net.rate[gone][hit])
        kept = float((1 - lost / self.own[mine]).min(initial=1.0))
        dead[devices] = False
        before = self._whole[2]
        return Impact(census.alone - before.alone, before.pairs - census.pairs, census.islands, kept, share)

    def _split(self, dead: Any, broken: Any) -> Any:
        """The new parts where devices that are left lose each other, else None; dead devices are parts of their own."""
        import numpy as np

        lost, many = np.unique(self.part[dead], return_counts=True)
        whole = int((self._sizes[lost] == many).sum())
        more = len(dead) - whole
        if not len(broken) or not self.cuts.may_part(broken, more):
            return None
        self.work += 20 * len(self.core.u)
        parts = self._parts(broken)
        return parts if int(parts.max()) > len(self._sizes) - 1 + more else None

    def _searched(self, parts: Any, touched: Any, dead: Any, gone: Any) -> tuple[_Census, Any]:
        """By looking at all endpoints again."""
        import numpy as np

        self.work += 20 * self.net.links
        index, sets = self._links_of(self.ends, parts, dead, gone)
        cut = np.zeros(len(self.direct.u), dtype=bool)
        cut[self.direct.gone(gone)] = True
        census, lonely = self._joined(self.ends, index, sets, self.direct.u[~cut], self.direct.v[~cut])
        return census, lonely[np.searchsorted(self.ends, touched)]

    def _looked_at(self, touched: Any, dead: Any, gone: Any) -> tuple[_Census, Any]:
        """By looking at those endpoints whose links are gone, where the parts stay as they are."""
        import numpy as np

        index, sets, before = self._whole
        region_of, regions = self._regions
        after, new = self._links_of(touched, self.part, dead, gone)
        old = index[np.searchsorted(self.ends, touched)]
        moved, many = np.unique(old * len(new) + after, return_counts=True)
        steps = [
            (sets[m // len(new)], new[m % len(new)], k) for m, k in zip(moved.tolist(), many.tolist(), strict=True)
        ]
        steps = [step for step in steps if step[0]]
        places = sorted({region_of[next(iter(was))] for was, _, _ in steps})
        key = frozenset(steps)
        self.work += len(touched) + sum(len(regions[p]) for p in places)
        if key not in self._seen:
            counts = {parts: number for place in places for parts, number in regions[place].items()}
            unchanged = _census(counts)
            for was, now, number in steps:
                counts[was] -= number
                counts[now] = counts.get(now, 0) + number
            found = _census({parts: number for parts, number in counts.items() if number})
            self._seen[key] = _Census(
                before.pairs + found.pairs - unchanged.pairs,
                before.islands + found.islands - unchanged.islands,
                before.alone + found.alone - unchanged.alone,
                found.lonely | {frozenset()},
            )
        census = self._seen[key]
        return census, np.array([parts in census.lonely for parts in new], dtype=bool)[after]
