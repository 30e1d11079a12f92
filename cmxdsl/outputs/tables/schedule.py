"""The cable schedule as rows: for people, for machines, and as lines of CSV that are made in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cmxdsl.analysis.physical.schedule import Block, Cable, ScheduledRun, schedule, scheduled_runs
from cmxdsl.analysis.physical.touching import NoSuchPath, matcher
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.sheet import Cell, Row, Sheet, csv_lines
from cmxdsl.outputs.kit.table import Column
from cmxdsl.outputs.kit.value_format import as_metres, shown_metres
from cmxdsl.outputs.registry import Unwritable

_KEYS = (
    "cable",
    "over",
    "laid",
    "plane",
    "route_m",
    "length_m",
    "links",
    "a_rack",
    "a_u",
    "a_device",
    "a_port",
    "b_rack",
    "b_u",
    "b_device",
    "b_port",
    "a_label",
    "b_label",
)
_COLUMNS = (Column("cable"), Column("over"), Column("length, m", True), Column("from"), Column("to"))


def schedule_sheet(subject: Subject, touching: str = "") -> Sheet:
    """Every cable, or those with an end in what a path leads to."""
    top = subject.top
    try:
        touches = matcher(top, touching) if touching else None
    except NoSuchPath as error:
        raise Unwritable(str(error)) from None

    def cables() -> Iterator[Cable]:
        for cable in schedule(subject):
            if touches is None or any(touches(p) for end in (cable.a, cable.b) for p in end.paths):
                yield cable

    def rows() -> Iterator[Row]:
        for cable in cables():
            length = cable.stock.value if cable.stock is not None else cable.metres
            shown = (cable.name, cable.medium.name, shown_metres(length), cable.a.label, cable.b.label)
            yield shown, _cells(cable)

    if touches is not None:
        found = list(rows())
        return Sheet(f"{top.name}: {len(found):,} cables touch {touching}", _COLUMNS, _KEYS, found)
    return Sheet(f"{top.name}: cable schedule", _COLUMNS, _KEYS, rows(), map(_cells, cables()), _lines(subject))


def _cells(cable: Cable) -> tuple[Cell, ...]:
    a, b, name = cable.a, cable.b, cable.name
    return (
        name,
        cable.medium.name,
        cable.carrier.name if cable.carrier is not None else "",
        cable.plane,
        as_metres(cable.metres),
        as_metres(cable.stock.value if cable.stock is not None else None),
        cable.links,
        a.rack,
        a.unit or None,
        a.device,
        a.port,
        b.rack,
        b.unit or None,
        b.device,
        b.port,
        f"{name}A {a.label}",
        f"{name}B {b.label}",
    )


# --- in bulk ----------------------------------------------------------------------------------------------

MARK = "\1"  # around the name of a column in the pattern of a row: no name of a design has it


def _lines(subject: Subject) -> Iterator[str]:
    """The same rows as lines of CSV: one pattern for each run, filled with columns of numbers. What bundles several
    links is made row by row."""
    for run in scheduled_runs(subject):
        if run.run.link.bundle > 1:
            yield from csv_lines(_cells(cable) for cable in run.cables())
            continue
        pieces = _pattern(run).split(MARK)
        lengths: dict[int, tuple[str, str]] = {}
        number = run.first
        for block in run.blocks():
            texts = _Texts(run, block, number, lengths)
            yield texts.filled(pieces)
            number += len(texts.numbers)


def _pattern(run: ScheduledRun) -> str:
    """The line of a run, with a mark around the name of each column that goes there."""
    medium, carrier = run.run.link.medium, run.run.carrier
    assert medium is not None
    cells: list[Cell] = [_marked("number", "C"), medium.name, carrier.name if carrier is not None else "", run.plane]
    cells += [_marked("route"), _marked("stock"), 1]
    labels: list[Cell] = []
    for side, names in zip("ab", run.names, strict=True):
        indices = [_marked(f"{side}{k}") for k in range(len(names.indices))]
        first, second = names.cuts
        rack, device, port = (
            text.replace("%d", "%s") % tuple(some)
            for text, some in (
                (names.rack, indices[:first]),
                (names.device, indices[first:second]),
                (names.port, indices[second:]),
            )
        )
        cells += [rack, _marked(f"{side}_unit"), device, port]
        rest = " ".join(word for word in (device, port) if word)
        place = f"{rack}{_marked(f'{side}_behind')} {rest}" if rack else _marked(f"{side}_before") + rest
        labels.append(f"{_marked('number', 'C')}{side.upper()} {place}")
    return "".join(csv_lines([(*cells, *labels)]))


def _marked(column: str, before: str = "") -> str:
    return f"{before}{MARK}{column}{MARK}"


class _Texts:
    """The columns of some cables of a run, numbered from `first`, as they are written; `lengths` remembers what was
    worked out for a route of the same length."""

    def __init__(self, run: ScheduledRun, block: Block, first: int, lengths: dict[int, tuple[str, str]]) -> None:
        for one in set(block.lengths.tolist()) - lengths.keys():
            metres, stock = run.measure(one)
            lengths[one] = (_text(as_metres(metres)), _text(as_metres(stock.value if stock is not None else None)))
        self.pieces = run.pieces
        self.numbers = [f"{n:06d}" for n in range(first, first + len(block.lengths) * self.pieces)]
        self.each = {"number": self.numbers}
        self.columns: dict[str, tuple[Any, Callable[[int], str]]] = {
            "route": (block.lengths, lambda v: lengths[v][0]),
            "stock": (block.lengths, lambda v: lengths[v][1]),
        }
        for side, indices, unit in zip("ab", block.indices, block.units, strict=True):
            self.columns |= {f"{side}{k}": (column, str) for k, column in enumerate(indices)}
            self.columns |= {
                f"{side}_unit": (unit, lambda u: str(u) if u else ""),
                f"{side}_behind": (unit, lambda u: f" U{u}" if u else ""),
                f"{side}_before": (unit, lambda u: f"U{u} " if u else ""),
            }

    def filled(self, pieces: list[str]) -> str:
        """A line for each cable: first what is the same for all of them, then what is not."""
        line, varying = "", []
        for position, piece in enumerate(pieces):
            known = piece if position % 2 == 0 else self.same(piece)
            if known is None:
                varying.append(self.each[piece])
            line += "%s" if known is None else known.replace("%", "%%")
        return "".join([line % row for row in zip(*varying, strict=True)])

    def same(self, name: str) -> str | None:
        """What a column says, where it is the same for all cables; None where it is not."""
        if name in self.each:
            return None
        values, written = self.columns[name]
        if (values == values[0]).all():
            return written(int(values[0]))
        texts = map(written, values.tolist())
        self.each[name] = list(texts if self.pieces == 1 else (text for text in texts for _ in range(self.pieces)))
        return None


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)
