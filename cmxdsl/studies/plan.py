"""What a study asks, and the points that it looks at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from math import prod
from random import Random

from cmxdsl.records import frozen

LIMIT = 1_000_000  # points of a study, unless more are asked for


class StudyFault(Exception):
    """A study that cannot be run as it is asked for; the message says why, and what to do."""


@frozen
class Question:
    """A figure or a condition of each point: one of `model.component.GOALS`, its name, and its text."""

    kind: str
    name: str
    text: str


@frozen
class Plan:
    """A study of a file: the texts of all files that it reads by path, the component, parameters that are fixed, those
    that vary with their values as texts, and what is asked.

    `sampling` is `grid`, `random`, `latin` or `search`; of all but the grid `count` points are looked at, by `seed`.
    """

    file: str
    root: str
    texts: tuple[tuple[str, str], ...]
    top: str
    fixed: tuple[tuple[str, str], ...]
    study: str
    varies: tuple[tuple[str, tuple[str, ...]], ...]
    questions: tuple[Question, ...]
    sampling: str = "grid"
    count: int = 0
    seed: int = 0

    @property
    def size(self) -> int:
        """Points of the whole grid."""
        return prod(len(values) for _, values in self.varies)

    @property
    def key(self) -> str:
        """Tells studies apart by all that their results depend on, the version of cmx included."""
        from cmxdsl import __version__

        said = [
            __version__,
            [text for _, text in self.texts],
            self.top,
            self.fixed,
            self.study,
            self.varies,
            [(q.kind, q.name, q.text) for q in self.questions],
            self.sampling,
            self.count,
            self.seed,
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def shown(self) -> list[int]:
        """The questions, by number, that have an answer to show: all but conditions."""
        return [k for k, q in enumerate(self.questions) if q.kind != "keep"]

    def goals(self) -> list[int]:
        """The questions, by number, whose answers are to be small or large."""
        return [k for k, q in enumerate(self.questions) if q.kind in ("minimize", "maximize")]


Point = tuple[str, ...]  # the values of the parameters that vary, in order


def points(plan: Plan, limit: int = LIMIT) -> list[Point]:
    """The points of a study, in the order of their numbers. Raises StudyFault where there are too many."""
    return list(_points(plan, many_of(plan, limit)))


def many_of(plan: Plan, limit: int = LIMIT) -> int:
    """How many points a study looks at. Raises StudyFault where those are too many."""
    many = plan.size if plan.sampling == "grid" else min(plan.count, plan.size)
    if many > limit:
        help = f"take larger steps, `--random N`, `--latin N` or `--search N`, or `--limit {many}`"
        raise StudyFault(f"`{plan.study}` has {many:,} points (limit {limit:,}): {help}")
    return many


def _points(plan: Plan, many: int) -> Iterator[Point]:
    random = Random(plan.seed)
    if plan.sampling == "latin":
        yield from _latin(plan, many, random)
        return
    numbers = range(many) if plan.sampling == "grid" else sorted(random.sample(range(plan.size), many))
    for number in numbers:
        yield _at(plan, number)


def _at(plan: Plan, number: int) -> Point:
    """A point of the grid by its number; the last parameter varies fastest."""
    values = []
    for _, choices in reversed(plan.varies):
        number, k = divmod(number, len(choices))
        values.append(choices[k])
    return tuple(reversed(values))


def _latin(plan: Plan, many: int, random: Random) -> Iterator[Point]:
    """A Latin hypercube (McKay, Beckman, Conover 1979): each parameter's range in as many slices as points, each slice
    once. Points that coincide are drawn once."""
    columns = []
    for _, choices in plan.varies:
        slices = [(k + random.random()) / many for k in range(many)]
        random.shuffle(slices)
        columns.append([choices[int(s * len(choices))] for s in slices])
    yield from dict.fromkeys(zip(*columns, strict=True))
