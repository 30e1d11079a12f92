"""Colours by what a thing is, and the names by which pictures refer to it."""

from __future__ import annotations

import re

from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.model import Component, descendants

FILLS = {
    "accelerator": "#cfe3fa",
    "chip": "#d9f0de",
    "switch": "#fde3c0",
    "die": "#e3ecf7",
    "module": "#e9e4f5",
    "board": "#f3f5f8",
    "chassis": "#eef1f5",
    "rack": "#e6eaf0",
    "fixture": "#e4e0d8",
    "system": "#dfe5ec",
    "site": "#d8dee6",
}


def fill_of(component: Component) -> str:
    """The colour of a box."""
    return FILLS["accelerator"] if is_accelerator(component) else FILLS.get(component.kind, "#ffffff")


def tint(component: Component) -> str:
    """The colour of an assembly in a plan: that of the most telling thing inside it."""
    inside = list(descendants(component))
    if any(is_accelerator(c) for c in inside):
        return FILLS["accelerator"]
    if any(c.kind == "switch" for c in inside):
        return FILLS["switch"]
    roles = {c.text("role") for c in inside}
    return next((color for role, color in _ROLES.items() if role in roles), fill_of(component))


_ROLES = {"power": "#e9e4f5", "cooling": "#d5eef2", "processor": FILLS["chip"]}


SHADES = ("#fff7ec", "#ffecd1", "#fedfb4", "#fdcf95", "#fcbd78", "#faa95e", "#f6924a")  # ink stays legible on all
LINES = {
    "scale_up": "#3570ad",
    "scale_out": "#b5562c",
    "front_end": "#3f8f5b",
    "host": "#7d5ba6",
    "management": "#8a7a1f",
    "power": "#a3344f",
}


def slug(component: Component) -> str:
    """A component's class in SVG, by which scripts and style sheets find its boxes."""
    return "part-" + re.sub(r"[^A-Za-z0-9]+", "-", component.id).strip("-")


def dims(shape: tuple[int, ...]) -> str:
    """`[7, 16]`, or nothing for a single one."""
    return f"[{', '.join(map(str, shape))}]" if shape else ""
