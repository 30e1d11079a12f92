"""Numbers that stand for what they were made from: equal ones by chance only."""

from __future__ import annotations

from typing import Any


def mixed(value: Any) -> Any:
    """A number well mixed with others of 64 bits (the finaliser of SplitMix64; Steele, Lea and Flood, 2014)."""
    import numpy as np

    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
