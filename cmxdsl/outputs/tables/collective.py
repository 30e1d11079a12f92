"""How long collectives take over a fabric: as tables, as what to expect of nccl-tests, as JSON, and as a curve."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction

from cmxdsl.analysis.collectives import NoPath, OverFault, Paths, Timed, bus_factor, machine, over, prepared
from cmxdsl.model import Subject
from cmxdsl.outputs.kit.curve import Curve, curves
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain, to_csv
from cmxdsl.outputs.registry import Files, Unwritable, Written
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import RATE, TIME

SIZES = tuple(2**k for k in range(20, 35))  # 1 MiB to 16 GiB
TESTS = {
    "all_reduce": "all_reduce_perf",
    "reduce_scatter": "reduce_scatter_perf",
    "all_gather": "all_gather_perf",
    "all_to_all": "alltoall_perf",
    "broadcast": "broadcast_perf",
    "send": "sendrecv_perf",
}
# How far nine of ten measured times lie from the estimate at most, by size: docs/collectives.md says of which.
BANDS = ((32 * 2**20, 0.26), (2 * 2**20, 0.36), (0, 0.40))

_COLUMNS = (
    ("size", True),
    ("time", True),
    ("algbw", True),
    ("busbw", True),
    ("full rate", True),
    ("bound", True),
    ("algorithm", False),
)
_RAW = (
    "collective",
    "size, B",
    "time, s",
    "algorithm bandwidth, B/s",
    "bus bandwidth, B/s",
    "at full rate, s",
    "no faster than, s",
    "algorithm",
    "most loaded",
)
_ACCEPTED = (
    ("test", False),
    ("size, B", True),
    ("time, us", True),
    ("at most, us", True),
    ("bus bandwidth, GB/s", True),
    ("at least, GB/s", True),
    ("at most, GB/s", True),
)


def write(
    subject: Subject,
    format: str,
    over_: str = "",
    each: Sequence[str] = (),
    kinds: Sequence[str] = ("all_reduce",),
    sizes: Sequence[int] = SIZES,
    acceptance: bool = False,
    width: int = UNWRAPPED,
    color: bool = False,
) -> Written:
    """Collectives of the groups that `over_` and `each` form, of each kind and size in bytes; with `acceptance` what
    nccl-tests or rccl-tests should show, with the band that measured times fell into. Raises Unwritable,
    TooMuchTraffic, PlaneTooLarge, TooManyPaths."""
    try:
        whole = machine(subject)
        paths = prepared(whole, *over(whole, over_, each))
        times = [paths.time(kind, size) for kind in kinds for size in sizes]
    except (NoPath, OverFault) as error:
        raise Unwritable(str(error)) from None
    title = f"{subject.top.name}: {_groups(paths)}"
    if format in ("svg", "png", "pdf"):
        return curves(f"{title}: bus bandwidth", list(_curves(times, paths)), "B/s").as_format(format)
    if format == "json":
        return json.dumps(_json(subject, paths, times, acceptance), indent=2, ensure_ascii=False) + "\n"
    if format == "csv":
        return to_csv(_accepted(title, times, paths) if acceptance else _raw(times))
    tables = [_accepted(title, times, paths)] if acceptance else [_table(title, times, kind) for kind in kinds]
    slow = dict.fromkeys(f"{t.kind} takes longest from {t.loaded}" for t in times if t.loaded)
    notes = (*slow, *dict.fromkeys(note for t in times for note in (*t.notes, *t.limit().notes)))
    tables += [Table("notes", (Column(""),), tuple((n,) for n in notes))] if notes else []
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def _groups(paths: Paths) -> str:
    many, ranks = len(paths.groups.chip), paths.ranks
    lie = f"{paths.groups.across:,} domains of {paths.groups.inside:,}" if paths.groups.across > 1 else "one domain"
    return f"{many:,} group{'s' * (many != 1)} of {ranks:,} chips, each over {lie}"


def _time(seconds: float) -> str:
    return show(Quantity(Fraction(seconds), TIME), "s", places=4)


def _rate(rate: float) -> str:
    return show(Quantity(Fraction(rate * 8), RATE), "B/s", places=4)


def _size(size: float) -> str:
    for unit, many in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= many and size % many == 0:
            return f"{size / many:g} {unit}"
    return f"{size:,.0f} B"


def _table(title: str, times: list[Timed], kind: str) -> Table:
    rows = tuple(
        (
            _size(t.size),
            _time(t.seconds),
            _rate(t.algorithm_bandwidth),
            _rate(t.bus_bandwidth),
            _time(t.described),
            _time(t.bound),
            t.algorithm,
        )
        for t in times
        if t.kind == kind
    )
    return Table(f"{title}: {kind}", tuple(Column(*c) for c in _COLUMNS), rows)


def _raw(times: list[Timed]) -> Table:
    rows = tuple(
        (
            t.kind,
            int(t.size),
            t.seconds,
            t.algorithm_bandwidth,
            t.bus_bandwidth,
            t.described,
            t.bound,
            t.algorithm,
            t.loaded,
        )
        for t in times
    )
    return Table("", tuple(Column(name) for name in _RAW), (), rows)


def band(t: Timed, ranks: int) -> tuple[float, float, float]:
    """The most seconds, and the least and the most bus bandwidth in B/s, that nine of ten measured ones kept to."""
    share = next(share for least, share in BANDS if t.size >= least)
    whole = bus_factor(t.kind, ranks) * t.size
    fastest = max(t.seconds / (1 + share), t.bound)
    slowest = t.seconds / (1 - share)
    return slowest, whole / slowest if slowest else 0.0, whole / fastest if fastest else 0.0


def _accepted(title: str, times: list[Timed], paths: Paths) -> Table:
    rows: list[tuple[str, ...]] = []
    raw: list[tuple[str | int | float | None, ...]] = []
    for t in times:
        slowest, low, high = band(t, paths.ranks)
        figures = (t.seconds * 1e6, slowest * 1e6, t.bus_bandwidth / 1e9, low / 1e9, high / 1e9)
        rows.append((TESTS[t.kind], f"{t.size:.0f}", *(f"{x:.5g}" if x < 1e5 else f"{x:.0f}" for x in figures)))
        raw.append((TESTS[t.kind], int(t.size), *(round(x, 3) for x in figures)))
    return Table(title, tuple(Column(*c) for c in _ACCEPTED), tuple(rows), tuple(raw))


def _curves(times: list[Timed], paths: Paths) -> Iterator[Curve]:
    for kind in dict.fromkeys(t.kind for t in times):
        mine = [t for t in times if t.kind == kind and t.size]
        factor = bus_factor(kind, paths.ranks)
        yield Curve(kind, tuple((t.size, t.bus_bandwidth) for t in mine))
        limits = tuple((t.size, factor * t.size / t.bound) for t in mine if t.bound)
        yield Curve(f"{kind}: no more than", limits, limit=True)


def _json(subject: Subject, paths: Paths, times: list[Timed], acceptance: bool) -> dict[str, object]:
    rows = []
    for t in times:
        row: dict[str, object] = {
            "collective": t.kind,
            "size_B": int(t.size),
            "seconds": t.seconds,
            "algorithm_bandwidth_Bps": t.algorithm_bandwidth,
            "bus_bandwidth_Bps": t.bus_bandwidth,
            "described_seconds": t.described,
            "bound_seconds": t.bound,
            "latency_seconds": t.latency,
            "algorithm": t.algorithm,
            "most_loaded": t.loaded,
        }
        if acceptance:
            slowest, low, high = band(t, paths.ranks)
            row |= {"test": TESTS[t.kind], "at_most_seconds": slowest, "at_least_Bps": low, "at_most_Bps": high}
        rows.append(row)
    return {
        "design": subject.top.name,
        "groups": len(paths.groups.chip),
        "ranks": paths.ranks,
        "domains": paths.groups.across,
        "library": paths.library.era,
        "collectives": rows,
        "notes": list(dict.fromkeys(note for t in times for note in (*t.notes, *t.limit().notes))),
    }


MOST_CHIPS = 20_000  # of a design whose collectives are written with everything else


def files(subject: Subject) -> Files:
    """What nccl-tests should show over all chips of a design, where one plane joins them and they are not too many."""
    try:
        whole = machine(subject)
        if whole.size < 2 or whole.size > MOST_CHIPS:
            return
        paths = prepared(whole, *over(whole))
        for kind in TESTS:
            paths.time(kind, 1)
    except NoPath:
        return
    yield "acceptance.csv", str(write(subject, "csv", kinds=tuple(TESTS), acceptance=True))
