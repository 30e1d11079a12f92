"""What a part does in the system, where figures are given by it."""

from __future__ import annotations

from cmxdsl.model import Component
from cmxdsl.schema import ATTRIBUTES

FORMATS = tuple(row.name for row in ATTRIBUTES if row.name.startswith("compute."))


def is_accelerator(part: Component) -> bool:
    """A chip that does the computing: its role says so, or it states its compute and has no other role."""
    if part.kind != "chip":
        return False
    role = part.text("role")
    return role == "accelerator" or (not role and any(part.get(name) is not None for name in FORMATS))


def role_of(part: Component) -> str:
    """The role that a part states or that its compute gives it, empty where it has none."""
    return part.text("role") or ("accelerator" if is_accelerator(part) else "")


def is_host(part: Component) -> bool:
    """A host processor, by its role."""
    return part.text("role") == "processor"
