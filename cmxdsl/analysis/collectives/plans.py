"""Algorithms of collectives, as what they send and how many messages wait for one another.

A plan is phases one after another; each is patterns of traffic at once, with the bytes of it for each byte of the
collective. Steps are the messages on the longest chain, by pattern. Ring: Patarasu and Yuan, 2009. Double binary tree:
Sanders, Speck and Träff, 2009. Halving and doubling: Thakur, Rabenseifner and Gropp, 2005. A collective over several
scale-up domains moves through all chips of a domain at once, each over its own adapters, as NCCL's channels do.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log2, prod

from cmxdsl.records import frozen

HALVING = {
    "all_reduce": "recursive halving and doubling",
    "reduce_scatter": "recursive halving",
    "all_gather": "recursive doubling",
}

Phase = tuple[tuple[str, float], ...]


@frozen
class Plan:
    """`family` is what a library's table of latencies calls it. `stages` are those that each chunk passes one after
    another: more of them take longer to fill."""

    name: str
    family: str
    phases: tuple[Phase, ...]
    steps: Phase
    stages: Phase


def plans(kind: str, across: int, inside: int, dims: tuple[int, ...] = ()) -> Iterator[Plan]:
    """The algorithms for a group of `across` domains of `inside` chips each."""
    many = across * inside
    if kind == "send":
        where = ["near"] * (inside > 1) + ["far"] * (across > 1)
        yield Plan("send", "send", (tuple((f"next@{w}", 1.0) for w in where),), *_once(f"next@{where[-1]}"))
        return
    if kind == "all_to_all":
        yield from _exchanges(across, inside)
        return
    yield from _rings(kind, across, inside)
    yield from _switched(kind, across, inside)
    if kind in ("all_reduce", "reduce_scatter", "all_gather"):
        yield from _direct(kind, across, inside)
        yield from _halving(kind, across, inside)
        if len(dims) > 1:
            yield _dimensions(kind, _at(across), dims)
    if kind == "all_reduce" and many > 2:
        yield from _trees(across, inside)


def _times(kind: str) -> int:
    """An all-reduce is a reduce-scatter and an all-gather."""
    return 2 if kind == "all_reduce" else 1


def _at(across: int) -> str:
    return "near" if across == 1 else "far"


def _rings(kind: str, across: int, inside: int) -> Iterator[Plan]:
    many, times = across * inside, _times(kind)
    share = 1.0 if kind == "broadcast" else times * (many - 1) / many
    outer = times * (across - 1)
    phase: list[tuple[str, float]] = []
    steps: list[tuple[str, float]] = []
    if inside > 1:
        phase.append(("ring@near", share))
        steps.append(("ring@near", times * (many - 1) - outer))
    if across > 1:
        phase.append(("ring@far", share / inside))
        steps.append(("ring@far", outer))
    stages = tuple(steps) if kind == "broadcast" else ((f"ring@{_at(across)}", 1.0),)
    yield Plan("ring", "ring", (tuple(phase),), tuple(steps), stages)


def _switched(kind: str, across: int, inside: int) -> Iterator[Plan]:
    """Reduction in the switch: each chip reads its part of the sum through the switch, which adds up all chips' parts,
    and writes the result to all through the switch: its own part goes out twice."""
    if kind not in ("all_reduce", "broadcast"):
        return
    two = (("switch@near", 2.0),)
    own = 1 / inside if kind == "all_reduce" else 0.0
    name, family = ("in-switch reduction", "switch") if kind == "all_reduce" else ("in-switch multicast", "multicast")
    if across == 1:
        yield Plan(name, family, ((("switch@near", 1 + own),),), (("switch@near", 1.0),), two)
        return
    if inside == 1:
        yield Plan(name, family, ((("switch@far", 1.0),),), (("switch@far", 1.0),), (("switch@far", 2.0),))
        return
    yield Plan(
        f"{name} inside and across",
        family,
        ((("switch@near", 1 + own), ("switch@far", 1 / inside)),),
        (("switch@near", 1.0), ("switch@far", 1.0)),
        (*two, ("switch@far", 1.0)),
    )
    if kind == "all_reduce":
        rounds = 2.0 * ceil(log2(across))
        yield Plan(
            f"{name} inside, double binary tree across",
            "switch tree",
            ((("switch@near", 1 + own), ("tree@far", 1 / inside)),),
            (("switch@near", 1.0), ("tree@far", rounds)),
            (*two, ("tree@far", rounds)),
        )


def _direct(kind: str, across: int, inside: int) -> Iterator[Plan]:
    """Each chip sends each other one its part at once; over several domains, inside, across and inside again."""
    times = _times(kind)
    if across == 1 or inside == 1:
        at = f"all@{_at(across)}"
        yield Plan("direct", "direct", (((at, 1.0),),) * times, ((at, float(times)),), ((at, float(times)),))
        return
    near: Phase = (("all@near", 1.0),)
    far: Phase = (("ring@far", 1.0 / inside * (across - 1) / across),)
    steps = (("all@near", float(times)), ("ring@far", float(times * (across - 1))))
    stages = (("all@near", float(times)), ("ring@far", float(times)))
    yield Plan("hierarchical", "direct", (near, far) * times, steps, stages)


def _halving(kind: str, across: int, inside: int) -> Iterator[Plan]:
    """In the first step half of the bytes to the nearest rank, in the next a quarter to one twice as far."""
    if across & (across - 1) or inside & (inside - 1):
        return
    times = _times(kind)
    bits = [f"xor.{k}@near" for k in range(inside.bit_length() - 1)]
    bits += [f"xor.{k}@far" for k in range(across.bit_length() - 1)]
    phases = tuple(((bit, 2.0 ** -(k + 1)),) for k, bit in enumerate(bits))
    steps = tuple((bit, float(times)) for bit in bits)
    yield Plan(HALVING[kind], "direct", phases * times, steps, steps)


def _dimensions(kind: str, at: str, dims: tuple[int, ...]) -> Plan:
    """On a torus: as many parts as dimensions, each of which goes along all of them, the first along another one; so
    that rings of all dimensions are in use at once (the bucket algorithm: Barnett and others, 1993)."""
    times, many = _times(kind), len(dims)
    phases: list[Phase] = []
    for step in range(many):
        shares = []
        for part in range(many):
            before = prod(dims[(part + k) % many] for k in range(step))
            size = dims[(part + step) % many]
            shares.append((size - 1) / size / before / many)
        phases.append(((f"dims@{at}", max(shares)),))
    steps = ((f"dims@{at}", float(times * sum(size - 1 for size in dims))),)
    return Plan("rings by dimension", "direct", tuple(phases) * times, steps, ((f"dims@{at}", float(times * many)),))


def _trees(across: int, inside: int) -> Iterator[Plan]:
    """Two binary trees across domains, each for half of the bytes; inside a domain a chain up and down, as in NCCL."""
    rounds = 2.0 * ceil(log2(across * inside if inside == 1 or across == 1 else across))
    if across == 1 or inside == 1:
        at = f"tree@{_at(across)}"  # NCCL has a chain inside a node, which is no better than a ring
        yield Plan(
            "double binary tree", "tree" if across > 1 else "direct", (((at, 1.0),),), *_all_wait(((at, rounds),))
        )
        return
    yield Plan(
        "double binary tree",
        "tree",
        ((("ring@near", 2.0 * (inside - 1) / inside), ("tree@far", 1 / inside)),),
        *_all_wait((("ring@near", 2.0 * (inside - 1)), ("tree@far", rounds))),
    )


def _exchanges(across: int, inside: int) -> Iterator[Plan]:
    if across == 1 or inside == 1:
        at = _at(across)
        yield Plan("direct", "send", (((f"all@{at}", 1.0),),), *_once(f"all@{at}"))
        return
    many = across * inside
    yield Plan("direct", "send", ((("all@near", inside / many), ("cross@far", 1.0)),), *_once("cross@far"))
    both: Phase = (("all@near", 1.0), ("all@far", 1.0))
    yield Plan("by rail", "send", (both,), *_all_wait(both))


def _once(pattern: str) -> tuple[Phase, Phase]:
    """One message, and chunks that pass one stage."""
    return ((pattern, 1.0),), ((pattern, 1.0),)


def _all_wait(steps: Phase) -> tuple[Phase, Phase]:
    """Steps of which each is a stage that chunks pass."""
    return steps, steps
