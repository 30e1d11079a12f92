"""Everything that a design can be written as: one row feeds its command, `cmx build`, `Design.write` and the docs.

Nothing is imported here but the rows: a writer's module is, when it writes.
"""

from __future__ import annotations

from cmxdsl.outputs.registry import Unwritable, Writer, added

_TABLES = "cmxdsl.outputs.tables"

_ROWS = (
    Writer(
        "availability",
        "what fails, what it stops, and how jobs fare",
        ("table", "markdown", "json"),
        f"{_TABLES}.availability:write",
        build=f"{_TABLES}.availability:files",
    ),
    Writer(
        "bom",
        "bill of materials: every part, with transceivers, cables and fibers derived from the links",
        ("table", "csv", "json", "xlsx"),
        f"{_TABLES}.bom:write",
        built=("table", "csv", "json", "xlsx"),
    ),
    Writer(
        "cables",
        "cable schedule, and what to buy, cut and bundle",
        ("table", "csv", "json", "xlsx", "p2p"),
        f"{_TABLES}.cables:write",
        build=f"{_TABLES}.cables:files",
    ),
    Writer(
        "cost",
        "cost of ownership: purchases, energy, housing, upkeep",
        ("table", "markdown", "json"),
        f"{_TABLES}.cost:write",
        build=f"{_TABLES}.cost:files",
    ),
    Writer(
        "collective",
        "how long collectives take, what none is faster than, and what nccl-tests should show",
        ("table", "markdown", "csv", "json", "svg", "png", "pdf"),
        f"{_TABLES}.collective:write",
        build=f"{_TABLES}.collective:files",
    ),
    Writer(
        "expect",
        "published figures beside derived ones, with verdicts",
        ("table", "markdown", "json"),
        f"{_TABLES}.fidelity:write",
        build=f"{_TABLES}.fidelity:files",
    ),
    Writer(
        "fabric",
        "what networks can do: hops, bisection, oversubscription, failures",
        ("table", "json"),
        f"{_TABLES}.fabric:write",
        build=f"{_TABLES}.fabric:files",
    ),
    Writer(
        "ir",
        "the elaborated design, which loads back",
        ("json",),
        "cmxdsl.outputs.ir:write",
        built=("json",),
        stem="design.ir",
    ),
    Writer(
        "optics",
        "power budgets of the optical links",
        ("table", "json"),
        f"{_TABLES}.optics:write",
        build=f"{_TABLES}.optics:files",
    ),
    Writer(
        "perf",
        "the machine at work: step time and where it goes, tokens a second, memory, energy",
        ("table", "markdown", "json", "svg"),
        "cmxdsl.outputs.perf:write",
        build="cmxdsl.outputs.perf:files",
    ),
    Writer(
        "power",
        "power tree, what a failure takes with it, and heat",
        ("table", "json"),
        f"{_TABLES}.power:write",
        build=f"{_TABLES}.power:files",
    ),
    Writer(
        "render",
        "pictures: graphs, drawings to scale, and the design's own views",
        ("svg", "png", "pdf", "dot", "mermaid", "d2", "drawio", "text"),
        "cmxdsl.outputs.pictures:write",
        build="cmxdsl.outputs.pictures:files",
    ),
    Writer(
        "sources",
        "what numbers and figures cite, and the share of primary sources",
        ("table", "markdown", "json", "csv"),
        f"{_TABLES}.sources:write",
        built=("table", "json"),
    ),
    Writer(
        "summary",
        "compute, memory, bandwidth, power, price, mass",
        ("table", "markdown", "json"),
        f"{_TABLES}.summary:write",
        built=("table", "markdown", "json"),
    ),
)
OWN = {writer.name: writer for writer in _ROWS}


def writers() -> tuple[dict[str, Writer], list[str]]:
    """Our own writers and those of other distributions, by name, and what was wrong with any of theirs."""
    others, problems = added()
    problems += [f"writer `{w.name}` has the name of one of cmx's own" for w in others if w.name in OWN]
    return {**{w.name: w for w in others}, **OWN}, problems


def writer(name: str) -> Writer:
    """The writer of a name. Raises Unwritable."""
    found = OWN.get(name) or writers()[0].get(name)
    if found is None:
        raise Unwritable(f"there is no writer `{name}`: it is one of {', '.join(OWN)}")
    return found
