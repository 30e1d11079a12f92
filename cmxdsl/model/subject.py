"""What an answer is about: a component, and everything that was already answered about it and its parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from cmxdsl.model.component import Component, descendants
from cmxdsl.model.totals import Total, parts_of, total_of
from cmxdsl.records import define, field, frozen
from cmxdsl.units import Quantity, UnitFault

P = ParamSpec("P")
R = TypeVar("R")


@define(eq=False)
class Memo:
    """Answers by the function that gave them, the component that they are about, and the other arguments."""

    _answers: dict[Any, dict[Any, Any]] = field(factory=dict, repr=False)

    def answer(self, function: Any, key: Any, make: Callable[[], R], keep: int | None) -> R:
        """The answer of `function` for `key`, made where there is none; at most `keep` of them stay, the last used."""
        known = self._answers.setdefault(function, {})
        try:
            found: R = known.pop(key)
        except KeyError:
            found = make()
        known[key] = found
        while keep is not None and len(known) > keep:
            known.pop(next(iter(known)), None)
        return found


@frozen(eq=False)
class Subject:
    """The component that an answer is about (`top`), and what was answered so far.

    Analyses take one in place of a component, and are marked `@remembered` where they are asked more than once. What
    is remembered lives as long as the design does: nothing is kept for the whole process.
    """

    top: Component
    memo: Memo = field(factory=Memo, repr=False)

    def of(self, component: Component) -> Subject:
        """Another component of the same design, with the same memory."""
        return self if component is self.top else Subject(component, self.memo)

    @property
    def counts(self) -> dict[Component, int]:
        """Multiplicity of each component, the subject itself (1) and the media of its links included."""
        return _counts(self)

    def count(self, name: str) -> int:
        """How many parts are `name`, a variant of it, or of that kind."""
        return sum(number for part, number in self.counts.items() if part.is_a(name))

    def total(self, attribute: str) -> Total:
        """The sum of an attribute over the subject and everything below it."""
        return _total(self, attribute)

    def values(self, attribute: str) -> list[tuple[Quantity, int]]:
        """Each known value of an attribute, with its multiplicity. Raises UnitFault on a mixture."""
        found = [
            (value, number)
            for part, number in self.counts.items()
            if number and (value := part.quantity(attribute)) is not None
        ]
        if len({value.dimension for value, _ in found}) > 1:
            raise UnitFault(f"`{attribute}` is given in different currencies", "convert them with a rate")
        return found


Asked = Callable[Concatenate[Subject, P], R]


def remembered(keep: int | None = None) -> Callable[[Asked[P, R]], Asked[P, R]]:
    """Marks a function of a subject (and of hashable arguments) whose answers the subject's memo keeps: all of them, or
    the `keep` last used where they are large."""

    def mark(function: Asked[P, R]) -> Asked[P, R]:
        @wraps(function)
        def ask(subject: Subject, /, *args: P.args, **kwargs: P.kwargs) -> R:
            key = (subject.top, args, tuple(sorted(kwargs.items())))
            return subject.memo.answer(function, key, lambda: function(subject, *args, **kwargs), keep)

        return ask

    return mark


@remembered()
def _counts(subject: Subject) -> dict[Component, int]:
    counts: dict[Component, int] = {subject.top: 1}
    media: dict[Component, int] = {}
    for component in descendants(subject.top):
        many = counts.get(component, 0)
        for instance in component.instances.values():
            child = instance.component
            counts[child] = counts.get(child, 0) + many * instance.count
        for link in component.links:
            for part, number in parts_of(link):
                media[part] = media.get(part, 0) + many * number
    for part, number in media.items():
        counts[part] = counts.get(part, 0) + number
    return counts


@remembered()
def _total(subject: Subject, attribute: str) -> Total:
    return total_of(subject.counts, attribute)
