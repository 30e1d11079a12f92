"""What came of tests: as a table for people, as JSON, and as JUnit for CI."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cmxdsl.diagnostics import Diagnostic, render
from cmxdsl.outputs.findings import plain_xml
from cmxdsl.outputs.kit.table import UNWRAPPED, Column, Table, plain
from cmxdsl.source import Source
from cmxdsl.testing import Results, TestResult

FORMATS = ("table", "json", "junit")


def write_tests(files: Sequence[Results], format: str, width: int = UNWRAPPED, color: bool = False) -> str:
    """The outcomes of the tests of files, in a format."""
    if format == "json":
        return json.dumps({"tests": [row for f in files for row in _rows(f)]}, indent=2, ensure_ascii=False) + "\n"
    if format == "junit":
        return _junit(files)
    columns = (Column("test"), Column("line", numeric=True), Column("result"))
    tables = [Table(f.file, columns, tuple(_cells(o) for o in f.outcomes)) for f in files if f.outcomes]
    told = [text for f in files for text in _told(f)]
    return (
        (plain(tables, width, color) if tables else "") + "".join(f"{text}\n\n" for text in told) + tally(files) + "\n"
    )


def tally(files: Sequence[Results]) -> str:
    """`12 tests: 11 passed, 1 failed`, and how many files could not be read."""
    outcomes = [o for f in files for o in f.outcomes]
    passed, many = sum(o.passed for o in outcomes), len(outcomes)
    counts = [f"{passed} passed"] + ([f"{many - passed} failed"] if passed < many else [])
    broken = sum(bool(f.broken) for f in files)
    unread = f"; {broken} {'file has' if broken == 1 else 'files have'} errors and no test was run" if broken else ""
    return f"{many} {'test' if many == 1 else 'tests'}: {', '.join(counts)}{unread}"


def _cells(outcome: TestResult) -> tuple[str, str, str]:
    return outcome.name, str(outcome.test.span.line), "passed" if outcome.passed else "FAILED"


def _told(results: Results) -> Iterator[str]:
    """Why tests failed, with excerpts."""
    yield from (render(d, results.sources) for d in results.broken)
    for outcome in results.outcomes:
        if not outcome.passed:
            yield f"{results.file}:{outcome.test.span.line}: `{outcome.name}`"
            yield from (render(d, results.sources) for d in outcome.failures)


def _rows(results: Results) -> Iterator[dict[str, Any]]:
    if results.broken:
        yield {"file": results.file, "passed": False, "failures": [_json(d) for d in results.broken]}
    for o in results.outcomes:
        yield {
            "file": results.file,
            "name": o.name,
            "line": o.test.span.line,
            "passed": o.passed,
            "found": [_json(d) for d in o.found],
            "failures": [_json(d) for d in o.failures],
        }


def _json(d: Diagnostic) -> dict[str, Any]:
    place = {"file": d.span.file, "line": d.span.line, "column": d.span.column}
    return {"code": d.code, "severity": d.severity.value, **place, "message": d.message, "help": d.help}


def _junit(files: Sequence[Results]) -> str:
    """One suite a file, one case a test."""
    from xml.etree import ElementTree as Xml

    root = Xml.Element("testsuites", name="cmx test")
    for f in files:
        failed = sum(not o.passed for o in f.outcomes)
        counts = {"tests": str(len(f.outcomes)), "failures": str(failed), "errors": str(int(bool(f.broken)))}
        suite = Xml.SubElement(root, "testsuite", {"name": plain_xml(f.file), **counts})
        if f.broken:
            case = Xml.SubElement(suite, "testcase", classname=plain_xml(f.file), name="read")
            _failure(Xml.SubElement(case, "error", message=plain_xml(f.broken[0].message)), f.broken, f.sources)
        for o in f.outcomes:
            case = Xml.SubElement(suite, "testcase", classname=plain_xml(f.file), name=plain_xml(o.name))
            if not o.passed:
                failure = Xml.SubElement(case, "failure", message=plain_xml(o.failures[0].message))
                _failure(failure, o.failures, f.sources)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _failure(element: Any, found: Sequence[Diagnostic], sources: dict[str, Source]) -> None:
    element.text = plain_xml("\n\n".join(render(d, sources) for d in found))
