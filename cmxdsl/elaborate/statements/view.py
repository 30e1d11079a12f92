"""`view NAME { … }`: pictures that are kept with the design."""

from __future__ import annotations

from cmxdsl.diagnostics import listing, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.scope import Scope
from cmxdsl.elaborate.values import EXTENSION
from cmxdsl.model import View
from cmxdsl.schema import SETTINGS, VIEWS, Setting
from cmxdsl.syntax import nodes as n


def elaborate_view(scope: Scope, node: n.View) -> View | None:
    """A view with each setting checked; None after an error."""
    settings: dict[str, tuple[str, ...]] = {}
    fine = True
    if node.name.text in VIEWS:
        message = f"`{node.name.text}` is a view that every design has"
        scope.findings.add(rules.DUPLICATE.at(node.name.span, message, "give it another name"))
        fine = False
    for setting in node.settings:
        if not isinstance(setting, n.Setting):  # it could not be read
            fine = False
            continue
        spec = SETTINGS.get(setting.name.text)
        if spec is None:
            fix = nearest(setting.name.text, SETTINGS) or f"a view has {listing(SETTINGS)}"
            message = f"a view has no setting `{setting.name.text}`"
            scope.findings.add(rules.UNKNOWN_SETTING.at(setting.name.span, message, fix))
            fine = False
        elif spec.name in settings:
            scope.findings.add(rules.DUPLICATE.at(setting.span, f"`{spec.name}` is given twice", "keep one of them"))
            fine = False
        else:
            values = _values(scope, spec, setting)
            settings[spec.name] = values or ()
            fine = fine and values is not None
    return View(node.name.text, settings, node.span, node.doc) if fine else None


def _values(scope: Scope, spec: Setting, node: n.Setting) -> tuple[str, ...] | None:
    """What a setting says, as texts; None after an error."""
    values = list(node.values)
    if spec.name == "colour" and len(values) > 1 and isinstance(values[0], n.Path) and values[0].bare == "by":
        del values[0]
    if len(values) != 1 and spec.takes not in ("paths", "attributes"):
        scope.findings.add(
            rules.WRONG_TYPE.at(node.span, f"`{spec.name}` takes one value", f"such as `{spec.example}`")
        )
        return None
    found = [_value(scope, spec, value) for value in values]
    return None if None in found else tuple(text for text in found if text is not None)


def _value(scope: Scope, spec: Setting, value: n.Expr) -> str | None:
    word = value.dotted if isinstance(value, n.Path) else value.value if isinstance(value, n.Text) else None
    if spec.takes == "count":
        if isinstance(value, n.Number) and not value.unit and value.value.denominator == 1 and value.value >= 1:
            return str(value.value.numerator)
        scope.findings.add(
            rules.WRONG_TYPE.at(value.span, f"`{spec.name}` is a whole number from 1 up", f"such as `{spec.example}`")
        )
        return None
    if word is None:
        message = f"a number is not a value of `{spec.name}`"
        scope.findings.add(rules.WRONG_TYPE.at(value.span, message, f"such as `{spec.example}`"))
        return None
    if spec.takes in ("path", "paths"):
        if not isinstance(value, n.Path):
            scope.findings.add(rules.WRONG_TYPE.at(value.span, "a path is written without quotes"))
            return None
        part = scope.names.part(value, scope)
        return None if part is None else ".".join(part)
    if spec.takes == "attributes":
        known = scope.file.vocabulary.attributes
        if word in known or word.startswith(EXTENSION):
            return word
        message = f"unknown attribute `{word}`"
        scope.findings.add(rules.UNKNOWN_ATTRIBUTE.at(value.span, message, nearest(word, known)))
        return None
    symbols = scope.file.vocabulary.planes if spec.name == "plane" else spec.symbols
    if spec.takes == "symbol" and word not in symbols:
        fix = nearest(word, symbols) or f"it is one of {', '.join(symbols)}"
        scope.findings.add(rules.WRONG_TYPE.at(value.span, f"`{word}` is not a value of `{spec.name}`", fix))
        return None
    return word
