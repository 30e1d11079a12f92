"""What the editor shows: hover texts, completions, signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types as t

from cmxdsl.checks import catalogue
from cmxdsl.diagnostics import Findings, listing
from cmxdsl.elaborate import FileScope, deep_recursion
from cmxdsl.elaborate.arguments import Call
from cmxdsl.elaborate.definitions import Elaborator
from cmxdsl.elaborate.values import PARAMETER_TYPES
from cmxdsl.lsp.documents import Analysis
from cmxdsl.lsp.names import named, symbol_at, used_at
from cmxdsl.model import Component, descendants
from cmxdsl.schema import BY_NAME, FUNCTIONS, KINDS, SETTINGS, AttributeSpec
from cmxdsl.syntax import following, keywords
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.incremental import pieces
from cmxdsl.syntax.words import SOFT
from cmxdsl.units import Quantity, show, unit
from cmxdsl.units.dimension import CURRENCIES, NAMES, POINTS, PRICES, money
from cmxdsl.units.table import PREFERRED, UNITS

# --- hover ------------------------------------------------------------------------------------------------


def hover_text(analysis: Analysis, line: int, column: int) -> str:
    """Markdown about what stands at a place."""
    around = analysis.node_at(line, column)
    for node in reversed(around):
        if isinstance(node, n.Link):
            return _link(analysis, node)
        if isinstance(node, n.Name):
            break
    attribute = _attribute_at(around)
    if attribute:
        return _attribute(analysis, around, attribute)
    call = next((x for x in reversed(around) if isinstance(x, n.Call)), None)
    if call is not None and around[-1] is call.function and call.function.text in FUNCTIONS:
        spec = FUNCTIONS[call.function.text]
        return f"**{spec.name}**: {spec.meaning}\n\n`{spec.example}`"
    symbol = symbol_at(analysis, line, column)
    used = used_at(analysis, line, column) if symbol is None else None
    if used is not None:
        return f"**{used.source.file}** defines {listing(used.definitions, 40)}"
    if symbol is None:
        kind = next((x for x in reversed(around) if isinstance(x, n.Name) and x.text in KINDS), None)
        return f"**{kind.text}**: {KINDS[kind.text].meaning}" if kind is not None else ""
    node = symbol.node
    if isinstance(node, n.Definition):
        return _definition(analysis, symbol.file, node)
    if isinstance(node, n.Instance):
        return _instance(analysis, symbol.owner, node)
    if isinstance(node, n.Use):
        return f"file **{symbol.name}**: `{node.module or node.path}`"
    if isinstance(node, n.Plane):
        return f"plane **{symbol.name}**: {node.meaning}"
    if isinstance(node, n.Declared):
        return _attribute(analysis, around, symbol.name)
    if isinstance(node, n.Parameter):
        return f"parameter **{symbol.name}**: {node.type.text}"
    if not isinstance(node, (n.Port, n.Expose, n.Let)):
        return _index(analysis, symbol.name, node)
    if isinstance(node, n.Expose) and symbol.span != node.name.span:
        return _index(analysis, symbol.name, node)
    what = {"Port": "port", "Expose": "exposed port", "Let": "value"}[type(node).__name__]
    doc = getattr(node, "doc", "")
    speaks = ""
    if isinstance(node, n.Port):
        dims = f"[{', '.join(symbol.file.source.between(d.span) for d in node.dims)}]" if node.dims else ""
        speaks = f"{dims}: {node.protocol.name.text}"
    if isinstance(node, n.Let) and node.parameters is not None:
        what, speaks = "function", f"({', '.join(_typed(node.parameters))})"
    return f"{what} **{symbol.name}**{speaks}" + (f"\n\n{doc}" if doc else "")


def _typed(parameters: tuple[n.Parameter, ...]) -> list[str]:
    return [f"{p.name.text}: {p.type.text}" for p in parameters]


def _attribute_at(around: list[n.Node]) -> str:
    """The name of the attribute whose key stands at a place."""
    attribute = next((x for x in reversed(around) if isinstance(x, n.Attribute)), None)
    if attribute is None or around[-1] not in attribute.key:
        return ""
    group = next((x.name.text + "." for x in around if isinstance(x, n.Group)), "")
    return group + ".".join(k.text for k in attribute.key)


def _attribute(analysis: Analysis, around: list[n.Node], name: str) -> str:
    spec = analysis.main.vocabulary.attributes.get(name)
    lines = [f"**{name}**: {spec.meaning}" if spec is not None else f"**{name}**: an attribute of your own"]
    if spec is not None:
        lines.append(f"*{spec.type}*" + (", adds up over a design" if spec.total else ""))
    owner = next((x for x in around if isinstance(x, n.Definition)), None)
    component = _component(analysis, owner)
    found = component.attributes.get(name) if component is not None else None
    if found is not None and isinstance(found.value, Quantity):
        words = {"published": "from ", "estimated": "estimated: ", "calibrated": "calibrated to "}
        where = {kind: word + found.claim.note for kind, word in words.items()}
        lines.append(f"{show(found.value, spec.unit if spec else None)} {where.get(found.claim.kind, '')}".strip())
    return "\n\n".join(lines)


def _component(analysis: Analysis, definition: n.Definition | None) -> Component | None:
    """An elaborated component of a definition: in a half-written text, as it was when it was last whole."""
    if definition is None:
        return None
    for reading in analysis.readings:
        elaborated = reading.elaborated
        for root in (elaborated.top, *elaborated.roots):
            for component in descendants(root) if root is not None else ():
                same = component.span == definition.name.span
                if same or (reading is not analysis and component.name == definition.name.text):
                    return component
    return None


def _made(analysis: Analysis, file: FileScope, node: n.Definition) -> Component | None:
    """A definition that no design here holds, such as one of the library, with its parameters' defaults."""
    if any(p.default is None for p in node.parameters):
        return None
    with deep_recursion():
        call = Call(file, node, (), node.name.span, None)
        return Elaborator(analysis.project, Findings()).instantiate(call)


