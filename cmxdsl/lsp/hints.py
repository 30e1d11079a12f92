"""Inlay hints: what a line comes to, behind it."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.queries.published import verdicts
from cmxdsl.lsp.documents import Analysis
from cmxdsl.model import Component, Subject, descendants
from cmxdsl.schema import BY_NAME
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, show


def hints(analysis: Analysis, first: int, last: int) -> dict[Span, str]:
    """By the span that it stands behind, each hint between two lines of the main file; the first for each place."""
    file, found = analysis.source.file, dict[Span, str]()
    for root in analysis.elaborated.roots:
        subject = Subject(root)
        pairs = [pair for component in descendants(root) for pair in _of(subject.of(component), analysis)]
        for span, text in (*pairs, *_figures(subject)):
            if span.file == file and first <= span.line <= last:
                found.setdefault(span, text)
    return {span: found[span] for span in sorted(found)}


_MARKS = {"holds": "✓", "differs": "≠"}


def _figures(subject: Subject) -> Iterator[tuple[Span, str]]:
    for verdict in verdicts(subject):
        if verdict.derived is not None:
            yield verdict.expectation.span, f"derived: {verdict.derived_text} {_MARKS.get(verdict.word, '✗')}"


def _of(subject: Subject, analysis: Analysis) -> Iterator[tuple[Span, str]]:
    component = subject.top
    power = subject.total("power.peak")
    if component.instances and isinstance(power.value, Quantity) and power.known:
        yield component.span, show(power.value, "W") + (" at least" if power.missing else "")
    for link in component.links:
        yield link.span, f"{link.count:,} link{'s' * (link.count != 1)}"
    for node in _arrays(analysis, component):
        shape = component.instances[node.name.text].shape
        if len(shape) > 1 or not isinstance(node.dims[0], n.Number):
            count = component.instances[node.name.text].count
            product = " × ".join(f"{size:,}" for size in shape)
            end = node.dims[-1].span
            after = Span(end.file, end.end_line, end.end_column + 1, end.end_line, end.end_column + 1)
            yield after, f"= {product}" + (f" = {count:,}" if len(shape) > 1 else "")
    for attribute in component.attributes.values():
        value, span = attribute.value, attribute.span
        if attribute.claim.kind == "derived" and isinstance(value, Quantity) and span is not None:
            spec = BY_NAME.get(attribute.name)
            yield span, f"= {show(value, spec.unit if spec is not None else None)}"


def _arrays(analysis: Analysis, component: Component) -> Iterator[n.Instance]:
    """The declarations of a component's arrays."""
    for definition in analysis.main.node.definitions:
        if definition.name.span == component.span:
            for node in n.walk(definition):
                if isinstance(node, n.Instance) and node.dims and node.name.text in component.instances:
                    yield node
