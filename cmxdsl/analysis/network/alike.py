"""Which elements of a plane are alike: those that one move of the plane's symmetry takes to each other."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.base.ports import Names
from cmxdsl.analysis.network.mixing import mixed
from cmxdsl.analysis.network.symmetry import FIXED, PERMUTED, ROTATED, Symmetry

Mark = tuple[Names, Any, int]
"""Elements of an array of devices: its path, their numbers (one, or an array of them), and how many devices each holds:
1 where they are the devices, and more where they are racks of them, of which only the leading digits tell."""


def codes(symmetric: Symmetry, marks: list[Mark]) -> Any:
    """A number of 64 bits for each tuple of elements; the k-th tuple holds the k-th number of each mark.

    Tuples with one number are alike. What no move changes goes into it: the cell of each digit, or its value where that
    is fixed; of values that are permuted, which of them are equal; of those that are rotated, how far each is from the
    first.
    """
    import numpy as np

    values: dict[int, list[Any]] = {}
    for names, numbers, each in marks:
        for digit in symmetric.digits[names]:
            if digit.stride >= each:
                value = np.asarray(numbers, dtype=np.int64) * each // digit.stride % digit.size
                values.setdefault(digit.cls, []).append(value)
    key: Any = np.zeros(1, dtype=np.uint64)
    for cls, own in values.items():
        cells = symmetric.cells[cls]
        home = np.concatenate(
            [np.arange(c.start, c.stop) if c.kind == FIXED else np.full(c.size, c.start) for c in cells]
        )
        for k, value in enumerate(own):
            parts = [home[value]]
            if cells[0].kind == ROTATED:
                parts.append((value - own[0]) % cells[-1].stop)
            elif any(c.kind == PERMUTED for c in cells):
                first: Any = value * 0 + k
                for j in range(k - 1, -1, -1):
                    first = np.where(value == own[j], j, first)
                parts.append(first)
            for part in parts:
                key = mixed(key + part.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    return key