def _definition(analysis: Analysis, file: FileScope, node: n.Definition) -> str:
    parameters = ", ".join(f"{p.name.text}: {p.type.text}" for p in node.parameters)
    head = f"{node.kind.text} **{node.name.text}**" + (f"({parameters})" if parameters else "")
    if file.origin is not None:
        head += f" of `{file.origin.module}`"
    lines = [head, *([node.doc] if node.doc else [])]
    component = _component(analysis, node) or _made(analysis, file, node)
    if component is not None:
        facts = [
            f"- {name}: {show(attribute.value, BY_NAME[name].unit if name in BY_NAME else None)}"
            for name, attribute in component.attributes.items()
            if isinstance(attribute.value, Quantity)
        ]
        lines.append("\n".join([*facts[:8], *([f"- and {len(facts) - 8} more"] if len(facts) > 8 else [])]))
    return "\n\n".join(line for line in lines if line)


def _index(analysis: Analysis, name: str, statement: n.Node) -> str:
    """An index variable and its range, where the statement is a link."""
    for root in analysis.elaborated.roots:
        for component in descendants(root):
            for dim in (d for link in component.links if link.span == statement.span for d in link.domain):
                if dim.name == name:
                    return f"index **{name}**: 0 to {dim.size - 1:,}"
    return f"index **{name}**"


def _instance(analysis: Analysis, owner: n.Definition | None, node: n.Instance) -> str:
    text = f"instance **{node.name.text}**: {node.type.name.text}"
    component = _component(analysis, owner)
    instance = component.instances.get(node.name.text) if component is not None else None
    if instance is not None and instance.shape:
        product = " × ".join(str(s) for s in instance.shape)
        text += f"\n\n{product}" + (f" = {instance.count:,}" if len(instance.shape) > 1 else "") + " of them"
    return text + (f"\n\n{node.doc}" if node.doc else "")


def _link(analysis: Analysis, node: n.Link) -> str:
    """`12 × 4 × 7 × 16 = 5,376 links`."""
    for root in analysis.elaborated.roots:
        for component in descendants(root):
            for link in component.links:
                if link.span == node.span:
                    sizes = " × ".join(str(d.size) for d in link.domain) or "1"
                    text = f"{sizes} = {link.count:,} links" if link.where is None else f"{link.count:,} links"
                    names = ", ".join(d.name for d in link.domain)
                    media = " or ".join(m.name for m in link.media)
                    carriers = f"\n\n{link.carriers:,} × {media}" if media else ""
                    return text + (f" (over {names})" if names else "") + carriers
    return ""


# --- completion -------------------------------------------------------------------------------------------

NEAR = 1_000  # characters before the cursor that are looked at: a word of a megabyte is nobody's


def completions(analysis: Analysis, line: int, column: int) -> list[t.CompletionItem]:
    """What can stand at a place, judged by the text before it."""
    before = analysis.source.line(line)[max(0, column - 1 - NEAR) : column - 1]
    around = analysis.node_at(line, column)
    owner = next((x for x in around if isinstance(x, n.Definition)), None) or _owner_by_place(analysis, line)
    return list({item.label: item for item in _candidates(analysis, before, owner, line)}.values())


def _owner_by_place(analysis: Analysis, line: int) -> n.Definition | None:
    """The definition that a line belongs to, for text that does not parse yet."""
    for number in range(line, 0, -1):
        head = re.match(r"([a-z]\w*)\s+(\w+)", analysis.source.line(number))
        if head and head[1] in KINDS:
            found = (d for reading in analysis.readings for d in reading.main.node.definitions)
            return next((d for d in found if d.name.text == head[2]), None)
    return None


