"""Results of a study in an SQLite file: written whole, and an interrupted study goes on where it stopped.

While a study runs its results are in `FILE.part`, batch after batch; at the end they are written in order of their
numbers, so that the file does not depend on who computed what first.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from cmxdsl.records import frozen
from cmxdsl.studies.evaluate import Outcome
from cmxdsl.studies.plan import Plan, StudyFault

_TABLES = (
    "CREATE TABLE study (key TEXT PRIMARY KEY, name TEXT NOT NULL, parameters TEXT NOT NULL, questions TEXT NOT NULL)",
    "CREATE TABLE point (number INTEGER PRIMARY KEY, point TEXT NOT NULL, why TEXT NOT NULL, figures TEXT NOT NULL)",
)


@frozen
class Store:
    """The file of a study's results."""

    path: Path

    @property
    def part(self) -> Path:
        return self.path.with_name(self.path.name + ".part")

    def begun(self, plan: Plan) -> dict[int, Outcome]:
        """The outcomes that are there already, of this study; an empty file is made ready where there are none. Raises
        StudyFault where a file holds something else, and leaves it as it is."""
        for path in (self.path, self.part):
            if path.exists():
                return _read(path, plan)
        self.part.parent.mkdir(parents=True, exist_ok=True)
        _create(self.part, plan)
        return {}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Keep a batch of outcomes, all or none of it."""
        with closing(sqlite3.connect(self.part)) as file, file:
            file.executemany("INSERT OR REPLACE INTO point VALUES (?, ?, ?, ?)", (_row(o) for o in outcomes))

    def finish(self, plan: Plan, outcomes: Iterable[Outcome]) -> None:
        """Write all outcomes in order, and forget the part."""
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        _create(new, plan)
        with closing(sqlite3.connect(new)) as file, file:
            file.executemany("INSERT INTO point VALUES (?, ?, ?, ?)", (_row(o) for o in outcomes))
        os.replace(new, self.path)  # noqa: PTH105
        self.part.unlink(missing_ok=True)


def _create(path: Path, plan: Plan) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        for table in _TABLES:
            file.execute(table)
        parameters = json.dumps([name for name, _ in plan.varies])
        questions = json.dumps([[q.kind, q.name, q.text] for q in plan.questions], ensure_ascii=False)
        file.execute("INSERT INTO study VALUES (?, ?, ?, ?)", (plan.key, plan.study, parameters, questions))


def _row(o: Outcome) -> tuple[int, str, str, str]:
    return o.number, json.dumps(o.point, ensure_ascii=False), o.why, json.dumps(o.figures, ensure_ascii=False)


def _read(path: Path, plan: Plan) -> dict[int, Outcome]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
            keys = [key for (key,) in file.execute("SELECT key FROM study")]
            rows = file.execute("SELECT number, point, why, figures FROM point").fetchall()
        found = {row[0]: Outcome(row[0], tuple(json.loads(row[1])), row[2], _figures(row[3])) for row in rows}
    except (sqlite3.Error, ValueError, TypeError):
        raise StudyFault(f"`{path}` holds no results that can be read: name another file, or remove it") from None
    if keys != [plan.key]:
        raise StudyFault(f"`{path}` holds the results of another study, or of an older text: name another file")
    return found


def _figures(text: str) -> tuple[tuple[float, str] | str | None, ...]:
    return tuple((float(f[0]), str(f[1])) if isinstance(f, list) else f for f in json.loads(text))
