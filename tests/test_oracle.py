"""Random designs and the gallery, expanded device by device: cmx says what counting says.

`pytest tests/test_oracle.py --designs 50000` tries more random designs than the few thousand of every run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.model import Component, Subject
from cmxdsl.outputs.ir import to_ir

from .conftest import ROOT
from .oracle import counts
from .oracle.compare import differences, of_numbers, opinion
from .oracle.expand import expand
from .oracle.read import read

DESIGNS = 1000
CHUNK = 50
GALLERY = sorted((ROOT / "designs").glob("*.cmx"))  # of the largest only racks and nodes, without `--parts`


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "chunk" in metafunc.fixturenames:
        many = metafunc.config.getoption("--designs") or DESIGNS
        metafunc.parametrize("chunk", range(0, many, CHUNK))


def test_random_designs(chunk: int) -> None:
    for seed in range(chunk, chunk + CHUNK):
        mine = opinion(seed)
        found = list(differences(mine))
        assert not found, "\n".join([f"design {seed}:", *found, mine.text])


def test_random_designs_are_of_all_sorts() -> None:
    """A generator that draws nothing but mistakes, or none, compares little."""
    drawn = [opinion(seed) for seed in range(400)]
    right = [o.machine for o in drawn if o.machine is not None and o.faults <= {"CMX0556"}]
    assert 200 <= len(right) <= 360
    assert {"CMX0402", "CMX0501", "CMX0502", "CMX0556"} <= set().union(*(o.faults for o in drawn))
    assert "CMX0401" in {o.refused for o in drawn}
    assert sum(len(m.joints) > 10 for m in right) > 50
    patterns = [j.pattern for m in right for j in m.joints]
    assert {p.medium.name for p in patterns if p.medium} == {"Copper", "Glass", "Plug", "Breakout"}
    assert any(p.adapter for p in patterns) and any(p.where for p in patterns) and any(p.bundle > 1 for p in patterns)
    assert sum(len(m.things) > len([t for t in m.things.values() if t.rack is None]) for m in right) > 50


def machines(path: Path, most: int) -> list[Component]:
    """Everything in a file of the gallery that can be built and expanded."""
    design = cmxdsl.load(path)
    tops = dict.fromkeys((*((design.top,) if design.top is not None else ()), *design.roots))
    return [t for t in tops if t.instances and sum(Subject(t).counts.values()) <= most]


@pytest.mark.parametrize("path", GALLERY, ids=lambda p: p.stem)
def test_the_gallery(path: Path, pytestconfig: pytest.Config) -> None:
    most = pytestconfig.getoption("--parts")
    found = machines(path, most)
    if not found:
        pytest.skip(f"nothing in it has at most {most:,} parts, which is what counting one by one takes")
    for top in found:
        machine = expand(read(to_ir(top)))
        assert machine.faults <= {"CMX0556"}
        assert list(of_numbers(top, machine)) == [], top.name


def test_a_machine_counted_by_hand() -> None:
    """Three hosts with two ports to two leaves by optics that carry two links each, of a pattern of three: two bundles
    a leaf, so eight transceivers and four fibers."""
    design = cmxdsl.loads(
        "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip Host { port p[2]: P; price = 3 USD }\n"
        "switch Leaf { port d[4]: P }\nfiber F { mode = single_mode }\noptic O { rate = 200 Gb/s; fiber = F; price = 5 USD }\n"
        "rack Hosts { height = 42 U; host[3]: Host }\nsystem S { hosts: Hosts; leaf[2]: Leaf\n"
        "    link hosts.host[h].p[0] -- leaf[0].d[h] over O bundle 2 for h in 0..2\n"
        "    link hosts.host[h].p[1] -- leaf[1].d[h + 1] over O bundle 2 }\n"
    )
    machine = expand(read(dict(design.ir())))
    assert counts.counts(machine) == {"F": 4, "Host": 3, "Hosts": 1, "Leaf": 2, "O": 8, "S": 1}
    prices = counts.totals(machine, "price")
    assert (prices.whole.value, prices.whole.known, prices.whole.missing) == (3 * 3 + 8 * 5, 11, 2 + 4)
    rack = next(path for path in prices.racks if path is not None)
    assert prices.racks[rack].value == 3 * 3 + 4 * 5 and prices.racks[None].value == 4 * 5
    assert counts.free_ports(machine)[("leaf",), "d"] == (8, 2)
