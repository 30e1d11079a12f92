"""The parts of a design from its IR, which is what `cmx ir` writes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .parts import UNKNOWN, Part, Pattern, Place, Port


def read(ir: dict[str, Any]) -> Part:
    """The part that the design is."""
    made: dict[str, Part] = {}

    def value(data: Any) -> Any:
        if isinstance(data, list):
            return [value(d) for d in data]
        if not isinstance(data, dict):
            return data
        if "unknown" in data:
            return UNKNOWN
        if "width" in data:
            return [value(data["width"]), value(data["depth"])]
        if "component" in data:
            return part(data["component"])
        return Fraction(data["exact"]) if "exact" in data else Fraction(str(data["value"]))

    def expr(data: Any) -> Any:
        if data is None:
            return None
        if "const" in data:
            found = value(data["const"])
            return int(found) if isinstance(found, Fraction) and found.denominator == 1 else found
        return data["index"] if "index" in data else (data["op"], *(expr(o) for o in data["of"]))

    def path(steps: list[Any]) -> list[tuple[str, list[Any]]]:
        return [(s["name"], [expr(e) for e in s["indices"]]) for s in steps]

    def ranges(domain: list[Any]) -> list[tuple[str, int, int]]:
        return [(d["name"], d["start"], d["stop"] - 1) for d in domain]

    def port(data: Any) -> Port:
        protocol = ir["components"][data["protocol"]]
        own = {n: value(a["claim"]["value"]) for n, a in {**protocol["attributes"], **data["attributes"]}.items()}
        rate = own.get("rate")
        exposes = data["exposes"]
        inner = None
        if exposes is not None:
            variables = [(d["name"], d["stop"]) for d in exposes["domain"]]
            inner = (variables, path([*exposes["target"]["steps"], exposes["target"]["port"]]))
        related = frozenset((protocol["name"], *protocol["bases"]))
        known = rate if isinstance(rate, Fraction) else None
        shared = own.get("shared") is True
        plane, feeds = own.get("plane", ""), own.get("flow") == "feeds"
        return Port(tuple(data["shape"]), protocol["name"], related, plane, known, shared, inner, feeds)

    def link(data: Any) -> Pattern:
        ends = [path([*data[side]["steps"], data[side]["port"]]) for side in "ab"]
        medium = part(data["media"][0]) if data["media"] else None
        adapter = part(data["adapter"]) if data["adapter"] is not None else None
        return Pattern(*ends, ranges(data["domain"]), expr(data["where"]), medium, adapter, data["bundle"])

    def place(data: Any) -> Place:
        at = {axis: expr(e) for axis, e in data["coordinates"].items()}
        return Place(path(data["path"]), ranges(data["domain"]), expr(data["where"]), at)

    def part(id: str) -> Part:
        if id not in made:
            data = ir["components"][id]
            made[id] = new = Part(data["kind"], data["name"])
            new.attributes = {name: value(a["claim"]["value"]) for name, a in data["attributes"].items()}
            new.instances = {i["name"]: (tuple(i["shape"]), part(i["component"])) for i in data["instances"].values()}
            new.ports = {name: port(p) for name, p in data["ports"].items()}
            new.links = [link(found) for found in data["links"]]
            new.places = [place(found) for found in data["placements"]]
        return made[id]

    return part(ir["design"])
