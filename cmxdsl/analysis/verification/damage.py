"""What the damage costs: the fabric's own analyses, on what is built."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.distances import distances
from cmxdsl.analysis.network.graph import Fabric, roles, rows
from cmxdsl.analysis.network.metrics import bits, network, per_pair
from cmxdsl.analysis.network.reduced import reaching
from cmxdsl.analysis.verification.matching import ends
from cmxdsl.analysis.verification.verdict import Verdict
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Subject
from cmxdsl.records import evolve, frozen
from cmxdsl.units import show

SEARCHES = 4_000_000_000  # links looked at when every endpoint is searched from; some tens of seconds


@frozen
class Row:
    """One figure: what it is, as built and as meant (None where it is not known), and both in words."""

    what: str
    value: float | None
    meant: float | None
    text: str


@frozen
class Damage:
    rows: tuple[Row, ...]


def as_built(verdict: Verdict) -> Fabric:
    """The plane with the cables that are there, as they run: what is not of the design is left out, and what the
    design does not know about a rate is not known."""
    import numpy as np

    plan, seen = verdict.plan, verdict.seen
    net = plan.net
    device = verdict.match.device
    a_dev, b_dev = device[seen.a], device[seen.b]
    there = (a_dev >= 0) & (b_dev >= 0)
    a, b = (side[there].astype(np.int32) for side in (a_dev, b_dev))
    port_a, port_b = ends(plan, seen, device)
    rate = np.full(len(seen.a), np.nan)
    meant = np.fmin(*(np.where(port >= 0, _port_rates(verdict, port), np.nan) for port in (port_a, port_b)))
    rate[there] = meant[there]
    said = np.array([np.nan if c.rate is None else c.rate for c in seen.built.cables])
    rate = np.fmin(rate, said)[there]
    near = np.abs(rate / np.where(np.isnan(meant[there]), 1, meant[there]) - 1) < 0.06
    rate = np.where(near, meant[there], rate)  # a rate's name and its exact value are one
    every = tuple((number, 1) for number in range(net.size))
    indptr, indices, via = rows(net.size, a, b)
    made = evolve(
        net,
        a=a,
        b=b,
        rate=rate,
        orbit=np.arange(len(a), dtype=np.int32),
        members=every,
        indptr=indptr,
        indices=indices,
        via=via,
    )
    return evolve(made, among=reaching(made, roles(net).ends), injects=net.own)


def _port_rates(verdict: Verdict, port: Any) -> Any:
    """The rate of the link that each port is meant to have, or else of any of its device."""
    import numpy as np

    plan = verdict.plan
    link = plan.link[np.maximum(port, 0)]
    first = np.full(plan.net.size, np.nan)
    first[plan.a // plan.stride] = plan.net.rate
    first[plan.b // plan.stride] = plan.net.rate
    return np.where(link >= 0, plan.net.rate[np.maximum(link, 0)], first[np.maximum(port, 0) // plan.stride])


def damage(verdict: Verdict, subject: Subject) -> Damage:
    """Endpoints reached, hops, and what every endpoint sends to all others. What would take too long is said not to be
    known."""
    import numpy as np

    net = verdict.plan.net
    built = as_built(verdict)
    total, left = int(roles(net).ends.sum()), int(roles(built).ends.sum())
    found = [Row("endpoints reached", left, total, f"{left:,} of {total:,}")]
    sent = float(np.nansum(built.own[roles(net).ends])), float(np.nansum(net.own[roles(net).ends]))
    if sent[1]:
        text = f"{_bits(sent[0])} of {_bits(sent[1])}, {sent[0] / sent[1]:.1%}"
        found.append(Row("injection", sent[0], sent[1], text))
    try:
        found += _paths(verdict, subject, built, left)
    except LimitExceeded as error:
        found.append(Row("hops", None, None, f"not decided: {error}"))
    return Damage(tuple(found))


def _bits(value: float) -> str:
    return show(bits(value), places=4)


def _paths(verdict: Verdict, subject: Subject, built: Fabric, left: int) -> list[Row]:
    known = network(subject, verdict.plan.plane)
    if left < 2:
        return []
    cost = left * (2 * built.links + built.size)
    if cost > SEARCHES:
        raise LimitExceeded(f"{left:,} searches of {built.links:,} links are too many")
    ways = distances(built)
    meant = known.distances
    told = f" ({meant.diameter} and {meant.mean:.3f} as meant)" if meant is not None else ""
    text = f"up to {ways.diameter}, {ways.mean:.3f} in the mean{told}"
    rows_ = [Row("hops", ways.diameter, meant.diameter if meant is not None else None, text)]
    if ways.unreached:
        rows_.append(Row("pairs not joined", ways.unreached, 0, f"{ways.unreached:,}"))
        return rows_
    pair = per_pair(built, ways)[0]
    if pair is not None and known.per_pair:
        text = f"{_bits(pair)} of {_bits(known.per_pair)} for each pair, {pair / known.per_pair:.1%} on shortest paths"
        rows_.append(Row("all to all", pair, known.per_pair, text))
    return rows_
