"""Shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

import cmxdsl
from cmxdsl import Design

# A submission is judged on the same examples each time; at a desk every run tries new ones. No test is about time.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
os.environ["CMX_CACHE_DIR"] = ""  # what a test runs is run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--designs", type=int, default=0, help="how many random designs tests/test_oracle.py tries")
    parser.addoption("--parts", type=int, default=20_000, help="parts of the largest machine that it counts one by one")


ROOT = Path(__file__).parents[1]
UPDATE = bool(os.environ.get("CMX_UPDATE"))


@pytest.fixture
def codes() -> Callable[[str], list[str]]:
    """The codes of a text's findings, in the order of their places."""

    def find(text: str) -> list[str]:
        return [d.code for d in cmxdsl.loads(text).diagnostics]

    return find


@pytest.fixture(scope="session")
def flagship() -> Design:
    return cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx")


@pytest.fixture(scope="session")
def rival() -> Design:
    return cmxdsl.load(ROOT / "designs" / "gb200_nvl72.cmx")


def golden(path: Path, text: str) -> None:
    """Compare with a file beside the test; with CMX_UPDATE=1 write it."""
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
