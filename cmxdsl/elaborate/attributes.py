"""Attributes in the making: a value held to its row's type, with where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from cmxdsl.diagnostics import Diagnostic, Findings, Related, article, listing, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import computed_unit, constant
from cmxdsl.elaborate.project import FileScope
from cmxdsl.elaborate.scope import Scope
from cmxdsl.elaborate.sources import cited
from cmxdsl.elaborate.values import EXTENSION, fit, impossible, unknown_attribute, usual_unit
from cmxdsl.fixes import Confidence, Fix, Help, change
from cmxdsl.model import UNKNOWN, Attribute, Claim, Unknown, Value
from cmxdsl.records import evolve
from cmxdsl.schema import AttributeSpec
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import product_help, stated, unit_added
from cmxdsl.units import show


def make_attribute(
    scope: Scope, name: str, node: n.Attribute, row: AttributeSpec | None, reads: list[Claim]
) -> Attribute | None:
    """The attribute, its value held to its row's type; None after an error."""
    findings, claims = scope.findings, []
    for claim in node.claims:
        mark = len(reads)
        value = _symbol(claim.value, row, findings) if row and row.type == "symbol" else constant(claim.value, scope)
        used, reads[mark:] = reads[mark:], []
        if value is None:
            return None
        if row is not None and row.type != "symbol":
            fitted = fit(value, row.type, name, claim.value.span)
            if isinstance(fitted, Diagnostic):
                help = computed_unit(claim.value, scope) or product_help(claim.value)
                if help:
                    fitted = evolve(fitted, help=help.text, fixes=help.at(claim.value.span))
                findings.add(_with_unit(fitted, claim.value, usual_unit(row.type)))
                return None
            value = fitted
            if why := impossible(value, row):
                findings.add(rules.IMPOSSIBLE.at(claim.value.span, why))
                return None
        claims.append(_claim(value, claim, used, scope, name))
        if row is not None and row.unit in ("B", "B/s") and _in_bits(claim.value):
            message = f"`{name}` is given in bits: this is {show(value, row.unit)}"  # type: ignore[arg-type]
            findings.add(rules.BITS.at(claim.value.span, message, fixes=[_in_bytes(claim.value)]))
    return Attribute(name, claims[0], tuple(claims[1:]), node.span)


def _with_unit(found: Diagnostic, node: n.Expr, unit: str) -> Diagnostic:
    """The finding about a plain number, with its usual unit as a fix."""
    if found.code != rules.DIMENSION.code or not unit:
        return found
    return evolve(found, fixes=(*found.fixes, *unit_added(node, unit)))


def _in_bytes(node: n.Number) -> Fix:
    """`80 Gb` as `80 GB`."""
    return change(node.span, re.sub(r"b(it)?(?=/|$)", "B", node.text))


def _in_bits(node: n.Expr) -> TypeGuard[n.Number]:
    """Whether a number's unit is bits, or bits a second."""
    return isinstance(node, n.Number) and node.unit.partition("/")[0].endswith(("b", "bit"))


def missing(name: str, kind: str, span: Span, file: FileScope, rows: Iterable[AttributeSpec]) -> Iterator[Diagnostic]:
    """Findings for the attributes that a component, defined in `file`, needs and does not state."""
    found = file.definitions.get(name)
    definition = found if found is not None and found.name.span == span else None
    for row in rows:
        message = f"`{name}` is {article(kind)} and needs `{row.name}`: {row.meaning}"
        statement = f"{row.name} = unknown"
        fixes = [stated(file.source, definition, statement)] if definition is not None else []
        yield rules.MISSING.at(span, message, f"write it, or `{statement}`", fixes=fixes)


def port_attributes(overrides: tuple[n.Statement, ...], scope: Scope, reads: list[Claim]) -> dict[str, Attribute]:
    """What a port's braces say over its protocol."""
    findings, made = scope.findings, dict[str, Attribute]()
    rows, first = scope.file.vocabulary.attributes_of("protocol"), dict[str, Span]()
    for name, statement in _ungrouped(overrides, scope):
        span = statement.key[0].span.to(statement.key[-1].span)
        if name not in rows and not name.startswith(EXTENSION):
            findings.add(unknown_attribute(name, span, "protocol", rows))
            continue
        if first.setdefault(name, span) is not span:
            related = [Related(first[name], "first given here")]
            findings.add(rules.DUPLICATE.at(span, f"`{name}` is given twice", related=related))
            continue
        attribute = make_attribute(scope, name, statement, rows.get(name), reads)
        if attribute is not None:
            made[name] = attribute
    return made


def _ungrouped(overrides: tuple[n.Statement, ...], scope: Scope) -> Iterator[tuple[str, n.Attribute]]:
    """The attributes in a port's braces and in the groups there, with their full names."""
    for statement in overrides:
        if isinstance(statement, n.Attribute):
            yield ".".join(k.text for k in statement.key), statement
        elif isinstance(statement, n.Group):
            if group_of("protocol", statement.name, scope):
                yield from (
                    (f"{statement.name.text}.{name}", inner) for name, inner in _ungrouped(statement.body, scope)
                )
        elif not isinstance(statement, n.Broken):
            scope.findings.add(rules.MISPLACED.at(statement.span, "a port's braces take attributes only"))


def group_of(kind: str, name: n.Name, scope: Scope) -> bool:
    """Whether a kind has a group of attributes of this name; reported where it has not."""
    known = scope.file.vocabulary.groups(kind)
    if name.text in known or name.text == EXTENSION.rstrip("."):
        return True
    help = nearest(name.text, known) or (f"{article(kind)} has {listing(sorted(known))}" if known else "")
    message = f"{article(kind)} has no group `{name.text}`"
    scope.findings.add(
        rules.UNKNOWN_ATTRIBUTE.at(name.span, message, help or "attributes of your own go into `x { … }`")
    )
    return False


def _claim(value: Value, node: n.Claim, used: list[Claim], scope: Scope, name: str) -> Claim:
    """The value with where it comes from; what is computed from an estimate is an estimate."""
    note, source = cited(scope, node.cited, f"`{name}`") if node.cited is not None else (node.note, None)
    if node.kind == "estimated" and not note.strip():
        scope.findings.add(rules.NO_SOURCE.at(node.span, f"`{name}` has an empty source"))
    if isinstance(value, Unknown):
        return Claim(value, "unknown", note, source)
    if node.kind:
        return Claim(value, node.kind, note, source)
    for guess in ("calibrated", "estimated"):
        if any(u.kind == guess for u in used):
            return Claim(value, guess, "computed from an estimate")
    return Claim(value, "derived" if used else "stated", "")


def _symbol(node: n.Expr, row: AttributeSpec, findings: Findings) -> Value | None:
    """One of a fixed list of names."""
    if isinstance(node, n.Unknown):
        return UNKNOWN
    word = node.bare if isinstance(node, n.Path) else node.value if isinstance(node, n.Text) else None
    if word in row.symbols and isinstance(node, n.Path):
        return word
    fix = nearest(word or "", row.symbols) or Help(f"it is one of {', '.join(row.symbols)}")
    if word is not None and word in row.symbols:
        fix = Help(f"write `{word}` without quotes", instead=word, confidence=Confidence.SAFE)
    findings.add(rules.WRONG_TYPE.at(node.span, f"`{row.name}` takes a name from a fixed list", fix))
    return None
