"""Findings where people look: JSON, SARIF 2.1.0 for code scanning, GitHub's log commands, JUnit; and baselines."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cmxdsl.diagnostics import Diagnostic, Rule, Severity, tally
from cmxdsl.fixes import Fix
from cmxdsl.source import Source

MAX_RESULTS = 5000  # what GitHub shows of one run; the worst are kept


def fingerprints(found: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[str]:
    """A name for each finding that stays when lines above it come and go: code, file, the line's text, its turn."""
    seen: dict[tuple[str, str, str, str], int] = {}
    names = []
    for diagnostic in found:
        source = sources.get(diagnostic.span.file)
        line = source.line(diagnostic.span.line).strip() if source is not None else ""
        key = (diagnostic.code, diagnostic.span.file, line, diagnostic.message)
        seen[key] = seen.get(key, 0) + 1
        names.append(hashlib.sha256("\0".join((*key, str(seen[key]))).encode()).hexdigest()[:32])
    return names


def write_baseline(found: Sequence[Diagnostic], sources: Mapping[str, Source]) -> str:
    """The findings of today as a file that `without_baseline` leaves out tomorrow."""
    entries = [
        {"fingerprint": name, "code": d.code, "file": d.span.file, "message": d.message}
        for name, d in zip(fingerprints(found, sources), found, strict=True)
    ]
    return json.dumps({"cmx_baseline": 1, "findings": entries}, indent=1, ensure_ascii=False) + "\n"


def without_baseline(
    found: Sequence[Diagnostic], sources: Mapping[str, Source], baseline: str
) -> tuple[list[Diagnostic], int]:
    """The findings that the baseline does not have, and how many of its own are gone. Raises ValueError."""
    data = json.loads(baseline)
    if not isinstance(data, dict) or data.get("cmx_baseline") != 1:
        raise ValueError("this is not a baseline of cmx")
    known = {entry["fingerprint"] for entry in data["findings"]}
    names = fingerprints(found, sources)
    fresh = [d for name, d in zip(names, found, strict=True) if name not in known]
    return fresh, len(known - set(names))


def write_findings(
    found: Sequence[Diagnostic],
    sources: Mapping[str, Source],
    rules: Mapping[str, Rule],
    format: str,
    files: Sequence[str],
    version: str,
) -> str:
    """All findings of cmx `version` in a format other than text."""
    match format:
        case "json":
            return json.dumps([finding_json(d) for d in found], indent=2, ensure_ascii=False) + "\n"
        case "sarif":
            return json.dumps(_sarif(found, sources, rules, version), indent=2, ensure_ascii=False) + "\n"
        case "github":
            return _github(found)
    return _junit(found, files)


def finding_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One finding: the contract's fields, its end, related places and fixes."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "related": [
            {"file": r.span.file, "line": r.span.line, "column": r.span.column, "message": r.message}
            for r in diagnostic.related
        ],
        "fixes": [
            {
                "title": fix.title,
                "confidence": fix.confidence.value,
                "edits": [
                    {
                        "file": edit.span.file,
                        "line": edit.span.line,
                        "column": edit.span.column,
                        "end_line": edit.span.end_line,
                        "end_column": edit.span.end_column,
                        "text": edit.text,
                    }
                    for edit in fix.edits
                ],
            }
            for fix in diagnostic.fixes
        ],
    }


# --- SARIF ------------------------------------------------------------------------------------------------


def _sarif(
    found: Sequence[Diagnostic], sources: Mapping[str, Source], rules: Mapping[str, Rule], version: str
) -> dict[str, Any]:
    names = fingerprints(found, sources)
    worst = sorted(zip(found, names, strict=True), key=lambda pair: pair[0].severity.rank)[:MAX_RESULTS]
    used = sorted({d.code for d, _ in worst})
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "cmx",
                        "version": version,
                        "semanticVersion": version,
                        "rules": [_sarif_rule(rules[code]) for code in used],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "automationDetails": {"id": "cmx/"},
                "results": [_sarif_result(d, name, used.index(d.code)) for d, name in worst],
                **_sarif_cut(len(found)),
            }
        ],
    }


