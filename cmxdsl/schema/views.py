"""What can be drawn, and what a view of the language may say about it. A new setting is a new row."""

from __future__ import annotations

from collections.abc import Mapping

from cmxdsl.records import field, frozen
from cmxdsl.schema.kinds import PLANES

VIEWS: dict[str, str] = {
    "topology": "a plane's endpoints and switches by tier, arrays folded to one box each",
    "hierarchy": "what contains what",
    "links": "the ports of one component and how links join them",
    "network": "every device of a plane where its structure puts it: grids, groups, switches by tier and plane",
    "matrix": "bandwidth between racks or switches as shade",
    "elevation": "racks from the front or the rear",
    "floor": "the floor plan to scale",
    "cables": "bundles of cables on the floor plan",
    "optics": "optical power budgets: from launch to sensitivity, loss by loss",
    "power": "where the power goes: from the sources to the racks, and to the parts in them",
}
COLOURS = {
    "kind": "accelerators, processors, switches and assemblies each have a colour",
    "power": "the more power an array draws, the darker",
    "plane": "lines by plane, all planes in one picture",
}
FACES = {"front": "from the cold aisle", "rear": "from the hot aisle", "both": "side by side"}
HEATS = {
    "power": "peak power of a rack",
    "density": "peak power to a square metre of tile",
    "mass": "mass of a rack",
    "none": "one colour",
}


@frozen
class Setting:
    """A setting of a view. `takes` is `symbol` (one of `symbols`), `path`, `paths`, `attributes`, `count` or `text`."""

    name: str
    takes: str
    meaning: str
    example: str
    symbols: Mapping[str, str] = field(factory=dict, eq=False)


SETTINGS: dict[str, Setting] = {
    row.name: row
    for row in (
        Setting("show", "symbol", "what to draw; a topology unless stated", "show floor", VIEWS),
        Setting(
            "plane", "symbol", "the plane to draw; the one with most links unless stated", "plane scale_up", PLANES
        ),
        Setting("only", "path", "the part to draw, as a path of instances", "only compute.node"),
        Setting("unfold", "paths", "arrays of which each element is drawn", "unfold compute, compute.node"),
        Setting("fold", "paths", "parts of which nothing inside is drawn", "fold comm"),
        Setting("depth", "count", "levels of boxes to draw", "depth 2"),
        Setting("colour", "symbol", "what colours show, in graphs", "colour by power", COLOURS),
        Setting("label", "attributes", "attributes to write into each box, in graphs", "label power.peak, price"),
        Setting("component", "text", "the component of a `links` picture", "component Node"),
        Setting("rack", "text", "the rack of an elevation", 'rack "compute[3]"'),
        Setting("face", "symbol", "the side that elevations show", "face rear", FACES),
        Setting("heat", "symbol", "what the colours of a floor plan show", "heat mass", HEATS),
    )
}
