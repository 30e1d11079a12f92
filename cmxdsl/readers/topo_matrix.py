"""`nvidia-smi topo -m`: between each two accelerators and adapters, the longest way that PCIe takes, or their NVLinks.

The ways nest: what a PCIe bridge joins lies within what a host bridge joins, and that within a node of NUMA. So they
are a tree, unless the matrix contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cmxdsl.limits import LimitExceeded, over
from cmxdsl.readers.built import damaged, lines
from cmxdsl.readers.machine import ACCELERATOR, ADAPTER, BRIDGE, PROCESSOR, SWITCH, Machine, Unit
from cmxdsl.records import define, field

MAX_COLUMNS = 1_000
MOST_LINKS = 18  # that an accelerator has, up to NVLink 5: who has more of them in the matrix sees switches
LEVELS = {"PIX": 1, "PXB": 2, "PHB": 3, "NODE": 4, "SYS": 5, "SOC": 5}
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NVLINK = re.compile(r"NV([0-9]{1,3})")
_LEGEND = re.compile(r"\s+(NIC[0-9]+):\s+(\S+)\s*$")
_HEADER = re.compile(r"^\s*GPU[0-9]+\s+(?:GPU|NIC|mlx|CPU)")
_ROW = re.compile(r"^\s*[A-Za-z]\w*\s")
Matrix = dict[tuple[int, int], str]


def looks_like_matrix(head: str) -> bool:
    return any(_HEADER.match(_ESCAPE.sub("", line)) for line in head.splitlines())


def read_matrix(path: Path, file: str) -> Machine:
    """A machine. Raises Unread, LimitExceeded, OSError."""
    table = _Table(file)
    for number, text in lines(path, file):
        table.take(number, _ESCAPE.sub("", text))
    table.close()
    return _Reading(table).machine()


@define
class _Table:
    """The matrix: the names of its columns, its cells, the node of NUMA of each row where one is given."""

    file: str
    names: list[str] = field(factory=list)
    rows: list[int] = field(factory=list)  # the line of each
    cells: Matrix = field(factory=dict)
    numa: dict[int, str] = field(factory=dict)
    called: dict[str, str] = field(factory=dict)  # what the legend says that an adapter is
    header: int = 0

    def take(self, number: int, text: str) -> None:
        if not self.names:
            if _HEADER.match(text):
                self.names = text.partition("CPU")[0].split()
                self.header = number
                if len(self.names) > MAX_COLUMNS:
                    raise LimitExceeded(over(len(self.names), MAX_COLUMNS, "columns of a matrix"))
                if len(set(self.names)) < len(self.names):
                    raise damaged(self.file, number, "a column is there twice", text)
        elif len(self.rows) < len(self.names):
            self._row(number, text)
        else:
            legend = _LEGEND.match(text)
            if legend:
                self.called[legend[1]] = legend[2]

    def _row(self, number: int, text: str) -> None:
        if not text.strip():
            if self.rows:
                raise damaged(self.file, number, f"the matrix ends after {len(self.rows)} of {len(self.names)} rows")
            return
        name, *cells = text.split()
        row, many = len(self.rows), len(self.names)
        if name != self.names[row]:
            raise damaged(self.file, number, f"the row of `{self.names[row]}` should be here", text)
        if len(cells) < many:
            raise damaged(self.file, number, f"the row has {len(cells)} of {many} cells", text)
        for column, cell in enumerate(cells[:many]):
            if (cell == "X") != (row == column) or (cell != "X" and cell not in LEVELS and not _NVLINK.fullmatch(cell)):
                raise damaged(self.file, number, f"`{cell[:20]}` has no place in column {self.names[column]}")
            self.cells[row, column] = cell
        affinity = cells[many:]
        if len(affinity) >= 2 and affinity[1].isdecimal():
            self.numa[row] = affinity[1]
        self.rows.append(number)

    def close(self) -> None:
        if not self.names:
            raise damaged(self.file, 1, "there is no matrix: a line that begins with GPU0")
        if len(self.rows) < len(self.names):
            raise damaged(self.file, self.header, f"the matrix has {len(self.rows)} of {len(self.names)} rows")


@define
class _Groups:
    """Which devices are joined by ways of a level or shorter ones."""

    over: list[int]

    def of(self, one: int) -> int:
        while self.over[one] != one:
            self.over[one] = self.over[self.over[one]]
            one = self.over[one]
        return one

    def join(self, one: int, other: int) -> None:
        a, b = sorted((self.of(one), self.of(other)))
        self.over[b] = a


@define
class _Reading:
    table: _Table
    made: Machine = field(init=False)
    levels: dict[tuple[int, int], int] = field(factory=dict)
    groups: dict[int, list[int]] = field(factory=dict)  # of each level, the group of each device

    def machine(self) -> Machine:
        self.made = Machine(self.table.file)
        self._symmetric()
        for row, name in enumerate(self.table.names):
            sort = ACCELERATOR if name.startswith("GPU") else ADAPTER
            called = self.table.called.get(name, name)
            self.made.unit(
                Unit(sort, called, "NVIDIA" if sort == ACCELERATOR else "", "", self.table.rows[row], ports=1)
            )
        self._group()
        self._tree()
        self._nvlinks()
        self.made.notes += [
            "Rates of PCIe and NVLink, models and the links between processors are not in the format.",
            "A processor here is a node of NUMA: a chip may be several. PXB stands for several bridges, drawn as one.",
        ]
        return self.made

    def _pairs(self) -> Iterable[tuple[int, int, str]]:
        return ((i, j, cell) for (i, j), cell in self.table.cells.items() if i < j)

    def _symmetric(self) -> None:
        for i, j, cell in self._pairs():
            back = self.table.cells[j, i]
            if back != cell:
                one, other = self.table.names[i], self.table.names[j]
                self.made.contradict(self.table.rows[j], f"{one} to {other} is {cell}, and {other} to {one} is {back}")
            elif cell in LEVELS:
                self.levels[i, j] = LEVELS[cell]

    def _group(self) -> None:
        """Groups of each level up to a node of NUMA, held to what the matrix says of every pair in them."""
        many = len(self.table.names)
        by_level: dict[int, list[tuple[int, int]]] = {}
        for pair, level in self.levels.items():
            by_level.setdefault(level, []).append(pair)
        joined = _Groups(list(range(many)))
        for level in (1, 2, 3, 4):
            for i, j in by_level.get(level, ()):
                joined.join(i, j)
            if level == 4:
                self._by_number(joined)
            self.groups[level] = [joined.of(k) for k in range(many)]
        names = {v: k for k, v in LEVELS.items() if k != "SOC"}
        for (i, j), level in self.levels.items():
            closest = next((g for g in (1, 2, 3, 4) if self.groups[g][i] == self.groups[g][j]), 5)
            if closest < level:
                one, other = self.table.names[i], self.table.names[j]
                self.made.contradict(
                    self.table.rows[i],
                    f"{one} to {other} is {names[level]}, but others put them within {names[closest]} of each other",
                )

    def _by_number(self, joined: _Groups) -> None:
        """Accelerators that NVLink joins say nothing of PCIe between them: the number of their node does."""
        first: dict[str, int] = {}
        for row, number in self.table.numa.items():
            joined.join(first.setdefault(number, row), row)

    def _tree(self) -> None:
        """A processor for each node of NUMA, bridges for what PIX and PXB join."""
        processors: dict[int, int] = {}
        for device, node in enumerate(self.groups[4]):
            if node not in processors:
                number = next(
                    (self.table.numa[k] for k, g in enumerate(self.groups[4]) if g == node and k in self.table.numa), ""
                )
                name = f"NUMA node {number}" if number else "of a node of NUMA that is not said"
                processors[node] = self.made.unit(Unit(PROCESSOR, name, "", "", self.table.rows[device]))
        wide = self._bridges(2, {d: processors[n] for d, n in enumerate(self.groups[4])})
        narrow = self._bridges(1, wide)
        for device in range(len(self.table.names)):
            self.made.wire(narrow[device], device, "PCIe")

    def _bridges(self, level: int, above: dict[int, int]) -> dict[int, int]:
        """A bridge for each group of a level that has more than one member, and is not what a narrower one is."""
        members: dict[int, list[int]] = {}
        for device, group in enumerate(self.groups[level]):
            members.setdefault(group, []).append(device)
        below = dict(above)
        for inside in members.values():
            same = level == 2 and len({self.groups[1][d] for d in inside}) == 1
            if len(inside) > 1 and not same:
                line = self.table.rows[inside[0]]
                here = self.made.unit(Unit(BRIDGE, "", "", "", line))
                self.made.wire(above[inside[0]], here, "PCIe")
                below.update(dict.fromkeys(inside, here))
        return below

    def _nvlinks(self) -> None:
        counts = {(i, j): int(_NVLINK.fullmatch(cell)[1]) for i, j, cell in self._pairs() if cell.startswith("NV")}  # type: ignore[index]
        sums: dict[int, int] = {}
        most: dict[int, int] = {}
        for (i, j), many in counts.items():
            for device in (i, j):
                sums[device] = sums.get(device, 0) + many
                most[device] = max(most.get(device, 0), many)
        if max(sums.values(), default=0) <= MOST_LINKS:
            for (i, j), many in counts.items():
                self.made.wire(i, j, "NVLink", None, many)
            return
        for (i, j), many in counts.items():
            if many != min(most[i], most[j]):
                one, other = self.table.names[i], self.table.names[j]
                self.made.contradict(
                    self.table.rows[i],
                    f"{one} and {other} have {many} NVLinks through switches, to which they have "
                    f"{most[i]} and {most[j]}",
                )
        self.made.notes.append(
            f"More than {MOST_LINKS} NVLinks at one accelerator lead through switches: one stands for all of them."
        )
        switches = self.made.unit(Unit(SWITCH, "all NVLink switches", "NVIDIA", "", self.table.header))
        for device, many in sorted(most.items()):
            self.made.wire(switches, device, "NVLink", None, many)


__all__ = ["looks_like_matrix", "read_matrix"]
