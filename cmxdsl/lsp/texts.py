"""What the editor shows: hover texts, completions, and the edits that mend a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types as t

from cmxdsl.diagnostics import Diagnostic
from cmxdsl.elaborate.project import std_modules
from cmxdsl.elaborate.values import PARAMETER_TYPES
from cmxdsl.lsp.documents import Analysis
from cmxdsl.lsp.names import named, symbol_at
from cmxdsl.model import Component, descendants
from cmxdsl.schema import BY_NAME, FUNCTIONS, KINDS, AttributeSpec, attributes_of, groups
from cmxdsl.source import Span
from cmxdsl.syntax import keywords
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, show, unit
from cmxdsl.units.dimension import CURRENCIES, NAMES
from cmxdsl.units.table import UNITS

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
    if symbol is None:
        kind = next((x for x in reversed(around) if isinstance(x, n.Name) and x.text in KINDS), None)
        return f"**{kind.text}**: {KINDS[kind.text].meaning}" if kind is not None else ""
    node = symbol.node
    if isinstance(node, n.Definition):
        return _definition(analysis, node)
    if isinstance(node, n.Instance):
        return _instance(analysis, symbol.owner, node)
    if isinstance(node, n.Parameter):
        return f"parameter **{symbol.name}**: {node.type.text}"
    what = {"Port": "port", "Expose": "exposed port", "Let": "value"}[type(node).__name__]
    doc = getattr(node, "doc", "")
    return f"{what} **{symbol.name}**" + (f"\n\n{doc}" if doc else "")


def _attribute_at(around: list[n.Node]) -> str:
    """The name of the attribute whose key stands at a place."""
    attribute = next((x for x in reversed(around) if isinstance(x, n.Attribute)), None)
    if attribute is None or around[-1] not in attribute.key:
        return ""
    group = next((x.name.text + "." for x in around if isinstance(x, n.Group)), "")
    return group + ".".join(k.text for k in attribute.key)


def _attribute(analysis: Analysis, around: list[n.Node], name: str) -> str:
    spec = BY_NAME.get(name)
    lines = [f"**{name}**: {spec.meaning}" if spec is not None else f"**{name}**: an attribute of your own"]
    if spec is not None:
        lines.append(f"*{spec.type}*" + (", adds up over a design" if spec.total else ""))
    owner = next((x for x in around if isinstance(x, n.Definition)), None)
    component = _component(analysis, owner)
    found = component.attributes.get(name) if component is not None else None
    if found is not None and isinstance(found.value, Quantity):
        where = {"published": f"from {found.claim.note}", "estimated": f"estimated: {found.claim.note}"}
        lines.append(f"{show(found.value, spec.unit if spec else None)} {where.get(found.claim.kind, '')}".strip())
    return "\n\n".join(lines)


def _component(analysis: Analysis, definition: n.Definition | None) -> Component | None:
    """An elaborated component of a definition."""
    if definition is None:
        return None
    roots = [c for c in (analysis.elaborated.top, *analysis.elaborated.roots) if c is not None]
    for root in roots:
        for component in descendants(root):
            if component.span == definition.name.span:
                return component
    return None


def _definition(analysis: Analysis, node: n.Definition) -> str:
    parameters = ", ".join(f"{p.name.text}: {p.type.text}" for p in node.parameters)
    head = f"{node.kind.text} **{node.name.text}**" + (f"({parameters})" if parameters else "")
    lines = [head, *([node.doc] if node.doc else [])]
    component = _component(analysis, node)
    if component is not None:
        facts = [
            f"- {name}: {show(attribute.value, BY_NAME[name].unit if name in BY_NAME else None)}"
            for name, attribute in component.attributes.items()
            if isinstance(attribute.value, Quantity)
        ]
        lines.append("\n".join(facts[:8]))
    return "\n\n".join(line for line in lines if line)


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


def completions(analysis: Analysis, line: int, column: int) -> list[t.CompletionItem]:
    """What can stand at a place, judged by the text before it."""
    before = analysis.source.line(line)[: column - 1]
    around = analysis.node_at(line, column)
    owner = next((x for x in around if isinstance(x, n.Definition)), None) or _owner_by_place(analysis, line)
    return list({item.label: item for item in _candidates(analysis, before, owner, line)}.values())


def _owner_by_place(analysis: Analysis, line: int) -> n.Definition | None:
    """The definition that a line belongs to, for text that does not parse yet."""
    found = None
    for d in analysis.main.node.definitions:
        if d.span.line <= line:
            found = d
    return found if found is not None and line <= found.span.end_line + 1 else None


def _candidates(analysis: Analysis, before: str, owner: n.Definition | None, line: int) -> Iterator[t.CompletionItem]:
    number = re.search(r"(\w[\w.]*)\s*=\s*[0-9][0-9_.]*\s*\w*$", before)
    if number:
        yield from _units(_key(analysis, number[1], line))
        return
    value = re.search(r"(\w[\w.]*)\s*=\s*\w*$", before)
    spec = BY_NAME.get(_key(analysis, value[1], line)) if value else None
    if spec is not None and spec.symbols:
        for name, meaning in spec.symbols.items():
            yield t.CompletionItem(name, detail=meaning, kind=t.CompletionItemKind.EnumMember)
        return
    path = re.search(r"((?:\w+(?:\[[^\]]*\])?\.)+)\w*$", before)
    if path and owner is not None:
        yield from _members(analysis, owner, [re.sub(r"\[.*", "", p) for p in path[1].rstrip(".").split(".")])
        return
    if re.search(r"\buse\s+[\w.]*$", before):
        for module in std_modules():
            yield t.CompletionItem(f"std.{module}", kind=t.CompletionItemKind.Module)
        return
    if re.search(r"[:]\s*\w*$|\b(over|via)\s+\w*$", before):
        wanted = {"optic", "cable", "fiber"} if re.search(r"\bover\s+\w*$", before) else None
        yield from _definitions(analysis, wanted)
        if owner is None or line == owner.span.line:
            for word in PARAMETER_TYPES:
                yield t.CompletionItem(word, kind=t.CompletionItemKind.TypeParameter)
        return
    if owner is None:
        for kind in KINDS.values():
            yield t.CompletionItem(kind.name, detail=kind.meaning, kind=t.CompletionItemKind.Keyword)
        yield t.CompletionItem("use", kind=t.CompletionItemKind.Keyword)
        return
    yield from _inside(analysis, before, owner)


def _key(analysis: Analysis, name: str, line: int) -> str:
    """An attribute's full name: with the group that the line stands in."""
    if name in BY_NAME:
        return name
    text = "\n".join(analysis.source.lines[:line])
    opened = [m[1] for m in re.finditer(r"(\w+)\s*\{(?=[^{}]*$)", text)]
    return f"{opened[-1]}.{name}" if opened else name


