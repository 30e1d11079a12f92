"""How parts are cooled: as they say, or as what holds them says."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.model import Component

Way = tuple[str, Fraction | None]  # `air`, `liquid`, `hybrid` with the share that goes to liquid, or nothing said
UNSAID: Way = ("", None)


def cooled(component: Component, inherited: Way = UNSAID) -> Way:
    """How a component is cooled, inside of something that is cooled in its way."""
    share, way = component.quantity("liquid_share"), component.text("cooling")
    return (way, share.value if share is not None else None) if way else inherited


def cooled_along(top: Component, names: tuple[str, ...], inherited: Way = UNSAID) -> Way:
    """How what is at the end of a path is cooled."""
    way = cooled(top, inherited)
    for name in names:
        top = top.instances[name].component
        way = cooled(top, way)
    return way
