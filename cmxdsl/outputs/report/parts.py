"""What a report says about each component: attributes with where they come from, ports, contents, totals."""

from __future__ import annotations

from typing import Any

from cmxdsl.model import Attribute, Claim, Subject, descendants
from cmxdsl.outputs.kit.palette import slug
from cmxdsl.outputs.kit.value_format import coverage_text, total_text, value_text
from cmxdsl.schema import BY_NAME
from cmxdsl.units import show

TOTALS = (
    ("power.typical", "power, typical"),
    ("power.peak", "power, peak"),
    ("compute.bf16", "compute, bf16"),
    ("memory.capacity", "memory"),
    ("memory.bandwidth", "memory bandwidth"),
    ("price", "price"),
    ("mass", "mass"),
)


def parts_data(subject: Subject) -> list[dict[str, Any]]:
    """One entry a component of the design, media and protocols included, the top one first."""
    counts = subject.counts
    inside = list(descendants(subject.top))
    media = [c for c in counts if c not in set(inside)]
    parents: dict[str, list[str]] = {}
    for component in inside:
        for instance in component.instances.values():
            parents.setdefault(instance.component.id, []).append(component.id)
    return [_part(subject.of(c), counts.get(c, 0), parents.get(c.id, [])) for c in [*inside, *media]]


def _part(subject: Subject, many: int, parents: list[str]) -> dict[str, Any]:
    component = subject.top
    data: dict[str, Any] = {
        "id": component.id,
        "slug": slug(component),
        "name": component.name,
        "kind": component.kind,
        "doc": component.doc,
        "count": many,
        "in": sorted(set(parents)),
        "attributes": [_attribute(a) for a in component.attributes.values()],
    }
    if component.ports:
        data["ports"] = [
            [p.name, list(p.shape), p.protocol.name, show(p.rate, "b/s") if p.rate is not None else "", p.plane]
            for p in component.ports.values()
        ]
    if component.instances:
        data["holds"] = [
            [i.name, list(i.shape), i.component.id, i.component.name] for i in component.instances.values() if i.count
        ]
        data["totals"] = [
            [title, total_text(total, BY_NAME[name].unit or None), coverage_text(total)]
            for name, title in TOTALS
            if (total := subject.total(name)).known
        ]
    return data


def _attribute(attribute: Attribute) -> list[Any]:
    return [
        attribute.name,
        *_claim(attribute.claim, attribute.name),
        [_claim(also, attribute.name) for also in attribute.also],
    ]


def _claim(claim: Claim, name: str) -> list[str]:
    return [value_text(claim.value, name), claim.kind, claim.note]
