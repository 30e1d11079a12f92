"""What a device type says that cannot be true together with what it says elsewhere.

Each function yields a line, a message, and the attribute that is in doubt because of it, if any.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from cmxdsl.diagnostics import listing
from cmxdsl.readers.built import place
from cmxdsl.readers.device_types import LISTS, Item, PartType
from cmxdsl.readers.rules import INCONSISTENT

MAX_LOOKED = 100_000  # characters of a text that are looked through
MAX_BOX = 4096  # ports of a row that are looked through for gaps
MOST_GROUPS = 0.75  # of groups of ports that have a number which another lacks
MOST_GAPS = 4  # a row with more gaps than that, or than a quarter, is none

# The most that goes through an inlet, in watts: the North American rating of its connector, which is the higher one,
# at 250 V (IEC 60320-1: 10 A and 16 A; UL 498: 15 A and 20 A), of NEMA's by their names.
_RATED = {
    "iec-60320-c14": 15 * 250,
    "iec-60320-c16": 15 * 250,
    "iec-60320-c20": 20 * 250,
    "iec-60320-c22": 20 * 250,
    "nema-5-15p": 15 * 125,
    "nema-5-20p": 20 * 125,
    "nema-6-15p": 15 * 250,
    "nema-6-20p": 20 * 250,
    "nema-l6-20p": 20 * 250,
    "nema-l6-30p": 30 * 250,
}
_DRAWS = re.compile(
    r"(?:power (?:consumption|draw|usage)|(?:max(?:imum)?\.?|peak|typical) (?:system )?power(?: consumption| draw)?)"
    r"[^\w\n]{1,12}(?:[a-z]+[^\w\n]+){0,2}?(?P<value>\d[\d,]*(?:\.\d+)?)\s?(?P<unit>kW|W)\b",
    re.IGNORECASE,
)
_WEIGHS = re.compile(
    r"(?P<before>[^\n]{0,40})\bweight\b[^\d\n]{0,60}(?P<value>\d+(?:\.\d+)?)\s?(?P<unit>kg|lb)s?\b", re.IGNORECASE
)
_TALL = re.compile(r"\b(?P<value>\d{1,2})\s?U\b[^.\n]{0,12}\b(?:rack[- ]?mount|form factor)", re.IGNORECASE)
_PACKED = re.compile(r"pack|ship", re.IGNORECASE)
_GRAMS = {"kg": Fraction(1000), "lb": Fraction("453.59237")}
_DIGITS = re.compile(r"[0-9]+")
_COUNT = re.compile(r"[0-9]{1,9}")


class Doubt(NamedTuple):
    line: int
    message: str
    attribute: str = ""


def lint(part: PartType) -> frozenset[str]:
    """Adds what contradicts itself to the findings of a type; the attributes whose values are in doubt."""
    doubts = [doubt for look in _LOOKS for doubt in look(part)]
    part.problems += [INCONSISTENT.at(place(part.file, d.line), d.message) for d in doubts]
    return frozenset(d.attribute for d in doubts if d.attribute)


def _twice(part: PartType) -> Iterator[Doubt]:
    for key in LISTS:
        seen: dict[str, Item] = {}
        for item in part.items(key):
            if item.name and item.name in seen:
                first = seen[item.name].line
                yield Doubt(item.line, f"`{item.name}` is there twice in `{key}`: in line {first} too")
            seen.setdefault(item.name, item)


def _power(part: PartType) -> Iterator[Doubt]:
    """What the inlets take, by their ratings and by what the text says that the box draws."""
    inlets = list(part.items("power-ports"))
    for inlet in inlets:
        most, budget = inlet.number("maximum_draw"), inlet.number("allocated_draw")
        if most is not None and budget is not None and budget > most:
            yield Doubt(
                inlet.line,
                f"`{inlet.name}` is allocated {_number(budget)} W and draws {_number(most)} W at most",
                "power",
            )
        rated = _RATED.get(inlet.type)
        if most is not None and rated is not None and most > rated:
            yield Doubt(
                inlet.line,
                f"`{inlet.name}` draws {_number(most)} W at most, and {inlet.type} carries {rated:,} W at most",
                "power",
            )
    if inlets and not part.powered:
        yield Doubt(part.line("is_powered"), f"it is not powered, and has {len(inlets)} power ports", "power")
    if not inlets or any(inlet.number("maximum_draw") is None for inlet in inlets):
        return
    all_take = sum((inlet.number("maximum_draw") or Fraction() for inlet in inlets), Fraction())
    for key in ("comments", "description"):
        for found in _DRAWS.finditer(getattr(part, key)[:MAX_LOOKED]):
            said = Fraction(found["value"].replace(",", "")) * (1000 if found["unit"].lower() == "kw" else 1)
            if said > all_take:
                supplies = f"its {len(inlets)} power ports take" if len(inlets) > 1 else "its power port takes"
                yield Doubt(
                    inlets[0].line,
                    f"{supplies} {_number(all_take)} W in all, and `{key}` says “{_short(found[0])}”",
                    "power",
                )
                return


def _mass(part: PartType) -> Iterator[Doubt]:
    """Texts give masses of several configurations: the type's own must lie among them."""
    if part.mass is None:
        return
    said = [
        Fraction(found["value"]) * _GRAMS[found["unit"].lower()]
        for found in _WEIGHS.finditer(_text(part))
        if not _PACKED.search(found["before"])
    ]
    if said and not min(said) / 2 <= part.mass <= max(said) * Fraction(11, 10):
        few, many = (_number(bound / 1000) for bound in (min(said), max(said)))
        range_ = f"{few} kg" if few == many else f"{few} to {many} kg"
        yield Doubt(
            part.line("weight"), f"its mass is {_number(part.mass / 1000)} kg, and the text says {range_}", "mass"
        )


