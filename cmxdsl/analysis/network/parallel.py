"""Which links of a plane run in parallel, as those of a product of networks do: across a square of links, or of links
and switches, opposite sides are of one dimension (Imrich, Klavžar, Handbook of Product Graphs, 2000)."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Sequence

from cmxdsl.analysis.network.graph import Fabric
from cmxdsl.limits import LimitExceeded, over

MAX_STEPS = 20_000_000  # neighbours of neighbours that squares are looked for among


class NoProduct(Exception):
    """The plane is no product; the message names devices for which it is not."""


class TooManySteps(LimitExceeded):
    """A plane that is too large to be taken apart."""


def parallel(
    net: Fabric, direct: dict[tuple[int, int], list[int]], joints: Sequence[Collection[int]]
) -> dict[tuple[int, int], int]:
    """A colour for each pair of linked endpoints: those of one colour run in parallel, or go on in one dimension."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in direct:
        near[a].add(b)
        near[b].add(a)
    steps = sum(len(n) ** 2 for n in near.values())
    if steps > MAX_STEPS:
        raise TooManySteps(over(steps, MAX_STEPS, "neighbours of neighbours"))
    at: dict[int, set[int]] = defaultdict(set)
    for number, joint in enumerate(joints):
        for end in joint:
            at[end].add(number)
    colours: dict[tuple[int, int], int] = {}
    left, fresh = set(near), 0
    while left:  # a part that switches join to none before it has colours of its own
        start = min(left)
        first = {n: c + fresh for n, c in _first(near, start).items()}
        fresh += len(first)
        waiting = deque([(start, first)])
        while waiting:
            start, first = waiting.popleft()
            if start not in left:
                continue
            here = _component(near, start)
            left -= here
            colours |= _coloured(net, near, start, first)
            for end in sorted(here):
                for other in (e for number in sorted(at[end]) for e in joints[number]):
                    if other in left:
                        waiting.append((other, _across(net, near, at, colours, end, other)))
                        break
    return colours


def _across(
    net: Fabric,
    near: dict[int, set[int]],
    at: dict[int, set[int]],
    colours: dict[tuple[int, int], int],
    here: int,
    there: int,
) -> dict[int, int]:
    """The colours of an endpoint's links by those of one beside it at a switch, whose neighbours a switch joins too."""
    found = {}
    for other in near[there]:
        beside = [n for n in near[here] if at[n] & at[other]]
        if len(beside) != 1:
            raise NoProduct(
                f"`{net.name(here)}` and `{net.name(there)}` are joined by a switch, and {len(beside)} neighbours of "
                f"the one are joined with `{net.name(other)}`, a neighbour of the other, where a product has one"
            )
        found[other] = colours[pair(here, beside[0])]
    return found


def _component(near: dict[int, set[int]], start: int) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        fresh = near[waiting.pop()] - seen
        seen |= fresh
        waiting += fresh
    return seen


def pair(a: int, b: int) -> tuple[int, int]:
    """Two devices, whichever comes first."""
    return (a, b) if a < b else (b, a)


def _coloured(net: Fabric, near: dict[int, set[int]], start: int, first: dict[int, int]) -> dict[tuple[int, int], int]:
    """Colours of the links of one part, from those of `start` on: across a square the colour is the same."""
    colours = {pair(start, neighbour): colour for neighbour, colour in first.items()}
    seen, waiting = {start}, deque([start])
    while waiting:
        here = waiting.popleft()
        mine = {n: colours[pair(here, n)] for n in near[here]}
        usual = Counter(mine.values())
        for there in sorted(near[here] - seen):
            seen.add(there)
            waiting.append(there)
            along = mine[there]
            theirs = dict.fromkeys(near[there], along)
            for other, colour in mine.items():
                if colour == along:
                    continue
                corner = (near[there] & near[other]) - {here}
                if len(corner) != 1:
                    raise NoProduct(
                        f"`{net.name(there)}` and `{net.name(other)}`, neighbours of `{net.name(here)}` in two "
                        f"dimensions, have {len(corner)} other neighbours in common, where a product has one"
                    )
                theirs[corner.pop()] = colour
            if Counter(theirs.values()) != usual:
                raise NoProduct(f"`{net.name(there)}` has other links than its neighbour `{net.name(here)}`")
            for other, colour in theirs.items():
                if colours.setdefault(pair(there, other), colour) != colour:
                    raise NoProduct(f"the links of `{net.name(there)}` and `{net.name(other)}` do not run in parallel")
    return colours


def _first(near: dict[int, set[int]], start: int) -> dict[int, int]:
    """The dimension of each neighbour: two are of one where no square, or more than one, has them at its sides."""
    neighbours = sorted(near[start])
    colour = {n: k for k, n in enumerate(neighbours)}
    for i, one in enumerate(neighbours):
        for other in neighbours[i + 1 :]:
            same = other in near[one] or len(near[one] & near[other]) != 2  # `start` is in common too
            if same and colour[one] != colour[other]:
                old, new = colour[other], colour[one]
                colour = {n: new if c == old else c for n, c in colour.items()}
    return colour
