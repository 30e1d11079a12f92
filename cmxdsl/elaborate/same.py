"""A key that is one object."""

from __future__ import annotations

from cmxdsl.records import frozen


@frozen(eq=False)
class Same:
    """Equal to another key of the very same object only. Holds the object, so that nothing else can get its number."""

    thing: object

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.thing is other.thing
