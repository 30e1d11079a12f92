"""What can stand where the cursor is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from lsprotocol import types as t

from cmxdsl.checks import catalogue
from cmxdsl.elaborate.values import PARAMETER_TYPES
from cmxdsl.lsp.documents import Analysis
from cmxdsl.lsp.hover import component_of
from cmxdsl.lsp.names import named
from cmxdsl.model.component import GOALS
from cmxdsl.records import frozen
from cmxdsl.schema import FUNCTIONS, KINDS, SETTINGS, AttributeSpec
from cmxdsl.syntax import following, keywords
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.incremental import pieces
from cmxdsl.syntax.words import SOFT
from cmxdsl.units import unit
from cmxdsl.units.dimension import CURRENCIES, NAMES, PRICES, money
from cmxdsl.units.scales import POINTS
from cmxdsl.units.table import PREFERRED, UNITS

NEAR = 1_000  # characters before the cursor that are looked at: a word of a megabyte is nobody's


@frozen
class _Place:
    """A place in a text: what stands `before` it in its line, and the definition that it is in."""

    analysis: Analysis
    before: str
    owner: n.Definition | None
    line: int

    @property
    def above(self) -> list[str]:
        return self.analysis.source.lines[: self.line - 1]


_Items = Iterator[t.CompletionItem]


def completions(analysis: Analysis, line: int, column: int) -> list[t.CompletionItem]:
    """What can stand at a place, judged by the text before it."""
    before = analysis.source.line(line)[max(0, column - 1 - NEAR) : column - 1]
    around = analysis.node_at(line, column)
    owner = next((x for x in around if isinstance(x, n.Definition)), None) or _owner_by_place(analysis, line)
    place = _Place(analysis, before, owner, line)
    found = next((items for rule in _RULES if (items := rule(place)) is not None), None)
    return list({item.label: item for item in (found if found is not None else _anything(place))}.values())


def _owner_by_place(analysis: Analysis, line: int) -> n.Definition | None:
    """The definition that a line belongs to, for text that does not parse yet."""
    for number in range(line, 0, -1):
        head = re.match(r"([a-z]\w*)\s+(\w+)", analysis.source.line(number))
        if head and head[1] in KINDS:
            found = (d for reading in analysis.readings for d in reading.main.node.definitions)
            return next((d for d in found if d.name.text == head[2]), None)
    return None


# Each rule gives what can stand at a place that it knows, and None at any other; the first that knows it counts.


def _line_in(word: str, place: _Place) -> str | None:
    """What is written so far of a line in the braces of a `view` or a `study`; None outside of one."""
    text = "\n".join([*place.above, place.before])
    found = re.search(rf"\b{word}\s+\w+\s*\{{(?:[^{{}}]*[;\n{{])?\s*([^;\n{{}}]*)$", text)
    return found[1] if found else None


def _in_view(place: _Place) -> _Items | None:
    said = _line_in("view", place)
    return _settings(place.analysis, said, place.owner) if said is not None else None


def _in_study(place: _Place) -> _Items | None:
    """A line of a study, or the parameter that one varies."""
    said = _line_in("study", place)
    if said is None:
        return None
    if re.fullmatch(r"\w*", said):
        return (t.CompletionItem(word, kind=t.CompletionItemKind.Keyword) for word in ("vary", *GOALS))
    if re.fullmatch(r"vary\s+\w*", said) and place.owner is not None:
        names = (p.name.text for p in place.owner.parameters)
        return (t.CompletionItem(name, kind=t.CompletionItemKind.Variable) for name in names)
    return None


def _after_finds(place: _Place) -> _Items | None:
    """The codes of findings that a test may expect."""
    if not re.search(r"\bfinds\s+\w*$", place.before):
        return None
    return (
        t.CompletionItem(rule.code, detail=rule.title, kind=t.CompletionItemKind.EnumMember)
        for rule in catalogue().values()
    )


def _after_number(place: _Place) -> _Items | None:
    number = re.search(r"(\w[\w.]*)\s*=\s*[0-9][0-9_.]*\s*\w*$", place.before)
    if not number:
        return None
    return _units(place.analysis.main.vocabulary.attributes.get(_key(place.analysis, number[1], place.line)))


def _after_equals(place: _Place) -> _Items | None:
    """The words that an attribute takes."""
    value = re.search(r"(\w[\w.]*)\s*=\s*\w*$", place.before)
    if not value or place.owner is None:
        return None
    known = place.analysis.main.vocabulary.attributes_of(place.owner.kind.text)
    spec = known.get(_key(place.analysis, value[1], place.line))
    if spec is None or not spec.symbols:
        return None
    member = t.CompletionItemKind.EnumMember
    return (t.CompletionItem(name, detail=meaning, kind=member) for name, meaning in spec.symbols.items())


def _after_alias(place: _Place) -> _Items | None:
    alias = re.search(r"\b(\w+)\.\w*$", place.before)
    if alias and alias[1] in place.analysis.main.aliases:
        return _definitions(place.analysis, None, alias[1])
    return None


def _after_path(place: _Place) -> _Items | None:
    path = re.search(r"((?:\w+(?:\[[^\]]*\])?\.)+)\w*$", place.before)
    if not path or place.owner is None:
        return None
    return _members(place.analysis, place.owner, [re.sub(r"\[.*", "", p) for p in path[1].rstrip(".").split(".")])


def _after_use(place: _Place) -> _Items | None:
    if not re.search(r"\buse\s+[\w.]*$", place.before):
        return None
    return (t.CompletionItem(m, kind=t.CompletionItemKind.Module) for m in place.analysis.project.modules())


def _after_colon(place: _Place) -> _Items | None:
    """What an instance, a port, a medium or a parameter is."""
    if not re.search(r"[:]\s*\w*$|\b(over|via)\s+\w*$", place.before):
        return None
    wanted = {"optic", "cable", "fiber"} if re.search(r"\bover\s+\w*$", place.before) else None
    head = place.owner is None or place.line == place.owner.span.line
    types = [t.CompletionItem(w, kind=t.CompletionItemKind.TypeParameter) for w in PARAMETER_TYPES if head]
    return chain(_definitions(place.analysis, wanted), types)


_RULES = (
    _in_view,
    _in_study,
    _after_finds,
    _after_number,
    _after_equals,
    _after_alias,
    _after_path,
    _after_use,
    _after_colon,
)


def _anything(place: _Place) -> _Items:
    """What the grammar lets follow, and the names that a statement or an expression may start with."""
    lines = [*place.above, re.sub(r"\w+$", "", place.before)]
    words = following(pieces("\n".join(lines), KINDS)[-1][1], KINDS)
    for word in sorted(words & {*keywords(), *SOFT}):
        yield t.CompletionItem(word, kind=t.CompletionItemKind.Keyword)
    if "KIND" in words:
        for kind in KINDS.values():
            yield t.CompletionItem(kind.name, detail=kind.meaning, kind=t.CompletionItemKind.Keyword)
    function = re.search(r"\blet\s+\w+\s*\(([^)]*)\)\s*=[^;]*$", place.before)
    for name, type_ in re.findall(r"(\w+)\s*:\s*(\w+)", function[1] if function is not None else ""):
        yield t.CompletionItem(name, detail=type_, kind=t.CompletionItemKind.Variable)
    if place.owner is not None and "NAME" in words:
        yield from _inside(place.analysis, "port" in words, place.owner)


def _settings(analysis: Analysis, said: str, owner: n.Definition | None) -> Iterator[t.CompletionItem]:
    """Inside a view: a setting, or what the setting that was said takes."""
    word, blank, rest = said.partition(" ")
    setting = SETTINGS.get(word)
    if not blank:
        for row in SETTINGS.values():
            yield t.CompletionItem(row.name, detail=row.meaning, kind=t.CompletionItemKind.Property)
    elif setting is not None and setting.symbols:
        symbols = analysis.main.vocabulary.planes if setting.name == "plane" else setting.symbols
        for name, meaning in symbols.items():
            yield t.CompletionItem(name, detail=meaning, kind=t.CompletionItemKind.EnumMember)
    elif setting is not None and setting.takes == "attributes":
        for spec in analysis.main.vocabulary.attributes.values():
            yield t.CompletionItem(spec.name, detail=spec.meaning, kind=t.CompletionItemKind.Property)
    elif setting is not None and setting.takes in ("path", "paths") and owner is not None:
        path = rest.rpartition(",")[2].strip().split(".")[:-1]
        ports = t.CompletionItemKind.Interface
        yield from (item for item in _members(analysis, owner, path) if item.kind != ports)


def _key(analysis: Analysis, name: str, line: int) -> str:
    """An attribute's full name: with the group that the line stands in."""
    if name in analysis.main.vocabulary.attributes:
        return name
    text = "\n".join(analysis.source.lines[:line])
    opened = [m[1] for m in re.finditer(r"(\w+)\s*\{(?=[^{}]*$)", text)]
    return f"{opened[-1]}.{name}" if opened else name


