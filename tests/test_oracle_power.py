"""Power trees of random sites: loads, what enters, and every single failure, against asking device by device."""

from __future__ import annotations

from collections import Counter

import pytest

import cmxdsl
from cmxdsl.outputs.ir import to_ir

from .oracle import feeding
from .oracle.expand import expand
from .oracle.read import read

TREES = 240
CHUNK = 20


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "chunk" in metafunc.fixturenames:
        many = metafunc.config.getoption("--designs") or TREES
        metafunc.parametrize("chunk", range(0, many, CHUNK))


def test_random_power_trees(chunk: int) -> None:
    for seed in range(chunk, chunk + CHUNK):
        text = feeding.power_tree(seed)
        design = cmxdsl.loads(text, top="Hall")
        machine = expand(read(to_ir(design.component)))
        if not machine.joints:
            continue
        found = list(feeding.differences(design.subject, machine))
        said = {d.code for d in design.diagnostics} & {"CMX0704", "CMX0705", "CMX0707"}
        if said != feeding.codes(machine):
            found.append(f"findings: cmx {sorted(said)}, asked {sorted(feeding.codes(machine))}")
        assert not found, "\n".join([f"tree {seed}:", *found, text])


def test_random_power_trees_are_of_all_sorts() -> None:
    counted: Counter[str] = Counter()
    for seed in range(120):
        machine = expand(read(to_ir(cmxdsl.loads(feeding.power_tree(seed), top="Hall").component)))
        counted.update(feeding.codes(machine) or {"fine"})
    assert min(counted[c] for c in ("CMX0704", "CMX0705", "CMX0707", "fine")) >= 5, counted
