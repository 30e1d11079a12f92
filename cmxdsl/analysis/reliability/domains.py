"""Which accelerators stop with a device: it itself where it is one, else those of the smallest assembly around it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from math import prod

from cmxdsl.analysis.base.ports import Names
from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.model import Component, Subject
from cmxdsl.records import field, frozen

_PLACES = ("system", "site")  # no assembly that goes out of service as one
Element = tuple[Names, tuple[tuple[int, ...], ...], int]  # a device: path, sizes of the arrays on it, flat number


@frozen(eq=False)
class Domains:
    """The assemblies of a design that hold accelerators.

    An assembly that is out of service takes all of its accelerators with it; a part in it that holds none takes the
    smallest assembly around it that does: a processor its server, a fan its chassis.
    """

    subject: Subject
    _many: dict[Component, int] = field(factory=dict)

    def inside(self, component: Component) -> int:
        """How many accelerators there are in a component, itself included."""
        if component not in self._many:
            parts = self.subject.of(component).counts.items()
            self._many[component] = sum(many for part, many in parts if is_accelerator(part))
        return self._many[component]

    @property
    def top(self) -> Component:
        return self.subject.top

    @cached_property
    def all(self) -> int:
        return self.inside(self.top)

    def around(self, names: Names) -> tuple[int, Component] | None:
        """The depth at which the assembly stands that goes with a device, and the assembly; None where only a system
        or a site holds both it and an accelerator."""
        here, found = self.top, None
        for depth in range(len(names) + 1):
            here = here.instances[names[depth - 1]].component if depth else here
            if self.inside(here) and here.kind not in _PLACES:
                found = depth, here
                if is_accelerator(here):
                    break  # a die goes with its chip
        return found

    def stopped(self, devices: Iterable[Element]) -> int | None:
        """How many accelerators stop with devices, each assembly once and what is in another one with that. None where
        one of them stands in no assembly with accelerators."""
        found: dict[tuple[Names, int], int] = {}
        sizes: dict[Names, tuple[tuple[int, ...], ...]] = {}
        for names, steps, number in devices:
            around = self.around(names)
            if around is None:
                return None
            depth, component = around
            found[names[:depth], number // _below(steps, depth)] = self.inside(component)
            sizes[names[:depth]] = steps[:depth]
        depths = {len(path) for path in sizes}
        if len(depths) == 1:
            return sum(found.values())
        return sum(
            many
            for (path, number), many in found.items()
            if not any((path[:d], number // _below(sizes[path], d)) in found for d in depths if d < len(path))
        )


def _below(steps: tuple[tuple[int, ...], ...], depth: int) -> int:
    """How many elements each one at a depth has below it."""
    return prod(size for step in steps[depth:] for size in step)
