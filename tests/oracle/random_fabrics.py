"""Small random networks, most of them not symmetric: partial ranges, conditions, computed indices, unlike rates."""

from __future__ import annotations

import random

ARRAYS = {"h": 2, "s": 1, "t": 1}  # and how many dimensions each has


def fabric(seed: int) -> str:
    """A file with one system; every port is shared, so that any link may be."""
    rng = random.Random(seed)
    sizes = {"h": (rng.randint(2, 4), rng.randint(1, 3)), "s": (rng.randint(1, 4),), "t": (rng.randint(1, 3),)}
    head = rng.random() < 0.3  # a host of its own kind, at several switches
    direct = rng.random() < 0.25  # no switches: every device passes traffic on
    rates = [rng.choice([100, 100, 100, 200]) for _ in range(3)]
    kind = "chip" if direct else "switch"
    lines = [
        "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }",
        *(
            f"{'chip' if n == 'h' else kind} {n.upper()} {{ port p: P {{ rate = {r} Gb/s }}; port q: P }}"
            for n, r in zip("hst", rates, strict=True)
        ),
        *(["chip Head { port p: P { rate = 400 Gb/s } }"] if head else []),
        "system Y {",
        *(["    head: Head", "    link head.p -- s[i].p"] if head else []),
        *(f"    {n}[{', '.join(map(str, sizes[n]))}]: {n.upper()}" for n in "hst"),
    ]
    if rng.random() < 0.8:
        lines.append(
            f"    link h[i, j].p -- s[{rng.choice(['i', 'j', '(i + j)', '(2*i + j)', '(i div 2)'])} mod {sizes['s'][0]}].p"
        )
    if rng.random() < 0.4:
        lines.append("    " + _pairs(rng, sizes))
    if rng.random() < 0.4:
        lines.append(
            "    "
            + rng.choice(
                ["link s[i].p -- t[j].p", "link h[i, j].q -- t[k].p", "link h[i, j].q -- h[i, k].q where j < k"]
            )
        )
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        lines.append("    " + _link(rng, sizes))
    return "\n".join([*lines, "}"]) + "\n"


def _pairs(rng: random.Random, sizes: dict[str, tuple[int, ...]]) -> str:
    """A full mesh along one dimension of an array, or of a part of it only."""
    name = rng.choice("hhst")
    dims = sizes[name]
    along = rng.randrange(len(dims))
    low = rng.choice([0, 0, min(1, dims[along] - 1)])
    high = rng.randint(low, dims[along] - 1)
    ends = (", ".join(v if k == along else "k" for k in range(len(dims))) for v in "ij")
    one, other = (f"{name}[{indices}].q" for indices in ends)
    order = rng.choice(["i < j", "i < j", "i > j", "i != j"])
    return f"link {one} -- {other} where {order} for i in {low}..{high}, j in {low}..{high}"


def _link(rng: random.Random, sizes: dict[str, tuple[int, ...]]) -> str:
    one, other = rng.choice([("h", "s"), ("h", "t"), ("s", "t"), ("s", "s"), ("t", "t"), ("h", "h"), ("h", "s")])
    ranges: dict[str, tuple[int, int]] = {}
    ends = []
    for name in (one, other):
        indices = []
        for size in sizes[name]:
            match rng.randint(0, 5):
                case 0:
                    indices.append(str(rng.randrange(size)))
                case 1 if ranges:
                    indices.append(f"({rng.choice(list(ranges))} + {rng.randint(0, 2)}) mod {size}")
                case 2 if ranges:
                    indices.append(f"({rng.choice(list(ranges))} div 2) mod {size}")
                case 3 if [v for v, (_, stop) in ranges.items() if stop <= size]:
                    indices.append(rng.choice([v for v, (_, stop) in ranges.items() if stop <= size]))
                case _:
                    name_of = "ijkl"[len(ranges)]
                    whole = rng.random() < 0.6
                    low = 0 if whole else rng.randrange(size)
                    ranges[name_of] = (low, size if whole else rng.randint(low + 1, size))
                    indices.append(name_of)
        ends.append(f"{name}[{', '.join(indices)}].{rng.choice('pq')}")
    text = f"link {ends[0]} -- {ends[1]}"
    names = list(ranges)
    if names and (one == other or rng.random() < 0.3):
        v, w = rng.choice(names), rng.choice(names)
        text += " where " + (
            rng.choice([f"{v} < {w}", f"{v} != {w}", f"{v} > {w}"])
            if v != w
            else f"{v} {rng.choice(['<', '!=', '>='])} {rng.randint(0, 2)}"
        )
    return text + (
        " for " + ", ".join(f"{v} in {low}..{stop - 1}" for v, (low, stop) in ranges.items()) if ranges else ""
    )
