"""Which chips talk to one another: the groups of a parallel dimension, by the scale-up domains that they lie in."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.collectives.machine import NEAR, Machine, NoPath, Wires
from cmxdsl.analysis.collectives.traffic import Flows, Sets, of_pairs, once
from cmxdsl.records import frozen


@frozen(eq=False)
class Groups:
    """`chip` has a row for each group, of `across` domains with `inside` chips each, in the order of their ranks;
    `near` joins the chips of a domain and `far` the domains; None where the machine has no such plane, or
    all is in one domain. `domain` is the scale-up
    domain of every chip of the machine; `dims` are the sizes of the dimensions, where the chips are in their order.
    `next` are pairs of ranks that are neighbours along the dimension."""

    chip: Any
    near: Wires | None
    far: Wires | None
    domain: Any
    dims: tuple[int, ...]
    next: tuple[Any, Any]
    notes: tuple[str, ...]

    @property
    def across(self) -> int:
        return int(self.chip.shape[1])

    @property
    def inside(self) -> int:
        return int(self.chip.shape[2])

    @property
    def size(self) -> int:
        return self.across * self.inside


def groups(machine: Machine, ranks: Any, axes: tuple[int, ...]) -> Groups:
    """The groups that `axes` of a mapping form. Raises NoPath where no plane joins a group, ValueError where a rank is
    no chip of the machine or stands for a chip that another stands for."""
    import numpy as np

    ranks = np.asarray(ranks)
    flat = ranks.ravel()
    if len(flat) and (flat.min() < 0 or flat.max() >= machine.size):
        raise ValueError(f"ranks are chips from 0 to {machine.size - 1:,}")
    if len(np.unique(flat)) != len(flat):
        raise ValueError("two ranks stand for one chip")
    rest = [k for k in range(ranks.ndim) if k not in axes]
    sizes = [ranks.shape[k] for k in axes]
    members = np.transpose(ranks, [*rest, *axes]).reshape(-1, int(np.prod(sizes, dtype=np.int64)))
    many = members.shape[1]
    following = members[:, :-1].ravel(), members[:, 1:].ravel()
    if many < 2:
        return Groups(members[:, :, None], None, None, None, (), following, ())
    notes: tuple[str, ...] = tuple(note for w in machine.wires for note in w.notes)
    if not machine.wires:
        raise NoPath("no plane with links joins the chips")
    for wires in machine.wires:
        if np.isnan(wires.net.rate).any():
            raise NoPath(f"a link on `{wires.plane}` has no known rate")
    dims = tuple(size for size in sizes if size > 1)
    near = next((w for w in machine.wires if w.plane == NEAR), None)
    far = next((w for w in machine.wires if w.plane != NEAR), None)
    if near is not None and _same(near.domain[members]):
        return Groups(members[:, None, :], near, None, near.domain, dims, following, near.notes)
    domain = _alone(near.domain) if near is not None else np.arange(machine.size)
    inside = _inside(domain[members])
    if far is None:
        raise NoPath(_apart(machine, machine.wires[0], members))
    if inside is not None:
        order, size = inside
        chip = np.take_along_axis(members, order, 1).reshape(len(members), -1, size)
        if _same(far.domain[chip.swapaxes(1, 2)]):
            same = dims if size == 1 else ()
            return Groups(chip, near, far, domain, same, following, notes)
    if not _same(far.domain[members]):
        raise NoPath(_apart(machine, far, members))
    notes += ("the groups lie unevenly over scale-up domains: they are taken to use the plane across alone",)
    return Groups(members[:, :, None], near, far, domain, dims, following, notes)


def _apart(machine: Machine, wires: Wires, members: Any) -> str:
    """Two chips of a group that a plane does not join."""
    import numpy as np

    domain = wires.domain[members]
    group = int(((domain != domain[:, :1]) | (domain < 0)).any(axis=1).argmax())
    other = int(np.flatnonzero((domain[group] != domain[group, 0]) | (domain[group] < 0))[-1])
    return f"no plane joins {machine.name(int(members[group, 0]))} and {machine.name(int(members[group, other]))}"


def _inside(domain: Any) -> tuple[Any, int] | None:
    """An order of each group's members in which those of a domain stand together, and how many each domain has; None
    where they are not as many."""
    import numpy as np

    order = np.argsort(domain, axis=1, kind="stable")
    first = np.diff(np.take_along_axis(domain, order, 1), axis=1, prepend=-1) != 0
    across = first.sum(axis=1)
    many = domain.shape[1]
    if (across != across[0]).any() or many % int(across[0]) or not first[:, :: many // int(across[0])].all():
        return None
    return order, many // int(across[0])


def _alone(domain: Any) -> Any:
    """Each chip that is not on the plane as a domain of its own."""
    import numpy as np

    return np.where(domain < 0, int(domain.max()) + 1 + np.arange(len(domain)), domain)


def _same(domain: Any) -> bool:
    """Whether all of each row are on the plane, and in one part of it."""
    return bool((domain == domain[..., :1]).all() and (domain >= 0).all())


# --- what they send ---------------------------------------------------------------------------------------


def traffic(found: Groups, pattern: str) -> list[tuple[Wires, Flows | Sets, float]]:
    """The traffic of a pattern, the plane that it takes, and how often it counts for each byte of a rank's share;
    several where any will do.

    `cross`: a part to each rank of another domain. `ring`: half to the next rank and half to the one before; or to each
    other rank alike, which is what as many rings as there are ways between them come to. `all`: a part to each rank of
    the group. `dims`: half to either neighbour along each of the group's dimensions. `switch`: once to the switches and
    once from them. `tree`: up and down two binary trees of half the bytes each, in which every rank is a leaf of one
    (Sanders, Speck and Träff, 2009). `xor.K`: all to the rank whose number differs in bit K. `next`: all to the next
    rank, the last to none, inside a domain or to another.
    """
    import numpy as np

    kind, _, where = pattern.partition("@")
    kind, _, bit = kind.partition(".")
    wires = found.near if where == "near" else found.far
    if wires is None:
        return []
    if kind == "next":
        tail, head = found.next
        together = (found.near.domain[tail] == found.near.domain[head]) if found.near is not None else tail < 0
        mine = together if where == "near" else ~together | (found.inside == 1)
        return [(wires, Flows(tail[mine], head[mine], 1.0), 1.0)]
    if kind == "cross":
        rank = np.arange(found.chip.size)
        return [(wires, Sets(found.chip.ravel(), rank // found.size, of_pairs, rank // found.inside), 1.0)]
    if kind == "dims":
        return [(wires, _along(found.chip.reshape(-1, *found.dims)), 1.0)]
    chip = found.chip if where == "near" else found.chip.swapaxes(1, 2)
    chip = chip.reshape(-1, chip.shape[-1])
    return [(wires, one, times) for one, times in _in_rows(chip, kind, int(bit or 0))]


def _in_rows(chip: Any, kind: str, bit: int) -> list[tuple[Flows | Sets, float]]:
    import numpy as np

    rows, many = chip.shape
    place = np.arange(many)
    everyone = Sets(chip.ravel(), np.repeat(np.arange(rows), many), of_pairs)
    match kind:
        case "ring":
            steps = [chip[:, (place + step) % many] for step in (1, -1)]
            neighbours = Flows(np.tile(chip.ravel(), 2), np.concatenate([s.ravel() for s in steps]), 0.5)
            return [(neighbours, 1.0), (everyone, many / (many - 1))]
        case "all":
            return [(everyone, 1.0)]
        case "switch":
            return [(Sets(everyone.chip, everyone.group, once), 1.0)]
        case "xor":
            return [(Flows(chip.ravel(), chip[:, place ^ (1 << bit)].ravel(), 1.0), 1.0)]
    assert kind == "tree"
    tails, heads = [], []
    for shift in (0, 1):
        child, parent = _binary(many)
        one, two = chip[:, (child + shift) % many].ravel(), chip[:, (parent + shift) % many].ravel()
        tails += [one, two]
        heads += [two, one]
    return [(Flows(np.concatenate(tails), np.concatenate(heads), 0.5), 1.0)]


def _along(chip: Any) -> Flows:
    """Half to the next rank and half to the one before, along every dimension."""
    import numpy as np

    steps = [np.roll(chip, step, axis) for axis in range(1, chip.ndim) for step in (1, -1)]
    return Flows(np.tile(chip.ravel(), len(steps)), np.concatenate([s.ravel() for s in steps]), 0.5)


def _binary(many: int) -> tuple[Any, Any]:
    """Children and parents of the binary tree in which a rank's height is that of the lowest bit of its number: rank 0
    is the root, odd ranks are leaves."""
    import numpy as np

    child = np.arange(1, many)
    low = child & -child
    parent = (child ^ low) | (low << 1)
    parent = np.where(parent >= many, child ^ low, parent)
    return child, parent
