"""Symmetry: on designs of every kind, most of them not symmetric, folded answers are those of every device and link.

The unfolded answers come from networkx, or from the same program with every device and link in a class of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import networkx as nx
import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.network import graph as f
from cmxdsl.analysis.network.distances import distances
from cmxdsl.analysis.network.indices import hoped
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.network.symmetry import FIXED, PERMUTED, Cell, Hope, Symmetry, representatives, seen_in
from cmxdsl.analysis.network.throughput import all_to_all
from cmxdsl.analysis.network.traffic import disjoint, traffic
from cmxdsl.model import Component, Subject

from .test_fabric import design, named, plainly

# --- random designs ---------------------------------------------------------------------------------------

ARRAYS = {"h": 2, "s": 1, "t": 1, "g.a": 2, "g.b": 1, "u": 0}  # and how many indices they take
VARIABLES = "ijkl"


@st.composite
def plane(draw: st.DrawFn) -> str:
    """A plane of arrays of several ranks, one inside another, with links of every kind of index and condition."""
    sizes = {name: [draw(st.integers(1, 5)) for _ in range(rank)] for name, rank in ARRAYS.items()}
    if draw(st.booleans()):  # so that dimensions meet
        sizes["t"] = [sizes["h"][0]]
    sizes["g.a"][0] = sizes["g.b"][0]
    own = [["h", "s"], ["h", "t", "s"], ["h"], ["g.a", "g.b"], ["g.a", "g.b", "s"], sorted(ARRAYS)]
    present = draw(st.sampled_from(own))
    makers = (link(sizes, present), ring_or_mesh(sizes, present))
    links = [draw(draw(st.sampled_from(makers))) for _ in range(draw(st.integers(1, 4)))]
    if draw(st.booleans()):  # so that all are joined
        links += [f"link {whole(name, 'ij')}.p -- u.p" for name in sorted({*present} - {"u"})]
        present = sorted({*present, "u"})
    kind = "chip" if draw(st.booleans()) else "switch"
    inner = draw(st.sampled_from(["", f"link a[i].p -- b.p for i in 0..{sizes['g.a'][1] - 1}"]))
    at = {name: f"[{', '.join(map(str, own))}]" if own else "" for name, own in sizes.items()}
    made = [f"{n}{at[n]}: {'H' if n == 'h' else 'S'}" for n in present if "." not in n]
    made += [f"g{at['g.b']}: G"] if "g.a" in present else []
    return f"""protocol P {{ plane = scale_out; rate = 100 Gb/s; shared = true }}
