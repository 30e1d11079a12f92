"""Looking for good points of a large space: Optuna chooses them as results come.

Points are asked for in rounds of one size, whatever the number of workers, and told in the order of their numbers, so
that a search finds the same wherever it runs, and one that was interrupted asks for the same points again.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from cmxdsl.studies.evaluate import Outcome
from cmxdsl.studies.plan import Plan, Point, StudyFault
from cmxdsl.studies.results import signed
from cmxdsl.studies.run import Batch, Pool, outcomes_of
from cmxdsl.studies.store import Store

ROUND = 32  # points that are asked for before any of them is told: a generation
STALE = 30  # rounds without a new point after which nothing new is expected
_NUMBER = re.compile(r"-?[0-9][0-9_]*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?", re.I)


def search(
    plan: Plan,
    pool: Pool | None,
    store: Store | None = None,
    told: Callable[[int, int], None] = lambda done, all: None,
) -> list[Outcome]:
    """The outcomes of `plan.count` different points, or of all where there are no more, in the order in which they were
    asked for: by TPE for one goal, by NSGA-II for several. Raises StudyFault."""
    if not plan.goals():
        raise StudyFault("a search needs a goal: `minimize` or `maximize` a figure")
    optuna = _optuna()
    many = min(plan.count, plan.size)
    known = {o.point: o for o in store.begun(plan).values()} if store is not None else {}
    found: dict[Point, Outcome] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Optuna calls experimental
        study, stale = _study(optuna, plan), 0
        while len(found) < many and stale < STALE:
            trials = [study.ask() for _ in range(ROUND)]
            points = [_point(plan, trial) for trial in trials]
            fresh = [p for p in dict.fromkeys(points) if p not in found][: many - len(found)]
            stale = 0 if fresh else stale + 1
            numbered = list(enumerate(fresh, start=len(found)))
            for outcome in _outcomes(plan, numbered, known, pool, store):
                found[outcome.point] = outcome
            found = dict(sorted(found.items(), key=lambda item: item[1].number))
            for trial, point in zip(trials, points, strict=True):
                _tell(optuna, study, plan, trial, found.get(point))
            told(len(found), many)
    outcomes = list(found.values())
    if store is not None:
        store.finish(plan, outcomes)
    return outcomes


def _optuna() -> Any:
    try:
        optuna = import_module("optuna")
    except ImportError:
        raise StudyFault("a search needs the extra `search`: pip install 'cmxdsl[search]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _study(optuna: Any, plan: Plan) -> Any:
    """All goals are to be small: what is to be large has its sign turned."""
    goals = len(plan.goals())

    def broken(trial: Any) -> tuple[float]:
        return (trial.user_attrs.get("broken", 1.0),)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = (
            optuna.samplers.NSGAIISampler(seed=plan.seed, population_size=ROUND, constraints_func=broken)
            if goals > 1
            else optuna.samplers.TPESampler(
                seed=plan.seed, n_startup_trials=ROUND, multivariate=True, constant_liar=True, constraints_func=broken
            )
        )
        return optuna.create_study(directions=["minimize"] * goals, sampler=sampler)


def _point(plan: Plan, trial: Any) -> Point:
    values = []
    for name, choices in plan.varies:
        if _ordered(choices):
            values.append(choices[trial.suggest_int(name, 0, len(choices) - 1)])
        else:
            values.append(trial.suggest_categorical(name, list(choices)))
    return tuple(values)


def _ordered(choices: tuple[str, ...]) -> bool:
    """Whether the values are numbers of one unit from small to large, so that a near one is a like one."""
    found = [_NUMBER.match(choice) for choice in choices]
    units = {choice[match.end() :].strip() for choice, match in zip(choices, found, strict=True) if match}
    numbers = [float(match[0].replace("_", "")) for match in found if match]
    return len(numbers) == len(choices) and len(units) == 1 and numbers == sorted(numbers)


def _outcomes(
    plan: Plan, numbered: Batch, known: dict[Point, Outcome], pool: Pool | None, store: Store | None
) -> Iterator[Outcome]:
    """Those of a round, from an earlier run where it had come so far."""
    left = []
    for number, point in numbered:
        if point in known:
            old = known[point]
            yield Outcome(number, point, old.why, old.figures)
        else:
            left.append((number, point))
    for outcomes in outcomes_of(plan, left, pool):
        if store is not None:
            store.add(outcomes)
        yield from outcomes


def _tell(optuna: Any, study: Any, plan: Plan, trial: Any, outcome: Outcome | None) -> None:
    """What came of a point; one that is not feasible is worse than all that are, and one without known goals too."""
    values = signed(plan, outcome, plan.goals()) if outcome is not None else None
    trial.set_user_attr("broken", 0.0 if outcome is not None and outcome.feasible and values is not None else 1.0)
    if outcome is None:  # one more than was asked for
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(trial, list(values) if values is not None else [float("inf")] * len(plan.goals()))
