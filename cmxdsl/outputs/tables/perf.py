"""The machine at work: each run's time and where it goes, rates, memory, energy; as tables, JSON and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cmxdsl.analysis.ownership.cost import cost
from cmxdsl.analysis.work.answers import energy, held, served, tokens_a_second, trained
from cmxdsl.analysis.work.chips import Lacking
from cmxdsl.analysis.work.jobs import placed, serving, splits_of
from cmxdsl.analysis.work.memory import Memory
from cmxdsl.analysis.work.service import Pass, Service, curve
from cmxdsl.analysis.work.steps import MEANINGS, StepTime
from cmxdsl.analysis.work.talk import talk
from cmxdsl.model import Run, Subject
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, markdown, plain
from cmxdsl.outputs.kit.value_format import as_number, seconds
from cmxdsl.schema.kinds import PARALLEL
from cmxdsl.units import number
from cmxdsl.units.text import base_unit


def write(subject: Subject, format: str, runs: Sequence[Run], width: int = UNWRAPPED, color: bool = False) -> str:
    """Runs of a design. Raises LimitExceeded."""
    told = [_told(subject, one) for one in runs]
    if format == "json":
        return json.dumps({"design": subject.top.name, "runs": told}, indent=2, ensure_ascii=False) + "\n"
    tables = [table for one in told for table in _tables(one)]
    return markdown(tables) if format == "markdown" else plain(tables, width, color)


def tables(subject: Subject, run: Run) -> list[Table]:
    """What a run comes to, or what that needs and nothing states. Raises LimitExceeded."""
    return _tables(_told(subject, run))


# --- as data ----------------------------------------------------------------------------------------------


def _told(subject: Subject, run: Run) -> dict[str, Any]:
    """Everything about a run, as data; `lacking` says what its time needs and nothing states."""
    where = placed(subject, run.name)
    data: dict[str, Any] = {
        "run": run.name,
        "work": run.work.name,
        "kind": run.work.kind,
        "model": _model(run),
        "ranks": run.ranks,
        "idle": where.idle,
        "dimensions": {name: run.size(name) for name in PARALLEL if name in run.dimensions},
    }
    try:
        data |= _training(trained(subject, run.name), run) if run.work.kind == "training" else _serving(subject, run)
        data["memory_B"] = _memory(held(subject, run.name))
    except Lacking as error:
        return data | {"lacking": list(error.names)}
    rate = tokens_a_second(subject, run.name)
    data["tokens_per_second"] = rate
    data["tokens_per_second_per_chip"] = rate / run.ranks
    try:
        data["energy_per_token_J"] = energy(subject, run.name)
    except Lacking as error:
        data |= {"energy_per_token_J": None, "energy_lacks": list(error.names)}
    return data | _price(subject, rate)


def _price(subject: Subject, rate: float) -> dict[str, Any]:
    """Of a million tokens, where the design says what owning it costs: at least that, where something lacks."""
    if not any(name.startswith(("cost.", "rent")) for part in subject.counts for name in part.attributes):
        return {}
    found = cost(subject).token(rate)
    value = found.value * number(10**6) if found.value is not None else None
    told = {"price_per_million_tokens": as_number(value.value) if value is not None else None}
    return {
        **told,
        "price_unit": base_unit(value.dimension) if value is not None else "",
        "price_lacks": list(found.lacking),
    }


def _model(run: Run) -> str:
    from cmxdsl.model import Component

    model = run.work.get("model")
    return model.name if isinstance(model, Component) else ""


def _training(found: StepTime, run: Run) -> dict[str, Any]:
    return {
        "step_s": found.seconds,
        "mfu": found.mfu,
        "hfu": found.hfu,
        "tokens": found.tokens,
        "parts_s": found.parts,
        "hidden_s": found.hidden,
        "model_flops": found.flops,
        "notes": list(found.notes),
        "micro_batches": splits_of(run).micro,
    }


def _serving(subject: Subject, run: Run) -> dict[str, Any]:
    found: Service = served(subject, run.name)
    data: dict[str, Any] = {
        "tpot_s": found.tpot,
        "ttft_s": found.ttft,
        "batch_per_data_rank": found.batch,
        "limited_by": found.limit,
        "reads_per_second": found.reads,
        "writes_per_second": found.writes,
        "notes": list(found.notes),
    }
    for name, one in (("decode_s", found.decode), ("prefill_s", found.prefill)):
        data[name] = one.parts if isinstance(one, Pass) else None
    if found.tpot is not None:
        points = curve(serving(subject, run.name), talk(subject, run.name))
        data["curve"] = [{"batch": b, "tpot_s": t, "tokens_per_second_per_chip": r} for b, t, r in points]
    return data


def _memory(found: Memory) -> dict[str, float]:
    return {**found.parts, "total": found.total}


# --- as tables --------------------------------------------------------------------------------------------


def _tables(told: Mapping[str, Any]) -> list[Table]:
    split = ", ".join(f"{name} {size}" for name, size in told["dimensions"].items()) or "one rank"
    idle = f", {told['idle']:,} chips idle" if told["idle"] else ""
    title = f"{told['run']}: {told['model']} in {told['kind']} on {told['ranks']:,} chips ({split}{idle})"
    if "lacking" in told:
        rows = tuple((name,) for name in told["lacking"])
        return [Table(title, (Column("its time needs"),), rows)]
    figures = _figures(told)
    tables = [Table(title, (Column("figure"), Column("value", True)), tuple(figures))]
    passes = (("A step", "parts_s"), ("A token of each answer", "decode_s"), ("A pass over prompts", "prefill_s"))
    for name, key in passes:
        if told.get(key):
            tables.append(_parts(name, told[key]))
    tables.append(_holding(told["memory_B"]))
    if told["notes"]:
        tables.append(Table("", (Column("what this rests on"),), tuple((note,) for note in told["notes"])))
    return tables


def _figures(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if told["kind"] == "training":
        rows += [("time of a step", seconds(told["step_s"])), ("MFU", f"{told['mfu']:.1%}")]
        rows += [("HFU", f"{told['hfu']:.1%}")] if told["hfu"] > told["mfu"] * 1.001 else []
    else:
        for name, key in (("time of a token", "tpot_s"), ("time to the first token", "ttft_s")):
            if told[key] is not None:
                rows.append((name, seconds(told[key])))
        if told["batch_per_data_rank"] is not None:
            rows.append(("sequences on a data rank", f"{told['batch_per_data_rank']:,}"))
            rows.append(("which end at", told["limited_by"]))
    rows.append(("tokens a second", f"{told['tokens_per_second']:,.0f}"))
    rows.append(("tokens a second and chip", f"{told['tokens_per_second_per_chip']:,.1f}"))
    joules = told["energy_per_token_J"]
    lacking = ", ".join(told.get("energy_lacks", ()))
    rows.append(("energy of a token", f"{joules:.3g} J" if joules is not None else f"unknown: {lacking}"))
    if "price_per_million_tokens" in told:
        rows.append(("price of a million tokens", _priced(told)))
    return rows


def _priced(told: Mapping[str, Any]) -> str:
    value, lacking = told["price_per_million_tokens"], ", ".join(told["price_lacks"])
    if value is None:
        return f"unknown: {lacking}"
    return (
        ("at least " if lacking else "")
        + f"{value:,.3g} {told['price_unit']}"
        + (f" without {lacking}" if lacking else "")
    )


def _parts(name: str, parts: Mapping[str, float]) -> Table:
    whole = sum(parts.values())
    rows = tuple((MEANINGS[part], seconds(s), f"{s / whole:.1%}") for part, s in _sorted(parts))
    columns = (Column("where it goes"), Column("time", True), Column("share", True))
    return Table(f"{name}: {seconds(whole)}", columns, rows)


def _sorted(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(parts.items(), key=lambda item: -item[1])


def _holding(memory: Mapping[str, float]) -> Table:
    rows = tuple((name, f"{size / 1e9:,.2f} GB") for name, size in memory.items())
    return Table("Memory of the fullest rank", (Column("holds"), Column("size", True)), rows)
