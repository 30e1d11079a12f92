"""What links are laid with: a cable runs between devices, a link inside a board or a chassis is bought with it."""

from __future__ import annotations

from cmxdsl.model import Component, Link, pieces
from cmxdsl.schema import KINDS

RACK_LEVEL = KINDS["rack"].level


def laid(owner: Component, link: Link) -> tuple[Component | None, int]:
    """What a pattern of a component is laid with, and how many pieces of it: none inside a board or a chassis."""
    carrier = carrier_of(link)
    return carrier, link.carriers * pieces_of(carrier) if is_laid(owner, link) else 0


def carrier_of(link: Link) -> Component | None:
    """The cable or fiber that a pattern is laid with."""
    medium = link.medium
    if medium is None or medium.kind != "optic":
        return medium
    fiber = medium.get("fiber")
    return fiber if isinstance(fiber, Component) else None


def is_laid(owner: Component, link: Link) -> bool:
    """Whether a component's links are cables: those inside a board or a chassis are bought with it."""
    return bool(link.media) and KINDS[owner.kind].level >= RACK_LEVEL


def pieces_of(carrier: Component | None) -> int:
    """How many of a cable one bundle takes."""
    return pieces(carrier) if carrier is not None else 1