def _units(spec: AttributeSpec | None) -> Iterator[t.CompletionItem]:
    """Units of the dimension that an attribute has."""
    wanted = NAMES.get(spec.type) or POINTS.get(spec.type) if spec is not None else None
    if spec is not None and spec.type in PRICES:
        for currency in CURRENCIES:
            yield t.CompletionItem(PREFERRED[money(currency) / PRICES[spec.type]], kind=t.CompletionItemKind.Unit)
        return
    usual = [
        "kW",
        "MW",
        "Gb/s",
        "GB/s",
        "TB/s",
        "GB",
        "TB",
        "TFLOPS",
        "PFLOPS",
        "TOPS",
        "ns",
        "µs",
        "mm",
        "km",
        "kg",
        "pJ/bit",
        "dB/km",
        "GHz",
        "L/min",
    ]
    for word in [*usual, *(u.symbol for u in UNITS)]:
        if wanted is None or unit(word).dimension == wanted:
            yield t.CompletionItem(word, kind=t.CompletionItemKind.Unit)


def _members(analysis: Analysis, owner: n.Definition, path: list[str]) -> Iterator[t.CompletionItem]:
    """Instances and ports of the component that a path leads to, or attributes of a group."""
    known = analysis.main.vocabulary
    if len(path) == 1 and path[0] in known.groups(owner.kind.text):
        for spec in known.attributes_of(owner.kind.text).values():
            if spec.name.startswith(path[0] + "."):
                yield _attribute_item(spec, spec.name.partition(".")[2])
        return
    component = component_of(analysis, owner)
    for name in path:
        instance = component.instances.get(name) if component is not None else None
        component = instance.component if instance is not None else None
    if component is None:
        return
    for port in component.ports.values():
        dims = f"[{', '.join(map(str, port.shape))}]" if port.shape else ""
        yield t.CompletionItem(
            port.name, detail=f"port{dims}: {port.protocol.name}", kind=t.CompletionItemKind.Interface
        )
    for instance in component.instances.values():
        yield t.CompletionItem(instance.name, detail=instance.component.name, kind=t.CompletionItemKind.Field)


