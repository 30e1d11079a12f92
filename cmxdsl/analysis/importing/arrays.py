"""Devices as arrays, and their ports: which is which element of what."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cmxdsl.analysis.importing import naming
from cmxdsl.readers import Built
from cmxdsl.records import field, frozen
from cmxdsl.syntax import keywords
from cmxdsl.syntax.words import SOFT

Index = tuple[int, ...]
_TELLING = 4  # devices to a template of names, below which names say nothing
_ROOM = 2  # times as many ports as were seen, and some, that an array of them may have
_SOME = 8


@frozen
class Ports:
    """An array of ports that all devices of an array have; `rate` in b/s, None where nobody said."""

    name: str
    shape: Index
    rate: float | None


@frozen
class Devices:
    """An array of devices: what they are, their part where a tool gave one, their ports. Without a shape it is one."""

    name: str
    kind: str
    part: str
    shape: Index
    ports: tuple[Ports, ...]
    named: bool  # counted by the numbers in their names; else in the order in which cables lead to them


class Place(NamedTuple):
    """An element: of which array, with which indices."""

    array: int
    at: Index


@frozen(eq=False)
class Arrays:
    """`device` is the place of each device of the dump, `port` that of each port, by its device and the tool's text."""

    devices: tuple[Devices, ...]
    device: tuple[Place, ...] = field(repr=False)
    port: Mapping[tuple[int, str], Place] = field(repr=False)
    guessed: tuple[str, ...]  # arrays whose kind nobody said


def arrays(built: Built) -> Arrays:
    """Devices whose names differ in numbers become arrays, and so do those without telling names, in the order in which
    cables lead to them. Every device and every port that was seen has a place of its own."""
    seen = _seen(built)
    groups = _groups(built, seen)
    places: dict[int, Place] = {}
    shapes: dict[int, Index] = {}
    for number, members in enumerate(groups):
        found = layout([_slots(built.devices[d].name) for d in members])
        if found is not None:
            shapes[number], indices = found
            places.update((d, Place(number, i)) for d, i in zip(members, indices, strict=True))
    _by_cables(built, groups, places)
    kinds, guessed = _kinds(built, groups, seen)
    taken: set[str] = set()
    made: list[Devices] = []
    port: dict[tuple[int, str], Place] = {}
    for number, members in enumerate(groups):
        called = own_name("_".join(naming.words(built.devices[members[0]].name)) or kinds[number], taken)
        ports = _ports(members, seen, port)
        shape = shapes.get(number, (len(members),) if len(members) > 1 else ())
        made.append(Devices(called, kinds[number], built.devices[members[0]].part, shape, ports, number in shapes))
    where = tuple(places[d] for d in range(len(built.devices)))
    return Arrays(tuple(made), where, port, tuple(made[k].name for k in guessed))


def own_name(text: str, taken: set[str]) -> str:
    """A name of the language that is not in `taken`, to which it is added."""
    plain = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "part"
    plain = f"n{plain}" if plain[0].isdigit() else plain
    found, number = plain, 1
    while found in taken or found in keywords() or found in SOFT:
        number += 1
        found = f"{plain}_{number}"
    taken.add(found)
    return found


def layout(slots: Sequence[tuple[str, ...]], room: bool = False) -> tuple[Index, list[Index]] | None:
    """The shape of an array whose elements have these numbers in their names, and each one's indices: a box where the
    numbers fill one, else one row in their order; with `room` it may have elements that are not there, so that a number
    is an index. None where the numbers do not tell all elements apart."""
    if len(slots) == 1:
        return (), [()]
    values = [tuple(naming.value(s) for s in row) for row in slots]
    if len({len(row) for row in values}) != 1 or len(set(values)) != len(values):
        return None
    found = naming.axes(values)
    if found is None:
        order = naming.ranks_of(values)
        return (len(values),), [(order[row],) for row in values]
    columns = [[row[c] for row in values] for c in found]
    if room and len(columns) == 1:
        low, high = min(columns[0]), max(columns[0])
        if high - low < _ROOM * len(values) + _SOME:
            return (high - low + 1,), [(v - low,) for v in columns[0]]
    ranks = [naming.ranks_of(column) for column in columns]
    return tuple(len(r) for r in ranks), [
        tuple(r[v] for r, v in zip(ranks, row, strict=True)) for row in zip(*columns, strict=True)
    ]


def _slots(name: str) -> tuple[str, ...]:
    return naming.template(name).slots


Seen = list[dict[str, float | None]]


