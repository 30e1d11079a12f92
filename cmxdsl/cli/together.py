"""Work on many files at once, in as many processes as there are processors; what comes out is as from one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import click

T = TypeVar("T")
R = TypeVar("R")


class Done(Protocol):
    def __call__(self, so_far: int | None = None) -> None: ...


FEW = 3  # items that are worked on one after the other: processes take their time to start


def each(work: Callable[[T], R], items: Sequence[T], what: str, alone: bool = False) -> Iterator[R]:
    """What `work`, a function at the top of a module, makes of each item, in order.

    With `alone` in this process. An item on which another process fails is worked on again here, so that it fails as
    it would alone.
    """
    with rate(what, len(items)) as done:
        workers = min(len(items), processors())
        if alone or len(items) <= FEW or workers < 2:
            for item in items:
                yield work(item)
                done()
            return
        from multiprocessing import get_context

        # A child of a fork has all that is imported here, and starts in a millisecond.
        with get_context("fork" if sys.platform == "linux" else "spawn").Pool(workers, _ignore_interrupts) as pool:
            for item, (found, failed) in zip(items, pool.imap(_Caught(work), items), strict=True):
                yield work(item) if failed else found
                done()


class _Caught:
    """A function that says whether it failed."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work

    def __call__(self, item: Any) -> tuple[Any, bool]:
        try:
            return self.work(item), False
        except Exception:
            return None, True


def _ignore_interrupts() -> None:
    """Ctrl-C goes to every process of a terminal: the first one ends the others."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def rate(what: str, many: int) -> Iterator[Done]:
    """Says on a terminal how far things are, once they have taken a second: how many, how fast, how much longer. What
    it gives is called when one more is done, or with how many are."""
    start = time.monotonic()
    count = 0

    def done(so_far: int | None = None) -> None:
        nonlocal count
        count = count + 1 if so_far is None else so_far
        took = time.monotonic() - start
        if took > 1 and sys.stderr.isatty() and count < many:
            left = took / count * (many - count)
            speed = f"{count / took:.3g}/s, about {left:.0f} s left"
            click.echo(f"\r\x1b[K{what}: {count} of {many}, {speed}", err=True, nl=False)

    try:
        yield done
    finally:
        if sys.stderr.isatty() and time.monotonic() - start > 1:
            click.echo("\r\x1b[K", err=True, nl=False)
