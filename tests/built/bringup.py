"""The flagship comes up, as docs/verify.md tells it: what lists of its scale-up cables say on three days.

The lists are made here by index arithmetic, and not by the package: node `compute[r].node[n]`, plane p, its 16 uplinks
to `comm[c].tray[p].l2[t]`; backplane links of accelerators and processors inside of nodes.
"""

from __future__ import annotations

import random

Row = list[str]
TITLES = ["a_device", "a_port", "b_device", "b_port", "rate"]


def meant(design_rows: list[Row]) -> list[Row]:
    """The rows of the design's own list, as they are."""
    return [list(row) for row in design_rows]


def swap(rows: list[Row], one: int, other: int) -> None:
    rows[one][2:4], rows[other][2:4] = rows[other][2:4], rows[one][2:4]


def first_racks(rows: list[Row]) -> list[Row]:
    """Day 1: four of twelve compute racks are cabled, to all switch racks."""
    return [row for row in rows if all(f"compute[{r}]" not in row[0] + row[2] for r in range(4, 12))]


def everything(rows: list[Row], seed: int = 2026) -> list[Row]:
    """Day 2: all racks. One tray's switches were put in each other's slot, one node is off, six pairs of uplinks are
    swapped, four uplinks are not plugged, three came up at half their rate."""
    drawn = random.Random(seed)
    rows = [list(row) for row in rows if "compute[7].node[2]." not in row[0] + row[2]]
    for row in rows:
        for k in (0, 2):
            for a, b in (("comm[1].tray[3].l2[0]", "comm[1].tray[3].l2[2]"),):
                row[k] = {a: b, b: a}.get(row[k], row[k])
    up = [k for k, row in enumerate(rows) if ".l2[" in row[0] + row[2] and "comm[1].tray[3]" not in row[0] + row[2]]
    picked = drawn.sample(up, 12 + 4 + 3)
    for one, other in zip(picked[:12:2], picked[1:12:2], strict=True):
        swap(rows, one, other)
    for k in picked[16:]:
        value, unit = rows[k][4].split(" ", 1)
        rows[k][4] = f"{float(value) / 2:g} {unit}"
    gone = set(picked[12:16])
    return [row for k, row in enumerate(rows) if k not in gone]
