"""A plane is written as a product of rings, full meshes and switches only where it is one, whatever its numbering."""

from __future__ import annotations

import json
import random
from collections import Counter
from itertools import combinations
from itertools import product as grid
from math import prod
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.analysis.network.factoring import MESH, RING, SWITCH, Product, product
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.network.parallel import NoProduct
from cmxdsl.model import Subject
from cmxdsl.outputs.exports import write
from cmxdsl.outputs.exports.astra_sim import GIGABYTE
from cmxdsl.outputs.registry import Unwritable

DESIGNS = Path(__file__).parents[1] / "designs"
RATES = (100, 200)

Spec = tuple[tuple[str, int, int], ...]  # kind, size, rate in Gb/s


def text(spec: Spec, seed: int) -> tuple[str, list[tuple[int, int]]]:
    """A design of such a product whose chips are numbered at random, and its direct links."""
    places = list(grid(*(range(size) for _, size, _ in spec)))
    order = list(range(len(places)))
    random.Random(seed).shuffle(order)
    number = dict(zip(places, order, strict=True))
    used: Counter[tuple[int, int]] = Counter()

    def port(place: tuple[int, ...], d: int) -> str:
        used[number[place], d] += 1
        return f"a[{number[place]}].p{d}[{used[number[place], d] - 1}]"

    links, direct = [], []
    for d, (kind, size, _) in enumerate(spec):
        others = [range(n) if k != d else range(1) for k, (_, n, _) in enumerate(spec)]
        for group, rest in enumerate(grid(*others)):
            members = [(*rest[:d], k, *rest[d + 1 :]) for k in range(size)]
            if kind == SWITCH:
                links += [f"{port(m, d)} -- s{d}[{group}].p[{k}]" for k, m in enumerate(members)]
                continue
            pairs = combinations(range(size), 2) if kind == MESH else ((k, (k + 1) % size) for k in range(size))
            for one, other in pairs:
                links.append(f"{port(members[one], d)} -- {port(members[other], d)}")
                direct.append((number[members[one]], number[members[other]]))
    protocols = "".join(f"protocol P{d} {{ plane = scale_up; rate = {r} Gb/s }}\n" for d, (_, _, r) in enumerate(spec))
    ports = "; ".join(f"port p{d}[{max(2, n) if kind != MESH else n}]: P{d}" for d, (kind, n, _) in enumerate(spec))
    switches = "".join(
        f"switch S{d} {{ port p[{n}]: P{d} }}\n" for d, (kind, n, _) in enumerate(spec) if kind == SWITCH
    )
    arrays = "".join(f"    s{d}[{len(places) // n}]: S{d}\n" for d, (kind, n, _) in enumerate(spec) if kind == SWITCH)
    body = "".join(f"    link {link}\n" for link in links)
    head = f"{protocols}chip A {{ role = accelerator; {ports} }}\n{switches}"
    return f"{head}system Top {{\n    a[{len(places)}]: A\n{arrays}{body}}}\n", direct


def factored(source: str) -> Product:
    design = cmxdsl.loads(source)
    assert design.ok, design.explain()
    found = network(design.subject, "scale_up")
    return product(found.net, found.carried)


def usual(spec: Spec) -> Counter[tuple[str, int, int]]:
    """The dimensions as they come out: a triangle is a ring, and two pairs over one rate are a ring of four."""
    found = Counter((RING if (kind, size) == (MESH, 3) else kind, size, rate) for kind, size, rate in spec)
    for rate in RATES:
        pairs = found.pop((MESH, 2, rate), 0)
        found[(RING, 4, rate)] += pairs // 2
        found[(MESH, 2, rate)] += pairs % 2
    return +found


def joined(found: Product) -> set[tuple[int, int]]:
    """The direct links that the product has by its coordinates."""
    links = set()
    for (one, at), (other, there) in combinations(sorted(found.coordinates.items()), 2):
        apart = [k for k, (a, b) in enumerate(zip(at, there, strict=True)) if a != b]
        if len(apart) == 1:
            factor, step = found.factors[apart[0]], abs(at[apart[0]] - there[apart[0]])
            if factor.kind == MESH or (factor.kind == RING and step in (1, factor.size - 1)):
                links.add((one, other))
    return links


direct = st.tuples(st.just(RING), st.integers(3, 6), st.sampled_from(RATES)) | st.tuples(
    st.just(MESH), st.integers(2, 5), st.sampled_from(RATES)
)
switch = st.tuples(st.just(SWITCH), st.integers(2, 6), st.sampled_from(RATES))
specs = (
    st.lists(direct, min_size=1, max_size=3)
    | st.lists(switch, min_size=1, max_size=3)
    | st.tuples(direct, switch).map(list)
).filter(lambda spec: prod(size for _, size, _ in spec) <= 100)


