"""What a language model may do with designs over the Model Context Protocol: check, ask, draw, look things up.

Everything is read-only and inside one folder, unless the one who starts it allows writing; then designs only, only
inside that folder, and only such as have no errors. A design of a stranger is as bounded here as on the command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

import cmxdsl
from cmxdsl.design import Design, NoDesign, load, loads
from cmxdsl.diagnostics import Diagnostic, nearest
from cmxdsl.limits import LimitExceeded
from cmxdsl.manual import page, pages, search, title

INSTRUCTIONS = (
    "cmx describes AI supercomputers as text: chips, boards, racks, switches, links. Read `docs` of topic `llms` "
    "first: the language on two pages. Write a design, `check` it, and apply the fixes that findings offer; `ask` for "
    "any figure, `render` to see it, `parts` for what the library has. Numbers need units, and what is not known is "
    "`unknown`."
)
MOST_TEXT = 60_000  # characters of an answer
MOST_FILES = 500


def server(root: Path, writes: bool = False) -> MCPServer[Any]:
    """A server for the designs in a folder."""
    made: MCPServer[Any] = MCPServer("cmx", instructions=INSTRUCTIONS, version=cmxdsl.__version__)
    tools = _Tools(root.resolve())
    for tool in (tools.files, tools.read, tools.check, tools.format, tools.ask, tools.summary, tools.render):
        made.tool()(tool)
    for look in (explain, parts, docs):
        made.tool()(look)
    if writes:
        made.tool()(tools.write)
    return made


class _Tools:
    """The tools that are about files of one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _place(self, path: str) -> Path:
        place = (self.root / path).resolve()
        if not place.is_relative_to(self.root):
            raise ToolError(f"`{path}` is outside of the project: paths are relative to its folder, and stay inside")
        return place

    def _design(self, path: str, text: str, top: str) -> Design:
        if bool(path) == bool(text):
            raise ToolError("give `path` or `text`, one of both")
        if text:
            return loads(text, name="design.cmx", top=top or None, root=self.root)
        place = self._place(path)
        if not place.is_file():
            raise ToolError(f"there is no file `{path}`; `files` lists those that are there")
        return load(place, top=top or None, root=self.root)

    def files(self) -> list[str]:
        """The designs of the project: paths of all `.cmx` files."""
        found = sorted(self.root.rglob("*.cmx"))
        inside = [f for f in found if f.resolve().is_relative_to(self.root)]
        return [str(f.relative_to(self.root)) for f in inside[:MOST_FILES]]

    def read(self, path: str) -> str:
        """The text of a design of the project."""
        place = self._place(path)
        if place.suffix != ".cmx" or not place.is_file():
            raise ToolError(f"there is no design `{path}`; `files` lists those that are there")
        try:
            return _cut(place.read_text("utf-8"))
        except UnicodeDecodeError:
            raise ToolError(f"`{path}` is not UTF-8 text") from None

    def check(self, path: str = "", text: str = "", top: str = "") -> dict[str, Any]:
        """Every finding of a design: code, place, reason, help, and fixes as edits. Give a path of the project or a
        text. `ok` is true where there is no error."""
        design = self._design(path, text, top)
        return {"ok": design.ok, "top": design.name, "findings": _findings(design.diagnostics)}

    def format(self, text: str) -> str:
        """A design's text in the one canonical style; unchanged where it cannot be read."""
        from cmxdsl.syntax.format import formatted

        return formatted(text)

    def ask(self, expressions: list[str], path: str = "", text: str = "", top: str = "") -> list[dict[str, Any]]:
        """The values of expressions about a design, such as `total(power.peak)`, `count(H100)`, `bisection(scale_out)`,
        each with its unit, the share of parts that it covers, and what is not known."""
        design = self._whole(path, text, top)
        found: list[dict[str, Any]] = []
        for expression in expressions:
            try:
                reply = design.ask(expression)
            except LimitExceeded as error:
                found.append({"expression": expression, "error": str(error)})
                continue
            if not reply.ok:
                found.append({"expression": expression, "findings": _findings(reply.diagnostics)})
                continue
            told: dict[str, Any] = {"expression": expression, "value": reply.text}
            if reply.coverage is not None:
                told["coverage"] = float(reply.coverage)
            found.append(told | ({"not_known": list(reply.lacking)} if reply.lacking else {}))
        return found

    def summary(self, path: str = "", text: str = "", top: str = "") -> str:
        """What a design amounts to, as Markdown: compute, memory, bandwidth, power, price, with coverage."""
        return _cut(str(self._whole(path, text, top).write("summary", "markdown")))

    def render(self, path: str = "", text: str = "", view: str = "topology", plane: str = "", top: str = "") -> Image:
        """A picture of a design as PNG. Views: topology, network, hierarchy, matrix, elevation, floor, cables,
        power (where it goes), optics (power budgets)."""
        from cmxdsl.outputs.options import ViewFault

        design = self._whole(path, text, top)
        options = {"plane": plane} if plane else {}
        try:
            return Image(data=design.render(view, "png", **options), format="png")
        except (ViewFault, LimitExceeded) as error:
            raise ToolError(str(error)) from None

    def write(self, path: str, text: str) -> dict[str, Any]:
        """Write a design into the project, if it has no errors; a file that is there is replaced whole."""
        from cmxdsl.outputs.kit.files import write as whole

        place = self._place(path)
        if place.suffix != ".cmx":
            raise ToolError(f"`{path}` is no design: its name ends in `.cmx`")
        design = load(place, root=self.root, text=text)
        found = {"ok": design.ok, "findings": _findings(design.diagnostics)}
        if not design.ok:
            return {"written": False, **found}
        place.parent.mkdir(parents=True, exist_ok=True)
        whole(place, text)
        return {"written": True, **found}

    def _whole(self, path: str, text: str, top: str) -> Design:
        """A design that can be asked."""
        design = self._design(path, text, top)
        try:
            assert design.component is not None
        except NoDesign as error:
            raise ToolError(f"{error}; {error.diagnostic.help}") from None
        return design


