"""The log of an installation: a line of JSON for each run, as far as the machine was then."""

from __future__ import annotations

import json
from typing import Any

from cmxdsl.analysis.verification.verdict import Verdict
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain
from cmxdsl.outputs.verification.tables import state

MOST_RUNS = 100_000
SHOWN = 12  # runs in the table
_KEYS = ("run", "dump", "state", "meant", "right", "missing", "wrong", "causes")


class BadLog(Exception):
    """A file that is no log of runs; the message says which line."""


def runs(text: str) -> list[dict[str, Any]]:
    """Every run of a log. Raises BadLog."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            raise BadLog(f"line {number} is no JSON") from None
        if not isinstance(row, dict) or not all(key in row for key in _KEYS):
            raise BadLog(f"line {number} is no run")
        found.append(row)
        if number > MOST_RUNS:
            raise BadLog(f"it has more than {MOST_RUNS:,} runs")
    return found


def added(text: str, verdict: Verdict, partial: bool) -> str:
    """The log with one more run, counted from 1; when it was says the dump, where it does. Raises BadLog."""
    before = runs(text)
    row = {
        "run": len(before) + 1,
        "dump": verdict.seen.built.stamp,
        "state": state(verdict, partial),
        "meant": verdict.meant,
        "right": verdict.right,
        "missing": verdict.missing,
        "wrong": verdict.misplaced,
        "causes": len(verdict.worst(partial)),
    }
    head = text if not text or text.endswith("\n") else text + "\n"
    return head + json.dumps(row, ensure_ascii=False) + "\n"


def progress_table(text: str) -> str:
    """The last runs, one below the other."""
    found = runs(text)[-SHOWN:]
    columns = (
        Column("run", True),
        Column("dump"),
        Column("as meant", True),
        Column("missing", True),
        Column("wrong", True),
        Column("causes", True),
        Column("state"),
    )
    rows = tuple(
        tuple(str(r[key]) for key in ("run", "dump", "right", "missing", "wrong", "causes", "state")) for r in found
    )
    return plain([Table("progress", columns, rows)], UNWRAPPED, False)
