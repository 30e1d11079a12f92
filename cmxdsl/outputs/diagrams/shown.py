"""What a picture is about: which plane, which arrays are unfolded, and how deep, so that it can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cmxdsl.analysis.base.planes import planes
from cmxdsl.analysis.base.ports import TooManyPaths
from cmxdsl.analysis.power.feeds import PLANE
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.diagrams.diagram_tree import Box, TooManyBoxes, tree
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.records import evolve

if TYPE_CHECKING:
    from cmxdsl.analysis.network.graph import Fabric

LIMIT = 300  # boxes in one picture; above that it folds by itself


def _checked(top: Component, texts: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Paths to fold or unfold, each one checked."""
    paths = set()
    for text in texts:
        names = tuple(part.split("[")[0] for part in text.split("."))
        here = top
        for name in names:
            if name not in here.instances:
                known = ", ".join(here.instances) or "none"
                raise ViewFault(f"`{text}`: `{here.name}` has no instance `{name}` (it has {known})")
            here = here.instances[name].component
        paths.add(names)
    return paths


def fitting(
    top: Component,
    wanted: Callable[[Component], bool],
    options: Options,
    whole: Callable[[Component], bool] | None = None,
) -> tuple[Box, list[str]]:
    """The boxes of a picture and notes, with fewer unfolded arrays and less depth until they are at most LIMIT; nothing
    inside of what is `whole` is drawn."""
    notes: list[str] = []
    unfold, fold = _checked(top, options.unfold), _checked(top, options.fold)
    while True:
        try:
            return tree(top, wanted, unfold, options.depth, LIMIT, fold, whole), notes
        except TooManyBoxes:
            if unfold:
                largest = max(unfold, key=lambda names: (top.at(names)[1], names))
                unfold.discard(largest)
                notes.append(f"`{'.'.join(largest)}` stays folded: unfolded, the picture passes {LIMIT} boxes")
            else:
                depth = (options.depth or 65) - 1
                options = evolve(options, depth=depth)
                if depth == 0:
                    return Box((), top, (), 1), notes
                note = f"drawn to depth {depth}: deeper, the picture passes {LIMIT} boxes"
                notes = [n for n in notes if not n.startswith("drawn to depth")] + [note]


def busiest_plane(subject: Subject) -> str:
    """The plane with the most links, else the first that has ports; empty when there is none."""
    found = planes(subject)
    return max(found, key=lambda name: (found[name].links, -list(found).index(name)), default="")


def _known_plane(top: Component, plane: str) -> str:
    if plane not in top.vocabulary.planes:
        raise ViewFault(f"there is not a plane `{plane}`: it is one of {', '.join(top.vocabulary.planes)}")
    return plane


def planes_shown(subject: Subject, options: Options) -> list[str]:
    """The plane to draw, or all of them where colours tell them apart."""
    top = subject.top
    if options.colour == "plane":
        found = [name for name, plane in planes(subject).items() if plane.links and name != PLANE]
        if found:
            return found
    plane = options.plane or busiest_plane(subject)
    if not plane:
        raise ViewFault(f"`{top.name}` has no ports, so it has no topology; `--view hierarchy` shows its parts")
    return [_known_plane(top, plane)]


def devices_shown(subject: Subject, options: Options) -> Fabric:
    """The plane that a picture of single devices is about. Raises ViewFault where there is none, or too much of it."""
    from cmxdsl.analysis.network.graph import PlaneTooLarge, fabric

    top = subject.top
    plane = _known_plane(top, options.plane or busiest_plane(subject))
    try:
        found = fabric(subject, plane)
    except (PlaneTooLarge, TooManyPaths) as error:
        raise ViewFault(str(error) or "too many places where devices are") from None
    if not found.links:
        raise ViewFault(f"`{top.name}` has no links on the plane `{plane}`")
    return found
