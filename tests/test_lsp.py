"""The language server, end to end over standard input and output."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as t
from pygls.uris import to_fs_path
from pytest_lsp import ClientServerConfig, LanguageClient

import cmxdsl

from .conftest import ROOT

PARTS = 'protocol P { plane = scale_up; rate = 100 Gb/s }\n/// An accelerator.\nchip Npu {\n    power { peak = 700 W from "sheet" }\n    port p[4]: P\n}\n'
MAIN = (
    'use "parts.cmx"\n/* µ💡 */ board Node(n: count = 8) {\n    npu[n]: Npu\n    s[4]:   Switch\n'
    "    link npu[i].p[k] -- s[k].q[i]\n}\nswitch Switch { port q[8]: P }\n"
)


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[sys.executable, "-m", "cmxdsl.cli.main", "lsp"]))
async def client(lsp_client: LanguageClient):  # type: ignore[no-untyped-def]
    await lsp_client.initialize_session(t.InitializeParams(capabilities=t.ClientCapabilities(), root_uri=ROOT.as_uri()))
    yield
    await lsp_client.shutdown_session()


async def opened(client: LanguageClient, folder: Path, text: str) -> str:
    (folder / "parts.cmx").write_text(PARTS, encoding="utf-8")
    file = folder / "main.cmx"
    file.write_text(text, encoding="utf-8")
    uri = file.as_uri()
    client.text_document_did_open(t.DidOpenTextDocumentParams(t.TextDocumentItem(uri, "cmx", 1, text)))
    await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    return uri


def at(uri: str, line: int, character: int) -> dict[str, object]:
    return {"text_document": t.TextDocumentIdentifier(uri), "position": t.Position(line, character)}


@pytest.mark.asyncio
async def test_diagnostics_follow_the_text(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN.replace("npu[n]: Npu", "npu[n]: Nup"))
    (found,) = client.diagnostics[uri]
    assert (found.code, found.range.start, found.range.end) == ("CMX0201", t.Position(2, 12), t.Position(2, 15))
    actions = await client.text_document_code_action_async(
        t.CodeActionParams(t.TextDocumentIdentifier(uri), found.range, t.CodeActionContext([found]))
    )
    assert actions and actions[0].edit and actions[0].edit.changes
    assert actions[0].edit.changes[uri][0].new_text == "Npu"
    client.text_document_did_change(
        t.DidChangeTextDocumentParams(
            t.VersionedTextDocumentIdentifier(2, uri),
            [t.TextDocumentContentChangePartial(found.range, "Npu")],
        )
    )
    await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert [d.code for d in client.diagnostics[uri] if d.severity != t.DiagnosticSeverity.Information] == []


@pytest.mark.asyncio
async def test_positions_are_utf16(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN.replace("board Node(n: count", "board Node(n: cuont"))
    found = next(d for d in client.diagnostics[uri] if d.code == "CMX0212")
    line = MAIN.splitlines()[1]
    before = line[: line.index("count")]
    assert found.range.start.character == len(before.encode("utf-16-le")) // 2 == len(before) + 1


@pytest.mark.asyncio
async def test_hover(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN)

    async def hover(line: int, character: int) -> str:
        result = await client.text_document_hover_async(t.HoverParams(**at(uri, line, character)))  # type: ignore[arg-type]
        return result.contents.value if result is not None and isinstance(result.contents, t.MarkupContent) else ""

    assert "8 of them" in await hover(2, 5)
    assert "An accelerator." in await hover(2, 13) and "700 W" in await hover(2, 13)
    assert "8 × 4 = 32 links" in await hover(4, 5)


@pytest.mark.asyncio
async def test_definition_references_and_rename(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN)
    place = await client.text_document_definition_async(t.DefinitionParams(**at(uri, 2, 13)))  # type: ignore[arg-type]
    assert isinstance(place, t.Location) and place.uri.endswith("parts.cmx") and place.range.start == t.Position(2, 5)
    port = await client.text_document_definition_async(t.DefinitionParams(**at(uri, 4, 29)))  # type: ignore[arg-type]
    assert isinstance(port, t.Location) and port.range.start.line == 6
    places = await client.text_document_references_async(
        t.ReferenceParams(context=t.ReferenceContext(True), **at(uri, 3, 13))  # type: ignore[arg-type]
    )
    assert places is not None and [p.range.start.line for p in places] == [3, 6]
    edit = await client.text_document_rename_async(t.RenameParams(new_name="accel", **at(uri, 2, 5)))  # type: ignore[arg-type]
    assert edit is not None and edit.changes is not None
    assert [(e.range.start.line, e.new_text) for e in edit.changes[uri]] == [(2, "accel"), (4, "accel")]


@pytest.mark.asyncio
async def test_completion(client: LanguageClient, tmp_path: Path) -> None:
    text = MAIN + "chip X {\n    power { peak = 3 \n    mem\n    role = \n}\n"
    uri = await opened(client, tmp_path, text)

    async def labels(line: int, character: int) -> set[str]:
        result = await client.text_document_completion_async(t.CompletionParams(**at(uri, line, character)))  # type: ignore[arg-type]
        assert isinstance(result, list)
        return {item.label for item in result}

    units = await labels(8, 21)
    assert "kW" in units and "TB/s" not in units
    assert "accelerator" in await labels(10, 11)
    members = await labels(4, 16)
    assert "p" in members


@pytest.mark.asyncio
async def test_completion_in_tests_and_studies(client: LanguageClient, tmp_path: Path) -> None:
    text = (
        'chip A { }\ntest "one" {\n    a: A\n    finds CMX\n}\nsystem S(racks: count = 2) {\n    a[racks]: A\n'
        "    study size {\n        vary \n        \n    }\n}\n"
    )
    uri = await opened(client, tmp_path, text)

    async def labels(line: int, character: int) -> set[str]:
        result = await client.text_document_completion_async(t.CompletionParams(**at(uri, line, character)))  # type: ignore[arg-type]
        assert isinstance(result, list)
        return {item.label for item in result}

    assert {"CMX0401", "CMX0506"} <= await labels(3, 13)
    assert await labels(8, 13) == {"racks"}
    assert await labels(9, 8) == {"vary", "keep", "report", "minimize", "maximize"}


@pytest.mark.asyncio
async def test_symbols_folding_hints_and_formatting(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN.replace("npu[n]: Npu", "npu[n]:Npu"))
    document = t.TextDocumentIdentifier(uri)
    symbols = await client.text_document_document_symbol_async(t.DocumentSymbolParams(document))
    assert symbols is not None and [s.name for s in symbols] == ["Node", "Switch"]
    folds = await client.text_document_folding_range_async(t.FoldingRangeParams(document))
    assert folds is not None and (1, 5) in [(f.start_line, f.end_line) for f in folds]
    hints = await client.text_document_inlay_hint_async(
        t.InlayHintParams(document, t.Range(t.Position(0, 0), t.Position(9, 0)))
    )
    assert hints is not None and [(h.position.line, h.label) for h in hints] == [
        (1, "5.6 kW at least"),
        (2, "= 8"),
        (4, "32 links"),
    ]
    edits = await client.text_document_formatting_async(
        t.DocumentFormattingParams(document, t.FormattingOptions(4, True))
    )
    assert edits is not None and "npu[n]: Npu\n    s[4]:   Switch" in edits[0].new_text


@pytest.mark.asyncio
async def test_semantic_tokens_and_signatures(client: LanguageClient, tmp_path: Path) -> None:
    text = MAIN + "system S {\n    node[2]: Node(\n    x.a = total(price, )\n}\n"
    uri = await opened(client, tmp_path, text)
    document = t.TextDocumentIdentifier(uri)
    tokens = await client.text_document_semantic_tokens_full_async(t.SemanticTokensParams(document))
    assert tokens is not None and len(tokens.data) % 5 == 0
    line = MAIN.splitlines()[1]
    start = len(line[: line.index("Node")].encode("utf-16-le")) // 2
    assert list(tokens.data[:5]) == [1, start, 4, 0, 0]
    node = await client.text_document_signature_help_async(t.SignatureHelpParams(**at(uri, 8, 18)))  # type: ignore[arg-type]
    assert node is not None and node.signatures[0].label == "Node(n: count)"
    total = await client.text_document_signature_help_async(t.SignatureHelpParams(**at(uri, 9, 23)))  # type: ignore[arg-type]
    assert total is not None and total.active_parameter == 1


@pytest.mark.asyncio
async def test_functions_are_hovered_followed_completed_and_signed(client: LanguageClient, tmp_path: Path) -> None:
    text = (
        "let spare(x: power, share: number = 10%) = x * (1 + share)\nchip A {\n    x.a = spare(3 W, share = 20%)\n}\n"
    )
    uri = await opened(client, tmp_path, text)
    assert not client.diagnostics[uri]
    hover = await client.text_document_hover_async(t.HoverParams(**at(uri, 2, 12)))  # type: ignore[arg-type]
    assert hover is not None and "function **spare**(x: power, share: number)" in str(hover.contents)
    for line, character in ((2, 22), (0, 53), (0, 21)):  # in the call, in the expression, where it is declared
        found = await client.text_document_references_async(
            t.ReferenceParams(context=t.ReferenceContext(True), **at(uri, line, character))  # type: ignore[arg-type]
        )
        assert [(f.range.start.line, f.range.start.character) for f in found or ()] == [(0, 20), (0, 52), (2, 21)]
    signature = await client.text_document_signature_help_async(t.SignatureHelpParams(**at(uri, 2, 21)))  # type: ignore[arg-type]
    assert signature is not None and signature.signatures[0].label == "spare(x: power, share: number)"
    items = await client.text_document_completion_async(t.CompletionParams(**at(uri, 0, 43)))  # type: ignore[arg-type]
    assert {"x", "share"} <= {i.label for i in (items.items if isinstance(items, t.CompletionList) else items or ())}


@pytest.mark.asyncio
async def test_half_written_text_is_survived(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN[:90] + "\n chip {{{ \0 \r\n")
    for line in range(4):
        for character in (0, 3, 200):
            await client.text_document_hover_async(t.HoverParams(**at(uri, line, character)))  # type: ignore[arg-type]
            await client.text_document_completion_async(t.CompletionParams(**at(uri, line, character)))  # type: ignore[arg-type]
    assert client.diagnostics[uri]


@pytest.mark.asyncio
async def test_findings_of_used_files_come_and_go(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN)
    parts = (tmp_path / "parts.cmx").as_uri()

    async def edited(text: str) -> list[object]:
        (tmp_path / "parts.cmx").write_text(text, encoding="utf-8")
        client.workspace_did_change_watched_files(
            t.DidChangeWatchedFilesParams([t.FileEvent(parts, t.FileChangeType.Changed)])
        )
        await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        await client.text_document_folding_range_async(t.FoldingRangeParams(t.TextDocumentIdentifier(uri)))
        return [d.code for d in client.diagnostics.get(parts, ())]

    assert await edited(PARTS.replace("700 W", "700 Wat")) == ["CMX0301"]
    assert await edited(PARTS) == []


@pytest.mark.asyncio
async def test_an_index_and_an_argument_are_followed(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN + "system S { node: Node(n = 4) }\n")
    edit = await client.text_document_rename_async(t.RenameParams(new_name="socket", **at(uri, 4, 13)))  # type: ignore[arg-type]
    assert edit is not None and edit.changes is not None
    assert [e.range.start for e in edit.changes[uri]] == [t.Position(4, 13), t.Position(4, 31)]
    place = await client.text_document_definition_async(t.DefinitionParams(**at(uri, 7, 23)))  # type: ignore[arg-type]
    assert isinstance(place, t.Location) and place.range.start.line == 1
    shown = await client.text_document_hover_async(t.HoverParams(**at(uri, 4, 13)))  # type: ignore[arg-type]
    assert shown is not None and isinstance(shown.contents, t.MarkupContent) and "0 to 7" in shown.contents.value


@pytest.mark.asyncio
async def test_completion_follows_the_grammar_and_the_last_whole_text(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN)
    line = "    link npu[0]. -- s[0].q[0] \n"
    at_end = t.Range(t.Position(5, 0), t.Position(5, 0))
    client.text_document_did_change(
        t.DidChangeTextDocumentParams(
            t.VersionedTextDocumentIdentifier(2, uri), [t.TextDocumentContentChangePartial(at_end, line)]
        )
    )

    async def labels(character: int) -> set[str]:
        result = await client.text_document_completion_async(t.CompletionParams(**at(uri, 5, character)))  # type: ignore[arg-type]
        assert isinstance(result, list)
        return {item.label for item in result}

    assert await labels(16) == {"p"}
    client.text_document_did_change(
        t.DidChangeTextDocumentParams(
            t.VersionedTextDocumentIdentifier(3, uri),
            [t.TextDocumentContentChangePartial(t.Range(t.Position(5, 16), t.Position(5, 16)), "p[0]")],
        )
    )
    assert {"over", "via", "where", "for", "bundle"} == await labels(len(line) + 3)


@pytest.mark.asyncio
async def test_edits_out_of_order_and_beyond_the_text_are_survived(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, MAIN)
    beyond = t.Range(t.Position(900, 4), t.Position(901, 70))
    backwards = t.Range(t.Position(4, 9), t.Position(2, 1))
    for version, place in ((7, beyond), (3, backwards), (3, t.Range(t.Position(1, 3), t.Position(1, 4)))):
        client.text_document_did_change(
            t.DidChangeTextDocumentParams(
                t.VersionedTextDocumentIdentifier(version, uri), [t.TextDocumentContentChangePartial(place, "µ💡\n")]
            )
        )
    client.text_document_did_change(
        t.DidChangeTextDocumentParams(
            t.VersionedTextDocumentIdentifier(1, uri), [t.TextDocumentContentChangeWholeDocument(MAIN)]
        )
    )
    symbols = await client.text_document_document_symbol_async(t.DocumentSymbolParams(t.TextDocumentIdentifier(uri)))
    assert symbols is not None and [s.name for s in symbols] == ["Node", "Switch"]
    client.text_document_did_close(t.DidCloseTextDocumentParams(t.TextDocumentIdentifier(uri)))
    await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert (tmp_path / "main.cmx").read_text("utf-8") == MAIN


@pytest.mark.asyncio
async def test_completion_inside_a_view(client: LanguageClient, tmp_path: Path) -> None:
    text = MAIN.replace("}\n", "    view all { show hierarchy; colour by power;  }\n    view one { fold  }\n}\n", 1)
    uri = await opened(client, tmp_path, text)
    lines = text.splitlines()
    (first, second) = (k for k, line in enumerate(lines) if "view" in line)

    async def labels(line: int, before: str) -> set[str]:
        character = lines[line].index(before) + len(before)
        result = await client.text_document_completion_async(t.CompletionParams(**at(uri, line, character)))  # type: ignore[arg-type]
        assert isinstance(result, list)
        return {item.label for item in result}

    assert {"show", "colour", "fold"} <= await labels(first, "power; ")
    assert {"hierarchy", "floor"} <= await labels(first, "show ")
    assert {"power", "plane"} <= await labels(first, "colour ")
    assert "npu" in await labels(second, "fold ")


LIBRARY = """use std.nvidia
use std.optics
switch Leaf : Quantum2 { }
chassis Node { gpu[2]: H100 }
system S {
    a: Leaf
    b: Leaf
    node: Node
    link a.p[0] -- b.p[0] over DR4_400
    require total(price, in = node.gpu) >= H100.price
}
"""


@pytest.mark.asyncio
async def test_definition_and_hover_reach_into_the_library(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path, LIBRARY)
    folder = Path(cmxdsl.__file__).parent / "library"

    async def place(line: int, word: str) -> tuple[str, str]:
        """The file that the definition of a word is in, and what stands there."""
        character = LIBRARY.splitlines()[line].index(word) + 1
        found = await client.text_document_definition_async(t.DefinitionParams(**at(uri, line, character)))  # type: ignore[arg-type]
        assert isinstance(found, t.Location)
        file = Path(to_fs_path(found.uri) or "")
        text = file.read_text("utf-8").splitlines()[found.range.start.line]
        return file.name, text[found.range.start.character : found.range.end.character]

    async def hover(line: int, word: str) -> str:
        character = LIBRARY.splitlines()[line].index(word) + 1
        result = await client.text_document_hover_async(t.HoverParams(**at(uri, line, character)))  # type: ignore[arg-type]
        return result.contents.value if result is not None and isinstance(result.contents, t.MarkupContent) else ""

    assert await place(2, "Quantum2") == ("nvidia.cmx", "Quantum2") and (folder / "nvidia.cmx").is_file()
    assert await place(3, "H100") == ("nvidia.cmx", "H100")
    assert await place(8, "DR4_400") == ("optics.cmx", "DR4_400")
    assert await place(8, "p[0]") == ("nvidia.cmx", "p")
    assert (await place(0, "std.nvidia"))[0] == "nvidia.cmx"
    said = await hover(2, "Quantum2")
    assert "of `std.nvidia`" in said and "QM9700" in said and "1.7 kW" in said
    assert "400 Gb/s" in await hover(8, "DR4_400") and "[64]: NDR" in await hover(8, "p[0]")
    assert "H100" in await hover(0, "std.nvidia")
    rename = await client.text_document_prepare_rename_async(t.PrepareRenameParams(**at(uri, 3, 24)))  # type: ignore[arg-type]
    assert rename is None
