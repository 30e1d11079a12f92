"""Rows of ports by the numbers in their names: `swp1` to `swp64` is one port array of 64."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_DIGITS = re.compile(r"[0-9]+")
_LAST = re.compile(r"(?P<before>.*?)(?P<number>[0-9]+)(?P<after>[^0-9]*)", re.DOTALL)
VARIABLES = "ijklmn"


class Row(NamedTuple):
    """Names that become one array: what they begin with, the array's shape, and each name by an index expression in
    braces; where no expression gives them, `named` is empty and they are in the order of `names`."""

    stem: str
    shape: tuple[int, ...]
    named: str
    names: tuple[str, ...]


def rows(names: Sequence[str]) -> list[Row]:
    """The names as arrays, in the order of their first names."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        alike.setdefault(tuple(_DIGITS.split(name)), []).append(name)
    return [_row(around, members) for around, members in alike.items()]


def spelled(row: Row) -> str:
    """The names for a reader: by the index, or where no expression gives them, as `a1 … a14, a16`."""
    if row.named:
        return row.named
    runs: list[list[str]] = []
    for name in row.names:
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(f"{run[0]} … {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


def _follows(name: str, other: str) -> bool:
    """Whether the last number of a name is one more, and nothing else differs."""
    one, two = _LAST.fullmatch(name), _LAST.fullmatch(other)
    if one is None or two is None or one["before"] != two["before"] or one["after"] != two["after"]:
        return False
    return int(two["number"]) == int(one["number"]) + 1


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Names in the order that people expect: `swp2` before `swp10`."""
    return tuple((k % 2, int(p) if k % 2 else 0, p) for k, p in enumerate(re.split(r"([0-9]+)", name)))


def _row(around: tuple[str, ...], members: list[str]) -> Row:
    stem = " ".join(part for part in around if part)
    members = sorted(members, key=natural)
    if len(members) == 1:
        return Row(" ".join(members), (), members[0], tuple(members))
    numbers = [tuple(map(int, _DIGITS.findall(name))) for name in members]
    columns = [sorted(set(column)) for column in zip(*numbers, strict=True)]
    padded = any(len(t) > 1 and t[0] == "0" for name in members for t in _DIGITS.findall(name))
    steps = [_step(column) for column in columns]
    shape = tuple(len(column) for column in columns if len(column) > 1)
    box = 1
    for size in shape:
        box *= size
    distinct = len(set(numbers)) == len(numbers)
    if not distinct or padded or box != len(members) or None in steps or len(shape) > len(VARIABLES):
        return Row(stem, (len(members),), "", tuple(members))
    named, variable = around[0], iter(VARIABLES)
    for column, step, after in zip(columns, steps, around[1:], strict=True):
        named += (str(column[0]) if len(column) == 1 else _index(next(variable), column[0], step or 1)) + after
    return Row(stem, shape, named, tuple(members))


def _step(column: list[int]) -> int | None:
    """What its values grow by, each time; None where that differs."""
    steps = {b - a for a, b in pairwise(column)}
    return steps.pop() if len(steps) == 1 else None if steps else 0


def _index(variable: str, start: int, step: int) -> str:
    scaled = variable if step == 1 else f"{variable} * {step}"
    return "{" + (f"{scaled} + {start}" if start else scaled) + "}"


__all__ = ["Row", "natural", "rows", "spelled"]
