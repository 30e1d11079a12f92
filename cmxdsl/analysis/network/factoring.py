"""A plane as a product of rings, full meshes and switches, or the devices for which it is none.

In the product of networks two endpoints are joined where they differ in one place only, as the network of that place
says (the Cartesian product). What looks like a dimension is guessed: links that run in parallel, and switches by their
array and by what they join. What was guessed is then proved: every endpoint has coordinates of its own, every link
changes one of them, and each dimension has all of its links at every place, over the same rate.

Switches that are joined with one another count as one where they carry whatever their endpoints send.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from math import prod
from typing import Any

from cmxdsl.analysis.network.graph import Fabric, roles
from cmxdsl.analysis.network.parallel import NoProduct, pair, parallel
from cmxdsl.records import frozen

RING, MESH, SWITCH = "Ring", "FullyConnected", "Switch"
EVEN = 1e-9  # rates that differ by no more are one


@frozen
class Factor:
    """A dimension: `Ring`, `FullyConnected` or `Switch` of `size` endpoints.

    `rate` is in b/s each way, None where it is not known: of all parallel links between two neighbours, or of all links
    that an endpoint has to the switches. `links` are the numbers of its links in the plane; `devices` the switches that
    stand for one at one place.
    """

    kind: str
    size: int
    rate: float | None
    links: Any
    devices: tuple[int, ...] = ()


Dimension = tuple[Factor, list[int]]  # and the place of each endpoint in it, in their order


@frozen
class Product:
    """The dimensions, the fastest first, and each endpoint's coordinates in them, by its number."""

    factors: tuple[Factor, ...]
    coordinates: dict[int, tuple[int, ...]]


@frozen
class _Joint:
    """Endpoints that one switch joins, or switches that stand for one: their rate, the links, and the switches."""

    ends: tuple[int, ...]
    rate: float
    links: tuple[int, ...]
    switches: tuple[int, ...]


def product(net: Fabric, carried: float) -> Product:
    """The plane as a product; `carried` is the share of their rate that endpoints can always send (see
    `metrics.Network`). Raises NoProduct, TooManySteps."""
    import numpy as np

    ends = np.flatnonzero(roles(net).ends)
    lonely = [int(e) for e in ends if net.indptr[e] == net.indptr[e + 1]]
    if lonely:
        raise NoProduct(f"`{net.name(lonely[0])}` has no link" + _more(len(lonely) - 1))
    if len(ends) < 2:
        raise NoProduct("it has fewer than two endpoints")
    direct, rates = _direct(net)
    joints = _joints(net, carried)
    colours = _switched(net, len(ends), joints)
    for edge, colour in parallel(net, direct, [joint.ends for joint in joints]).items():
        colours[colour].append(_Joint(edge, rates[edge], tuple(direct[edge]), ()))
    places = _coordinates(net, ends, list(colours.values()))
    found = [_proved(net, ends.tolist(), *one) for one in zip(colours.values(), places, strict=True)]
    codes = list(zip(*(place for _, place in found), strict=True))
    if prod(f.size for f, _ in found) != len(ends) or len(set(codes)) != len(ends):
        raise NoProduct(_twice(net, ends, codes, [f.size for f, _ in found]))
    made = _rings_of_four(found)
    made.sort(key=lambda item: (-(item[0].rate or 0), item[0].size, item[0].kind))
    coordinates = zip(*(place for _, place in made), strict=True)
    return Product(tuple(f for f, _ in made), dict(zip(ends.tolist(), coordinates, strict=True)))


def _more(many: int) -> str:
    return f", and {many:,} more" if many > 0 else ""


# --- what joins endpoints -----------------------------------------------------------------------------------


def _known(rate: float) -> float:
    return -1.0 if rate != rate else rate


def _direct(net: Fabric) -> tuple[dict[tuple[int, int], list[int]], dict[tuple[int, int], float]]:
    """The links between endpoints by pair, and the rate of each pair; below 0 where it is not known."""
    import numpy as np

    end = roles(net).ends
    links: dict[tuple[int, int], list[int]] = defaultdict(list)
    for k in np.flatnonzero(end[net.a] & end[net.b]).tolist():
        a, b = int(net.a[k]), int(net.b[k])
        if a == b:
            raise NoProduct(f"`{net.name(a)}` is linked to itself")
        links[pair(a, b)].append(k)
    return links, {both: _known(sum(float(net.rate[k]) for k in every)) for both, every in links.items()}


