"""The pictures of a report: for each assembly its planes and what it is made of; then racks, floor, networks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from cmxdsl.analysis.base.planes import planes
from cmxdsl.model import Component, Subject, descendants, index
from cmxdsl.outputs.kit.engine import EngineFault
from cmxdsl.outputs.options import Options, ViewFault
from cmxdsl.outputs.pictures import picture
from cmxdsl.records import frozen
from cmxdsl.schema import VIEWS

LARGEST = 500_000  # bytes of one picture; a larger one helps nobody in a browser
SCOPES = 60  # assemblies that have pictures of their own
ALSO = {
    "elevation": "Rack elevations",
    "floor": "Floor plan",
    "cables": "Cables from rack to rack",
    "network": "The network, device by device",
    "matrix": "Bandwidth from rack to rack",
    "power": "Where the power goes",
    "optics": "Optical power budgets",
}


@frozen
class Drawn:
    """One picture: what it is of, its title, and the SVG, or the reason why there is none."""

    key: str
    scope: str
    title: str
    svg: str = ""
    note: str = ""


@frozen
class Wanted:
    """A picture that could be made: the component it is of, the view and its options."""

    key: str
    component: Component
    title: str
    view: str
    options: Options


def wanted(subject: Subject) -> list[Wanted]:
    """Every picture of the report, in the order in which they are offered."""
    top = subject.top
    found: list[Wanted] = []
    assemblies = [c for c in descendants(top) if c.instances]
    for component in assemblies[:SCOPES]:
        for name, plane in sorted(planes(subject.of(component)).items(), key=lambda item: -item[1].links):
            if plane.links:
                title = f"{name.replace('_', '-')} plane"
                key = f"{component.id}/topology/{name}"
                found.append(Wanted(key, component, title, "topology", Options(plane=name)))
        found.append(Wanted(f"{component.id}/hierarchy", component, "parts", "hierarchy", Options()))
        if component.links:
            options = Options(component=component.id)
            found.append(Wanted(f"{component.id}/links", component, "ports and links", "links", options))
        for view in component.views:
            title = view.doc.rstrip(".") or view.name.replace("_", " ")
            found.append(Wanted(f"{component.id}/view/{view.name}", component, title, view.name, Options()))
    found += [Wanted(f"plan/{view}", top, title, view, Options()) for view, title in ALSO.items()]
    return found


def undrawn(subject: Subject) -> int:
    """Assemblies that have no pictures of their own, since there are too many."""
    return max(0, sum(bool(c.instances) for c in descendants(subject.top)) - SCOPES)


def pictures(subject: Subject, keys: set[str] | None = None) -> Iterator[Drawn]:
    """The pictures (all, or those with the `keys`), two engines at a time."""
    chosen = [w for w in wanted(subject) if keys is None or w.key in keys]
    if len(chosen) == 1:
        yield _drawn(chosen[0], subject)
        return
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(lambda w: _drawn(w, subject), chosen)


def _drawn(one: Wanted, subject: Subject) -> Drawn:
    scope = one.component.id
    try:
        made = picture(subject.of(one.component), one.view, "svg", one.options)
    except (ViewFault, EngineFault) as error:
        return Drawn(one.key, scope, one.title, note=str(error))
    except index.TooMany as error:
        return Drawn(one.key, scope, one.title, note=f"{error.size:,} tuples of indices are too many for a picture")
    svg = inline(made.data.decode("utf-8"), keep=one.key.startswith("plan/"))
    if len(svg) > LARGEST:
        command = f"cmx render --view {one.view}" if one.view in VIEWS else "cmx render"
        return Drawn(one.key, scope, one.title, note=f"this picture is too large for a page; `{command}` writes it")
    return Drawn(one.key, scope, one.title, svg, "; ".join(made.notes))


def inline(svg: str, keep: bool = False) -> str:
    """An SVG as it stands inside of HTML: no prolog, no comments, no size of its own unless that is to `keep`."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
    for size in () if keep else ("width", "height"):
        svg = re.sub(rf'(<svg[^>]*?) {size}="[^"]*"', r"\1", svg, count=1)
    svg = svg.replace('xml:space="preserve" ', "").replace("sans-Serif", "sans-serif")
    return re.sub(r"\n+", "\n", svg).strip()
