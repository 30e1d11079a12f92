"""The map that gives an import's devices and ports their names back: what `cmx verify --names` and `cmx export --names`
read."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import StringIO

from cmxdsl.analysis.importing.arrays import Index
from cmxdsl.analysis.importing.network import Found

_VARIABLES = "abcdefgh"
_NUMBER = re.compile(r"\d+")
_HOST = re.compile(r"(?:[^ {]|\{[^}]*\})*")


def names(found: Found) -> str:
    """CSV: a row for each array whose names follow from its indices, a row for each device of another."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("design", "device", "port", "guid"))
    writer.writerows(_rows(found))
    return buffer.getvalue()


def _rows(found: Found) -> Iterator[tuple[str, str, str, str]]:
    built, arrays = found.built, found.arrays
    members: list[list[tuple[Index, int]]] = [[] for _ in arrays.devices]
    for device, place in enumerate(arrays.device):
        members[place.array].append((place.at, device))
    ports: dict[tuple[int, int], dict[Index, str]] = defaultdict(dict)
    for (device, text), where in arrays.port.items():
        ports[arrays.device[device].array, where.array][where.at] = text
    for number, (array, group) in enumerate(zip(arrays.devices, members, strict=True)):
        group.sort()
        texts = [built.devices[d].name for _, d in group]
        plain = array.named and all((t.count(" ") <= 1 or "[" in t) and not set(t) & set("*{}") for t in texts)
        rule = formula([i for i, _ in group], texts) if plain else None
        if rule is not None:
            yield (f"{array.name}{_list(len(array.shape))}", *_host(rule), "")
        elif len(set(texts)) == len(texts) and plain:
            yield from ((array.name + _at(i), *_host(t), "") for (i, _), t in zip(group, texts, strict=True))
        else:
            yield from ((array.name + _at(i), "", "", built.devices[d].guid) for i, d in group if built.devices[d].guid)
        if not plain:
            continue
        star = _starred(texts)
        for k, port in enumerate(array.ports):
            there = sorted(ports[number, k].items())
            fits = formula([i for i, _ in there], [t for _, t in there], start=len(array.shape))
            name = f"{array.name}{_list(len(array.shape))}.{port.name}"
            if fits is not None:
                yield f"{name}{_list(len(port.shape), len(array.shape))}", star, fits, ""
            else:
                yield from ((f"{name}{_at(i)}", star, t, "") for i, t in there)


def _host(name: str) -> tuple[str, str]:
    """A name as the host's and the port's of it, where it is an adapter's."""
    if "[" in name:
        return name, ""
    outside = _HOST.match(name)  # a blank inside of braces belongs to an expression
    assert outside is not None
    host, port = outside[0], name[outside.end() :].removeprefix(" ")
    return host, port


def _list(count: int, start: int = 0) -> str:
    return f"[{', '.join(_VARIABLES[start : start + count])}]" if count else ""


def _at(index: Index) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _starred(texts: Sequence[str]) -> str:
    """All of some names: what they share, and `*`."""
    first = min(texts)
    shared = 0
    while shared < len(first) and all(t[shared : shared + 1] == first[shared] for t in texts):
        shared += 1
    return first if len(set(texts)) == 1 else first[:shared].partition("[")[0] + "*"


def formula(indices: Sequence[Index], texts: Sequence[str], start: int = 0) -> str | None:
    """`leaf-{a + 1:02}`: a text with expressions in braces that gives every text by its indices; None where there is
    none. Each number is a constant, or an index times something."""
    rows = [_NUMBER.findall(t) for t in texts]
    bare = {_NUMBER.sub("\0", t) for t in texts}
    if len(bare) != 1 or not texts:
        return None
    holes = []
    for column in zip(*rows, strict=True):
        if len(set(column)) == 1:
            holes.append(column[0])
            continue
        hole = _hole(indices, column, start)
        if hole is None:
            return None
        holes.append(hole)
    parts = bare.pop().split("\0")
    return "".join(p + h for p, h in zip(parts, [*holes, ""], strict=True))


def _hole(indices: Sequence[Index], column: Sequence[str], start: int) -> str | None:
    numbers = [int(c) for c in column]
    width = min(map(len, column))
    if any(f"{n:0{width}}" != c for n, c in zip(numbers, column, strict=True)):
        return None
    for axis in range(len(indices[0])):
        at: dict[int, int] = {}
        for index, number in zip(indices, numbers, strict=True):
            if at.setdefault(index[axis], number) != number:
                break
        else:
            low = min(at)
            high = max(at)
            step, rest = divmod(at[high] - at[low], max(1, high - low))
            if rest or any(n != at[low] + step * (k - low) for k, n in at.items()):
                continue
            first = at[low] - step * low
            text = f"{step}*{_VARIABLES[start + axis]}" if step != 1 else _VARIABLES[start + axis]
            text += f" + {first}" if first > 0 else f" - {-first}" if first < 0 else ""
            return f"{{{text}{f':0{width}' if width > 1 else ''}}}"
    return None
