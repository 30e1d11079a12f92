"""What random designs are drawn with: chance from a seed, and the ports that links can name."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from .definitions import Definition
from .parts import Expr

MOST_LINKS = 48  # of one pattern
VARIABLES = "ijkl"
NUMBERS = {"power.typical": ("W", 0), "power.peak": ("W", 200), "price": ("USD", 0), "mass": ("kg", 0)}


@dataclass
class Group:
    """Ports that a link can name: the steps down to them, the sizes of each, and their protocol."""

    steps: list[tuple[str, tuple[int, ...]]]
    protocol: str
    rate: Any
    order: list[int] = field(default_factory=list)  # in which its dimensions are counted
    taken: int = 0

    @property
    def sizes(self) -> list[int]:
        return [size for _, shape in self.steps for size in shape]

    @property
    def size(self) -> int:
        total = 1
        for size in self.sizes:
            total *= size
        return total

    def path(self, indices: list[Expr]) -> list[tuple[str, list[Expr]]]:
        left = list(indices)
        return [(name, [left.pop(0) for _ in shape]) for name, shape in self.steps]


@dataclass
class Draw:
    """A design in the making."""

    rng: random.Random
    wild: float  # how often a pattern is drawn without a look at what is right
    placed: float = 0.7  # the share of arrays that have a place
    made: list[Definition] = field(default_factory=list)
    pool: dict[str, list[Definition]] = field(default_factory=dict)

    def maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def add(self, definition: Definition) -> Definition:
        self.made.append(definition)
        self.pool.setdefault(definition.kind, []).append(definition)
        return definition

    def pick(self, *kinds: str) -> Definition:
        return self.rng.choice([d for kind in kinds for d in self.pool.get(kind, [])])
