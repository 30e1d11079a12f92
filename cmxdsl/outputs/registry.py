"""What a backend is: a file name suffix and a function. Found by entry point, so that others can add theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import metadata

from attrs import frozen

from cmxdsl.model import Subject

GROUP = "cmx.backends"


@frozen
class Backend:
    """A backend. `files` gives, for a design, the files that `cmx build` leaves: name and content."""

    name: str
    files: Callable[[Subject], Iterator[tuple[str, bytes | str]]]


def backends() -> tuple[list[Backend], list[str]]:
    """The installed backends by name, and what was wrong with those that could not be loaded."""
    found, problems = [], []
    for point in sorted(metadata.entry_points(group=GROUP), key=lambda p: p.name):
        try:
            loaded = point.load()
        except Exception as error:  # a broken plug-in is a message, not a crash
            problems.append(f"backend `{point.name}` cannot be loaded: {error}")
            continue
        if isinstance(loaded, Backend):
            found.append(loaded)
        else:
            problems.append(f"backend `{point.name}` is no backend")
    return found, problems