def _sarif_cut(many: int) -> dict[str, Any]:
    """That some findings are left out, where there are more than GitHub shows."""
    if many <= MAX_RESULTS:
        return {}
    text = f"{many - MAX_RESULTS:,} of {many:,} findings are left out, the least severe ones"
    notice = {"level": "warning", "message": {"text": text}}
    return {"invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [notice]}]}


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    fix = f" To fix it: {rule.fix}." if rule.fix else ""
    name = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", rule.title))
    return {
        "id": rule.code,
        "name": name,
        "shortDescription": {"text": rule.title + "."},
        "fullDescription": {"text": rule.why[:1000]},
        "help": {
            "text": f"{rule.why}{fix}",
            "markdown": f"{rule.why}{fix}\n\n```\n{rule.example.rstrip()[:2000]}\n```",
        },
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"tags": ["design"], "precision": "very-high", "problem.severity": _problem(rule.severity)},
    }


def _problem(severity: Severity) -> str:
    return "recommendation" if severity is Severity.NOTE else severity.value


def _sarif_result(diagnostic: Diagnostic, fingerprint: str, index: int) -> dict[str, Any]:
    message = diagnostic.message + "." + (f" Help: {diagnostic.help}." if diagnostic.help else "")
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.severity.value,
        "message": {"text": message},
        "locations": [_location(diagnostic.span)],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": k, **_location(r.span), "message": {"text": r.message}} for k, r in enumerate(diagnostic.related, 1)
        ]
    if diagnostic.fixes:
        result["fixes"] = [_sarif_fix(fix) for fix in diagnostic.fixes]
    return result


def _sarif_fix(fix: Fix) -> dict[str, Any]:
    """The edits of a fix by file, each a region that is deleted and a text that takes its place."""
    files = dict.fromkeys(edit.span.file for edit in fix.edits)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(file)},
                "replacements": [
                    {
                        "deletedRegion": {
                            "startLine": edit.span.line,
                            "startColumn": edit.span.column,
                            "endLine": edit.span.end_line,
                            "endColumn": edit.span.end_column,
                        },
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in fix.edits
                    if edit.span.file == file
                ],
            }
            for file in files
        ],
    }


def _location(span: Any) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(span.file)},
            "region": {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.end_line,
                "endColumn": max(span.end_column, span.column + 1) if span.line == span.end_line else span.end_column,
            },
        }
    }


def _uri(file: str) -> str:
    """The file relative to the working folder, as code scanning wants it."""
    from urllib.parse import quote

    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return quote(path.as_posix())


# --- logs and reports -------------------------------------------------------------------------------------


def _github(found: Sequence[Diagnostic]) -> str:
    """GitHub's log commands, worst first since only ten of a kind are shown, and a summary line."""
    commands = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
    lines = []
    for d in sorted(found, key=lambda d: d.severity.rank):
        span = d.span
        place = {"file": span.file, "line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:  # columns are only understood on one line
            place |= {"col": str(span.column), "endColumn": str(span.end_column)}
        place["title"] = d.code
        properties = ",".join(f"{k}={_property(v)}" for k, v in place.items())
        text = d.message + (f"\nhelp: {d.help}" if d.help else "")
        lines.append(f"::{commands[d.severity]} {properties}::{_command(text)}")
    return "\n".join([*lines, tally(found)]) + "\n"


def _command(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _command(text).replace(":", "%3A").replace(",", "%2C")


def _junit(found: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """One suite a file, one failing case a finding; a file without findings is one passing case."""
    from xml.etree import ElementTree as Xml

    root = Xml.Element("testsuites", name="cmx")
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in files}
    for d in found:
        by_file.setdefault(d.span.file, []).append(d)
    for file, own in by_file.items():
        failures = [d for d in own if d.severity is not Severity.NOTE]
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=plain_xml(file),
            tests=str(max(1, len(failures))),
            failures=str(len(failures)),
            errors="0",
        )
        for d in failures:
            name = f"{d.code} line {d.span.line}"
            case = Xml.SubElement(suite, "testcase", classname=plain_xml(file), name=name)
            failure = Xml.SubElement(case, "failure", type=d.severity.value, message=plain_xml(d.message))
            failure.text = plain_xml(f"{d.span}: {d.message}" + (f"\nhelp: {d.help}" if d.help else ""))
        if not failures:
            Xml.SubElement(suite, "testcase", classname=plain_xml(file), name="check")
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def plain_xml(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
