"""What the editor shows about what the pointer rests on."""

from __future__ import annotations

from cmxdsl.diagnostics import Findings, listing
from cmxdsl.elaborate import FileScope, deep_recursion
from cmxdsl.elaborate.arguments import Request
from cmxdsl.elaborate.definitions import Elaborator
from cmxdsl.lsp.documents import Analysis
from cmxdsl.lsp.names import Symbol, symbol_at, used_at
from cmxdsl.model import Component, descendants
from cmxdsl.schema import BY_NAME, FUNCTIONS, KINDS
from cmxdsl.syntax import nodes as n
from cmxdsl.units import Quantity, show


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
    if symbol is not None:
        return _symbol(analysis, around, symbol)
    used = used_at(analysis, line, column)
    if used is not None:
        return f"**{used.source.file}** defines {listing(used.definitions, 40)}"
    kind = next((x for x in reversed(around) if isinstance(x, n.Name) and x.text in KINDS), None)
    return f"**{kind.text}**: {KINDS[kind.text].meaning}" if kind is not None else ""


def _symbol(analysis: Analysis, around: list[n.Node], symbol: Symbol) -> str:
    """What a name stands for."""
    match node := symbol.node:
        case n.Definition():
            return _definition(analysis, symbol.file, node)
        case n.Instance():
            return _instance(analysis, symbol.owner, node)
        case n.Use():
            return f"file **{symbol.name}**: `{node.module or node.path}`"
        case n.Plane():
            return f"plane **{symbol.name}**: {node.meaning}"
        case n.Declared():
            return _attribute(analysis, around, symbol.name)
        case n.Parameter():
            return f"parameter **{symbol.name}**: {node.type.text}"
        case n.Port():
            dims = f"[{', '.join(symbol.file.source.between(d.span) for d in node.dims)}]" if node.dims else ""
            return _named("port", symbol.name, f"{dims}: {node.protocol.name.text}", node.doc)
        case n.Expose() if symbol.span == node.name.span:
            return _named("exposed port", symbol.name, "", node.doc)
        case n.Let() if node.parameters is not None:
            return _named("function", symbol.name, f"({', '.join(typed(node.parameters))})", getattr(node, "doc", ""))
        case n.Let():
            return _named("value", symbol.name, "", getattr(node, "doc", ""))
    return _index(analysis, symbol.name, node)


def _named(what: str, name: str, speaks: str, doc: str) -> str:
    return f"{what} **{name}**{speaks}" + (f"\n\n{doc}" if doc else "")


def typed(parameters: tuple[n.Parameter, ...]) -> list[str]:
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
    component = component_of(analysis, owner)
    found = component.attributes.get(name) if component is not None else None
    if found is not None and isinstance(found.value, Quantity):
        words = {"published": "from ", "estimated": "estimated: ", "calibrated": "calibrated to "}
        where = {kind: word + found.claim.note for kind, word in words.items()}
        lines.append(f"{show(found.value, spec.unit if spec else None)} {where.get(found.claim.kind, '')}".strip())
    return "\n\n".join(lines)


def component_of(analysis: Analysis, definition: n.Definition | None) -> Component | None:
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
        call = Request(file, node, (), node.name.span, None)
        return Elaborator(analysis.project, Findings()).instantiate(call)


def _definition(analysis: Analysis, file: FileScope, node: n.Definition) -> str:
    parameters = ", ".join(f"{p.name.text}: {p.type.text}" for p in node.parameters)
    head = f"{node.kind.text} **{node.name.text}**" + (f"({parameters})" if parameters else "")
    if file.origin is not None:
        head += f" of `{file.origin.module}`"
    lines = [head, *([node.doc] if node.doc else [])]
    component = component_of(analysis, node) or _made(analysis, file, node)
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
    component = component_of(analysis, owner)
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
