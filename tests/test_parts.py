"""`cmx parts`: the library, listed and compared."""

from __future__ import annotations

import json

import pytest

from cmxdsl.analysis.totals.catalogue import library_parts, matching

from .test_cli import cmx

WANTED = [
    "Ascend910B",
    "Ascend910C",
    "Ascend950DT",
    "A100",
    "H20",
    "H100",
    "H200",
    "B200",
    "GB200",
    "GB300",
    "MI250X",
    "MI300X",
    "MI355X",
    "TPUv4",
    "TPUv5p",
    "TPUv7",
    "Trainium2",
    "Gaudi3",
    "Grace",
    "Kunpeng920",
    "Trento",
    "Genoa",
    "Xeon8480C",
    "ConnectX7",
    "ConnectX8",
    "BlueField3",
    "NVSwitch3",
    "NVSwitch5",
    "Quantum2",
    "QuantumX800",
    "Spectrum4",
    "Tomahawk5",
    "Jericho3",
    "Rosetta",
    "UBSwitchL1",
    "UBSwitchL2",
    "DAC400",
    "ACC400",
    "AEC400",
    "AOC400",
    "LPO800",
    "LRO800",
    "CPO800",
    "DR8_1600",
    "DR1_100",
    "Rack48",
    "Pdu24",
    "PowerShelf",
    "Busbar",
    "Thor2",
    "Cassini",
    "Cdu",
    "Crah",
]


def test_the_library_has_the_field() -> None:
    names = {p.component.name for p in library_parts()}
    assert set(WANTED) <= names
    assert all(p.component.whole for p in library_parts())


@pytest.mark.parametrize(
    ("searches", "expected"),
    [
        (["h100"], {"H100"}),
        (["nvidia switch"], {"NVSwitch3", "NVSwitch5", "Quantum2", "QuantumX800", "Spectrum4", "HGX"}),
        (["TPUv4", "gaudi"], {"TPUv4", "Gaudi3", "Roce200"}),
        (["cooling"], {"Cdu", "Crah"}),
    ],
)
def test_search(searches: list[str], expected: set[str]) -> None:
    assert {p.component.name for p in matching(library_parts(), searches)} == expected


def test_list_and_width() -> None:
    wide = cmx("parts", "accelerator").stdout.decode()
    assert "1.307 PFLOPS" in wide and "~15,000 USD" in wide and "18 × NVLink5 of 400 Gb/s" in wide
    from cmxdsl.outputs.tables.parts import write_parts

    narrow = write_parts(library_parts(), "table", width=100)
    assert all(len(line) <= 100 for line in narrow.splitlines())
    for name in ("MI300X", "Ascend910C", "CirculatorOptic"):
        assert any(line.strip().startswith(name) for line in narrow.splitlines()), name


def test_compare_keeps_every_source() -> None:
    text = cmx("parts", "--compare", "Ascend910C", "H100").stdout.decode()
    head = next(line for line in text.splitlines() if "Ascend910C" in line)
    assert head.index("Ascend910C") < head.index("H100")
    assert "also compute.bf16" in text and "752 TFLOPS" in text and "SemiAnalysis" in text
    parts = json.loads(cmx("parts", "--format", "json", "H100").stdout)
    bf16 = parts[0]["attributes"]["compute.bf16"]
    assert (bf16["value"], bf16["kind"]) == (989e12, "published") and bf16["note"]


def test_mistakes() -> None:
    nothing = cmx("parts", "H10O")
    assert nothing.returncode == 2 and b"Did you mean `H100`" in nothing.stderr
    many = cmx("parts", "--compare")
    assert many.returncode == 2 and b"too many" in many.stderr
