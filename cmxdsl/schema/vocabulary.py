"""The words that a text may use of the schema: its planes and attributes, and those that files declare."""

from __future__ import annotations

from collections.abc import Mapping

from cmxdsl.records import evolve, field, frozen
from cmxdsl.schema.attributes import BY_NAME, AttributeSpec, attributes_of, groups
from cmxdsl.schema.kinds import PLANES


@frozen(eq=False)
class Vocabulary:
    """Planes with their meanings, and attributes by name: all of the schema, and the `own` ones of a design."""

    planes: Mapping[str, str] = field(factory=lambda: PLANES)
    attributes: Mapping[str, AttributeSpec] = field(factory=lambda: BY_NAME)
    own_planes: Mapping[str, str] = field(factory=dict)
    own: Mapping[str, AttributeSpec] = field(factory=dict)

    def attributes_of(self, kind: str) -> dict[str, AttributeSpec]:
        """The attributes that a component of `kind` may have."""
        rows = attributes_of(kind)
        if "plane" in rows and self.own_planes:
            rows = {**rows, "plane": self.attributes["plane"]}
        own = {row.name: row for row in self.own.values() if kind in row.kinds}
        return {**rows, **own} if own else rows

    def groups(self, kind: str) -> frozenset[str]:
        """The first words of its dotted attributes."""
        own = (row.name.split(".")[0] for row in self.own.values() if kind in row.kinds and "." in row.name)
        return groups(kind) | frozenset(own)


STANDARD = Vocabulary()


def own_attribute(name: str, type_: str, kinds: tuple[str, ...], meaning: str, adds: bool) -> AttributeSpec:
    """The row of an attribute that a file declares. Each part of its kinds owes it where it is a quantity, so that a
    total over parts of which some do not state it is known to be incomplete."""
    owed = () if type_ in ("text", "flag", "size") else kinds
    return AttributeSpec(name, type_, kinds, meaning, total=adds, owed=owed)


def extended(planes: Mapping[str, str], attributes: Mapping[str, AttributeSpec]) -> Vocabulary:
    """The schema's words with some more."""
    if not planes and not attributes:
        return STANDARD
    every = {**PLANES, **planes}
    rows = {**BY_NAME, "plane": evolve(BY_NAME["plane"], symbols=every), **attributes}
    return Vocabulary(every, rows, dict(planes), dict(attributes))
