"""Which tests reach which functions, and how long each takes: one run of the suite with every call noted.

As a pytest plugin (`-p tests.mutation.reach`) it writes one line of JSON for each test that passed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

OUT, PACKAGE = "CMX_REACH", "CMX_REACH_PACKAGE"


def named(qualified: str) -> str:
    """A function's name as `mutants` has it."""
    return qualified.replace(".<locals>", "").replace("<lambda>", "lambda")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        seen.add(frame.f_code)

    start = time.perf_counter()
    threading.settrace(note)
    sys.settrace(note)
    try:
        result = yield
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
    package = os.environ[PACKAGE]
    inside = (c for c in seen if c.co_filename.startswith(package))
    calls = sorted({(c.co_filename[len(package) + 1 :], named(c.co_qualname)) for c in inside})
    if getattr(item, "passed", False):
        line = json.dumps({"test": item.nodeid, "seconds": round(time.perf_counter() - start, 3), "calls": calls})
        out = Path(os.environ[OUT]) / f"{os.getpid()}.jsonl"
        with out.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call":
        item.passed = report.passed  # type: ignore[attr-defined]
    return report
