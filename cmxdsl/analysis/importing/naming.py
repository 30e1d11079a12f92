"""What names say of arrays: the text around their numbers, the numbers, and the words that are left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_SLOT = re.compile(r"\d+|(?<![A-Za-z])[A-Za-z](?![A-Za-z])")  # a number, or a letter by itself: racks `A09`, `B09`
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[A-Za-z]{2,}")
HOLE = "\x00"
MOST_SLOTS = 8  # columns of which subsets are tried
SWITCHES = ("spine", "leaf", "core", "aggregation", "agg", "edge", "tor", "switch", "sw", "router")
ENDPOINTS = ("node", "host", "server", "gpu", "npu", "tpu", "nic", "hca", "mlx", "dgx", "hgx", "cpu")
ROLES = (*SWITCHES, *ENDPOINTS, "rack", "pod", "plane", "rail")


class Template(NamedTuple):
    """A name with holes for its numbers, and with `letters` for its single letters; and what was in them."""

    text: str
    slots: tuple[str, ...]


def template(name: str, letters: bool = True) -> Template:
    slot = _SLOT if letters else _NUMBER
    return Template(slot.sub(HOLE, name), tuple(slot.findall(name)))


def value(slot: str) -> int:
    """A slot as a number; a letter by its place in the alphabet."""
    return int(slot) if slot.isdigit() else ord(slot.lower()) - ord("a")


def axes(values: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The fewest columns that tell all rows apart and fill a box, later ones before earlier; None where none do."""
    columns = [k for k, column in enumerate(zip(*values, strict=True)) if len(set(column)) > 1]
    if not columns:
        return () if len(values) == 1 else None
    sizes = [len(set(column)) for column in zip(*values, strict=True)]
    columns = columns[-MOST_SLOTS:]
    for many in range(1, len(columns) + 1):
        for chosen in combinations(reversed(columns), many):
            box = 1
            for column in chosen:
                box *= sizes[column]
            if box == len(values) and len({tuple(row[c] for c in chosen) for row in values}) == len(values):
                return tuple(sorted(chosen))
    return None


def ranks_of(values: Iterable[T]) -> dict[T, int]:
    return {v: k for k, v in enumerate(sorted(set(values)))}  # type: ignore[type-var]


def words(text: str) -> list[str]:
    """What to call an array of devices with names like this one: the words that are roles, else the first ones."""
    found = [w.lower() for w in _WORD.findall(text)]
    roles = [w for w in found if any(role in w for role in ROLES)]
    return list(dict.fromkeys(roles or found[:3] or re.findall(r"[a-z]+", text.lower())[:1]))


def is_switch(text: str) -> bool | None:
    """What the name of a device says of it; None where it says nothing."""
    found = words(text)
    if not any(role in w for w in found for role in ROLES):
        return None
    return any(any(w.endswith(s) for s in SWITCHES) for w in found)