def _candidates(analysis: Analysis, before: str, owner: n.Definition | None, line: int) -> Iterator[t.CompletionItem]:
    above = "\n".join(analysis.source.lines[: line - 1])
    view = re.search(r"\bview\s+\w+\s*\{(?:[^{}]*[;\n{])?\s*([^;\n{}]*)$", f"{above}\n{before}")
    if view:
        yield from _settings(analysis, view[1], owner)
        return
    number = re.search(r"(\w[\w.]*)\s*=\s*[0-9][0-9_.]*\s*\w*$", before)
    if number:
        yield from _units(analysis.main.vocabulary.attributes.get(_key(analysis, number[1], line)))
        return
    value = re.search(r"(\w[\w.]*)\s*=\s*\w*$", before)
    known = analysis.main.vocabulary
    spec = known.attributes_of(owner.kind.text).get(_key(analysis, value[1], line)) if value and owner else None
    if spec is not None and spec.symbols:
        for name, meaning in spec.symbols.items():
            yield t.CompletionItem(name, detail=meaning, kind=t.CompletionItemKind.EnumMember)
        return
    alias = re.search(r"\b(\w+)\.\w*$", before)
    if alias and alias[1] in analysis.main.aliases:
        yield from _definitions(analysis, None, alias[1])
        return
    path = re.search(r"((?:\w+(?:\[[^\]]*\])?\.)+)\w*$", before)
    if path and owner is not None:
        yield from _members(analysis, owner, [re.sub(r"\[.*", "", p) for p in path[1].rstrip(".").split(".")])
        return
    if re.search(r"^\s*finds\s+\w*$", before):
        for rule in catalogue().values():
            yield t.CompletionItem(rule.code, detail=rule.title, kind=t.CompletionItemKind.Constant)
        return
    if re.search(r"\buse\s+[\w.]*$", before):
        for module in analysis.project.modules():
            yield t.CompletionItem(module, kind=t.CompletionItemKind.Module)
        return
    if re.search(r"[:]\s*\w*$|\b(over|via)\s+\w*$", before):
        wanted = {"optic", "cable", "fiber"} if re.search(r"\bover\s+\w*$", before) else None
        yield from _definitions(analysis, wanted)
        if owner is None or line == owner.span.line:
            for word in PARAMETER_TYPES:
                yield t.CompletionItem(word, kind=t.CompletionItemKind.TypeParameter)
        return
    lines = [*analysis.source.lines[: line - 1], re.sub(r"\w+$", "", before)]
    words = following(pieces("\n".join(lines))[-1][1], KINDS)
    for word in sorted(words & {*keywords(), *SOFT}):
        yield t.CompletionItem(word, kind=t.CompletionItemKind.Keyword)
    if "KIND" in words:
        for kind in KINDS.values():
            yield t.CompletionItem(kind.name, detail=kind.meaning, kind=t.CompletionItemKind.Keyword)
    function = re.search(r"\blet\s+\w+\s*\(([^)]*)\)\s*=[^;]*$", before)
    for name, type_ in re.findall(r"(\w+)\s*:\s*(\w+)", function[1] if function is not None else ""):
        yield t.CompletionItem(name, detail=type_, kind=t.CompletionItemKind.Variable)
    if owner is not None and "NAME" in words:
        yield from _inside(analysis, "port" in words, owner)


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
    usual = ["kW", "MW", "Gb/s", "GB/s", "TB/s", "GB", "TB", "TFLOPS", "PFLOPS", "TOPS", "ns", "µs", "mm", "km", "kg",
             "pJ/bit", "dB/km", "GHz", "L/min"]  # fmt: skip
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
    component = _component(analysis, owner)
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


# --- signatures -------------------------------------------------------------------------------------------


def signature_at(analysis: Analysis, before: str) -> tuple[str, list[str], str, int] | None:
    """The label, the parameters, the meaning and the active parameter of the call that a line's start is in."""
    depth, active = 0, 0
    for position in range(len(before) - 1, -1, -1):
        char = before[position]
        if char in ")]":
            depth += 1
        elif char in "([":
            if depth == 0:
                break
            depth -= 1
        elif char == "," and depth == 0:
            active += 1
    else:
        return None
    word = re.search(r"(\w+)\s*$", before[:position])
    if word is None or before[position] != "(":
        return None
    name = word[1]
    if name in FUNCTIONS:
        spec = FUNCTIONS[name]
        names = [*spec.takes, *(["in = PART"] if spec.asks else [])]
        return f"{name}({', '.join(names)})", names, spec.meaning, active
    for _, definition in analysis.main.find(name):
        names = _typed(definition.parameters)
        return f"{name}({', '.join(names)})", names, definition.doc, active
    lets = [x for x in n.walk(analysis.main.node) if isinstance(x, n.Let) and x.name.text == name]
    for let in (*lets, *(let for _, let in analysis.main.find_lets(name))):
        if let.parameters is not None:
            names = _typed(let.parameters)
            return f"{name}({', '.join(names)})", names, let.doc, active
    return None