def _definitions(analysis: Analysis, kinds: set[str] | None, alias: str = "") -> Iterator[t.CompletionItem]:
    """The definitions that can be named, or those of the used file that goes by `alias`."""
    for name in analysis.main.names():
        file, _, plain = name.rpartition(".")
        for _, definition in analysis.main.find(name) if alias in ("", file) else ():
            if kinds is None or definition.kind.text in kinds:
                yield t.CompletionItem(
                    plain if alias else name, detail=definition.kind.text, kind=t.CompletionItemKind.Class
                )


def _inside(analysis: Analysis, at_start: bool, owner: n.Definition) -> Iterator[t.CompletionItem]:
    """What a name can be: an attribute where a statement starts, a value elsewhere."""
    if at_start:
        for spec in analysis.main.vocabulary.attributes_of(owner.kind.text).values():
            yield _attribute_item(spec, spec.name)
        for group in sorted(analysis.main.vocabulary.groups(owner.kind.text)):
            yield t.CompletionItem(group, detail="group of attributes", kind=t.CompletionItemKind.Struct)
    for parameter in owner.parameters:
        yield t.CompletionItem(parameter.name.text, detail=parameter.type.text, kind=t.CompletionItemKind.Variable)
    for node in named(owner):
        called = isinstance(node, n.Let) and node.parameters is not None
        kind = t.CompletionItemKind.Function if called else t.CompletionItemKind.Field
        yield t.CompletionItem(node.name.text, kind=kind)
    if not at_start:
        for function in FUNCTIONS.values():
            yield t.CompletionItem(function.name, detail=function.meaning, kind=t.CompletionItemKind.Function)
        yield from _definitions(analysis, None)


def _attribute_item(spec: AttributeSpec, label: str) -> t.CompletionItem:
    return t.CompletionItem(
        label,
        detail=spec.type,
        documentation=spec.meaning,
        kind=t.CompletionItemKind.Property,
        insert_text=f"{label} = ",
    )
