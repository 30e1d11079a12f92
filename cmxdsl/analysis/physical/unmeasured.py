"""Lengths that are not known, or rest on an assumption, and why: what a list of cables says beside its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.physical.cables import CableRun, cable_runs
from cmxdsl.analysis.physical.floor import Floor, Stand, floor_of
from cmxdsl.analysis.physical.routes import one_rack
from cmxdsl.model import End, Expr, Subject, index
from cmxdsl.model.arithmetic import both, constant, negated
from cmxdsl.records import frozen


@frozen
class Unmeasured:
    """So many links whose length is not known (`known` is false), or is measured on an assumption."""

    links: int
    reason: str
    known: bool = False


def unmeasured(subject: Subject) -> list[Unmeasured]:
    """Every reason with how many links it concerns, unknown lengths first. Raises LimitExceeded."""
    floor = floor_of(subject.top)
    found: dict[tuple[bool, str], int] = {}
    for run in cable_runs(subject):
        for condition, reason, known in _reasons(run, floor):
            links = index.count(run.domain, both(run.link.where, condition))
            if links:
                found[known, reason] = found.get((known, reason), 0) + links
    return [Unmeasured(found[key], key[1], key[0]) for key in sorted(found)]


def _reasons(run: CableRun, floor: Floor | None) -> Iterator[tuple[Expr, str, bool]]:
    """The condition under which each reason holds; at most one of a kind for each link."""
    a, b = run.at_a, run.at_b
    if a is None or b is None:
        end = run.a if a is None else run.b
        yield constant(1), f"`{_path(end)}` is in no rack", False
        return
    inside = one_rack(a, b)
    ends = ((run.a, a), (run.b, b))
    low = next((f"`{_device(end, at)}` has no `U`" for end, at in ends if at.unit is None), None)
    if low is not None:
        yield inside, low, False
    outside = negated(inside)
    loose = next(
        (f"rack `{_rack(end, at)}` has no place on the floor" for end, at in ends if at.position is None), None
    )
    if loose is None and a.loose != b.loose:
        loose = f"`{'.'.join(step.name for step in a.loose or b.loose)}` has no place on the floor"
    if floor is None:
        yield outside, "nothing states `floor.pitch`", False
    elif loose is not None:
        yield outside, loose, False
    elif low is not None:
        yield outside, f"{low}: measured from the top of its rack", True


def _path(end: End) -> str:
    return ".".join(end.names)


def _rack(end: End, at: Stand) -> str:
    return ".".join(end.names[: len(at.path)]) or at.rack.name


def _device(end: End, at: Stand) -> str:
    return ".".join(end.names[: len(at.path) + 1])
