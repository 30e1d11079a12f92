"""The language server: protocol in, answers of the other modules out. UTF-16 outside, code points inside."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from lsprotocol import types as t
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

import cmxdsl
from cmxdsl.diagnostics import Diagnostic, Findings, Severity
from cmxdsl.lsp.completion import completions
from cmxdsl.lsp.documents import Analysis, Workspace
from cmxdsl.lsp.hints import hints
from cmxdsl.lsp.hover import hover_text
from cmxdsl.lsp.names import Symbol, named, occurrences, symbol_at, used_at
from cmxdsl.lsp.signatures import signature_at
from cmxdsl.lsp.tokens import TYPES, encoded, semantic_tokens
from cmxdsl.schema import KINDS
from cmxdsl.source import Source, Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse

server = LanguageServer("cmx", cmxdsl.__version__)
workspace = Workspace()
logging.getLogger("pygls").setLevel(logging.ERROR)

_SEVERITY = {
    Severity.ERROR: t.DiagnosticSeverity.Error,
    Severity.WARNING: t.DiagnosticSeverity.Warning,
    Severity.NOTE: t.DiagnosticSeverity.Information,
}


# --- positions --------------------------------------------------------------------------------------------


def _units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def to_position(source: Source | None, line: int, column: int) -> t.Position:
    text = source.line(line) if source is not None else ""
    return t.Position(line - 1, _units(text[: column - 1]))


def from_position(source: Source, position: t.Position) -> tuple[int, int]:
    """Line and column from 1, in code points."""
    text = source.line(position.line + 1)
    units = 0
    for count, char in enumerate(text):
        if units >= position.character:
            return position.line + 1, count + 1
        units += _units(char)
    return position.line + 1, len(text) + 1


def to_range(analysis: Analysis, span: Span) -> t.Range:
    scope = analysis.scope_of(span.file)
    source = scope.source if scope is not None else None
    return t.Range(to_position(source, span.line, span.column), to_position(source, span.end_line, span.end_column))


def _path(uri: str) -> Path:
    return Path(to_fs_path(uri) or uri)


def _uri(file: str, analysis: Analysis | None = None) -> str:
    """The address of a file by the name that spans have; `analysis` knows where the files of libraries are."""
    scope = analysis.scope_of(file) if analysis is not None else None
    origin = scope.origin if scope is not None else None
    return from_fs_path(str(origin.where if origin is not None else Path(file).resolve())) or file


def _analysis(uri: str) -> Analysis | None:
    return workspace.of(_path(uri))


# --- texts and diagnostics --------------------------------------------------------------------------------


PAUSE = 0.04  # seconds without a keystroke before findings are sought: a fast typist's letters are analysed together
_sent: set[str] = set()
_timer: list[asyncio.TimerHandle] = []


@server.feature(t.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: LanguageServer, params: t.DidOpenTextDocumentParams) -> None:
    _take(ls, params.text_document.uri)


@server.feature(t.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: LanguageServer, params: t.DidChangeTextDocumentParams) -> None:
    _take(ls, params.text_document.uri)


@server.feature(t.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: LanguageServer, params: t.DidCloseTextDocumentParams) -> None:
    workspace.close(_path(params.text_document.uri))
    _later(ls)


@server.feature(t.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def files_changed(ls: LanguageServer, params: t.DidChangeWatchedFilesParams) -> None:
    for change in params.changes:
        workspace.touch(_path(change.uri))
    _later(ls)


def _take(ls: LanguageServer, uri: str) -> None:
    workspace.change(_path(uri), ls.workspace.get_text_document(uri).source)
    _later(ls)


def _later(ls: LanguageServer) -> None:
    """Publish once the typing pauses."""
    while _timer:
        _timer.pop().cancel()
    _timer.append(asyncio.get_running_loop().call_later(PAUSE, _publish, ls))


def _publish(ls: LanguageServer) -> None:
    """Say what is found in every file that an open one reaches; take back what was said and no longer holds."""
    workspace.refresh()
    found = {_uri(file): pairs for file, pairs in workspace.found().items()}
    for uri in sorted(_sent - found.keys()):
        ls.text_document_publish_diagnostics(t.PublishDiagnosticsParams(uri, []))
    _sent.clear()
    for uri, pairs in sorted(found.items()):
        version = ls.workspace.get_text_document(uri).version if _path(uri) in workspace.texts else None
        shown = [_diagnostic(analysis, d) for analysis, d in pairs]
        ls.text_document_publish_diagnostics(t.PublishDiagnosticsParams(uri, shown, version))
        _sent.add(uri)


def _diagnostic(analysis: Analysis, d: Diagnostic) -> t.Diagnostic:
    related = [
        t.DiagnosticRelatedInformation(t.Location(_uri(r.span.file, analysis), to_range(analysis, r.span)), r.message)
        for r in d.related
    ]
    return t.Diagnostic(
        range=to_range(analysis, d.span),
        message=d.message + (f"\nhelp: {d.help}" if d.help else ""),
        severity=_SEVERITY[d.severity],
        code=d.code,
        source="cmx",
        related_information=related or None,
        tags=[t.DiagnosticTag.Unnecessary] if d.code.startswith("CMX08") else None,
    )


# --- reading ----------------------------------------------------------------------------------------------


def _symbol(uri: str, position: t.Position) -> tuple[Analysis, Symbol] | None:
    analysis = _analysis(uri)
    if analysis is None:
        return None
    symbol = symbol_at(analysis, *from_position(analysis.source, position))
    return (analysis, symbol) if symbol is not None else None


@server.feature(t.TEXT_DOCUMENT_HOVER)
def hover(params: t.HoverParams) -> t.Hover | None:
    analysis = _analysis(params.text_document.uri)
    if analysis is None:
        return None
    text = hover_text(analysis, *from_position(analysis.source, params.position))
    return t.Hover(t.MarkupContent(t.MarkupKind.Markdown, text)) if text else None


@server.feature(t.TEXT_DOCUMENT_DEFINITION)
def definition(params: t.DefinitionParams) -> t.Location | None:
    found = _symbol(params.text_document.uri, params.position)
    if found is not None:
        analysis, symbol = found
        return t.Location(_uri(symbol.span.file, analysis), to_range(analysis, symbol.span))
    read = _analysis(params.text_document.uri)
    used = used_at(read, *from_position(read.source, params.position)) if read is not None else None
    start = t.Range(t.Position(0, 0), t.Position(0, 0))
    return t.Location(_uri(used.source.file, read), start) if used is not None else None


@server.feature(t.TEXT_DOCUMENT_REFERENCES)
def references(params: t.ReferenceParams) -> list[t.Location]:
    found = _symbol(params.text_document.uri, params.position)
    if found is None:
        return []
    analysis, symbol = found
    spans = occurrences(analysis, symbol)
    if not params.context.include_declaration:
        spans = [s for s in spans if s != symbol.span]
    return [t.Location(_uri(s.file, analysis), to_range(analysis, s)) for s in spans]


@server.feature(t.TEXT_DOCUMENT_RENAME, t.RenameOptions(prepare_provider=True))
def rename(params: t.RenameParams) -> t.WorkspaceEdit | None:
    found = _symbol(params.text_document.uri, params.position)
    if found is None or found[1].file.library or not params.new_name.isidentifier():
        return None
    analysis, symbol = found
    edits: dict[str, list[t.TextEdit]] = {}
    for span in occurrences(analysis, symbol):
        edits.setdefault(_uri(span.file), []).append(t.TextEdit(to_range(analysis, span), params.new_name))
    return t.WorkspaceEdit(changes=edits)


@server.feature(t.TEXT_DOCUMENT_PREPARE_RENAME)
def prepare_rename(params: t.PrepareRenameParams) -> t.PrepareRenamePlaceholder | None:
    found = _symbol(params.text_document.uri, params.position)
    if found is None or found[1].file.library:
        return None
    analysis, symbol = found
    line, column = from_position(analysis.source, params.position)
    for span in occurrences(analysis, symbol):
        here = span.file == analysis.source.file and span.line == line
        if here and span.column <= column <= span.end_column:
            return t.PrepareRenamePlaceholder(to_range(analysis, span), symbol.name)
    return None


_KINDS = {
    n.Instance: t.SymbolKind.Object,
    n.Port: t.SymbolKind.Interface,
    n.Expose: t.SymbolKind.Interface,
    n.Let: t.SymbolKind.Constant,
}


@server.feature(t.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
def document_symbols(params: t.DocumentSymbolParams) -> list[t.DocumentSymbol]:
    analysis = _analysis(params.text_document.uri)
    if analysis is None:
        return []
    found = []
    tests = [test.definition for test in analysis.main.node.tests]
    for d in (*analysis.main.node.definitions, *tests):
        inner = [
            t.DocumentSymbol(x.name.text, _KINDS[type(x)], to_range(analysis, x.span), to_range(analysis, x.name.span))
            for x in named(d)
        ]
        found.append(
            t.DocumentSymbol(
                d.name.text,
                t.SymbolKind.Class,
                to_range(analysis, d.span),
                to_range(analysis, d.name.span),
                detail="test" if d in tests else d.kind.text,
                children=inner,
            )
        )
    return found


@server.feature(t.WORKSPACE_SYMBOL)
def workspace_symbols(params: t.WorkspaceSymbolParams) -> list[t.WorkspaceSymbol]:
    found: dict[Span, t.WorkspaceSymbol] = {}
    for analysis in workspace.done.values():
        for scope in analysis.project.scopes.values():
            for d in scope.node.definitions:
                if not scope.library and params.query.casefold() in d.name.text.casefold():
                    place = t.Location(_uri(d.span.file), to_range(analysis, d.name.span))
                    found[d.name.span] = t.WorkspaceSymbol(place, d.name.text, t.SymbolKind.Class)
    return [found[span] for span in sorted(found)]


@server.feature(t.TEXT_DOCUMENT_FOLDING_RANGE)
def folding(params: t.FoldingRangeParams) -> list[t.FoldingRange]:
    analysis = _analysis(params.text_document.uri)
    if analysis is None:
        return []
    foldable = (n.Definition, n.Group, n.If, n.Instance, n.Port, n.Link)
    spans = {(x.span.line, x.span.end_line) for x in n.walk(analysis.main.node) if isinstance(x, foldable)}
    return [t.FoldingRange(first - 1, last - 1) for first, last in sorted(spans) if last > first]


@server.feature(t.TEXT_DOCUMENT_FORMATTING)
def formatting(params: t.DocumentFormattingParams) -> list[t.TextEdit]:
    from cmxdsl.syntax.format import formatted

    text = workspace.texts.get(_path(params.text_document.uri))
    findings = Findings()
    if text is None or parse(Source("x", text), KINDS, findings) is None or findings.items:
        return []
    end = t.Position(text.count("\n") + 1, 0)
    new = formatted(text)
    return [t.TextEdit(t.Range(t.Position(0, 0), end), new)] if new != text else []


@server.feature(t.TEXT_DOCUMENT_COMPLETION, t.CompletionOptions(trigger_characters=[".", " ", "["]))
def completion(params: t.CompletionParams) -> list[t.CompletionItem]:
    analysis = _analysis(params.text_document.uri)
    if analysis is None:
        return []
    return completions(analysis, *from_position(analysis.source, params.position))


@server.feature(t.TEXT_DOCUMENT_INLAY_HINT)
def inlay_hints(params: t.InlayHintParams) -> list[t.InlayHint]:
    """What links, arrays, computed attributes and published figures come to."""
    analysis = _analysis(params.text_document.uri)
    if analysis is None:
        return []
    found = hints(analysis, params.range.start.line + 1, params.range.end.line + 1)
    return [
        t.InlayHint(to_position(analysis.source, span.end_line, span.end_column), text, padding_left=True)
        for span, text in found.items()
    ]


@server.feature(t.TEXT_DOCUMENT_CODE_ACTION, t.CodeActionOptions(code_action_kinds=[t.CodeActionKind.QuickFix]))
def code_actions(params: t.CodeActionParams) -> list[t.CodeAction]:
    """The fixes of the findings that the selection touches."""
    analysis = _analysis(params.text_document.uri)
    if analysis is None:
        return []
    actions = []
    for d in analysis.diagnostics:
        place = to_range(analysis, d.span)
        touched = place.start.line <= params.range.end.line and place.end.line >= params.range.start.line
        if d.span.file != analysis.source.file or not touched:
            continue
        for fix in d.fixes:
            edits: dict[str, list[t.TextEdit]] = {}
            for edit in fix.edits:
                edits.setdefault(_uri(edit.span.file), []).append(t.TextEdit(to_range(analysis, edit.span), edit.text))
            actions.append(
                t.CodeAction(
                    fix.title,
                    t.CodeActionKind.QuickFix,
                    [_diagnostic(analysis, d)],
                    edit=t.WorkspaceEdit(changes=edits),
                    is_preferred=fix.safe or None,
                )
            )
    return actions


@server.feature(t.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, t.SemanticTokensLegend(list(TYPES), []))
def semantic(params: t.SemanticTokensParams) -> t.SemanticTokens:
    analysis = _analysis(params.text_document.uri)
    return t.SemanticTokens(encoded(analysis, semantic_tokens(analysis)) if analysis is not None else [])


@server.feature(t.TEXT_DOCUMENT_SIGNATURE_HELP, t.SignatureHelpOptions(trigger_characters=["(", ","]))
def signature(params: t.SignatureHelpParams) -> t.SignatureHelp | None:
    """The parameters of the definition or function whose brackets the cursor is in."""
    analysis = _analysis(params.text_document.uri)
    if analysis is None:
        return None
    line, column = from_position(analysis.source, params.position)
    found = signature_at(analysis, analysis.source.line(line)[: column - 1])
    if found is None:
        return None
    label, names, doc, active = found
    information = t.SignatureInformation(label, doc or None, [t.ParameterInformation(name) for name in names])
    return t.SignatureHelp([information], 0, min(active, max(0, len(names) - 1)))