def _units(name: str) -> Iterator[t.CompletionItem]:
    """Units of the dimension that an attribute has."""
    spec = BY_NAME.get(name)
    wanted = NAMES.get(spec.type) if spec is not None else None
    if spec is not None and spec.type == "money":
        for currency in CURRENCIES:
            yield t.CompletionItem(currency, kind=t.CompletionItemKind.Unit)
        return
    usual = ["kW", "MW", "Gb/s", "GB/s", "TB/s", "GB", "TB", "TFLOPS", "PFLOPS", "TOPS", "ns", "µs", "mm", "km", "kg",
             "pJ/bit", "dB/km", "GHz", "L/min"]  # fmt: skip
    for word in [*usual, *(u.symbol for u in UNITS)]:
        if wanted is None or unit(word).dimension == wanted:
            yield t.CompletionItem(word, kind=t.CompletionItemKind.Unit)


def _members(analysis: Analysis, owner: n.Definition, path: list[str]) -> Iterator[t.CompletionItem]:
    """Instances and ports of the component that a path leads to, or attributes of a group."""
    if len(path) == 1 and path[0] in groups(owner.kind.text):
        for spec in attributes_of(owner.kind.text).values():
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


def _definitions(analysis: Analysis, kinds: set[str] | None) -> Iterator[t.CompletionItem]:
    for name in analysis.main.names():
        for _, definition in analysis.main.find(name):
            if kinds is None or definition.kind.text in kinds:
                yield t.CompletionItem(name, detail=definition.kind.text, kind=t.CompletionItemKind.Class)


def _inside(analysis: Analysis, before: str, owner: n.Definition) -> Iterator[t.CompletionItem]:
    at_start = re.fullmatch(r".*?(?:^|[{;])\s*\w*", before) is not None
    if at_start:
        for spec in attributes_of(owner.kind.text).values():
            yield _attribute_item(spec, spec.name)
        for group in sorted(groups(owner.kind.text)):
            yield t.CompletionItem(group, detail="group of attributes", kind=t.CompletionItemKind.Struct)
    for word in sorted(keywords()):
        yield t.CompletionItem(word, kind=t.CompletionItemKind.Keyword)
    for parameter in owner.parameters:
        yield t.CompletionItem(parameter.name.text, detail=parameter.type.text, kind=t.CompletionItemKind.Variable)
    for node in named(owner):
        yield t.CompletionItem(node.name.text, kind=t.CompletionItemKind.Field)
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


# --- mends ------------------------------------------------------------------------------------------------


def mends(analysis: Analysis, diagnostic: Diagnostic) -> Iterator[tuple[str, Span, str]]:
    """Edits that mend a finding: a title, the span to replace, the new text."""
    meant = re.search(r"did you mean `([^`]+)`\?", diagnostic.help)
    span = diagnostic.span
    if meant:
        old = analysis.source.line(span.line)[span.column - 1 : span.end_column - 1]
        new = meant[1]
        if "." in new and "." not in old:  # inside a group only the last word stands
            new = new.rpartition(".")[2]
        yield f"Change to `{new}`", span, new
    elif diagnostic.help == "remove the line":
        yield "Remove the line", Span(span.file, span.line, 1, span.line + 1, 1), ""
    else:
        add = re.fullmatch(r"add `(use [\w.]+)`", diagnostic.help)
        if add:
            yield f"Add `{add[1]}`", Span(span.file, 1, 1, 1, 1), add[1] + "\n"


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
        names = [f"{p.name.text}: {p.type.text}" for p in definition.parameters]
        return f"{name}({', '.join(names)})", names, definition.doc, active
    return None
