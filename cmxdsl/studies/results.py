"""What came of a study: the best points, what kept others out, and which parameter matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cmxdsl.records import frozen
from cmxdsl.studies.evaluate import Outcome
from cmxdsl.studies.plan import Plan


@frozen
class Effect:
    """What a parameter does to a goal: the mean over the feasible points of each of its values, least and greatest."""

    parameter: str
    low: float
    low_at: str
    high: float
    high_at: str

    @property
    def spread(self) -> float:
        return self.high - self.low


def number_of(outcome: Outcome, question: int) -> float | None:
    """The answer to a question where it is a known number."""
    found = outcome.figures[question] if question < len(outcome.figures) else None
    return found[0] if isinstance(found, tuple) else None


def best(plan: Plan, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The feasible points that no other one beats in every goal, by the first goal: with one goal the best alone and
    its equals, with several the Pareto front, without goals all feasible points."""
    goals = plan.goals()
    feasible = [o for o in outcomes if o.feasible]
    if not goals:
        return feasible
    known = []
    for o in feasible:
        values = signed(plan, o, goals)
        if values is not None:
            known.append((values, o))
    known.sort(key=lambda pair: (pair[0], pair[1].number))
    if len(goals) == 1:
        return [o for values, o in known if values == known[0][0]]
    if len(goals) == 2:
        return _front_of_two(known)
    front: list[tuple[tuple[float, ...], Outcome]] = []
    for values, o in known:  # sorted, so that none that comes later dominates one before
        if not any(_beats(other, values) for other, _ in front):
            front.append((values, o))
    return [o for _, o in front]


def _front_of_two(known: list[tuple[tuple[float, ...], Outcome]]) -> list[Outcome]:
    """One sweep: sorted by the first goal, a point is on the front where the second is the least so far."""
    front: list[Outcome] = []
    least: tuple[float, ...] | None = None
    for values, o in known:
        if least is None or values[1] < least[1] or values == least:
            front.append(o)
            least = values
    return front


def ranked(plan: Plan, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """All feasible points whose goals are known, by the first goal and then the next."""
    goals = plan.goals()
    known = [(values, o) for o in outcomes if o.feasible and (values := signed(plan, o, goals)) is not None]
    return [o for _, o in sorted(known, key=lambda pair: (pair[0], pair[1].number))]


def signed(plan: Plan, outcome: Outcome, goals: list[int]) -> tuple[float, ...] | None:
    """The goals' values so that less is better; None where one is not known."""
    found = []
    for k in goals:
        value = number_of(outcome, k)
        if value is None:
            return None
        found.append(value if plan.questions[k].kind == "minimize" else -value)
    return tuple(found)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def reasons(outcomes: Iterable[Outcome]) -> list[tuple[str, int]]:
    """Why points are not feasible, and how many for each reason, most first."""
    counts = Counter(o.why for o in outcomes if o.why)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def effects(plan: Plan, outcomes: Iterable[Outcome], question: int) -> list[Effect]:
    """What each parameter does to a figure, the strongest first: main effects, over the feasible points."""
    known = [(o.point, value) for o in outcomes if o.feasible and (value := number_of(o, question)) is not None]
    found = []
    for k, (name, values) in enumerate(plan.varies):
        sums: dict[str, tuple[float, int]] = {}
        for point, value in known:
            total, many = sums.get(point[k], (0.0, 0))
            sums[point[k]] = total + value, many + 1
        means = [(sums[v][0] / sums[v][1], v) for v in values if v in sums]
        if len(means) > 1:
            (low, low_at), (high, high_at) = min(means, key=lambda m: m[0]), max(means, key=lambda m: m[0])
            found.append(Effect(name, low, low_at, high, high_at))
    return sorted(found, key=lambda e: (-e.spread, e.parameter))