def _text(part: PartType) -> str:
    return f"{part.description}\n{part.comments}"[:MAX_LOOKED]


def _height(part: PartType) -> Iterator[Doubt]:
    if part.height:
        said = {int(found["value"]) for found in _TALL.finditer(_text(part))}
        if said and part.height not in said:
            texts = " or ".join(f"{value} U" for value in sorted(said))
            yield Doubt(
                part.line("u_height"), f"it is {_number(part.height)} U tall, and the text says {texts}", "height"
            )
    if part.role == "child" and part.height:
        yield Doubt(part.line("u_height"), "a child sits in a bay of its parent, and takes no unit of a rack", "height")
    if part.height is not None and part.height % Fraction(1, 2):
        yield Doubt(part.line("u_height"), f"{_number(part.height)} U is no multiple of half a unit")


def _bays(part: PartType) -> Iterator[Doubt]:
    bays = list(part.items("device-bays"))
    if bays and part.role != "parent":
        yield Doubt(bays[0].line, f"it has {len(bays)} bays for devices, and its `subdevice_role` is not `parent`")


def _outlets(part: PartType) -> Iterator[Doubt]:
    inlets = {item.name for item in part.items("power-ports")}
    for outlet in part.items("power-outlets"):
        fed = outlet.values.get("power_port")
        if fed is not None and fed not in inlets:
            yield Doubt(outlet.line, f"`{outlet.name}` is fed by `{fed}`, which is no power port of it")
        leg = outlet.values.get("feed_leg")
        if leg is not None and leg not in ("A", "B", "C"):
            yield Doubt(outlet.line, f"`{outlet.name}` is on feed leg `{leg}`, and legs are A, B and C")


def _patching(part: PartType) -> Iterator[Doubt]:
    """Front ports lead to positions of rear ports, each to one of its own."""
    rear = {item.name: int(item.values.get("positions", "1")) for item in part.items("rear-ports") if _whole(item)}
    there = {item.name for item in part.items("rear-ports")}
    taken: dict[tuple[str, str], str] = {}
    for front in part.items("front-ports"):
        name = front.values.get("rear_port")
        if name is None:
            continue
        if name not in there:
            yield Doubt(front.line, f"`{front.name}` leads to `{name}`, which is no rear port of it")
            continue
        position = front.values.get("rear_port_position", "1")
        if _COUNT.fullmatch(position) and name in rear and int(position) > rear[name]:
            yield Doubt(front.line, f"`{front.name}` leads to position {position} of `{name}`, which has {rear[name]}")
        if (name, position) in taken:
            other = taken[name, position]
            yield Doubt(front.line, f"`{front.name}` and `{other}` both lead to position {position} of `{name}`")
        taken.setdefault((name, position), front.name)


def _whole(item: Item) -> bool:
    return _COUNT.fullmatch(item.values.get("positions", "1")) is not None


def _gaps(part: PartType) -> Iterator[Doubt]:
    """Rows of ports that leave out one of their numbers: `swp1` to `swp64` without `swp17`."""
    for key in ("interfaces", "power-outlets", "power-ports"):
        rows: dict[tuple[str, ...], dict[tuple[int, ...], Item]] = defaultdict(dict)
        for item in part.items(key):
            numbers = tuple(int(n) for n in _DIGITS.findall(item.name))
            rows[tuple(_DIGITS.split(item.name))][numbers] = item
        for around, row in rows.items():
            if any(_name(around, numbers) != item.name for numbers, item in row.items()):
                continue  # numbers of a fixed width
            missing = list(_missing(set(row)))
            if 0 < len(missing) <= min(MOST_GAPS, len(row) // 4):
                first = min(row.values(), key=lambda item: item.line)
                names = [_name(around, numbers) for numbers in missing]
                ends = [_name(around, numbers) for numbers in (min(row), max(row))]
                verb = "is" if len(names) == 1 else "are"
                listed = listing(f"`{name}`" for name in names)
                yield Doubt(first.line, f"`{key}` run from `{ends[0]}` to `{ends[1]}`, but {listed} {verb} not there")


def _missing(row: set[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """The tuples that a box lacks whose corners are the least and greatest numbers of each column. Of groups, one that
    ends earlier than others lacks nothing: what most groups have is looked for."""
    columns = [sorted(set(column)) for column in zip(*row, strict=True)]
    box = 1
    for column in columns:
        box *= column[-1] - column[0] + 1
    if not columns or box > MAX_BOX:
        return
    groups = {numbers[:-1] for numbers in row}
    last = Counter(numbers[-1] for numbers in row)
    for numbers in product(*(range(c[0], c[-1] + 1) for c in columns)):
        usual = numbers[:-1] in groups and last[numbers[-1]] >= MOST_GROUPS * len(groups)
        if numbers not in row and (usual or len(columns) == 1):
            yield numbers


def _name(around: tuple[str, ...], numbers: tuple[int, ...]) -> str:
    return "".join(text + str(n) for text, n in zip(around, numbers, strict=False)) + around[-1]


def _number(value: Fraction) -> str:
    return f"{float(value):,.10g}" if value.denominator > 1 else f"{value.numerator:,}"


def _short(text: str) -> str:
    return " ".join(text.split())[:80]


_LOOKS = (_twice, _power, _mass, _height, _bays, _outlets, _patching, _gaps)
__all__ = ["lint"]