@settings(max_examples=60)
@given(specs, st.integers(0, 9))
def test_products_are_found_whatever_their_numbers(spec: list[tuple[str, int, int]], seed: int) -> None:
    source, links = text(tuple(spec), seed)
    found = factored(source)
    seen = Counter((f.kind, f.size, round((f.rate or 0) / 1e9)) for f in found.factors)
    assert seen == usual(tuple(spec))
    assert joined(found) == {(min(link), max(link)) for link in links}  # coordinate by coordinate, and nothing else
    assert len(set(found.coordinates.values())) == prod(size for _, size, _ in spec)


@settings(max_examples=40)
@given(st.lists(direct, min_size=2, max_size=3), st.integers(0, 9), st.randoms(use_true_random=False))
def test_a_link_too_few_or_elsewhere_is_no_product(
    spec: list[tuple[str, int, int]], seed: int, chance: random.Random
) -> None:
    if prod(size for _, size, _ in spec) > 100:
        return
    source, _ = text(tuple(spec), seed)
    lines = source.splitlines()
    where = chance.choice([k for k, line in enumerate(lines) if line.startswith("    link ")])
    del lines[where]
    with pytest.raises(NoProduct) as refused:
        factored("\n".join(lines) + "\n")
    assert "`a[" in str(refused.value)


def every(size: int) -> list[nx.Graph]:
    """All products of rings and full meshes of so many endpoints."""
    found: list[nx.Graph] = [nx.complete_graph(size)] + ([nx.cycle_graph(size)] if size > 3 else [])
    for one in range(2, size // 2 + 1):
        if size % one == 0:
            found += [nx.cartesian_product(a, b) for a in every(one) for b in every(size // one)]
    return [nx.convert_node_labels_to_integers(graph) for graph in found]


@settings(max_examples=150)
@given(
    st.integers(2, 9).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.sampled_from(list(combinations(range(n), 2)))))
    )
)
def test_any_graph_is_a_product_just_where_it_is_isomorphic_to_one(asked: tuple[int, set[tuple[int, int]]]) -> None:
    size, links = asked
    body = "".join(f"    link a[{i}].p[{j}] -- a[{j}].p[{i}]\n" for i, j in sorted(links))
    source = f"protocol P {{ plane = scale_up; rate = 1 Gb/s }}\nchip A {{ port p[{size}]: P }}\n"
    graph = nx.Graph(links)
    graph.add_nodes_from(range(size))
    known = any(nx.is_isomorphic(graph, other) for other in every(size))
    if not links:
        return
    try:
        found = factored(f"{source}system Top {{\n    a[{size}]: A\n{body}}}\n")
    except NoProduct:
        assert not known
    else:
        assert known and joined(found) == links


def test_what_networkx_multiplies_is_what_is_found() -> None:
    """A ring of 5, a mesh of 4 and a pair, multiplied by networkx: its graph is ours."""
    source, links = text(((RING, 5, 100), (MESH, 4, 200), (MESH, 2, 100)), 3)
    ours = nx.Graph(sorted(joined(factored(source))))
    theirs = nx.cartesian_product(nx.cartesian_product(nx.cycle_graph(5), nx.complete_graph(4)), nx.path_graph(2))
    assert nx.is_isomorphic(ours, theirs) and nx.is_isomorphic(ours, nx.Graph(links))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("a[4]: A; link a[i].p[1] -- a[i + 1].p[0] for i in 0..2", "has other links than its neighbour"),
        ("a[4]: A; link a[2*i].p[0] -- a[2*i + 1].p[0] for i in 0..1", "2 islands: `a[0]` does not reach `a[2]`"),
        (
            "a[3]: A; s: S; link a[i].p[0] -- s.p[i] for i in 0..2; link a[0].p[1] -- s.p[9]",
            "`a[0]` has another rate to `s`",
        ),
        (
            "a[4]: A; s[2]: S; link a[i].p[0] -- s[0].p[i] for i in 0..2; link a[i + 2].p[1] -- s[1].p[i] for i in 0..1",
            "`a[",
        ),
        ("a[2]: A; s: S; link a[0].p[0] -- s.p[0]; link a[0].p[1] -- a[1].p[0]", "joins `a[0]` with no other endpoint"),
        (
            "a[4]: A; s[2]: S; link a[2*i + j].p[0] -- s[i].p[j] for i in 0..1, j in 0..1; link s[0].p[2] -- s[1].p[2]",
            "is one of 2 switches that are joined, and they count as one switch only where all traffic passes",
        ),
        ("a[5]: A; link a[i].p[j] -- a[j].p[i] where i < j and i + j < 7 for i in 0..4, j in 0..4", "`a["),
    ],
)
def test_refusals_name_devices(body: str, words: str) -> None:
    head = "protocol P { plane = scale_up; rate = 100 Gb/s }\nchip A { role = accelerator; port p[6]: P }\n"
    with pytest.raises(NoProduct) as refused:
        factored(head + "switch S { port p[10]: P }\nsystem Top { " + body + " }\n")
    assert words in str(refused.value)


