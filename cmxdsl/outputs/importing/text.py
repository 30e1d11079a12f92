"""An import as a file of the language, and the map that gives its devices their names back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cmxdsl.analysis.importing.arrays import Devices, Ports, own_name
from cmxdsl.analysis.importing.network import Found
from cmxdsl.outputs.importing.statements import statement

PROTOCOL = "Cabled"


def text(found: Found, name: str, plane: str, said: tuple[str, ...]) -> str:
    """The file: `said` about it, a protocol, a definition for each array of devices, a system of their links."""
    usual = _usual(found)
    taken = {PROTOCOL, name}
    named = [own_name(_camel(d.part or d.name), taken) for d in found.arrays.devices]
    lines = [f"//! {line}".rstrip() for line in said]
    lines += ["", f"protocol {PROTOCOL} {{ plane = {plane}; rate = {_rate(usual)} }}", ""]
    for array, part in zip(found.arrays.devices, named, strict=True):
        lines += [*_definition(array, part, usual), ""]
    lines += [f"system {name} {{"]
    for array, part in zip(found.arrays.devices, named, strict=True):
        size = f"[{', '.join(map(str, array.shape))}]" if array.shape else ""
        lines.append(f"    {array.name}{size}: {part}")
    lines.append("")
    lines += [f"    {statement(pattern, found.arrays.devices)}" for pattern in found.patterns]
    return "\n".join([*lines, "}", ""])


def _usual(found: Found) -> float | None:
    """The rate that most links have."""
    rates: Counter[float | None] = Counter()
    for pattern in found.patterns:
        ends = [found.arrays.devices[s.device].ports[s.port].rate for s in pattern.sides]
        known = [rate for rate in ends if rate is not None]
        rates[min(known) if len(known) == len(ends) else None] += pattern.rows.size
    return max(rates, key=lambda r: (rates[r], r or 0.0))


def _rate(rate: float | None) -> str:
    return "unknown" if rate is None else f"{rate / 1e9:.12g} Gb/s"


def _definition(array: Devices, part: str, usual: float | None) -> Iterator[str]:
    yield f"{array.kind} {part} {{"
    for port in array.ports:
        yield f"    port {port.name}{_size(port)}: {PROTOCOL}" + (
            f" {{ rate = {_rate(port.rate)} }}" if port.rate != usual else ""
        )
    yield "}"


def _size(port: Ports) -> str:
    return f"[{', '.join(map(str, port.shape))}]" if port.shape else ""


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.replace("-", "_").replace(" ", "_").split("_"))
