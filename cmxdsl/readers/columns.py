"""Cable lists as tables: a column for each thing that is known of a cable, whoever named the columns.

CSV, and the first sheets of a workbook. The names of columns are told apart without case, blanks and signs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cmxdsl.readers.built import MAX_LINE, MAX_WHOLE, Built, damaged, lines, place, whole
from cmxdsl.readers.built import Unread as Unread
from cmxdsl.readers.rules import DAMAGED, UNKNOWN_FORMAT

# What a column is, by the names that tools give it: cmx's own cable schedule, NVIDIA's validation workbooks, NetBox's
# export of cables, SONiC's lab files, the schedules that installers write.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "a_rack": ("arack",),
    "a_device": ("anode", "anodename", "sideadevice", "terminationadevice", "startdevice", "sourcedevice", "srcdevice"),
    "a_port": ("aport", "sideaname", "terminationaname", "startport", "sourceport", "srcport"),
    "b_rack": ("brack", "zrack"),
    "b_device": (
        "znode",
        "znodename",
        "zdevice",
        "sidebdevice",
        "terminationbdevice",
        "enddevice",
        "destinationdevice",
        "dstdevice",
    ),
    "b_port": ("bport", "zport", "sidebname", "terminationbname", "endport", "destinationport", "dstport"),
    "rate": ("rate", "speed", "bandwidth"),
    "length": ("length", "lengthm"),
    "unit": ("lengthunit",),
    "part": ("part", "partnumber", "cablepn"),
    "status": ("status",),
}
_NEEDED = ("a_device", "a_port", "b_device", "b_port")
_METRES = {"": 1.0, "m": 1.0, "cm": 0.01, "ft": 0.3048, "in": 0.0254}
_RATE = re.compile(r"^\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]?)(?:b/?s|bps|bit/s)?\s*$", re.IGNORECASE)
_TIMES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_FILE_MAX_SHEETS = 20
_NOT_THERE = ("planned", "decommissioning")  # NetBox's words for a cable that is not plugged
_JOINED = " + "  # between the ports of a cable that takes several


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.casefold())


def columns_of(header: Iterable[str], given: Mapping[str, str]) -> dict[str, int]:
    """Which column holds what; `given` names columns by what they hold. Those without a meaning are left out."""
    titles = [_plain(title) for title in header]
    found = {}
    for what, names in COLUMNS.items():
        wanted = (_plain(given[what]),) if what in given else (_plain(what), *names)
        at = next((titles.index(name) for name in wanted if name in titles), None)
        if at is not None:
            found[what] = at
    return found


def is_header(header: Iterable[str], given: Mapping[str, str]) -> bool:
    return all(what in columns_of(header, given) for what in _NEEDED)


def read_csv(path: Path, file: str, built: Built, given: Mapping[str, str] | None = None) -> None:
    """A CSV file with a header. Raises Unread."""

    def texts() -> Iterator[str]:
        for _, text in lines(path, file):
            yield text.removeprefix("\ufeff") + "\n"

    reader = csv.reader(texts(), strict=True)
    csv.field_size_limit(MAX_LINE)

    def rows() -> Iterator[tuple[int, list[str]]]:
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise damaged(file, max(1, reader.line_num), f"this is not CSV: {error}") from None
            yield reader.line_num, row

    _read(rows(), file, built, given or {})


def _read(rows: Iterator[tuple[int, list[str]]], file: str, built: Built, given: Mapping[str, str]) -> None:
    at: dict[str, int] | None = None
    inside = False  # cmx's own schedule names a device within its rack
    for number, row in rows:
        comment = at is None and row[:1] and row[0].startswith("#") and not is_header(row, given)
        if comment or not any(cell.strip() for cell in row):
            continue
        if at is None:
            at = columns_of(row, given)
            lacking = [what for what in _NEEDED if what not in at]
            if lacking:
                message = f"no column is known to be {', '.join(lacking)}: there are {', '.join(row)[:200]}"
                raise Unread(UNKNOWN_FORMAT.at(place(file, number), message, "name them: `--column a_device=TITLE`"))
            inside = "a_label" in row
            continue
        _row(row, at, number, file, built, inside)
    if at is None:
        raise damaged(file, 1, "the table is empty")


def _row(row: list[str], at: Mapping[str, int], number: int, file: str, built: Built, inside: bool) -> None:
    cell = {what: row[k].strip() if k < len(row) else "" for what, k in at.items()}
    if cell.get("status", "") in _NOT_THERE:
        return
    lacking = [what for what in _NEEDED if not cell[what]]
    if len(lacking) == len(_NEEDED):
        return
    if lacking:
        verb = "is" if len(lacking) == 1 else "are"
        raise damaged(file, number, f"{' and '.join(lacking)} {verb} empty", ",".join(row))
    racks = [f"{cell.get(side, '')}." if inside and cell.get(side) else "" for side in ("a_rack", "b_rack")]
    ports = [cell[side].split(_JOINED) for side in ("a_port", "b_port")]
    if len(ports[0]) != len(ports[1]):
        raise damaged(file, number, "a cable has as many ports at one end as at the other", ",".join(row))
    a, b = (
        built.device(rack + device, file, number, name=rack + device)
        for rack, device in zip(racks, (cell["a_device"], cell["b_device"]), strict=True)
    )
    for a_port, b_port in zip(*ports, strict=True):
        built.cable(
            (a, a_port),
            (b, b_port),
            (file, number),
            rate=_rate(cell.get("rate", "")),
            metres=_metres_of(cell, file, number),
            part=cell.get("part", ""),
        )


def _metres_of(cell: Mapping[str, str], file: str, number: int) -> float | None:
    length, unit = cell.get("length", ""), cell.get("unit", "").casefold()
    if not length:
        return None
    try:
        return float(length) * _METRES[unit]
    except (ValueError, KeyError):
        message = f"`{f'{length} {unit}'.strip()}` is not a length"
        raise Unread(DAMAGED.at(place(file, number), message)) from None


def _rate(text: str) -> float | None:
    """A rate in b/s. A bare number is in Mb/s, as switches have it; None where the text is none."""
    found = _RATE.match(text)
    if not found:
        return None
    unit = found["unit"].casefold()
    return float(found["value"]) * (_TIMES[unit] if unit or "b" in text.casefold() else 1e6)


def read_workbook(path: Path, file: str, built: Built, given: Mapping[str, str] | None = None) -> None:
    """The first sheet of a workbook that is a list of cables, as NVIDIA's validation tool has it. Raises Unread."""
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    data = whole(path, file)
    try:
        with ZipFile(BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > 10 * MAX_WHOLE:
            raise damaged(file, 1, f"the workbook would unpack to {size:,} bytes")
        try:
            from openpyxl import load_workbook
        except ImportError:
            raise Unread(
                UNKNOWN_FORMAT.at(
                    place(file, 1),
                    "workbooks are read with openpyxl, which is not installed",
                    "install `cmxdsl[verify]`, or save the sheet as CSV",
                )
            ) from None
        book: Any = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise damaged(file, 1, f"this is not a workbook: {error}") from None
    for sheet in book.worksheets[:_FILE_MAX_SHEETS]:
        rows = (
            (k, ["" if cell is None else str(cell) for cell in row])
            for k, row in enumerate(sheet.iter_rows(values_only=True), 1)
        )
        first = next(rows, None)
        if first is not None and is_header(first[1], given or {}):
            _read(_again(first, rows), file, built, given or {})
            return
    raise damaged(file, 1, "no sheet of the workbook begins with the columns of a list of cables")


def _again(first: tuple[int, list[str]], rest: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rest