def explain(code: str) -> str:
    """What the code of a finding means, with an example that has it."""
    from cmxdsl.checks import catalogue

    rules = catalogue()
    rule = rules.get(code.upper())
    if rule is None:
        raise ToolError(f"there is no code `{code}`. {nearest(code.upper(), rules).text}")
    fix = f"\n\nTo fix it: {rule.fix}." if rule.fix else ""
    return f"{rule.code} ({rule.severity.value}): {rule.title}\n\n{rule.why}{fix}\n\n```cmx\n{rule.example}```"


def parts(search: str = "") -> str:
    """Parts, media, protocols and topologies of the library that some words find, as Markdown; one part whole where one
    alone is found."""
    from cmxdsl.analysis.totals.catalogue import library_parts, matching
    from cmxdsl.outputs.tables.parts import write_part, write_parts

    every = library_parts(None, [])
    found = matching(every, tuple(search.split()))
    if not found:
        raise ToolError(f"no part is found by `{search}`. {nearest(search, [p.component.name for p in every]).text}")
    one = len(found) == 1
    return _cut(write_part(found[0], every, "markdown") if one else write_parts(found, "markdown", False))


def docs(topic: str = "", words: str = "") -> str:
    """A page of the documentation (`llms` is the language on two pages; `cookbook` has networks to start from), the
    lines that have some words, or, without either, the list of pages."""
    if words:
        return "\n".join(f"{hit.topic}:{hit.line}: {hit.text}" for hit in search(words)) or f"nothing has `{words}`"
    if not topic:
        return "\n".join(f"{name}: {title(name)}" for name in pages())
    if topic not in pages():
        raise ToolError(f"there is no page `{topic}`. {nearest(topic, pages()).text}")
    return _cut(page(topic))


def _findings(found: tuple[Diagnostic, ...]) -> list[dict[str, Any]]:
    from cmxdsl.outputs.findings import finding_json

    return [finding_json(d) for d in found]


def _cut(text: str) -> str:
    if len(text) <= MOST_TEXT:
        return text
    return text[:MOST_TEXT] + f"\n… cut: {len(text) - MOST_TEXT:,} more characters"