protocol Q : P {{ rate = 300 Gb/s }}
chip H {{ port p: P; port q: Q }}
{kind} S {{ port p: P; port q: Q }}
board G {{ a[{sizes["g.a"][1]}]: H; b: S; {inner} }}
system Y {{
    {"; ".join(made)}
    {chr(10).join(links)}
}}
"""


def whole(name: str, words: Sequence[str]) -> str:
    """An element of an array by its indices."""
    words = words[: ARRAYS[name]]
    first, _, last = name.partition(".")
    if name == "g.a":
        return f"g[{words[0]}].a[{words[1]}]"
    return (f"{first}[{', '.join(words)}]" if words else first) + (f".{last}" if last else "")


@st.composite
def ring_or_mesh(draw: st.DrawFn, sizes: dict[str, list[int]], present: list[str]) -> str:
    """Links among the elements of one dimension: rings of any step, all or some pairs, in all or some order."""
    name = draw(st.sampled_from([n for n in present if ARRAYS[n]]))
    axis = draw(st.integers(0, ARRAYS[name] - 1))
    size = sizes[name][axis]
    one = [f"x{k}" for k in range(ARRAYS[name])]
    other = list(one)
    ranges = [f"{v} in 0..{n - 1}" for v, n in zip(one, sizes[name], strict=True)]
    where = ""
    if draw(st.booleans()):
        other[axis] = f"(x{axis} + {draw(st.integers(1, 3))}) mod {size}"
        where = draw(st.sampled_from(["", "", "", " where x0 != 1"]))
    else:
        other[axis] = "y"
        low, high = draw(
            st.sampled_from([(0, size - 1), (1, size - 1), (0, max(0, size - 2)), (min(1, size - 1), size - 1)])
        )
        ranges.append(f"y in {min(low, high)}..{high}")
        sign = draw(st.sampled_from(["<", ">", "!=", "<="]))
        where = f" where x{axis} {sign} y" + draw(st.sampled_from(["", "", " and y > 1", f" and x{axis} < 2"]))
        if draw(st.booleans()):
            ranges[axis] = f"x{axis} in {min(low, high)}..{high}"
    port = draw(st.sampled_from("pq"))
    return f"link {whole(name, one)}.{port} -- {whole(name, other)}.{port}{where} for {', '.join(ranges)}"


@st.composite
def link(draw: st.DrawFn, sizes: dict[str, list[int]], present: list[str]) -> str:
    """Links between two arrays, by any indices and under any condition."""
    names = [draw(st.sampled_from(present)) for _ in range(2)]
    chosen: dict[str, tuple[int, int]] = {}
    ends = [whole(name, [draw(written(size, chosen)) for size in sizes[name]]) for name in names]
    port = draw(st.sampled_from("pq"))
    free = [v for v in VARIABLES if v not in chosen]
    if free and draw(st.integers(0, 4)) == 0:
        chosen[free[0]] = (0, 1)  # a variable of no device: links in parallel
    where = draw(condition(sorted(chosen))) if chosen else ""
    ranges = ", ".join(f"{v} in {low}..{high}" for v, (low, high) in sorted(chosen.items()))
    return f"link {ends[0]}.{port} -- {ends[1]}.{port}{where}" + (f" for {ranges}" if ranges else "")


@st.composite
def written(draw: st.DrawFn, size: int, chosen: dict[str, tuple[int, int]]) -> str:
    """An index below `size`; new variables mostly take the whole range."""

    def variable() -> str:
        known = sorted(chosen)
        fresh = [v for v in VARIABLES if v not in chosen]
        if known and (not fresh or draw(st.booleans())):
            return draw(st.sampled_from(known))
        low, high = 0, size - 1
        if draw(st.integers(0, 3)) == 0:
            low = draw(st.integers(0, size - 1))
            high = draw(st.integers(low, size - 1))
        chosen[fresh[0]] = (low, high)
        return fresh[0]

    kind = draw(st.integers(0, 9))
    v = variable() if kind else ""
    top = chosen[v][1] if kind else 0
    if kind == 0:
        return str(draw(st.integers(0, size - 1)))
    if kind == 1:
        return f"({v} + {draw(st.integers(1, 3))}) mod {size}"
    if kind == 2:
        return f"({v} + {variable()}) mod {size}"
    if kind == 3:
        by = draw(st.integers(1, 3))
        return f"{v} div {by}" if top // by < size else f"({v} div {by}) mod {size}"
    if kind == 4:
        return f"({v} * {v} + {draw(st.integers(0, 2))}) mod {size}"
    if kind == 5 and top < size:
        return f"{top} - {v}" if chosen[v][0] >= 0 else v
    if kind == 6 and size % 2 == 0 and size > 2:
        fresh = [w for w in VARIABLES if w not in chosen]
        if len(fresh) > 1:
            chosen[fresh[0]], chosen[fresh[1]] = (0, size // 2 - 1), (0, 1)
            return f"2*{fresh[0]} + {fresh[1]}"
    return v if top < size else f"{v} mod {size}"


@st.composite
def condition(draw: st.DrawFn, names: list[str]) -> str:
    def one() -> str:
        a, b, c = draw(st.sampled_from(names)), draw(st.sampled_from(names)), draw(st.integers(0, 3))
        sign = draw(st.sampled_from(["<", ">", "!=", "<=", "==", ">="]))
        return draw(
            st.sampled_from(
                [f"{a} {sign} {b}", f"{a} {sign} {c}", f"({a} + {b}) mod 2 == {c % 2}", f"{a} mod 2 {sign} {b} div 2"]
            )
        )

    kind = draw(st.integers(0, 5))
    if kind < 2:
        return ""
    if kind < 4:
        return f" where {one()}"
    return f" where {one()} {draw(st.sampled_from(['and', 'or']))} {one()}"


def loaded(text: str) -> Component | None:
    found = cmxdsl.loads(text)
    return found.top if found.ok else None


# --- laws -------------------------------------------------------------------------------------------------


def moves(net: f.Fabric) -> Iterator[np.ndarray]:
    """The moves that generate all that a plane's symmetry claims, as the new number of each device."""
    for cls, cells in enumerate(net.symmetric.cells):
        for cell in cells:
            if cell.kind == FIXED:
                continue
            turned = {v: cell.start + (v - cell.start + 1) % cell.size for v in range(cell.start, cell.stop)}
            swapped = {cell.start: cell.stop - 1, cell.stop - 1: cell.start}
            for to in [turned, swapped] if cell.kind == PERMUTED else [turned]:
                there = np.arange(net.size)
                for g in net.groups:
                    for k in range(g.count):
                        new = k
                        for d in net.symmetric.digits[g.names]:
                            value = k // d.stride % d.size
                            if d.cls == cls:
                                new += (to.get(value, value) - value) * d.stride
                        there[g.start + k] = g.start + new
                yield there


