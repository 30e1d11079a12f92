"""What a design can be written as: each row of the registry writes each of its formats, by every door."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

import cmxdsl
from cmxdsl.cli.main import cli
from cmxdsl.outputs.registry import Unwritable, Writer
from cmxdsl.outputs.writers import OWN, writers

from .conftest import ROOT
from .test_work import GPT, RUN, machine

TEXT = """
protocol P { rate = 100 Gb/s; plane = scale_out }
cable C { rate = 100 Gb/s; reach = 3 m }
chip A { role = accelerator; power { peak = 700 W }; port p: P }
switch W { port d[4]: P }
rack R { height = 42 U; a[4]: A; w: W; link a[i].p -- w.d[i] over C }
"""


@pytest.mark.parametrize(("name", "format"), [(w.name, f) for w in OWN.values() for f in w.formats])
def test_each_format_is_written(name: str, format: str) -> None:
    design = machine(RUN, GPT) if name == "perf" else cmxdsl.loads(TEXT)
    options = {"view": "elevation"} if format == "text" else {}
    options |= {"what": "schedule"} if format == "p2p" else {}
    made = design.write(name, format, **options)
    pieces = [made] if isinstance(made, (bytes, str)) else list(made)
    assert any(pieces)


def test_the_first_format_is_the_usual_one() -> None:
    design = cmxdsl.loads(TEXT)
    assert design.write("bom") == design.write("bom", "table")


def test_what_cannot_be_written_says_why() -> None:
    design = cmxdsl.loads(TEXT)
    with pytest.raises(Unwritable, match=r"no writer `bim`: it is one of .*bom, cables"):
        design.write("bim")
    with pytest.raises(Unwritable, match="no format `pdf` of `bom`: it is one of table, csv"):
        design.write("bom", "pdf")
    with pytest.raises(Unwritable, match="no links on a plane `scale_up`"):
        design.write("fabric", plane="scale_up")


def test_a_writer_of_another_distribution_is_a_command_and_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Point:
        name = "names"

        def load(self) -> Writer:
            return Writer("names", "the names of all parts", ("text",), names, built=("text",))

    def names(subject: cmxdsl.model.Subject, format: str) -> str:
        return "".join(f"{part.name}\n" for part in subject.counts)

    class Broken(Point):
        name = "broken"

        def load(self) -> Writer:
            raise ImportError("no module named x")

    monkeypatch.setattr(metadata, "entry_points", lambda group: [Point(), Broken()])
    assert "names" in writers()[0] and writers()[1] == ["writer `broken` cannot be loaded: no module named x"]
    file = tmp_path / "r.cmx"
    file.write_text(TEXT, encoding="utf-8")
    result = CliRunner().invoke(cli, ["names", str(file)])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == ["R", "A", "W", "C"]
    result = CliRunner().invoke(cli, ["build", str(file), "-o", str(tmp_path / "out")])
    assert result.exit_code == 0 and (tmp_path / "out" / "names.txt").is_file()
    assert "cannot be loaded" in result.output


def test_the_api_answers_as_the_commands_do() -> None:
    design = cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx")
    (fabric,) = design.fabric("scale_out")
    assert fabric.network.plane == "scale_out" and len(design.fabric()) >= 2
    assert sum(group.cables for group in design.cables()) == sum(p.cables for p in design.summary().planes.values())
    assert len(design.optics()) == len(set(map(id, design.optics()))) > 0
    power = design.power("typical")
    assert power.racks and sum(one.count for one in power.racks) == design.subject.count("rack")
