"""Failures and distances of random designs, with racks, rows and bundles, against trying everything one by one."""

from __future__ import annotations

import pytest

import cmxdsl
from cmxdsl.outputs.ir import to_ir

from .oracle import failing
from .oracle.compare import LET_PASS, opinion
from .oracle.expand import Machine, expand
from .oracle.random_fabrics import fabric
from .oracle.read import read

DESIGNS = 200
CHUNK = 20
MOST = 24  # things that can fail, of which all pairs are tried


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "chunk" in metafunc.fixturenames:
        many = metafunc.config.getoption("--designs") or DESIGNS
        metafunc.parametrize("chunk", range(0, many, CHUNK))


def planes(machine: Machine) -> list[str]:
    return sorted({j.plane for j in machine.joints})


def told(text: str, top: str, machine: Machine) -> list[str]:
    subject = cmxdsl.loads(text, top=top).subject
    found = []
    for plane in planes(machine):
        found += failing.differences(subject, machine, plane)
        found += failing.pairs(subject, machine, plane)
        if sum(map(len, failing.faults(machine, plane).values())) <= MOST:
            found += failing.differences(subject, machine, plane, together=2)
    return found


def test_random_designs(chunk: int) -> None:
    for seed in range(chunk, chunk + CHUNK):
        mine = opinion(seed)
        if mine.machine is None or not mine.faults <= LET_PASS:
            continue
        found = told(mine.text, mine.top, mine.machine)
        assert not found, "\n".join([f"design {seed}:", *found, mine.text])


def test_random_networks(chunk: int) -> None:
    for seed in range(chunk, chunk + CHUNK, 2):
        text = fabric(seed)
        found = told(text, "Y", expand(read(to_ir(cmxdsl.loads(text).component))))
        assert not found, "\n".join([f"network {seed}:", *found, text])


def test_random_designs_have_all_that_can_fail() -> None:
    """A generator that draws no rows or trunks compares none."""
    kinds: dict[str, int] = {}
    for seed in range(120):
        mine = opinion(seed)
        if mine.machine is not None and mine.faults <= LET_PASS:
            for plane in planes(mine.machine):
                for kind, _ in failing.faults(mine.machine, plane):
                    kinds[kind] = kinds.get(kind, 0) + 1
    assert set(kinds) == {"switch", "endpoint", "cable", "trunk", "rack", "row"} and min(kinds.values()) >= 8, kinds
