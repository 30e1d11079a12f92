"""`cmx collective`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

from cmxdsl.cli.writing import writes
from cmxdsl.schema import COLLECTIVES

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|[kKMGT]i?B?)?$")
_POWERS = {"": 0, "B": 0, "K": 1, "M": 2, "G": 3, "T": 4}
MOST = 64  # sizes at once


def sizes_of(text: str) -> tuple[int, ...]:
    """Sizes in bytes: `8MB`, several with commas, or `1M..16G` with all doublings between. 1M and 1MiB are 1,048,576 B,
    as in nccl-tests, and 1MB is a million, as in cmx."""
    found: list[int] = []
    for part in text.split(","):
        low, dots, high = part.partition("..")
        first = _bytes(low)
        last = _bytes(high) if dots else first
        if last < first:
            raise click.BadParameter(f"`{part.strip()}` ends before it starts", param_hint="--size")
        found.append(first)
        while first and found[-1] * 2 <= last and len(found) <= MOST:
            found.append(found[-1] * 2)
    if len(found) > MOST:
        raise click.BadParameter(f"more than {MOST} sizes", param_hint="--size")
    return tuple(found)


def _bytes(text: str) -> int:
    match = _SIZE.match(text.strip())
    if match is None or len(match[1]) > 15:
        raise click.BadParameter(
            f"`{text.strip()}` is not a size: write `8MB`, `1MiB`, or `1M..16G`", param_hint="--size"
        )
    unit = (match[2] or "").upper()
    base = 1000 if unit.endswith("B") and "I" not in unit else 1024
    return int(float(match[1]) * base ** _POWERS[unit[:1]])


@writes(
    "collective",
    click.option(
        "--over",
        default="",
        metavar="PATH",
        help="The chips, with a variable for each index: `node[n].gpu[g]`; a part or a kind.  [default: all]",
    ),
    click.option(
        "--each", multiple=True, metavar="VARIABLE", help="Every value of it is a group of its own; all talk at once."
    ),
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice([*COLLECTIVES, "all"]),
        default=("all_reduce",),
        show_default=True,
        help="The collective; may be given several times.",
    ),
    click.option(
        "--size", default="1M..16G", show_default=True, help="Bytes of the buffer: `8MB`, a list, or a range."
    ),
    click.option("--acceptance", is_flag=True, help="What nccl-tests or rccl-tests should show, with its band."),
)
def collective(
    over: str, each: tuple[str, ...], kinds: tuple[str, ...], size: str, acceptance: bool, format_: str
) -> Mapping[str, object]:
    """Write how long collectives take over the described fabric: the estimate, what the same algorithm takes at the
    full rate of the links, and what no algorithm is faster than. `--format svg` draws the bus bandwidth over size."""
    chosen = tuple(COLLECTIVES) if "all" in kinds else tuple(dict.fromkeys(kinds))
    return {"over_": over, "each": each, "kinds": chosen, "sizes": sizes_of(size), "acceptance": acceptance}
