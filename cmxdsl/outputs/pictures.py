"""Every view by its name, and a picture of one in a format."""

from __future__ import annotations

from collections.abc import Callable

from cmxdsl.model import Component, Subject
from cmxdsl.outputs.kit.svg import Drawing
from cmxdsl.outputs.options import Options, Picture, ViewFault, named_view
from cmxdsl.outputs.registry import Files
from cmxdsl.outputs.writers import OWN
from cmxdsl.records import evolve
from cmxdsl.schema import VIEWS

GRAPHS = ("topology", "hierarchy", "links")


def _drawn(view: str) -> Callable[[Subject, Options], tuple[Drawing, list[str]]]:
    """A view that is drawn by ourselves: a grid or a plan needs no layout engine."""
    if view == "elevation":
        from cmxdsl.outputs.drawings.elevation import elevation

        return elevation
    if view == "network":
        from cmxdsl.outputs.diagrams.network import network

        return network
    if view == "matrix":
        from cmxdsl.outputs.diagrams.matrix import matrix

        return matrix
    if view == "cables":
        from cmxdsl.outputs.drawings.cableplan import cables

        return cables
    from cmxdsl.outputs.drawings.floorplan import floor

    return floor


def picture(subject: Subject, view: str, format: str, options: Options) -> Picture:
    """A view, by its kind or as the design names it, in a format. Raises ViewFault, or EngineFault from the engine."""
    if format not in OWN["render"].formats:
        raise ViewFault(f"there is no format `{format}`: it is one of {', '.join(OWN['render'].formats)}")
    view, options = named_view(subject.top, view, options)
    if options.only:
        subject = subject.of(_part(subject.top, options.only))
        options = evolve(options, unfold=_below(options.unfold, options.only), fold=_below(options.fold, options.only))
    if (format == "text" and view != "elevation") or (format == "dot" and view not in GRAPHS):
        raise ViewFault(f"the view `{view}` cannot be written as {format}")
    if format == "text":
        from cmxdsl.outputs.drawings.elevation import in_text

        return Picture(in_text(subject, options).encode("utf-8"), ())
    if view in GRAPHS:
        from cmxdsl.outputs.diagrams import topology
        from cmxdsl.outputs.kit import engine

        dot, notes = topology.VIEWS[view](subject, options)
        return Picture(engine.draw(dot, format), tuple(notes))
    drawing, notes = _drawn(view)(subject, options)
    return Picture(drawing.as_format(format), tuple(notes))


def _part(top: Component, path: str) -> Component:
    """The component at a path of instances; indices in it do not matter, since all of an array are alike."""
    here = top
    for name in (part.split("[")[0] for part in path.split(".")):
        if name not in here.instances:
            known = ", ".join(here.instances) or "none"
            raise ViewFault(f"`{path}`: `{here.name}` has no instance `{name}` (it has {known})")
        here = here.instances[name].component
    return here


def _below(paths: tuple[str, ...], only: str) -> tuple[str, ...]:
    """Paths as they are seen from the part that is drawn; those of other parts do not matter."""
    return tuple(path.removeprefix(f"{only}.") for path in paths if path.startswith(f"{only}."))


def write(subject: Subject, format: str, view: str = "topology", **options: object) -> bytes:
    """A picture without its notes; `options` as `Options`."""
    return picture(subject, view, format, Options(**options)).data  # type: ignore[arg-type]


def files(subject: Subject) -> Files:
    """The graphs of all planes, the drawn views that this design has something to show in, and those that it names."""
    from cmxdsl.outputs.diagrams import topology

    yield from topology.files(subject)
    for view in (*(v for v in VIEWS if v not in GRAPHS), *(v.name for v in subject.top.views)):
        for format in ("svg", "png"):
            file = f"{view}.{format}" if view in VIEWS else f"view-{view}.{format}"
            try:
                yield file, picture(subject, view, format, Options()).data
            except ViewFault:
                break