SHIPPED = {
    ("cloudmatrix384", "CloudMatrix384"): [(SWITCH, 384, 392)],
    ("gb200_nvl72", "GB200NVL72"): [(SWITCH, 72, 900)],
    ("tpu_pods", "Pod"): [(RING, 16, 50)] * 3,
    ("tpu_pods", "IronwoodPod"): [(RING, 16, 100), (RING, 24, 100), (RING, 24, 100)],
    ("trainium2_ultraserver", "UltraServer"): [(RING, 4, 128), (RING, 4, 128), (RING, 4, 64)],
    ("gaudi3_node", "Gaudi3Server"): [(MESH, 8, 75)],
}


@pytest.mark.parametrize("name", SHIPPED, ids=lambda name: name[1])
def test_shipped_machines_are_what_their_makers_say(name: tuple[str, str]) -> None:
    """In gigabytes a second each way: by neighbour in a ring or a mesh, by accelerator at a switch."""
    design = cmxdsl.load(DESIGNS / f"{name[0]}.cmx", top=name[1])
    found = network(Subject(design.component), "scale_up")
    factors = product(found.net, found.carried).factors
    assert [(f.kind, f.size, round((f.rate or 0) / 8e9)) for f in factors] == SHIPPED[name]


def read(pieces: list[str]) -> dict[str, list[str]]:
    """`network.yml` as its one parser reads it: four lists."""
    lines = [line for line in "".join(pieces).splitlines() if not line.startswith("#")]
    return {key: value.strip(" []").split(", ") for key, _, value in (line.partition(":") for line in lines)}


def test_astra_sim_gets_the_flagship(flagship: cmxdsl.Design) -> None:
    """392 GB/s at 2^30 bytes a gigabyte; two hops are the 932.9 ns that `cmx fabric` has as the longest way."""
    made = read(list(write(flagship.subject, "astra-sim", plane="scale_up")))
    assert list(made) == ["topology", "npus_count", "bandwidth", "latency"]
    assert made["topology"] == ["Switch"] and made["npus_count"] == ["384"]
    assert float(made["bandwidth"][0]) * GIGABYTE == pytest.approx(392e9)
    assert 2 * float(made["latency"][0]) == pytest.approx(932.9, abs=0.05)
    (made_system,) = write(flagship.subject, "astra-sim-system", plane="scale_up")
    system = json.loads(made_system)
    assert system["all-reduce-implementation"] == ["halvingDoubling"] and system["peak-perf"] > 0


RINGS = """
protocol P { plane = scale_up; rate = 400 Gb/s; latency = 300 ns }
cable C { rate = 400 Gb/s; length = 2 m; delay = 5 ns/m }
chip A { role = accelerator; port x[2]: P; port y[2]: P; memory { capacity = 1 GB } }
system Top {
    a[3, 5]: A
    link a[i, j].x[1] -- a[(i + 1) mod 3, j].x[0] over C
    link a[i, j].y[1] -- a[i, (j + 1) mod 5].y[0] over C
}
"""


def test_numbers_of_npus_go_around_the_rings() -> None:
    subject = cmxdsl.loads(RINGS).subject
    made = read(list(write(subject, "astra-sim")))
    assert made == {
        "topology": ["Ring", "Ring"],
        "npus_count": ["3", "5"],
        "bandwidth": [repr(50e9 / GIGABYTE)] * 2,
        "latency": ["310.0", "310.0"],
    }
    rows = [line.split(",", 1) for line in "".join(write(subject, "astra-sim-npus")).split("\r\n")[1:-1]]
    at = {int(npu): tuple(json.loads(device.strip('"').removeprefix("a"))) for npu, device in rows}
    assert sorted(at) == list(range(15))
    for npu, (i, j) in at.items():
        x, y = npu % 3, npu // 3
        for dx, dy in ((1, 0), (0, 1)):
            other = at[(x + dx) % 3 + 3 * ((y + dy) % 5)]
            assert sorted((abs(other[0] - i), abs(other[1] - j))) in ([0, 1], [0, 2], [0, 4])


@pytest.mark.parametrize(
    ("format", "change", "words"),
    [
        ("astra-sim", ("; latency = 300 ns", ""), "latency of protocol `P`"),
        ("astra-sim", ("rate = 400 Gb/s; latency", "latency"), "a rate of the plane `scale_up` is not known"),
        ("astra-sim-system", ("", ""), "`A`, an endpoint of the plane `scale_up`, has no memory.bandwidth and no"),
        ("astra-sim", ("(j + 1) mod 5].y[0] over C", "j + 1].y[0] over C for j in 0..3"), "no product of rings"),
    ],
)
def test_what_is_not_known_is_not_written(format: str, change: tuple[str, str], words: str) -> None:
    design = cmxdsl.loads(RINGS.replace(*change) if change[0] else RINGS)
    with pytest.raises(Unwritable) as refused:
        list(write(design.subject, format))
    assert words in str(refused.value)
