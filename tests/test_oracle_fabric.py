"""What cmx says of networks: against networkx and one whole linear program on random ones, against formulas on famous ones.

Most of the random networks are not symmetric, so that what is folded by symmetry is held to what is not.
"""

from __future__ import annotations

from functools import cache
from math import comb

import pytest

import cmxdsl
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.network.traffic import disjoint, traffic
from cmxdsl.model import Subject

from .oracle.compare_networks import differences
from .oracle.random_fabrics import fabric

FABRICS = 160
CHUNK = 10
PLANE = "scale_out"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "chunk" in metafunc.fixturenames:
        many = metafunc.config.getoption("--designs") or FABRICS
        metafunc.parametrize("chunk", range(0, many, CHUNK))


def test_random_networks(chunk: int) -> None:
    for seed in range(chunk, chunk + CHUNK):
        text = fabric(seed)
        design = cmxdsl.loads(text)
        assert design.ok, design.explain()
        found = list(differences(design.component, PLANE))
        assert not found, "\n".join([f"network {seed}:", *found, text])


# --- formulas ---------------------------------------------------------------------------------------------


@cache
def named(topology: str) -> cmxdsl.Design:
    design = cmxdsl.loads(f"use std.topologies\nsystem S : {topology} {{ }}\n")
    assert design.ok, design.explain()
    return design


def around(k: int) -> float:
    """The mean distance on a ring of k, the node itself included: k / 4, or (k - 1/k) / 4 for an odd k."""
    return k / 4 if k % 2 == 0 else (k - 1 / k) / 4


def mean_and_diameter(topology: str) -> tuple[float, int]:
    found = network(named(topology).subject, PLANE).distances
    assert found is not None and not found.unreached
    pairs = sum(found.histogram.values())
    return sum(d * n for d, n in found.histogram.items()) / pairs, max(found.histogram)


@pytest.mark.parametrize("sides", [(5,), (8,), (3, 4), (5, 5), (4, 6), (3, 3, 4), (4, 4, 4), (3, 3, 3, 3)], ids=str)
def test_tori(sides: tuple[int, ...]) -> None:
    """Distances along each dimension add up (Dally and Towles, 2004, section 5.2)."""
    size = 1
    for side in sides:
        size *= side
    mean = sum(around(k) for k in sides) * size / (size - 1)
    found = mean_and_diameter(f"Torus{len(sides)}({', '.join(map(str, sides))})")
    assert found == (pytest.approx(mean), sum(k // 2 for k in sides))


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_hypercubes(rank: int) -> None:
    """2^n nodes, n choose d of them at distance d; 2^(n-1) links between halves; n disjoint paths."""
    topology = f"HyperX{rank}({', '.join(['2'] * rank)})"
    component = named(topology).component
    known = network(Subject(component), PLANE)
    assert known.distances is not None and known.bisection is not None
    assert known.distances.histogram == {d: 2**rank * comb(rank, d) for d in range(1, rank + 1)}
    assert known.bisection.exact and known.bisection.high == pytest.approx(2 ** (rank - 1) * 400e9)
    paths = disjoint(Subject(component), PLANE)
    assert (paths.by_link, paths.by_device) == (rank, rank)


@pytest.mark.parametrize(
    "topology",
    [
        "Torus1(7)",
        "Torus2(4, 4)",
        "Torus2(5, 5)",
        "Torus3(3, 3, 3)",
        "FullMesh(6)",
        "HyperX3(2, 2, 2)",
        "HyperX2(3, 3)",
    ],
)
def test_all_to_all_where_all_links_are_alike(topology: str) -> None:
    """Each byte takes as many links as its way is long, and all links fill alike: the share is one over the mean distance."""
    mean, _ = mean_and_diameter(topology)
    assert traffic(named(topology).subject, PLANE).share == pytest.approx(1 / mean, rel=1e-6)


@pytest.mark.parametrize("k", [4, 6, 8])
def test_fat_trees(k: int) -> None:
    """k^3 / 4 hosts: k/2 - 1 others on the same edge switch, k^2/4 - k/2 in the same pod, the rest six links away."""
    hosts = k**3 // 4
    known = network(named(f"FatTree3({k})").subject, PLANE)
    assert known.distances is not None and known.bisection is not None
    edge, pod = k // 2 - 1, k * k // 4 - k // 2
    wanted = {2: hosts * edge, 4: hosts * pod, 6: hosts * (hosts - 1 - edge - pod)}
    assert known.distances.histogram == {d: n for d, n in wanted.items() if n}
    assert (known.endpoints, known.switches, known.links) == (hosts, 5 * k * k // 4, 3 * hosts)
    assert known.bisection.exact and known.bisection.high == pytest.approx(hosts / 2 * 400e9)


@pytest.mark.parametrize(("p", "a", "h"), [(1, 2, 1), (2, 4, 2), (1, 3, 2), (2, 3, 1)])
def test_dragonflies(p: int, a: int, h: int) -> None:
    """Between two groups is one link, so from a router: itself, a - 1 in its group, h over its own global links, and so
    on; no two hosts are more than local, global, local and their own two links apart (Kim and others, 2008)."""
    groups = a * h + 1
    known = network(named(f"Dragonfly({p}, {a}, {h})").subject, PLANE)
    assert known.distances is not None
    hosts = groups * a * p
    assert (known.endpoints, known.switches) == (hosts, groups * a)
    assert known.links == hosts + groups * a * (a - 1) // 2 + groups * (groups - 1) // 2
    assert known.distances.diameter <= 5
    assert known.distances.histogram[3] == hosts * p * (a - 1 + h)  # one link between routers
    assert known.distances.histogram.get(2, 0) == hosts * (p - 1)


@pytest.mark.parametrize(("q", "root", "odd"), [(5, 2, 2), (13, 5, 2)])
def test_slim_flies(q: int, root: int, odd: int) -> None:
    """2 q^2 routers of degree (3 q - 1) / 2 in which any two are at most two links apart (Besta and Hoefler, 2014)."""
    known = network(named(f"SlimFly({q}, {root}, {odd}, 1)").subject, PLANE)
    routers, degree = 2 * q * q, (3 * q - 1) // 2
    assert known.distances is not None and (known.endpoints, known.switches) == (routers, routers)
    assert known.links == routers + routers * degree // 2
    assert known.distances.histogram == {3: routers * degree, 4: routers * (routers - 1 - degree)}
