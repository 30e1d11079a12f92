"""What to draw: the options that the views share, and what a view answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cmxdsl.model import Component, View
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.records import evolve, field, frozen
from cmxdsl.schema import VIEWS


class ViewFault(Unwritable):
    """A view that cannot be drawn of this design; the message says why and what could be."""


def _paths(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@frozen
class Options:
    """What to draw, as the settings of a view (`schema.SETTINGS`): the plane (the busiest when empty), arrays to unfold
    and parts to fold, how deep, what colours and labels say, the component for `links`, the rack and face for
    `elevation`, what the colours of `floor` show; `only` the part at a path."""

    plane: str = ""
    unfold: tuple[str, ...] = ()
    depth: int | None = None
    component: str = ""
    rack: str = ""
    face: str = "front"
    heat: str = "power"
    fold: tuple[str, ...] = ()
    only: str = ""
    colour: str = "kind"
    label: tuple[str, ...] = ()
    fills: Mapping[Component, str] = field(factory=dict, eq=False)  # colours that win over the usual ones
    legend: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        for name in ("unfold", "fold", "label"):  # the API takes one path as a text
            object.__setattr__(self, name, _paths(getattr(self, name)))


@frozen
class Picture:
    """A finished picture and what had to be done to keep it legible."""

    data: bytes
    notes: tuple[str, ...]


def named_view(top: Component, name: str, options: Options) -> tuple[str, Options]:
    """The kind of picture and the options for one of `schema.VIEWS` or a view of the design, whose settings give way to
    options that are not the default. Raises ViewFault for a name that is neither."""
    if name in VIEWS:
        return name, options
    view = next((v for v in top.views if v.name == name), None)
    if view is None:
        own = f"; `{top.name}` names {', '.join(v.name for v in top.views)}" if top.views else ""
        raise ViewFault(f"there is no view `{name}`: it is one of {', '.join(VIEWS)}{own}")
    usual = Options()
    settings = {k: v for k, v in options_of(view).items() if getattr(options, k) == getattr(usual, k)}
    return view.settings.get("show", ("topology",))[0], evolve(options, **settings)


def options_of(view: View) -> dict[str, object]:
    """A view's settings as options."""
    found: dict[str, object] = {}
    for name, values in view.settings.items():
        if name in ("unfold", "fold", "label"):
            found[name] = values
        elif name == "depth":
            found[name] = int(values[0])
        elif name != "show":
            found[name] = values[0]
    return found