def pairs(net: f.Fabric) -> list[tuple[int, int]]:
    return [(min(p), max(p)) for p in zip(net.a.tolist(), net.b.tolist(), strict=True)]


def classes(count: int, joined: list[tuple[int, int]]) -> list[frozenset[int]]:
    graph = nx.Graph(joined)
    graph.add_nodes_from(range(count))
    return [frozenset(c) for c in nx.connected_components(graph)]


def check_moves(net: f.Fabric) -> None:
    """Every move claimed maps the links onto themselves; links are classed, and devices counted, as the moves say."""
    mine = pairs(net)
    rates = Counter(zip(mine, net.rate.tolist(), strict=True))
    device_steps: list[tuple[int, int]] = []
    alike: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for there in moves(net):
        moved = [(min(p), max(p)) for p in ((int(there[a]), int(there[b])) for a, b in mine)]
        assert Counter(zip(moved, net.rate.tolist(), strict=True)) == rates
        device_steps += list(enumerate(there.tolist()))
        alike += list(zip(mine, moved, strict=True))
    of_device = {d: c for c in classes(net.size, device_steps) for d in c}
    counted: Counter[frozenset[int]] = Counter()
    for number, many in net.members:
        counted[of_device[number]] += many
    assert all(counted[c] == len(c) for c in set(of_device.values()))
    # Links of one class are alike; each class of pairs of devices is whole, pattern by pattern.
    numbers = {p: k for k, p in enumerate(dict.fromkeys(mine))}
    of_pair = {d: c for c in classes(len(numbers), [(numbers[p], numbers[q]) for p, q in alike]) for d in c}
    together: dict[int, set[frozenset[int]]] = {}
    for p, orbit in zip(mine, net.orbit.tolist(), strict=True):
        together.setdefault(orbit, set()).add(of_pair[numbers[p]])
    assert all(len(found) == 1 for found in together.values())
    for orbit, found in together.items():
        times = Counter(p for p, o in zip(mine, net.orbit.tolist(), strict=True) if o == orbit)
        assert len(times) == len(next(iter(found))) and len(set(times.values())) == 1


def check_partners(net: f.Fabric, source: int) -> None:
    """Partners of a device: as many of each distance as there are."""
    group = net.group_of(source)
    seen = seen_in(net.symmetric, group.names, source - group.start)
    found = [(g.start + n, many) for g in net.groups for n, many in representatives(net.symmetric, g.names, seen)]
    graph = nx.Graph(pairs(net))
    graph.add_nodes_from(range(net.size))
    far = nx.single_source_shortest_path_length(graph, source)
    counted: Counter[int] = Counter()
    for number, many in found:
        counted[far.get(number, -1)] += many
    assert counted == Counter(far.get(n, -1) for n in range(net.size))


def far_apart(net: f.Fabric) -> dict[int, int]:
    """Ordered pairs of endpoints by distance, by networkx: a device that passes nothing on is entered or left."""
    role = f.roles(net)
    graph = nx.DiGraph()
    for n in range(net.size):
        graph.add_nodes_from([(n, "in"), (n, "out")])
        if role.passes[n]:
            graph.add_edge((n, "in"), (n, "out"), length=0)
    for a, b in pairs(net):
        graph.add_edge((a, "out"), (b, "in"), length=1)
        graph.add_edge((b, "out"), (a, "in"), length=1)
    found: Counter[int] = Counter()
    for s in np.flatnonzero(role.ends).tolist():
        for (t, side), d in nx.single_source_dijkstra_path_length(graph, (s, "out"), weight="length").items():
            if side == "in" and t != s and role.ends[t]:
                found[int(d)] += 1
    return dict(sorted(found.items()))


@settings(max_examples=400, deadline=None)
@given(plane())
def test_what_is_claimed_holds_and_distances_are_those_of_networkx(text: str) -> None:
    top = loaded(text)
    if top is None:
        return
    net = f.fabric(Subject(top), "scale_out")
    check_moves(net)
    ends = int(f.roles(net).ends.sum())
    with_, without = distances(net), distances(plainly(net))
    assert with_.histogram == without.histogram == far_apart(net)
    assert with_.unreached == without.unreached == ends * (ends - 1) - with_.pairs
    assert np.allclose(with_.load[net.orbit], without.load)
    if net.links:
        check_partners(net, int(net.a[0]))


