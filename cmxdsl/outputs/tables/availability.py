"""What fails, what it stops, and how a job fares: as table, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cmxdsl.analysis.power.feeds import PowerLoop
from cmxdsl.analysis.queries.owning import job
from cmxdsl.analysis.reliability.domains import Domains
from cmxdsl.analysis.reliability.failing import Failing, failing
from cmxdsl.analysis.reliability.jobs import Interruptions, interruptions
from cmxdsl.analysis.reliability.simulate import play
from cmxdsl.analysis.reliability.spares import lead_time, spares
from cmxdsl.analysis.reliability.usable import usable
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.registry import Files, Unanswered, Unwritable
from cmxdsl.records import frozen
from cmxdsl.units import Quantity, show
from cmxdsl.units.dimension import TIME
from cmxdsl.units.text import digits

DAY = 86_400
SHARES = (1, 10, 100)  # jobs on the whole, a tenth and a hundredth of the machine, unless sizes are given


@frozen
class Asked:
    """What is asked: sizes of jobs, the probability that spares are enough, and the seed where jobs are played."""

    jobs: tuple[int, ...] = ()
    level: float = 0.99
    seed: int | None = None


def write(
    subject: Subject,
    format: str,
    jobs: tuple[int, ...] = (),
    level: float = 0.99,
    seed: int | None = None,
    width: int = UNWRAPPED,
    color: bool = False,
) -> str:
    """How often what fails, and what of the machine's time is lost to it. Raises Unwritable, LimitExceeded."""
    asked = Asked(jobs, level, seed)
    try:
        content = _content(subject, asked)
    except PowerLoop as error:
        raise Unanswered(f"`{error}` feeds itself: its power plane has a loop") from None
    if format == "json":
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    tables = list(_tables(content, asked))
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def _content(subject: Subject, asked: Asked) -> dict[str, Any]:
    many = Domains(subject).all
    if not many:
        raise Unwritable(f"`{subject.top.name}` has no accelerators, so no job runs on it")
    for size in asked.jobs:
        if size > many:
            raise Unwritable(f"a job of {size:,}: `{subject.top.name}` has {many:,} accelerators")
    found = failing(subject)
    sizes = asked.jobs or tuple(dict.fromkeys(max(1, many // share) for share in SHARES))
    return {
        "design": subject.top.name,
        "accelerators": many,
        "parts": [_part(one) for one in sorted(found, key=_weight)],
        "jobs": [_job(subject.top, interruptions(found, size, many), size, asked.seed) for size in sizes],
        "usable": _usable(found, many, subject.top),
        "spares": {"level": asked.level, "parts": list(_spares(found, asked.level, subject.top))},
    }


def _weight(one: Failing) -> tuple[float, str, int]:
    return -float(one.all.value if one.all is not None else 0), one.part.name, -(one.stops or 0)


def _part(one: Failing) -> dict[str, Any]:
    rate = one.rate
    a_day = None if one.all is None else float(one.all.value) * DAY
    return {
        "part": one.part.name,
        "count": _whole(one.count),
        "rate_FIT": None if rate is None else _fit(rate),
        "failures_a_day": a_day,
        "stops": one.stops,
        "how": one.how,
    }


def _whole(count: Fraction) -> int | float:
    return int(count) if count.denominator == 1 else float(count)


def _fit(rate: Quantity) -> float:
    return float(rate.value * 3600 * 10**9)


def _job(top: Component, found: Interruptions, size: int, seed: int | None) -> dict[str, Any]:
    fares, lacking = job(found, top)
    content: dict[str, Any] = {
        "accelerators": size,
        "mtbf_h": None if found.between is None else float(found.between.value) / 3600,
        "failures_that_stop_none_a_day": float(found.harmless) * DAY,
        "checkpoint_interval_s": None,
        "young_interval_s": None,
        "goodput": None,
        "lacking": list(lacking),
    }
    if fares is not None:
        content |= {"checkpoint_interval_s": fares.interval, "young_interval_s": fares.young, "goodput": fares.goodput}
        if seed is not None and fares.interval > 0:
            played = play(fares.between_failures, fares.write, fares.restart, fares.interval, seed)
            content["played"] = {"goodput": played.goodput, "half_width_95": played.half_width, "runs": played.runs}
    return content


def _usable(found: tuple[Failing, ...], many: int, top: Component) -> dict[str, Any]:
    spread = usable(found, many, top.quantity("repair_time"))
    least = {}
    for share in ("90%", "99%", "99.9%"):
        wanted = float(share[:-1]) / 100
        least[share] = int((spread.at_least >= wanted).nonzero()[0].max(initial=0))
    return {"mean": spread.mean, "at_least": least, "bound": spread.bound, "lacking": list(spread.lacking)}


def _spares(found: tuple[Failing, ...], level: float, top: Component) -> Iterator[dict[str, Any]]:
    counts: dict[Component, Fraction] = {}
    for one in found:
        if one.rate is not None and one.part is not top:
            counts[one.part] = counts.get(one.part, Fraction(0)) + one.count
    for part, count in sorted(counts.items(), key=lambda item: item[0].name):
        rate, time = part.quantity("failure_rate"), lead_time(part, top)
        assert rate is not None
        expected = None if time is None else float(rate.value * time.value * count)
        days = None if time is None else float(time.value) / DAY
        yield {
            "part": part.name,
            "count": _whole(count),
            "lead_time_day": days,
            "expected": expected,
            "spares": None if expected is None else spares(expected, level),
        }


# --- as tables ------------------------------------------------------------------------------------------------


def _tables(content: dict[str, Any], asked: Asked) -> Iterator[Table]:
    rows = []
    for p in content["parts"]:
        stops = "not known" if p["stops"] is None else f"{p['stops']:,}"
        rate = "unknown" if p["rate_FIT"] is None else digits(Fraction(p["rate_FIT"]), 4)
        a_day = "unknown" if p["failures_a_day"] is None else f"{p['failures_a_day']:,.3g}"
        rows.append((p["part"], f"{p['count']:,}", rate, a_day, stops, p["how"]))
    titles = (
        ("part", False),
        ("count", True),
        ("FIT, each", True),
        ("failures a day, all", True),
        ("stops", True),
        ("by way of", False),
    )
    title = f"{content['design']}: what fails, and how many of {content['accelerators']:,} accelerators it stops"
    yield Table(title, tuple(Column(*t) for t in titles), tuple(rows))
    yield _jobs(content, asked)
    use = content["usable"]
    if not use["lacking"]:
        bound = ", at least" if use["bound"] else ""
        lines = [("on average", f"{use['mean']:,.1f}")]
        lines += [(f"{share} of the time", f"{many:,} or more") for share, many in use["at_least"].items()]
        yield Table(f"accelerators that are usable{bound}", (Column(""), Column("", True)), tuple(lines))
    spare = [
        (p["part"], f"{p['count']:,}", f"{p['lead_time_day']:,.4g} days", f"{p['expected']:,.3g}", f"{p['spares']:,}")
        for p in content["spares"]["parts"]
        if p["spares"] is not None
    ]
    if spare:
        columns = (
            Column("part"),
            Column("count", True),
            Column("new one after", True),
            Column("fail by then", True),
            Column("spares", True),
        )
        yield Table(f"spares that are enough with probability {asked.level:.4g}", columns, tuple(spare))
    yield from _missing(content)


def _jobs(content: dict[str, Any], asked: Asked) -> Table:
    rows = []
    for j in content["jobs"]:
        known = not j["lacking"]
        at_most = "" if known else "at most "
        mtbf = "unknown" if j["mtbf_h"] is None else at_most + _time(j["mtbf_h"] * 3600)
        interval = "" if j["checkpoint_interval_s"] is None else _time(j["checkpoint_interval_s"])
        goodput = "unknown" if j["goodput"] is None else f"{at_most}{j['goodput']:.2%}"
        played = j.get("played")
        chance = f"{played['goodput']:.2%} ± {played['half_width_95']:.2%}" if played else ""
        rows.append((f"{j['accelerators']:,}", mtbf, interval, goodput, *[chance] * (asked.seed is not None)))
    columns = [
        Column("job of", True),
        Column("between failures", True),
        Column("checkpoint every", True),
        Column("goodput", True),
    ]
    columns += [Column("played by chance (95%)", True)] if asked.seed is not None else []
    return Table("jobs", tuple(columns), tuple(rows))


def _time(seconds: float) -> str:
    return show(Quantity(Fraction(seconds).limit_denominator(1000), TIME), places=3)


def _missing(content: dict[str, Any]) -> Iterator[Table]:
    """What is not known, and what that leaves undecided."""
    lacking: dict[str, str] = {}
    for j in content["jobs"]:
        lacking.update(dict.fromkeys(j["lacking"], "how a job fares"))
    for name in content["usable"]["lacking"]:
        lacking[name] = "how a job fares, usable accelerators" if name in lacking else "usable accelerators"
    for p in content["spares"]["parts"]:
        if p["spares"] is None:
            lacking[f"lead_time of {p['part']}"] = "spares"
    if lacking:
        yield Table("not known", (Column("what is missing"), Column("so not decided")), tuple(lacking.items()))


def files(subject: Subject) -> Files:
    """Where any part says how often it fails."""
    if subject.total("failure_rate").known and Domains(subject).all:
        yield "availability.txt", write(subject, "table")
        yield "availability.json", write(subject, "json")
