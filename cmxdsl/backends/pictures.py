"""Every view by its name, and a picture of one in a format."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cmxdsl.backends.drawing import Drawing
from cmxdsl.backends.options import Options, Picture, ViewFault
from cmxdsl.backends.registry import Backend
from cmxdsl.model import Census, Component

FORMATS = ("svg", "png", "pdf", "dot", "text")
GRAPHS = ("topology", "hierarchy", "links")
VIEWS = (*GRAPHS, "network", "matrix", "elevation", "floor", "cables")


def _drawn(view: str) -> Callable[[Component, Census, Options], tuple[Drawing, list[str]]]:
    """A view that is drawn by ourselves: a grid or a plan needs no layout engine."""
    if view == "elevation":
        from cmxdsl.backends.elevation import elevation

        return elevation
    if view == "network":
        from cmxdsl.backends.network import network

        return network
    if view == "matrix":
        from cmxdsl.backends.matrix import matrix

        return matrix
    if view == "cables":
        from cmxdsl.backends.cableplan import cables

        return cables
    from cmxdsl.backends.floorplan import floor

    return floor


def picture(top: Component, census: Census, view: str, format: str, options: Options) -> Picture:
    """A view in a format. Raises ViewFault, or EngineFault from the engine."""
    if format not in FORMATS:
        raise ViewFault(f"there is no format `{format}`: it is one of {', '.join(FORMATS)}")
    if view not in VIEWS:
        raise ViewFault(f"there is no view `{view}`: it is one of {', '.join(VIEWS)}")
    if (format == "text" and view != "elevation") or (format == "dot" and view not in GRAPHS):
        raise ViewFault(f"the view `{view}` cannot be written as {format}")
    if format == "text":
        from cmxdsl.backends.elevation import in_text

        return Picture(in_text(top, census, options).encode("utf-8"), ())
    if view in GRAPHS:
        from cmxdsl.backends import diagram, engine

        dot, notes = diagram.VIEWS[view](top, census, options)
        return Picture(engine.draw(dot, format), tuple(notes))
    drawing, notes = _drawn(view)(top, census, options)
    return Picture(drawing.as_format(format), tuple(notes))


def _files(top: Component, census: Census) -> Iterator[tuple[str, bytes | str]]:
    """The drawn views that this design has something to show in."""
    for view in VIEWS:
        if view in GRAPHS:
            continue
        for format in ("svg", "png"):
            try:
                yield f"{view}.{format}", picture(top, census, view, format, Options()).data
            except ViewFault:
                break


BACKEND = Backend("plans", _files)
