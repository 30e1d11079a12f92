"""Paths that people write, such as `compute[3].node`, matched against the full names of ends."""

from __future__ import annotations

import re
from collections.abc import Callable

from cmxdsl.diagnostics import nearest, sentence
from cmxdsl.model import Component

_STEP = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\[([\d\s,]*)\])?\s*")


class NoSuchPath(Exception):
    """A path that leads to nothing in the design; the message says where it goes wrong."""


def matcher(top: Component, path: str) -> Callable[[str], bool]:
    """Whether a full name, such as `compute[3].node[0].npu[1].ub[2]`, is of what a path leads to or of what is inside.

    A step without indices stands for the whole array. Raises NoSuchPath.
    """
    here, pattern = top, []
    for part in path.split("."):
        step = _STEP.fullmatch(part)
        if step is None:
            raise NoSuchPath(f"`{part}` is no step of a path: write `compute[3].node`")
        name, inside = step[1], step[2]
        instance = here.instances.get(name)
        if instance is None:
            hint = sentence(nearest(name, here.instances).text) or f"It has {', '.join(here.instances) or 'none'}."
            raise NoSuchPath(f"`{here.name}` has no instance `{name}`. {hint}")
        written = re.escape(name)
        if inside is not None:
            indices = [int(word) for word in inside.split(",") if word.strip()]
            shape = "[" + ", ".join(map(str, instance.shape)) + "]" if instance.shape else "no array"
            if len(indices) != len(instance.shape) or any(i >= n for i, n in zip(indices, instance.shape, strict=True)):
                raise NoSuchPath(f"`{part.strip()}` is not in `{name}`, which is {shape}")
            written += re.escape(f"[{', '.join(map(str, indices))}]")
        elif instance.shape:
            written += r"\[[^\]]*\]"
        pattern.append(written)
        here = instance.component
    found = re.compile(r"\.".join(pattern) + r"(\.|$)")
    return lambda full: found.match(full) is not None
