"""Light: the power budget of every optical link, for the longest of its pattern.

Margin = launch power (OMA less TDECQ) - penalties - losses of the channel - receiver sensitivity, as IEEE 802.3 sets
out its power budgets (such as clause 124.7 for 400GBASE-DR4): the loss of the channel is that of the fiber, of the
connections and splices on the way, and of the devices that the light passes through.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from cmxdsl.analysis.base.injection import plane_of
from cmxdsl.analysis.physical.ways import longest
from cmxdsl.model import Component, Link, Subject, far_end
from cmxdsl.records import frozen
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import LEVEL


@frozen
class Budget:
    """One pattern's budget at its longest link: levels in dBm, losses in dB, None where not known.

    `lacking` names what is missing for the margin: attributes of the optic or its fiber, or the place of the ends.
    """

    component: Component
    link: Link
    optic: Component
    metres: Fraction | None
    launch: Fraction | None
    penalty: Fraction
    fiber: Fraction | None
    connections: Fraction | None
    splices: Fraction | None
    devices: Fraction | None
    sensitivity: Fraction | None
    lacking: tuple[str, ...]

    @property
    def loss(self) -> Fraction | None:
        """The loss of the channel."""
        parts = (self.fiber, self.connections, self.splices, self.devices)
        return None if None in parts else sum((p for p in parts if p is not None), Fraction(0))

    @property
    def margin(self) -> Fraction | None:
        loss = self.loss
        if loss is None or self.launch is None or self.sensitivity is None:
            return None
        return self.launch - self.penalty - loss - self.sensitivity

    @property
    def allowed(self) -> Fraction | None:
        """The loss that the optic's standard allows the channel."""
        return _decibel(self.optic, "budget")


def _decibel(component: Component | None, name: str) -> Fraction | None:
    found = component.quantity(name) if component is not None else None
    return found.value if found is not None else None


def budget(subject: Subject, component: Component, link: Link) -> Budget | None:
    """The budget of a pattern; None for one that is no optical link. Raises index.TooMany."""
    optic = link.medium
    if optic is None or optic.kind != "optic" or not link.count:
        return None
    lacking: list[str] = []

    def need(owner: Component | None, name: str) -> Fraction | None:
        value = _decibel(owner, name)
        if value is None:
            lacking.append(f"{owner.name if owner is not None else optic.name}.{name}")
        return value

    fiber = optic.get("fiber")
    fiber = fiber if isinstance(fiber, Component) else None
    length = longest(subject, component, link)
    metres = length.metres if length is not None else None
    if length is None or not length.whole:
        metres = None
        lacking.append("the places of its ends")
    attenuation = need(fiber, "loss")
    through = need(link.adapter, "insertion_loss") if link.adapter is not None else Fraction(0)
    both = (optic, far_end(optic) or optic)
    launch, sensitivity = ([need(o, name) for o in dict.fromkeys(both)] for name in ("tx.launch", "rx.sensitivity"))
    penalty = max(_decibel(o, "penalty") or Fraction(0) for o in both)
    return Budget(
        component,
        link,
        optic,
        metres,
        _worst(launch, min),
        penalty,
        attenuation * metres if attenuation is not None and metres is not None else None,
        _each(fiber, "connections", "connection_loss", need),
        _each(fiber, "splices", "splice_loss", need),
        through,
        _worst(sensitivity, max),
        tuple(lacking),
    )


def _worst(values: list[Fraction | None], worst: Callable[[list[Fraction]], Fraction]) -> Fraction | None:
    """Of the two directions the worse; None where one is not known."""
    known = [v for v in values if v is not None]
    return worst(known) if len(known) == len(values) else None


def _each(fiber: Component | None, count: str, loss: str, need: object) -> Fraction | None:
    """So many times the loss of one; nothing where there are none."""
    many = _decibel(fiber, count) or Fraction(0)
    if not many:
        return Fraction(0)
    one: Fraction | None = need(fiber, loss)  # type: ignore[operator]
    return many * one if one is not None else None


def budgets(subject: Subject) -> list[Budget]:
    """The budget of every optical pattern. Raises index.TooMany."""
    found = []
    for component in subject.counts:
        for link in component.links:
            one = budget(subject, component, link)
            if one is not None:
                found.append(one)
    return found


def worst_margin(subject: Subject, plane: str) -> tuple[Quantity | None, tuple[str, ...]]:
    """The least margin of a plane's optical links, and what keeps it from being known. Raises index.TooMany."""
    margins: list[Fraction] = []
    lacking: list[str] = []
    for component in subject.counts:
        for link in component.links:
            if plane_of(component, link) != plane:
                continue
            one = budget(subject, component, link)
            if one is None:
                continue
            if one.margin is None:
                lacking += one.lacking
            else:
                margins.append(one.margin)
    if lacking or not margins:
        return None, tuple(dict.fromkeys(lacking)) or ("any optical link",)
    return Quantity(min(margins), LEVEL), ()


def fibers_needed(optic: Component) -> int | None:
    """How many fibers an optic's lanes take, both ways; None when it does not say."""
    lanes = optic.quantity("lanes")
    if lanes is None:
        return None
    shared = optic.quantity("wavelengths")
    return int(2 * lanes.value / max(1, shared.value if shared is not None else 1))
