"""Every answer about one plane together, and which planes are asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cmxdsl.analysis.base.free import Free, free_of_devices, free_ports
from cmxdsl.analysis.base.planes import planes
from cmxdsl.analysis.base.ports import Names
from cmxdsl.analysis.network.distances import TooManySearches
from cmxdsl.analysis.network.ends import NoEndpoint
from cmxdsl.analysis.network.failures import Failure, failures
from cmxdsl.analysis.network.latency import Latency, latency
from cmxdsl.analysis.network.left import Remains, remains
from cmxdsl.analysis.network.metrics import Network, network
from cmxdsl.analysis.network.rails import Rails, rails
from cmxdsl.analysis.network.traffic import DisjointPaths, Traffic, disjoint, traffic
from cmxdsl.model import Subject
from cmxdsl.records import frozen

T = TypeVar("T")
NOT_NETWORKS = ("power", "host")  # joined pair by pair: asked for by name only


@frozen
class Answers:
    """All that is known about one plane. `latency` is a text that says why where it is not decided; `whole`
    is the network with all of its endpoints where the answers are about some of them by default. `left` is what single
    failures leave of throughput and bisection, and what two at once do, where these are asked for."""

    network: Network
    traffic: Traffic
    paths: DisjointPaths
    rails: Rails | None
    latency: Latency | str
    free: dict[Names, Free]
    failures: tuple[Failure, ...]
    double: tuple[Failure, ...] | None
    whole: tuple[Network, Traffic] | None
    left: tuple[dict[tuple[str, str], Remains], ...]


def answers(subject: Subject, plane: str, together: int = 0, among: str = "") -> Answers:
    """Every analysis of a plane; `together` is how many failures at once are asked about, up to 2: for what they
    leave of throughput and bisection, which single ones tell from 1 on.

    Raises ends.NoEndpoint, graph.PlaneTooLarge, ports.TooManyPaths."""
    top = subject.top
    time: Latency | str
    try:
        time = latency(subject, plane, among)
    except TooManySearches as error:
        time = str(error)
    double = failures(subject, plane, 2, among) if together == 2 else None
    free = free_of_devices(free_ports(subject, plane))
    known = network(subject, plane, among)
    every = (
        (network(subject, plane, top.name), traffic(subject, plane, top.name)) if known.others and not among else None
    )
    return Answers(
        known,
        traffic(subject, plane, among),
        disjoint(subject, plane, among),
        rails(subject, plane, among),
        time,
        free,
        failures(subject, plane, 1, among),
        double,
        every,
        tuple(remains(subject, plane, k, among) for k in range(1, together + 1)),
    )


class NoPlane(Exception):
    """A plane that the design does not have; the message says which it has."""


def chosen(subject: Subject, plane: str) -> list[str]:
    """The planes to answer for: the one named, else every network with links. Raises NoPlane."""
    top = subject.top
    found = {n: p for n, p in planes(subject).items() if p.links and (n == plane or n not in NOT_NETWORKS)}
    if plane and plane not in found:
        raise NoPlane(f"`{top.name}` has no links on a plane `{plane}`: it has {', '.join(found) or 'none'}")
    if not found:
        raise NoPlane(f"`{top.name}` has no network: no links on any plane")
    return [plane] if plane else list(found)


def of_planes(subject: Subject, plane: str, ask: Callable[[str], T]) -> list[T]:
    """The answers for the planes that are asked about and have the endpoints that are. Raises NoPlane,
    ends.NoEndpoint."""
    found, lacking = [], []
    for name in chosen(subject, plane):
        try:
            found.append(ask(name))
        except NoEndpoint as error:
            lacking.append(error)
    if not found:
        raise lacking[0]
    return found
