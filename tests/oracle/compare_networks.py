"""What cmx says of a network beside what the whole graph says: the differences, in words."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isclose

from cmxdsl.analysis.network.failures import failures
from cmxdsl.analysis.network.metrics import network
from cmxdsl.analysis.network.traffic import disjoint, traffic
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.ir import to_ir

from . import graph
from .expand import expand
from .read import read

MOST_ENDS = 8  # whose halves are all tried, and whose traffic is solved whole


def differences(top: Component, plane: str) -> Iterator[str]:
    """Where cmx and the whole graph disagree about a network."""
    net = graph.net(expand(read(to_ir(top))), plane)
    if not net.links:
        return
    theirs = network(Subject(top), plane)
    if theirs.injection is None:
        return  # of links without a rate nothing follows
    hops, lost = graph.distances(net)
    assert theirs.distances is not None
    if (theirs.distances.histogram, theirs.distances.unreached) != (hops, lost):
        yield f"distances: cmx {theirs.distances.histogram}, {theirs.distances.unreached} lost; searched {hops}, {lost}"
    worst = graph.oversubscription(net)
    if not _alike(theirs.oversubscription, worst):
        yield f"oversubscription: cmx {theirs.oversubscription}, of any switch {worst}"
    yield from _failing(top, plane, net)
    if lost or not 1 < len(net.ends) <= MOST_ENDS:
        return
    paths, counted = disjoint(Subject(top), plane), graph.disjoint(net)
    if (paths.by_link, paths.by_device) != counted:
        yield f"disjoint paths: cmx {paths}, by maximum flows {counted}"
    least = graph.bisection(net)
    found = theirs.bisection
    if found is None or not found.low * (1 - 1e-6) <= least <= found.high * (1 + 1e-6):
        yield f"bisection: cmx {found}, the least of all halves {least}"
    own = graph.injection(net)
    scale = len(own) / sum(own)  # around one, as solvers like it
    demands = sum(own) ** 2 - sum(w**2 for w in own)
    share = graph.all_to_all(net, [w * scale for w in own]) * demands * scale**2 / sum(own)
    solved = traffic(Subject(top), plane).share
    if solved is None or not isclose(solved, share, rel_tol=1e-5):
        yield f"throughput: cmx {solved}, whole program {share}"


def _alike(theirs: float | None, mine: Fraction | None) -> bool:
    if theirs is None or mine is None:
        return theirs is mine
    return isclose(theirs, float(mine), rel_tol=1e-9)


def _failing(top: Component, plane: str, net: graph.Net) -> Iterator[str]:
    """Each switch fails: the worst of its array. A figure of an array is the worst of any of its elements."""
    before = graph.reached(net, set())
    for found in failures(Subject(top), plane):
        if found.kind != "switch":
            continue
        array = [k for k, path in enumerate(net.names) if ".".join(name for name, _ in path) == found.label]
        lost = [graph.without(net, {k}, before) for k in array]
        worst = tuple(max(values) for values in zip(*((x.isolated, x.pairs, x.islands) for x in lost), strict=True))
        if (found.isolated, found.pairs, found.islands) != worst:
            yield f"{found.label} fails: cmx {found}, searched {worst}"
