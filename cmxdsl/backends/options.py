"""What to draw: the options that the views share, and what a view answers."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen


class ViewFault(Exception):
    """A view that cannot be drawn of this design; the message says why and what could be."""


def _paths(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@frozen
class Options:
    """What to draw: the plane (the busiest when empty), arrays to unfold, how deep, the component for `links`, the rack
    and the face for `elevation`, what the colours of `floor` show."""

    plane: str = ""
    unfold: tuple[str, ...] = field(default=(), converter=_paths)
    depth: int | None = None
    component: str = ""
    rack: str = ""
    face: str = "front"
    heat: str = "power"


@frozen
class Picture:
    """A finished picture and what had to be done to keep it legible."""

    data: bytes
    notes: tuple[str, ...]