@settings(max_examples=150, deadline=None)
@given(plane())
def test_folded_throughput_is_that_of_the_whole_program(text: str) -> None:
    top = loaded(text)
    if top is None:
        return
    net = f.fabric(Subject(top), "scale_out")
    if 2 * net.links * int(f.roles(net).ends.sum()) > 3000:
        return
    with_, without = all_to_all(net), all_to_all(plainly(net))
    assert (with_ is None) == (without is None)
    if with_ is not None and without is not None:
        assert with_.rate == pytest.approx(without.rate, rel=1e-5)


@settings(max_examples=150, deadline=None)
@given(plane())
def test_folded_disjoint_paths_are_those_of_networkx(text: str) -> None:
    top = loaded(text)
    if top is None:
        return
    net = f.fabric(Subject(top), "scale_out")
    role = f.roles(net)
    ends = np.flatnonzero(role.ends).tolist()
    if not 2 <= len(ends) <= 16:
        return
    graph = nx.DiGraph()
    for n in range(net.size):
        graph.add_nodes_from([(n, "in"), (n, "out")])
        if role.passes[n]:
            graph.add_edge((n, "in"), (n, "out"), link=10**6, device=1)
    for (a, b), many in Counter(pairs(net)).items():
        graph.add_edge((a, "out"), (b, "in"), link=many, device=many)
        graph.add_edge((b, "out"), (a, "in"), link=many, device=many)
    found = disjoint(Subject(top), "scale_out")
    for kind, value in (("link", found.by_link), ("device", found.by_device)):
        assert value == min(
            nx.maximum_flow_value(graph, (s, "out"), (t, "in"), capacity=kind) for s in ends for t in ends if s < t
        )


def reckless(*given: Any) -> Hope:
    """A hope of which little is true: all digits of one size move together."""
    hope = hoped(*given)
    one = {size: k for k, size in enumerate(sorted({d.size for own in hope.symmetry.digits.values() for d in own}))}
    digits = {n: tuple(evolve(d, cls=one[d.size]) for d in own) for n, own in hope.symmetry.digits.items()}
    cells = tuple((Cell(0, size, PERMUTED),) for size in one)
    cuts = tuple(tuple(range(1, size, 2)) for size in one)
    return Hope(Symmetry(digits, cells, {}), cuts)


@settings(max_examples=100, deadline=None)
@given(plane())
def test_what_the_links_refuse_is_not_claimed(text: str) -> None:
    top = loaded(text)
    if top is None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f, "hoped", reckless)
        net = f.fabric(Subject(top), "scale_out")
    check_moves(net)
    assert distances(net).histogram == far_apart(net)


# --- what was wrong, and how far folding goes ---------------------------------------------------------------

CHIPS = (
    "protocol P { plane = scale_up; rate = 100 Gb/s }\nchip A { port p[6]: P; port q: P }\nchip B { port p[6]: P }\n"
)
MESH = "link a[i].p[j] -- a[j].p[i] where i {sign} j for i in 1..5, j in 1..5"


@pytest.mark.parametrize("sign", ["<", ">", "!="])
@pytest.mark.parametrize(
    ("more", "histogram", "edges"),
    [
        # Five of six are a full mesh.
        ("", {1: 20}, 0),
        # The sixth hangs on one of them: its neighbour is one link away, the other four two.
        ("link a[0].p[1] -- a[1].p[0]", {1: 22, 2: 8}, 1),
        # All hang on another chip, the sixth with its only link.
        ("b: B; link a[i].q -- b.p[i]", {1: 32, 2: 10}, 1),
    ],
)
def test_a_mesh_of_a_part_is_no_mesh_of_all(sign: str, more: str, histogram: dict[int, int], edges: int) -> None:
    mesh = MESH.format(sign=sign)
    if sign == "!=":  # each pair twice, on ports that may be shared
        top = design(f"{CHIPS}system S {{ a[6]: A; {more}\n {mesh} }}".replace("Gb/s }", "Gb/s; shared = true }"))
    else:
        top = design(f"{CHIPS}system S {{ a[6]: A; {more}\n {mesh} }}")
    found = network(Subject(top), "scale_up")
    assert found.distances is not None and found.distances.histogram == histogram
    assert disjoint(Subject(top), "scale_up").by_link == edges


