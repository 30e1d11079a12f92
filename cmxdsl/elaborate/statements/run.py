"""`run`: a training or a serving of a model on chips, a rank for each tuple of indices."""

from __future__ import annotations

from cmxdsl.diagnostics import Related, listing, nearest, quoted
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.index_notation.indexing import Indexing
from cmxdsl.elaborate.scope import Scope
from cmxdsl.model import Run
from cmxdsl.schema.kinds import PARALLEL
from cmxdsl.syntax import nodes as n


def elaborate_run(scope: Scope, node: n.Run) -> Run | None:
    """`run NAME: WORK over data[d], tensor[t], … at PATH [for …]`; None after an error."""
    work = scope.maker.component(node.work, scope, "work", ())
    indexing = Indexing(scope, node)
    indexing.bind_ranges(node.ranges)
    walked = indexing.walk(node.path, to_port=False)
    path = indexing.close(walked)
    if path is None or indexing.finish(None, node.span) is None:
        return None
    dimensions = _dimensions(scope, node, indexing)
    if work is None or dimensions is None:
        return None
    text = scope.maker.text_of(node.span)
    return Run(node.name.text, work, dimensions, tuple(path), indexing.domain, text, node.span, node.doc)


def _dimensions(scope: Scope, node: n.Run, indexing: Indexing) -> dict[str, tuple[str, ...]] | None:
    """The parallel dimensions with their variables: each variable in one of them, or in that of experts beside."""
    findings, fine = scope.findings, True
    found: dict[str, tuple[str, ...]] = {}
    owner: dict[str, n.Segment] = {}
    for segment in node.dimensions:
        name = segment.name.text
        if name not in PARALLEL:
            help = nearest(name, PARALLEL) or f"the dimensions are {listing(PARALLEL)}"
            findings.add(rules.DIMENSIONS.at(segment.name.span, f"unknown parallel dimension `{name}`", help))
            fine = False
            continue
        if name in found:
            findings.add(rules.DUPLICATE.at(segment.span, f"`{name}` is given twice"))
            fine = False
            continue
        variables = []
        for index in segment.indices:
            variable = index.bare if isinstance(index, n.Path) else None
            if variable is None or variable not in indexing.ranges:
                known = quoted(indexing.ranges) or "none"
                message = f"`{name}` is indexed by variables that the path has"
                findings.add(rules.DIMENSIONS.at(index.span, message, f"those are {known}"))
                fine = False
                continue
            earlier = owner.get(variable) if name != "expert" else None
            if earlier is not None or variable in variables:
                related = [Related((earlier or segment).span, "the other is here")]
                message = f"`{variable}` indexes two parallel dimensions"
                findings.add(rules.DIMENSIONS.at(index.span, message, "give each an index of its own", related))
                fine = False
            variables.append(variable)
            if name != "expert":
                owner[variable] = segment
        if not segment.indices:
            findings.add(rules.DIMENSIONS.at(segment.span, f"`{name}` has no index", f"such as `{name}[{name[0]}]`"))
            fine = False
        found[name] = tuple(variables)
    for variable, range_ in indexing.ranges.items():
        if fine and variable not in owner:
            message = f"`{variable}` belongs to no parallel dimension"
            help = f"add one behind `over`, such as `data[{variable}]`; experts reuse the indices of others"
            findings.add(rules.DIMENSIONS.at(range_.span, message, help))
            fine = False
    return found if fine else None