def _joints(net: Fabric, carried: float) -> list[_Joint]:
    """The switches by what they join: those that are linked, and those that join the same endpoints, stand for one."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    role = roles(net)
    end, on = role.ends, role.ends | role.passes
    used = on[net.a] & on[net.b]  # what neither is asked about nor passes traffic on does not count
    inner = ~end[net.a] & ~end[net.b] & used
    graph = coo_array((np.ones(inner.sum()), (net.a[inner], net.b[inner])), shape=(net.size, net.size))
    _, cluster = connected_components(graph, directed=False)
    rates: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    links: dict[int, list[int]] = defaultdict(list)
    for k in np.flatnonzero((end[net.a] ^ end[net.b]) & used).tolist():
        one, other = (int(net.a[k]), int(net.b[k])) if end[net.a[k]] else (int(net.b[k]), int(net.a[k]))
        rates[int(cluster[other])][one] += float(net.rate[k])
        links[int(cluster[other])].append(k)
    switches: dict[int, list[int]] = defaultdict(list)
    for s in np.flatnonzero(~end & on).tolist():
        switches[int(cluster[s])].append(s)
    together: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number in rates:
        together[tuple(sorted(rates[number]))].append(number)
    found = []
    for joined, numbers in together.items():
        name = net.name(switches[numbers[0]][0])
        if len(joined) < 2:
            raise NoProduct(f"`{name}` joins `{net.name(joined[0])}` with no other endpoint")
        for number in numbers:
            _even(net, name, rates[number])
            if len(switches[number]) > 1 and carried < 1 - EVEN:
                proved = f"{carried:.1%} of it is proved to" if carried else "that is not proved"
                raise NoProduct(
                    f"`{name}` is one of {len(switches[number]):,} switches that are joined, and they count as one "
                    f"switch only where all traffic passes: {proved}"
                )
        total = sum(rates[number][joined[0]] for number in numbers)
        every = tuple(k for number in numbers for k in links[number])
        found.append(_Joint(joined, _known(total), every, tuple(s for n in numbers for s in switches[n])))
    return found


def _switched(net: Fabric, many: int, joints: list[_Joint]) -> dict[Any, list[_Joint]]:
    """Switches by dimension: those of one array that join as many over one rate; where that would be several switches
    at one endpoint, those whose links are alike."""
    colours: dict[Any, list[_Joint]] = defaultdict(list)
    for joint in joints:
        label = tuple(sorted({net.group_of(s).label for s in joint.switches}))
        colours[(SWITCH, label, len(joint.ends), round(joint.rate, 3))].append(joint)
    for colour, every in list(colours.items()):
        if sum(len(joint.ends) for joint in every) > many:
            del colours[colour]
            for joint in every:
                colours[(*colour, *sorted({int(net.orbit[k]) for k in joint.links}))].append(joint)
    return colours


def _even(net: Fabric, name: str, rates: dict[int, float]) -> None:
    """Refuses a switch to which endpoints have unlike rates."""
    usual = Counter(map(_known, rates.values())).most_common(1)[0][0]
    odd = [e for e, rate in rates.items() if abs(_known(rate) - usual) > EVEN * abs(usual)]
    if odd:
        raise NoProduct(f"`{net.name(odd[0])}` has another rate to `{name}` than its neighbours" + _more(len(odd) - 1))


# --- the proof ----------------------------------------------------------------------------------------------


def _coordinates(net: Fabric, ends: Any, colours: list[list[_Joint]]) -> list[list[int]]:
    """A place in each dimension for each endpoint: which part it is in when the links of that dimension are taken away.
    With all links there is one part."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = {e: k for k, e in enumerate(ends.tolist())}

    def parts(colours: list[list[_Joint]]) -> Any:
        pairs = [(number[j.ends[0]], number[e]) for joints in colours for j in joints for e in j.ends[1:]]
        a, b = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(ends), len(ends)))
        return connected_components(graph, directed=False)[1]

    whole = parts(colours)
    if whole.max() > 0:
        apart = int(ends[np.flatnonzero(whole)[0]])
        raise NoProduct(
            f"it is {int(whole.max()) + 1:,} islands: `{net.name(int(ends[0]))}` does not reach `{net.name(apart)}`; "
            "`--top` names a part of the design with one"
        )
    return [parts(colours[:k] + colours[k + 1 :]).tolist() for k in range(len(colours))]


