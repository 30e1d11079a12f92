"""For machines that write designs: the page of the language, the manual, and the server, asked by the SDK's own client."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import cmxdsl
from cmxdsl.manual import page, pages, search

from .conftest import ROOT
from .test_cli import cmx

mcp = pytest.importorskip("mcp")

GOOD = "chip A { power { typical = 1 W; peak = 2 W }; price = 3 USD }\nsystem S { a[4]: A }\n"


def test_the_language_on_two_pages_is_a_design_that_checks() -> None:
    text = page("llms")
    (block,) = re.findall(r"```cmx\n(.*?)```", text, re.DOTALL)
    design = cmxdsl.loads(block)
    assert not design.diagnostics, design.explain()
    assert len(text) < 20_000
    for word in ("`bisection(", "`compute.bf16`", "`use std.nvidia`", "`scale_out`"):
        assert word in text


def test_the_manual_lists_shows_and_finds() -> None:
    assert {"language", "tutorial", "llms", "rules"} <= set(pages())
    assert "Tutorial" in cmx("docs").stdout.decode()
    assert cmx("docs", "tutorial").stdout.decode() == (ROOT / "docs" / "tutorial.md").read_text()
    assert any(hit.topic == "language" for hit in search("slower end"))
    assert "language:" in cmx("docs", "--search", "slower end").stdout.decode()
    wrong = cmx("docs", "tutorail")
    assert wrong.returncode == 2 and b"tutorial" in wrong.stderr
    assert cmx("docs", "--search", "no such words anywhere").returncode == 2
    assert cmx("docs", "../README").returncode == 2


def test_the_wheel_has_the_manual(tmp_path: Path) -> None:
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    built = next(hatchling.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    names = zipfile.ZipFile(built).namelist()
    assert "cmxdsl/manual/llms.txt" in names and "cmxdsl/manual/tutorial.md" in names
    assert not any(name.startswith("cmxdsl/manual/") and name.endswith(".svg") for name in names)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "good.cmx").write_text(GOOD)
    (tmp_path / "inside" / "cmx.toml").write_text("")
    (tmp_path / "secret.cmx").write_text("chip Secret { }\n")
    (tmp_path / "inside" / "notes.txt").write_text("mine")
    return tmp_path / "inside"


async def asked(root: Path, calls: list[tuple[str, dict[str, Any]]], *options: str) -> list[Any]:
    """What a server says, in a process of its own over standard input and output."""
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    words = ["-m", "cmxdsl.cli.main", "mcp", "--root", str(root), *options]
    async with Client(stdio_client(StdioServerParameters(command=sys.executable, args=words))) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert ("write" in names) == ("--allow-write" in options)
        return [await client.call_tool(name, given) for name, given in calls]


def text(result: Any) -> str:
    assert not result.is_error, result
    return str(result.content[0].text)


async def test_a_model_checks_asks_and_draws(project: Path) -> None:
    found = await asked(
        project,
        [
            ("files", {}),
            ("read", {"path": "good.cmx"}),
            ("check", {"text": "chip A { power { peak = 3 J } }\n"}),
            ("ask", {"path": "good.cmx", "expressions": ["total(power.peak)", "total(mass)", "pwoer"]}),
            ("render", {"path": "good.cmx", "view": "hierarchy"}),
            ("explain", {"code": "cmx0401"}),
            ("parts", {"search": "H100 SXM"}),
            ("docs", {"topic": "llms"}),
            ("docs", {"words": "slower end"}),
            ("format", {"text": "chip   A{ }"}),
            ("summary", {"path": "good.cmx"}),
        ],
    )
    assert "good.cmx" in text(found[0]) and "secret" not in text(found[0])
    assert text(found[1]) == GOOD
    checked = found[2].structured_content
    assert checked["ok"] is False and checked["findings"][0]["code"] == "CMX0302"
    answers = found[3].structured_content["result"]
    assert (
        answers[0]["value"].startswith("8 W") and answers[1]["value"].startswith("unknown") and answers[2]["findings"]
    )
    assert found[4].content[0].mime_type == "image/png" and len(found[4].content[0].data) > 1000
    assert "ranges over" in text(found[5]) or "CMX0401" in text(found[5])
    assert "H100" in text(found[6]) and "# cmx" in text(found[7]) and "language:" in text(found[8])
    assert text(found[9]) == "chip A { }\n" and "power" in text(found[10])


async def test_nothing_outside_of_the_folder_is_read_or_written(project: Path) -> None:
    (project / "link.cmx").symlink_to(project.parent / "secret.cmx")
    found = await asked(
        project,
        [
            ("read", {"path": "../secret.cmx"}),
            ("read", {"path": str(project.parent / "secret.cmx")}),
            ("read", {"path": "link.cmx"}),
            ("read", {"path": "notes.txt"}),
            ("check", {"path": "../secret.cmx"}),
            ("check", {"text": 'use "../secret.cmx"\nsystem S { s: Secret }\n'}),
            ("write", {"path": "../new.cmx", "text": GOOD}),
            ("write", {"path": "notes.txt", "text": GOOD}),
            ("write", {"path": "good.cmx", "text": "chip A { power { peak = 3 J } }\n"}),
            ("write", {"path": "sub/new.cmx", "text": GOOD}),
            ("files", {}),
            ("check", {"path": "good.cmx", "text": GOOD}),
            ("render", {"path": "good.cmx", "view": "network"}),
            ("explain", {"code": "nothing"}),
        ],
        "--allow-write",
    )
    for k in (0, 1, 2, 3, 4, 6, 7, 11, 12, 13):
        assert found[k].is_error, k
    assert "outside" in found[0].content[0].text and "one of both" in found[11].content[0].text
    assert found[5].structured_content["ok"] is False
    assert found[8].structured_content["written"] is False and (project / "good.cmx").read_text() == GOOD
    assert found[9].structured_content["written"] is True and (project / "sub" / "new.cmx").read_text() == GOOD
    assert (project / "notes.txt").read_text() == "mine" and not (project.parent / "new.cmx").exists()
    assert "link.cmx" not in json.dumps(found[10].structured_content)
