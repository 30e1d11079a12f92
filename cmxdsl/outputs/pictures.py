"""Every view by its name, and a picture of one in a format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from cmxdsl.analysis.base.planes import planes
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.diagrams.graph import Graph
from cmxdsl.outputs.kit.svg import Drawing
from cmxdsl.outputs.options import Options, Picture, ViewFault, named_view
from cmxdsl.outputs.registry import Files
from cmxdsl.outputs.writers import OWN
from cmxdsl.records import evolve
from cmxdsl.schema import VIEWS

MERMAID_LINES = 500  # in one picture, unless its configuration allows more

# A view is a function of that name: a graph needs a layout engine, a drawing has its places.
GRAPHS = {name: f"cmxdsl.outputs.diagrams.{name}:{name}" for name in ("topology", "hierarchy", "links")}
_DRAWINGS = {
    "elevation": "cmxdsl.outputs.drawings.elevation:elevation",
    "network": "cmxdsl.outputs.diagrams.network:network",
    "matrix": "cmxdsl.outputs.diagrams.matrix:matrix",
    "cables": "cmxdsl.outputs.drawings.cableplan:cables",
    "floor": "cmxdsl.outputs.drawings.floorplan:floor",
    "power": "cmxdsl.outputs.drawings.power_flow:power_flow",
    "optics": "cmxdsl.outputs.drawings.light:optics",
}
_TEXTS = {  # of graphs
    "dot": "cmxdsl.outputs.diagrams.dot:to_dot",
    "mermaid": "cmxdsl.outputs.diagrams.mermaid:to_mermaid",
    "d2": "cmxdsl.outputs.diagrams.d2:to_d2",
    "drawio": "cmxdsl.outputs.diagrams.drawio:to_drawio",
}
_DrawsGraph = Callable[[Subject, Options], tuple[Graph, list[str]]]
_Draws = Callable[[Subject, Options], tuple[Drawing, list[str]]]


def _named(path: str) -> object:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def picture(subject: Subject, view: str, format: str, options: Options) -> Picture:
    """A view, by its kind or as the design names it, in a format. Raises ViewFault, or EngineFault from the engine."""
    formats = OWN["render"].formats
    if format not in formats:
        raise ViewFault(f"there is no format `{format}`: it is one of {', '.join(formats)}")
    view, options = named_view(subject.top, view, options)
    if options.only:
        subject = subject.of(_part(subject.top, options.only))
        options = evolve(options, unfold=_below(options.unfold, options.only), fold=_below(options.fold, options.only))
    if (format == "text" and view != "elevation") or (format in _TEXTS and view not in GRAPHS):
        raise ViewFault(f"the view `{view}` cannot be written as {format}")
    if format == "text":
        from cmxdsl.outputs.drawings.elevation import in_text

        return Picture(in_text(subject, options).encode("utf-8"), ())
    if view in GRAPHS:
        graph, notes = graph_of(subject, view, options)
        if format == "mermaid" and len(graph.lines) > MERMAID_LINES:
            notes.append(f"{len(graph.lines):,} lines: Mermaid draws {MERMAID_LINES} unless its `maxEdges` is raised")
        return Picture(written(graph, format), tuple(notes))
    draws: _Draws = _named(_DRAWINGS[view])  # type: ignore[assignment]
    drawing, notes = draws(subject, options)
    return Picture(drawing.as_format(format), tuple(notes))


def graph_of(subject: Subject, view: str, options: Options) -> tuple[Graph, list[str]]:
    """A view of `GRAPHS` in no format yet, and what had to be done to keep it legible. Raises ViewFault."""
    draws: _DrawsGraph = _named(GRAPHS[view])  # type: ignore[assignment]
    return draws(subject, options)


def written(graph: Graph, format: str) -> bytes:
    """A graph as text, or laid out by the engine. Raises EngineFault."""
    from cmxdsl.outputs.kit import engine

    to_text: Callable[[Graph], str] = _named(_TEXTS.get(format, _TEXTS["dot"]))  # type: ignore[assignment]
    text = to_text(graph)
    return text.encode("utf-8") if format in _TEXTS else engine.draw(text, format)


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
    for name, view, options in _graphs(subject):
        graph, _ = graph_of(subject, view, options)
        for format in ("dot", "svg", "png"):
            yield f"{name}.{format}", written(graph, format)
    for view in (*_DRAWINGS, *(v.name for v in subject.top.views)):
        for format in ("svg", "png"):
            file = f"{view}.{format}" if view in VIEWS else f"view-{view}.{format}"
            try:
                yield file, picture(subject, view, format, Options()).data
            except ViewFault:
                break


def _graphs(subject: Subject) -> Iterator[tuple[str, str, Options]]:
    """What contains what, and each plane with links; the busiest plane's file is `topology`."""
    from cmxdsl.outputs.diagrams.shown import busiest_plane

    yield "hierarchy", "hierarchy", Options()
    busiest = busiest_plane(subject)
    for plane, found in planes(subject).items():
        if found.links:
            yield "topology" if plane == busiest else f"topology-{plane}", "topology", Options(plane=plane)
