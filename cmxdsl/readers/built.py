"""What was built, as tools on the real machine see it: devices, and cables between their ports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cmxdsl.diagnostics import Diagnostic, Rule
from cmxdsl.limits import LimitExceeded, over
from cmxdsl.readers.rules import CONTRADICTION, DAMAGED
from cmxdsl.records import define, field
from cmxdsl.source import Span

MAX_LINE = 100_000  # bytes of a line of a dump
MAX_DEVICES = 2_000_000
MAX_CABLES = 4_000_000  # some 2 GB
MAX_WHOLE = 100_000_000  # bytes of a file that has to be read as a whole: JSON, XML, a workbook
MAX_CONTRADICTIONS = 50  # that are listed


class Device(NamedTuple):
    """A device that was seen. `kind` is `switch`, `endpoint`, or nothing where the tool does not say; `guid` are 16
    digits; texts are empty where nothing was said."""

    key: str
    name: str
    guid: str
    kind: str
    part: str
    firmware: str
    file: str
    line: int


class Cable(NamedTuple):
    """A link that was seen: two devices by number, the ports as the tool writes them. `rate` is in b/s each way,
    `lanes` its width, `metres` the cable's length, each None where nothing was said."""

    a: int
    a_port: str
    b: int
    b_port: str
    rate: float | None
    lanes: int | None
    metres: float | None
    part: str
    file: str
    line: int


class Unread(Exception):
    """A dump that cannot be read; `finding` says where and why."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


def place(file: str, line: int, width: int = 1) -> Span:
    return Span(file, line, 1, line, 1 + max(1, width))


def damaged(file: str, line: int, message: str, text: str = "", rule: Rule = DAMAGED) -> Unread:
    """A line that is none of the format's."""
    shown = " ".join(text.split())
    shown = f": `{shown[:60]}{'…' if len(shown) > 60 else ''}`" if shown else ""
    return Unread(rule.at(place(file, line, len(text.rstrip("\r\n"))), message + shown))


def lines(path: Path, file: str) -> Iterator[tuple[int, str]]:
    """Each line of a file with its number, one at a time. Raises Unread."""
    with path.open("rb") as stream:
        number = 0
        while raw := stream.readline(MAX_LINE + 1):
            number += 1
            if len(raw) > MAX_LINE:
                raise damaged(file, number, f"a line of more than {MAX_LINE:,} bytes does not belong to a dump")
            try:
                yield number, raw.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                raise damaged(file, number, "this is not UTF-8 text") from None


def whole(path: Path, file: str) -> bytes:
    """The bytes of a file that has to be read at once. Raises LimitExceeded."""
    size = path.stat().st_size
    if size > MAX_WHOLE:
        raise LimitExceeded(f"`{file}` is too large: " + over(size, MAX_WHOLE, "bytes"))
    return path.read_bytes()


@define
class Built:
    """Everything that was seen, gathered from one or more dumps.

    Tools list a link once at each of its ends; it is kept once. `stamp` is when the dump was made, as it says itself.
    """

    devices: list[Device] = field(factory=list, repr=False)
    cables: list[Cable] = field(factory=list, repr=False)
    problems: list[Diagnostic] = field(factory=list)
    inner: int = 0  # devices inside of switches, which no cable leads to
    down: int = 0  # ports that a tool lists as down
    stamp: str = ""
    formats: list[str] = field(factory=list)
    contradictions: int = 0
    planes: dict[int, str] = field(factory=dict, repr=False)  # of cables, where a file has those of several
    notes: list[str] = field(factory=list)  # sentences about what the dumps do not say
    portless: bool = False  # the names of some ports are made up
    _numbers: dict[str, int] = field(factory=dict, repr=False)
    _ports: dict[tuple[int, str], int] = field(factory=dict, repr=False)

    def device(
        self,
        key: str,
        file: str,
        line: int,
        *,
        name: str = "",
        guid: str = "",
        kind: str = "",
        part: str = "",
        firmware: str = "",
    ) -> int:
        """The number of the device of a key; what is new about it is added."""
        number = self._numbers.get(key)
        if number is None:
            if len(self.devices) >= MAX_DEVICES:
                raise LimitExceeded(over(len(self.devices) + 1, MAX_DEVICES, "devices in the dumps"))
            number = self._numbers[key] = len(self.devices)
            self.devices.append(Device(key, name, guid, kind, part, firmware, file, line))
            return number
        known = self.devices[number]
        if name and known.name and name != known.name and guid and guid == known.guid:
            self.contradict(file, line, f"GUID {guid} is `{name}` here and `{known.name}` in {known.file}:{known.line}")
        self.devices[number] = known._replace(
            name=known.name or name,
            guid=known.guid or guid,
            kind=known.kind or kind,
            part=known.part or part,
            firmware=known.firmware or firmware,
        )
        return number

    def cable(
        self,
        one: tuple[int, str],
        two: tuple[int, str],
        seen: tuple[str, int],
        *,
        rate: float | None = None,
        lanes: int | None = None,
        metres: float | None = None,
        part: str = "",
    ) -> None:
        """A link between two ports, each by its device and name, `seen` in a file and line; it may have been seen from
        its other end."""
        (a, a_port), (b, b_port), (file, line) = one, two, seen
        if one == two:
            self.contradict(file, line, f"a cable from `{self.devices[a].name}` {a_port} to itself")
            return
        known = self._ports.get((a, a_port)), self._ports.get((b, b_port))
        if known[0] is None and known[1] is None:
            if len(self.cables) >= MAX_CABLES:
                raise LimitExceeded(over(len(self.cables) + 1, MAX_CABLES, "cables in the dumps"))
            self._ports[a, a_port] = self._ports[b, b_port] = len(self.cables)
            self.cables.append(Cable(a, a_port, b, b_port, rate, lanes, metres, part, file, line))
            return
        if known[0] != known[1]:
            other = self.cables[next(k for k in known if k is not None)]
            ends = f"`{self.devices[a].name}` {a_port} to `{self.devices[b].name}` {b_port}"
            there = f"`{self.devices[other.a].name}` {other.a_port} to `{self.devices[other.b].name}` {other.b_port}"
            self.contradict(file, line, f"a cable from {ends} here, but from {there} in {other.file}:{other.line}")
            return
        assert known[0] is not None
        old = self.cables[known[0]]
        rate = old.rate if rate is None else rate if old.rate is None else min(rate, old.rate)
        self.cables[known[0]] = old._replace(
            rate=rate, lanes=old.lanes or lanes, metres=old.metres or metres, part=old.part or part
        )

    def on(self, plane: str) -> Built:
        """What is on one plane: all of it, unless a file told planes apart."""
        if not self.planes:
            return self
        kept = [cable for k, cable in enumerate(self.cables) if self.planes.get(k, plane) == plane]
        return Built(self.devices, kept, self.problems, self.inner, self.down, self.stamp, self.formats)

    def contradict(self, file: str, line: int, message: str) -> None:
        self.contradictions += 1
        if self.contradictions <= MAX_CONTRADICTIONS:
            self.problems.append(CONTRADICTION.at(place(file, line), message))