def _proved(net: Fabric, ends: list[int], joints: list[_Joint], place: list[int]) -> Dimension:
    """A dimension, once all of its links are where the product has them, and the places, those of a ring in its order.
    Raises NoProduct."""
    import numpy as np

    at = dict(zip(ends, place, strict=True))
    size, copies = max(place) + 1, len(ends) // (max(place) + 1)
    rate = joints[0].rate
    for joint in joints:
        if abs(joint.rate - rate) > EVEN * abs(rate):
            raise NoProduct(f"{_names(net, joint)} are joined at another rate than {_names(net, joints[0])}")
        if len({at[e] for e in joint.ends}) != len(joint.ends):
            raise NoProduct(f"{_names(net, joint)} are joined, and are in one place of that dimension")
    links = np.array(sorted(k for joint in joints for k in joint.links), dtype=np.int64)
    shown = rate if rate >= 0 else None
    if joints[0].switches:
        for joint in joints:
            if len(joint.ends) != size:
                raise NoProduct(f"{_names(net, joint)} are {len(joint.ends):,} of {size:,} places of their dimension")
        if len(joints) != copies:
            raise NoProduct(f"{_names(net, joints[0])}: {len(joints):,} such switches, where a product has {copies:,}")
        return Factor(SWITCH, size, shown, links, joints[0].switches), place
    pairs = Counter(pair(at[j.ends[0]], at[j.ends[1]]) for j in joints)
    short = [p for p, many in pairs.items() if many != copies]
    if short:
        joint = next(j for j in joints if pair(at[j.ends[0]], at[j.ends[1]]) == short[0])
        raise NoProduct(f"{_names(net, joint)} are linked, and not everywhere are those in their places")
    degree = Counter(e for both in pairs for e in both)
    if len(pairs) == size and set(degree.values()) == {2}:
        order = _around(size, list(pairs))
        return Factor(RING, size, shown, links), [order[p] for p in place]
    if len(pairs) == size * (size - 1) // 2:
        return Factor(MESH, size, shown, links), place
    fewest = min(range(size), key=lambda k: (degree[k], k))
    one = net.name(next(e for e in ends if at[e] == fewest))
    what = "a line, without the link around its ends" if len(pairs) == size - 1 else "neither a ring nor a full mesh"
    has = f"`{one}`, which has {degree[fewest]} links there"
    raise NoProduct(f"the {size:,} endpoints in the dimension of {has}, are {what}")


def _around(size: int, pairs: list[tuple[int, int]]) -> list[int]:
    """The position of each place on the ring that the pairs make."""
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        near[a].append(b)
        near[b].append(a)
    order, before, here = [0] * size, max(near[0]), 0
    for position in range(size):
        order[here] = position
        before, here = here, next(n for n in near[here] if n != before)
    return order


def _names(net: Fabric, joint: _Joint) -> str:
    return f"`{net.name(joint.ends[0])}` and `{net.name(joint.ends[-1])}`"


def _twice(net: Fabric, ends: Any, codes: list[tuple[int, ...]], sizes: list[int]) -> str:
    """Why coordinates are none."""
    first: dict[tuple[int, ...], int] = {}
    for end, code in zip(ends.tolist(), codes, strict=True):
        if code in first:
            return f"`{net.name(first[code])}` and `{net.name(end)}` would be in one place"
        first[code] = end
    places = " × ".join(f"{size:,}" for size in sizes)
    return f"its {len(ends):,} endpoints, `{net.name(int(ends[-1]))}` the last of them, do not fill {places} places"


def _rings_of_four(found: list[Dimension]) -> list[Dimension]:
    """A ring of four is the product of two pairs: two pairs over one rate are written as that."""
    import numpy as np

    made: list[Dimension] = []
    waiting: dict[float | None, Dimension] = {}
    for factor, place in found:
        if (factor.kind, factor.size) != (MESH, 2):
            made.append((factor, place))
        elif factor.rate not in waiting:
            waiting[factor.rate] = (factor, place)
        else:
            other, theirs = waiting.pop(factor.rate)
            around = {(0, 0): 0, (0, 1): 1, (1, 1): 2, (1, 0): 3}
            links = np.sort(np.concatenate([other.links, factor.links]))
            ring = [around[pair] for pair in zip(theirs, place, strict=True)]
            made.append((Factor(RING, 4, factor.rate, links), ring))
    return made + list(waiting.values())
