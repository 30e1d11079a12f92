"""A design from a dump of a machine: read, its patterns found, the text written, and held to the dump. Parts from files
that describe them: read, written, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import prod
from pathlib import Path

from cmxdsl.analysis.importing.network import Found, found
from cmxdsl.analysis.network.wiring import numbers_of, plan
from cmxdsl.design import loads
from cmxdsl.diagnostics import Diagnostic
from cmxdsl.model import Subject
from cmxdsl.outputs.importing import names
from cmxdsl.outputs.importing import text as writing
from cmxdsl.outputs.importing.formats import Written, import_files
from cmxdsl.readers import READERS, Built, read
from cmxdsl.records import field, frozen
from cmxdsl.syntax.format import formatted

_SHOWN = 3  # cables that run slow, in the file's head


@frozen(eq=False)
class Imported:
    """A design as text, the map by which `cmx verify` knows its devices, and what the dump contradicts itself in."""

    text: str
    names: str
    found: Found = field(repr=False)
    problems: tuple[Diagnostic, ...]

    @property
    def counts(self) -> str:
        """`1,074 links of 622 devices: 1,051 in 100 patterns, 23 one by one`."""
        built, patterns = self.found.built, self.found.patterns
        joined = len(built.cables) - self.found.alone
        said = f"{len(built.cables):,} links of {len(built.devices):,} devices: {joined:,} in "
        said += f"{len(patterns) - self.found.alone:,} patterns"
        return said + (f", {self.found.alone:,} one by one" if self.found.alone else "")


def imported(
    files: Sequence[str],
    *,
    reader: str = "",
    columns: Mapping[str, str] | None = None,
    name: str = "",
    plane: str = "scale_out",
) -> Imported:
    """The design of which some dumps show what was built. Raises Unread, LimitExceeded, OSError."""
    built = read(files, reader, columns)
    made = found(built)
    called = name or _name(files[0])
    unchecked = Imported("", "", made, tuple(built.problems))
    text = formatted(writing.text(made, called, plane, _said(unchecked, files)))
    design = loads(text, name=f"{called}.cmx")
    assert design.ok and _same(design.subject, made, plane), f"the import of {files[0]} is not what it holds"
    return Imported(text, names.names(made), made, unchecked.problems)


def described(paths: Sequence[str], format: str, plane: str = "scale_out") -> Written:
    """Definitions for what some files, or folders of them, describe; without a text where one cannot be read.

    Raises Unread, Unwritable, LimitExceeded, OSError.
    """
    made = import_files(paths, format, plane)
    design = loads(made.text, name="parts.cmx")
    assert design.ok, f"what was made of {paths[0]} has an error: {design.explain()}"
    return made


def _name(file: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", Path(file).name.split(".")[0])
    found = "".join(w[:1].upper() + w[1:] for w in words)
    return found if found[:1].isalpha() else f"Imported{found}"


def _said(result: Imported, files: Sequence[str]) -> tuple[str, ...]:
    made, built = result.found, result.found.built
    shown = ", ".join(" ".join(Path(f).name.split()) for f in files[:_SHOWN]) + (", …" if len(files) > _SHOWN else "")
    tools = ", ".join(dict.fromkeys(READERS[f].prints for f in built.formats))
    said = [f"Imported from {shown} ({tools}).", "", f"{result.counts}."]
    said.append("Not taken over: media, lengths, places, power, prices, ports that nothing is plugged into.")
    unnamed = [d.name for d in made.arrays.devices if not d.named]
    if unnamed:
        said.append(f"Without telling names, and so counted in the order of their cables: {', '.join(unnamed)}.")
    if made.arrays.guessed:
        kinds = {d.name: d.kind for d in made.arrays.devices}
        said.append(f"Kinds are guessed: {', '.join(f'{n} a {kinds[n]}' for n in made.arrays.guessed)}.")
    if any(p.rate is None for d in made.arrays.devices for p in d.ports):
        said.append("Rates are unknown where nothing was said of them.")
    if made.slow:
        first = ", ".join(_cable(built, k) for k in made.slow[:_SHOWN]) + (", …" if len(made.slow) > _SHOWN else "")
        many = "1 link was" if len(made.slow) == 1 else f"{len(made.slow):,} links were"
        said.append(f"{many} slower than both of their ports can be, which is not kept: {first}.")
    said += built.notes
    if built.contradictions:
        said.append(f"The dump contradicts itself {built.contradictions:,} times; what came first was kept.")
    return tuple(said)


def _cable(built: Built, number: int) -> str:
    cable = built.cables[number]
    ends = (f"{built.devices[d].name} {p}" for d, p in ((cable.a, cable.a_port), (cable.b, cable.b_port)))
    return " ".join(f"{' to '.join(ends)} at {(cable.rate or 0) / 1e9:g} Gb/s".split())


def _same(subject: Subject, made: Found, plane: str) -> bool:
    """Whether the design's plane has exactly the devices' links of the dump, port by port."""
    import numpy as np

    there = plan(subject, plane)
    starts = [[0, *accumulate(prod(port.shape) for port in array.ports)] for array in made.arrays.devices]

    def end(device: int, text: str) -> int:
        place, port = made.arrays.device[device], made.arrays.port[device, text]
        array = made.arrays.devices[place.array]
        own, inner = numbers_of(array.shape, place.at), numbers_of(array.ports[port.array].shape, port.at)
        assert own is not None and inner is not None
        first = there.net.groups[there.groups[(array.name,)]].start
        return (first + own) * there.stride + starts[place.array][port.array] + inner

    wanted = np.array([sorted((end(c.a, c.a_port), end(c.b, c.b_port))) for c in made.built.cables], dtype=np.int64)
    have = np.sort(np.stack([there.a, there.b], axis=1), axis=1)
    if len(have) != len(wanted):
        return False
    order = [np.lexsort((x[:, 1], x[:, 0])) for x in (wanted, have)]
    return bool((wanted[order[0]] == have[order[1]]).all())
