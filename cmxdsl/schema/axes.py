"""The coordinates of a `place`, one row each."""

from __future__ import annotations

from cmxdsl.records import frozen


@frozen
class Axis:
    """A coordinate. `takes`: `count`, `length` or `symbol`, which is one of `symbols`."""

    name: str
    takes: str
    meaning: str
    symbols: tuple[str, ...] = ()


AXES: dict[str, Axis] = {
    axis.name: axis
    for axis in (
        Axis("U", "count", "the lowest rack unit that it fills, from 1"),
        Axis("row", "count", "the row of racks, from 0"),
        Axis("col", "count", "the place in the row, from 0"),
        Axis("x", "length", "how far east it is"),
        Axis("y", "length", "how far south it is"),
        Axis("side", "symbol", "the half of the rack that it fills", ("left", "right")),
        Axis("face", "symbol", "the face of the rack that it is mounted at", ("front", "rear")),
        Axis("faces", "symbol", "where its front looks to", ("north", "east", "south", "west")),
    )
}