def _seen(built: Built) -> Seen:
    """The linked ports of each device with the highest rate that was seen at them, in b/s."""
    seen: Seen = [{} for _ in built.devices]
    for cable in built.cables:
        for device, text in ((cable.a, cable.a_port), (cable.b, cable.b_port)):
            seen[device][text] = cable.rate
    return seen


# --- groups -----------------------------------------------------------------------------------------------


def _groups(built: Built, seen: Seen) -> list[list[int]]:
    """Devices that make an array: alike in kind, part and the text around the numbers of their names."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, device in enumerate(built.devices):
        found[device.kind, device.part, naming.template(device.name).text].append(number)
    if len(found) * _TELLING > len(built.devices) + _SOME * _TELLING:
        found = defaultdict(list)
        for number, device in enumerate(built.devices):
            found[device.kind, device.part, str(len(seen[number])) if not device.kind else ""].append(number)
    return [found[key] for key in sorted(found)]


def _by_cables(built: Built, groups: list[list[int]], places: dict[int, Place]) -> None:
    """Devices whose names tell nothing get their numbers in the order in which cables lead to them, port by port, from
    those that have a place; where none has, from the one with the most cables."""
    if len(places) == len(built.devices):
        return
    group = {d: number for number, members in enumerate(groups) for d in members}
    wires: list[list[tuple[tuple[object, ...], int]]] = [[] for _ in built.devices]
    for cable in built.cables:
        wires[cable.a].append((natural(cable.a_port), cable.b))
        wires[cable.b].append((natural(cable.b_port), cable.a))
    for there in wires:
        there.sort()
    given = [0] * len(groups)
    queue = deque(sorted(places, key=lambda d: places[d]))
    starts = iter(sorted((d for d in group if d not in places), key=lambda d: (-len(wires[d]), d)))

    def place(device: int) -> None:
        number = group[device]
        index = () if len(groups[number]) == 1 else (given[number],)
        given[number] += 1
        places[device] = Place(number, index)
        queue.append(device)

    while True:
        while queue:
            for _, other in wires[queue.popleft()]:
                if other not in places:
                    place(other)
        start = next((d for d in starts if d not in places), None)
        if start is None:
            return
        place(start)


def natural(text: str) -> tuple[object, ...]:
    """A key that sorts `p10` behind `p9`."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part)


def _kinds(built: Built, groups: list[list[int]], seen: Seen) -> tuple[list[str], list[int]]:
    """`switch` or `chip` of each group, and the groups of which it is guessed: by their names, else by how many more
    cables they have than the group that has fewest."""
    cables = [sum(len(seen[d]) for d in members) / len(members) for members in groups]
    fewest = min(cables)
    kinds, guessed = [], []
    for number, members in enumerate(groups):
        said = built.devices[members[0]].kind
        switch: bool | None = said == "switch" if said else naming.is_switch(built.devices[members[0]].name)
        if not said:
            guessed.append(number)
        if switch is None:
            switch = cables[number] >= 2 * fewest > 0
        kinds.append("switch" if switch else "chip")
    return kinds, guessed


# --- ports ------------------------------------------------------------------------------------------------


def _ports(members: Iterable[int], seen: Seen, port: dict[tuple[int, str], Place]) -> tuple[Ports, ...]:
    """The arrays of ports of devices that are alike; the place of each port is added to `port`."""
    rates: dict[str, float | None] = {}
    for device in members:
        for text, rate in seen[device].items():
            known = rates.get(text)
            rates[text] = rate if known is None else known if rate is None else max(known, rate)
    alike: dict[tuple[str, float], list[str]] = defaultdict(list)
    for text, rate in rates.items():
        alike[naming.template(text, letters=False).text, -1.0 if rate is None else rate].append(text)
    usual = {template: max((len(v), r) for (t, r), v in alike.items() if t == template)[1] for template, _ in alike}
    taken: set[str] = set()
    made: list[Ports] = []
    where: dict[str, Place] = {}
    for template, rate in sorted(alike, key=lambda x: (x[0], x[1] != usual[x[0]], -x[1])):
        texts = sorted(alike[template, rate], key=natural)
        found = layout([naming.template(t, letters=False).slots for t in texts], room=True)
        shape, indices = found or ((len(texts),), [(k,) for k in range(len(texts))])
        name = "_".join(re.findall(r"[A-Za-z]+", texts[0])).lower() or "p"
        if rate != usual[template] and rate > 0:
            name += f"_{rate / 1e9:g}g".replace(".", "_")
        where.update((t, Place(len(made), i)) for t, i in zip(texts, indices, strict=True))
        made.append(Ports(own_name(name, taken), shape, None if rate < 0 else rate))
    port.update(((d, t), where[t]) for d in members for t in seen[d])
    return tuple(made)
