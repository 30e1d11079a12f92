"""Chips by index notation: `unit[u].dgx[n].hgx.gpu[g]` names an array and the variables that range over it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any

from cmxdsl.analysis.collectives.machine import Machine, NoPath
from cmxdsl.analysis.network.graph import Devices

_STEP = re.compile(r"([A-Za-z_]\w*)(?:\[([^\[\]]*)\])?$")
_VARIABLE = re.compile(r"[A-Za-z_]\w*$")
_NUMBER = re.compile(r"\d{1,9}$")


class OverFault(ValueError):
    """Index notation that names no chips; the message says why."""


def over(machine: Machine, text: str = "", each: Sequence[str] = ()) -> tuple[Any, tuple[int, ...]]:
    """The chips that a text names, as an array whose dimensions are its variables, and those of them that form a group.

    A step takes a variable or a number for each of its indices; without any, and for what lies further inside, all
    elements count, in every group. Values of `each` variable have groups of their own. A path of instances, a part or a
    kind without indices stands for all chips at or below it; nothing, for all. Raises OverFault, NoPath.
    """
    import numpy as np

    if "[" not in text:
        chosen = [g for g in machine.groups if not text or _within(machine, g, text)]
        if not chosen:
            raise NoPath(f"no accelerator is in `{text}`: they are {_labels(machine)}")
        if each:
            raise OverFault(f"`{each[0]}` is no variable: write the path with indices, such as `{_example(machine)}`")
        return np.concatenate([g.start + np.arange(g.count) for g in chosen]), (0,)
    steps = [_step(part) for part in _parts(text)]
    names = tuple(name for name, _ in steps)
    found = [g for g in machine.groups if g.names[: len(names)] == names]
    if len(found) != 1:
        which = "are several arrays of accelerators" if found else "are no accelerators"
        raise OverFault(f"there {which} at `{'.'.join(names)}`: they are {_labels(machine)}")
    group = found[0]
    numbers = group.start + np.arange(group.count).reshape(group.shape)
    pick: list[Any] = []
    variables: list[str] = []
    for (name, indices), shape in zip(steps, group.steps, strict=False):
        if indices and len(indices) != len(shape):
            raise OverFault(f"`{name}` has {len(shape)} indices, not {len(indices)}")
        for index, size in zip(indices or ("",) * len(shape), shape, strict=True):
            number = _number(name, index, size)
            pick.append(slice(None) if number is None else number)
            if index and index in variables:
                raise OverFault(f"`{index}` is there twice: each index takes a variable of its own")
            variables += [] if number is not None else [index]
    rest = prod(size for step in group.steps[len(steps) :] for size in step)
    chips = numbers[tuple(pick)].reshape(*_shape(group, pick), rest)
    variables.append("")
    for name in each:
        if name not in variables or not name:
            raise OverFault(f"`{name}` is no variable of `{text}`")
    return chips, tuple(k for k, name in enumerate(variables) if name not in each)


def _number(name: str, index: str, size: int) -> int | None:
    """An index that is a number; None for a variable, or for all elements where nothing is written."""
    if _NUMBER.match(index):
        if int(index) >= size:
            raise OverFault(f"`{name}[{index}]` is out of range: there are {size}")
        return int(index)
    if index and not _VARIABLE.match(index):
        raise OverFault(f"`{index}` is neither a variable nor a number")
    return None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\.(?![^\[]*\])", text)]


def _step(text: str) -> tuple[str, tuple[str, ...]]:
    match = _STEP.match(text)
    if match is None:
        raise OverFault(f"`{text}` is no step of a path: write `name[index]`")
    indices = tuple(i.strip() for i in match[2].split(",")) if match[2] is not None else ()
    return match[1], indices


def _shape(group: Devices, pick: list[Any]) -> list[int]:
    return [size for size, one in zip(group.shape, pick, strict=False) if isinstance(one, slice)]


def _within(machine: Machine, group: Devices, text: str) -> bool:
    path = tuple(text.split("."))
    if group.names[: len(path)] == path or machine.top is None:
        return group.names[: len(path)] == path
    return any(machine.top.at(group.names[:k])[0].is_a(text) for k in range(len(group.names) + 1))


def _labels(machine: Machine) -> str:
    return ", ".join(g.label for g in machine.groups)


def _example(machine: Machine) -> str:
    """The path of the first array with a letter for each index."""
    group = machine.groups[0]
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    steps = zip(group.names, group.steps, strict=True)
    return ".".join(f"{n}[{', '.join(next(letters) for _ in s)}]" if s else n for n, s in steps)