@pytest.mark.parametrize("condition", ["for i in 0..2, j in 0..2", "and i < 3 and j < 3 for i in 0..3, j in 0..3"])
def test_one_outside_a_mesh_counts(condition: str) -> None:
    """Four chips on three switches, of which three chips are meshed too: 9 pairs one link apart, 3 pairs two.

    In units of 100 Gb/s the chips put in 5, 5, 5 and 3, and pairs weigh 25 or 15: the fourth is full when its 45
    are 3, and all 240 are then 16 of the 18.
    """
    top = design(
        "protocol P { plane = scale_up; rate = 100 Gb/s }\nchip A { port mesh[4]: P; port up[3]: P }\n"
        "switch B { port d[4]: P }\nsystem S { a[4]: A; b[3]: B; link a[i].up[k] -- b[k].d[i]\n"
        f"    link a[i].mesh[j] -- a[j].mesh[i] where i < j {condition} }}\n"
    )
    found, share = network(Subject(top), "scale_up"), traffic(Subject(top), "scale_up").share
    assert found.distances is not None and found.distances.mean == 1.5
    assert found.distances.searches == 2  # one of three, and the fourth
    assert disjoint(Subject(top), "scale_up").by_link == 3
    assert share == pytest.approx(16 / 18)


def test_a_source_alone_in_its_array_sees_what_it_sees() -> None:
    """A head on two leaves, one of which has both hosts: of its links one is of use.

    In units of 100 Gb/s the three put in 2, 4 and 4, and pairs weigh 8, 8 and 16: the head's 16 fill its one link, all
    64 together are then 4 of 10, and a pair of the mean weight (10 / 3)² gets a sixteenth of that.
    """
    top = design(
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nprotocol Q : P { rate = 400 Gb/s }\n"
        "chip Host { port p: Q }\nchip Head { port p[2]: P }\nswitch Leaf { port p: P; port d[2]: Q }\n"
        "system S { host[2]: Host; head: Head; leaf[2]: Leaf\n    link host[i].p -- leaf[0].d[i]\n"
        "    link head.p[k] -- leaf[k].p }\n"
    )
    best = all_to_all(f.fabric(Subject(top), "scale_out"))
    assert best is not None and best.rate == pytest.approx((10 / 3) ** 2 / 16 * 100e9)
    assert traffic(Subject(top), "scale_out").share == pytest.approx(0.4)


def test_links_of_an_array_without_elements_are_none() -> None:
    top = design(
        CHIPS + "system S(spares: count = 0) { a[2]: A; spare[spares]: A\n    link a[0].p[0] -- a[1].p[0]\n"
        "    link a[i].p[1] -- spare[i].p[0] for i in 0..spares - 1 }\n"
    )
    found = network(Subject(top), "scale_up")
    assert (found.endpoints, found.links, found.components) == (2, 1, 1)


@pytest.mark.parametrize(
    ("arrays", "links", "searches"),
    [
        ("h[40]: H; s[8]: S", "link h[i].p -- s[i div 5].p", 1),
        ("h[40]: H; s[8]: S", "link h[8*c + q].p -- s[q].p for c in 0..4, q in 0..7", 1),
        ("h[40]: H; s[8]: S", "link h[i].p -- s[i mod 8].p", 1),
        ("h[40]: H; s[8]: S", "link h[i].p -- s[i div 5].p; link s[i].p -- s[(i + 1) mod 8].p", 1),
        ("h[40]: H; s[8]: S", "link h[i].p -- s[i div 5].p; link s[0].p -- s[1].p", 3),
        ("h[40]: H; s[8]: S", "link h[i].p -- s[i mod 8].p where i < 13", 6),  # 8 + 5: unlike in both digits
        (
            "h[9]: H; s: S",
            "link h[i].p -- s.p where i < 6; link h[i].p -- h[j].p where i < j for i in 0..2, j in 0..2",
            3,
        ),
        ("h[6]: H; s[9]: S", "link h[i].p -- s[i].p for i in 0..5; link s[i].p -- s[j].p where i < j", 1),
    ],
)
def test_what_is_alike_is_searched_once(arrays: str, links: str, searches: int) -> None:
    shared = "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }\nchip H { port p: P }\nswitch S { port p: P }\n"
    net = f.fabric(Subject(design(f"{shared}system Y {{ {arrays}; {links} }}")), "scale_out")
    check_moves(net)
    assert distances(net).searches == searches
    assert distances(net).histogram == far_apart(net)


@pytest.mark.parametrize(
    ("topology", "searches"),
    [("Dragonfly(2, 4, 2)", 4), ("DragonflyPlus(4, 4, 4, 2)", 1), ("SlimFly(5, 2, 2, 4)", 10), ("Mesh2(4, 4)", 16)],
)
def test_topologies_fold_as_far_as_their_groups_turn(topology: str, searches: int) -> None:
    net = f.fabric(Subject(named(topology)), "scale_out")
    check_moves(net)
    assert distances(net).searches == searches
    assert distances(net).histogram == far_apart(net)
