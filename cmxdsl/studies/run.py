"""Running a study: in this process, in a pool of processes, or on a cluster, with the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from multiprocessing import get_context
from typing import Any

from cmxdsl.studies.evaluate import Outcome, evaluated
from cmxdsl.studies.plan import Plan, Point, StudyFault
from cmxdsl.studies.store import Store

BATCH = 25  # points that a worker does at a time
TRIES = 3  # times that a batch is given out whose worker died
Batch = list[tuple[int, Point]]
Pool = Callable[[], AbstractContextManager[Executor]]


def run(
    plan: Plan,
    wanted: list[Point],
    pool: Pool | None,
    store: Store | None = None,
    told: Callable[[int, int], None] = lambda done, all: None,
) -> list[Outcome]:
    """The outcome of every point, in the order of their numbers. `pool` gives an executor, None is this process; `told`
    is called with how many points are done, and of how many. Raises StudyFault."""
    found = store.begun(plan) if store is not None else {}
    left = [(number, point) for number, point in enumerate(wanted) if number not in found]
    for outcomes in outcomes_of(plan, left, pool):
        found.update((o.number, o) for o in outcomes)
        if store is not None:
            store.add(outcomes)
        told(len(found), len(wanted))
    ordered = [found[number] for number in range(len(wanted))]
    if store is not None:
        store.finish(plan, ordered)
    return ordered


def outcomes_of(plan: Plan, left: Batch, pool: Pool | None) -> Iterator[list[Outcome]]:
    """The outcomes of some points, as they are done. Raises StudyFault."""
    batches = [left[k : k + BATCH] for k in range(0, len(left), BATCH)]
    return _here(plan, batches) if pool is None else _spread(plan, batches, pool)


def _here(plan: Plan, batches: list[Batch]) -> Iterator[list[Outcome]]:
    for batch in batches:
        yield evaluated(plan, batch)


def _spread(plan: Plan, batches: list[Batch], pool: Pool) -> Iterator[list[Outcome]]:
    """Batches as they are done. When a worker dies, what it had is given out again, point by point; what kills its
    worker again and again is an outcome too."""
    tries: dict[int, int] = {}
    waiting = list(reversed(batches))
    while waiting:
        with pool() as executor:
            given: dict[Future[list[Outcome]], Batch] = {}
            broken = False
            while given or (waiting and not broken):
                while waiting and len(given) < 64 and not broken:
                    batch = waiting.pop()
                    try:
                        given[executor.submit(evaluated, plan, batch)] = batch
                    except BrokenProcessPool:
                        waiting.append(batch)
                        broken = True
                for future in wait(given, return_when=FIRST_COMPLETED).done if given else ():
                    batch = given.pop(future)
                    error = future.exception()
                    if error is None:
                        yield future.result()
                    elif isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker":
                        broken = True
                        gone, again = _again(batch, tries)
                        waiting += again
                        if gone:
                            yield gone
                    else:
                        raise error


def _again(batch: Batch, tries: dict[int, int]) -> tuple[list[Outcome], list[Batch]]:
    """What is given up of a batch whose worker died, and what is given out again."""
    gone, again = [], []
    for number, point in batch:
        tries[number] = tries.get(number, 0) + 1
        if tries[number] >= TRIES and len(batch) == 1:
            gone.append(Outcome(number, point, "not decided: its worker died again and again", ()))
        else:
            again.append([(number, point)])
    return gone, again


def processes(many: int) -> Pool | None:
    """A pool of so many processes; none for one."""
    if many <= 1:
        return None
    return lambda: ProcessPoolExecutor(many, mp_context=get_context("spawn"))


def cluster(address: str) -> Pool:
    """The workers of a Dask scheduler, such as `tcp://10.0.0.1:8786`; each needs cmx of the same version. Raises
    StudyFault where it does not answer."""

    @contextmanager
    def pool() -> Iterator[Executor]:
        try:
            client_of: Any = import_module("distributed").Client
        except ImportError:
            raise StudyFault("a cluster needs the extra `cluster`: pip install 'cmxdsl[cluster]'") from None
        try:
            client: Any = client_of(address, timeout=5, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise StudyFault(f"the scheduler at `{address}` does not answer: {error or 'no answer in 5 s'}") from None
        with client:
            yield client.get_executor(pure=False)

    return pool
